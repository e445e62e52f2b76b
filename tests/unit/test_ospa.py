"""OSPA and OSPA(2) of scenes that can be computed by hand."""

import numpy as np
import pytest
from tests.naive.sampled import one_instant, samples_of

from skypact.errors import ConfigError
from skypact.evaluate.ospa import ospa, ospa2, ospa_summary


def test_ospa_averages_over_the_larger_set():
    found = ospa(one_instant([(0, 0)], [(3, 4), (99, 0)]), c_m=10.0, p=1.0)
    assert found.localisation[0] == pytest.approx(2.5)
    assert found.cardinality[0] == pytest.approx(5.0)
    assert found.total[0] == pytest.approx(7.5)


def test_far_pairs_cost_the_cut_off_and_no_cardinality():
    found = ospa(one_instant([(0, 0)], [(99, 0)]), c_m=10.0)
    assert (found.total[0], found.cardinality[0]) == (pytest.approx(10.0), 0.0)


def test_empty_sets_cost_nothing_and_one_empty_set_the_cut_off():
    samples = samples_of([{}, {0: (0, 0)}], [{}, {}])
    assert ospa(samples, c_m=10.0).total == pytest.approx([0.0, 10.0])
    assert ospa2(samples, c_m=10.0).total == pytest.approx([0.0, 10.0])
    assert len(ospa2(samples_of([], [])).total) == 0


def test_a_track_broken_in_two_costs_ospa2_but_not_ospa():
    truth = [{0: (0, 0)}] * 4
    tracks = [{1: (3, 4)}, {1: (3, 4)}, {2: (3, 4)}, {2: (3, 4)}]
    samples = samples_of(truth, tracks)
    assert ospa(samples, c_m=10.0, p=1.0).total == pytest.approx([5.0] * 4)
    found = ospa2(samples, c_m=10.0, p=1.0, window=4)
    # At the third instant the first half is 5 m off twice and absent once; at the fourth, twice.
    assert found.total == pytest.approx([5.0, 5.0, (20 / 3 + 10.0) / 2, (7.5 + 10.0) / 2])
    assert (found.n_truth[3], found.n_track[3]) == (1, 2)


def test_the_window_forgets():
    samples = samples_of([{0: (0, 0)}] * 6, [{1: (8, 0)}, *([{1: (2, 0)}] * 5)])
    found = ospa2(samples, c_m=10.0, p=1.0, window=3)
    assert found.total == pytest.approx([8.0, 5.0, 4.0, 2.0, 2.0, 2.0])


def test_a_pair_that_parted_still_counts_while_the_window_remembers():
    tracks = [{1: (4, 0)}, *([{1: (50, 0)}] * 4)]
    found = ospa2(samples_of([{0: (0, 0)}] * 5, tracks), c_m=10.0, p=1.0, window=3)
    assert found.total == pytest.approx([4.0, 7.0, 8.0, 10.0, 10.0])


def test_the_summary_names_the_parts():
    samples = samples_of([{0: (0, 0)}, {0: (0, 0)}], [{5: (6, 0)}, {}])
    found = ospa_summary(ospa(samples, c_m=10.0), 2.0)
    assert found["mean"] == pytest.approx(8.0)
    assert found["rms"] == pytest.approx(np.sqrt(68.0))
    assert found["localisation"] ** 2 + found["cardinality"] ** 2 == pytest.approx(68.0)


def test_a_window_without_instants_is_refused():
    with pytest.raises(ConfigError, match=r"^window: expected at least 1 instant, got 0"):
        ospa2(samples_of([], []), window=0)


def test_a_window_longer_than_the_scene_is_the_scene():
    samples = samples_of([{0: (0, 0)}] * 4, [{1: (8, 0)}, *([{1: (2, 0)}] * 3)])
    found = ospa2(samples, c_m=10.0, p=1.0, window=10**30)
    assert found.total == pytest.approx([8.0, 5.0, 4.0, 3.5])
