"""``skypact decode``: bytes to reports, and what was in them."""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from skypact.cli import FAILED, OK
from skypact.cli.console import Progress, emit, say
from skypact.cli.intake import Intake, existing_inputs, midnight_s
from skypact.errors import ConfigError, RecordingError
from skypact.model.reports import ReportBatch
from skypact.record.frame_table import holds_frames
from skypact.record.tables import reports_to_arrow


def summarise(intake: Intake, reports: ReportBatch) -> dict[str, Any]:
    """Make the summary with its stable keys."""
    times_s = reports.time_s[np.isfinite(reports.time_s)]
    figures = {
        "reports": reports.time_s.size,
        "first_time_s": float(times_s.min()) if times_s.size else None,
        "last_time_s": float(times_s.max()) if times_s.size else None,
    }
    return intake.summary(figures)


def say_summary(summary: dict[str, Any], intake: Intake) -> None:
    """Write the summary for people."""
    for category, n in sorted(summary["records"].items()):
        title = f"CAT{category}" if category.isdigit() else category
        say(f"{title:<6} {n:>10,} records")
    for s in intake.seen:
        if s.records:
            say(f"{s.name:>7}  {s.reports:>8,} reports  {s.kind}")
    for kind, n in sorted(summary["errors"].items()):
        say(f"{n:,} x {kind}")


def write_reports(path: Path, reports: ReportBatch, names: list[str]) -> None:
    """Write `reports.parquet`."""
    try:
        pq.write_table(reports_to_arrow(reports, names), path, compression="zstd")
    except OSError as error:
        raise RecordingError(f"cannot write {path}: {error}") from error


def run(args: argparse.Namespace) -> int:
    """Decode all inputs; 1 when there is no record in them."""
    tables = [p for p in args.inputs if p.suffix == ".parquet" and not holds_frames(str(p))]
    if tables:
        raise ConfigError(f"expected bytes to decode, got the table {tables[0]}; replay reads it")
    paths = existing_inputs(args.inputs)
    if args.out is not None and any(args.out.exists() and args.out.samefile(p) for p in paths):
        raise ConfigError(f"expected another file to write than the input, got {args.out}")
    date_s = midnight_s(args.date)
    intake = Intake(None, date_s=date_s)
    with Progress("decoding (the first run compiles)"):
        reports = intake.read(paths, date_s)
    summary = summarise(intake, reports)
    if args.out is not None and reports.time_s.size:
        write_reports(args.out, reports, [s.name for s in intake.seen])
    if args.json:
        emit(summary)
    else:
        say_summary(summary, intake)
    intake.warn()
    if not intake.n_records:
        say(f"skypact: {intake.why_nothing()}")
        return FAILED
    return OK
