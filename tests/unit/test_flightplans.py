"""Lists of flights: what is read, what is wrong with a line, which track is whose."""

import math
import string

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.naive.track_rows import START_S, rows_of

from skypact.config import Sensor
from skypact.decode.asterix.flightplans import plans_in, text_of
from skypact.decode.asterix.registry import category
from skypact.decode.flightplans import flights_in_block, read_flights
from skypact.encode.asterix import encode_block, encode_record
from skypact.encode.packing import block
from skypact.errors import DecodeError
from skypact.model.flights import NO_PLAN, FlightPlan
from skypact.model.packets import packets_from
from skypact.model.reports import pack_callsign
from skypact.record.header import RecordedSource
from skypact.runtime.hearing import Hearing
from skypact.serve.flights import FlightFiles, FlightList

CSV = b"""callsign,icao,mode3a,departure,destination,type,wake,from,until,area,remarks
BAW12, 4ca123,7421,EGLL,LFPG,A320,M,2026-01-01T12:00Z,2026-01-01T15:30:00+01:00,,"to, and fro"
,4CA124,,,,,,1767268800,,TSA-1,
"""
FIRST = FlightPlan(
    "BAW12", 0x4CA123, 7421, "EGLL", "LFPG", "A320", "M", START_S, START_S + 9_000.0,
    "", "to, and fro",
)  # fmt: skip


def test_csv_is_read():
    found = read_flights(CSV, "a.csv")
    assert (found.n_wrong, found.errors) == (0, ())
    assert found.plans == (FIRST, FlightPlan(icao=0x4CA124, from_s=START_S, area="TSA-1"))


@pytest.mark.parametrize("form", ["[{}]", '{{"flights": [{}]}}'])
def test_json_is_read(form):
    entry = (
        '{"callsign": "baw12", "icao": "4CA123", "mode3a": 7421, "departure": "EGLL",'
        ' "destination": "LFPG", "aircraft_type": "A320", "wake": "M", "from_s": 1767268800,'
        ' "until": "2026-01-01T14:30Z", "remarks": "to, and fro", "area": null}'
    )
    found = read_flights(form.format(entry).encode(), "a.json")
    assert found.errors == ()
    assert found.plans == (FIRST,)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("BAW 12,,", "callsign: expected up to eight letters and digits, got 'BAW 12'"),
        ("BAW12,4CA12,", "icao: expected six hexadecimal digits, got '4CA12'"),
        ("BAW12,,7481", "mode3a: expected four octal digits, got '7481'"),
        (",,,", "as many values as names"),
        (" ,, ,x", "as many values as names"),
    ],
)
def test_a_wrong_line_is_told_and_the_others_hold(line, says):
    data = f"callsign,icao,mode3a\nSKY1,,\n{line}\nSKY2,,\n".encode()
    found = read_flights(data, "a.csv")
    if line == ",,,":  # nothing stands in it
        assert found.n_wrong == 0
        return
    assert [plan.callsign for plan in found.plans] == ["SKY1", "SKY2"]
    assert found.n_wrong == 1
    assert found.errors[0].startswith("a.csv: line 3: ")
    assert says in found.errors[0]


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ('{"from": "tomorrow", "callsign": "A"}', "from: expected a date"),
        ('{"from": "2026-13-01T00:00Z", "callsign": "A"}', "from: expected a date"),
        ('{"from": "nan", "callsign": "A"}', "from: expected a date"),
        ('{"from": 20, "until": 10, "callsign": "A"}', "not before from"),
        ('{"departure": "EGLL"}', "a callsign, icao or mode3a"),
        ('{"callsign": ["A"]}', "a text or a number"),
        ('{"callsign": "A", "wake": "X"}', "wake: expected L, M, H or J"),
        ("7", "as many values"),
    ],
)
def test_a_wrong_entry_is_told(value, says):
    found = read_flights(f"[{value}]".encode(), "a.json")
    assert found.n_wrong == 1
    assert says in found.errors[0]


@pytest.mark.parametrize(
    "data", [b"\xff\xfe", b"[1,", b'{"a": 1}', b"time,place\n1,2\n", b'a"b\n', b"[" * 9_999]
)
def test_what_is_no_list_is_told(data):
    with pytest.raises(DecodeError, match=r"a\.x"):
        read_flights(data, "a.x")


@given(st.one_of(st.binary(max_size=200), st.text(string.printable, max_size=300).map(str.encode)))
def test_any_bytes_are_read_or_refused(data):
    for head in (b"", b"callsign,icao,mode3a,from\n"):
        try:
            found = read_flights(head + data, "x")
        except DecodeError:
            continue
        assert all(plan.callsign or plan.icao >= 0 or plan.mode3a >= 0 for plan in found.plans)


def test_category_062_with_flight_plans_is_read():
    record = {
        "010": {"SAC": 1, "SIC": 2},
        "040": 5,
        "070": 1.0,
        "080": {"MON": 0},
        "060": {"MODE3A": 7421},
        "380": {"ADR": 0x4CA123},
        "390": {"CS": "BAW12", "TAC": "A320", "WTC": "M", "DEP": "EGLL", "DST": "LFPG"},
    }
    table = category(62)
    data = encode_record(table, record)
    del record["390"]
    found = flights_in_block(block(62, data + encode_record(table, record)))
    assert found == [FIRST._replace(from_s=-math.inf, until_s=math.inf, remarks="")]


def rows(icao=-1, callsign="", mode3a=-1, time_s=START_S + 60.0):
    packed = pack_callsign(callsign) if callsign else -1
    return rows_of(1)._replace(
        time_s=np.array([time_s]),
        icao=np.array([icao], np.int32),
        callsign=np.array([packed]),
        mode3a=np.array([mode3a], np.int32),
    )


PLANS = (
    FIRST,
    FlightPlan("SKY1"),
    FlightPlan("SKY2", icao=0xABCDEF),
    FlightPlan("SKY3", icao=0xABCDEF),
    FlightPlan(mode3a=4321, callsign="SKY4"),
    FlightPlan(mode3a=4322),
    FlightPlan(mode3a=4322, remarks="another"),
    FlightPlan(mode3a=7000),
)


@pytest.mark.parametrize(
    ("row", "plan"),
    [
        (rows(0x4CA123), 0),
        (rows(callsign="BAW12"), 0),
        (rows(mode3a=7421), 0),
        (rows(0x4CA123, time_s=START_S - 1.0), NO_PLAN),
        (rows(0x4CA123, time_s=START_S + 9_001.0), NO_PLAN),
        (rows(0x111111, "BAW12"), NO_PLAN),
        (rows(0x4CA123, "OTHER"), NO_PLAN),
        (rows(0xABCDEF), NO_PLAN),
        (rows(0xABCDEF, "SKY3"), 3),
        (rows(0x111111, "SKY1", 7421), 1),
        (rows(mode3a=4321), 4),
        (rows(mode3a=4321, callsign="SKY9"), NO_PLAN),
        (rows(mode3a=4322), NO_PLAN),
        (rows(mode3a=7000), NO_PLAN),
        (rows(), NO_PLAN),
    ],
)
def test_a_track_has_the_plan_that_alone_fits(row, plan):
    assert FlightList(PLANS).match(row).tolist() == [plan]


def test_files_are_read_again_when_they_change(tmp_path):
    path = tmp_path / "flights.csv"
    files = FlightFiles([str(path)])
    assert "expected a file" in files.states()[0].errors[0]
    path.write_bytes(CSV)
    assert files.look()
    assert not files.look()
    assert files.plans_of(rows(0x4CA123)) == [FIRST]
    path.write_bytes(b"no list")
    assert not files.look()
    assert files.plans_of(rows(0x4CA123)) == [FIRST]
    (state,) = files.states()
    assert (state.n_plans, len(state.errors)) == (2, 1)
    path.write_bytes(b"callsign\nSKY7\nSK Y\n")
    assert files.look()
    (state,) = files.states()
    assert (state.n_plans, state.n_wrong, len(state.errors)) == (1, 1, 1)
    assert files.plans_of(rows(0x4CA123)) == [None]


def test_plans_that_others_send_stand_beside_those_of_files(tmp_path):
    files = FlightFiles()
    files.hear([FlightPlan("SKY1", departure="EGLL")])
    held = files.list
    files.hear([FlightPlan("SKY1", departure="EGLL")])
    assert files.list is held
    files.hear([FlightPlan("SKY1", departure="LFPG")])
    assert [plan.departure for plan in files.list.plans] == ["LFPG"]


SYSTEM = {"010": {"SAC": 25, "SIC": 1}, "070": 3600.0, "040": 7}
PLAN = {"CS": "SKY1   ", "TAC": "A320", "WTC": "M", "DEP": "EGLL", "DST": "LFPG"}


def tracks_of(*records):
    return packets_from([encode_block(62, records)], [0])


def test_plans_that_tracks_of_category_062_carry():
    packets = tracks_of(
        SYSTEM | {"390": PLAN, "380": {"ADR": 0x4CA123}},
        SYSTEM,
        SYSTEM | {"390": {"CS": "SKY2   "}},
        SYSTEM | {"390": {"DEP": "EGLL"}},
    )
    assert plans_in(packets) == [
        FlightPlan("SKY1", 0x4CA123, -1, "EGLL", "LFPG", "A320", "M"),
        FlightPlan("SKY2"),
    ]


def test_characters_that_are_none_are_left_out():
    assert text_of(-1) == ""
    assert text_of(int.from_bytes(b"SK\xff\x07Y1 ", "big")) == "SKY1"


def test_a_unit_hears_the_plans_of_other_systems():
    system = Sensor(name="centre", kind="tracker", sac=25, sic=1)
    hearing, heard = Hearing((system,), [RecordedSource("line", "udp://:1")]), []
    hearing.on_plans = heard.extend
    hearing.decode(tracks_of(SYSTEM | {"390": PLAN}))
    assert [plan.callsign for plan in heard] == ["SKY1"]
