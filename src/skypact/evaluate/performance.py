"""Measures that surveillance specifications ask for: updates, long gaps, errors that persist.

Each takes what has been measured of one picture (`Evidence`) and gives a share or a root mean
square, None where there is nothing to measure. An update is a row of a track matched to the object
at that time: tables do not say which rows were only extrapolated, so these count too. All true
states count as inside the coverage.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from skypact.evaluate.errors import Errors, horizontal_m, summary
from skypact.evaluate.matching import Match
from skypact.evaluate.paths import Bools, Paths, latest, object_at, stretches, usual_gap_s
from skypact.evaluate.phases import is_straight
from skypact.evaluate.samples import Samples
from skypact.model.reports import Floats, Longs
from skypact.units import DEGREE


class Evidence(NamedTuple):
    """One picture beside the truth.

    Errors above the limit of the match are never seen, so that limit must be well above those of
    the requirements (`requirements.least_match_m`).
    """

    truth: Paths
    found: Samples
    match: Match
    updates: Errors
    """At the times of the rows: `errors.update_errors`."""


class Presence(NamedTuple):
    """Stretches in which an object is there without a pause."""

    truth: Longs
    start_s: Floats
    end_s: Floats


def presence(truth: Paths) -> Presence:
    """Split every path at its pauses (`paths.usual_gap_s`)."""
    begin, end = stretches(truth, usual_gap_s(truth))
    return Presence(object_at(truth, begin), truth.time_s[begin], truth.time_s[end])


def probability_of_update(evidence: Evidence, *, interval_s: float) -> float | None:
    """Share of the whole intervals, counted from each object's appearance, that have an update."""
    here = presence(evidence.truth)
    stretch = _stretch(here, evidence)
    whole = np.floor((here.end_s - here.start_s) / interval_s + 1e-9).astype(np.int64)
    slot = np.floor((evidence.updates.time_s - here.start_s[stretch]) / interval_s + 1e-9)
    inside = slot < whole[stretch]
    met = np.zeros(int(whole.sum()), bool)
    met[(np.cumsum(whole) - whole)[stretch[inside]] + slot[inside].astype(np.int64)] = True
    return float(met.mean()) if len(met) else None


def long_gap_share(evidence: Evidence, *, interval_s: float, gap_s: float) -> float | None:
    """Share of the expected updates that are missing in gaps longer than `gap_s`.

    A gap of g seconds misses g / interval_s - 1 updates; an object of duration d expects
    d / interval_s. Gaps before the first update and after the last count from the object's
    appearance and to its end.
    """
    here = presence(evidence.truth)
    n = len(here.start_s)
    stretch = np.concatenate((_stretch(here, evidence), np.arange(n), np.arange(n)))
    time_s = np.concatenate((evidence.updates.time_s, here.start_s, here.end_s))
    order = np.lexsort((time_s, stretch))
    gaps, same = np.diff(time_s[order]), np.diff(stretch[order]) == 0
    long = gaps[same & (gaps > gap_s)]
    expected_s = float((here.end_s - here.start_s).sum())
    return float((long - interval_s).sum()) / expected_s if expected_s > 0.0 else None


def correlated_error_share(
    evidence: Evidence, *, limit_m: float, interval_s: float
) -> float | None:
    """Share of updates in series of three or more whose errors exceed the limit the same way.

    Of the rows of an object within one interval only the first counts, and a series has one in
    every interval. Errors point the same way if each is less than 90 degrees off the one before.
    """
    errors = evidence.updates
    order = np.lexsort((errors.time_s, errors.truth))
    truth, slot = errors.truth[order], np.floor(errors.time_s[order] / interval_s)
    new: Bools = np.ones(len(order), bool)
    new[1:] = (truth[1:] != truth[:-1]) | (slot[1:] != slot[:-1])
    rows = order[new]
    if not len(rows):
        return None
    truth, north, east = errors.truth[rows], errors.north_m[rows], errors.east_m[rows]
    follows = (truth[1:] == truth[:-1]) & (np.diff(slot[new]) == 1.0)
    large = np.hypot(north, east) > limit_m
    begins: Bools = np.ones(len(rows), bool)
    agree = north[1:] * north[:-1] + east[1:] * east[:-1] > 0.0
    begins[1:] = ~(large[1:] & large[:-1] & agree & follows)
    series = np.cumsum(begins) - 1
    length = np.bincount(series)
    return float(length[(length >= 3) & large[begins]].sum()) / len(rows)


def horizontal_rms_m(evidence: Evidence) -> float | None:
    """RMS of the horizontal distance."""
    return _rms(horizontal_m(evidence.updates))


def errors_above_share(evidence: Evidence, *, limit_m: float) -> float | None:
    """Share of updates farther than `limit_m` from the truth."""
    apart = horizontal_m(evidence.updates)
    return float((apart > limit_m).mean()) if len(apart) else None


def extra_track_share(evidence: Evidence) -> float | None:
    """Share of track samples that are the track of no object: false and redundant ones."""
    matched = evidence.match.track >= 0
    return float((~matched).mean()) if len(matched) else None


def speed_rms_straight_mps(evidence: Evidence) -> float | None:
    """RMS error of the ground speed in straight flight."""
    return _rms(evidence.updates.speed_mps[is_straight(evidence.updates.phase)])


def speed_rms_turn_mps(evidence: Evidence) -> float | None:
    """RMS error of the ground speed in turns."""
    return _rms(evidence.updates.speed_mps[~is_straight(evidence.updates.phase)])


def track_angle_rms_straight_deg(evidence: Evidence) -> float | None:
    """RMS error of the track angle in straight flight."""
    return _rms(evidence.updates.heading_rad[is_straight(evidence.updates.phase)] / DEGREE)


def track_angle_rms_turn_deg(evidence: Evidence) -> float | None:
    """RMS error of the track angle in turns."""
    return _rms(evidence.updates.heading_rad[~is_straight(evidence.updates.phase)] / DEGREE)


MEASURES: Final[dict[str, Callable[..., float | None]]] = {
    function.__name__: function
    for function in (
        correlated_error_share,
        errors_above_share,
        extra_track_share,
        horizontal_rms_m,
        long_gap_share,
        probability_of_update,
        speed_rms_straight_mps,
        speed_rms_turn_mps,
        track_angle_rms_straight_deg,
        track_angle_rms_turn_deg,
    )
}
"""Every measure by the name that requirement sets use."""


def _rms(values: Floats) -> float | None:
    return summary(values)["rms"]


def _stretch(here: Presence, evidence: Evidence) -> Longs:
    """Stretch of presence that every update lies in."""
    updates, truth = evidence.updates, evidence.truth
    first = np.searchsorted(here.truth, np.arange(len(truth.number) + 1))
    none = np.empty((0, 3))
    starts = Paths(truth.number, first, here.start_s, none, none, none, here.truth)
    return latest(starts, updates.truth, updates.time_s)
