"""Truth and tracks in one form: paths of objects in one Cartesian frame, sorted by object and time.

The frame is ECEF for the real sky and x, y, 0 for flat scenes. Everything in this package works on
paths, or on samples of them at common instants (`evaluate.samples`).
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.kernels.geodesy import ecef_from_geodetic, enu_axes
from skypact.model.reports import Floats, Longs
from skypact.model.tracks import TrackRows
from skypact.model.truth import TruthRows

Bools = npt.NDArray[np.bool_]

BLOCK: Final = 1 << 17
"""Rows worked on at once: 17 temporary columns of 1 MB stay in the cache of most processors."""
FINE_S: Final = 2.0**34
"""Numbers up to this are told apart to 4e-6."""
GAP_INTERVALS: Final = 5.0
"""A pause in the truth is longer than this many median intervals ..."""
GAP_MIN_S: Final = 10.0
"""... and longer than this."""
GAP_LEAST: Final = 3
"""Intervals that an object needs for a median of its own."""


class Paths(NamedTuple):
    """States of N objects, n rows in all; rows of object i are ``first[i]:first[i + 1]``."""

    number: Longs
    """Target or track number of each object, ascending (N,)."""
    first: Longs
    """(N + 1,)"""
    time_s: Floats
    """Strictly ascending within an object (n,)."""
    place_m: Floats
    """(n, 3)"""
    velocity_mps: Floats
    """(n, 3)"""
    up: Floats
    """Local vertical, (0, 0, 1) in a flat scene (n, 3)."""
    row: Longs
    """Row of the truth or track table each state came from (n,)."""


def truth_paths(truth: TruthRows, *, flat: bool) -> Paths:
    """Sort the truth by object and time; of states at one time the last row counts.

    A height that is absent is replaced by the pressure altitude, and by 0 where that is absent too.
    Velocity components that are absent come from central differences of the path (one-sided at its
    ends). Rows without a time or a place are left out.

    Parameters
    ----------
    truth : TruthRows of any order.
    flat : bool
        The table holds x and y in metres instead of degrees (`config.Union.frame`).
    """
    rows = _sorted(truth.target, truth.time_s, _placed(truth.time_s, truth.lat_rad, truth.lon_rad))
    height_m = _height(truth.altitude_m, truth.baro_altitude_m)
    paths, axes = _bare(truth.target, truth.time_s, rows), _Axes(truth, rows, height_m, flat)
    axes.fill(paths)
    local = (truth.ve_mps[rows], truth.vn_mps[rows], truth.vu_mps[rows])
    ve, vn, vu = local
    missing = np.flatnonzero(~(np.isfinite(ve) & np.isfinite(vn) & np.isfinite(vu)))
    for start in range(0, len(missing), BLOCK):
        part = missing[start : start + BLOCK]
        slopes = axes.local(part, _differences(paths, part))
        for axis, column in enumerate(local):
            absent = ~np.isfinite(column[part])
            column[part[absent]] = slopes[absent, axis]
    axes.velocity(local, paths.velocity_mps)
    return paths


def track_paths(tracks: TrackRows, *, flat: bool, confirmed_only: bool = True) -> Paths:
    """Sort track rows by track and time; of rows at one time the last counts.

    Heights as in `truth_paths`. A horizontal velocity that is absent is that from the row before
    (nothing is taken from the future), 0 at the first; a climb rate that is absent is 0. Rows whose
    table does not say whether they are confirmed (-1) count as confirmed.
    """
    good = _placed(tracks.time_s, tracks.lat_rad, tracks.lon_rad)
    if confirmed_only:
        good &= tracks.confirmed != 0
    rows = _sorted(tracks.track, tracks.time_s, good)
    height_m = _height(tracks.altitude_m, tracks.baro_altitude_m)
    paths, axes = _bare(tracks.track, tracks.time_s, rows), _Axes(tracks, rows, height_m, flat)
    axes.fill(paths)
    ve, vn, vu = tracks.ve_mps[rows], tracks.vn_mps[rows], tracks.vu_mps[rows]
    vu[~np.isfinite(vu)] = 0.0
    missing = np.flatnonzero(~(np.isfinite(ve) & np.isfinite(vn)))
    for start in range(0, len(missing), BLOCK):
        part = missing[start : start + BLOCK]
        slopes = axes.local(part, _steps_back(paths, part))
        ve[part], vn[part] = slopes[:, 0], slopes[:, 1]
    axes.velocity((ve, vn, vu), paths.velocity_mps)
    return paths


def has_height(table: TruthRows | TrackRows) -> Bools:
    """Rows that state a height or a pressure altitude; paths put the others at 0."""
    stated: Bools = np.isfinite(table.altitude_m) | np.isfinite(table.baro_altitude_m)
    return stated


def without_height(paths: Paths, table: TruthRows | TrackRows) -> Bools:
    """Tell which objects have states without a height (N,)."""
    absent = np.flatnonzero(~has_height(table)[paths.row])
    out: Bools = np.zeros(len(paths.number), bool)
    out[object_at(paths, absent)] = True
    return out


def object_of(paths: Paths) -> Longs:
    """Object of every state (n,)."""
    return np.repeat(np.arange(len(paths.number)), np.diff(paths.first))


def object_at(paths: Paths, state: Longs) -> Longs:
    """Object of the chosen states (m,)."""
    return np.searchsorted(paths.first, state, "right") - 1


def intervals_s(paths: Paths) -> Floats:
    """Time from each state to the next of its object, NaN at the last (n,)."""
    steps = np.full(len(paths.time_s), np.nan)
    steps[:-1] = np.diff(paths.time_s)
    steps[paths.first[1:][np.diff(paths.first) > 0] - 1] = np.nan
    return steps


def usual_gap_s(truth: Paths) -> Floats:
    """Longest time between two states that is not a pause, for each object (N,).

    Five of its own median intervals, 10 s at least. The median of all objects stands in where an
    object has fewer than three intervals, which cannot tell a pause from a slow sensor.
    """
    n = len(truth.number)
    steps = intervals_s(truth)
    known = np.isfinite(steps)
    if not known.any():
        return np.full(n, GAP_MIN_S)
    index, steps = object_of(truth)[known], steps[known]
    usual_s = np.full(n, float(np.median(steps)))
    several, own_s, count = medians(index, steps)
    usual_s[several[count >= GAP_LEAST]] = own_s[count >= GAP_LEAST]
    return np.maximum(GAP_MIN_S, GAP_INTERVALS * usual_s)


def medians(index: Longs, values: Floats) -> tuple[Longs, Floats, Longs]:
    """Objects that have values, ascending, with the median and the number of each one's."""
    order = np.lexsort((values, index))
    several, first, count = np.unique(index[order], return_index=True, return_counts=True)
    ranked = values[order]
    middle = ranked[first + (count - 1) // 2] + ranked[first + count // 2]
    return several, 0.5 * middle, count


def stretches(paths: Paths, gap_s: float | Floats) -> tuple[Longs, Longs]:
    """First and last state of every stretch without a pause, by object and time.

    `gap_s` is the longest time that is not a pause, of all objects or of each (N,).
    """
    if not len(paths.time_s):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    allowed = np.repeat(np.broadcast_to(gap_s, len(paths.number)), np.diff(paths.first))
    last = np.flatnonzero(~(intervals_s(paths) <= allowed))
    return np.append(0, last[:-1] + 1), last


def latest(paths: Paths, index: Longs, time_s: Floats) -> Longs:
    """State of object ``index`` at or last before ``time_s``, -1 where there is none (m,).

    Fastest where objects and times ascend. The keys searched are exact to 2e-6 s even for 100,000
    objects over a day; the step after the search makes the answer exact. Where times lie so far
    apart that keys would be coarser, as with one stray time, objects are searched one by one.
    """
    if not len(paths.time_s) or not len(index):
        return np.full(len(index), -1, np.int64)
    one, end = int(index.min()), int(index.max()) + 1
    base = int(paths.first[one])
    times = paths.time_s[base : paths.first[end]]
    origin_s = float(times.min())
    span_s = max(float(times.max()) - origin_s, 1.0) * 1.5 + 3.0
    if end * span_s > FINE_S:
        return _halved(paths, index, time_s)
    key = np.repeat(np.arange(one, end) * span_s, np.diff(paths.first[one : end + 1]))
    key += times - origin_s
    out = np.empty(len(index), np.int64)
    for start in range(0, len(index), BLOCK):
        part = slice(start, start + BLOCK)
        i, t = index[part], time_s[part]
        asked = i * span_s + np.clip(t - origin_s, -1.0, span_s - 2.0)
        found = np.searchsorted(key, asked, "right") + (base - 1)
        first, last = paths.first[i], paths.first[i + 1] - 1
        later = np.minimum(found + 1, last)
        found = np.where((later > found) & (paths.time_s[later] <= t), later, found)
        found = np.where((found >= first) & (paths.time_s[found] > t), found - 1, found)
        out[part] = np.where(found >= first, found, -1)
    return out


def present(
    truth: Paths, index: Longs, before: Longs, time_s: Floats, gap_s: float | Floats
) -> Bools:
    """Tell where the truth exists: at a state, or between two no more than `gap_s` apart (m,).

    `gap_s` as in `stretches`.
    """
    allowed = np.broadcast_to(gap_s, len(truth.number))[index]
    last = truth.first[index + 1] - 1
    after = np.minimum(before + 1, last)
    at_state = truth.time_s[before] == time_s
    between = (after > before) & (truth.time_s[after] - truth.time_s[before] <= allowed)
    exists: Bools = (before >= 0) & (at_state | between)
    return exists


def interpolate(
    truth: Paths, before: Longs, time_s: Floats, last: Longs
) -> tuple[Floats, Floats, Floats]:
    """Place, velocity and vertical between two states, each (m, 3), by cubic Hermite polynomials.

    Source: F. N. Fritsch and R. E. Carlson, "Monotone piecewise cubic interpolation", SIAM J.
    Numer. Anal. 17 (1980), equations 2.1 to 2.4; the velocity is the derivative.

    Parameters
    ----------
    before : (m,) states at or before the times, from `latest`, none of them -1.
    time_s : (m,)
    last : (m,) last state of each object; there `time_s` is that state's time.
    """
    out = np.empty((len(before), 3)), np.empty((len(before), 3)), np.empty((len(before), 3))
    for start in range(0, len(before), BLOCK):
        part = slice(start, start + BLOCK)
        _hermite(truth, before[part], last[part], time_s[part], tuple(o[part] for o in out))
    return out


def predict(tracks: Paths, before: Longs, time_s: Floats, place_out: Floats) -> None:
    """Places (m, 3) of the states `before`, moved to `time_s` at their own constant velocity."""
    for start in range(0, len(before), BLOCK):
        part = slice(start, start + BLOCK)
        rows = before[part]
        age_s = time_s[part] - tracks.time_s[rows]
        place_out[part] = tracks.place_m[rows] + tracks.velocity_mps[rows] * age_s[:, None]


def _hermite(truth: Paths, k0: Longs, last: Longs, time_s: Floats, out: tuple[Floats, ...]) -> None:
    k1 = np.minimum(k0 + 1, last)
    step_s = (truth.time_s[k1] - truth.time_s[k0])[:, None]
    step_s[step_s == 0.0] = 1.0
    u = (time_s - truth.time_s[k0])[:, None] / step_s
    p0, v0, v1 = truth.place_m[k0], truth.velocity_mps[k0], truth.velocity_mps[k1]
    move = truth.place_m[k1] - p0
    curve = (2.0 * v0 + v1) * step_s
    bend = (v0 + v1) * step_s - 2.0 * move
    out[0][:] = p0 + u * (v0 * step_s + u * ((3.0 * move - curve) + u * bend))
    out[1][:] = v0 + u * (2.0 * (3.0 * move - curve) + 3.0 * u * bend) / step_s
    up = truth.up[k0] * (1.0 - u) + truth.up[k1] * u
    out[2][:] = up / np.linalg.norm(up, axis=1, keepdims=True)


def _halved(paths: Paths, index: Longs, time_s: Floats) -> Longs:
    """Find states as `latest` does, by halving the states of each object."""
    first = paths.first[index]
    low, high = first - 1, paths.first[index + 1] - 1
    while (low < high).any():
        middle = (low + high + 1) // 2
        past = paths.time_s[middle] <= time_s
        low, high = np.where(past & (low < high), middle, low), np.where(past, high, middle - 1)
    return np.where(low >= first, low, -1)


def _placed(time_s: Floats, lat_rad: Floats, lon_rad: Floats) -> Bools:
    return np.isfinite(time_s) & np.isfinite(lat_rad) & np.isfinite(lon_rad)


def _height(altitude_m: Floats, baro_altitude_m: Floats) -> Floats:
    height_m = np.where(np.isfinite(altitude_m), altitude_m, baro_altitude_m)
    height_m[~np.isfinite(height_m)] = 0.0
    return height_m


def _sorted(number: npt.NDArray[np.integer], time_s: Floats, good: Bools) -> Longs:
    """Rows by object and time; of rows of one object and time only the last."""
    rows = np.flatnonzero(good)
    rows = rows[np.lexsort((time_s[rows], number[rows]))]
    again = (number[rows][1:] == number[rows][:-1]) & (time_s[rows][1:] == time_s[rows][:-1])
    kept: Longs = rows[np.append(~again, np.ones(min(1, len(rows)), bool))]
    return kept


def _bare(number: npt.NDArray[np.integer], time_s: Floats, rows: Longs) -> Paths:
    """Paths whose places and velocities are still to be written."""
    numbers, first = np.unique(number[rows], return_index=True)
    n = len(rows)
    return Paths(
        numbers.astype(np.int64), np.append(first, n).astype(np.int64), time_s[rows],
        np.empty((n, 3)), np.empty((n, 3)), np.empty((n, 3)), rows,
    )  # fmt: skip


def _differences(paths: Paths, rows: Longs) -> Floats:
    """Velocity by central differences of the places, one-sided at the ends, 0 where alone."""
    index = np.searchsorted(paths.first, rows, "right") - 1
    before = np.maximum(rows - 1, paths.first[index])
    after = np.minimum(rows + 1, paths.first[index + 1] - 1)
    return _slope(paths, before, after)


def _steps_back(paths: Paths, rows: Longs) -> Floats:
    """Velocity from the state before, 0 at the first."""
    index = np.searchsorted(paths.first, rows, "right") - 1
    return _slope(paths, np.maximum(rows - 1, paths.first[index]), rows)


def _slope(paths: Paths, before: Longs, after: Longs) -> Floats:
    step_s = paths.time_s[after] - paths.time_s[before]
    step_s[step_s == 0.0] = np.inf
    slope: Floats = (paths.place_m[after] - paths.place_m[before]) / step_s[:, None]
    return slope


class _Axes:
    """East, north and up of every state, made block by block: all at once would take 72 octets."""

    def __init__(
        self, table: TruthRows | TrackRows, rows: Longs, height: Floats, flat: bool
    ) -> None:
        self.lat_rad, self.lon_rad = table.lat_rad[rows], table.lon_rad[rows]
        self.height_m, self.flat = height[rows], flat

    def fill(self, paths: Paths) -> None:
        """Write places and verticals."""
        if self.flat:
            paths.place_m[:] = np.column_stack((self.lon_rad, self.lat_rad, 0.0 * self.lat_rad))
            paths.up[:] = (0.0, 0.0, 1.0)
            return
        ecef_from_geodetic(self.lat_rad, self.lon_rad, self.height_m, paths.place_m)
        for part in self._blocks():
            paths.up[part] = self._block(part)[:, 2]

    def local(self, rows: Longs, vectors: Floats) -> Floats:
        """Components east, north and up of vectors at the chosen states."""
        if self.flat:
            return vectors
        return np.asarray(np.einsum("nij,nj->ni", self._block(rows), vectors))

    def velocity(self, local: tuple[Floats, Floats, Floats], out: Floats) -> None:
        """Turn velocities east, north and up into the common frame; without up in a flat scene."""
        if self.flat:
            out[:] = np.column_stack((local[0], local[1], 0.0 * local[0]))
            return
        for part in self._blocks():
            speeds = np.stack([column[part] for column in local], axis=1)
            out[part] = np.einsum("ni,nij->nj", speeds, self._block(part))

    def _blocks(self) -> list[slice]:
        return [slice(i, i + BLOCK) for i in range(0, len(self.lat_rad), BLOCK)]

    def _block(self, part: slice | Longs) -> Floats:
        lat_rad = self.lat_rad[part]
        axes = np.empty((len(lat_rad), 3, 3))
        enu_axes(lat_rad, self.lon_rad[part], axes)
        return axes
