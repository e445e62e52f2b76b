"""The clock of live running: it never falls, and follows the machine's clock of the day.

Stamps are time since the machine's start, sleep included, plus an offset. The offset follows the
wall clock by at most 0.05 % of the time that passes, so that a stamp is never before an earlier
one. A wall clock that was set by more than a second is followed where it is believed: at once where
it was set ahead, at 5 % where it was set back. Where it is not, stamps keep their course.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

from skypact.units import NANOSECONDS

SLEW_PPM: Final = 500
"""Stamps run so much faster or slower at most while they follow the wall clock."""
BACK_PPM: Final = 50_000
"""So much slower while they wait for one that was set back."""
JUMP_NS: Final = 1_000_000_000
"""A wall clock that is further off was set."""
LOOK_NS: Final = 50_000_000
"""The wall clock is looked at so often."""
SETTLE_NS: Final = 10 * 1_000_000_000
"""A small difference is taken out over this time."""
LONGEST_SLEEP_S: Final = 0.2
"""A sleeper wakes this often, so that it sees a jump and whoever asks it to stop need not wait."""
_MILLION: Final = 1_000_000


def since_start_ns() -> int:
    """Nanoseconds since the machine's start, those asleep included where the system can tell."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    return time.monotonic_ns()


class StampClock:
    """Time of arrival and time of the pipeline; a `Clock`, for several threads.

    Parameters
    ----------
    monotonic_ns, wall_ns, sleep : callable
        The machine's clocks and waiting; tests give their own.
    believes : bool
        Whether a wall clock that was set is followed; may be changed at any time (`believes`).
    """

    def __init__(
        self,
        monotonic_ns: Callable[[], int] = since_start_ns,
        wall_ns: Callable[[], int] = time.time_ns,
        sleep: Callable[[float], None] = time.sleep,
        believes: bool = True,
    ) -> None:
        self._monotonic_ns, self._wall_ns, self._sleep = monotonic_ns, wall_ns, sleep
        self._lock = threading.Lock()
        self._since_ns = monotonic_ns()
        self._base_ns = wall_ns()
        self._slew_ppm = 0
        self._look_ns = self._since_ns + LOOK_NS
        self._ahead_ns = 0
        self._last_ns = self._base_ns
        self.believes = believes
        """Whether a wall clock that was set is followed."""
        self.held_ppm = 0.0
        """How much faster stamps run while they do not follow one."""
        self.n_jumps = 0
        """Times that the wall clock was far ahead and was followed at once."""

    def now_ns(self) -> int:
        """Nanoseconds UTC since 1970; never less than before."""
        with self._lock:
            monotonic_ns = self._monotonic_ns()
            if monotonic_ns >= self._look_ns:
                self._follow(monotonic_ns)
            self._last_ns = max(self._last_ns, self._at(monotonic_ns))
            return self._last_ns

    def now_s(self) -> float:
        """Seconds UTC since 1970."""
        return self.now_ns() / NANOSECONDS

    def sleep_until(self, time_s: float) -> None:
        """Return when `now_s` has reached `time_s`."""
        while (left_s := time_s - self.now_s()) > 0:
            self._sleep(min(left_s, LONGEST_SLEEP_S))

    def elapsed_s(self) -> float:
        """Monotonic seconds, for what lasts so long whatever the wall clock does."""
        return self._monotonic_ns() / NANOSECONDS

    @property
    def off_s(self) -> float:
        """How far the wall clock is ahead of the stamps; below 0 behind."""
        self.now_ns()
        return -self._ahead_ns / NANOSECONDS

    def _at(self, monotonic_ns: int) -> int:
        passed_ns = monotonic_ns - self._since_ns
        return self._base_ns + passed_ns + passed_ns * self._slew_ppm // _MILLION

    def _follow(self, monotonic_ns: int) -> None:
        """Look at the wall clock and set the pace until the next look."""
        stamp_ns = self._at(monotonic_ns)
        ahead_ns = stamp_ns - self._wall_ns()
        is_set = abs(ahead_ns) > JUMP_NS
        if is_set and self.believes and ahead_ns < 0:
            self.n_jumps += 1
            stamp_ns, ahead_ns, is_set = stamp_ns - ahead_ns, 0, False
        if is_set:
            self._slew_ppm = -BACK_PPM if self.believes else round(self.held_ppm)
        else:
            pace_ppm = -ahead_ns * _MILLION // SETTLE_NS
            self._slew_ppm = max(-SLEW_PPM, min(SLEW_PPM, pace_ppm))
        self._since_ns, self._base_ns, self._ahead_ns = monotonic_ns, stamp_ns, ahead_ns
        self._look_ns = monotonic_ns + LOOK_NS
