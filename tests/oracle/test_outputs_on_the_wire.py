"""What a unit sends over loopback, read by peers: Wireshark, libasterix, takproto."""

import shutil
import socket
import subprocess
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from tests.naive import warned
from tests.naive.libasterix_records import assert_same_record, oracle_records
from tests.naive.receivers import connected, datagrams_at, port_of, udp_socket, until
from tests.naive.said_alerts import area, conflict, told
from tests.naive.track_rows import START_S, rows_of
from tests.naive.warned import warnings_in

from skypact.decode.asterix.records import decode_block
from skypact.deploy import Output
from skypact.encode.cat063 import SensorState
from skypact.encode.pcapng import Line, file_header, packet_block
from skypact.model.flights import FlightPlan
from skypact.model.reports import MODES, empty_reports
from skypact.model.tracks import take_rows
from skypact.serve.flights import FlightList
from skypact.serve.kinds import About, Released, UnitState
from skypact.serve.outputs import OutputSink
from skypact.units import DEGREE

ABOUT = About("north", 25, 100, 75.0)
NONE = np.empty(0, np.int64)
SENSORS = (SensorState(1, 2, 0, True, -55.0, 1.5e-4, 0.002), SensorState(3, 4, 2))
N = 100


def sent_asterix():
    """Datagrams of a unit that tracks for 2.5 s, tells of alerts and then ends ten tracks."""
    rows = rows_of(N)._replace(time_s=np.full(N, START_S), confirmed=np.ones(N, np.int8))
    unit = UnitState(status=1, overload=True, sensors=SENSORS, rules=("conflict", "area"))
    tracks = rows.track[:3].tolist()
    alerts = [conflict(tracks=tuple(tracks[:2])), area(tracks=tuple(tracks[2:])), told("gnss")]
    report = empty_reports(N)._replace(time_s=rows.time_s - 1.0, kind=np.full(N, MODES, np.int8))
    with udp_socket() as receiver:
        url = f"udp://127.0.0.1:{receiver.getsockname()[1]}"
        with OutputSink([Output(kind="asterix", url=url)], ABOUT, lambda: unit) as sink:
            sink.note(rows.track, report)
            sink.append(rows, NONE, START_S)
            sink.append_alerts(alerts)
            sink.append_alerts([alerts[0]._replace(state="cleared")])
            for step in range(1, 25):
                sink.append(take_rows(rows, NONE), NONE, START_S + step / 10)
            sink.append(take_rows(rows, NONE), rows.track[:10], START_S + 2.5)
        (state,) = sink.states()
        assert (state.dropped, state.error, state.alerts_unsent) == (0, "", 1)
        return rows, datagrams_at(receiver, state.messages)


def records(blocks, number):
    return [r for b in blocks if b[0] == number for r in decode_block(b).records]


def test_libasterix_reads_the_same_values_from_the_socket():
    rows, blocks = sent_asterix()
    n = 0
    for block in blocks:
        raw, scaled = decode_block(block, raw=True), decode_block(block)
        theirs = oracle_records(block[0], block)
        for ours, same, other in zip(raw.records, scaled.records, theirs, strict=True):
            assert_same_record(ours, same, other)
            n += 1
    tracks = records(blocks, 62)
    assert n == sum(len(records(blocks, number)) for number in (4, 62, 63, 65))
    numbers = [r["040"]["TRK"] if isinstance(r["040"], dict) else r["040"] for r in tracks[:3]]
    safety = records(blocks, 4)
    assert [r["000"] for r in safety] == [1, 7, 5, 17, 1, 1]
    assert [safety[1]["030"], safety[1]["035"], safety[2]["030"]] == numbers
    assert [r["080"]["TSB"] for r in tracks] == [1] * N + [0] * 10
    assert [r["080"]["TSE"] for r in tracks] == [0] * N + [1] * 10
    assert {r["290"]["MDS"] for r in tracks[:N]} == {1.0}
    lat = [r["105"]["LAT"] * DEGREE for r in tracks[:N]]
    np.testing.assert_allclose(lat, rows.lat_rad, atol=1e-7)
    assert [r["000"] for r in records(blocks, 65)] == [2, 1] * 3
    assert [r["020"] for r in records(blocks, 65) if "020" in r] == [1, 2, 3]
    assert {(r["040"]["NOGO"], r["040"]["OVL"]) for r in records(blocks, 65) if "040" in r} == {
        (1, 1)
    }
    assert [r["060"]["CON"] for r in records(blocks, 63)] == [0, 3] * 3


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_wireshark_reads_every_datagram_without_a_malformed_one(tmp_path):
    _, blocks = sent_asterix()
    path, line = tmp_path / "sent.pcapng", Line("out", (10, 0, 0, 1), (239, 1, 1, 1), 8600)
    packets = [packet_block(0, line, round(START_S * 1e9) + i, b) for i, b in enumerate(blocks)]
    path.write_bytes(file_header([line]) + b"".join(packets))
    command = ["tshark", "-r", str(path), "-d", "udp.port==8600,asterix", "-T", "pdml"]
    text = subprocess.run(command, capture_output=True, check=True, timeout=120).stdout
    assert b"malformed" not in text
    shown = [
        sorted({f.get("show") for f in packet.iter("field") if f.get("name") == "asterix.category"})
        for packet in ET.fromstring(text).iter("packet")
    ]
    assert shown == [[str(block[0])] for block in blocks]


def stream_of(kind, clients_speak, plans=None):
    """What each client of a listening output got, `clients_speak` by their answers."""
    rows = rows_of(20)._replace(confirmed=np.ones(20, np.int8))
    output = Output(kind=kind, url="tcp://127.0.0.1:0?listen")
    with OutputSink([output], ABOUT, plans=plans) as sink:
        clients = [connected(port_of(sink.states()[0].url)) for _ in clients_speak]
        until(lambda: sink.states()[0].clients == len(clients))
        for client, answer in zip(clients, clients_speak, strict=True):
            if answer:
                until(lambda: client.data.endswith(b"</event>"))  # noqa: B023
                client.end.sendall(answer)
                until(lambda: b"t-x-takp-r" in client.data)  # noqa: B023
        sink.append(rows, NONE, START_S)
        sink.append(take_rows(rows, NONE), rows.track[:3], START_S + 1.0)
    until(lambda: all(client.over for client in clients))
    for client in clients:
        client.close()
    return rows, [client.data for client in clients]


AREAS = ("area", "ballistic")


def drawn(kind, url, about, steps):
    """State of an output of areas after `steps` were given to its sink."""
    output = Output(kind=kind, url=url, alerts=AREAS)
    with OutputSink([output], about) as sink:
        for step in steps:
            step(sink)
    return sink.states()[0]


def test_areas_in_the_tak_protocol_and_only_released_ones_of_what_is_held(tmp_path):
    takproto = pytest.importorskip("takproto")
    about = ABOUT._replace(status="Exercise")
    written = []
    warnings = warnings_in(tmp_path, [written.append])
    warnings.append_alerts([warned.alert()])
    warnings.release(warned.alert().id, "anna", "release", warned.NOW_S + 9.0)
    draft, public = (Released(one.alert, one.message) for one in written)
    with udp_socket() as receiver:
        url = f"udp://127.0.0.1:{receiver.getsockname()[1]}"
        steps = [
            lambda sink: sink.append_alerts([area(), warned.alert(), told("gnss")]),
            lambda sink: sink.append_released(draft),
            lambda sink: sink.append_released(public),
        ]
        state = drawn("tak", url, about, steps)
        events = [takproto.parse_proto(bytearray(d)) for d in datagrams_at(receiver, 2)]
    assert (state.messages, state.failed, state.alerts_unsent) == (2, 0, 0)
    for event, place in zip(events, ((56.0, 24.0), (54.0, 25.0)), strict=True):
        event = event.cotEvent
        assert (event.type, event.how, event.lat, event.lon) == ("u-d-f", "m-g", *place)
        assert event.detail.contact.callsign.startswith("EXERCISE: ")
        assert event.detail.xmlDetail.count("<link point=") == 5
        assert not event.detail.HasField("track")
    sent = draft.message.sent_s + 9.0
    assert events[1].cotEvent.staleTime == round(public.message.infos[0].expires_s * 1e3)
    assert events[1].cotEvent.sendTime == round(sent * 1e3)


def test_areas_as_xml_and_their_end(tmp_path):
    takproto = pytest.importorskip("takproto")
    path = tmp_path / "a.xml"
    steps = [
        lambda sink: sink.append_alerts([area()]),
        lambda sink: sink.append_alerts([area("cleared")]),
    ]
    drawn("cot", f"file:{path}", ABOUT._replace(status="Test"), steps)
    begun, ended = documents(path.read_bytes())
    event = takproto.parse_proto(bytearray(begun)).cotEvent
    assert (event.type, event.detail.contact.callsign) == ("u-d-f", "TEST: area Riga centre")
    assert f'<link uid="{event.uid}"'.encode() in ended


def documents(data):
    return [part + b"</event>" for part in data.split(b"</event>")[:-1]]


def test_cursor_on_target_as_xml_over_tcp():
    takproto = pytest.importorskip("takproto")
    rows = rows_of(20)
    named = int(np.flatnonzero((rows.icao >= 0) & (rows.callsign < 0))[0])
    plan = FlightPlan("BAW12", icao=int(rows.icao[named]), departure="EGLL", destination="LFPG")
    rows, (data,) = stream_of("cot", [b""], FlightList([plan]))
    assert data.endswith(b"</event>")
    found = documents(data)
    assert len(found) == 23
    for document, lat in zip(found[:20], rows.lat_rad.tolist(), strict=True):
        event = takproto.parse_proto(bytearray(document)).cotEvent
        assert event.lat == pytest.approx(lat / DEGREE, abs=1e-7)
    assert sum(b"EGLL-LFPG" in document for document in found) == 1
    assert all(b"t-x-d-d" in document for document in found[20:])


def test_the_tak_protocol_for_those_that_agree_and_xml_for_those_that_do_not():
    takproto = pytest.importorskip("takproto")
    ask = b'<event uid="x" type="t-x-takp-q"><detail><TakControl><TakRequest version="1"/>'
    rows, (new, old) = stream_of("tak", [ask + b"</TakControl></detail></event>", b""])
    assert len(documents(old)) == 1 + 23
    at, n = new.index(b"\xbf"), 0
    assert len(documents(new[:at])) == 2
    while at < len(new):
        assert new[at] == 0xBF
        size, at = varint(new, at + 1)
        head = new[at - 2 if size < 128 else at - 3 : at]
        event = takproto.parse_proto(bytearray(head + new[at : at + size])).cotEvent
        if n < 20:
            assert event.lon == pytest.approx(rows.lon_rad[n] / DEGREE, abs=1e-7)
        at, n = at + size, n + 1
    assert n == 23


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 0x80:
            return value, at


def test_the_tak_protocol_on_a_mesh():
    takproto = pytest.importorskip("takproto")
    rows = rows_of(20)._replace(confirmed=np.ones(20, np.int8))
    with udp_socket() as receiver:
        url = f"udp://127.0.0.1:{receiver.getsockname()[1]}"
        with OutputSink([Output(kind="tak", url=url)], ABOUT) as sink:
            sink.append(rows, NONE, START_S)
        events = [takproto.parse_proto(bytearray(d)).cotEvent for d in datagrams_at(receiver, 20)]
    assert [event.uid for event in events] == [f"skypact.north.{t}" for t in rows.track.tolist()]


def test_the_tak_protocol_in_a_file(tmp_path):
    takproto = pytest.importorskip("takproto")
    path, rows = tmp_path / "a.tak", rows_of(1)._replace(confirmed=np.ones(1, np.int8))
    with OutputSink([Output(kind="tak", url=f"file:{path}")], ABOUT) as sink:
        sink.append(rows, NONE, START_S)
    event = takproto.parse_proto(bytearray(path.read_bytes())).cotEvent
    assert event.uid == f"skypact.north.{rows.track[0]}"


def test_multicast_is_heard_on_this_machine():
    rows = rows_of(5)._replace(confirmed=np.ones(5, np.int8))
    group, there = "239.255.25.101", socket.inet_aton("127.0.0.1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("", 0))
        receiver.settimeout(10.0)
        member = socket.inet_aton(group) + there
        receiver.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
        url = f"udp://{group}:{receiver.getsockname()[1]}?interface=127.0.0.1"
        with OutputSink([Output(kind="asterix", url=url)], ABOUT) as sink:
            sink.append(rows, NONE, START_S)
        (block,) = datagrams_at(receiver, 1)
    assert len(decode_block(block).records) == 5
