"""GOSPA, OSPA and OSPA(2) against their definitions, every assignment tried."""

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment
from tests.naive import gospa as naive
from tests.naive import trajectories as naive_windows
from tests.naive.sampled import one_instant, random_paths, samples_of

from skypact.evaluate.gospa import gospa
from skypact.evaluate.ospa import ospa, ospa2
from skypact.kernels.trajectories import Meetings, slide

INSTANTS = 6


def scenes(seed, n):
    rng = np.random.default_rng(seed)
    for _ in range(n):
        truth = random_paths(rng, rng.integers(0, 4), INSTANTS)
        tracks = random_paths(rng, rng.integers(0, 5), INSTANTS)
        yield rng, samples_of(truth, tracks), float(rng.choice([0.5, 1.5, 4.0]))


@pytest.mark.parametrize("p", [1.0, 1.5, 2.0])
def test_gospa_is_the_least_over_all_assignments_for_every_alpha(p):
    for rng, samples, c in scenes(11, 15):
        alpha = float(rng.choice([2.0, 1.0, 0.5]))
        found = gospa(samples, c_m=c, p=p, alpha=alpha)
        want = [naive.gospa_one(naive.distances(samples, k), c, p, alpha) for k in range(INSTANTS)]
        assert found.total == pytest.approx(want, abs=1e-12)


@pytest.mark.parametrize("p", [1.0, 2.0])
def test_ospa_is_the_least_over_all_assignments(p):
    for _, samples, c in scenes(12, 15):
        want = [naive.ospa_one(naive.distances(samples, k), c, p) for k in range(INSTANTS)]
        assert ospa(samples, c_m=c, p=p).total == pytest.approx(want, abs=1e-12)


@pytest.mark.parametrize("p", [1.0, 2.0])
@pytest.mark.parametrize("window", [1, 2, 3, 10])
def test_ospa2_is_ospa_of_mean_distances_in_the_window(p, window):
    for _, samples, c in scenes(13, 8):
        want = [naive.ospa2_one(samples, k, c, p, window) for k in range(INSTANTS)]
        found = ospa2(samples, c_m=c, p=p, window=window)
        assert found.total == pytest.approx(want, abs=1e-12)


@pytest.mark.parametrize("window", [1, 3, 8])
def test_sliding_windows_of_one_pair_are_those_added_up(window):
    rng, n = np.random.default_rng(14), 40
    here, there = (np.flatnonzero(rng.random(n) < 0.7) for _ in range(2))
    met = np.intersect1d(here, there)
    met = met[rng.random(len(met)) < 0.5]
    gain = rng.uniform(0.1, 5.0, len(met))
    ends = sorted({t for k in met for t in range(k, min(n, k + window))})
    instant, distance = np.empty(len(ends), np.int64), np.empty(len(ends))
    one, zero = np.array([0]), np.zeros(1, np.int64)
    meetings = Meetings(
        one, one, np.append(zero, len(met)), met, gain,
        np.append(zero, len(here)), here, np.append(zero, len(there)), there,
    )  # fmt: skip
    slide(meetings, n, window, 5.0, instant, distance)
    gains = dict(zip(met.tolist(), gain, strict=True))
    sets = set(here.tolist()), set(there.tolist())
    want = [naive_windows.mean_distance(gains, *sets, k, window, 5.0) for k in ends]
    assert instant.tolist() == ends
    assert distance == pytest.approx(want, abs=1e-12)


@pytest.mark.parametrize("p", [1.0, 1.5, 2.0, 3.0, 4.0])
@pytest.mark.parametrize("c", [100.0, 1e7])
def test_small_errors_below_a_large_cut_off_are_assigned_as_well(p, c):
    """Errors of centimetres: c^p - d^p holds nothing of them from p = 2 or 3 on.

    Where an object is missed its c^p swallows them in the total, and may in the choice.
    """
    rng = np.random.default_rng(15)
    for n_lost in (0, 1):
        places = rng.uniform(0, 0.3, (7, 2))
        tracks = rng.permutation(places) + rng.normal(0, 0.05, places.shape)
        samples = one_instant(list(map(tuple, places)), list(map(tuple, tracks[n_lost:])))
        apart = np.linalg.norm(places[:, None] - tracks[None, n_lost:], axis=2) ** p
        row, column = linear_sum_assignment(apart)
        want, slack = apart[row, column].sum(), 10 * n_lost * np.finfo(float).eps * c**p
        found = gospa(samples, c_m=c, p=p)
        total = want + n_lost * c**p / 2
        assert found.localisation[0] == pytest.approx(want, rel=1e-12, abs=slack)
        assert found.n_missed[0] == n_lost
        assert found.total[0] == pytest.approx(total ** (1 / p), rel=1e-12)
        total = (want + n_lost * c**p) / 7
        assert ospa(samples, c_m=c, p=p).total[0] == pytest.approx(total ** (1 / p), rel=1e-12)
