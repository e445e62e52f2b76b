"""GOSPA, OSPA and OSPA(2) against their definitions, every assignment tried."""

import numpy as np
import pytest
from tests.naive import gospa as naive
from tests.naive import trajectories as naive_windows
from tests.naive.sampled import random_paths, samples_of

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
