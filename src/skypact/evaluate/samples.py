"""Who is where at the instants at which sets of objects are compared."""

from typing import Final, NamedTuple

import numpy as np

from skypact.evaluate.paths import (
    Paths,
    interpolate,
    intervals_s,
    latest,
    medians,
    object_at,
    object_of,
    predict,
    stretches,
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


def watched(instants_s: Floats, tracks: Paths, step_s: float) -> Floats:
    """Instants without one that only the recording's end keeps the tracks from.

    Where the truth goes on for less than a step after the last state of all tracks, the last
    instant is left out: reports of that moment were still on their way. A picture that stops
    earlier is judged to the end of the truth.
    """
    last_s = float(tracks.time_s.max(initial=-np.inf))
    if instants_s.size > 1 and last_s < instants_s[-1] < last_s + step_s:
        return instants_s[:-1]
    return instants_s


def samples(
    truth: Paths,
    tracks: Paths,
    instants_s: Floats,
    *,
    gap_s: float | Floats | None = None,
    hold_s: float | None = None,
    coast_max_s: float = COAST_MAX_S,
) -> Samples:
    """Place truth and tracks at common instants.

    The truth is interpolated and is there from its first to its last state, pauses left out. A
    track is where its latest state at or before the instant puts it at constant velocity: what a
    user sees, no place or velocity is taken from the future.

    A track is there from each state until the next, at most for `coast_max_s`, and for `hold_s`
    after its last. That it was not dropped between two states is known from the later one: tables
    hold no times of dropping, and a track that goes on under its number was not dropped. For the
    same reason the time after the last state is a guess, from all intervals of the track.

    Parameters
    ----------
    truth, tracks : Paths
    instants_s : (T,) ascending; see `instants`.
    gap_s : float or (N,), optional
        Longest time between true states that is not a pause; `usual_gap_s` of the truth by default.
    hold_s : float, optional
        The track's own median interval between states by default (that of all tracks for a track
        with one state).
    coast_max_s : float
    """
    begin, end = stretches(truth, usual_gap_s(truth) if gap_s is None else gap_s)
    spans = object_at(truth, begin), truth.time_s[begin], truth.time_s[end]
    index, before, truth_first, time_s = _there(truth, spans, instants_s)
    place_m, velocity_mps, up = interpolate(truth, before, time_s, truth.first[index + 1] - 1)

    begin, end = stretches(tracks, coast_max_s)
    track = object_at(tracks, begin)
    over = end == tracks.first[track + 1] - 1
    stay_s = np.where(over, np.minimum(_holds(tracks, hold_s)[track], coast_max_s), coast_max_s)
    end_s = tracks.time_s[end] + stay_s
    following_s = tracks.time_s[np.minimum(end + 1, len(tracks.time_s) - 1)]
    end_s = np.where(over, end_s, np.minimum(end_s, np.nextafter(following_s, -np.inf)))
    spans = track, tracks.time_s[begin], end_s
    track, before, track_first, time_s = _there(tracks, spans, instants_s)
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
    several, own_s, _ = medians(index, steps)
    holds[several] = own_s
    return holds


def _there(
    paths: Paths, spans: tuple[Longs, Floats, Floats], instants_s: Floats
) -> tuple[Longs, Longs, Longs, Floats]:
    """Objects at the instants in their spans (object, start and end), by instant, then object.

    With them the state at or last before, where each instant begins, and the times. As large as
    what comes out: nothing is spread over the time between two spans of an object.
    """
    owner, start_s, end_s = spans
    low = np.searchsorted(instants_s, start_s, "left")
    count = np.maximum(np.searchsorted(instants_s, end_s, "right") - low, 0)
    index = np.repeat(owner, count)
    instant = np.repeat(low - (np.cumsum(count) - count), count)
    instant += np.arange(len(instant))
    before = latest(paths, index, instants_s[instant])
    order = np.argsort(instant, kind="stable")
    first = np.searchsorted(instant[order], np.arange(len(instants_s) + 1))
    return index[order], before[order], first, instants_s[instant[order]]
