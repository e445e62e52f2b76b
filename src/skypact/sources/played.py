"""A recording played as if it arrived now: at its own pace, faster, or as fast as it is taken."""

import asyncio
import math
from pathlib import Path
from typing import Final

import numpy as np

from skypact.decode.framing.blocks import LONGEST_PACKET, BlockCutter
from skypact.errors import ConfigError, SourceError
from skypact.model.packets import PacketBatch
from skypact.sources.channel import Channel
from skypact.sources.file import FileSource, content, mapped
from skypact.units import NANOSECONDS

AT_ONCE: Final = 64
"""Packets that are handed on before looking whether too much waits."""
PAUSE_S: Final = 0.005
"""Between two looks."""


class PlayDriver:
    """Hands on a recording's packets; their offsets stay, divided by the speed.

    Nothing is lost: where the pipeline does not follow, the recording waits. Without stamps, and
    for receivers' formats, it is played as fast as it is taken.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._path = Path(channel.spec.path)

    def open(self) -> None:
        """See whether the file can be read; see `Driver`."""
        try:
            mapped(self._path)
        except SourceError as error:
            raise ConfigError(f"source {self._channel.spec.url}: {error}") from error

    async def run(self) -> None:
        """Play to the end, or for ever."""
        try:
            packets = await asyncio.to_thread(self._read)
        except SourceError as error:
            self._channel.fail(error)
            self._channel.is_over = True
            return
        self._channel.connected()
        await self._play(packets)
        while self._channel.spec.is_looped and packets.start.size:
            await self._play(packets)
        self._channel.is_over = True

    def close(self) -> None:
        """Keep nothing open."""

    def _read(self) -> PacketBatch:
        if self._channel.spec.format == "asterix":
            framed = FileSource(self._path).read()
            if framed.errors:
                self._channel.tell(f"not read: {framed.errors}")
            return framed.packets
        data = content(self._path)
        start = np.arange(0, data.size, LONGEST_PACKET)
        end = np.minimum(start + LONGEST_PACKET, data.size)
        unknown = np.full(start.size, -1, np.int64)
        return PacketBatch(data, start, end, unknown, np.zeros(start.size, np.int32))

    async def _play(self, packets: PacketBatch) -> None:
        begun_s = self._channel.elapsed_s()
        due_s = due(packets.received_ns, self._channel.spec.speed)
        first = 0
        while first < due_s.size:
            passed_s = self._channel.elapsed_s() - begun_s
            last = min(int(np.searchsorted(due_s, passed_s, side="right")), first + AT_ONCE)
            if last > first and not self._channel.is_crowded:
                self._hand_on(packets, slice(first, last), passed_s - due_s[first:last])
                first = last
                await asyncio.sleep(0)
            else:
                await asyncio.sleep(PAUSE_S)

    def _hand_on(self, packets: PacketBatch, rows: slice, late_s: np.ndarray) -> None:
        now_ns = self._channel.now_ns()
        payloads, stamps = [], []
        for start, end, late in zip(packets.start[rows], packets.end[rows], late_s, strict=True):
            pieces = self._pieces(packets.data[start:end].tobytes())
            payloads += pieces
            ago_ns = round(late * NANOSECONDS) if math.isfinite(late) else 0
            stamps += [now_ns - ago_ns] * len(pieces)
        self._channel.put(payloads, stamps)

    def _pieces(self, payload: bytes) -> list[bytes]:
        """Cut a long run of blocks, as raw recordings hold them, between blocks."""
        if len(payload) <= LONGEST_PACKET:
            return [payload]
        cutter = BlockCutter()
        pieces = cutter.cut(payload)
        cutter.finish()
        self._channel.n_breaks += cutter.n_breaks
        return pieces


def due(received_ns: np.ndarray, speed: float) -> np.ndarray:
    """Seconds after the begin at which each packet is due; never falling."""
    if not received_ns.size or received_ns.min() < 0 or speed == math.inf:
        return np.full(received_ns.size, -math.inf)
    offset_s = (received_ns - received_ns[0]) / NANOSECONDS / speed
    return np.maximum.accumulate(offset_s)
