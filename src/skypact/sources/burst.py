"""Datagrams read many at a time.

A read that gives the interpreter away for each datagram gets it back only when no other thread
wants it, 5 ms later at worst: beside a busy pipeline that is 200 datagrams a second. Linux hands
over many in one call (recvmmsg(2)), which Python does not offer; it is called in the C library that
is loaded anyway. Where there is none, datagrams are read one by one.
"""

import ctypes
import os
import socket
import sys
from typing import Any, Final, Protocol

import numpy as np

LARGEST: Final = 1 << 16
"""Room for one datagram."""
AT_ONCE: Final = 256
"""Datagrams in one call; with `LARGEST` each, 16 MiB of which only the written pages are real."""
_NAME: Final = 28
"""Octets of an address (sockaddr_in6)."""
_WORDS: Final = 16
"""32-bit words in an entry of recvmmsg's table."""
_NAME_LENGTH: Final = 2
_DATA_LENGTH: Final = 14


class Reader(Protocol):
    """Reads what waits at a socket that does not block."""

    def read(self, sock: socket.socket, *, senders: bool) -> tuple[list[bytes], list[bytes]]:
        """Datagrams, `AT_ONCE` at most and none where none waits; and senders' addresses.

        Addresses are in octets, 4 or 16, and only given where they are asked for.

        Raises
        ------
        OSError
            The socket is broken.
        """
        ...


class _Message(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("vector", ctypes.c_void_p),
        ("vector_length", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
        ("filled", ctypes.c_uint32),
        ("data_length", ctypes.c_uint32),
    )


class _Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class BurstReader:
    """Many datagrams a call, by recvmmsg(2) of 64-bit Linux."""

    def __init__(self) -> None:
        self._call = _recvmmsg()
        self._data = (ctypes.c_char * (LARGEST * AT_ONCE))()
        self._names = (ctypes.c_char * (_NAME * AT_ONCE))()
        self._vectors = (_Vector * AT_ONCE)()
        table = bytearray(AT_ONCE * 4 * _WORDS)
        self._messages = (_Message * AT_ONCE).from_buffer(table)
        self._words = np.frombuffer(table, np.uint32).reshape(AT_ONCE, _WORDS)
        for i in range(AT_ONCE):
            vector = self._vectors[i]
            vector.base, vector.length = ctypes.addressof(self._data) + i * LARGEST, LARGEST
            message = self._messages[i]
            message.name = ctypes.addressof(self._names) + i * _NAME
            message.vector, message.vector_length = ctypes.addressof(vector), 1
        self._view = memoryview(self._data).cast("B")
        self._name_view = memoryview(self._names).cast("B")

    def read(self, sock: socket.socket, *, senders: bool) -> tuple[list[bytes], list[bytes]]:
        """See `Reader`."""
        self._words[:, _NAME_LENGTH] = _NAME
        n = self._call(sock.fileno(), self._messages, AT_ONCE, socket.MSG_DONTWAIT, None)
        if n < 0:
            code = ctypes.get_errno()
            error = OSError(code, os.strerror(code))
            if isinstance(error, (BlockingIOError, InterruptedError)):
                return [], []
            raise error
        view, at = self._view, 0
        payloads = []
        for length in self._words[:n, _DATA_LENGTH].tolist():
            payloads.append(bytes(view[at : at + length]))
            at += LARGEST
        return payloads, [self._sender(i) for i in range(n)] if senders else []

    def _sender(self, i: int) -> bytes:
        """Address in a sockaddr: octets 4 to 8 of IPv4, 8 to 24 of IPv6."""
        name = self._name_view[i * _NAME : (i + 1) * _NAME]
        is_v4 = int.from_bytes(name[:2], sys.byteorder) == socket.AF_INET
        return bytes(name[4:8] if is_v4 else name[8:24])


def _recvmmsg() -> Any:  # noqa: ANN401  a function of the C library
    """Find the call.

    Raises
    ------
    OSError
        This system has none, or lays out its table otherwise.
    """
    if sys.platform != "linux" or ctypes.sizeof(_Message) != 4 * _WORDS:
        raise OSError("recvmmsg: expected 64-bit Linux")
    try:
        call = ctypes.CDLL(None, use_errno=True).recvmmsg
    except AttributeError as error:
        raise OSError("recvmmsg: the C library has none") from error
    call.argtypes = (
        ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p,
    )  # fmt: skip
    call.restype = ctypes.c_int
    return call


class SingleReader:
    """One datagram a call, on any system."""

    def __init__(self) -> None:
        self._view = memoryview(bytearray(LARGEST))

    def read(self, sock: socket.socket, *, senders: bool) -> tuple[list[bytes], list[bytes]]:
        """See `Reader`."""
        payloads: list[bytes] = []
        names: list[bytes] = []
        try:
            while len(payloads) < AT_ONCE:
                if senders:
                    n, name = sock.recvfrom_into(self._view)
                    host = name[0].partition("%")[0]
                    names.append(socket.inet_pton(sock.family, host))
                else:
                    n = sock.recv_into(self._view)
                payloads.append(bytes(self._view[:n]))
        except (BlockingIOError, InterruptedError):
            pass
        return payloads, names


def best_reader() -> Reader:
    """Return the fastest reader of this system."""
    try:
        return BurstReader()
    except OSError:
        return SingleReader()
