"""Errors of raw reports, by hand in the flat and with exact reports in the real sky."""

import msgspec
import numpy as np
import pytest
from benchmarks.floors import flights, plots, radars

from skypact.config import Sensor
from skypact.evaluate.paths import Paths, truth_paths
from skypact.evaluate.raw import raw_errors, raw_summaries
from skypact.model.reports import POSITION, PSR, empty_reports

CENTIMETRE = 0.01
RADAR = Sensor(name="radar", x_m=1_000.0, y_m=0.0)
POINT = Sensor(name="point", kind="position")


def moving(number=3):
    """Make the path of an object that goes east from (1000, 3000) at 10 m/s for 10 s."""
    time_s = np.array([0.0, 10.0])
    place = np.array([[1_000.0, 3_000.0, 0.0], [1_100.0, 3_000.0, 0.0]])
    velocity, up = np.tile([10.0, 0.0, 0.0], (2, 1)), np.tile([0.0, 0.0, 1.0], (2, 1))
    return Paths(np.array([number]), np.array([0, 2]), time_s, place, velocity, up, np.arange(2))


def flat_reports(**columns):
    n = len(columns["time_s"])
    defaults = {"kind": np.full(n, PSR, np.int8), "target": np.full(n, 3, np.int32)}
    arrays = {name: np.asarray(values) for name, values in (defaults | columns).items()}
    return empty_reports(n)._replace(**arrays)


def test_range_and_azimuth_errors_are_split_along_and_across():
    # The object stands due north of the radar at time 0: 3,000 m; 20 m too far, 0.01 rad clockwise.
    reports = flat_reports(time_s=[0.0], range_m=[3_020.0], azimuth_rad=[0.01])
    found = raw_errors(reports, [RADAR], moving(), flat=True)
    assert found.along_m[0] == pytest.approx(20.0 - 3_020.0 * 0.5e-4, abs=CENTIMETRE)
    assert found.cross_m[0] == pytest.approx(30.2, abs=CENTIMETRE)
    assert found.error_m[0] == pytest.approx(np.hypot(19.849, 30.1995), abs=CENTIMETRE)


def test_positions_are_compared_at_their_own_time():
    reports = flat_reports(time_s=[4.0], x_m=[1_043.0], y_m=[3_004.0], kind=np.array([POSITION]))
    found = raw_errors(reports, [POINT], moving(), flat=True)
    assert found.error_m[0] == pytest.approx(5.0)
    assert np.isnan(found.along_m[0])


def test_reports_without_object_or_outside_its_life_have_no_error():
    reports = flat_reports(
        time_s=[1.0, 1.0, 11.0, 1.0], x_m=[1.0] * 4, y_m=[1.0] * 4,
        target=np.array([-1, 4, 3, 3], np.int32), test=np.array([0, 0, 0, 1], np.int8),
    )  # fmt: skip
    assert np.isnan(raw_errors(reports, [POINT], moving(), flat=True).error_m).all()


def test_exact_plots_of_the_real_sky_have_no_error():
    rng = np.random.default_rng(3)
    truth = flights(3, 40, 0.0, rng)
    exact = [
        msgspec.structs.replace(s, sigma_range_m=1e-6, sigma_azimuth_deg=1e-12)
        for s in radars(0.999)
    ]
    reports = plots(truth, exact, rng)
    found = raw_errors(reports, exact, truth_paths(truth, flat=False), flat=False)
    # Plots are made between states a second apart, on the chord: 1 mm low.
    assert found.error_m.max() < CENTIMETRE


def test_noise_and_bias_of_a_radar_show_in_its_summary():
    # Seed 3, 4 radars, some 1,300 plots each: 4 % at two standard errors.
    rng = np.random.default_rng(3)
    truth, sensors = flights(40, 150, 0.08, rng), radars()
    reports = plots(truth, sensors, rng)
    biased = np.where(reports.sensor == 1, 120.0, 0.0)
    reports = reports._replace(range_m=reports.range_m + biased)
    errors = raw_errors(reports, sensors, truth_paths(truth, flat=False), flat=False)
    first, second = raw_summaries(errors, reports, sensors)[:2]
    assert (first.sensor, first.kind, second.sensor) == ("radar-0", "ssr", "radar-1")
    assert first.along_rms_m == pytest.approx(50.0, rel=0.08)
    assert second.along_mean_m == pytest.approx(120.0, rel=0.05)
    assert first.median_m < first.rms_m < first.p95_m


def test_reports_far_from_their_object_are_wild_and_counted_apart():
    # Limits: 8 x 50 m + 300 m along; as far as 8 x 0.08 deg x 3 km + 300 m = 333 m across.
    azimuth = [0.0, 0.0, 0.0, 330.0 / 3_000.0, 340.0 / 3_000.0]
    reports = flat_reports(
        time_s=[0.0] * 5, range_m=[3_030.0, 3_690.0, 3_710.0, 3_000.0, 3_000.0], azimuth_rad=azimuth
    )
    radar = msgspec.structs.replace(RADAR, sigma_range_m=50.0, sigma_azimuth_deg=0.08)
    errors = raw_errors(reports, [radar], moving(), flat=True)
    np.testing.assert_array_equal(errors.is_wild, [False, False, True, False, True])
    found = raw_summaries(errors, reports, [radar])[0]
    assert (found.n, found.wild) == (5, 2)
    assert found.rms_all_m > found.rms_m
    assert found.median_m == pytest.approx(330.0, abs=1.0)


def test_a_position_may_be_as_far_as_its_stated_deviation_allows():
    reports = flat_reports(
        time_s=[0.0] * 2, x_m=[1_000.0] * 2, y_m=[4_000.0] * 2, kind=np.array([POSITION] * 2),
        sigma_m=np.array([100.0, 80.0]),
    )  # fmt: skip
    errors = raw_errors(reports, [POINT], moving(), flat=True)
    np.testing.assert_array_equal(errors.is_wild, [False, True])


def test_a_sensor_of_nothing_but_wild_reports_has_no_rms():
    reports = flat_reports(time_s=[0.0], range_m=[30_000.0], azimuth_rad=[0.0])
    errors = raw_errors(reports, [RADAR], moving(), flat=True)
    found = raw_summaries(errors, reports, [RADAR])[0]
    assert (found.n, found.wild) == (1, 1)
    assert np.isnan([found.rms_m, found.median_m, found.p95_m]).all()
