"""``skypact replay``: recorded input through the live pipeline."""

import argparse
from contextlib import ExitStack
from typing import Any

import msgspec

from skypact.cli import FAILED, OK
from skypact.cli.console import Progress, emit, existing_files, say
from skypact.cli.intake import Intake, midnight_s, read_union
from skypact.cli.show import Stop, page, say_figures, stopping
from skypact.config import Union
from skypact.errors import ConfigError
from skypact.model.ports import Clock, Sink
from skypact.model.reports import TRACK, ReportBatch
from skypact.record.clock import WallClock
from skypact.record.picture import TrackFile
from skypact.record.replay import arriving_by_own_time, withhold
from skypact.record.summary import out_folder, write_summary
from skypact.runtime import Pipeline, replay
from skypact.serve.history import TrackHistory
from skypact.serve.scene import scene_from_union
from skypact.track.params import TrackerParams
from skypact.units import NANOSECONDS

MAX_SPEED = float("inf")


class _Interrupted(Exception):
    """Someone asked to stop."""


class _StoppableClock:
    """A clock that ends the replay when someone asks to stop."""

    def __init__(self, clock: Clock, stop: Stop) -> None:
        self._clock = clock
        self._stop = stop

    def now_s(self) -> float:
        return self._clock.now_s()

    def sleep_until(self, time_s: float) -> None:
        while not self._stop and self._clock.now_s() < time_s:
            self._clock.sleep_until(min(time_s, self._clock.now_s() + 1.0))
        if self._stop:
            raise _Interrupted


def _read(args: argparse.Namespace, intake: Intake) -> ReportBatch:
    with Progress("decoding (the first run compiles)"):
        reports = intake.read(args.inputs, midnight_s(args.date))
    intake.warn()
    n_tracks = int((reports.kind == TRACK).sum())
    if n_tracks:
        say(f"{n_tracks:,} reports are other trackers' tracks; they are counted, not tracked again")
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


def _run_through(
    reports: ReportBatch, pipeline: Pipeline, speed: float, stop: Stop, title: str
) -> None:
    """Replay to the end, or until someone asks to stop; the sinks are finished either way."""
    start_s = float(reports.received_ns[0]) / NANOSECONDS if reports.received_ns.size else 0.0
    clock = _StoppableClock(WallClock(start_s, speed), stop)
    with Progress(title) as progress:
        try:
            replay(reports, pipeline, clock, progress.update)
        except _Interrupted:
            pipeline.finish()


def _scene(args: argparse.Namespace, intake: Intake, union: Union | None) -> Union:
    title = union.title if union and union.title else ", ".join(p.name for p in args.inputs)
    sensors = tuple(s for s, seen in zip(intake.sensors, intake.seen, strict=True) if seen.records)
    return msgspec.structs.replace(union or Union(), title=title, sensor=sensors)


def run(args: argparse.Namespace) -> int:
    """Replay all inputs; 1 when there is no record in them."""
    existing_files(args.inputs)
    union = read_union(args.union)
    flat = union is not None and union.frame == "flat"
    if flat and args.serve:
        raise ConfigError(
            'expected a union file with frame = "earth", got "flat"; a flat scene has no place on'
            " the map, so leave out --serve"
        )
    intake = Intake(union, args.site, midnight_s(args.date))
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
        if args.out is not None:
            path = out_folder(args.out) / "tracks.parquet"
            sinks.append(TrackFile(path, "replay", flat=flat))
        params = TrackerParams(frame="flat" if flat else "ecef")
        pipeline = Pipeline(intake.sensors, sinks, params)

        def figures() -> dict[str, Any]:
            return intake.summary(pipeline.figures())

        if args.serve:
            scene = scene_from_union(_scene(args, intake, union), "replay")
            stack.enter_context(page(history, scene, figures, args.port))
        _run_through(reports, pipeline, args.speed or MAX_SPEED, stop, "tracking")
        summary = figures()
        if args.out is not None:
            write_summary(args.out / "summary.json", summary)
        say_figures(summary)
        emit(summary)
        if args.serve and not stop:
            stop.wait()
    return OK
