"""Connected components, against a walk through the links."""

import numpy as np
import pytest

from skypact.watch.linked import groups_of
from skypact.watch.remembered import Remembered, places_in


def walked(n, first, second):
    links = {k: {k} for k in range(n)}
    for a, b in zip(first, second, strict=True):
        links[a].add(b)
        links[b].add(a)
    label = [-1] * n
    for begin in range(n):
        todo = [begin] if label[begin] < 0 else []
        while todo:
            k = todo.pop()
            if label[k] < 0:
                label[k] = begin
                todo += links[k]
    return label


@pytest.mark.parametrize("seed", range(30))
def test_groups_are_those_of_a_walk(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 60))
    first, second = rng.integers(0, n, (2, int(rng.integers(0, 2 * n))))
    assert groups_of(n, first, second).tolist() == walked(n, first, second)


def test_a_long_chain_in_any_order_is_one_group():
    order = np.random.default_rng(1).permutation(3_000)
    assert not groups_of(3_000, order[:-1], order[1:]).any()


def test_figures_follow_their_tracks():
    mem = Remembered(a=-1.0)
    assert mem.follow(np.array([2, 5, 9])).tolist() == [0, 1, 2]
    mem["a"][:] = [2.0, 5.0, 9.0]
    assert mem.follow(np.array([1, 5, 9, 11])).tolist() == [0, 3]
    assert mem["a"].tolist() == [-1.0, 5.0, 9.0, -1.0]
    mem.follow(np.array([], np.int64))
    assert mem["a"].size == 0
    assert places_in(np.array([3, 7]), np.array([7, 1, 9, 3])).tolist() == [1, -1, -1, 0]
