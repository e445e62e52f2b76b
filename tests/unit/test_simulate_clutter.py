"""Hot spots, birds and uniform clutter (99 % bands, seeds stated)."""

import msgspec
import numpy as np
from tests.naive.watched_targets import WATCHER, Watched, scene_with, targets, watch

from skypact.kernels.geodesy import ecef_from_geodetic, enu_axes
from skypact.simulate import CLUTTER
from skypact.simulate.birds import Birds
from skypact.simulate.parts import Flock, Hotspot, RadarOptions
from skypact.units import DEGREE

Z99 = 2.576
NOBODY = targets(np.empty(0), 1.0)
TOWN = Hotspot(range_m=40_000.0, azimuth_deg=358.0, radius_m=3_000.0, per_scan=4.0)
PRIMARY = RadarOptions(primary=True, secondary=False)
SPOTTED = msgspec.structs.replace(PRIMARY, hotspot=(TOWN,))
GEESE = Flock(name="geese", lat=47.9, lon=18.0, count=200, height_m=800.0, spread_m=8_000.0,
              cross_section=1.0)  # fmt: skip


def places(found: Watched) -> np.ndarray:
    """Measured places (n, 2) east and north of the radar."""
    bearing = found.azimuth_deg * DEGREE
    return found.range_m[:, None] * np.stack((np.sin(bearing), np.cos(bearing)), axis=1)


def test_a_hot_spot_adds_poisson_plots_scattered_about_it() -> None:
    found = watch(scene_with(SPOTTED), NOBODY, 800.0, 3)
    assert (found.target == CLUTTER).all()
    assert set(found.typ) == {1}
    n, scans = len(found.target), 200
    assert abs(n - 4.0 * scans) < Z99 * np.sqrt(4.0 * scans) + 4.0
    bearing = 358.0 * DEGREE
    centre = 40_000.0 * np.array([np.sin(bearing), np.cos(bearing)])
    away = places(found) - centre
    # Range and azimuth noise are 50 m each at 40 km.
    sigma = np.hypot(3_000.0, 54.0)
    for axis in range(2):
        assert abs(away[:, axis].mean()) < 2.81 * sigma / np.sqrt(n)
        assert abs(away[:, axis].std() / sigma - 1.0) < 2.81 / np.sqrt(2 * n)


def test_the_number_of_plots_of_a_hot_spot_varies_as_poisson_says() -> None:
    scenario = scene_with(SPOTTED)
    found = watch(scenario, NOBODY, 1_200.0, 4)
    # The radar turns once in 4 s; a pass over the spot takes half a second: cut between passes.
    since = found.time_s - scenario.start_s
    first = since[0] - 2.0
    counts = np.bincount(((since - first) / 4.0).astype(int))[1:-1]
    index = counts.var() / counts.mean()
    assert abs(index - 1.0) < Z99 * np.sqrt(2.0 / len(counts))


def test_there_is_no_hot_spot_unless_told_to_and_none_on_a_secondary_radar() -> None:
    deaf = msgspec.structs.replace(SPOTTED, primary=False, secondary=True)
    assert len(watch(scene_with(PRIMARY), NOBODY, 100.0, 3).target) == 0
    assert len(watch(scene_with(deaf), NOBODY, 100.0, 3).target) == 0


def test_a_hot_spot_changes_no_other_plot() -> None:
    sheet = msgspec.structs.replace(WATCHER, clutter_per_scan=20.0)
    plain = watch(scene_with(PRIMARY, sheet), NOBODY, 100.0, 5)
    more = watch(scene_with(SPOTTED, sheet), NOBODY, 100.0, 5)
    pairs = {(r["040"]["RHO"], r["040"]["THETA"]) for r in more.records}
    assert {(r["040"]["RHO"], r["040"]["THETA"]) for r in plain.records} <= pairs
    assert len(more.records) > len(plain.records) + 50


def test_uniform_clutter_has_the_rate_of_the_data_sheet() -> None:
    sheet = msgspec.structs.replace(WATCHER, clutter_per_scan=25.0)
    found = watch(scene_with(PRIMARY, sheet), NOBODY, 400.0, 6)
    expected = 25.0 * 100
    assert abs(len(found.target) - expected) < Z99 * np.sqrt(expected) + 6.0


def test_birds_are_primary_plots_where_the_flock_is() -> None:
    scenario = scene_with(PRIMARY, flock=(GEESE,))
    found = watch(scenario, NOBODY, 40.0, 7)
    assert len(found.target) > 0.98 * 200 * 9
    assert (found.target == CLUTTER).all()
    assert np.isnan(found.ecef_m).all()
    assert set(found.typ) == {1}
    birds = Birds(scenario, 7)
    for k in range(0, len(found.target), 50):
        at = birds.place(birds.number.astype(np.int64), np.full(200, found.time_s[k]))
        away = np.linalg.norm(_east_north(at) - places(found)[k], axis=1)
        # 50 m of range and 0.08 degrees at 40 km at most, and the height above the plane.
        assert away.min() < 300.0


def _east_north(ecef_m: np.ndarray) -> np.ndarray:
    """East and north (n, 2) of the watcher."""
    lat, lon = np.array([WATCHER.lat * DEGREE]), np.array([WATCHER.lon * DEGREE])
    site, axes = np.empty((1, 3)), np.empty((1, 3, 3))
    ecef_from_geodetic(lat, lon, np.array([WATCHER.height_m]), site)
    enu_axes(lat, lon, axes)
    return (ecef_m - site) @ axes[0, :2].T


def test_birds_fly_on_at_their_speed_and_course() -> None:
    birds = Birds(scene_with(PRIMARY, flock=(GEESE,)), 8)
    row = np.arange(200)
    start_s = scene_with(PRIMARY).start_s
    moved = _east_north(birds.place(row, np.full(200, start_s + 100.0))) - _east_north(
        birds.place(row, np.full(200, start_s))
    )
    speed = np.linalg.norm(moved, axis=1) / 100.0
    course = np.arctan2(moved[:, 0], moved[:, 1]) / DEGREE
    assert abs(speed.mean() - 16.0) < Z99 * 16.0 * 0.15 / np.sqrt(200) + 0.1
    assert abs(course.mean() - 45.0) < Z99 * 12.0 / np.sqrt(200) + 0.5
    spread = _east_north(birds.place(row, np.full(200, start_s))).std(axis=0)
    assert np.abs(spread / 8_000.0 - 1.0).max() < 2.81 / np.sqrt(2 * 200)


def test_all_radars_of_a_scene_see_the_same_birds() -> None:
    scenario = scene_with(PRIMARY, flock=(GEESE,))
    other = msgspec.structs.replace(WATCHER, name="Other", sac=1, sic=9, period_s=5.0)
    second = msgspec.structs.replace(scenario, sensor=(other,), radar={"Other": PRIMARY})
    one, two = (watch(s, NOBODY, 20.0, 7) for s in (scenario, second))
    first, again = places(one), places(two)
    # Five seconds at 16 m/s and the noise lie between two looks at one bird.
    nearest = np.array([np.linalg.norm(first - place, axis=1).min() for place in again])
    elsewhere = watch(scenario, NOBODY, 20.0, 8)
    others = np.array([np.linalg.norm(first - place, axis=1).min() for place in places(elsewhere)])
    assert np.percentile(nearest, 90) < 200.0
    assert np.percentile(others, 50) > 200.0


def test_there_are_no_birds_unless_told_to_and_small_ones_are_seen_near_by_only() -> None:
    assert len(watch(scene_with(PRIMARY), NOBODY, 20.0, 7).target) == 0
    small = msgspec.structs.replace(GEESE, cross_section=0.001, spread_m=20_000.0)
    found = watch(scene_with(PRIMARY, flock=(small,)), NOBODY, 40.0, 7)
    assert 0 < len(found.target) < 0.5 * 200 * 10
    # Half of them at 111 km times the fourth root of 0.001: 20 km.
    assert np.median(found.range_m) < 20_000.0


def test_more_plots_than_a_data_block_holds_leave_in_several_datagrams() -> None:
    sheet = msgspec.structs.replace(WATCHER, clutter_per_scan=30_000.0)
    found = watch(scene_with(PRIMARY, sheet), NOBODY, 2.0, 11)
    # Four sectors of a second each with some 7,500 plots of 13 octets: two blocks a sector.
    assert abs(len(found.target) - 15_000) < Z99 * np.sqrt(15_000)
    assert (np.diff(found.time_s) >= 0.0).all()
    assert 60_000 < max(map(len, found.payloads)) + 100 < 61_000
    assert sum(payload[0] == 48 for payload in found.payloads) == len(found.payloads)
    assert len(found.payloads) == 8
