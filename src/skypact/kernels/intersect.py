"""Another tracker's estimate, taken in by covariance intersection.

Errors of a track's successive positions hang together, and the other tracker may hear the radars
that the track at hand has heard. Nobody knows how much, so nothing is taken for independent: the
track's own state and the estimate are weighed by w and 1 - w, which is right whatever they share.
Source: Julier and Uhlmann, "A non-divergent estimation algorithm in the presence of unknown
correlations", Proc. American Control Conference (1997), 2369-2373.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper
from skypact.kernels.height import vertical_variance
from skypact.kernels.update import level_axes, update_one
from skypact.model.tracking import (
    HEIGHT,
    N_MODELS,
    N_STATE,
    SIGMA,
    SIGMA_HEIGHT,
    SIGMA_V,
    UP,
    VN,
    Scratch,
)

Floats = npt.NDArray[np.float64]

NEVER: Final = 1e-9
"""A model less probable than this is not looked at."""
LEAST_CHANCE: Final = 1e-30
"""A model that a report speaks against is left this much, so that its logarithm is a number."""
LEAST_SHARE: Final = 0.02
MOST_SHARE: Final = 1.0 - 1e-6
"""Limits of the own state's weight: neither side is divided by nothing."""
GOLDEN: Final = 0.5 * (math.sqrt(5.0) - 1.0)
N_SECTIONS: Final = 30
"""Golden sections by which the weight is found: to 1e-6."""
AS_GOOD: Final = 1.0 - 1e-12
"""Where nothing but rounding tells two weights apart, the estimate's is the larger."""
LEAST_PIVOT: Final = 1e-14
"""A state in whose level part something is known exactly has this left there."""


@helper
def copy_model(x: Floats, P: Floats, x_out: Floats, P_out: Floats) -> None:
    """Copy one model's state."""
    for a in range(N_STATE):
        x_out[a] = x[a]
        for b in range(N_STATE):
            P_out[a, b] = P[a, b]


@helper
def level_parts(P: Floats, z: Floats, flat: int, scratch: Scratch) -> int:
    """Set the level part of a state in the estimate's sigmas; returns its length n, 2 or 4.

    With J the rows of east and north, position first and velocity where the estimate has one, each
    divided by the estimate's sigma: J P goes to ``work[4]`` (n, 7), J P J' to ``work[5]`` (n, n).
    """
    e = scratch.line[2]
    n = scratch.line[3]
    level_axes(z, flat, e, n)
    count = 2 if math.isnan(z[VN]) else 4
    C = scratch.work[4]
    S = scratch.work[5]
    for r in range(count):
        axis = e if r % 2 == 0 else n
        first = 0 if r < 2 else 3
        sigma = z[SIGMA] if r < 2 else z[SIGMA_V]
        for k in range(N_STATE):
            total = 0.0
            for i in range(3):
                total += axis[i] * P[first + i, k]
            C[r, k] = total / sigma
    for r in range(count):
        for q in range(count):
            axis = e if q % 2 == 0 else n
            first = 0 if q < 2 else 3
            sigma = z[SIGMA] if q < 2 else z[SIGMA_V]
            total = 0.0
            for i in range(3):
                total += C[r, first + i] * axis[i]
            S[r, q] = total / sigma
    return count


@helper
def volume_left(S: Floats, n: int, share: float) -> float:
    """Inverse squared volume of position and velocity, each by itself, but for a fixed factor."""
    volume = 1.0
    for r in range(0, n, 2):
        trace = S[r, r] + S[r + 1, r + 1]
        det = S[r, r] * S[r + 1, r + 1] - S[r, r + 1] * S[r + 1, r]
        other = 1.0 - share
        volume *= share * share + share * other * trace + other * other * det
    return volume


@helper
def share_of_own(S: Floats, n: int) -> float:
    """Weight of a state against an estimate, the one that makes the smallest ellipses.

    Position and velocity are weighed together: the better position may have the worse velocity.
    With S the state's covariance in the estimate's sigmas, det(w P^-1 + (1 - w) R^-1) is
    det(w I + (1 - w) S) but for a factor that does not depend on w; the product of position's and
    velocity's is looked at. What hangs between the two is left out of the choice, which any weight
    leaves right: a state that is the estimate's own, predicted, would else be held against it.
    The logarithm is concave, so a golden section finds the maximum.
    """
    low = LEAST_SHARE
    high = MOST_SHARE
    for _ in range(N_SECTIONS):
        left = high - GOLDEN * (high - low)
        right = low + GOLDEN * (high - low)
        if volume_left(S, n, left) > AS_GOOD * volume_left(S, n, right):
            high = right
        else:
            low = left
    best = 0.5 * (low + high)
    is_own = AS_GOOD * volume_left(S, n, MOST_SHARE) > volume_left(S, n, best)
    return MOST_SHARE if is_own else best


@helper
def factorise_level(S: Floats, n: int, L: Floats) -> None:
    """Write the lower Cholesky factor of S (n, n) into L."""
    for a in range(n):
        for b in range(a + 1):
            total = S[a, b]
            for c in range(b):
                total -= L[a, c] * L[b, c]
            L[a, b] = total / L[b, b] if a > b else math.sqrt(max(total, LEAST_PIVOT))


@helper
def widen_level(P: Floats, C: Floats, S: Floats, n: int, share: float, L: Floats) -> None:
    """Divide a state's level part by its share, in place.

    P becomes P + (1 / share - 1) P J' (J P J')^-1 J P, never less than P: the level part is divided
    by the share, and what is known beside it (a velocity that the estimate does not have, heights,
    turns) follows as far as it hangs on it.
    """
    factorise_level(S, n, L)
    for k in range(N_STATE):
        for a in range(n):
            for c in range(a):
                C[a, k] -= L[a, c] * C[c, k]
            C[a, k] /= L[a, a]
    more = 1.0 / share - 1.0
    for a in range(N_STATE):
        for b in range(a + 1):
            total = 0.0
            for r in range(n):
                total += C[r, a] * C[r, b]
            P[a, b] += more * total
            P[b, a] = P[a, b]


@helper
def widen_height(P: Floats, z: Floats, along: Floats) -> float:
    """Divide a state's height by its share, in place, and what hangs on it; returns the share.

    Of two numbers the surer is taken alone. `along` (7,) is scratch.
    """
    up = z[UP : UP + 3]
    variance = vertical_variance(P, up)
    if variance <= z[SIGMA_HEIGHT] * z[SIGMA_HEIGHT]:
        return MOST_SHARE
    for a in range(N_STATE):
        along[a] = up[0] * P[0, a] + up[1] * P[1, a] + up[2] * P[2, a]
    more = (1.0 / LEAST_SHARE - 1.0) / variance
    for a in range(N_STATE):
        for b in range(N_STATE):
            P[a, b] += more * along[a] * along[b]
    return LEAST_SHARE


@helper
def intersect(
    form: int,
    site: Floats,
    axes: Floats,
    flat: int,
    is_late: bool,
    scratch: Scratch,
    post: tuple[Floats, Floats, Floats],
) -> float:
    """Replace the states of a pair by those that intersect with the estimate in ``scratch.z``.

    `post` (x, P, mu) holds the models' updates as if all were independent. What they say of the
    models counts by the estimate's weight, as the states do. Of a late estimate only the
    height counts; the track has gone on without it. Heights are weighed by themselves: some are
    the tracker's own, and a measured one is told again with every record.

    Returns the estimate's weight.
    """
    x, P, mu = post
    z = scratch.z
    sigma = z[SIGMA]
    sigma_v = z[SIGMA_V]
    sigma_height = z[SIGMA_HEIGHT]
    weight = 0.0
    for i in range(N_MODELS):
        if scratch.predicted[i] < NEVER:
            continue
        copy_model(scratch.x[i], scratch.P[i], x[i], P[i])
        n = level_parts(P[i], z, flat, scratch)
        share = MOST_SHARE if is_late else share_of_own(scratch.work[5], n)
        widen_level(P[i], scratch.work[4], scratch.work[5], n, share, scratch.work[7])
        weight += scratch.predicted[i] * (1.0 - share)
        other = math.sqrt(1.0 - share)
        z[SIGMA] = sigma / other
        z[SIGMA_V] = sigma_v / other
        if not math.isnan(z[HEIGHT]):
            z[SIGMA_HEIGHT] /= math.sqrt(1.0 - widen_height(P[i], z, scratch.line[0]))
        update_one(x[i], P[i], z, form, site, axes, flat, scratch.line)
        z[SIGMA] = sigma
        z[SIGMA_V] = sigma_v
        z[SIGMA_HEIGHT] = sigma_height
    total = 0.0
    for i in range(N_MODELS):
        before = scratch.predicted[i]
        if before < NEVER:
            mu[i] = 0.0
            continue
        mu[i] = before * (max(mu[i], LEAST_CHANCE) / before) ** weight
        total += mu[i]
    for i in range(N_MODELS):
        mu[i] /= total
    return weight
