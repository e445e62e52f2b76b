"""Short-term conflicts: predicted, infringed, hysteresis, heights, zones, and who is silent."""

import math

import numpy as np
import pytest
from tests.naive import sweep as naive_sweep
from tests.naive.skies import START_S, flown, sky, track

from skypact.config import Union
from skypact.errors import ConfigError
from skypact.model.reports import pack_callsign
from skypact.rules import watching_from_toml
from skypact.rules.conflict import ConflictExempt, ConflictParams, ConflictZone
from skypact.watch.conflict import ConflictRule, Zone
from skypact.watch.ground import Ground, ring_about
from skypact.watch.life import Watch
from skypact.watch.pairs import pairs_near, ways_of
from skypact.watch.rules import rules_of
from skypact.watch.separation import normal_cdf

NM_DEG = 1.0 / 60.0
LON_DEG = NM_DEG / math.cos(math.radians(48.0))
FT = 0.3048


def rule(zones=(), **params):
    made = ConflictParams(zone=tuple(zones), **params)
    return ConflictRule(made, [Zone(z, Ground(ring_about(*z.centre, z.radius_m))) for z in zones])


def at(number, nm_east=0.0, nm_north=0.0, level=350.0, **more):
    """A track so far from 48 N 16 E, at a flight level."""
    height = level * 100.0 * FT
    given = {"altitude_m": height, "baro_altitude_m": height, **more}
    return track(number, 48.0 + nm_north * NM_DEG, 16.0 + nm_east * LON_DEG, **given)


def head_on(nm=20.0, **more):
    """Two that meet at 400 m/s together."""
    return at(1, course=90.0), at(2, nm_east=nm, course=270.0, **more)


def phases(one, *tracks, **more):
    return {f.tracks: (f.evidence["phase"], f.holds) for f in one.look(sky(*tracks, **more))}


def test_aircraft_that_meet_are_in_conflict_before_they_are_too_near():
    (found,) = rule().look(sky(*head_on()))
    assert (found.key, found.tracks, found.holds) == ("1-2", (1, 2), True)
    # 20 NM until 4.5 NM at 400 m/s
    assert found.event_time_s - START_S == pytest.approx(15.5 * 1852 / 400, abs=0.5)
    assert found.evidence["phase"] == "predicted"
    assert found.evidence["closest_distance_m"] < 50
    assert found.evidence["time_to_closest_s"] == pytest.approx(20 * 1852 / 400, abs=0.5)
    assert found.severity == "moderate"
    assert rule().look(sky(*head_on(nm=14.0)))[0].severity == "severe"


@pytest.mark.parametrize("nm", [32.0, 60.0])
def test_what_is_farther_ahead_than_the_time_is_silent(nm):
    assert phases(rule(), *head_on(nm=nm)) == {}


def test_levels_1000_feet_apart_are_separated_and_500_are_not():
    assert phases(rule(), *head_on(altitude_m=10_972.8, baro_altitude_m=10_972.8)) == {}
    half = 355 * 100 * FT
    assert phases(rule(), *head_on(altitude_m=half, baro_altitude_m=half)) != {}


@pytest.mark.parametrize(("rvsm", "level", "n"), [(True, 430, 1), (True, 390, 0), (False, 330, 1)])
def test_above_the_reduced_levels_2000_feet_are_the_minimum(rvsm, level, n):
    pair = at(1, level=level), at(2, nm_east=15.0, course=270.0, level=level + 10)
    assert len(phases(rule(rvsm=rvsm), *pair)) == n


def test_pressure_altitudes_count_where_both_have_one():
    one, other = head_on()
    other["altitude_m"] += 900.0  # its geometric height is off
    assert len(phases(rule(), one, other)) == 1
    (found,) = rule().look(sky(one, {**other, "baro_altitude_m": math.nan, "altitude_m": 10_700.0}))
    assert found.evidence["heights"] == "geometric"
    assert phases(rule(), one, {**other, "baro_altitude_m": math.nan}) == {}


def test_unknown_heights_are_silent_unless_they_are_asked_for():
    one, other = head_on(altitude_m=math.nan, baro_altitude_m=math.nan)
    assert phases(rule(), one, other) == {}
    (found,) = rule(unknown_height=True).look(sky(one, other))
    assert found.evidence["heights"] == "unknown"
    assert "height_apart_m" not in found.evidence


def test_unknown_errors_make_a_conflict_less_sure():
    sure = rule().look(sky(*head_on(nm=15.0)))[0].evidence["probability"]
    unknown = dict.fromkeys(("sigma_n_m", "sigma_e_m", "sigma_vn_mps", "vu_mps"), math.nan)
    pair = at(1), at(2, nm_east=15.0, nm_north=4.2, course=270.0, **unknown)
    (found,) = rule().look(sky(*pair))
    assert found.evidence["probability"] < sure
    assert phases(rule(), at(1), at(2, nm_east=15.0, vn_mps=math.nan)) == {}


def test_the_probability_is_that_of_many_flights():
    rng = np.random.default_rng(8)
    pair = at(1), at(2, nm_east=18.0, nm_north=4.3, course=270.0)
    (found,) = rule(along_sigma_mps=0.0, across_sigma_deg=1.0, turn_sigma_deg=0.0).look(sky(*pair))
    n, meets = 40_000, np.zeros(40_000, bool)
    place = np.array([18.0, 4.3]) * 1852.0 + rng.normal(0, 30.0 * np.sqrt(2.0), (n, 2))
    courses = np.radians([90.0, 270.0]) + rng.normal(0.0, np.radians(1.0), (n, 2))
    velocity = 200.0 * np.stack((np.sin(courses), np.cos(courses)), axis=2)
    apart = velocity[:, 1] - velocity[:, 0] + rng.normal(0.0, np.sqrt(2.0), (n, 2))
    for s in np.arange(0.0, 120.0, 1.0):
        meets |= np.hypot(*(place + s * apart).T) < 4.5 * 1852.0
    assert found.evidence["probability"] == pytest.approx(meets.mean(), abs=0.03)
    assert 0.6 < meets.mean() < 0.97


def test_a_conflict_is_kept_at_a_probability_that_does_not_raise_it():
    likely = {n: phases(rule(), *(at(1), at(2, nm_east=15.0, nm_north=n, course=270.0))) for n in
              (4.0, 4.5, 6.0)}  # fmt: skip
    assert likely[4.0] == {(1, 2): ("predicted", True)}
    assert likely[4.5] == {(1, 2): ("predicted", False)}
    assert likely[6.0] == {}


def test_one_alert_lives_from_the_prediction_until_they_have_passed():
    watch, told = Watch([rule()], "unit"), []
    one, other = head_on(nm=25.0)
    for s in range(240):
        told += watch.look(sky(flown(one, s), flown(other, s), at_s=float(s)))
    states = [(r.state, r.evidence["phase"]) for r in told]
    assert states[0] == ("raised", "predicted")
    assert ("updated", "infringed") in states
    assert [s for s, _ in states].count("raised") == 1
    assert states[-1][0] == "cleared"
    passed_s = 29.5 * 1852 / 400
    assert passed_s < told[-1].time_s - START_S < passed_s + 30.0


def test_who_parts_is_not_told_anew():
    pair = at(1, course=270.0), at(2, nm_east=3.0, course=90.0)
    assert phases(rule(), *pair) == {(1, 2): ("infringed", False)}
    near = at(1, course=270.0), at(2, nm_east=1.5, course=90.0)
    assert phases(rule(), *near) == {(1, 2): ("infringed", True)}


def test_a_climb_into_another_level_is_a_conflict_that_is_less_sure_far_ahead():
    def below(feet, seconds):
        nm = seconds * 400.0 / 1852.0
        return at(1, vu_mps=12.0, level=350 - feet / 100), at(2, nm_east=nm, course=270.0)

    assert phases(rule(), *below(1_200, 25.0)) == {(1, 2): ("predicted", True)}
    assert phases(rule(), *below(4_000, 100.0)).get((1, 2), ("", False))[1] is False
    level = at(1, vu_mps=1.5, level=340), at(2, nm_east=20.0, course=270.0)
    assert phases(rule(), *level) == {}


def test_low_aircraft_are_watched_in_zones_with_the_minima_of_these():
    zone = ConflictZone(name="tma", centre=(48.0, 16.0), radius_m=60e3, lower_m=600, upper_m=5e3)
    near = at(1, level=60), at(2, nm_east=2.0, course=90.0, level=60, speed=196.0)
    beside = at(1, level=60), at(2, nm_east=3.5, course=90.0, level=60)
    low = at(1, level=10), at(2, nm_east=2.0, course=90.0, level=10)
    taxiing = at(1, level=60, speed=15.0), at(2, nm_east=1.5, level=60, speed=0.0)
    assert phases(rule(), *near) == {}
    assert phases(rule([zone]), *near) == {(1, 2): ("infringed", True)}
    for pair in (beside, low, taxiing):
        assert phases(rule([zone]), *pair) == {}


def test_zones_can_be_silent_for_those_in_them():
    zone = ConflictZone(
        name="training", centre=(48.0, 16.0), radius_m=60e3, lower_m=0, upper_m=2e4, watched=False
    )
    assert phases(rule([zone]), *head_on()) == {}
    small = ConflictZone(
        name="training", centre=(48.0, 16.0), radius_m=9e3, lower_m=0, upper_m=2e4, watched=False
    )
    assert len(phases(rule([small]), *head_on())) == 1


def test_exempt_codes_are_silent_with_each_other_or_with_all():
    one, other = head_on()
    group = ConflictExempt(name="fighters", codes=("4401-4477",), callsigns=("JET",))
    codes = {**one, "mode3a": 4410}, {**other, "mode3a": 4477}
    names = {**one, "mode3a": 4410}, {**other, "callsign": pack_callsign("JET12")}
    mixed = {**one, "mode3a": 4410}, {**other, "mode3a": 4500}
    assert phases(rule(exempt=(group,)), *codes) == {}
    assert phases(rule(exempt=(group,)), *names) == {}
    assert len(phases(rule(exempt=(group,)), *mixed)) == 1
    wholly = ConflictExempt(name="fighters", codes=("4410",), addresses=("4b1234",), wholly=True)
    assert phases(rule(exempt=(wholly,)), *mixed) == {}
    assert phases(rule(exempt=(wholly,)), one, {**other, "icao": 0x4B1234}) == {}


def test_a_formation_is_silent_and_two_that_came_together_are_so_after_a_while():
    def pair(nm):
        return at(1, icao=1), at(2, nm_north=nm, icao=2)

    assert phases(rule(), *pair(0.6)) == {}
    one = rule(formation_s=60.0)
    assert phases(one, *pair(2.0)) == {(1, 2): ("infringed", True)}
    told = [bool(phases(one, *pair(0.6), at_s=float(s))) for s in range(1, 80)]
    assert told[:59] == [True] * 59
    assert told[62:] == [False] * 17
    assert phases(one, *pair(1.3), at_s=80.0) == {}
    assert phases(one, *pair(1.8), at_s=81.0) != {}
    assert phases(rule(formation_nm=0.0), *pair(0.6)) == {(1, 2): ("infringed", True)}


def test_who_crosses_near_is_no_formation():
    pair = at(1, icao=1), at(2, nm_north=0.4, course=180.0, icao=2)
    assert len(phases(rule(), *pair)) == 1


@pytest.mark.parametrize(
    ("first", "second", "nm", "n"),
    [
        ({"icao": 5}, {"icao": 5}, 3.0, 0),
        ({"icao": 5}, {"icao": 6}, 0.2, 1),
        ({"mode3a": 1234}, {"mode3a": 4321}, 0.2, 1),
        ({"mode3a": 1234}, {"mode3a": 1234}, 0.2, 0),
        ({"mode3a": 1234}, {}, 0.2, 0),
        ({"mode3a": 1234}, {}, 0.8, 1),
    ],
)
def test_two_tracks_of_one_aircraft_are_silent(first, second, nm, n):
    pair = at(1, **first), at(2, nm_north=nm, **second)
    assert len(phases(rule(formation_nm=0.0), *pair)) == n


def test_a_track_that_coasts_beside_its_successor_is_silent():
    view = sky(at(1), at(2, nm_north=0.8))
    rows = view.rows._replace(time_s=np.array([START_S - 20.0, START_S]))
    quiet = view._replace(rows=rows, quiet_s=np.array([20.0, 0.0]))
    assert rule(formation_nm=0.0).look(quiet) == []
    assert len(rule(formation_nm=0.0).look(view)) == 1


def test_dead_reckoning_and_other_objects_are_left_out():
    assert phases(rule(), *head_on(), age_s=10.0) != {}
    assert phases(rule(), *head_on(), age_s=31.0) == {}
    for left_out in (7, 8):
        assert phases(rule(), *head_on(target_class=left_out)) == {}
    assert rule().look(sky()) == []
    assert rule().look(sky(at(1))) == []


def test_a_young_track_must_be_seen_often_before_it_counts():
    one, (old, young) = rule(), head_on(nm=25.0, age_s=5.0)
    seen = [phases(one, old, young, at_s=float(s)) for s in range(10)]
    assert seen[:7] == [{}] * 7
    assert seen[7:] == [{(1, 2): ("predicted", True)}] * 3
    one = rule()  # a track whose updates do not come counts no more of them
    still = [phases(one, old, young, at_s=float(s), age_s=float(s)) for s in range(20)]
    assert still == [{}] * 20


def test_thousands_of_conflicts_are_bounded_and_say_so():
    tracks = [at(n, nm_east=0.01 * n, course=9.0 * n, icao=n) for n in range(1, 41)]
    found = rule().look(sky(*tracks))
    assert len(found) == 500
    assert {f.evidence["pairs_left_out"] for f in found} == {40 * 39 // 2 - 500}
    assert found == rule().look(sky(*tracks))


def test_what_is_remembered_goes_with_the_tracks():
    one = rule()
    one.look(sky(at(1, icao=1), at(2, nm_north=0.5, icao=2), *(at(n, nm_east=n) for n in (3, 4))))
    assert one._formations._since_s
    one.look(sky(at(5), at_s=1.0))
    assert not one._formations._since_s
    assert not one._told
    assert one._updates._track.tolist() == [5]


@pytest.mark.parametrize(("ahead_s", "seed"), [(0.0, 1), (100.0, 2)])
def test_pairs_are_those_of_the_plain_twin(ahead_s, seed):
    rng = np.random.default_rng(seed)
    lat, lon = np.radians(rng.uniform(60, 62, 80)), np.radians(rng.uniform(-181, -177, 80))
    ways = ways_of(lat, lon, rng.uniform(-250, 250, 80), rng.uniform(-250, 250, 80))
    low = rng.uniform(0, 1e4, 80)
    reach = rng.uniform(2e3, 9e3, 80)
    i, j = pairs_near(ways, low, low + 1e3, reach, ahead_s)
    want = naive_sweep.meeting(ways.place_m, ways.velocity_mps, low, low + 1e3, reach, ahead_s)
    assert set(zip(i.tolist(), j.tolist(), strict=True)) == want
    assert len(want) > 5


def test_more_pairs_than_expected_are_all_found():
    n = 120
    zero = np.zeros(n)
    ways = ways_of(zero + 0.8, zero + 0.2, zero, zero)
    i, j = pairs_near(ways, zero, zero, zero + 1.0, 10.0)
    assert i.size == n * (n - 1) // 2
    assert (i < j).all()


def test_the_normal_distribution_is_that_of_the_error_function():
    z = np.linspace(-6.0, 6.0, 241)
    want = [0.5 * math.erfc(-x / math.sqrt(2.0)) for x in z]
    assert np.abs(normal_cdf(z) - want).max() < 1e-7


ZONES = """
[[conflict.zone]]
name = "tma"
centre = [48.0, 16.0]
radius_m = 60000
lower_m = 600
upper_m = 5000

[[conflict.exempt]]
name = "fighters"
codes = ["4401-4477"]
"""


def test_the_rule_comes_from_a_file():
    made = {r.name: r for r in rules_of(watching_from_toml(ZONES, "rules.toml"), Union(), dict)}
    near = at(1, level=60), at(2, nm_east=2.0, course=90.0, level=60)
    assert phases(made["conflict"], *near) == {(1, 2): ("infringed", True)}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[[conflict.zone]]\nname = "x"\nlower_m = 0\nupper_m = 1', "outline, centre and file"),
        ('[[conflict.zone]]\nname = "x"\ncentre = [48, 16]', "lower_m"),
        ('[[conflict.exempt]]\nname = "x"\ncodes = ["4480"]', "codes"),
        ('[conflict]\nleft_out = ["plane"]', "left_out"),
    ],
)
def test_wrong_zones_and_codes_are_clear_errors(text, words):
    with pytest.raises(ConfigError, match=words):
        rules_of(watching_from_toml(text, "rules.toml"), Union(), dict)
