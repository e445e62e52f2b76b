"""A source, an inlet, a clock and a sink that live in memory."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from skypact.model.packets import PacketBatch, packets_from
from skypact.model.ports import SourceState
from skypact.model.tracks import TrackRows, concat_rows


class MemorySource:
    """Batches given beforehand, in their order."""

    def __init__(self, batches: list[PacketBatch]) -> None:
        self._batches = batches

    def packets(self) -> Iterator[PacketBatch]:
        """Yield the batches."""
        yield from self._batches


class FakeClock:
    """A clock that moves only when told to, and at once."""

    def __init__(self, start_s: float = 0.0) -> None:
        self._now_s = start_s

    def now_s(self) -> float:
        """Seconds UTC since 1970."""
        return self._now_s

    def sleep_until(self, time_s: float) -> None:
        """Jump to `time_s`; never back."""
        self._now_s = max(self._now_s, time_s)


class MemorySink:
    """Every step's rows and ends, kept."""

    def __init__(self) -> None:
        self.steps: list[tuple[float, TrackRows, npt.NDArray[np.int64]]] = []
        self.is_finished = False

    def append(self, rows: TrackRows, ended: npt.NDArray[np.int64], now_s: float) -> None:
        """Keep one step."""
        self.steps.append((now_s, rows, ended))

    def finish(self) -> None:
        """Remember that the run has ended."""
        self.is_finished = True

    def rows(self) -> TrackRows:
        """All rows in step order."""
        return concat_rows([rows for _, rows, _ in self.steps])


class MemoryInlet:
    """Packets given with their times of arrival: an `Inlet` without a network.

    Parameters
    ----------
    urls : sequence of str
        One per source.
    packets : PacketBatch or None
        What arrives from the beginning on; `put` adds more.
    """

    def __init__(self, urls: Sequence[str], packets: PacketBatch | None = None) -> None:
        self._urls = list(urls)
        self._waiting: list[tuple[int, int, bytes]] = []
        self._counts = [[0, 0, -1] for _ in self._urls]
        self._last_ns = 0
        self._is_closed = False
        if packets is not None:
            rows = zip(*(c.tolist() for c in packets[1:]), strict=True)
            for start, end, received_ns, link in rows:
                self.put(received_ns, link, packets.data[start:end].tobytes())

    def put(self, received_ns: int, row: int, payload: bytes) -> None:
        """Let a packet arrive; after `close` none does."""
        if self._is_closed:
            return
        self._waiting.append((received_ns, row, payload))
        count = self._counts[row]
        self._counts[row] = [count[0] + 1, count[1] + len(payload), max(count[2], received_ns)]

    def take(self, until_ns: int) -> PacketBatch:
        """Take what has arrived before a time; what was put too late arrives with the last one."""
        self._waiting.sort(key=lambda packet: packet[0])
        n = sum(packet[0] < until_ns for packet in self._waiting)
        taken, self._waiting = self._waiting[:n], self._waiting[n:]
        stamps = [max(received_ns, self._last_ns) for received_ns, _, _ in taken]
        self._last_ns = max([self._last_ns, *stamps])
        return packets_from([p for _, _, p in taken], stamps, [row for _, row, _ in taken])

    def states(self) -> list[SourceState]:
        """Return one row per source."""
        return [
            SourceState(url, self._word(n), n, n_bytes, last_ns, 0, 0, 0, 0, "")
            for url, (n, n_bytes, last_ns) in zip(self._urls, self._counts, strict=True)
        ]

    def _word(self, n_packets: int) -> str:
        if self._is_closed:
            return "over"
        return "up" if n_packets else "waiting"

    def close(self) -> None:
        """Let nothing more arrive."""
        self._is_closed = True
