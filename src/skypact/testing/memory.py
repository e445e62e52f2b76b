"""A source, a clock and a sink that live in memory."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from skypact.model.packets import PacketBatch
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
