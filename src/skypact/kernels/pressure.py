"""Flight levels to heights: the field is read between its nodes, and witnesses are noted.

How nodes follow from witnesses: `geo.pressure`. The plain twin: tests/naive/pressure.py.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper, kernel
from skypact.model.pressure import (
    ASKED,
    GAIN_SIGMA,
    KNOT_M,
    KNOTS,
    LOCAL_SIGMA_M,
    N_LAT,
    N_LON,
    N_WITNESSES,
    NODE_STEP_RAD,
    OFFSET_SIGMA_M,
    PROBES,
    TILE,
    TILE_COLUMNS,
    VALUE,
    VARIANCE,
    W_ADDRESS,
    W_BARO,
    W_COUNT,
    W_DIFFERENCE,
    W_LAT,
    W_LON,
    W_TIME,
)

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

LIMIT_SIGMAS: Final = 4.0
"""A difference beyond so many deviations of the unheard field is an error, not weather: 0.48 km at
sea level, 0.68 km at 10 km."""
AVERAGED: Final = 16.0
"""Reports of one witness that are averaged: their roundings, 25 ft each."""
ANEW_S: Final = 300.0
"""A witness unheard for so long begins anew."""
_SCATTER: Final = 2_654_435_761
"""Knuth's multiplicative hash (The Art of Computer Programming 3, section 6.4)."""


@helper
def node_of(lat_rad: float, lon_rad: float) -> tuple[int, int, float, float]:
    """South-western node of a place, and the place's shares to the north and to the east."""
    y = (lat_rad + 0.5 * math.pi) / NODE_STEP_RAD
    i = int(min(max(0.0, math.floor(y)), N_LAT - 2.0))
    x = lon_rad / NODE_STEP_RAD
    x -= N_LON * math.floor(x / N_LON)
    j = int(min(math.floor(x), N_LON - 1.0))
    return i, j, y - i, x - j


@helper
def unheard_at(baro_m: float) -> float:
    """Variance of the field at a pressure altitude, far from every witness."""
    warm = GAIN_SIGMA * baro_m
    return OFFSET_SIGMA_M * OFFSET_SIGMA_M + warm * warm + LOCAL_SIGMA_M * LOCAL_SIGMA_M


@helper
def field_at(lat_rad: float, lon_rad: float, baro_m: float, nodes: Floats) -> tuple[float, float]:
    """Value and variance of the field at a place and pressure altitude.

    Where there is no place, it is that of which nothing is known; where no level, its variance is
    NaN.
    """
    is_place = abs(lat_rad) <= 0.5 * math.pi and abs(lon_rad) <= 2.0 * math.pi
    if not is_place or math.isnan(baro_m):
        return 0.0, unheard_at(baro_m)
    i, j, north, east = node_of(lat_rad, lon_rad)
    h = min(max(0.0, baro_m / KNOT_M), KNOTS - 1.0)
    k = min(int(h), KNOTS - 2)
    up = h - k
    value = 0.0
    variance = 0.0
    for a in range(2):
        for b in range(2):
            share = (north if a == 1 else 1.0 - north) * (east if b == 1 else 1.0 - east)
            node = nodes[i + a, (j + b) % N_LON]
            value += share * ((1.0 - up) * node[k, VALUE] + up * node[k + 1, VALUE])
            variance += share * ((1.0 - up) * node[k, VARIANCE] + up * node[k + 1, VARIANCE])
    return value, variance


@helper
def ask_for(lat_rad: float, lon_rad: float, tiles: Floats) -> None:
    """Mark the tiles of the four nodes about a place."""
    if not (abs(lat_rad) <= 0.5 * math.pi and abs(lon_rad) <= 2.0 * math.pi):
        return
    i, j, _, _ = node_of(lat_rad, lon_rad)
    for a in range(2):
        for b in range(2):
            column = ((j + b) % N_LON) // TILE
            tiles[(i + a) // TILE * TILE_COLUMNS + column, ASKED] = 1.0


@helper
def row_of_witness(address: int, witnesses: Floats) -> int:
    """Row of an address: its own, else a free one, else the one that was silent for longest."""
    first = (address * _SCATTER) & (N_WITNESSES - 1)
    best = first
    for probe in range(PROBES):
        row = (first + probe) & (N_WITNESSES - 1)
        if witnesses[row, W_ADDRESS] == address:
            return row
        if witnesses[best, W_ADDRESS] < 0.0:
            continue
        if witnesses[row, W_ADDRESS] < 0.0 or witnesses[row, W_TIME] < witnesses[best, W_TIME]:
            best = row
    return best


@helper
def note_witness(
    address: int,
    time_s: float,
    lat_rad: float,
    lon_rad: float,
    baro_m: float,
    difference_m: float,
    witnesses: Floats,
) -> None:
    """Note the difference of an aircraft that sent both heights; each address counts once."""
    if not difference_m * difference_m < LIMIT_SIGMAS * LIMIT_SIGMAS * unheard_at(baro_m):
        return
    if not (abs(lat_rad) <= 0.5 * math.pi and abs(lon_rad) <= 2.0 * math.pi):
        return
    w = witnesses[row_of_witness(address, witnesses)]
    if w[W_ADDRESS] != address or abs(time_s - w[W_TIME]) > ANEW_S:
        w[W_ADDRESS] = address
        w[W_TIME] = time_s
        w[W_COUNT] = 0.0
        w[W_DIFFERENCE] = 0.0
    w[W_COUNT] = min(AVERAGED, w[W_COUNT] + 1.0)
    w[W_DIFFERENCE] += (difference_m - w[W_DIFFERENCE]) / w[W_COUNT]
    w[W_TIME] = max(w[W_TIME], time_s)
    w[W_LAT] = lat_rad
    w[W_LON] = lon_rad
    w[W_BARO] = baro_m


@kernel
def note_witnesses(address: Longs, rows: Floats, witnesses: Floats) -> None:
    """Note witnesses: addresses (n,); time, latitude, longitude, level, difference (n, 5)."""
    for i in range(address.shape[0]):
        f = rows[i]
        note_witness(address[i], f[0], f[1], f[2], f[3], f[4], witnesses)


@kernel
def read_field(places: Floats, nodes: Floats, tiles: Floats, out: Floats) -> None:
    """Read the field at latitudes, longitudes and levels (n, 3); value and variance to (n, 2)."""
    for i in range(places.shape[0]):
        p = places[i]
        ask_for(p[0], p[1], tiles)
        out[i, 0], out[i, 1] = field_at(p[0], p[1], p[2], nodes)
