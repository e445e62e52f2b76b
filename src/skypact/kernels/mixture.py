"""Moment matching: what a track may be after a micro-batch becomes one Gaussian per model."""

from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper
from skypact.kernels.imm import predict_models
from skypact.model.tracking import (
    AREA,
    N_MODELS,
    N_STATE,
    STATE_TIME,
    Measurements,
    Pairs,
    Scratch,
    TrackParams,
    TrackTable,
)

Floats = npt.NDArray[np.float64]

UNLIKELY: Final = 1e-3
"""A hypothesis this improbable is left out."""


@helper
def copy_state(tracks: TrackTable, t: int, pairs: Pairs, k: int) -> None:
    """Take pair k's posterior as the state of track t."""
    for i in range(N_MODELS):
        tracks.mu[t, i] = pairs.mu[k, i]
        for a in range(N_STATE):
            tracks.x[t, i, a] = pairs.x[k, i, a]
            for b in range(N_STATE):
                tracks.P[t, i, a, b] = pairs.P[k, i, a, b]


@helper
def add_weighted(weight: float, x: Floats, P: Floats, x_sum: Floats, P_sum: Floats) -> None:
    """Add a weighted hypothesis to running first and second moments (upper triangle)."""
    for a in range(N_STATE):
        x_sum[a] += weight * x[a]
        for b in range(a, N_STATE):
            P_sum[a, b] += weight * (P[a, b] + x[a] * x[b])


@helper
def mix_hypotheses(
    tracks: TrackTable,
    local: int,
    best: int,
    unseen: float,
    p: TrackParams,
    pairs: Pairs,
    m: Measurements,
) -> None:
    """Moment-match the miss and all pairs of one track, model by model, at the best pair's time.

    A state is that of an object that exists: `unseen` is the probability that it does and was not
    reported.

    States are kept relative to the best pair's, so that the raw second moments lose no digits.
    """
    scratch = pairs.scratch
    t = pairs.rows[local]
    time_s = pairs.time_s[best]
    dt = time_s - tracks.num[t, STATE_TIME]
    motion = p.motion[tracks.tag[t, AREA]]
    predict_models(tracks.mu[t], tracks.x[t], tracks.P[t], dt, motion, scratch)
    for i in range(N_MODELS):
        base = scratch.work[3, i]
        total = 0.0
        for a in range(N_STATE):
            base[a] = pairs.x[best, i, a]
            scratch.x_sum[i, a] = 0.0
            for b in range(N_STATE):
                scratch.P_sum[i, a, b] = 0.0
        for a in range(N_STATE):
            scratch.work[4, i, a] = scratch.x[i, a] - base[a]
        total = unseen * scratch.predicted[i]
        add_weighted(total, scratch.work[4, i], scratch.P[i], scratch.x_sum[i], scratch.P_sum[i])
        k = pairs.first[local]
        while k >= 0:
            if pairs.prob[k] >= UNLIKELY:
                shift = time_s - pairs.time_s[k]
                weight = pairs.prob[k] * pairs.mu[k, i]
                for a in range(N_STATE):
                    moved = shift * pairs.x[k, i, a + 3] if a < 3 else 0.0
                    scratch.work[4, i, a] = pairs.x[k, i, a] + moved - base[a]
                add_weighted(
                    weight, scratch.work[4, i], pairs.P[k, i], scratch.x_sum[i], scratch.P_sum[i]
                )
                total += weight
            k = pairs.after[k]
        scratch.work[5, 0, i] = total
    settle_mixture(tracks, t, scratch)


@helper
def settle_mixture(tracks: TrackTable, t: int, scratch: Scratch) -> None:
    """Turn the raw moments of ``xs[1], Ps[1]`` into the state of track t."""
    grand = 0.0
    for i in range(N_MODELS):
        grand += scratch.work[5, 0, i]
    for i in range(N_MODELS):
        total = scratch.work[5, 0, i]
        tracks.mu[t, i] = total / grand
        if total <= 1e-12 * grand:
            continue
        for a in range(N_STATE):
            scratch.x_sum[i, a] /= total
        for a in range(N_STATE):
            tracks.x[t, i, a] = scratch.work[3, i, a] + scratch.x_sum[i, a]
            for b in range(a, N_STATE):
                spread = scratch.x_sum[i, a] * scratch.x_sum[i, b]
                tracks.P[t, i, a, b] = scratch.P_sum[i, a, b] / total - spread
                tracks.P[t, i, b, a] = tracks.P[t, i, a, b]


@helper
def forward_to(tracks: TrackTable, t: int, time_s: float, p: TrackParams, scratch: Scratch) -> None:
    """Predict track t to a later time, so that its time never goes back."""
    dt = time_s - tracks.num[t, STATE_TIME]
    motion = p.motion[tracks.tag[t, AREA]]
    predict_models(tracks.mu[t], tracks.x[t], tracks.P[t], dt, motion, scratch)
    for i in range(N_MODELS):
        tracks.mu[t, i] = scratch.predicted[i]
        for a in range(N_STATE):
            tracks.x[t, i, a] = scratch.x[i, a]
            for b in range(N_STATE):
                tracks.P[t, i, a, b] = scratch.P[i, a, b]
    tracks.num[t, STATE_TIME] = time_s
