"""Which pairs are on at which instants: the cheapest course of every group of dependent spans.

A group is solved exactly by dynamic programming over the matchings of its spans (Viterbi, IEEE
Trans. Information Theory 13 (1967), 260-269) unless some instant has more than `MOST` of them;
then it begins with the best partner for good of each object, and again with the best of each
instant, gives one object after another its best course while the others stay, until nothing
improves, takes the cheaper of the two, and the result says that it may not be the best.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from skypact.evaluate.spans import FREE, OFF, ON, Bools, Near, Problem, Span
from skypact.kernels.assignment import assign
from skypact.kernels.trajectories import follow
from skypact.model.reports import Floats, Longs

MOST: Final = 2000
"""Matchings of an instant up to which a group is solved exactly (4 objects, 6 tracks: 1045)."""
ROUNDS: Final = 20
"""Rounds of improvement of a group that is too large."""


class Outcome(NamedTuple):
    """Pairs that are on."""

    chosen: Longs
    """Rows of `Near` at which a pair is on."""
    truth: Longs
    """True object of each stretch that is on (R,)."""
    track: Longs
    start: Longs
    end: Longs
    """Last instant (R,)."""
    exact: bool


class _States(NamedTuple):
    """Matchings of the spans that are open at an instant, as sets of bits."""

    active: tuple[int, ...]
    """Span of each bit."""
    mask: Longs
    """The empty one first; any matching comes after those it contains (S,)."""
    base: Longs
    last: Longs
    parent: Longs


def solve(problem: Problem) -> Outcome:
    """Decide every pair at every instant."""
    near, spans = problem.near, problem.spans
    stretches = [tuple(row) for row in problem.settled.tolist()]
    rows, exact = list[int](), True
    for group in _groups(spans):
        if len(group) == 1:
            span = spans[group[0]]
            on = np.full((1, 1), _is_worth(span, near, problem.half_switch))
            events = np.array([span.start])
        else:
            members = [spans[s] for s in group]
            events = _events(members, near)
            course = _best(members, events, _gains(members, events, near), problem.half_switch)
            exact &= course is not None
            on = _improved(members, events, problem) if course is None else course
        for span, is_on in zip((spans[s] for s in group), on.T, strict=True):
            stretches += _stretches(span, events, is_on)
            at = np.searchsorted(events, near.instant[list(span.meetings)], side="right") - 1
            rows += [r for r, e in zip(span.meetings, at.tolist(), strict=True) if is_on[e]]
    table = np.array(stretches, np.int64).reshape(-1, 4)
    chosen = np.concatenate([problem.sure, np.array(rows, np.int64)])
    return Outcome(chosen, table[:, 0], table[:, 1], table[:, 2], table[:, 3], exact)


def _is_worth(span: Span, near: Near, half_switch: float) -> bool:
    """Whether a span on which nothing depends is on: all of it or nothing is always best."""
    edges = (span.before, span.after)
    earned = float(near.gain[list(span.meetings)].sum())
    return half_switch * edges.count(OFF) - earned < half_switch * edges.count(ON)


def _groups(spans: Sequence[Span]) -> list[list[int]]:
    """Spans that depend on each other, directly or through others."""
    root = list(range(len(spans)))

    def find(s: int) -> int:
        while root[s] != s:
            root[s] = root[root[s]]
            s = root[s]
        return s

    for key in (0, 1):
        order = [s for _, _, s in sorted((v[key], v.start, s) for s, v in enumerate(spans))]
        until, before = -1, -1
        for s in order:
            if before >= 0 and spans[before][key] == spans[s][key] and spans[s].start <= until:
                root[find(s)] = find(before)
                until = max(until, spans[s].end)
            else:
                until = spans[s].end
            before = s
    members: dict[int, list[int]] = {}
    for s in range(len(spans)):
        members.setdefault(find(s), []).append(s)
    return list(members.values())


def _events(spans: Sequence[Span], near: Near) -> Longs:
    """Instants at which something can change or is earned."""
    last = max(span.end for span in spans)
    rows = [row for span in spans for row in span.meetings]
    edges = [t for span in spans for t in (span.start, span.end + 1) if t <= last]
    return np.unique(np.concatenate([near.instant[rows], np.array(edges, np.int64)]))


def _gains(spans: Sequence[Span], events: Longs, near: Near) -> Floats:
    """Tabulate what each span earns at each event (K, n)."""
    gain = np.zeros((len(events), len(spans)))
    for s, span in enumerate(spans):
        rows = list(span.meetings)
        gain[np.searchsorted(events, near.instant[rows]), s] = near.gain[rows]
    return gain


def _stretches(span: Span, events: Longs, is_on: Bools) -> list[tuple[int, int, int, int]]:
    """Stretches of a span that are on, each from an event to before another."""
    inside = (events >= span.start) & (events <= span.end)
    start = events[inside]
    end = np.append(start[1:], span.end + 1) - 1
    on = is_on[inside]
    return [
        (span.truth, span.track, a, b)
        for a, b in zip(start[on].tolist(), end[on].tolist(), strict=True)
    ]


def _best(spans: Sequence[Span], events: Longs, gain: Floats, half_switch: float) -> Bools | None:
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


def _improved(spans: Sequence[Span], events: Longs, problem: Problem) -> Bools:
    """Find a good course of a large group: from two beginnings, object after object improved."""
    gain, half_switch = _gains(spans, events, problem.near), problem.half_switch
    is_open = np.array([(events >= span.start) & (events <= span.end) for span in spans]).T
    truth = np.unique([span.truth for span in spans], return_inverse=True)[1]
    track = np.unique([span.track for span in spans], return_inverse=True)[1]
    courses = [
        _descended(spans, events, gain, first, half_switch)
        for first in (
            is_open & _chosen(gain.sum(axis=0), truth, track),
            _kept(gain, is_open, (truth, track), half_switch),
        )
    ]
    return min(courses, key=lambda on: _cost(spans, gain, is_open, on, half_switch))


def _descended(
    spans: Sequence[Span], events: Longs, gain: Floats, first: Bools, half_switch: float
) -> Bools:
    """Give one object after another its best course while the others stay, until none gains."""
    on = first.copy()
    own: dict[int, list[int]] = {}
    rivals: dict[int, list[int]] = {}
    for s, span in enumerate(spans):
        own.setdefault(span.truth, []).append(s)
        rivals.setdefault(span.track, []).append(s)
    for _ in range(ROUNDS):
        before = on.copy()
        for members in own.values():
            allowed = gain[:, members].copy()
            for column, s in enumerate(members):
                others = [r for r in rivals[spans[s].track] if spans[r].truth != spans[s].truth]
                allowed[on[:, others].any(axis=1), column] = -np.inf
            course = _best([spans[s] for s in members], events, allowed, half_switch)
            if course is not None:
                on[:, members] = course
        if np.array_equal(on, before):
            break
    return on


def _chosen(worth: Floats, truth: Longs, track: Longs) -> Bools:
    """Choose spans worth the most, all those of a pair together, no object or track twice."""
    pair = truth * (int(track.max()) + 1) + track
    keys, of_span = np.unique(pair, return_inverse=True)
    sums: Floats = np.bincount(of_span, worth).astype(np.float64)
    keep = np.flatnonzero(sums > 0.0)
    row, column = np.divmod(keys[keep], int(track.max()) + 1)
    first = np.searchsorted(row, np.arange(int(truth.max()) + 2))
    chosen = np.empty(len(first) - 1, np.int64)
    whole = np.array([0, len(chosen)])
    assign(whole, first, column, -sums[keep], int(track.max()) + 1, chosen)
    is_chosen = np.zeros(len(keys), np.bool_)
    is_chosen[keep[chosen[chosen >= 0]]] = True
    return is_chosen[of_span]


def _kept(gain: Floats, is_open: Bools, sides: tuple[Longs, Longs], half_switch: float) -> Bools:
    """Assign at one event after another; what was on before is worth a switch more."""
    on = np.zeros(gain.shape, np.bool_)
    held = np.zeros(gain.shape[1], np.bool_)
    for k in range(len(gain)):
        worth = np.where(is_open[k], gain[k] + 2.0 * half_switch * held, 0.0)
        held = _chosen(worth, *sides) & is_open[k]
        on[k] = held
    return on


def _cost(
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
