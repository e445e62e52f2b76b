"""The smoother against Rauch-Tung-Striebel, batch least squares, and its plain twin."""

import numpy as np
import pytest
from tests.naive import backward as naive
from tests.naive import imm, states
from tests.naive import kalman as naive_kalman
from tests.naive import smooth as plain

from skypact.config import Sensor, sensor_table
from skypact.kernels import backward, smooth
from skypact.kernels.lifecycle import START_SIGMA_M
from skypact.model.tracking import (
    AREA,
    BIAS_VAR_AZIMUTH,
    BIAS_VAR_RANGE,
    CRUISE,
    EXTRAS,
    HEIGHT,
    LAST_SELF,
    LEAVE_RATE,
    LEVEL_VAR,
    MANOEUVRE,
    MEMORY,
    N_MODELS,
    PLACE,
    PLANE,
    SIGMA,
    SIGMA_HEIGHT,
    STATE_TIME,
    UP,
    empty_scratch,
    empty_tracks,
)
from skypact.track.geometry import geometry
from skypact.track.params import TrackerParams, track_params
from skypact.track.tracker import empty_measurements

N = 40
SENSOR = [Sensor(name="p", kind="position", lat=48.0, lon=16.0, sigma_position_m=30.0)]


def setting(*, flat, switching=True):
    """Geometry and parameters of the kernels."""
    p = track_params(TrackerParams(frame="flat" if flat else "ecef"))
    if not switching:
        p.motion[:, LEAVE_RATE : LEAVE_RATE + N_MODELS] = 0.0
    return geometry(sensor_table(SENSOR, flat=flat), flat=flat), p


def reports(rng, flat, steps=(0.0, 0.7, 3.0, 4.0), turn=0.03):
    """Positions with heights of an object that flies straight and then turns."""
    m = empty_measurements(N)
    time_s = np.cumsum(rng.choice(steps, N))
    start = states.random_state(rng, flat, 20e3)
    up = naive_kalman.vertical(start, flat)
    m.time_s[:] = time_s
    m.form[:] = PLANE
    m.icao[:] = -1
    m.mode3a[:] = m.callsign[:] = -1
    m.baro_m[:] = np.nan
    place, velocity = start[:3].copy(), start[3:6] - (start[3:6] @ up) * up
    for k in range(N):
        dt = time_s[k] - time_s[k - 1] if k else 0.0
        place = place + dt * velocity
        if k > N // 2:
            velocity = velocity + dt * turn * np.cross(up, velocity)
        m.z[k] = np.nan
        m.z[k, PLACE : PLACE + 3] = place + rng.normal(0.0, 30.0, 3)
        m.z[k, UP : UP + 3] = naive_kalman.vertical(place, flat)
        m.z[k, HEIGHT] = 0.0 if flat else 9_000.0
        m.z[k, SIGMA], m.z[k, SIGMA_HEIGHT] = 30.0, 20.0
        m.z[k, [MEMORY, BIAS_VAR_RANGE, BIAS_VAR_AZIMUTH, EXTRAS, LEVEL_VAR]] = 0.0
    return m


def passed(m, g, p, *, taken=True, apart=False):
    """Filtered passage, then smoothed: both as arrays of their own.

    `apart`: models that never switch are all kept, however unlikely one became.
    """
    tracks, path = empty_tracks(1, 1, buckets=1), smooth.empty_passage(N)
    tracks.num[0, [STATE_TIME, LAST_SELF]] = np.nan
    tracks.tag[0, AREA] = 0
    if taken:
        path.fate[:] = smooth.TAKEN
    scratch = empty_scratch()
    smooth.filter_forward(tracks, m, N, g, p, scratch, path)
    if apart:
        path.mu[:] = 1.0 / N_MODELS
    filtered = backward.Passage(*(column.copy() for column in path))
    backward.smooth_backward(m, N, p.motion[0], scratch, path, backward.empty_branches())
    return filtered, path


def matrices(m, model, motion):
    """F and Q from each report to the next."""
    up = np.array([0.0, 0.0, 1.0])
    steps = np.diff(m.time_s)
    F = [naive_kalman.jacobian(np.zeros(7), dt, model, up) for dt in steps]
    return F, [naive_kalman.noise(dt, model, up, motion, np.zeros(7)) for dt in steps]


def scaled(P):
    d = np.array([30.0, 30, 30, 3, 3, 3, 0.03])
    return P / np.outer(d, d)


@pytest.mark.parametrize("model", [CRUISE, MANOEUVRE])
def test_a_linear_model_alone_is_smoothed_as_by_rauch_tung_and_striebel(model):
    g, p = setting(flat=True, switching=False)
    m = reports(np.random.default_rng(1), True, turn=0.0)
    filtered, path = passed(m, g, p, apart=True)
    F, Q = matrices(m, model, p.motion[0])
    x, P = naive.rts(filtered.x[:, model], filtered.P[:, model], F, Q)
    assert np.abs(path.x[:, model] - x).max() < 1e-9 * np.abs(x).max()
    assert np.abs(scaled(path.P[:, model]) - scaled(P)).max() < 1e-9 * np.abs(scaled(P)).max()


def test_a_linear_model_alone_is_the_best_fit_to_all_reports_at_once():
    g, p = setting(flat=True, switching=False)
    m = reports(np.random.default_rng(2), True, steps=(0.5, 3.0, 4.0), turn=0.0)
    _, path = passed(m, g, p, apart=True)
    F, Q = matrices(m, CRUISE, p.motion[0])
    # The turn rate is forgotten at each step and seen by nobody: the fit is of the other six.
    F, Q = [f[:6, :6] for f in F], [q[:6, :6] for q in Q]
    prior = np.concatenate([m.z[0, PLACE : PLACE + 3], np.zeros(3)])
    spread = [START_SIGMA_M] * 3 + [p.start_sigma[0], p.start_sigma[0], p.start_sigma[1]]
    z = m.z[:, PLACE : PLACE + 3]
    R = [np.diag([30.0**2, 30.0**2, 20.0**2])] * N
    x, P = naive.batch(prior, np.diag(np.square(spread)), F, Q, np.eye(3, 6), R, z)
    got = path.x[:, CRUISE, :6], path.P[:, CRUISE, :6, :6]
    assert np.abs(got[0] - x).max() < 1e-9 * np.abs(x).max()
    d = np.array([30.0, 30, 30, 3, 3, 3])
    assert np.abs((got[1] - P) / np.outer(d, d)).max() < 1e-7


@pytest.mark.parametrize("flat", [False, True])
def test_switching_models_are_smoothed_as_by_the_plain_twin(flat):
    g, p = setting(flat=flat)
    m = reports(np.random.default_rng(3), flat)
    filtered, path = passed(m, g, p)
    mu, x, P = naive.backward(filtered.mu, filtered.x, filtered.P, m.time_s, p.motion[0])
    assert np.abs(path.mu - mu).max() < 0.02
    d = np.array([30.0, 30, 30, 3, 3, 3, 0.03])
    for k in range(N):
        got = imm.moments(path.mu[k], path.x[k], path.P[k])
        want = imm.moments(mu[k], x[k], P[k])
        assert np.abs((got[0] - want[0]) / d).max() < 0.02
        assert np.abs((got[1] - want[1]) / np.outer(d, d)).max() < 0.02


def test_reports_are_filtered_as_by_the_plain_twin():
    g, p = setting(flat=True)
    m = reports(np.random.default_rng(6), True)
    filtered, _ = passed(m, g, p)
    site, axes = states.frame(True)
    first = filtered.mu[0], filtered.x[0], filtered.P[0]
    want = plain.forward(*first, m.time_s, m.z, PLANE, site, axes, p.motion[0], True)
    for k in range(N):
        got = imm.moments(filtered.mu[k], filtered.x[k], filtered.P[k])[0]
        assert np.abs(got - imm.moments(*want[k])[0]).max() < 1e-3


def test_wild_reports_are_left_out_and_good_ones_come_back():
    g, p = setting(flat=True)
    m = reports(np.random.default_rng(4), True)
    m.z[25, PLACE] += 3_000.0
    _, path = passed(m, g, p, taken=False)
    assert path.fate[25] == smooth.LEFT_OUT
    path.fate[10] = smooth.LEFT_OUT
    spare, scratch = smooth.empty_passage(1), empty_scratch()
    one = empty_tracks(1, 1, buckets=1)
    assert smooth.judge_again(one, m, N, g, p, scratch, path, spare) >= 1
    assert path.fate[10] == smooth.TAKEN
    assert path.fate[25] == smooth.LEFT_OUT


def test_a_track_that_its_reports_leave_is_begun_anew():
    g, p = setting(flat=True)
    m = reports(np.random.default_rng(5), True)
    m.z[20:, PLACE] += 50_000.0
    _, path = passed(m, g, p, taken=False)
    assert np.flatnonzero(path.begins).tolist() == [0, 20]
    assert np.abs(path.x[20:, CRUISE, 0] - m.z[20:, PLACE]).max() < 300.0
    assert np.abs(path.x[:20, CRUISE, 0] - m.z[:20, PLACE]).max() < 300.0
