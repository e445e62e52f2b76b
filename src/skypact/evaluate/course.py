"""Cheapest course of spans that depend on each other: dynamic programming over their matchings.

Viterbi, IEEE Trans. Information Theory 13 (1967), 260-269; the states at an instant are all sets
of open spans in which no object and no track has two.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from skypact.evaluate.spans import FREE, ON, Bools, Span
from skypact.kernels.trajectories import follow
from skypact.model.reports import Floats, Longs

MOST: Final = 2000
"""Matchings of an instant up to which a group is solved exactly (4 objects, 6 tracks: 1045)."""


class _States(NamedTuple):
    """Matchings of the spans that are open at an instant, as sets of bits."""

    active: tuple[int, ...]
    """Span of each bit."""
    mask: Longs
    """The empty one first; any matching comes after those it contains (S,)."""
    base: Longs
    last: Longs
    parent: Longs


def best_course(
    spans: Sequence[Span], events: Longs, gain: Floats, half_switch: float
) -> Bools | None:
    """Find the cheapest course: which spans are on at each event (K, n); None if too many."""
    start = np.searchsorted(events, [span.start for span in spans])
    end = np.searchsorted(events, [span.end for span in spans], side="right")
    cuts = np.unique(np.concatenate([start, end]))
    before: _States | None = None
    value, trail = np.zeros(1), list[tuple[_States, Longs, np.ndarray, int]]()
    for a, b in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
        states = _states(tuple(np.flatnonzero((start <= a) & (end >= b)).tolist()), spans)
        if states is None:
            return None
        value, source = _carried(value, before, states, spans, half_switch)
        origin = np.empty((b - a, len(value)), np.int32)
        columns = np.ascontiguousarray(gain[a:b])
        follow(value, states.parent, states.base, states.last, columns, half_switch, origin)
        trail.append((states, source, origin, a))
        before = states
    value, source = _carried(value, before, _NOTHING, spans, half_switch)
    on = np.zeros(gain.shape, np.bool_)
    state = 0
    for states, into, origin, a in reversed(trail):
        state = int(source[state])
        for k in range(len(origin) - 1, -1, -1):
            mask = int(states.mask[state])
            on[a + k, [s for bit, s in enumerate(states.active) if mask >> bit & 1]] = True
            state = int(origin[k, state])
        source = into
    return on


def _states(active: tuple[int, ...], spans: Sequence[Span]) -> _States | None:
    """List the matchings of some spans; None if there are too many."""
    mask, base, last = (np.array([first], np.int64) for first in (0, -1, -1))
    for bit, s in enumerate(active):
        rivals = sum(
            1 << other
            for other, t in enumerate(active[:bit])
            if spans[t].truth == spans[s].truth or spans[t].track == spans[s].track
        )
        if bit > 62:
            return None
        fits = np.flatnonzero((mask & rivals) == 0)
        if len(mask) + len(fits) > MOST:
            return None
        mask = np.concatenate([mask, mask[fits] | (1 << bit)])
        base = np.concatenate([base, fits])
        last = np.concatenate([last, np.full(len(fits), s)])
    parent = np.full((len(mask), len(active) + 1), -1, np.int64)
    for bit in range(len(active)):
        having = np.flatnonzero(mask >> bit & 1)
        parent[having, bit] = _place(mask, mask[having] ^ (1 << bit))
    parent = -np.sort(-parent, axis=1)
    widest = int((parent >= 0).sum(axis=1).max(initial=0))
    return _States(active, mask, base, last, np.ascontiguousarray(parent[:, :widest]))


_NOTHING: Final = _States(
    (), np.zeros(1, np.int64), np.full(1, -1), np.full(1, -1), np.empty((1, 0), np.int64)
)


def _place(mask: Longs, wanted: Longs) -> Longs:
    """Find each wanted mask in the list; -1 where it is not."""
    order = np.argsort(mask)
    at = np.minimum(np.searchsorted(mask[order], wanted), len(mask) - 1)
    return np.where(mask[order[at]] == wanted, order[at], -1)


def _carried(
    value: Floats, old: _States | None, new: _States, spans: Sequence[Span], half_switch: float
) -> tuple[Floats, Longs]:
    """Least cost of each new matching at the end of the old ones, and the old one it is from.

    A span that closes before a settled stretch of its pair must be on, one that closes otherwise
    goes off; at the last instant neither costs anything. One that opens was on if it follows a
    settled stretch, else off; at the first instant either.
    """
    moved_value, freely = np.full(len(new.mask), np.inf), np.int64(0)
    source = np.full(len(new.mask), -1, np.int64)
    mask = np.zeros(len(value), np.int64)
    active = old.active if old is not None else ()
    cost = value.copy()
    for bit, s in enumerate(active):
        is_on = (old.mask >> bit & 1) == 1 if old is not None else np.zeros(1, np.bool_)
        if s in new.active:
            mask |= is_on.astype(np.int64) << new.active.index(s)
        elif spans[s].after != FREE:
            cost = cost + np.where(is_on == (spans[s].after == ON), 0.0, half_switch)
    for bit, s in enumerate(new.active):
        if s in active:
            continue
        if spans[s].before == ON:
            mask |= 1 << bit
        elif spans[s].before == FREE:
            freely |= 1 << bit
    if freely:
        # Only at the first instant, where there is one old state: any choice is free.
        moved_value[(new.mask & ~freely) == mask[0]] = cost[0]
        source[:] = 0
        return moved_value, source
    to = _place(new.mask, mask)
    falling = np.argsort(-cost, kind="stable")
    moved_value[to[falling]] = cost[falling]
    source[to[falling]] = falling
    return moved_value, source


def cost_of(
    spans: Sequence[Span], gain: Floats, is_open: Bools, on: Bools, half_switch: float
) -> float:
    """Cost of a course: half a switch for each change, less what is earned."""
    changes = 0
    for s, span in enumerate(spans):
        course = on[is_open[:, s], s].tolist()
        course = course if span.before == FREE else [span.before == ON, *course]
        course = course if span.after == FREE else [*course, span.after == ON]
        changes += sum(a != b for a, b in pairwise(course))
    return half_switch * changes - float(gain[on].sum())
