"""Velocities that aircraft send by ADS-B: some time old, with errors that last.

Recorded traffic (design/0007) sends velocities of 0.2 to 1.9 s ago, each aircraft an age of its
own, and in steady flight dead reckoning by them drifts as white errors of 0.25 m^2/s across the
course and 1 to 5 m^2/s along it would: here 2.2 m^2/s, twice the variance times the time constant.
The category that is stated (NACv 2: 3 m/s at 95 %) is far above that, as it is in recordings.
"""

import math
from typing import Final

import numpy as np

from skypact.model.reports import Floats, Longs
from skypact.simulate.aircraft import Aircraft
from skypact.simulate.truth import TICK_S, Span

LAG_S: Final = (0.1, 1.9)
"""Age of a velocity when it is sent: a constant of the sender, even between these."""
SIGMA_MPS: Final = 0.3
"""Standard deviation of its error, per axis."""
WANDER_S: Final = 12.0
"""Time constant of the error."""
_DEPTH: Final = math.ceil(LAG_S[1] / TICK_S) + 3
"""Ends of ticks of which velocities are kept: the greatest age, one tick, and both neighbours."""


class SentVelocities:
    """What n rows of the aircraft table send, or would, as their horizontal velocity."""

    def __init__(self, n: int, rng: np.random.Generator) -> None:
        self._rng = rng
        self._lag_s = rng.uniform(*LAG_S, n)
        self._error_mps = SIGMA_MPS * rng.standard_normal((n, 2))
        self._past = np.zeros((_DEPTH, n, 2))
        """North and east at the ends of the last ticks, newest first."""
        self._target = np.full(n, -1, np.int32)

    def move(self, aircraft: Aircraft) -> None:
        """Take the velocities at the end of a tick, and let the errors wander."""
        keep = math.exp(-TICK_S / WANDER_S)
        fresh = self._rng.standard_normal(self._error_mps.shape)
        self._error_mps = keep * self._error_mps + SIGMA_MPS * math.sqrt(1.0 - keep**2) * fresh
        speed, course = aircraft.speed_mps, aircraft.course_rad
        now = np.column_stack([speed * np.cos(course), speed * np.sin(course)])
        self._past = np.concatenate([now[None], self._past[:-1]])
        renewed = self._target != aircraft.target
        self._past[:, renewed] = now[renewed]
        self._target[:] = aircraft.target

    def at(self, span: Span, row: Longs, time_s: Floats) -> Floats:
        """Velocities north and east (k, 2) that rows (k,) send at times within the tick."""
        back = (span.end_s - time_s + self._lag_s[row]) / TICK_S
        first = np.floor(back).astype(np.int64)
        share = (back - first)[:, None]
        newer, older = self._past[first, row], self._past[first + 1, row]
        return np.asarray(newer + share * (older - newer) + self._error_mps[row])
