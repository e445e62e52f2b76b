"""Which tracks could be at a report's place at its time: the coarse gate.

A report looks only into the cells within its reach (kernels/grid.py).
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper, inlined
from skypact.kernels.grid import (
    AHEAD_S,
    CELL_M,
    COARSE,
    FAST_CELL,
    FINE,
    FINE_REACH_M,
    HOLD_S,
    REACH_MPS2,
    SIGMAS,
    bucket_of,
    column_in_row,
    column_span,
    east_share,
    key_of,
    north_m,
    side_of,
)
from skypact.model.filing import (
    AFTER,
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
    BIAS_VAR_AZIMUTH,
    BIAS_VAR_RANGE,
    HEIGHT,
    N_CROWDED,
    PLACE,
    POLAR,
    RANGE,
    SIGMA,
    SIGMA_AZIMUTH,
    SIGMA_HEIGHT,
    UP,
    TrackTable,
)

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

HEIGHT_SIGMAS: Final = 8.0
"""Half-width of the coarse gate in height, as wide as the fine gate is where addresses agree."""


@helper
def coarse_reach(z: Floats, form: int) -> float:
    """Part of the coarse gate that belongs to the report alone, metres."""
    noise = z[SIGMA]
    if form == POLAR:
        noise = max(noise, z[RANGE] * z[SIGMA_AZIMUTH])
        bias = z[BIAS_VAR_RANGE] + z[RANGE] * z[RANGE] * z[BIAS_VAR_AZIMUTH]
        if bias > 0.0:
            noise = math.sqrt(noise * noise + bias)
    reach = 2.0 * SIGMAS * noise
    if math.isnan(z[HEIGHT]):
        reach += SIGMAS * z[SIGMA_HEIGHT]
    return reach


@helper
def reaches_height(near: Floats, rise_m: float, dt: float, z: Floats) -> bool:
    """Whether a track `rise_m` above a report's place can be at its height, where it gives one."""
    if math.isnan(z[HEIGHT]):
        return True
    spread = near[NEAR_HIGH] + abs(dt) * near[NEAR_CLIMB] + z[SIGMA_HEIGHT]
    return abs(rise_m) < HEIGHT_SIGMAS * spread + 0.5 * REACH_MPS2 * dt * dt


@helper
def reaches(near: Floats, z: Floats, time_s: float, reach_m: float) -> bool:
    """Whether a track, as the index knows it, could be at a report's place at its time."""
    dt = time_s - near[NEAR_TIME]
    dx = near[0] + dt * near[NEAR_VEL] - z[PLACE]
    dy = near[1] + dt * near[NEAR_VEL + 1] - z[PLACE + 1]
    dz = near[2] + dt * near[NEAR_VEL + 2] - z[PLACE + 2]
    limit = SIGMAS * (near[NEAR_SPREAD] + abs(dt) * near[NEAR_SPREAD + 1])
    limit += reach_m + 0.5 * REACH_MPS2 * dt * dt
    if not dx * dx + dy * dy + dz * dz < limit * limit:
        return False
    return reaches_height(near, dx * z[UP] + dy * z[UP + 1] + dz * z[UP + 2], dt, z)


@helper
def search_bucket(
    tracks: TrackTable,
    bucket: int,
    key: int,
    z: Floats,
    asked: tuple[float, float],
    found_out: Longs,
    n: int,
) -> int:
    """Add the tracks of one cell that reach a report, last row first; `asked`: time, reach.

    Returns the new count. Other cells' tracks in the bucket are passed over.
    """
    t = tracks.head[bucket]
    while t >= 0:
        if tracks.links[t, CELL] == key and reaches(tracks.near[t], z, asked[0], asked[1]):
            if n < found_out.shape[0]:
                i = n
                while i > 0 and found_out[i - 1] < t:
                    found_out[i] = found_out[i - 1]
                    i -= 1
                found_out[i] = t
                n += 1
            else:
                tracks.counters[N_CROWDED] += 1
        t = tracks.links[t, AFTER]
    return n


@helper
def search_size(
    tracks: TrackTable,
    size: int,
    around_m: float,
    z: Floats,
    asked: tuple[float, float],
    flat: int,
    found_out: Longs,
    n: int,
) -> int:
    """Search the cells of one size within `around_m` of a report; the new count."""
    n_buckets = tracks.head.shape[0] - 1
    side = side_of(size)
    north = north_m(flat, z[PLACE], z[PLACE + 1], z[PLACE + 2])
    share = east_share(flat, z[PLACE], z[PLACE + 1])
    first_row = math.floor((north - around_m) / side)
    last_row = math.floor((north + around_m) / side)
    for row in range(first_row, last_row + 1):
        first, last, around = column_span(flat, size, row, north, share, around_m)
        for c in range(first, last + 1):
            column = column_in_row(flat, c, around)
            bucket = bucket_of(size, row, column, n_buckets)
            if tracks.head[bucket] >= 0:
                key = key_of(size, row, column)
                n = search_bucket(tracks, bucket, key, z, asked, found_out, n)
    return n


@inlined
def search(
    tracks: TrackTable, z: Floats, time_s: float, reach_m: float, flat: int, found_out: Longs
) -> int:
    """Tracks that could be at a report's place at its time, last row first; how many.

    A report that is late, or past the time that the fine cells are good for, looks wider.
    """
    n = int(0)  # noqa: UP018, RUF046  plain int64, not a literal, to the compiler
    n_buckets = tracks.head.shape[0] - 1
    asked = (time_s, reach_m)
    if tracks.head[n_buckets] >= 0:
        n = search_bucket(tracks, n_buckets, FAST_CELL, z, asked, found_out, n)
    wide_m = max(CELL_M, reach_m + 0.75 * CELL_M)
    fine_m = wide_m
    in_time = time_s <= tracks.watch_s[SWEPT_S] + AHEAD_S
    if in_time and time_s >= tracks.watch_s[NEWEST_S] - HOLD_S:
        fine_m = min(wide_m, reach_m + FINE_REACH_M)
    n = search_size(tracks, FINE, fine_m, z, asked, flat, found_out, n)
    return search_size(tracks, COARSE, wide_m, z, asked, flat, found_out, n)
