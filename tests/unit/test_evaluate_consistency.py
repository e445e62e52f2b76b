"""NEES: hand-computed values, bands, intervals."""

import numpy as np
import pytest
from scipy import stats
from tests.naive.judged import Judged, line, tracks_of, truth_of

from skypact.evaluate.consistency import (
    ELLIPSE_95,
    bootstrap,
    chi_square_quantile,
    consistency,
    position_nees,
    summarise_consistency,
    velocity_nees,
)


def scene(**columns):
    tracks = tracks_of(line(1, 0, 3, x0=30.0, y0=20.0), speed=(2.0, 3.0), sigma_m=10.0)
    return Judged(truth_of(line(1, 0, 3)), tracks._replace(**columns))


def test_nees_of_uncorrelated_errors_is_the_sum_of_squares() -> None:
    judged = scene()
    np.testing.assert_allclose(position_nees(judged.updates(), judged.table), 3.0**2 + 2.0**2)
    np.testing.assert_allclose(velocity_nees(judged.updates(), judged.table), 2.0**2 + 3.0**2)


def test_nees_uses_the_inverse_of_the_whole_covariance() -> None:
    judged = scene(corr_ne=np.full(4, 0.6), sigma_n_m=np.full(4, 5.0))
    covariance = np.array([[25.0, 0.6 * 50], [0.6 * 50, 100.0]])
    error = np.array([20.0, 30.0])
    expected = error @ np.linalg.inv(covariance) @ error
    np.testing.assert_allclose(position_nees(judged.updates(), judged.table), expected)


def test_rows_without_a_usable_covariance_are_left_out() -> None:
    judged = scene(sigma_n_m=np.array([np.nan, 0.0, -1.0, 10.0]), corr_ne=np.full(4, np.nan))
    nees = position_nees(judged.updates(), judged.table)
    assert np.isnan(nees[:3]).all()
    assert nees[3] == pytest.approx(13.0)
    assert scene(corr_ne=np.ones(4)).table.corr_ne[0] == 1.0
    whole = scene(corr_ne=np.ones(4))
    assert np.isnan(position_nees(whole.updates(), whole.table)).all()


def test_consistency_is_nees_by_its_dimension() -> None:
    found = consistency(np.array([1.0, 3.0, np.nan, 8.0]), np.array([0, 0, 0, 1]))
    assert found["mean"] == pytest.approx(2.0)
    assert found["n"] == 3
    assert found["inside_95"] == pytest.approx(2 / 3)
    assert found["low"] == pytest.approx(1.0)
    assert found["high"] == pytest.approx(4.0)


def test_one_target_has_no_interval_and_none_has_nothing() -> None:
    assert consistency(np.array([1.0, 2.0]), np.array([4, 4]))["low"] is None
    empty = consistency(np.empty(0), np.empty(0, np.int64))
    assert empty.pop("n") == 0
    assert set(empty.values()) == {None}


@pytest.mark.parametrize(("dof", "allowed"), [(2, 0.15), (20, 0.01), (200, 1e-3), (200_000, 1e-6)])
def test_chi_square_quantiles_agree_with_scipy(dof: int, allowed: float) -> None:
    for probability in (0.005, 0.995):
        expected = stats.chi2.ppf(probability, dof)
        found = chi_square_quantile(dof, float(stats.norm.ppf(probability)))
        assert found == pytest.approx(expected, rel=allowed, abs=0.05 if dof == 2 else 0.0)
    assert pytest.approx(stats.chi2.ppf(0.95, 2)) == ELLIPSE_95


def test_honest_errors_are_inside_the_bands() -> None:
    random = np.random.default_rng(5)
    found = consistency(random.chisquare(2, 20_000), np.repeat(np.arange(100), 200))
    assert found["band_low"] < found["mean"] < found["band_high"]
    assert found["low"] < 1.0 < found["high"]
    assert 0.945 < found["inside_95"] < 0.955


def test_the_interval_is_as_wide_as_the_spread_between_targets() -> None:
    values = np.repeat(np.arange(100) % 2, 50).astype(float)
    low, high = bootstrap(values, np.repeat(np.arange(100), 50), draws=2000, seed=3)
    assert low == pytest.approx(0.5 - 2.576 * 0.05, abs=0.02)
    assert high == pytest.approx(0.5 + 2.576 * 0.05, abs=0.02)


def test_position_and_velocity_are_told_by_phase() -> None:
    judged = scene()
    table = summarise_consistency(judged.updates(), judged.table)
    assert table["position"]["straight"]["mean"] == pytest.approx(6.5)
    assert table["velocity"]["all"]["mean"] == pytest.approx(6.5)
    assert table["position"]["turn"]["n"] == 0


def test_the_interval_of_many_targets_is_that_of_the_draws(monkeypatch) -> None:
    random = np.random.default_rng(6)
    target = np.repeat(np.arange(2000), random.integers(1, 9, 2000))
    values = random.gamma(1.0, 1.0, len(target)) * random.uniform(0.5, 2.0, 2000)[target]
    drawn = bootstrap(values, target, draws=4000, seed=2)
    monkeypatch.setattr("skypact.evaluate.consistency.MOST_DRAWN", 1999)
    # 0.5 % quantiles of 4000 draws scatter by 4 % of the half width: three times that
    np.testing.assert_allclose(
        bootstrap(values, target, draws=4000, seed=2), drawn, atol=0.12 * (drawn[1] - drawn[0]) / 2
    )
