"""The watch beside the pipeline: looks at the picture about once a second and tells of alerts."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from skypact.config import Sensor, resolve
from skypact.errors import RecordingError
from skypact.model.freeflight import FreeStates, no_free_states
from skypact.model.reports import ReportBatch, concat_reports, empty_reports
from skypact.model.store import AlertRecord
from skypact.model.tracks import TrackRows, take_rows
from skypact.register.published import biases_of
from skypact.register.registration import Registration
from skypact.runtime.hearing import HeardSensor, Hearing, sensor_word
from skypact.runtime.lastrows import LastRows
from skypact.runtime.pipeline import Pipeline
from skypact.units import DEGREE, NANOSECONDS
from skypact.watch.life import Watch
from skypact.watch.sky import SensorLook, Sky, sky_of

Longs = npt.NDArray[np.int64]
MOST_REPORTS: Final = 200_000
"""Reports kept between two looks; more are left out of what rules see."""

SERVED: Final = ("radar", "smr", "mlat", "tracker")
"""Kinds of sensors that send service messages in time with their turns."""
DELAYS: Final = 100
"""Last reports of a sensor whose delays make its clock's offset."""


class AlertSink(Protocol):
    """Who wants alerts."""

    def append_alerts(self, alerts: list[AlertRecord]) -> None:
        """Take states of alerts, the oldest first."""
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
    same alerts.

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
    """

    def __init__(
        self,
        watch: Watch,
        period_s: float,
        sinks: Sequence[AlertSink] = (),
        sensors: Sensors = _no_sensors,
        is_overloaded: Callable[[], bool] = lambda: False,
    ) -> None:
        self.watch = watch
        self._period_s = period_s
        self._sinks = list(sinks)
        self.sensors, self._is_overloaded = sensors, is_overloaded
        self._last = LastRows()
        self._reports: list[ReportBatch] = []
        self._tracks: list[Longs] = []
        self._n_reports = 0
        self._looked = -1
        self._free: Callable[[], FreeStates] = no_free_states

    def watch_over(self, pipeline: Pipeline) -> None:
        """Let the summary and the checkpoints of a run tell of its alerts."""
        pipeline.n_alerts = lambda: self.watch.n_raised
        self._free = pipeline.free_states
        pipeline.keep("watch", self)

    def note(self, track: Longs, reports: ReportBatch) -> None:
        """Keep the reports that were used until the next look."""
        if self._n_reports + track.size <= MOST_REPORTS:
            self._reports.append(reports)
            self._tracks.append(track)
            self._n_reports += track.size

    def append(self, rows: TrackRows, ended: Longs, now_s: float) -> None:
        """Take a step of the picture; look where it is time to."""
        self._last.append(rows, ended, now_s)
        if not math.isfinite(now_s):
            return  # nothing has been heard yet
        turn = int(now_s / self._period_s)
        if turn > self._looked:
            self._looked = turn
            self._look(now_s)

    def finish(self) -> None:
        """Alerts that live when a run ends go on living."""

    def _look(self, now_s: float) -> None:
        told = self.watch.look(self._sky(now_s))
        if told:
            for sink in self._sinks:
                sink.append_alerts(told)

    def _sky(self, now_s: float) -> Sky:
        rows = self._last.rows()
        rows = take_rows(rows, np.flatnonzero((rows.confirmed == 1) & np.isfinite(rows.lat_rad)))
        rows = take_rows(rows, np.argsort(rows.track, kind="stable"))
        reports = concat_reports(self._reports) if self._reports else empty_reports(0)
        tracks = np.concatenate(self._tracks) if self._tracks else np.zeros(0, np.int64)
        self._reports, self._tracks, self._n_reports = [], [], 0
        return sky_of(
            rows, now_s, tuple(self.sensors(now_s)), reports, tracks, self._is_overloaded()
        )._replace(free=self._free())

    def arrays(self) -> Mapping[str, npt.NDArray[np.generic]]:
        """All that is kept between steps, by name."""
        packed = np.frombuffer(self.watch.pack(), np.uint8)
        return {"alive": packed, **{f"last_{k}": v for k, v in self._last.arrays().items()}}

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
        except (KeyError, ValueError) as error:
            raise RecordingError(f"expected the alerts of a watch, got {error}") from error
