"""The page beside a running pipeline, stopping on signals, and the figures at the end."""

import argparse
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

import msgspec

from skypact.cli import FAILED
from skypact.cli.console import emit, say
from skypact.model.alerts import NoWatch, WatchDesk
from skypact.model.ports import Clock
from skypact.record.summary import write_summary
from skypact.runtime.pipeline import Pipeline
from skypact.serve.app import UnitParts, create_app
from skypact.serve.history import TrackHistory
from skypact.serve.scene import Scene
from skypact.serve.server import Server
from skypact.serve.status import UnitStatus, plain_unit

WRONG_DETECTION: Final = 0.1
"""A detection probability further from the data sheet's is told to people."""
WRONG_CLUTTER: Final = 3.0
"""Likewise so many times more or fewer false reports."""
MOST_LINES: Final = 5
GRACE_S: Final = 1.0
"""A run that compiles for so long after it was asked to stop is left at once."""
LOOK_S: Final = 0.1


class Stop:
    """Set by Ctrl-C and SIGTERM; the run then ends as if its time were up."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._noticed = threading.Event()

    def __bool__(self) -> bool:
        """Whether someone asked to stop."""
        if self._event.is_set():
            self._noticed.set()
        return self._event.is_set()

    @property
    def is_noticed(self) -> bool:
        """Whether the run has seen that someone asked."""
        return self._noticed.is_set()

    def set(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        """Ask to stop; a signal handler."""
        self._event.set()

    def wait(self, timeout_s: float | None = None) -> None:
        """Return when someone asks to stop, or after `timeout_s`."""
        if self._event.wait(timeout_s):
            self._noticed.set()


class Interrupted(Exception):
    """Someone asked to stop."""


class StoppableClock:
    """A clock that ends a replay when someone asks to stop.

    Parameters
    ----------
    clock : Clock
        The clock.
    stop : Stop
        Who knows whether to stop; `sleep_until` then raises `Interrupted`.
    """

    def __init__(self, clock: Clock, stop: Stop) -> None:
        self._clock = clock
        self._stop = stop

    def now_s(self) -> float:
        """Seconds UTC since 1970."""
        return self._clock.now_s()

    def sleep_until(self, time_s: float) -> None:
        """Return when `now_s` has reached `time_s`."""
        while not self._stop and self._clock.now_s() < time_s:
            self._clock.sleep_until(min(time_s, self._clock.now_s() + 1.0))
        if self._stop:
            raise Interrupted


def is_compiling() -> bool:
    """Whether another thread compiles kernels now; asks numba only if it is loaded already."""
    module = sys.modules.get("numba.core.compiler_lock")
    lock = getattr(getattr(module, "global_compiler_lock", None), "_lock", None)
    if lock is None or lock.acquire(blocking=False):
        if lock is not None:
            lock.release()
        return False
    return True


def leave_while_compiling(stop: Stop, signals: int, leave: Callable[[int], None]) -> None:
    """Wait for a signal on a descriptor; `leave` if kernels then compile and nobody notices it.

    Compilation runs for a minute in calls that no signal handler interrupts, and there is nothing
    yet that could be lost. A zero octet ends the wait.
    """
    if os.read(signals, 1) == b"\0":
        return
    compiled_s = 0.0
    while not stop.is_noticed:
        compiled_s += LOOK_S if is_compiling() else 0.0
        if compiled_s > GRACE_S:
            say("stopped while kernels were compiled; nothing was finished")
            leave(FAILED)
            return
        time.sleep(LOOK_S)


@contextmanager
def _watched(stop: Stop) -> Iterator[None]:
    """Let a thread of its own hear signals while the block runs."""
    heard, told = os.pipe()
    os.set_blocking(told, False)
    before = signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    watcher = threading.Thread(
        target=leave_while_compiling, args=(stop, heard, os._exit), daemon=True
    )
    watcher.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        stop._noticed.set()
        os.write(told, b"\0")
        watcher.join()
        os.close(heard)
        os.close(told)


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
        with _watched(stop):
            yield stop
    finally:
        for number in numbers:
            signal.signal(number, before[number])


@contextmanager
def page(
    history: TrackHistory,
    scene: Scene,
    figures: Callable[[], dict[str, Any]],
    port: int,
    pipeline: Pipeline,
    watch: WatchDesk | None = None,
) -> Iterator[Server]:
    """Serve the map of `history` and the status of `pipeline` on loopback while the block runs."""
    desk = NoWatch() if watch is None else watch

    def status() -> UnitStatus:
        return msgspec.structs.replace(
            plain_unit(scene, history, figures()),
            latency_s=pipeline.latency.recent(time.monotonic()),
            latency=pipeline.latency.read(),
        )

    parts = UnitParts(status, watch=desk)
    with Server(create_app(history, scene, figures, unit=parts), port=port) as server:
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


def tell_end(summary: dict[str, Any], args: argparse.Namespace, stop: Stop) -> None:
    """End a replay: its figures to people, its summary to stdout and into the folder ``--out``.

    With ``--serve`` the page stays until someone asks to stop.
    """
    if args.out is not None:
        write_summary(args.out / "summary.json", summary)
    say_figures(summary)
    emit(summary)
    if args.serve and not stop:
        stop.wait()
