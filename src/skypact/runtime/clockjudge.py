"""Whether the machine's clock is right: where it was set, or was wrong before, the sensors tell.

Sensors stamp their measurements by clocks of their own, most of them by satellite, so that several
of them rarely err alike. How long their measurements take to arrive, by the stamps, is about the
same before and after a step of the machine's clock that was wrong; after one that set it right, or
after a pause of the whole machine, it is not. Times of day are known but for whole days.
"""

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Final, Protocol

import numpy as np

from skypact.units import DAY

Delays = Sequence[Sequence[tuple[float, float]]]
"""Of each sensor with a clock of its own: stamps of arrival and delays of its last reports."""

USUAL_S: Final = 2.0
"""Measurements usually arrive within this time."""
LATE_S: Final = 5.0
"""Where all take longer, lines are slow or the clock is ahead: nobody can tell which."""
WRONG_S: Final = 10.0
"""Longer than any line takes."""
AGREE_S: Final = 1.0
"""Sensors whose delays differ by no more have the same time."""
LEAST_REPORTS: Final = 3
"""Reports of a sensor from which its delay is known."""
FRESH_S: Final = 30.0
"""Older reports are not asked."""
SET_S: Final = 1.0
"""A machine's clock that is further off was set."""
SURER_S: Final = 0.5
"""The time before is kept where it fits the sensors better by so much."""
ALONE_S: Final = 5.0
"""Where no sensor can tell, the machine is followed after this time."""
SURE_S: Final = 10.0
"""A step back lasts so long before the unit begins anew; without sensors' word, six times that."""
ANEW_S: Final = 7.0
"""Set back by more, the unit begins anew: it would wait too long for the time to come again."""
STEER_S: Final = 100.0
"""Stamps that follow nobody's clock are led back to the sensors' time within about this time."""
MOST_PPM: Final = 500.0


class Settable(Protocol):
    """The clock of stamps; see `sources.stamp.StampClock`."""

    believes: bool
    held_ppm: float

    @property
    def off_s(self) -> float:
        """How far the machine's clock is ahead of the stamps."""
        ...


def common_delay(delays: Delays, since_s: float) -> float | None:
    """Return the delay on which most sensors agree, None where two do not.

    Parameters
    ----------
    delays : Delays
    since_s : float
        Stamp from which reports count.
    """
    medians = []
    for one in delays:
        fresh = [delay for stamp_s, delay in one if stamp_s >= since_s]
        if len(fresh) >= LEAST_REPORTS:
            medians.append(float(np.median(fresh)))
    if len(medians) < 2:
        return None
    middle = float(np.median(medians))
    n_agree = sum(abs(one - middle) < AGREE_S for one in medians)
    return middle if n_agree >= max(2, len(medians) // 2 + 1) else None


def within_a_day(delay_s: float) -> float:
    """Return a delay as times of day show it: within half a day of nothing."""
    return (delay_s + 0.5 * DAY) % DAY - 0.5 * DAY


class _Verdict(Enum):
    """What becomes of a step of the machine's clock."""

    NONE = "there is none"
    OPEN = "the sensors are asked"
    KEEP = "the time before was right"
    FOLLOW = "the machine's is right"


class ClockJudge:
    """Decides whether stamps follow a machine's clock that was set.

    Parameters
    ----------
    clock : Settable
        The clock of the stamps.
    delays : callable
        Returns the delays of the sensors' last reports.
    now_s : callable
        Present, in the time of the stamps.
    """

    def __init__(
        self, clock: Settable, delays: Callable[[], Delays], now_s: Callable[[], float]
    ) -> None:
        self._clock, self._delays, self._now_s = clock, delays, now_s
        self._verdict = _Verdict.NONE
        self._step_s = self._since_s = float("-inf")
        self._last_off_s = 0.0
        self._usual_s: float | None = None
        """The common delay while all was well."""
        self.error = ""
        """What is wrong with the machine's clock, for people."""
        self.is_time_wrong = False
        """Whether the unit's own time is."""
        self.wants_anew = False
        """Whether the unit must begin anew to have the right time."""

    def look(self) -> None:
        """Judge; called about once a second."""
        now_s, off_s = self._now_s(), self._clock.off_s
        if abs(off_s) <= SET_S:
            self._look_in_peace(now_s)
        else:
            self._look_at_step(now_s, off_s)
        self._last_off_s = off_s

    def _look_in_peace(self, now_s: float) -> None:
        if self._verdict is _Verdict.FOLLOW:  # what came before has delays by another time
            self._since_s, self._usual_s = now_s, None
        self._verdict = _Verdict.NONE
        self._clock.believes, self._clock.held_ppm = False, 0.0
        delay_s = common_delay(self._delays(), max(self._since_s, now_s - FRESH_S))
        self._tell_of(delay_s)
        if delay_s is not None and not self.error:
            self._usual_s = delay_s

    def _tell_of(self, delay_s: float | None) -> None:
        """Say whether the common delay is such as there are."""
        self.is_time_wrong, self.error = False, ""
        if delay_s is None or -USUAL_S <= delay_s <= LATE_S:
            return
        self.is_time_wrong = delay_s < 0.0 or delay_s > WRONG_S
        if delay_s < 0.0:
            self.error = f"the machine's clock is {-delay_s:.1f} s behind the sensors'; set it"
        elif self.is_time_wrong:
            self.error = f"the machine's clock is {delay_s:.1f} s ahead of the sensors'; set it"
        else:
            self.error = f"all sensors' reports take {delay_s:.1f} s: slow lines, or a clock ahead"

    def _look_at_step(self, now_s: float, off_s: float) -> None:
        if self._verdict is _Verdict.NONE or abs(off_s - self._last_off_s) > SET_S:
            self._verdict, self._step_s = _Verdict.OPEN, now_s
        waited_s = now_s - self._step_s
        delay_s = common_delay(self._delays(), max(self._step_s, now_s - FRESH_S))
        if delay_s is not None:
            self._verdict = self._judged(delay_s, off_s)
        elif self._verdict is _Verdict.OPEN and waited_s >= ALONE_S:
            self._verdict = _Verdict.FOLLOW
        self._carry_out(off_s, delay_s, waited_s)

    def _judged(self, delay_s: float, off_s: float) -> _Verdict:
        """Compare the delays by the stamps with those by the machine's clock."""
        before = self._strange_s(delay_s)
        after = self._strange_s(within_a_day(delay_s + off_s))
        return _Verdict.KEEP if before + SURER_S < after else _Verdict.FOLLOW

    def _strange_s(self, delay_s: float) -> float:
        """How far a delay is from those that there were, or usually are."""
        if self._usual_s is not None:
            return abs(delay_s - self._usual_s)
        return max(0.0, -delay_s, delay_s - USUAL_S)

    def _carry_out(self, off_s: float, delay_s: float | None, waited_s: float) -> None:
        clock = self._clock
        is_far_back = off_s < -ANEW_S
        clock.believes = self._verdict is _Verdict.FOLLOW and not is_far_back
        clock.held_ppm = 0.0
        if self._verdict is _Verdict.OPEN:
            self.error = f"the clock was set by {off_s:+.1f} s; the sensors are asked"
        elif self._verdict is _Verdict.KEEP:
            self.is_time_wrong = False
            self.error = f"the machine's clock is {off_s:+.1f} s from the sensors', not followed"
            if delay_s is not None and self._usual_s is not None:
                ppm = (self._usual_s - delay_s) / STEER_S * 1e6
                clock.held_ppm = max(-MOST_PPM, min(MOST_PPM, ppm))
        else:
            self.error = f"the clock was set by {off_s:+.1f} s, and is followed"
            sure_s = SURE_S if delay_s is not None else 6.0 * SURE_S
            if is_far_back and waited_s >= sure_s:
                self.error = f"the clock was {-off_s:.1f} s ahead; the unit begins anew"
                self.wants_anew = True
