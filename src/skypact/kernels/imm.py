"""Interacting multiple models: mixing, prediction, model probabilities, moment matching.

Source: Blom and Bar-Shalom, "The interacting multiple model algorithm for systems with Markovian
switching coefficients", IEEE TAC 33 (1988), 780-783; Bar-Shalom, Li and Kirubarajan (2001), 11.6.6.
The Markov chain is given as leaving rates, so that it fits any time step.
"""

import math

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper
from skypact.kernels.kalman import frame_up, predict_one
from skypact.model.tracking import (
    ENTER,
    LEAVE_RATE,
    LEVEL_M,
    LEVEL_MPS,
    N_MODELS,
    N_STATE,
    SPREAD_M,
    SPREAD_MPS,
    Scratch,
    TrackTable,
)

Floats = npt.NDArray[np.float64]


@helper
def switch_probability(motion: Floats, source: int, target: int, dt: float) -> float:
    """Probability that the model is `target` after |dt| when it was `source`."""
    stay = math.exp(-motion[LEAVE_RATE + source] * abs(dt))
    if source == target:
        return stay
    return (1.0 - stay) * motion[ENTER + source * N_MODELS + target]


@helper
def combine(mu: Floats, xs: Floats, Ps: Floats, x_out: Floats, P_out: Floats) -> None:
    """Mean (7,) and covariance (7, 7) of a Gaussian mixture; `mu` sums to one."""
    n = xs.shape[0]
    for i in range(N_STATE):
        total = 0.0
        for m in range(n):
            total += mu[m] * xs[m, i]
        x_out[i] = total
    for i in range(N_STATE):
        for j in range(i, N_STATE):
            total = 0.0
            for m in range(n):
                spread = (xs[m, i] - x_out[i]) * (xs[m, j] - x_out[j])
                total += mu[m] * (Ps[m, i, j] + spread)
            P_out[i, j] = total
            P_out[j, i] = total


@helper
def mix_models(
    mu: Floats, x: Floats, P: Floats, dt: float, motion: Floats, scratch: Scratch
) -> None:
    """Mixed initial conditions for a step dt into ``scratch.x`` and ``scratch.P``.

    The predicted model probabilities go to ``scratch.predicted``.
    """
    weights = scratch.line[5]
    for target in range(N_MODELS):
        total = 0.0
        for source in range(N_MODELS):
            weights[source] = mu[source] * switch_probability(motion, source, target, dt)
            total += weights[source]
        scratch.predicted[target] = total
        for source in range(N_MODELS):
            weights[source] = weights[source] / total if total > 0.0 else 1.0 / N_MODELS
        combine(weights, x, P, scratch.x[target], scratch.P[target])


@helper
def predict_models(
    mu: Floats, x: Floats, P: Floats, dt: float, motion: Floats, scratch: Scratch
) -> None:
    """Predict all models (M, 7), (M, 7, 7) by dt into ``scratch.x`` and ``scratch.P``."""
    mix_models(mu, x, P, dt, motion, scratch)
    for m in range(N_MODELS):
        predict_one(scratch.x[m], scratch.P[m], m, dt, motion, scratch.work, scratch.line[6])


@helper
def level_part(P: Floats, up: Floats, first: int) -> float:
    """Trace of the covariance of position (`first` 0) or velocity (3) less its vertical part."""
    total = 0.0
    for i in range(3):
        total += P[first + i, first + i]
        for j in range(3):
            total -= up[i] * P[first + i, first + j] * up[j]
    return max(0.0, total)


@helper
def refresh_moments(tracks: TrackTable, t: int, flat: int, scratch: Scratch) -> None:
    """Recompute a track's moment-matched position, velocity and spreads."""
    x = scratch.line[6]
    up = scratch.line[7]
    P = scratch.work[2]
    combine(tracks.mu[t], tracks.x[t], tracks.P[t], x, P)
    for i in range(3):
        tracks.pos[t, i] = x[i]
        tracks.vel[t, i] = x[3 + i]
    up[0], up[1], up[2] = frame_up(flat, x)
    tracks.num[t, SPREAD_M] = math.sqrt(P[0, 0] + P[1, 1] + P[2, 2])
    tracks.num[t, SPREAD_MPS] = math.sqrt(P[3, 3] + P[4, 4] + P[5, 5])
    tracks.num[t, LEVEL_M] = math.sqrt(level_part(P, up, 0))
    tracks.num[t, LEVEL_MPS] = math.sqrt(level_part(P, up, 3))
