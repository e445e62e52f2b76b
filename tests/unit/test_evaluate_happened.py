"""True events of single objects, from paths alone."""

import numpy as np
import pytest
from tests.naive.skies import START_S
from tests.naive.truths import flights, straight

from skypact.evaluate.flown import Whose, first_seen, stretches
from skypact.evaluate.happened import (
    Grounds,
    TrueArea,
    area_events,
    ballistic_events,
    border_events,
    silent_events,
    slow_events,
    terrain_events,
)
from skypact.model.events import TrueEvent
from skypact.rules.border import BorderParams
from skypact.rules.noncooperative import NoncooperativeParams
from skypact.rules.slow import SlowParams
from skypact.rules.terrain import TerrainParams
from skypact.units import DEGREE

KM_DEG = 1.0 / (111.195 * np.cos(np.radians(48.0)))


def square(lat, lon):
    return (lat > 47 * DEGREE) & (lat < 49 * DEGREE) & (lon > 16 * DEGREE) & (lon < 20 * DEGREE)


def test_a_crossing_is_the_first_place_inside():
    flown = flights(straight(3, 48.0, 16.0 - 20.1 * KM_DEG, 200), straight(4, 48.0, 17.0, 50))
    (event,) = border_events(flown, BorderParams(), square)
    assert event.begin_s - START_S == pytest.approx(101.0, abs=1.0)
    assert (event.targets, event.known_s, event.rule) == ((3,), START_S, "border")


@pytest.mark.parametrize(("leaving", "n"), [(False, 0), (True, 1)])
def test_crossings_outwards_are_events_where_asked_for(leaving, n):
    flown = flights(straight(1, 48.0, 19.99, 60))
    assert len(border_events(flown, BorderParams(leaving=leaving), square)) == n


def test_who_comes_back_after_a_pause_has_not_crossed():
    """Nobody knows where it was between."""
    parts = straight(1, 48.0, 15.9, 20), straight(1, 48.0, 16.5, 20, begin=100.0)
    assert border_events(flights(*parts), BorderParams(), square) == []
    assert np.unique(first_seen(flights(*parts))).size == 2


def test_an_area_has_a_begin_and_an_end():
    area = TrueArea("field", lambda f: square(f.lat_rad, f.lon_rad) & (f.altitude_m < 9_500.0))
    flown = flights(
        straight(1, 48.0, 16.0 - 2.1 * KM_DEG, 100), straight(2, 48.0, 17.0, 50, altitude_m=10e3)
    )
    (event,) = area_events(flown, (area,))
    assert event.names == ("field",)
    assert event.begin_s - START_S == pytest.approx(11.0, abs=1.0)
    assert event.end_s - START_S == 99.0


@pytest.mark.parametrize(
    ("more", "n"),
    [({}, 1), ({"kind": "helicopter"}, 0), ({"speed": 40.0}, 0), ({"altitude_m": 900.0}, 0)],
)
def test_terrain_counts_aircraft_below_the_least_height(more, n):
    flown = flights(straight(1, 48.0, 16.0, 20, **({"altitude_m": 500.0} | more)))
    found = terrain_events(flown, TerrainParams(), lambda lat, lon: np.full(lat.size, 700.0))
    assert len(found) == n


def test_balloons_that_come_near_are_asked_for_and_others_may_be_told_of():
    near = straight(1, 48.0, 15.9, 3_000, speed=8.0, kind="balloon", altitude_m=8e3)
    away = straight(2, 48.0, 14.0, 3_000, speed=8.0, kind="balloon", altitude_m=8e3)
    found = slow_events(flights(near, away), SlowParams(), Grounds(balloons=square))
    assert [(e.targets, e.is_needed) for e in found] == [((1,), True), ((2,), False)]


def test_drones_count_where_they_are_watched():
    parts = (
        straight(1, 48.0, 17.0, 60, 90, 15.0, kind="drone"),
        straight(2, 48.0, 14.0, 60, 90, 15.0, kind="drone"),
    )
    found = slow_events(flights(*parts), SlowParams(), Grounds(drones=square))
    assert {e.targets: e.is_needed for e in found} == {(1,): True, (2,): False}


def test_silent_aircraft_count_where_they_matter():
    flown = flights(straight(1, 48.0, 16.0 - 5.0 * KM_DEG, 100), straight(2, 48.0, 17.0, 100))
    silent = TrueEvent("noncooperative", START_S, START_S + 99.0, (1,))
    told = silent_events(flown, silent, NoncooperativeParams(), Grounds(silent=square))
    assert [(e.targets, e.is_needed) for e in told] == [((1,), False), ((1,), True)]
    assert told[1].begin_s - START_S == pytest.approx(26.0, abs=1.0)


def test_ballistic_objects_are_events_while_they_fly():
    (event,) = ballistic_events(flights(straight(5, 48.0, 16.0, 90, kind="ballistic"),
                                        straight(6, 48.0, 16.0, 90)))  # fmt: skip
    assert (event.targets, event.end_s - event.begin_s) == ((5,), 89.0)


def test_stretches_end_where_the_object_does():
    flown = flights(straight(1, 48.0, 16.0, 5), straight(2, 48.0, 16.0, 5))
    assert list(stretches(flown, np.ones(10, bool))) == [(0, 4), (5, 9)]
    assert list(stretches(flown, np.zeros(10, bool))) == []


def test_a_track_stands_for_the_nearest_object_or_its_address():
    flown = flights(straight(1, 48.0, 16.0, 60), straight(2, 48.2, 16.0, 60))
    whose = Whose(flown, limit_m=2_000.0)
    at = START_S + 30.4
    lon = 16.0 + 6.08 * KM_DEG
    assert whose.near(at, 48.01 * DEGREE, lon * DEGREE) == 1
    assert whose.near(at, 48.1 * DEGREE, lon * DEGREE) == -1
    assert whose.near(at + 1e3, 48.0 * DEGREE, lon * DEGREE) == -1
    assert whose.named(0x440002) == {2}
    assert whose.named(-1) == set()
