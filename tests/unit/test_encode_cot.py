"""Cursor on Target: what an event says, what is never said, and how markers are taken away."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.naive.track_rows import START_S, rows_of

from skypact.encode.cot import CotEncoder, CotEvent, event_xml
from skypact.model.flights import FlightPlan
from skypact.model.reports import pack_callsign
from skypact.model.tracks import CLASSES, concat_rows, take_rows
from skypact.units import DEGREE

NONE = np.empty(0, np.int64)
REQUIRED = {"version", "uid", "type", "time", "start", "stale", "how"}


def three():
    rows = rows_of(3, seed=5)
    return rows._replace(
        track=np.array([7, 8, 9]),
        time_s=np.full(3, START_S + 0.125),
        target_class=np.array([1, 0, 7], np.int8),
        callsign=np.array([pack_callsign("SKY12"), -1, -1]),
        vn_mps=np.array([100.0, 0.0, np.nan]),
        ve_mps=np.array([0.0, -50.0, np.nan]),
        altitude_m=np.array([10_000.04, 500.0, np.nan]),
    )


def read(events):
    return [ET.fromstring(event_xml(event)) for event in events]


def test_an_event_holds_what_the_schema_requires_and_the_track():
    rows = three()
    events = read(CotEncoder("north", 75.0).events(rows, NONE, START_S))
    assert len(events) == 3
    for i, event in enumerate(events):
        assert set(event.attrib) == REQUIRED
        assert event.get("version") == "2.0"
        assert event.get("uid") == f"skypact.north.{rows.track[i]}"
        assert event.get("time") == event.get("start") == "2026-01-01T12:00:00.125Z"
        assert event.get("stale") == "2026-01-01T12:01:15.125Z"
        assert [child.tag for child in event] == ["point", "detail"]
        point = {name: float(value) for name, value in event.find("point").attrib.items()}
        assert set(point) == {"lat", "lon", "hae", "ce", "le"}
        assert point["lat"] == pytest.approx(rows.lat_rad[i] / DEGREE, abs=1e-7)
        assert point["lon"] == pytest.approx(rows.lon_rad[i] / DEGREE, abs=1e-7)
        ce = np.sqrt((rows.sigma_n_m[i] ** 2 + rows.sigma_e_m[i] ** 2) / 2)
        assert point["ce"] == pytest.approx(ce, abs=0.06)
    assert [event.get("type") for event in events] == ["a-n-A-C-F", "a-u-A", "a-u-G"]
    assert [event.find("point").get("hae") for event in events] == ["10000.0", "500.0", "9999999.0"]
    contacts = [event.find("detail/contact").get("callsign") for event in events]
    assert contacts == ["SKY12", "north.8", "north.9"]
    tracks = [event.find("detail/track") for event in events]
    assert [t if t is None else (t.get("course"), t.get("speed")) for t in tracks] == [
        ("0.0", "100.0"),
        ("270.0", "50.0"),
        None,
    ]


def test_no_class_is_hostile_or_suspect():
    rows = take_rows(three(), np.zeros(len(CLASSES), np.int64))._replace(
        track=np.arange(len(CLASSES)), target_class=np.arange(len(CLASSES), dtype=np.int8)
    )
    kinds = {event.kind for event in CotEncoder("n", 75.0).events(rows, NONE, START_S)}
    assert {kind.split("-")[1] for kind in kinds} <= {"u", "n"}


def test_ballistic_objects_are_not_sent_and_their_markers_are_taken_away():
    encoder, rows = CotEncoder("n", 75.0), three()
    encoder.events(rows, NONE, START_S)
    rows = rows._replace(
        p_ballistic=np.array([0.51, 0.0, 0.0]), target_class=np.array([1, 8, 0], np.int8)
    )
    events = encoder.events(rows, NONE, START_S + 1.0)
    assert [event.uid for event in events if not event.removes] == ["skypact.n.9"]
    gone = [event for event in events if event.removes]
    assert [event.removes for event in gone] == ["skypact.n.7", "skypact.n.8"]
    assert {(event.lat_deg, event.lon_deg, event.course_deg) for event in gone} == {
        (0.0, 0.0, None)
    }
    assert encoder.n_withheld == 2
    assert [e.uid for e in encoder.events(rows, NONE, START_S + 2.0)] == ["skypact.n.9"]


def test_the_marker_of_a_track_that_ends_is_deleted_once():
    encoder, rows = CotEncoder("n", 75.0), three()
    encoder.events(rows, NONE, START_S)
    ended = np.array([8, 99])
    *_, event = read(encoder.events(rows, ended, START_S + 4.0))
    assert (event.get("type"), event.get("uid")) == ("t-x-d-d", "skypact.n.8.end")
    assert set(event.attrib) == REQUIRED
    assert event.find("detail/link").attrib == {
        "uid": "skypact.n.8",
        "relation": "none",
        "type": "none",
    }
    assert event.find("detail/__forcedelete") is not None
    assert len(encoder.events(take_rows(rows, NONE), ended, START_S + 5.0)) == 0


def test_of_several_updates_the_last_is_sent_with_its_plan():
    rows = three()
    both = concat_rows(
        [rows, take_rows(rows, slice(1, 2))._replace(time_s=np.array([START_S + 9]))]
    )
    plans = [None, FlightPlan("OLD"), None, FlightPlan("BAW12", departure="EGLL", area="R-1")]
    events = CotEncoder("n", 75.0).events(both, NONE, START_S, plans)
    assert [event.uid[-1] for event in events] == ["7", "9", "8"]
    assert events[2].callsign == "BAW12"
    assert events[2].remarks.endswith("plan BAW12 EGLL- R-1")


def test_rows_without_a_place_are_counted():
    encoder = CotEncoder("n", 75.0)
    rows = three()._replace(lat_rad=np.array([np.nan, 1.7, 0.5]))
    assert len(encoder.events(rows, NONE, START_S)) == 1
    assert encoder.n_unplaced == 2


@given(st.text(), st.text(), st.text())
def test_any_text_makes_well_formed_xml(callsign, remarks, uid):
    event = CotEvent(uid, "a-u-A", "m-f", 0, 1, 0.0, 0.0, 0.0, 1.0, 1.0, callsign, remarks=remarks)
    root = ET.fromstring(event_xml(event))
    assert [child.tag for child in root.find("detail")][-1] == "remarks"
    if callsign.isprintable() and callsign:
        assert root.find("detail/contact").get("callsign") == callsign
    if remarks.isprintable():
        assert (root.find("detail/remarks").text or "") == remarks


@pytest.mark.parametrize("packed", [0, 0x6FFFFFFFFFFF, (1 << 48) - 1, 0x7F7F7F7F7F7F])
def test_any_callsign_on_the_air_makes_well_formed_xml(packed):
    rows = three()._replace(callsign=np.full(3, packed))
    assert len(read(CotEncoder("n", 75.0).events(rows, NONE, START_S))) == 3
