"""Fixed-interval smoothing of switching models: the backward pass over filtered states.

The mixed start from which each model was predicted is smoothed by the Rauch-Tung-Striebel step;
what that adds is the likelihood of the future, which every model at the earlier report is
multiplied by, and the products are merged by their probabilities. Sources: Rauch, Tung and
Striebel, "Maximum likelihood estimates of linear dynamic systems", AIAA Journal 3 (1965),
1445-1450; Helmick, Blair and Hoffman, "Fixed-interval smoothing for Markovian switching systems",
IEEE Trans. Information Theory 41 (1995), 1845-1855 (interaction of the models backward, products
of every two); Nadarajah, Tharmarasa, McDonald and Kirubarajan, "IMM forward filtering and backward
smoothing for maneuvering target tracking", IEEE TAES 48 (2012), 2673-2678 (one model after the
other, without a backward filter).
"""

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper, kernel
from skypact.kernels.imm import mix_models, switch_weights
from skypact.kernels.kalman import frame_up, move_one
from skypact.kernels.smallmat import factorise, invert, multiply, solve_columns
from skypact.model.tracking import FLAT, N_MODELS, N_STATE, Measurements, Scratch

Floats = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.int8]

NEGLIGIBLE: Final = 1e-6
"""Branches less probable than this before the future is looked at are left out."""
WIDER: Final = 1.01
JUMP2: Final = 60.0
"""A product of a state with the future that is wider, or at a greater squared distance, is none."""
STEP: Final = (10.0, 1.0, 1e-3)
"""Steps of the numerical Jacobian: position [m], velocity [m/s], and the seventh component."""


class Passage(NamedTuple):
    """One track's way through its n reports, with M models."""

    x: Floats
    """Means after each report (n, M, 7); smoothed in place by the backward pass."""
    P: Floats
    """Covariances (n, M, 7, 7)."""
    mu: Floats
    """Model probabilities (n, M); zero where no state is known."""
    fate: Bytes
    """See `LEFT_OUT` and its neighbours (n,)."""
    begins: Bytes
    """1 where the state begins anew, independent of what was before (n,)."""


class Branches(NamedTuple):
    """Working memory of the backward pass: every model now with every model at the next report."""

    x: Floats
    """Smoothed means, now by next (M, M, 7)."""
    P: Floats
    """(M, M, 7, 7)"""
    weight: Floats
    """Logarithms, then probabilities (M, M)."""
    share: Floats
    """Share of each model now in the start of each next one, next by now (M, M)."""
    inverse: Floats
    """Inverses of the covariances now (M, 7, 7)."""
    log_det: Floats
    """Their log determinants, NaN where there is no inverse (M,)."""
    start: Floats
    """A smoothed start's mean (7,)."""
    start_P: Floats
    """Its covariance (7, 7)."""
    square: Floats
    """Matrices (10, 7, 7)."""
    line: Floats
    """Vectors (8, 7)."""


def empty_branches() -> Branches:
    """Make the working memory of the backward pass."""
    return Branches(
        x=np.zeros((N_MODELS, N_MODELS, N_STATE)),
        P=np.zeros((N_MODELS, N_MODELS, N_STATE, N_STATE)),
        weight=np.zeros((N_MODELS, N_MODELS)),
        share=np.zeros((N_MODELS, N_MODELS)),
        inverse=np.zeros((N_MODELS, N_STATE, N_STATE)),
        log_det=np.zeros(N_MODELS),
        start=np.zeros(N_STATE),
        start_P=np.zeros((N_STATE, N_STATE)),
        square=np.zeros((10, N_STATE, N_STATE)),
        line=np.zeros((8, N_STATE)),
    )


@helper
def is_known(path: Passage, k: int) -> bool:
    """Whether there is a state at report k."""
    total = 0.0
    for i in range(N_MODELS):
        total += path.mu[k, i]
    return total > 0.5


@helper
def cross_covariance(
    model: int, dt: float, motion: Floats, scratch: Scratch, branches: Branches
) -> None:
    """Covariance of a model's state with its prediction, into ``square[3]``, by rows of the latter.

    State and covariance are ``scratch.x[model]`` and ``scratch.P[model]``, the vertical is in
    ``scratch.line[6]``. The Jacobian is taken
    numerically from the tracker's own prediction, whatever the model is: central differences of
    functions so nearly linear are exact to some 1e-10.
    """
    F, C, unused = branches.square[2], branches.square[3], branches.square[7]
    low, high = branches.line[2], branches.line[3]
    up = scratch.line[6]
    for b in range(N_STATE):
        step = STEP[0] if b < 3 else (STEP[1] if b < 6 else STEP[2])
        for a in range(N_STATE):
            low[a] = scratch.x[model, a]
            high[a] = scratch.x[model, a]
        low[b] -= step
        high[b] += step
        move_one(low, unused, model, dt, motion, scratch.work, up)
        move_one(high, unused, model, dt, motion, scratch.work, up)
        for a in range(N_STATE):
            F[a, b] = (high[a] - low[a]) / (2.0 * step)
            for c in range(N_STATE):
                unused[a, c] = 0.0
    multiply(F, scratch.P[model], C)


@helper
def smooth_start(
    later: int,
    dt: float,
    motion: Floats,
    scratch: Scratch,
    x_next: Floats,
    P_next: Floats,
    branches: Branches,
) -> float:
    """Smooth the start ``scratch.x[later]`` of a model by what it became, into ``start``.

    Returns the log density of what it became under its prediction; NaN where that has no inverse,
    then the start stays as filtered.
    """
    x, P = branches.start, branches.start_P
    ahead, L, C, G = branches.square[0], branches.square[1], branches.square[3], branches.square[4]
    mean, d = branches.line[0], branches.line[1]
    for a in range(N_STATE):
        x[a] = scratch.x[later, a]
        mean[a] = x[a]
        for b in range(N_STATE):
            P[a, b] = scratch.P[later, a, b]
            ahead[a, b] = P[a, b]
    up = scratch.line[6]
    up[0], up[1], up[2] = frame_up(int(motion[FLAT]), x)
    move_one(mean, ahead, later, dt, motion, scratch.work, up)
    cross_covariance(later, dt, motion, scratch, branches)
    log_det = factorise(ahead, L)
    if math.isnan(log_det):
        return math.nan
    distance2 = 0.0
    white = branches.line[4]
    for a in range(N_STATE):
        d[a] = x_next[a] - mean[a]
        total = d[a]
        for b in range(a):
            total -= L[a, b] * white[b]
        white[a] = total / L[a, a]
        distance2 += white[a] * white[a]
        for b in range(N_STATE):
            G[a, b] = C[a, b]
    solve_columns(L, G)
    spread_back(x, P, d, P_next, branches)
    return -0.5 * (distance2 + log_det)


@helper
def future_of_start(later: int, scratch: Scratch, branches: Branches) -> bool:
    """Likelihood of the future that a smoothed start holds, about the filtered start.

    The quotient of the two Gaussians in information form: matrix into ``square[8]``, vector into
    ``line[6]``. False where it has none.
    """
    L, before, after = branches.square[1], branches.square[6], branches.square[8]
    if math.isnan(invert(scratch.P[later], L, before)):
        return False
    if math.isnan(invert(branches.start_P, L, after)):
        return False
    for a in range(N_STATE):
        total = 0.0
        for b in range(N_STATE):
            total += after[a, b] * (branches.start[b] - scratch.x[later, b])
        branches.line[6, a] = total
    for a in range(N_STATE):
        for b in range(N_STATE):
            after[a, b] -= before[a, b]
    return True


@helper
def multiply_future(
    now: int, later: int, scratch: Scratch, path: Passage, k: int, branches: Branches
) -> float:
    """Multiply model `now` at report k by the likelihood of the future through `later`.

    Mean and covariance go to ``x[now, later]`` and ``P[now, later]``; returns the log of the
    product's mass less what is the same for all `now`, NaN where the product is none.
    """
    L, whole, P = branches.square[1], branches.square[9], branches.P[now, later]
    pull, mean = branches.line[7], branches.line[0]
    own = branches.inverse[now]
    before2 = 0.0
    for a in range(N_STATE):
        pull[a] = branches.line[6, a]
        for b in range(N_STATE):
            whole[a, b] = own[a, b] + branches.square[8, a, b]
            off = path.x[k, now, b] - scratch.x[later, b]
            pull[a] += own[a, b] * off
            before2 += (path.x[k, now, a] - scratch.x[later, a]) * own[a, b] * off
    log_det = invert(whole, L, P)
    if math.isnan(log_det):
        return math.nan
    after2 = 0.0
    for a in range(N_STATE):
        mean[a] = 0.0
        for b in range(N_STATE):
            mean[a] += P[a, b] * pull[b]
        after2 += mean[a] * pull[a]
        branches.x[now, later, a] = scratch.x[later, a] + mean[a]
        for b in range(a):
            P[a, b] = 0.5 * (P[a, b] + P[b, a])
            P[b, a] = P[a, b]
    return 0.5 * (after2 - before2 - log_det - branches.log_det[now])


@helper
def spread_back(x: Floats, P: Floats, d: Floats, P_next: Floats, branches: Branches) -> None:
    """Rauch-Tung-Striebel step with the transposed gain in ``square[4]``, in place of x and P.

    Written as what the prediction leaves unknown plus the smoothed next covariance, which keeps
    the sum positive: ``P - G' C + G' P_next G``.
    """
    C, G, T = branches.square[3], branches.square[4], branches.square[5]
    for a in range(N_STATE):
        for b in range(N_STATE):
            x[a] += G[b, a] * d[b]
            total = 0.0
            for c in range(N_STATE):
                total += P_next[a, c] * G[c, b]
            T[a, b] = total - C[a, b]
    for a in range(N_STATE):
        for b in range(a, N_STATE):
            total = P[a, b]
            for c in range(N_STATE):
                total += 0.5 * (G[c, a] * T[c, b] + G[c, b] * T[c, a])
            P[a, b] = total
            P[b, a] = total


@helper
def weigh_branches(path: Passage, k: int, branches: Branches) -> None:
    """Turn log weights into probabilities: a column each sums to the next model's smoothed one."""
    weight = branches.weight
    for later in range(N_MODELS):
        top = -math.inf
        for now in range(N_MODELS):
            top = max(top, weight[now, later])
        total = 0.0
        for now in range(N_MODELS):
            likely = math.exp(weight[now, later] - top) if top > -math.inf else 0.0
            weight[now, later] = likely
            total += likely
        for now in range(N_MODELS):
            weight[now, later] *= path.mu[k + 1, later] / total if total > 0.0 else 0.0


@helper
def merge(weight: Floats, xs: Floats, Ps: Floats, x_out: Floats, P_out: Floats) -> None:
    """Mean (7,) and covariance (7, 7) of a Gaussian mixture; the weights sum to one."""
    for a in range(N_STATE):
        total = 0.0
        for i in range(N_MODELS):
            if weight[i] > 0.0:
                total += weight[i] * xs[i, a]
        x_out[a] = total
    for a in range(N_STATE):
        for b in range(a, N_STATE):
            total = 0.0
            for i in range(N_MODELS):
                spread = (xs[i, a] - x_out[a]) * (xs[i, b] - x_out[b])
                if weight[i] > 0.0:
                    total += weight[i] * (Ps[i, a, b] + spread)
            P_out[a, b] = total
            P_out[b, a] = total


@helper
def merge_branches(path: Passage, k: int, branches: Branches) -> None:
    """Moment-match the branches of every model into report k of the passage."""
    whole = 0.0
    for now in range(N_MODELS):
        for later in range(N_MODELS):
            whole += branches.weight[now, later]
    if not whole > 0.0:
        return
    for now in range(N_MODELS):
        total = 0.0
        for later in range(N_MODELS):
            total += branches.weight[now, later]
        path.mu[k, now] = total / whole
        if not total > 0.0:
            continue
        for later in range(N_MODELS):
            branches.weight[now, later] /= total
        merge(
            branches.weight[now], branches.x[now], branches.P[now], path.x[k, now], path.P[k, now]
        )


@helper
def is_calm(now: int, later: int, path: Passage, k: int, branches: Branches) -> bool:
    """Whether a product with the future is one: it narrows, and does not jump off.

    Moment matching can leave a smoothed state broader than its prediction; then the quotient is
    no likelihood, and products with it can be anywhere.
    """
    jump2 = 0.0
    for a in range(N_STATE):
        if branches.P[now, later, a, a] > WIDER * path.P[k, now, a, a]:
            return False
        for b in range(N_STATE):
            jump2 += (
                (branches.x[now, later, a] - path.x[k, now, a])
                * branches.inverse[now, a, b]
                * (branches.x[now, later, b] - path.x[k, now, b])
            )
    return jump2 < JUMP2


@helper
def branch_through(
    later: int,
    dt: float,
    motion: Floats,
    scratch: Scratch,
    path: Passage,
    k: int,
    branches: Branches,
) -> None:
    """Smooth every model at report k through model `later` at the next one; log weights too.

    Where the future is no likelihood, each model is taken for the start itself: what is lost by
    mixing is then not seen, but nothing is ever too wide.
    """
    x_next, P_next = path.x[k + 1, later], path.P[k + 1, later]
    log = smooth_start(later, dt, motion, scratch, x_next, P_next, branches)
    is_sound = not math.isnan(log) and future_of_start(later, scratch, branches)
    for now in range(N_MODELS):
        share = branches.share[later, now]
        if is_sound and share * path.mu[k + 1, later] > NEGLIGIBLE:
            log = math.nan
            if not math.isnan(branches.log_det[now]):
                log = multiply_future(now, later, scratch, path, k, branches)
            is_sound = not math.isnan(log) and is_calm(now, later, path, k, branches)
            branches.weight[now, later] = log + math.log(share)
    for now in range(N_MODELS):
        share = branches.share[later, now]
        if not is_sound and share * path.mu[k + 1, later] > NEGLIGIBLE:
            for a in range(N_STATE):
                scratch.x[later, a] = path.x[k, now, a]
                for b in range(N_STATE):
                    scratch.P[later, a, b] = path.P[k, now, a, b]
            log = smooth_start(later, dt, motion, scratch, x_next, P_next, branches)
            branches.weight[now, later] = math.log(share) + (0.0 if math.isnan(log) else log)
            for a in range(N_STATE):
                branches.x[now, later, a] = branches.start[a]
                for b in range(N_STATE):
                    branches.P[now, later, a, b] = branches.start_P[a, b]


@helper
def smooth_one(
    path: Passage, k: int, dt: float, motion: Floats, scratch: Scratch, branches: Branches
) -> None:
    """Smooth report k of the passage by the smoothed report k + 1, dt seconds later."""
    mix_models(path.mu[k], path.x[k], path.P[k], dt, motion, scratch)
    switch_weights(path.mu[k], dt, motion, scratch.predicted, branches.share)
    for now in range(N_MODELS):
        branches.log_det[now] = invert(path.P[k, now], branches.square[1], branches.inverse[now])
    for later in range(N_MODELS):
        for now in range(N_MODELS):
            branches.weight[now, later] = -math.inf
        if path.mu[k + 1, later] > NEGLIGIBLE:
            branch_through(later, dt, motion, scratch, path, k, branches)
    weigh_branches(path, k, branches)
    merge_branches(path, k, branches)


@kernel
def smooth_backward(
    m: Measurements,
    n: int,
    motion: Floats,
    scratch: Scratch,
    path: Passage,
    branches: Branches,
) -> None:
    """Smooth a filtered passage of n reports in place, from the last one back.

    Across a report where the state begins anew nothing is carried. Twin: tests/naive/backward.py.
    """
    for k in range(n - 2, -1, -1):
        if path.begins[k + 1] == 0 and is_known(path, k):
            smooth_one(path, k, m.time_s[k + 1] - m.time_s[k], motion, scratch, branches)
