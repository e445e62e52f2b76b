"""Information reduction factor: the published table, limits, and the interpolation."""

from itertools import pairwise

import numpy as np
import pytest

from skypact.evaluate.reduction import (
    information_reduction,
    reduction_integral,
    sampled_reduction,
)

CLUTTER = (1e-6, 1e-3, 1e-2, 3e-2, 0.1, 0.3)
TABLE = {
    0.98: (0.98, 0.95, 0.83, 0.65, 0.34, 0.13),
    0.90: (0.90, 0.87, 0.72, 0.53, 0.27, 0.11),
    0.80: (0.80, 0.76, 0.60, 0.43, 0.21, 0.08),
    0.50: (0.50, 0.45, 0.30, 0.19, 0.08, 0.03),
}
MONTE_CARLO = 0.01
ROUNDING = 0.005


@pytest.mark.parametrize("p_detection", TABLE)
def test_table_of_the_requirements_is_reproduced(p_detection):
    found = [reduction_integral(p_detection, clutter) for clutter in CLUTTER]
    np.testing.assert_allclose(found, TABLE[p_detection], rtol=0, atol=MONTE_CARLO + ROUNDING)


@pytest.mark.parametrize(
    ("p_detection", "clutter", "n_z"),
    [(0.98, 1e-3, 2), (0.9, 0.03, 2), (0.5, 0.3, 2), (0.9, 0.02, 1), (0.8, 0.02, 3)],
)
def test_quadrature_agrees_with_drawn_scans(p_detection, clutter, n_z):
    # Seed 7, 40,000 scans: 4 standard errors, one failure in 16,000.
    estimate, error = sampled_reduction(p_detection, clutter, n_z=n_z, n=40_000, seed=7)
    assert abs(estimate - reduction_integral(p_detection, clutter, n_z)) < 4.0 * error


def test_interpolation_is_within_two_thousandths():
    p, clutter = np.meshgrid([0.031, 0.31, 0.55, 0.913, 0.987, 1.0], np.logspace(-6.6, 0.7, 9))
    exact = np.vectorize(reduction_integral)(p, clutter)
    np.testing.assert_allclose(information_reduction(p, clutter), exact, rtol=0, atol=0.002)


def test_without_clutter_the_detection_probability_is_left():
    p = np.array([0.0, 0.3, 0.9, 1.0])
    np.testing.assert_array_equal(information_reduction(p, np.zeros(4)), p)


def test_more_clutter_leaves_less():
    found = information_reduction(0.9, np.logspace(-6, 1, 40))
    assert all(b < a for a, b in pairwise(found))


def test_huge_clutter_leaves_next_to_nothing():
    assert 0.0 < information_reduction(0.9, 1e6) < 0.005
