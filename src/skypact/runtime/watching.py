"""The watch beside the pipeline: looks at the picture about once a second and tells of alerts."""

import math
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from skypact.config import Sensor, resolve
from skypact.errors import RecordingError
from skypact.model.alerts import Acknowledgement, MeasureRecord, Notice
from skypact.model.freeflight import FreeStates, no_free_states
from skypact.model.reports import ReportBatch, concat_reports, empty_reports
from skypact.model.store import AlertRecord
from skypact.model.tracks import TrackRows, take_rows
from skypact.register.published import biases_of
from skypact.register.registration import Registration
from skypact.runtime.desk import AlertDesk
from skypact.runtime.durations import STEP_BOUNDS_S, DurationMeter
from skypact.runtime.hearing import HeardSensor, Hearing, sensor_word
from skypact.runtime.lastrows import LastRows
from skypact.runtime.pipeline import Pipeline
from skypact.units import DEGREE, NANOSECONDS
from skypact.watch.doctrine import Doctrine
from skypact.watch.life import Watch
from skypact.watch.memory import packed, unpacked
from skypact.watch.sky import SensorLook, Sky, sky_of

Longs = npt.NDArray[np.int64]
T = TypeVar("T")
MOST_REPORTS: Final = 200_000
"""Reports kept between two looks; more are left out of what rules see."""

SERVED: Final = ("radar", "smr", "mlat", "tracker")
"""Kinds of sensors that send service messages in time with their turns."""
DELAYS: Final = 100
"""Last reports of a sensor whose delays make its clock's offset."""


FAILING_S: Final = 60.0
"""What has failed is degraded for so long of the picture's time; the count says it for good."""


class AlertSink(Protocol):
    """Who wants alerts."""

    def append_alerts(self, alerts: list[AlertRecord]) -> None:
        """Take states of alerts, the oldest first."""
        ...


class MeasureSink(Protocol):
    """Who wants the measures of the doctrine."""

    def append_measures(self, measures: list[MeasureRecord]) -> None:
        """Take states of measures, the oldest first."""
        ...


class NoticeSink(Protocol):
    """Who keeps what people tell the watch."""

    def append_notices(self, look_s: float, notices: list[Notice]) -> None:
        """Take what is served at a look, before it is."""
        ...


Sensors = Callable[[float], Sequence[SensorLook]]
"""How sensors fare at a time of the picture."""


def _no_sensors(_: float) -> Sequence[SensorLook]:
    return ()


def sensor_looks(hearing: Hearing, registration: Registration, now_s: float) -> list[SensorLook]:
    """Say how sensors fare at a time of the picture, as rules see it."""
    biases = biases_of(registration)
    return [_look_of(told, now_s, biases) for told in hearing.told()]


def _look_of(
    told: HeardSensor, now_s: float, biases: Mapping[str, Mapping[str, Any]]
) -> SensorLook:
    sheet = told.sheet
    known = sheet.lat is not None and sheet.lon is not None
    return SensorLook(
        name=sheet.name,
        kind=sheet.kind,
        state=sensor_word(told, now_s),
        lat_rad=(sheet.lat or 0.0) * DEGREE if known else math.nan,
        lon_rad=(sheet.lon or 0.0) * DEGREE if known else math.nan,
        height_m=sheet.height_m,
        range_max_m=resolve(sheet, "range_max_m"),
        period_s=resolve(sheet, "period_s"),
        clock_offset_s=told.clock_offset_s,
        p_detection=resolve(sheet, "p_detection"),
        sigma_range_m=resolve(sheet, "sigma_range_m"),
        sigma_azimuth_rad=resolve(sheet, "sigma_azimuth_deg") * DEGREE,
        sigma_position_m=resolve(sheet, "sigma_position_m"),
        tells_of_itself=told.records > told.reports and sheet.kind in SERVED,
        biases=biases.get(sheet.name, {}),
    )


class RecordedSensors:
    """How the sensors of a recording fare at a time of the picture: by what had arrived by then.

    Parameters
    ----------
    sensors : sequence of Sensor
        In the order of their index in the reports.
    reports : ReportBatch
        The recording, in order of arrival.
    services : mapping of name to (k,) int64
        Arrival of sensors' service messages, nanoseconds UTC.
    registration : Registration
        Where biases are estimated.
    """

    def __init__(
        self,
        sensors: Sequence[Sensor],
        reports: ReportBatch,
        services: Mapping[str, Longs],
        registration: Registration,
    ) -> None:
        self._sensors, self._registration = list(sensors), registration
        delay_s = reports.received_ns / NANOSECONDS - reports.time_s
        nothing = np.zeros(0, np.int64)
        self._reports: list[tuple[Longs, npt.NDArray[np.float64]]] = []
        self._arrivals: list[Longs] = []
        for i, sensor in enumerate(self._sensors):
            mine = reports.sensor == i
            self._reports.append((reports.received_ns[mine], delay_s[mine]))
            both = (reports.received_ns[mine], services.get(sensor.name, nothing))
            self._arrivals.append(np.sort(np.concatenate(both)))

    def __call__(self, now_s: float) -> list[SensorLook]:
        """Say how each sensor fares."""
        biases = biases_of(self._registration)
        told = [self._told(i, round(now_s * NANOSECONDS)) for i in range(len(self._sensors))]
        return [_look_of(one, now_s, biases) for one in told]

    def _told(self, i: int, now_ns: int) -> HeardSensor:
        received_ns, delay_s = self._reports[i]
        n, n_all = (int(np.searchsorted(a, now_ns)) for a in (received_ns, self._arrivals[i]))
        last_s = float(self._arrivals[i][n_all - 1]) / NANOSECONDS if n_all else math.nan
        delays = delay_s[max(0, n - DELAYS) : n]
        delays = delays[np.isfinite(delays)]
        offset_s = float(np.median(delays)) if delays.size else math.nan
        return HeardSensor(self._sensors[i], n_all, n, offset_s, -1, last_s)


class WatchSink:
    """A sink of the picture that is a watch over it.

    Looks are at multiples of the period by the picture's own time, so that a recording makes the
    same alerts. A fault of the watch or of a sink ends no picture: it is counted and told.

    Parameters
    ----------
    watch : Watch
    period_s : float
        Between two looks.
    sinks : sequence of AlertSink
        Who gets what has changed.
    sensors : callable, optional
        How sensors fare, at each look.
    is_overloaded : callable, optional
        Whether reports are left out.
    doctrine : Doctrine, optional
        Which alerts lead to which measures.
    measure_sinks : sequence of MeasureSink
        Who gets the states of measures.
    notices : NoticeSink, optional
        Keeps what people tell the watch.
    past : sequence of (float, Notice)
        What was served at looks of an earlier run, in order; it is served at them again.
    """

    def __init__(
        self,
        watch: Watch,
        period_s: float,
        sinks: Sequence[AlertSink] = (),
        sensors: Sensors = _no_sensors,
        is_overloaded: Callable[[], bool] = lambda: False,
        *,
        doctrine: Doctrine | None = None,
        measure_sinks: Sequence[MeasureSink] = (),
        notices: NoticeSink | None = None,
        past: Sequence[tuple[float, Notice]] = (),
    ) -> None:
        self.watch = watch
        self.doctrine = Doctrine((), (), (), watch.unit) if doctrine is None else doctrine
        self.desk = AlertDesk()
        self.measure_sinks = list(measure_sinks)
        self.looks = DurationMeter(STEP_BOUNDS_S)
        """Time that looks took."""
        self.n_faults = 0
        """Looks of which something failed beside the rules."""
        self.fault = ""
        """What failed last of it."""
        self.looked_s = -math.inf
        """When it last looked, the picture's time."""
        self._fault_s = -math.inf
        self._period_s = period_s
        self._sinks = list(sinks)
        self.sensors, self._is_overloaded = sensors, is_overloaded
        self._notices, self._past = notices, deque(past)
        self._last = LastRows()
        self._reports: list[ReportBatch] = []
        self._tracks: list[Longs] = []
        self._n_reports = 0
        self._left_out = False
        self._looked = -1
        self._free: Callable[[], FreeStates] = no_free_states

    def watch_over(self, pipeline: Pipeline) -> None:
        """Let the summary and the checkpoints of a run tell of its alerts."""
        pipeline.n_alerts = lambda: self.watch.n_raised
        pipeline.watch_faults = self.faults
        pipeline.keep("watch", self)
        self.look_at(pipeline)

    def look_at(self, pipeline: Pipeline) -> None:
        """See what only the tracker knows."""
        self._free = pipeline.free_states

    def faults(self) -> dict[str, int]:
        """Count the looks at which a rule, or what is beside the rules, failed."""
        told = {f"rule {name}": r.n_faults for name, r in self.watch.rules.items()}
        return {name: n for name, n in {**told, "watch": self.n_faults}.items() if n}

    def rules_well(self) -> tuple[str, ...]:
        """Return the rules that are applied and did not fail lately."""
        told = self.watch.rules.items()
        return tuple(n for n, r in told if not r.n_faults or self.looked_s - r.fault_s >= FAILING_S)

    def note(self, track: Longs, reports: ReportBatch) -> None:
        """Keep the reports that were used until the next look."""
        if self._n_reports + track.size <= MOST_REPORTS:
            self._reports.append(reports)
            self._tracks.append(track)
            self._n_reports += track.size
        else:
            self._left_out = True

    def append(self, rows: TrackRows, ended: Longs, now_s: float) -> None:
        """Take a step of the picture; look where it is time to."""
        self._last.append(rows, ended, now_s)
        if not math.isfinite(now_s):
            return  # nothing has been heard yet
        turn = int(now_s / self._period_s)
        if turn > self._looked:
            self._looked, self.looked_s = turn, now_s
            begun_s = time.perf_counter()
            try:
                self._look(now_s)
            except Exception as error:  # whatever it is, the picture goes on and it is told
                self._failed(error, now_s)
            self.looks.add(time.perf_counter() - begun_s, time.monotonic())

    def finish(self) -> None:
        """Alerts that live when a run ends go on living."""

    def rows(self) -> TrackRows:
        """Return the newest update of each track that is not over."""
        return self._last.rows()

    def add_sink(self, sink: AlertSink) -> None:
        """Let another one have what changes from now on."""
        self._sinks.append(sink)

    @property
    def is_failing(self) -> bool:
        """Whether something beside the rules failed lately."""
        return self.looked_s - self._fault_s < FAILING_S

    def _failed(self, error: Exception, now_s: float) -> None:
        self.n_faults += 1
        self.fault, self._fault_s = f"{type(error).__name__}: {error}", now_s

    def _look(self, now_s: float) -> None:
        sky = self._sky(now_s)
        notices = self._served(now_s)
        told = [r for n in notices if (r := self._acknowledged(n, now_s)) is not None]
        told += self.watch.look(sky)
        if told:
            self.desk.publish(told, self.watch.alive, self.watch.unit)
            for sink in self._sinks:
                self._hand_on(sink.append_alerts, told, now_s)
        measures = self.doctrine.step(now_s, told, notices)
        if measures:
            self.desk.publish_measures(self.doctrine.measures)
            for measure_sink in self.measure_sinks:
                self._hand_on(measure_sink.append_measures, measures, now_s)

    def _hand_on(self, take: Callable[[list[T]], None], what: list[T], now_s: float) -> None:
        """Let a sink take something; its fault is not the others'."""
        try:
            take(what)
        except Exception as error:  # whatever it is, the other sinks must get it
            self._failed(error, now_s)

    def _served(self, now_s: float) -> list[Notice]:
        """Return what is served at a look: what was at it before, then what waits."""
        served: list[Notice] = []
        while self._past and self._past[0][0] <= now_s:
            served.append(self._past.popleft()[1])
        new = self.desk.collect()
        if new and self._notices is not None:
            self._notices.append_notices(now_s, new)
        return served + new

    def _acknowledged(self, notice: Notice, now_s: float) -> AlertRecord | None:
        if not isinstance(notice, Acknowledgement):
            return None
        return self.watch.acknowledge(notice.alert, notice.by, now_s, notice.note)

    def _sky(self, now_s: float) -> Sky:
        rows = self._last.rows()
        rows = take_rows(rows, np.flatnonzero((rows.confirmed == 1) & np.isfinite(rows.lat_rad)))
        rows = take_rows(rows, np.argsort(rows.track, kind="stable"))
        reports = concat_reports(self._reports) if self._reports else empty_reports(0)
        tracks = np.concatenate(self._tracks) if self._tracks else np.zeros(0, np.int64)
        is_overloaded = self._is_overloaded() or self._left_out
        self._reports, self._tracks, self._n_reports, self._left_out = [], [], 0, False
        return sky_of(
            rows, now_s, tuple(self.sensors(now_s)), reports, tracks, is_overloaded
        )._replace(free=self._free())

    def arrays(self) -> Mapping[str, npt.NDArray[np.generic]]:
        """All that is kept between steps, by name."""
        waiting = packed((self._reports, self._tracks, self._left_out))
        state = {
            "waiting": np.frombuffer(waiting, np.uint8),
            "alive": np.frombuffer(self.watch.pack(), np.uint8),
            "doctrine": np.frombuffer(self.doctrine.pack(), np.uint8),
            "looked": np.array([self.looked_s]),
        }
        return state | {f"last_{k}": v for k, v in self._last.arrays().items()}

    def load(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> None:
        """Take up what `arrays` gave.

        Raises
        ------
        RecordingError
            The arrays do not fit.
        """
        rows = {k.removeprefix("last_"): v for k, v in arrays.items() if k.startswith("last_")}
        self._last.load(rows)
        try:
            self.watch.load(arrays["alive"].tobytes())
            alive = {alert.id for alert in self.watch.alive}
            self.doctrine.load(arrays["doctrine"].tobytes(), alive)
            self.looked_s = float(arrays["looked"][0])
            waiting = unpacked(arrays["waiting"].tobytes())
            self._reports, self._tracks, self._left_out = waiting
        except (KeyError, ValueError, IndexError) as error:
            raise RecordingError(f"expected the alerts of a watch, got {error}") from error
        self._n_reports = sum(track.size for track in self._tracks)
        self._looked = int(self.looked_s / self._period_s) if self.looked_s > 0.0 else -1
        while self._past and self._past[0][0] <= self.looked_s:
            self._past.popleft()
        self.desk.publish((), self.watch.alive, self.watch.unit)
        self.desk.publish_measures(self.doctrine.measures)
