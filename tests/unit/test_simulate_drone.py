"""Drones stay around their pads, within what a multicopter can do."""

import functools

import numpy as np
import pytest

from skypact.errors import ConfigError
from skypact.model.tracks import CLASSES
from skypact.model.truth import TruthRows
from skypact.simulate import Scene
from skypact.simulate.air import air_field
from skypact.simulate.drone import (
    ACCELERATION_MPS2,
    CLIMB_MPS,
    DESCENT_MPS,
    LIFT_MPS2,
    SPEED_HIGH_MPS,
)
from skypact.simulate.movers import sky_of
from skypact.simulate.parts import Fleet, Pad
from skypact.simulate.scenario import Scenario, scenario_from_toml

PAD = Pad(name="field", lat=48.0, lon=17.0, height_m=200.0, radius_m=800.0)
STEP_S = 0.25


def scenario_of(count: int, **fleet: float) -> Scenario:
    drones = Fleet(kind="drone", count=count, **fleet)  # type: ignore[arg-type]
    return Scenario(fleet=(drones,), pad=(PAD,), truth_period_s=STEP_S)


@functools.cache
def flown() -> tuple[TruthRows, np.ndarray]:
    """Truth of 30 drones by target and time, and where a row continues the flight before."""
    scene = Scene(scenario_of(30), 5)
    truth = scene.advance(scene.time_s + 900.0).truth
    order = np.lexsort((truth.time_s, truth.target))
    truth = TruthRows._make(column[order] for column in truth)
    return truth, np.flatnonzero(truth.target[1:] == truth.target[:-1])


def test_drones_stay_within_the_radius_and_under_120_metres() -> None:
    truth, _ = flown()
    north = (truth.lat_rad - np.radians(48.0)) * 6_371_009.0
    east = (truth.lon_rad - np.radians(17.0)) * 6_371_009.0 * np.cos(np.radians(48.0))
    assert np.hypot(north, east).max() < 820.0
    above = truth.altitude_m - 200.0
    assert above.min() > -2.0
    assert above.max() < 122.0
    assert set(truth.target_class.tolist()) == {CLASSES.index("drone")}


def test_speeds_and_accelerations_are_limited() -> None:
    truth, same = flown()
    assert np.hypot(truth.vn_mps, truth.ve_mps).max() < SPEED_HIGH_MPS + 0.1
    assert truth.vu_mps.max() < CLIMB_MPS + 0.01
    assert truth.vu_mps.min() > -DESCENT_MPS - 0.01
    pull = np.hypot(np.diff(truth.vn_mps), np.diff(truth.ve_mps))[same] / STEP_S
    assert pull.max() < ACCELERATION_MPS2 + 0.05
    assert np.abs(np.diff(truth.vu_mps))[same].max() / STEP_S < LIFT_MPS2 + 0.01


def test_positions_follow_from_velocities() -> None:
    truth, same = flown()
    north = np.diff(truth.lat_rad)[same] * 6_380_000.0
    mean = 0.5 * (truth.vn_mps[same] + truth.vn_mps[same + 1]) * STEP_S
    assert np.abs(north - mean).max() < 0.02


def test_drones_hover_and_turn_sharply() -> None:
    truth, same = flown()
    still = np.hypot(truth.vn_mps, truth.ve_mps) < 0.5
    run = np.split(still, np.flatnonzero(np.diff(truth.target)) + 1)
    longest = [max(map(len, "".join("x" if s else " " for s in part).split()), default=0)
               for part in run]  # fmt: skip
    assert max(longest) * STEP_S > 20.0
    moving = same[(np.hypot(truth.vn_mps, truth.ve_mps)[same] > 0.2)]
    course = np.arctan2(truth.ve_mps, truth.vn_mps)
    turn = np.abs((np.diff(course) + np.pi) % (2 * np.pi) - np.pi)[moving]
    assert np.degrees(turn.max()) / STEP_S > 45.0


def test_flights_land_and_others_begin_so_that_the_number_stays() -> None:
    truth, _ = flown()
    _, counts = np.unique(truth.time_s, return_counts=True)
    assert set(counts.tolist()) == {30}
    targets, last = np.unique(truth.target[::-1], return_index=True)
    assert len(targets) > 35
    ended = truth.altitude_m[::-1][last][targets < 30]
    over = truth.time_s[::-1][last][targets < 30] < truth.time_s.max()
    assert (ended[over] < 203.0).all()


def test_drones_carry_no_transponder_unless_told_and_most_broadcast_their_place() -> None:
    def table(**fleet: float):  # type: ignore[no-untyped-def]
        scenario = scenario_of(1_000, **fleet)
        streams = [np.random.default_rng(k) for k in range(8)]
        return sky_of(scenario, air_field(scenario.air, streams[0]), (), streams).aircraft

    usual = table()
    assert set(usual.mode3a.tolist()) == {-1}
    # 99 % interval of a share of 0.9 among 1,000.
    assert abs(usual.remote_id.mean() - 0.9) < 2.58 * np.sqrt(0.09 / 1_000)
    assert np.abs(usual.home_lat - np.radians(48.0)).max() < 40.0 / 6_371_009.0
    assert (table(transponder=1.0).mode3a >= 0).all()


def test_drones_without_a_pad_are_refused() -> None:
    with pytest.raises(ConfigError, match="pad: expected at least 1 for drone traffic, got 0"):
        scenario_from_toml('[[fleet]]\nkind = "drone"\ncount = 1\n')
