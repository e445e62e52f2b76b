"""``skypact run``: one live unit until it is stopped."""

import argparse
import signal
import sys
import time
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from types import FrameType
from typing import Any

import msgspec

from skypact import __version__
from skypact.cli import OK
from skypact.cli.console import Progress, emit, say
from skypact.cli.replay_unit import planned
from skypact.cli.show import Stop, say_figures, stopping
from skypact.errors import ConfigError
from skypact.record.summary import write_summary
from skypact.runtime.assembly import Assembly, Plan
from skypact.runtime.memory import FreeMemory
from skypact.runtime.standby import UnitLock
from skypact.runtime.telling import ChangeTeller, MeasureTeller, UnitTeller
from skypact.runtime.warming import is_warm, warm_up
from skypact.serve.access import access_of
from skypact.serve.app import UnitParts, create_app
from skypact.serve.history import TrackHistory
from skypact.serve.scene import scene_from_union
from skypact.serve.server import Server


def _log(what: str, figures: dict[str, Any]) -> None:
    """Write one line of the log, JSON."""
    line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "what": what, **figures}
    with suppress(OSError, ValueError):  # a log that cannot be written ends no picture
        sys.stderr.write(msgspec.json.encode(line).decode() + "\n")
        sys.stderr.flush()


def _serve(made: Assembly, history: TrackHistory, teller: UnitTeller) -> Server:
    """Make the server of the page, the interface for programs and the monitoring."""
    plan = made.plan
    union = msgspec.structs.replace(plan.union, sensor=plan.sensors)
    scene = scene_from_union(union, "live", plan.unit.name)
    access = access_of(plan.unit.server, plan.folder.parent)
    parts = UnitParts(
        teller.status, made.store, made.store.alerts, made.watching.desk, _log, made.decisions
    )
    return Server(create_app(history, scene, teller.figures, unit=parts, access=access))


class _Reload:
    """SIGHUP, and files that may change while the unit runs."""

    def __init__(self) -> None:
        self._is_asked = False
        self._looked_s = time.monotonic()
        if hasattr(signal, "SIGHUP"):
            signal.signal(signal.SIGHUP, self.ask)

    def ask(self, _number: int, _frame: FrameType | None) -> None:
        """Ask for it; a signal handler. Before the unit runs there is nothing to read again."""
        self._is_asked = True

    def look(self, made: Assembly, server: Server) -> None:
        """Read again what was asked for or is due."""
        now_s = time.monotonic()
        if self._is_asked:
            self._is_asked = False
            self._looked_s = float("-inf")
            try:
                server.reload()
                _log("reload", {"state": "done"})
            except ConfigError as error:
                _log("reload", {"state": "failed", "error": str(error)})
        if now_s - self._looked_s >= made.plan.unit.flight_plans.reload_s:
            self._looked_s = now_s
            made.flights.look()


def _take_up(made: Assembly, stop: Stop) -> None:
    """Go on where the last run was, and say so."""
    if made.kept.told:
        say(made.kept.told)
    n_past = made.catch_up(lambda: bool(stop))
    if made.goes_on:
        n = made.ticks.pipeline.n_live
        say(f"picture taken up again: {n:,} tracks, {n_past:,} reports from the recording")


def _run(
    made: Assembly, lock: UnitLock, reload: _Reload, stop: Stop, seconds: float
) -> dict[str, Any]:
    """Run the unit with its page; returns the summary."""
    history = made.history
    _take_up(made, stop)
    lock.rest()
    made.ticks.pipeline.start_clock(made.inlet.clock)
    teller = UnitTeller(made, history, __version__)
    with _serve(made, history, teller) as server:
        say(f"unit {made.plan.unit.name}: map at {server.url} (Ctrl-C ends)")
        changes = ChangeTeller(teller.status, _log)
        memory = FreeMemory()
        made.watching.measure_sinks.append(MeasureTeller(_log))
        end_s = time.monotonic() + seconds

        def look() -> None:
            made.judge.look()
            teller.refresh()
            changes.look()
            reload.look(made, server)
            memory.look()

        def is_done() -> bool:
            if not stop and not made.judge.wants_anew and time.monotonic() < end_s:
                return False
            lock.rest()
            return True

        made.live.run(is_done, look)
        return teller.summary()


def _leg(
    plan: Plan, lock: UnitLock, reload: _Reload, stop: Stop, seconds: float
) -> tuple[dict[str, Any], bool]:
    """Run the unit with parts of its own; its summary, and whether it must begin anew."""
    with ExitStack() as parts:
        made = parts.enter_context(Assembly(plan, TrackHistory(), lock.beat))
        parts.callback(lock.rest)  # first of all that is taken apart: it may take long
        summary = _run(made, lock, reload, stop, seconds)
    return summary, made.judge.wants_anew


def _taken(lock: UnitLock, args: argparse.Namespace, stop: Stop) -> bool:
    """Become the process that runs the unit, at once or after another; False: stopped before."""
    if not args.standby:
        lock.take()
        return True
    warm_up()  # what is loaded now need not be when every second counts
    say(f"standing by for unit {args.unit} (Ctrl-C ends)")
    return lock.stand_by(lambda: bool(stop), say)


def run(args: argparse.Namespace) -> int:
    """Run until someone asks to stop or the time is up; the summary goes to stdout."""
    plan = planned(args.union, args.unit)
    plan.folder.mkdir(parents=True, exist_ok=True)
    lock = UnitLock(plan.folder, plan.unit.standby)
    with stopping() as stop, ExitStack() as stack:
        reload = _Reload()
        if not is_warm():
            with Progress("preparing (the first run compiles)"):
                warm_up()
        if not _taken(lock, args, stop):
            emit({"unit": args.unit, "took_over": False})
            return OK
        stack.callback(lock.release)
        left_s, is_anew = args.seconds or float("inf"), True
        while is_anew:
            begun_s = time.monotonic()
            summary, is_anew = _leg(plan, lock, reload, stop, left_s)
            left_s = max(0.0, left_s - (time.monotonic() - begun_s))
            is_anew = is_anew and not stop and left_s > 0.0
    say_figures(summary)
    emit(summary)
    write_summary(plan.folder / "summary.json", summary)
    return OK
