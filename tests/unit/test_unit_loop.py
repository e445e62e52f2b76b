"""The loop of a unit: what arrived is recorded and tracked once, whatever clock and sky do."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pytest

from skypact.deploy import Overload, Unit
from skypact.model.packets import PacketBatch, packets_from, take_packets
from skypact.model.reports import ReportBatch, empty_reports
from skypact.record.replay import Place
from skypact.runtime.overload import Shedder
from skypact.runtime.ticks import Ticks
from skypact.runtime.unit import LiveUnit
from skypact.testing.memory import FakeClock
from skypact.units import NANOSECONDS

START_S = 1_000_000.0
STEP_S = 0.1


def at(seconds: Sequence[float]) -> PacketBatch:
    """Packets that arrive so long after the start."""
    stamps = [round((START_S + s) * NANOSECONDS) for s in seconds]
    return packets_from([b"x"] * len(stamps), stamps)


class Hearing:
    """One report for each packet."""

    sensors: tuple[()] = ()

    def decode(self, packets: PacketBatch) -> ReportBatch:
        n = packets.start.size
        return empty_reports(n)._replace(received_ns=packets.received_ns.copy())

    def refresh(self) -> None:
        """Nothing is told."""


class Pipeline:
    """Keeps what it is stepped with."""

    def __init__(self) -> None:
        self.tracked: list[int] = []
        self.steps_s: list[float] = []

    def step(self, reports: ReportBatch, now_s: float) -> None:
        self.tracked += reports.received_ns.tolist()
        self.steps_s.append(now_s)

    def set_sensors(self, sensors: Sequence[object]) -> None:
        """There are none."""

    def state(self, place: Place | None, pending: ReportBatch) -> tuple[dict, dict]:
        return {}, {}

    def finish(self) -> None:
        """Nothing is left."""


class Inlet:
    """Packets that are there at their time."""

    def __init__(self, packets: PacketBatch, clock: FakeClock) -> None:
        self._packets, self._clock, self._next = packets, clock, 0

    def take(self, until_ns: int) -> PacketBatch:
        heard = round(self._clock.now_s() * NANOSECONDS)
        stamps = self._packets.received_ns
        end = int(np.searchsorted(stamps, min(until_ns, heard)))
        taken = take_packets(self._packets, slice(self._next, max(end, self._next)))
        self._next = max(end, self._next)
        return taken

    def close(self) -> None:
        """Nothing listens."""


class Recorder:
    """Keeps stamps, and those that were shed."""

    def __init__(self) -> None:
        self.stamps: list[int] = []
        self.shed = 0

    def put(self, packets: PacketBatch, shed: npt.NDArray[np.bool_] | None = None) -> None:
        self.stamps += packets.received_ns.tolist()
        self.shed += 0 if shed is None else int(shed.sum())

    def flush(self) -> bool:
        return True


class Scene:
    """A loop over packets, on a clock that jumps from tick to tick."""

    def __init__(self, seconds: Sequence[float], place: Place | None = None) -> None:
        self.clock = FakeClock(START_S)
        self.pipeline, self.recorder = Pipeline(), Recorder()
        self.ticks = Ticks(Hearing(), self.pipeline, STEP_S)
        self.ticks.go_on_from(place)
        self.packets = at(seconds)
        inlet = Inlet(self.packets, self.clock)
        shedder = Shedder(Overload(), [["radar"]])
        unit = Unit(name="u")
        self.beats = 0
        self.unit = LiveUnit(
            unit, self.ticks, inlet, self.clock, shedder, self.recorder, beat=self._beat
        )

    def _beat(self) -> None:
        self.beats += 1

    def run(self, until_s: float, most: int = 100_000) -> None:
        """Run until the clock has reached a time; at most so many rounds."""
        rounds = iter(range(most))

        def is_done() -> bool:
            assert next(rounds, None) is not None, "it does not get on"
            return self.clock.now_s() >= START_S + until_s

        self.unit.run(is_done, lambda: None)

    def assert_all(self) -> None:
        """See that every packet was recorded and tracked once, in order."""
        assert self.recorder.stamps == self.packets.received_ns.tolist()
        assert self.pipeline.tracked == self.recorder.stamps


def steadily(begin_s: float, end_s: float) -> list[float]:
    return (np.arange(begin_s, end_s, 0.25) + 0.01).tolist()


def test_packets_are_recorded_and_tracked_in_their_ticks() -> None:
    scene = Scene(steadily(0, 20))
    scene.run(21)
    scene.assert_all()
    assert np.allclose(np.diff(scene.pipeline.steps_s), STEP_S)
    assert scene.beats > 200


def test_a_sky_that_was_silent_for_minutes_is_heard_again() -> None:
    scene = Scene([*steadily(0, 10), *steadily(400, 420)])
    scene.run(421)
    scene.assert_all()


@pytest.mark.parametrize("ago_s", [20.0, 130.0, 90_000.0])
def test_a_unit_that_was_away_for_long_goes_on(ago_s: float) -> None:
    step_ns = round(STEP_S * NANOSECONDS)
    begin_ns = round((START_S - ago_s - 50.0) * NANOSECONDS)
    scene = Scene(steadily(0, 20), Place(begin_ns, 499, 499, step_ns))
    scene.run(21, 2_000)
    scene.assert_all()


def test_a_clock_that_leaps_ahead_is_followed() -> None:
    scene = Scene([*steadily(0, 5), *steadily(4e6, 4e6 + 5)])
    scene.run(5.5)
    scene.clock.sleep_until(START_S + 4e6)
    again = iter(range(200))
    scene.unit.run(
        lambda: next(again, None) is None or scene.clock.now_s() > START_S + 4e6 + 6,
        lambda: None,
    )
    scene.assert_all()


def test_a_unit_that_begins_behind_sheds_nothing_at_once() -> None:
    """A minute of packets waits when it begins; they are all taken."""
    scene = Scene(steadily(0, 60))
    scene.clock.sleep_until(START_S + 60.0)
    scene.run(61)
    scene.assert_all()
    assert scene.recorder.shed == 0


class Past:
    """A recording."""

    def __init__(self, seconds: Sequence[float]) -> None:
        self.packets = at(seconds)

    def ticks(
        self, from_ns: int | None = None, until_ns: int | None = None
    ) -> Iterator[tuple[int, PacketBatch]]:
        step_ns = round(STEP_S * NANOSECONDS)
        stamps = self.packets.received_ns
        for i in np.flatnonzero((stamps >= (from_ns or 0)) & (stamps < (until_ns or 1 << 62))):
            yield int(stamps[i]) // step_ns, take_packets(self.packets, slice(i, i + 1))


def test_the_past_is_taken_once_and_can_be_left() -> None:
    scene, past = Scene(steadily(0, 5)), Past(steadily(-20, 0))
    since_ns = round((START_S - 10.0) * NANOSECONDS)
    scene.unit.catch_up(None, past, since_ns)
    assert scene.pipeline.tracked == past.packets.received_ns[-40:].tolist()
    scene.run(6)
    assert scene.pipeline.tracked[40:] == scene.packets.received_ns.tolist()
    calls: list[bool] = []

    def is_done() -> bool:
        calls.append(True)
        return len(calls) > 4

    left = Scene([])
    left.unit.catch_up(None, past, since_ns, is_done)
    assert len(left.pipeline.tracked) == 5


def test_nobody_needs_to_stand_by() -> None:
    scene = Scene([])
    unit: Callable[..., LiveUnit] = LiveUnit
    made = unit(
        Unit(name="u"), scene.ticks, Inlet(at([]), scene.clock), scene.clock,
        Shedder(Overload(), [["radar"]]),
    )  # fmt: skip
    made.run(lambda: scene.clock.now_s() > START_S + 1.0, lambda: None)
    assert made.is_caught_up
