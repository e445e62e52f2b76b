"""Ballistic flights between two places: kinematic truth for tests of early warning.

A flight has a coarse powered phase (a smooth path from rest to the burn-out state, upright at
first) and free flight with J2, rotation and drag (`kernels.ballistic`) until it meets the ground.
The burn-out velocity is found by Newton's method on the end of the flight: the two-body solution
(`simulate.lambert`) first, then the full equations, until the end is within a metre of the place
at the time asked for.
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
from skypact.simulate.air import AirField
from skypact.simulate.aircraft import Aircraft
from skypact.simulate.lambert import departure, least_energy_s
from skypact.simulate.onpaths import OnPaths
from skypact.simulate.parts import Ballistic
from skypact.simulate.truth import TICK_S
from skypact.units import DEGREE

END_STEP_S: Final = 2.0
"""Longest step until the velocity is found; against 0.25 s the end differs by under a metre."""
PATH_STEP_S: Final = 1.0
_UPRIGHT: Final = 0.8
"""Acceleration at lift-off, straight up, as a share of the mean one."""
_END_ERROR_M: Final = 1.0
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


class Ends(NamedTuple):
    """The two ends of a flight and what it is like between, in ECEF and SI units."""

    start: Floats
    """Where it is launched (3,)."""
    end: Floats
    boost_s: float
    drag_m2pkg: float


class Flight(NamedTuple):
    """A flight between its ends."""

    ends: Ends
    velocity: Floats
    """At burn-out, in the Earth-fixed frame (3,)."""
    free_s: float
    """Time of free flight."""


def ends_of(entry: Ballistic, ground_m: float, shift_m: Floats) -> Ends:
    """Return the ends of one flight of a scenario's entry.

    `shift_m` (2, 2) moves both ends north and east; the ground is at `ground_m`.
    """
    lat = np.array([entry.from_lat, entry.to_lat]) * DEGREE + shift_m[:, 0] / MEAN_RADIUS_M
    east_m = MEAN_RADIUS_M * np.maximum(np.cos(lat), 1e-3)
    lon = np.array([entry.from_lon, entry.to_lon]) * DEGREE + shift_m[:, 1] / east_m
    places = np.empty((2, 3))
    ecef_from_geodetic(lat, lon, np.full(2, ground_m), places)
    return Ends(places[0], places[1], entry.boost_s, 1.0 / entry.ballistic_kgpm2)


def burnout(ends: Ends, velocity: Floats) -> Floats:
    """Where the powered phase ends (3,) if it ends with `velocity`."""
    up = ends.start / np.linalg.norm(ends.start)
    if ends.boost_s == 0.0:
        return np.asarray(ends.start + _ALOFT_M * up)
    lift = _UPRIGHT * float(np.linalg.norm(velocity)) * up
    return np.asarray(ends.start + ends.boost_s * (velocity / 3.0 + lift / 6.0))


def boost_states(flight: Flight, time_s: Floats) -> Floats:
    """States (k, 6) at times (k,) since launch: acceleration linear in time, from rest."""
    ends, v = flight.ends, flight.velocity
    up = ends.start / np.linalg.norm(ends.start)
    first = _UPRIGHT * float(np.linalg.norm(v)) / ends.boost_s * up
    jerk = (2.0 * v / ends.boost_s - 2.0 * first) / ends.boost_s
    t = time_s[:, None]
    place = ends.start + t * t * (first / 2.0 + jerk * t / 6.0)
    return np.hstack((place, t * (first + jerk * t / 2.0)))


def path_of(flight: Flight) -> Floats:
    """States (m, 6) in ECEF every tick from launch to the last one before the impact."""
    boost_s = flight.ends.boost_s
    count = math.floor((boost_s + flight.free_s) / TICK_S) + 1
    time_s = TICK_S * np.arange(count, dtype=np.float64)
    boosted = time_s[time_s < boost_s]
    free = np.concatenate(([boost_s], time_s[len(boosted) :]))
    state = np.concatenate((burnout(flight.ends, flight.velocity), flight.velocity))
    out = np.empty((len(free), 6))
    fly(state, free, flight.ends.drag_m2pkg, J2, PATH_STEP_S, out)
    head = boost_states(flight, boosted) if boosted.size else np.empty((0, 6))
    return np.vstack((head, out[1:]))


def flight_of(entry: Ballistic, ends: Ends, where: str) -> Flight:
    """Find the flight between two ends.

    Raises
    ------
    ConfigError
        There is none; the message names the key (after `where`), its value and the range.
    """
    _check_distance(ends, where)
    velocity, free_s = _first_guess(entry, ends)
    _check_angle(entry, ends, velocity, free_s, where)
    for _ in range(_ROUNDS):
        error_m, slopes = _end_error(ends, velocity, free_s)
        if np.linalg.norm(error_m) < _END_ERROR_M:
            return Flight(ends, velocity, free_s)
        velocity = velocity - np.linalg.solve(slopes, error_m)
        if not np.isfinite(velocity).all() or np.linalg.norm(velocity) > 12_000.0:
            break
    raise ConfigError(_unreachable(entry, ends, where))


def _unreachable(entry: Ballistic, ends: Ends, where: str) -> str:
    """Say that no flight was found, over which distance and against which time."""
    way_km = _angle_rad(ends) * MEAN_RADIUS_M / 1e3
    least_s = least_energy_s(ends.start, ends.end)
    body = f"ballistic_kgpm2 {entry.ballistic_kgpm2:g} and boost_s {entry.boost_s:g}"
    if entry.flight_s is None:
        return (
            f"{where}.to_lat: expected a place that the least-energy flight reaches with {body},"
            f" got one at {way_km:.0f} km, {least_s:.0f} s away without air; give flight_s, a"
            " nearer place, a longer boost_s or a larger ballistic_kgpm2"
        )
    return (
        f"{where}.flight_s: expected a time in which a place at {way_km:.0f} km is reached with"
        f" {body} (least energy without air: {least_s:.0f} s), got {entry.flight_s:g} s; try"
        " another time, a longer boost_s or a larger ballistic_kgpm2"
    )


def _turned(place: Floats, angle_rad: float) -> Floats:
    """Position turned east about the Earth's axis."""
    sine, cosine = math.sin(angle_rad), math.cos(angle_rad)
    x, y, z = place.tolist()
    return np.array([cosine * x - sine * y, sine * x + cosine * y, z])


def _two_body(ends: Ends, start: Floats, flight_s: float | None) -> tuple[Floats, float]:
    """Earth-fixed departure and time of the two-body flight to where the end will have turned."""
    free_s = flight_s or least_energy_s(start, ends.end)
    for _ in range(6 if flight_s is None else 1):
        end = _turned(ends.end, ROTATION_RADPS * free_s)
        free_s = flight_s or least_energy_s(start, end)
    return departure(start, end, free_s) - np.cross(_SPIN, start), free_s


def _first_guess(entry: Ballistic, ends: Ends) -> tuple[Floats, float]:
    start = ends.start
    for _ in range(12):
        velocity, free_s = _two_body(ends, start, entry.flight_s)
        start = burnout(ends, velocity)
    return velocity, free_s


def _end_error(ends: Ends, velocity: Floats, free_s: float) -> tuple[Floats, Floats]:
    """Where the flight ends minus where it shall (3,), and derivatives by the velocity (3, 3)."""
    found = np.empty((4, 3))
    out = np.empty((2, 6))
    for k in range(4):
        v = velocity.copy()
        if k:
            v[k - 1] += _NUDGE_MPS
        state = np.concatenate((burnout(ends, v), v))
        fly(state, np.array([0.0, free_s]), ends.drag_m2pkg, J2, END_STEP_S, out)
        found[k] = out[1, :3]
    return found[0] - ends.end, (found[1:] - found[0]).T / _NUDGE_MPS


def _elevation_rad(place: Floats, velocity: Floats) -> float:
    """Angle of a velocity above the horizon."""
    sine = float(place @ velocity) / float(np.linalg.norm(place) * np.linalg.norm(velocity))
    return math.asin(max(-1.0, min(1.0, sine)))


def _angle_rad(ends: Ends) -> float:
    """Angle between both ends, seen from the Earth's centre."""
    cosine = float(ends.start @ ends.end)
    cosine /= float(np.linalg.norm(ends.start) * np.linalg.norm(ends.end))
    return math.acos(max(-1.0, min(1.0, cosine)))


def _check_distance(ends: Ends, where: str) -> None:
    angle = _angle_rad(ends)
    farthest_m = _FARTHEST_RAD * MEAN_RADIUS_M
    if not _NEAREST_M < angle * MEAN_RADIUS_M < farthest_m:
        raise ConfigError(
            f"{where}.to_lat: expected a place {_NEAREST_M / 1e3:g} to {farthest_m / 1e3:.0f} km"
            f" from from_lat, from_lon, got one at {angle * MEAN_RADIUS_M / 1e3:.1f} km"
        )


def _check_angle(entry: Ballistic, ends: Ends, velocity: Floats, free_s: float, where: str) -> None:
    """Refuse flights that would start into the ground, or whose powered phase is too long."""
    low, high = 0.0, least_energy_s(ends.start, ends.end)
    for _ in range(30):
        middle = 0.5 * (low + high)
        rises = _elevation_rad(ends.start, _two_body(ends, ends.start, middle)[0]) > _LOWEST_RAD
        low, high = (low, middle) if rises else (middle, high)
    if free_s < high:
        raise ConfigError(
            f"{where}.flight_s: expected at least {high:.0f} s over this distance, got {free_s:g};"
            f" about {least_energy_s(ends.start, ends.end):.0f} s is the least-energy flight"
        )
    way = float(np.linalg.norm(ends.end - ends.start))
    powered = float(np.linalg.norm(burnout(ends, velocity) - ends.start))
    if ends.boost_s == 0.0:
        return
    if powered > _BOOST_SHARE * way or _elevation_rad(ends.start, velocity) < 0.5 * _LOWEST_RAD:
        most = _BOOST_SHARE * way / max(powered, 1.0) * ends.boost_s
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
            ends = ends_of(entry, ground_m, shifts[0])
            flights += [flight_of(entry, ends, where)] * entry.count
        else:
            all_ends = (ends_of(entry, ground_m, shift) for shift in shifts)
            flights += [flight_of(entry, ends, where) for ends in all_ends]
    return flights


def ballistics(
    rows: Aircraft,
    entries: Sequence[Ballistic],
    flights: list[Flight],
    field: AirField,
    start_s: float,
    numbers: Iterator[int],
) -> OnPaths:
    """Make what moves the ballistic flights of a scene.

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
    launch_s = np.array([e.start_s + k * e.interval_s for e in entries for k in range(e.count)])
    return OnPaths(rows, launch_s, lambda row: path_of(flights[row]), field, start_s, numbers)
