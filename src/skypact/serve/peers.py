"""What waits for one receiver of a stream: bounded, whole messages, the oldest lost first."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple


class Limits(NamedTuple):
    """How much a receiver is waited for."""

    most_bytes: int = 8 << 20
    """That wait; beyond it the oldest messages are lost, whole."""
    chunk_bytes: int = 64 << 10
    """Handed to the system at a time; more where one message is longer."""
    slow_s: float | None = 10.0
    """A receiver that has not taken a chunk after so long is disconnected; None: never."""
    retry_s: float = 0.5
    """First pause before connecting again; each is twice the one before."""
    retry_most_s: float = 30.0
    linger_s: float = 2.0
    """What waits at the end is still sent for so long."""


class Totals:
    """What an output has done so far."""

    def __init__(self) -> None:
        self.messages = 0
        self.bytes = 0
        self.dropped = 0
        """Messages that a receiver did not get."""
        self.connects = 0
        self.error = ""
        """What went wrong last."""

    def note_sent(self, messages: int, size: int) -> None:
        """Count what was handed over."""
        self.messages += messages
        self.bytes += size


class Messages:
    """The messages of one step, in each way of saying them; made when first asked for."""

    def __init__(self, *forms: Callable[[], list[bytes]]) -> None:
        self._forms = forms
        self._made: dict[int, list[bytes]] = {}

    def form(self, dialect: int = 0) -> list[bytes]:
        """Return the messages in one of the ways."""
        if dialect not in self._made:
            self._made[dialect] = self._forms[dialect]()
        return self._made[dialect]


class SlowPeerError(Exception):
    """A receiver took too little for too long."""


class NotTakenError(Exception):
    """What was handed over is lost, but the next may be taken."""


class Peer:
    """One receiver.

    Parameters
    ----------
    write : coroutine function
        Hands bytes over; returns when they are taken.
    totals : Totals
        Of its output.
    limits : Limits
        How much it is waited for.
    """

    def __init__(
        self, write: Callable[[bytes], Awaitable[None]], totals: Totals, limits: Limits
    ) -> None:
        self._write = write
        self._totals = totals
        self._limits = limits
        self._waiting: deque[bytes] = deque()
        self._n_bytes = 0
        self._some = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def offer(self, messages: Sequence[bytes]) -> None:
        """Let messages wait; where they do not fit, the oldest are lost and counted."""
        if not messages:
            return
        self._waiting.extend(messages)
        self._n_bytes += sum(map(len, messages))
        while self._n_bytes > self._limits.most_bytes and self._waiting:
            self._n_bytes -= len(self._waiting.popleft())
            self._totals.dropped += 1
        self._some.set()
        self._idle.clear()

    async def run(self) -> None:
        """Hand over what waits until cancelled.

        Raises
        ------
        SlowPeerError
            The receiver took too little for `Limits.slow_s`.
        OSError
            The connection is broken.
        """
        while True:
            await self._some.wait()
            chunk, n = self._chunk()
            if n:
                await self._hand_over(chunk, n)
            if not self._waiting:
                self._some.clear()
                self._idle.set()

    async def _hand_over(self, chunk: bytes, n: int) -> None:
        try:
            async with asyncio.timeout(self._limits.slow_s):
                await self._write(chunk)
        except TimeoutError as error:
            text = f"a receiver was slow for {self._limits.slow_s:g} s and is disconnected"
            raise SlowPeerError(text) from error
        except NotTakenError:
            self._totals.dropped += n
        else:
            self._totals.note_sent(n, len(chunk))

    def _chunk(self) -> tuple[bytes, int]:
        parts: list[bytes] = []
        size = 0
        while self._waiting and (not parts or size < self._limits.chunk_bytes):
            parts.append(self._waiting.popleft())
            size += len(parts[-1])
        self._n_bytes -= size
        return b"".join(parts), len(parts)

    async def emptied(self) -> None:
        """Return when nothing waits."""
        await self._idle.wait()

    def give_up(self) -> None:
        """Count what waits as lost."""
        self._totals.dropped += len(self._waiting)
        self._waiting.clear()
        self._n_bytes = 0
        self._idle.set()
