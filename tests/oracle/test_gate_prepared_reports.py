"""Reports made ready by the kernel are those of the plain twin, field by field."""

import numpy as np
import pytest
from tests.naive import prepare as naive
from tests.naive import scenes

from skypact.kernels.prepare import prepare
from skypact.model.reports import empty_reports
from skypact.model.tracking import UP, Z_WIDTH
from skypact.track import tracker as stage
from skypact.track.geometry import assumed_heights, geometry
from skypact.track.params import TrackerParams, track_params
from skypact.units import METRE

TABLE = scenes.sensors(
    scenes.radar("r"),
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
        "y_m": (-9e4, 9e4),
    }  # fmt: skip
    pairs = {"azimuth_rad": "range_m", "lon_rad": "lat_rad", "y_m": "x_m"}
    for name, (low, high) in ranges.items():
        keep = rng.random(n) < 0.6
        if name in pairs:
            keep = ~np.isnan(getattr(batch, pairs[name]))
        getattr(batch, name)[keep] = rng.uniform(low, high, keep.sum())
    batch.range_m[near] /= 50.0
    both = rng.random(n) < 0.3
    batch.geo_altitude_m[both] = batch.baro_altitude_m[both] + rng.normal(40, 10, both.sum())
    for name, top in (("icao", 99), ("mode3a", 7777), ("nacp", 11), ("callsign", 99)):
        getattr(batch, name)[:] = rng.integers(-1, top + 1, n)
    for name in ("coast", "test"):
        getattr(batch, name)[:] = rng.random(n) < 0.05
    batch.kind[:] = rng.integers(0, 10, n)
    return batch


def both_ways(seed, frame):
    rng = np.random.default_rng(seed)
    batch, params = random_reports(rng), TrackerParams(frame=frame)
    undulations = np.full(400, 45.0) if frame == "ecef" else np.zeros(400)
    order = rng.permutation(400)
    if frame == "flat":
        batch.lat_rad[:] = batch.lon_rad[:] = np.nan
        batch.sensor[batch.sensor == 1] = 0  # a surface radar's range is for the round earth
    g, m = geometry(TABLE, flat=frame == "flat"), stage.empty_measurements(400)
    numbers, labels = stage.report_numbers(batch), stage.report_labels(batch)
    n = prepare(numbers, labels, order, undulations, g, track_params(params), m)
    field = naive.Field()
    heights = assumed_heights(TABLE)
    twin = naive.prepare(batch, order, TABLE, heights, params, undulations, field)
    return m, n, twin, g, field


@pytest.mark.parametrize("seed", range(3))
def test_prepared_reports_are_those_of_the_twin(seed):
    m, n, twin, g, field = both_ways(seed, "ecef")
    assert n == len(twin)
    assert 100 < n < 400
    for k, want in enumerate(twin):
        for name in ("time_s", "sensor", "form", "icao", "mode3a", "callsign", "serial"):
            assert getattr(m, name)[k] == want[name], name
        assert m.baro_m[k] == pytest.approx(want["baro_m"], nan_ok=True)
        assert m.clutter[k] == pytest.approx(want["clutter"], rel=1e-12)
        assert m.birth[k] == pytest.approx(want["birth"], rel=1e-12)
        assert m.z[k, UP : UP + 3] == pytest.approx(want["z"][UP : UP + 3], abs=3e-5)
        rest = slice(UP + 3, Z_WIDTH)
        assert m.z[k, rest] == pytest.approx(want["z"][rest], rel=1e-12, nan_ok=True)
    assert g.baro_field[0] == pytest.approx(field.mean, rel=1e-12)
    assert g.baro_field[1] == pytest.approx(field.weight)


@pytest.mark.parametrize("seed", range(3))
def test_prepared_places_are_those_of_the_twin_where_the_range_reaches_the_height(seed):
    m, n, twin, *_ = both_ways(seed, "ecef")
    off = np.array([np.linalg.norm(m.z[k, :3] - twin[k]["z"][:3]) for k in range(n)])
    plane = m.form[:n] == 1
    assert off[plane].max() < 1e-6 * METRE
    far = ~plane & (m.z[:n, 6] > 40e3)
    assert far.sum() > 20
    assert off[far].max() < 0.2 * METRE


def test_a_flat_scene_is_prepared_as_by_the_twin():
    m, n, twin, *_ = both_ways(9, "flat")
    assert n == len(twin) > 50
    for k, want in enumerate(twin):
        z = m.z[k, :Z_WIDTH]
        assert z == pytest.approx(want["z"][:Z_WIDTH], rel=1e-12, nan_ok=True)


def test_the_pressure_field_brings_levels_to_the_true_height():
    """100 reports with both heights, 63 m apart: a level alone then gives the true height."""
    batch = empty_reports(101)
    batch.time_s[:] = np.arange(101.0)
    batch.sensor[:], batch.lat_rad[:], batch.lon_rad[:] = 2, 0.84, 0.3
    batch.baro_altitude_m[:] = 9_000.0
    batch.geo_altitude_m[:100] = 9_000.0 + 45.0 + 63.0
    g, m = geometry(TABLE, flat=False), stage.empty_measurements(101)
    columns = stage.report_numbers(batch), stage.report_labels(batch), np.arange(101)
    n = prepare(*columns, np.full(101, 45.0), g, track_params(TrackerParams()), m)
    assert n == 101
    assert m.z[100, 8] == pytest.approx(9_108.0, abs=1e-6)


HALF = "a latitude without a longitude, a range without an azimuth is taken for a position"


@pytest.mark.parametrize(
    ("frame", "given"),
    [
        pytest.param("ecef", ("lat_rad", "x_m", "y_m"), marks=pytest.mark.xfail(reason=HALF)),
        pytest.param("flat", ("lat_rad", "lon_rad"), marks=pytest.mark.xfail(reason=HALF)),
        pytest.param("ecef", ("range_m", "x_m", "y_m"), marks=pytest.mark.xfail(reason=HALF)),
        ("ecef", ("lat_rad",)),
        ("ecef", ("x_m",)),
    ],
)
def test_a_usable_report_has_a_place_that_is_a_number(frame, given):
    batch = empty_reports(1)
    batch.time_s[:], batch.geo_altitude_m[:] = 1.0, 5_000.0
    for name in given:
        getattr(batch, name)[:] = 0.5
    g, m = geometry(TABLE, flat=frame == "flat"), stage.empty_measurements(1)
    columns = stage.report_numbers(batch), stage.report_labels(batch), np.zeros(1, np.int64)
    n = prepare(*columns, np.zeros(1), g, track_params(TrackerParams(frame=frame)), m)
    assert np.isfinite(m.z[:n, :6]).all()
