"""Smoothing splines on even knots, for many series at once.

Cubic B-splines with a penalty on the third derivative (P. H. C. Eilers, B. D. Marx, "Flexible
smoothing with B-splines and penalties", Statistical Science 11 (1996), 89-121): the coefficients c
minimise sum w (z - s)^2 / sigma^2 + (1/q) integral (s''')^2 dt. The third derivative is constant
between knots, third differences of c over h^3, so that the penalty is exact. That is the smoother
of motion with white jerk of spectral density q (G. Wahba, "Improper priors, spline smoothing and
the problem of guarding against model errors in regression", JRSS B 40 (1978), 364-372).
"""

from typing import Final, NamedTuple

import numpy as np

from skypact.model.reports import Floats, Longs

_THIRD: Final = (-1.0, 3.0, -3.0, 1.0)
_CHUNK: Final = 400_000
"""Coefficients solved for together, which bounds the memory."""


class Samples(NamedTuple):
    """Samples of many series, ordered by series and time."""

    series: Longs
    """Series of each sample, from 0, none left out (m,)."""
    time_s: Floats
    """Since the first sample of the series (m,)."""
    value: Floats
    """(m, d); all d share the weights."""
    weight: Floats
    """1 / sigma^2 (m,); 0 leaves a sample out."""


class Splines(NamedTuple):
    """Fitted splines of many series on knots every `knot_s`."""

    knot_s: float
    first: Longs
    """First coefficient of each series (n + 1,)."""
    coefficient: Floats
    """(total, d)"""


def fit(samples: Samples, knot_s: float, density: float) -> Splines:
    """Fit all series; `density` is q, the spectral density of the jerk (unit^2/s^5)."""
    n = int(samples.series[-1]) + 1
    bounds = np.searchsorted(samples.series, np.arange(n + 1))
    knots = np.floor(samples.time_s[bounds[1:] - 1] / knot_s).astype(np.int64) + 4
    first = np.concatenate(([0], np.cumsum(knots)))
    out = np.zeros((int(first[-1]), samples.value.shape[1]))
    order = np.argsort(knots, kind="stable")
    start = 0
    while start < n:
        end = start + 1
        while end < n and (end + 1 - start) * knots[order[end]] <= _CHUNK:
            end += 1
        _fit_some(samples, bounds, order[start:end], knot_s, density, first, out)
        start = end
    return Splines(knot_s, first, out)


def evaluate(splines: Splines, series: Longs, time_s: Floats) -> tuple[Floats, Floats]:
    """Values and their rates of change (k, d) of `series` (k,) at times since their first sample.

    Times must lie between the first and the last sample.
    """
    place = time_s / splines.knot_s
    last = splines.first[series + 1] - splines.first[series] - 4
    knot = np.clip(np.floor(place).astype(np.int64), 0, last)
    basis, slope = _basis(place - knot)
    index = (splines.first[series] + knot)[:, None] + np.arange(4)
    four = splines.coefficient[index]
    value = np.einsum("kj,kjd->kd", basis, four)
    return value, np.einsum("kj,kjd->kd", slope, four) / splines.knot_s


def _basis(u: Floats) -> tuple[Floats, Floats]:
    """Four cubic B-splines (k, 4) at places u within their interval, and derivatives by u."""
    v = 1.0 - u
    value = (v**3, 3.0 * u**3 - 6.0 * u**2 + 4.0, 3.0 * v**3 - 6.0 * v**2 + 4.0, u**3)
    slope = (-3.0 * v**2, 9.0 * u**2 - 12.0 * u, 12.0 * v - 9.0 * v**2, 3.0 * u**2)
    return np.stack(value, axis=1) / 6.0, np.stack(slope, axis=1) / 6.0


def _fit_some(
    samples: Samples, bounds: Longs, chosen: Longs, knot_s: float, density: float,
    first: Longs, out: Floats,
) -> None:  # fmt: skip
    """Fit the chosen series, padded to the longest; coefficients go to `out`."""
    knots = np.diff(first)[chosen]
    most, n, wide = int(knots.max()), len(chosen), samples.value.shape[1]
    counts = np.diff(bounds)[chosen]
    run = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    rows = np.repeat(bounds[chosen], counts) + run
    column = np.repeat(np.arange(n), counts)
    place = samples.time_s[rows] / knot_s
    knot = np.minimum(np.floor(place).astype(np.int64), np.repeat(knots - 4, counts))
    basis, _ = _basis(place - knot)
    weight = samples.weight[rows]
    flat_bands = np.zeros((4, most * n))
    right = np.zeros((wide, most * n))
    for j in range(4):
        flat = (knot + j) * n + column
        weighted = weight * basis[:, j]
        for k in range(wide):
            right[k] += np.bincount(flat, weighted * samples.value[rows, k], most * n)
        for d in range(4 - j):
            # Row i of band d holds the element (i, i - d).
            flat_bands[d] += np.bincount(flat + d * n, weighted * basis[:, j + d], most * n)
    bands = flat_bands.reshape(4, most, n)
    there = np.arange(most)[:, None] < knots
    inner = np.arange(most)[:, None] < knots - 3
    for j in range(4):
        for d in range(4 - j):
            share = _THIRD[j] * _THIRD[j + d] / (density * knot_s**5)
            bands[d, j + d : most - 3 + j + d] += share * inner[: most - 3]
    bands[0][~there] = 1.0
    solved = _solve(bands, right.reshape(wide, most, n))
    for c, series in enumerate(chosen.tolist()):
        out[first[series] : first[series + 1]] = solved[:, : knots[c], c].T


def _solve(bands: Floats, right: Floats) -> Floats:
    """Solve symmetric systems of bandwidth three: bands (4, m, n), right sides (d, m, n)."""
    m, n = bands.shape[1:]
    lower = np.zeros((4, m + 3, n))
    pivot = np.ones((m + 3, n))
    x = np.zeros((right.shape[0], m + 3, n))
    for i in range(m):
        # Rows are shifted by three, so that those before the first are neutral.
        r = i + 3
        g3 = bands[3, i]
        g2 = bands[2, i] - g3 * lower[1, r - 2]
        g1 = bands[1, i] - g3 * lower[2, r - 1] - g2 * lower[1, r - 1]
        l3, l2, l1 = g3 / pivot[r - 3], g2 / pivot[r - 2], g1 / pivot[r - 1]
        lower[1, r], lower[2, r], lower[3, r] = l1, l2, l3
        pivot[r] = bands[0, i] - g3 * l3 - g2 * l2 - g1 * l1
        x[:, r] = right[:, i] - l3 * x[:, r - 3] - l2 * x[:, r - 2] - l1 * x[:, r - 1]
    x /= pivot
    for r in range(m + 1, 2, -1):
        x[:, r] -= lower[1, r + 1] * x[:, r + 1]
        if r + 2 < m + 3:
            x[:, r] -= lower[2, r + 2] * x[:, r + 2]
        if r + 3 < m + 3:
            x[:, r] -= lower[3, r + 3] * x[:, r + 3]
    return x[:, 3:]
