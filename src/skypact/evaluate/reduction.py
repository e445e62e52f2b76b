"""Information reduction factor: how much of a measurement is left when its origin is uncertain.

One object at its true state is detected with probability P_D among Poisson false reports of density
lambda. With w(nu) = P_D N(nu; 0, I) / lambda the likelihood ratio of the whitened reports nu_i in
the gate is L = 1 - P_D P_G + sum w(nu_i), and the Fisher information of the set is q R^-1 with

    q = E || sum w(nu_i) nu_i / L ||^2 / n_z,

so that ``beta_i = w(nu_i) / L`` are the association probabilities. q counts the misses too: without
false reports it is P_D (times what the gate keeps).

Sources: X. Zhang, P. Willett, Y. Bar-Shalom, "Dynamic Cramer-Rao bound for target tracking in
clutter", IEEE Transactions on Aerospace and Electronic Systems 41 (2005), 1154-1167;
R. Niu, P. Willett, Y. Bar-Shalom, "Matrix CRLB scaling due to measurements of uncertain origin",
IEEE Transactions on Signal Processing 49 (2001), 1325-1335.
"""

import math
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.model.reports import Floats

GATE: Final = 4.0
"""Radius of the gate in standard deviations."""
_N_RADIUS: Final = 24
_N_LAPLACE: Final = 80
_DETECTION_STEPS: Final = 40
_LEAST_LOG: Final = -7.0
_MOST_LOG: Final = 1.0
_LOG_STEPS: Final = 64
"""Table of `information_reduction`: 40 steps of P_D, 8 per decade of clutter; its error is below
0.002 (tests/unit/test_floors_reduction.py)."""


@cache
def reduction_integral(
    p_detection: float, clutter_per_whitened_volume: float, n_z: int = 2, gate: float = GATE
) -> float:
    """Compute q by quadrature, to about 1e-4.

    The cross terms vanish by symmetry, since L depends on distances only. Under false reports alone
    the Mecke formula turns the sum over reports into an integral, 1 / (a + s) = integral of
    exp(-t (a + s)) dt, and the sum of w over a Poisson process has the Laplace transform
    phi(t) = exp(-lambda integral (1 - exp(-t w)) dnu), so that with a = 1 - P_D P_G

        n_z q = integral dt exp(-t a) phi(t) integral lambda w^2 nu^2 exp(-t w) dnu.

    Sources: as above for q; G. Last, M. Penrose, "Lectures on the Poisson Process" (2017), theorem
    4.1 (Mecke) and 3.9 (Laplace functional). `sampled_reduction` checks it.
    """
    if p_detection <= 0.0:
        return 0.0
    node, weight = np.polynomial.legendre.leggauss(_N_RADIUS)
    radius = 0.5 * gate * (node + 1.0)
    shell = _sphere(n_z) * radius ** (n_z - 1) * 0.5 * gate * weight
    density = np.exp(-0.5 * radius**2) / math.sqrt(2.0 * math.pi) ** n_z
    w = p_detection * density / clutter_per_whitened_volume
    missed = 1.0 - p_detection * float(shell @ density)
    log_t = np.linspace(math.log(1e-5 / w.max()), math.log(40.0 / w.min()), _N_LAPLACE)
    t = np.exp(log_t)
    kept = np.exp(-np.outer(t, w))
    phi = np.exp(-clutter_per_whitened_volume * ((1.0 - kept) @ shell) - t * missed)
    inner = kept @ (shell * clutter_per_whitened_volume * (w * radius) ** 2)
    return float(np.trapezoid(t * phi * inner, log_t)) / n_z


def sampled_reduction(
    p_detection: float,
    clutter_per_whitened_volume: float,
    *,
    n_z: int = 2,
    n: int = 100_000,
    seed: int = 0,
) -> tuple[float, float]:
    """Estimate q by drawing n scans in the gate; the estimate and its standard error."""
    rng = np.random.default_rng(seed)
    own = rng.standard_normal((n, 1, n_z))
    seen = (rng.random((n, 1)) < p_detection) & ((own**2).sum(2) < GATE**2)
    volume = _sphere(n_z) * GATE**n_z / n_z
    number = rng.poisson(clutter_per_whitened_volume * volume, n)
    false = rng.standard_normal((n, int(number.max(initial=0)), n_z))
    distance = GATE * rng.random(false.shape[:2]) ** (1.0 / n_z)
    false *= (distance / np.linalg.norm(false, axis=2))[:, :, None]
    reports = np.concatenate([own, false], axis=1)
    there = np.concatenate([seen, np.arange(false.shape[1]) < number[:, None]], axis=1)
    density = np.exp(-0.5 * (reports**2).sum(2)) / math.sqrt(2.0 * math.pi) ** n_z
    w = np.where(there, p_detection * density / clutter_per_whitened_volume, 0.0)
    missed = 1.0 - p_detection * _share_in_gate(n_z)
    mean = np.einsum("ij,ijk->ik", w, reports) / (missed + w.sum(1))[:, None]
    squared = (mean**2).sum(1) / n_z
    return float(squared.mean()), float(squared.std() / math.sqrt(n))


def information_reduction(
    p_detection: npt.ArrayLike, clutter_per_whitened_volume: npt.ArrayLike, n_z: int = 2
) -> Floats:
    """Give q for arrays of detection probabilities and clutter densities, by interpolation.

    Parameters
    ----------
    p_detection : array in [0, 1]
    clutter_per_whitened_volume : array >= 0
        False reports per unit of measurement space in units of the noise: density times
        sqrt(det R). Below 1e-7 it counts as 0; above 10 as 10, where next to nothing is left.
    n_z : int
        Components of a report.

    Notes
    -----
    Bilinear in P_D and the logarithm of the clutter, of q / P_D; the table is made by
    `reduction_integral` on the first call (some 0.3 s) and kept.
    """
    p = np.clip(np.asarray(p_detection, np.float64), 0.0, 1.0)
    clutter = np.maximum(np.asarray(clutter_per_whitened_volume, np.float64), 10.0**_LEAST_LOG)
    row, a = _cell(p * _DETECTION_STEPS, _DETECTION_STEPS)
    span = _MOST_LOG - _LEAST_LOG
    column, b = _cell((np.log10(clutter) - _LEAST_LOG) / span * _LOG_STEPS, _LOG_STEPS)
    table = _table(n_z)
    low = table[row, column] * (1.0 - b) + table[row, column + 1] * b
    high = table[row + 1, column] * (1.0 - b) + table[row + 1, column + 1] * b
    share: Floats = low * (1.0 - a) + high * a
    clear = np.asarray(clutter_per_whitened_volume) < 10.0**_LEAST_LOG
    return np.asarray(p * np.where(clear, 1.0, share))


@cache
def _table(n_z: int) -> Floats:
    """Ratios q / P_D; the row for P_D = 0 is taken near by."""
    detection = np.maximum(np.linspace(0.0, 1.0, _DETECTION_STEPS + 1), 1e-3)
    clutter = np.logspace(_LEAST_LOG, _MOST_LOG, _LOG_STEPS + 1)
    return np.array(
        [[reduction_integral(float(p), float(c), n_z) / p for c in clutter] for p in detection]
    )


def _cell(place: Floats, steps: int) -> tuple[npt.NDArray[np.int64], Floats]:
    inside = np.clip(place, 0.0, float(steps))
    index = np.minimum(inside.astype(np.int64), steps - 1)
    return index, np.asarray(inside - index)


def _sphere(n_z: int) -> float:
    """Surface of the unit sphere in n_z dimensions."""
    return 2.0 * float(math.pi ** (0.5 * n_z)) / math.gamma(0.5 * n_z)


@cache
def _share_in_gate(n_z: int) -> float:
    node, weight = np.polynomial.legendre.leggauss(_N_RADIUS)
    radius = 0.5 * GATE * (node + 1.0)
    density = np.exp(-0.5 * radius**2) / math.sqrt(2.0 * math.pi) ** n_z
    shell = 0.5 * GATE * weight * _sphere(n_z) * radius ** (n_z - 1)
    return float(np.sum(shell * density))
