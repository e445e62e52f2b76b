"""``skypact replay FOLDER --unit NAME``: a live unit's recording, tick by tick, as it ran.

The same packets in the same ticks through the same course make the same picture, bit for bit.
"""

import argparse
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Final

import msgspec

from skypact import __version__
from skypact.cli import OK
from skypact.cli.console import Progress, existing_files, say
from skypact.cli.intake import read_union
from skypact.cli.show import Interrupted, Stop, StoppableClock, page, stopping, tell_end
from skypact.cli.watching import replay_watch, rule_sets
from skypact.decode.jsontext import NOT_JSON
from skypact.errors import ConfigError, RecordingError
from skypact.model.packets import take_packets
from skypact.model.ports import Sink
from skypact.record.clock import WallClock
from skypact.record.notice_file import read_notices
from skypact.record.picture import TrackFile
from skypact.record.recording import is_recording
from skypact.record.summary import out_folder
from skypact.runtime.assembly import (
    Plan,
    RecordedPast,
    course_of,
    plan_unit,
    recording_folder,
)
from skypact.runtime.hearing import unit_of
from skypact.runtime.runs import RUNS, Run, read_runs, since_anew
from skypact.runtime.telling import unit_figures
from skypact.runtime.ticks import Ticks
from skypact.runtime.watching import sensor_looks
from skypact.serve.history import TrackHistory
from skypact.serve.scene import scene_from_union
from skypact.units import NANOSECONDS

MAX_SPEED: Final = float("inf")
GONE_NS: Final = 600 * NANOSECONDS
"""A recording whose first packet is later than its unit's begin by more has lost segments, or its
sensors were silent."""
_NOT_HERE: Final = ("site", "date", "withhold", "no_registration", "checkpoint", "resume", "smooth")
"""Options of `replay` that would make another picture than the unit's."""


def planned(path: Path, name: str) -> Plan:
    """Read and check what a union file says of a unit.

    Raises
    ------
    ConfigError
        Something is wrong; names it and the file.
    """
    union = read_union(path)
    if union is None or union.frame == "flat":
        raise ConfigError(f"{path}: expected a union of the real sky, got a flat scene")
    unit = unit_of(union, name)
    text = existing_files([path])[0].read_text("utf-8")
    try:
        return plan_unit(union, unit, path, text, __version__)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def _check(args: argparse.Namespace) -> None:
    """See whether the options go together.

    Raises
    ------
    ConfigError
        They do not.
    """
    if args.union is None:
        raise ConfigError("--unit: expected with --union FILE, the one that the unit ran by")
    wrong = [name for name in _NOT_HERE if getattr(args, name)]
    if wrong:
        raise ConfigError(
            f"--{wrong[0].replace('_', '-')}: expected without --unit, whose run this repeats"
        )
    if len(args.inputs) != 1:
        raise ConfigError(f"expected one recording with --unit, got {len(args.inputs)} inputs")


def _folder(args: argparse.Namespace, plan: Plan) -> Path:
    """Find the recording: what was named, or what is inside the unit's folder."""
    given: Path = args.inputs[0]
    if is_recording(given):
        return given
    inside = recording_folder(plan) if given.resolve() == plan.folder.resolve() else given
    inside = inside if is_recording(inside) else given / "recording"
    if not is_recording(inside):
        raise RecordingError(f"{given}: expected the recording of a unit, got none")
    return inside


def _told(past: RecordedPast, plan: Plan, runs: list[Run]) -> Iterator[str]:
    """Say why the picture may not be that of the live run."""
    recording, sha = past.recording, plan.about.union_sha256
    if recording.about.unit != plan.unit.name:
        yield f"is of unit {recording.about.unit}"
    if any(run.union_sha256 != sha for run in runs) or recording.about.union_sha256 != sha:
        yield "was made by another union file, in part at least"
    if not runs:
        yield f"has no {RUNS} in the unit's folder: taken from its begin on"
    elif recording.span_ns[0] > runs[0].begun_ns + GONE_NS:
        yield "begins later than the unit did: its first segments are gone"
    yield from recording.trouble


def _taken_until_ns(folder: Path) -> int:
    """End of the live run, where its summary tells: empty ticks at the end count, too."""
    try:
        told = msgspec.json.decode((folder / "summary.json").read_bytes(), type=dict[str, Any])
    except (OSError, *NOT_JSON):
        return 0
    return round(float(told.get("taken_until_s") or 0.0) * NANOSECONDS)


def _run_through(
    past: RecordedPast, ticks: Ticks, span_ns: tuple[int, int], speed: float, stop: Stop
) -> None:
    """Take every tick of a span by the clock; stop when asked to."""
    begin_ns, end_ns = past.recording.span_ns
    since_ns, until_ns = span_ns
    begin_ns = max(begin_ns, since_ns)
    clock = StoppableClock(WallClock(begin_ns / NANOSECONDS, speed), stop)
    with Progress("replaying (the first run compiles)") as progress, suppress(Interrupted):
        for tick, packets in past.ticks(since_ns):
            ticks_end_ns = (tick + 1) * ticks.step_ns
            clock.sleep_until(ticks_end_ns / NANOSECONDS)
            ticks.take(packets, ticks_end_ns)
            progress.update((ticks_end_ns - begin_ns) / max(end_ns - begin_ns, 1))
            none = take_packets(packets, slice(0, 0))
        if 0 < ticks.taken_until_ns < until_ns:
            ticks.take(none, until_ns)
    ticks.pipeline.finish()


def run(args: argparse.Namespace) -> int:
    """Repeat a unit's run from its recording; the summary goes to stdout."""
    _check(args)
    plan = planned(args.union, args.unit)
    folder = _folder(args, plan)
    runs = since_anew(read_runs(plan.folder))
    past = RecordedPast(folder, plan.about, runs[0].segment if runs else 0)
    span_ns = runs[0].begun_ns if runs else 0, _taken_until_ns(plan.folder)
    for line in _told(past, plan, runs):
        say(f"{folder}: {line}")
    history = TrackHistory(max_s=MAX_SPEED)
    sinks: list[Sink] = [history] if args.serve else []
    if args.out is not None:
        sinks.append(TrackFile(out_folder(args.out) / "tracks.parquet", plan.unit.name, flat=False))
    notices = read_notices(plan.folder, span_ns[0] / NANOSECONDS)
    watch = replay_watch(args, plan.union, plan.unit.name, rule_sets(args, plan.union)[0], notices)
    ticks = course_of(plan, [*sinks, watch])
    watch.watch_over(ticks.pipeline)
    watch.sensors = lambda s: sensor_looks(ticks.hearing, ticks.pipeline.registration, s)
    with stopping() as stop, ExitStack() as stack:

        def figures() -> dict[str, Any]:
            return unit_figures(ticks, ticks.taken_until_ns / NANOSECONDS)

        if args.serve:
            union = msgspec.structs.replace(plan.union, sensor=plan.sensors)
            scene = scene_from_union(union, "replay", plan.unit.name)
            stack.enter_context(
                page(history, scene, figures, args.port, ticks.pipeline, watch.desk)
            )
        _run_through(past, ticks, span_ns, args.speed or MAX_SPEED, stop)
        if past.n_unknown:
            say(f"{folder}: {past.n_unknown:,} packets came by sources that the unit has no more")
        tell_end(figures(), args, stop)
    return OK
