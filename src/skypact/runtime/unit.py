"""One live unit: takes in what its sources bring until it is stopped, and keeps what it may need.

The thread that calls `run` decodes and tracks; sockets, disks and clients have threads of their
own. A unit that comes back after a crash takes up its last checkpoint and the recording since.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from skypact.deploy import Unit
from skypact.model.packets import PacketBatch, take_packets
from skypact.model.ports import Clock, Inlet
from skypact.model.reports import empty_reports
from skypact.record.replay import Place
from skypact.runtime.durations import STEP_BOUNDS_S, DurationMeter
from skypact.runtime.keeping import Keeper
from skypact.runtime.overload import Shedder
from skypact.runtime.ticks import Ticks
from skypact.units import NANOSECONDS

CHECKPOINT: Final = "state.skypact"
"""File of the last checkpoint in a unit's folder."""
WARM_NS: Final = 60 * NANOSECONDS
"""So much of the recording before a checkpoint is decoded again, for what decoders remember."""
LOOK_S: Final = 1.0
GRACE_S: Final = 60.0
"""So long after its start a unit may take to reach the present before it sheds."""
LEAP_NS: Final = 600 * NANOSECONDS
"""A clock that is ahead by more has leapt."""
MOST_TICKS: Final = 10
"""Ticks taken at once while the unit is behind; then it looks whether it must stop or shed."""


class Recorder(Protocol):
    """Who keeps the bytes."""

    def put(self, packets: PacketBatch, shed: npt.NDArray[np.bool_] | None = None) -> None:
        """Take packets in order of arrival; `shed` (n,): which were not tracked."""
        ...

    def flush(self) -> bool:
        """Wait until all that was handed over is on the disk; say whether it is."""
        ...


class Past(Protocol):
    """What was recorded."""

    def ticks(
        self, from_ns: int | None = None, until_ns: int | None = None
    ) -> Iterator[tuple[int, PacketBatch]]:
        """Yield what arrived in a span, tick by tick, without what was shed."""
        ...


def _nothing() -> None:
    """Nobody stands by."""


class LiveUnit:
    """The loop of a unit.

    Parameters
    ----------
    unit : Unit
        Its entry in the union file.
    ticks : Ticks
        Its way from packets to picture.
    inlet : Inlet
        Its sources.
    clock : Clock
        The clock of the inlet's stamps.
    shedder : Shedder
        Decides what is left out under overload.
    recorder : Recorder or None
        Gets every packet before it is decoded.
    folder : Path or None
        Where checkpoints are kept; None: nowhere.
    beat : callable or None
        Called often while work goes on.
    """

    def __init__(
        self,
        unit: Unit,
        ticks: Ticks,
        inlet: Inlet,
        clock: Clock,
        shedder: Shedder,
        recorder: Recorder | None = None,
        folder: Path | None = None,
        beat: Callable[[], None] | None = None,
    ) -> None:
        self._beat = _nothing if beat is None else beat
        self._step_ns = ticks.step_ns
        self._until_ns = round(clock.now_s() * NANOSECONDS) // ticks.step_ns * ticks.step_ns
        """Every packet that arrived before has been taken from the inlet."""
        self._unit = unit
        self._ticks = ticks
        self._inlet = inlet
        self._clock = clock
        self.shedder = shedder
        self._recorder = recorder
        settle = recorder.flush if recorder is not None else _nothing
        self._keeper = None if folder is None else Keeper(folder / CHECKPOINT, settle)
        self._kept_s = self._looked_s = self._begun_s = time.monotonic()
        self.steps = DurationMeter(STEP_BOUNDS_S)
        """Processing times."""
        self.is_caught_up = False
        """Whether the present was ever reached: the picture is there."""

    @property
    def keeper(self) -> Keeper | None:
        """Who writes checkpoints."""
        return self._keeper

    def catch_up(
        self,
        place: Place | None,
        past: Past,
        since_ns: int = 0,
        is_done: Callable[[], bool] = lambda: False,
    ) -> None:
        """Take the recording since a checkpoint, whose state the pipeline has.

        Parameters
        ----------
        place : Place or None
            That of the checkpoint; None without one.
        past : Past
            The recording.
        since_ns : int
            Begin of what is taken without a checkpoint.
        is_done : callable
            Whether to leave it there.
        """
        self._ticks.go_on_from(place)
        if place is not None:
            since_ns = place.taken_until_ns
            for _, packets in past.ticks(since_ns - WARM_NS, since_ns):
                self._ticks.warm(packets)
                self._beat()
        for tick, packets in past.ticks(since_ns):
            self._ticks.take(packets, (tick + 1) * self._step_ns)
            self._beat()
            if is_done():
                return

    def run(self, is_done: Callable[[], bool], look: Callable[[], None]) -> None:
        """Take in what arrives, tick by tick, until `is_done`; then keep a last checkpoint.

        `look` is called about once a second, between two ticks.
        """
        step_ns = self._step_ns
        self._begun_s = time.monotonic()
        while not is_done():
            now_ns = round(self._clock.now_s() * NANOSECONDS)
            end_ns = self._due(now_ns // step_ns * step_ns)
            self._take(end_ns)
            self._beat()
            self._look(now_ns, end_ns, look)
            if end_ns + step_ns > now_ns:
                self.is_caught_up = True
                self._clock.sleep_until((now_ns // step_ns + 1) * step_ns / NANOSECONDS)
        self.finish()

    def finish(self) -> None:
        """Stop listening, take in what has arrived, keep a last checkpoint."""
        self._inlet.close()
        step_ns = self._step_ns
        now_ns = round(self._clock.now_s() * NANOSECONDS)
        self._take(now_ns // step_ns * step_ns + step_ns)
        if self._keeper is not None:
            self._keeper.finish(*self._state())
        self._ticks.pipeline.finish()

    def _due(self, until_ns: int) -> int:
        """End of the ticks that are taken now: all that are over, some where it is behind.

        Counted from what was taken last and not from the picture's time, which stands still where
        nothing is heard for long. After a leap of the clock all are taken at once.
        """
        if until_ns - self._until_ns > LEAP_NS:
            return until_ns
        return max(self._until_ns, min(until_ns, self._until_ns + MOST_TICKS * self._step_ns))

    def _take(self, end_ns: int) -> None:
        """Record and track what arrived before `end_ns`."""
        begun_s = time.perf_counter()
        packets = self._inlet.take(end_ns)
        # what was handed over too late arrives when it is
        taken_ns = max(self._until_ns, self._ticks.taken_until_ns)
        stamps = np.maximum(packets.received_ns, taken_ns)
        packets = packets._replace(received_ns=stamps)
        keep = self.shedder.keep(packets, self._ticks.step_ns)
        if self._recorder is not None:
            self._recorder.put(packets, ~keep)
        self._ticks.take(take_packets(packets, keep), end_ns, self._beat)
        self._until_ns = end_ns
        self.steps.add(time.perf_counter() - begun_s, time.monotonic())

    def _look(self, now_ns: int, end_ns: int, look: Callable[[], None]) -> None:
        """See how far behind it is, and whether a checkpoint is due."""
        now_s = time.monotonic()
        if now_s - self._looked_s >= LOOK_S:
            self._looked_s = now_s
            look()
        if self.is_caught_up or now_s - self._begun_s > GRACE_S:
            self.shedder.update(max(0.0, (now_ns - end_ns) / NANOSECONDS), now_s)
        if self._keeper is not None and now_s - self._kept_s >= self._unit.checkpoint_s:
            self._kept_s = now_s
            self._keeper.keep(*self._state())

    def _state(self) -> tuple[dict[str, npt.NDArray[np.generic]], dict[str, Any]]:
        return self._ticks.pipeline.state(self._ticks.place, empty_reports(0))
