"""Positions that were reported before: the same aircraft at the same place, told another way.

Twin: tests/naive/echoes.py.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper, kernel

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

BUCKET: Final = 16
"""Rows that one address may fall on; its hash chooses the bucket."""
SAME_TIME_S: Final = 1e-6
"""Stamps of one sensor that differ by less are one stamp."""
MULTIPLIER: Final = 2_654_435_761
"""Golden ratio of 2**32 (D. Knuth, "The Art of Computer Programming", vol. 3, 6.4)."""


@helper
def is_echo_one(seen: Floats, row: int, who: Longs, place: Floats, i: int, window_s: float) -> bool:
    """Whether report `i` repeats the position in a row of what was seen (same address)."""
    tolerance = 0.5 * (seen[row, 5] + place[i, 2]) * (1.0 + 1e-6)
    if abs(seen[row, 3] - place[i, 0]) > tolerance:
        return False
    east = abs(seen[row, 4] - place[i, 1])
    if min(east, 2.0 * math.pi - east) > tolerance:
        return False
    apart_s = abs(seen[row, 6] - place[i, 3])
    if seen[row, 1] == who[i, 1]:
        return apart_s <= SAME_TIME_S
    return seen[row, 2] != who[i, 2] and apart_s <= window_s


@kernel
def mark_echoes(
    who: Longs, place: Floats, window_s: float, seen_out: Floats, echo_out: npt.NDArray[np.bool_]
) -> None:
    """Mark reports of a position that was reported already.

    Parameters
    ----------
    who : int64 (n, 3)
        Address (-1: none, never an echo), sensor and kind, in order of arrival.
    place : float64 (n, 4)
        Latitude and longitude (rad), how finely they are counted (rad), time (s); rows with a NaN
        are never echoes.
    window_s : float
        How far apart the stamps of two kinds of sensors may be. One sensor's must be equal: an
        aircraft at rest is reported at one place again and again.
    seen_out : float64 (buckets * BUCKET, 7), buckets a power of two
        Address (-1: free), sensor, kind, latitude, longitude, grain, time of what came before,
        kept between calls; a new position takes the oldest row of its bucket.
    echo_out : bool (n,)
        Written.
    """
    mask = seen_out.shape[0] // BUCKET - 1
    for i in range(who.shape[0]):
        echo_out[i] = False
        address = who[i, 0]
        if address < 0 or math.isnan(place[i, 0] + place[i, 1] + place[i, 2] + place[i, 3]):
            continue
        first = BUCKET * (((address * MULTIPLIER) >> 16) & mask)
        oldest = first
        for row in range(first, first + BUCKET):
            if seen_out[row, 0] == address and is_echo_one(seen_out, row, who, place, i, window_s):
                echo_out[i] = True
                break
            if seen_out[row, 6] < seen_out[oldest, 6]:
                oldest = row
        if not echo_out[i]:
            for k in range(3):
                seen_out[oldest, k] = who[i, k]
            for k in range(4):
                seen_out[oldest, 3 + k] = place[i, k]
