"""How messages leave: as datagrams, into files, to those who are connected.

All run in the outputs' loop. `offer` never waits: what cannot be taken is lost as a whole message
and counted, and no receiver holds up another.
"""

import asyncio
import os
import socket
import time
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final, Protocol

import numpy as np

from skypact.encode.tak import ANSWER_S, QUIET, Negotiation
from skypact.errors import ConfigError
from skypact.serve.peers import Limits, Messages, NotTakenError, Peer, SlowPeerError, Totals
from skypact.serve.targets import Target, file_path, listener, tls_context, udp_socket

_READ_BYTES: Final = 1 << 16
_FILE_SHARE: Final = 8
"""What may wait for a disk, over what may wait for a receiver, which is written at a time."""


class Carrier(Protocol):
    """One way out."""

    totals: Totals

    @property
    def state(self) -> str:
        """``up``; ``waiting`` (nobody is connected); ``down`` (connecting again, or failing)."""
        ...

    @property
    def clients(self) -> int:
        """Receivers that are connected; 1 for datagrams and files."""
        ...

    @property
    def url(self) -> str:
        """Where it goes, with the port that the system chose."""
        ...

    async def start(self) -> None:
        """Begin, in the loop."""
        ...

    def offer(self, messages: Messages, now_s: float) -> None:
        """Send the messages of a step, or let them wait."""
        ...

    async def close(self) -> None:
        """Send what waits, for a while, and end."""
        ...


class Datagrams:
    """Messages as datagrams, one each.

    Raises
    ------
    ConfigError
        The target has no address.
    """

    def __init__(self, target: Target) -> None:
        self.totals = Totals()
        self.clients = 1
        self.url = target.url
        self.state = "up"
        self._socket, self._address = udp_socket(target)

    async def start(self) -> None:
        """Do nothing: the socket is open."""

    def offer(self, messages: Messages, now_s: float) -> None:
        """Send each message; one that the system has no room for is lost."""
        self.state = "up"
        for message in messages.form():
            try:
                self._socket.sendto(message, self._address)
            except OSError as error:  # no room, no route, too long
                self.totals.dropped += 1
                self.totals.error = error.strerror or str(error)
                self.state = "down"
            else:
                self.totals.note_sent(1, len(message))

    async def close(self) -> None:
        """Close the socket."""
        self._socket.close()


class File:
    """Messages appended to a file, each whole: what a full disk cuts off is taken back.

    Parameters
    ----------
    target : Target
        Of kind ``file``.
    opening : bytes
        What an empty file begins with.
    limits : Limits
        How much waits for the disk.

    Raises
    ------
    ConfigError
        The file's folder does not exist, or it cannot be written.
    """

    def __init__(self, target: Target, opening: bytes, limits: Limits) -> None:
        self.totals = Totals()
        self.clients = 1
        self.url = target.url
        self.state = "up"
        self._target, self._opening, self._limits = target, opening, limits
        self._day = ""
        folder = file_path(target, "").parent
        if not os.access(folder, os.W_OK | os.X_OK):
            raise ConfigError(
                f"output {target.url!r}: expected a folder to write into, got {str(folder)!r};"
                " make it first"
            )
        self._peer: Peer | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to write what is offered."""
        most_bytes = _FILE_SHARE * self._limits.most_bytes
        limits = Limits(most_bytes, most_bytes // _FILE_SHARE, slow_s=None)
        self._peer = Peer(lambda data: asyncio.to_thread(self._write, data), self.totals, limits)
        self._task = asyncio.create_task(self._peer.run())

    def offer(self, messages: Messages, now_s: float) -> None:
        """Let messages wait for the disk."""
        self._day = str(np.datetime64(int(now_s), "s"))[:10]
        if self._peer is not None:
            self._peer.offer(messages.form())

    def _write(self, data: bytes) -> None:
        """Append; on the disk's thread."""
        try:
            place = os.open(
                file_path(self._target, self._day), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644
            )
            try:
                size = os.fstat(place).st_size
                _append(place, data if size else self._opening + data, size)
            finally:
                os.close(place)
        except OSError as error:
            self.totals.error = error.strerror or str(error)
            self.state = "down"
            raise NotTakenError from error
        self.state = "up"

    async def close(self) -> None:
        """Write what waits and end."""
        if self._peer is not None and self._task is not None:
            await _lingered(self._peer, self._limits.linger_s)
            await _ended(self._task)


def _append(place: int, data: bytes, size: int) -> None:
    """Write all the bytes or none of them."""
    try:
        done = 0
        while done < len(data):
            done += os.write(place, data[done:])
    except OSError:
        os.ftruncate(place, size)
        raise


class Stream:
    """Messages to those that are connected, or to the one that it connects to.

    Parameters
    ----------
    target : Target
        Of kind ``tcp`` or ``tls``.
    opening : bytes
        What each is sent first.
    limits : Limits
        How much receivers are waited for.
    negotiates : str
        Uid of the unit where the TAK protocol is agreed on with each; empty for none.

    Raises
    ------
    ConfigError
        The port is taken, or a certificate cannot be read.
    """

    def __init__(
        self, target: Target, opening: bytes, limits: Limits, negotiates: str = ""
    ) -> None:
        self.totals = Totals()
        self._target, self._opening, self._limits = target, opening, limits
        self._negotiates = negotiates
        self._tls = tls_context(target) if target.kind == "tls" else None
        self._listener: socket.socket | None = listener(target) if target.listen else None
        self.url = target.url
        if self._listener is not None and target.port == 0:
            port = self._listener.getsockname()[1]
            self.url = target.url.replace(":0", f":{port}", 1)
        self._peers: dict[Peer, Negotiation | None] = {}
        self._server: asyncio.Server | None = None
        self._task: asyncio.Task[None] | None = None
        self._talks: set[asyncio.Task[Any]] = set()

    @property
    def port(self) -> int:
        """Where it is connected to, or connects to."""
        return self._target.port if self._listener is None else self._listener.getsockname()[1]

    @property
    def clients(self) -> int:
        """Receivers that are connected."""
        return len(self._peers)

    @property
    def state(self) -> str:
        """See `Carrier.state`."""
        if self._peers:
            return "up"
        return "waiting" if self._target.listen else "down"

    async def start(self) -> None:
        """Listen, or connect."""
        if self._listener is not None:
            self._server = await asyncio.start_server(
                self._accepted, sock=self._listener, ssl=self._tls
            )
        else:
            self._task = asyncio.create_task(self._connecting())

    def offer(self, messages: Messages, now_s: float) -> None:
        """Let messages wait for each receiver, said as it understands them."""
        for peer, negotiation in self._peers.items():
            dialect = 0 if negotiation is None else negotiation.dialect
            if dialect == QUIET:
                self.totals.dropped += len(messages.form())
            else:
                peer.offer(messages.form(dialect))
        if not self._peers and not self._target.listen:
            self.totals.dropped += len(messages.form())

    async def close(self) -> None:
        """Stop listening, send what waits, and end."""
        if self._server is not None:
            self._server.close()
        await asyncio.gather(*(_lingered(p, self._limits.linger_s) for p in list(self._peers)))
        tasks = [*self._talks, *([] if self._task is None else [self._task])]
        for task in tasks:
            await _ended(task)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._peers) >= self._target.clients:
            self.totals.error = f"more than {self._target.clients} clients: one was sent away"
            writer.transport.abort()
            return
        task = asyncio.current_task()
        if task is not None:
            self._talks.add(task)
            task.add_done_callback(self._talks.discard)
        with suppress(asyncio.CancelledError):
            await self._talk(reader, writer)

    async def _connecting(self) -> None:
        """Connect, again and again."""
        target, pause_s = self._target, self._limits.retry_s
        name = (target.name or target.host) if self._tls is not None else None
        while True:
            try:
                async with asyncio.timeout(self._limits.slow_s):
                    reader, writer = await asyncio.open_connection(
                        target.host, target.port, ssl=self._tls, server_hostname=name
                    )
            except (OSError, TimeoutError) as error:
                self.totals.error = getattr(error, "strerror", None) or str(error) or "no answer"
            else:
                begun_s = time.monotonic()
                await self._talk(reader, writer)
                if time.monotonic() - begun_s > pause_s:
                    pause_s = self._limits.retry_s
            await asyncio.sleep(pause_s)
            pause_s = min(2.0 * pause_s, self._limits.retry_most_s)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Send to one receiver until it is gone or too slow."""
        connection = writer.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        writer.transport.set_write_buffer_limits(high=0)
        self.totals.connects += 1

        async def write(data: bytes) -> None:
            writer.write(data)
            await writer.drain()

        peer = Peer(write, self.totals, self._limits)
        negotiation = None
        if self._negotiates:
            uid = f"{self._negotiates}.protocol.{self.totals.connects}"
            negotiation = Negotiation(uid, is_server=self._target.listen)
            writer.write(negotiation.opening(_now_ms()))
        writer.write(self._opening)
        self._peers[peer] = negotiation
        reading = self._listening(reader, writer, negotiation)
        try:
            self.totals.error = await _first(peer.run(), reading) or self.totals.error
        finally:
            del self._peers[peer]
            peer.give_up()
            if writer.transport.get_write_buffer_size():
                writer.transport.abort()
            else:
                writer.close()

    async def _listening(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        negotiation: Negotiation | None,
    ) -> None:
        """Read what a receiver sends until its end; nothing of it is used but the agreement."""
        while True:
            quiet = negotiation is not None and negotiation.dialect == QUIET
            async with asyncio.timeout(ANSWER_S if quiet else None):
                data = await reader.read(_READ_BYTES)
            if not data:
                raise ConnectionResetError("the other side ended the connection")
            if negotiation is not None:
                writer.write(negotiation.hear(data, _now_ms()).answer)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


async def _first(*coroutines: Coroutine[Any, Any, None]) -> str:
    """Run until the first one ends; return why it did."""
    tasks = [asyncio.create_task(one) for one in coroutines]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
    for task, end in zip(tasks, ends, strict=True):
        if task in done and isinstance(end, SlowPeerError | OSError | TimeoutError):
            return getattr(end, "strerror", None) or str(end) or "no answer in time"
        if task in done and isinstance(end, Exception):
            raise end
    return ""


async def _lingered(peer: Peer, linger_s: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(linger_s):
            await peer.emptied()


async def _ended(task: asyncio.Task[Any]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def carrier_to(target: Target, opening: bytes, limits: Limits, negotiates: str = "") -> Carrier:
    """Make what carries messages to a target.

    Raises
    ------
    ConfigError
        The target cannot be opened.
    """
    if target.kind == "udp":
        return Datagrams(target)
    if target.kind == "file":
        return File(target, opening, limits)
    return Stream(target, opening, limits, negotiates)
