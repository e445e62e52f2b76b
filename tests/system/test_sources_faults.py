"""Sources in trouble, over loopback: floods, peers that go and come, garbage, strangers."""

import gzip
import http.server
import os
import socket
import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest
from tests.naive import framed_bytes as made

from skypact.deploy import Overload
from skypact.errors import ConfigError
from skypact.sources.channel import Channel
from skypact.sources.inlet import LiveInlet
from skypact.sources.stamp import StampClock
from skypact.sources.standard import StandardDriver
from skypact.sources.tcp import keep_alive
from skypact.sources.url import parse_source
from skypact.sources.waiting import Waiting

pytestmark = pytest.mark.live

ALL = 1 << 62
BLOCK = made.plots()
QUICK_S = 0.01


def until(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.002)


def opened(*urls, limits=None):
    sources = [parse_source(url) for url in urls]
    return LiveInlet(sources, limits, seed=1, first_pause_s=QUICK_S)


@contextmanager
def sender(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(("127.0.0.1", port))
        yield sock


def is_hung_up(peer):
    peer.settimeout(20)
    try:
        return peer.recv(1) == b""
    except ConnectionResetError:
        return True


def taken(inlet):
    batch = inlet.take(ALL)
    return [
        (int(link), batch.data[s:e].tobytes())
        for link, s, e in zip(batch.link, batch.start, batch.end, strict=True)
    ]


# --- datagrams ------------------------------------------------------------------------------------


def test_a_flood_on_one_source_does_not_delay_or_displace_another():
    limits = Overload(most_packets=500)
    with opened("udp://127.0.0.1:0", "udp://127.0.0.1:0", limits=limits) as inlet:
        flood, quiet = inlet.ports()
        stop, late_s = threading.Event(), []

        def pour():
            with sender(flood) as sock:
                while not stop.is_set():
                    sock.send(bytes(200))

        thread = threading.Thread(target=pour)
        thread.start()
        until(lambda: inlet.states()[0].n_dropped > 1000)
        with sender(quiet) as sock:
            for number in range(30):
                sent_ns = inlet.clock.now_ns()
                sock.send(b"%d" % number)
                until(lambda n=number: inlet.states()[1].n_packets == n + 1)
                late_s.append((inlet.states()[1].last_ns - sent_ns) / 1e9)
        stop.set()
        thread.join()
        assert [p for link, p in taken(inlet) if link == 1] == [b"%d" % n for n in range(30)]
        assert inlet.states()[1].n_dropped == 0
        assert np.median(late_s) < 0.5


def test_what_is_over_the_quota_is_dropped_and_counted():
    with opened("udp://127.0.0.1:0?packets=50") as inlet, sender(inlet.ports()[0]) as sock:
        for _ in range(200):
            sock.send(b"x")
        until(lambda: inlet.states()[0].n_packets == 200)
        state, n = inlet.states()[0], len(taken(inlet))
        assert n + state.n_over_quota == 200
        assert 50 <= n <= 150


def test_a_sender_that_is_not_allowed_is_refused_and_counted():
    urls = ("udp://127.0.0.1:0?from=192.0.2.0/24", "udp://127.0.0.1:0?from=127.0.0.0/8")
    with opened(*urls) as inlet:
        for port in inlet.ports():
            with sender(port) as sock:
                sock.send(b"x")
        until(lambda: inlet.states()[0].n_refused + inlet.states()[1].n_packets == 2)
        assert taken(inlet) == [(1, b"x")]
        assert inlet.states()[0].state == "waiting"


def test_a_source_is_silent_after_its_time_and_up_again():
    with opened("udp://127.0.0.1:0?silent=0.05") as inlet, sender(inlet.ports()[0]) as sock:
        assert inlet.states()[0].state == "waiting"
        sock.send(b"x")
        until(lambda: inlet.states()[0].n_packets == 1)
        until(lambda: inlet.states()[0].state == "silent")
        sock.send(b"x")
        until(lambda: inlet.states()[0].state == "up")


@pytest.mark.parametrize("url", ["udp://127.0.0.1:{}", "tcp://127.0.0.1:{}?listen"])
def test_a_port_that_is_taken_is_a_clear_error_and_leaves_nothing_open(url):
    kind = socket.SOCK_DGRAM if url.startswith("udp") else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            other.listen()
        taken_url = url.format(other.getsockname()[1])
        with pytest.raises(ConfigError, match=rf"source {taken_url.split('?')[0]}.*in use"):
            opened("udp://127.0.0.1:0", taken_url)


def test_an_address_of_another_machine_and_a_missing_file_are_clear_errors():
    with pytest.raises(ConfigError, match=r"udp://192\.0\.2\.9:1: expected an address"):
        opened("udp://192.0.2.9:1")
    with pytest.raises(ConfigError, match=r"file:nowhere\.pcap: nowhere\.pcap: .*no such file"):
        opened("file:nowhere.pcap")
    with pytest.raises(ConfigError, match="got it twice"):
        opened("-", "-")


# --- streams --------------------------------------------------------------------------------------


def test_a_peer_that_restarts_is_connected_to_again():
    server = socket.create_server(("127.0.0.1", 0))
    place = server.getsockname()
    with opened(f"tcp://127.0.0.1:{place[1]}") as inlet:
        for n in (1, 2):
            peer, _ = server.accept()
            peer.sendall(BLOCK + BLOCK[:5])
            until(lambda n=n: inlet.states()[0].n_bytes == n * len(BLOCK))
            peer.close()
        server.close()
        until(lambda: inlet.states()[0].state == "down")
        assert inlet.states()[0].error
        server = socket.create_server(place)
        peer, _ = server.accept()
        peer.sendall(BLOCK)
        until(lambda: inlet.states()[0].state == "up" and inlet.states()[0].n_packets == 3)
        assert inlet.states()[0].n_connects >= 3
        assert taken(inlet) == [(0, BLOCK)] * 3
        assert inlet.states()[0].n_breaks == 2
        peer.close()
        server.close()


def test_a_name_that_is_not_known_is_tried_again():
    with opened("tcp://nowhere.invalid:1") as inlet:
        until(lambda: inlet.states()[0].state == "down")
        assert inlet.states()[0].error


def test_blocks_that_trickle_in_come_whole():
    with opened("tcp://127.0.0.1:0?listen") as inlet:
        with socket.create_connection(("127.0.0.1", inlet.ports()[0])) as peer:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for octet in BLOCK * 3:
                peer.sendall(bytes([octet]))
                time.sleep(0.0005)
            until(lambda: inlet.states()[0].n_bytes == 3 * len(BLOCK))
        assert b"".join(p for _, p in taken(inlet)) == BLOCK * 3


def test_garbage_on_one_connection_does_not_touch_another():
    with opened("tcp://127.0.0.1:0?listen") as inlet:
        place = ("127.0.0.1", inlet.ports()[0])
        noise = np.random.default_rng(4).bytes(1 << 21)
        with socket.create_connection(place) as good, socket.create_connection(place) as bad:
            until(lambda: inlet.states()[0].n_connects == 2)
            good.sendall(BLOCK)
            with pytest.raises(ConnectionError):
                bad.sendall(noise * 50)
            good.sendall(BLOCK)
            found = []
            until(lambda: found.extend(taken(inlet)) or found.count((0, BLOCK)) == 2)
        assert inlet.states()[0].n_breaks >= 1


def test_a_stranger_cannot_connect():
    with opened("tcp://127.0.0.1:0?listen&from=192.0.2.0/24") as inlet:
        with socket.create_connection(("127.0.0.1", inlet.ports()[0])) as peer:
            assert is_hung_up(peer)
        assert inlet.states()[0].n_refused == 1
        assert "127.0.0.1 is not allowed" in inlet.states()[0].error
        assert taken(inlet) == []


def test_one_receiver_at_a_time_and_the_same_one_may_come_back():
    with opened("tcp://127.0.0.1:0?listen&format=beast") as inlet:
        place = ("127.0.0.1", inlet.ports()[0])
        with socket.create_connection(place) as first:
            first.sendall(b"\x1a1abc")
            until(lambda: inlet.states()[0].n_bytes == 5)
            with socket.create_connection(place) as second:
                second.sendall(b"\x1a2def")
                until(lambda: inlet.states()[0].n_bytes == 10)
        assert taken(inlet) == [(0, b"\x1a1abc"), (0, b"\x1a2def")]


def test_a_sender_that_is_there_but_sends_nothing_is_given_up():
    with opened("tcp://127.0.0.1:0?listen&idle=0.1") as inlet:
        with socket.create_connection(("127.0.0.1", inlet.ports()[0])) as peer:
            assert is_hung_up(peer)
        until(lambda: "nothing came for 0.1 s" in inlet.states()[0].error)


def test_a_server_that_is_there_but_sends_nothing_is_connected_to_again():
    with socket.create_server(("127.0.0.1", 0)) as server:
        with opened(f"tcp://127.0.0.1:{server.getsockname()[1]}?idle=0.1") as inlet:
            peers = [server.accept()[0] for _ in range(2)]
            until(lambda: "nothing came for 0.1 s" in inlet.states()[0].error)
        for peer in peers:
            peer.close()


def test_the_system_asks_silent_peers_whether_they_are_there():
    with socket.socket() as sock:
        keep_alive(sock)
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        if hasattr(socket, "TCP_KEEPIDLE"):
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 10


# --- files, standard input, pages -----------------------------------------------------------------


def recording(tmp_path, n=20, step_s=1):
    frames = [made.ethernet(made.ipv4(made.udp(made.plots(made.plot(i))))) for i in range(n)]
    path = tmp_path / "a.pcap"
    path.write_bytes(made.pcap(frames))
    return path


def test_a_recording_is_played_at_its_own_pace_with_its_offsets(tmp_path):
    with opened(f"file:{recording(tmp_path)}?speed=100") as inlet:
        before_ns = inlet.clock.now_ns()
        until(lambda: inlet.states()[0].state == "over")
        batch = inlet.take(ALL)
        gaps_s = np.diff(batch.received_ns) / 1e9
        assert batch.start.size == 20
        assert batch.received_ns[0] >= before_ns - 10**9
        assert np.median(gaps_s) == pytest.approx(0.01, abs=0.001)


def test_a_recording_waits_where_the_pipeline_does_not_follow(tmp_path):
    url = f"file:{recording(tmp_path, 400)}?speed=max"
    with opened(url, "udp://127.0.0.1:0", limits=Overload(most_packets=100)) as inlet:
        got = []
        end = time.monotonic() + 60
        while len(got) < 400 and time.monotonic() < end:
            got += taken(inlet)
        assert len(got) == 400
        assert inlet.states()[0].n_dropped == 0


def test_a_looped_recording_begins_again(tmp_path):
    with opened(f"file:{recording(tmp_path, 5)}?speed=max&loop") as inlet:
        until(lambda: inlet.states()[0].n_packets >= 15)
        payloads = [p for _, p in taken(inlet)]
        assert payloads[:15] == payloads[:5] * 3


def test_a_raw_recording_without_stamps_comes_in_whole_blocks(tmp_path):
    path = tmp_path / "a.ast"
    path.write_bytes(BLOCK * 10_000)
    with opened(f"file:{path}") as inlet:
        until(lambda: inlet.states()[0].state == "over")
        payloads = [p for _, p in taken(inlet)]
        assert b"".join(payloads) == BLOCK * 10_000
        assert all(len(p) % len(BLOCK) == 0 for p in payloads)


def test_a_receivers_file_is_handed_on_as_it_is(tmp_path):
    path = tmp_path / "a.avr.gz"
    path.write_bytes(gzip.compress(b"*8D4840D6202CC371C32CE0576098;\n" * 5000))
    with opened(f"file:{path}?format=avr") as inlet:
        until(lambda: inlet.states()[0].state == "over")
        assert b"".join(p for _, p in taken(inlet)) == gzip.decompress(path.read_bytes())


@pytest.mark.filterwarnings("error")
def test_standard_input_is_read_to_its_end():
    clock = StampClock()
    waiting = Waiting(1, 1000, 1 << 20, clock.now_ns)
    channel = Channel(0, parse_source("-"), waiting, clock)
    reading, writing = os.pipe()
    driver = StandardDriver(channel, reading)
    driver.open()
    driver._thread.start()
    os.write(writing, BLOCK * 2 + BLOCK[:4])
    until(lambda: channel.state().n_packets == 1)
    os.write(writing, BLOCK[4:])
    os.close(writing)
    until(lambda: channel.state().state == "over")
    driver.close()
    os.close(reading)
    assert waiting.take(ALL).data.tobytes() == BLOCK * 3
    assert channel.n_breaks == 0


class Page(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    answers = ()

    def do_GET(self):
        status, fields, body = self.answers[min(self.server.asked, len(self.answers) - 1)]
        self.server.asked += 1
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, *_):
        pass


@contextmanager
def page(*answers):
    handler = type("Answers", (Page,), {"answers": answers})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.asked = 0
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/data/aircraft.json?period=0.01"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_page_is_asked_for_again_and_again():
    body = b'{"now": 1.0, "aircraft": []}'
    chunked = {"Transfer-Encoding": "chunked"}
    chunks = b"5\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (body[:5], len(body) - 5, body[5:])
    answers = (
        (200, {"Content-Length": str(len(body))}, body),
        (200, chunked, chunks),
        (200, {}, body),
    )
    with page(*answers) as url, opened(url) as inlet:
        until(lambda: inlet.states()[0].n_packets >= 4)
        assert inlet.states()[0].n_connects == 1
        assert {p for _, p in taken(inlet)} == {body}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((404, {"Content-Length": "0"}, b""), "status 200, got 404"),
        ((200, {"Content-Length": "99"}, b"short"), "5 bytes read"),
        ((200, {"Content-Length": str(1 << 30)}, b""), "at most 16 MiB"),
        ((200, {"Content-Length": "x"}, b""), "invalid literal"),
        ((200, {"Transfer-Encoding": "chunked"}, b"zz\r\n"), "invalid literal"),
        ((200, {f"X-{i}": "y" for i in range(120)}, b""), "at most 100 header fields"),
    ],
)
def test_a_page_that_fails_is_told_and_asked_for_again(answer, words):
    good = (200, {"Content-Length": "2"}, b"{}")
    with page(answer, answer, good) as url, opened(url) as inlet:
        until(lambda: inlet.states()[0].n_packets)
        assert words in inlet.states()[0].error
        assert inlet.states()[0].state == "up"
