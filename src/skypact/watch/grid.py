"""Pairs of places near each other, by a grid of cubes about the Earth."""

from itertools import product
from typing import Final

import numpy as np

from skypact.model.reports import Floats, Longs
from skypact.watch.sky import EARTH_M

MOST_IN_CELL: Final = 12
"""Each place is compared with so many of a cell at most: of a crowd it still has neighbours."""
_HALF: Final = 1 << 19
_STEPS: Final = [
    (a * 2 * _HALF + b) * 2 * _HALF + c
    for a, b, c in product((-1, 0, 1), repeat=3)
    if (a, b, c) > (0, 0, 0)
]
"""Half of the 26 cells about one."""


def near_pairs(
    lat_rad: Floats, lon_rad: Floats, distance_m: float, order: Floats
) -> tuple[Longs, Longs, Floats]:
    """Pairs (k,) of places (n,) at most so far apart, and their distances.

    Parameters
    ----------
    lat_rad, lon_rad : (n,) float64
        All finite.
    distance_m : float
        At least 50.
    order : (n,) float64
        Of a crowd in one cell, those near each other in this order are compared.
    """
    place = EARTH_M * np.stack((
        np.cos(lat_rad) * np.cos(lon_rad), np.cos(lat_rad) * np.sin(lon_rad), np.sin(lat_rad)
    ))  # fmt: skip
    index = np.floor(place / distance_m).astype(np.int64) + _HALF
    cell = (index[0] * 2 * _HALF + index[1]) * 2 * _HALF + index[2]
    by_cell = np.lexsort((order, cell))
    cell = cell[by_cell]
    first, second = _within(cell)
    for step in _STEPS:
        more = _across(cell, step)
        first.append(more[0])
        second.append(more[1])
    i, j = by_cell[np.concatenate(first)], by_cell[np.concatenate(second)]
    apart_m = np.sqrt(np.sum((place[:, i] - place[:, j]) ** 2, axis=0))
    near = apart_m <= distance_m
    return i[near], j[near], apart_m[near]


def _within(cell: Longs) -> tuple[list[Longs], list[Longs]]:
    first, second = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for step in range(1, MOST_IN_CELL):
        same = np.flatnonzero(cell[step:] == cell[:-step])
        if not same.size:
            break
        first.append(same)
        second.append(same + step)
    return first, second


def _across(cell: Longs, step: int) -> tuple[Longs, Longs]:
    """Pairs of places in cells that are one step apart."""
    begin = np.searchsorted(cell, cell + step)
    count = np.minimum(np.searchsorted(cell, cell + step, side="right") - begin, MOST_IN_CELL)
    at = np.flatnonzero(count)
    total = int(count[at].sum())
    first = np.repeat(at, count[at])
    offset = np.arange(total) - np.repeat(np.cumsum(count[at]) - count[at], count[at])
    return first, begin[first] + offset
