"""Which tracks are nearer to which true objects than a cut-off, at every instant of the samples."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from skypact.errors import ConfigError
from skypact.evaluate.params import LENGTH_M, ORDER
from skypact.evaluate.samples import Samples
from skypact.kernels.assignment import assign
from skypact.kernels.nearby import OTHER_SIDE_M, Scene, count_near, list_near
from skypact.model.reports import Floats, Longs

CROWD: Final = 4096
"""Pairs of an instant from which sorting the tracks is worth its cost."""
BLOCK: Final = 4_000_000
"""Near pairs held at a time by metrics that look at one instant after another (64 MB)."""
MOST_PAIRS: Final = 8_000_000
"""Near pairs held at once by metrics that look at all instants together: 250 bytes each, 2 GB."""
PER_ENTRY: Final = 4
"""Near pairs of each true entry that are held however many there are; samples need as much."""
SLACK_M: Final = 0.05
"""Widening of the strips against rounding of geocentric places (1e-9 m)."""


class TooManyPairs(ConfigError):
    """A metric over time would need more memory than is reasonable; a smaller cut-off helps."""


class Pairs(NamedTuple):
    """Near pairs of a range of instants; rows are the true entries of these instants."""

    first: Longs
    """Pairs of row i are ``first[i]:first[i + 1]`` (rows + 1,)."""
    track: Longs
    """Entry of the track in the samples (e,)."""
    distance_m: Floats
    """Below the cut-off (e,)."""


def check_cut(c_m: float, p: float, dimensions: int) -> None:
    """Refuse parameters that make no metric."""
    check_between("c_m", c_m, LENGTH_M, " m")
    check_between("p", p, ORDER)
    if dimensions not in (2, 3):
        raise ConfigError(
            f"dimensions: expected 2 (horizontal) or 3, got {dimensions}; give one of the two"
        )


def check_between(name: str, value: float, limits: tuple[float, float], unit: str = "") -> None:
    """Refuse a parameter outside of its limits, where powers would lose digits or overflow."""
    low, high = limits
    if not (low <= value <= high):
        raise ConfigError(f"{name}: expected {low:g} to {high:g}{unit}, got {value:g}")


def instants_of(first: Longs) -> Longs:
    """Instant of every entry."""
    return np.repeat(np.arange(len(first) - 1), np.diff(first))


def scene_of(samples: Samples, c_m: float, dimensions: int) -> Scene:
    """Arrange samples so that near pairs are found fast; `dimensions` 2 leaves out the height."""
    n, m = np.diff(samples.truth_first), np.diff(samples.track_first)
    a, b = len(samples.truth), len(samples.track)
    drop = samples.up if dimensions == 2 else np.zeros((a, 3))
    key, order = np.zeros(b), np.arange(b)
    low, high = np.full(a, -np.inf), np.full(a, np.inf)
    if np.any(n * m > CROWD):
        strip = _strips(samples, drop, c_m)
        if strip is not None:
            axis, low, high = strip
            key = samples.track_place_m[:, axis]
            order = np.lexsort((key, instants_of(samples.track_first)))
    return Scene(
        truth_first=np.ascontiguousarray(samples.truth_first, np.int64),
        truth_place_m=np.ascontiguousarray(samples.truth_place_m, np.float64),
        drop=np.ascontiguousarray(drop, np.float64),
        low=low,
        high=high,
        track_first=np.ascontiguousarray(samples.track_first, np.int64),
        track=order.astype(np.int64),
        key=key[order],
        track_place_m=np.ascontiguousarray(samples.track_place_m[order], np.float64),
    )


def _strips(samples: Samples, drop: Floats, c_m: float) -> tuple[int, Floats, Floats] | None:
    """Find the coordinate with the narrowest strips: its axis and every true object's interval.

    A track near to place p is at p + v up + h with h level and shorter than c. What v can be
    follows from the least and largest distance r of any track from the origin: r^2 = |p + h|^2 +
    2 v (p . up) + v^2, whose other root is on the other side of the Earth.
    """
    place = samples.truth_place_m
    radius = np.linalg.norm(place, axis=1)
    tracks = np.linalg.norm(samples.track_place_m, axis=1)
    q = np.sum(place * drop, axis=1)
    inner, outer = np.maximum(radius - c_m, 0.0), radius + c_m
    rise = np.sqrt(np.maximum(q**2 - inner**2 + tracks.max() ** 2, 0.0)) - q
    fall = np.sqrt(np.maximum(q**2 - outer**2 + tracks.min() ** 2, 0.0)) - q
    is_round = bool(np.all(q > OTHER_SIDE_M))
    best, best_share = None, np.inf
    for axis in range(3):
        tilt = drop[:, axis]
        if np.any(tilt != 0.0) and not is_round:
            continue
        ends = np.where(tilt == 0.0, 0.0, tilt * np.vstack([rise, fall]))
        low = place[:, axis] + ends.min(axis=0) - c_m - SLACK_M
        high = place[:, axis] + ends.max(axis=0) + c_m + SLACK_M
        width = float(np.mean(high - low))
        share = width / max(float(np.ptp(samples.track_place_m[:, axis])), 1e-9)
        if share < best_share:
            best, best_share = (axis, low, high), share
    return best


def counts_of(scene: Scene, c_m: float) -> Longs:
    """Near tracks of every true entry (a,)."""
    counts = np.zeros(len(scene.low), np.int64)
    count_near(scene, c_m, counts)
    return counts


def pairs_of(scene: Scene, c_m: float, counts: Longs, start: int, end: int) -> Pairs:
    """Near pairs of the instants from `start` up to and without `end`."""
    rows = slice(scene.truth_first[start], scene.truth_first[end])
    first = np.concatenate([[0], np.cumsum(counts[rows])]).astype(np.int64)
    track, distance_m = np.empty(first[-1], np.int64), np.empty(first[-1])
    list_near(scene, c_m, (start, end), first, track, distance_m)
    return Pairs(first, track, distance_m)


def pairs_at_once(scene: Scene, c_m: float) -> Pairs:
    """Near pairs of all instants.

    Raises
    ------
    TooManyPairs
        There are more than `MOST_PAIRS`, and more than `PER_ENTRY` of each true entry; found by
        counting, before any is held.
    """
    counts = counts_of(scene, c_m)
    n_pairs = int(counts.sum())
    most = max(MOST_PAIRS, PER_ENTRY * len(counts))
    if n_pairs > most:
        raise TooManyPairs(
            f"expected at most {most:,} pairs of an object and a track nearer than the "
            f"cut-off of {c_m:g} m, got {n_pairs:,}; give a smaller cut-off or a longer step"
        )
    return pairs_of(scene, c_m, counts, 0, len(scene.truth_first) - 1)


def blocks(scene: Scene, c_m: float) -> Iterator[tuple[int, int, Pairs]]:
    """Near pairs in ranges of instants that fit in memory: (start, end, pairs)."""
    counts = counts_of(scene, c_m)
    sums = np.concatenate([[0], np.cumsum(counts)])[scene.truth_first]
    start, n_instants = 0, len(scene.truth_first) - 1
    while start < n_instants:
        fits = int(np.searchsorted(sums, sums[start] + BLOCK, side="right")) - 1
        end = max(start + 1, min(fits, n_instants))
        yield start, end, pairs_of(scene, c_m, counts, start, end)
        start = end


def matched(samples: Samples, c_m: float, p: float, dimensions: int) -> tuple[Longs, Floats]:
    """Optimal partners at each instant: entry of the track or -1, and distance^p or 0 (a,), (a,).

    What is minimised is the sum of min(c, d)^p, the same for OSPA and for GOSPA with any alpha.
    """
    match, power = np.full(len(samples.truth), -1, np.int64), np.zeros(len(samples.truth))
    scene = scene_of(samples, c_m, dimensions)
    for start, end, pairs in blocks(scene, c_m):
        truth_first = scene.truth_first[start : end + 1] - scene.truth_first[start]
        offset = int(scene.track_first[start])
        n_columns = int(scene.track_first[end]) - offset
        chosen = np.empty(len(pairs.first) - 1, np.int64)
        distance_p = pairs.distance_m**p
        column = pairs.track - offset
        assign(truth_first, pairs.first, column, distance_p, c_m**p, n_columns, chosen)
        rows = scene.truth_first[start] + np.flatnonzero(chosen >= 0)
        chosen = chosen[chosen >= 0]
        match[rows], power[rows] = pairs.track[chosen], distance_p[chosen]
    return match, power
