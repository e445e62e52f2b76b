"""The live inlet, over real sockets on loopback, and its twin keep an inlet's promises."""

import socket
import time
from contextlib import contextmanager

import pytest

from skypact.sources.inlet import LiveInlet
from skypact.sources.url import parse_source
from skypact.testing.contract_inlet import InletContract
from skypact.testing.memory import MemoryInlet

GROUP = "239.255.86.1"
SSM_GROUP = "232.86.0.1"


def until(condition, seconds=20.0):
    """Wait for something; a minute on a busy machine would be a failure."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.002)


class MemoryRig:
    def __init__(self):
        self.n_sources = 2
        self.inlet = MemoryInlet(["memory:0", "memory:1"])
        self._now_ns = 1_700_000_000 * 10**9

    def send(self, row, payload):
        self._now_ns += 1000
        self.inlet.put(self._now_ns, row, payload)

    def settle(self):
        self._now_ns += 1000

    def now_ns(self):
        self._now_ns += 1000
        return self._now_ns


class LiveRig:
    def __init__(self, inlet, senders):
        self.inlet, self.n_sources = inlet, len(senders)
        self._senders, self._sent = senders, [0] * len(senders)

    def send(self, row, payload):
        self._senders[row](payload)
        self._sent[row] += len(payload)

    def settle(self):
        until(lambda: [s.n_bytes for s in self.inlet.states()] == self._sent)

    def now_ns(self):
        time.sleep(0.001)
        return self.inlet.clock.now_ns()


def datagrams(port, host="127.0.0.1"):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    if family == socket.AF_INET:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
    sock.connect((host, port))
    return sock


@contextmanager
def live(urls, host="127.0.0.1"):
    with LiveInlet([parse_source(url) for url in urls]) as inlet:
        socks = [datagrams(port, host) for port in inlet.ports()]
        try:
            yield LiveRig(inlet, [sock.send for sock in socks])
        finally:
            for sock in socks:
                sock.close()


class TestMemory(InletContract):
    @contextmanager
    def opened(self):
        yield MemoryRig()


class TestUnicast(InletContract):
    def opened(self):
        return live(["udp://127.0.0.1:0", "udp://:0"])


class TestMulticast(InletContract):
    @pytest.fixture(autouse=True)
    def _group(self):
        require_groups(GROUP)

    def opened(self):
        return live([f"udp://{GROUP}:0?interface=127.0.0.1"] * 2, GROUP)


class TestSourceSpecific(InletContract):
    @pytest.fixture(autouse=True)
    def _group(self):
        require_groups(SSM_GROUP)

    def opened(self):
        url = f"udp://{SSM_GROUP}:0?interface=127.0.0.1&source=127.0.0.1"
        return live([url] * 2, SSM_GROUP)


class TestIPv6(InletContract):
    @pytest.fixture(autouse=True)
    def _loopback(self):
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError as error:
            pytest.skip(f"no IPv6 on loopback: {error}")

    def opened(self):
        return live(["udp://[::1]:0"] * 2, "::1")


class TestListening(InletContract):
    @contextmanager
    def opened(self):
        urls = ["tcp://127.0.0.1:0?listen"] * 2
        with LiveInlet([parse_source(url) for url in urls]) as inlet:
            socks = [socket.create_connection(("127.0.0.1", p)) for p in inlet.ports()]
            yield LiveRig(inlet, [sock.sendall for sock in socks])
            for sock in socks:
                sock.close()


class TestConnecting(InletContract):
    @contextmanager
    def opened(self):
        servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        urls = [f"tcp://127.0.0.1:{server.getsockname()[1]}" for server in servers]
        with LiveInlet([parse_source(url) for url in urls]) as inlet:
            socks = [server.accept()[0] for server in servers]
            yield LiveRig(inlet, [sock.sendall for sock in socks])
            for sock in (*socks, *servers):
                sock.close()


def require_groups(group):
    """Skip where this machine does not bring groups back over loopback."""
    try:
        with live([f"udp://{group}:0?interface=127.0.0.1"], group) as rig:
            rig.send(0, b"hello")
            until(lambda: rig.inlet.states()[0].n_packets, 2.0)
    except (OSError, ValueError, AssertionError) as error:
        pytest.skip(f"no multicast on loopback here: {error}")
