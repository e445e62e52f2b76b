"""How many objects there are where so many tracks fly together, as an interval.

Fewer than tracks: each exists with its probability, so that their number has a Poisson binomial
distribution. More than tracks: objects that share a resolution cell are one, and some have no
track. N objects at random in M cells, each seen with probability q, fill a number of cells with
mean M (1 - (1 - q/M)^N) and the variance of the occupancy problem (W. Feller, "An Introduction to
Probability Theory and Its Applications", volume I, IV.2); the upper limit is the greatest N of
which as few as there are tracks are not unlikely.
"""

import math
from typing import Final

import numpy as np

from skypact.model.reports import Floats

_Z: Final = 1.96
_TAIL: Final = 0.025
_EXACT: Final = 500
_MOST: Final = 20
"""Upper limits are looked for up to so many times the tracks."""


def least_count(existence: Floats) -> int:
    """Return how many there are at least, with 97.5 %: quantile of the Poisson binomial."""
    p = np.clip(existence, 0.0, 1.0)
    if p.size > _EXACT:
        spread = math.sqrt(float(np.sum(p * (1.0 - p))))
        return max(0, math.floor(float(p.sum()) - _Z * spread))
    chance = np.ones(1)
    for one in p:
        chance = np.convolve(chance, (1.0 - one, one))
    return int(np.searchsorted(np.cumsum(chance), _TAIL))


def greatest_count(n_tracks: int, area_m2: float, resolution_m: float, seen: float) -> int | None:
    """Return the number that there are at most, with 97.5 %; None where they fill the cells.

    Parameters
    ----------
    n_tracks : int
    area_m2 : float
        They are in, at least a cell each.
    resolution_m : float
        Diameter of a cell.
    seen : float
        Probability that an object alone in its cell has a track.
    """
    cells = area_m2 / (0.25 * math.pi * resolution_m**2)
    if cells <= 1.0 or seen <= 0.0:
        return None
    n = np.arange(n_tracks, _MOST * n_tracks + 2)
    empty, two = (1.0 - seen / cells) ** n, np.maximum(0.0, 1.0 - 2.0 * seen / cells) ** n
    mean = cells * (1.0 - empty)
    variance = np.maximum(0.0, cells * (cells - 1.0) * two + cells * empty - (cells * empty) ** 2)
    too_many = np.flatnonzero(mean - _Z * np.sqrt(variance) > n_tracks + 0.5)
    return int(n[max(too_many[0] - 1, 0)]) if too_many.size else None
