"""Interacting multiple models against the textbook's matrices and against one plain filter."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.naive import compiled, states
from tests.naive import imm as naive
from tests.naive import kalman as naive_kalman
from tests.naive import update as naive_update

from skypact.model.tracking import (
    CRUISE,
    ENTER,
    LEAVE_RATE,
    N_MODELS,
    PLANE,
    POLAR,
    TURN,
    empty_scratch,
)
from skypact.track.params import TrackerParams, track_params

MOTION = track_params(TrackerParams()).motion[0]
BALLISTIC = track_params(TrackerParams()).motion[-1]


def models(seed):
    """Probabilities, means and covariances of three models of one object."""
    rng = np.random.default_rng(seed)
    mu = rng.dirichlet(np.ones(N_MODELS))
    base = states.random_state(rng, False)
    xs = base + rng.normal(0, [50, 50, 50, 10, 10, 10, 0.01], (N_MODELS, 7))
    Ps = np.array([states.random_covariance(rng) for _ in range(N_MODELS)])
    return mu, xs, Ps


def near(P, Q, tolerance):
    d = np.sqrt(np.abs(np.diagonal(Q, axis1=-2, axis2=-1)))
    off = np.abs(P - Q) / (d[..., :, None] * d[..., None, :])
    return off.max() < tolerance


@settings(deadline=None)
@given(st.floats(-1e6, 1e6), st.integers(0, 2**32 - 1))
def test_switch_weights_are_those_of_the_chain_for_any_time(dt, seed):
    mu = np.random.default_rng(seed).dirichlet(np.ones(N_MODELS))
    p, W = np.empty(N_MODELS), np.empty((N_MODELS, N_MODELS))
    compiled.switch_weights(mu, dt, MOTION, p, W)
    assert sum(p) == pytest.approx(1.0, abs=1e-14)
    assert W.sum(1) == pytest.approx(np.ones(N_MODELS), abs=1e-14)
    assert W.min() >= 0.0
    assert (W.T * p) == pytest.approx(mu[:, None] * naive.switching(MOTION, dt), abs=1e-14)


def test_no_time_means_no_switch():
    mu, p, W = np.array([0.2, 0.3, 0.5]), np.empty(3), np.empty((3, 3))
    compiled.switch_weights(mu, 0.0, MOTION, p, W)
    assert np.array_equal(p, mu)
    assert np.array_equal(W, np.eye(3))


def test_combined_moments_are_those_of_the_mixture():
    for seed in range(30):
        mu, xs, Ps = models(seed)
        x, P = np.empty(7), np.empty((7, 7))
        compiled.combine(mu, xs, Ps, x, P)
        want = naive.moments(mu, xs, Ps)
        assert x == pytest.approx(want[0], rel=1e-13)
        assert near(P, want[1], 1e-9)


def test_combined_moments_are_those_of_a_sample():
    """200,000 draws from the mixture; the interval is five standard errors."""
    rng = np.random.default_rng(5)
    mu, xs, Ps = models(5)
    x, P = np.empty(7), np.empty((7, 7))
    compiled.combine(mu, xs, Ps, x, P)
    n = 200_000
    which = rng.choice(N_MODELS, n, p=mu)
    draw = np.empty((n, 7))
    for m in range(N_MODELS):
        k = which == m
        draw[k] = rng.multivariate_normal(xs[m] - x, Ps[m], k.sum())
    d = np.sqrt(np.diag(P))
    assert np.abs(draw.mean(0) / d).max() < 5 / np.sqrt(n)
    off = np.abs((np.cov(draw.T) - P) / np.outer(d, d))
    assert off.max() < 5 * np.sqrt(2 / n)


@pytest.mark.parametrize("dt", [0.0, 0.5, 4.0, 30.0, -0.4])
def test_mixing_follows_the_textbook(dt):
    for seed in range(10):
        mu, xs, Ps = models(seed)
        scratch = empty_scratch()
        compiled.mix_models(mu, xs, Ps, dt, MOTION, scratch)
        predicted, x, P = naive.mix(mu, xs, Ps, dt, MOTION)
        assert scratch.predicted == pytest.approx(predicted, abs=1e-14)
        assert scratch.x == pytest.approx(np.array(x), rel=1e-12, abs=1e-12)
        assert near(scratch.P, np.array(P), 1e-9)


def test_the_ballistic_mode_leaves_out_what_is_hardly_likely():
    scratch = empty_scratch()
    for seed in range(20):
        mu, xs, Ps = models(seed)
        compiled.mix_models(mu, xs, Ps, 4.0, BALLISTIC, scratch)
        _, x, P = naive.mix(mu, xs, Ps, 4.0, BALLISTIC)
        assert scratch.x == pytest.approx(np.array(x), rel=1e-12, abs=1e-12)
        assert near(scratch.P, np.array(P), 1e-9)
    compiled.mix_models(np.array([0.99, 0.01, 0.0]), xs, Ps, 4.0, BALLISTIC, scratch)
    assert scratch.x[0] == pytest.approx(xs[0], rel=1e-12)
    assert near(scratch.P[0], Ps[0], 1e-9)


@pytest.mark.parametrize("form", [POLAR, PLANE])
@pytest.mark.parametrize("dt", [0.5, 4.0, -0.4])
def test_a_whole_cycle_follows_the_textbook(form, dt):
    for seed in range(10):
        mu, xs, Ps = models(seed)
        scratch = empty_scratch()
        compiled.predict_models(mu, xs, Ps, dt, MOTION, scratch)
        z = states.report_of(np.random.default_rng(seed), scratch.x[0], False)
        post = (np.empty((3, 7)), np.empty((3, 7, 7)), np.empty(3))
        got = compiled.hypothesis(z, form, states.ANTENNA, states.AXES, 0, scratch, post)
        predicted = naive.predict(mu, xs, Ps, dt, MOTION)
        want = naive.update(*predicted, z, form, states.ANTENNA, states.AXES, False)
        assert post[2] == pytest.approx(want[0], abs=1e-6)
        assert post[0] == pytest.approx(want[1], rel=1e-9, abs=1e-5)
        assert near(post[1], want[2], 1e-6)
        assert got == pytest.approx(want[3:], rel=1e-6)


@pytest.mark.parametrize("model", [CRUISE, TURN])
def test_one_certain_model_that_is_never_left_is_the_plain_filter(model):
    motion = MOTION.copy()
    motion[LEAVE_RATE:ENTER] = 0.0
    rng = np.random.default_rng(7)
    mu, xs, Ps = np.eye(3)[model], *models(7)[1:]
    x, P = xs[model].copy(), Ps[model].copy()
    for _ in range(10):
        scratch = empty_scratch()
        xs[:] = xs[model]  # all models take the vertical of the first
        compiled.predict_models(mu, xs, Ps, 4.0, motion, scratch)
        x, P = naive_kalman.predict(x, P, model, 4.0, motion)
        z = states.report_of(rng, x, False, velocity=False)
        post = (np.empty((3, 7)), np.empty((3, 7, 7)), np.empty(3))
        compiled.hypothesis(z, PLANE, states.ANTENNA, states.AXES, 0, scratch, post)
        x, P = naive_update.joint_linear(x, P, z, False)[:2]
        xs, Ps, mu = post
        assert mu[model] == pytest.approx(1.0, abs=1e-12)
        assert xs[model] == pytest.approx(x, rel=1e-9, abs=1e-6)
        assert near(Ps[model], P, 1e-6)


def test_the_model_that_explains_the_reports_wins():
    """An object that turns at 3 degrees a second for 30 s, seen each second within 10 m."""
    motion = track_params(TrackerParams(frame="flat")).motion[0]
    scratch, site, axes = empty_scratch(), *states.frame(True)
    rng, rate, speed = np.random.default_rng(8), np.radians(3.0), 150.0
    mu = np.array([0.98, 0.01, 0.01])
    xs = np.tile([0.0, 0, 5e3, speed, 0, 0, 0], (3, 1))
    Ps = np.tile(np.diag([100.0, 100, 100, 25, 25, 1, 1e-3]), (3, 1, 1))
    for k in range(1, 31):
        place = speed / rate * np.array([np.sin(rate * k), 1 - np.cos(rate * k)])
        z = states.report_of(rng, np.array([*place, 5e3, 0, 0, 0, 0]), True, velocity=False)
        z[:2], z[2], z[9] = place + rng.normal(0, 10, 2), 5e3, 10.0
        compiled.predict_models(mu, xs, Ps, 1.0, motion, scratch)
        post = (np.empty((3, 7)), np.empty((3, 7, 7)), np.empty(3))
        compiled.hypothesis(z, PLANE, site, axes, 1, scratch, post)
        xs, Ps, mu = post
    assert mu[TURN] > 0.6
    assert xs[TURN, 6] == pytest.approx(rate, abs=np.radians(0.5))
