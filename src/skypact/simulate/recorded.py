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
import numpy.typing as npt

from skypact.errors import ConfigError
from skypact.kernels.geodesy import MEAN_RADIUS_M
from skypact.model.recorded import RecordedPaths
from skypact.model.reports import Floats, Longs
from skypact.model.tracks import CLASSES
from skypact.simulate.air import AirField, height_over_pressure_m, pressure_altitude_m
from skypact.simulate.aircraft import AIRCRAFT_KINDS, BALLISTIC, BALLOON, UNKNOWN, Aircraft
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
_SLACK_UP_M: Final = 300.0
_FASTEST_UP_MPS: Final = 60.0
_FILLED: Final = 0.01
"""Share of its weight that an altitude has which was not recorded."""
_EXACT_M: Final = 0.01
_FASTEST_MPS: Final = 450.0
_SLACK_M: Final = 500.0
_STALE_MPS: Final = 5.0
_LEAST_S: Final = 10.0
_LEAST_ROWS: Final = 5
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
    rows, flight, is_baro = _cut(paths, entry)
    if not rows.size:
        raise ConfigError(
            f"{where}: expected flights of at least {_LEAST_S:g} s and {_LEAST_ROWS} positions with"
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
    altitude, share = _steady(altitude, flight, time_s, exact=paths.sigma_m == 0.0)
    upward = _smooth(
        flight, since, altitude[:, None], paths.sigma_altitude_m, knot_s, JERK_UP_M2PS5, share
    )
    begin = time_s[firsts] - _first_s(paths, entry)
    end = begin + since[lasts]
    return Flights(rows[firsts], begin, end, level, upward, is_baro, lat0, lon0, parallel)


def _first_s(paths: RecordedPaths, entry: Recorded) -> float:
    return float(paths.time_s.min()) + entry.skip_s


def _cut(paths: RecordedPaths, entry: Recorded) -> tuple[Longs, Longs, bool]:
    """Rows to keep, their flights (numbered by their beginning), and the kind of altitude."""
    exact = paths.sigma_m == 0.0
    known = [np.isfinite(paths.altitude_m), np.isfinite(paths.baro_altitude_m)]
    is_baro = not known[0].any() if exact else bool(known[1].any())
    rows = np.lexsort((paths.time_s, paths.number))
    rows = rows[np.isfinite(paths.time_s[rows] + paths.lat_rad[rows] + paths.lon_rad[rows])]
    rows = rows[paths.time_s[rows] >= _first_s(paths, entry) if rows.size else []]
    twice = (np.diff(paths.number[rows]) == 0) & (np.diff(paths.time_s[rows]) <= 0.0)
    rows = rows[np.concatenate(([True], ~twice))[: len(rows)]]
    if not exact:
        rows = _without_stale(paths, rows)
        rows = _without_jumps(paths, rows)
    flight = np.cumsum(_ends(paths, rows, entry.gap_s, exact)) - 1
    has_altitude = known[1 if is_baro else 0][rows]
    return (*_chosen(paths.time_s, rows, flight, has_altitude, entry.limit), is_baro)


def _chosen(
    time_s: Floats, rows: Longs, flight: Longs, has_altitude: Floats, limit: int | None
) -> tuple[Longs, Longs]:
    """Leave out flights that are too short, and all but the first `limit`; number the others."""
    if not rows.size:
        return rows, flight
    firsts = np.flatnonzero(np.diff(flight, prepend=-1))
    counts = np.bincount(flight)
    begin, end = time_s[rows[firsts]], time_s[rows[firsts + counts - 1]]
    good = (counts >= _LEAST_ROWS) & (end - begin >= _LEAST_S)
    good &= np.bincount(flight, has_altitude) >= _LEAST_ROWS
    order = np.flatnonzero(good)[np.argsort(begin[good], kind="stable")][:limit]
    pieces = [np.arange(firsts[k], firsts[k] + counts[k]) for k in order.tolist()]
    if not pieces:
        return rows[:0], flight[:0]
    return rows[np.concatenate(pieces)], np.repeat(np.arange(len(order)), counts[order])


def _steps(paths: RecordedPaths, rows: Longs) -> tuple[Floats, Floats]:
    """Distance (m) and time (s) from each row to the next; infinitely far to another object."""
    north = np.diff(paths.lat_rad[rows])
    east = wrapped(np.diff(paths.lon_rad[rows])) * np.cos(paths.lat_rad[rows[1:]])
    distance = MEAN_RADIUS_M * np.hypot(north, east)
    distance[np.diff(paths.number[rows]) != 0] = np.inf
    return distance, np.diff(paths.time_s[rows])


def _without_stale(paths: RecordedPaths, rows: Longs) -> Longs:
    """Drop repeats of a position by an object that was moving meanwhile."""
    distance, _ = _steps(paths, rows)
    firsts = np.flatnonzero(np.concatenate(([True], distance > 0.0)))
    length = np.diff(np.append(firsts, len(rows)))
    away, passed = _steps(paths, rows[firsts])
    moved = np.isfinite(away) & (away > _STALE_MPS * passed)
    # At an object's last position, what it did before tells.
    last = np.append(~np.isfinite(away), True)
    stale = np.where(last, np.insert(moved, 0, False), np.append(moved, False))
    keep = np.ones(len(rows), np.bool_)
    keep[np.repeat(stale, length)] = False
    keep[firsts] = True
    return rows[keep]


def _impossible(paths: RecordedPaths, rows: Longs) -> npt.NDArray[np.bool_]:
    distance, passed = _steps(paths, rows)
    return np.asarray(distance > _SLACK_M + _FASTEST_MPS * passed)


def _without_jumps(paths: RecordedPaths, rows: Longs) -> Longs:
    """Drop single positions that cannot be reached from the one before nor left to the next."""
    for _ in range(_ROUNDS):
        step = _impossible(paths, rows)
        both = np.concatenate((step, [True])) & np.concatenate(([True], step))
        if not both.any():
            break
        rows = rows[~both]
    return rows


def _ends(paths: RecordedPaths, rows: Longs, gap_s: float, exact: bool) -> Longs:
    """1 where a row begins a flight."""
    distance, passed = _steps(paths, rows)
    begins = ~np.isfinite(distance) | (passed > gap_s)
    if not exact:
        begins |= _impossible(paths, rows)
    return np.concatenate(([1], begins.astype(np.int64)))[: len(rows)]


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


def _steady(
    altitude: Floats, flight: Longs, time_s: Floats, *, exact: bool
) -> tuple[Floats, Floats]:
    """Altitudes without jumps and holes, and the share of its weight that each has.

    Those that cannot be reached from the longest stretch without a jump are left out; what is
    missing lies between its neighbours.
    """
    known = np.isfinite(altitude)
    rows = np.flatnonzero(known)
    far = _far_up(np.diff(altitude[rows]), np.diff(time_s[rows]))
    jumps = np.flatnonzero(far & (np.diff(flight[rows]) == 0))
    for k in [] if exact else np.unique(flight[rows[jumps]]).tolist():
        part = rows[flight[rows] == k]
        known[part] = False
        known[_reachable(altitude, time_s, part)] = True
    filled = _between(altitude, known, flight, time_s)
    return filled, np.where(known, 1.0, _FILLED)


def _far_up(climbed_m: Floats, passed_s: Floats) -> npt.NDArray[np.bool_]:
    return np.asarray(np.abs(climbed_m) > _SLACK_UP_M + _FASTEST_UP_MPS * passed_s)


def _reachable(altitude: Floats, time_s: Floats, rows: Longs) -> Longs:
    """Rows of the longest stretch without a jump, and those reachable before and after it."""
    far = _far_up(np.diff(altitude[rows]), np.diff(time_s[rows]))
    stretches = np.split(rows, np.flatnonzero(far) + 1)
    longest = int(np.argmax([len(stretch) for stretch in stretches]))
    kept = [stretches[longest]]
    for stretch in stretches[longest + 1 :]:
        a, b = kept[-1][-1], stretch[0]
        if not _far_up(altitude[b] - altitude[a], time_s[b] - time_s[a]):
            kept.append(stretch)
    for stretch in stretches[:longest][::-1]:
        a, b = stretch[-1], kept[0][0]
        if not _far_up(altitude[b] - altitude[a], time_s[b] - time_s[a]):
            kept.insert(0, stretch)
    return np.concatenate(kept)


def _between(value: Floats, known: npt.NDArray[np.bool_], flight: Longs, time_s: Floats) -> Floats:
    """Fill what is not known by lines between neighbours of the same flight."""
    out = value.copy()
    for k in np.unique(flight[~known]).tolist():
        part = slice(*np.searchsorted(flight, [k, k + 1]).tolist())
        have = known[part]
        if have.any():
            out[part] = np.interp(time_s[part], time_s[part][have], value[part][have])
    return out


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
