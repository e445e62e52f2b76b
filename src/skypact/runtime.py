"""Wires the stages: bytes are decoded, reports tracked, the picture goes to the sinks.

Live, replay and simulation are the same way with another source and another clock. This is the
only module that knows all stages.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from skypact.config import Sensor, sensor_table
from skypact.model.ports import Clock, Sink
from skypact.model.reports import ReportBatch, take_reports
from skypact.model.tracks import TrackRows
from skypact.record.picture import PictureCount
from skypact.record.replay import cut
from skypact.record.summary import LatencyMeter
from skypact.register.known import without_known_biases
from skypact.track.params import TrackerParams
from skypact.track.tracker import StepEvents, Tracker
from skypact.units import NANOSECONDS

LIVE_STEP_S: Final = 0.1
"""Longest time that live reports are gathered before a step."""
PROGRESS_STEPS: Final = 16
"""Steps of a replay between two looks at its progress."""

TROUBLES: Final = ("late", "early", "refused", "crowded")
"""Fates of reports that the summary lists among the errors."""

Progress = Callable[[float], None]


class Pipeline:
    """Reports to picture: the tracker, its sinks, and the figures of the run.

    Parameters
    ----------
    sensors : sequence of Sensor
        Row i describes the sensor with index i in the reports.
    sinks : sequence of Sink
        Who gets every step.
    params : TrackerParams or None
        The tracker's configuration.
    """

    def __init__(
        self,
        sensors: Sequence[Sensor],
        sinks: Sequence[Sink] = (),
        params: TrackerParams | None = None,
    ) -> None:
        self.picture = PictureCount()
        self.latency = LatencyMeter()
        self.n_reports = 0
        self.counts: dict[str, int] = {}
        """What became of the reports, as the tracker counts it."""
        self._sensors = list(sensors)
        self._flat = params is not None and params.frame == "flat"
        self._tracker = Tracker(sensor_table(self._sensors, flat=self._flat), params)
        self._sinks: list[Sink] = [self.picture, *sinks]
        self._clock: Clock | None = None
        self._waiting = np.zeros(0, np.int64)
        self._first_waiting = 0
        self._begun_s = time.monotonic()
        self._n_before = 0
        self._now_s = float("nan")

    @property
    def n_live(self) -> int:
        """Confirmed tracks alive."""
        return self._tracker.n_confirmed

    def set_sensors(self, sensors: Sequence[Sensor]) -> None:
        """Put more sensors in force."""
        self._sensors = list(sensors)
        self._tracker.set_sensors(sensor_table(self._sensors, flat=self._flat))

    def start_clock(self, clock: Clock) -> None:
        """Go live: rates count from here, a report's latency from its arrival until it was used.

        Before, and in a replay at any speed, the latency is the processing time of its step.
        """
        self._clock = clock
        self.latency = LatencyMeter()
        self._begun_s, self._n_before = time.monotonic(), self.n_reports

    def step(self, reports: ReportBatch, now_s: float) -> TrackRows:
        """Track what has arrived by `now_s` and hand the picture on."""
        begun_s = time.perf_counter()
        self.n_reports += reports.time_s.size
        self._waiting = np.concatenate([self._waiting, reports.received_ns])
        events = self._tracker.step(without_known_biases(reports, self._sensors), now_s)
        self._hand_on(events, now_s)
        self._measure(events, time.perf_counter() - begun_s)
        return events.rows

    def finish(self) -> None:
        """Track what is still held back, then tell the sinks that the run is over."""
        self._hand_on(self._tracker.flush(), self._now_s)
        for sink in self._sinks:
            sink.finish()

    def _hand_on(self, events: StepEvents, now_s: float) -> None:
        self._now_s = now_s
        for kind, n in events.counts.items():
            self.counts[kind] = self.counts.get(kind, 0) + n
        for sink in self._sinks:
            sink.append(events.rows, events.ended, now_s)

    def _measure(self, events: StepEvents, elapsed_s: float) -> None:
        n_done = events.report_index.size
        if self._clock is None:
            self.latency.add(np.full(n_done, elapsed_s))
            self._waiting, self._first_waiting = self._waiting[:0], self.n_reports
            return
        place = events.report_index - self._first_waiting
        place = place[place >= 0]
        now_ns = self._clock.now_s() * NANOSECONDS
        self.latency.add((now_ns - self._waiting[place]) / NANOSECONDS)
        self._waiting[place] = -1
        left = np.flatnonzero(self._waiting >= 0)
        n_gone = int(left[0]) if left.size else self._waiting.size
        self._waiting, self._first_waiting = self._waiting[n_gone:], self._first_waiting + n_gone

    def figures(self) -> dict[str, Any]:
        """Return the figures of the run so far under the summary's keys."""
        elapsed_s = max(time.monotonic() - self._begun_s, 1e-9)
        troubles = {k: n for k, n in self.counts.items() if n and k in TROUBLES}
        return {
            "reports": self.n_reports,
            "reports_per_s": round((self.n_reports - self._n_before) / elapsed_s, 1),
            "tracks": self.picture.tracks,
            "confirmed": self.picture.confirmed,
            "alerts": 0,
            "latency_s": self.latency.percentiles(),
            "biases": {},
            "counts": self.counts,
            "errors": troubles,
            "picture_hash": self.picture.picture_hash,
        }


def replay(reports: ReportBatch, pipeline: Pipeline, clock: Clock, progress: Progress) -> None:
    """Run recorded reports, sorted by arrival, through the pipeline; `progress` gets 0 to 1."""
    n = max(1, reports.time_s.size)
    for i, batch in enumerate(cut(reports.received_ns)):
        clock.sleep_until(batch.now_s)
        pipeline.step(take_reports(reports, slice(batch.first, batch.last)), batch.now_s)
        if i % PROGRESS_STEPS == 0:
            progress(batch.last / n)
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
