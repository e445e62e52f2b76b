"""Prediction against dense matrices, and level flight against PROJ."""

import numpy as np
import pyproj
import pytest
from tests.naive import geodesy, states
from tests.naive import kalman as naive

from skypact.kernels import kalman
from skypact.model.tracking import CRUISE, MANOEUVRE, TURN
from skypact.track.params import TrackerParams, track_params
from skypact.units import METRE

FROM_ECEF = pyproj.Transformer.from_crs("EPSG:4978", "EPSG:4979", always_xy=True)
MODELS = (CRUISE, TURN, MANOEUVRE)
DT_S = (0.0, 0.1, 1.0, 4.0, 12.0, 60.0, -0.4)
RATES = (0.0, 1e-9, 2e-5, -1e-4, 0.003, 0.05, -0.3)


def motion(flat):
    frame = "flat" if flat else "ecef"
    return track_params(TrackerParams(frame=frame)).motion[0]


def predicted(x, P, model, dt, flat):
    x, P = x[None].copy(), P[None].copy()
    kalman.predict(x, P, model, dt, motion(flat))
    return x[0], P[0]


def scaled(P):
    """Covariance in units of a typical state, so that one tolerance fits every entry."""
    d = np.array([100.0, 100, 100, 10, 10, 10, 0.01])
    return P / np.outer(d, d)


def assert_close(P, Q, tolerance):
    size = np.abs(scaled(Q)).max()
    assert np.abs(scaled(P) - scaled(Q)).max() < tolerance * size


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("model", MODELS)
def test_prediction_is_the_dense_one(model, flat):
    rng = np.random.default_rng(10 + model)
    for dt in DT_S:
        for rate in RATES:
            x = states.random_state(rng, flat)
            x[6] = rate
            P = states.random_covariance(rng)
            got = predicted(x, P, model, dt, flat)
            want = naive.predict(x, P, model, dt, motion(flat))
            assert np.abs(got[0] - want[0]).max() < 1e-6 * METRE
            assert_close(got[1], want[1], 1e-7)
            assert_close(got[1], got[1].T, 1e-14)


@pytest.mark.parametrize("flat", [False, True])
def test_the_turn_is_smooth_where_the_series_takes_over(flat):
    """Either side of the small angle the covariance differs by no more than the rate does."""
    rng = np.random.default_rng(20)
    x, P = states.random_state(rng, flat), states.random_covariance(rng)
    results = []
    for rate in (kalman.SMALL_ANGLE * (1 - 1e-6), kalman.SMALL_ANGLE * (1 + 1e-6)):
        x[6] = rate
        results.append(predicted(x, P, TURN, 1.0, flat))
    assert np.abs(results[0][0] - results[1][0]).max() < 1e-6 * METRE
    assert_close(results[0][1], results[1][1], 1e-7)


def test_no_time_leaves_mean_and_covariance_of_place_and_velocity_as_they_are():
    rng = np.random.default_rng(21)
    x, P = states.random_state(rng, False), states.random_covariance(rng)
    for model in MODELS:
        got = predicted(x, P, model, 0.0, False)
        assert np.array_equal(got[0][:6], x[:6])
        assert np.array_equal(got[1][:6, :6], P[:6, :6])


def test_there_and_back_returns_the_mean():
    rng = np.random.default_rng(22)
    for _ in range(20):
        x, P = states.random_state(rng, True), states.random_covariance(rng)
        there = predicted(x, P, TURN, 5.0, True)
        back = predicted(*there, TURN, -5.0, True)
        assert np.abs(back[0] - x).max() < 1e-8 * METRE


@pytest.mark.parametrize("lat", [0.0, 30.0, 60.0, 85.0])
def test_level_flight_keeps_its_height_over_a_minute(lat):
    """Without the bend 15 km along a chord would climb by 18 m; the earth is no sphere: 0.2 m."""
    for heading in np.radians(np.arange(0, 360, 45)):
        place = geodesy.ecef_from_geodetic(np.radians(lat), 0.3, 11_000.0)
        axes = geodesy.enu_axes([np.radians(lat)], [0.3])[0]
        velocity = 250.0 * np.array([np.sin(heading), np.cos(heading), 0.0]) @ axes
        x, _ = predicted(np.array([*place, *velocity, 0.0]), np.eye(7), CRUISE, 60.0, False)
        assert abs(FROM_ECEF.transform(*x[:3])[2] - 11_000.0) < 0.2 * METRE
