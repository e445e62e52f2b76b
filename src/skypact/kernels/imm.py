"""Interacting multiple models: mixing, prediction, model probabilities, moment matching.

Source: Blom and Bar-Shalom, "The interacting multiple model algorithm for systems with Markovian
switching coefficients", IEEE TAC 33 (1988), 780-783; Bar-Shalom, Li and Kirubarajan (2001), 11.6.6.
The Markov chain is given as leaving rates, so that it fits any time step.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper
from skypact.kernels.freeflight import move_free
from skypact.kernels.kalman import frame_up, move_one
from skypact.model.tracking import (
    ENTER,
    FLAT,
    KIND,
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
LEAST_SHARE: Final = 0.05
"""Share of a mixture below which a component is left out in the ballistic mode."""


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
def switch_weights(mu: Floats, dt: float, motion: Floats, predicted: Floats, W: Floats) -> None:
    """Predicted probabilities (M,) and, by rows of targets, the share of each source (M, M)."""
    for target in range(N_MODELS):
        predicted[target] = 0.0
    for source in range(N_MODELS):
        stay = math.exp(-motion[LEAVE_RATE + source] * abs(dt))
        for target in range(N_MODELS):
            share = (1.0 - stay) * motion[ENTER + source * N_MODELS + target]
            W[target, source] = mu[source] * (stay if source == target else share)
            predicted[target] += W[target, source]
    for target in range(N_MODELS):
        total = predicted[target]
        for source in range(N_MODELS):
            W[target, source] = W[target, source] / total if total > 0.0 else 1.0 / N_MODELS


@helper
def prune_weights(W: Floats) -> None:
    """Leave sources out whose share of a mixture is below `LEAST_SHARE`, in place.

    The mean and covariance of a mixture take a hardly likely component that is far off as a little
    of everything: one of 1 % with a hundred times the variance doubles it. In the ballistic mode
    thrust is that far from free flight. Each hypothesis stays what it is in its own model. Source:
    Salmond, "Mixture reduction algorithms for target tracking in clutter", SPIE 1305 (1990),
    434-445, section 3 (components below a weight are left out).
    """
    for target in range(N_MODELS):
        total = 0.0
        for source in range(N_MODELS):
            if W[target, source] < LEAST_SHARE:
                W[target, source] = 0.0
            total += W[target, source]
        for source in range(N_MODELS):
            W[target, source] /= total


@helper
def mix_three(W: Floats, x: Floats, P: Floats, d: Floats, x_out: Floats, P_out: Floats) -> None:
    """Three mixtures of three components; weights by rows of `W`, `d` (3, 7) is scratch.

    The spread of the means is the sum over pairs of w_i w_k (x_i - x_k) (x_i - x_k)^T, so that the
    products of differences are taken once for all mixtures, entry by entry: a third of the time of
    one mixture after the other.
    """
    u0, u1, u2 = W[0, 0], W[0, 1], W[0, 2]
    v0, v1, v2 = W[1, 0], W[1, 1], W[1, 2]
    w0, w1, w2 = W[2, 0], W[2, 1], W[2, 2]
    u01, u02, u12 = u0 * u1, u0 * u2, u1 * u2
    v01, v02, v12 = v0 * v1, v0 * v2, v1 * v2
    w01, w02, w12 = w0 * w1, w0 * w2, w1 * w2
    for a in range(N_STATE):
        d[0, a] = x[0, a] - x[1, a]
        d[1, a] = x[0, a] - x[2, a]
        d[2, a] = x[1, a] - x[2, a]
        x_out[0, a] = x[0, a] - u1 * d[0, a] - u2 * d[1, a]
        x_out[1, a] = x[0, a] - v1 * d[0, a] - v2 * d[1, a]
        x_out[2, a] = x[0, a] - w1 * d[0, a] - w2 * d[1, a]
    for a in range(N_STATE):
        for b in range(a, N_STATE):
            p0, p1, p2 = P[0, a, b], P[1, a, b], P[2, a, b]
            d01, d02, d12 = d[0, a] * d[0, b], d[1, a] * d[1, b], d[2, a] * d[2, b]
            u = (u0 * p0 + u1 * p1 + u2 * p2) + (u01 * d01 + u02 * d02 + u12 * d12)
            v = (v0 * p0 + v1 * p1 + v2 * p2) + (v01 * d01 + v02 * d02 + v12 * d12)
            w = (w0 * p0 + w1 * p1 + w2 * p2) + (w01 * d01 + w02 * d02 + w12 * d12)
            P_out[0, a, b] = u
            P_out[0, b, a] = u
            P_out[1, a, b] = v
            P_out[1, b, a] = v
            P_out[2, a, b] = w
            P_out[2, b, a] = w


@helper
def mix_models(
    mu: Floats, x: Floats, P: Floats, dt: float, motion: Floats, scratch: Scratch
) -> None:
    """Mixed initial conditions for a step dt into ``scratch.x`` and ``scratch.P``.

    The predicted model probabilities go to ``scratch.predicted``.
    """
    switch_weights(mu, dt, motion, scratch.predicted, scratch.work[7])
    if motion[KIND] == 1.0:
        prune_weights(scratch.work[7])
    mix_three(scratch.work[7], x, P, scratch.work[6], scratch.x, scratch.P)


@helper
def predict_models(
    mu: Floats, x: Floats, P: Floats, dt: float, motion: Floats, scratch: Scratch
) -> None:
    """Predict all models (M, 7), (M, 7, 7) by dt into ``scratch.x`` and ``scratch.P``.

    All take the vertical of the first: they are never far apart.
    """
    mix_models(mu, x, P, dt, motion, scratch)
    up = scratch.line[6]
    up[0], up[1], up[2] = frame_up(int(motion[FLAT]), scratch.x[0])
    if motion[KIND] == 1.0:
        for m in range(N_MODELS):
            move_free(scratch.x[m], scratch.P[m], m, dt, motion, scratch.work, up)
        return
    for m in range(N_MODELS):
        move_one(scratch.x[m], scratch.P[m], m, dt, motion, scratch.work, up)


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
    """Recompute a track's moment-matched position, velocity and spreads.

    The moments stay in ``scratch.line[6]`` and ``scratch.work[2]``, where `export_row` finds them.
    """
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
