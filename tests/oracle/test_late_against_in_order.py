"""Late reports: against the plain twin, and exactly against processing in order."""

import numpy as np
import pytest
from tests.naive import compiled, late, states, update
from tests.naive import kalman as naive

from skypact.model.tracking import (
    N_MODELS,
    STATE_TIME,
    TURN_VAR,
    empty_scratch,
    empty_tracks,
)
from skypact.track.params import TrackerParams, track_params
from skypact.units import SECOND

MOTION = {flat: track_params(TrackerParams(frame=flat)).motion[0] for flat in ("flat", "ecef")}


def kept_row(tracks, past, mu, xs, Ps, now_s):
    """Put a track with this past and present in row 0."""
    compiled.forget(tracks, 0)
    for time_s, x, P in past:
        tracks.num[0, STATE_TIME] = time_s
        compiled.remember(tracks, 0, x, P)
    tracks.mu[0], tracks.x[0], tracks.P[0] = mu, xs, Ps
    tracks.num[0, STATE_TIME] = now_s


def life(rng, frame, steps=9, step_s=2.0):
    """A past of one flight, filtered from noise, and its present models at the last time."""
    flat = frame == "flat"
    x = states.random_state(rng, flat)
    past = []
    P = states.random_covariance(rng)
    for k in range(steps):
        late.remember(past, k * step_s, x, P)
        x, P = naive.predict(x, P, 0, step_s, MOTION[frame])
        x, P = x + rng.normal(0, [20.0] * 3 + [1.0] * 3 + [0.0]), 0.8 * P
    spread = np.array([30.0] * 3 + [3.0] * 3 + [0.01])
    xs = x + rng.normal(0, 1, (N_MODELS, 7)) * spread
    Ps = np.array([states.random_covariance(rng) for _ in range(N_MODELS)])
    return past, np.array([0.6, 0.3, 0.1]), xs, Ps, steps * step_s - 1.0


@pytest.mark.parametrize("frame", ["flat", "ecef"])
@pytest.mark.parametrize("lateness_s", [0.4, 1.0, 1.7, 5.3, 10.0, 30.0])
def test_states_at_the_late_time_are_the_twin_s(frame, lateness_s):
    """The last lateness lies before all that is kept."""
    rng = np.random.default_rng(7)
    tracks, scratch = empty_tracks(4, 1, 16), empty_scratch()
    for _ in range(5):
        past, mu, xs, Ps, now_s = life(rng, frame)
        kept_row(tracks, past, mu, xs, Ps, now_s)
        tau = now_s - lateness_s
        assert compiled.retrodict(tracks, 0, tau, MOTION[frame], scratch)
        means, Vs, Cs = late.retrodict(past, tau, now_s, mu, xs, Ps, MOTION[frame])
        assert np.array_equal(scratch.predicted, mu)
        assert np.abs(scratch.x - means)[:, :6].max() < 1e-4
        assert np.allclose(scratch.P, Vs, rtol=1e-6, atol=1e-6)
        gain = np.array([np.linalg.solve(V, C).T for V, C in zip(Vs, Cs, strict=True)])
        assert np.allclose(scratch.gain, gain, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("frame", ["flat", "ecef"])
def test_the_update_brought_back_is_the_twin_s(frame):
    rng = np.random.default_rng(8)
    tracks, scratch = empty_tracks(4, 1, 16), empty_scratch()
    past, mu, xs, Ps, now_s = life(rng, frame)
    kept_row(tracks, past, mu, xs, Ps, now_s)
    tau = now_s - 6.2
    compiled.retrodict(tracks, 0, tau, MOTION[frame], scratch)
    then = late.retrodict(past, tau, now_s, mu, xs, Ps, MOTION[frame])
    x, P = scratch.x + rng.normal(0, 5, (3, 7)) * [1, 1, 1, 0.1, 0.1, 0.1, 1e-3], 0.5 * scratch.P
    post = (x.copy(), P.copy(), np.array([0.8, 0.1, 0.1]))
    wanted = late.bring_back((mu, xs, Ps), then, (post[2], x, P), 6.2, MOTION[frame])
    compiled.bring_back(tracks, 0, tau, MOTION[frame], scratch, post)
    assert post[2] == pytest.approx(wanted[0], abs=1e-12)
    assert np.abs(post[0] - wanted[1])[:, :6].max() < 1e-3
    assert np.allclose(post[1], wanted[2], rtol=1e-5, atol=1e-5)


def steady(times, report_at):
    """Straight flight filtered by one linear model, plane reports at `times`; returns the past."""
    motion = MOTION["flat"]
    x = np.array([0.0, 0.0, 5_000.0, 200.0, 50.0, 0.0, 0.0])
    truth, P = x.copy(), np.diag([1e4, 1e4, 1e4, 1e3, 1e3, 10.0, motion[TURN_VAR]])
    past, last = [], times[0]
    for time_s in times:
        if time_s > last:
            x, P = naive.predict(x, P, 0, time_s - last, motion)
        last = time_s
        x, P = update.update(x, P, report_at(time_s, truth), 1, *states.frame(True), True)[:2]
        past.append((time_s, x, P))
    return past


@pytest.mark.parametrize("late_at", [1.0, 3.0, 8.9, 12.5])
def test_with_one_linear_model_and_every_state_kept_it_is_processing_in_order(late_at):
    """Bar-Shalom's problem: the exact answer is the filter run again with the report in place."""
    rng = np.random.default_rng(9)
    noise = {t: rng.normal(0, 30, 2) for t in [*np.arange(0.0, 14.0, 2.0), late_at]}

    def report_at(time_s, truth):
        place = truth[:3] + time_s * truth[3:6] + [*noise[time_s], 0.0]
        z = states.report_of(np.random.default_rng(0), truth, True, velocity=False)
        z[:3] = place
        z[8] = 5_000.0
        return z

    times = np.arange(0.0, 14.0, 2.0)
    past = steady(times, report_at)
    in_order = steady(np.sort([*times, late_at]), report_at)[-1]
    now_s, x, P = past[-1]
    if late_at > now_s:
        now_s, (x, P) = late_at + 1.0, naive.predict(x, P, 0, late_at + 1.0 - now_s, MOTION["flat"])
        wanted = naive.predict(*in_order[1:], 0, 1.0, MOTION["flat"])
    else:
        wanted = in_order[1:]
    tracks, scratch = empty_tracks(4, 1, 16), empty_scratch()
    mu = np.array([1.0, 0.0, 0.0])
    kept_row(tracks, past, mu, np.tile(x, (3, 1)), np.tile(P, (3, 1, 1)), now_s)
    compiled.retrodict(tracks, 0, late_at * SECOND, MOTION["flat"], scratch)
    z = report_at(late_at, np.array([0.0, 0.0, 5_000.0, 200.0, 50.0, 0.0, 0.0]))
    xs, Ps = scratch.x.copy(), scratch.P.copy()
    xs[0], Ps[0] = update.update(xs[0], Ps[0], z, 1, *states.frame(True), True)[:2]
    compiled.bring_back(tracks, 0, late_at, MOTION["flat"], scratch, (xs, Ps, mu))
    assert np.abs(xs[0] - wanted[0])[:6].max() < 1e-6
    assert np.allclose(Ps[0], wanted[1], rtol=1e-8, atol=1e-8)
