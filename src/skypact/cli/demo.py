"""``skypact demo``: the built-in union, simulated, decoded and tracked live."""

import argparse
import time
from contextlib import ExitStack
from typing import Any, Final

from skypact.cli.console import Progress, emit, say
from skypact.cli.intake import Intake
from skypact.cli.show import page, say_figures, stopping
from skypact.config import Sensor
from skypact.model.reports import ReportBatch
from skypact.record.clock import WallClock
from skypact.record.simulated import without_biases
from skypact.runtime.drive import LIVE_STEP_S, Live, live
from skypact.runtime.pipeline import Pipeline
from skypact.serve.history import TrackHistory
from skypact.serve.scene import scene_from_union
from skypact.simulate import Scene, load_sky_scenario

LEAD_S: Final = 16.0
"""Simulated before the clock starts: four turns of the radars, so that the map opens with tracks,
and the kernels are compiled by then."""


class DemoFeed:
    """The simulated sensors' bytes, decoded; `read` gives the reports that arrived by a time."""

    def __init__(self, seed: int, start_s: float) -> None:
        self.scene = Scene(load_sky_scenario("border"), seed, start_s=start_s)
        self.intake = Intake(without_biases(self.scene.union))

    def read(self, now_s: float) -> ReportBatch:
        """Decode what has arrived since the last call."""
        return self.intake.decode(self.scene.advance(now_s).packets)

    @property
    def sensors(self) -> list[Sensor]:
        """Sensors heard so far."""
        return self.intake.sensors


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
        pipeline = Pipeline(feed.sensors, [] if args.headless else [history])
        line = Live(feed, pipeline)
        with Progress("preparing the scene (the first run compiles)") as progress:
            _lead(line, start_s, progress)
        clock = WallClock(start_s + LEAD_S)
        pipeline.start_clock(clock)

        def figures() -> dict[str, Any]:
            return feed.intake.summary(pipeline.figures())

        if not args.headless:
            scene = scene_from_union(feed.scene.union, "live")
            stack.enter_context(page(history, scene, figures, args.port, pipeline))
        end_s = clock.now_s() + (args.seconds or float("inf"))
        live(line, clock, lambda now_s: bool(stop) or now_s >= end_s)
        summary = figures()
    say_figures(summary)
    if summary["errors"]:
        say(f"errors: {summary['errors']}")
    emit(summary)
    return 0
