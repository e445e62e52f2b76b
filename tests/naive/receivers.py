"""Receivers on loopback for what is sent: sockets that collect until a condition holds."""

import socket
import threading
import time
from contextlib import suppress

WAIT_S = 30.0


def until(condition, wait_s=WAIT_S):
    """Wait until a condition holds; the wait is only as long as it takes."""
    deadline_s = time.monotonic() + wait_s
    while not condition():
        assert time.monotonic() < deadline_s, "what was waited for did not happen"
        time.sleep(0.005)


def udp_socket():
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    receiver.bind(("127.0.0.1", 0))
    receiver.settimeout(WAIT_S)
    return receiver


def datagrams_at(receiver, n):
    return [receiver.recv(65_536) for _ in range(n)]


class Connection:
    """One end of a stream that collects what comes."""

    def __init__(self, end):
        self.end = end
        self.data = b""
        self.over = False
        self._thread = threading.Thread(target=self._collect, daemon=True)
        self._thread.start()

    def _collect(self):
        try:
            while some := self.end.recv(65_536):
                self.data += some
        except OSError:
            pass
        self.over = True

    def close(self):
        with suppress(OSError):
            self.end.shutdown(socket.SHUT_RDWR)
        self.end.close()
        self._thread.join(WAIT_S)


def connected(port):
    return Connection(socket.create_connection(("127.0.0.1", port), WAIT_S))


def port_of(url):
    return int(url.split("?")[0].rsplit(":", 1)[1])
