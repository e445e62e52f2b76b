"""Passive bearings: detection, noise, false bearings (99 % bands, seeds stated)."""

from typing import Any

import msgspec
import numpy as np
import pytest
from tests.naive.simulated_scenes import scene_of, true_polar, turned

from skypact import config
from skypact.kernels.geodesy import ecef_from_geodetic
from skypact.model.reports import PASSIVE
from skypact.simulate import CLUTTER, Scene, Slice
from skypact.simulate.parts import Fleet, Ghost, Pad
from skypact.units import DEGREE

Z99 = 2.576
START_S = 1_767_268_800.0
FINDER = config.Sensor(
    name="Finder", kind="passive", lat=47.9, lon=17.6, height_m=2_500.0, range_max_m=900_000.0,
    period_s=2.0, p_detection=0.7, sigma_azimuth_deg=0.8, sigma_elevation_deg=1.2,
    clutter_per_scan=10.0, biases=config.Biases(azimuth_deg=0.5, elevation_deg=-0.3),
)  # fmt: skip


def play(sensor: config.Sensor = FINDER, seconds: float = 30.0, **parts: Any) -> Slice:
    """Return a scene of eighty airliners around a direction finder, true states each tick."""
    parts = {"fleet": (Fleet(kind="airliner", count=80),), **parts}
    scene = Scene(scene_of(sensor, truth_period_s=0.25, **parts), 95)
    return scene.advance(START_S + seconds)


def true_angles(part: Slice) -> np.ndarray:
    """Return true azimuth and elevation (n, 2) of the reports of flights."""
    reports, truth = part.reports, part.truth
    place = np.empty((3, len(reports.time_s)))
    for target in np.unique(reports.target):
        mine, true = reports.target == target, truth.target == target
        for i, column in enumerate((truth.lat_rad, truth.lon_rad, truth.altitude_m)):
            if true.any():
                place[i, mine] = np.interp(reports.time_s[mine], truth.time_s[true], column[true])
    ecef = np.empty((len(reports.time_s), 3))
    ecef_from_geodetic(place[0], place[1], place[2], ecef)
    return true_polar(FINDER, ecef)[:, 1:]


@pytest.fixture(scope="module")
def heard() -> Slice:
    """Thirty seconds."""
    return play()


def test_noise_and_biases_of_bearings_are_those_of_the_data_sheet(heard: Slice) -> None:
    real = heard.reports.target != CLUTTER
    true = true_angles(heard)[real]
    n = real.sum()
    assert n > 600
    azimuth = turned(heard.reports.azimuth_rad[real] - true[:, 0], 2 * np.pi) / DEGREE
    elevation = (heard.reports.elevation_rad[real] - true[:, 1]) / DEGREE
    for error, bias, sigma in ((azimuth, 0.5, 0.8), (elevation, -0.3, 1.2)):
        assert abs(error.mean() - bias) < Z99 * sigma / np.sqrt(n)
        assert abs(error.std() / sigma - 1.0) < Z99 / np.sqrt(2 * n)


def test_emitters_are_heard_once_per_period_with_the_stated_probability(heard: Slice) -> None:
    reports = heard.reports
    real = reports.target != CLUTTER
    for target in np.unique(reports.target[real])[:10]:
        turns = np.diff(reports.time_s[reports.target == target]) / 2.0
        assert np.abs(turns - np.rint(turns)).max() < 1e-4
    trials = 80 * 29.4 / 2.0
    share = (real & (reports.time_s < START_S + 29.4)).sum() / trials
    # Each of 80 phases is heard once more or less at the end.
    assert abs(share - 0.7) < Z99 * np.sqrt(0.7 * 0.3 / trials) + Z99 * 0.5 * np.sqrt(80) / trials


def test_false_bearings_are_as_many_as_stated_and_everywhere() -> None:
    many = msgspec.structs.replace(FINDER, clutter_per_scan=400.0)
    reports = play(many, fleet=(Fleet(kind="airliner", count=2),), seconds=15.0).reports
    false = (reports.target == CLUTTER) & (reports.time_s < START_S + 14.5)
    mean = 400.0 * 14.5 / 2.0
    assert abs(false.sum() - mean) < Z99 * np.sqrt(mean)
    turns = np.sort(reports.azimuth_rad[false]) / (2 * np.pi)
    steps = np.arange(1, false.sum() + 1) / false.sum()
    # Kolmogorov-Smirnov, 99 %.
    assert np.abs(turns - steps).max() < 1.63 / np.sqrt(false.sum()) + 1.0 / false.sum()


def test_bearings_hold_no_range_no_place_and_no_identity(heard: Slice) -> None:
    reports = heard.reports
    assert len(heard.packets.link) == 0
    assert set(reports.kind.tolist()) == {PASSIVE}
    assert ((reports.azimuth_rad >= 0.0) & (reports.azimuth_rad < 2 * np.pi)).all()
    for column in (reports.range_m, reports.lat_rad, reports.geo_altitude_m):
        assert np.isnan(column).all()
    assert (reports.icao == -1).all()


def test_elevation_is_measured_only_where_its_sigma_is_given() -> None:
    flat = msgspec.structs.replace(FINDER, sigma_elevation_deg=None)
    reports = play(flat, seconds=4.0).reports
    assert len(reports.time_s) > 20
    assert np.isnan(reports.elevation_rad).all()


def test_what_does_not_emit_or_is_out_of_range_is_not_heard() -> None:
    quiet = msgspec.structs.replace(FINDER, clutter_per_scan=0.0)
    silent = (Fleet(kind="airliner", count=30, transponder=0.0),)
    assert len(play(quiet, seconds=4.0, fleet=silent).reports.time_s) == 0
    near = msgspec.structs.replace(quiet, range_max_m=100_000.0)
    found = np.unique(play(near, seconds=10.0).reports.target)
    assert 0 < len(found) < len(np.unique(play(quiet, seconds=10.0).reports.target))


def test_drones_are_heard_by_their_remote_identification_alone() -> None:
    quiet = msgspec.structs.replace(FINDER, clutter_per_scan=0.0)
    pad = (Pad(name="Field", lat=47.9, lon=17.5, height_m=200.0),)

    def heard(share: float) -> int:
        drones = (Fleet(kind="drone", count=20, remote_id=share),)
        return len(play(quiet, seconds=4.0, fleet=drones, pad=pad).reports.time_s)

    assert heard(1.0) > 10
    assert heard(0.0) == 0


def test_the_bearing_of_a_ghost_is_that_of_its_transmitter() -> None:
    ghost = Ghost(name="Forger", lat=48.2, lon=17.6, from_lat=47.0, from_lon=17.0, course_deg=0.0)
    quiet = msgspec.structs.replace(FINDER, clutter_per_scan=0.0)
    reports = play(quiet, seconds=20.0, ghost=(ghost,)).reports
    bearing = turned(reports.azimuth_rad[reports.target == CLUTTER], 2 * np.pi) / DEGREE
    assert len(bearing) > 3
    assert np.abs(bearing - 0.5).max() < 4 * 0.8
