"""Ballistic flights between two places: kinematic truth for tests of early warning.

A flight has a coarse powered phase (a smooth path from rest to the burn-out state, upright at
first) and free flight with J2, rotation and drag (`kernels.ballistic`) until it meets the ground.
The burn-out velocity is found by shooting: the two-body solution (`simulate.lambert`), then
Newton's method on the full equations until the end is met within a metre at the time asked for.
Without a powered phase, free flight begins 50 km above the place, where little air is left.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from skypact.errors import ConfigError
from skypact.kernels.ballistic import J2, ROTATION_RADPS, fly
from skypact.kernels.geodesy import MEAN_RADIUS_M, ecef_from_geodetic
from skypact.model.reports import Floats
from skypact.simulate.air import AirField, pressure_altitude_m
from skypact.simulate.aircraft import Aircraft
from skypact.simulate.lambert import departure, least_energy_s
from skypact.simulate.parts import Ballistic
from skypact.simulate.truth import TICK_S, put_states
from skypact.units import DEGREE

AIM_STEP_S: Final = 2.0
"""Longest step while aiming; against 0.25 s the end differs by less than a metre."""
PATH_STEP_S: Final = 1.0
_UPRIGHT: Final = 0.8
"""Acceleration at lift-off, straight up, as a share of the mean one."""
_MISS_M: Final = 1.0
_ROUNDS: Final = 30
_NUDGE_MPS: Final = 0.5
_NEAREST_M: Final = 30_000.0
_FARTHEST_RAD: Final = 170.0 * DEGREE
_BOOST_SHARE: Final = 0.4
"""The powered phase may cover so much of the way."""
_LOWEST_RAD: Final = 3.0 * DEGREE
"""Lowest angle of departure."""
_ALOFT_M: Final = 50_000.0
_SPIN: Final = np.array([0.0, 0.0, ROTATION_RADPS])


class Aim(NamedTuple):
    """What a flight must do, in ECEF and SI units."""

    start: Floats
    """Where it is launched (3,)."""
    end: Floats
    boost_s: float
    drag_m2pkg: float


class Flight(NamedTuple):
    """A flight that meets its aim."""

    aim: Aim
    velocity: Floats
    """At burn-out, in the Earth-fixed frame (3,)."""
    free_s: float
    """Time of free flight."""


def aim_of(entry: Ballistic, ground_m: float, shift_m: Floats) -> Aim:
    """Aim of one flight of a scenario's entry.

    `shift_m` (2, 2) moves both ends north and east; the ground is at `ground_m`.
    """
    lat = np.array([entry.from_lat, entry.to_lat]) * DEGREE + shift_m[:, 0] / MEAN_RADIUS_M
    east_m = MEAN_RADIUS_M * np.maximum(np.cos(lat), 1e-3)
    lon = np.array([entry.from_lon, entry.to_lon]) * DEGREE + shift_m[:, 1] / east_m
    ends = np.empty((2, 3))
    ecef_from_geodetic(lat, lon, np.full(2, ground_m), ends)
    return Aim(ends[0], ends[1], entry.boost_s, 1.0 / entry.ballistic_kgpm2)


def burnout(aim: Aim, velocity: Floats) -> Floats:
    """Where the powered phase ends (3,) if it ends with `velocity`."""
    up = aim.start / np.linalg.norm(aim.start)
    if aim.boost_s == 0.0:
        return np.asarray(aim.start + _ALOFT_M * up)
    lift = _UPRIGHT * float(np.linalg.norm(velocity)) * up
    return np.asarray(aim.start + aim.boost_s * (velocity / 3.0 + lift / 6.0))


def boost_states(flight: Flight, time_s: Floats) -> Floats:
    """States (k, 6) at times (k,) since launch: acceleration linear in time, from rest."""
    aim, v = flight.aim, flight.velocity
    up = aim.start / np.linalg.norm(aim.start)
    first = _UPRIGHT * float(np.linalg.norm(v)) / aim.boost_s * up
    jerk = (2.0 * v / aim.boost_s - 2.0 * first) / aim.boost_s
    t = time_s[:, None]
    place = aim.start + t * t * (first / 2.0 + jerk * t / 6.0)
    return np.hstack((place, t * (first + jerk * t / 2.0)))


def path_of(flight: Flight) -> Floats:
    """States (m, 6) in ECEF every tick from launch to the last one before the impact."""
    boost_s = flight.aim.boost_s
    count = math.floor((boost_s + flight.free_s) / TICK_S) + 1
    time_s = TICK_S * np.arange(count, dtype=np.float64)
    boosted = time_s[time_s < boost_s]
    free = np.concatenate(([boost_s], time_s[len(boosted) :]))
    state = np.concatenate((burnout(flight.aim, flight.velocity), flight.velocity))
    out = np.empty((len(free), 6))
    fly(state, free, flight.aim.drag_m2pkg, J2, PATH_STEP_S, out)
    head = boost_states(flight, boosted) if boosted.size else np.empty((0, 6))
    return np.vstack((head, out[1:]))


def flight_of(entry: Ballistic, aim: Aim, where: str) -> Flight:
    """Find the flight that meets an aim.

    Raises
    ------
    ConfigError
        There is none; the message names the key (after `where`), its value and the range.
    """
    _check_distance(entry, aim, where)
    velocity, free_s = _first_guess(entry, aim)
    _check_angle(entry, aim, velocity, free_s, where)
    for _ in range(_ROUNDS):
        miss, slopes = _misses(aim, velocity, free_s)
        if np.linalg.norm(miss) < _MISS_M:
            return Flight(aim, velocity, free_s)
        velocity = velocity - np.linalg.solve(slopes, miss)
        if not np.isfinite(velocity).all() or np.linalg.norm(velocity) > 12_000.0:
            break
    raise ConfigError(
        f"{where}.flight_s: expected a time in which the place can be reached with ballistic_kgpm2"
        f" {entry.ballistic_kgpm2:g} and boost_s {entry.boost_s:g}, got {free_s:.0f} s; try"
        " another time, a longer boost_s or a larger ballistic_kgpm2"
    )


def _turned(place: Floats, angle_rad: float) -> Floats:
    """Position turned east about the Earth's axis."""
    sine, cosine = math.sin(angle_rad), math.cos(angle_rad)
    x, y, z = place.tolist()
    return np.array([cosine * x - sine * y, sine * x + cosine * y, z])


def _two_body(aim: Aim, start: Floats, flight_s: float | None) -> tuple[Floats, float]:
    """Earth-fixed departure and time of the two-body flight to where the end will have turned."""
    free_s = flight_s or least_energy_s(start, aim.end)
    for _ in range(6 if flight_s is None else 1):
        end = _turned(aim.end, ROTATION_RADPS * free_s)
        free_s = flight_s or least_energy_s(start, end)
    return departure(start, end, free_s) - np.cross(_SPIN, start), free_s


def _first_guess(entry: Ballistic, aim: Aim) -> tuple[Floats, float]:
    start = aim.start
    for _ in range(12):
        velocity, free_s = _two_body(aim, start, entry.flight_s)
        start = burnout(aim, velocity)
    return velocity, free_s


def _misses(aim: Aim, velocity: Floats, free_s: float) -> tuple[Floats, Floats]:
    """End of the flight minus the aim (3,), and its derivatives by the velocity (3, 3)."""
    ends = np.empty((4, 3))
    out = np.empty((2, 6))
    for k in range(4):
        v = velocity.copy()
        if k:
            v[k - 1] += _NUDGE_MPS
        state = np.concatenate((burnout(aim, v), v))
        fly(state, np.array([0.0, free_s]), aim.drag_m2pkg, J2, AIM_STEP_S, out)
        ends[k] = out[1, :3]
    return ends[0] - aim.end, (ends[1:] - ends[0]).T / _NUDGE_MPS


def _elevation_rad(place: Floats, velocity: Floats) -> float:
    """Angle of a velocity above the horizon."""
    sine = float(place @ velocity) / float(np.linalg.norm(place) * np.linalg.norm(velocity))
    return math.asin(max(-1.0, min(1.0, sine)))


def _check_distance(entry: Ballistic, aim: Aim, where: str) -> None:
    cosine = float(aim.start @ aim.end)
    cosine /= float(np.linalg.norm(aim.start) * np.linalg.norm(aim.end))
    angle = math.acos(max(-1.0, min(1.0, cosine)))
    farthest_m = _FARTHEST_RAD * MEAN_RADIUS_M
    if not _NEAREST_M < angle * MEAN_RADIUS_M < farthest_m:
        raise ConfigError(
            f"{where}.to_lat: expected a place {_NEAREST_M / 1e3:g} to {farthest_m / 1e3:.0f} km"
            f" from from_lat, from_lon, got one at {angle * MEAN_RADIUS_M / 1e3:.1f} km"
        )


def _check_angle(entry: Ballistic, aim: Aim, velocity: Floats, free_s: float, where: str) -> None:
    """Refuse flights that would start into the ground, or whose powered phase is too long."""
    low, high = 0.0, least_energy_s(aim.start, aim.end)
    for _ in range(30):
        middle = 0.5 * (low + high)
        rises = _elevation_rad(aim.start, _two_body(aim, aim.start, middle)[0]) > _LOWEST_RAD
        low, high = (low, middle) if rises else (middle, high)
    if free_s < high:
        raise ConfigError(
            f"{where}.flight_s: expected at least {high:.0f} s over this distance, got {free_s:g};"
            f" about {least_energy_s(aim.start, aim.end):.0f} s is the least-energy flight"
        )
    way = float(np.linalg.norm(aim.end - aim.start))
    powered = float(np.linalg.norm(burnout(aim, velocity) - aim.start))
    if aim.boost_s == 0.0:
        return
    if powered > _BOOST_SHARE * way or _elevation_rad(aim.start, velocity) < 0.5 * _LOWEST_RAD:
        most = _BOOST_SHARE * way / max(powered, 1.0) * aim.boost_s
        raise ConfigError(
            f"{where}.boost_s: expected at most about {0.9 * most:.0f} s over {way / 1e3:.0f} km,"
            f" got {entry.boost_s:g}"
        )


def flights_of(
    entries: Sequence[Ballistic], ground_m: float, rng: np.random.Generator
) -> list[Flight]:
    """Flights of all entries in order; one row each. Errors as for `flight_of`."""
    flights: list[Flight] = []
    for index, entry in enumerate(entries):
        where = f"ballistic[{index}]"
        shifts = entry.scatter_m * rng.standard_normal((entry.count, 2, 2))
        if entry.scatter_m == 0.0:
            aim = aim_of(entry, ground_m, shifts[0])
            flights += [flight_of(entry, aim, where)] * entry.count
        else:
            aims = (aim_of(entry, ground_m, shift) for shift in shifts)
            flights += [flight_of(entry, aim, where) for aim in aims]
    return flights


class Ballistics:
    """Moves the ballistic flights of a scene, each in a row of its own.

    Launches are at the first tick not before their time.

    Parameters
    ----------
    rows : Aircraft
        View of their rows.
    entries : sequence of Ballistic
    flights : list of Flight
        As `flights_of` gives them.
    field : AirField
    start_s : float
        The scene's first instant.
    numbers : iterator of int
        Numbers of flights.
    """

    def __init__(
        self,
        rows: Aircraft,
        entries: Sequence[Ballistic],
        flights: list[Flight],
        field: AirField,
        start_s: float,
        numbers: Iterator[int],
    ) -> None:
        self._rows, self._flights, self._field = rows, flights, field
        self._start_s, self._numbers = start_s, numbers
        launch_s = [e.start_s + k * e.interval_s for e in entries for k in range(e.count)]
        self._launch = np.ceil(np.array(launch_s) / TICK_S - 1e-9).astype(np.int64)
        self._paths: dict[int, Floats] = {}

    def begin(self, time_s: float) -> None:
        """Launch what is due, and take out what is about to meet the ground."""
        a, tick = self._rows, self._tick(time_s)
        for row in np.flatnonzero(self._launch == tick).tolist():
            self._paths[row] = path_of(self._flights[row])
            a.target[row] = next(self._numbers)
            self._show([row], tick, time_s)
        for row in [
            r for r, path in self._paths.items() if tick - self._launch[r] + 1 >= len(path)
        ]:
            a.target[row] = -1
            del self._paths[row]

    def move(self, start_s: float) -> None:
        """Move all in flight by one tick, in place."""
        if self._paths:
            self._show(list(self._paths), self._tick(start_s) + 1, start_s + TICK_S)

    def _tick(self, time_s: float) -> int:
        return round((time_s - self._start_s) / TICK_S)

    def _show(self, rows: list[int], tick: int, time_s: float) -> None:
        """Write the states of `rows` at a tick."""
        a, row = self._rows, np.array(rows)
        states = np.array([self._paths[r][tick - self._launch[r]] for r in rows])
        put_states(a, row, states[:, :3].copy(), states[:, 3:])
        place = (a.lat_rad[row], a.lon_rad[row], a.height_m[row])
        a.baro_m[row] = pressure_altitude_m(self._field, *place, time_s)
        a.climb_mps[row] = a.vertical_mps[row]
