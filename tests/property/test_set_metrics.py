"""What every metric of sets must be: zero on itself, symmetric, bounded, a metric."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.naive.sampled import random_paths, samples_of, swapped

from skypact.evaluate.gospa import gospa
from skypact.evaluate.ospa import ospa, ospa2
from skypact.evaluate.tgospa import tgospa

INSTANTS, CUT = 5, 1.5
METRICS = {
    "gospa": lambda s: gospa(s, c_m=CUT).total,
    "gospa_alpha_1": lambda s: gospa(s, c_m=CUT, alpha=1.0).total,
    "ospa": lambda s: ospa(s, c_m=CUT).total,
    "ospa2": lambda s: ospa2(s, c_m=CUT, window=3).total,
    "tgospa": lambda s: np.array([tgospa(s, c_m=CUT, gamma_m=0.8).total]),
}
seeds = st.integers(0, 2**32 - 1)
every = pytest.mark.parametrize("name", sorted(METRICS))


def paths(seed, n=3):
    rng = np.random.default_rng(seed)
    return [random_paths(rng, int(rng.integers(0, 4)), INSTANTS) for _ in range(n)]


@every
@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_a_set_is_at_no_distance_from_itself(name, seed):
    one = paths(seed, 1)[0]
    assert METRICS[name](samples_of(one, one)) == pytest.approx(0.0, abs=1e-7)


@every
@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_truth_and_tracks_may_change_places(name, seed):
    samples = samples_of(*paths(seed, 2))
    assert METRICS[name](samples) == pytest.approx(METRICS[name](swapped(samples)), abs=1e-9)


@every
@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_the_way_over_a_third_set_is_never_shorter(name, seed):
    a, b, c = paths(seed)
    ab, bc, ac = (METRICS[name](samples_of(*two)) for two in ((a, b), (b, c), (a, c)))
    assert np.all(ac <= ab + bc + 1e-9)


@settings(max_examples=20, deadline=None)
@given(seed=seeds)
def test_bounds_hold(seed):
    samples = samples_of(*paths(seed, 2))
    n, m = np.diff(samples.truth_first), np.diff(samples.track_first)
    found = gospa(samples, c_m=CUT)
    assert np.all(found.total**2 <= CUT**2 / 2 * (n + m) + 1e-12)
    assert np.all(found.total**2 >= CUT**2 / 2 * np.abs(n - m) - 1e-12)
    assert np.all(ospa(samples, c_m=CUT).total <= CUT + 1e-12)
    assert np.all(ospa2(samples, c_m=CUT, window=3).total <= CUT + 1e-12)


@settings(max_examples=20, deadline=None)
@given(seed=seeds, gamma_m=st.floats(0.01, 5.0))
def test_trajectory_gospa_lies_between_gospa_and_gospa_with_free_switches_paid(seed, gamma_m):
    samples = samples_of(*paths(seed, 2))
    least = float(np.sum(gospa(samples, c_m=CUT).total ** 2))
    found = tgospa(samples, c_m=CUT, gamma_m=gamma_m)
    parts = found.localisation + found.missed + found.false
    assert found.total**2 >= least - 1e-9
    assert float(parts.sum()) >= least - 1e-9
    assert float(found.switch.sum()) == pytest.approx(found.n_switches * gamma_m**2)


@settings(max_examples=20, deadline=None)
@given(seed=seeds)
def test_a_window_of_one_instant_makes_ospa(seed):
    samples = samples_of(*paths(seed, 2))
    one, other = ospa2(samples, c_m=CUT, window=1), ospa(samples, c_m=CUT)
    for column in ("total", "localisation", "cardinality"):
        assert getattr(one, column) == pytest.approx(getattr(other, column), abs=1e-12)
