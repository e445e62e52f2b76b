"""A spatial index of tracks: square cells on the ground, hashed to buckets, linked lists in arrays.

Rows of cells follow latitude; each row is cut by the length of its parallel, so that cells are
about as wide everywhere. Moving, adding and removing a track cost the same however many there are.
Flat scenes use x and y. Two sizes of cells: a track that stays near its cell until it is filed anew
is in a fine one, the rest (uncertain, turning hard, long not seen) in coarse ones. A report looks
into the cells that overlap its own reach and the size's. Source: Teschner et al., "Optimized
spatial hashing for collision detection of deformable objects" (2003), section 3 (hash function).
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper
from skypact.kernels.geodesy import MEAN_RADIUS_M
from skypact.model.filing import (
    AFTER,
    BEFORE,
    BUCKET,
    CELL,
    NEAR_CLIMB,
    NEAR_HIGH,
    NEAR_SPREAD,
    NEAR_TIME,
    NEAR_VEL,
    NEWEST_S,
    SWEPT_S,
)
from skypact.model.tracking import (
    LEVEL_M,
    LEVEL_MPS,
    SPREAD_M,
    SPREAD_MPS,
    STATE_TIME,
    TrackTable,
)

Floats = npt.NDArray[np.float64]

FINE_M: Final = 4_000.0
CELL_M: Final = 16_000.0
"""Sides of fine and coarse cells; a track in a coarse one must be found within so much of where it
was filed (300 m/s for 50 s)."""
FINE_REACH_M: Final = 4_000.0
"""A track in a fine cell can be no further than this from where it was filed, its uncertainty
included, up to `HOLD_S` before and after its state."""
HOLD_S: Final = 6.0
REFILE_S: Final = 4.5
"""A track whose state is older at a sweep is filed anew, in a coarse cell."""
AHEAD_S: Final = HOLD_S - REFILE_S
"""A report this far past the last sweep can still trust the fine cells."""
FAST_MPS: Final = 1_000.0
"""Tracks that are or may be this fast are in one bucket of their own, the last, that every report
looks into: they are few, and a cell or two further at the next look."""
FAST_CELL: Final = 1 << 60
"""What `CELL` holds of those."""
SIGMAS: Final = 4.0
"""Half-width of the coarse gate in standard deviations."""
REACH_MPS2: Final = 20.0
"""Acceleration that the coarse gate always allows (2 g)."""
ROUND: Final = 1.02
"""Margin on angles: heights, the flattening of the earth."""
(FINE, COARSE) = range(2)
"""Sizes of cells."""


@helper
def side_of(size: int) -> float:
    """Side of a cell, metres."""
    return FINE_M if size == FINE else CELL_M


@helper
def north_m(flat: int, x: float, y: float, z: float) -> float:
    """Way from the equator (flat: y) that rows are counted by, metres."""
    if flat == 1:
        return y
    return math.atan2(z, math.hypot(x, y)) * MEAN_RADIUS_M


@helper
def east_share(flat: int, x: float, y: float) -> float:
    """Share of the way round from the date line; flat scenes: x."""
    if flat == 1:
        return x
    return (math.atan2(y, x) + math.pi) / (2.0 * math.pi)


@helper
def cells_around(flat: int, row: int, size: int) -> int:
    """Cells in a row: the parallel's length in cells; flat rows do not close."""
    if flat == 1:
        return 1 << 30
    side = side_of(size)
    latitude = (row + 0.5) * side / MEAN_RADIUS_M
    return max(3, int(2.0 * math.pi * MEAN_RADIUS_M * math.cos(latitude) / side))


@helper
def cell_of(flat: int, size: int, x: float, y: float, z: float) -> tuple[int, int]:
    """Row and column of a position."""
    side = side_of(size)
    row = math.floor(north_m(flat, x, y, z) / side)
    share = east_share(flat, x, y)
    if flat == 1:
        return row, math.floor(share / side)
    n = cells_around(flat, row, size)
    return row, min(n - 1, int(share * n))


@helper
def column_span(
    flat: int, size: int, row: int, north: float, share: float, reach_m: float
) -> tuple[int, int, int]:
    """First and last column of a row within reach of a place, and how many the row has.

    Columns before 0 or past the end go round; no cell is named twice.
    """
    n = cells_around(flat, row, size)
    if flat == 1:
        side = side_of(size)
        return math.floor((share - reach_m) / side), math.floor((share + reach_m) / side), n
    furthest = abs(north) + ROUND * reach_m
    if furthest > 0.5 * math.pi * MEAN_RADIUS_M - 2.0 * reach_m:
        return 0, n - 1, n
    parallel = 2.0 * math.pi * MEAN_RADIUS_M * math.cos(furthest / MEAN_RADIUS_M)
    wide = ROUND * reach_m / parallel
    first = math.floor((share - wide) * n)
    last = math.floor((share + wide) * n)
    if last - first >= n:
        return 0, n - 1, n
    return first, last, n


@helper
def column_in_row(flat: int, c: int, around: int) -> int:
    """Column that a span's one is, once round at most."""
    if flat == 1:
        return c
    return c + around if c < 0 else (c - around if c >= around else c)


@helper
def key_of(size: int, row: int, column: int) -> int:
    """Name of a cell."""
    return (((row << 30) + column) << 1) + size


@helper
def bucket_of(size: int, row: int, column: int, n_buckets: int) -> int:
    """Bucket of a cell; `n_buckets` is a power of two."""
    return ((row * 73_856_093) ^ (column * 19_349_663) ^ (size * 83_492_791)) & (n_buckets - 1)


@helper
def unlink(tracks: TrackTable, t: int) -> None:
    """Take a track out of its bucket."""
    bucket = tracks.links[t, BUCKET]
    if bucket < 0:
        return
    before = tracks.links[t, BEFORE]
    after = tracks.links[t, AFTER]
    if before >= 0:
        tracks.links[before, AFTER] = after
    else:
        tracks.head[bucket] = after
    if after >= 0:
        tracks.links[after, BEFORE] = before
    tracks.links[t, BUCKET] = -1


@helper
def copy_near(tracks: TrackTable, t: int) -> None:
    """Copy what the search reads of a track into its row of `near`."""
    near = tracks.near[t]
    num = tracks.num[t]
    for i in range(3):
        near[i] = tracks.pos[t, i]
        near[NEAR_VEL + i] = tracks.vel[t, i]
    near[NEAR_TIME] = num[STATE_TIME]
    near[NEAR_SPREAD] = num[SPREAD_M]
    near[NEAR_SPREAD + 1] = num[SPREAD_MPS]
    high2 = num[SPREAD_M] * num[SPREAD_M] - num[LEVEL_M] * num[LEVEL_M]
    climb2 = num[SPREAD_MPS] * num[SPREAD_MPS] - num[LEVEL_MPS] * num[LEVEL_MPS]
    near[NEAR_HIGH] = math.sqrt(max(0.0, high2))
    near[NEAR_CLIMB] = math.sqrt(max(0.0, climb2))
    if not tracks.watch_s[NEWEST_S] > num[STATE_TIME]:
        tracks.watch_s[NEWEST_S] = num[STATE_TIME]


@helper
def size_for(near: Floats, speed: float, swept_s: float) -> int:
    """Size of the cells that a track belongs in."""
    way = speed + SIGMAS * near[NEAR_SPREAD + 1]
    reach_m = SIGMAS * near[NEAR_SPREAD] + HOLD_S * way + 0.5 * REACH_MPS2 * HOLD_S * HOLD_S
    old = near[NEAR_TIME] < swept_s - REFILE_S
    return COARSE if old or not reach_m < FINE_REACH_M else FINE


@helper
def link(tracks: TrackTable, t: int, flat: int, time_s: float) -> None:
    """Put a track in the bucket of where it should be at a time, with what the search reads."""
    copy_near(tracks, t)
    near = tracks.near[t]
    vx, vy, vz = near[NEAR_VEL], near[NEAR_VEL + 1], near[NEAR_VEL + 2]
    speed2 = vx * vx + vy * vy + vz * vz
    n_buckets = tracks.head.shape[0] - 1
    if speed2 + 4.0 * near[NEAR_SPREAD + 1] * near[NEAR_SPREAD + 1] > FAST_MPS * FAST_MPS:
        key = FAST_CELL
        bucket = n_buckets
    else:
        dt = time_s - near[NEAR_TIME]
        size = size_for(near, math.sqrt(speed2), tracks.watch_s[SWEPT_S])
        x, y, z = near[0] + dt * vx, near[1] + dt * vy, near[2] + dt * vz
        row, column = cell_of(flat, size, x, y, z)
        key = key_of(size, row, column)
        bucket = bucket_of(size, row, column, n_buckets)
    if key == tracks.links[t, CELL] and tracks.links[t, BUCKET] >= 0:
        return
    unlink(tracks, t)
    first = tracks.head[bucket]
    tracks.links[t, CELL] = key
    tracks.links[t, BUCKET] = bucket
    tracks.links[t, AFTER] = first
    tracks.links[t, BEFORE] = -1
    if first >= 0:
        tracks.links[first, BEFORE] = t
    tracks.head[bucket] = t
