"""Rules that a replay applies: those of the union file, or of rule files beside it."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from skypact.cli.console import existing_files
from skypact.config import Union
from skypact.errors import ConfigError
from skypact.model.alerts import Notice
from skypact.record.alert_file import AlertFile, DoctrineFile
from skypact.record.geojson_file import geojson_reader
from skypact.record.summary import out_folder
from skypact.record.terrain_file import terrain_reader
from skypact.rules import Watching, watching_from_toml
from skypact.runtime.watching import WatchSink
from skypact.watch.life import Watch
from skypact.watch.rules import doctrine_of, rules_of


class RuleSet(NamedTuple):
    """What one replay watches for."""

    name: str
    """The rule file's, or ``union``."""
    watching: Watching
    folder: Path
    """Its files are relative to this."""


def rule_sets(args: argparse.Namespace, union: Union) -> list[RuleSet]:
    """Return the rules to apply, one set or more.

    Raises
    ------
    ConfigError
        A rule file cannot be used.
    """
    if not args.rules:
        folder = args.union.parent if args.union is not None else Path()
        return [RuleSet("union", union.watch, folder)]
    paths = existing_files(args.rules)
    return [
        RuleSet(str(path), watching_from_toml(path.read_text("utf-8"), str(path)), path.parent)
        for path in paths
    ]


def check_one(args: argparse.Namespace) -> None:
    """See that a replay of a part, or of a unit's run, takes one rule set and judges nothing.

    Raises
    ------
    ConfigError
        There are more, or alerts are to be judged.
    """
    if len(args.rules) > 1:
        raise ConfigError(
            f"--rules: expected one rule file with --unit, --checkpoint and --resume, got "
            f"{len(args.rules)}; compare rule sets in a replay without them"
        )
    if args.truth is not None:
        raise ConfigError(
            "--truth: expected without --unit, --checkpoint and --resume, in a replay of the whole"
        )


def replay_watch(
    args: argparse.Namespace,
    union: Union,
    unit: str,
    rules: RuleSet,
    past: Sequence[tuple[float, Notice]] = (),
    number: int = 1,
) -> WatchSink:
    """Make a watch of a replay; alerts and measures go to files where a folder is given.

    Parameters
    ----------
    args, union, unit, rules
        What is replayed.
    past : sequence of (float, Notice)
        What people told the watch of the run that is repeated, with the looks.
    number : int
        Of several rule sets; files of the second end in ``-2``.

    Raises
    ------
    ConfigError
        A rule cannot be used.
    """
    watching, folder = rules.watching, rules.folder
    made = rules_of(watching, union, geojson_reader(folder), terrain_reader(folder))
    doctrine = doctrine_of(watching, unit)
    sinks, measures = [], []
    if args.out is not None:
        out, end = out_folder(args.out), "" if number == 1 else f"-{number}"
        sinks.append(AlertFile(out / f"alerts{end}.jsonl"))
        measures.append(DoctrineFile(out / f"doctrine{end}.jsonl"))
    return WatchSink(
        Watch(made, unit), watching.period_s, sinks, doctrine=doctrine, measure_sinks=measures,
        past=past,
    )  # fmt: skip
