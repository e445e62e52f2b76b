"""Trajectory GOSPA of scenes that can be computed by hand: c = 10, p = 1, gamma = 3."""

import numpy as np
import pytest
from tests.naive import gospa as naive
from tests.naive.sampled import samples_of

from skypact.errors import ConfigError
from skypact.evaluate.tgospa import tgospa, tgospa_summary

HERE, NEAR, FAR = (0.0, 0.0), (1.0, 0.0), (50.0, 0.0)


def judged(truth, tracks, **changes):
    return tgospa(samples_of(truth, tracks), **({"c_m": 10.0, "p": 1.0, "gamma_m": 3.0} | changes))


def test_a_track_that_stays_costs_its_distance_only():
    found = judged([{0: HERE}] * 5, [{7: NEAR}] * 5)
    assert found.total == pytest.approx(5.0)
    assert found.switch.tolist() == [0.0] * 5
    assert found.match.tolist() == [0, 1, 2, 3, 4]
    assert found.exact


def test_a_broken_track_costs_one_switch_where_it_breaks():
    found = judged([{0: HERE}] * 4, [{1: NEAR}, {1: NEAR}, {2: NEAR}, {2: NEAR}])
    assert found.switch.tolist() == [0.0, 0.0, 3.0, 0.0]
    assert found.n_switches == 1.0
    assert found.total == pytest.approx(4.0 + 3.0)


def test_a_late_track_is_missed_before_and_costs_no_switch():
    found = judged([{0: HERE}] * 4, [{}, {}, {1: NEAR}, {1: NEAR}])
    assert found.missed.tolist() == [5.0, 5.0, 0.0, 0.0]
    assert found.switch.sum() == 0.0


def test_a_track_that_strays_for_an_instant_is_kept():
    found = judged([{0: HERE}] * 3, [{1: NEAR}, {1: FAR}, {1: NEAR}])
    assert found.match.tolist() == [0, -1, 2]
    assert found.total == pytest.approx(1.0 + 10.0 + 1.0)
    assert found.n_switches == 0.0


def test_swapped_tracks_cost_a_switch_for_each_object():
    truth = [{0: (0, 0), 1: (40, 0)}] * 6
    tracks = [{0: (0, 0), 1: (40, 0)}] * 3 + [{0: (40, 0), 1: (0, 0)}] * 3
    found = judged(truth, tracks)
    assert found.n_switches == 2.0
    assert found.total == pytest.approx(6.0)


def test_a_switch_dearer_than_what_it_gains_is_not_made():
    truth = [{0: (0, 0), 1: (4, 0)}] * 3
    tracks = [{0: (0, 0), 1: (4, 0)}] * 2 + [{0: (4, 0), 1: (0, 0)}]
    found = judged(truth, tracks, gamma_m=100.0)
    assert found.n_switches == 0.0
    assert found.total == pytest.approx(8.0)


@pytest.mark.parametrize(("distance_m", "taken"), [(8.0, False), (6.0, True)])
def test_a_passing_track_is_taken_only_if_it_gains_more_than_a_switch(distance_m, taken):
    """Track 1 belongs to others before and after; at the fifth instant only it is near object 0."""
    truth = [{0: (0, 0), 5: (90, 0)}] * 4 + [{0: (0, 0)}] + [{0: (0, 0), 6: (90, 0)}] * 4
    tracks = [{0: (1, 0), 1: (91, 0)}] * 4 + [{1: (distance_m, 0)}]
    tracks += [{1: (91, 0), 2: (1, 0)}] * 4
    found = judged(truth, tracks)
    assert (found.match[8] >= 0) == taken
    want = naive.tgospa_total(samples_of(truth, tracks), 10.0, 1.0, 3.0)
    assert found.total == pytest.approx(want)


def test_a_track_handed_from_a_dead_object_to_a_new_one_costs_two_halves():
    truth = [{0: HERE}, {0: HERE}, {1: HERE}, {1: HERE}]
    found = judged(truth, [{9: NEAR}] * 4)
    assert found.n_switches == 1.0
    assert found.total == pytest.approx(4.0 + 3.0)


def test_empty_scenes_cost_nothing_and_lonely_sets_half_the_cut_off():
    assert judged([], []).total == 0.0
    assert judged([{}], [{}]).total == 0.0
    assert judged([{0: HERE}] * 3, [{}] * 3).total == pytest.approx(15.0)
    assert judged([{}] * 3, [{0: HERE}] * 3).total == pytest.approx(15.0)


def test_the_summary_averages_over_time_and_its_parts_add_up():
    found = judged([{0: HERE}] * 4, [{1: NEAR}, {1: NEAR}, {2: NEAR}, {}], p=2.0)
    summary = tgospa_summary(found, 2.0)
    parts = [summary[name] ** 2 for name in ("localisation", "missed", "false", "switch")]
    assert sum(parts) == pytest.approx(summary["total"] ** 2)
    assert summary["total"] == pytest.approx(found.total / np.sqrt(4))
    assert summary["exact"] is True


def test_switches_without_a_cost_are_refused():
    with pytest.raises(ConfigError, match=r"^gamma_m: expected 0.001 to 1e\+07 m, got 0$"):
        judged([], [], gamma_m=0.0)
