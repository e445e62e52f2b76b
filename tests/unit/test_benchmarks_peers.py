"""The adapter that feeds Stone Soup: its plane, its scans, and tracks that come back."""

import warnings
from types import ModuleType

import numpy as np
import pytest
from benchmarks.peers.plane import plane_of, plots_in
from benchmarks.peers.scenes import PeerScene

from skypact.config import Sensor, sensor_table
from skypact.kernels.geodesy import ecef_from_geodetic, enu_axes, polar_from_ecef
from skypact.model.reports import PSR, ReportBatch, empty_reports
from skypact.model.truth import concat_truth
from skypact.units import DEGREE

METRE = 1.0
HEIGHT_M = 10_000.0


@pytest.fixture(name="stone_soup")
def import_stone_soup() -> ModuleType:
    """Our adapter; skips where Stone Soup is not installed, as it is in no run-time environment."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Stone Soup's own optional parts
        pytest.importorskip("stonesoup", reason="Stone Soup is only in the peers' environment")
        from benchmarks.peers import stone_soup
    return stone_soup


def two_radars() -> list[Sensor]:
    """Radars 220 km apart."""
    return [
        Sensor(name=f"r{i}", lat=lat, lon=lon, height_m=300.0, sic=i)
        for i, (lat, lon) in enumerate(((48.0, 14.0), (49.0, 17.0)))
    ]


def seen_by_all(sensors: list[Sensor], lat_deg: float, lon_deg: float) -> ReportBatch:
    """One exact report of each radar of an object at 10 km."""
    place = np.empty((1, 3))
    ecef_from_geodetic(
        np.array([lat_deg * DEGREE]), np.array([lon_deg * DEGREE]), np.array([HEIGHT_M]), place
    )
    table, n = sensor_table(sensors), len(sensors)
    sites, axes, polar = np.empty((n, 3)), np.empty((n, 3, 3)), np.empty((n, 3))
    ecef_from_geodetic(table.lat_rad, table.lon_rad, table.height_m, sites)
    enu_axes(table.lat_rad, table.lon_rad, axes)
    for i in range(n):
        polar_from_ecef(place, sites[i], axes[i], polar[i : i + 1])
    return empty_reports(n)._replace(
        range_m=polar[:, 0], azimuth_rad=polar[:, 1], sensor=np.arange(n, dtype=np.int32)
    )


def test_exact_reports_of_two_radars_meet_in_the_plane_at_the_projected_place() -> None:
    sensors = two_radars()
    plane = plane_of(sensors, flat=False)
    plots = plots_in(seen_by_all(sensors, 49.5, 15.0), sensors, plane, HEIGHT_M)
    ray = np.column_stack((np.cos(plots.bearing_rad), np.sin(plots.bearing_rad)))
    places = plots.radar + plots.range_m[:, None] * ray
    true = plane.into(np.array([49.5 * DEGREE]), np.array([15.0 * DEGREE]))
    assert np.abs(places - true).max() < 0.1 * METRE


def test_vectors_turn_from_the_plane_to_east_and_north() -> None:
    plane = plane_of(two_radars(), flat=False)
    lat_rad, lon_rad = np.array([50.0, 50.001]) * DEGREE, np.full(2, 19.0 * DEGREE)
    place = plane.into(lat_rad, lon_rad)
    turn, scale = plane.turned(place[:1])
    east, north = turn[0] @ (place[1] - place[0]) / scale[0]
    assert abs(east) < 0.01 * METRE
    assert north == pytest.approx(111.23, abs=0.02)


def flat_scene() -> PeerScene:
    """Two aircraft in steady flight before a radar of 5 s, without noise or false plots."""
    sensor = Sensor(
        name="radar", range_max_m=40e3, period_s=5.0, sigma_range_m=10.0, sigma_azimuth_deg=0.1,
        p_detection=0.9, clutter_per_scan=1.0,
    )  # fmt: skip
    time_s = np.repeat(1_000.0 + 5.0 * np.arange(20), 2)
    x = np.tile([10e3, -5e3], 20) + 100.0 * (time_s - 1_000.0)
    y = np.tile([8e3, 12e3], 20)
    reports = empty_reports(40)._replace(
        time_s=time_s,
        kind=np.full(40, PSR, np.int8),
        range_m=np.hypot(x, y),
        azimuth_rad=np.arctan2(x, y) % (2.0 * np.pi),
    )
    return PeerScene(reports, [sensor], concat_truth([]), True)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("method", ["gnn", "jpda"])
def test_stone_soup_follows_two_aircraft(stone_soup: ModuleType, method: str) -> None:
    rows = stone_soup.track(flat_scene(), stone_soup.Settings(min_points=3), method).rows
    last = rows.time_s == 1_095.0
    assert sorted(np.unique(rows.track).tolist()) == [1, 2]
    np.testing.assert_allclose(np.sort(rows.lat_rad[last]), [8e3, 12e3], atol=30.0 * METRE)
    np.testing.assert_allclose(rows.ve_mps[last], 100.0, atol=3.0)


def test_a_scan_holds_the_plots_of_one_radar_and_slice(stone_soup: ModuleType) -> None:
    scene = flat_scene()
    plots = plots_in(scene.reports, scene.sensors, plane_of(scene.sensors, flat=True), 0.0)
    assert [len(part) for _, part in stone_soup.scans_of(scene, plots, 10.0)] == [4] * 10
    assert [len(part) for _, part in stone_soup.scans_of(scene, plots, 0.0)] == [1] * 40
