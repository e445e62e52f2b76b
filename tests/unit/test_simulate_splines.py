"""Smoothing splines solve the penalised problem they state, for many series at once."""

import numpy as np
import pytest

from skypact.simulate.splines import Samples, evaluate, fit

KNOT_S, DENSITY = 2.0, 0.05


def series(seed: int = 1) -> Samples:
    """Five series of unequal length at irregular times; some samples have no weight."""
    rng = np.random.default_rng(seed)
    counts = (12, 40, 25, 80, 18)
    times = [np.sort(rng.uniform(0.0, 1.5 * n, n)) for n in counts]
    time_s = np.concatenate([t - t[0] for t in times])
    number = np.repeat(np.arange(5), counts)
    value = np.stack((np.sin(time_s / 7.0) + number, rng.standard_normal(len(time_s))), axis=1)
    return Samples(number, time_s, value, rng.choice([0.0, 0.5, 2.0], len(time_s)))


def b_spline(u: np.ndarray) -> np.ndarray:
    """Cubic B-spline with support [0, 4), by its truncated powers."""
    signs = zip((1, -4, 6, -4, 1), range(5), strict=True)
    return sum(c * np.maximum(u - k, 0.0) ** 3 for c, k in signs) / 6.0


def test_the_fit_is_the_dense_solution_of_the_penalised_problem() -> None:
    samples = series()
    splines = fit(samples, KNOT_S, DENSITY)
    for k in range(5):
        rows = samples.series == k
        n = int(splines.first[k + 1] - splines.first[k])
        basis = b_spline(samples.time_s[rows, None] / KNOT_S - np.arange(n) + 3)
        third = np.diff(np.eye(n), 3, axis=0)
        weighted = samples.weight[rows, None] * basis
        left = basis.T @ weighted + third.T @ third / (DENSITY * KNOT_S**5)
        dense = np.linalg.solve(left, weighted.T @ samples.value[rows])
        ours = splines.coefficient[splines.first[k] : splines.first[k + 1]]
        assert np.abs(ours - dense).max() < 1e-6 * np.abs(dense).max()


def test_parabolas_come_back_exactly_with_their_rates() -> None:
    samples = series()
    t = samples.time_s
    value = np.stack((3.0 - 2.0 * t + 0.5 * t**2, t), axis=1)
    splines = fit(samples._replace(value=value), KNOT_S, DENSITY)
    found, rate = evaluate(splines, samples.series, t)
    assert np.abs(found - value).max() < 1e-5
    assert rate[:, 0] == pytest.approx(t - 2.0, abs=1e-5)
    assert rate[:, 1] == pytest.approx(np.ones(len(t)), abs=1e-6)


def test_series_do_not_disturb_each_other() -> None:
    samples = series()
    whole = fit(samples, KNOT_S, DENSITY)
    rows = samples.series == 3
    alone = Samples(np.zeros(rows.sum(), np.int64), *(column[rows] for column in samples[1:]))
    one = fit(alone, KNOT_S, DENSITY).coefficient
    assert np.abs(whole.coefficient[whole.first[3] : whole.first[4]] - one).max() < 1e-9


def test_rates_are_derivatives_of_the_values() -> None:
    splines = fit(series(), KNOT_S, DENSITY)
    time_s = np.linspace(0.5, 10.0, 50)
    zero = np.zeros(50, np.int64)
    ahead, behind = (evaluate(splines, zero, time_s + d)[0] for d in (1e-4, -1e-4))
    _, rate = evaluate(splines, zero, time_s)
    assert np.abs((ahead - behind) / 2e-4 - rate).max() < 1e-5
