"""The page beside a running pipeline, stopping on signals, and the figures at the end."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

from skypact.cli.console import say
from skypact.serve.app import create_app
from skypact.serve.history import TrackHistory
from skypact.serve.scene import Scene
from skypact.serve.server import Server

WRONG_DETECTION: Final = 0.1
"""A detection probability further from the data sheet's is told to people."""
WRONG_CLUTTER: Final = 3.0
"""Likewise so many times more or fewer false reports."""
MOST_LINES: Final = 5


class Stop:
    """Set by Ctrl-C and SIGTERM; the run then ends as if its time were up."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def __bool__(self) -> bool:
        """Whether someone asked to stop."""
        return self._event.is_set()

    def set(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        """Ask to stop; a signal handler."""
        self._event.set()

    def wait(self, timeout_s: float | None = None) -> None:
        """Return when someone asks to stop, or after `timeout_s`."""
        self._event.wait(timeout_s)


@contextmanager
def stopping() -> Iterator[Stop]:
    """Catch Ctrl-C and SIGTERM while the block runs; a second Ctrl-C ends the process at once."""
    stop = Stop()
    numbers: tuple[int, ...] = (signal.SIGINT, signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before: dict[int, Any] = {number: signal.getsignal(number) for number in numbers}

    def handler(number: int, frame: FrameType | None) -> None:
        stop.set(number, frame)
        signal.signal(number, before[number])

    for number in numbers:
        signal.signal(number, handler)
    try:
        yield stop
    finally:
        for number in numbers:
            signal.signal(number, before[number])


@contextmanager
def page(
    history: TrackHistory, scene: Scene, figures: Callable[[], dict[str, Any]], port: int
) -> Iterator[Server]:
    """Serve the map of `history` on loopback while the block runs."""
    with Server(create_app(history, scene, figures), port=port) as server:
        say(f"map at {server.url} (Ctrl-C ends)")
        yield server


def say_found(found: dict[str, dict[str, list[float]]]) -> None:
    """Tell people which data sheets the reports contradict."""
    lines = []
    for name, row in found.items():
        stated, seen, sigma = row.get("p_detection", (0.0, 0.0, 1.0))
        if abs(seen - stated) > max(WRONG_DETECTION, 4.0 * sigma):
            lines.append(f"{name} detects {seen:.2f} of its looks, {stated:g} expected")
        stated, seen = row.get("clutter_per_scan", (0.0, 0.0))
        more, less = max(stated, seen), min(stated, seen)
        if more > WRONG_CLUTTER * less and more > 1.0:
            lines.append(f"{name} has {seen:.3g} unexplained reports a turn, {stated:g} expected")
    for line in lines[:MOST_LINES]:
        say(line)
    if len(lines) > MOST_LINES:
        say(f"and {len(lines) - MOST_LINES} more such; see `found` in the summary")


def say_figures(figures: dict[str, Any]) -> None:
    """Write the most important figures of a run to stderr."""
    latency = figures["latency_s"]["p95"]
    waits = "" if latency is None else f", 95 % of latencies under {latency * 1000:.3g} ms"
    say(
        f"{figures['reports']:,} reports, {figures['tracks']:,} tracks, "
        f"{figures['confirmed']:,} of them confirmed, "
        f"{figures['reports_per_s']:,.0f} reports/s{waits}"
    )
    say_found(figures["found"])
