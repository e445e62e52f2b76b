"""Whether the machine's clock is right: where it was set, or was wrong before, the sensors tell.

Sensors stamp their measurements by clocks of their own, most of them by satellite, so that several
of them rarely err alike. Where they agree, it is the machine that is wrong.
"""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

import numpy as np

from skypact.runtime.hearing import HeardSensor

MOST_DELAY_S: Final = 2.0
"""From a measurement until it arrives, where both clocks are right."""
ASTRAY_S: Final = 2.0
"""Delays that are so much longer, or below nothing, come of a wrong clock."""
AGREE_S: Final = 1.0
"""Sensors whose delays differ by no more have the same time."""
FRESH_S: Final = 30.0
"""A sensor that was not heard for so long is not asked."""
SET_S: Final = 1.0
"""A machine's clock that is further off was set."""
ANEW_S: Final = 7.0
"""Set back by more, the unit begins anew: it would wait too long for the time to come again."""


class Settable(Protocol):
    """The clock of stamps; see `sources.stamp.StampClock`."""

    believes: bool

    @property
    def off_s(self) -> float:
        """How far the machine's clock is ahead of the stamps."""
        ...


def common_delay(heard: Sequence[HeardSensor], now_s: float) -> float | None:
    """Return the delay on which most sensors agree, None where two do not.

    Parameters
    ----------
    heard : sequence of HeardSensor
        All sensors; those with no clock of their own have no offset.
    now_s : float
        Present, in the time of the stamps.
    """
    fresh = [s for s in heard if now_s - s.last_s < FRESH_S]
    delays = np.array([s.clock_offset_s for s in fresh if np.isfinite(s.clock_offset_s)])
    if delays.size < 2:
        return None
    middle = float(np.median(delays))
    n_agree = int(np.count_nonzero(np.abs(delays - middle) < AGREE_S))
    return middle if n_agree >= max(2, delays.size // 2 + 1) else None


def _strange_s(delay_s: float) -> float:
    """How far a delay is from those that there are."""
    return max(0.0, -delay_s, delay_s - MOST_DELAY_S)


class ClockJudge:
    """Decides whether stamps follow a machine's clock that was set.

    Parameters
    ----------
    clock : Settable
        The clock of the stamps.
    heard : callable
        Returns the sensors as they fare.
    now_s : callable
        Present, in the time of the stamps.
    """

    def __init__(
        self,
        clock: Settable,
        heard: Callable[[], Sequence[HeardSensor]],
        now_s: Callable[[], float],
    ) -> None:
        self._clock, self._heard, self._now_s = clock, heard, now_s
        self.error = ""
        """What is wrong with the machine's clock, for people."""
        self.is_time_wrong = False
        """Whether the unit's own time is."""
        self.wants_anew = False
        """Whether the unit must begin anew to have the right time."""

    def look(self) -> None:
        """Judge; called about once a second."""
        off_s = self._clock.off_s
        delay_s = common_delay(self._heard(), self._now_s())
        strange_s = 0.0 if delay_s is None else _strange_s(delay_s)
        self.is_time_wrong = strange_s > ASTRAY_S
        if abs(off_s) <= SET_S:
            self._clock.believes = False
            self.error = _wrong(delay_s) if delay_s is not None and self.is_time_wrong else ""
            return
        kept = delay_s is not None and strange_s < _strange_s(delay_s + off_s)
        self._clock.believes = not kept
        if kept:
            self.error = f"the machine's clock is {off_s:+.1f} s from the sensors', not followed"
        elif off_s < -ANEW_S:
            self.error = f"the clock was {-off_s:.1f} s ahead; the unit begins anew"
            self.wants_anew = True
        else:
            self.error = f"set by {off_s:+.1f} s, followed"


def _wrong(delay_s: float) -> str:
    """Say that all sensors have another time than machine and stamps."""
    side = "ahead of" if delay_s > 0 else "behind"
    return f"the machine's clock is {abs(delay_s):.1f} s {side} the sensors'; set it right"
