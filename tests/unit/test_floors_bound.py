"""Posterior bounds: the published values, order of the variants, sensors that join."""

import numpy as np
import pytest

from skypact.evaluate.bound import posterior_bound
from skypact.evaluate.flatmodel import FlatModel, with_births
from skypact.evaluate.looks import Looks

WILLIAMS = with_births(
    FlatModel(accel=0.02), np.array([[100.0, 0, 100, 0]]), np.array([[150.0, 1, 150, 1]])
)
PUBLISHED = {
    0.98: (0.916, 0.919, 0.921),
    0.90: (0.948, 0.972, 0.978),
    0.80: (0.994, 1.049, 1.064),
    0.50: (1.201, 1.512, 1.542),
}
SETTLED = slice(40, None)


def looks(time_s, p_detection, *, clutter=0.0, sigma_m=1.0, objects=1):
    """Make looks at objects in straight flight; the first of each is a detection."""
    k = len(time_s)
    n = k * objects
    chance = np.full(n, p_detection)
    chance[::k] = 1.0
    return Looks(
        object=np.repeat(np.arange(objects), k),
        time_s=np.tile(np.asarray(time_s, np.float64), objects),
        sensor=np.zeros(n, np.int64),
        report=np.arange(n),
        p_detection=chance,
        clutter=np.full(n, clutter),
        slope=np.broadcast_to(np.eye(2), (n, 2, 2)),
        variance=np.full((n, 2), sigma_m**2),
        place_m=np.zeros((n, 3)),
        velocity_mps=np.ones((n, 2)),
    )


def settled_rms(seen, kind, runs=1):
    found = posterior_bound(seen, WILLIAMS, kind=kind, runs=runs, seed=5)
    position = found.position_m.reshape(-1, len(np.unique(seen.time_s)))[:, SETTLED]
    return np.sqrt(np.mean(position**2))


@pytest.mark.parametrize("p_detection", PUBLISHED)
def test_settled_bounds_of_williams15_are_those_published(p_detection):
    seen = looks(np.arange(120.0), p_detection)
    reduction, enumeration, riccati = PUBLISHED[p_detection]
    assert settled_rms(seen, "reduction") == pytest.approx(reduction, abs=0.0006)
    assert settled_rms(seen, "riccati") == pytest.approx(riccati, abs=0.0006)
    # Seed 5, 1,000 sequences of 80 steps: 0.5 % standard error at 0.5; the published value itself
    # is a draw (the exact mean is 1.486 there, 0.919, 0.969 and 1.046 at the others).
    drawn = settled_rms(seen, "enumeration", runs=1_000)
    assert drawn == pytest.approx(enumeration, rel=0.03)


def test_variants_stand_in_order():
    seen = looks(np.arange(100.0), 0.7, clutter=0.01)
    bounds = [settled_rms(seen, kind, 500) for kind in ("reduction", "enumeration", "riccati")]
    assert bounds[0] < bounds[1] < bounds[2]


@pytest.mark.parametrize("kind", ["reduction", "enumeration"])
def test_a_look_that_brought_a_report_has_a_lower_bound_than_the_mean_look(kind):
    seen = looks(np.arange(60.0), 0.5)
    all_looks = posterior_bound(seen, WILLIAMS, kind=kind, runs=500)
    hits = posterior_bound(seen, WILLIAMS, kind=kind, runs=500, given_hit=True)
    assert (hits.position_m[SETTLED] < 0.95 * all_looks.position_m[SETTLED]).all()
    sure = looks(np.arange(60.0), 1.0)
    np.testing.assert_allclose(
        posterior_bound(sure, WILLIAMS, kind=kind, given_hit=True).position_m,
        posterior_bound(sure, WILLIAMS, kind=kind).position_m,
    )


def test_the_riccati_equation_is_above_the_mean_covariance():
    seen = looks(np.arange(100.0), 0.5)
    assert settled_rms(seen, "riccati") > settled_rms(seen, "enumeration", 1_000)


def test_clutter_raises_the_bound():
    without = settled_rms(looks(np.arange(100.0), 0.9), "reduction")
    assert settled_rms(looks(np.arange(100.0), 0.9, clutter=0.1), "reduction") > 1.3 * without


def test_objects_do_not_touch_each_other():
    one = posterior_bound(looks(np.arange(20.0), 0.9), WILLIAMS)
    three = posterior_bound(looks(np.arange(20.0), 0.9, objects=3), WILLIAMS)
    np.testing.assert_allclose(three.position_m, np.tile(one.position_m, 3))


def test_two_looks_at_one_time_are_one_of_half_the_variance():
    twice = posterior_bound(looks(np.repeat(np.arange(30.0), 2), 1.0), WILLIAMS)
    once = posterior_bound(looks(np.arange(30.0), 1.0, sigma_m=np.sqrt(0.5)), WILLIAMS)
    np.testing.assert_allclose(twice.position_m[1::2], once.position_m, rtol=1e-6)


def test_a_pause_widens_the_bound():
    time_s = np.append(np.arange(40.0), 59.0)
    found = posterior_bound(looks(time_s, 0.9)._replace(variance=np.full((41, 2), 100.0)), WILLIAMS)
    assert found.position_m[40] > 1.5 * found.position_m[39]
