"""What drives a pipeline: recorded reports in their order, or live ones by the clock."""

from collections.abc import Callable
from typing import Final

import numpy as np

from skypact.model.ports import Clock
from skypact.model.reports import REPORT_DTYPES, ReportBatch, empty_reports, take_reports
from skypact.record.replay import Batch, Place, cut, in_arrival_order
from skypact.runtime.pipeline import Pipeline
from skypact.track.checkpoint import Checkpoint
from skypact.units import NANOSECONDS

LIVE_STEP_S: Final = 0.1
"""Longest time that live reports are gathered before a step."""
PROGRESS_STEPS: Final = 16
"""Steps of a replay between two looks at its progress."""

Progress = Callable[[float], None]


class Replay:
    """Recorded reports, sorted by arrival, through a pipeline; can be left and taken up again.

    Parameters
    ----------
    reports : ReportBatch
        The recording. After a checkpoint: the rest of it, or the whole again; what was taken
        before is left out.
    pipeline : Pipeline
        Gets the reports.
    kept : Checkpoint or None
        Where to go on from; the pipeline must be new, its sensors begin with `sensors_of` it.
    """

    def __init__(
        self, reports: ReportBatch, pipeline: Pipeline, kept: Checkpoint | None = None
    ) -> None:
        self._pipeline = pipeline
        self._since: Place | None = None
        self._pending = empty_reports(0)
        if kept is not None:
            self._since, self._pending = pipeline.load(kept)
            if self._since is not None:
                new = int(np.searchsorted(reports.received_ns, self._since.taken_until_ns()))
                reports = take_reports(reports, slice(new, None))
            n = self._pending.time_s.size
            if not _same(take_reports(reports, slice(0, n)), self._pending):
                reports = in_arrival_order([self._pending, reports])
        self._reports = reports
        self._pending = empty_reports(0)

    @property
    def pipeline(self) -> Pipeline:
        """Where the reports go."""
        return self._pipeline

    @property
    def start_s(self) -> float:
        """Arrival of the first report that is taken, 0 without any."""
        received_ns = self._reports.received_ns
        return float(received_ns[0]) / NANOSECONDS if received_ns.size else 0.0

    def run(self, clock: Clock, progress: Progress, *, is_open: bool = False) -> None:
        """Step through the recording; `progress` gets 0 to 1.

        Where it `is_open`, it goes on in another run: the last batch may lack reports, and is left
        for that one.
        """
        n = self._reports.time_s.size
        for i, batch in enumerate(cut(self._reports.received_ns, since=self._since)):
            if is_open and batch.last == n:
                self._pending = take_reports(self._reports, slice(batch.first, n))
                return
            clock.sleep_until(batch.now_s)
            part = take_reports(self._reports, slice(batch.first, batch.last))
            self._pipeline.step(part, batch.now_s)
            self._take(batch)
            if i % PROGRESS_STEPS == 0:
                progress(batch.last / n)

    def _take(self, batch: Batch) -> None:
        heard, start_ns = -1, int(self._reports.received_ns[0])
        if self._since is not None:
            heard, start_ns = self._since.heard, self._since.start_ns
        heard = batch.tick if batch.last > batch.first else heard
        self._since = Place(start_ns, heard, batch.tick)

    def checkpoint(self) -> bytes:
        """Bytes to go on from: what was taken, and what was left for the next run."""
        return self._pipeline.checkpoint(self._since, self._pending)


def _same(one: ReportBatch, other: ReportBatch) -> bool:
    """Whether two batches hold the same bits."""
    return all(
        getattr(one, name).tobytes() == getattr(other, name).tobytes() for name in REPORT_DTYPES
    )


def replay(reports: ReportBatch, pipeline: Pipeline, clock: Clock, progress: Progress) -> None:
    """Run recorded reports, sorted by arrival, through the pipeline; `progress` gets 0 to 1."""
    Replay(reports, pipeline).run(clock, progress)
    pipeline.finish()


def live(
    read: Callable[[float], ReportBatch],
    pipeline: Pipeline,
    clock: Clock,
    is_done: Callable[[float], bool],
) -> None:
    """Step the pipeline every `LIVE_STEP_S` with what `read(now_s)` gives, until `is_done`.

    When a step takes longer than that, the next one takes in more: nothing is left out and the
    delay does not grow.
    """
    now_s = clock.now_s()
    while not is_done(now_s):
        clock.sleep_until(now_s + LIVE_STEP_S)
        now_s = clock.now_s()
        pipeline.step(read(now_s), now_s)
    pipeline.finish()
