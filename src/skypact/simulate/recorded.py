"""Recorded trajectories flown again as truth: cleaned, cut into flights, smoothed, played.

Recorded positions repeat, jump and stray, and their stamps are coarse. What is done about it:

- positions that stand still while their object moves are stale: the first of each is kept;
- single positions that cannot be reached are left out, at an impossible step a flight ends;
- a pause longer than the entry's ``gap_s`` ends a flight; flights under 10 s, of fewer than five
  positions or without any altitude are left out;
- a smoothing spline (`simulate.splines`) goes through what remains, with weights that grow small
  for stray positions (Cauchy's, three rounds). For a typical error of 20 m it looks over about
  10 s. Exact paths (from a truth table) are interpolated instead.

Altitudes of inexact recordings are pressure altitudes where there are any; height above the
ellipsoid follows from the scene's air, or the other way round.
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from skypact.errors import ConfigError
from skypact.kernels.geodesy import MEAN_RADIUS_M
from skypact.model.recorded import RecordedPaths
from skypact.model.reports import Floats, Longs
from skypact.model.tracks import CLASSES
from skypact.simulate.air import AirField, height_over_pressure_m, pressure_altitude_m
from skypact.simulate.aircraft import AIRCRAFT_KINDS, BALLISTIC, BALLOON, UNKNOWN, Aircraft
from skypact.simulate.cleaning import LEAST_ROWS, LEAST_S, cut, first_s, steady
from skypact.simulate.flights import Equipment
from skypact.simulate.guidance import curvature
from skypact.simulate.parts import Recorded
from skypact.simulate.splines import Samples, Splines, evaluate, fit
from skypact.simulate.truth import TICK_S, wrapped

JERK_M2PS5: Final = 0.1
"""Spectral density of the jerk along the ground: a turn entered at 4 m/s^2 in 4 s every 100 s."""
JERK_UP_M2PS5: Final = 0.003
_ROUNDS: Final = 3
_STRAY: Final = 3.0
"""Sigmas at which the weight of a position has fallen to a half."""
_EXACT_M: Final = 0.01
_KNOT_LOW_S: Final = 2.0
_KNOT_HIGH_S: Final = 10.0
_KIND_OF_CLASS: Final = np.array(
    [AIRCRAFT_KINDS.index(c) if c in AIRCRAFT_KINDS else UNKNOWN for c in CLASSES], np.int8
)


class Flights(NamedTuple):
    """Recorded flights ready to be played, n of them."""

    row: Longs
    """Row of the recording in which each begins (n,)."""
    begin_s: Floats
    """After the first instant that is played (n,)."""
    end_s: Floats
    level: Splines
    """North and east of `lat_rad` and `lon_rad`, m on the sphere."""
    upward: Splines
    """Altitude, m."""
    is_baro: bool
    """Whether that is pressure altitude; else height above the ellipsoid."""
    lat_rad: Floats
    """First place of each flight (n,)."""
    lon_rad: Floats
    parallel_m: Floats
    """Radius of the circle of latitude in the flight's middle (n,)."""


def flights_of(paths: RecordedPaths, entry: Recorded, where: str) -> Flights:
    """Clean, cut and smooth a recording.

    Raises
    ------
    ConfigError
        Nothing is left.
    """
    rows, flight, is_baro = cut(paths, entry)
    if not rows.size:
        raise ConfigError(
            f"{where}: expected flights of at least {LEAST_S:g} s and {LEAST_ROWS} positions with"
            f" altitudes after skip_s {entry.skip_s:g} s in {entry.file}, got none"
        )
    time_s = paths.time_s[rows]
    firsts = np.flatnonzero(np.diff(flight, prepend=-1))
    lasts = np.append(firsts[1:], len(rows)) - 1
    since = time_s - time_s[firsts][flight]
    lat, lon = paths.lat_rad[rows], paths.lon_rad[rows]
    lat0, lon0 = lat[firsts], lon[firsts]
    mean_lat = np.bincount(flight, lat) / np.bincount(flight)
    parallel = MEAN_RADIUS_M * np.maximum(np.cos(mean_lat), 1e-3)
    east = _unwound(lon - lon0[flight], flight) * parallel[flight]
    place = np.stack((MEAN_RADIUS_M * (lat - lat0[flight]), east), axis=1)
    altitude = (paths.baro_altitude_m if is_baro else paths.altitude_m)[rows]
    knot_s = _knot_s(time_s, flight, paths.sigma_m)
    level = _smooth(flight, since, place, paths.sigma_m, knot_s, JERK_M2PS5)
    altitude, share = steady(altitude, flight, time_s, exact=paths.sigma_m == 0.0)
    upward = _smooth(
        flight, since, altitude[:, None], paths.sigma_altitude_m, knot_s, JERK_UP_M2PS5, share
    )
    begin = time_s[firsts] - first_s(paths, entry)
    end = begin + since[lasts]
    return Flights(rows[firsts], begin, end, level, upward, is_baro, lat0, lon0, parallel)


def _unwound(angle_rad: Floats, flight: Longs) -> Floats:
    """Angles without the jump at 180 degrees; the first of each flight is 0."""
    step = wrapped(np.diff(angle_rad, prepend=0.0))
    step[np.diff(flight, prepend=-1) != 0] = 0.0
    total = np.cumsum(step)
    first = np.flatnonzero(np.diff(flight, prepend=-1))
    return np.asarray(total - total[first][flight])


def _knot_s(time_s: Floats, flight: Longs, sigma_m: float) -> float:
    passed = np.diff(time_s)[np.diff(flight) == 0]
    usual = float(np.median(passed))
    low = TICK_S if sigma_m == 0.0 else _KNOT_LOW_S
    return min(_KNOT_HIGH_S, max(low, usual))


def _smooth(
    flight: Longs,
    since: Floats,
    value: Floats,
    sigma: float,
    knot_s: float,
    density: float,
    share: Floats | float = 1.0,
) -> Splines:
    """Fit splines; stray values count little after the first round."""
    weight = np.full(len(since), 1.0 / max(sigma, _EXACT_M) ** 2) * share
    splines = fit(Samples(flight, since, value, weight), knot_s, density)
    for _ in range(_ROUNDS if sigma > 0.0 else 0):
        off = np.linalg.norm(value - evaluate(splines, flight, since)[0], axis=1)
        stray = 1.0 / (1.0 + (off / (_STRAY * sigma)) ** 2)
        splines = fit(Samples(flight, since, value, weight * stray), knot_s, density)
    return splines


class Replayed:
    """Moves one recording's flights, each in a row of its own.

    A flight is there from the first tick after its first position to the last before its last one.

    Parameters
    ----------
    rows : Aircraft
        View of their rows.
    paths : RecordedPaths
    flights : Flights
        As `flights_of` gives them.
    entry : Recorded
    field : AirField
    start_s : float
        The scene's first instant.
    equipment : Equipment
        Draws what the recording does not say.
    """

    def __init__(
        self,
        rows: Aircraft,
        paths: RecordedPaths,
        flights: Flights,
        entry: Recorded,
        field: AirField,
        start_s: float,
        equipment: Equipment,
    ) -> None:
        self._rows, self._paths, self._flights, self._entry = rows, paths, flights, entry
        self._field, self._equipment = field, equipment
        self._start_s = start_s
        self._first = np.ceil((entry.start_s + flights.begin_s) / TICK_S - 1e-6).astype(np.int64)
        self._last: Longs = np.floor((entry.start_s + flights.end_s) / TICK_S + 1e-6).astype(
            np.int64
        )

    def begin(self, time_s: float) -> None:
        """Begin and end flights."""
        a, tick = self._rows, round((time_s - self._start_s) / TICK_S)
        over = np.asarray(self._last <= tick)
        a.target[over] = -1
        due = np.flatnonzero(np.asarray(self._first == tick) & ~over)
        for row in due.tolist():
            self._equip(row)
        if due.size:
            self._show(due, time_s)

    def move(self, start_s: float) -> None:
        """Move what is there by one tick, in place."""
        a = self._rows
        row = np.flatnonzero(a.target >= 0)
        if row.size:
            before = a.height_m[row]
            self._show(row, start_s + TICK_S)
            a.vertical_mps[row] = (a.height_m[row] - before) / TICK_S

    def _equip(self, row: int) -> None:
        """Draw the equipment; what the recording says of the identity stays."""
        a, paths = self._rows, self._paths
        self._equipment.number(a, row)
        if a.kind[row] in (BALLOON, BALLISTIC):
            return
        self._equipment.equip(a, row, self._entry)
        first = int(self._flights.row[row])
        same = slice(first, int(np.searchsorted(paths.number, paths.number[first], side="right")))
        for name in ("icao", "callsign", "mode3a"):
            said = getattr(paths, name)[same]
            said = said[said >= 0]
            if said.size and getattr(a, name)[row] >= 0:
                getattr(a, name)[row] = said[0]

    def _show(self, row: Longs, time_s: float) -> None:
        """Write the states of `row` at `time_s`."""
        a, flights = self._rows, self._flights
        since = time_s - self._start_s - self._entry.start_s - flights.begin_s[row]
        since = np.clip(since, 0.0, flights.end_s[row] - flights.begin_s[row])
        place, rate = evaluate(flights.level, row, since)
        lat = flights.lat_rad[row] + place[:, 0] / MEAN_RADIUS_M
        lon = wrapped(flights.lon_rad[row] + place[:, 1] / flights.parallel_m[row])
        altitude, climb = (column[:, 0] for column in evaluate(flights.upward, row, since))
        if flights.is_baro:
            a.baro_m[row] = altitude
            a.height_m[row] = altitude + height_over_pressure_m(
                self._field, lat, lon, altitude, time_s
            )
        else:
            a.height_m[row] = altitude
            a.baro_m[row] = pressure_altitude_m(self._field, lat, lon, altitude, time_s)
        meridian, normal = curvature(np.sin(lat))
        north = rate[:, 0] / MEAN_RADIUS_M * (meridian + a.height_m[row])
        east = rate[:, 1] / flights.parallel_m[row] * (normal + a.height_m[row]) * np.cos(lat)
        a.lat_rad[row], a.lon_rad[row] = lat, lon
        a.speed_mps[row] = np.hypot(north, east)
        a.course_rad[row] = np.arctan2(east, north) % (2.0 * math.pi)
        a.climb_mps[row] = a.vertical_mps[row] = climb


def kinds_of(paths: RecordedPaths, flights: Flights) -> list[int]:
    """Kind of each flight by its recorded class."""
    found: list[int] = _KIND_OF_CLASS[paths.target_class[flights.row]].tolist()
    return found


def checked(entries: Sequence[Recorded], recorded: Sequence[RecordedPaths]) -> None:
    """Check that every ``[[recorded]]`` entry has its paths.

    Raises
    ------
    ConfigError
        It has not.
    """
    if len(entries) != len(recorded):
        raise ConfigError(
            f"recorded: expected one table of paths for each of {len(entries)} [[recorded]]"
            f" entries, got {len(recorded)}; read them with record.trajectories.read_trajectories"
        )
