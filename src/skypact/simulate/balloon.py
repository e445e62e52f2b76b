"""Balloons: released one after another, they rise, drift with the wind, and float or burst.

They move along the ground as the air does (a balloon follows it within seconds), and rise at a
steady rate with a small slow wobble. What is left of a burst one falls under a parachute at its
terminal speed, which grows as the air thins: v = v0 sqrt(rho0 / rho); density as in
`kernels.ballistic`. It is gone at the ground.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from skypact.kernels.ballistic import AIR_DENSITY_KGPM3, AIR_HEIGHT_M
from skypact.kernels.geodesy import MEAN_RADIUS_M
from skypact.model.reports import Floats, Longs
from skypact.simulate.air import AirField, pressure_altitude_m
from skypact.simulate.aircraft import Aircraft
from skypact.simulate.guidance import curvature
from skypact.simulate.parts import Balloon
from skypact.simulate.truth import TICK_S, wrapped
from skypact.simulate.wind import WindField, wind_at
from skypact.units import DEGREE

FALL_MPS: Final = 5.0
"""Terminal speed under the parachute at sea level."""
WOBBLE: Final = 0.06
"""Amplitude of the change of the rate of ascent, as a share of it."""
_WOBBLE_RADPS: Final = 2.0 * math.pi / 90.0
_SPREAD: Final = 0.05
"""Standard deviation of the rates of ascent among balloons, as a share."""
_SETTLE_S: Final = 20.0
"""Time constant with which a floating one reaches its height."""
_REACT_S: Final = 2.0
"""Time constant with which the vertical speed follows."""
_LOG_DENSITY: Final = np.log(AIR_DENSITY_KGPM3)


def terminal_mps(height_m: Floats) -> Floats:
    """Speed of fall under the parachute at heights (n,)."""
    log_density = np.interp(height_m, AIR_HEIGHT_M, _LOG_DENSITY)
    return np.asarray(FALL_MPS * np.exp(0.5 * (_LOG_DENSITY[0] - log_density)))


class Balloons:
    """Moves the balloons of a scene, each in a row of its own.

    Releases are at the first tick not before their time.

    Parameters
    ----------
    rows : Aircraft
        View of their rows.
    entries : sequence of Balloon
    wind : WindField
    field : AirField
    start_s : float
        The scene's first instant.
    numbers : iterator of int
        Numbers of flights.
    rng : numpy.random.Generator
    """

    def __init__(
        self,
        rows: Aircraft,
        entries: Sequence[Balloon],
        wind: WindField,
        field: AirField,
        start_s: float,
        numbers: Iterator[int],
        rng: np.random.Generator,
    ) -> None:
        self._rows, self._wind, self._field = rows, wind, field
        self._start_s, self._numbers = start_s, numbers
        of_row = [(entry, k) for entry in entries for k in range(entry.count)]
        n = len(of_row)
        release_s = np.array([e.start_s + k * e.interval_s for e, k in of_row])
        self._release = np.ceil(release_s / TICK_S - 1e-9).astype(np.int64)
        self._released_m = np.array([entry.height_m for entry, _ in of_row])
        self._float_m = np.array([entry.float_m for entry, _ in of_row])
        self._bursts = np.array([entry.bursts for entry, _ in of_row], np.bool_)
        self._falls = np.zeros(n, np.bool_)
        ascent = np.array([entry.ascent_mps for entry, _ in of_row])
        self._ascent_mps = ascent * (1.0 + _SPREAD * np.clip(rng.standard_normal(n), -3.0, 3.0))
        self._phase = rng.uniform(0.0, 2.0 * math.pi, n)
        scatter = np.array([entry.scatter_m for entry, _ in of_row]) / MEAN_RADIUS_M
        north, east = scatter * rng.standard_normal((2, n))
        rows.lat_rad[:] = np.array([entry.lat for entry, _ in of_row]) * DEGREE + north
        lon = np.array([entry.lon for entry, _ in of_row]) * DEGREE
        rows.lon_rad[:] = wrapped(lon + east / np.cos(rows.lat_rad))
        rows.height_m[:] = self._released_m

    def begin(self, time_s: float) -> None:
        """Release what is due, and take out what has come down."""
        a = self._rows
        tick = round((time_s - self._start_s) / TICK_S)
        down = (a.target >= 0) & self._falls & (a.height_m <= self._released_m)
        a.target[down] = -1
        for row in np.flatnonzero(self._release == tick).tolist():
            a.target[row] = next(self._numbers)
            one = slice(row, row + 1)
            self._drift(one, *self._air(one, time_s))
            place = (a.lat_rad[one], a.lon_rad[one], a.height_m[one])
            a.baro_m[one] = pressure_altitude_m(self._field, *place, time_s)

    def move(self, start_s: float) -> None:
        """Let all that are released drift and rise, or fall, for one tick, in place."""
        a = self._rows
        row = np.flatnonzero(a.target >= 0).astype(np.int64)
        if not row.size:
            return
        end_s = start_s + TICK_S
        north = a.speed_mps[row] * np.cos(a.course_rad[row])
        east = a.speed_mps[row] * np.sin(a.course_rad[row])
        meridian, normal = curvature(np.sin(a.lat_rad[row]))
        per_north = 1.0 / (meridian + a.height_m[row])
        per_east = 1.0 / ((normal + a.height_m[row]) * np.cos(a.lat_rad[row]))
        before = a.lat_rad[row], a.lon_rad[row]
        a.lat_rad[row] += TICK_S * north * per_north
        a.lon_rad[row] += TICK_S * east * per_east
        self._rise(row, end_s)
        then_north, then_east = self._air(row, end_s)
        a.lat_rad[row] = before[0] + 0.5 * TICK_S * (north + then_north) * per_north
        a.lon_rad[row] = wrapped(before[1] + 0.5 * TICK_S * (east + then_east) * per_east)
        self._drift(row, then_north, then_east)
        place = (a.lat_rad[row], a.lon_rad[row], a.height_m[row])
        a.baro_m[row] = pressure_altitude_m(self._field, *place, end_s)
        a.climb_mps[row] = a.vertical_mps[row]

    def _rise(self, row: Longs, end_s: float) -> None:
        """Change heights and vertical speeds of `row` over the tick that ends at `end_s`."""
        a = self._rows
        angle = _WOBBLE_RADPS * (end_s - self._start_s) + self._phase[row]
        ascent = self._ascent_mps[row] * (1.0 + WOBBLE * np.sin(angle))
        left = self._float_m[row] - a.height_m[row]
        self._falls[row] |= self._bursts[row] & (left <= 0.0)
        wanted = np.where(self._bursts[row], ascent, np.clip(left / _SETTLE_S, -1.0, ascent))
        wanted = np.where(self._falls[row], -terminal_mps(a.height_m[row]), wanted)
        was = a.vertical_mps[row]
        a.vertical_mps[row] += (wanted - was) * (TICK_S / _REACT_S)
        a.height_m[row] += 0.5 * TICK_S * (was + a.vertical_mps[row])

    def _air(self, row: Longs | slice, time_s: float) -> tuple[Floats, Floats]:
        a = self._rows
        return wind_at(self._wind, a.lat_rad[row], a.lon_rad[row], a.height_m[row], time_s)

    def _drift(self, row: Longs | slice, north: Floats, east: Floats) -> None:
        a = self._rows
        a.speed_mps[row] = np.hypot(north, east)
        a.course_rad[row] = np.arctan2(east, north) % (2.0 * np.pi)
