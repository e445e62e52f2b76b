"""A spatial index of tracks: square cells on the ground, hashed to buckets, linked lists in arrays.

Rows of cells follow latitude; each row is cut by the length of its parallel, so that cells are
about `CELL_M` wide everywhere. Moving, adding and removing a track cost the same however many
there are. Flat scenes use x and y. Source: Teschner et al., "Optimized spatial hashing for
collision detection of deformable objects" (2003), section 3 (hash function).
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper
from skypact.kernels.geodesy import MEAN_RADIUS_M
from skypact.model.tracking import (
    AFTER,
    BEFORE,
    CELL,
    SPREAD_MPS,
    STATE_TIME,
    TrackTable,
)

Floats = npt.NDArray[np.float64]

CELL_M: Final = 16_000.0
"""Side of a cell; a track must be found within one cell of its report (300 m/s for 50 s)."""
FAST_MPS: Final = 1_000.0
"""Tracks that are or may be this fast are in one bucket of their own, the last, that every report
looks into: they are few, and a cell or two further at the next look."""


@helper
def cell_row(flat: int, x: float, y: float, z: float) -> int:
    """Row of a position: latitude (or y) in cells."""
    if flat == 1:
        return math.floor(y / CELL_M)
    return math.floor(math.atan2(z, math.hypot(x, y)) * MEAN_RADIUS_M / CELL_M)


@helper
def cells_around(flat: int, row: int) -> int:
    """Cells in a row: the parallel's length in cells; flat rows do not close."""
    if flat == 1:
        return 1 << 40
    latitude = (row + 0.5) * CELL_M / MEAN_RADIUS_M
    return max(3, int(2.0 * math.pi * MEAN_RADIUS_M * math.cos(latitude) / CELL_M))


@helper
def cell_column(flat: int, row: int, x: float, y: float) -> int:
    """Column of a position in a row."""
    if flat == 1:
        return math.floor(x / CELL_M)
    n = cells_around(flat, row)
    part = (math.atan2(y, x) + math.pi) / (2.0 * math.pi)
    return min(n - 1, int(part * n))


@helper
def bucket_of(row: int, column: int, n_buckets: int) -> int:
    """Bucket of a cell; `n_buckets` is a power of two."""
    return ((row * 73_856_093) ^ (column * 19_349_663)) & (n_buckets - 1)


@helper
def unlink(tracks: TrackTable, t: int) -> None:
    """Take a track out of its bucket."""
    bucket = tracks.tag[t, CELL]
    if bucket < 0:
        return
    before = tracks.tag[t, BEFORE]
    after = tracks.tag[t, AFTER]
    if before >= 0:
        tracks.tag[before, AFTER] = after
    else:
        tracks.head[bucket] = after
    if after >= 0:
        tracks.tag[after, BEFORE] = before
    tracks.tag[t, CELL] = -1


@helper
def is_fast(vel: Floats, spread_mps: float) -> bool:
    """Whether a track may leave the nine cells around it between two looks of a radar."""
    speed2 = vel[0] * vel[0] + vel[1] * vel[1] + vel[2] * vel[2]
    return speed2 + 4.0 * spread_mps * spread_mps > FAST_MPS * FAST_MPS


@helper
def link(tracks: TrackTable, t: int, flat: int, time_s: float) -> None:
    """Put a track in the bucket of where it should be at a time."""
    dt = time_s - tracks.num[t, STATE_TIME]
    x = tracks.pos[t, 0] + dt * tracks.vel[t, 0]
    y = tracks.pos[t, 1] + dt * tracks.vel[t, 1]
    z = tracks.pos[t, 2] + dt * tracks.vel[t, 2]
    row = cell_row(flat, x, y, z)
    n_buckets = tracks.head.shape[0] - 1
    bucket = bucket_of(row, cell_column(flat, row, x, y), n_buckets)
    if is_fast(tracks.vel[t], tracks.num[t, SPREAD_MPS]):
        bucket = n_buckets
    if bucket == tracks.tag[t, CELL]:
        return
    unlink(tracks, t)
    first = tracks.head[bucket]
    tracks.tag[t, AFTER] = first
    tracks.tag[t, BEFORE] = -1
    if first >= 0:
        tracks.tag[first, BEFORE] = t
    tracks.head[bucket] = t
    tracks.tag[t, CELL] = bucket
