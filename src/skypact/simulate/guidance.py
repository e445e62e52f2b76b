"""How aircraft move: guidance along a route within their limits, on the WGS-84 ellipsoid.

Vectorised over aircraft; one call moves all by one tick. Turns are flown at a limited turn rate
that itself grows at a limited rate, before the point (fly-by), so that no path has a corner. The
course to the next point is that of the great circle, followed closely enough that the track bends
with it. Kinematics: lat' = vn / (M + h), lon' = ve / ((N + h) cos lat), with M and N the radii of
curvature (Bugayevskiy and Snyder, "Map Projections", 1.2).
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels.geodesy import ECCENTRICITY2, MEAN_RADIUS_M, SEMI_MAJOR_M
from skypact.model.reports import Floats, Ints, Longs
from skypact.simulate.air import AirField, height_over_pressure_m
from skypact.simulate.aircraft import Aircraft, Limits
from skypact.simulate.truth import TICK_S, wrapped
from skypact.units import GRAVITY

_HEADING_GAIN: Final = 0.5
_CLIMB_GAIN: Final = 0.1
_CEILING_M: Final = 12_000.0


def arrived(aircraft: Aircraft) -> npt.NDArray[np.bool_]:
    """Rows whose route has been flown to its end."""
    return aircraft.leg >= aircraft.points


def course_and_distance(
    lat0: Floats | float, lon0: Floats | float, lat1: Floats, lon1: Floats
) -> tuple[Floats, Floats]:
    """Return great-circle course (rad) and distance (m) on the sphere; guidance needs no more."""
    dlon = lon1 - lon0
    east = np.sin(dlon) * np.cos(lat1)
    north = np.cos(lat0) * np.sin(lat1) - np.sin(lat0) * np.cos(lat1) * np.cos(dlon)
    along = np.sin(lat0) * np.sin(lat1) + np.cos(lat0) * np.cos(lat1) * np.cos(dlon)
    return np.arctan2(east, north), MEAN_RADIUS_M * np.arctan2(np.hypot(east, north), along)


def guide(a: Aircraft, limits: Limits) -> None:
    """Turn, climb and accelerate towards the next point of the route, within the limits."""
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


def fly_on(a: Aircraft, field: AirField, end_s: float) -> None:
    """Trapezoidal step of position; the course turns with the meridians' convergence too."""
    middle = a.course_rad + 0.5 * a.turn_radps * TICK_S
    sin_lat = np.sin(a.lat_rad)
    meridian, normal = curvature(sin_lat)
    dlon = a.speed_mps * np.sin(middle) * TICK_S / ((normal + a.height_m) * np.cos(a.lat_rad))
    a.lat_rad[:] += a.speed_mps * np.cos(middle) * TICK_S / (meridian + a.height_m)
    a.lon_rad[:] = wrapped(a.lon_rad + dlon)
    a.course_rad[:] = (a.course_rad + a.turn_radps * TICK_S + dlon * sin_lat) % (2.0 * np.pi)
    a.baro_m[:] += a.climb_mps * TICK_S
    height = a.baro_m + height_over_pressure_m(field, a.lat_rad, a.lon_rad, a.baro_m, end_s)
    a.vertical_mps[:] = (height - a.height_m) / TICK_S
    a.height_m[:] = height


def curvature(sin_lat: Floats) -> tuple[Floats, Floats]:
    """Radii of curvature (m) of the meridian and of the prime vertical."""
    w2 = 1.0 - ECCENTRICITY2 * sin_lat * sin_lat
    normal = SEMI_MAJOR_M / np.sqrt(w2)
    return normal * (1.0 - ECCENTRICITY2) / w2, normal
