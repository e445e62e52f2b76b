"""``skypact simulate``: a scenario and a seed to truth, reports and real sensor bytes."""

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from skypact.cli import OK
from skypact.cli.console import Progress, emit, existing_files, say
from skypact.cli.send import LEAD_S, address_of, send, write_union
from skypact.cli.show import stopping
from skypact.errors import ConfigError
from skypact.record.event_file import write_events
from skypact.record.simulated import (
    FeedFile,
    SimulationFiles,
    TargetedDecoder,
    write_biases,
)
from skypact.record.summary import out_folder
from skypact.record.trajectories import read_trajectories
from skypact.simulate import (
    TOLD_OF,
    FlatScenario,
    FlatScene,
    Scenario,
    Scene,
    load_scenario,
    true_biases,
    true_events,
)

LONGEST_S: Final = 604_800.0
"""Longest simulation, as in scenario files (``duration_s``)."""
SLICE_S: Final = 2.0
"""Played between two writings: some thousand reports of a large scene."""


def read_scenario(name: str) -> tuple[Scenario | FlatScenario, Path]:
    """Read a scenario by its file or its shipped name; and the folder its own files are in."""
    path = Path(name)
    if path.suffix != ".toml" and not path.exists():
        return load_scenario(name), Path()
    text = existing_files([path])[0].read_bytes()
    try:
        return load_scenario(text.decode("utf-8") + "\n", str(path)), path.parent
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: expected TOML in UTF-8, got {error}") from error


@contextmanager
def _naming(name: str) -> Iterator[None]:
    """Begin errors about the scenario with its file or name, which the scene does not know."""
    try:
        yield
    except ConfigError as error:
        raise ConfigError(f"{name}: {str(error).removeprefix('scenario: ')}") from error


def _scene(
    scenario: Scenario, name: str, seed: int, folder: Path, start_s: float | None = None
) -> Scene:
    """Scene of a scenario; the files it names are in `folder`."""
    recorded = [read_trajectories(folder / entry.file) for entry in scenario.recorded]
    with _naming(name):
        return Scene(scenario, seed, start_s=start_s, recorded=recorded)


def _send(args: argparse.Namespace, scenario: Scenario, folder: Path, out: Path) -> int:
    """Send live what the scenario's sensors send."""
    address = address_of(args.send)
    scene = _scene(scenario, args.scenario, args.seed, folder, time.time() - LEAD_S)
    write_union(scene.union, args.send, out)
    with stopping() as stop:
        n_sent = send(scene, address, args.seconds or LONGEST_S, stop)
    emit({"scenario": scenario.title or args.scenario, "seed": args.seed, "packets": n_sent})
    return OK


def _play_sky(scene: Scene, seed: int, seconds: float, out: Path) -> dict[str, Any]:
    scenario = scene.scenario
    decoder = TargetedDecoder(scene.sensors)
    end_s = scenario.start_s + seconds
    with (
        SimulationFiles(out, scene.union) as files,
        FeedFile(out / "feeds.pcapng", scene.sensors) as feed,
        Progress("simulating (the first run compiles)") as progress,
    ):
        while scene.time_s < end_s:
            part = scene.advance(min(end_s, scene.time_s + SLICE_S))
            files.append(part.truth, decoder.reports(part))
            feed.append(part.packets)
            progress.update(1.0 - (end_s - scene.time_s) / seconds)
        feed.finish()
        files.finish()
    write_biases(out, true_biases(scenario, seed))
    write_events(out / "events.jsonl", true_events(scene, end_s), TOLD_OF)
    return _summary(files, decoder.records, decoder.errors) | {"packets": feed.n_packets}


def _play_flat(scene: FlatScene, out: Path) -> dict[str, Any]:
    with SimulationFiles(out, scene.union) as files:
        files.append(scene.truth, scene.reports)
        files.finish()
    return _summary(files, {}, {}) | {"packets": 0}


def _summary(
    files: SimulationFiles, records: dict[str, int], errors: dict[str, int]
) -> dict[str, Any]:
    return {
        "targets": files.n_targets,
        "truth": files.truth.n_rows,
        "records": dict(sorted(records.items())),
        "reports": files.reports.n_rows,
        "errors": errors,
    }


def run(args: argparse.Namespace) -> int:
    """Simulate; the folder holds the files, stdout a summary."""
    scenario, folder = read_scenario(args.scenario)
    out = out_folder(args.out)
    if isinstance(scenario, FlatScenario):
        if args.send is not None:
            raise ConfigError(
                f"--send: expected a scenario of the real sky, got {args.scenario}; the reports of"
                " a flat scene are no bytes"
            )
        if args.seconds is not None:
            raise ConfigError(
                f"--seconds: expected none for a flat scene, got {args.seconds:g}; "
                "it lasts as long as its scenario says"
            )
        with _naming(args.scenario):
            flat = FlatScene(scenario, args.seed)
        figures = _play_flat(flat, out)
    else:
        seconds = args.seconds or scenario.duration_s
        if seconds > LONGEST_S:
            raise ConfigError(
                f"--seconds: expected at most {LONGEST_S:,.0f} (a week), got {seconds:g}"
            )
        if args.send is not None:
            return _send(args, scenario, folder, out)
        scene = _scene(scenario, args.scenario, args.seed, folder)
        figures = _play_sky(scene, args.seed, seconds, out)
    names = sorted(path.name for path in out.iterdir() if path.is_file())
    say(
        f"{figures['targets']:,} targets, {figures['reports']:,} reports "
        f"in {out}: {', '.join(names)}"
    )
    emit({"scenario": scenario.title or args.scenario, "seed": args.seed, **figures})
    return OK
