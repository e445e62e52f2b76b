"""Trajectories compared over time: mean distances in a sliding window, cheapest changes of partner.

`slide` serves OSPA(2) (Beard, Vo and Vo, "A solution for large-scale multi-object tracking", IEEE
TSP 68 (2020), 2754-2769, section III.C); `follow` serves the trajectory metric of Garcia-Fernandez,
Rahmathullah and Svensson, "A metric on the space of finite sets of trajectories for evaluation of
multi-target tracking algorithms", IEEE TSP 68 (2020), 3917-3928.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import allocating_kernel, helper

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int32]


class Meetings(NamedTuple):
    """Pairs of objects that are ever near, and when each object is there."""

    truth: Longs
    """True object of each pair (P,)."""
    track: Longs
    """(P,)"""
    first: Longs
    """Meetings of pair q are ``first[q]:first[q + 1]`` (P + 1,)."""
    instant: Longs
    """Ascending within a pair (e,)."""
    gain_m: Floats
    """Cut-off minus distance, > 0 (e,)."""
    truth_first: Longs
    """Instants of true object x are ``truth_instant[truth_first[x]:truth_first[x + 1]]``."""
    truth_instant: Longs
    track_first: Longs
    track_instant: Longs


@helper
def start_from(instants: Longs, start: int, end: int, least: int) -> int:
    """First place in ``start:end`` whose instant is at least `least`."""
    while start < end:
        middle = (start + end) // 2
        if instants[middle] < least:
            start = middle + 1
        else:
            end = middle
    return start


@helper
def add_presence(
    instants: Longs, rows: tuple[int, int], span: tuple[int, int], n_seen: Longs, here_out: Longs
) -> None:
    """Sum an object's presence over a span into `n_seen`, and count it in `here_out`."""
    s = start_from(instants, rows[0], rows[1], span[0])
    for t in range(span[0], span[1] + 1):
        n_seen[t + 1] = n_seen[t]
        if s < rows[1] and instants[s] == t:
            n_seen[t + 1] += 1
            here_out[t] += 1
            s += 1


@helper
def slide_block(
    span: tuple[int, int],
    start: int,
    window: int,
    cut_m: float,
    tables: tuple[Longs, Longs, Longs, Longs, Floats],
    row: int,
    instant_out: Longs,
    distance_out: Floats,
) -> int:
    """Write the rows from `start` to the end of a span of one pair; next row."""
    seen_truth, seen_track, seen_both, here, gain = tables
    seen_both[span[0]] = 0
    for t in range(span[0], span[1] + 1):
        seen_both[t + 1] = seen_both[t] + (1 if here[t] == 2 else 0)
    total = 0.0
    for k in range(start, span[1] + 1):
        least = max(span[0], k - window + 1)
        if (k - start) % window == 0:
            # Summed anew once a window, so that rounding never adds up.
            total = 0.0
            for t in range(least, k + 1):
                total += gain[t]
        else:
            total += gain[k]
            if k - window >= span[0]:
                total -= gain[k - window]
        n = seen_truth[k + 1] - seen_truth[least] + seen_track[k + 1] - seen_track[least]
        n -= seen_both[k + 1] - seen_both[least]
        instant_out[row] = k
        distance_out[row] = cut_m - max(0.0, total) / n
        row += 1
    return row


@allocating_kernel
def slide(
    meetings: Meetings,
    n_instants: int,
    window: int,
    cut_m: float,
    instant_out: Longs,
    distance_out: Floats,
) -> None:
    """Mean cut-off distance of every pair that met within a window, at the window's last instant.

    Parameters
    ----------
    meetings : Meetings
        P pairs, e meetings nearer than the cut-off.
    n_instants : int
        T.
    window : int
        Instants in a window, >= 1; shorter at the beginning.
    cut_m : float
        Distance that counts where only one of the two is there.
    instant_out, distance_out : int64, float64 (rows,)
        Written, pair by pair, instants ascending: a row for each instant with a meeting in its
        window. The mean is over the window's instants at which either object is there.

    Notes
    -----
    Twin: tests/naive/trajectories.py. Cost: a few ns a row.
    """
    n = n_instants
    seen_truth, seen_track = np.zeros(n + 1, np.int64), np.zeros(n + 1, np.int64)
    seen_both, here, gain = np.zeros(n + 1, np.int64), np.zeros(n, np.int64), np.zeros(n)
    tables = (seen_truth, seen_track, seen_both, here, gain)
    row = int(0)  # noqa: UP018, RUF046
    for q in range(meetings.truth.shape[0]):
        x, y = meetings.truth[q], meetings.track[q]
        truth_rows = (meetings.truth_first[x], meetings.truth_first[x + 1])
        track_rows = (meetings.track_first[y], meetings.track_first[y + 1])
        e = meetings.first[q]
        while e < meetings.first[q + 1]:
            start = meetings.instant[e]
            end = min(start + window, n) - 1
            span_start = max(0, start - window + 1)
            last = e
            while last + 1 < meetings.first[q + 1] and meetings.instant[last + 1] <= end + 1:
                last += 1
                end = min(meetings.instant[last] + window, n) - 1
            span = (span_start, end)
            here[span_start : end + 1] = 0
            gain[span_start : end + 1] = 0.0
            for m in range(e, last + 1):
                gain[meetings.instant[m]] = meetings.gain_m[m]
            seen_truth[span_start] = 0
            seen_track[span_start] = 0
            add_presence(meetings.truth_instant, truth_rows, span, seen_truth, here)
            add_presence(meetings.track_instant, track_rows, span, seen_track, here)
            row = slide_block(span, start, window, cut_m, tables, row, instant_out, distance_out)
            e = last + 1


@allocating_kernel
def follow(
    value_out: Floats,
    parent: Longs,
    base: Longs,
    last: Longs,
    gain: Floats,
    half_switch: float,
    origin_out: Ints,
) -> None:
    """Move the least cost of every matching through instants at which the same pairs may be on.

    Parameters
    ----------
    value_out : float64 (S,)
        Least cost of each matching at the instant before; written, at the last instant.
    parent : int64 (S, r)
        The matching without its r-th pair, listed before it; -1 where it has fewer.
    base : int64 (S,)
        The matching without the pair that was added last; -1 for the empty one, which is the first.
    last : int64 (S,)
        That pair, a column of `gain`.
    gain : float64 (K, n)
        What each pair earns when on, at each of K instants.
    half_switch : float
        Cost of one pair going on or off.
    origin_out : int32 (K, S)
        Written: the matching at the instant before from which the cheapest way comes.

    Notes
    -----
    The cost of a change is half a switch for each pair that goes on or off, so any change is a way
    through matchings that differ in one pair: first all that go off, then all that go on. Two
    sweeps over the list do what comparing every two matchings would. Twin:
    tests/naive/trajectories.py. Cost: 5 ns a matching and pair.
    """
    n_states = value_out.shape[0]
    earned = np.zeros(n_states)
    for k in range(gain.shape[0]):
        for s in range(n_states):
            origin_out[k, s] = s
        for s in range(n_states - 1, -1, -1):
            for r in range(parent.shape[1]):
                q = parent[s, r]
                if q >= 0 and value_out[s] + half_switch < value_out[q]:
                    value_out[q] = value_out[s] + half_switch
                    origin_out[k, q] = origin_out[k, s]
        for s in range(n_states):
            for r in range(parent.shape[1]):
                q = parent[s, r]
                if q >= 0 and value_out[q] + half_switch < value_out[s]:
                    value_out[s] = value_out[q] + half_switch
                    origin_out[k, s] = origin_out[k, q]
        for s in range(1, n_states):
            earned[s] = earned[base[s]] + gain[k, last[s]]
        for s in range(n_states):
            value_out[s] -= earned[s]
