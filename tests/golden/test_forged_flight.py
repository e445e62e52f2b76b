"""A recorded flight with forged positions through the whole pipeline and watch."""

import math

import numpy as np
import pytest
from tests.naive.forged import entry_of, recorded
from tests.naive.looks import RADAR, RECEIVER, reports_of
from tests.naive.skies import START_S

from skypact.config import Sensor
from skypact.model.reports import ADSB, MODES, in_arrival_order
from skypact.rules import Watching
from skypact.runtime.drive import replay
from skypact.runtime.pipeline import Pipeline
from skypact.runtime.watching import RecordedSensors, WatchSink
from skypact.testing.memory import FakeClock
from skypact.units import DEGREE
from skypact.watch.life import Watch
from skypact.watch.rules import sensor_rules_of

TURN_S = 8


class Told:
    """Alerts in memory."""

    def __init__(self):
        self.records = []

    def append_alerts(self, alerts):
        self.records += alerts


def scene(data_dir):
    """Reports of one radar under the true path and of ADS-B as recorded; when forging begins."""
    time_s, told, forged, lat, lon = recorded(data_dir)
    begin = int(np.flatnonzero(forged)[0])
    middle = math.radians(lat[begin + 60] - 0.8), math.radians(lon[begin + 60])
    radar = RADAR._replace(lat_rad=middle[0], lon_rad=middle[1], period_s=float(TURN_S))
    rng, parts, first_s = np.random.default_rng(8), [], time_s[begin]
    for s in range(-300, 80):
        real = entry_of(lat, lon, told, time_s, first_s + s)
        i = int(np.argmin(np.abs(time_s - first_s - s)))
        if forged[i] and abs(time_s[i] - first_s - s) < 0.5:
            place = {"lat_rad": told["latitude"][i] * DEGREE,
                     "lon_rad": told["longitude"][i] * DEGREE}  # fmt: skip
            said = {**real, **place, "vn_mps": np.nan, "ve_mps": np.nan}
            parts.append(reports_of(RECEIVER, 1, [said], first_s + s - START_S, ADSB))
        if s % TURN_S == 0:
            plot = reports_of(radar, 0, [real], first_s + s - START_S, MODES, noise=rng)
            plot.baro_altitude_m[:] = real["baro_altitude_m"]
            parts.append(plot)
    sheets = (
        Sensor(name="north", lat=middle[0] / DEGREE, lon=middle[1] / DEGREE, height_m=200.0,
               period_s=TURN_S, range_max_m=400e3),
        Sensor(name="ears", kind="adsb"),
    )  # fmt: skip
    return sheets, in_arrival_order(parts), first_s


@pytest.fixture(scope="module")
def alerts(data_dir):
    """Alerts of the flight, by seconds after the first forged position."""
    sheets, reports, first_s = scene(data_dir)
    told = Told()
    watch = WatchSink(Watch(sensor_rules_of(Watching()), "test"), 1.0, [told])
    pipeline = Pipeline(sheets, [watch])
    watch.sensors = RecordedSensors(sheets, reports, {}, pipeline.registration)
    replay(reports, pipeline, FakeClock(START_S), lambda _: None)
    return [(r.time_s - first_s, r) for r in told.records]


def test_it_is_exposed_within_40_s(alerts):
    raised = [(s, r) for s, r in alerts if r.rule == "drift" and r.state == "raised"]
    (after_s, record), *_ = raised
    assert 0.0 < after_s <= 40.0
    assert record.evidence["offset_m"] > 20_000.0


def test_nothing_is_told_before(alerts):
    told = [r.rule for s, r in alerts if s < 0.0]
    assert set(told) <= {"feed"}  # of the receiver that hears nobody yet
