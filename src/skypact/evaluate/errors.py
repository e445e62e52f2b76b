"""Errors of tracks against the truth: along and across the track, height, speed, heading, climb.

Errors are track minus truth, in the truth's own frame: along its horizontal velocity, across to the
right of it, and up. `update_errors` compares each row of a matched track with the truth at the
row's own time, with no prediction between them; `sample_errors` compares what a user sees at common
instants, predicted from the latest row. The first judge the tracker, the second the picture.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from skypact.evaluate.matching import Match
from skypact.evaluate.paths import (
    BLOCK,
    Bools,
    Paths,
    has_height,
    interpolate,
    latest,
    present,
    usual_gap_s,
)
from skypact.evaluate.phases import CLIMB, COURSE_SPEED_MPS, is_straight, phase_at, phases
from skypact.evaluate.samples import Samples, instant_of
from skypact.model.reports import Bytes, Floats, Longs
from skypact.model.tracks import CLASSES, TrackRows
from skypact.units import DEGREE

HOVER_MPS: Final = 1.0
"""Below this speed there is no along and across."""
STILL_MPS: Final = 1e-6
"""Below this claimed speed there is no track angle but what rounding made."""

Summary = dict[str, float | int | None]
"""rms, median and p95 of the absolute error, mean (bias) and n; None where n is 0."""


class Errors(NamedTuple):
    """m comparisons of a track with the truth, ordered by track and time or by instant."""

    time_s: Floats
    truth: Longs
    """Object in the truth's `Paths` (m,)."""
    track: Longs
    """Object in the tracks' `Paths` (m,)."""
    row: Longs
    """Row of the track table (m,)."""
    phase: Bytes
    """Flags of `evaluate.phases` (m,)."""
    along_m: Floats
    """NaN along and across below 1 m/s (m,)."""
    across_m: Floats
    """Positive to the right of the true course."""
    north_m: Floats
    east_m: Floats
    height_m: Floats
    """NaN where the track states no height."""
    speed_mps: Floats
    """Ground speed; NaN, as all below, where the track states no velocity."""
    heading_rad: Floats
    """Track angle in (-pi, pi]; NaN where the truth is slower than 20 m/s, pi where the track
    claims not to move."""
    climb_mps: Floats
    north_mps: Floats
    east_mps: Floats
    rows_off: int
    """Rows of matched tracks beyond the limit of the match at their own time; left out above."""


def update_errors(
    truth: Paths,
    tracks: Paths,
    table: TrackRows,
    found: Samples,
    match: Match,
    *,
    gap_s: float | Floats | None = None,
) -> Errors:
    """Errors of every row of a track at the row's own time.

    A row belongs to the object that its track is matched to at the nearest instant; rows of tracks
    matched to nothing then, and rows at whose time the truth does not exist, are left out. So are
    rows farther from the object at their own time than the limit of the match; `rows_off` counts
    them.
    """
    gap_s = usual_gap_s(truth) if gap_s is None else gap_s
    seen = _seen(tracks, found)
    parts = [(np.empty(0, np.int64),) * 2]
    for start in range(0, len(tracks.time_s), BLOCK):
        rows = np.arange(start, min(start + BLOCK, len(tracks.time_s)))
        parts.append(_assigned(tracks, rows, seen, found, match))
    state, index = (np.concatenate(column) for column in zip(*parts, strict=True))
    before = latest(truth, index, tracks.time_s[state])
    good = present(truth, index, before, tracks.time_s[state], gap_s)
    state, index, before = state[good], index[good], before[good]
    time_s = tracks.time_s[state]
    track = np.searchsorted(tracks.first, state, "right") - 1
    phase = phase_at(truth, phases(truth), before, index)
    out = _empty(time_s, index, track, tracks.row[state], phase)
    for start in range(0, len(state), BLOCK):
        part = slice(start, start + BLOCK)
        rows, last = state[part], truth.first[index[part] + 1] - 1
        true = interpolate(truth, before[part], time_s[part], last)
        _compare(out, part, true, (tracks.place_m[rows], tracks.velocity_mps[rows]))
    return _stated(_near(out, match.limit_m), table)


def sample_errors(truth: Paths, table: TrackRows, found: Samples, match: Match) -> Errors:
    """Errors of matched tracks at the instants, predicted from their latest rows."""
    entry = np.flatnonzero(match.truth >= 0)
    partner = match.truth[entry]
    time_s = found.time_s[instant_of(found.truth_first)[entry]]
    index = found.truth[entry]
    phase = phase_at(truth, phases(truth), latest(truth, index, time_s), index)
    out = _empty(time_s, index, found.track[partner], found.track_row[partner], phase)
    for start in range(0, len(entry), BLOCK):
        part = slice(start, start + BLOCK)
        e, p = entry[part], partner[part]
        true = (found.truth_place_m[e], found.truth_velocity_mps[e], found.up[e])
        _compare(out, part, true, (found.track_place_m[p], found.track_velocity_mps[p]))
    return _stated(out, table)


def horizontal_m(errors: Errors) -> Floats:
    """Horizontal distance between track and truth (m,)."""
    return np.hypot(errors.north_m, errors.east_m)


def measures(errors: Errors) -> Iterator[tuple[str, Floats]]:
    """Errors by the names under which they are reported, one after the other."""
    yield "along_m", errors.along_m
    yield "across_m", errors.across_m
    yield "horizontal_m", horizontal_m(errors)
    yield "height_m", errors.height_m
    yield "speed_mps", errors.speed_mps
    yield "track_angle_deg", errors.heading_rad / DEGREE
    yield "climb_mps", errors.climb_mps
    yield "velocity_mps", np.hypot(errors.north_mps, errors.east_mps)


def summary(values: Floats) -> Summary:
    """RMS, median and 95 % point of the absolute values, mean and number; NaN left out."""
    values = values[np.isfinite(values)]
    if not len(values):
        return {"rms": None, "median": None, "p95": None, "mean": None, "n": 0}
    mean, rms = float(values.mean()), float(np.sqrt(np.mean(values * values)))
    median, p95 = np.quantile(np.abs(values), (0.5, 0.95), overwrite_input=True)
    return {"rms": rms, "median": float(median), "p95": float(p95), "mean": mean, "n": len(values)}


def summarise(errors: Errors) -> dict[str, dict[str, Summary]]:
    """Summaries of every measure, over all and by phase: all, straight, turn, climb.

    Straight and turn exclude each other; climb (and descent) overlaps both.
    """
    straight = is_straight(errors.phase)
    table: dict[str, dict[str, Summary]] = {"all": {}, "straight": {}, "turn": {}, "climb": {}}
    for name, values in measures(errors):
        table["all"][name] = summary(values)
        table["straight"][name] = summary(values[straight])
        table["turn"][name] = summary(values[~straight])
        table["climb"][name] = summary(values[(errors.phase & CLIMB) != 0])
    return table


def rms_by(errors: Errors, group: Longs, n_groups: int) -> dict[str, Floats]:
    """RMS of every measure in each group (G,), NaN where it has no value, and the number `n`."""
    out = {"n": np.bincount(group, minlength=n_groups).astype(float)}
    for name, values in measures(errors):
        good = np.isfinite(values)
        squares = np.bincount(group[good], values[good] ** 2, minlength=n_groups)
        count = np.bincount(group[good], minlength=n_groups)
        out[name] = np.sqrt(np.where(count > 0, squares / np.maximum(count, 1), np.nan))
    return out


def by_target(errors: Errors, truth: Paths) -> dict[str, Floats]:
    """RMS of every measure for each object of the truth, in its order (N,)."""
    return rms_by(errors, errors.truth, len(truth.number))


def by_class(errors: Errors, target_class: Bytes) -> dict[str, dict[str, float]]:
    """RMS of every measure for each class present; `target_class` is that of each object (N,)."""
    group = np.maximum(target_class[errors.truth].astype(np.int64), 0)
    table = rms_by(errors, group, len(CLASSES))
    return {
        name: {measure: float(values[k]) for measure, values in table.items()}
        for k, name in enumerate(CLASSES)
        if table["n"][k] > 0
    }


def _seen(tracks: Paths, found: Samples) -> Paths:
    """Entries of every track as paths without places; `row` is the entry."""
    order = np.argsort(found.track, kind="stable")
    first = np.searchsorted(found.track[order], np.arange(len(tracks.number) + 1))
    none = np.empty((0, 3))
    time_s = found.time_s[instant_of(found.track_first)[order]]
    return Paths(tracks.number, first, time_s, none, none, none, order)


def _assigned(
    tracks: Paths, state: Longs, seen: Paths, found: Samples, match: Match
) -> tuple[Longs, Longs]:
    """States of tracks and the true objects that they stand for at the nearest instant."""
    track = np.searchsorted(tracks.first, state, "right") - 1
    sampled = np.diff(seen.first)[track] > 0
    state, track = state[sampled], track[sampled]
    time_s = tracks.time_s[state]
    before = latest(seen, track, time_s)
    after = np.minimum(before + 1, seen.first[track + 1] - 1)
    before = np.where(before < 0, seen.first[track], before)
    after = np.maximum(after, before)
    nearer = np.abs(seen.time_s[after] - time_s) < np.abs(time_s - seen.time_s[before])
    partner = match.track[seen.row[np.where(nearer, after, before)]]
    return state[partner >= 0], found.truth[partner[partner >= 0]]


def _empty(time_s: Floats, truth: Longs, track: Longs, row: Longs, phase: Bytes) -> Errors:
    n = len(time_s)
    columns = {name: np.empty(n) for name in Errors._fields[5:-1]}
    return Errors(time_s, truth, track, row, phase, **columns, rows_off=0)


def _near(errors: Errors, limit_m: float) -> Errors:
    """Drop and count the rows beyond the limit."""
    near = horizontal_m(errors) <= limit_m
    if near.all():
        return errors
    columns = {name: getattr(errors, name)[near] for name in Errors._fields[:-1]}
    return Errors(**columns, rows_off=int((~near).sum()))


def _compare(
    out: Errors, part: slice, true: tuple[Floats, Floats, Floats], track: tuple[Floats, Floats]
) -> None:
    """Write the errors of one block; `true` is place, velocity and vertical."""
    place_m, velocity_mps, up = true
    apart, slip = track[0] - place_m, track[1] - velocity_mps
    east, north = _level_axes(up)
    out.north_m[part], out.east_m[part] = _dot(apart, north), _dot(apart, east)
    out.height_m[part], out.climb_mps[part] = _dot(apart, up), _dot(slip, up)
    out.north_mps[part], out.east_mps[part] = _dot(slip, north), _dot(slip, east)
    vn, ve = _dot(velocity_mps, north), _dot(velocity_mps, east)
    speed = np.hypot(vn, ve)
    known = np.where(speed >= HOVER_MPS, speed, np.nan)
    out.along_m[part] = (out.north_m[part] * vn + out.east_m[part] * ve) / known
    out.across_m[part] = (out.east_m[part] * vn - out.north_m[part] * ve) / known
    un, ue = vn + out.north_mps[part], ve + out.east_mps[part]
    claimed = np.hypot(un, ue)
    out.speed_mps[part] = claimed - speed
    turned = np.arctan2(ue * vn - un * ve, un * vn + ue * ve)
    turned[claimed < STILL_MPS] = np.pi
    out.heading_rad[part] = np.where(speed > COURSE_SPEED_MPS, turned, np.nan)


def _stated(errors: Errors, table: TrackRows) -> Errors:
    """Blank what the track rows do not state."""
    errors.height_m[~has_height(table)[errors.row]] = np.nan
    errors.climb_mps[~np.isfinite(table.vu_mps[errors.row])] = np.nan
    still = ~(np.isfinite(table.vn_mps[errors.row]) & np.isfinite(table.ve_mps[errors.row]))
    for column in (errors.speed_mps, errors.heading_rad, errors.north_mps, errors.east_mps):
        column[still] = np.nan
    return errors


def _level_axes(up: Floats) -> tuple[Floats, Floats]:
    """Make unit vectors east and north; x and y where up is the axis of the frame."""
    east = np.column_stack((-up[:, 1], up[:, 0], np.zeros(len(up))))
    length = np.hypot(east[:, 0], east[:, 1])
    at_pole: Bools = length == 0.0
    east[at_pole], length[at_pole] = (1.0, 0.0, 0.0), 1.0
    east /= length[:, None]
    return east, np.cross(up, east)


def _dot(a: Floats, b: Floats) -> Floats:
    return np.asarray(np.einsum("ij,ij->i", a, b))
