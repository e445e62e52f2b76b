"""Looks: misses between reports, sight, doubles, detection by range, clutter."""

import msgspec
import numpy as np
import pytest

from skypact.config import Sensor
from skypact.evaluate.looks import (
    Evidence,
    looks_of,
    observed_periods,
    ranks,
    with_periods,
)
from skypact.evaluate.paths import Paths
from skypact.model.reports import ADSB, POSITION, PSR, concat_reports, empty_reports

SENSOR = Sensor(
    name="s", kind="position", period_s=2.0, sigma_position_m=5.0, p_detection=0.6,
    range_max_m=1_000.0, clutter_per_scan=100.0,
)  # fmt: skip


def standing(seconds, number=1, x_m=0.0):
    """Make the path of an object that stands at (x, 0)."""
    k = int(seconds) + 1
    place = np.zeros((k, 3))
    place[:, 0] = x_m
    up = np.tile([0.0, 0.0, 1.0], (k, 1))
    return Paths(
        np.array([number]), np.array([0, k]), np.arange(float(k)), place, np.zeros((k, 3)), up,
        np.arange(k),
    )  # fmt: skip


def reports_at(times, **columns):
    n = len(times)
    base = empty_reports(n)._replace(
        time_s=np.asarray(times, np.float64), kind=np.full(n, POSITION, np.int8),
        x_m=np.zeros(n), y_m=np.zeros(n), target=np.ones(n, np.int32),
    )  # fmt: skip
    return base._replace(**columns)


def test_missed_looks_stand_once_a_period_between_reports():
    found = looks_of(reports_at([1.0, 3.0, 9.0]), [SENSOR], standing(9), flat=True)
    np.testing.assert_allclose(found.time_s, [1.0, 3.0, 5.0, 7.0, 9.0])
    np.testing.assert_array_equal(found.report, [0, 1, -1, -1, 2])


def test_looks_go_on_until_the_object_ends():
    found = looks_of(reports_at([1.0]), [SENSOR], standing(6), flat=True)
    np.testing.assert_allclose(found.time_s, [1.0, 3.0, 5.0])


def test_a_long_gap_is_out_of_sight():
    found = looks_of(reports_at([0.0, 21.9]), [SENSOR], standing(22), flat=True)
    assert len(found.time_s) == 2
    np.testing.assert_array_equal(found.p_detection, [1.0, 1.0])


def test_doubled_plots_are_one_look():
    found = looks_of(reports_at([0.0, 0.4, 2.0]), [SENSOR], standing(3), flat=True)
    np.testing.assert_array_equal(found.report, [0, 2])


def test_what_an_object_says_itself_is_never_missed():
    kind = np.full(3, ADSB, np.int8)
    found = looks_of(reports_at([0.0, 0.5, 9.5], kind=kind), [SENSOR], standing(20), flat=True)
    np.testing.assert_array_equal(found.report, [0, 1, 2])
    np.testing.assert_array_equal(found.p_detection, 1.0)


def test_self_reported_positions_share_their_error():
    kind = np.full(3, ADSB, np.int8)
    found = looks_of(reports_at([0.0, 0.5, 20.0], kind=kind), [SENSOR], standing(20), flat=True)
    np.testing.assert_allclose(found.variance[:, 0], 25.0 * np.array([1.0, 20.0, 1.0]))


def test_detection_is_measured_where_there_are_looks_enough():
    # Every second look brings a report; 399 looks count, in one bin.
    found = looks_of(reports_at(np.arange(0.0, 800.0, 4.0)), [SENSOR], standing(798), flat=True)
    assert found.p_detection[5] == pytest.approx(199.0 / 399.0, abs=1e-3)


def test_few_looks_have_the_probability_of_the_data_sheet():
    found = looks_of(reports_at([0.0, 2.0, 6.0]), [SENSOR], standing(6), flat=True)
    np.testing.assert_allclose(found.p_detection, [1.0, 0.6, 0.6, 0.6])


def test_evidence_overrules_the_data_sheet():
    evidence = Evidence(p_detection=0.3, clutter_density=2e-4)
    found = looks_of(reports_at([0.0, 2.0]), [SENSOR], standing(2), flat=True, evidence=evidence)
    assert found.p_detection[1] == 0.3
    np.testing.assert_allclose(found.clutter, 2e-4 * 25.0)


def test_clutter_is_spread_over_the_sensor_s_reach():
    found = looks_of(reports_at([0.0]), [SENSOR], standing(0.0), flat=True)
    np.testing.assert_allclose(found.clutter, 100.0 / (np.pi * 1e6) * 25.0)


def test_range_and_azimuth_are_turned_into_the_plane():
    radar = Sensor(name="r", x_m=0.0, y_m=0.0, period_s=2.0, sigma_range_m=7.0)
    polar = {"range_m": np.array([500.0]), "azimuth_rad": np.array([np.pi / 2])}
    reports = reports_at([0.0], kind=np.full(1, PSR, np.int8), **polar)
    found = looks_of(reports, [radar], standing(0, x_m=500.0), flat=True)
    np.testing.assert_allclose(found.slope[0], [[1.0, 0.0], [0.0, -1.0 / 500.0]], atol=1e-12)
    assert found.variance[0, 0] == 49.0


def test_ranks_take_the_first_look_of_all_objects_first():
    order, bounds = ranks(np.array([0, 0, 0, 1, 2, 2]))
    np.testing.assert_array_equal(order, [0, 3, 4, 1, 5, 2])
    np.testing.assert_array_equal(bounds, [0, 3, 5, 6])


def test_uneven_scans_are_looks_at_the_times_of_all_their_reports():
    scans = np.array([0.0, 0.3, 3.1, 3.7, 8.0, 8.2])
    false = reports_at(np.repeat(scans, 3), target=np.full(18, -1, np.int32))
    both = concat_reports([reports_at(scans[[0, 1, 4]]), false])
    found = looks_of(both, [SENSOR], standing(9), flat=True)
    np.testing.assert_allclose(found.time_s, scans)
    np.testing.assert_array_equal(found.report, [0, 1, -1, -1, 2, -1])


def test_even_scans_with_a_silent_one_are_looks_once_a_period():
    false = reports_at(np.repeat([0.0, 2.0, 6.0, 8.0], 3), target=np.full(12, -1, np.int32))
    both = concat_reports([reports_at([0.0, 8.0]), false])
    found = looks_of(both, [SENSOR], standing(8), flat=True)
    np.testing.assert_allclose(found.time_s, [0.0, 2.0, 4.0, 6.0, 8.0])


def test_a_look_begins_after_the_last_kept_report_not_after_the_last_one():
    sensor = msgspec.structs.replace(SENSOR, period_s=1.0)
    times = np.arange(0.0, 9.0, 0.45)
    found = looks_of(reports_at(times), [sensor], standing(9), flat=True)
    kept = found.report[found.report >= 0]
    np.testing.assert_array_equal(kept, np.arange(0, 20, 2))


def test_looks_of_several_objects_begin_by_themselves():
    times, target = [0.0, 0.4, 2.0, 2.2, 0.3, 0.4, 2.4], [1, 1, 1, 1, 2, 2, 2]
    two = standing(3)._replace(
        number=np.array([1, 2]), first=np.array([0, 2, 4]), time_s=np.array([0.0, 3.0, 0.0, 3.0])
    )
    reports = reports_at(times, target=np.array(target, np.int32))
    found = looks_of(reports, [SENSOR], two, flat=True)
    np.testing.assert_array_equal(found.report, [0, 2, 4, 6])


@pytest.mark.parametrize(
    ("sheet_s", "real_s", "found_s"),
    [(12.0, 4.0, 4.0), (1.0, 4.0, 4.0), (1.0, 0.45, 0.45), (4.0, 4.0, None), (4.0, 4.4, None)],
)
@pytest.mark.parametrize("p_detection", [0.3, 0.95])
def test_reports_overrule_a_data_sheet_that_is_grossly_wrong(sheet_s, real_s, found_s, p_detection):
    # Seed 3, 300 scans.
    hit = np.random.default_rng(3).random(300) < p_detection
    sensor = msgspec.structs.replace(SENSOR, period_s=sheet_s)
    found = observed_periods(reports_at(np.arange(300)[hit] * real_s), [sensor], flat=True)
    assert found == ({} if found_s is None else {0: pytest.approx(found_s)})
    timed = with_periods([sensor], found)[0]
    assert timed.period_s == pytest.approx(sheet_s if found_s is None else found_s)


def test_doubled_plots_and_few_reports_do_not_overrule_the_data_sheet():
    times = np.sort(np.concatenate([np.arange(0.0, 80.0, 2.0), np.arange(0.02, 80.0, 2.0)]))
    assert observed_periods(reports_at(times), [SENSOR], flat=True) == {}
    assert observed_periods(reports_at(np.arange(0.0, 4.0, 0.4)), [SENSOR], flat=True) == {}
