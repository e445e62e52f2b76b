"""A unit's parts, put together from its union file; taken apart again in the right order."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np

from skypact.config import Sensor, Union
from skypact.deploy import Unit
from skypact.errors import RecordingError
from skypact.model.packets import PacketBatch, take_packets
from skypact.model.ports import Sink
from skypact.record.alert_file import AlertFile, DoctrineFile
from skypact.record.checkpoint_file import read_checkpoint
from skypact.record.geojson_file import geojson_reader
from skypact.record.header import About, about_unit
from skypact.record.notice_file import NoticeFile, read_notices
from skypact.record.recording import Recording
from skypact.record.seal import Sealer
from skypact.record.store import open_store
from skypact.record.storing import StoreSink
from skypact.record.terrain_file import terrain_reader
from skypact.record.warnings import Outlet, Warnings
from skypact.record.writer import RecordingWriter
from skypact.runtime.clockjudge import ClockJudge
from skypact.runtime.deliveries import Deliveries
from skypact.runtime.heard import Heard
from skypact.runtime.hearing import Hearing, recorded_sources, sensor_word, sources_of
from skypact.runtime.lastrows import LastRows
from skypact.runtime.overload import Shedder
from skypact.runtime.pipeline import Pipeline, place_of, sensors_of
from skypact.runtime.runs import Run, note_run, read_runs, since_anew
from skypact.runtime.sensor_states import DEGRADED, OPERATIONAL, OUT, sensor_states
from skypact.runtime.ticks import Ticks, step_ns_of
from skypact.runtime.unit import CHECKPOINT, LiveUnit
from skypact.runtime.warning import (
    ReceiptFile,
    ReleaseDesk,
    WebhookSink,
    both,
    released_to,
    warnings_of,
)
from skypact.runtime.watching import AlertSink, WatchSink, sensor_looks
from skypact.serve.deciding import NoWarnings, WarningDesk
from skypact.serve.flights import FlightFiles
from skypact.serve.history import TrackHistory
from skypact.serve.kinds import About as Sender
from skypact.serve.kinds import UnitState
from skypact.serve.outputs import OutputSink
from skypact.serve.webhook import Webhooks
from skypact.sources.inlet import LiveInlet
from skypact.sources.stamp import StampClock
from skypact.sources.unit import UnitSource, unit_sensors
from skypact.track.checkpoint import Checkpoint
from skypact.track.datasheet import area_motions, tracker_params
from skypact.track.params import TrackerParams
from skypact.units import NANOSECONDS
from skypact.watch.life import Watch
from skypact.watch.rules import doctrine_of, rules_of
from skypact.watch.sky import SensorLook

AHEAD_S: Final = 5.0
"""A checkpoint that is further ahead was made by a clock that was wrong."""
YOUNG_S: Final = 60.0
"""A run that ended so soon, before its first checkpoint, is taken up from its recording."""
CAPACITY: Final = 16_384
"""Tracks of a unit, where its union file does not say."""
_CONDITIONS: Final = {"operational": OPERATIONAL, "degraded": DEGRADED, "out": OUT, "silent": OUT}


class Plan(NamedTuple):
    """What a union file says of one unit, checked."""

    union: Union
    unit: Unit
    sensors: tuple[Sensor, ...]
    sources: tuple[UnitSource, ...]
    folder: Path
    about: About
    """What its recordings say of it."""


class Kept(NamedTuple):
    """What a unit left when it last ran."""

    checkpoint: Checkpoint | None
    extras: tuple[Sensor, ...]
    """Sensors that it had heard of beside its own."""
    told: str
    """Why there is none, for people; empty where there never was."""


def plan_unit(union: Union, unit: Unit, path: Path, text: str, version: str) -> Plan:
    """Check what a union file says of a unit.

    Parameters
    ----------
    union, unit
        The file and one of its entries.
    path, text
        The file, and what stands in it.
    version : str
        Ours, for the recordings.

    Raises
    ------
    ConfigError
        Something is wrong; names it.
    """
    sensors = tuple(unit_sensors(unit, union.sensor))
    sources = tuple(sources_of(unit, sensors))
    folder = path.parent / (unit.folder or unit.name)
    about = about_unit(unit.name, text, recorded_sources(sources), unit.step_s, version)
    return Plan(union, unit, sensors, sources, folder, about)


def kept_by(plan: Plan, now_s: float) -> Kept:
    """Read the checkpoint of a unit's last run; one that does not fit is told of and put aside."""
    path = plan.folder / CHECKPOINT
    if not path.exists():
        return Kept(None, (), "")
    try:
        checkpoint = read_checkpoint(path)
        sensors = sensors_of(checkpoint)
        place = place_of(checkpoint)
    except RecordingError as error:
        return _put_aside(path, str(error))
    n = len(plan.sensors)
    if [s.name for s in sensors[:n]] != [s.name for s in plan.sensors]:
        return _put_aside(path, f"{path}: is of other sensors than the union file")
    if place is not None and place.period_ns != step_ns_of(plan.unit.step_s):
        return _put_aside(path, f"{path}: is of another step_s than the union file")
    if place is not None and place.taken_until_ns / NANOSECONDS > now_s + AHEAD_S:
        ahead_s = place.taken_until_ns / NANOSECONDS - now_s
        return _put_aside(path, f"{path}: is {ahead_s:,.0f} s ahead of the clock")
    return Kept(checkpoint, sensors[n:], "")


def _put_aside(path: Path, why: str) -> Kept:
    """Keep a checkpoint that cannot be used under another name."""
    aside = path.with_suffix(".unfit")
    try:
        path.replace(aside)
    except OSError as error:
        raise RecordingError(f"cannot rename {path}: {error.strerror or error}") from error
    return Kept(None, (), f"{why}; the unit begins anew, and it is kept as {aside.name}")


def kinds_by_link(plan: Plan) -> list[list[str]]:
    """Kinds of the sensors on each source."""
    kinds = {sensor.name: sensor.kind for sensor in plan.sensors}
    return [[kinds[name] for name in source.sensors] for source in plan.sources]


def course_of(plan: Plan, sinks: Sequence[Sink], extras: Sequence[Sensor] = ()) -> Ticks:
    """Make a unit's way from packets to picture.

    Raises
    ------
    ConfigError
        A figure of the tracker is wrong.
    """
    parameters = {"capacity": CAPACITY} | plan.union.tracking.parameters | plan.unit.parameters
    tracking = msgspec.structs.replace(plan.union.tracking, parameters=parameters)
    union = msgspec.structs.replace(plan.union, tracking=tracking)
    sensors = (*plan.sensors, *extras)
    pipeline = Pipeline(
        sensors, sinks, tracker_params(union), area_motions(union), union.registration
    )
    hearing = Hearing(plan.sensors, plan.about.sources, extras)
    return Ticks(hearing, pipeline, plan.unit.step_s)


class Assembly:
    """A unit ready to run; use it as a context manager.

    Parameters
    ----------
    plan : Plan
        What it is.
    history : TrackHistory
        Gets the picture, for the page and for programs.
    beat : callable or None
        Called often while work goes on.

    Raises
    ------
    ConfigError
        An address cannot be used, or something is wrong in the union file.
    RecordingError
        Its folder cannot be used, or another process runs the unit.
    """

    def __init__(
        self, plan: Plan, history: TrackHistory, beat: Callable[[], None] | None = None
    ) -> None:
        self._beat = beat
        self.plan = plan
        self.history = history
        with ExitStack() as stack:
            self._make(plan, history, stack)
            self._stack = stack.pop_all()

    def _make(self, plan: Plan, history: TrackHistory, stack: ExitStack) -> None:
        unit = plan.unit
        parameters = plan.union.tracking.parameters | unit.parameters
        self._coast_s = float(parameters.get("coast_max_s", TrackerParams().coast_max_s))
        plan.folder.mkdir(parents=True, exist_ok=True)
        now_ns = time.time_ns()
        self.kept = kept_by(plan, now_ns / NANOSECONDS)
        self.recorder = _recorder_of(plan, stack)
        store = unit.store
        self.store_url = store.url or "parquet:picture"
        self.store = open_store(self.store_url, plan.folder)
        self.storing = StoreSink(
            self.store,
            unit.name,
            batch_s=store.batch_s,
            most_waiting=store.most_waiting,
            keep_days=store.keep_days,
        )
        stack.callback(self.storing.finish)
        self.flights = FlightFiles([str(plan.folder.parent / f) for f in unit.flight_plans.files])
        self.measures = DoctrineFile(plan.folder / "doctrine.jsonl", goes_on=True)
        self.notices = NoticeFile(plan.folder)
        self.heard = Heard(plan.union.watch.period_s)
        sinks: list[Sink] = [history, self.storing, self.heard]
        self.outputs: OutputSink | None = None
        if unit.output:
            self.outputs = stack.enter_context(self._outputs(plan))
            sinks.append(self.outputs)
        self.alert_sinks = self._alert_sinks(stack)
        self.ticks = self._course(sinks)
        self._begin(sinks, now_ns)
        self.ticks.hearing.on_plans = self.flights.hear
        specs = [source.spec for source in plan.sources]
        self.clock = StampClock(believes=False)
        self.inlet = stack.enter_context(LiveInlet(specs, unit.overload, self.clock))
        self.judge = ClockJudge(self.clock, self.ticks.hearing.delays, self.clock.now_s)
        shedder = Shedder(unit.overload, kinds_by_link(plan))
        self.live = LiveUnit(
            unit,
            self.ticks,
            self.inlet,
            self.clock,
            shedder,
            self.recorder,
            plan.folder,
            self._beat,
        )

    def _course(self, sinks: Sequence[Sink]) -> Ticks:
        self.last = LastRows()
        self.watching = self._watch()
        ticks = course_of(self.plan, [*sinks, self.last, self.watching], self.kept.extras)
        ticks.pipeline.keep("last", self.last)
        self.watching.watch_over(ticks.pipeline)
        return ticks

    def _watch(self) -> WatchSink:
        plan, watching = self.plan, self.plan.union.watch
        folder = plan.folder.parent
        rules = rules_of(watching, plan.union, geojson_reader(folder), terrain_reader(folder))
        watch = Watch(rules, plan.unit.name)
        looks = self._sensor_looks, self._is_shedding
        return WatchSink(
            watch, watching.period_s, self.alert_sinks, *looks,
            doctrine=doctrine_of(watching, plan.unit.name),
            measure_sinks=[self.measures, self.deliveries],
            notices=self.notices, past=read_notices(plan.folder),
        )  # fmt: skip

    def _alert_sinks(self, stack: ExitStack) -> list[AlertSink]:
        """Make those who get alerts: store, file, outputs, webhooks, warnings of the public."""
        plan, unit = self.plan, self.plan.unit
        self.alerts = AlertFile(plan.folder / "alerts.jsonl", goes_on=True)
        sinks: list[AlertSink] = [self.storing, self.alerts]
        if self.outputs is not None:
            sinks.append(self.outputs)
        self.deliveries = Deliveries(
            plan.union.watch.recipient,
            unit.webhook,
            lambda receipt: self.watching.desk.receive(receipt),
            lambda name: self.watching.desk.find(name),
        )
        kept = ReceiptFile(plan.folder / "receipts.jsonl")
        hooks = Webhooks(unit.webhook, plan.folder.parent, both(self.deliveries.receipt, kept))
        self.deliveries.hooks = hooks
        stack.callback(hooks.close)
        self.hooks = hooks.hooks
        self.warnings: Warnings | None = None
        if unit.webhook:
            sinks.append(WebhookSink(hooks))
        if unit.warnings is not None:
            folder = unit.warnings.folder or str(plan.folder.absolute() / "warnings")
            settings = msgspec.structs.replace(unit.warnings, folder=folder)
            params = plan.union.watch.warning
            outlets: list[Outlet] = [self.deliveries.warn, WebhookSink(hooks).warn]
            if self.outputs is not None:
                outlets.append(released_to(self.outputs))
            beside = plan.folder.parent, outlets, self.heard
            self.warnings = warnings_of(settings, params, unit.name, *beside)
            sinks.append(self.warnings)
        return sinks

    @property
    def decisions(self) -> WarningDesk:
        """Where people decide on warnings."""
        if self.warnings is None:
            return NoWarnings()
        return ReleaseDesk(self.warnings, lambda: self.clock.now_s())

    def _is_shedding(self) -> bool:
        return self.live.shedder.is_overloaded

    def _sensor_looks(self, now_s: float) -> list[SensorLook]:
        return sensor_looks(self.ticks.hearing, self.ticks.pipeline.registration, now_s)

    def _begin(self, sinks: Sequence[Sink], now_ns: int) -> None:
        """Load the state to go on from, if there is one; note how this run begins."""
        plan, self._place, self._since_ns = self.plan, None, now_ns
        path = plan.folder / CHECKPOINT
        if self.kept.checkpoint is not None:
            try:
                self._place, _ = self.ticks.pipeline.load(self.kept.checkpoint)
            except RecordingError as error:
                self.kept = _put_aside(path, f"{path}: {error}")
                self.ticks = self._course(sinks)
        anew = self.kept.checkpoint is None
        before = since_anew(read_runs(plan.folder))
        is_young = bool(before) and 0 <= now_ns - before[-1].begun_ns < YOUNG_S * NANOSECONDS
        if anew and not self.kept.told and is_young and before[-1].anew:
            anew, self._since_ns = False, before[-1].begun_ns
        sha = plan.about.union_sha256
        first = 0 if self.recorder is None else self.recorder.first
        note_run(plan.folder, Run(begun_ns=now_ns, anew=anew, union_sha256=sha, segment=first))
        self.goes_on = not anew

    def _outputs(self, plan: Plan) -> OutputSink:
        unit = plan.unit
        warning = plan.union.watch.warning
        held = tuple(dict.fromkeys(("ballistic", *warning.rules)))
        status = "" if unit.warnings is None else unit.warnings.status
        about = Sender(unit.name, unit.sac, unit.sic, self._coast_s, held, status)
        return OutputSink(unit.output, about, self._unit_state, self.flights)

    def _unit_state(self) -> UnitState:
        """Say how unit and sensors fare, for those who get the picture."""
        now_s = self.clock.now_s()
        told = {s.sheet.name: sensor_word(s, now_s) for s in self.ticks.hearing.told()}
        status = {name: _CONDITIONS[word] for name, word in told.items() if word in _CONDITIONS}
        pipeline = self.ticks.pipeline
        sensors = sensor_states(self.ticks.hearing.sensors, status, pipeline.registration)
        overloaded = self.live.shedder.is_overloaded
        is_bad = overloaded or all(condition == OUT for condition in status.values())
        well = self.watching.rules_well()
        return UnitState(int(is_bad), overloaded, self.judge.is_time_wrong, sensors, well)

    def __enter__(self) -> "Assembly":
        """Go on."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop sources, end the recording, close the store."""
        self._stack.close()

    def catch_up(self, is_done: Callable[[], bool]) -> int:
        """Take up what was recorded since the state; how many reports that were."""
        n = self._catch_up(is_done) if self.goes_on else 0
        warnings = self.warnings
        released = (lambda _: False) if warnings is None else warnings.is_released
        self.deliveries.begin(self.watching.doctrine.untold, released)
        return n

    def _catch_up(self, is_done: Callable[[], bool]) -> int:
        before = self.ticks.pipeline.n_reports
        self._show()
        try:
            runs = since_anew(read_runs(self.plan.folder))
            first = runs[0].segment if runs else 0
            past = RecordedPast(recording_folder(self.plan), self.plan.about, first)
        except RecordingError:
            self.ticks.go_on_from(self._place)  # nothing was recorded
            return 0
        self.live.catch_up(self._place, past, self._since_ns, is_done)
        return self.ticks.pipeline.n_reports - before

    def _show(self) -> None:
        """Show the tracks as they were, until the next report of each; not those long gone."""
        if self._place is None:
            return
        none, kept_s = np.zeros(0, np.int64), self._place.taken_until_ns / NANOSECONDS
        if self.clock.now_s() - kept_s > self._coast_s:
            return
        for sink in (self.history, self.outputs):
            if sink is not None:
                sink.append(self.last.rows(), none, kept_s)
        if self.outputs is not None:
            told = [
                a.record(self.plan.unit.name, a.told_s, a.state) for a in self.watching.watch.alive
            ]
            self.outputs.append_alerts([alert._replace(state="updated") for alert in told])


class RecordedPast:
    """A unit's recording, its links those of the sources that there are now.

    Parameters
    ----------
    folder : Path
        Of the recording.
    about : About
        What there is now: sources, and the length of a step. What came by other sources is left
        out and counted in `n_unknown`.
    first : int
        Number of the first segment that is taken.
    """

    def __init__(self, folder: Path, about: About, first: int = 0) -> None:
        self._recording = Recording(folder, first)
        self._step_ns = about.step_ns
        rows = {(s.url, s.format): row for row, s in enumerate(about.sources)}
        recorded = self._recording.sources
        self._row = np.array([rows.get((s.url, s.format), -1) for s in recorded], np.int32)
        self.n_unknown = 0

    @property
    def recording(self) -> Recording:
        """The recording itself."""
        return self._recording

    def ticks(
        self, from_ns: int | None = None, until_ns: int | None = None
    ) -> Iterator[tuple[int, PacketBatch]]:
        """Yield what arrived in a span and was not shed, tick by tick."""
        for tick, batch in self._recording.ticks(self._step_ns, from_ns, until_ns):
            link = self._row[batch.link]
            self.n_unknown += int((link < 0).sum())
            known = take_packets(batch._replace(link=link), link >= 0)
            if known.start.size:
                yield tick, known


def _recorder_of(plan: Plan, stack: ExitStack) -> RecordingWriter | None:
    settings, folder = plan.unit.record, recording_folder(plan)
    if not settings.enabled:
        return None
    offer = None
    if settings.seal:
        sealer = Sealer(folder, plan.sensors)
        stack.callback(sealer.close)
        offer = sealer.offer
    writer = RecordingWriter(folder, plan.about, settings, on_sealed=offer)
    return stack.enter_context(writer)


def recording_folder(plan: Plan) -> Path:
    """Where a unit's recording is."""
    return plan.folder / (plan.unit.record.folder or "recording")
