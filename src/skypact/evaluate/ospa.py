"""OSPA of sets at every instant, and OSPA(2) of sets of trajectories in a sliding window.

Sources: Schuhmacher, Vo and Vo, "A consistent metric for performance evaluation of multi-object
filters", IEEE TSP 56 (2008), 3447-3457, equations 3 and 4 (parts: section III.B); Beard, Vo and Vo,
"A solution for large-scale multi-object tracking", IEEE TSP 68 (2020), 2754-2769, section III.C,
with equal weights in the window.
"""

from typing import NamedTuple

import numpy as np

from skypact.errors import ConfigError
from skypact.evaluate.gospa import mean_power
from skypact.evaluate.pairs import (
    check_cut,
    instants_of,
    matched,
    pairs_at_once,
    scene_of,
)
from skypact.evaluate.samples import Samples
from skypact.kernels.assignment import assign
from skypact.kernels.trajectories import Meetings, slide
from skypact.model.reports import Floats, Longs


class Ospa(NamedTuple):
    """OSPA or OSPA(2) at T instants; the parts are contributions to total^p."""

    total: Floats
    """Metres, at most c (T,)."""
    localisation: Floats
    """Metres^p (T,)."""
    cardinality: Floats
    """Metres^p (T,)."""
    n_truth: Longs
    """Objects compared (T,)."""
    n_track: Longs


def _assembled(
    cost: Floats, n_matched: Longs, n: Longs, m: Longs, cut: tuple[float, float]
) -> Ospa:
    """Total and parts from the sum over pairs nearer than c; the rest of the pairs cost c^p."""
    c_m, p = cut
    largest = np.maximum(np.maximum(n, m), 1)
    localisation = (cost + c_m**p * (np.minimum(n, m) - n_matched)) / largest
    cardinality = c_m**p * np.abs(n - m) / largest
    return Ospa((localisation + cardinality) ** (1.0 / p), localisation, cardinality, n, m)


def ospa(
    samples: Samples, *, c_m: float = 1000.0, p: float = 2.0, dimensions: int = 2
) -> Ospa:  # fmt: skip
    """Compare truth and tracks at every instant.

    Parameters
    ----------
    samples : Samples
        Truth and tracks at T instants, in metres.
    c_m : float
        Cut-off, and the cost of a surplus object.
    p : float
        Order, >= 1.
    dimensions : int
        2 for horizontal distances, 3 for spatial ones.

    Returns
    -------
    Ospa
        0 at instants without any object.
    """
    check_cut(c_m, p, dimensions)
    match, power = matched(samples, c_m, p, dimensions)
    n, m = np.diff(samples.truth_first), np.diff(samples.track_first)
    instant = instants_of(samples.truth_first)
    cost: Floats = np.bincount(instant, power, len(n)).astype(np.float64)
    n_matched = np.bincount(instant[match >= 0], minlength=len(n))
    return _assembled(cost, n_matched, n, m, (c_m, p))


def ospa2(
    samples: Samples, *, c_m: float = 1000.0, p: float = 2.0, window: int = 10,
    dimensions: int = 2,
) -> Ospa:  # fmt: skip
    """Compare the trajectories of the last `window` instants, at every instant.

    Parameters
    ----------
    samples : Samples
        Truth and tracks at T instants, in metres.
    c_m, p, dimensions
        As for `ospa`.
    window : int
        Instants in a window, >= 1; fewer at the beginning. With 1 it is OSPA.

    Returns
    -------
    Ospa
        Of the objects that are there at some instant of the window.

    Raises
    ------
    TooManyPairs
        More pairs are near than can be held at once.

    Notes
    -----
    The base distance of two trajectories is the mean of the cut-off distance over the instants of
    the window at which either is there, c where only one is. Pairs never nearer than c in a window
    have base distance c and are left out, so the cost is linear in the length.
    """
    check_cut(c_m, p, dimensions)
    if window < 1:
        raise ConfigError(f"window: expected at least 1 instant, got {window}; give one like 10")
    n_instants = len(samples.time_s)
    window = min(window, max(1, n_instants))
    n = _in_window(samples.truth_first, samples.truth, window)
    m = _in_window(samples.track_first, samples.track, window)
    meetings = _meetings(samples, c_m, dimensions)
    pair = np.repeat(np.arange(len(meetings.truth)), np.diff(meetings.first))
    length = _covered(pair, meetings.instant, window, n_instants)
    n_rows = int(length.sum())
    instant, distance_m = np.empty(n_rows, np.int64), np.empty(n_rows)
    slide(meetings, n_instants, window, c_m, instant, distance_m)
    pair_of_row = np.repeat(pair, length)
    order = np.argsort(instant, kind="stable")
    instant, power, pair_of_row = instant[order], distance_m[order] ** p, pair_of_row[order]
    truth, column = meetings.truth[pair_of_row], meetings.track[pair_of_row]
    # Pairs are sorted by true object, so the rows of an instant are, too.
    new = np.flatnonzero(np.diff(instant, prepend=-1) | np.diff(truth, prepend=-1))
    row_first = np.searchsorted(instant[new], np.arange(n_instants + 1))
    chosen = np.empty(len(new), np.int64)
    n_columns = int(column.max(initial=-1)) + 1
    assign(row_first, np.append(new, n_rows), column, power, c_m**p, n_columns, chosen)
    used = chosen[chosen >= 0]
    cost: Floats = np.bincount(instant[used], power[used], n_instants).astype(np.float64)
    n_matched = np.bincount(instant[used], minlength=n_instants)
    return _assembled(cost, n_matched, n, m, (c_m, p))


def _covered(number: Longs, instant: Longs, window: int, n_instants: int) -> Longs:
    """Windows that end from each entry on and before the same number's next entry.

    Entries are sorted by number and instant.
    """
    following = np.append(instant[1:], n_instants)
    same = np.append(number[1:] == number[:-1], False)
    return np.minimum(np.where(same, following, n_instants), instant + window) - instant


def _in_window(first: Longs, numbers: Longs, window: int) -> Longs:
    """Objects that are there at some instant of the window that ends at each instant."""
    n_instants = len(first) - 1
    instant = instants_of(first)
    order = np.argsort(numbers, kind="stable")
    number, instant = numbers[order], instant[order]
    end = instant + _covered(number, instant, window, n_instants)
    come = np.bincount(instant, minlength=n_instants + 1)
    gone = np.bincount(end, minlength=n_instants + 1)
    return np.cumsum(come - gone)[:n_instants]


def _presence(first: Longs, numbers: Longs) -> tuple[Longs, Longs]:
    """Instants at which every object is there: where each object's begin, and the instants."""
    order = np.argsort(numbers, kind="stable")
    starts = np.searchsorted(numbers[order], np.arange(int(numbers.max(initial=-1)) + 2))
    return starts, instants_of(first)[order]


def _meetings(samples: Samples, c_m: float, dimensions: int) -> Meetings:
    """Every pair of objects that is ever near, with its meetings in order of time."""
    scene = scene_of(samples, c_m, dimensions)
    pairs = pairs_at_once(scene, c_m)
    entry = np.repeat(np.arange(len(samples.truth)), np.diff(pairs.first))
    truth, track = samples.truth[entry], samples.track[pairs.track]
    n_tracks = int(samples.track.max(initial=-1)) + 1
    order = np.argsort(truth * n_tracks + track, kind="stable")
    truth, track = truth[order], track[order]
    new = np.flatnonzero(np.diff(truth, prepend=-1) | np.diff(track, prepend=-1))
    truth_first, truth_instant = _presence(samples.truth_first, samples.truth)
    track_first, track_instant = _presence(samples.track_first, samples.track)
    return Meetings(
        truth=truth[new],
        track=track[new],
        first=np.append(new, len(order)),
        instant=instants_of(samples.truth_first)[entry][order],
        gain_m=c_m - pairs.distance_m[order],
        truth_first=truth_first,
        truth_instant=truth_instant,
        track_first=track_first,
        track_instant=track_instant,
    )


def ospa_summary(ospa: Ospa, p: float) -> dict[str, float]:
    """Mean over instants, p-mean, and the p-means of the parts."""
    return {
        "mean": float(np.mean(ospa.total)) if len(ospa.total) else 0.0,
        "rms": mean_power(ospa.total**p, p),
        "localisation": mean_power(ospa.localisation, p),
        "cardinality": mean_power(ospa.cardinality, p),
    }
