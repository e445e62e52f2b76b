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
PARTS_MOST: Final = 16
"""Batches that wait apart; more of them become one."""
_CONTENT: Final = tuple(
    name for name in REPORT_DTYPES if name not in ("time_s", "received_ns", "sensor", "target")
)
"""What decides between reports of one sensor and time. Neither arrival nor the truth does."""

Part = tuple[ReportBatch, Longs]
"""Reports and their running numbers."""
Mask = npt.NDArray[np.bool_]


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
        self._held: list[Part] = []
        self._fed = 0

    def take(self, batch: ReportBatch, now_s: float) -> Due:
        """Take in a batch and hand out what is due at `now_s`, in order of arrival.

        What waits is a copy: the caller may use its arrays again.
        """
        index = np.arange(self._fed, self._fed + len(batch.time_s), dtype=np.int64)
        self._fed += len(index)
        horizon = now_s - self._reorder_s
        parts = [*self._held, (batch, index)]
        due, held = [], []
        for (part, numbers), waits in zip(parts, self._waiting(parts, now_s), strict=True):
            n = int(np.count_nonzero(waits))
            if 0 < n < len(numbers):
                held.append((take_reports(part, waits), numbers[waits]))
                due.append((take_reports(part, ~waits), numbers[~waits]))
            elif n:
                held.append((_copied(part) if part is batch else part, numbers))
            elif len(numbers):
                due.append((part, numbers))
        self._held = held if len(held) <= PARTS_MOST else [_joined(held)]
        return Due(*_joined(due), horizon)

    def _waiting(self, parts: list[Part], now_s: float) -> list[Mask]:
        """Which reports of each part wait at `now_s`."""
        masks = []
        for part, _ in parts:
            ready = (part.time_s <= now_s - self._reorder_s) | ~np.isfinite(part.time_s)
            masks.append(~(ready | (part.time_s > now_s + self._early_max_s)))
        if sum(np.count_nonzero(waits) for waits in masks) > min(HELD_SENSOR, HELD_MOST):
            room = with_room(
                np.concatenate([p.sensor[w] for (p, _), w in zip(parts, masks, strict=True)])
            )
            edges = np.cumsum([np.count_nonzero(waits) for waits in masks])[:-1]
            for waits, fits in zip(masks, np.split(room, edges), strict=True):
                waits[np.flatnonzero(waits)[~fits]] = False
        return masks

    def flush(self, done_s: float) -> Due:
        """Hand out all that still waits; time goes on to the last of it."""
        batch, index = _joined(self._held)
        self._held = []
        return Due(batch, index, max(done_s, float(np.max(batch.time_s, initial=-np.inf))))

    def arrays(self) -> Arrays:
        """State, to be kept."""
        batch, index = _joined(self._held)
        columns = {f"held/{name}": column for name, column in batch._asdict().items()}
        return columns | {"index": index, "fed": np.array([self._fed], np.int64)}

    def load(self, saved: Arrays) -> None:
        """Take up a kept state."""
        n = len(saved["index"]) if "index" in saved else 0
        batch, index = empty_reports(n), np.zeros(n, np.int64)
        for name, column in batch._asdict().items():
            fill(column, saved, f"held/{name}", whole=True)
        fed = np.zeros(1, np.int64)
        fill(index, saved, "index", whole=True)
        fill(fed, saved, "fed", whole=True)
        self._held = [(batch, index)] if n else []
        self._fed = int(fed[0])


def _copied(batch: ReportBatch) -> ReportBatch:
    """Give reports arrays of their own."""
    return ReportBatch._make(column.copy() for column in batch)


def _joined(parts: list[Part]) -> Part:
    """Join reports and numbers of several batches, in order."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return empty_reports(0), np.zeros(0, np.int64)
    return concat_reports([part for part, _ in parts]), np.concatenate([n for _, n in parts])


def with_room(sensor: Ints) -> Mask:
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
    sorted_s, whose = time_s[order], sensor[order]
    same = (sorted_s[1:] == sorted_s[:-1]) & (whose[1:] == whose[:-1])
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
