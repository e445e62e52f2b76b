"""Plain twin of kernels/grid.py: which cell a place lies in, by the lengths of its parallel."""

import numpy as np

CELL_M = (4_000.0, 16_000.0)
EARTH_M = 6_371_008.8


def cell(place, flat, size):
    """Row and column of a position (3,); rows by geocentric latitude, columns by longitude."""
    side = CELL_M[size]
    x, y, z = place
    if flat:
        return int(np.floor(y / side)), int(np.floor(x / side))
    row = int(np.floor(np.arctan2(z, np.hypot(x, y)) * EARTH_M / side))
    middle = (row + 0.5) * side / EARTH_M
    around = max(3, int(2 * np.pi * EARTH_M * np.cos(middle) / side))
    share = (np.arctan2(y, x) + np.pi) / (2 * np.pi)
    return row, min(around - 1, int(share * around))
