"""What a pipeline tells its outputs: the reports that were used, and the sensors' states."""

import numpy as np

from skypact.config import RegistrationParams, Sensor
from skypact.model.registration import AZIMUTH_BIAS, RANGE_BIAS
from skypact.model.reports import empty_reports
from skypact.register.registration import Registration
from skypact.runtime.pipeline import Pipeline
from skypact.runtime.sensor_states import sensor_states
from skypact.runtime.used import UsedReports

NONE = np.empty(0, np.int64)


def reports(*times):
    return empty_reports(len(times))._replace(time_s=np.array(times, np.float64))


def test_reports_are_handed_out_when_they_are_used():
    used = UsedReports()
    track, found = used.take(reports(1.0, 2.0, 3.0), 3, np.array([1]), np.array([7]))
    assert (track.tolist(), found.time_s.tolist()) == ([7], [2.0])
    track, found = used.take(reports(4.0), 4, np.array([3, 0]), np.array([-1, 8]))
    assert (track.tolist(), found.time_s.tolist()) == ([-1, 8], [4.0, 1.0])
    track, found = used.take(reports(), 4, np.array([2]), np.array([9]))
    assert found.time_s.tolist() == [3.0]
    assert used._waiting.time_s.size == 0
    track, found = used.take(reports(5.0), 5, np.array([4]), np.array([9]))
    assert found.time_s.tolist() == [5.0]


def test_reports_of_before_a_restart_are_left_out():
    used = UsedReports()
    index, tracks = np.array([99, 100]), np.array([5, 6])
    track, found = used.take(reports(1.0), 101, index, tracks)
    assert (track.tolist(), found.time_s.tolist()) == ([6], [1.0])


class Noted:
    """A sink that keeps what it is told."""

    def __init__(self):
        self.said = []

    def note(self, track, reports):
        self.said.append(("note", reports.time_s.tolist()))

    def append(self, rows, ended, now_s):
        self.said.append(("append", now_s))

    def finish(self):
        self.said.append(("finish", None))


def test_a_pipeline_tells_reports_before_the_rows_of_the_step():
    sink = Noted()
    sensor = Sensor(name="a", kind="position", sac=1, sic=2)
    pipeline = Pipeline([sensor], [sink], registration=RegistrationParams(enabled=False))
    at = reports(100.0, 100.1)._replace(
        sensor=np.zeros(2, np.int32),
        received_ns=np.array([100_000_000_000, 100_100_000_000]),
        lat_rad=np.array([0.8, 0.8]),
        lon_rad=np.array([0.1, 0.1]),
        kind=np.full(2, 9, np.int8),
    )
    pipeline.step(at, 100.2)
    pipeline.step(reports(), 101.0)
    pipeline.finish()
    assert [what for what, _ in sink.said] == ["note", "append"] * 3 + ["finish"]
    noted = [time_s for what, times in sink.said if what == "note" for time_s in times]
    assert sorted(noted) == [100.0, 100.1]


def test_states_hold_the_biases_that_can_be_observed():
    sensors = [
        Sensor(name="a", kind="radar", sac=1, sic=2, lat=50.0, lon=3.0),
        Sensor(name="b", kind="adsb", sac=1, sic=3),
        Sensor(name="c", kind="radar", lat=51.0, lon=3.0),
    ]
    registration = Registration(sensors)
    a, b = sensor_states(sensors, {"a": 1}, registration)
    assert (a.sac, a.sic, a.status, a.is_primary) == (1, 2, 1, True)
    assert (b.status, b.is_primary) == (2, False)
    assert np.isnan(a.range_m)
    registration._evidence[0] = 1.0
    now = registration._estimate.now
    now.x[RANGE_BIAS], now.x[AZIMUTH_BIAS] = 2.0, 3.0
    now.P[RANGE_BIAS, RANGE_BIAS] = 1e-4
    a, _ = sensor_states(sensors, {"a": 0}, registration)
    assert a.range_m == registration.values[0, RANGE_BIAS] != 0.0
    assert np.isnan(a.azimuth_rad)
    assert np.isnan(sensor_states(sensors, {"a": 0})[0].range_m)
