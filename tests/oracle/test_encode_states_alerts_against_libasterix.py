"""Sensor states, service states and safety messages: libasterix (MIT) reads what was said."""

import pytest
from tests.naive.libasterix_records import assert_same_record, oracle_records
from tests.naive.track_rows import START_S

from skypact.decode.asterix.records import decode_block
from skypact.encode.cat004 import MESSAGES, Alert, Party, alert_record
from skypact.encode.cat063 import SensorState, sensor_record
from skypact.encode.cat065 import (
    SERVICE_REPORTS,
    end_of_batch_record,
    service_record,
    status_record,
)
from skypact.encode.datagrams import Sender, datagrams
from skypact.errors import ConfigError
from skypact.units import DAY, DEGREE, FOOT, NAUTICAL_MILE

SENDER = Sender(25, 100, service=2)
TIME_S = START_S + 61.5


def read(number, record):
    """The record as decoded here, after libasterix was seen to agree on every item."""
    (block,) = datagrams(number, [record])
    raw, scaled = decode_block(block, raw=True), decode_block(block)
    (theirs,) = oracle_records(number, block)
    assert_same_record(raw.records[0], scaled.records[0], theirs)
    return scaled.records[0]


def test_a_sensors_biases_are_sent_with_the_signs_of_the_standard():
    state = SensorState(3, 4, 1, True, -55.0, 1.5e-4, 0.2 * DEGREE, -0.1 * DEGREE, 0.25)
    record = read(63, sensor_record(state, TIME_S, SENDER))
    assert (record["010"], record["015"]) == ({"SAC": 25, "SIC": 100}, 2)
    assert record["030"] == TIME_S % DAY
    assert record["050"] == {"SAC": 3, "SIC": 4}
    assert record["060"]["CON"] == 1
    assert record["070"] == 250
    for item, gain, bias in (("080", "SRG", "SRB"), ("090", "PRG", "PRB")):
        assert record[item][gain] == pytest.approx(1.5e-4)
        assert record[item][bias] * NAUTICAL_MILE == pytest.approx(-55.0, abs=1852 / 256)
    assert record["081"] == record["091"] == pytest.approx(0.2, abs=0.003)
    assert record["092"] == pytest.approx(-0.1, abs=0.003)
    measured_m, true_m = 100_000.0 * (1 + 1.5e-4) - 55.0, 100_000.0
    corrected = (measured_m - record["080"]["SRB"] * NAUTICAL_MILE) / (1 + record["080"]["SRG"])
    assert corrected == pytest.approx(true_m, abs=8.0)


def test_what_is_not_estimated_is_not_sent():
    record = read(63, sensor_record(SensorState(3, 4, 0), TIME_S, SENDER))
    assert not record.keys() & {"070", "080", "081", "090", "091", "092"}


def test_a_bias_beyond_the_item_stops_at_its_end():
    record = read(63, sensor_record(SensorState(3, 4, 0, range_m=1e9, time_s=-1e3), TIME_S, SENDER))
    assert record["080"]["SRB"] == 32_767 / 128
    assert record["070"] == -32_768


@pytest.mark.parametrize(("status", "connection"), [(0, 0), (1, 1), (2, 3)])
def test_states_of_sensors(status, connection):
    state = SensorState(1, 2, status, overload=True, time_invalid=True, no_plots=True)
    said = read(63, sensor_record(state, TIME_S, SENDER))["060"]
    assert (said["CON"], said["ODP"], said["TSV"], said["NPW"]) == (connection, 1, 1, 1)


def test_a_units_own_state():
    record = read(65, status_record(TIME_S, SENDER, status=1, overload=True, renumbered=3))
    assert (record["000"], record["015"], record["030"]) == (1, 2, TIME_S % DAY)
    expected = {"NOGO": 1, "OVL": 1, "TSV": 0, "PSS": 0, "STTN": 1}
    assert record["040"] == expected


def test_batches_are_counted_modulo_256():
    record = read(65, end_of_batch_record(TIME_S, SENDER, 300))
    assert (record["000"], record["020"]) == (2, 44)


@pytest.mark.parametrize("report", SERVICE_REPORTS)
def test_events_of_the_service(report):
    record = read(65, service_record(TIME_S, SENDER, report))
    assert (record["000"], record["050"]) == (3, SERVICE_REPORTS[report])


@pytest.mark.parametrize("message", MESSAGES)
def test_kinds_of_safety_messages(message):
    record = read(4, alert_record(Alert(message, TIME_S), SENDER))
    assert record == {"010": {"SAC": 25, "SIC": 100}, "000": MESSAGES[message], "020": TIME_S % DAY}


def test_everything_that_is_known_of_a_conflict_is_sent():
    first = Party(1, "SKY1", 7421, 45.0 * DEGREE, 7.0 * DEGREE, 9_000.0)
    alert = Alert(
        "short-term conflict", TIME_S, 12, (first, Party(2, "SKY22")), "r-12",
        30.5, 40.0, 9_000.0, 2_500.0, 1_000 * FOOT, 500 * FOOT, 0.8, 60.0, is_major=True,
    )  # fmt: skip
    record = read(4, alert_record(alert, SENDER))
    assert (record["000"], record["030"], record["035"], record["040"]) == (7, 1, 2, 12)
    assert record["100"] == {"AN": "R 12"}
    timing = {"TC": 30.5, "TCA": 40, "CHS": 9_000, "MHS": 2_500, "CVS": 1_000, "MVS": 500}
    assert record["070"] == timing
    assert record["120"]["CN"]["TYPE"] == 1
    assert (record["120"]["CP"], record["120"]["CD"]) == (80, 60)
    told = record["170"]
    assert (told["AI1"], told["M31"], record["171"]) == ("SKY1", {"MODE3A": 7421}, {"AI2": "SKY22"})
    place = {"LAT": 45.0, "LON": 7.0, "ALT": 9_000.0 / FOOT}
    assert told["CPW"] == pytest.approx(place, abs=12.5)


def test_unknown_words_are_refused_with_those_that_are_known():
    with pytest.raises(ConfigError, match="safety message: expected one of"):
        alert_record(Alert("panic", TIME_S), SENDER)
    with pytest.raises(ConfigError, match="service report: expected one of"):
        service_record(TIME_S, SENDER, "panic")
    with pytest.raises(ConfigError, match="sensor status: expected 0, 1 or 2, got 3"):
        sensor_record(SensorState(1, 2, 3), TIME_S, SENDER)
    with pytest.raises(ConfigError, match="unit status: expected 0, 1 or 2, got -1"):
        status_record(TIME_S, SENDER, status=-1)
