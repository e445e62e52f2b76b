"""Reports on their way in: who waits for stragglers, who is due, and in what order.

Reports wait `reorder_s` for earlier ones; what has waited is due. The order among the due depends
on nothing but what the reports say, so that any order of arrival within the wait gives one picture.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.model.reports import (
    REPORT_DTYPES,
    Floats,
    Ints,
    Longs,
    ReportBatch,
    concat_reports,
    empty_reports,
    take_reports,
)
from skypact.track.checkpoint import Arrays, fill
from skypact.units import NANOSECONDS

SLICE_S: Final = 1.0
"""However long a batch is, sensors take turns this often."""
HELD_MOST: Final = 500_000
"""Reports that wait at most, 150 MB; more of them are handed out at once, and are early then."""
HELD_SENSOR: Final = 50_000
"""Likewise of one sensor. Where all together are too many, those that sent most make room."""
LONGEST_FIRST_S: Final = 86_400.0
"""A first step without stamps of arrival is no longer than this."""
_CONTENT: Final = tuple(
    name for name in REPORT_DTYPES if name not in ("time_s", "received_ns", "sensor", "target")
)
"""What decides between reports of one sensor and time. Neither arrival nor the truth does."""


class Due(NamedTuple):
    """Reports that are processed now."""

    batch: ReportBatch
    serial: Longs
    """Running numbers (n,)."""
    horizon: float
    """Time up to which reports have been waited for."""


class Arrivals:
    """Keeps reports until they have waited.

    Parameters
    ----------
    reorder_s : float
        Wait for earlier reports.
    early_max_s : float
        What is stamped further ahead does not wait.
    """

    def __init__(self, reorder_s: float, early_max_s: float) -> None:
        self._reorder_s = reorder_s
        self._early_max_s = early_max_s
        self._held = empty_reports(0)
        self._index = np.zeros(0, np.int64)
        self._fed = 0

    def take(self, batch: ReportBatch, now_s: float) -> Due:
        """Take in a batch and hand out what is due at `now_s`, in order of arrival."""
        index = np.arange(self._fed, self._fed + len(batch.time_s), dtype=np.int64)
        self._fed += len(index)
        if len(self._held.time_s):
            batch = concat_reports([self._held, batch])
            index = np.concatenate([self._index, index])
        horizon = now_s - self._reorder_s
        ready = (batch.time_s <= horizon) | ~np.isfinite(batch.time_s)
        early = batch.time_s > now_s + self._early_max_s
        waits = ~(ready | early)
        rows = np.flatnonzero(waits)
        waits[rows[~with_room(batch.sensor[rows])]] = False
        self._held, self._index = take_reports(batch, waits), index[waits]
        return Due(take_reports(batch, ~waits), index[~waits], horizon)

    def flush(self, done_s: float) -> Due:
        """Hand out all that still waits; time goes on to the last of it."""
        batch, index = self._held, self._index
        self._held, self._index = empty_reports(0), np.zeros(0, np.int64)
        return Due(batch, index, max(done_s, float(np.max(batch.time_s, initial=-np.inf))))

    def arrays(self) -> Arrays:
        """State, to be kept."""
        columns = {f"held/{name}": column for name, column in self._held._asdict().items()}
        return columns | {"index": self._index, "fed": np.array([self._fed], np.int64)}

    def load(self, saved: Arrays) -> None:
        """Take up a kept state."""
        n = len(saved["index"]) if "index" in saved else 0
        self._held, self._index = empty_reports(n), np.zeros(n, np.int64)
        for name, column in self._held._asdict().items():
            fill(column, saved, f"held/{name}", whole=True)
        fed = np.zeros(1, np.int64)
        fill(self._index, saved, "index", whole=True)
        fill(fed, saved, "fed", whole=True)
        self._fed = int(fed[0])


def with_room(sensor: Ints) -> npt.NDArray[np.bool_]:
    """Which of the reports that wait, in order of arrival, there is room for (n,).

    Every sensor has the same room; what one does not need, the others have.
    """
    n = len(sensor)
    if n <= min(HELD_SENSOR, HELD_MOST):
        return np.ones(n, np.bool_)
    counts, level, left = np.bincount(sensor), 0, HELD_MOST
    for k, count in enumerate(np.sort(counts).tolist()):
        level = left // (len(counts) - k)
        if count > level:
            break
        left, level = left - count, count
    order = np.argsort(sensor, kind="stable")
    rank = np.empty(n, np.int64)
    rank[order] = np.arange(n) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.asarray(rank < min(level, HELD_SENSOR))


def begin_of(batch: ReportBatch, now_s: float) -> float:
    """Find when a stream began, by its first batch: its earliest arrival, where stamps tell it."""
    arrival_s = batch.received_ns / NANOSECONDS
    known = arrival_s[(arrival_s > 0.0) & (arrival_s <= now_s)]  # others are of another clock
    return float(known.min()) if known.size else now_s - LONGEST_FIRST_S


def processing_order(batch: ReportBatch, index: Longs, usable: Longs) -> Longs:
    """Sort rows by slice of time, sensor and time: a sensor's reports together, not for long.

    Equal times are put in order by content, then by arrival.
    """
    time_s, sensor = batch.time_s[usable], batch.sensor[usable]
    slices = np.floor(time_s / SLICE_S)
    order = np.lexsort((index[usable], time_s, sensor, slices))
    same = (np.diff(time_s[order]) == 0.0) & (np.diff(sensor[order]) == 0)
    if not same.any():
        return order
    tied = np.zeros(len(order), np.bool_)
    tied[1:] |= same
    tied[:-1] |= same
    rows = order[tied]
    content = [getattr(batch, name)[usable[rows]] for name in _CONTENT]
    order[tied] = rows[
        np.lexsort((index[usable][rows], *content, time_s[rows], sensor[rows], slices[rows]))
    ]
    return order


def pieces(
    time_s: Floats, since_s: float, until_s: float, piece_s: float, quiet_s: float
) -> Iterator[tuple[int, int, float]]:
    """Cut a long step into pieces, so that it goes as many short ones go.

    Parameters
    ----------
    time_s : float64 (n,)
        Times of the reports, sorted; those before `since_s` go with the first piece.
    since_s, until_s : float
        The step; `since_s` may be -inf.
    piece_s : float
        Longest piece, but for rounding.
    quiet_s : float
        Silence after which no track is left; the rest of a longer one is one piece.

    Yields
    ------
    (int, int, float)
        First and last (excluded) report of a piece, and its end. Pieces without reports are
        yielded, too: tracks end by the passing of time.
    """
    n, first = len(time_s), 0
    if not np.isfinite(since_s):
        since_s = min(until_s, float(np.floor(time_s[0] / piece_s)) * piece_s) if n else until_s
    end, heard_s = since_s, since_s
    while until_s - end > piece_s * (1.0 + 1e-6):
        if end - heard_s > quiet_s:
            next_s = float(time_s[first]) if first < n else until_s
            end += piece_s * max(0.0, np.floor((min(next_s, until_s) - end) / piece_s) - 1.0)
            if until_s - end <= piece_s * (1.0 + 1e-6):
                break
        end += piece_s
        last = int(np.searchsorted(time_s, end, "right"))
        yield first, last, end
        heard_s = end if last > first else heard_s
        first = last
    yield first, n, until_s
