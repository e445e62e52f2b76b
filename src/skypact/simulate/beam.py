"""The turning beam: when it passes what moves."""

import math
from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from skypact.model.reports import Floats, Ints, Longs
from skypact.simulate.sight import Mask, Site, polar
from skypact.simulate.truth import wrapped

TURN: Final = 2.0 * math.pi


class Beam(NamedTuple):
    """A beam that turns evenly; `phase` is the turn made when the scene begins."""

    site: Site
    start_s: float
    phase: float

    def turns(self, time_s: Floats | float) -> Floats:
        """Return the turns that the beam has made since the scene began; whole at north."""
        return np.asarray((time_s - self.start_s) / self.site.period_s + self.phase)

    def time_of(self, turns: float) -> float:
        """Time at which the beam has made so many turns."""
        return self.start_s + (turns - self.phase) * self.site.period_s

    def next_pass(self, azimuth_rad: float, time_s: float) -> float:
        """Time of the first passage of a fixed azimuth after `time_s`."""
        share = azimuth_rad / TURN
        return self.time_of(math.floor(float(self.turns(time_s)) - share) + 1.0 + share)


class Moving(NamedTuple):
    """Things at both ends of a tick: (n, 3) ECEF, and where rows (k,) are at times (k,)."""

    start_s: float
    end_s: float
    ecef0: Floats
    ecef1: Floats
    place: Callable[[Longs, Floats], Floats]


class Passages:
    """Remembers when the beam passed each of `n` rows, so that none is passed twice in a turn."""

    def __init__(self, beam: Beam, n: int, reach_m: float) -> None:
        self._beam = beam
        self._reach_m = reach_m
        self._last_s = np.full(n, -math.inf)
        self._target = np.full(n, -1, np.int32)

    def find(self, moving: Moving, target: Ints, shown: Mask | None = None) -> tuple[Longs, Floats]:
        """Rows that the beam passes in this tick, and when, in order of time.

        `target` says what each row (n,) holds; -1 is nothing. `shown` (n,) leaves rows out.
        """
        beam = self._beam
        site, period = beam.site, beam.site.period_s
        renewed = self._target != target
        self._last_s[renewed] = -math.inf
        self._target[:] = target
        azimuth0 = polar(site, moving.ecef0)[:, 1]
        polar1 = polar(site, moving.ecef1)
        change = wrapped(polar1[:, 1] - azimuth0)
        lead0 = beam.turns(moving.start_s) - azimuth0 / TURN
        lead1 = beam.turns(moving.end_s) - (azimuth0 + change) / TURN
        whole = np.floor(lead1)
        passed = (whole > np.floor(lead0)) & (polar1[:, 0] < self._reach_m) & (target >= 0)
        if shown is not None:
            passed &= shown
        row = np.flatnonzero(passed)
        share = (whole[row] - lead0[row]) / (lead1[row] - lead0[row])
        time_s = moving.start_s + share * (moving.end_s - moving.start_s)
        # One Newton step on the exact azimuth: what is left is far below a microsecond.
        seen = polar(site, moving.place(row, time_s))
        time_s = time_s + wrapped(seen[:, 1] - TURN * beam.turns(time_s)) / TURN * period
        fresh = time_s - self._last_s[row] > 0.5 * period
        row, time_s = row[fresh], time_s[fresh]
        self._last_s[row] = time_s
        order = np.argsort(time_s, kind="stable")
        return row[order], time_s[order]
