"""What radars measure has the statistics of their data sheets (99 % bands, seeds stated)."""

import msgspec
import numpy as np
import pytest
from tests.naive.simulated_scenes import (
    RADAR,
    TRANSIT_ONLY,
    WIDE_OPEN,
    Decoded,
    decoded,
    scene_of,
    true_polar,
    turned,
)

from skypact import config
from skypact.simulate import CLUTTER, Scene, Slice
from skypact.simulate.parts import Fleet, RadarOptions
from skypact.simulate.scenario import Scenario
from skypact.simulate.sight import primary_probability, site_of
from skypact.units import DAY, DEGREE, NAUTICAL_MILE

Z99 = 2.576


def played(scenario: Scenario, seconds: float = 400.0, seed: int = 21) -> tuple[Slice, Decoded]:
    """Play a scene and decode it."""
    scene = Scene(scenario, seed)
    part = scene.advance(scene.time_s + seconds)
    return part, decoded(part)


def residuals(part: Slice, records: Decoded, sensor: config.Sensor) -> tuple[np.ndarray, ...]:
    """Measured minus true range (m) and azimuth (deg) of records that a target caused."""
    true = true_polar(sensor, part.origins.ecef_m)
    rho = np.array([r["040"]["RHO"] for r in records.targets]) * NAUTICAL_MILE
    theta = np.array([r["040"]["THETA"] for r in records.targets])
    real = part.origins.target != CLUTTER
    azimuth = turned(theta - true[:, 1] / DEGREE, 360.0)
    return (rho - true[:, 0])[real], azimuth[real]


@pytest.fixture(scope="module")
def plain() -> tuple[Slice, Decoded]:
    """Scene of one unbiased radar without outliers that sees everything."""
    return played(scene_of(RADAR, options=WIDE_OPEN, traffic=TRANSIT_ONLY))


def test_noise_has_the_sigmas_of_the_data_sheet(plain: tuple[Slice, Decoded]) -> None:
    range_m, azimuth_deg = residuals(*plain, RADAR)
    n = len(range_m)
    assert n > 4000
    for error, sigma, lsb in ((range_m, 50.0, NAUTICAL_MILE / 256), (azimuth_deg, 0.08, 360 / 65536)):  # fmt: skip  # noqa: E501
        expected = np.hypot(sigma, lsb / np.sqrt(12.0))
        assert abs(error.mean()) < Z99 * expected / np.sqrt(n)
        assert abs(error.std() / expected - 1.0) < Z99 / np.sqrt(2.0 * n)


def test_detection_has_the_probability_of_the_data_sheet(plain: tuple[Slice, Decoded]) -> None:
    origins = plain[0].origins
    trials = hits = 0
    for target in np.unique(origins.target):
        # Between a flight's first and last hit every turn is an independent trial.
        turns = np.rint(origins.time_s[origins.target == target] / RADAR.period_s)
        if len(turns) > 2:
            trials += int(turns[-1] - turns[0]) - 1
            hits += len(turns) - 2
    assert trials > 4000
    assert abs(hits / trials - 0.9) < Z99 * np.sqrt(0.9 * 0.1 / trials)


def test_each_target_is_measured_at_most_once_a_turn(plain: tuple[Slice, Decoded]) -> None:
    origins = plain[0].origins
    for target in np.unique(origins.target):
        gaps = np.diff(origins.time_s[origins.target == target]) / RADAR.period_s
        assert (gaps > 0.5).all()
        assert np.abs(gaps - np.rint(gaps)).max(initial=0.0) < 0.2


def test_times_of_plots_follow_the_beam(plain: tuple[Slice, Decoded]) -> None:
    part, records = plain
    assert (np.diff(part.origins.time_s) >= 0).all()
    north = [r["030"] for r in records.services if r["000"] == 1]
    assert np.abs(np.diff(north) - RADAR.period_s).max() < 1.5 / 128
    since = (part.origins.time_s % DAY - north[0]) / RADAR.period_s
    azimuth = true_polar(RADAR, part.origins.ecef_m)[:, 1] / DEGREE
    quantum_deg = 360.0 / RADAR.period_s / 128
    assert np.abs(turned(azimuth - 360.0 * since, 360.0)).max() < quantum_deg


def test_sectors_are_announced_in_turn_and_the_site_is_given(plain: tuple[Slice, Decoded]) -> None:
    services = plain[1].services
    sectors = np.rint([r["020"] / 11.25 for r in services if r["000"] == 2]).astype(int)
    assert set(np.diff(sectors) % 32) == {1}
    site = next(r["120"] for r in services if r["000"] == 1)
    half_lsb_deg = 0.51 * 180 / 2**23
    assert abs(site["LAT"] - RADAR.lat) < half_lsb_deg
    assert abs(site["LON"] - RADAR.lon) < half_lsb_deg
    assert site["HGT"] == RADAR.height_m


def test_datagrams_arrive_in_order_after_a_plausible_delay(plain: tuple[Slice, Decoded]) -> None:
    part, _ = plain
    received_s = part.packets.received_ns[part.origins.packet] / 1e9
    sector_s = RADAR.period_s / 32
    delay = received_s - part.origins.time_s
    assert (np.diff(part.packets.received_ns) > 0).all()
    assert delay.min() >= 0.1 - 1e-6
    # A datagram may wait for a slower one before it: FIFO lines add what the slower one took.
    assert delay.max() <= 0.4 + sector_s + 1e-6


def test_records_say_what_the_transponder_says(plain: tuple[Slice, Decoded]) -> None:
    part, records = plain
    icao = dict(zip(part.truth.target.tolist(), part.truth.icao.tolist(), strict=True))
    said = [r["220"] for r in records.targets]
    assert said == [icao[target] for target in part.origins.target.tolist()]
    stamps = np.array([r["140"] for r in records.targets])
    assert np.abs(stamps - part.origins.time_s % DAY).max() <= 0.5 / 128 + 1e-6
    assert {r["020"]["TYP"] for r in records.targets} == {5}


def test_flight_levels_are_the_pressure_altitude_in_steps_of_25_feet(
    plain: tuple[Slice, Decoded],
) -> None:
    part, records = plain
    truth = part.truth
    for target in np.unique(part.origins.target)[:40]:
        mine = truth.target == target
        at = part.origins.time_s[part.origins.target == target]
        expected = np.interp(at, truth.time_s[mine], truth.baro_altitude_m[mine])
        index = np.flatnonzero(part.origins.target == target)
        level = np.array([records.targets[i]["090"]["FL"] for i in index]) * 30.48
        inside = (at >= truth.time_s[mine].min()) & (at <= truth.time_s[mine].max())
        assert np.abs(level - expected)[inside].max(initial=0.0) < 0.5 * 25 * 0.3048 + 1.0


def test_a_biased_radar_is_biased_by_what_its_entry_says() -> None:
    biases = config.Biases(range_m=120.0, range_gain=0.0004, azimuth_deg=-0.25, time_s=0.3)
    biased = msgspec.structs.replace(RADAR, biases=biases)
    part, records = played(scene_of(biased, options=WIDE_OPEN), 200.0)
    range_m, azimuth_deg = residuals(part, records, biased)
    true_m = true_polar(biased, part.origins.ecef_m)[:, 0]
    n = len(range_m)
    left = range_m - 120.0 - 0.0004 * true_m
    assert abs(left.mean()) < Z99 * 50.0 / np.sqrt(n)
    assert abs(azimuth_deg.mean() + 0.25) < Z99 * 0.08 / np.sqrt(n)
    stamps = np.array([r["140"] for r in records.targets])
    assert np.abs(stamps - part.origins.time_s % DAY - 0.3).max() <= 0.5 / 128 + 1e-6


def test_two_percent_of_errors_are_heavy_tailed() -> None:
    part, records = played(scene_of(RADAR, options=WIDE_OPEN, outliers=0.02), 400.0)
    range_m, _ = residuals(part, records, RADAR)
    # P(|t2| > 5/3) = 0.2376 of 2 %, against 6e-7 of the normal ones.
    expected = 0.02 * 0.2376 * len(range_m)
    beyond = (np.abs(range_m) > 5 * 50.0).sum()
    assert abs(beyond - expected) < Z99 * np.sqrt(expected) + 1


def test_clutter_is_poisson_and_uniform_and_has_no_identity() -> None:
    radar = msgspec.structs.replace(RADAR, clutter_per_scan=40.0, period_s=4.0)
    options = RadarOptions(primary=True, primary_range_m=100_000.0)
    part, records = played(scene_of(radar, options=options, fleet=()), 400.0)
    false = np.array([r["020"]["TYP"] for r in records.targets]) == 1
    assert false.all()
    assert (part.origins.target == CLUTTER).all()
    assert not {"070", "090", "220", "240"} & set().union(*records.targets)
    scans = 400.0 / 4.0
    n = len(records.targets)
    # Plots of the last sectors are still on the way: up to 0.525 s of 400.
    assert abs(n - 40.0 * scans * (1 - 0.3 / 400)) < Z99 * np.sqrt(40.0 * scans) + 6
    for values, high in (
        ([r["040"]["RHO"] * NAUTICAL_MILE for r in records.targets], 100_000.0),
        ([r["040"]["THETA"] for r in records.targets], 360.0),
    ):
        counts, _ = np.histogram(values, 10, (0.0, high))
        chi2_99_of_9 = 21.67
        assert ((counts - n / 10) ** 2 / (n / 10)).sum() < chi2_99_of_9


def test_a_primary_radar_sees_aircraft_without_a_transponder_and_a_secondary_does_not() -> None:
    fleet = (Fleet(kind="airliner", count=80, transponder=0.0),)
    both = RadarOptions(primary=True, primary_range_m=300_000.0)
    seen, records = played(scene_of(RADAR, options=both, fleet=fleet), 60.0)
    unseen, _ = played(scene_of(RADAR, options=WIDE_OPEN, fleet=fleet), 60.0)
    assert len(seen.origins.target) > 100
    assert {r["020"]["TYP"] for r in records.targets} == {1}
    assert len(unseen.origins.target) == 0


def test_primary_detection_is_a_half_at_half_range_and_falls_with_range() -> None:
    site = site_of(RADAR, scene_of(RADAR).air)
    range_m = np.linspace(1_000.0, 300_000.0, 200)
    chance = primary_probability(site, 100_000.0, range_m, np.ones(200))
    assert (np.diff(chance) <= 0).all()
    assert chance[0] == RADAR.p_detection
    at_half = primary_probability(site, 100_000.0, np.array([100_000.0]), np.ones(1))
    assert abs(at_half[0] - 0.5) < 1e-9
    small = primary_probability(site, 100_000.0, range_m, np.full(200, 0.1))
    assert (small <= chance).all()


def test_nothing_is_seen_beyond_the_radio_horizon() -> None:
    low = msgspec.structs.replace(RADAR, height_m=200.0)
    part, _ = played(scene_of(low, options=WIDE_OPEN), 60.0)
    range_m = true_polar(low, part.origins.ecef_m)[:, 0]
    # sqrt(2 * 4/3 * 6371 km * 10 m) + the same with 12.7 km: 13 km + 465 km at the very most.
    assert range_m.max() < 478_000.0
    assert len(part.origins.target) > 100
