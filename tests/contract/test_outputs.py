"""Outputs over loopback: every way out, reconnecting, slow clients, full disks, many clients."""

import json
import socket
import ssl

import numpy as np
import pytest
from tests.naive.certificates import make_certificates
from tests.naive.receivers import Connection, connected, datagrams_at, port_of, udp_socket, until
from tests.naive.said_alerts import area
from tests.naive.track_rows import START_S, rows_of

from skypact.deploy import Output
from skypact.encode.lines import CSV_HEADER
from skypact.errors import ConfigError
from skypact.model.tracks import take_rows
from skypact.serve import carriers, outputs
from skypact.serve.kinds import About
from skypact.serve.outputs import OutputSink
from skypact.serve.peers import Limits

ABOUT = About("north", 25, 100, 75.0)
NONE = np.empty(0, np.int64)
QUICK = Limits(retry_s=0.01, retry_most_s=0.05, linger_s=5.0)


def sink_of(*urls, kind="geojson", limits=QUICK, **fields):
    made = [Output(kind=kind, url=url, confirmed_only=False, **fields) for url in urls]
    return OutputSink(made, ABOUT, limits=limits)


def lines_of(data):
    return [json.loads(line)["properties"]["track"] for line in data.splitlines()]


def test_each_way_out_gets_the_same_lines(tmp_path):
    rows, path = rows_of(40), tmp_path / "tracks.geojson"
    with udp_socket() as receiver:
        port = receiver.getsockname()[1]
        urls = (f"udp://127.0.0.1:{port}", "tcp://127.0.0.1:0?listen", f"file:{path}")
        with sink_of(*urls) as sink:
            client = connected(port_of(sink.states()[1].url))
            until(lambda: sink.states()[1].clients == 1)
            sink.append(rows, NONE, START_S)
            sink.append(take_rows(rows, NONE), rows.track[:2], START_S + 0.1)
            sent = datagrams_at(receiver, 42)
            until(lambda: client.data.count(b"\n") == 42)
    client.close()
    assert b"".join(sent) == client.data == path.read_bytes()
    assert lines_of(client.data) == rows.track.tolist() + rows.track[:2].tolist()
    for state in sink.states():
        assert (state.state, state.messages, state.dropped) == ("over", 42, 0)
        assert state.bytes == len(client.data)
        assert state.error == ""


def test_many_clients_get_the_same_and_one_too_many_is_sent_away():
    rows = rows_of(5)
    with sink_of("tcp://127.0.0.1:0?listen&clients=3", kind="csv") as sink:
        port = port_of(sink.states()[0].url)
        clients = [connected(port) for _ in range(3)]
        until(lambda: sink.states()[0].clients == 3)
        extra = connected(port)
        until(lambda: extra.over)
        sink.append(rows, NONE, START_S)
        until(lambda: all(client.data.count(b"\n") == 6 for client in clients))
        assert {client.data for client in clients} == {clients[0].data}
        assert clients[0].data.startswith(CSV_HEADER)
        assert "sent away" in sink.states()[0].error
    for client in [*clients, extra]:
        client.close()


def test_a_client_connects_again_after_the_server_was_gone():
    rows = rows_of(3)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        sink = sink_of(f"tcp://127.0.0.1:{port}")
        first = Connection(listener.accept()[0])
        until(lambda: sink.states()[0].state == "up")
        sink.append(rows, NONE, START_S)
        until(lambda: first.data.count(b"\n") == 3)
        first.close()
    until(lambda: sink.states()[0].state == "down")
    sink.append(rows, NONE, START_S + 1)
    until(lambda: sink.states()[0].dropped == 3)
    assert sink.states()[0].error
    with socket.create_server(("127.0.0.1", port)) as listener:
        second = Connection(listener.accept()[0])
        until(lambda: sink.states()[0].state == "up")
        sink.append(rows, NONE, START_S + 2)
        until(lambda: second.data.count(b"\n") == 3)
        assert sink.states()[0].connects == 2
        sink.close()
        second.close()


def test_a_slow_client_loses_whole_messages_and_is_disconnected_while_others_get_all():
    limits = QUICK._replace(most_bytes=200_000, slow_s=0.5, linger_s=0.1)
    rows = rows_of(400)
    with sink_of("tcp://127.0.0.1:0?listen", limits=limits) as sink:
        port = port_of(sink.states()[0].url)
        slow = socket.socket()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        slow.connect(("127.0.0.1", port))
        good = connected(port)
        until(lambda: sink.states()[0].clients == 2)
        n = 0
        while sink.states()[0].clients == 2:
            sink.append(take_rows(rows, slice(0, 100)), NONE, START_S + n)
            n += 1
            until(lambda: good.data.count(b"\n") == 100 * n)  # noqa: B023
        assert sink.states()[0].dropped > 0
        assert "slow" in sink.states()[0].error
        assert len(lines_of(good.data)) == 100 * n
        slow.settimeout(10.0)
        got = b""
        try:
            while some := slow.recv(65_536):
                got += some
        except OSError:
            pass
        slow.close()
        whole = got[: got.rfind(b"\n") + 1]
        assert len(lines_of(whole)) < 100 * n
    good.close()


def test_a_full_disk_costs_whole_lines_and_is_told(tmp_path, monkeypatch):
    path, rows, write = tmp_path / "a.csv", rows_of(20), carriers.os.write
    is_full = False

    def limited(place, data):
        if is_full and len(data) > 10:
            write(place, data[:10])
            raise OSError(28, "No space left on device")
        return write(place, data)

    monkeypatch.setattr(carriers.os, "write", limited)
    with sink_of(f"file:{path}", kind="csv") as sink:
        sink.append(rows, NONE, START_S)
        until(lambda: sink.states()[0].messages == 20)
        is_full = True
        sink.append(rows, NONE, START_S + 1)
        until(lambda: sink.states()[0].dropped == 20)
        assert (sink.states()[0].state, sink.states()[0].error) == (
            "down", "No space left on device",
        )  # fmt: skip
        is_full = False
        sink.append(rows, NONE, START_S + 2)
        until(lambda: sink.states()[0].messages == 40)
        assert sink.states()[0].state == "up"
    assert path.read_bytes().count(b"\n") == 41
    assert path.read_bytes().count(CSV_HEADER) == 1


def test_a_file_is_gone_on_with_and_a_day_has_its_own(tmp_path):
    rows, path = rows_of(4), tmp_path / "a.csv"
    for _ in range(2):
        with sink_of(f"file:{path}", kind="csv") as sink:
            sink.append(rows, NONE, START_S)
    assert path.read_bytes().count(b"\n") == 9
    with sink_of(f"file:{path}?daily", kind="csv") as sink:
        sink.append(rows, NONE, START_S)
        until(lambda: sink.states()[0].messages == 4)
        sink.append(rows, NONE, START_S + 86_400.0)
    days = sorted(found.name for found in tmp_path.iterdir())
    assert days == ["a-2026-01-01.csv", "a-2026-01-02.csv", "a.csv"]
    with pytest.raises(ConfigError, match="folder"):
        sink_of(f"file:{tmp_path}/none/a.csv")


def test_only_clients_with_a_certificate_of_the_authority_are_served(tmp_path):
    make_certificates(tmp_path, ["localhost", "client"])
    other = tmp_path / "other"
    other.mkdir()
    make_certificates(other, ["client"])
    ca, rows = f"ca={tmp_path}/ca.pem", rows_of(3)
    own = f"certificate={tmp_path}/localhost.pem&key={tmp_path}/localhost.key"
    with sink_of(f"tls://127.0.0.1:0?{ca}&{own}&listen", kind="csv") as server:
        port = port_of(server.states()[0].url)
        for folder, is_served in ((other, False), (tmp_path, True)):
            context = ssl.create_default_context(cafile=tmp_path / "ca.pem")
            context.load_cert_chain(folder / "client.pem", folder / "client.key")
            plain = socket.create_connection(("127.0.0.1", port), 20.0)
            end = context.wrap_socket(plain, server_hostname="localhost")
            assert end.version() in ("TLSv1.2", "TLSv1.3")
            client = Connection(end)
            until(lambda: client.data or client.over)  # noqa: B023
            assert (client.data == CSV_HEADER) is is_served
            if is_served:
                server.append(rows, NONE, START_S)
                until(lambda: client.data.count(b"\n") == 4)  # noqa: B023
            client.close()


def test_a_client_sends_only_to_a_server_it_knows(tmp_path):
    make_certificates(tmp_path, ["localhost", "client"])
    with sink_of(
        f"tls://127.0.0.1:0?listen&certificate={tmp_path}/localhost.pem"
        f"&key={tmp_path}/localhost.key&ca={tmp_path}/ca.pem",
        kind="csv",
    ) as server:
        port = port_of(server.states()[0].url)
        own = f"certificate={tmp_path}/client.pem&key={tmp_path}/client.key&ca={tmp_path}/ca.pem"
        with sink_of(f"tls://127.0.0.1:{port}?{own}&name=another.example") as wrong:
            until(lambda: wrong.states()[0].error)
            assert "another.example" in wrong.states()[0].error
            assert wrong.states()[0].messages == 0
        with sink_of(f"tls://127.0.0.1:{port}?{own}&name=localhost") as right:
            until(lambda: right.states()[0].state == "up" and server.states()[0].clients == 1)


def test_when_the_outputs_are_behind_rows_are_lost_but_no_end(tmp_path, monkeypatch):
    monkeypatch.setattr(outputs, "MOST_STEPS", 5)
    rows, path = rows_of(3), tmp_path / "a.geojson"
    sink = sink_of(f"file:{path}")
    sink.append(rows, NONE, START_S)
    until(lambda: sink.states()[0].messages == 3)
    with sink._lock:  # as if the thread were busy
        for i in range(20):
            sink._entries.append(outputs._Entry(rows, NONE, START_S + i, None, None, None))
            if i == 0:
                sink._entries[0] = sink._entries[0]._replace(ended=rows.track[:1])
            if len(sink._entries) > outputs.MOST_STEPS:
                sink._shorten()
    sink.close()
    assert sink.n_steps_dropped == 15
    found = [json.loads(line)["properties"] for line in path.read_bytes().splitlines()]
    assert sum("ended" in one for one in found) == 1
    assert len(found) == 3 + 15 + 1


def test_when_the_outputs_are_behind_no_alert_is_lost(tmp_path, monkeypatch):
    monkeypatch.setattr(outputs, "MOST_STEPS", 3)
    path = tmp_path / "a.xml"
    with sink_of(f"file:{path}", kind="cot", alerts=("area",)) as sink:
        with sink._lock:  # as if the thread were busy
            for i in range(9):
                entry = outputs._nothing(START_S + i)
                sink._entries.append(entry._replace(alerts=(area(id=f"area-{i}"),)))
                if len(sink._entries) > outputs.MOST_STEPS:
                    sink._shorten()
        sink.append_alerts([])
        assert sink.states()[0].messages == 0
    assert path.read_bytes().count(b'type="u-d-f"') == 9


def test_a_step_costs_the_pipeline_an_entry_in_a_queue(tmp_path):
    rows = rows_of(10)
    with sink_of(f"file:{tmp_path}/a.csv", kind="csv") as sink:
        sink.append(rows, NONE, START_S)
        assert sink.n_waiting <= 1
        sink.finish()
        sink.append(rows, NONE, START_S)
        assert sink.states()[0].state == "over"
        assert sink.states()[0].messages == 10


def test_a_fault_of_one_output_does_not_silence_the_others(tmp_path):
    rows, path = rows_of(3), tmp_path / "a.csv"
    with sink_of(f"file:{tmp_path}/b.csv", f"file:{path}", kind="csv") as sink:
        sink._ways[0].thinning = None
        sink.append(rows, NONE, START_S)
        until(lambda: sink.states()[1].messages == 3)
        broken, whole = sink.states()
        assert (broken.failed, whole.failed) == (1, 0)
        assert "AttributeError" in broken.error
