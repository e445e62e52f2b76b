"""Balloons rise, drift exactly with the wind, and float or come down under a parachute."""

import functools

import numpy as np
import pytest

from skypact.errors import ConfigError
from skypact.model.tracks import CLASSES
from skypact.model.truth import TruthRows
from skypact.simulate import Scene
from skypact.simulate.balloon import FALL_MPS, terminal_mps
from skypact.simulate.guidance import curvature
from skypact.simulate.parts import Balloon, Wind
from skypact.simulate.scenario import Scenario, scenario_from_toml
from skypact.simulate.wind import wind_at, wind_field

FLOATS = Balloon(
    name="float", lat=48.0, lon=17.0, height_m=200.0, count=4, start_s=10.0, interval_s=30.0,
    float_m=900.0,
)  # fmt: skip
BURSTS = Balloon(
    name="burst", lat=48.0, lon=17.0, height_m=200.0, count=3, interval_s=0.0, float_m=2_000.0,
    bursts=True,
)  # fmt: skip
SEED = 4


def scene_of(*balloons: Balloon) -> Scene:
    return Scene(Scenario(balloon=balloons, truth_period_s=0.5), SEED)


@functools.cache
def flown(seconds: float, *balloons: Balloon) -> TruthRows:
    scene = scene_of(*balloons)
    return scene.advance(scene.time_s + seconds).truth


def of_target(truth: TruthRows, target: int) -> TruthRows:
    return TruthRows._make(column[truth.target == target] for column in truth)


def test_drift_is_the_integral_of_the_wind_along_the_way() -> None:
    truth = of_target(flown(700.0, FLOATS), 0)
    start_s = Scenario().start_s
    stream = np.random.SeedSequence(SEED).spawn(8)[4]
    wind = wind_field(Wind(), start_s, np.random.Generator(np.random.PCG64(stream)))
    winds = np.array(
        [
            np.ravel(wind_at(wind, *(np.array([v]) for v in place), time_s))
            for *place, time_s in zip(
                truth.lat_rad, truth.lon_rad, truth.altitude_m, truth.time_s, strict=True
            )
        ]
    )
    assert np.abs(winds[:, 0] - truth.vn_mps).max() < 0.01
    assert np.abs(winds[:, 1] - truth.ve_mps).max() < 0.01
    drift = (0.5 * (winds[1:] + winds[:-1]) * 0.5).sum(axis=0)
    meridian, normal = curvature(np.sin(truth.lat_rad))
    north = ((meridian + truth.altitude_m)[1:] * np.diff(truth.lat_rad)).sum()
    ring = (normal + truth.altitude_m) * np.cos(truth.lat_rad)
    east = (ring[1:] * np.diff(truth.lon_rad)).sum()
    assert np.hypot(*drift) > 1_000.0
    assert np.hypot(north - drift[0], east - drift[1]) < 1.0


def test_balloons_are_released_one_after_another_and_seen_from_then_on() -> None:
    truth = flown(700.0, FLOATS)
    first = [of_target(truth, k).time_s[0] - truth.time_s[0] for k in range(4)]
    assert first == [0.0, 30.0, 60.0, 90.0]
    assert truth.time_s[0] == Scenario().start_s + 10.0
    assert set(truth.target_class.tolist()) == {CLASSES.index("balloon")}
    assert set(truth.icao.tolist()) == {-1}


def test_they_rise_at_about_the_rate_given_and_float_at_their_height() -> None:
    for k in range(4):
        truth = of_target(flown(700.0, FLOATS), k)
        rising = truth.vu_mps[(truth.altitude_m > 300.0) & (truth.altitude_m < 700.0)]
        assert rising.min() > 3.5
        assert rising.max() < 6.5
        assert np.ptp(rising) > 0.1
        assert abs(truth.altitude_m[-1] - 900.0) < 5.0
        assert truth.altitude_m.max() < 910.0


def test_burst_ones_fall_at_terminal_speed_and_are_gone_at_the_ground() -> None:
    truth = flown(1_000.0, BURSTS)
    assert truth.time_s[-1] < Scenario().start_s + 950.0
    for k in range(3):
        one = of_target(truth, k)
        assert 1_999.0 < one.altitude_m.max() < 2_020.0
        assert 200.0 < one.altitude_m[-1] < 205.0
        falls = (one.vu_mps < 0.0) & (one.altitude_m < 1_900.0)
        expected = -terminal_mps(one.altitude_m[falls])
        assert np.abs(one.vu_mps[falls] - expected).max() < 0.1


def test_the_parachute_is_faster_in_thin_air() -> None:
    # At 30 km the air has 1.45 % of its density at sea level.
    speeds = terminal_mps(np.array([0.0, 30_000.0]))
    assert speeds[0] == pytest.approx(FALL_MPS)
    assert speeds[1] == pytest.approx(FALL_MPS / np.sqrt(0.0145), rel=0.01)


def test_places_of_release_scatter_as_the_scenario_says() -> None:
    many = Balloon(name="many", lat=48.0, lon=17.0, height_m=200.0, count=2_000, interval_s=0.0)
    scene = scene_of(many)
    truth = scene.advance(scene.time_s + 0.25).truth
    north = (truth.lat_rad - np.radians(48.0)) * 6_371_009.0
    east = (truth.lon_rad - np.radians(17.0)) * 6_371_009.0 * np.cos(np.radians(48.0))
    for axis in (north, east):
        # 99 % interval of a standard deviation from 2,000 draws: 4.1 %.
        assert axis.std() == pytest.approx(200.0, rel=0.041)


def test_a_balloon_that_begins_above_its_height_is_refused() -> None:
    text = '[[balloon]]\nname = "b"\nlat = 1\nlon = 2\nheight_m = 500\nfloat_m = 400\n'
    with pytest.raises(ConfigError, match=r"balloon\[0\]\.float_m: expected a height above .* 500"):
        scenario_from_toml(text)
