"""Streams: a connection that is opened again and again, and a port where senders connect."""

import asyncio
import socket
from typing import Final

from skypact.errors import ConfigError
from skypact.sources.backoff import Backoff
from skypact.sources.channel import Channel
from skypact.sources.pieces import cutter_of, is_hopeless

CONNECT_S: Final = 10.0
"""A connection that is not there after so long has failed."""
PIECE_BYTES: Final = 60_000
"""Bytes of one read."""
MOST_SENDERS: Final = 64
"""Connections to one port at a time, where messages of several can be told apart."""
LOOKS: Final = 4
"""An idle connection is found out within this part of `idle_s`."""
KEEPALIVE: Final = (
    ("TCP_KEEPIDLE", 10),
    ("TCP_KEEPINTVL", 5),
    ("TCP_KEEPCNT", 3),
)
"""A peer that is gone without a word is found out after 25 s of silence."""


def keep_alive(sock: socket.socket) -> None:
    """Let the system ask a silent peer whether it is still there."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEPALIVE:
        if hasattr(socket, name):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


class Reception(asyncio.BufferedProtocol):
    """One connection: pieces into packets, until it is lost."""

    def __init__(self, channel: Channel) -> None:
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Why it ended."""
        self.n_bytes = 0
        self.heard_s = channel.elapsed_s()
        self.peer = ""
        self.transport: asyncio.Transport | None = None
        self._channel = channel
        self._cutter = cutter_of(channel.spec.format)
        self._n_breaks = 0
        self._buffer = bytearray(PIECE_BYTES)
        self._why = "the peer closed the connection"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.peer = (transport.get_extra_info("peername") or ("",))[0]
        keep_alive(transport.get_extra_info("socket"))

    def get_buffer(self, sizehint: int) -> bytearray:
        """Return where the next bytes go."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Take bytes that came."""
        self.heard_s = self._channel.elapsed_s()
        self.n_bytes += nbytes
        packets = self._cutter.cut(bytes(self._buffer[:nbytes]))
        self._count()
        self._channel.put(packets)
        if is_hopeless(self._cutter):
            self.drop("expected ASTERIX, got something else for a mebibyte")

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._cutter.finish()
        self._count()
        if not self.lost.done():
            self.lost.set_result(str(exc) if exc else self._why)

    def drop(self, why: str) -> None:
        """Give the connection up."""
        self._why = why
        if self.transport is not None:
            self.transport.abort()

    def is_idle(self) -> bool:
        """Whether nothing has come for too long."""
        return self._channel.elapsed_s() - self.heard_s > self._channel.spec.idle_s

    def _count(self) -> None:
        self._channel.n_breaks += self._cutter.n_breaks - self._n_breaks
        self._n_breaks = self._cutter.n_breaks


class ClientDriver:
    """Connects, reads until the connection is lost, waits, and connects again."""

    def __init__(self, channel: Channel, backoff: Backoff) -> None:
        self._channel, self._backoff = channel, backoff
        self._reception: Reception | None = None

    def open(self) -> None:
        """Nothing must be there in the beginning: a peer may come later."""

    async def run(self) -> None:
        """Connect again and again, until cancelled."""
        spec, loop = self._channel.spec, asyncio.get_running_loop()
        while True:
            try:
                async with asyncio.timeout(CONNECT_S):
                    _, reception = await loop.create_connection(
                        lambda: Reception(self._channel), spec.host, spec.port
                    )
            except TimeoutError:
                self._channel.fail(f"expected a connection in {CONNECT_S:g} s, got none")
            except OSError as error:
                self._channel.fail(error)
            else:
                self._reception = reception
                self._channel.connected()
                self._channel.fail(await _end_of(reception, spec.idle_s))
                if reception.n_bytes:
                    self._backoff.reset()
            await asyncio.sleep(self._backoff.next_s())

    def close(self) -> None:
        """Close the connection."""
        if self._reception is not None:
            self._reception.drop("stopped")


async def _end_of(reception: Reception, idle_s: float) -> str:
    """Wait until a connection is lost, and give up an idle one; say why it ended."""
    while not reception.lost.done():
        await asyncio.wait([reception.lost], timeout=idle_s / LOOKS)
        if reception.is_idle():
            reception.drop(f"nothing came for {idle_s:g} s")
            await reception.lost
    return reception.lost.result()


class ListenDriver:
    """A port to which senders connect.

    ASTERIX of several senders is told apart by its blocks. The pieces of a receiver's stream are
    not, so there one sender is heard at a time, and a second one is refused; from the same address
    it is the first one, come back.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._socket: socket.socket | None = None
        self._server: asyncio.Server | None = None
        self._receptions: set[Reception] = set()
        self._most = MOST_SENDERS if channel.spec.format == "asterix" else 1

    def open(self) -> None:
        """Bind; see `Driver`."""
        spec = self._channel.spec
        family = socket.AF_INET6 if ":" in spec.host else socket.AF_INET
        try:
            self._socket = socket.create_server((spec.host, spec.port), family=family)
        except OSError as error:
            raise ConfigError(
                f"source {spec.url}: expected an address that can be listened at:"
                f" {error.strerror or error}; is another program there, and is it this machine's?"
            ) from error
        self._channel.port = self._socket.getsockname()[1]

    async def run(self) -> None:
        """Accept senders until cancelled."""
        assert self._socket is not None
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Accepted(self._channel, self), sock=self._socket
        )
        while True:
            await asyncio.sleep(self._channel.spec.idle_s / LOOKS)
            for reception in [r for r in self._receptions if r.is_idle()]:
                reception.drop(f"nothing came for {self._channel.spec.idle_s:g} s")

    def close(self) -> None:
        """Close port and connections."""
        for reception in list(self._receptions):
            reception.drop("stopped")
        if self._server is not None:
            self._server.close()
        if self._socket is not None:
            self._socket.close()

    def admits(self, reception: Reception) -> bool:
        """Let a sender in, if it is allowed and there is room."""
        if not self._channel.senders.hears(reception.peer):
            return self._refused(f"{reception.peer} is not allowed to send")
        if len(self._receptions) >= self._most:
            again = [r for r in self._receptions if r.peer == reception.peer]
            if self._most > 1 or not again:
                return self._refused(f"{reception.peer} is one sender too many")
            again[0].drop("the sender connected again")
            self._receptions.discard(again[0])
        self._receptions.add(reception)
        self._channel.connected()
        return True

    def left(self, reception: Reception) -> None:
        """Take notice that a sender is gone, and why."""
        if reception in self._receptions:
            self._receptions.discard(reception)
            self._channel.tell(f"{reception.peer}: {reception.lost.result()}")

    def _refused(self, why: str) -> bool:
        self._channel.n_refused += 1
        self._channel.tell(why)
        return False


class _Accepted(Reception):
    """A connection that a sender made."""

    def __init__(self, channel: Channel, driver: ListenDriver) -> None:
        super().__init__(channel)
        self._driver = driver

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, or refuse."""
        super().connection_made(transport)
        if not self._driver.admits(self):
            self.drop("refused")

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        super().connection_lost(exc)
        self._driver.left(self)
