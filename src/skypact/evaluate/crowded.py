"""A good course of a group that is too large to be solved exactly, and a bound of the best one.

Four kinds of beginnings: partners for good, partners at every instant with and without a bonus for
those kept, and partners of stretches of time of every length, each stretch half the next longer.
The cheapest way through what these hold at each instant is found by dynamic programming (Viterbi,
IEEE Trans. Information Theory 13 (1967), 260-269). Then one object after another, and two that
compete for a track together, are given their best course while the others stay, until nothing
improves. Two at a time can exchange their tracks, which one at a time cannot.

Without the rule that no track has two objects every object may take its own best course; what
these cost together bounds the cost from below, and so does the same with the sides exchanged.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Final, NamedTuple

import numpy as np

from skypact.evaluate.course import best_course, cost_of
from skypact.evaluate.spans import FREE, ON, Bools, Span
from skypact.kernels.assignment import assign
from skypact.model.reports import Floats, Longs

ROUNDS: Final = 20
"""Rounds of improvement."""
MOST_TEAMS: Final = 500
"""Pairs of competing objects that are improved together, those that compete most."""
WIDE: Final = 20
"""Tracks at an instant from which each object of a team chooses."""
MOST_CELLS: Final = 20_000_000
"""Spans times stretches of time for which partners are sought."""


class Crowd(NamedTuple):
    """A group of n spans at K events."""

    spans: Sequence[Span]
    events: Longs
    gain: Floats
    """What each span earns at each event (K, n)."""
    is_open: Bools
    """(K, n)"""
    truth: Longs
    """Objects and tracks numbered from 0 (n,)."""
    track: Longs
    before: Longs
    """As of `Span` (n,)."""
    after: Longs
    half_switch: float


class _Partners:
    """Assignment of objects to tracks, all spans of a pair together."""

    def __init__(self, crowd: Crowd) -> None:
        self.n_columns = int(crowd.track.max()) + 1
        keys, self.of_span = np.unique(
            crowd.truth * self.n_columns + crowd.track, return_inverse=True
        )
        self.row, self.column = np.divmod(keys, self.n_columns)
        self.rows = np.arange(int(crowd.truth.max()) + 2)

    def chosen(self, worth: Floats) -> Bools:
        """Spans worth the most, no object or track twice."""
        sums: Floats = np.bincount(self.of_span, worth, len(self.row)).astype(np.float64)
        keep = np.flatnonzero(sums > 0.0)
        first = np.searchsorted(self.row[keep], self.rows)
        chosen = np.empty(len(first) - 1, np.int64)
        whole = np.array([0, len(chosen)])
        assign(whole, first, self.column[keep], -sums[keep], 0.0, self.n_columns, chosen)
        is_chosen = np.zeros(len(self.row), np.bool_)
        is_chosen[keep[chosen[chosen >= 0]]] = True
        return is_chosen[self.of_span]


def crowd_of(spans: Sequence[Span], events: Longs, gain: Floats, half_switch: float) -> Crowd:
    """Lay out a group."""
    return Crowd(
        spans,
        events,
        gain,
        np.array([(events >= span.start) & (events <= span.end) for span in spans]).T,
        np.unique([span.truth for span in spans], return_inverse=True)[1],
        np.unique([span.track for span in spans], return_inverse=True)[1],
        np.array([span.before for span in spans]),
        np.array([span.after for span in spans]),
        half_switch,
    )


def improved(crowd: Crowd) -> tuple[Bools, float]:
    """Good course of a large group: spans on at each event (K, n), and its cost."""
    partners = _Partners(crowd)
    singles = [(i,) for i in range(int(crowd.truth.max()) + 1)]
    courses = [
        _descended(crowd, first, singles)
        for first in (
            crowd.is_open & partners.chosen(crowd.gain.sum(axis=0)),
            _kept(crowd, partners, 2.0 * crowd.half_switch),
            _kept(crowd, partners, 0.0),
        )
    ]
    course = _descended(crowd, _joined(crowd, partners, courses), [*singles, *_rivals(crowd)])
    return course, _cost(crowd, course)


def least_cost(crowd: Crowd) -> float:
    """Bound the cost of any course from below: each object, or each track, for itself."""
    sums = [0.0, 0.0]
    for side, numbers in enumerate((crowd.truth, crowd.track)):
        for number in range(int(numbers.max()) + 1):
            members = np.flatnonzero(numbers == number)
            spans, gain = [crowd.spans[s] for s in members.tolist()], crowd.gain[:, members]
            course = best_course(spans, crowd.events, gain, crowd.half_switch)
            if course is None:
                sums[side] -= float(gain.max(axis=1).sum())
            else:
                is_open = crowd.is_open[:, members]
                sums[side] += cost_of(spans, gain, is_open, course, crowd.half_switch)
    return max(sums)


def _cost(crowd: Crowd, on: Bools) -> float:
    return cost_of(crowd.spans, crowd.gain, crowd.is_open, on, crowd.half_switch)


def _kept(crowd: Crowd, partners: _Partners, bonus: float) -> Bools:
    """Assign at one event after another; what was on before is worth more by the bonus."""
    on = np.zeros(crowd.gain.shape, np.bool_)
    held = np.zeros(crowd.gain.shape[1], np.bool_)
    for k, is_open in enumerate(crowd.is_open):
        worth = np.where(is_open, crowd.gain[k] + bonus * held, 0.0)
        held = partners.chosen(worth) & is_open
        on[k] = held
    return on


def _stretches(n_events: int, n_spans: int) -> Iterator[tuple[int, int]]:
    """Yield stretches of events of every length, longest first, as many as can be afforded."""
    length, cells = n_events, 0
    while length:
        starts = range(0, n_events, max(1, length // 2))
        cells += len(starts) * n_spans
        if cells > MOST_CELLS:
            return
        yield from ((a, min(a + length, n_events)) for a in starts)
        length //= 2


def _joined(crowd: Crowd, partners: _Partners, courses: Sequence[Bools]) -> Bools:
    """Cheapest way through what courses and stretches hold around each event."""
    n_events, n_spans = crowd.gain.shape
    sums = np.vstack([np.zeros(n_spans), np.cumsum(crowd.gain, axis=0)])
    bounds = np.array(list(_stretches(n_events, n_spans)), np.int64).reshape(-1, 2)
    held = np.array([partners.chosen(sums[b] - sums[a]) for a, b in bounds.tolist()], np.bool_)
    held = held.reshape(-1, n_spans)
    length = bounds[:, 1] - bounds[:, 0]
    value, old, was_open = np.zeros(1), np.zeros((1, n_spans), np.bool_), np.zeros(n_spans, bool)
    trail: list[tuple[Bools, Longs]] = []
    for k, is_open in enumerate(crowd.is_open):
        around = (bounds[:, 0] - length <= k) & (k < bounds[:, 1] + length)
        near = [c[max(0, k - 1) : k + 2] for c in courses]
        new = np.vstack([*near, held[around], np.zeros((1, n_spans), np.bool_)]) & is_open
        cost = value[:, None] + _changes(crowd, (old, new), (was_open, is_open))
        source = cost.argmin(axis=0)
        value = cost[source, np.arange(len(new))] - new @ crowd.gain[k]
        trail.append((new, source))
        old, was_open = new, is_open
    nothing = np.zeros((1, n_spans), np.bool_)
    last = _changes(crowd, (old, nothing), (was_open, nothing[0]))
    state = int((value + last[:, 0]).argmin())
    on = np.empty(crowd.gain.shape, np.bool_)
    for k in range(n_events - 1, -1, -1):
        on[k] = trail[k][0][state]
        state = int(trail[k][1][state])
    return on


def _changes(crowd: Crowd, states: tuple[Bools, Bools], opens: tuple[Bools, Bools]) -> Floats:
    """Cost of every change between matchings at one event and at the next (S, S')."""
    (old, new), (was_open, is_open) = states, opens
    # Of thousands of spans only those that some matching holds are looked at.
    held = np.flatnonzero(old.any(axis=0) | new.any(axis=0) | (was_open != is_open))
    old, new, was_open, is_open = old[:, held], new[:, held], was_open[held], is_open[held]
    before, after = crowd.before[held], crowd.after[held]
    stay = was_open & is_open
    a, b = old[:, stay].astype(np.float64), new[:, stay].astype(np.float64)
    n = a.sum(axis=1)[:, None] + b.sum(axis=1)[None] - 2.0 * (a @ b.T)
    close = was_open & ~is_open & (after != FREE)
    begin = is_open & ~was_open & (before != FREE)
    n += (old[:, close] != (after[close] == ON)).sum(axis=1)[:, None]
    n += (new[:, begin] != (before[begin] == ON)).sum(axis=1)[None]
    return np.asarray(crowd.half_switch * n)


def _rivals(crowd: Crowd) -> list[tuple[int, ...]]:
    """Pairs of objects that compete for tracks, those with the most to share first."""
    worth = np.zeros((int(crowd.truth.max()) + 1, int(crowd.track.max()) + 1))
    np.add.at(worth, (crowd.truth, crowd.track), crowd.gain.sum(axis=0))
    teams: list[tuple[float, int, int]] = []
    for i, j in combinations(range(len(worth)), 2):
        shared = float(np.minimum(worth[i], worth[j]).sum())
        if shared > 0.0:
            teams.append((-shared, i, j))
    return [(i, j) for _, i, j in sorted(teams)[:MOST_TEAMS]]


def _descended(crowd: Crowd, first: Bools, teams: Sequence[tuple[int, ...]]) -> Bools:
    """Give one team after another its best course while the others stay, until none gains."""
    on = first.copy()
    n_objects, n_tracks = int(crowd.truth.max()) + 1, int(crowd.track.max()) + 1
    own = [np.flatnonzero(crowd.truth == i) for i in range(n_objects)]
    busy = np.zeros((len(on), n_tracks), np.int64)
    for s in range(on.shape[1]):
        busy[:, crowd.track[s]] += on[:, s]
    clock, changed = 0, np.zeros(n_tracks, np.int64)
    seen = dict.fromkeys(teams, -1)
    for _ in range(ROUNDS):
        before = clock
        for team in teams:
            members = _members(crowd, on, [own[i] for i in team])
            tracks = crowd.track[members]
            if seen[team] >= changed[tracks].max():
                continue
            if _settled(crowd, on, members, busy):
                clock += 1
                changed[tracks] = clock
            seen[team] = clock
        if clock == before:
            break
    return on


def _members(crowd: Crowd, on: Bools, own: Sequence[Longs]) -> Longs:
    """Spans of a team; of an object with too many at a time those that are on or earn the most."""
    parts = []
    for spans in own:
        if crowd.is_open[:, spans].sum(axis=1).max() > WIDE:
            rank = np.where(on[:, spans].any(axis=0), np.inf, crowd.gain[:, spans].sum(axis=0))
            n_on = int(np.isinf(rank).sum())
            parts.append(spans[np.argsort(-rank, kind="stable")[: max(WIDE, n_on)]])
        else:
            parts.append(spans)
    return np.concatenate(parts)


def _settled(crowd: Crowd, on: Bools, members: Longs, busy: Longs) -> bool:
    """Give a team its best course; whether it is better than the one it had."""
    spans, tracks = [crowd.spans[s] for s in members.tolist()], crowd.track[members]
    had = on[:, members]
    for s, track in zip(members, tracks, strict=True):
        busy[:, track] -= on[:, s]
    gain = crowd.gain[:, members]
    allowed = np.where(busy[:, tracks] > 0, -np.inf, gain)
    course = best_course(spans, crowd.events, allowed, crowd.half_switch)
    is_better = False
    if course is not None:
        is_open = crowd.is_open[:, members]
        was, now = (cost_of(spans, gain, is_open, c, crowd.half_switch) for c in (had, course))
        is_better = now < was - 1e-9 * abs(was)
    if is_better:
        on[:, members] = course
    for s, track in zip(members, tracks, strict=True):
        busy[:, track] += on[:, s]
    return is_better
