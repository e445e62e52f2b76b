"""How aircraft move: guidance along a route within their limits, on the WGS-84 ellipsoid.

Vectorised over aircraft; one call moves all by one tick. Turns are flown at a limited turn rate
that itself grows at a limited rate, before the point (fly-by), so that no path has a corner. The
course to the next point is that of the great circle, followed closely enough that the track bends
with it. Kinematics: lat' = vn / (M + h), lon' = ve / ((N + h) cos lat), with M and N the radii of
curvature (Bugayevskiy and Snyder, "Map Projections", 1.2).
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.kernels.geodesy import (
    ECCENTRICITY2,
    MEAN_RADIUS_M,
    SEMI_MAJOR_M,
    ecef_from_geodetic,
)
from skypact.model.reports import Floats, Ints, Longs
from skypact.model.truth import TruthRows
from skypact.simulate.air import AirField, height_over_pressure_m
from skypact.simulate.aircraft import CLASS_OF_KIND, Aircraft, Limits
from skypact.units import GRAVITY

TICK_S: Final = 0.25
"""Step of the truth; positions between ticks come from a cubic through both ends."""
_HEADING_GAIN: Final = 0.5
_CLIMB_GAIN: Final = 0.1
_CEILING_M: Final = 12_000.0


class Span(NamedTuple):
    """The true states at both ends of one tick, in ECEF; rows are those of the aircraft table."""

    start_s: float
    end_s: float
    ecef0: Floats
    """(n, 3) m."""
    ecef1: Floats
    velocity0: Floats
    """(n, 3) m/s."""
    velocity1: Floats
    baro0: Floats
    baro1: Floats


def step(aircraft: Aircraft, limits: Limits, field: AirField, start_s: float) -> Span:
    """Move every aircraft by one tick from `start_s`, in place; return the tick's ends."""
    ecef0, velocity0 = _ecef_state(aircraft)
    baro0 = aircraft.baro_m.copy()
    _guide(aircraft, limits)
    _move(aircraft, field, start_s + TICK_S)
    ecef1, velocity1 = _ecef_state(aircraft)
    return Span(
        start_s,
        start_s + TICK_S,
        ecef0,
        ecef1,
        velocity0,
        velocity1,
        baro0,
        aircraft.baro_m.copy(),
    )


def ecef_at(span: Span, row: Longs, time_s: Floats) -> Floats:
    """ECEF positions (k, 3) of aircraft rows (k,) at times (k,), by a cubic Hermite polynomial."""
    dt = span.end_s - span.start_s
    u = ((time_s - span.start_s) / dt)[:, None]
    p0, p1 = span.ecef0[row], span.ecef1[row]
    m0, m1 = span.velocity0[row] * dt, span.velocity1[row] * dt
    cubic = 2.0 * (p0 - p1) + m0 + m1
    square = 3.0 * (p1 - p0) - 2.0 * m0 - m1
    return np.asarray(((cubic * u + square) * u + m0) * u + p0)


def baro_at(span: Span, row: Longs, time_s: Floats) -> Floats:
    """Pressure altitude of rows (k,) at times (k,), linear within the tick."""
    u = (time_s - span.start_s) / (span.end_s - span.start_s)
    return np.asarray(span.baro0[row] + u * (span.baro1[row] - span.baro0[row]))


def arrived(aircraft: Aircraft) -> npt.NDArray[np.bool_]:
    """Rows whose route has been flown to its end."""
    return aircraft.leg >= aircraft.points


def course_and_distance(
    lat0: Floats, lon0: Floats, lat1: Floats, lon1: Floats
) -> tuple[Floats, Floats]:
    """Return great-circle course (rad) and distance (m) on the sphere; guidance needs no more."""
    dlon = lon1 - lon0
    east = np.sin(dlon) * np.cos(lat1)
    north = np.cos(lat0) * np.sin(lat1) - np.sin(lat0) * np.cos(lat1) * np.cos(dlon)
    along = np.sin(lat0) * np.sin(lat1) + np.cos(lat0) * np.cos(lat1) * np.cos(dlon)
    return np.arctan2(east, north), MEAN_RADIUS_M * np.arctan2(np.hypot(east, north), along)


def wrapped(angle_rad: Floats) -> Floats:
    """Angle in [-pi, pi)."""
    return np.asarray((angle_rad + np.pi) % (2.0 * np.pi) - np.pi)


def _guide(a: Aircraft, limits: Limits) -> None:
    rows = np.arange(len(a.target))
    speed = np.maximum(a.speed_mps, 20.0)
    turn_max = np.minimum(limits.turn_max_radps, GRAVITY * np.tan(limits.bank_rad) / speed)
    goal = np.minimum(a.leg, a.points - 1)
    course, distance = course_and_distance(
        a.lat_rad, a.lon_rad, a.point_lat[rows, goal], a.point_lon[rows, goal]
    )
    _pass_points(a, course, distance, turn_max, limits.roll_s)
    goal = np.minimum(a.leg, a.points - 1)
    course, distance = course_and_distance(
        a.lat_rad, a.lon_rad, a.point_lat[rows, goal], a.point_lon[rows, goal]
    )
    _turn(a, wrapped(course - a.course_rad), turn_max, limits.roll_s)
    _climb(a, limits, rows, goal, distance)
    share = np.clip(a.baro_m / 11_000.0, 0.0, 1.0)
    wanted = limits.speed_low_mps + share * (limits.speed_high_mps - limits.speed_low_mps)
    change = limits.acceleration_mps2 * TICK_S
    a.speed_mps[:] += np.clip(wanted * a.speed_gain * a.spacing - a.speed_mps, -change, change)


def _pass_points(
    a: Aircraft, course: Floats, distance: Floats, turn_max: Floats, roll_s: Floats
) -> None:
    """Take the next point where the present one is near enough for a turn inside it."""
    rows = np.arange(len(a.target))
    last = a.points - 1
    here = np.minimum(a.leg, last)
    after = np.minimum(a.leg + 1, last)
    onward, _ = course_and_distance(
        a.point_lat[rows, here], a.point_lon[rows, here],
        a.point_lat[rows, after], a.point_lon[rows, after],
    )  # fmt: skip
    bend = np.where(a.leg < last, np.abs(wrapped(onward - course)), 0.0)
    radius = a.speed_mps / turn_max
    lead = radius * np.minimum(np.tan(0.5 * np.minimum(bend, 2.6)), 2.5) + a.speed_mps * np.where(
        bend > 0.02, 0.5 * roll_s, TICK_S
    )
    behind = np.abs(wrapped(course - a.course_rad)) > 1.6
    passed = (distance < lead) | (behind & (distance < 3.0 * radius))
    a.leg[:] += passed


def _turn(a: Aircraft, error: Floats, turn_max: Floats, roll_s: Floats) -> None:
    growth = turn_max / roll_s
    size = np.abs(error)
    # The rate from which the turn can still be rolled out at zero error, with a margin.
    reachable = 0.9 * np.sqrt(2.0 * growth * size)
    wanted = np.sign(error) * np.minimum(np.minimum(turn_max, reachable), _HEADING_GAIN * size)
    before = a.turn_radps.copy()
    a.turn_radps[:] += np.clip(wanted - before, -growth * TICK_S, growth * TICK_S)
    a.turn_radps[:] = np.clip(a.turn_radps, -turn_max, turn_max)


def _climb(a: Aircraft, limits: Limits, rows: Longs, goal: Ints, distance: Floats) -> None:
    there = a.point_baro[rows, goal]
    cap = np.maximum(there, a.point_baro[rows, np.maximum(goal - 1, 0)])
    wanted = np.minimum(cap, there + limits.slope * distance)
    climb_max = limits.climb_mps * (1.0 - 0.6 * np.clip(a.baro_m / _CEILING_M, 0.0, 1.0))
    rate = np.clip(_CLIMB_GAIN * (wanted - a.baro_m), -limits.descent_mps, climb_max)
    change = limits.lift_mps2 * TICK_S
    a.climb_mps[:] += np.clip(rate - a.climb_mps, -change, change)


def _move(a: Aircraft, field: AirField, end_s: float) -> None:
    """Trapezoidal step of position; the course turns with the meridians' convergence too."""
    middle = a.course_rad + 0.5 * a.turn_radps * TICK_S
    sin_lat = np.sin(a.lat_rad)
    w2 = 1.0 - ECCENTRICITY2 * sin_lat * sin_lat
    normal = SEMI_MAJOR_M / np.sqrt(w2)
    meridian = normal * (1.0 - ECCENTRICITY2) / w2
    dlon = a.speed_mps * np.sin(middle) * TICK_S / ((normal + a.height_m) * np.cos(a.lat_rad))
    a.lat_rad[:] += a.speed_mps * np.cos(middle) * TICK_S / (meridian + a.height_m)
    a.lon_rad[:] = wrapped(a.lon_rad + dlon)
    a.course_rad[:] = (a.course_rad + a.turn_radps * TICK_S + dlon * sin_lat) % (2.0 * np.pi)
    a.baro_m[:] += a.climb_mps * TICK_S
    height = a.baro_m + height_over_pressure_m(field, a.lat_rad, a.lon_rad, a.baro_m, end_s)
    a.vertical_mps[:] = (height - a.height_m) / TICK_S
    a.height_m[:] = height


def _ecef_state(a: Aircraft) -> tuple[Floats, Floats]:
    """Position and velocity of every row in ECEF, (n, 3) each."""
    position = np.empty((len(a.target), 3))
    ecef_from_geodetic(a.lat_rad, a.lon_rad, a.height_m, position)
    vn = a.speed_mps * np.cos(a.course_rad)
    ve = a.speed_mps * np.sin(a.course_rad)
    sin_lat, cos_lat = np.sin(a.lat_rad), np.cos(a.lat_rad)
    sin_lon, cos_lon = np.sin(a.lon_rad), np.cos(a.lon_rad)
    outward = a.vertical_mps * cos_lat - vn * sin_lat
    velocity = np.stack(
        (
            outward * cos_lon - ve * sin_lon,
            outward * sin_lon + ve * cos_lon,
            a.vertical_mps * sin_lat + vn * cos_lat,
        ),
        axis=1,
    )
    return position, velocity


def truth_rows(aircraft: Aircraft, time_s: float) -> TruthRows:
    """Rows of the present states, stamped `time_s`."""
    return TruthRows(
        np.full(len(aircraft.target), time_s),
        aircraft.target.copy(),
        aircraft.lat_rad.copy(),
        aircraft.lon_rad.copy(),
        aircraft.height_m.copy(),
        aircraft.speed_mps * np.cos(aircraft.course_rad),
        aircraft.speed_mps * np.sin(aircraft.course_rad),
        aircraft.vertical_mps.copy(),
        aircraft.icao.copy(),
        aircraft.baro_m.copy(),
        CLASS_OF_KIND[aircraft.kind],
    )
