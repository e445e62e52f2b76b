"""Followers slow down, and flights begin away from others."""

import numpy as np
import pytest
from tests.naive.simulated_scenes import scene_of

from skypact.simulate import Scene
from skypact.simulate.aircraft import AIRLINER, empty_aircraft
from skypact.simulate.places import distance_m
from skypact.simulate.spacing import Placed, is_clear, keep_distance, near_pairs
from skypact.simulate.truth import wrapped
from skypact.units import DEGREE


def test_near_pairs_are_those_of_touching_cells_each_once() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.integers(-6, 7, (2, 300))
    found = sorted((min(p), max(p)) for p in zip(*near_pairs(x, y), strict=True))
    expected = [
        (i, j)
        for i in range(300)
        for j in range(i + 1, 300)
        if abs(x[i] - x[j]) <= 1 and abs(y[i] - y[j]) <= 1
    ]
    assert found == expected


@pytest.mark.parametrize("lon_deg", [17.0, 179.999, -100.0])
def test_the_one_behind_slows_down_and_opposite_traffic_does_not(lon_deg: float) -> None:
    a = empty_aircraft(4)
    a.kind[:] = AIRLINER
    a.lat_rad[:] = np.array([48.0, 48.05, 48.02, 48.02]) * DEGREE
    a.lon_rad[:] = wrapped((lon_deg + np.array([0.0, 0.002, 0.001, 0.001])) * DEGREE)
    a.baro_m[:] = [10_000.0, 10_000.0, 10_000.0, 9_000.0]
    a.course_rad[:] = [0.0, 0.0, np.pi, 0.0]
    keep_distance(a)
    assert a.spacing[0] < 1.0
    assert a.spacing[1:].tolist() == [1.0, 1.0, 1.0]


def test_a_new_flight_of_an_airliner_begins_away_from_others_at_its_level() -> None:
    scene = Scene(scene_of(truth_period_s=1.0), 17)
    truth = scene.advance(scene.time_s + 900.0).truth
    known = set(truth.target[truth.time_s == truth.time_s[0]].tolist())
    for time_s in np.unique(truth.time_s):
        now = np.flatnonzero(truth.time_s == time_s)
        for i in now[~np.isin(truth.target[now], list(known))]:
            others = now[now != i]
            level = np.abs(truth.baro_altitude_m[others] - truth.baro_altitude_m[i]) < 280.0
            here = (float(truth.lat_rad[i]), float(truth.lon_rad[i]))
            apart = distance_m(truth.lat_rad[others], truth.lon_rad[others], *here)[level]
            # Checked when it began, up to a second (500 m of closing) before this row.
            assert apart.min(initial=np.inf) > 8_700.0
        known |= set(truth.target[now].tolist())


@pytest.mark.parametrize("middle_deg", [17.5, -180.0])
def test_the_grid_of_placed_flights_finds_what_a_scan_of_all_finds(middle_deg: float) -> None:
    rng = np.random.default_rng(9)
    a = empty_aircraft(600)
    a.kind[:] = AIRLINER
    lat, lon = rng.uniform([[47.0], [-1.5]], [[49.0], [1.5]], (2, 600)) * DEGREE
    a.lat_rad[:], a.lon_rad[:] = lat, wrapped(middle_deg * DEGREE + lon)
    a.baro_m[:] = rng.uniform(0.0, 3_000.0, 600)
    placed, clear = Placed(a), []
    for row in range(600):
        a.target[row] = row
        clear.append(is_clear(a, row))
        assert placed.is_clear(row) == clear[-1]
        placed.add(row)
    assert 100 < sum(clear) < 500
