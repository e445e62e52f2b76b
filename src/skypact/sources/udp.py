"""Datagrams: unicast, multicast, and groups with one sender.

Sources: RFC 1112 (IPv4 groups), RFC 4607 (groups with one sender), RFC 4291 section 2.7 (IPv6).
"""

import asyncio
import os
import socket
import struct
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from skypact.errors import ConfigError
from skypact.sources.backoff import Backoff
from skypact.sources.burst import Reader
from skypact.sources.channel import Channel
from skypact.sources.url import SourceUrl

ROOM_BYTES: Final = 32 << 20
"""Room for datagrams that is asked of the system; it grants up to ``net.core.rmem_max``."""
READS: Final = 2
"""Bursts that are read of one socket before the next one has its turn."""
LAST_READS: Final = 256
"""Bursts that are read at the end, of what has come."""
WATCH_S: Final = 1.0
"""Drops and silence are looked at so often."""
REJOIN_S: Final = 30.0
"""A silent group is joined again after so long: interfaces come and go."""
_SO_RCVBUFFORCE: Final = 33
_IP_ADD_SOURCE_MEMBERSHIP: Final = 39
_IP_MULTICAST_ALL: Final = 49
"""Numbers of Linux that the socket module does not have."""


def listening(spec: SourceUrl) -> socket.socket:
    """Open a socket for a source and join its group.

    Raises
    ------
    OSError
        The address is not this machine's or is taken, or the group cannot be joined.
    """
    host, _, scope = spec.host.partition("%")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        _make_room(sock)
        if spec.is_multicast:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound = host if not spec.is_multicast or sys.platform == "linux" else ""
        index = socket.if_nametoindex(scope) if scope else 0
        if family == socket.AF_INET6:
            sock.bind((bound, spec.port, 0, index))
        else:
            sock.bind((bound, spec.port))
        if spec.is_multicast:
            _join(sock, host, spec, index)
    except OSError:
        sock.close()
        raise
    return sock


def _make_room(sock: socket.socket) -> None:
    try:
        if sys.platform == "linux":
            sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, ROOM_BYTES)
            return
    except PermissionError:
        pass
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM_BYTES)


def _is_address(interface: str) -> bool:
    try:
        ip_address(interface)
    except ValueError:
        return False
    return True


def _join(sock: socket.socket, group: str, spec: SourceUrl, index: int) -> None:
    """Join the group on the interface that is named by address or name, or on any."""
    is_address = _is_address(spec.interface)
    if spec.interface and not is_address:
        index = socket.if_nametoindex(spec.interface)
    if sock.family == socket.AF_INET6:
        if is_address:
            raise OSError("expected interface=NAME for an IPv6 group, got an address")
        member = socket.inet_pton(socket.AF_INET6, group) + struct.pack("@I", index)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, member)
        return
    own = socket.inet_aton(spec.interface if is_address else "0.0.0.0")
    packed = socket.inet_aton(group)
    if spec.sender:
        if index:
            raise OSError("expected interface=ADDRESS beside source, got a name")
        member = packed + own + socket.inet_aton(spec.sender)
        sock.setsockopt(socket.IPPROTO_IP, _IP_ADD_SOURCE_MEMBERSHIP, member)
    else:
        member = packed + own + struct.pack("@i", index)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
    if sys.platform == "linux":  # only what this socket has joined
        sock.setsockopt(socket.IPPROTO_IP, _IP_MULTICAST_ALL, 0)


def system_drops(sock: socket.socket) -> int:
    """Datagrams that the system dropped for want of room; 0 where it does not tell."""
    table = Path("/proc/net/udp6" if sock.family == socket.AF_INET6 else "/proc/net/udp")
    try:
        inode = str(os.fstat(sock.fileno()).st_ino)
        for line in table.read_text("ascii").splitlines()[1:]:
            fields = line.split()
            if len(fields) > 12 and fields[9] == inode:
                return int(fields[12])
    except (OSError, ValueError):
        return 0
    return 0


class UdpDriver:
    """Reads one address; a socket that breaks is opened again."""

    def __init__(self, channel: Channel, reader: Reader, backoff: Backoff) -> None:
        self._channel, self._reader, self._backoff = channel, reader, backoff
        self._socket: socket.socket | None = None
        self._n_overrun = 0
        self._joined_s = 0.0
        self._broken: asyncio.Event | None = None

    def open(self) -> None:
        """Bind and join; see `Driver`."""
        try:
            self._socket = listening(self._channel.spec)
        except OSError as error:
            what = "joined" if self._channel.spec.is_multicast else "listened at"
            raise ConfigError(
                f"source {self._channel.spec.url}: expected an address that can be {what}:"
                f" {error.strerror or error}; is another program there, and is it this machine's?"
            ) from error
        self._channel.port = self._socket.getsockname()[1]

    async def run(self) -> None:
        """Read until cancelled."""
        self._broken = asyncio.Event()
        while True:
            if self._socket is None and not self._reopen():
                await asyncio.sleep(self._backoff.next_s())
                continue
            await self._listen()
            self._release()

    def close(self) -> None:
        """Read what has come and close the socket."""
        for _ in range(LAST_READS):
            if self._socket is None or not self._read_once():
                break
        self._release()

    def _reopen(self) -> bool:
        try:
            self._socket = listening(self._channel.spec)
        except OSError as error:
            self._channel.fail(error)
            return False
        self._channel.connected()
        self._backoff.reset()
        return True

    async def _listen(self) -> None:
        """Read until the socket breaks or a silent group is to be joined again."""
        assert self._socket is not None
        assert self._broken is not None
        self._broken.clear()
        self._joined_s = self._channel.elapsed_s()
        asyncio.get_running_loop().add_reader(self._socket, self._read)
        while not self._broken.is_set() and not self._is_stale():
            try:
                await asyncio.wait_for(self._broken.wait(), WATCH_S)
            except TimeoutError:
                self._channel.n_overrun = self._n_overrun + system_drops(self._socket)

    def _is_stale(self) -> bool:
        """Whether a group has been silent for so long that it is joined again."""
        since_s = self._channel.elapsed_s() - self._joined_s
        is_silent = self._channel.silence_s > REJOIN_S < since_s
        return self._channel.spec.is_multicast and is_silent

    def _read(self) -> None:
        for _ in range(READS):
            if not self._read_once():
                break

    def _read_once(self) -> bool:
        """Hand on one burst; whether there may be more."""
        assert self._socket is not None
        senders = self._channel.senders
        try:
            payloads, names = self._reader.read(self._socket, senders=bool(senders))
        except OSError as error:
            self._channel.fail(error)
            if self._broken is not None:
                self._broken.set()
            return False
        if names:
            heard = [p for p, name in zip(payloads, names, strict=True) if senders.hears(name)]
            self._channel.n_refused += len(payloads) - len(heard)
        else:
            heard = payloads
        self._channel.put([p for p in heard if p])
        return bool(payloads)

    def _release(self) -> None:
        if self._socket is None:
            return
        self._n_overrun += system_drops(self._socket)
        self._channel.n_overrun = self._n_overrun
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()
        self._socket = None
