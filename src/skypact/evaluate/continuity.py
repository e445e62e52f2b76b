"""How whole the picture is: completeness, breaks, pauses, duplicates, false tracks, delays.

Everything is counted on samples at common instants and on their `Match`; times are those of the
instants, so that no figure in seconds is finer than their step. Two instants of an object belong
together (no pause of the truth lies between them) if they follow each other in the list.
"""

from typing import Final, NamedTuple

import numpy as np

from skypact.evaluate.errors import Errors
from skypact.evaluate.matching import Match
from skypact.evaluate.paths import Bools, Paths
from skypact.evaluate.samples import Samples, instant_of
from skypact.model.reports import Floats, Longs, ReportBatch

FALSE_SHARE: Final = 0.5
"""A track never matched is redundant, not false, if it is near an object for this share of its
life."""


class Continuity(NamedTuple):
    """Totals over all objects and tracks."""

    completeness: float | None
    """Share of the objects' samples with a matched track."""
    breaks: int
    """Changes of an object's track number, also across a pause of the track (CLEAR MOT:
    mismatches), but not across an absence of the object."""
    pauses: int
    """Stretches without a track between two with one, of `pause_s` or longer."""
    pause_s: float
    longest_pause_s: float
    switches: int
    """Changes of the object that a track is matched to."""
    never_tracked: int
    """Objects that no track was ever matched to."""
    false_tracks: int
    """Tracks never matched, and near no object for most of their life."""
    false_tracks_per_hour: float | None
    redundant_tracks: int
    """Tracks never matched, but near an object for most of their life."""
    unsampled_tracks: int
    """Tracks too short to be there at any instant; they are in none of the counts above."""
    duplicate_share: float | None
    """Track samples near an object that has another track, by those near or matched."""
    false_share: float | None
    """Track samples near nothing, by all track samples."""
    longest_segment: float | None
    """Mean over objects of the longest unbroken time with one track in each stretch of presence,
    by the time present."""


class Runs(NamedTuple):
    """Unbroken stretches in which an object keeps one track or has none, by object and time."""

    truth: Longs
    track: Longs
    """-1 for none."""
    first: Longs
    """Instant at which each begins."""
    last: Longs


def runs(found: Samples, match: Match) -> Runs:
    """Stretches of every object; a pause of the object itself ends a stretch."""
    instant = instant_of(found.truth_first)
    order = np.argsort(found.truth, kind="stable")
    truth, when = found.truth[order], instant[order]
    entry = match.truth[order]
    track = np.where(entry >= 0, found.track[entry] if len(found.track) else -1, -1)
    begins: Bools = np.ones(len(truth), bool)
    begins[1:] = (truth[1:] != truth[:-1]) | (track[1:] != track[:-1]) | (when[1:] != when[:-1] + 1)
    start = np.flatnonzero(begins)
    end = np.append(start[1:], len(truth))[: len(start)] - 1
    return Runs(truth[start], track[start], when[start], when[end])


def continuity(
    truth: Paths, tracks: Paths, found: Samples, match: Match, *, pause_s: float = 30.0
) -> Continuity:
    """Count; `pause_s` is the length from which a pause counts."""
    stretch = runs(found, match)
    matched = match.track >= 0
    near = match.near >= 0
    lengths = pause_lengths(stretch, found.time_s)
    kinds = _kinds(len(tracks.number), found, matched, near)
    hours = float(found.time_s[-1] - found.time_s[0]) / 3600.0 if len(found.time_s) > 1 else 0.0
    tracked = np.unique(stretch.truth[stretch.track >= 0])
    return Continuity(
        completeness=_share(match.truth >= 0),
        breaks=len(breaks(stretch)),
        pauses=int((lengths >= pause_s).sum()),
        pause_s=pause_s,
        longest_pause_s=float(lengths.max(initial=0.0)),
        switches=_switches(found, match),
        never_tracked=len(np.unique(found.truth)) - len(tracked),
        false_tracks=kinds[0],
        false_tracks_per_hour=kinds[0] / hours if hours > 0.0 else None,
        redundant_tracks=kinds[1],
        unsampled_tracks=kinds[2],
        duplicate_share=_share((near & ~matched)[near | matched]),
        false_share=_share(~(near | matched)),
        longest_segment=longest_segment(stretch, found.time_s, len(truth.number)),
    )


def presences(stretch: Runs) -> Longs:
    """Which stretch of an object's presence each run belongs to, counted over all objects."""
    new: Bools = np.ones(len(stretch.truth), bool)
    new[1:] = stretch.truth[1:] != stretch.truth[:-1]
    new[1:] |= stretch.first[1:] != stretch.last[:-1] + 1
    return np.asarray(np.cumsum(new) - 1)


def breaks(stretch: Runs) -> Longs:
    """Find the runs that begin with another track than before in the same presence."""
    held = np.flatnonzero(stretch.track >= 0)
    presence = presences(stretch)[held]
    other = stretch.track[held][1:] != stretch.track[held][:-1]
    return np.asarray(held[1:][(presence[1:] == presence[:-1]) & other])


def pause_lengths(stretch: Runs, time_s: Floats) -> Floats:
    """Seconds without a track between the last sample with one and the next, while the truth is.

    A pause of the truth itself does not count.
    """
    k = np.flatnonzero(stretch.track[1:-1] < 0) + 1
    whole = (stretch.truth[k - 1] == stretch.truth[k]) & (stretch.truth[k + 1] == stretch.truth[k])
    whole &= (stretch.first[k] == stretch.last[k - 1] + 1) & (
        stretch.first[k + 1] == stretch.last[k] + 1
    )
    whole &= (stretch.track[k - 1] >= 0) & (stretch.track[k + 1] >= 0)
    k = k[whole]
    return np.asarray(time_s[stretch.first[k + 1]] - time_s[stretch.last[k - 1]])


def segments(stretch: Runs, time_s: Floats, n_objects: int) -> tuple[Floats, Floats]:
    """Seconds of the longest time with one track, summed over presences, and of presence (N,)."""
    presence = presences(stretch)
    n = int(presence[-1]) + 1 if len(presence) else 0
    length = time_s[stretch.last] - time_s[stretch.first]
    held = stretch.track >= 0
    longest = np.zeros(n)
    np.maximum.at(longest, presence[held], length[held])
    begins = np.flatnonzero(np.diff(presence, prepend=-1))
    ends = np.append(begins[1:], len(presence))[:n] - 1
    life = time_s[stretch.last[ends]] - time_s[stretch.first[begins]]
    owner = stretch.truth[begins]
    both = (np.bincount(owner, part, minlength=n_objects) for part in (longest, life))
    longest, life = (part.astype(np.float64) for part in both)
    return longest, life


def longest_segment(stretch: Runs, time_s: Floats, n_objects: int) -> float | None:
    """Mean over objects of the longest times with one track by the time that the object is there.

    Each object counts alike; the attribute of `evaluate.siap` weighs them by their time. Objects
    never seen at two instants that follow each other are left out.
    """
    longest, life = segments(stretch, time_s, n_objects)
    alive = life > 0.0
    return float(np.mean(longest[alive] / life[alive])) if alive.any() else None


class Delay(NamedTuple):
    """Time from an object's first appearance to its first confirmed row."""

    delay_s: Floats
    """NaN for objects never tracked (N,)."""
    never: int
    median_s: float | None
    p95_s: float | None


def confirmation_delay(
    truth: Paths,
    errors: Errors,
    reports: ReportBatch | None = None,
    *,
    start_s: float | None = None,
    end_s: float | None = None,
) -> Delay:
    """Time from an object's first report to the first row of a track matched to it.

    Without reports that name their target (`target` of the simulator) the delay counts from the
    object's first true state, wherever that is. With them, objects without any report are left
    out, and so are those first reported before `start_s` or after `end_s`, where that is given.
    """
    n = len(truth.number)
    begin_s = truth.time_s[truth.first[:-1]].copy()
    if reports is not None and (reports.target >= 0).any():
        begin_s[:] = np.nan
        known = np.searchsorted(truth.number, reports.target)
        known[known == n] = 0
        real = truth.number[known] == reports.target
        np.fmin.at(begin_s, known[real], reports.time_s[real])
        low = -np.inf if start_s is None else start_s
        high = np.inf if end_s is None else end_s
        begin_s[(begin_s < low) | (begin_s > high)] = np.nan
    first_s = np.full(n, np.nan)
    np.fmin.at(first_s, errors.truth, errors.time_s)
    delay_s = first_s - begin_s
    seen = delay_s[np.isfinite(delay_s)]
    never = int((np.isfinite(begin_s) & ~np.isfinite(first_s)).sum())
    if not len(seen):
        return Delay(delay_s, never, None, None)
    median_s, p95_s = np.quantile(seen, (0.5, 0.95))
    return Delay(delay_s, never, float(median_s), float(p95_s))


def _share(of: Bools) -> float | None:
    return float(of.mean()) if len(of) else None


def _switches(found: Samples, match: Match) -> int:
    """Count changes of object along each track."""
    matched = np.flatnonzero(match.track >= 0)
    order = matched[np.argsort(found.track[matched], kind="stable")]
    track, truth = found.track[order], found.truth[match.track[order]]
    return int(((track[1:] == track[:-1]) & (truth[1:] != truth[:-1])).sum())


def _kinds(n_tracks: int, found: Samples, matched: Bools, near: Bools) -> tuple[int, int, int]:
    """Tracks that are false, redundant, and never sampled."""
    count = np.bincount(found.track, minlength=n_tracks)
    ever = np.bincount(found.track, matched, minlength=n_tracks) > 0
    close = np.bincount(found.track, near, minlength=n_tracks) >= FALSE_SHARE * count
    alone = (count > 0) & ~ever
    return int((alone & ~close).sum()), int((alone & close).sum()), int((count == 0).sum())
