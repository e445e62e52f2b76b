"""Reports made ready by the kernel are those of the plain twin, field by field."""

import numpy as np
import pytest
from scipy.linalg import solve_continuous_are, solve_discrete_are
from tests.naive import compiled, geodesy, pressure, scenes, told
from tests.naive import prepare as naive

from skypact.kernels.prepare import prepare
from skypact.model.reports import ADSB, empty_reports
from skypact.model.tracking import (
    CRUISE,
    LAST_SELF,
    MEMORY,
    NUM_WIDTH,
    PLANE,
    PSD_ACROSS,
    PSD_H,
    SIGMA,
    SIGMA_HEIGHT,
    SIGMA_V,
    SLOW_VE,
    SLOW_VN,
    SOURCE_SHIFT,
    UP,
    VE,
    VELOCITY_S,
    VN,
    Z_WIDTH,
)
from skypact.track import tracker as stage
from skypact.track.geometry import assumed_heights, geometry
from skypact.track.params import TrackerParams, motion_row, track_params
from skypact.units import METRE

TABLE = scenes.sensors(
    scenes.radar("r", sigma_elevation_deg=0.5, sigma_range_rate_mps=1.0),
    scenes.radar("smr", kind="smr", lat=48.1, range_max_m=5e3, sigma_range_m=8.0),
    scenes.receiver("ears", kind="mlat", lat=48.2),
    scenes.receiver("nowhere", lat=None, lon=None),
)


def random_reports(rng, n=400):
    """Reports with every mix of present and absent columns."""
    batch = empty_reports(n)
    batch.sensor[:] = rng.integers(0, 4, n)
    batch.time_s[:] = np.sort(rng.uniform(0, 60, n))
    near = batch.sensor == 1
    ranges = {
        "range_m": (-100, 200e3), "azimuth_rad": (0, 6.28), "lat_rad": (0.8, 0.9),
        "lon_rad": (0.2, 0.4), "baro_altitude_m": (-200, 17_500), "geo_altitude_m": (-200, 17_500),
        "vn_mps": (-200, 200), "ve_mps": (-200, 200), "sigma_m": (1, 200), "x_m": (-9e4, 9e4),
        "y_m": (-9e4, 9e4), "elevation_rad": (-0.01, 0.3), "range_rate_mps": (-200, 200),
        "vu_mps": (-10, 10), "ground_speed_mps": (0, 250), "track_angle_rad": (0, 6.28),
    }  # fmt: skip
    pairs = {"azimuth_rad": "range_m", "lon_rad": "lat_rad", "y_m": "x_m"}
    for name, (low, high) in ranges.items():
        keep = rng.random(n) < 0.6
        if name in pairs:
            keep = ~np.isnan(getattr(batch, pairs[name]))
        getattr(batch, name)[keep] = rng.uniform(low, high, keep.sum())
    batch.range_m[near] /= 50.0
    batch.range_m[rng.random(n) < 0.3] /= 20.0
    for name, value in (("lat_rad", 1.6), ("lon_rad", -6.4)):
        getattr(batch, name)[rng.random(n) < 0.05] = value  # no such places
    for name in pairs:
        getattr(batch, name)[rng.random(n) < 0.05] = np.nan
    both = rng.random(n) < 0.3
    batch.geo_altitude_m[both] = batch.baro_altitude_m[both] + rng.normal(40, 10, both.sum())
    batch.track_number[:] = rng.integers(-1, 9, n)
    for name, top in (("icao", 99), ("mode3a", 7777), ("nacp", 13), ("nic", 13), ("callsign", 99)):
        getattr(batch, name)[:] = rng.integers(-1, top + 1, n)
    for name in ("coast", "test", "simulated"):
        getattr(batch, name)[:] = rng.random(n) < 0.05
    batch.kind[:] = rng.integers(0, 10, n)
    return batch


def source_of(whose, number):
    return (int(whose) << SOURCE_SHIFT) + number


def both_ways(seed, frame):
    rng = np.random.default_rng(seed)
    batch, params = random_reports(rng), TrackerParams(frame=frame, learn_sensors=False)
    ground = np.column_stack([np.full(400, 45.0), rng.uniform(-1.5, 1.5, 400), np.full(400, 0.3)])
    ground[:, 2] += rng.uniform(-6.0, 5.0, 400)
    ground[::7, 1:] = np.nan
    if frame == "flat":
        ground = np.tile([0.0, np.nan, np.nan], (400, 1))
    order = rng.permutation(400)
    g, m = geometry(TABLE, flat=frame == "flat"), stage.empty_measurements(400)
    g.level_nodes[:, :, :, 0] = rng.normal(0.0, 80.0, g.level_nodes.shape[:3])
    g.level_nodes[:, :, :, 1] = rng.uniform(0.0, 1e4, g.level_nodes.shape[:3])
    numbers, labels = stage.report_numbers(batch), stage.report_labels(batch)
    n = prepare(numbers, labels, order, ground, g, track_params(params), m)
    field = pressure.Field(g.level_nodes)
    heights = assumed_heights(TABLE)
    twin = naive.prepare(batch, order, TABLE, heights, params, ground, field)
    return m, n, twin, g, field


@pytest.mark.parametrize("seed", range(3))
def test_prepared_reports_are_those_of_the_twin(seed):
    m, n, twin, g, field = both_ways(seed, "ecef")
    assert n == len(twin)
    assert 100 < n < 400
    for k, want in enumerate(twin):
        for name in ("time_s", "sensor", "form", "icao", "mode3a", "callsign", "serial"):
            assert getattr(m, name)[k] == want[name], name
        source = want["source"]
        assert m.source[k] == (-1 if source is None else source_of(*source))
        assert m.baro_m[k] == pytest.approx(want["baro_m"], nan_ok=True)
        assert m.clutter[k] == pytest.approx(want["clutter"], rel=1e-12)
        assert m.birth[k] == pytest.approx(want["birth"], rel=1e-12)
        assert m.z[k, UP : UP + 3] == pytest.approx(want["z"][UP : UP + 3], abs=3e-5)
        rest = slice(UP + 3, Z_WIDTH)
        assert m.z[k, rest] == pytest.approx(want["z"][rest], rel=1e-12, nan_ok=True)
    heard = g.level_witnesses[g.level_witnesses[:, 0] >= 0]
    assert {int(w[0]): pytest.approx(w[1:], rel=1e-12) for w in heard} == field.witnesses
    assert len(heard) > 4
    assert set(np.flatnonzero(g.level_tiles[:, 0])) == field.asked


@pytest.mark.parametrize("seed", range(3))
def test_prepared_places_are_those_of_the_twin_where_the_range_reaches_the_height(seed):
    m, n, twin, *_ = both_ways(seed, "ecef")
    off = np.array([np.linalg.norm(m.z[k, :3] - twin[k]["z"][:3]) for k in range(n)])
    plane = m.form[:n] == 1
    assert off[plane].max() < 1e-6 * METRE
    far = ~plane & (m.z[:n, 6] > 40e3)
    assert far.sum() > 20
    assert off[far].max() < 0.2 * METRE
    near = ~plane & (m.z[:n, 6] < 9e3) & np.isnan(m.z[:n, 8])
    assert near.sum() > 2
    assert off[near].max() < 0.2 * METRE


def test_a_flat_scene_is_prepared_as_by_the_twin():
    m, n, twin, *_ = both_ways(9, "flat")
    assert n == len(twin) > 50
    for k, want in enumerate(twin):
        z = m.z[k, :Z_WIDTH]
        assert z == pytest.approx(want["z"][:Z_WIDTH], rel=1e-12, nan_ok=True)


def prepared(given, frame="ecef", sensor=0):
    """One report with these columns at 1 s, made ready."""
    batch = empty_reports(1)
    batch.time_s[:], batch.sensor[:] = 1.0, sensor
    for name, value in given.items():
        getattr(batch, name)[:] = value
    g, m = geometry(TABLE, flat=frame == "flat"), stage.empty_measurements(1)
    columns = stage.report_numbers(batch), stage.report_labels(batch), np.zeros(1, np.int64)
    ground = np.array([[0.0, 0.84, 0.3]])
    n = prepare(*columns, ground, g, track_params(TrackerParams(frame=frame)), m)
    return n, m, g


@pytest.mark.parametrize(
    ("frame", "given"),
    [
        ("ecef", ("lat_rad", "x_m", "y_m")),
        ("flat", ("lat_rad", "lon_rad")),
        ("ecef", ("range_m", "x_m", "y_m")),
        ("ecef", ("lat_rad",)),
        ("ecef", ("x_m",)),
    ],
)
def test_a_usable_report_has_a_place_that_is_a_number(frame, given):
    n, m, _ = prepared(dict.fromkeys(given, 0.5) | {"geo_altitude_m": 5_000.0}, frame)
    assert n == (("x_m" in given) and ("y_m" in given))
    assert np.isfinite(m.z[:n, :6]).all()


def test_a_surface_radar_in_the_flat_frame_places_its_plots():
    """2 km at 30 degrees from north: 1,000 m east and 1,732 m north of the antenna."""
    n, m, g = prepared({"range_m": 2_000.0, "azimuth_rad": np.pi / 6}, "flat", sensor=1)
    assert (n, m.form[0]) == (1, PLANE)
    assert m.z[0, :2] - g.site[1, :2] == pytest.approx([1_000.0, 1_732.0508], abs=1e-3)
    assert m.z[0, 2] == g.site[1, 2]


def test_a_surface_radar_that_gives_polar_and_geographic_places_is_placed_by_range():
    polar = {"range_m": 2_000.0, "azimuth_rad": np.pi / 6}
    (_, alone, _), (_, both, _) = (
        prepared(polar | more, sensor=1) for more in ({}, {"lat_rad": 0.85, "lon_rad": 0.3})
    )
    assert np.array_equal(alone.z, both.z, equal_nan=True)


@pytest.mark.parametrize(
    ("place", "usable"),
    [((0.84, 0.3), 1), ((1.58, 0.3), 0), ((-1.58, 0.3), 0), ((0.84, 6.3), 0), ((0.84, -6.2), 1)],
)
def test_a_place_that_is_not_on_the_earth_is_no_position(place, usable):
    given = {"lat_rad": place[0], "lon_rad": place[1], "geo_altitude_m": 5_000.0}
    assert prepared(given, sensor=2)[0] == usable
    n, m, _ = prepared(given | {"x_m": 300.0, "y_m": 400.0}, sensor=2)
    assert n == 1
    site = geodesy.ecef_from_geodetic(TABLE.lat_rad[2], TABLE.lon_rad[2], 5_000.0)
    assert (np.linalg.norm(m.z[0, :3] - site) < 510.0) == (not usable)


@pytest.mark.parametrize(
    ("range_m", "height_m", "sigma_m"),
    [(100.0, 350.0, 100.0), (3e3, 1_800.0, 1_500.0), (9e3, 4_800.0, 3_500.0), (5e4, 5e3, 3_500.0)],
)
def test_a_plot_without_level_is_looked_for_below_30_degrees(range_m, height_m, sigma_m):
    """The site is 300 m high; plots are usually at 5,000 m, give or take 3,500 m."""
    n, m, _ = prepared({"range_m": range_m, "azimuth_rad": 1.0})
    assert n == 1
    height = geodesy.geodetic_from_ecef(m.z[0:1, :3])[0][2]
    assert height == pytest.approx(height_m, abs=1.0)
    assert m.z[0, SIGMA_HEIGHT] == pytest.approx(sigma_m)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("range_m", 1e150), ("range_m", 2e8), ("azimuth_rad", 1e18), ("baro_altitude_m", 1e200),
        ("geo_altitude_m", -2e7), ("vn_mps", 1e160), ("ve_mps", -3e4), ("vu_mps", 1e9),
        ("range_rate_mps", 1e9), ("elevation_rad", 13.0), ("sigma_m", 1e160), ("sigma_m", 0.0),
        ("x_m", 1e155), ("ground_speed_mps", 1e155), ("track_angle_rad", 1e18),
    ],
)  # fmt: skip
@pytest.mark.parametrize("frame", ["ecef", "flat"])
def test_a_report_with_an_absurd_number_is_not_used(frame, name, value):
    sound = {"range_m": 5e4, "azimuth_rad": 1.0}
    assert prepared(sound, frame)[0] == 1
    assert prepared(sound | {name: value}, frame)[0] == 0


def steady_variance(density, q, velocity_density):
    """Position variance of a steady track, from the Riccati equation in continuous time."""
    F, Q = np.array([[0.0, 1.0], [0.0, 0.0]]), np.diag([0.0, q])
    P = solve_continuous_are(F.T, np.eye(2), Q, np.diag([density, velocity_density]))
    return P[0, 0]


@pytest.mark.parametrize("variance", [30.0, 170.0, 1_400.0])
@pytest.mark.parametrize("sigma_v", [0.7, 1.0, 3.0, 1e3])
def test_a_steady_track_of_own_reports_is_as_sure_as_one_of_them(variance, sigma_v):
    """The exact memory leaves their variance; the one that is used is within a third of it."""
    motion = motion_row(TrackerParams())
    q = motion[PSD_H + CRUISE] * np.sqrt(motion[PSD_ACROSS])
    exact = told.steady_memory(variance, q, sigma_v**2)
    assert steady_variance(variance * exact, q, sigma_v**2) == pytest.approx(variance, rel=1e-6)
    z = np.zeros(Z_WIDTH)
    z[SIGMA], z[SIGMA_V], z[MEMORY] = np.sqrt(variance), sigma_v, 1e6
    assert told.error_memory(z, sigma_v**2, motion) == pytest.approx(exact, rel=0.35)


def own_report(nacp, velocity):
    """A self-report of that quality at 220 m/s, and its horizontal motion's density."""
    given = {"icao": 5, "nacp": nacp, "geo_altitude_m": 9e3, "lat_rad": 0.84, "lon_rad": 0.3}
    given |= {"vn_mps": 220.0, "ve_mps": 0.0} if velocity else {}
    _, m, _ = prepared(given | {"kind": ADSB}, sensor=2)
    motion = motion_row(TrackerParams())
    return m.z[0], motion, motion[PSD_H + CRUISE] * np.sqrt(motion[PSD_ACROSS])


def settled(z, gap_s, motion, q):
    """Variances of place before and after an update of a track that has long had such reports."""
    params, seen, num, own = TrackerParams(), np.empty(Z_WIDTH), np.zeros(NUM_WIDTH), told.Told()
    compiled.forget_told(num)
    for _ in range(2):
        compiled.note_told(z, 1.0, num)
        told.note_told(own, z, 1.0)
    compiled.report_for_track(z, 1.0 + gap_s, num, motion, track_params(params), seen)
    twin = told.own_share(z, 1.0 + gap_s, own, motion, params)
    assert seen == pytest.approx(twin, rel=1e-12, nan_ok=True)
    F = np.array([[1.0, gap_s], [0.0, 1.0]])
    Q = q * np.array([[gap_s**3 / 3, gap_s**2 / 2], [gap_s**2 / 2, gap_s]])
    H = np.eye(1 if np.isnan(z[VN]) else 2, 2)
    R = np.diag([seen[SIGMA] ** 2, seen[SIGMA_V] ** 2])[: len(H), : len(H)]
    before = solve_discrete_are(F.T, H.T, Q, R)
    gain = before @ H.T @ np.linalg.inv(H @ before @ H.T + R)
    return before[0, 0], (before - gain @ H @ before)[0, 0]


@pytest.mark.parametrize("velocity", [True, False])
@pytest.mark.parametrize("gap_s", [0.5, 1.0, 5.0])
@pytest.mark.parametrize("nacp", [8, 9, 10])
def test_a_settled_track_states_one_reports_variance_however_often_they_come(nacp, gap_s, velocity):
    """Before and after an update, which are far apart only where the gap is near the memory."""
    z, motion, q = own_report(nacp, velocity)
    before, after = np.array(settled(z, gap_s, motion, q)) / z[SIGMA] ** 2
    assert 0.9 < np.sqrt(before * after) < 1.1
    assert 0.6 < after <= before < 1.6


def velocities(n=60):
    """Times of an object's reports, some heard twice, out of order or without a velocity."""
    rng = np.random.default_rng(7)
    time_s = np.cumsum(rng.choice([0.0, 0.01, 0.5, 1.0, 4.0], n))
    late = rng.random(n) < 0.2
    time_s[late] -= rng.uniform(0.0, 6.0, late.sum())
    return time_s, np.where(rng.random(n) < 0.2, np.nan, 1.0), 200.0 + 3.0 * time_s


def test_what_an_object_says_of_itself_is_taken_as_by_the_twin():
    z, motion, _ = own_report(9, velocity=True)
    params, own = TrackerParams(), told.Told()
    p, num, seen = track_params(params), np.zeros(NUM_WIDTH), np.empty(Z_WIDTH)
    compiled.forget_told(num)
    for time_s, has, north in zip(*velocities(), strict=True):
        z[VN], z[VE] = has * north, has * -0.5 * north
        compiled.report_for_track(z, time_s, num, motion, p, seen)
        twin = told.own_share(z, time_s, own, motion, params)
        assert seen == pytest.approx(twin, rel=1e-12, nan_ok=True)
        compiled.note_told(z, time_s, num)
        told.note_told(own, z, time_s)
        assert num[[LAST_SELF, VELOCITY_S]] == pytest.approx(
            [own.self_s, own.velocity_s], nan_ok=True
        )
        if own.slow_mps is not None:
            assert num[[SLOW_VN, SLOW_VE]] == pytest.approx(own.slow_mps, rel=1e-12)


@pytest.mark.parametrize("gap_s", [0.5, 1.0, 3.0])
def test_a_velocity_that_is_old_is_brought_up_to_its_time(gap_s):
    """Along a ramp of 2 m/s^2 the velocity sent is behind by the lag's mean, and no surer than it
    differs."""
    z, motion, _ = own_report(9, velocity=True)
    params = TrackerParams()
    num, seen = np.zeros(NUM_WIDTH), np.empty(Z_WIDTH)
    compiled.forget_told(num)
    for k in range(60):
        time_s = k * gap_s
        z[VN], z[VE] = 100.0 + 2.0 * (time_s - params.velocity_lag_s), 50.0
        compiled.report_for_track(z, time_s, num, motion, track_params(params), seen)
        compiled.note_told(z, time_s, num)
    assert seen[VN] == pytest.approx(100.0 + 2.0 * time_s, abs=1e-3)
    assert seen[VE] == pytest.approx(50.0, abs=1e-9)
    late = (2.0 * params.velocity_lag_sigma_s) ** 2 * params.velocity_lag_memory_s
    steady = params.sigma_velocity_mps**2 * max(gap_s, params.velocity_memory_s)
    assert gap_s * seen[SIGMA_V] ** 2 == pytest.approx(steady + late, rel=1e-3)
