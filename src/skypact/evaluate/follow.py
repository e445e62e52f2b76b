"""Which pairs are on at which instants: the cheapest course of every group of dependent spans.

A group is solved exactly (`evaluate.course`) unless some instant has too many matchings of its
spans; then a good course is sought (`evaluate.crowded`), and the result says that it may not be
the best and by how much the best can be cheaper.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from skypact.evaluate.course import best_course
from skypact.evaluate.crowded import crowd_of, improved, least_cost
from skypact.evaluate.spans import OFF, ON, Bools, Near, Problem, Span
from skypact.model.reports import Floats, Longs


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
    slack: float
    """What the cheapest course may cost less than this one; 0 where exact."""


def solve(problem: Problem) -> Outcome:
    """Decide every pair at every instant."""
    near, spans = problem.near, problem.spans
    stretches = [tuple(row) for row in problem.settled.tolist()]
    rows, exact, slack = list[int](), True, 0.0
    for group in _groups(spans):
        if len(group) == 1:
            span = spans[group[0]]
            on = np.full((1, 1), _is_worth(span, near, problem.half_switch))
            events = np.array([span.start])
        else:
            members = [spans[s] for s in group]
            events = _events(members, near)
            gain = _gains(members, events, near)
            course = best_course(members, events, gain, problem.half_switch)
            if course is None:
                exact = False
                crowd = crowd_of(members, events, gain, problem.half_switch)
                course, cost = improved(crowd)
                slack += max(0.0, cost - least_cost(crowd))
            on = course
        for span, is_on in zip((spans[s] for s in group), on.T, strict=True):
            stretches += _stretches(span, events, is_on)
            at = np.searchsorted(events, near.instant[list(span.meetings)], side="right") - 1
            rows += [r for r, e in zip(span.meetings, at.tolist(), strict=True) if is_on[e]]
    table = np.array(stretches, np.int64).reshape(-1, 4)
    chosen = np.concatenate([problem.sure, np.array(rows, np.int64)])
    return Outcome(chosen, table[:, 0], table[:, 1], table[:, 2], table[:, 3], exact, slack)


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
