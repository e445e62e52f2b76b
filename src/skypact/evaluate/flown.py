"""Paths of the truth as rules' true events need them: objects, instants, and who is where."""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.model.reports import Bytes, Floats, Longs
from skypact.model.truth import TruthRows

Mask = npt.NDArray[np.bool_]
EARTH_M: Final = 6_371_008.8
"""Mean radius (IUGG)."""
PAUSE_S: Final = 30.0
"""Over a longer pause nothing is said about an object's path."""
INSTANT_S: Final = 2.0
"""Between two instants at which objects are compared with each other."""


class Flown(NamedTuple):
    """Rows of the truth in order of target and time, (n,)."""

    target: Longs
    time_s: Floats
    lat_rad: Floats
    lon_rad: Floats
    altitude_m: Floats
    """Above the WGS-84 ellipsoid; NaN where unknown, as all below."""
    baro_altitude_m: Floats
    vn_mps: Floats
    ve_mps: Floats
    icao: Longs
    target_class: Bytes


def flown_of(truth: TruthRows) -> Flown:
    """Sort the truth by object and time; rows without a time or place are left out."""
    known = np.flatnonzero(np.isfinite(truth.time_s + truth.lat_rad + truth.lon_rad))
    order = known[np.lexsort((truth.time_s[known], truth.target[known]))]
    columns = {name: getattr(truth, name)[order] for name in Flown._fields}
    columns["target"] = columns["target"].astype(np.int64)
    columns["icao"] = columns["icao"].astype(np.int64)
    return Flown(**columns)


def goes_on(flown: Flown) -> Mask:
    """Whether each row but the first (n - 1,) goes on with the object of the row before it."""
    same = flown.target[1:] == flown.target[:-1]
    return np.asarray(same & (np.diff(flown.time_s) <= PAUSE_S))


def first_seen(flown: Flown) -> Floats:
    """Time (n,) since when the truth has the object of each row without a pause."""
    begins = np.concatenate(([True], ~goes_on(flown))) if flown.time_s.size else np.zeros(0, bool)
    first = np.maximum.accumulate(np.where(begins, np.arange(begins.size), 0))
    return np.asarray(flown.time_s[first])


def stretches(flown: Flown, holds: Mask) -> Iterator[tuple[int, int]]:
    """First and last row of each stretch of an object's path on which something holds."""
    if not holds.any():
        return
    joined = goes_on(flown) & holds[1:] & holds[:-1]
    begins = holds & ~np.concatenate(([False], joined))
    ends = holds & ~np.concatenate((joined, [False]))
    yield from zip(np.flatnonzero(begins).tolist(), np.flatnonzero(ends).tolist(), strict=True)


def instants(flown: Flown, step_s: float = INSTANT_S) -> Iterator[tuple[float, Longs]]:
    """Yield times a step apart, with the rows of the objects that are there, the newest of each."""
    slot = np.floor(flown.time_s / step_s).astype(np.int64)
    last = np.ones(slot.size, np.bool_)
    last[:-1] = (slot[1:] != slot[:-1]) | (flown.target[1:] != flown.target[:-1])
    rows = np.flatnonzero(last)
    rows = rows[np.argsort(slot[rows], kind="stable")]
    for part in np.split(rows, np.flatnonzero(np.diff(slot[rows])) + 1):
        if part.size:
            yield float(slot[part[0]]) * step_s, part


def places_m(flown: Flown, rows: Longs) -> Floats:
    """Places (k, 3) on a sphere, metres: chords of some tens of kilometres are distances."""
    lat, lon = flown.lat_rad[rows], flown.lon_rad[rows]
    return EARTH_M * np.stack(
        (np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)), axis=1
    )


def near_pairs(place_m: Floats, within_m: float) -> Longs:
    """Pairs (k, 2) of places (n, 3) that are within a distance, each once.

    Sorted along the third coordinate, so that only neighbours along it are tried.
    """
    order = np.argsort(place_m[:, 2], kind="stable")
    along = place_m[order, 2]
    count = np.searchsorted(along, along + within_m, "right") - np.arange(along.size) - 1
    first = np.repeat(np.arange(along.size), count)
    begin = np.repeat(np.cumsum(count) - count, count)
    second = first + 1 + np.arange(first.size) - begin
    pairs = np.stack((order[first], order[second]), axis=1)
    apart = place_m[pairs[:, 0]] - place_m[pairs[:, 1]]
    return np.asarray(pairs[np.einsum("ij,ij->i", apart, apart) <= within_m * within_m])


def cut(flown: Flown, rows: Longs | slice) -> Flown:
    """Return some rows."""
    return Flown(**{name: column[rows] for name, column in flown._asdict().items()})


class Whose:
    """Says which objects of the truth tracks stand for.

    Parameters
    ----------
    flown : Flown
    limit_m : float
        Horizontal distance within which the nearest object is the track's.
    """

    def __init__(self, flown: Flown, limit_m: float = 2_000.0) -> None:
        self._limit_m = limit_m
        order = np.argsort(flown.time_s, kind="stable")
        self._flown = cut(flown, order)
        steps = np.diff(flown.time_s)[goes_on(flown)]
        self._reach_s = 1.5 * float(np.median(steps)) if steps.size else PAUSE_S
        known = flown.icao >= 0
        self._address: dict[int, set[int]] = {}
        for icao, target in set(
            zip(flown.icao[known].tolist(), flown.target[known].tolist(), strict=True)
        ):
            self._address.setdefault(icao, set()).add(target)

    def near(self, time_s: float, lat_rad: float, lon_rad: float) -> int:
        """Object nearest to a place at a time; -1 where none is near enough."""
        f = self._flown
        low, high = np.searchsorted(f.time_s, (time_s - self._reach_s, time_s + self._reach_s))
        if low == high:
            return -1
        part = slice(int(low), int(high))
        after_s = time_s - f.time_s[part]
        north = EARTH_M * (f.lat_rad[part] - lat_rad) + np.nan_to_num(f.vn_mps[part]) * after_s
        turn = (f.lon_rad[part] - lon_rad + np.pi) % (2.0 * np.pi) - np.pi
        east = EARTH_M * np.cos(lat_rad) * turn + np.nan_to_num(f.ve_mps[part]) * after_s
        away = np.hypot(north, east)
        best = int(np.argmin(away))
        return int(f.target[part][best]) if away[best] <= self._limit_m else -1

    def named(self, icao: int) -> set[int]:
        """Objects of a 24-bit address."""
        return self._address.get(icao, set())


Holds = Callable[[Floats, Floats], Mask]
"""Whether places (latitude, longitude, radians) lie in a part of the ground."""
