"""GOSPA: localisation, missed and false objects in one number at every instant.

Source: Rahmathullah, Garcia-Fernandez and Svensson, "Generalized optimal sub-pattern assignment
metric", Fusion 2017, definition 1 (any alpha) and proposition 1 (alpha = 2, the parts).
"""

from typing import NamedTuple

import numpy as np

from skypact.evaluate.pairs import check_between, check_cut, instants_of, matched
from skypact.evaluate.params import ALPHA
from skypact.evaluate.samples import Samples
from skypact.model.reports import Floats, Longs


class Gospa(NamedTuple):
    """GOSPA at T instants; the parts are contributions to total^p."""

    total: Floats
    """Metres (T,)."""
    localisation: Floats
    """Sum of d^p of the matched, metres^p (T,); the parts are NaN unless alpha is 2."""
    missed: Floats
    """c^p / 2 for each true object without a track (T,)."""
    false: Floats
    """c^p / 2 for each track without a true object (T,)."""
    n_missed: Longs
    n_false: Longs
    n_matched: Longs
    match: Longs
    """Entry of the track matched to each true entry of the samples, or -1 (a,)."""


def gospa(
    samples: Samples, *, c_m: float = 1000.0, p: float = 2.0, alpha: float = 2.0,
    dimensions: int = 2,
) -> Gospa:  # fmt: skip
    """Compare truth and tracks at every instant.

    Parameters
    ----------
    samples : Samples
        Truth and tracks at T instants, in metres.
    c_m : float
        Cut-off: a track this far from a true object, or farther, is not its track.
    p : float
        Order, >= 1; larger ones punish outliers more.
    alpha : float
        In (0, 2]; c^p / alpha is the cost of a surplus object. 2 gives the parts, and with it a
        pair at c or farther costs what leaving both alone costs.
    dimensions : int
        2 for horizontal distances, 3 for spatial ones.

    Returns
    -------
    Gospa
        With alpha below 2 objects count as matched where they are nearer than c.
    """
    check_cut(c_m, p, dimensions)
    check_between("alpha", alpha, ALPHA)
    match, power = matched(samples, c_m, p, dimensions)
    n, m = np.diff(samples.truth_first), np.diff(samples.track_first)
    instant, hit = instants_of(samples.truth_first), match >= 0
    localisation: Floats = np.bincount(instant, power, len(n)).astype(np.float64)
    n_matched = np.bincount(instant[hit], minlength=len(n))
    half = c_m**p / 2.0
    missed, false = half * (n - n_matched), half * (m - n_matched)
    cost = localisation + missed + false
    if alpha != 2.0:
        # With n <= m: sum of min(c, d)^p over n pairs, and c^p / alpha for the m - n left over.
        least = np.minimum(n, m)
        cost = localisation + c_m**p * (least - n_matched + np.abs(n - m) / alpha)
        localisation, missed, false = (np.full(len(n), np.nan) for _ in range(3))
    return Gospa(
        total=cost ** (1.0 / p),
        localisation=localisation,
        missed=missed,
        false=false,
        n_missed=n - n_matched,
        n_false=m - n_matched,
        n_matched=n_matched,
        match=match,
    )


def mean_power(values: Floats, p: float) -> float:
    """Average contributions to total^p and take the root; 0 without instants."""
    return float(np.mean(values) ** (1.0 / p)) if len(values) else 0.0


def gospa_summary(gospa: Gospa, p: float) -> dict[str, float]:
    """Mean and root-mean over instants; empty instants count 0.

    ``rms`` is the p-mean, so that with p = 2 it is the root mean square and
    ``rms^p = localisation^p + missed^p + false^p``.
    """
    return {
        "mean": float(np.mean(gospa.total)) if len(gospa.total) else 0.0,
        "rms": mean_power(gospa.total**p, p),
        "localisation": mean_power(gospa.localisation, p),
        "missed": mean_power(gospa.missed, p),
        "false": mean_power(gospa.false, p),
    }
