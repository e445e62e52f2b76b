"""Traffic that flies the same way keeps its distance: followers slow down.

What controllers do, in its simplest form: of two airliners near each other at about one level and
on about one course, the one behind flies slower. Crossing traffic is left as it is.
"""

import itertools
import math
from typing import Final

import numpy as np

from skypact.kernels.geodesy import MEAN_RADIUS_M
from skypact.model.reports import Floats, Longs
from skypact.simulate.aircraft import AIRLINER, Aircraft
from skypact.simulate.truth import wrapped

_CELL_M: Final = 10_000.0
_NEAR_M: Final = 9_300.0
"""Five nautical miles, the usual radar separation en route."""
_BAND_RAD: Final = 1.1 * _NEAR_M / MEAN_RADIUS_M
"""Bands of the grid of `Placed`: neighbours reach beyond what is near."""
_CLOSE_M: Final = 4_000.0
_LEVEL_M: Final = 280.0
_SLOWER: Final = 0.86
_SLOWEST: Final = 0.72
_ABREAST_RAD: Final = 1.2


def near_pairs(column: Longs, row: Longs) -> tuple[Longs, Longs]:
    """Pairs (i, j), each once, whose cells of a grid are the same or touch; cost by pairs found."""
    stride = 1 << 24
    key = column * stride + row
    order = np.argsort(key, kind="stable")
    sorted_key = key[order]
    firsts, seconds = [], []
    for offset in (0, 1, stride - 1, stride, stride + 1):
        low = np.searchsorted(sorted_key, key + offset, side="left")
        count = np.searchsorted(sorted_key, key + offset, side="right") - low
        first = np.repeat(np.arange(len(key)), count)
        run = np.arange(len(first)) - np.repeat(np.cumsum(count) - count, count)
        second = order[np.repeat(low, count) + run]
        keep = first < second if offset == 0 else np.ones(len(first), np.bool_)
        firsts.append(first[keep])
        seconds.append(second[keep])
    return np.concatenate(firsts), np.concatenate(seconds)


def plane(lat_rad: Floats, lon_rad: Floats, at_rad: Floats | None = None) -> tuple[Floats, Floats]:
    """North and east (m) on a map of some kilometres; its parallels are `at_rad` or `lat_rad`."""
    parallel = np.cos(lat_rad if at_rad is None else at_rad)
    return MEAN_RADIUS_M * lat_rad, np.asarray(MEAN_RADIUS_M * lon_rad * parallel)


def keep_distance(a: Aircraft) -> None:
    """Set the share of its speed that every aircraft flies (`spacing`), in place."""
    a.spacing[:] = 1.0
    flying = np.flatnonzero(a.kind == AIRLINER)
    lat, lon = a.lat_rad[flying], a.lon_rad[flying]
    north, east = plane(lat, wrapped(lon - lon[:1]))
    cells = (np.floor(east / _CELL_M).astype(np.int64), np.floor(north / _CELL_M).astype(np.int64))
    i, j = near_pairs(*cells)
    dn, de = plane(lat[j] - lat[i], wrapped(lon[j] - lon[i]), 0.5 * (lat[i] + lat[j]))
    distance = np.hypot(dn, de)
    first, second = flying[i], flying[j]
    apart = np.abs(a.baro_m[first] - a.baro_m[second]) > _LEVEL_M
    course = a.course_rad[first]
    alike = np.cos(course - a.course_rad[second]) > np.cos(_ABREAST_RAD)
    chosen = (distance < _NEAR_M) & ~apart & alike
    ahead = dn * np.cos(course) + de * np.sin(course) > 0.0
    follower = np.where(ahead, first, second)[chosen]
    share = np.where(distance[chosen] < _CLOSE_M, _SLOWEST, _SLOWER)
    np.minimum.at(a.spacing, follower, share)


def is_clear(a: Aircraft, row: int) -> bool:
    """Whether no other flight is near a row's flight at its level."""
    near = np.abs(a.lat_rad - a.lat_rad[row]) < _NEAR_M / MEAN_RADIUS_M
    near &= (np.abs(a.baro_m - a.baro_m[row]) < _LEVEL_M) & (a.target >= 0)
    near[row] = False
    others = np.flatnonzero(near)
    lat, lon = a.lat_rad[others], a.lon_rad[others]
    dlat, dlon = lat - a.lat_rad[row], wrapped(lon - a.lon_rad[row])
    north, east = plane(dlat, dlon, 0.5 * (lat + a.lat_rad[row]))
    return bool((np.hypot(north, east) >= _NEAR_M).all())


class Placed:
    """Where flights began at one instant, in a grid: `is_clear` without a scan.

    Cells are bands of latitude, cut into columns as wide as high, and levels.

    Parameters
    ----------
    aircraft : Aircraft
    """

    def __init__(self, aircraft: Aircraft) -> None:
        self._aircraft = aircraft
        self._rows: dict[tuple[int, int, int], list[tuple[float, float, float]]] = {}
        self._first_lon: float | None = None

    def add(self, row: int) -> None:
        """Note the present place of a row's flight."""
        lat, lon, baro_m = self._place(row)
        band, level = math.floor(lat / _BAND_RAD), math.floor(baro_m / _LEVEL_M)
        key = (band, self._column(band, lon), level)
        self._rows.setdefault(key, []).append((lat, lon, baro_m))

    def is_clear(self, row: int) -> bool:
        """Whether none of the noted flights is near a row's flight at its level."""
        lat, lon, baro_m = self._place(row)
        middle, level = math.floor(lat / _BAND_RAD), math.floor(baro_m / _LEVEL_M)
        for band in (middle - 1, middle, middle + 1):
            column = self._column(band, lon)
            for i, k in itertools.product((-1, 0, 1), repeat=2):
                for other in self._rows.get((band, column + i, level + k), ()):
                    if abs(other[2] - baro_m) < _LEVEL_M and _apart_m(lat, lon, other) < _NEAR_M:
                        return False
        return True

    def _column(self, band: int, lon_rad: float) -> int:
        """Column of a longitude in a band; counted from the first one noted."""
        if self._first_lon is None:
            self._first_lon = lon_rad
        east = math.remainder(lon_rad - self._first_lon, 2.0 * math.pi)
        return math.floor(east * math.cos((band + 0.5) * _BAND_RAD) / _BAND_RAD)

    def _place(self, row: int) -> tuple[float, float, float]:
        a = self._aircraft
        return float(a.lat_rad[row]), float(a.lon_rad[row]), float(a.baro_m[row])


def _apart_m(lat_rad: float, lon_rad: float, other: tuple[float, float, float]) -> float:
    """Distance on the map of `plane`."""
    east = math.remainder(other[1] - lon_rad, 2.0 * math.pi)
    parallel = math.cos(0.5 * (lat_rad + other[0]))
    return MEAN_RADIUS_M * math.hypot(other[0] - lat_rad, east * parallel)
