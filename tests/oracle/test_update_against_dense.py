"""Update with every kind of scalar against dense matrices, and heights against PROJ."""

import numpy as np
import pyproj
import pytest
from tests.naive import compiled, geodesy, states
from tests.naive import update as naive

from skypact.kernels import update
from skypact.model.tracking import (
    BEARING,
    BIAS_VAR_AZIMUTH,
    BIAS_VAR_RANGE,
    ELEVATION,
    PLANE,
    POLAR,
    RANGE_RATE,
    Z_WIDTH,
)
from skypact.units import DEGREE, METRE

FROM_ECEF = pyproj.Transformer.from_crs("EPSG:4978", "EPSG:4979", always_xy=True)


def updated(x, P, z, form, flat):
    site, axes = states.frame(flat)
    x, P, d2 = x[None].copy(), P[None].copy(), np.full(1, np.nan)
    update.update(x, P, z[None].copy(), form, site, axes, int(flat), d2)
    return x[0], P[0], d2[0]


def scaled(P):
    """Covariance in units of a typical state, so that one tolerance fits every entry."""
    d = np.array([100.0, 100, 100, 10, 10, 10, 0.01])
    return P / np.outer(d, d)


def assert_close(P, Q, tolerance):
    size = np.abs(scaled(Q)).max()
    assert np.abs(scaled(P) - scaled(Q)).max() < tolerance * size


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("height", [False, True])
@pytest.mark.parametrize("velocity", [False, True])
def test_a_plane_report_updates_as_one_joint_linear_measurement(flat, height, velocity):
    rng = np.random.default_rng(30)
    for _ in range(40):
        x, P = states.random_state(rng, flat), states.random_covariance(rng)
        z = states.report_of(rng, x, flat, height=height, velocity=velocity)
        got, want = updated(x, P, z, PLANE, flat), naive.joint_linear(x, P, z, flat)
        assert got[0] == pytest.approx(want[0], rel=1e-9, abs=1e-8)
        assert_close(got[1], want[1], 1e-9)
        assert got[2] == pytest.approx(want[2], rel=1e-9)


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("height", [False, True])
def test_a_polar_report_updates_as_the_dense_filter_in_sequence(flat, height):
    rng = np.random.default_rng(31)
    site, axes = states.frame(flat)
    for _ in range(40):
        x, P = states.random_state(rng, flat), states.random_covariance(rng)
        z = states.report_of(rng, x, flat, height=height)
        got = updated(x, P, z, POLAR, flat)
        want = naive.polar_in_sequence(x, P, z, site, axes, flat)
        assert got[0] == pytest.approx(want[0], rel=1e-9, abs=1e-6)
        assert_close(got[1], want[1], 1e-9)
        assert got[2] == pytest.approx(want[2], rel=1e-8)


@pytest.mark.parametrize("form", [POLAR, BEARING, PLANE])
@pytest.mark.parametrize(
    "extras", [("elevation",), ("range_rate",), ("climb",), ("elevation", "range_rate", "climb")]
)
def test_rarer_scalars_update_as_the_dense_filter(form, extras):
    """Elevation and range rate hang on the line of sight, which a plane report has none of."""
    rng = np.random.default_rng(36)
    if form == PLANE:
        extras = ("climb",)
    site, axes = states.frame(False)
    for _ in range(40):
        x, P = states.random_state(rng, False), states.random_covariance(rng)
        z = states.report_of(rng, x, False, height=False, velocity=False, extras=extras)
        got, want = updated(x, P, z, form, False), naive.update(x, P, z, form, site, axes, False)
        assert got[0] == pytest.approx(want[0], rel=1e-9, abs=1e-6)
        assert_close(got[1], want[1], 1e-9)
        assert got[2] == pytest.approx(want[2], rel=1e-8)
        d2, density = compiled.update_one(x, P, z, form, site, axes, 0)
        assert d2 == pytest.approx(want[2], rel=1e-8)
        assert density == pytest.approx(want[3], rel=1e-8)


@pytest.mark.parametrize(
    ("column", "extra"), [(ELEVATION, "elevation"), (RANGE_RATE, "range_rate")]
)
def test_elevation_and_range_rate_are_those_of_the_twin_a_thousand_kilometres_away(column, extra):
    """An exact report of a far, high and fast object adds nothing and moves it by centimetres, the
    bend of the range over what is unknown of its height."""
    rng = np.random.default_rng(37)
    site, axes = states.frame(False)
    for _ in range(20):
        place = [*rng.uniform(-1e6, 1e6, 2), rng.uniform(50e3, 600e3)]
        velocity = rng.normal(0, 3_000, 3)
        x = np.array([*(site[:3] + np.array(place) @ axes), *(velocity @ axes), 0.0])
        P = states.random_covariance(rng)
        z = states.report_of(rng, x, False, height=False, velocity=False, extras=(extra,))
        values, _ = naive.sight_matrix(x, site, axes)
        z[6], z[7], z[11] = values[0], values[1] % (2 * np.pi), 1e9
        z[column] = values[2 if column == ELEVATION else 3]
        got = updated(x, P, z, POLAR, False)
        assert np.abs(got[0] - x)[:3].max() < 0.1 * METRE
        assert got[2] < 1e-6


def test_an_elevation_gives_a_height_and_a_range_rate_gives_a_speed():
    """At 10 km and 0.5 degrees a height is known to 87 m, a radial speed to 1 m/s."""
    rng = np.random.default_rng(38)
    x = np.array([6e3, 8e3, 1e3, 50.0, 60.0, 0, 0])
    wide = np.diag([1e6, 1e6, 1e6, 1e4, 1e4, 1e4, 1e-3])
    z = states.report_of(rng, x, True, height=False, extras=("elevation", "range_rate"))
    z[11], z[12], z[19] = 1e9, np.nan, np.nan
    y, P, _ = updated(x, wide, z, POLAR, True)
    assert np.sqrt(P[2, 2]) == pytest.approx(10.05e3 * 0.5 * DEGREE, rel=0.05)
    sight = y[:3] / np.linalg.norm(y[:3])
    assert np.sqrt(sight @ P[3:6, 3:6] @ sight) == pytest.approx(1.0, rel=0.05)


@pytest.mark.parametrize("form", [POLAR, BEARING])
def test_a_bias_that_is_left_widens_the_residual_and_moves_nothing_else(form):
    rng = np.random.default_rng(39)
    site, axes = states.frame(False)
    for _ in range(20):
        x, P = states.random_state(rng, False), states.random_covariance(rng)
        z = states.report_of(rng, x, False, height=True, velocity=False)
        plain = updated(x, P, z, form, False)
        z[BIAS_VAR_RANGE], z[BIAS_VAR_AZIMUTH] = 60.0**2, 1e-6
        got, want = updated(x, P, z, form, False), naive.update(x, P, z, form, site, axes, False)
        assert got[2] == pytest.approx(want[2], rel=1e-8)
        assert got[2] < plain[2]
        assert np.array_equal(got[0], plain[0])
        assert np.array_equal(got[1], plain[1])


@pytest.mark.parametrize("form", [POLAR, PLANE])
def test_the_log_density_is_that_of_the_dense_filter(form):
    rng = np.random.default_rng(32)
    site, axes = states.frame(False)
    for _ in range(40):
        x, P = states.random_state(rng, False), states.random_covariance(rng)
        z = states.report_of(rng, x, False)
        want = naive.update(x, P, z, form, site, axes, False)
        d2, density = compiled.update_one(x, P, z, form, site, axes, 0)
        assert d2 == pytest.approx(want[2], rel=1e-8)
        assert density == pytest.approx(want[3], rel=1e-8)


def test_an_azimuth_residual_takes_the_short_way_round_north():
    """State just west of north, report just east: the state must move by metres, not half round."""
    x = np.array([-100.0, 50e3, 5e3, 0, 0, 0, 0])
    z = states.report_of(np.random.default_rng(33), x, True, height=False, velocity=False)
    z[6], z[7] = np.linalg.norm(x[:3]), 0.002
    got = updated(x, np.diag([1e4, 1e4, 1e4, 100, 100, 100, 1e-4]), z, POLAR, True)
    assert -100.0 < got[0][0] < 100.0
    assert got[2] < 25.0


@pytest.mark.parametrize("form", [POLAR, PLANE])
@pytest.mark.parametrize("flat", [False, True])
def test_an_unreported_height_keeps_at_most_the_variance_assumed_of_it(form, flat):
    rng = np.random.default_rng(35)
    site, axes = states.frame(flat)
    for sigma in (50.0, 190.0, 3_500.0):
        x, P = states.random_state(rng, flat), states.random_covariance(rng)
        z = states.report_of(rng, x, flat, height=False, velocity=False)
        z[11] = sigma
        got, want = updated(x, P, z, form, flat), naive.update(x, P, z, form, site, axes, flat)
        assert got[0] == pytest.approx(want[0], rel=1e-9, abs=1e-6)
        assert_close(got[1], want[1], 1e-9)
        assert z[3:6] @ got[1][:3, :3] @ z[3:6] < 1.01 * sigma**2


def test_a_target_right_above_the_antenna_uses_its_range_only():
    x = np.array([3.0, 4.0, 9_000.0, 100.0, 0, 0, 0])
    z = states.report_of(np.random.default_rng(34), x, True, height=False, velocity=False)
    P = np.diag([1e4, 1e4, 1e4, 100, 100, 100, 1e-4])
    z[6], z[7] = 9_010.0, 3.0
    got = updated(x, P, z, POLAR, True)
    assert np.abs(got[0][:2] - x[:2]).max() < 0.1 * METRE
    assert 0.0 < got[0][2] - 9_000.0 < 10.0


@pytest.mark.parametrize("lat", [0.0, 35.0, 60.0, 89.0])
def test_a_height_residual_is_the_geodetic_one_within_a_metre_at_twenty_kilometres(lat):
    axes = geodesy.enu_axes([np.radians(lat)], [1.0])[0]
    z = np.full(Z_WIDTH, np.nan)
    z[:3] = geodesy.ecef_from_geodetic(np.radians(lat), 1.0, 9_000.0)
    z[3:6] = geodesy.up_at(z[:3])
    for bearing in np.radians(np.arange(0, 360, 30)):
        offset = np.array([20e3 * np.sin(bearing), 20e3 * np.cos(bearing), 150.0])
        x = np.array([*(z[:3] + offset @ axes), 0, 0, 0, 0])
        exact = 9_000.0 - FROM_ECEF.transform(*x[:3])[2]
        assert abs(compiled.height_residual(x, z, 0) - exact) < 1.0 * METRE
