"""Elevation and range rate of radars that measure them (99 % bands, seeds stated)."""

import msgspec
import numpy as np
from tests.naive.watched_targets import (
    WATCHER,
    Targets,
    Watched,
    scene_with,
    targets,
    true_rates,
    watch,
)

from skypact import config
from skypact.decode.asterix.reports import Decoder
from skypact.geo.geoid import undulation_m
from skypact.kernels.geodesy import geodetic_from_ecef
from skypact.model.packets import packets_from
from skypact.model.reports import take_reports
from skypact.simulate.parts import RadarOptions
from skypact.units import DEGREE, FOOT

Z99 = 2.576
BOTH = RadarOptions(primary=True, primary_range_m=2_000_000.0, cone_deg=89.0)


def sensor_with(elevation_deg: float | None, rate_mps: float | None) -> config.Sensor:
    """Make the watcher measure elevation and range rate with these sigmas."""
    return msgspec.structs.replace(
        WATCHER, sigma_elevation_deg=elevation_deg, sigma_range_rate_mps=rate_mps
    )


def ring(n: int = 60) -> Targets:
    """Targets all around at 100 km, half of them flying north and half south."""
    speed = np.where(np.arange(n) % 2, 200.0, -200.0)
    return targets(np.arange(n) * 360.0 / n, 100_000.0, 9_000.0, north_mps=speed)


def elevations(found: Watched) -> np.ndarray:
    """Measured elevation (rad), from the measured height."""
    out = np.empty_like(found.ecef_m)
    geodetic_from_ecef(np.ascontiguousarray(found.ecef_m), out)
    height = found.column("110", "3DH") * FOOT + undulation_m(out[:, 0], out[:, 1])
    # Close to the truth a metre of height is 1 / (range cos elevation) of elevation.
    true = found.polar()
    return true[:, 2] + (height - out[:, 2]) / (true[:, 0] * np.cos(true[:, 2]))


def test_heights_are_those_of_the_targets_within_half_a_step() -> None:
    sheet = msgspec.structs.replace(sensor_with(1e-6, None), sigma_range_m=1e-3)
    found = watch(scene_with(BOTH, sheet), ring(), 20.0, 1)
    out = np.empty_like(found.ecef_m)
    geodetic_from_ecef(np.ascontiguousarray(found.ecef_m), out)
    error_m = found.column("110", "3DH") * FOOT + undulation_m(out[:, 0], out[:, 1]) - out[:, 2]
    assert len(error_m) > 250
    assert np.abs(error_m).max() < 0.5 * 25 * FOOT + 0.1


def test_the_decoder_makes_elevations_and_range_rates_of_them() -> None:
    sheet = msgspec.structs.replace(sensor_with(1e-6, 1e-6), sigma_range_m=1e-3)
    scenario = scene_with(BOTH, sheet)
    found = watch(scenario, ring(), 8.0, 2)
    stamps = [1_767_268_810_000_000_000] * len(found.payloads)
    packets = packets_from(found.payloads, stamps, [0] * len(stamps))
    reports = take_reports(Decoder([sheet]).decode(packets).reports, slice(0, len(found.target)))
    true = found.polar()
    # The geoid is taken a kilometre away, the Earth is round along one azimuth: half a metre.
    step_rad = (0.5 * 25 * FOOT + 0.5) / true[:, 0]
    assert (np.abs(reports.elevation_rad - true[:, 2]) < step_rad).all()
    assert np.isnan(reports.geo_altitude_m).all()
    # Number 1, in the north, flies north, and so away from the radar.
    assert (reports.range_rate_mps[found.target == 1] > 150.0).all()
    assert np.abs(reports.range_rate_mps - true_rates(scenario, ring(), found)).max() < 0.51


def test_no_bias_of_elevation_hides_near_the_radar() -> None:
    sheet = msgspec.structs.replace(
        WATCHER, sigma_elevation_deg=0.15, sigma_range_m=5.0, height_m=200.0, range_max_m=15_000.0
    )
    n = 600
    near = targets(
        np.arange(n) * 360.0 / n, np.linspace(1_000.0, 5_000.0, n),
        np.linspace(230.0, 700.0, n // 4).repeat(4)[np.arange(n) * 7 % n], gain=100.0,
    )  # fmt: skip
    found = watch(scene_with(BOTH, sheet), near, 40.0, 9)
    stamps = [1_767_268_850_000_000_000] * len(found.payloads)
    packets = packets_from(found.payloads, stamps, [0] * len(stamps))
    reports = take_reports(Decoder([sheet]).decode(packets).reports, slice(0, len(found.target)))
    error_deg = (reports.elevation_rad - found.polar(sheet)[:, 2]) / DEGREE
    # Steps of 25 ft are 0.44 degrees at 1 km; a metre of hidden height is 0.023 degrees on average.
    assert len(error_deg) > 5_000
    assert abs(error_deg.mean()) < 0.01


def test_elevation_errs_by_its_sigma_and_bias() -> None:
    biases = config.Biases(elevation_deg=-0.3)
    sheet = msgspec.structs.replace(sensor_with(0.15, None), biases=biases)
    found = watch(scene_with(BOTH, sheet), ring(), 80.0, 13)
    error_deg = (elevations(found) - found.polar()[:, 2]) / DEGREE
    n = len(error_deg)
    lsb_deg = 25 * FOOT / 100_000.0 / DEGREE
    # Range noise of 50 m moves the height by 50 m times the sine of 5 degrees.
    sigma = np.sqrt(0.15**2 + lsb_deg**2 / 12 + (50.0 * 0.09 / 100_000.0 / DEGREE) ** 2)
    assert n > 1000
    assert abs(error_deg.mean() + 0.3) < Z99 * sigma / np.sqrt(n)
    assert abs(error_deg.std() / sigma - 1.0) < Z99 / np.sqrt(2 * n)


def test_range_rate_errs_by_its_sigma() -> None:
    scenario = scene_with(BOTH, sensor_with(None, 3.0))
    found = watch(scenario, ring(), 80.0, 4)
    error = _rate(found) - true_rates(scenario, ring(), found)
    n = len(error)
    sigma = np.sqrt(3.0**2 + 1 / 12)
    assert n > 1000
    assert abs(error.mean()) < Z99 * sigma / np.sqrt(n)
    assert abs(error.std() / sigma - 1.0) < Z99 / np.sqrt(2 * n)


def _rate(found: Watched) -> np.ndarray:
    return np.array([r["120"]["CAL"]["CAL"] for r in found.records])


def test_two_percent_of_elevations_and_rates_are_heavy_tailed() -> None:
    sheet = sensor_with(0.15, 3.0)
    scenario = scene_with(BOTH, sheet, outliers=0.02)
    found = watch(scenario, ring(), 300.0, 5)
    for error, sigma in (
        (elevations(found) - found.polar()[:, 2], 0.15 * DEGREE),
        (_rate(found) - true_rates(scenario, ring(), found), 3.0),
    ):
        # P(|t2| > 5/3) = 0.2376 of 2 %, against 6e-7 of the normal ones.
        expected = 0.02 * 0.2376 * len(error)
        assert abs((np.abs(error) > 5 * sigma).sum() - expected) < Z99 * np.sqrt(expected) + 1


def test_a_radar_that_measures_elevation_and_rate_changes_nothing_else() -> None:
    plain = watch(scene_with(BOTH), ring(), 20.0, 6)
    more = watch(scene_with(BOTH, sensor_with(0.1, 1.0)), ring(), 20.0, 6)
    assert not {"110", "120"} & set().union(*plain.records)
    assert [{k: v for k, v in r.items() if k not in ("110", "120")} for r in more.records] == (
        plain.records
    )


def test_a_reply_without_an_echo_has_no_range_rate() -> None:
    coded = ring()._replace(mode3a=np.full(60, 1000))
    found = watch(scene_with(RadarOptions(), sensor_with(0.1, 1.0)), coded, 20.0, 7)
    assert set(found.typ) == {2}
    assert all("110" in r and "120" not in r for r in found.records)


def test_what_an_item_cannot_hold_is_left_out() -> None:
    high = targets([0.0, 90.0], 300_000.0, [30_000.0, 80_000.0], north_mps=[300.0, 0.0],
                   east_mps=[0.0, 1500.0], gain=100.0)  # fmt: skip
    found = watch(scene_with(BOTH, sensor_with(0.001, 1.0)), high, 40.0, 8)
    for record, target in zip(found.records, found.target, strict=True):
        assert ("110" in record) == ("120" in record) == (target == 0)
    assert set(found.target) == {0, 1}
