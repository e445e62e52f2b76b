"""``skypact evaluate``: tracks judged by the truth."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
import pyarrow as pa

from skypact.cli import FAILED, OK
from skypact.cli.args import EVALUATE_FLAGS
from skypact.cli.console import Progress, emit, existing_files, say
from skypact.cli.intake import Intake, midnight_s, read_union
from skypact.config import Sensor
from skypact.errors import ConfigError, RecordingError
from skypact.evaluate.evaluation import Evaluation, evaluate
from skypact.evaluate.flatmodel import FlatModel
from skypact.evaluate.params import EvaluateParams
from skypact.evaluate.report_html import html
from skypact.evaluate.table import assumed, lines, number, reasons, requirement_cells
from skypact.model.reports import ReportBatch
from skypact.record.judged import (
    JudgedTracks,
    JudgedTruth,
    is_table,
    read_tracks,
    read_truth,
    tracks_from_reports,
    truth_from_reports,
)
from skypact.track.datasheet import tracker_params
from skypact.track.params import TrackerParams

if TYPE_CHECKING:
    from rich.table import Table

WIDTH: Final = 100
"""Columns of the table where stderr is no terminal."""
FLAG_OF: Final = {field: flag for flag, field, _, _ in EVALUATE_FLAGS}


class Given(NamedTuple):
    """What was tracked, where that is known."""

    reports: ReportBatch | None = None
    sensors: list[Sensor] | None = None
    model: FlatModel | None = None
    """Own model of a flat scenario."""
    notes: tuple[str, ...] = ()
    tracker: TrackerParams | None = None
    """Configuration that follows from the union file."""


def params_of(args: argparse.Namespace) -> EvaluateParams:
    """Parameters as given on the command line.

    Raises
    ------
    ConfigError
        One is out of its limits; the message names the flag.
    """
    given = {field: getattr(args, field) for field in FLAG_OF if getattr(args, field) is not None}
    given = {name: int(v) if v in (2.0, 3.0) else v for name, v in given.items()}
    given |= {"start_s": args.start, "end_s": args.end, "confirmed_only": not args.tentative}
    try:
        return msgspec.convert(given, EvaluateParams)
    except msgspec.ValidationError as error:
        field = str(error).rpartition("$.")[2].rstrip("`")
        what = str(error).rpartition(" - at ")[0]
        raise ConfigError(
            f"--{FLAG_OF.get(field, field)}: {what[:1].lower()}{what[1:]}, got {given[field]:g}"
        ) from error


def _decoded(path: Path, args: argparse.Namespace) -> ReportBatch:
    """Read reports of a recording."""
    intake = Intake(None, date_s=midnight_s(args.date))
    reports = intake.read([path], midnight_s(args.date))
    intake.warn()
    if not intake.n_records:
        raise RecordingError(f"{path}: {intake.why_nothing()}")
    return reports


def _tracks(args: argparse.Namespace) -> JudgedTracks:
    if is_table(args.tracks):
        return read_tracks(args.tracks, args.columns)
    return tracks_from_reports(_decoded(args.tracks, args), str(args.tracks))


def _truth(args: argparse.Namespace) -> JudgedTruth:
    if is_table(args.truth):
        return read_truth(args.truth, args.truth_columns)
    return truth_from_reports(_decoded(args.truth, args), str(args.truth))


def _given(args: argparse.Namespace) -> Given:
    """Read the reports that were tracked, and their sensors."""
    if args.reports is None:
        if args.scenario is not None:
            raise ConfigError("--scenario: expected with --reports, whose floors use its model")
        if args.union is not None:
            raise ConfigError("--union: expected with --reports, whose sensors it describes")
        return Given()
    if args.union is None:
        raise ConfigError("--reports: expected with --union FILE, which describes the sensors")
    union = read_union(args.union)
    intake = Intake(union, date_s=midnight_s(args.date))
    reports = intake.read([args.reports], midnight_s(args.date))
    if not reports.time_s.size:
        raise RecordingError(f"{args.reports}: expected reports, got none")
    if not (reports.target >= 0).any():
        say(f"{args.reports} does not say which object each report is of: no floors")
    return Given(reports, intake.sensors, *_model(args.scenario), tracker_params(union))


def _model(name: str | None) -> tuple[FlatModel | None, tuple[str, ...]]:
    """Model of a flat scenario, and what is said about it."""
    if name is None:
        return None, ()
    from skypact.cli.simulate import read_scenario
    from skypact.cli.truemodel import true_model
    from skypact.simulate import FlatScenario

    scenario, _ = read_scenario(name)
    if not isinstance(scenario, FlatScenario):
        raise ConfigError(
            f'--scenario: expected a scenario with frame = "flat", got {name} of the real sky, '
            "which has no one model of motion; leave the flag out"
        )
    model = true_model(scenario)
    if model is None:
        return None, (f"{name} states no model of motion: floors use the tracker's steady flight",)
    return model, (f"floors use the model of {name}",)


def _judge(args: argparse.Namespace, params: EvaluateParams) -> tuple[Evaluation, list[str]]:
    tracks, truth, given = _tracks(args), _truth(args), _given(args)
    if tracks.is_flat != truth.is_flat:
        kind = {True: "x_m and y_m", False: "latitude and longitude"}
        raise RecordingError(
            f"expected tracks and truth in one frame, got tracks with {kind[tracks.is_flat]} and "
            f"truth with {kind[truth.is_flat]}"
        )
    if given.model is not None and not truth.is_flat:
        raise ConfigError(
            f"--scenario: expected tracks and truth with x_m and y_m as {args.scenario} makes "
            "them, got latitude and longitude"
        )
    # What Arrow read with is 350 MB of two million rows, and would lie idle.
    pa.default_memory_pool().release_unused()
    with Progress("judging (the first run compiles)") as progress:
        judged = evaluate(
            tracks.rows,
            truth.rows,
            params,
            flat=truth.is_flat,
            reports=given.reports,
            sensors=given.sensors,
            model=given.model,
            tracker=given.tracker,
            requirements=args.requirements,
            names=truth.names,
            progress=progress.update,
        )
    notes = [f"{args.tracks.name}: {note}" for note in tracks.notes]
    notes += [f"{args.truth.name}: {note}" for note in truth.notes]
    return judged, [*notes, *given.notes, *reasons(judged.figures)]


def _say_tables(figures: dict[str, Any]) -> None:
    """Write the figures, verdicts and parameters for people to stderr."""
    from rich.console import Console
    from rich.table import Table

    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        console = Console(stderr=True, highlight=False, width=WIDTH)
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name, justify in (("", "left"), ("value", "right"), ("floor", "right"), ("", "left")):
        table.add_column(name, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    for heading, found in lines(figures):
        table.add_row(f"[bold]{heading}[/bold]")
        for line in found:
            table.add_row(f"  {line.label}", line.value, line.floor, line.unit)
    console.print(table)
    if figures["requirements"]:
        console.print(_verdicts(figures))
    said = (f"{name} {number(value)}" for name, value in figures["parameters"].items())
    if assumed(figures):
        console.print(assumed(figures), style="dim", markup=False, soft_wrap=True)
    console.print(f"parameters: {', '.join(said)}", style="dim", markup=False, soft_wrap=True)


def _verdicts(figures: dict[str, Any]) -> "Table":
    from rich.table import Table

    colours = {"pass": "green", "fail": "red"}
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("requirement", "found", "limit", "", "verdict"):
        table.add_column(name, justify="right" if name in ("found", "limit") else "left")
    for found in figures["requirements"].values():
        table.add_row(f"[bold]{found['title']}[/bold]")
        for check in found["checks"]:
            *cells, verdict = requirement_cells(check)
            colour = colours.get(verdict, "dim")
            table.add_row(f"  {cells[0]}", *cells[1:], f"[{colour}]{verdict}[/{colour}]")
    return table


def _write_report(path: Path, judged: Evaluation, title: str, notes: list[str]) -> None:
    from skypact import __version__
    from skypact.evaluate.report import page

    with Progress("drawing"):
        text = html(page(judged, title, notes, f"Made by skypact evaluate, {__version__}"))
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise RecordingError(f"cannot write {path}: {error}") from error


def is_failed(figures: dict[str, Any]) -> bool:
    """Whether a requirement is not met; one that cannot be decided is none of these."""
    return any(
        check["verdict"] == "fail"
        for found in figures["requirements"].values()
        for check in found["checks"]
    )


def run(args: argparse.Namespace) -> int:
    """Judge; 1 with ``--strict`` when a requirement is not met."""
    inputs = [args.tracks, args.truth, *filter(None, (args.reports, args.union))]
    existing_files(inputs)
    if args.html is not None:
        _check_output(args.html, inputs)
    params = params_of(args)
    try:
        judged, notes = _judge(args, params)
    except pa.ArrowException as error:
        raise RecordingError(f"expected tables that can be read: {error}") from error
    if args.html is not None:
        title = f"{args.tracks.name} judged by {args.truth.name}"
        _write_report(args.html, judged, title, notes)
    for note in notes:
        say(note)
    _say_tables(judged.figures)
    emit(judged.figures)
    return FAILED if args.strict and is_failed(judged.figures) else OK


def _check_output(path: Path, inputs: list[Path]) -> None:
    """Refuse, before any work, to draw without matplotlib or over an input."""
    from skypact.evaluate.plots import need_matplotlib

    need_matplotlib()
    if path.is_dir():
        raise ConfigError(f"--html: expected a file to write, got the directory {path}")
    if any(path.exists() and path.samefile(p) for p in inputs):
        raise ConfigError(f"--html: expected another file than the input, got {path}")
