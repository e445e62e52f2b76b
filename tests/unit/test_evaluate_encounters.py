"""Lost separation and swarms, from paths alone."""

import numpy as np
import pytest
from tests.naive.truths import flights, straight

from skypact.evaluate.encounters import conflict_events, swarm_events
from skypact.evaluate.flown import near_pairs
from skypact.rules.conflict import ConflictParams, ConflictZone
from skypact.rules.swarm import SwarmParams

KM = 1.0 / 111.195


def met(above_m=0.0, **more):
    """Two that meet head on after 100 s, 40 km apart at first."""
    far = 40.0 * KM / np.cos(np.radians(48.0))
    other = {"altitude_m": 9_000.0 + above_m, "baro_altitude_m": 9_000.0 + above_m} | more
    return flights(straight(1, 48.0, 16.0, 200), straight(2, 48.0, 16.0 + far, 200, 270.0, **other))


def test_two_that_meet_lose_their_separation():
    event, *others = conflict_events(met(), ConflictParams())
    assert not any(other.is_needed for other in others)
    # 4.5 NM = 8.33 km at 400 m/s: 20.8 s before they meet
    assert event.begin_s % 1_000 == pytest.approx(800.0 + 79.0, abs=2.0)
    assert event.end_s - event.begin_s == pytest.approx(41.7, abs=4.0)
    assert event.targets == (1, 2)


@pytest.mark.parametrize(
    ("case", "asked", "told"),
    [
        ({"above_m": 240.0}, 1, True),
        ({"above_m": 250.0}, 0, True),
        ({"above_m": 310.0}, 0, False),
        ({"kind": "surface"}, 0, False),
    ],
)
def test_minima_less_tolerances_and_classes(case, asked, told):
    """1,000 ft are 304.8 m, less 200 ft 243.84 m."""
    found = conflict_events(met(**case), ConflictParams())
    assert sum(event.is_needed for event in found) == asked
    assert bool(found) is told


def test_low_aircraft_count_in_zones_alone():
    low = {"altitude_m": 1_500.0, "baro_altitude_m": 1_500.0}
    flown = flights(
        straight(1, 48.0, 16.0, 60, **low), straight(2, 48.0 + 4.0 * KM, 16.0, 60, **low)
    )
    zone = ConflictZone(name="z", centre=(48.0, 16.0), lower_m=300.0, upper_m=4_000.0)
    everywhere = (zone, lambda lat, lon: np.ones(lat.size, bool))
    assert conflict_events(flown, ConflictParams()) == []
    assert len(conflict_events(flown, ConflictParams(), [everywhere])) == 1  # 2.16 of 2.5 NM
    silent = (ConflictZone(name="z", lower_m=300.0, upper_m=4_000.0, watched=False), everywhere[1])
    assert conflict_events(flown, ConflictParams(), [silent]) == []


def swarm(n, apart_m=400.0, seconds=40, **more):
    more = {"kind": "drone", "icao": -1, "speed": 25.0} | more
    return [straight(k, 48.0 + k * apart_m / 111_195.0, 16.0, seconds, **more) for k in range(n)]


def test_three_together_are_a_swarm_and_two_are_not():
    (event,) = swarm_events(flights(*swarm(3)), SwarmParams())
    assert event.targets == (0, 1, 2)
    assert event.end_s - event.begin_s == pytest.approx(40.0, abs=2.0)
    assert swarm_events(flights(*swarm(2)), SwarmParams()) == []


@pytest.mark.parametrize(
    "more", [{"kind": "airliner", "icao": 5}, {"kind": "balloon"}, {"speed": 1.0}, {"apart_m": 4e3},
             {"seconds": 10}]
)  # fmt: skip
def test_others_are_no_swarm(more):
    assert swarm_events(flights(*swarm(4, **more)), SwarmParams()) == []


def test_near_pairs_are_those_of_all_distances():
    rng = np.random.default_rng(2)
    place = rng.uniform(0.0, 1_000.0, (80, 3))
    apart = np.linalg.norm(place[:, None] - place[None], axis=2)
    wanted = {(i, j) for i in range(80) for j in range(i) if apart[i, j] <= 200.0}
    found = near_pairs(place, 200.0)
    assert {(max(p), min(p)) for p in found.tolist()} == wanted
    assert len(found) == len(wanted)
    assert near_pairs(np.zeros((0, 3)), 5.0).shape == (0, 2)
