"""How a unit fares: as status for programs and monitoring, as summary, as lines in its log."""

import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

import msgspec

from skypact.model.alerts import MeasureRecord
from skypact.runtime.assembly import Assembly
from skypact.runtime.hearing import Hearing, sensor_word
from skypact.runtime.pipeline import Pipeline
from skypact.runtime.ticks import Ticks
from skypact.runtime.watchstatus import warnings_status, watch_status
from skypact.serve.history import TrackHistory
from skypact.serve.status import (
    ClockStatus,
    Part,
    PartState,
    RecorderStatus,
    UnitStatus,
    output_status,
    sensor_statuses,
    source_status,
    store_status,
)
from skypact.units import NANOSECONDS

Say = Callable[[str, dict[str, Any]], None]
"""Writes one line of a log: what happened, and its figures."""

_RECORDER: dict[str, PartState] = {
    "recording": "up", "resting": "degraded", "failed": "down", "over": "off"
}  # fmt: skip
LOGGED: Final = (
    "state", "id", "alert", "rule", "severity", "doctrine", "recipients", "channels",
    "acknowledged_by", "missing",
)  # fmt: skip
"""What a line of the log says of a measure."""
RATE_S: Final = 10.0
LOSING_S: Final = 10.0
"""What has lost something is degraded for so long; the count says it for good."""


def heard_figures(hearing: Hearing, pipeline: Pipeline, now_s: float) -> dict[str, Any]:
    """Sum up what was heard and what was made of it (DESIGN 2.1)."""
    figures = pipeline.figures()
    errors = dict(hearing.errors)
    for kind, n in figures.get("errors", {}).items():
        errors[kind] = errors.get(kind, 0) + n
    sensors = {
        told.sheet.name: {
            "reports": told.reports,
            "clock_offset_s": told.clock_offset_s,
            "status": sensor_word(told, now_s),
        }
        for told in hearing.told()
        if told.records
    }
    return {
        "sensors": sensors,
        "records": dict(hearing.records),
        **figures,
        "errors": errors,
    }


def unit_figures(ticks: Ticks, now_s: float) -> dict[str, Any]:
    """Sum up what a unit heard and made of it, live or again, and how far it has come."""
    figures = heard_figures(ticks.hearing, ticks.pipeline, now_s)
    return figures | {"taken_until_s": ticks.taken_until_ns / NANOSECONDS}


class Losing:
    """Whether a count of what was lost has risen lately."""

    def __init__(self) -> None:
        self._n, self._risen_s = 0, float("-inf")

    def count(self, n: int) -> None:
        """Take the present count."""
        if n > self._n:
            self._n, self._risen_s = n, time.monotonic()

    @property
    def is_losing(self) -> bool:
        """Whether something was lost within the last seconds."""
        return time.monotonic() - self._risen_s < LOSING_S


class UnitTeller:
    """Tells of a running unit; any thread may ask.

    Parameters
    ----------
    made : Assembly
        The unit.
    history : TrackHistory
        Its picture.
    version : str
        Ours.
    """

    def __init__(self, made: Assembly, history: TrackHistory, version: str) -> None:
        self._made = made
        self._history = history
        self._version = version
        self._begun_s = time.monotonic()
        self._counted: deque[tuple[float, int]] = deque()
        self._lost_packets, self._lost_rows, self._failed = Losing(), Losing(), Losing()
        figures = self.summary()
        self._told = figures, self._status(figures)

    def summary(self) -> dict[str, Any]:
        """Put the run's summary together (DESIGN 2.1)."""
        made = self._made
        figures = unit_figures(made.ticks, made.clock.now_s())
        shedder = made.live.shedder
        return {
            "unit": made.plan.unit.name,
            **figures,
            "sources": {
                source.name: state._asdict()
                for source, state in zip(made.plan.about.sources, made.inlet.states(), strict=True)
            },
            "shed": int(shedder.n_shed.sum()),
            "overloads": shedder.n_overloads,
            "recording": self._recorder()["recording"],
            "store": made.storing.state()._asdict(),
        }

    def _recorder(self) -> dict[str, Any]:
        recorder = self._made.recorder
        if recorder is None:
            return {"recording": None, "status": RecorderStatus()}
        figures = recorder.figures()
        self._lost_packets.count(figures.n_unrecorded)
        state = _RECORDER[figures.state]
        if state == "up" and self._lost_packets.is_losing:
            state = "degraded"
        status = RecorderStatus(
            state=state,
            error=figures.reason,
            packets=figures.n_packets,
            bytes=figures.n_bytes,
            dropped=figures.n_unrecorded,
            waiting_bytes=figures.waiting_bytes,
            lag_s=figures.lag_s,
        )
        told = {
            "state": figures.state,
            "reason": figures.reason,
            "packets": figures.n_packets,
            "bytes": figures.n_bytes,
            "unrecorded": figures.n_unrecorded,
            "shed": figures.n_shed,
            "segments": figures.n_sealed,
        }
        return {"recording": told, "status": status}

    def refresh(self) -> None:
        """Sum up again; called by the thread that tracks, between two steps."""
        figures = self.summary()
        self._told = figures, self._status(figures)

    def figures(self) -> dict[str, Any]:
        """Return the last summary; any thread may ask."""
        return self._told[0]

    def status(self) -> UnitStatus:
        """Return the last status, with what the time has made of it; any thread may ask."""
        picture_s, now_s = self._history.last_s, self._made.clock.now_s()
        known = picture_s == picture_s
        return msgspec.structs.replace(
            self._told[1],
            uptime_s=time.monotonic() - self._begun_s,
            picture_s=picture_s if known else None,
            picture_age_s=max(0.0, now_s - picture_s) if known else None,
        )

    def _rate(self, n_reports: int) -> float:
        """Return the reports a second of the last `RATE_S`: after weeks the mean tells nothing."""
        now_s = time.monotonic()
        self._counted.append((now_s, n_reports))
        while now_s - self._counted[0][0] > RATE_S:
            self._counted.popleft()
        begun_s, before = self._counted[0]
        return (n_reports - before) / (now_s - begun_s) if now_s > begun_s else 0.0

    def _checkpoint(self) -> Part:
        keeper = self._made.live.keeper
        if keeper is None:
            return Part()
        return Part(state="degraded" if keeper.error else "up", error=keeper.error)

    def _status(self, figures: dict[str, Any]) -> UnitStatus:
        """Put the status together."""
        made, stored = self._made, self._made.storing.state()
        self._lost_rows.count(stored.n_dropped)
        clock, shedder = made.clock, made.live.shedder
        silent = [n for n, row in figures["sensors"].items() if row["status"] == "silent"]
        return UnitStatus(
            unit=made.plan.unit.name,
            member=made.plan.unit.member,
            version=self._version,
            lag_s=shedder.lag_s,
            overload=shedder.is_overloaded,
            shed=self._shed_by_kind(),
            reports=figures["reports"],
            reports_per_s=self._rate(figures["reports"]),
            records=figures["records"],
            tracks=made.ticks.pipeline.n_live,
            confirmed=made.ticks.pipeline.n_live,
            tracks_begun=figures["tracks"],
            latency_s=made.ticks.pipeline.latency.recent(time.monotonic()),
            errors=figures["errors"],
            clock=ClockStatus(off_s=clock.off_s, steps=clock.n_jumps, error=made.judge.error),
            recorder=self._recorder()["status"],
            checkpoint=self._checkpoint(),
            store=store_status(stored, made.store_url, self._lost_rows.is_losing),
            sources=tuple(
                source_status(state, int(n))
                for state, n in zip(made.inlet.states(), shedder.n_shed, strict=True)
            ),
            sensors=sensor_statuses(made.ticks.hearing.sensors, figures, silent),
            outputs=tuple(
                output_status(state) for state in (made.outputs.states() if made.outputs else ())
            ),
            watch=watch_status(made.watching, (made.alerts, made.measures, made.notices)),
            warnings=warnings_status(made.warnings, made.hooks, is_losing=self._is_failing),
            steps=made.live.steps.read(),
            looks=made.watching.looks.read(),
            latency=made.ticks.pipeline.latency.read(),
        )

    def _is_failing(self, n_failed: int) -> bool:
        self._failed.count(n_failed)
        return self._failed.is_losing

    def _shed_by_kind(self) -> dict[str, int]:
        out: dict[str, int] = {}
        shedder = self._made.live.shedder
        for kind, n in zip(shedder.kinds, shedder.n_shed, strict=True):
            if n:
                out[kind] = out.get(kind, 0) + int(n)
        return out


class MeasureTeller:
    """Writes measures of the doctrine into the log: those told through it, and all that is missed.

    Parameters
    ----------
    say : Say
        Where to.
    """

    def __init__(self, say: Say) -> None:
        self._say = say

    def append_measures(self, measures: list[MeasureRecord]) -> None:
        """Write states of measures."""
        for measure in measures:
            if "log" in measure.channels or measure.state in ("overdue", "escalated"):
                self._say("measure", {name: getattr(measure, name) for name in LOGGED})


class ChangeTeller:
    """Says what is otherwise than it was when it was last asked.

    Parameters
    ----------
    status : callable
        Of the unit.
    say : Say
        Where to.
    """

    def __init__(self, status: Callable[[], UnitStatus], say: Say) -> None:
        self._status = status
        self._say = say
        self._before: dict[str, str] = {}

    def look(self) -> None:
        """Compare, and say what has changed."""
        status = self._status()
        now = {f"source {s.url}": (s.state, s.error) for s in status.sources}
        now |= {f"output {o.url}": (o.state, o.error) for o in status.outputs}
        now |= {f"sensor {s.name}": (s.state, "") for s in status.sensors}
        now["checkpoint"] = status.checkpoint.state, status.checkpoint.error
        now["recorder"] = status.recorder.state, status.recorder.error
        now["watch"] = status.watch.state, status.watch.error
        now |= {f"rule {r.name}": (r.state, r.error) for r in status.watch.rules}
        now["warnings"] = status.warnings.state, status.warnings.error
        now["store"] = status.store.state, status.store.error
        now["load"] = ("overload" if status.overload else "bearable"), ""
        now["clock"] = ("wrong" if status.clock.error else "right"), status.clock.error
        for name, (state, error) in now.items():
            if self._before.get(name) != state:
                self._say(name, {"state": state} | ({"error": error} if error else {}))
                self._before[name] = state
