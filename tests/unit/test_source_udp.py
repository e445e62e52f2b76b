"""Datagrams are read the same way one by one and many at a time; sockets that break come back."""

import socket
import time
from ipaddress import ip_address

import pytest

from skypact.errors import SourceError
from skypact.sources import burst, inlet, udp
from skypact.sources.burst import BurstReader, SingleReader, best_reader
from skypact.sources.url import parse_source


def until(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.002)


def readers():
    yield SingleReader()
    best = best_reader()
    if not isinstance(best, SingleReader):
        yield best


@pytest.fixture(params=["127.0.0.1", "::1"])
def pair(request):
    family = socket.AF_INET6 if ":" in request.param else socket.AF_INET
    try:
        receiver = socket.socket(family, socket.SOCK_DGRAM)
        receiver.bind((request.param, 0))
    except OSError as error:
        pytest.skip(f"no {request.param} here: {error}")
    receiver.setblocking(False)
    sender = socket.socket(family, socket.SOCK_DGRAM)
    sender.connect(receiver.getsockname()[:2])
    yield receiver, sender, ip_address(request.param).packed
    receiver.close()
    sender.close()


def test_every_reader_gives_whole_datagrams_in_order_with_their_senders(pair):
    receiver, sender, address = pair
    sizes = [1, 0, 1472, 60_000, 8]
    for reader in readers():
        assert reader.read(receiver, senders=True) == ([], [])
        for senders in (True, False):
            payloads = [bytes([i]) * n for i, n in enumerate(sizes)]
            for payload in payloads:
                sender.send(payload)
            names = [address] * len(sizes) if senders else []
            assert reader.read(receiver, senders=senders) == (payloads, names)


def test_a_burst_has_an_end(pair, monkeypatch):
    monkeypatch.setattr(burst, "AT_ONCE", 8)
    receiver, sender, _ = pair
    for reader in readers():
        for i in range(11):
            sender.send(bytes([i]))
        assert [len(reader.read(receiver, senders=False)[0]) for _ in range(3)] == [8, 3, 0]


def test_a_closed_socket_is_an_error(pair):
    receiver, _, _ = pair
    receiver.close()
    for reader in readers():
        with pytest.raises(OSError, match="Bad file descriptor"):
            reader.read(receiver, senders=False)


def test_where_the_system_reads_one_by_one_that_is_taken(monkeypatch):
    monkeypatch.setattr("sys.platform", "darwin")
    with pytest.raises(OSError, match="64-bit Linux"):
        BurstReader()
    assert isinstance(best_reader(), SingleReader)


def test_what_the_system_drops_is_counted(pair):
    receiver, sender, _ = pair
    if udp.system_drops(receiver) != 0 or not udp.Path("/proc/net/udp").exists():
        pytest.skip("this system does not tell")
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    for _ in range(100):
        sender.send(bytes(1000))
    n_kept = sum(len(reader.read(receiver, senders=False)[0]) for reader in readers())
    assert udp.system_drops(receiver) == 100 - n_kept > 0


class Breaking(SingleReader):
    """The first reads fail, as when an interface goes."""

    def __init__(self):
        super().__init__()
        self.left = 1

    def read(self, sock, *, senders):
        if self.left:
            self.left -= 1
            sock.recv(1 << 16)
            raise OSError(100, "Network is down")
        return super().read(sock, senders=senders)


def opened(url):
    return inlet.LiveInlet([parse_source(url)], seed=1, first_pause_s=0.01)


def test_a_socket_that_breaks_is_opened_again(monkeypatch):
    monkeypatch.setattr(inlet, "best_reader", Breaking)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with opened(f"udp://127.0.0.1:{port}") as live:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"lost", ("127.0.0.1", port))
            until(lambda: live.states()[0].n_connects == 1)
            sender.sendto(b"heard", ("127.0.0.1", port))
            until(lambda: live.states()[0].state == "up")
        assert live.take(1 << 62).data.tobytes() == b"heard"
        assert "Network is down" in live.states()[0].error


def test_a_silent_group_is_joined_again(monkeypatch):
    monkeypatch.setattr(udp, "WATCH_S", 0.01)
    monkeypatch.setattr(udp, "REJOIN_S", 0.02)
    try:
        live = opened("udp://239.255.86.2:0?interface=127.0.0.1")
    except ValueError as error:
        pytest.skip(f"no group can be joined here: {error}")
    with live:
        until(lambda: live.states()[0].n_connects >= 2)
        assert live.states()[0].state == "waiting"


def test_an_error_of_the_program_is_not_swallowed(monkeypatch):
    async def run(self):
        raise KeyError("a mistake")

    monkeypatch.setattr(udp.UdpDriver, "run", run)
    with opened("udp://127.0.0.1:0") as live:
        until(lambda: live._failure is not None)
        with pytest.raises(SourceError, match="a mistake"):
            live.take(1 << 62)
