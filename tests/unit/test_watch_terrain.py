"""Minimum safe altitude: too low now or soon, over terrain and over areas, and who may be low."""

import math

import numpy as np
import pytest
import shapely
from tests.naive.skies import START_S, flown, sky, track

from skypact.config import Union
from skypact.errors import ConfigError
from skypact.geo.geoid import undulation_m
from skypact.geo.terrain import Grid, Terrain
from skypact.rules import Watching, watching_from_toml
from skypact.rules.terrain import SafeAltitude, TerrainParams
from skypact.watch.ground import Ground
from skypact.watch.life import Watch
from skypact.watch.rules import rules_of
from skypact.watch.sky import moved
from skypact.watch.terrain import Safe, TerrainRule

PLAIN_M, RIDGE_M = 200.0, 1_500.0
SEA_M = float(undulation_m(math.radians(47.5), math.radians(16.5)))
KM_DEG = 1.0 / (111.195 * math.cos(math.radians(47.5)))


def terrain():
    """A plain with a ridge from south to north, from 16.50 to 16.52 degrees east."""
    height = np.full((101, 101), PLAIN_M)
    height[:, 50:53] = RIDGE_M
    return Terrain([Grid(47.0, 16.0, 0.01, 0.01, height)])


def rule(areas=(), aerodromes=(), ground=None, **params):
    safe = [Safe(SafeAltitude(name="msa", altitude_m=a), Ground(s)) for a, s in areas]
    ground = terrain() if ground is None else ground
    return TerrainRule(TerrainParams(**params), ground, safe, [Ground(s) for s in aerodromes])


def at(number, above_sea_m, km_west=0.0, **more):
    """A track so far west of the ridge, at a height above mean sea level."""
    height = {"altitude_m": above_sea_m + SEA_M, "sigma_u_m": 20.0, "target_class": 1}
    return track(number, 47.5, 16.5 - km_west * KM_DEG, **{**height, **more})


def phases(one, *tracks, **more):
    return {f.tracks[0]: (f.evidence["phase"], f.holds) for f in one.look(sky(*tracks, **more))}


def test_too_low_over_a_plain_and_high_enough():
    one = rule()
    found = phases(one, at(1, 300.0, 30.0), at(2, 450.0, 30.0), at(3, 9_000.0))
    assert found == {1: ("below", True)}
    (finding,) = one.look(sky(at(1, 300.0, 30.0)))
    assert finding.evidence["above_terrain_m"] == pytest.approx(100, abs=2)
    assert finding.evidence["clearance_m"] == 150
    assert math.isnan(finding.event_time_s)
    assert finding.severity == "severe"


def test_a_ridge_ahead_is_told_before_it_is_reached():
    (found,) = rule().look(sky(at(1, 1_000.0, 6.0)))  # 200 m/s
    assert found.evidence["phase"] == "predicted"
    # the terrain rises to the ridge over the 750 m west of it; 850 m are reached half way
    assert found.event_time_s - START_S == pytest.approx(29.0, abs=1.5)
    assert found.evidence["above_terrain_m"] == pytest.approx(800, abs=2)
    assert found.evidence["least_above_terrain_m"] == pytest.approx(-500, abs=10)
    assert phases(rule(), at(1, 1_000.0, 12.0)) == {}
    assert phases(rule(), at(1, 1_000.0, 6.0, course=270.0)) == {}
    assert phases(rule(), at(1, 1_900.0, 6.0)) == {}


def test_descents_are_predicted_and_less_sure_the_farther_ahead():
    one = rule()
    assert phases(one, at(1, 500.0, 35.0, vu_mps=-12.0)) == {1: ("predicted", True)}
    assert phases(one, at(1, 800.0, 35.0, vu_mps=-12.0)) == {}
    assert phases(one, at(1, 500.0, 35.0, vu_mps=-2.0)) == {}
    assert phases(one, at(1, 500.0, 35.0, vu_mps=math.nan)) == {}


def test_a_height_near_the_limit_keeps_but_does_not_raise():
    assert phases(rule(), at(1, 350.0, 30.0)) == {1: ("below", False)}
    assert phases(rule(), at(1, 365.0, 30.0)) == {}
    assert phases(rule(), at(1, 330.0, 30.0)) == {1: ("below", True)}
    assert phases(rule(), at(1, 330.0, 30.0, sigma_u_m=math.nan)) == {1: ("below", False)}


def test_one_alert_lives_over_the_ridge():
    watch, told, entry = Watch([rule()], "unit"), [], at(1, 1_000.0, 10.0)
    for s in range(110):
        told += watch.look(sky(flown(entry, s), at_s=float(s)))
    states = [r.state for r in told]
    assert (states[0], states[-1], states.count("raised")) == ("raised", "cleared", 1)
    raised_s = told[0].time_s - START_S
    assert 10.0 < raised_s < 20.0  # the ridge is 50 s away, and seen 40 s ahead
    assert {r.evidence["phase"] for r in told} == {"predicted", "below"}


def test_who_flies_low_on_purpose_is_silent():
    low = 300.0, 30.0
    assert phases(rule(), at(1, *low, target_class=3)) == {}
    assert phases(rule(), at(1, *low, speed=40.0)) == {}
    assert phases(rule(), at(1, *low, target_class=0)) == {1: ("below", True)}
    assert phases(rule(left_out=()), at(1, *low, target_class=3)) == {1: ("below", True)}


def test_aerodromes_are_left_out_also_ahead():
    aerodrome = shapely.box(16.0, 47.4, 16.3, 47.6)
    one = rule(aerodromes=[aerodrome])
    assert phases(one, at(1, 210.0, 20.0)) == {}
    assert phases(one, at(1, 300.0, 13.0)) == {1: ("below", True)}
    inbound = at(1, 450.0, 15.5, course=270.0, vu_mps=-8.0, speed=80.0)
    assert phases(one, inbound) == {}
    assert phases(rule(), inbound) == {1: ("predicted", True)}


def test_unknown_heights_dead_reckoning_and_no_terrain_are_silent():
    low = 300.0, 30.0
    assert phases(rule(), at(1, *low, altitude_m=math.nan)) == {}
    assert phases(rule(), at(1, *low, vn_mps=math.nan)) == {}
    assert phases(rule(), at(1, *low), age_s=10.0) == {1: ("below", True)}
    assert phases(rule(), at(1, *low), age_s=21.0) == {}
    assert phases(rule(), track(1, 40.0, 16.2, altitude_m=10.0)) == {}
    void = Terrain([Grid(47.0, 16.0, 0.1, 0.1, np.full((11, 11), np.nan))])
    assert phases(rule(ground=void), at(1, *low)) == {}
    assert rule().look(sky()) == []


def test_a_young_track_must_be_seen_often_before_it_counts():
    one = rule()
    seen = [phases(one, at(1, 300.0, 30.0, age_s=5.0), at_s=float(s)) for s in range(9)]
    assert seen == [{}] * 7 + [{1: ("below", True)}] * 2


def test_hundreds_of_low_aircraft_are_bounded_and_say_so():
    found = rule().look(sky(*(at(n, 300.0, 30.0) for n in range(1, 511))))
    assert len(found) == 500
    assert found[0].evidence["tracks_left_out"] == 10


def test_safe_altitudes_hold_in_their_areas():
    one = TerrainRule(
        TerrainParams(),
        None,
        [Safe(SafeAltitude(name="msa", altitude_m=1_200.0), Ground(shapely.box(16, 47, 17, 48)))],
        [],
    )
    (found,) = one.look(sky(at(1, 1_100.0)))
    assert (found.key, found.evidence["phase"], found.holds) == ("msa-1", "below", True)
    assert found.evidence["above_safe_altitude_m"] == pytest.approx(-100, abs=2)
    assert found.evidence["safe_altitude_m"] == 1_200
    assert phases(one, at(1, 1_300.0)) == {}
    assert phases(one, at(1, 1_100.0, 60.0)) == {}
    before = at(1, 1_100.0, 41.0)  # 3.4 km west of the area
    assert phases(one, before) == {1: ("predicted", True)}


AREAS = """
[terrain]
file = "tiles"

[[terrain.area]]
name = "msa"
centre = [47.5, 16.5]
altitude_m = 1200

[[terrain.aerodrome]]
name = "field"
centre = [47.5, 16.0]
"""


def test_the_rule_comes_from_a_file_and_only_where_something_is_given():
    watching, asked = watching_from_toml(AREAS, "rules.toml"), []

    def read(name):
        asked.append(name)
        return terrain()

    made = {r.name: r for r in rules_of(watching, Union(), dict, read)}
    assert asked == ["tiles"]
    found = made["terrain"].look(sky(at(1, 300.0, 20.0), at(2, 210.0, 37.0)))
    assert [f.key for f in found] == ["1", "msa-1"]
    assert "terrain" not in [r.name for r in rules_of(Watching(), Union(), dict)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[terrain]\nfile = "x"', "reads terrain"),
        ("[terrain]\nahead_s = 1000", "ahead_s"),
        ('[[terrain.area]]\nname = "x"\naltitude_m = 3', "outline, centre and file"),
        ('[[terrain.aerodrome]]\nname = "x"', "centre and file"),
    ],
)
def test_wrong_parameters_are_clear_errors(text, words):
    text += '\n[[terrain.area]]\nname = "y"\ncentre = [47, 16]\naltitude_m = 1'
    with pytest.raises(ConfigError, match=words):
        rules_of(watching_from_toml(text, "rules.toml"), Union(), dict)


def test_who_flies_over_the_pole_stops_no_warning_of_others():
    polar = at(2, 9_000.0, lat_rad=math.radians(89.99), vn_mps=250.0, ve_mps=0.0)
    assert phases(rule(), at(1, 300.0, 30.0), polar, age_s=10.0) == {1: ("below", True)}
    (lat,), (lon,) = moved(*(np.radians([v]) for v in (89.9, 10.0)), *np.array([[22_239.0], [0.0]]))
    assert np.degrees([lat, lon]) == pytest.approx([89.9, -170.0], abs=0.01)
