"""GOSPA of scenes that can be computed by hand."""

import numpy as np
import pytest
from tests.naive.sampled import one_instant, samples_of

from skypact.errors import ConfigError
from skypact.evaluate.gospa import gospa, gospa_summary

EMPTY = samples_of([], [])


def test_one_near_track_one_missed_object_and_two_false_tracks_add_up():
    samples = one_instant([(0, 0), (50, 0)], [(3, 4), (200, 0), (300, 0)])
    found = gospa(samples, c_m=10.0)
    assert found.localisation.tolist() == [25.0]
    assert found.missed.tolist() == [50.0]
    assert found.false.tolist() == [100.0]
    assert found.total[0] == pytest.approx(np.sqrt(175.0))
    assert (found.n_matched[0], found.n_missed[0], found.n_false[0]) == (1, 1, 2)
    assert found.match.tolist() == [0, -1]


def test_the_best_assignment_is_not_the_nearest_pair_first():
    samples = one_instant([(0, 0), (5, 0)], [(4, 0), (9, 0)])
    found = gospa(samples, c_m=10.0, p=1.0)
    assert found.match.tolist() == [0, 1]
    assert found.total[0] == pytest.approx(8.0)


def test_a_track_at_the_cut_off_is_one_missed_and_one_false():
    found = gospa(one_instant([(0, 0)], [(10, 0)]), c_m=10.0)
    assert found.match.tolist() == [-1]
    assert (found.missed[0], found.false[0], found.total[0]) == (50.0, 50.0, 10.0)


def test_alpha_one_counts_a_surplus_object_in_full_and_has_no_parts():
    found = gospa(one_instant([(0, 0)], [(3, 4), (99, 0)]), c_m=10.0, alpha=1.0)
    assert found.total[0] == pytest.approx(np.sqrt(25.0 + 100.0))
    assert np.isnan([found.localisation[0], found.missed[0], found.false[0]]).all()


def test_two_dimensions_leave_out_height_and_three_do_not():
    samples = one_instant([(0, 0, 1000)], [(3, 4, 1012)])
    assert gospa(samples, c_m=100.0).total[0] == pytest.approx(5.0)
    assert gospa(samples, c_m=100.0, dimensions=3).total[0] == pytest.approx(13.0)


def test_height_is_along_the_local_vertical():
    samples = samples_of([{0: (6.4e6, 0, 0)}], [{0: (6.41e6, 3, 4)}], up=(1.0, 0.0, 0.0))
    assert gospa(samples, c_m=100.0).total[0] == pytest.approx(5.0)


def test_an_object_on_the_other_side_of_the_earth_is_not_near():
    samples = samples_of([{0: (6.4e6, 0, 0)}], [{0: (-6.4e6, 0, 0)}], up=(1.0, 0.0, 0.0))
    assert gospa(samples, c_m=100.0).match.tolist() == [-1]


def test_nothing_costs_nothing():
    found = gospa(EMPTY)
    assert all(len(column) == 0 for column in found)
    assert set(gospa_summary(found, 2.0).values()) == {0.0}
    assert gospa(samples_of([{}, {}], [{}, {}])).total.tolist() == [0.0, 0.0]


def test_only_truth_is_missed_and_only_tracks_are_false():
    assert gospa(one_instant([(0, 0)], []), c_m=10.0).missed.tolist() == [50.0]
    assert gospa(one_instant([], [(0, 0)]), c_m=10.0).false.tolist() == [50.0]


def test_the_summary_averages_instants_and_its_parts_add_up():
    samples = samples_of([{0: (0, 0)}, {}, {0: (0, 0)}], [{5: (6, 0)}, {}, {}])
    found = gospa_summary(gospa(samples, c_m=10.0), 2.0)
    assert found["mean"] == pytest.approx((6.0 + np.sqrt(50.0)) / 3)
    assert found["rms"] == pytest.approx(np.sqrt((36.0 + 50.0) / 3))
    parts = sum(found[name] ** 2 for name in ("localisation", "missed", "false"))
    assert parts == pytest.approx(found["rms"] ** 2)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("c_m", 0.0),
        ("c_m", np.inf),
        ("c_m", 1e200),
        ("p", 0.5),
        ("p", 400.0),
        ("p", np.nan),
        ("alpha", 0.0),
        ("alpha", 2.1),
        ("dimensions", 1),
    ],
)
def test_parameters_that_make_no_metric_are_refused_by_name(name, value):
    with pytest.raises(ConfigError, match=f"^{name}: expected"):
        gospa(EMPTY, **{name: value})
