"""Attributes of the Single Integrated Air Picture (SIAP).

Sources: SIAP System Engineering Task Force, "Single Integrated Air Picture (SIAP) Attributes
Version 2.0", Technical Report 2003-029, August 2003 (the attributes); P. Votruba, R. Nisley,
R. Rothrock and B. Zombro, "Single Integrated Air Picture (SIAP) Metrics Implementation", 2001 (the
sums over time, as Stone Soup writes them too). With J objects, N tracks, JT objects with a track
and NA tracks that belong to an object at each instant. A track belongs to an object where it is
matched to it, or is within the limit of it.
"""

from typing import NamedTuple

import numpy as np

from skypact.evaluate.continuity import Runs, breaks, runs, segments
from skypact.evaluate.matching import Match
from skypact.evaluate.paths import BLOCK, Bools, has_height
from skypact.evaluate.samples import Samples
from skypact.model.reports import Floats, Longs
from skypact.model.tracks import TrackRows


class Siap(NamedTuple):
    """The attributes; None where the denominator is zero."""

    completeness: float | None
    """Sum of JT by sum of J; best 1."""
    ambiguity: float | None
    """Sum of NA by sum of JT; best 1."""
    spuriousness: float | None
    """Sum of N - NA by sum of N; best 0."""
    position_accuracy_m: float | None
    """Mean distance in space from tracks to their objects; best 0. Horizontal where the track or
    the object states no height."""
    position_horizontal: float | None
    """Share of those distances that are horizontal."""
    velocity_accuracy_mps: float | None
    """Mean difference of velocity; best 0. Horizontal where the track states no climb rate or the
    object no height."""
    track_number_changes_per_s: float | None
    """Sum over objects of track number changes by the time tracked, instants times step; best 0."""
    longest_segment: float | None
    """Sum over objects of the longest time with one track in each stretch of their presence, by
    the time present; best 1."""
    id_completeness: float | None
    """Objects with a track that carries an identity by objects with a track; best 1. None, as the
    next two, where no object has an address."""
    id_correctness: float | None
    """Objects of whose tracks with identity all carry the right one, by JT; best 1."""
    id_ambiguity: float | None
    """Objects whose tracks carry different identities, by JT; best 0."""


def siap(
    found: Samples,
    match: Match,
    table: TrackRows,
    addresses: Longs,
    heightless: Bools | None = None,
) -> Siap:
    """Compute all attributes over all instants.

    `addresses` as in `identity.object_addresses`; `heightless` tells which objects state no height
    (N,), by default none (`paths.without_height`).
    """
    mine = np.where(match.track >= 0, match.track, match.near)
    belongs = np.flatnonzero(mine >= 0)
    partner = mine[belongs]
    tracked = np.zeros(len(found.truth), bool)
    tracked[partner] = True
    n_tracked, n_belong = int(tracked.sum()), len(belongs)
    rows = found.track_row[belongs]
    level = ~has_height(table)[rows]
    steady = ~np.isfinite(table.vu_mps[rows])
    if heightless is not None:
        level |= heightless[found.truth[partner]]
        steady |= heightless[found.truth[partner]]
    places = found.track_place_m, found.truth_place_m, found.up
    speeds = found.track_velocity_mps, found.truth_velocity_mps, found.up
    changes, segment = _continuity(runs(found, match), found.time_s)
    identities = _identities(found, table, addresses, belongs, partner)
    n_known = n_tracked if (addresses[found.truth] >= 0).any() else 0
    complete, correct, mixed = (_ratio(count, n_known) for count in identities)
    return Siap(
        completeness=_ratio(n_tracked, len(found.truth)),
        ambiguity=_ratio(n_belong, n_tracked),
        spuriousness=_ratio(len(found.track) - n_belong, len(found.track)),
        position_accuracy_m=_mean_distance(places, belongs, partner, level),
        position_horizontal=_ratio(int(level.sum()), n_belong),
        velocity_accuracy_mps=_mean_distance(speeds, belongs, partner, steady),
        track_number_changes_per_s=changes,
        longest_segment=segment,
        id_completeness=complete,
        id_correctness=correct,
        id_ambiguity=mixed,
    )


def _continuity(stretch: Runs, time_s: Floats) -> tuple[float | None, float | None]:
    """Rate of track number changes, and longest segments by life."""
    held = stretch.track >= 0
    samples = int((stretch.last - stretch.first + 1)[held].sum())
    step_s = float(time_s[1] - time_s[0]) if len(time_s) > 1 else 0.0
    longest, life = segments(stretch, time_s, int(stretch.truth.max(initial=-1)) + 1)
    changes = len(breaks(stretch))
    return _ratio(changes, samples * step_s), _ratio(longest.sum(), life.sum())


def _identities(
    found: Samples, table: TrackRows, addresses: Longs, entry: Longs, partner: Longs
) -> tuple[int, int, int]:
    """Truth entries with some identity, with the right one alone, and with different ones."""
    said = table.icao[found.track_row[entry]].astype(np.int64)
    has = said >= 0
    said, truth = said[has], partner[has]
    n = len(found.truth)
    low, high = np.full(n, np.iinfo(np.int64).max), np.full(n, -1)
    np.minimum.at(low, truth, said)
    np.maximum.at(high, truth, said)
    known, mixed = high >= 0, (high >= 0) & (low != high)
    right = known & ~mixed & (high == addresses[found.truth])
    return int(known.sum()), int(right.sum()), int(mixed.sum())


def _mean_distance(
    of: tuple[Floats, Floats, Floats], track: Longs, truth: Longs, level: Bools
) -> float | None:
    """Mean distance of vectors of tracks and truth; without its part along up where `level`."""
    total = 0.0
    for start in range(0, len(track), BLOCK):
        part = slice(start, start + BLOCK)
        apart = of[0][track[part]] - of[1][truth[part]]
        flat = level[part]
        up = of[2][truth[part][flat]]
        apart[flat] -= np.einsum("ij,ij->i", apart[flat], up)[:, None] * up
        total += float(np.linalg.norm(apart, axis=1).sum())
    return _ratio(total, len(track))


def _ratio(part: float, whole: float) -> float | None:
    return float(part) / float(whole) if whole > 0 else None
