"""What drives a pipeline: recorded reports in their order, or live ones by the clock.

Both go one way, `Course`: batches are cut by the stamps of arrival, never by the clock, so that a
recording of what was heard live makes the same picture again.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Protocol

import numpy as np

from skypact.config import Sensor
from skypact.model.ports import Clock
from skypact.model.reports import (
    REPORT_DTYPES,
    ReportBatch,
    empty_reports,
    in_arrival_order,
    take_reports,
)
from skypact.record.replay import BATCH_S, Batch, Place, beginning, cut
from skypact.runtime.pipeline import Pipeline
from skypact.track.checkpoint import Checkpoint
from skypact.units import NANOSECONDS

LIVE_STEP_S: Final = 0.1
"""Longest time that live reports are gathered before a step."""
PROGRESS_STEPS: Final = 16
"""Steps of a replay between two looks at its progress."""
SLACK_NS: Final = 1_000
"""A clock's seconds are as fine as this at best: a batch that ends now is over."""

Progress = Callable[[float], None]


class Feed(Protocol):
    """Where live reports come from."""

    @property
    def sensors(self) -> Sequence[Sensor]:
        """Sensors heard so far, in the order of their index in the reports; only added to."""
        ...

    def read(self, now_s: float) -> ReportBatch:
        """Return what has arrived since the last call."""
        ...


class Course:
    """Reports through a pipeline in batches by arrival: the way of recorded and of live ones."""

    def __init__(self, pipeline: Pipeline, batch_s: float) -> None:
        self.pipeline = pipeline
        self.place: Place | None = None
        self._batch_s = batch_s

    def batches(self, reports: ReportBatch, until_ns: int | None = None) -> Iterator[Batch]:
        """Cut sorted reports that were not taken yet; `until_ns`: the present, if it goes on."""
        return cut(reports.received_ns, self._batch_s, self.place, until_ns)

    def take(self, reports: ReportBatch, batch: Batch) -> None:
        """Step through one of these batches."""
        self.pipeline.step(take_reports(reports, slice(batch.first, batch.last)), batch.now_s)
        if self.place is None:
            self.place = beginning(int(reports.received_ns[0]), self._batch_s)
        self.place = self.place.after(batch)


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
    batch_s : float
        Length of a batch in recorded time; after a checkpoint, the one before holds.
    """

    def __init__(
        self,
        reports: ReportBatch,
        pipeline: Pipeline,
        kept: Checkpoint | None = None,
        batch_s: float = BATCH_S,
    ) -> None:
        self._course = Course(pipeline, batch_s)
        self.n_new = reports.time_s.size
        """Reports of the recording that the run before has not taken."""
        if kept is not None:
            place, pending = pipeline.load(kept)
            self._course.place = place
            if place is not None:
                new = int(np.searchsorted(reports.received_ns, place.taken_until_ns))
                reports = take_reports(reports, slice(new, None))
            self.n_new = reports.time_s.size
            n = pending.time_s.size
            if not _same(take_reports(reports, slice(0, n)), pending):
                reports = in_arrival_order([pending, reports])
        self._reports = reports
        self._pending = empty_reports(0)

    @property
    def pipeline(self) -> Pipeline:
        """Where the reports go."""
        return self._course.pipeline

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
        for i, batch in enumerate(self._course.batches(self._reports)):
            if is_open and batch.last == n:
                self._pending = take_reports(self._reports, slice(batch.first, n))
                return
            clock.sleep_until(batch.now_s)
            self._course.take(self._reports, batch)
            if i % PROGRESS_STEPS == 0:
                progress(batch.last / n)

    def checkpoint(self) -> bytes:
        """Bytes to go on from: what was taken, and what was left for the next run."""
        return self.pipeline.checkpoint(self._course.place, self._pending)


def _same(one: ReportBatch, other: ReportBatch) -> bool:
    """Whether two batches hold the same bits."""
    return all(
        getattr(one, name).tobytes() == getattr(other, name).tobytes() for name in REPORT_DTYPES
    )


def replay(reports: ReportBatch, pipeline: Pipeline, clock: Clock, progress: Progress) -> None:
    """Run recorded reports, sorted by arrival, through the pipeline; `progress` gets 0 to 1."""
    Replay(reports, pipeline).run(clock, progress)
    pipeline.finish()


class Live:
    """Reports as they arrive, through a pipeline; its sensors are those that were heard.

    Parameters
    ----------
    feed : Feed
        Where they come from.
    pipeline : Pipeline
        Gets them, in batches of `LIVE_STEP_S`. When steps take longer than that, none is left out
        or joined with another: the picture is that of the replay.
    """

    def __init__(self, feed: Feed, pipeline: Pipeline) -> None:
        self._feed = feed
        self._course = Course(pipeline, LIVE_STEP_S)
        self._waiting = empty_reports(0)

    @property
    def pipeline(self) -> Pipeline:
        """Where the reports go."""
        return self._course.pipeline

    def next_s(self, now_s: float) -> float:
        """Time at which the next batch is over."""
        place = self._course.place
        if place is None:
            return now_s + LIVE_STEP_S
        tick = (round(now_s * NANOSECONDS) + SLACK_NS - place.start_ns) // place.period_ns
        return place.end_ns(tick) / NANOSECONDS

    def advance(self, now_s: float) -> None:
        """Step through what has arrived by now, as far as batches are over."""
        self._read(now_s)
        self._step(round(now_s * NANOSECONDS) + SLACK_NS)

    def finish(self) -> None:
        """Step through what is left of the last batch; then the run is over."""
        self._step(None)
        self.pipeline.finish()

    def _read(self, now_s: float) -> None:
        reports = self._feed.read(now_s)
        self.pipeline.set_sensors(self._feed.sensors)
        place = self._course.place
        if place is not None:  # what a feed hands over too late arrives when it does
            stamps = np.maximum(reports.received_ns, place.taken_until_ns)
            reports = reports._replace(received_ns=stamps)
        self._waiting = in_arrival_order([self._waiting, reports])

    def _step(self, until_ns: int | None) -> None:
        done = 0
        for batch in self._course.batches(self._waiting, until_ns):
            self._course.take(self._waiting, batch)
            done = batch.last
        self._waiting = take_reports(self._waiting, slice(done, None))


def live(line: Live, clock: Clock, is_done: Callable[[float], bool]) -> None:
    """Step through what arrives, batch by batch, until `is_done`."""
    now_s = clock.now_s()
    while not is_done(now_s):
        clock.sleep_until(line.next_s(now_s))
        now_s = clock.now_s()
        line.advance(now_s)
    line.finish()
