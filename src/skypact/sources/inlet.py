"""Live sources together: one loop on one thread reads them; what came waits for the pipeline."""

import asyncio
import random
import threading
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Self

from skypact.deploy import Overload
from skypact.errors import ConfigError, SourceError
from skypact.model.packets import PacketBatch
from skypact.model.ports import SourceState
from skypact.sources.backoff import SHORTEST_S, Backoff
from skypact.sources.burst import Reader, best_reader
from skypact.sources.channel import Channel, Driver
from skypact.sources.http import HttpDriver
from skypact.sources.played import PlayDriver
from skypact.sources.stamp import StampClock
from skypact.sources.standard import StandardDriver
from skypact.sources.tcp import ClientDriver, ListenDriver
from skypact.sources.udp import UdpDriver
from skypact.sources.url import SourceUrl
from skypact.sources.waiting import Waiting

LAST_TURNS: Final = 20
"""Turns of the loop at the end, in which it reads what has come."""
END_S: Final = 5.0
"""The thread has ended after so long, or the process ends without it."""


class LiveInlet:
    """Sockets, files and standard input as one `Inlet`; listens from the moment it is made.

    Parameters
    ----------
    sources : sequence of SourceUrl
        What it takes in; row i has link i.
    limits : Overload
        What may wait, of all sources together.
    clock : StampClock or None
        Time of arrival; the pipeline's time must be the same one (`clock`).
    seed : int or None
        Of the pauses between attempts to connect; None: another one each time.
    first_pause_s : float
        The shortest of these pauses.

    Raises
    ------
    ConfigError
        An address cannot be listened at, or a file cannot be read.
    """

    def __init__(
        self,
        sources: Sequence[SourceUrl],
        limits: Overload | None = None,
        clock: StampClock | None = None,
        seed: int | None = None,
        first_pause_s: float = SHORTEST_S,
    ) -> None:
        limits = Overload() if limits is None else limits
        self.clock = StampClock() if clock is None else clock
        """Time of the stamps."""
        most_bytes = round(limits.most_mib * (1 << 20))
        self._waiting = Waiting(len(sources), limits.most_packets, most_bytes, self.clock.now_ns)
        self._channels = [
            Channel(row, spec, self._waiting, self.clock) for row, spec in enumerate(sources)
        ]
        reader, draw = best_reader(), random.Random(seed)
        self._drivers = [
            _driver(channel, reader, Backoff(draw, first_pause_s)) for channel in self._channels
        ]
        self._failure: BaseException | None = None
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._is_closed = False
        self._thread = threading.Thread(target=self._work, name="skypact-sources", daemon=True)
        try:
            _one_input([channel.spec for channel in self._channels])
            for driver in self._drivers:
                driver.open()
        except BaseException:
            self._loop.run_until_complete(self._release())
            self._loop.close()
            self._is_closed = True
            raise
        self._thread.start()

    def __enter__(self) -> Self:
        """Go on."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()

    def take(self, until_ns: int) -> PacketBatch:
        """Take what arrived before a time; see `Inlet`.

        Raises
        ------
        SourceError
            The sources' thread has failed, which is an error of the program.
        """
        if self._failure is not None:
            raise SourceError(f"sources stopped: {self._failure!r}") from self._failure
        return self._waiting.take(until_ns)

    def states(self) -> list[SourceState]:
        """Return one row per source, in the order of `link`."""
        return [channel.state() for channel in self._channels]

    def ports(self) -> list[int]:
        """Port of each source, the one in use where the system chose it."""
        return [channel.port for channel in self._channels]

    def close(self) -> None:
        """Read what has come and stop listening; what has arrived can still be taken."""
        if self._is_closed:
            return
        self._is_closed = True
        with suppress(RuntimeError):  # the loop has ended by itself
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(END_S)

    def _work(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.set_exception_handler(self._note)
        try:
            self._loop.run_until_complete(self._serve())
        except Exception as error:  # told by the next `take`
            self._failure = self._failure or error
        finally:
            self._loop.close()

    def _note(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Keep what went wrong in a callback; it is an error of the program."""
        error = context.get("exception")
        if error is not None and not isinstance(error, OSError):
            self._failure = self._failure or error

    async def _serve(self) -> None:
        tasks = [asyncio.create_task(driver.run()) for driver in self._drivers]
        stop = asyncio.create_task(self._stop.wait())
        waiting: set[asyncio.Task[Any]] = {stop, *tasks}
        while not stop.done():
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stop}:
                self._failure = self._failure or task.exception()
        for _ in range(LAST_TURNS):
            await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._release()

    async def _release(self) -> None:
        for driver in self._drivers:
            driver.close()
        await asyncio.sleep(0)
        await asyncio.sleep(0)


def _driver(channel: Channel, reader: Reader, backoff: Backoff) -> Driver:
    """Make what reads a source."""
    match channel.spec.kind:
        case "udp":
            return UdpDriver(channel, reader, backoff)
        case "tcp":
            return ClientDriver(channel, backoff)
        case "listen":
            return ListenDriver(channel)
        case "http":
            return HttpDriver(channel, backoff)
        case "file":
            return PlayDriver(channel)
        case "stdin":
            return StandardDriver(channel)


def _one_input(sources: Sequence[SourceUrl]) -> None:
    """See that standard input is named once at most."""
    if sum(spec.kind == "stdin" for spec in sources) > 1:
        raise ConfigError("source stdin: expected standard input once, got it twice")
