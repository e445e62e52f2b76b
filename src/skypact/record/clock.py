"""Clocks: the machine's, and a recording's at any speed. The twin for tests is `FakeClock`."""

import time

LONGEST_SLEEP_S = 0.2
"""A sleeper wakes this often, so that whoever asks it to stop need not wait."""


class WallClock:
    """The machine's clock, moved by a constant so that a recording can run under it.

    Parameters
    ----------
    start_s : float or None
        UTC seconds that it shows now; None for the machine's own time.
    speed : float
        Seconds shown per second; infinity never waits, and time then moves only by waiting.
    """

    def __init__(self, start_s: float | None = None, speed: float = 1.0) -> None:
        self._begun_s = time.monotonic()
        self._start_s = time.time() if start_s is None else start_s
        self._speed = speed

    def now_s(self) -> float:
        """Seconds UTC since 1970."""
        if self._speed == float("inf"):
            return self._start_s
        return self._start_s + (time.monotonic() - self._begun_s) * self._speed

    def sleep_until(self, time_s: float) -> None:
        """Return when `now_s` has reached `time_s`."""
        if self._speed == float("inf"):
            self._start_s = max(self._start_s, time_s)
            return
        while (left_s := (time_s - self.now_s()) / self._speed) > 0:
            time.sleep(min(left_s, LONGEST_SLEEP_S))
