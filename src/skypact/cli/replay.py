"""``skypact replay``: recorded input through the live pipeline."""

import argparse
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from skypact.cli import FAILED, OK, replay_unit
from skypact.cli.console import Progress, existing_files, say
from skypact.cli.intake import Intake, existing_inputs, midnight_s, read_union
from skypact.cli.show import (
    MOST_LINES,
    Interrupted,
    Stop,
    StoppableClock,
    page,
    stopping,
    tell_end,
)
from skypact.cli.tuning import Tuning, say_report
from skypact.cli.tuning import check as check_tuning
from skypact.config import RegistrationParams, Sensor, Union
from skypact.errors import ConfigError, RecordingError
from skypact.model.ports import Clock, Sink
from skypact.model.reports import TRACK, ReportBatch
from skypact.record.checkpoint_file import read_checkpoint, write_checkpoint
from skypact.record.clock import WallClock
from skypact.record.picture import TrackFile
from skypact.record.replay import arriving_by_own_time, withhold
from skypact.record.sensors import sheet_of
from skypact.record.summary import out_folder
from skypact.runtime.drive import Replay
from skypact.runtime.pipeline import Pipeline, sensors_of
from skypact.runtime.watching import RecordedSensors
from skypact.serve.history import TrackHistory
from skypact.serve.scene import scene_from_union
from skypact.track.checkpoint import Checkpoint
from skypact.track.datasheet import area_motions, tracker_params
from skypact.units import NANOSECONDS

MAX_SPEED = float("inf")
CHECKPOINT_S: Final = 60.0
"""Recorded time between two checkpoints of a replay."""


def _read(args: argparse.Namespace, intake: Intake) -> ReportBatch:
    with Progress("decoding (the first run compiles)"):
        reports = intake.read(args.inputs, midnight_s(args.date))
    intake.warn()
    n_tracks = int((reports.kind == TRACK).sum())
    if n_tracks:
        say(
            f"{n_tracks:,} reports are other trackers' tracks; they are taken as estimates whose"
            " errors hang together, never as measurements"
        )
    return withhold(reports, args.withhold)


def _flat_sensors(intake: Intake, union: Union) -> None:
    """Check that the places of all sensors in a flat scene are known.

    Raises
    ------
    ConfigError
        One is not in the union file.
    """
    known = {sensor.name for sensor in union.sensor}
    for seen in intake.seen:
        if seen.name not in known:
            raise ConfigError(
                f"sensor {seen.name} of the reports: expected an entry in the union file, got"
                " none; in a flat scene every sensor needs its x_m and y_m"
            )


class _Kept:
    """A clock that writes a checkpoint on the way, each minute of the recording."""

    def __init__(self, clock: Clock, path: Path) -> None:
        self._clock = clock
        self._path = path
        self._next_s = float("nan")
        self.run: Replay | None = None

    def now_s(self) -> float:
        return self._clock.now_s()

    def sleep_until(self, time_s: float) -> None:
        if time_s >= self._next_s and self.run is not None:
            write_checkpoint(self._path, self.run.checkpoint())
        if not time_s < self._next_s:
            self._next_s = time_s + CHECKPOINT_S
        self._clock.sleep_until(time_s)


def _run_through(run: Replay, args: argparse.Namespace, stop: Stop, title: str) -> None:
    """Replay to the end, or until someone asks to stop; a checkpoint is kept where asked for."""
    clock: Clock = StoppableClock(WallClock(run.start_s, args.speed or MAX_SPEED), stop)
    if args.checkpoint is not None:
        clock = keeper = _Kept(clock, args.checkpoint)
        keeper.run = run
    with Progress(title) as progress, suppress(Interrupted):
        run.run(clock, progress.update, is_open=args.checkpoint is not None)
    if args.checkpoint is not None:
        write_checkpoint(args.checkpoint, run.checkpoint())
        run.pipeline.stop()
    else:
        run.pipeline.finish()


def _in_order_of(
    sensors: Sequence[Sensor], reports: ReportBatch, before: Sequence[Sensor]
) -> tuple[list[Sensor], ReportBatch]:
    """Put the sensors of a checkpoint first, by their present sheets; reports' indices follow."""
    every, rows = list(before), []
    for sensor in sensors:
        old = sheet_of(sensor, before)
        if old is None:
            rows.append(len(every))
            every.append(sensor)
        else:
            rows.append(before.index(old))
            every[rows[-1]] = sensor
    return every, reports._replace(sensor=np.array(rows or [0], np.int32)[reports.sensor])


def _taken_up(
    reports: ReportBatch, pipeline: Pipeline, kept: Checkpoint | None, path: Path | None
) -> Replay:
    """Prepare the replay; after a checkpoint, tell what is otherwise than it was.

    Raises
    ------
    RecordingError
        The checkpoint at `path` is of another setup.
    """
    try:
        run_through = Replay(reports, pipeline, kept)
    except RecordingError as error:
        raise RecordingError(f"{path}: {error}") from error
    for line in pipeline.changed[:MOST_LINES]:
        say(f"{path}: {line}; the new value holds from here on")
    if len(pipeline.changed) > MOST_LINES:
        say(f"and {len(pipeline.changed) - MOST_LINES} more such; see `changed` in the summary")
    if kept is not None and reports.time_s.size and not run_through.n_new:
        say(f"{path}: all {reports.time_s.size:,} reports of the inputs were taken before it")
    return run_through


def _scene(args: argparse.Namespace, intake: Intake, union: Union | None) -> Union:
    title = union.title if union and union.title else ", ".join(p.name for p in args.inputs)
    sensors = tuple(s for s, seen in zip(intake.sensors, intake.seen, strict=True) if seen.records)
    return msgspec.structs.replace(union or Union(), title=title, sensor=sensors)


def _registration(args: argparse.Namespace, union: Union | None) -> RegistrationParams:
    if args.no_registration:
        return RegistrationParams(enabled=False)
    return (union or Union()).registration


def _check_smooth(args: argparse.Namespace) -> None:
    """See whether smoothing goes with the other options.

    Raises
    ------
    ConfigError
        Smoothed tracks have no file to go to, or the run is one of several.
    """
    if args.smooth and args.out is None:
        raise ConfigError("--smooth: expected with --out DIR, where the smoothed tracks go")
    if args.smooth and (args.checkpoint is not None or args.resume is not None):
        raise ConfigError("--smooth: expected without --checkpoint and --resume, in one run")


def _written(args: argparse.Namespace, *, flat: bool) -> TrackFile | None:
    """Return the file of tracks, if one is asked for."""
    if args.out is None:
        return None
    unit = "smoothed" if args.smooth else "replay"
    return TrackFile(out_folder(args.out) / "tracks.parquet", unit, flat=flat)


def _kept(args: argparse.Namespace) -> Checkpoint | None:
    """Read the checkpoint to go on from; see whether the one to be written can be.

    Raises
    ------
    ConfigError
        There is none, or no place for the new one.
    """
    path: Path | None = args.checkpoint
    if path is not None and (path.is_dir() or not path.absolute().parent.is_dir()):
        raise ConfigError(f"--checkpoint: expected a file in a folder that exists, got {path}")
    if args.resume is None:
        return None
    try:
        existing_files([args.resume])
    except ConfigError as error:
        raise ConfigError(f"--resume: {error}, or leave --resume out to begin anew") from error
    return read_checkpoint(args.resume)


def _tuned(tuning: Tuning | None, reports: ReportBatch) -> dict[str, Any]:
    """Return the report of the rules, if one is asked for, and write it for people."""
    if tuning is None or not reports.received_ns.size:
        return {}
    seconds = float(reports.received_ns.max() - reports.received_ns.min()) / NANOSECONDS
    told = tuning.report(seconds)
    if told:
        say_report(told["tuning"])
    return told


def run(args: argparse.Namespace) -> int:
    """Replay all inputs; 1 when there is no record in them."""
    check_tuning(args)
    if args.unit is not None:
        return replay_unit.run(args)
    existing_inputs(args.inputs)
    _check_smooth(args)
    union = read_union(args.union)
    flat = union is not None and union.frame == "flat"
    if flat and args.serve:
        raise ConfigError(
            'expected a union file with frame = "earth", got "flat"; a flat scene has no place on'
            " the map, so leave out --serve"
        )
    kept = _kept(args)
    before = () if kept is None else sensors_of(kept)
    intake = Intake(union, args.site, midnight_s(args.date), before)
    with stopping() as stop, ExitStack() as stack:
        reports = _read(args, intake)
        if not intake.n_records:
            say(f"skypact: {intake.why_nothing()}")
            return FAILED
        if union is not None and flat:
            _flat_sensors(intake, union)
        else:
            reports = intake.placeable(reports)
        reports, moved = arriving_by_own_time(reports)
        for sensor, offset_s in moved.items():
            say(
                f"{intake.sensors[sensor].name}: received {offset_s:+,.1f} s off its own stamps; "
                "replayed by the stamps"
            )
        history = TrackHistory(max_s=MAX_SPEED)
        sinks: list[Sink] = [history] if args.serve else []
        written = _written(args, flat=flat)
        if written is not None and not args.smooth:
            sinks.append(written)
        tuning = None if flat else Tuning(args, union or Union())
        sinks += [] if tuning is None else tuning.watches
        sensors, reports = _in_order_of(intake.sensors, reports, before)
        n_first = len(sensors) if kept is None else len(before)
        smooth = written if args.smooth else None
        settings = tracker_params(union), area_motions(union), _registration(args, union)
        pipeline = Pipeline(sensors[:n_first], sinks, *settings, smooth)
        if tuning is not None:
            services = intake.services(moved)
            tuning.watch_over(
                pipeline, RecordedSensors(sensors, reports, services, pipeline.registration)
            )
        run_through = _taken_up(reports, pipeline, kept, args.resume)
        pipeline.set_sensors(sensors)

        def figures() -> dict[str, Any]:
            return intake.summary(pipeline.figures())

        if args.serve:
            scene = scene_from_union(_scene(args, intake, union), "replay")
            desk = None if tuning is None else tuning.watch.desk
            stack.enter_context(page(history, scene, figures, args.port, pipeline, desk))
        _run_through(run_through, args, stop, "tracking (the first run compiles)")
        tell_end(figures() | _tuned(tuning, reports), args, stop)
    return OK
