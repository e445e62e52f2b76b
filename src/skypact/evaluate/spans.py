"""The assignment problem of the trajectory metric, cut into spans of which few depend on another.

A pair (true object i, track j) is on or off at each instant. It earns c^p - d^p where it is on and
nearer than c; going on or off costs half a switch (any switch of i from j to m is one pair off and
one on). No object and no track may have two pairs on at a time. So far the paper's definition.

Stretches are *settled*: a run of meetings of (i, j) during which neither i nor j is near anybody
else, if it earns more than three switches. Some optimum has the pair on from the first to the last
of them. Proof: take an optimum and put (i, j) on all through the run, every other pair of i or j
off there. If (i, j) was on at some instant of the run, this costs nothing: what others held there
earned nothing, and since every switch is the sum of going off and going on, letting go early or
late costs the same. If it was never on, i pays at most one switch at each end and an object that
held j all through pays one more; that is less than the run earns. Runs of the same i or the same
j never overlap, because the ends of each are meetings; so all of them can be put on together.

Outside settled stretches, (i, j) is useful only between two *supports*: its meetings, settled
stretches of its own, the first and the last instant (being on from the start, or to the end, saves
going on or off). Before the first and after the last support of a stretch that is on, it can be
put off for nothing. A gap between supports in which j is settled with another object is never
held. What is left are the spans below; two of them depend on each other only if they share the
object or the track at an instant.
"""

from bisect import bisect_right
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.model.reports import Floats, Longs

Bools = npt.NDArray[np.bool_]

OFF, ON, FREE = 0, 1, 2
"""What a pair is beside its span: off, settled, or whatever costs nothing."""
SURE: Final = 3.0
"""Switches that a stretch must earn to be settled."""


class Near(NamedTuple):
    """Meetings nearer than the cut-off, by instant and true object."""

    instant: Longs
    truth: Longs
    track: Longs
    gain: Floats
    """c^p - d^p, above 0."""


class Span(NamedTuple):
    """Instants at which a pair may be on, outside of settled stretches."""

    truth: int
    track: int
    start: int
    end: int
    """Inclusive."""
    before: int
    """`OFF`, `ON` or `FREE`."""
    after: int
    meetings: tuple[int, ...]
    """Rows of `Near`, ascending in time."""


class Problem(NamedTuple):
    """What is settled, and what is not."""

    near: Near
    n_instants: int
    half_switch: float
    settled: Longs
    """Truth, track, first and last instant of each settled stretch (R, 4)."""
    sure: Longs
    """Rows of `near` in settled stretches."""
    spans: list[Span]


def problem_of(near: Near, n_instants: int, half_switch: float) -> Problem:
    """Settle what is certain and lay out the spans of what is not."""
    order = np.lexsort((near.track, near.instant, near.truth))
    run, alone = _runs(near, order, n_instants)
    earned = np.bincount(run, near.gain[order]) if len(run) else np.empty(0)
    # The margin keeps rounding of the sum on the safe side.
    sure_run = earned > SURE * 2.0 * half_switch * (1.0 + 1e-9)
    is_first = np.flatnonzero(np.diff(run, prepend=-1))
    sure_run &= alone[is_first]
    is_last = np.append(is_first[1:], len(run)) - 1 if len(run) else is_first
    a, b = order[is_first[sure_run]], order[is_last[sure_run]]
    settled = np.column_stack([near.truth[a], near.track[a], near.instant[a], near.instant[b]])
    is_sure = sure_run[run]
    spans = _Layout(near, settled, n_instants).spans(order[~is_sure])
    return Problem(near, n_instants, half_switch, settled, order[is_sure], spans)


def _runs(near: Near, order: Longs, n_instants: int) -> tuple[Longs, Bools]:
    """Run of each meeting in the order given (object, time), and whether nobody else is near."""
    by_truth = near.truth * n_instants + near.instant
    by_track = near.track * n_instants + near.instant
    alone = _count_same(by_truth) + _count_same(by_track) == 2
    follower = np.full(len(order), -1)
    along_track = np.lexsort((by_truth, by_track))
    follower[along_track[:-1]] = along_track[1:]
    here, there = order[:-1], order[1:]
    linked = alone[here] & alone[there] & (near.truth[here] == near.truth[there])
    linked &= (near.track[here] == near.track[there]) & (follower[here] == there)
    run = np.concatenate([np.zeros(min(1, len(order)), np.int64), np.cumsum(~linked)])
    return run, alone[order]


def _count_same(values: Longs) -> Longs:
    """How often each value occurs."""
    _, index, counts = np.unique(values, return_inverse=True, return_counts=True)
    return counts[index]


class _Layout:
    """Supports of every pair between an object's settled stretches, made into spans."""

    def __init__(self, near: Near, settled: Longs, n_instants: int) -> None:
        self.near, self.n_instants = near, n_instants
        self.of_truth: dict[int, list[tuple[int, int, int]]] = {}
        self.starts: dict[int, list[int]] = {}
        for truth, track, start, end in settled[np.argsort(settled[:, 2], kind="stable")].tolist():
            self.of_truth.setdefault(truth, []).append((start, end, track))
            self.starts.setdefault(track, []).append(start)

    def spans(self, loose: Longs) -> list[Span]:
        """All spans; `loose` are the meetings that are not settled, by object and time."""
        near, found = self.near, list[Span]()
        meetings: dict[int, list[tuple[int, int, int]]] = {i: [] for i in self.of_truth}
        columns = (near.truth[loose], near.instant[loose], near.track[loose], loose)
        for i, k, j, row in zip(*(c.tolist() for c in columns), strict=True):
            meetings.setdefault(i, []).append((k, j, row))
        for i in sorted(meetings):
            found += self._of_object(i, meetings[i])
        return found

    def _of_object(self, i: int, meetings: list[tuple[int, int, int]]) -> list[Span]:
        """Spans of an object, one piece between settled stretches after another."""
        found, m = list[Span](), 0
        left: tuple[int, int] | None = None
        for start, end, track in [*self.of_truth.get(i, []), (self.n_instants, -1, -1)]:
            own: dict[int, list[tuple[int, int]]] = {}
            while m < len(meetings) and meetings[m][0] < start:
                own.setdefault(meetings[m][1], []).append((meetings[m][0], meetings[m][2]))
                m += 1
            right = (start, track) if track >= 0 else None
            tracks = set(own) | {edge[1] for edge in (left, right) if edge is not None}
            for j in sorted(tracks):
                found += self._of_pair((i, j), own.get(j, []), left, right)
            left = (end, track)
        return found

    def _of_pair(
        self, pair: tuple[int, int], meetings: list[tuple[int, int]],
        left: tuple[int, int] | None, right: tuple[int, int] | None,
    ) -> list[Span]:  # fmt: skip
        """Spans of one pair in one piece: supports in order of time, cut at gaps not to be held."""
        supports = [(k, OFF, row) for k, row in meetings]
        if left is None:
            supports.insert(0, (-1, FREE, -1))
        elif left[1] == pair[1]:
            supports.insert(0, (left[0], ON, -1))
        if right is None:
            supports.append((self.n_instants, FREE, -1))
        elif right[1] == pair[1]:
            supports.append((right[0], ON, -1))
        found, chain = list[Span](), supports[:1]
        for support in supports[1:]:
            if self._is_taken(pair[1], chain[-1][0], support[0]):
                found += _span_of(pair, chain)
                chain = []
            chain.append(support)
        return found + _span_of(pair, chain)

    def _is_taken(self, track: int, after: int, before: int) -> bool:
        """Whether a settled stretch of the track begins between two supports."""
        starts = self.starts.get(track, [])
        place = bisect_right(starts, after)
        return place < len(starts) and starts[place] < before


def _span_of(pair: tuple[int, int], chain: list[tuple[int, int, int]]) -> list[Span]:
    """Make the span from the first to the last support of a chain, if it is worth anything."""
    rows = tuple(row for _, _, row in chain if row >= 0)
    if not rows and not any(kind == ON for _, kind, _ in chain):
        return []
    before, after = chain[0], chain[-1]
    start = before[0] if before[2] >= 0 else before[0] + 1
    end = after[0] if after[2] >= 0 else after[0] - 1
    if start > end:
        return []
    return [Span(*pair, start, end, before[1], after[1], rows)]
