"""An append-only, bounded log of structured rows in step order, written by one thread, read by any.

Rows live in blocks that are filled once and never changed, so a reader needs the lock only to take
the list of blocks and how far the last one is filled.
"""

import threading

import numpy as np
import numpy.typing as npt

from skypact.errors import RecordingError

BLOCK_ROWS = 65_536
"""Rows per block: about 6 MB of track rows, the step in which old rows are forgotten."""

Structured = npt.NDArray[np.void]


class StepLog:
    """Rows of one structured type, ordered by their first field ``step_s``.

    Parameters
    ----------
    dtype : numpy.dtype
        Structured, with a float64 field ``step_s`` [s].
    max_rows : int
        Whole blocks are forgotten, oldest first, so that no more than this plus one block remain.
    """

    def __init__(
        self, dtype: np.dtype[np.void], max_rows: int, block_rows: int = BLOCK_ROWS
    ) -> None:
        self._dtype = dtype
        self._max_rows = max_rows
        self._block_rows = block_rows
        self._blocks: list[Structured] = []
        self._filled = 0
        self._lock = threading.Lock()
        self.n_dropped = 0
        """Rows forgotten so far."""

    def append(self, rows: Structured) -> None:
        """Add rows whose ``step_s`` is not before the last one's."""
        last_s = self.last_step_s()
        if rows.size and rows["step_s"][0] < last_s:
            got = float(rows["step_s"][0])
            raise RecordingError(f"expected steps in order, got {got} s after {last_s} s")
        while rows.size:
            if not self._blocks or self._filled == self._block_rows:
                self._open_block()
            n = min(rows.size, self._block_rows - self._filled)
            self._blocks[-1][self._filled : self._filled + n] = rows[:n]
            with self._lock:
                self._filled += n
            rows = rows[n:]

    def _open_block(self) -> None:
        block = np.empty(self._block_rows, self._dtype)
        with self._lock:
            self._blocks.append(block)
            self._filled = 0
            while (len(self._blocks) - 1) * self._block_rows > self._max_rows:
                self._blocks.pop(0)
                self.n_dropped += self._block_rows

    def _views(self) -> list[Structured]:
        with self._lock:
            views = list(self._blocks)
            if views:
                views[-1] = views[-1][: self._filled]
        return [v for v in views if v.size]

    def forget_before(self, time_s: float) -> None:
        """Forget whole blocks that end before `time_s`; the block being filled stays."""
        with self._lock:
            while len(self._blocks) > 1 and self._blocks[0]["step_s"][-1] < time_s:
                self._blocks.pop(0)
                self.n_dropped += self._block_rows

    def parts(self, after_s: float, until_s: float) -> list[Structured]:
        """Rows with ``after_s < step_s <= until_s``, in step order, block by block, not copied."""
        parts = []
        for view in self._views():
            steps = view["step_s"]
            if steps[-1] > after_s and steps[0] <= until_s:
                low = np.searchsorted(steps, after_s, "right")
                parts.append(view[low : np.searchsorted(steps, until_s, "right")])
        return parts

    def between(self, after_s: float, until_s: float) -> Structured:
        """Rows with ``after_s < step_s <= until_s``, in step order."""
        parts = self.parts(after_s, until_s)
        return np.concatenate(parts) if parts else np.empty(0, self._dtype)

    def first_step_s(self) -> float:
        """Step of the oldest row kept; infinity when there is none."""
        views = self._views()
        return float(views[0]["step_s"][0]) if views else np.inf

    def last_step_s(self) -> float:
        """Step of the newest row; minus infinity when there is none."""
        views = self._views()
        return float(views[-1]["step_s"][-1]) if views else -np.inf

    def __len__(self) -> int:
        """Rows kept."""
        return sum(v.size for v in self._views())
