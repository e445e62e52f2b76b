"""Biases that a scenario gives, draws and lets drift appear in what radars send."""

import msgspec
import numpy as np
from tests.naive.simulated_scenes import turned
from tests.naive.watched_targets import WATCHER, Watched, scene_with, targets, watch

from skypact import config
from skypact.simulate.biases import true_biases
from skypact.simulate.parts import BiasDraw, Drift, Fault, RadarOptions
from skypact.units import DAY, DEGREE

Z99 = 2.576
OPEN = RadarOptions(cone_deg=89.0)
RING = targets(np.arange(40) * 9.0, 150_000.0, mode3a=1234)


def errors(found: Watched) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Errors of range (m), azimuth (deg) and stamp (s)."""
    true = found.polar()
    azimuth = turned(found.azimuth_deg - true[:, 1] / DEGREE, 360.0)
    stamp = np.array([r["140"] for r in found.records]) - found.time_s % DAY
    return found.range_m - true[:, 0], azimuth, stamp


def test_drawn_biases_have_their_sigmas_and_no_mean() -> None:
    n = 400
    sensors = tuple(msgspec.structs.replace(WATCHER, name=f"R{i}") for i in range(n))
    draw = BiasDraw(
        sigma_range_m=50.0, sigma_range_gain=1e-4, sigma_azimuth_deg=0.1,
        sigma_elevation_deg=0.2, sigma_time_s=0.1,
    )  # fmt: skip
    scenario = msgspec.structs.replace(scene_with(OPEN, bias=draw), sensor=sensors, radar={})
    found = true_biases(scenario, 17)
    assert list(found) == [sensor.name for sensor in sensors]
    sigmas = {"range_m": 50.0, "range_gain": 1e-4, "azimuth_deg": 0.1}
    for key, sigma in (sigmas | {"elevation_deg": 0.2, "time_s": 0.1}).items():
        z = np.array([bias[key] for bias in found.values()]) / sigma
        assert abs(z.mean()) < 2.9 / np.sqrt(n)  # 99 % of five looks together need 3.1
        assert abs(z.std() - 1.0) < 2.9 / np.sqrt(2 * n)


def test_a_drawn_bias_is_in_the_reports_and_in_the_table_of_true_biases() -> None:
    biases = config.Biases(range_m=100.0)
    sheet = msgspec.structs.replace(WATCHER, biases=biases)
    draw = BiasDraw(sigma_range_m=200.0, sigma_azimuth_deg=0.3, sigma_time_s=0.5)
    scenario = scene_with(OPEN, sheet, bias=draw)
    told = true_biases(scenario, 5)[WATCHER.name]
    range_m, azimuth, stamp = errors(watch(scenario, RING, 100.0, 5))
    n = len(range_m)
    assert told["range_m"] != 100.0
    assert abs(range_m.mean() - told["range_m"]) < Z99 * 50.0 / np.sqrt(n)
    assert abs(azimuth.mean() - told["azimuth_deg"]) < Z99 * 0.08 / np.sqrt(n)
    assert np.abs(stamp - told["time_s"]).max() <= 0.5 / 128 + 1e-6


def test_drawing_biases_changes_no_other_random_number() -> None:
    still = watch(scene_with(OPEN), RING, 40.0, 6)
    drawn = watch(scene_with(OPEN, bias=BiasDraw(sigma_range_m=1_000.0)), RING, 40.0, 6)
    assert (still.target == drawn.target).all()
    assert (still.time_s == drawn.time_s).all()
    shift = drawn.range_m - still.range_m
    assert abs(shift[0]) > 50.0
    assert np.abs(shift - shift[0]).max() <= 1852.0 / 256 + 1e-6


def test_a_drifting_radar_drifts_and_steps_as_its_entry_says() -> None:
    drift = Drift(
        range_m_per_h=7_200.0, azimuth_deg_per_h=36.0, time_s_per_h=18.0,
        step_at_s=50.0, step_range_m=-400.0, step_azimuth_deg=1.0, step_time_s=2.0,
    )  # fmt: skip
    scenario = scene_with(msgspec.structs.replace(OPEN, drift=drift))
    found = watch(scenario, RING, 100.0, 7)
    range_m, azimuth, stamp = errors(found)
    since = found.time_s - scenario.start_s
    after = since >= 50.0
    n = len(since)
    left = (
        (range_m - 2.0 * since + 400.0 * after, 50.0),
        (azimuth - 0.01 * since - 1.0 * after, 0.08),
    )
    for error, sigma in left:
        for part in (since < 25.0, (since >= 25.0) & ~after, after):
            assert abs(error[part].mean()) < 3.3 * sigma / np.sqrt(part.sum())
    assert np.abs(stamp - 0.005 * since - 2.0 * after).max() <= 0.5 / 128 + 1e-6
    assert n > 900
    assert true_biases(scenario, 7)[WATCHER.name]["drift"]["step_at_s"] == 50.0


def test_sensors_other_than_radars_keep_the_biases_of_their_entries() -> None:
    mlat = config.Sensor(name="M", kind="mlat", lat=47.0, lon=17.0, height_m=100.0,
                         biases=config.Biases(time_s=0.25))  # fmt: skip
    scenario = msgspec.structs.replace(
        scene_with(OPEN, bias=BiasDraw(sigma_time_s=1.0)), sensor=(WATCHER, mlat)
    )
    assert true_biases(scenario, 1)["M"]["time_s"] == 0.25


def test_the_table_of_true_biases_tells_jumps_of_clocks_and_when_they_are() -> None:
    mlat = config.Sensor(name="M", kind="mlat", lat=47.0, lon=17.0, height_m=100.0)
    fault = {"M": Fault(clock_step_at_s=30.0, clock_step_s=-0.5)}
    scenario = msgspec.structs.replace(scene_with(OPEN, fault=fault), sensor=(WATCHER, mlat))
    told = true_biases(scenario, 1)
    assert (told["M"]["clock_step_at_s"], told["M"]["clock_step_s"]) == (30.0, -0.5)
    assert (told[WATCHER.name]["clock_step_at_s"], told[WATCHER.name]["clock_step_s"]) == (None, 0)
