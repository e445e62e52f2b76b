"""Configured biases: what a biased sensor measured becomes what was there."""

import numpy as np
import pytest

from skypact.config import Biases, Sensor
from skypact.model.reports import empty_reports
from skypact.register.known import without_known_biases
from skypact.units import DEGREE, METRE

TRUE_RANGE_M, TRUE_AZIMUTH_RAD, TRUE_TIME_S = 50_000.0, 0.001, 1_000.0
BIASED = Biases(range_m=80.0, range_gain=1e-3, azimuth_deg=0.1, elevation_deg=0.2, time_s=0.25)


def measured():
    batch = empty_reports(2)
    batch.sensor[:] = [0, 1]
    batch.range_m[:] = [TRUE_RANGE_M, TRUE_RANGE_M * 1.001 + 80.0]
    batch.azimuth_rad[:] = [TRUE_AZIMUTH_RAD, TRUE_AZIMUTH_RAD + 0.1 * DEGREE]
    batch.elevation_rad[:] = [0.01, 0.01 + 0.2 * DEGREE]
    batch.time_s[:] = [TRUE_TIME_S, TRUE_TIME_S + 0.25]
    return batch


def test_a_biased_sensor_and_an_exact_one_agree_once_biases_are_removed():
    sensors = [Sensor(name="exact"), Sensor(name="biased", biases=BIASED)]
    batch = without_known_biases(measured(), sensors)
    assert batch.range_m == pytest.approx(TRUE_RANGE_M, abs=1e-6 * METRE)
    assert batch.azimuth_rad == pytest.approx(TRUE_AZIMUTH_RAD, abs=1e-12)
    assert batch.elevation_rad == pytest.approx(0.01, abs=1e-12)
    assert batch.time_s == pytest.approx(TRUE_TIME_S, abs=1e-9)


def test_an_azimuth_stays_within_the_circle():
    batch = measured()
    batch.azimuth_rad[:] = 0.0
    corrected = without_known_biases(batch, [Sensor(name="a"), Sensor(name="b", biases=BIASED)])
    assert corrected.azimuth_rad[1] == pytest.approx(2 * np.pi - 0.1 * DEGREE)


def test_reports_of_sensors_without_biases_are_the_same_object():
    batch = measured()
    assert without_known_biases(batch, [Sensor(name="a"), Sensor(name="b")]) is batch
