"""The joint estimate: Bayes' rule, unknowns left out, steps found, sleepers woken, state kept."""

import numpy as np
import pytest

from skypact.register.estimate import (
    Belief,
    Estimate,
    Evidence,
    Unknowns,
    learn,
    without_unknowns,
)

K = 4
ALARM = (5.5, 4)


def unknowns(sleeper=(-1, -1, -1, 0)):
    return Unknowns(np.ones(K), np.full(K, 1e-3), np.array(sleeper), np.zeros(K, np.int64))


def window(truth, rng, n=200):
    """Evidence of n scalars with unit noise on random sums of the unknowns."""
    H = rng.normal(size=(n, K)) * 0.5
    y = H @ truth + rng.normal(size=n)
    return Evidence(H.T @ H, H.T @ y)


def test_learning_is_the_posterior_of_dense_least_squares():
    rng = np.random.default_rng(1)
    L = rng.normal(size=(K, K))
    before, evidence = Belief(rng.normal(size=K), L @ L.T), window(np.ones(K), rng)
    after = learn(before, evidence, np.arange(K))
    inverse = np.linalg.inv(before.P)
    P = np.linalg.inv(inverse + evidence.A)
    assert pytest.approx(P, rel=1e-9) == after.P
    assert after.x == pytest.approx(P @ (inverse @ before.x + evidence.c), rel=1e-9)


def test_an_unknown_left_out_is_as_if_it_could_be_anything():
    rng = np.random.default_rng(2)
    evidence, prior = window(np.ones(K), rng), np.eye(K)
    kept = learn(
        Belief(np.zeros(K), prior), without_unknowns(evidence, np.array([1])), np.arange(K)
    )
    free = prior.copy()
    free[1, 1] = 1e9
    expected = learn(Belief(np.zeros(K), free), evidence, np.arange(K))
    others = [0, 2, 3]
    assert kept.x[others] == pytest.approx(expected.x[others], rel=1e-5)
    assert kept.P[np.ix_(others, others)] == pytest.approx(
        expected.P[np.ix_(others, others)], rel=1e-5
    )


def test_estimates_are_as_good_as_they_say():
    inside = []
    for seed in range(200):
        rng = np.random.default_rng([3, seed])
        truth = np.append(rng.normal(size=3), 0.0)
        estimate = Estimate(unknowns(), ALARM)
        for _ in range(8):
            estimate.add(window(truth, rng, 20))
        sigma = np.sqrt(np.diagonal(estimate.now.P)[:3])
        inside += (np.abs(estimate.now.x[:3] - truth[:3]) < 1.96 * sigma).tolist()
    assert 0.92 < np.mean(inside) < 0.98


def test_a_step_is_found_and_followed():
    rng = np.random.default_rng(4)
    estimate, truth = Estimate(unknowns(), ALARM), np.array([0.5, -1.0, 0.2, 0.0])
    for _ in range(10):
        assert estimate.add(window(truth, rng)) == []
    truth[1] += 2.0
    (step,) = estimate.add(window(truth, rng))
    assert step.unknown == 1
    assert step.size == pytest.approx(2.0, abs=0.5)
    for _ in range(3):
        assert estimate.add(window(truth, rng)) == []
    assert estimate.now.x[:3] == pytest.approx(truth[:3], abs=0.3)


def test_steady_data_raise_no_alarm():
    steps = []
    for seed in range(20):
        rng = np.random.default_rng([5, seed])
        estimate, truth = Estimate(unknowns(), ALARM), np.append(rng.normal(size=3), 0.0)
        for _ in range(15):
            steps += estimate.add(window(truth, rng))
    assert steps == []


def test_a_sleeper_is_zero_until_the_data_contradict_it():
    rng = np.random.default_rng(6)
    still, awake = Estimate(unknowns(), ALARM), Estimate(unknowns(), ALARM)
    for _ in range(6):
        still.add(window(np.array([0.5, 0.1, 0.2, 0.0]), rng))
        awake.add(window(np.array([0.5, 0.1, 0.2, 3.0]), rng))
    assert not still.is_awake(3)
    assert still.now.x[3] == 0.0
    assert awake.is_awake(3)
    assert awake.now.x[3] == pytest.approx(3.0, abs=0.3)


def test_state_taken_up_goes_on_the_same():
    rng = np.random.default_rng(7)
    truth = np.array([0.5, -1.0, 0.2, 0.0])
    one, other = Estimate(unknowns(), ALARM), Estimate(unknowns(), ALARM)
    for _ in range(7):
        one.add(window(truth, rng))
    other.load(one.arrays(), np.arange(K), np.ones(K))
    more = window(truth, rng)
    one.add(more)
    other.add(more)
    assert np.array_equal(one.now.x, other.now.x)
    assert np.array_equal(one.now.P, other.now.P)


def test_new_unknowns_join_with_what_is_believed_beforehand():
    rng = np.random.default_rng(8)
    small = Estimate(unknowns(), ALARM)
    for _ in range(6):
        small.add(window(np.array([0.5, -1.0, 0.2, 0.0]), rng))
    wide = Unknowns(*(np.concatenate([column, column]) for column in unknowns()))
    grown = Estimate(wide, ALARM)
    grown.load(small.arrays(), np.arange(K), np.ones(K))
    assert np.array_equal(grown.now.x[:K], small.now.x)
    assert np.array_equal(grown.now.x[K:], np.zeros(K))
    assert np.diagonal(grown.now.P)[K : K + 3] == pytest.approx(1.0)


def test_what_was_no_unknown_before_begins_as_believed_beforehand():
    first = np.array([1.0, 0.0, 1.0, 1.0])
    blind = Estimate(unknowns()._replace(prior=first), ALARM)
    blind.add(window(np.array([0.5, 0.0, 0.2, 0.0]), np.random.default_rng(9)))
    seeing = Estimate(unknowns(), ALARM)
    seeing.load(blind.arrays(), np.arange(K), np.ones(K))
    assert seeing.now.P[1, 1] == 1.0
    assert seeing.now.P[0, 0] == blind.now.P[0, 0]


def test_other_units_keep_what_is_believed():
    rng, truth = np.random.default_rng(10), np.array([0.5, -1.0, 0.2, 0.0])
    one, other = Estimate(unknowns(), ALARM), Estimate(unknowns(), ALARM)
    for _ in range(3):
        one.add(window(truth, rng))
    other.load(one.arrays(), np.arange(K), np.full(K, 2.0))
    assert np.allclose(other.now.x, 2.0 * one.now.x)
    for kept, given in zip(other._recent, one._recent, strict=True):
        assert np.allclose(kept.A, given.A / 4.0)
        assert np.allclose(kept.c, given.c / 2.0)
