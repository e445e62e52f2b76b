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

_CELL_M: Final = 10_000.0
_NEAR_M: Final = 9_300.0
"""Five nautical miles, the usual radar separation en route."""
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


def plane(lat_rad: Floats, lon_rad: Floats) -> tuple[Floats, Floats]:
    """North and east (m) on a map good enough for distances of a few kilometres."""
    return MEAN_RADIUS_M * lat_rad, MEAN_RADIUS_M * lon_rad * np.cos(lat_rad)


def keep_distance(a: Aircraft) -> None:
    """Set the share of its speed that every aircraft flies (`spacing`), in place."""
    a.spacing[:] = 1.0
    flying = np.flatnonzero(a.kind == AIRLINER)
    north, east = plane(a.lat_rad[flying], a.lon_rad[flying])
    cells = (np.floor(east / _CELL_M).astype(np.int64), np.floor(north / _CELL_M).astype(np.int64))
    i, j = near_pairs(*cells)
    dn, de = north[j] - north[i], east[j] - east[i]
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
    north, east = plane(a.lat_rad[others], a.lon_rad[others])
    here_north, here_east = plane(a.lat_rad[row : row + 1], a.lon_rad[row : row + 1])
    return bool((np.hypot(north - here_north, east - here_east) >= _NEAR_M).all())


class Placed:
    """Where flights began at one instant, in a grid: `is_clear` without a scan.

    Parameters
    ----------
    aircraft : Aircraft
    """

    def __init__(self, aircraft: Aircraft) -> None:
        self._aircraft = aircraft
        self._at: dict[tuple[int, int, int], list[tuple[float, float, float]]] = {}

    def add(self, row: int) -> None:
        """Note the present place of a row's flight."""
        north_m, east_m, baro_m = self._place(row)
        self._at.setdefault(_cell(north_m, east_m, baro_m), []).append((north_m, east_m, baro_m))

    def is_clear(self, row: int) -> bool:
        """Whether none of the noted flights is near a row's flight at its level."""
        here = self._place(row)
        north_m, east_m, baro_m = here
        i, j, k = _cell(*here)
        for di, dj, dk in itertools.product((-1, 0, 1), repeat=3):
            for north, east, baro in self._at.get((i + di, j + dj, k + dk), ()):
                apart = abs(baro - baro_m) >= _LEVEL_M
                if not apart and math.hypot(north - north_m, east - east_m) < _NEAR_M:
                    return False
        return True

    def _place(self, row: int) -> tuple[float, float, float]:
        a = self._aircraft
        north, east = plane(a.lat_rad[row : row + 1], a.lon_rad[row : row + 1])
        return float(north[0]), float(east[0]), float(a.baro_m[row])


def _cell(north_m: float, east_m: float, baro_m: float) -> tuple[int, int, int]:
    """Cell of a grid as wide as flights keep clear of each other."""
    return (
        math.floor(north_m / _NEAR_M),
        math.floor(east_m / _NEAR_M),
        math.floor(baro_m / _LEVEL_M),
    )
