"""Cleaning of recorded trajectories: what is stale, cannot be, or is too short.

See `simulate.recorded` for what is done, in which order.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels.geodesy import MEAN_RADIUS_M
from skypact.model.recorded import RecordedPaths
from skypact.model.reports import Floats, Longs
from skypact.simulate.parts import Recorded
from skypact.simulate.truth import wrapped

LEAST_S: Final = 10.0
LEAST_ROWS: Final = 5
_ROUNDS: Final = 3
_SLACK_UP_M: Final = 300.0
_FASTEST_UP_MPS: Final = 60.0
_FILLED: Final = 0.01
"""Share of its weight that an altitude has which was not recorded."""
_FASTEST_MPS: Final = 450.0
_SLACK_M: Final = 500.0
_STALE_MPS: Final = 5.0


def first_s(paths: RecordedPaths, entry: Recorded) -> float:
    """First instant that is played, in the recording's own time."""
    return float(paths.time_s.min()) + entry.skip_s


def cut(paths: RecordedPaths, entry: Recorded) -> tuple[Longs, Longs, bool]:
    """Rows to keep, their flights (numbered by their beginning), and the kind of altitude."""
    exact = paths.sigma_m == 0.0
    known = [np.isfinite(paths.altitude_m), np.isfinite(paths.baro_altitude_m)]
    is_baro = not known[0].any() if exact else bool(known[1].any())
    rows = np.lexsort((paths.time_s, paths.number))
    rows = rows[np.isfinite(paths.time_s[rows] + paths.lat_rad[rows] + paths.lon_rad[rows])]
    if rows.size:
        rows = rows[paths.time_s[rows] >= first_s(paths, entry)]
    if not rows.size:
        return rows, rows, is_baro
    twice = (np.diff(paths.number[rows]) == 0) & (np.diff(paths.time_s[rows]) <= 0.0)
    rows = rows[np.concatenate(([True], ~twice))]
    if not exact:
        rows = _without_stale(paths, rows)
        rows = _without_jumps(paths, rows)
    flight = np.cumsum(_ends(paths, rows, entry.gap_s, exact)) - 1
    has_altitude = known[1 if is_baro else 0][rows]
    return (*_chosen(paths.time_s, rows, flight, has_altitude, entry.limit), is_baro)


def _chosen(
    time_s: Floats, rows: Longs, flight: Longs, has_altitude: Floats, limit: int | None
) -> tuple[Longs, Longs]:
    """Leave out flights that are too short, and all but the first `limit`; number the others."""
    firsts = np.flatnonzero(np.diff(flight, prepend=-1))
    counts = np.bincount(flight)
    begin, end = time_s[rows[firsts]], time_s[rows[firsts + counts - 1]]
    good = (counts >= LEAST_ROWS) & (end - begin >= LEAST_S)
    good &= np.bincount(flight, has_altitude) >= LEAST_ROWS
    order = np.flatnonzero(good)[np.argsort(begin[good], kind="stable")][:limit]
    pieces = [np.arange(firsts[k], firsts[k] + counts[k]) for k in order.tolist()]
    if not pieces:
        return rows[:0], flight[:0]
    return rows[np.concatenate(pieces)], np.repeat(np.arange(len(order)), counts[order])


def _steps(paths: RecordedPaths, rows: Longs) -> tuple[Floats, Floats]:
    """Distance (m) and time (s) from each row to the next; infinitely far to another object."""
    north = np.diff(paths.lat_rad[rows])
    east = wrapped(np.diff(paths.lon_rad[rows])) * np.cos(paths.lat_rad[rows[1:]])
    distance = MEAN_RADIUS_M * np.hypot(north, east)
    distance[np.diff(paths.number[rows]) != 0] = np.inf
    return distance, np.diff(paths.time_s[rows])


def _without_stale(paths: RecordedPaths, rows: Longs) -> Longs:
    """Drop repeats of a position by an object that was moving meanwhile."""
    distance, _ = _steps(paths, rows)
    firsts = np.flatnonzero(np.concatenate(([True], distance > 0.0)))
    length = np.diff(np.append(firsts, len(rows)))
    away, passed = _steps(paths, rows[firsts])
    moved = np.isfinite(away) & (away > _STALE_MPS * passed)
    # At an object's last position, what it did before tells.
    last = np.append(~np.isfinite(away), True)
    stale = np.where(last, np.insert(moved, 0, False), np.append(moved, False))
    keep = np.ones(len(rows), np.bool_)
    keep[np.repeat(stale, length)] = False
    keep[firsts] = True
    return rows[keep]


def _impossible(paths: RecordedPaths, rows: Longs) -> npt.NDArray[np.bool_]:
    distance, passed = _steps(paths, rows)
    return np.asarray(distance > _SLACK_M + _FASTEST_MPS * passed)


def _without_jumps(paths: RecordedPaths, rows: Longs) -> Longs:
    """Drop single positions that cannot be reached from the one before nor left to the next."""
    for _ in range(_ROUNDS):
        step = _impossible(paths, rows)
        both = np.concatenate((step, [True])) & np.concatenate(([True], step))
        if not both.any():
            break
        rows = rows[~both]
    return rows


def _ends(paths: RecordedPaths, rows: Longs, gap_s: float, exact: bool) -> Longs:
    """1 where a row begins a flight."""
    distance, passed = _steps(paths, rows)
    begins = ~np.isfinite(distance) | (passed > gap_s)
    if not exact:
        begins |= _impossible(paths, rows)
    return np.concatenate(([1], begins.astype(np.int64)))


def steady(
    altitude: Floats, flight: Longs, time_s: Floats, *, exact: bool
) -> tuple[Floats, Floats]:
    """Altitudes without jumps and holes, and the share of its weight that each has.

    Those that cannot be reached from the longest stretch without a jump are left out; what is
    missing lies between its neighbours.
    """
    known = np.isfinite(altitude)
    rows = np.flatnonzero(known)
    far = _far_up(np.diff(altitude[rows]), np.diff(time_s[rows]))
    jumps = np.flatnonzero(far & (np.diff(flight[rows]) == 0))
    for k in [] if exact else np.unique(flight[rows[jumps]]).tolist():
        part = rows[flight[rows] == k]
        known[part] = False
        known[_reachable(altitude, time_s, part)] = True
    filled = _between(altitude, known, flight, time_s)
    return filled, np.where(known, 1.0, _FILLED)


def _far_up(climbed_m: Floats, passed_s: Floats) -> npt.NDArray[np.bool_]:
    return np.asarray(np.abs(climbed_m) > _SLACK_UP_M + _FASTEST_UP_MPS * passed_s)


def _reachable(altitude: Floats, time_s: Floats, rows: Longs) -> Longs:
    """Rows of the longest stretch without a jump, and those reachable before and after it."""
    far = _far_up(np.diff(altitude[rows]), np.diff(time_s[rows]))
    stretches = np.split(rows, np.flatnonzero(far) + 1)
    longest = int(np.argmax([len(stretch) for stretch in stretches]))
    kept = [stretches[longest]]
    for stretch in stretches[longest + 1 :]:
        a, b = kept[-1][-1], stretch[0]
        if not _far_up(altitude[b] - altitude[a], time_s[b] - time_s[a]):
            kept.append(stretch)
    for stretch in stretches[:longest][::-1]:
        a, b = stretch[-1], kept[0][0]
        if not _far_up(altitude[b] - altitude[a], time_s[b] - time_s[a]):
            kept.insert(0, stretch)
    return np.concatenate(kept)


def _between(value: Floats, known: npt.NDArray[np.bool_], flight: Longs, time_s: Floats) -> Floats:
    """Fill what is not known by lines between neighbours of the same flight."""
    out = value.copy()
    for k in np.unique(flight[~known]).tolist():
        part = slice(*np.searchsorted(flight, [k, k + 1]).tolist())
        have = known[part]
        if have.any():
            out[part] = np.interp(time_s[part], time_s[part][have], value[part][have])
    return out
