"""How a plain replay tells rules of its sensors: by what had arrived at a time of the picture."""

import math

import numpy as np
import pytest
from tests.naive.skies import START_S

from skypact.config import Sensor
from skypact.model.reports import empty_reports
from skypact.register.registration import Registration
from skypact.runtime.watching import RecordedSensors
from skypact.units import NANOSECONDS

SENSORS = (
    Sensor(name="a", lat=48.0, lon=16.0, period_s=4.0),
    Sensor(name="b", kind="adsb"),
    Sensor(name="c"),
)


def recorded(services=None):
    """Sensor a reports each second until 100 s, 0.5 s late; b from 50 s on; c never."""
    out = empty_reports(151)
    arrival_s = np.concatenate([np.arange(100.0), np.arange(50.0, 101.0)])
    out.sensor[:] = np.repeat([0, 1], [100, 51])
    order = np.argsort(arrival_s, kind="stable")
    out = type(out)._make(column[order] for column in out)
    out.received_ns[:] = ((START_S + arrival_s[order]) * NANOSECONDS).astype(np.int64)
    out.time_s[:] = START_S + arrival_s[order] - np.where(out.sensor == 0, 0.5, 0.0)
    return RecordedSensors(SENSORS, out, services or {}, Registration(SENSORS))


@pytest.mark.parametrize(
    ("at_s", "states"),
    [
        (0.0, ["unknown", "unknown", "unknown"]),
        (10.0, ["operational", "unknown", "unknown"]),
        (60.0, ["operational", "operational", "unknown"]),
        (118.0, ["operational", "silent", "unknown"]),
        (120.0, ["silent", "silent", "unknown"]),
    ],
)
def test_states_follow_from_what_had_arrived(at_s, states):
    assert [look.state for look in recorded()(START_S + at_s)] == states


def test_service_messages_count_as_life():
    services = {"a": np.array([(START_S + 130.0) * NANOSECONDS]).astype(np.int64)}
    assert recorded(services)(START_S + 135.0)[0].state == "operational"
    assert recorded(services)(START_S + 135.0)[0].tells_of_itself
    assert not recorded()(START_S + 60.0)[0].tells_of_itself


def test_data_sheets_and_the_clock_are_told():
    a, b, _ = recorded()(START_S + 60.0)
    assert (a.name, a.kind, a.p_detection, a.sigma_range_m) == ("a", "radar", 0.9, 50.0)
    assert a.lat_rad == pytest.approx(math.radians(48.0))
    assert math.isnan(b.lat_rad)
    assert a.clock_offset_s == pytest.approx(0.5)
    assert b.clock_offset_s == pytest.approx(0.0)


def test_looks_back_and_again_are_the_same():
    sensors = recorded()
    first = [str(sensors(START_S + s)) for s in range(0, 130, 10)]
    again = [str(sensors(START_S + s)) for s in reversed(range(0, 130, 10))]
    assert first == again[::-1]
