"""Aircraft keep to their limits, fly without corners, and keep their number."""

import functools

import numpy as np
import pytest
from tests.naive.simulated_scenes import scene_of, turned

from skypact.kernels.geodesy import ecef_from_geodetic
from skypact.simulate import Scene, TruthRows
from skypact.simulate.aircraft import AIRCRAFT_KINDS, PERFORMANCE
from skypact.simulate.parts import Fleet
from skypact.units import DEGREE

STEP_S = 0.25
AFTER_S = 900.0
GUIDED = AIRCRAFT_KINDS[:4]


@functools.cache
def flown(kind: str, count: int = 60) -> tuple[TruthRows, np.ndarray]:
    """Truth of one kind of aircraft at every tick, and where a row continues the flight before."""
    scenario = scene_of(fleet=(Fleet(kind=kind, count=count),), truth_period_s=STEP_S)  # type: ignore[arg-type]
    scene = Scene(scenario, 7)
    truth = scene.advance(scene.time_s + AFTER_S).truth
    order = np.lexsort((truth.time_s, truth.target))
    truth = TruthRows(*(column[order] for column in truth))
    return truth, np.flatnonzero(truth.target[1:] == truth.target[:-1])


@pytest.mark.parametrize("kind", GUIDED)
def test_turns_are_limited_and_have_no_corners(kind: str) -> None:
    truth, same = flown(kind)
    limits = PERFORMANCE[AIRCRAFT_KINDS.index(kind)]
    course = np.arctan2(truth.ve_mps, truth.vn_mps)
    rate = turned(np.diff(course), 2 * np.pi) / STEP_S
    convergence_radps = 0.01 * DEGREE
    assert np.abs(rate[same]).max() < limits.turn_max_radps + convergence_radps
    twice = same[np.isin(same + 1, same)]
    growth = np.abs(rate[twice + 1] - rate[twice]) / STEP_S
    assert growth.max() < limits.turn_max_radps / limits.roll_s + 0.02 * DEGREE


@pytest.mark.parametrize("kind", GUIDED)
def test_climbs_and_descents_are_limited(kind: str) -> None:
    truth, same = flown(kind)
    limits = PERFORMANCE[AIRCRAFT_KINDS.index(kind)]
    climb = np.diff(truth.baro_altitude_m)[same] / STEP_S
    assert climb.max() <= limits.climb_mps + 1e-6
    assert climb.min() >= -limits.descent_mps - 1e-6


@pytest.mark.parametrize("kind", GUIDED)
def test_most_aircraft_turn_and_climb_within_the_quarter_hour(kind: str) -> None:
    truth, same = flown(kind)
    course = np.arctan2(truth.ve_mps, truth.vn_mps)
    rate = np.abs(turned(np.diff(course), 2 * np.pi) / STEP_S)[same]
    moving = np.abs(np.diff(truth.baro_altitude_m)[same] / STEP_S)
    turners = np.unique(truth.target[same[rate > 0.5 * DEGREE]])
    climbers = np.unique(truth.target[same[moving > 1.0]])
    assert len(turners) > 20
    assert len(climbers) > 20


def test_stated_velocity_is_the_derivative_of_position() -> None:
    truth, same = flown("fast", 20)
    place = np.empty((len(truth.target), 3))
    ecef_from_geodetic(truth.lat_rad, truth.lon_rad, truth.altitude_m, place)
    moved = np.linalg.norm(np.diff(place, axis=0), axis=1)[same] / STEP_S
    speed = np.sqrt(truth.vn_mps**2 + truth.ve_mps**2 + truth.vu_mps**2)
    between = 0.5 * (speed[same] + speed[same + 1])
    assert np.abs(moved - between).max() < 1.0


def test_flights_end_and_others_begin_so_that_the_number_stays() -> None:
    scene = Scene(scene_of(fleet=(Fleet(kind="airliner", count=100),), truth_period_s=30.0), 3)
    truth = scene.advance(scene.time_s + 1800.0).truth
    _, counts = np.unique(truth.time_s, return_counts=True)
    assert set(counts.tolist()) == {100}
    assert len(np.unique(truth.target)) > 110
    addresses = truth.icao[np.unique(truth.target, return_index=True)[1]]
    assert len(np.unique(addresses)) == len(addresses)


def test_height_differs_from_pressure_altitude_by_tens_to_hundreds_of_metres() -> None:
    scene = Scene(scene_of(truth_period_s=60.0), 5)
    truth = scene.advance(scene.time_s + 600.0).truth
    difference = truth.altitude_m - truth.baro_altitude_m
    assert difference.min() > 20.0
    assert difference.max() < 300.0
    assert np.ptp(difference) > 50.0
    order = np.lexsort((truth.time_s, truth.target))
    drift = np.abs(np.diff(difference[order]))[np.diff(truth.target[order]) == 0]
    assert drift.max() < 20.0


def test_some_aircraft_have_no_mode_s_and_some_no_transponder() -> None:
    fleet = (Fleet(kind="light", count=200, transponder=0.7, modes=0.5),)
    scene = Scene(scene_of(fleet=fleet), 11)
    truth = scene.advance(scene.time_s + 0.25).truth
    without = (truth.icao < 0).mean()
    assert abs(without - 0.65) < 2.58 * np.sqrt(0.65 * 0.35 / 200)
