"""Standard input as a source: a pipe from another program, or a file."""

import asyncio
import os
import select
import threading
import time
from typing import Final

from skypact.errors import ConfigError
from skypact.sources.channel import Channel
from skypact.sources.pieces import cutter_of

PIECE_BYTES: Final = 60_000
PAUSE_S: Final = 0.005
"""Between two looks whether there is room."""
LOOK_MS: Final = 100
"""Between two looks whether it shall stop."""


class StandardDriver:
    """Reads on a thread of its own, since not every input can be waited for; it waits for room.

    Parameters
    ----------
    channel : Channel
        Gets the packets.
    descriptor : int
        Of the input.
    """

    def __init__(self, channel: Channel, descriptor: int = 0) -> None:
        self._channel = channel
        self._descriptor = descriptor
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, name="skypact-stdin", daemon=True)

    def open(self) -> None:
        """See whether there is an input; see `Driver`."""
        try:
            os.fstat(self._descriptor)
        except OSError as error:
            url = self._channel.spec.url
            raise ConfigError(f"source {url}: expected an open standard input") from error

    async def run(self) -> None:
        """Begin to read; the thread does the rest."""
        self._channel.connected()
        self._thread.start()
        await asyncio.Event().wait()

    def close(self) -> None:
        """Stop reading; what is in the pipe stays there."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(1.0)

    def _read(self) -> None:
        cutter = cutter_of(self._channel.spec.format)
        ready = select.poll()
        ready.register(self._descriptor, select.POLLIN)
        try:
            while not self._stop.is_set():
                if self._channel.is_crowded:
                    time.sleep(PAUSE_S)
                elif ready.poll(LOOK_MS):
                    piece = os.read(self._descriptor, PIECE_BYTES)
                    if not piece:
                        break
                    self._channel.put(cutter.cut(piece))
                    self._channel.n_breaks = cutter.n_breaks
            cutter.finish()
            self._channel.n_breaks = cutter.n_breaks
        except OSError as error:
            self._channel.fail(error)
        self._channel.is_over = not self._stop.is_set()
