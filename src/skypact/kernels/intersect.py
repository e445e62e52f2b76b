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
from skypact.kernels.update import level_axes, update_one
from skypact.model.tracking import N_MODELS, N_STATE, SIGMA, SIGMA_V, UP, Scratch

Floats = npt.NDArray[np.float64]

NEVER: Final = 1e-9
"""A model less probable than this is not looked at."""
LEAST_CHANCE: Final = 1e-30
"""A model that a report speaks against is left this much, so that its logarithm is a number."""
LEAST_SHARE: Final = 0.02
MOST_SHARE: Final = 1.0 - 1e-6
"""Limits of the own state's weight: neither side is divided by nothing."""


@helper
def copy_model(x: Floats, P: Floats, x_out: Floats, P_out: Floats) -> None:
    """Copy one model's state."""
    for a in range(N_STATE):
        x_out[a] = x[a]
        for b in range(N_STATE):
            P_out[a, b] = P[a, b]


@helper
def share_of_own(P: Floats, z: Floats, flat: int, line: Floats) -> float:
    """Weight of a state against a position, the one that makes the smallest ellipse.

    Of two circles the smaller is taken alone. With the position's variance r per axis, c = 1 / r,
    and the state's T and D (trace and determinant of its level part), the inverse area is
    c^2 + c w (T / D - 2 c) + w^2 (1 / D - c T / D + c^2), of which the maximum is looked for.
    """
    e = line[2]
    n = line[3]
    level_axes(z, flat, e, n)
    ee = 0.0
    en = 0.0
    nn = 0.0
    for i in range(3):
        for j in range(3):
            ee += e[i] * P[i, j] * e[j]
            en += e[i] * P[i, j] * n[j]
            nn += n[i] * P[i, j] * n[j]
    c = 1.0 / (z[SIGMA] * z[SIGMA])
    det = ee * nn - en * en
    if not det > 0.0:
        return MOST_SHARE
    slope = (ee + nn) / det - 2.0 * c
    bend = 1.0 / det - c * (ee + nn) / det + c * c
    best = 1.0 if slope > 0.0 else 0.0
    share = -c * slope / (2.0 * bend) if bend < 0.0 else best
    return min(MOST_SHARE, max(LEAST_SHARE, share))


@helper
def widen_level(P: Floats, z: Floats, factor: float) -> None:
    """Multiply the level parts of position and velocity by a factor, in place.

    With A = factor (I - u u') + u u' for both and u the vertical, P becomes A P A'.
    """
    for side in range(2):
        for first in (0, 3):
            for k in range(N_STATE):
                along = 0.0
                for i in range(3):
                    value = P[first + i, k] if side == 0 else P[k, first + i]
                    along += z[UP + i] * value
                for i in range(3):
                    rest = (1.0 - factor) * along * z[UP + i]
                    if side == 0:
                        P[first + i, k] = factor * P[first + i, k] + rest
                    else:
                        P[k, first + i] = factor * P[k, first + i] + rest
    for a in range(N_STATE):
        for b in range(a):
            P[a, b] = P[b, a]


@helper
def intersect(
    form: int,
    site: Floats,
    axes: Floats,
    flat: int,
    is_late: bool,
    scratch: Scratch,
    post: tuple[Floats, Floats, Floats],
) -> None:
    """Replace the states of a pair by those that intersect with the estimate in ``scratch.z``.

    `post` (x, P, mu) holds the models' updates as if all were independent. What they say of the
    models counts by the estimate's weight, as the states do. Of a late estimate only the
    height counts; the track has gone on without it. Heights are the object's own word, whoever
    hands it on, and are taken as they are.
    """
    x, P, mu = post
    z = scratch.z
    sigma = z[SIGMA]
    sigma_v = z[SIGMA_V]
    weight = 0.0
    for i in range(N_MODELS):
        if scratch.predicted[i] < NEVER:
            continue
        copy_model(scratch.x[i], scratch.P[i], x[i], P[i])
        share = MOST_SHARE if is_late else share_of_own(P[i], z, flat, scratch.line)
        widen_level(P[i], z, 1.0 / math.sqrt(share))
        weight += scratch.predicted[i] * (1.0 - share)
        other = math.sqrt(1.0 - share)
        z[SIGMA] = sigma / other
        z[SIGMA_V] = sigma_v / other
        update_one(x[i], P[i], z, form, site, axes, flat, scratch.line)
        z[SIGMA] = sigma
        z[SIGMA_V] = sigma_v
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
