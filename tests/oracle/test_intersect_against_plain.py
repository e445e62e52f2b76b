"""Another tracker's estimate: the weight against a plain search, and what it promises."""

import numpy as np
import pytest
from tests.naive import compiled, imm, states
from tests.naive import intersect as naive

from skypact.model.tracking import (
    HEIGHT,
    PLACE,
    PLANE,
    SIGMA,
    SIGMA_HEIGHT,
    SIGMA_V,
    TRACKED,
    VE,
    VN,
    empty_scratch,
)

PREDICTED, UPDATED = np.array([0.8, 0.1, 0.1]), np.array([0.6, 0.4, 0.0])
SIGMAS = (500.0, 80.0, 300.0, 30.0, 30.0, 30.0, 0.03)


def estimate_of(rng, x, flat, **given):
    z = states.report_of(rng, x, flat, **given)
    z[SIGMA], z[SIGMA_V], z[TRACKED] = rng.uniform(40.0, 700.0), 6.0, 1.0
    return z


def intersected(xs, Ps, z, flat, is_late=False):
    """Means and covariances by the kernel."""
    scratch, site, axes = empty_scratch(), *states.frame(flat)
    scratch.x[:], scratch.P[:], scratch.z[:] = xs, Ps, z
    scratch.predicted[:] = PREDICTED
    post = (np.full((3, 7), np.nan), np.full((3, 7, 7), np.nan), UPDATED.copy())
    compiled.intersect_with(PLANE, site, axes, int(flat), is_late, scratch, post)
    assert np.array_equal(scratch.z, z, equal_nan=True)
    return post


@pytest.mark.parametrize("velocity", [False, True])
@pytest.mark.parametrize("is_late", [False, True])
@pytest.mark.parametrize("height", [False, True])
@pytest.mark.parametrize("flat", [False, True])
def test_states_are_those_of_the_twin(flat, height, is_late, velocity):
    rng = np.random.default_rng(60)
    shares = []
    for _ in range(20):
        x = states.random_state(rng, flat)
        P = np.array([states.random_covariance(rng, SIGMAS) for _ in range(3)])
        z = estimate_of(rng, x, flat, height=height, velocity=velocity)
        xs = np.tile(x, (3, 1))
        got = intersected(xs, P, z, flat, is_late)
        before = (PREDICTED, xs, P)
        want = naive.intersect(before, UPDATED, z, PLANE, *states.frame(flat), flat, is_late)
        want = want[1], want[2], want[0]
        d = np.array(SIGMAS)
        assert np.abs((got[0] - want[0]) / d).max() < 1e-4
        assert np.abs((got[1] - want[1]) / np.outer(d, d)).max() < 2e-3
        assert got[2] == pytest.approx(want[2], abs=1e-4)
        shares += [naive.best_share(P[i], z, flat) for i in range(3)]
    assert velocity or min(shares) < 0.2
    assert velocity or max(shares) == pytest.approx(naive.MOST)
    assert any(0.1 < share < 0.9 for share in shares)


def test_the_better_of_two_circles_is_taken_and_nothing_is_gained_by_telling_it_again():
    x = np.array([0.0, 0, 5e3, 150, 0, 0, 0])
    P = np.tile(np.diag([150.0, 150, 50, 20, 20, 2, 0.03]) ** 2, (3, 1, 1))
    z = estimate_of(np.random.default_rng(61), x, True)
    z[:3], z[SIGMA] = [120.0, 0.0, 5e3], 100.0
    xs = np.tile(x, (3, 1))
    for _ in range(50):
        xs, P, mu = intersected(xs, P, z, True)
        assert mu == pytest.approx(UPDATED, abs=0.02)
        assert xs[:, 0] == pytest.approx(120.0, abs=3.0)
        assert np.sqrt(P[:, 0, 0]) == pytest.approx(100.0, rel=0.01)
    z[SIGMA] = 300.0
    z[:2] += 500.0
    after = intersected(xs, P, z, True)
    assert after[0][:, :2] == pytest.approx(xs[:, :2], abs=0.1)
    assert after[2] == pytest.approx(PREDICTED, abs=1e-3)
    assert after[1][:, 0, 0] == pytest.approx(P[:, 0, 0], rel=1e-4)


def test_a_height_told_again_makes_nothing_surer_and_the_surer_of_two_is_taken():
    x = np.array([0.0, 0, 5e3, 150, 0, 0, 0])
    Ps = np.tile(np.diag([150.0, 150, 90, 20, 20, 2, 0.03]) ** 2, (3, 1, 1))
    z = estimate_of(np.random.default_rng(66), x, True)
    z[PLACE + 2] = z[HEIGHT] = 5_050.0
    xs = np.tile(x, (3, 1))
    for _ in range(20):
        xs, Ps, _ = intersected(xs, Ps, z, True)
    assert xs[:, 2] == pytest.approx(5_050.0, abs=1.0)
    assert np.sqrt(Ps[:, 2, 2]) == pytest.approx(z[SIGMA_HEIGHT], rel=0.01)
    z[PLACE + 2], z[SIGMA_HEIGHT] = 5_300.0, 60.0
    after = intersected(xs, Ps, z, True)
    assert after[0][:, 2] == pytest.approx(xs[:, 2], abs=0.1)
    assert after[1][:, 2, 2] == pytest.approx(Ps[:, 2, 2], rel=1e-3)


@pytest.mark.parametrize("correlation", [-0.9, 0.0, 0.5, 0.95])
def test_stated_errors_are_wide_enough_whatever_the_two_share(correlation):
    """Errors of own state and estimate are drawn together; NEES of the level position, bar 1."""
    rng = np.random.default_rng(62)
    x = np.array([0.0, 0, 5e3, 150, 0, 0, 0])
    P = np.diag([300.0, 60, 50, 20, 20, 2, 0.03]) ** 2
    P[0, 3] = P[3, 0] = 0.6 * 300 * 20
    z = estimate_of(rng, x, True, height=False, velocity=False)
    z[:3], z[SIGMA] = x[:3], 100.0
    root, nees = np.linalg.cholesky(P), []
    for _ in range(600):
        draw = rng.normal(size=7)
        other = correlation * draw[:2] + np.sqrt(1 - correlation**2) * rng.normal(size=2)
        told = z.copy()
        told[:2] = x[:2] + 100.0 * other
        xs, Ps, _ = intersected(np.tile(x + root @ draw, (3, 1)), np.tile(P, (3, 1, 1)), told, True)
        mean, cov = imm.moments(np.full(3, 1 / 3), xs, Ps)
        off = (mean - x)[:2]
        nees.append(off @ np.linalg.solve(cov[:2, :2], off) / 2)
    assert np.mean(nees) < 1.0 + 3.0 * np.std(nees) / np.sqrt(len(nees))


@pytest.mark.parametrize("source", [0.0, 0.5, 0.98])
@pytest.mark.parametrize("velocity", [False, True])
def test_a_lone_sources_velocity_is_learnt_and_not_believed_too_much(velocity, source):
    """Sixty estimates with errors that last; stated velocities hold, and are far below 139 m/s.

    `source` is the correlation of one estimate's error with the next one's.
    """
    rng = np.random.default_rng(63)
    truth, F = np.array([0.0, 0, 5e3, 150, 0, 0, 0]), np.eye(7)
    F[:3, 3:6] = 5.0 * np.eye(3)
    Q = np.diag([8.0, 8, 1, 2.0, 2, 0.1, 1e-8])
    runs, nees, stated = 60, [], []
    fresh = np.sqrt(1.0 - source**2)
    for _ in range(runs):
        off = rng.normal(size=4)
        begun = np.array([100 * off[0], 100 * off[1], 0, 30, -30, 0, 0])
        xs = np.tile(truth + begun, (3, 1))
        Ps = np.tile(np.diag([100.0, 100, 20, 60, 60, 5, 0.001]) ** 2, (3, 1, 1))
        here = truth.copy()
        for _ in range(60):
            here, xs, Ps = F @ here, xs @ F.T, F @ Ps @ F.T + Q
            off = source * off + fresh * rng.normal(size=4)
            z = states.report_of(rng, here, True, velocity=velocity)
            z[SIGMA], z[SIGMA_V], z[TRACKED], z[:3] = 100.0, 6.0, 1.0, here[:3]
            z[:2] += 100.0 * off[:2]
            if velocity:
                z[VE], z[VN] = here[3:5] + 6.0 * off[2:]
            xs, Ps, _ = intersected(xs, Ps, z, True)
        wrong = (xs[0] - here)[3:5]
        nees.append(wrong @ np.linalg.solve(Ps[0, 3:5, 3:5], wrong) / 2)
        stated.append(np.sqrt(Ps[0, 3, 3]))
        assert np.sqrt(Ps[0, 0, 0]) == pytest.approx(100.0, rel=0.02)
    assert np.mean(nees) < 1.0 + 3.0 / np.sqrt(runs)
    assert np.mean(stated) < (6.2 if velocity else 25.0)


def test_a_velocity_that_is_better_known_is_kept_beside_a_position_hardly_better():
    x = np.array([0.0, 0, 5e3, 150, 0, 0, 0])
    P = np.diag([101.0, 101, 50, 2, 2, 2, 0.03]) ** 2
    z = estimate_of(np.random.default_rng(64), x, True)
    z[SIGMA], z[SIGMA_V], z[VE], z[VN] = 100.0, 6.0, 158.0, 0.0
    xs, Ps, _ = intersected(np.tile(x, (3, 1)), np.tile(P, (3, 1, 1)), z, True)
    assert np.sqrt(Ps[:, 3, 3]) == pytest.approx(2.0, rel=0.01)
    assert xs[:, 3] == pytest.approx(150.0, abs=0.1)


@pytest.mark.parametrize("velocity", [False, True])
def test_widening_never_makes_a_state_surer_whatever_hangs_together(velocity):
    """An ignored estimate leaves the state; one taken in full leaves no less than its share."""
    rng = np.random.default_rng(65)
    for _ in range(50):
        P = states.random_covariance(rng, SIGMAS)
        z = estimate_of(rng, np.zeros(7), True, velocity=velocity)
        share = rng.uniform(0.02, 1.0)
        wide = compiled.widened(P, z, True, share)
        d = np.array(SIGMAS)
        want = naive.widened(P, z, True, share)
        assert np.abs((wide - want) / np.outer(d, d)).max() < 1e-9 / share
        more = np.linalg.eigvalsh((wide - P) / np.outer(d, d))
        assert more.min() > -1e-9 / share
