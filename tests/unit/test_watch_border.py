"""Border crossings: coming, crossed, silent inside the union and outwards."""

import numpy as np
import pytest
import shapely
from tests.naive.skies import START_S, flown, sky, track

from skypact.errors import ConfigError
from skypact.rules import watching_from_toml
from skypact.rules.border import BorderParams
from skypact.watch.border import BorderRule
from skypact.watch.ground import Ground, territory_of
from skypact.watch.life import Watch

SQUARE = Ground(shapely.box(16.0, 47.0, 20.0, 49.0))
HALVES = Ground(shapely.union_all([shapely.box(16, 47, 18, 49), shapely.box(18, 47, 20, 49)]))
KM_DEG = 1.0 / (111.195 * np.cos(np.radians(48.0)))


def looked(rule, entry, times_s):
    """What is found at each time as the track flies on; (phase, probability, event after)."""
    out = []
    for s in times_s:
        found = rule.look(sky(flown(entry, s), at_s=s))
        assert len(found) <= 1
        out.append((found[0].evidence["phase"], found[0].holds) if found else None)
    return out


def test_a_crossing_is_announced_happens_and_is_over():
    entry = track(1, 48.0, 16.0 - 36.0 * KM_DEG, course=90.0, speed=200.0)  # 180 s away
    rule = BorderRule(BorderParams(ahead_s=150.0, inside_s=30.0), SQUARE)
    states = looked(rule, entry, range(0, 240, 5))
    assert states[:5] == [None] * 5
    assert ("coming", True) in states[5:10]
    assert states[35] == ("coming", True)
    assert states[37] == ("crossed", True)
    assert states[46] is None


def test_the_time_of_the_crossing_is_right():
    entry = track(1, 48.0, 16.0 - 20.0 * KM_DEG, course=90.0, speed=200.0)
    (found,) = BorderRule(BorderParams(course_sigma_deg=1.0), SQUARE).look(sky(entry))
    assert found.event_time_s - START_S == pytest.approx(100.0, abs=1.0)
    # exp(-100 s / 1,000 s) keep their course so long
    assert found.evidence["probability"] == pytest.approx(0.905, abs=0.005)


def test_who_flies_along_the_border_is_uncertain():
    entry = track(1, 46.985, 16.5, course=88.0, speed=200.0)
    rule = BorderRule(BorderParams(), SQUARE)
    (found,) = rule.look(sky(entry))
    assert 0.2 < found.evidence["probability"] < 0.9


def test_borders_between_members_are_silent():
    entry = track(1, 48.0, 17.9, course=90.0, speed=250.0)
    rule = BorderRule(BorderParams(), HALVES)
    assert looked(rule, entry, range(0, 120, 2)) == [None] * 60


@pytest.mark.parametrize(("leaving", "n"), [(False, 0), (True, 1)])
def test_leaving_is_told_where_asked_for(leaving, n):
    entry = track(1, 48.0, 19.95, course=90.0, speed=250.0)
    rule = BorderRule(BorderParams(leaving=leaving), SQUARE)
    found = rule.look(sky(entry))
    assert len(found) == n
    later = rule.look(sky(flown(entry, 60.0), at_s=60.0))
    assert [f.evidence["phase"] for f in later] == ["left"] * n


def test_who_begins_inside_has_not_crossed():
    rule = BorderRule(BorderParams(), SQUARE)
    entry = track(1, 48.0, 17.0, course=90.0)
    assert looked(rule, entry, range(0, 60, 5)) == [None] * 12


def test_slow_objects_and_those_that_stand_are_left_to_others():
    rule = BorderRule(BorderParams(), SQUARE)
    assert rule.look(sky(track(1, 48.0, 15.9999, speed=5.0))) == []


def test_shares_of_the_way_to_an_edge_are_those_of_the_geometry():
    rng = np.random.default_rng(5)
    lon, lat = rng.uniform(15, 21, 200), rng.uniform(46, 50, 200)
    to_lon, to_lat = lon + rng.uniform(-2, 2, 200), lat + rng.uniform(-2, 2, 200)
    share = SQUARE.first_edge(*np.radians([lat, lon, to_lat, to_lon]))
    for i in range(200):
        way = shapely.LineString([(lon[i], lat[i]), (to_lon[i], to_lat[i])])
        met = way.intersection(SQUARE.shape.boundary)
        if met.is_empty:
            assert np.isnan(share[i])
            continue
        near = min(way.project(point, normalized=True) for point in shapely.get_parts(met))
        assert share[i] == pytest.approx(near, abs=1e-9)


def test_the_territory_of_members_is_their_land():
    ground = Ground(territory_of(("040", "703")))
    vienna, bratislava, brno, ocean = (48.2, 16.4), (48.15, 17.1), (49.2, 16.6), (0.0, 0.0)
    lat, lon = np.radians(np.array([vienna, bratislava, brno, ocean]).T)
    assert ground.holds(lat, lon).tolist() == [True, True, False, False]
    inner = track(1, 48.18, 16.5, course=90.0, speed=250.0)  # Austria into Slovakia
    assert BorderRule(BorderParams(), ground).look(sky(inner)) == []
    with pytest.raises(ConfigError, match="999"):
        territory_of(("040", "999"))


def test_who_flies_along_the_border_crosses_it_once_in_a_while():
    watch = Watch([BorderRule(BorderParams(inside_s=60.0), SQUARE)], "u")
    rng, told = np.random.default_rng(7), []
    for s in range(55):
        lon = 16.0 + 0.04 * KM_DEG * rng.normal()
        entry = track(1, 47.2 + s * 0.04 / 111.195, lon, course=0.0, speed=40.0)
        told += [r.evidence["phase"] for r in watch.look(sky(entry, at_s=float(s)))]
    assert told.count("crossed") <= 6  # one, and one in each ten seconds
    assert len(told) < 12


def test_who_turns_back_and_comes_again_crosses_again():
    rule = BorderRule(BorderParams(inside_s=60.0), SQUARE)
    inside, outside = track(1, 48.0, 16.1, course=90.0), track(1, 48.0, 15.9, course=270.0)
    where = [outside, inside, *[outside] * 12, inside]
    found = [rule.look(sky(entry, at_s=float(s))) for s, entry in enumerate(where)]
    times_s = [one[0].event_time_s - START_S if one else None for one in found]
    assert times_s == [None, *[1.0] * 11, None, None, 14.0]


def test_satellites_cross_no_border_and_what_comes_down_from_there_does():
    rule = BorderRule(BorderParams(), SQUARE)
    high, low = ({"altitude_m": 1_000.0 * km} for km in (400, 99))
    assert rule.look(sky(track(1, 48.0, 15.9, speed=7_600.0, **high))) == []
    assert rule.look(sky(track(1, 48.0, 16.1, speed=7_600.0, **high), at_s=2.0)) == []
    (found,) = rule.look(sky(track(1, 48.0, 16.2, speed=7_600.0, **low), at_s=4.0))
    assert found.evidence["phase"] == "crossed"


def chance(**more):
    """Probability of a crossing 100 s ahead, by a fresh rule."""
    entry = track(1, 48.0, 16.0 - 20.0 * KM_DEG, **more)
    (found,) = BorderRule(BorderParams(course_sigma_deg=1.0), SQUARE).look(sky(entry))
    return found.evidence["probability"]


@pytest.mark.parametrize(
    ("height_m", "mean_s"),
    [(500.0, 220.0), (4_500.0, 400.0), (6_000.0, 700.0), (11_000.0, 1_000.0)],
)
def test_low_aircraft_keep_their_courses_for_less_long(height_m, mean_s):
    assert chance(altitude_m=height_m) == pytest.approx(np.exp(-100.0 / mean_s), abs=0.01)


def test_an_unknown_height_is_a_high_one():
    assert chance(altitude_m=float("nan")) == chance(altitude_m=12_000.0)


def test_who_turns_is_told_after_the_turn():
    """Two degrees a second until the course is east, 60 s before the border."""
    rule, held = BorderRule(BorderParams(), SQUARE), {}
    for s in range(41):
        course = 90.0 - 2.0 * max(0, 20 - s)
        entry = track(1, 48.0, 16.0 - 12.0 * KM_DEG, course=course, speed=200.0)
        held[s] = any(f.holds for f in rule.look(sky(entry, at_s=float(s))))
    assert not any(held[s] for s in range(6, 20))
    assert all(held[s] for s in range(30, 41))


def test_heights_must_rise():
    with pytest.raises(ConfigError, match="heights that rise"):
        watching_from_toml("[border]\nkept_s = [[5000.0, 100.0], [1000.0, 200.0]]\n", "rules")
