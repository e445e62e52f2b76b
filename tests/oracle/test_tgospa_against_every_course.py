"""Trajectory GOSPA against every course of assignments, and against its linear relaxation."""

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import coo_array
from tests.naive import gospa as naive
from tests.naive import trajectories as naive_matchings
from tests.naive.sampled import random_paths, samples_of

from skypact.evaluate import course as course_module
from skypact.evaluate.spans import Span
from skypact.evaluate.tgospa import tgospa
from skypact.kernels.trajectories import follow


def scene(rng, largest, n_instants):
    truth = random_paths(rng, rng.integers(1, largest + 1), n_instants)
    return samples_of(truth, random_paths(rng, rng.integers(1, largest + 1), n_instants))


def parameters(rng):
    c, p = rng.choice([0.5, 1.5, 4.0]), rng.choice([1.0, 2.0])
    return float(c), float(p), float(rng.choice([0.05, 0.3, 1.0, 3.0]))


@pytest.mark.parametrize("seed", range(4))
def test_the_total_is_the_least_over_all_courses(seed):
    rng, switches = np.random.default_rng(seed), 0.0
    for _ in range(12):
        samples = scene(rng, 3, int(rng.integers(1, 11)))
        c, p, gamma = parameters(rng)
        found = tgospa(samples, c_m=c, p=p, gamma_m=gamma)
        assert found.exact
        assert found.total == pytest.approx(naive.tgospa_total(samples, c, p, gamma), rel=1e-9)
        switches += found.n_switches
    assert switches > 0.0


def relaxed(samples, c, p, gamma):
    """Least cost of the relaxation: equation 23 of the paper, by a general solver."""
    truth, tracks, cost = naive.tgospa_costs(samples, c, p)
    n, m, n_instants = len(truth), len(tracks), len(samples.time_s)
    cells = [(k, i, j) for k in range(n_instants) for i in [*truth, -1] for j in [*tracks, -1]
             if (i, j) != (-1, -1)]  # fmt: skip
    at = {cell: v for v, cell in enumerate(cells)}
    moves = [(k, i, j) for k in range(1, n_instants) for i in truth for j in tracks]
    objective = [cost[cell] for cell in cells] + [gamma**p / 2] * len(moves)
    equal = [[at[k, i, j] for j in [*tracks, -1]] for k in range(n_instants) for i in truth]
    equal += [[at[k, i, j] for i in [*truth, -1]] for k in range(n_instants) for j in tracks]
    rows, columns, values = [], [], []
    for v, (k, i, j) in enumerate(moves):
        for sign in (1.0, -1.0):
            row = 2 * v + (sign < 0)
            rows += [row] * 3
            columns += [at[k, i, j], at[k - 1, i, j], len(cells) + v]
            values += [sign, -sign, -1.0]
    n_values = len(objective)
    upper = coo_array((values, (rows, columns)), shape=(2 * len(moves), n_values))
    ones = [(r, v) for r, members in enumerate(equal) for v in members]
    level = coo_array((np.ones(len(ones)), np.transpose(ones)), shape=(len(equal), n_values))
    result = linprog(
        objective, A_ub=upper if moves else None, b_ub=np.zeros(2 * len(moves)) if moves else None,
        A_eq=level, b_eq=np.ones(n * n_instants + m * n_instants), bounds=(0, None),
    )  # fmt: skip
    assert result.status == 0
    return float(result.fun)


def test_the_linear_relaxation_is_never_above_and_seldom_below():
    rng, equal = np.random.default_rng(30), 0
    for _ in range(30):
        samples = scene(rng, 4, 6)
        c, p, gamma = parameters(rng)
        least, found = relaxed(samples, c, p, gamma), tgospa(samples, c_m=c, p=p, gamma_m=gamma)
        assert least <= found.total**p + 1e-7
        equal += abs(least - found.total**p) < 1e-7 * max(1.0, least)
    assert equal >= 27


def test_too_many_matchings_give_a_course_that_is_said_not_to_be_the_best(monkeypatch):
    rng = np.random.default_rng(40)
    samples = scene(rng, 4, 8)
    while len(set(samples.truth.tolist())) < 3 or len(set(samples.track.tolist())) < 3:
        samples = scene(rng, 4, 8)
    best = tgospa(samples, c_m=4.0, gamma_m=1.0)
    monkeypatch.setattr(course_module, "MOST", 6)
    found = tgospa(samples, c_m=4.0, gamma_m=1.0)
    assert best.exact
    assert not found.exact
    assert best.lower_bound == pytest.approx(best.total)
    assert best.total - 1e-12 <= found.total < 1.2 * best.total
    assert found.lower_bound <= best.total + 1e-12


def test_sweeps_over_matchings_do_what_comparing_every_two_does():
    rng, spans = np.random.default_rng(50), []
    pairs = [(i, j) for i in range(2) for j in range(3)]
    for i, j in pairs:
        spans.append(Span(i, j, 0, 9, 0, 0, ()))
    states = course_module._states(tuple(range(6)), spans)
    assert len(states.mask) == 13
    value, gain = rng.uniform(0, 5, 13), rng.uniform(0, 2, (7, 6))
    want = naive_matchings.follow(value, [int(mask) for mask in states.mask], gain, 0.8)
    got, origin = value.copy(), np.empty((7, 13), np.int32)
    follow(got, states.parent, states.base, states.last, gain, 0.8, origin)
    assert got == pytest.approx(want, abs=1e-12)


def test_a_swarm_too_large_to_be_exact_is_followed_without_needless_switches():
    rng, n_instants = np.random.default_rng(60), 8
    walks = np.cumsum(rng.normal(0, 0.5, (n_instants, 8, 2)), axis=0) + rng.uniform(0, 20, (8, 2))
    truth = [dict(enumerate(map(tuple, here))) for here in walks]
    tracks = [dict(enumerate(map(tuple, here + rng.normal(0, 0.3, here.shape)))) for here in walks]
    found = tgospa(samples_of(truth, tracks), c_m=100.0, gamma_m=10.0)
    own = sum(np.sum((np.array(a[i]) - b[i]) ** 2)
              for a, b in zip(truth, tracks, strict=True) for i in a)  # fmt: skip
    assert not found.exact
    assert found.total**2 <= own + 1e-9


@pytest.mark.parametrize(
    ("seed", "c", "gamma"), [(0, 30.0, 30.0), (1, 15.0, 30.0), (2, 10.0, 10.0)]
)
def test_a_crowd_whose_tracks_are_exchanged_is_followed_as_well_as_by_who_knows(seed, c, gamma):
    """Twelve walkers close together, ten exchanges of tracks; the relaxation bounds from below."""
    rng, n, n_instants = np.random.default_rng(seed), 12, 20
    walks = np.cumsum(rng.normal(0, 1.2, (n_instants, n, 2)), axis=0) + rng.uniform(0, 9, (n, 2))
    seen = walks + rng.normal(0, 0.9, walks.shape)
    own = np.tile(np.arange(n), (n_instants, 1))
    for k in np.sort(rng.integers(1, n_instants, 10)):
        a, b = rng.choice(n, 2, replace=False)
        own[k:, [a, b]] = own[k:, [b, a]]
    truth = [dict(enumerate(map(tuple, here))) for here in walks]
    tracks = [{int(j): tuple(seen[k, i]) for i, j in enumerate(own[k])} for k in range(n_instants)]
    samples = samples_of(truth, tracks)
    found = tgospa(samples, c_m=c, gamma_m=gamma)
    known = np.minimum(np.sum((seen - walks) ** 2, axis=2), c**2).sum()
    known += gamma**2 * np.sum(own[1:] != own[:-1])
    least = relaxed(samples, c, 2.0, gamma)
    assert not found.exact
    assert found.lower_bound**2 <= least * (1 + 1e-9)
    assert least * (1 - 1e-9) <= found.total**2 <= min(known, 1.02 * least)
