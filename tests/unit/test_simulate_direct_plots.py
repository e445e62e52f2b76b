"""Radars that hand over reports: the same measurements as in ASTERIX, without its limits."""

from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
from tests.naive.simulated_scenes import RADAR, scene_of, true_polar
from tests.naive.watched_targets import WATCHER, scene_with, targets, true_rates, watch, watching

from skypact import config
from skypact.decode.asterix.reports import Decoder
from skypact.errors import ConfigError
from skypact.model.reports import MODES, PSR, PSR_SSR, SSR, ReportBatch, concat_reports
from skypact.simulate import CLUTTER, Scenario, Scene, load_sky_scenario
from skypact.simulate.parts import Fault, Fleet, RadarOptions
from skypact.units import DEGREE, FOOT, NAUTICAL_MILE

OPTIONS = RadarOptions(
    primary=True,
    primary_range_m=200_000.0,
    sectors=8,
    code_error_share=0.05,
    garble_share=1.0,
    cell_range_m=300.0,
    split_share=0.02,
)
SHEET = msgspec.structs.replace(
    RADAR,
    range_max_m=300_000.0,
    period_s=4.0,
    clutter_per_scan=15.0,
    sigma_elevation_deg=0.3,
    sigma_range_rate_mps=2.0,
    biases=config.Biases(range_m=120.0, azimuth_deg=-0.2, elevation_deg=0.1, time_s=0.3),
)
FLEET = (Fleet(kind="airliner", count=60), Fleet(kind="light", count=20, modes=0.2, adsb=0.0))
FAULTS = {RADAR.name: Fault(loss_share=0.05, clock_step_at_s=8.0, clock_step_s=1.0)}
ANGLE_LSB = 360.0 / 65_536 * DEGREE


def direct(sensor: config.Sensor) -> config.Sensor:
    """Return the sensor with its plots as reports."""
    return msgspec.structs.replace(sensor, format="reports")


def scenario(sensor: config.Sensor) -> Scenario:
    """Scenario of a low and crowded sky under one radar that errs in every way."""
    return scene_of(sensor, fleet=FLEET, options=OPTIONS, outliers=0.02, fault=FAULTS)


@pytest.fixture(scope="module")
def both() -> tuple[ReportBatch, ReportBatch]:
    """Reports handed over, and those decoded from the ASTERIX form; target of both."""
    slices = []
    for sensor in (direct(SHEET), SHEET):
        scene = Scene(scenario(sensor), 7)
        slices.append(scene.advance(scene.time_s + 20.0))
    mine, theirs = slices
    assert mine.packets.data.size == 0
    decoded = Decoder([SHEET]).decode(theirs.packets)
    target = theirs.origins.target[decoded.record]
    return mine.reports, decoded.reports._replace(target=target)


def test_both_forms_hold_the_same_plots_in_the_same_order_at_the_same_arrival(both) -> None:
    mine, theirs = both
    assert len(mine.time_s) > 300
    for name in ("received_ns", "sensor", "kind", "target", "mode3a", "icao", "callsign"):
        np.testing.assert_array_equal(getattr(mine, name), getattr(theirs, name), name)
    assert {PSR, SSR, PSR_SSR, MODES} == set(mine.kind.tolist())
    assert (mine.target[mine.kind == PSR] == CLUTTER).any()


def test_both_forms_agree_within_the_steps_of_asterix(both) -> None:
    mine, theirs = both
    assert np.abs(mine.time_s - theirs.time_s).max() < 0.5 / 128 + 1e-6
    assert np.abs(mine.range_m - theirs.range_m).max() < 0.5 / 256 * NAUTICAL_MILE + 1e-6
    turned = np.abs(mine.azimuth_rad - theirs.azimuth_rad)
    assert np.minimum(turned, 2.0 * np.pi - turned).max() < 0.5 * ANGLE_LSB + 1e-9
    np.testing.assert_allclose(mine.baro_altitude_m, theirs.baro_altitude_m, atol=1e-6)
    np.testing.assert_allclose(mine.range_rate_mps, theirs.range_rate_mps, atol=0.501)
    assert np.isfinite(mine.range_rate_mps).any()


def test_elevation_is_what_the_height_of_the_other_form_stands_for(both) -> None:
    mine, theirs = both
    assert np.isfinite(mine.elevation_rad).all()
    sent = np.isfinite(theirs.elevation_rad) & (mine.range_m > 20_000.0)
    assert sent.sum() > 250
    # Half a step of 25 ft, the scene's flat sea against the real one, and the step of range.
    tolerance_m = 0.5 * 25 * FOOT + 3.0 + 4.0
    error = np.abs(mine.elevation_rad - theirs.elevation_rad)[sent]
    level_m = (mine.range_m * np.cos(mine.elevation_rad))[sent]
    assert (error * level_m).max() < tolerance_m


def test_stamps_are_not_rounded(both) -> None:
    steps = both[0].time_s % 1.0 * 128.0
    assert np.abs(steps - np.rint(steps)).max() > 0.4


def test_what_asterix_cannot_hold_is_reported() -> None:
    """Height above 62 km, range rate above 511 m/s and range beyond 474 km."""
    options = RadarOptions(primary=True, primary_range_m=2_000_000.0, cone_deg=89.0)
    sheet = msgspec.structs.replace(
        WATCHER, sigma_elevation_deg=1e-6, sigma_range_rate_mps=1e-3, sigma_range_m=1e-3
    )
    risen = targets([0.0, 0.0, 180.0], [300e3, 600e3, 400e3], 250e3, north_mps=2_000.0, gain=50.0)
    scene = scene_with(options, direct(sheet))
    found = watching(scene, risen, 8.0, 3)
    reports = concat_reports([d.reports for d in found if d.reports is not None])
    assert set(reports.target.tolist()) == {0, 1, 2}
    ecef_m = np.concatenate([d.ecef_m for d in found])
    true = watched_polar(ecef_m)
    assert np.abs(reports.range_m - true[:, 0]).max() < 0.1
    assert np.abs(reports.elevation_rad - true[:, 1]).max() < 1e-6
    seen = SimpleNamespace(ecef_m=ecef_m, target=reports.target)
    assert np.abs(reports.range_rate_mps - true_rates(scene, risen, seen)).max() < 0.1
    assert np.abs(reports.range_rate_mps).min() > 1_000.0
    packed = watch(scene_with(options, sheet), risen, 8.0, 3)
    assert packed.records
    assert not any("110" in record or "120" in record for record in packed.records)


def watched_polar(ecef_m: np.ndarray) -> np.ndarray:
    """True range and elevation (n, 2) from the watcher."""
    return true_polar(WATCHER, ecef_m)[:, ::2]


def test_codes_and_levels_that_the_radar_says_are_garbled_are_left_out() -> None:
    pair = targets([50.0, 50.0], [100_000.0, 100_100.0], mode3a=[1200, 2070])
    options = RadarOptions(primary=False, garble_share=1.0)
    packed = watch(scene_with(options, WATCHER), pair, 200.0, 5)
    found = watching(scene_with(options, direct(WATCHER)), pair, 200.0, 5)
    reports = concat_reports([d.reports for d in found if d.reports is not None])
    said = packed.column("070", "G") == 1
    kept = slice(0, len(said))
    assert 10 < said.sum() < len(said) - 10
    np.testing.assert_array_equal(reports.mode3a[kept] < 0, said)
    assert np.isnan(reports.baro_altitude_m[kept][said]).all()


def test_each_datagram_holds_the_plots_of_a_sector_and_none_is_empty() -> None:
    scene = scene_with(RadarOptions(primary=True), direct(WATCHER))
    ring = targets(np.arange(90) * 4.0, 60_000.0, mode3a=1234)
    found = watching(scene, ring, 8.0, 4)
    assert len(found) >= 8
    for datagram in found:
        assert datagram.payload == b""
        assert len(datagram.target) > 0
        assert np.ptp(datagram.time_s) < WATCHER.period_s / 4
        assert datagram.received_ns * 1e-9 > datagram.time_s.max()


TEXT = """
[[sensor]]
name = "One"
kind = "{kind}"
sac = 1
sic = 1
lat = 48.0
lon = 16.0
height_m = 500.0
format = "{format}"
"""


@pytest.mark.parametrize(
    ("kind", "chosen", "allowed"),
    [
        ("radar", "sbs", "asterix or reports"),
        ("mlat", "reports", "asterix"),
        ("adsb", "reports", "asterix"),
        ("remoteid", "cot", "asterix or reports"),
    ],
)
def test_a_format_that_cannot_be_simulated_is_an_error(kind, chosen, allowed) -> None:
    with pytest.raises(ConfigError) as caught:
        load_sky_scenario(TEXT.format(kind=kind, format=chosen))
    told = str(caught.value)
    assert "sensor[0].format" in told
    assert f"expected {allowed} for" in told
    assert f"got '{chosen}'" in told


def test_radars_that_hand_over_reports_need_no_address() -> None:
    two = TEXT.format(kind="radar", format="reports")
    two += TEXT.format(kind="radar", format="reports").replace("One", "Two")
    assert len(load_sky_scenario(two).sensor) == 2
    with pytest.raises(ConfigError, match="sac/sic"):
        load_sky_scenario(two.replace("reports", "asterix"))
