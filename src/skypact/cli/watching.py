"""Rules that a replay applies: those of the union file, or of rule files beside it."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from skypact.cli.console import existing_files
from skypact.config import Union
from skypact.model.alerts import Notice
from skypact.record.alert_file import AlertFile, DoctrineFile
from skypact.record.geojson_file import geojson_reader
from skypact.record.summary import out_folder
from skypact.record.terrain_file import terrain_reader
from skypact.rules import Watching, watching_from_toml
from skypact.runtime.watching import WatchSink
from skypact.watch.life import Watch
from skypact.watch.rules import doctrine_of, rules_of


def watching_of(args: argparse.Namespace, union: Union) -> tuple[Watching, Path]:
    """Return the rules to apply and the folder that their files are relative to.

    Raises
    ------
    ConfigError
        The rule file cannot be used.
    """
    if args.rules is not None:
        path = existing_files([args.rules])[0]
        return watching_from_toml(path.read_text("utf-8"), str(path)), path.parent
    folder = args.union.parent if args.union is not None else Path()
    return union.watch, folder


def replay_watch(
    args: argparse.Namespace, union: Union, unit: str, past: Sequence[tuple[float, Notice]] = ()
) -> WatchSink:
    """Make the watch of a replay; alerts and measures go to files where a folder is given.

    Parameters
    ----------
    args, union, unit
        What is replayed.
    past : sequence of (float, Notice)
        What people told the watch of the run that is repeated, with the looks.

    Raises
    ------
    ConfigError
        A rule cannot be used.
    """
    watching, folder = watching_of(args, union)
    rules = rules_of(watching, union, geojson_reader(folder), terrain_reader(folder))
    doctrine = doctrine_of(watching, unit)
    sinks, measures = [], []
    if args.out is not None:
        out = out_folder(args.out)
        sinks.append(AlertFile(out / "alerts.jsonl"))
        measures.append(DoctrineFile(out / "doctrine.jsonl"))
    return WatchSink(
        Watch(rules, unit), watching.period_s, sinks, doctrine=doctrine, measure_sinks=measures,
        past=past,
    )  # fmt: skip
