"""Bound and clairvoyant filter against dense matrices: information form, one joint Gaussian."""

import numpy as np
import pytest

from skypact.config import Sensor
from skypact.evaluate.bound import posterior_bound
from skypact.evaluate.clairvoyant import model_tracks
from skypact.evaluate.flatmodel import FlatModel, moved, process_noise, transition, with_births
from skypact.evaluate.looks import Looks
from skypact.evaluate.paths import Paths
from skypact.evaluate.reduction import information_reduction
from skypact.model.reports import POSITION, empty_reports

MODEL = with_births(FlatModel(accel=0.5), np.array([[0.0, 0, 0, 0]]), np.array([[100.0, 5, 80, 4]]))


def drawn_looks(rng, n):
    """Make irregular looks at one object with skew Jacobians."""
    return Looks(
        object=np.zeros(n, np.int64),
        time_s=np.cumsum(rng.uniform(0.2, 4.0, n)),
        sensor=np.zeros(n, np.int64),
        report=np.arange(n),
        p_detection=rng.uniform(0.3, 1.0, n),
        clutter=10 ** rng.uniform(-5, -1, n),
        slope=rng.standard_normal((n, 2, 2)),
        variance=rng.uniform(0.5, 9.0, (n, 2)),
        place_m=np.zeros((n, 3)),
        velocity_mps=rng.standard_normal((n, 2)),
    )


@pytest.mark.parametrize("turns", [False, True])
def test_bound_is_the_information_recursion(turns):
    rng = np.random.default_rng(2)
    seen = drawn_looks(rng, 40)
    model = FlatModel(accel=0.5, turns=turns, turn_noise=0.02)
    found = posterior_bound(seen, model)
    heading = np.arctan2(seen.velocity_mps[:, 1], seen.velocity_mps[:, 0])
    m = 5 if turns else 4
    J = np.linalg.inv(np.diag([2e4**2, 2e4**2, 150.0**2, 150.0**2, 0.1**2][:m]))
    q = information_reduction(seen.p_detection, seen.clutter)
    for k in range(40):
        if k:
            dt = np.array([seen.time_s[k] - seen.time_s[k - 1]])
            turn = (heading[k] - heading[k - 1] + np.pi) % (2 * np.pi) - np.pi
            state = np.array([[0, 0, *seen.velocity_mps[k - 1], turn / dt[0]]])[:, :m]
            F, Q = transition(model, state, dt)[0], process_noise(model, dt)[0]
            J = np.linalg.inv(Q + F @ np.linalg.inv(J) @ F.T)
        H = np.zeros((2, m))
        H[:, :2] = seen.slope[k]
        J = J + q[k] * H.T @ np.diag(1.0 / seen.variance[k]) @ H
        P = np.linalg.inv(J)
        assert found.position_m[k] == pytest.approx(np.sqrt(P[0, 0] + P[1, 1]), rel=1e-4)
        assert found.velocity_mps[k] == pytest.approx(np.sqrt(P[2, 2] + P[3, 3]), rel=1e-4)


def test_turn_jacobian_is_the_derivative():
    model = FlatModel(accel=1.0, turns=True)
    state = np.array([[10.0, -5.0, 30.0, 12.0, 0.07], [0.0, 0.0, -9.0, 4.0, 0.0]])
    dt = np.array([3.0, 1.5])
    for i in range(5):
        step = np.zeros(5)
        step[i] = 1e-5
        slope = (moved(model, state + step, dt) - moved(model, state - step, dt)) / 2e-5
        np.testing.assert_allclose(transition(model, state, dt)[:, :, i], slope, atol=2e-4)


def test_clairvoyant_filter_is_the_joint_posterior():
    rng = np.random.default_rng(4)
    n = 12
    time_s = np.sort(rng.choice(np.arange(1.0, 30.0), n, replace=False))
    z = rng.normal(0.0, 20.0, (n, 2))
    reports = empty_reports(n)._replace(
        time_s=time_s, kind=np.full(n, POSITION, np.int8), x_m=z[:, 0], y_m=z[:, 1],
        target=np.full(n, 7, np.int32),
    )  # fmt: skip
    sensor = Sensor(name="s", kind="position", period_s=1.0, sigma_position_m=3.0)
    found = model_tracks(reports, [sensor], still(7, 30), MODEL).rows
    here = found.time_s == time_s[-1]
    mean, covariance = joint(time_s, z, 3.0)
    assert set(found.track) == {7}
    np.testing.assert_allclose([found.lon_rad[here][0], found.lat_rad[here][0]], mean[:2])
    np.testing.assert_allclose([found.ve_mps[here][0], found.vn_mps[here][0]], mean[2:])
    np.testing.assert_allclose(found.sigma_e_m[here][0] ** 2, covariance[0, 0])
    np.testing.assert_allclose(found.sigma_vn_mps[here][0] ** 2, covariance[3, 3])


def still(number, seconds):
    """Make the path of an object that stands at the origin."""
    k = seconds + 1
    up = np.tile([0.0, 0.0, 1.0], (k, 1))
    return Paths(
        np.array([number]), np.array([0, k]), np.arange(float(k)), np.zeros((k, 3)),
        np.zeros((k, 3)), up, np.arange(k),
    )  # fmt: skip


def joint(time_s, z, sigma_m):
    """Give the last state's posterior from the covariance of all states at once."""
    n = len(time_s)
    blocks = [[None] * n for _ in range(n)]
    blocks[0][0] = np.array(MODEL.first_covariance[0])
    for k in range(1, n):
        dt = np.array([time_s[k] - time_s[k - 1]])
        F, Q = transition(MODEL, np.zeros((1, 4)), dt)[0], process_noise(MODEL, dt)[0]
        for j in range(k):
            blocks[k][j] = F @ blocks[k - 1][j]
            blocks[j][k] = blocks[k][j].T
        blocks[k][k] = F @ blocks[k - 1][k - 1] @ F.T + Q
    P = np.block(blocks)
    H = np.kron(np.eye(n), np.eye(2, 4))
    K = P @ H.T @ np.linalg.inv(H @ P @ H.T + sigma_m**2 * np.eye(2 * n))
    return (K @ z.ravel())[-4:], (P - K @ H @ P)[-4:, -4:]
