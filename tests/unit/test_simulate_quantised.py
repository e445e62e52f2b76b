"""Simulated ASTERIX decodes to what was simulated, within half a step of each item."""

import msgspec
import numpy as np
from tests.naive.simulated_scenes import turned
from tests.naive.watched_targets import WATCHER, scene_with, targets, watch

from skypact.simulate.parts import Fault, RadarOptions
from skypact.units import DAY, DEGREE, NAUTICAL_MILE

EXACT = msgspec.structs.replace(WATCHER, sigma_range_m=1e-6, sigma_azimuth_deg=1e-9)
BOTH = RadarOptions(primary=True, primary_range_m=2_000_000.0)
FLOWN = targets(
    np.arange(50) * 7.2, 60_000.0 + 3_137.0 * np.arange(50), 3_000.0 + 151.0 * np.arange(50),
    north_mps=180.0, icao=np.where(np.arange(50) % 2, 0x400000 + np.arange(50), -1),
    mode3a=np.array([int(f"{code:o}") for code in range(7, 4096, 83)][:50]),
)  # fmt: skip


def test_polar_places_and_stamps_are_within_half_a_step() -> None:
    found = watch(scene_with(BOTH, EXACT), FLOWN, 20.0, 1)
    true = found.polar()
    assert len(found.target) > 240
    assert np.abs(found.range_m - true[:, 0]).max() <= 0.5 * NAUTICAL_MILE / 256 + 1e-3
    azimuth = turned(found.azimuth_deg - true[:, 1] / DEGREE, 360.0)
    assert np.abs(azimuth).max() <= 0.5 * 360.0 / 65_536 + 1e-6
    stamps = np.array([record["140"] for record in found.records])
    assert np.abs(stamps - found.time_s % DAY).max() <= 0.5 / 128 + 1e-6


def test_codes_addresses_and_levels_are_those_of_the_targets() -> None:
    found = watch(scene_with(BOTH, EXACT), FLOWN, 20.0, 1)
    coded = np.flatnonzero(~np.isnan(found.column("070", "MODE3A")))
    assert len(coded) > 240
    for i in coded.tolist():
        record, target = found.records[i], found.target[i]
        assert record["070"]["MODE3A"] == FLOWN.mode3a[target]
        assert record.get("220", -1) == FLOWN.icao[target]
        step = 0.25 if "220" in record else 1.0
        level = (FLOWN.height_m[target] - 100.0) / 30.48
        assert abs(record["090"]["FL"] - level) <= 0.5 * step + 1e-9


def test_a_row_that_holds_nothing_is_never_shown() -> None:
    found = watch(scene_with(BOTH), FLOWN, 20.0, 2, absent=(3, 4, 5))
    assert set(found.target.tolist()) == set(range(50)) - {3, 4, 5}


def test_a_clock_that_jumps_is_in_the_stamps_of_plots() -> None:
    fault = {WATCHER.name: Fault(clock_step_at_s=10.0, clock_step_s=3.0)}
    scenario = scene_with(BOTH, fault=fault)
    found = watch(scenario, FLOWN, 20.0, 3)
    stamps = np.array([record["140"] for record in found.records])
    late = stamps - found.time_s % DAY
    jumped = found.time_s - scenario.start_s >= 10.0
    assert np.abs(late - 3.0 * jumped).max() <= 0.5 / 128 + 1e-6


def test_plots_beyond_the_range_that_asterix_holds_are_not_sent() -> None:
    sheet = msgspec.structs.replace(WATCHER, range_max_m=900_000.0)
    flown = targets([10.0, 190.0], [450_000.0, 480_000.0], 40_000.0, mode3a=1000)
    found = watch(scene_with(RadarOptions(cone_deg=89.0), sheet), flown, 100.0, 4)
    assert set(found.target.tolist()) == {0}
    assert np.abs(found.range_m - found.polar()[:, 0]).max() < 5 * 50.0
