"""The TAK protocol: takproto (MIT) reads what was said, and our XML says the same."""

import sys

import numpy as np
import pytest
from tests.naive.track_rows import START_S, rows_of

from skypact.encode.cot import CotEncoder, event_xml
from skypact.encode.tak import PROTOBUF, QUIET, XML, Negotiation, TakWriter
from skypact.errors import MissingExtraError

takproto = pytest.importorskip("takproto")

NOW_MS = round(START_S * 1e3)


def events_of(n):
    encoder, rows = CotEncoder("north", 75.0), rows_of(n)
    sent = encoder.events(rows, np.empty(0, np.int64), START_S)
    return sent + encoder.events(rows, rows.track[:5], START_S + 1.0)


def said(event):
    return {
        "type": event.kind,
        "uid": event.uid,
        "how": event.how,
        "sendTime": event.time_ms,
        "startTime": event.time_ms,
        "staleTime": event.stale_ms,
        "lat": event.lat_deg,
        "lon": event.lon_deg,
        "hae": event.hae_m,
        "ce": event.ce_m,
        "le": event.le_m,
    }


def read(data, event):
    out = takproto.parse_proto(bytearray(data)).cotEvent
    assert {name: getattr(out, name) for name in said(event)} == said(event)
    detail = out.detail
    assert detail.contact.callsign == event.callsign
    assert detail.HasField("track") == (event.course_deg is not None)
    if event.course_deg is not None:
        assert (detail.track.course, detail.track.speed) == (event.course_deg, event.speed_mps)
    return detail.xmlDetail


def test_meshes_streams_and_xml_say_the_same():
    writer = TakWriter("skypact.north")
    events = events_of(300)
    assert any(event.removes for event in events)
    for event in events:
        details = {read(data, event) for data in (writer.mesh(event), writer.stream(event))}
        (detail,) = details
        assert (event.removes or event.remarks) in detail
        read(event_xml(event), event)
        control = takproto.parse_proto(bytearray(writer.mesh(event))).takControl
        assert (control.minProtoVersion, control.maxProtoVersion) == (1, 1)
        assert control.contactUid == "skypact.north"


def test_a_client_and_a_server_agree_on_the_protocol():
    server = Negotiation("skypact.n.protocol.1", is_server=True)
    client = Negotiation("", is_server=False)
    assert client.opening(NOW_MS) == b""
    offer = server.opening(NOW_MS)
    asked = client.hear(event_xml(events_of(1)[0]) + offer[:70], NOW_MS)
    assert (asked.answer, asked.dialect) == (b"", XML)
    asked = client.hear(offer[70:], NOW_MS)
    assert asked.dialect == QUIET
    assert b'uid="skypact.n.protocol.1"' in asked.answer
    answered = server.hear(asked.answer, NOW_MS)
    assert answered.dialect == PROTOBUF
    assert client.hear(answered.answer, NOW_MS).dialect == PROTOBUF
    for message in (offer, asked.answer, answered.answer):
        assert takproto.parse_proto(bytearray(message)).cotEvent.type.startswith("t-x-takp-")


def test_who_is_refused_or_offered_another_version_stays_with_xml():
    client = Negotiation("", is_server=False)
    offer = Negotiation("x", is_server=True).opening(NOW_MS)
    other = offer.replace(b'Support version="1"', b'Support version="7"')
    assert client.hear(other, NOW_MS) == (b"", XML)
    client.hear(offer, NOW_MS)
    no = b'<event type="t-x-takp-r"><TakResponse status="false"/></event>'
    assert client.hear(no, NOW_MS).dialect == XML
    server = Negotiation("x", is_server=True)
    ask = b'<event uid="x" type="t-x-takp-q"><TakRequest version="7"/></event>'
    assert b'status="false"' in server.hear(ask, NOW_MS).answer
    assert server.dialect == XML


def test_noise_is_no_negotiation_and_is_not_kept():
    client = Negotiation("", is_server=False)
    for _ in range(4):
        assert client.hear(b"\xbf\x00<event type='t-x" * 10_000, NOW_MS) == (b"", XML)
    assert len(client._left) <= 1 << 16


def test_without_takproto_the_install_line_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "takproto.constants", None)
    with pytest.raises(MissingExtraError, match=r"skypact\[tak\]"):
        TakWriter("skypact.n")
