"""The assignment kernel and the search for near pairs against plain twins."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from tests.naive import assignment as naive
from tests.naive import nearby as naive_nearby
from tests.naive.sampled import samples_of

from skypact.evaluate import pairs as pairs_module
from skypact.evaluate.pairs import blocks, scene_of
from skypact.kernels.assignment import assign


def solved(cost_by_pair, n_rows, n_columns, instants=1):
    """Choose for one cost table, repeated as several instants that share columns."""
    keys = sorted(cost_by_pair)
    cost = np.array([cost_by_pair[key] for key in keys] * instants, float)
    column = np.array([j for _, j in keys] * instants, np.int64)
    counts = np.bincount([i for i, _ in keys], minlength=n_rows) if keys else np.zeros(n_rows)
    first = np.concatenate([[0], np.cumsum(np.tile(counts, instants))]).astype(np.int64)
    chosen = np.full(n_rows * instants, -7, np.int64)
    assign(np.arange(instants + 1) * n_rows, first, column, cost, 0.0, n_columns, chosen)
    for k in range(instants):
        used = [column[e] for e in chosen[k * n_rows : (k + 1) * n_rows] if e >= 0]
        assert len(used) == len(set(used))
    for row, e in enumerate(chosen):
        assert e == -1 or first[row] <= e < first[row + 1]
    return [cost[row[row >= 0]].sum() for row in chosen.reshape(instants, -1)]


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(
    st.tuples(st.integers(0, 4), st.integers(0, 4)),
    st.one_of(st.integers(1, 4), st.floats(1e-6, 5.0)), max_size=16,
))  # fmt: skip
def test_the_chosen_pairs_cost_the_least_of_all_choices(gains):
    cost = {key: -float(gain) for key, gain in gains.items()}
    for total in solved(cost, 5, 5, instants=2):
        assert total == pytest.approx(naive.least_cost(cost), abs=1e-12)


@pytest.mark.parametrize("shape", [(30, 30), (12, 40), (40, 12)])
@pytest.mark.parametrize("share", [0.08, 0.3, 1.0])
def test_larger_tables_agree_with_a_dense_solver(shape, share):
    rng = np.random.default_rng(7)
    dense = np.where(rng.random(shape) < share, -rng.uniform(0.1, 1.0, shape), 0.0)
    rows, columns = linear_sum_assignment(dense)
    cost = {(i, j): dense[i, j] for i, j in zip(*np.nonzero(dense), strict=True)}
    total = solved(cost, *shape)[0]
    assert total == pytest.approx(dense[rows, columns].sum(), abs=1e-12)


def test_of_two_equal_choices_the_first_listed_is_taken():
    first, column = np.array([0, 2, 3]), np.array([1, 0, 1])
    chosen = np.empty(2, np.int64)
    assign(np.array([0, 1]), first[:2], column[:2], np.array([-1.0, -1.0]), 0.0, 2, chosen[:1])
    assert chosen[0] == 0
    assign(np.array([0, 2]), first, column, np.array([-1.0, -1.0, -1.0]), 0.0, 2, chosen)
    assert chosen.tolist() == [1, 2]


def sky(rng, centre, n_truth, n_tracks, instants=2):
    """Objects 5 to 40 km around a place on a round Earth, from the ground to 300 km up."""
    up = np.asarray(centre, float) / np.linalg.norm(centre)
    east = np.cross([0.3, -0.2, 0.9], up)
    east /= np.linalg.norm(east)
    north = np.cross(up, east)

    def places(n):
        level = rng.uniform(-20e3, 20e3, (n, 2))
        height = rng.choice([0.0, 3e3, 12e3, 300e3], n)
        out = 6.37e6 * up + level[:, :1] * east + level[:, 1:] * north
        return dict(enumerate(out + height[:, None] * up))

    truth = [places(n_truth) for _ in range(instants)]
    samples = samples_of(truth, [places(n_tracks) for _ in range(instants)])
    place = samples.truth_place_m
    return samples._replace(up=place / np.linalg.norm(place, axis=1)[:, None])


def listed(samples, c_m, dimensions):
    found = {}
    scene = scene_of(samples, c_m, dimensions)
    for start, _, block in blocks(scene, c_m):
        entry = np.repeat(np.arange(len(block.first) - 1), np.diff(block.first))
        entry += samples.truth_first[start]
        found |= dict(zip(zip(entry.tolist(), block.track.tolist(), strict=True),
                          block.distance_m.tolist(), strict=True))  # fmt: skip
    return found


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("centre", [(1, 0, 0), (0, 0, 1), (0, 0, -1), (1, -2, 2), (-3, 1, 1)])
def test_sorted_strips_find_every_near_pair_anywhere_on_earth(centre, dimensions, monkeypatch):
    monkeypatch.setattr(pairs_module, "CROWD", 10)
    samples = sky(np.random.default_rng(3), centre, 25, 20)
    want = naive_nearby.near(samples, 4e3, dimensions)
    got = listed(samples, 4e3, dimensions)
    assert len(want) > 5
    assert got.keys() == want.keys()
    assert list(got.values()) == pytest.approx([want[key] for key in got], abs=1e-6)


def test_sorted_strips_in_the_flat_are_as_narrow_as_the_cut_off(monkeypatch):
    monkeypatch.setattr(pairs_module, "CROWD", 10)
    rng = np.random.default_rng(4)
    truth, tracks = ([dict(enumerate(rng.uniform(0, 1e4, (20, 2))))] for _ in range(2))
    samples = samples_of(truth, tracks)
    scene = scene_of(samples, 1e3, 2)
    assert np.all(scene.high - scene.low < 2.1e3)
    assert listed(samples, 1e3, 2).keys() == naive_nearby.near(samples, 1e3, 2).keys()


def test_blocks_of_instants_change_nothing(monkeypatch):
    samples = sky(np.random.default_rng(5), (1, 0, 0), 10, 10, instants=6)
    whole = listed(samples, 2e4, 2)
    monkeypatch.setattr(pairs_module, "BLOCK", 30)
    assert len(list(blocks(scene_of(samples, 2e4, 2), 2e4))) > 3
    assert listed(samples, 2e4, 2) == whole
