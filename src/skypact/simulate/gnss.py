"""Satellite navigation of aircraft: slow errors, and areas where positions are lost or forged.

Where signals are lost, a receiver first loses its integrity (NIC 0), then most stop sending
positions; the others go on with positions of another source that drift, and say so (NACp 0 to 4).
Where signals are forged, positions move away and the receiver knows nothing of it.
"""

import math
from typing import Final

import numpy as np

from skypact.errors import ConfigError
from skypact.model.reports import Bytes, Floats
from skypact.simulate.aircraft import Aircraft
from skypact.simulate.parts import Gnss
from skypact.simulate.places import distance_m
from skypact.simulate.tick import Mask, Navigation
from skypact.simulate.truth import TICK_S, Span
from skypact.simulate.velocity import SentVelocities
from skypact.units import DEGREE

EPU_M: Final = np.array(
    [18_520.0, 18_520.0, 7_408.0, 3_704.0, 1_852.0, 926.0, 555.6, 185.2, 92.6, 30.0, 10.0, 3.0]
)
"""95 % horizontal bound by NACp (RTCA DO-260B, table 2-71). NACp 0 states none: we draw its errors
as those of NACp 1."""
EPU_SIGMA: Final = 2.45
"""95 % radius of a circular normal error in standard deviations per axis."""
_WANDER_S: Final = 60.0
"""Time constant of the satellite position's error."""
_NOTICED_S: Final = 1.0
"""Time in an area of loss until integrity is gone."""
_LOST_S: Final = (2.0, 8.0)
"""Time in an area of loss until a receiver has lost its position."""
_RECOVERED_S: Final = (5.0, 15.0)
"""Time outside until a receiver is right again."""
_SILENT_SHARE: Final = 0.7
"""Share of aircraft that stop sending positions; the others send degraded ones."""
_DRIFT_S: Final = 300.0
"""Time in which a degraded position drifts off to the error that its NACp states."""


def position_sigma_m(nacp: Bytes) -> Floats:
    """Return standard deviations per axis of positions with navigation accuracy categories (k,)."""
    return np.asarray(EPU_M[nacp] / EPU_SIGMA)


def shift_at(
    navigation: Navigation, span: Span, row: np.ndarray, time_s: Floats
) -> tuple[Floats, Floats]:
    """Displacement (k, 2) of rows (k,) at times within the tick, and its rate of change."""
    length_s = span.end_s - span.start_s
    change = navigation.shift1_m[row] - navigation.shift0_m[row]
    share = ((time_s - span.start_s) / length_s)[:, None]
    return navigation.shift0_m[row] + share * change, change / length_s


class Visits:
    """Who is in one area, since when, and for how long its effect lasts."""

    def __init__(self, area: Gnss, start_s: float, n: int) -> None:
        self.area = area
        self._centre = (area.lat * DEGREE, area.lon * DEGREE)
        self._active_s = (start_s + area.start_s, start_s + area.end_s)
        self.begin_s = np.full(n, math.inf)
        """When a row came in; infinite where the area has no effect (any more)."""
        self._end_s = np.full(n, math.inf)

    def update(self, aircraft: Aircraft, now_s: float, renewed: Mask, recovery_s: Floats) -> None:
        """Note who comes and goes."""
        inside = distance_m(aircraft.lat_rad, aircraft.lon_rad, *self._centre) < self.area.radius_m
        inside &= (aircraft.target >= 0) & (self._active_s[0] <= now_s < self._active_s[1])
        self.begin_s[renewed] = self._end_s[renewed] = math.inf
        self.begin_s[inside & np.isinf(self.begin_s)] = now_s
        left = ~inside & np.isfinite(self.begin_s) & np.isinf(self._end_s)
        self._end_s[left] = now_s
        self._end_s[inside] = math.inf
        over = now_s >= self._end_s + recovery_s
        self.begin_s[over] = self._end_s[over] = math.inf

    def forged_m(self, time_s: float) -> Floats:
        """Displacement north and east (n, 2) at a time within the tick."""
        area, since = self.area, time_s - self.begin_s
        share = np.where(since >= 0.0, 1.0, 0.0)
        if area.ramp_s > 0.0:
            share = np.clip(since / area.ramp_s, 0.0, 1.0)
        return np.asarray(share[:, None] * np.array([area.shift_north_m, area.shift_east_m]))


class Satellites:
    """The satellite receivers of all aircraft."""

    def __init__(
        self, areas: tuple[Gnss, ...], start_s: float, n: int, rng: np.random.Generator
    ) -> None:
        self._rng = rng
        for index, area in enumerate(areas):
            if area.end_s <= area.start_s:
                raise ConfigError(
                    f"scenario: gnss[{index}].end_s: expected an end after start_s"
                    f" {area.start_s:g}, got {area.end_s:g}"
                )
        self._losses = [Visits(a, start_s, n) for a in areas if a.kind == "loss"]
        self._forgers = [Visits(a, start_s, n) for a in areas if a.kind == "forged"]
        self._disturbance = rng.spawn(1)[0]
        self._target = np.full(n, -1, np.int32)
        self._lost_s, self._recovered_s = np.zeros(n), np.zeros(n)
        self._stops = np.zeros(n, np.bool_)
        self._nacp = np.zeros(n, np.int8)
        self._drift = np.zeros((n, 2))
        self._wander = rng.standard_normal((n, 2))
        self._velocity = SentVelocities(n, rng.spawn(1)[0])

    def move(self, span: Span, aircraft: Aircraft) -> Navigation:
        """Return what the receivers make of this tick."""
        self._velocity.move(aircraft)
        keep = math.exp(-TICK_S / _WANDER_S)
        n = len(self._target)
        fresh = self._rng.standard_normal((n, 2)) * math.sqrt(1.0 - keep * keep)
        self._wander = keep * self._wander + fresh
        nothing = np.zeros(n, np.bool_)
        still = np.zeros((n, 2))
        if not (self._losses or self._forgers):
            quiet = nothing, nothing, self._nacp, still, still
            return Navigation(self._wander, *quiet, self._velocity)
        renewed = self._renew(aircraft)
        for visits in (*self._losses, *self._forgers):
            visits.update(aircraft, span.start_s, renewed, self._recovered_s)
        return self._disturbed(span)

    def _disturbed(self, span: Span) -> Navigation:
        begin_s = np.full(len(self._target), math.inf)
        for visits in self._losses:
            begin_s = np.minimum(begin_s, visits.begin_s)
        lost = span.start_s >= begin_s + self._lost_s
        reach = (self._drift * position_sigma_m(self._nacp)[:, None]) * ~self._stops[:, None]
        shifts = []
        for time_s in (span.start_s, span.end_s):
            drifted = np.clip((time_s - begin_s) / _DRIFT_S, 0.0, 1.0)[:, None] * reach
            shifts.append(sum((v.forged_m(time_s) for v in self._forgers), drifted))
        return Navigation(
            self._wander,
            silent=lost & self._stops,
            disturbed=span.start_s >= begin_s + _NOTICED_S,
            nacp=self._nacp,
            shift0_m=shifts[0],
            shift1_m=shifts[1],
            velocity=self._velocity,
        )

    def _renew(self, aircraft: Aircraft) -> Mask:
        """Draw how the receivers of new flights behave."""
        renewed = self._target != aircraft.target
        self._target[:] = aircraft.target
        count = int(renewed.sum())
        draws = self._disturbance.random((4, count))
        self._lost_s[renewed] = _LOST_S[0] + draws[0] * (_LOST_S[1] - _LOST_S[0])
        width_s = _RECOVERED_S[1] - _RECOVERED_S[0]
        self._recovered_s[renewed] = _RECOVERED_S[0] + draws[1] * width_s
        self._stops[renewed] = draws[2] < _SILENT_SHARE
        self._nacp[renewed] = np.where(self._stops[renewed], 0, np.floor(5.0 * draws[3]))
        self._drift[renewed] = self._disturbance.standard_normal((count, 2))
        return np.asarray(renewed)
