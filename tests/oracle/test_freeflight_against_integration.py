"""The ballistic mode's prediction against flight in the inertial frame, and its waking limits."""

import numpy as np
import pytest
from tests.naive import compiled, geodesy, states, waking
from tests.naive import freeflight as naive

from skypact.model.tracking import (
    AREA,
    AS_AIRCRAFT,
    BALLISTIC_ROW,
    COAST,
    LEVEL_M,
    LEVEL_MPS,
    LOG_BALLISTIC,
    N_MODELS,
    PLACE,
    SPREAD_M,
    SPREAD_MPS,
    THRUST,
    TURN_VAR,
    UP,
    Z_WIDTH,
    empty_tracks,
)
from skypact.track.params import TrackerParams, track_params
from skypact.units import METRE

PARAMS = track_params(TrackerParams())
MOTION = PARAMS.motion[-1]
SIGMAS = (300.0, 300, 300, 20, 20, 20, 0.5)


def flier(rng, height_m, speed_mps):
    """State of something at a height, in a random direction."""
    lat, lon = rng.uniform(-1.2, 1.2), rng.uniform(-3.0, 3.0)
    direction = rng.normal(size=3)
    place = geodesy.ecef_from_geodetic(lat, lon, height_m)
    velocity = speed_mps * direction / np.linalg.norm(direction)
    return np.array([*place, *velocity, rng.uniform(np.log(500.0), np.log(15_000.0))])


def scaled(P):
    d = np.array(SIGMAS)
    return P / np.outer(d, d)


CASES = [(8e3, 900.0), (25e3, 2_500.0), (60e3, 3_000.0), (160e3, 1_500.0), (400e3, 6_500.0)]


@pytest.mark.parametrize("model", [COAST, THRUST, AS_AIRCRAFT])
@pytest.mark.parametrize("case", CASES)
def test_the_prediction_is_that_of_flight_in_the_inertial_frame(model, case):
    """Also backwards; one-sided differences err by a percent where drag halves the speed."""
    rng = np.random.default_rng(50 + model)
    for dt in (0.3, 10.0, -0.4):
        x, P = flier(rng, *case), states.random_covariance(rng, SIGMAS)
        up = geodesy.up_at(x[:3])
        want = naive.predict(x, P, model, dt, MOTION, up)
        got = x.copy(), P.copy()
        compiled.move_free(*got, model, dt, MOTION, up)
        assert np.abs(got[0][:3] - want[0][:3]).max() < 0.1 * METRE
        assert np.abs(got[0][3:] - want[0][3:]).max() < 0.05
        size = np.abs(scaled(want[1])).max()
        assert np.abs(scaled(got[1]) - scaled(want[1])).max() < 1.5e-2 * size
        assert np.array_equal(got[1], got[1].T)
        assert np.linalg.eigvalsh(scaled(got[1])).min() > 0.0


def test_no_time_changes_nothing():
    rng = np.random.default_rng(54)
    for model in (COAST, THRUST):
        x, P = flier(rng, 90e3, 2_000.0), states.random_covariance(rng, SIGMAS)
        got = x.copy(), P.copy()
        compiled.move_free(*got, model, 0.0, MOTION, geodesy.up_at(x[:3]))
        assert np.array_equal(got[0], x)
        assert np.abs(scaled(got[1]) - scaled(P)).max() < 1e-6 * np.abs(scaled(P)).max()


def test_beyond_is_told_as_by_the_plain_twin():
    """Around the limits, so that either answer comes up often."""
    rng, tracks, answers = np.random.default_rng(55), empty_tracks(1, 1), []
    limits = (1_000.0, 450.0, 60_000.0)
    for _ in range(300):
        lat, lon = rng.uniform(-1.2, 1.2), rng.uniform(-3.0, 3.0)
        axes = geodesy.enu_axes([lat], [lon])[0]
        place = geodesy.ecef_from_geodetic(lat, lon, rng.uniform(0, 70e3))
        heading = rng.uniform(0, 2 * np.pi)
        speed = rng.uniform(0, 1_200)
        local = speed * np.sin(heading), speed * np.cos(heading), rng.uniform(-500, 500)
        x = np.array([*place, *(np.array(local) @ axes), 0.0])
        P = states.random_covariance(rng, (2e3, 2e3, 2e3, 30, 30, 30, 0.1))
        up = geodesy.up_at(place)
        level = np.eye(3) - np.outer(up, up)
        tracks.pos[0], tracks.vel[0] = x[:3], x[3:6]
        for block, whole, part in ((0, SPREAD_M, LEVEL_M), (3, SPREAD_MPS, LEVEL_MPS)):
            B = P[block : block + 3, block : block + 3]
            tracks.num[0, whole] = np.sqrt(np.trace(B))
            tracks.num[0, part] = np.sqrt(np.trace(level @ B @ level))
        got = compiled.is_beyond(tracks, 0, limits, 2.0)
        near = [waking.beyond(x, P, (*limits[:2], limits[2] + d), 2.0) for d in (-150.0, 150.0)]
        assert got in near  # the kernel's height is that along the radius
        answers.append(got)
    assert 0.1 < np.mean(answers) < 0.9


@pytest.mark.parametrize("height_m", [2e3, 30e3, 90e3])
def test_an_undecided_start_is_as_open_as_its_height_says(height_m):
    tracks, z = empty_tracks(1, 1), np.full(Z_WIDTH, np.nan)
    z[PLACE : PLACE + 3] = geodesy.ecef_from_geodetic(0.8, 0.3, height_m)
    z[UP : UP + 3] = geodesy.up_at(z[:3])
    tracks.P[0, :] = np.diag([1e6, 1e6, 1e6, 100, 100, 100, 1])
    compiled.open_state(tracks, 0, z, PARAMS)
    mu, wide = waking.start(z[:3], z[3:6])
    assert tracks.tag[0, AREA] == BALLISTIC_ROW
    assert tracks.mu[0] == pytest.approx(mu, abs=1e-3)
    for model in range(N_MODELS):
        want = 100 * np.eye(3) if model == AS_AIRCRAFT else wide
        assert np.abs(tracks.P[0, model, 3:6, 3:6] - want).max() < 0.01 * want.max()
        assert tracks.x[0, model, 6] == MOTION[LOG_BALLISTIC]
        assert tracks.P[0, model, 6, 6] == MOTION[TURN_VAR]
