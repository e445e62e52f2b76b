"""``skypact record``: what a unit's sources bring, byte for byte, without a picture."""

import argparse
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from skypact import __version__
from skypact.cli import OK
from skypact.cli.console import emit, existing_files, say
from skypact.cli.intake import read_union
from skypact.cli.show import Stop, stopping
from skypact.config import Union
from skypact.deploy import Unit
from skypact.errors import ConfigError
from skypact.model.ports import Inlet, SourceState
from skypact.record.header import About, about_unit
from skypact.record.seal import Sealer
from skypact.record.writer import RecordingFigures, RecordingWriter
from skypact.runtime.hearing import recorded_sources, sources_of, unit_of
from skypact.sources.inlet import LiveInlet
from skypact.sources.stamp import StampClock
from skypact.sources.unit import unit_sensors
from skypact.units import NANOSECONDS

LOOK_S: Final = 1.0
"""What has changed is told so often."""
_ALL_NS: Final = 1 << 62


class _Teller:
    """Says what has changed since it was last asked."""

    def __init__(self, about: About) -> None:
        self._names = [source.name for source in about.sources]
        self._states = ["waiting"] * len(self._names)
        self._recording = "recording"

    def tell(self, states: list[SourceState], figures: RecordingFigures) -> None:
        """Say in what states sources and recording are, where they are in new ones."""
        for row, (name, state) in enumerate(zip(self._names, states, strict=True)):
            if state.state != self._states[row]:
                why = f": {state.error}" if state.error else ""
                say(f"{name} is {state.state}{why}")
                self._states[row] = state.state
        if figures.state != self._recording:
            why = f": {figures.reason}" if figures.reason else ""
            say(f"the recording is {figures.state}{why}")
            self._recording = figures.state


def _take_in(
    inlet: Inlet, clock: StampClock, writer: RecordingWriter, about: About, until: "_Until"
) -> None:
    """Hand over each tick's packets when it is over."""
    teller = _Teller(about)
    told_s = clock.elapsed_s()
    while not until.is_over(clock):
        now_ns = clock.now_ns()
        until.wait((about.step_ns - now_ns % about.step_ns) / NANOSECONDS)
        writer.put(inlet.take(clock.now_ns() // about.step_ns * about.step_ns))
        if clock.elapsed_s() - told_s >= LOOK_S:
            told_s = clock.elapsed_s()
            teller.tell(list(inlet.states()), writer.figures())
    inlet.close()
    writer.put(inlet.take(_ALL_NS))
    writer.flush()
    teller.tell(list(inlet.states()), writer.figures())


class _Until:
    """When the recording ends: someone asks, or the time is up."""

    def __init__(self, stop: Stop, seconds: float | None, clock: StampClock) -> None:
        self._stop = stop
        self._end_s = clock.elapsed_s() + (seconds or float("inf"))

    def is_over(self, clock: StampClock) -> bool:
        """Whether it is time to end."""
        return bool(self._stop) or clock.elapsed_s() >= self._end_s

    def wait(self, seconds: float) -> None:
        """Return after some time, or when someone asks to stop."""
        self._stop.wait(seconds)


def _summary(about: About, states: list[SourceState], figures: RecordingFigures) -> dict[str, Any]:
    """Sum up what was recorded, under stable keys."""
    sources = {
        source.name: {
            "url": source.url,
            "format": source.format,
            "state": state.state,
            "packets": state.n_packets,
            "bytes": state.n_bytes,
            "dropped": state.n_dropped + state.n_over_quota,
            "refused": state.n_refused,
        }
        for source, state in zip(about.sources, states, strict=True)
    }
    return {
        "unit": about.unit,
        "packets": figures.n_packets,
        "bytes": figures.n_bytes,
        "unrecorded": figures.n_unrecorded,
        "segments": figures.n_sealed,
        "removed": figures.n_removed,
        "repaired": len(figures.repaired),
        "lost_bytes": sum(one.lost_bytes for one in figures.repaired),
        "sources": sources,
    }


def _read(args: argparse.Namespace) -> tuple[Union, Unit, str]:
    """Read the union file, its unit, and the file's text."""
    path: Path = existing_files([args.union])[0]
    union = read_union(path)
    if union is None:  # only where no path is given
        raise ConfigError("expected a union file")
    return union, unit_of(union, args.unit), path.read_text("utf-8")


def run(args: argparse.Namespace) -> int:
    """Record until stopped or the time is up; the summary goes to stdout."""
    union, unit, text = _read(args)
    sensors = unit_sensors(unit, union.sensor)
    sources = sources_of(unit, sensors)
    named = recorded_sources(sources)
    about = about_unit(unit.name, text, named, unit.step_s, __version__)
    with stopping() as stop, ExitStack() as stack:
        offer = None
        if unit.record.seal:
            sealer = Sealer(args.out, sensors)
            stack.callback(sealer.close)
            offer = sealer.offer
        writer = stack.enter_context(RecordingWriter(args.out, about, unit.record, on_sealed=offer))
        for one in writer.figures().repaired:
            say(f"left open by an earlier run, {one.n_packets:,} packets kept: {one.path}")
        inlet = stack.enter_context(LiveInlet([s.spec for s in sources], unit.overload))
        say(f"recording {len(named)} sources of unit {unit.name} in {args.out}; Ctrl-C ends it")
        until = _Until(stop, args.seconds, inlet.clock)
        _take_in(inlet, inlet.clock, writer, about, until)
        writer.close()
        figures, states = writer.figures(), inlet.states()
    summary = _summary(about, states, figures)
    say(f"{figures.n_packets:,} packets in {figures.n_sealed:,} segments in {args.out}")
    emit(summary)
    return OK
