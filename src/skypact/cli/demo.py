"""``skypact demo``: the built-in union, simulated, decoded, tracked and watched live."""

import argparse
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from skypact.cli.console import Progress, emit, say
from skypact.cli.show import page, say_figures, stopping
from skypact.config import Sensor, Union
from skypact.model.reports import ReportBatch
from skypact.record.clock import WallClock
from skypact.record.geojson_file import geojson_reader
from skypact.record.header import RecordedSource
from skypact.record.simulated import without_biases
from skypact.record.terrain_file import terrain_reader
from skypact.runtime.drive import LIVE_STEP_S, Live, live
from skypact.runtime.hearing import ASTERIX, Hearing
from skypact.runtime.pipeline import Pipeline
from skypact.runtime.telling import heard_figures
from skypact.runtime.watching import WatchSink, sensor_looks
from skypact.serve.history import TrackHistory
from skypact.serve.scene import scene_from_union
from skypact.simulate import Scene, load_sky_scenario
from skypact.watch.life import Watch
from skypact.watch.rules import doctrine_of, rules_of

UNIT: Final = "demo"
"""Whose alerts they are."""

LEAD_S: Final = 16.0
"""Simulated before the clock starts: four turns of the radars, so that the map opens with tracks,
and the kernels are compiled by then."""


class DemoFeed:
    """The simulated sensors' bytes, decoded; `read` gives the reports that arrived by a time."""

    def __init__(self, seed: int, start_s: float) -> None:
        self.scene = Scene(load_sky_scenario("border"), seed, start_s=start_s)
        self.union = without_biases(self.scene.union)
        feeds = [RecordedSource(s.name, f"simulated:{s.name}", ASTERIX) for s in self.union.sensor]
        self.hearing = Hearing(self.union.sensor, feeds)

    def read(self, now_s: float) -> ReportBatch:
        """Decode what has arrived since the last call."""
        return self.hearing.decode(self.scene.advance(now_s).packets)

    @property
    def sensors(self) -> list[Sensor]:
        """Sensors heard so far."""
        return self.hearing.sensors


def _watch(union: Union) -> WatchSink:
    """Make a watch with the rules as they are by default."""
    watching = union.watch
    rules = rules_of(watching, union, geojson_reader(Path()), terrain_reader(Path()))
    return WatchSink(Watch(rules, UNIT), watching.period_s, doctrine=doctrine_of(watching, UNIT))


def _lead(line: Live, start_s: float, progress: Progress) -> None:
    """Bring the picture to the present, as fast as it goes."""
    steps = round(LEAD_S / LIVE_STEP_S)
    for i in range(1, steps + 1):
        line.advance(start_s + i * LIVE_STEP_S)
        progress.update(i / steps)


def run(args: argparse.Namespace) -> int:
    """Run until the time is up or someone asks to stop; the summary goes to stdout."""
    with stopping() as stop, ExitStack() as stack:
        start_s = time.time() - LEAD_S
        feed = DemoFeed(args.seed, start_s)
        history = TrackHistory()
        watch = _watch(feed.union)
        pipeline = Pipeline(feed.sensors, [watch] if args.headless else [history, watch])
        watch.watch_over(pipeline)
        watch.sensors = lambda s: sensor_looks(feed.hearing, pipeline.registration, s)
        line = Live(feed, pipeline)
        with Progress("preparing the scene (the first run compiles)") as progress:
            _lead(line, start_s, progress)
        clock = WallClock(start_s + LEAD_S)
        pipeline.start_clock(clock)

        def figures() -> dict[str, Any]:
            return heard_figures(feed.hearing, pipeline, clock.now_s())

        if not args.headless:
            scene = scene_from_union(feed.scene.union, "live")
            stack.enter_context(page(history, scene, figures, args.port, pipeline, watch.desk))
        end_s = clock.now_s() + (args.seconds or float("inf"))
        live(line, clock, lambda now_s: bool(stop) or now_s >= end_s)
        summary = figures()
    say_figures(summary)
    if n := sum(r.n_raised for r in watch.watch.rules.values()):
        told = (f"{r.n_raised} {name}" for name, r in watch.watch.rules.items() if r.n_raised)
        say(f"{n} alerts: {', '.join(told)}")
    if summary["errors"]:
        say(f"errors: {summary['errors']}")
    emit(summary)
    return 0
