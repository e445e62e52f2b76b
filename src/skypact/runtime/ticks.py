"""The course of a unit, tick by tick: packets in, picture out; live, and again from its recording.

A packet's tick is its stamp of arrival divided by the length of a step, whole. A tick's packets are
decoded in one call and tracked at its end; nothing depends on when that is done.
"""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from skypact.model.packets import PacketBatch, take_packets
from skypact.model.reports import ReportBatch, empty_reports
from skypact.record.replay import Place, beginning
from skypact.runtime.drive import Course
from skypact.runtime.hearing import Hearing
from skypact.runtime.pipeline import Pipeline
from skypact.units import NANOSECONDS

REFRESH_NS: Final = NANOSECONDS
"""What sensors tell of themselves is taken over so often."""


def step_ns_of(step_s: float) -> int:
    """Length of a step in whole nanoseconds."""
    return round(step_s * NANOSECONDS)


def by_tick(packets: PacketBatch, step_ns: int) -> Iterator[tuple[int, PacketBatch]]:
    """Cut packets in order of arrival into ticks; those without packets are left out."""
    ticks = packets.received_ns // step_ns
    used, first = np.unique(ticks, return_index=True)
    last = np.append(first[1:], ticks.size)[: used.size]
    for tick, a, b in zip(used.tolist(), first.tolist(), last.tolist(), strict=True):
        yield tick, take_packets(packets, slice(a, b))


class Ticks:
    """Packets through hearing and pipeline.

    Parameters
    ----------
    hearing : Hearing
        Decodes them.
    pipeline : Pipeline
        Gets the reports; its sensors begin with those of `hearing`.
    step_s : float
        Length of a tick.
    """

    def __init__(self, hearing: Hearing, pipeline: Pipeline, step_s: float) -> None:
        self.hearing = hearing
        self.pipeline = pipeline
        self.step_ns = step_ns_of(step_s)
        self._course = Course(pipeline, step_s)
        self._refreshed = -1

    @property
    def place(self) -> Place | None:
        """How far packets have been taken, None before the first."""
        return self._course.place

    @property
    def taken_until_ns(self) -> int:
        """Every packet that arrived before has been taken; 0 before the first."""
        return 0 if self._course.place is None else self._course.place.taken_until_ns

    def go_on_from(self, place: Place | None) -> None:
        """Take up the place of a checkpoint."""
        self._course.place = place

    def warm(self, packets: PacketBatch) -> None:
        """Decode packets that were tracked before: what decoders remember of them comes back."""
        for tick, part in by_tick(packets, self.step_ns):
            self.hearing.decode(part)
            self._refresh(tick)

    def take(
        self, packets: PacketBatch, until_ns: int, beat: Callable[[], None] | None = None
    ) -> None:
        """Decode and track all ticks that are over at `until_ns`.

        Parameters
        ----------
        packets : PacketBatch
            In order of arrival, none before `taken_until_ns`, none at or after `until_ns`.
        until_ns : int
            A multiple of the length of a tick.
        beat : callable, optional
            Called after each tick.
        """
        for tick, part in by_tick(packets, self.step_ns):
            begin_ns = tick * self.step_ns
            if self._course.place is None:
                step_s = self.step_ns / NANOSECONDS
                self._course.place = beginning(begin_ns, step_s)
            self._step(empty_reports(0), begin_ns)
            reports = self.hearing.decode(part)
            stamps = np.clip(reports.received_ns, begin_ns, begin_ns + self.step_ns - 1)
            self._refresh(tick)
            self._step(reports._replace(received_ns=stamps), begin_ns + self.step_ns)
            if beat is not None:
                beat()
        self._step(empty_reports(0), until_ns)

    def _refresh(self, tick: int) -> None:
        time = tick * self.step_ns // REFRESH_NS
        if time != self._refreshed:
            self.hearing.refresh()
            self._refreshed = time
        self.pipeline.set_sensors(self.hearing.sensors)

    def _step(self, reports: ReportBatch, until_ns: int) -> None:
        if self._course.place is not None:
            for batch in self._course.batches(reports, until_ns):
                self._course.take(reports, batch)
