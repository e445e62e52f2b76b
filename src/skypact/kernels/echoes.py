"""Positions that were reported before: the same aircraft at the same place, heard another way.

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
def is_echo_one(
    seen: Floats, row: int, sensor: int, place: Floats, i: int, window_s: float
) -> bool:
    """Whether report `i` repeats the position in a row of what was seen (same address)."""
    tolerance = 0.5 * (seen[row, 4] + place[i, 2]) * (1.0 + 1e-6)
    if abs(seen[row, 2] - place[i, 0]) > tolerance:
        return False
    east = abs(seen[row, 3] - place[i, 1])
    if min(east, 2.0 * math.pi - east) > tolerance:
        return False
    allowed = SAME_TIME_S if seen[row, 1] == sensor else window_s
    return abs(seen[row, 5] - place[i, 3]) <= allowed


@kernel
def mark_echoes(
    who: Longs, place: Floats, window_s: float, seen_out: Floats, echo_out: npt.NDArray[np.bool_]
) -> None:
    """Mark reports of a position that was reported already.

    Parameters
    ----------
    who : int64 (n, 2)
        Address (-1: none, never an echo) and sensor, in order of arrival.
    place : float64 (n, 4)
        Latitude and longitude (rad), how finely they are counted (rad), time (s); rows with a NaN
        are never echoes.
    window_s : float
        How far apart two sensors' stamps of one position may be. One sensor's must be equal: an
        aircraft at rest is reported at one place again and again.
    seen_out : float64 (buckets * BUCKET, 6), buckets a power of two
        Address (-1: free), sensor, latitude, longitude, grain, time of what came before, kept
        between calls; a new position takes the oldest row of its bucket.
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
            if seen_out[row, 0] == address and is_echo_one(
                seen_out, row, who[i, 1], place, i, window_s
            ):
                echo_out[i] = True
                break
            if seen_out[row, 5] < seen_out[oldest, 5]:
                oldest = row
        if not echo_out[i]:
            seen_out[oldest, 0] = address
            seen_out[oldest, 1] = who[i, 1]
            for k in range(4):
                seen_out[oldest, 2 + k] = place[i, k]
