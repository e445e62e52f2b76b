"""Which track stands for which object at each instant.

Source: K. Bernardin and R. Stiefelhagen, "Evaluating multiple object tracking performance: the
CLEAR MOT metrics", EURASIP Journal on Image and Video Processing 2008, section 2.1: an object keeps
its track while the two are within the limit; what is left is matched nearest first (the paper
matches it optimally; the two differ only where several new tracks meet several free objects).
"""

from typing import NamedTuple

import numpy as np

from skypact.evaluate.paths import BLOCK, Bools
from skypact.evaluate.samples import Samples, instant_of
from skypact.model.reports import Floats, Longs


class Match(NamedTuple):
    """Entries of `Samples` that belong together."""

    truth: Longs
    """Entry of the track matched to each truth entry, -1 for none (a,)."""
    track: Longs
    """Entry of the truth matched to each track entry, -1 for none (b,)."""
    near: Longs
    """Entry of the nearest truth within the limit of each track entry, -1 for none (b,)."""
    limit_m: float
    """Horizontal distance within which two can belong together."""


def sticky_match(found: Samples, limit_m: float) -> Match:
    """Match truth and tracks that are within `limit_m` of each other horizontally.

    The horizontal distance decides whether two can belong together, since many tracks have no
    height; among those that can, the nearest in space goes first, with the vertical distance
    counted no higher than `limit_m`. Linear in the number of entries for a given density.
    """
    pairs = _candidates(found, limit_m)
    truth = _decide(found, *pairs)
    near = np.full(len(found.track), -1, np.int64)
    order = np.lexsort((pairs[2], pairs[1]))[::-1]
    near[pairs[1][order]] = pairs[0][order]
    return Match(truth, _inverse(truth, found), near, limit_m)


def _inverse(truth: Longs, found: Samples) -> Longs:
    track = np.full(len(found.track), -1, np.int64)
    matched = np.flatnonzero(truth >= 0)
    track[truth[matched]] = matched
    return track


def _candidates(found: Samples, limit_m: float) -> tuple[Longs, Longs, Floats]:
    """Pairs (truth entry, track entry) within the limit, and the square they are ranked by.

    Both sets are sorted along one horizontal line within each instant, so that only neighbours
    along it are tried.
    """
    empty = np.empty(0, np.int64)
    if not len(found.truth) or not len(found.track):
        return empty, empty, np.empty(0)
    flat = bool((found.up[:, :2] == 0.0).all())
    along_truth, along_track, reach_m = _along(found, limit_m, flat)
    low_m = min(along_truth.min(), along_track.min())
    width_m = max(along_truth.max(), along_track.max()) - low_m + 3.0 * reach_m
    truth_key = instant_of(found.truth_first) * width_m + (along_truth - low_m)
    track_key = instant_of(found.track_first) * width_m + (along_track - low_m)
    order = np.argsort(truth_key, kind="stable")
    truth_key = truth_key[order]
    parts: list[tuple[Longs, Longs, Floats]] = []
    for start in range(0, len(track_key), BLOCK):
        key = track_key[start : start + BLOCK]
        low = np.searchsorted(truth_key, key - reach_m, "left")
        count = np.searchsorted(truth_key, key + reach_m, "right") - low
        track = np.repeat(np.arange(len(key)), count)
        place = np.arange(len(track)) + np.repeat(low - (np.cumsum(count) - count), count)
        parts.append(_within(found, order[place], track + start, limit_m))
    truth, track, rank = (np.concatenate(column) for column in zip(*parts, strict=True))
    return truth, track, rank


def _along(found: Samples, limit_m: float, flat: bool) -> tuple[Floats, Floats, float]:
    """Coordinate along the axis of widest spread of places put on the sphere, and how far to look.

    Putting a place on the sphere moves it horizontally by at most 0.34 % of its height, since the
    vertical is off the radius by 0.19 degrees at most: 50 km of height make 170 m.
    """
    axis = int(np.argmax(found.truth_place_m.std(axis=0)))
    lines = [place[:, axis] for place in (found.truth_place_m, found.track_place_m)]
    slack_m = 0.001 * limit_m if flat else 0.01 * limit_m + 200.0
    if not flat:
        radius_m = float(np.linalg.norm(found.truth_place_m[0]))
        for k, place in enumerate((found.truth_place_m, found.track_place_m)):
            lines[k] = lines[k] * (radius_m / np.sqrt(np.einsum("ij,ij->i", place, place)))
    return lines[0], lines[1], limit_m + slack_m


def _within(
    found: Samples, truth: Longs, track: Longs, limit_m: float
) -> tuple[Longs, Longs, Floats]:
    """Keep the pairs of one instant whose horizontal distance is within the limit."""
    apart = found.track_place_m[track] - found.truth_place_m[truth]
    high = np.einsum("ij,ij->i", apart, found.up[truth])
    level2 = np.einsum("ij,ij->i", apart, apart) - high * high
    keep: Bools = level2 <= limit_m * limit_m
    rank = level2 + np.minimum(high * high, limit_m * limit_m)
    return truth[keep], track[keep], rank[keep]


def _decide(found: Samples, truth: Longs, track: Longs, rank: Floats) -> Longs:
    """Walk through the instants; track entry of each truth entry or -1."""
    match = np.full(len(found.truth), -1, np.int64)
    if not len(truth):
        return match
    n_objects, n_tracks = int(found.truth.max()) + 1, int(found.track.max()) + 1
    holds = np.full(n_objects, -1, np.int64)
    held = np.full(n_tracks, -1, np.int64)
    instant = instant_of(found.truth_first)[truth]
    order = np.lexsort((rank, instant))
    truth, track = truth[order], track[order]
    objects, numbers = found.truth[truth], found.track[track]
    first = np.searchsorted(instant[order], np.arange(len(found.time_s) + 1))
    for k in np.flatnonzero(np.diff(first)):
        part = slice(first[k], first[k + 1])
        ours, theirs = objects[part], numbers[part]
        kept = (holds[ours] == theirs) & (held[theirs] == ours)
        match[truth[part][kept]] = track[part][kept]
        if kept.all():
            continue
        taken, used = set(ours[kept].tolist()), set(theirs[kept].tolist())
        for i in np.flatnonzero(~kept).tolist():
            ours_i, theirs_i = int(ours[i]), int(theirs[i])
            if ours_i in taken or theirs_i in used:
                continue
            taken.add(ours_i)
            used.add(theirs_i)
            holds[ours_i], held[theirs_i] = theirs_i, ours_i
            match[truth[part.start + i]] = track[part.start + i]
    return match
