"""Wires the stages: bytes are decoded, reports tracked, the picture goes to the sinks.

Live, replay and simulation are the same way with another source and another clock. This is the
only module that knows all stages.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from skypact.config import RegistrationParams, Sensor, sensor_table
from skypact.errors import RecordingError
from skypact.model.freeflight import FreeStates
from skypact.model.ports import Clock, Noting, Sink, Stateful
from skypact.model.reports import ReportBatch, empty_reports, take_reports
from skypact.model.tracking import BYTES_PER_SENSOR
from skypact.model.tracks import TrackRows
from skypact.record.picture import PictureCount
from skypact.record.replay import Place
from skypact.register.known import without_known_biases
from skypact.register.published import biases_of
from skypact.register.refraction import without_refraction
from skypact.register.registration import Registration
from skypact.runtime.durations import DurationMeter
from skypact.runtime.setup import Setup, differences
from skypact.runtime.used import UsedReports
from skypact.track.areas import AreaMotion
from skypact.track.checkpoint import Checkpoint, fill, joined, pack, part_of
from skypact.track.found import beside_data_sheets
from skypact.track.params import TrackerParams
from skypact.track.smooth import Smoother
from skypact.track.tracker import StepEvents, Tracker
from skypact.units import NANOSECONDS

Longs = npt.NDArray[np.int64]

TROUBLES: Final = (
    "late", "early", "frozen", "repeated", "flooded", "astray", "refused", "crowded", "clock_back",
    "unlisted",
)  # fmt: skip
"""Fates of reports that the summary lists among the errors."""
MOST_SENSORS: Final = 256
"""Sensors that a run has room for, the first ones; wild octets look like ever more of them."""
MOST_BYTES: Final = 1 << 30
"""What tracks may take for sensors that are only heard of later, all that there are together."""


def room(capacity: int) -> int:
    """Sensors that a run with so many rows of tracks has room for; 51 at 100,000 rows."""
    return max(1, min(MOST_SENSORS, MOST_BYTES // (capacity * BYTES_PER_SENSOR)))


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
    areas : sequence of AreaMotion
        Areas in which objects move otherwise.
    registration : RegistrationParams or None
        How sensors' biases are estimated; in a flat scene they are not.
    smooth : Sink or None
        Gets the tracks smoothed, those that are over at each step (`track.smooth`).
    """

    def __init__(
        self,
        sensors: Sequence[Sensor],
        sinks: Sequence[Sink] = (),
        params: TrackerParams | None = None,
        areas: Sequence[AreaMotion] = (),
        registration: RegistrationParams | None = None,
        smooth: Sink | None = None,
    ) -> None:
        self.picture = PictureCount()
        self.latency = DurationMeter()
        self.n_reports = 0
        self.counts: dict[str, int] = {}
        """What became of the reports, as the tracker counts it."""
        self._sensors = list(sensors)
        self.n_alerts: Callable[[], int] = lambda: 0
        """Alerts raised so far, where somebody watches."""
        self.watch_faults: Callable[[], dict[str, int]] = dict
        """Looks at which part of the watch failed."""
        self.changed: list[str] = []
        """In what the setup differs from that of the checkpoint it goes on from, for people."""
        params = TrackerParams() if params is None else params
        self._most = max(room(params.capacity), len(self._sensors))
        self._flat = params.frame == "flat"
        self._tracker = Tracker(sensor_table(self._sensors, flat=self._flat), params, areas)
        if self._flat:
            registration = RegistrationParams(enabled=False)
        self.registration = Registration(self._sensors, registration)
        self._setup = Setup((), params, tuple(areas), self.registration.params)
        self._smoother = None if smooth is None else Smoother(self._tracker)
        self._smooth_sink = smooth
        self._sinks: list[Sink] = [self.picture, *sinks]
        self._noting = [sink for sink in sinks if isinstance(sink, Noting)]
        self._used = UsedReports()
        self._clock: Clock | None = None
        self._waiting = np.zeros(0, np.int64)
        self._first_waiting = 0
        self._begun_s = time.monotonic()
        self._n_before = 0
        self._now_s = float("nan")
        self._kept: dict[str, Stateful] = {
            "tracker": self._tracker,
            "picture": self.picture,
            "registration": self.registration,
        }

    def keep(self, name: str, part: Stateful) -> None:
        """Let checkpoints hold the state of another part, under this name."""
        self._kept[name] = part

    @property
    def n_live(self) -> int:
        """Confirmed tracks alive."""
        return self._tracker.n_confirmed

    def free_states(self) -> FreeStates:
        """Return the states of tracks that may be in free flight."""
        return self._tracker.free_states()

    def set_sensors(self, sensors: Sequence[Sensor]) -> None:
        """Put another list of sensors in force; it keeps the rows there are and may add some.

        Only the first are, `room` for the capacity or as many as there were in the beginning;
        reports of others are counted ``unlisted``.
        """
        sensors = sensors[: self._most]
        if list(sensors) == self._sensors:
            return
        self._sensors = list(sensors)
        self._tracker.set_sensors(sensor_table(self._sensors, flat=self._flat))
        self.registration.set_sensors(self._sensors)

    def start_clock(self, clock: Clock) -> None:
        """Go live: rates count from here, a report's latency from its arrival until it was used.

        Before, and in a replay at any speed, the latency is the processing time of its step.
        """
        self._clock = clock
        self.latency = DurationMeter()
        self._begun_s, self._n_before = time.monotonic(), self.n_reports

    def step(self, reports: ReportBatch, now_s: float) -> TrackRows:
        """Track what has arrived by `now_s` and hand the picture on."""
        begun_s = time.perf_counter()
        listed = reports.sensor < len(self._sensors)
        unlisted = int(np.count_nonzero(~listed)) if len(self._sensors) == self._most else 0
        if unlisted:
            reports = take_reports(reports, listed)
        self.counts["unlisted"] = self.counts.get("unlisted", 0) + unlisted
        self.n_reports += reports.time_s.size
        self._waiting = np.concatenate([self._waiting, reports.received_ns])
        reports = without_known_biases(reports, self._sensors)
        reports = without_refraction(reports, self._sensors)
        corrected = self.registration.correct(reports)
        events = self._tracker.step(corrected, now_s)
        processed = events.report_index, events.report_track
        left = self.registration.observe(reports, *processed, now_s)
        if left is not None:
            self._tracker.set_bias_sigmas(left)
        self._note(reports, *processed)
        self._hand_on(events, now_s)
        self._smooth(corrected, events)
        self._measure(events, time.perf_counter() - begun_s)
        return events.rows

    def finish(self) -> None:
        """Track what is still held back, then tell the sinks that the run is over."""
        events = self._tracker.flush()
        self._note(empty_reports(0), events.report_index, events.report_track)
        self._hand_on(events, self._now_s)
        self._smooth(empty_reports(0), events)
        if self._smoother is not None and self._smooth_sink is not None:
            self._smooth_sink.append(self._smoother.finish(), np.zeros(0, np.int64), self._now_s)
            self._smooth_sink.finish()
        for sink in self._sinks:
            sink.finish()

    def stop(self) -> None:
        """Tell the sinks that the run is over, while what is held back stays for another one."""
        for sink in self._sinks:
            sink.finish()

    def checkpoint(self, place: Place | None, pending: ReportBatch) -> bytes:
        """Bytes from which `load` takes up this run; `pending` are reports not yet taken."""
        return pack(*self.state(place, pending))

    def state(
        self, place: Place | None, pending: ReportBatch
    ) -> tuple[dict[str, npt.NDArray[np.generic]], dict[str, Any]]:
        """Return what `checkpoint` packs; the next step changes some of these arrays."""
        arrays = joined(**{name: part.arrays() for name, part in self._kept.items()})
        now_s = self._now_s if np.isfinite(self._now_s) else None
        figures = _Figures(place, self.n_reports, self.counts, now_s, self._in_force())
        about = {"what": "run", "run": msgspec.to_builtins(figures)}
        return arrays | joined(pending=pending._asdict()), about

    def _in_force(self) -> Setup:
        return msgspec.structs.replace(self._setup, sensors=tuple(self._sensors))

    def load(self, kept: Checkpoint) -> tuple[Place | None, ReportBatch]:
        """Go on where `checkpoint` was called, in a new pipeline with as many sensors.

        They are in the order of `sensors_of` it. Their data sheets, the tracker's parameters and
        areas and those of the registration may be others: they hold from here on, and `changed`
        tells them.

        Returns
        -------
        (Place or None, ReportBatch)
            How far the recording was taken, None where nothing was; and the pending reports.

        Raises
        ------
        RecordingError
            The checkpoint is of more or fewer sensors, another capacity or frame.
        """
        figures = _figures_of(kept)
        n_kept, n_now = len(figures.setup.sensors), len(self._sensors)
        if n_kept != n_now:
            raise RecordingError(f"expected the {n_kept} sensors of the checkpoint, got {n_now}")
        self.changed = differences(figures.setup, self._in_force())
        pending = empty_reports(len(kept.arrays.get("pending/time_s", ())))
        for name, column in pending._asdict().items():
            fill(column, kept.arrays, f"pending/{name}", whole=True)
        for name, part in self._kept.items():
            part.load(part_of(kept.arrays, name))
        if figures.setup.areas != self._setup.areas:
            self._tracker.settle_areas(self._tracker.tracks)
        self.n_reports, self.counts = figures.reports, dict(figures.counts)
        self._now_s = float("nan") if figures.now_s is None else figures.now_s
        self._first_waiting = figures.reports
        return figures.place, pending

    def _note(self, reports: ReportBatch, index: Longs, track: Longs) -> None:
        """Tell those that want to know which reports updated which tracks."""
        if self._noting:
            tracks, used = self._used.take(reports, self.n_reports, index, track)
            for sink in self._noting:
                sink.note(tracks, used)

    def _hand_on(self, events: StepEvents, now_s: float) -> None:
        self._now_s = now_s
        for kind, n in events.counts.items():
            self.counts[kind] = self.counts.get(kind, 0) + n
        for sink in self._sinks:
            sink.append(events.rows, events.ended, now_s)

    def _smooth(self, reports: ReportBatch, events: StepEvents) -> None:
        if self._smoother is not None and self._smooth_sink is not None:
            rows = self._smoother.take(reports, events)
            self._smooth_sink.append(rows, events.ended, self._now_s)

    def _measure(self, events: StepEvents, elapsed_s: float) -> None:
        n_done = events.report_index.size
        if self._clock is None:
            self.latency.add(np.full(n_done, elapsed_s), time.monotonic())
            self._waiting, self._first_waiting = self._waiting[:0], self.n_reports
            return
        place = events.report_index - self._first_waiting
        place = place[place >= 0]
        now_ns = self._clock.now_s() * NANOSECONDS
        self.latency.add((now_ns - self._waiting[place]) / NANOSECONDS, time.monotonic())
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
            "alerts": self.n_alerts(),
            "latency_s": self.latency.whole(),
            "biases": biases_of(self.registration),
            "registration": self.registration.figures(),
            "found": beside_data_sheets(
                self._tracker.found_figures(),
                self._tracker.sensors,
                [sensor.name for sensor in self._sensors],
            ),
            "counts": self.counts,
            "errors": troubles | self.watch_faults(),
            "picture_hash": self.picture.picture_hash,
        } | self._special_figures()

    def _special_figures(self) -> dict[str, Any]:
        """Figures of what not every run does."""
        smoothed = {} if self._smoother is None else {"smoothed": self._smoother.counts}
        return smoothed | ({"changed": self.changed} if self.changed else {})


class _Figures(msgspec.Struct, forbid_unknown_fields=True):
    """What a checkpoint of a run holds beside arrays."""

    place: Place | None
    reports: int
    counts: dict[str, int]
    now_s: float | None
    setup: Setup


def _figures_of(kept: Checkpoint) -> _Figures:
    if kept.about.get("what") != "run":
        raise RecordingError(f"expected the checkpoint of a run, got {kept.about.get('what')}'s")
    try:
        return msgspec.convert(kept.about.get("run"), _Figures)
    except msgspec.ValidationError as error:
        raise RecordingError(
            f"expected the checkpoint of a run, got {error}; it was written by another version of"
            " Skypact: replay from the beginning"
        ) from error


def sensors_of(kept: Checkpoint) -> tuple[Sensor, ...]:
    """Sensors that were in force in a run's checkpoint.

    Raises
    ------
    RecordingError
        Not the checkpoint of a run.
    """
    return _figures_of(kept).setup.sensors


def place_of(kept: Checkpoint) -> Place | None:
    """Return how far a checkpoint's run had taken its recording.

    Raises
    ------
    RecordingError
        It is no checkpoint of a run.
    """
    return _figures_of(kept).place
