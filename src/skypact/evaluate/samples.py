"""Who is where at the instants at which sets of objects are compared."""

from typing import Final, NamedTuple

import numpy as np

from skypact.evaluate.paths import (
    Bools,
    Paths,
    interpolate,
    intervals_s,
    latest,
    object_of,
    predict,
    present,
    usual_gap_s,
)
from skypact.model.reports import Floats, Longs

COAST_MAX_S: Final = 75.0
"""A track silent for longer is no longer shown, even if its number returns: five turns of a slow
en-route radar (15 s)."""
HOLD_S: Final = 5.0
"""Time for which a track stays after its last state where no track has two states to tell."""


class Samples(NamedTuple):
    """Truth and tracks at T instants; entries of instant k are ``*_first[k]:*_first[k + 1]``."""

    time_s: Floats
    """(T,)"""
    truth_first: Longs
    """(T + 1,)"""
    truth: Longs
    """Object in the truth's `Paths`, ascending within an instant (a,)."""
    truth_place_m: Floats
    """(a, 3)"""
    truth_velocity_mps: Floats
    up: Floats
    """Local vertical at the true place (a, 3)."""
    track_first: Longs
    """(T + 1,)"""
    track: Longs
    """Object in the tracks' `Paths`, ascending within an instant (b,)."""
    track_place_m: Floats
    """(b, 3)"""
    track_velocity_mps: Floats
    track_row: Longs
    """Row of the track table that the place was predicted from (b,)."""


def instants(truth: Paths, step_s: float) -> Floats:
    """Instants every `step_s` from the first true state to the last, both ends included."""
    if not len(truth.time_s):
        return np.empty(0)
    first_s, last_s = float(truth.time_s.min()), float(truth.time_s.max())
    steps = np.arange(int((last_s - first_s) / step_s + 1e-9) + 1)
    return np.asarray(np.minimum(first_s + steps * step_s, last_s))


def samples(
    truth: Paths,
    tracks: Paths,
    instants_s: Floats,
    *,
    gap_s: float | None = None,
    hold_s: float | None = None,
    coast_max_s: float = COAST_MAX_S,
) -> Samples:
    """Place truth and tracks at common instants.

    The truth is interpolated and is there from its first to its last state, pauses left out. A
    track is where its latest state at or before the instant puts it at constant velocity: what a
    user sees, nothing is taken from the future. It is there from its first state until `hold_s`
    after its last, but not while its latest state is older than `coast_max_s`.

    Parameters
    ----------
    truth, tracks : Paths
    instants_s : (T,) ascending; see `instants`.
    gap_s : float, optional
        Longest time between true states that is not a pause; `usual_gap_s` of the truth by default.
    hold_s : float, optional
        The track's own median interval between states by default (that of all tracks for a track
        with one state).
    coast_max_s : float
    """
    gap_s = usual_gap_s(truth) if gap_s is None else gap_s
    last_s = truth.time_s[truth.first[1:] - 1]
    index, instant = _pairs(truth, last_s, instants_s)
    before = latest(truth, index, instants_s[instant])
    keep = present(truth, index, before, instants_s[instant], gap_s)
    index, before, truth_first, time_s = _by_instant(index, instant, before, keep, instants_s)
    place_m, velocity_mps, up = interpolate(truth, before, time_s, truth.first[index + 1] - 1)

    last_s = tracks.time_s[tracks.first[1:] - 1] + _holds(tracks, hold_s)
    track, instant = _pairs(tracks, last_s, instants_s)
    before = latest(tracks, track, instants_s[instant])
    keep = (before >= 0) & (instants_s[instant] - tracks.time_s[before] <= coast_max_s)
    track, before, track_first, time_s = _by_instant(track, instant, before, keep, instants_s)
    track_place_m = np.empty((len(track), 3))
    predict(tracks, before, time_s, track_place_m)
    return Samples(
        instants_s, truth_first, index, place_m, velocity_mps, up, track_first, track,
        track_place_m, tracks.velocity_mps[before], tracks.row[before],
    )  # fmt: skip


def without_places(found: Samples) -> Samples:
    """Keep who is there and forget where: a quarter of the memory, enough for `update_errors`."""
    none = np.empty((0, 3))
    return found._replace(
        truth_place_m=none, truth_velocity_mps=none, up=none,
        track_place_m=none, track_velocity_mps=none,
    )  # fmt: skip


def without_velocities(found: Samples) -> Samples:
    """Forget the velocities, which the distances between sets do not need: two fifths of it."""
    none = np.empty((0, 3))
    return found._replace(truth_velocity_mps=none, track_velocity_mps=none)


def instant_of(first: Longs) -> Longs:
    """Instant of every entry, from `truth_first` or `track_first`."""
    return np.repeat(np.arange(len(first) - 1), np.diff(first))


def _holds(tracks: Paths, hold_s: float | None) -> Floats:
    """Seconds for which each track stays after its last state (N,)."""
    n = len(tracks.number)
    if hold_s is not None:
        return np.full(n, hold_s)
    steps = intervals_s(tracks)
    known = np.isfinite(steps)
    if not known.any():
        return np.full(n, HOLD_S)
    index, steps = object_of(tracks)[known], steps[known]
    holds = np.full(n, float(np.median(steps)))
    order = np.lexsort((steps, index))
    several, first, count = np.unique(index[order], return_index=True, return_counts=True)
    middle = steps[order][first + (count - 1) // 2] + steps[order][first + count // 2]
    holds[several] = 0.5 * middle
    return holds


def _pairs(paths: Paths, last_s: Floats, instants_s: Floats) -> tuple[Longs, Longs]:
    """Objects and the instants between their first state and `last_s`, object by object."""
    low = np.searchsorted(instants_s, paths.time_s[paths.first[:-1]], "left")
    count = np.maximum(np.searchsorted(instants_s, last_s, "right") - low, 0)
    index = np.repeat(np.arange(len(low)), count)
    offset = np.repeat(low - (np.cumsum(count) - count), count)
    return index, np.arange(len(index)) + offset


def _by_instant(
    index: Longs, instant: Longs, before: Longs, keep: Bools, instants_s: Floats
) -> tuple[Longs, Longs, Longs, Floats]:
    """Kept entries by instant, then object, and where each instant begins."""
    index, instant, before = index[keep], instant[keep], before[keep]
    order = np.argsort(instant, kind="stable")
    first = np.searchsorted(instant[order], np.arange(len(instants_s) + 1))
    return index[order], before[order], first, instants_s[instant[order]]
