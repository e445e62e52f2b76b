"""Receivers' counters to UTC.

Beast receivers count at 12 MHz from when they were switched on; those with GPS (Radarcape) give the
second of the day in the upper 18 of 48 bits, nanoseconds in the lower 30. Where bytes carry no
receive time, counters run from a given midnight; where they do, a counter only takes out the jitter
of the line: no frame can have been received after its bytes came.
"""

from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from skypact.model.modes import Frames, Longs
from skypact.units import DAY, NANOSECONDS

CounterKind = Literal["auto", "12mhz", "gps"]

TICK_NS: Final = 250 / 3
"""Nanoseconds in one count at 12 MHz."""
DAY_NS: Final = round(DAY * NANOSECONDS)
LONGEST_GAP_NS: Final = 3600 * NANOSECONDS
"""A counter that goes further ahead, or back by over a second, was restarted or garbled."""
RECOGNITION_NS: Final = NANOSECONDS
"""Receive times this far apart tell how fast a counter is; until then they are taken themselves."""
FASTEST_CRYSTAL: Final = 0.1
"""Counts a nanosecond: 0.012 at 12 MHz, 1 or more of GPS times."""
DRIFT: Final = 1e-4
"""Crystals are better than this, so a counter may run so fast against the line's clock."""


def is_gps(stamp: Longs) -> bool:
    """Whether counters are GPS times: seconds pass, and no part of one is as long as a second."""
    known = stamp[stamp >= 0]
    second, part = known >> 30, known & ((1 << 30) - 1)
    if not known.size or (part >= NANOSECONDS).any() or (second >= DAY).any():
        return False
    step = np.diff(second) % int(DAY)
    n_changes, n_seconds = int((step != 0).sum()), int((step == 1).sum())
    return n_seconds >= 2 and 3 * n_seconds >= 2 * n_changes


def _wild(count_ns: Longs, before_ns: int) -> npt.NDArray[np.bool_]:
    """Find counters that are garbled: those around each agree with each other, not with it."""
    near = np.concatenate([[before_ns], count_ns])
    into, out = np.diff(near)[:-1], np.diff(count_ns)
    across = into + out
    wild = (np.abs(into) > NANOSECONDS) & (np.abs(out) > NANOSECONDS)
    wild &= (across >= -NANOSECONDS) & (across < np.minimum(np.abs(into), LONGEST_GAP_NS))
    return np.append(wild, False)


class FrameClock:
    """When frames were received, and how much of that is known.

    Parameters
    ----------
    date_s : float or None
        UTC midnight of the first frame's day, for streams without receive times.
    kind : str
        ``12mhz``, ``gps``, or ``auto`` to tell them apart by what they count.
    """

    def __init__(self, date_s: float | None = None, kind: CounterKind = "auto") -> None:
        self._date_ns = round((date_s or 0.0) * NANOSECONDS)
        self._kind = kind
        self._begin: tuple[int, int] | None = None
        """First counter and receive time, while nobody knows what is counted."""
        self._last = -1
        """Counter of the last frame that had one [ns]."""
        self._passed_ns = 0
        """Time that the counter says has passed since the first frame."""
        self._offset_ns: float | None = None
        """Least difference of receive time and time passed."""
        self._heard_ns = 0

    def times(self, frames: Frames, errors: dict[str, int]) -> tuple[Longs, npt.NDArray[np.bool_]]:
        """Receive times of frames [ns], and which of them are known.

        What nobody can know stands at the time before. A counter that jumps is counted under
        ``clock_step``.
        """
        counted = frames.stamp >= 0
        arrived = frames.received_ns >= 0
        if self._kind == "auto" and counted.any():
            self._kind = self._recognised(frames, arrived & counted)
        if self._kind == "auto":
            counted = np.zeros_like(counted)
        passed_ns = self._passed(frames.stamp, counted, errors)
        time_ns = np.where(arrived, frames.received_ns, self._date_ns + passed_ns)
        if (arrived & counted).any():
            time_ns = self._smoothed(time_ns, passed_ns, arrived & counted)
        return time_ns, arrived | counted

    def _recognised(self, frames: Frames, both: npt.NDArray[Any]) -> CounterKind:
        """Tell what is counted: by its speed where receive times tell that, else by its values."""
        if not both.any():
            return "gps" if is_gps(frames.stamp) else "12mhz"
        count, time_ns = frames.stamp[both], frames.received_ns[both]
        if self._begin is None:
            self._begin = int(count[0]), int(time_ns[0])
        elapsed_ns = int(time_ns[-1]) - self._begin[1]
        if elapsed_ns < RECOGNITION_NS:
            return "auto"
        speed = (int(count[-1]) - self._begin[0]) / elapsed_ns
        self._begin = None
        return "gps" if speed > FASTEST_CRYSTAL else "12mhz"

    def _passed(self, stamp: Longs, counted: npt.NDArray[Any], errors: dict[str, int]) -> Longs:
        """Nanoseconds since midnight (GPS) or since the first frame, for every frame."""
        count = stamp[counted]
        if self._kind == "gps":
            count_ns = (count >> 30) * NANOSECONDS + (count & ((1 << 30) - 1))
        else:
            count_ns = np.round(count * TICK_NS).astype(np.int64)
        if not count_ns.size:
            return np.full(stamp.size, self._passed_ns, np.int64)
        first = self._last
        if first < 0:
            first = int(count_ns[0])
            self._passed_ns = first if self._kind == "gps" else 0
        wild = _wild(count_ns, first)
        if wild.any():
            errors["clock_step"] = errors.get("clock_step", 0) + int(wild.sum())
            count_ns[wild] = np.concatenate([[first], count_ns[:-1]])[wild]
        step = np.diff(count_ns, prepend=first)
        if self._kind == "gps":
            step = np.where(step < -DAY_NS // 2, step + DAY_NS, step)
        jump = (step > LONGEST_GAP_NS) | (step < -NANOSECONDS)
        if jump.any():
            errors["clock_step"] = errors.get("clock_step", 0) + int(jump.sum())
            self._offset_ns = None
        steps = np.zeros(stamp.size, np.int64)
        steps[counted] = np.where(jump, 0, step)
        passed_ns = self._passed_ns + np.cumsum(steps)
        self._last, self._passed_ns = int(count_ns[-1]), int(passed_ns[-1])
        return passed_ns

    def _smoothed(self, time_ns: Longs, passed_ns: Longs, use: npt.NDArray[Any]) -> Longs:
        """Give the times by the counter, as late as the line allows."""
        if self._kind == "gps":
            days = np.round((time_ns - passed_ns) / DAY_NS).astype(np.int64)
            return np.where(use, passed_ns + days * DAY_NS, time_ns)
        newest = float((time_ns - passed_ns)[use].min())
        if self._offset_ns is not None:
            drift_ns = DRIFT * (float(passed_ns[use][-1]) - self._heard_ns)
            newest = min(newest, self._offset_ns + drift_ns)
        self._offset_ns, self._heard_ns = newest, int(passed_ns[use][-1])
        return np.where(use, passed_ns + round(newest), time_ns)
