"""Drones: multicopters that work around a pad, stop in the air, and turn on the spot.

A flight climbs over its pad, visits points at 30 to 120 m above the ground, hovers over some of
them, comes back and lands; another one begins at once. Steered by the wanted velocity towards the
next point, which a bounded acceleration follows, so that position and velocity have no jumps; a
point is approached no faster than braking allows. The ground is flat at the pad's height.
"""

import math
from typing import Final

import numpy as np

from skypact.model.reports import Floats
from skypact.simulate.air import AirField, pressure_altitude_m
from skypact.simulate.aircraft import Aircraft
from skypact.simulate.flights import Equipment
from skypact.simulate.guidance import curvature
from skypact.simulate.parts import Fleet, Pad
from skypact.simulate.routes import Point, at, offset
from skypact.simulate.truth import TICK_S, wrapped

SPEED_LOW_MPS: Final = 5.0
SPEED_HIGH_MPS: Final = 18.0
ACCELERATION_MPS2: Final = 3.0
"""Along the ground: 17 degrees of tilt."""
_BRAKE_MPS2: Final = 2.4
CLIMB_MPS: Final = 4.0
DESCENT_MPS: Final = 2.5
LIFT_MPS2: Final = 1.5
LOW_M: Final = 30.0
HIGH_M: Final = 120.0
"""Height above ground of the points: the open category's ceiling is 120 m (EU 2019/947)."""
PAUSE_LOW_S: Final = 5.0
PAUSE_HIGH_S: Final = 60.0
_PAUSE_SHARE: Final = 0.5
_NEAR_M: Final = 2.0
_SETTLE_PER_S: Final = 0.8
_OPERATOR_M: Final = 30.0


class Drones:
    """Moves the drones of a scene.

    Parameters
    ----------
    rows : Aircraft
        View of their rows.
    fleets : list of Fleet
        Fleet of each row.
    pads : tuple of Pad
        Where they start; each flight draws one.
    field : AirField
    equipment : Equipment
    rng : numpy.random.Generator
    """

    def __init__(
        self,
        rows: Aircraft,
        fleets: list[Fleet],
        pads: tuple[Pad, ...],
        field: AirField,
        equipment: Equipment,
        rng: np.random.Generator,
    ) -> None:
        n = len(fleets)
        self._rows, self._fleets, self._pads = rows, fleets, pads
        self._field, self._equipment, self._rng = field, equipment, rng
        self._velocity = np.zeros((n, 3))
        """North, east, up."""
        self._cruise_mps = np.zeros(n)
        self._wait_until_s = np.full(n, -np.inf)
        self._height = np.zeros_like(rows.point_baro)
        """Height above the ellipsoid to have at the points of the route."""

    def begin(self, time_s: float) -> None:
        """Start flights where none is or one has landed; at the scene's start they are underway."""
        a = self._rows
        for row in np.flatnonzero(a.leg >= a.points).tolist():
            self._launch(row, time_s, underway=bool(a.target[row] < 0))

    def _launch(self, row: int, time_s: float, *, underway: bool) -> None:
        a, rng = self._rows, self._rng
        pad = self._pads[int(rng.integers(len(self._pads)))]
        self._equipment.number(a, row)
        self._equipment.equip(a, row, self._fleets[row])
        a.remote_id[row] = rng.random() < self._fleets[row].remote_id
        route = _route(pad, rng)
        a.points[row], a.leg[row] = len(route), 1
        columns = (a.point_lat, a.point_lon, self._height)
        for column, values in zip(columns, zip(*route, strict=True), strict=True):
            column[row, : len(route)] = values
            column[row, len(route) :] = values[-1]
        operator = offset(at(pad, 0.0), rng.uniform(0.0, 2.0 * math.pi), _OPERATOR_M)
        a.home_lat[row], a.home_lon[row] = operator.lat_rad, operator.lon_rad
        self._cruise_mps[row] = rng.uniform(SPEED_LOW_MPS, SPEED_HIGH_MPS)
        self._velocity[row] = 0.0
        self._wait_until_s[row] = -np.inf
        start, share = 0, 0.0
        if underway:
            start, share = int(rng.integers(1, len(route) - 2)), rng.random()
            a.leg[row] = start + 1
        here, there = np.array(route[start]), np.array(route[start + 1])
        way = there - here
        way[1] = math.remainder(way[1], 2.0 * math.pi)
        a.lat_rad[row], lon, a.height_m[row] = here + share * way
        a.lon_rad[row] = math.remainder(lon, 2.0 * math.pi)
        a.course_rad[row] = rng.uniform(0.0, 2.0 * math.pi)
        a.speed_mps[row] = a.vertical_mps[row] = a.climb_mps[row] = a.turn_radps[row] = 0.0
        one = slice(row, row + 1)
        a.baro_m[one] = pressure_altitude_m(
            self._field, a.lat_rad[one], a.lon_rad[one], a.height_m[one], time_s
        )

    def move(self, start_s: float) -> None:
        """Fly all drones from `start_s` for one tick, in place."""
        a = self._rows
        meridian, normal = curvature(np.sin(a.lat_rad))
        parallel = (normal + a.height_m) * np.cos(a.lat_rad)
        rows = np.arange(len(a.target))
        goal = np.minimum(a.leg, a.points - 1)
        way = np.stack(
            (
                (a.point_lat[rows, goal] - a.lat_rad) * (meridian + a.height_m),
                wrapped(a.point_lon[rows, goal] - a.lon_rad) * parallel,
                self._height[rows, goal] - a.height_m,
            ),
            axis=1,
        )
        self._reach(way, start_s)
        waits = self._wait_until_s > start_s
        wanted = _wanted(way, np.where(waits, 0.5, self._cruise_mps))
        change = wanted - self._velocity
        size = np.hypot(change[:, 0], change[:, 1])
        change[:, :2] *= np.minimum(1.0, ACCELERATION_MPS2 * TICK_S / np.maximum(size, 1e-9))[
            :, None
        ]
        change[:, 2] = np.clip(change[:, 2], -LIFT_MPS2 * TICK_S, LIFT_MPS2 * TICK_S)
        moved = (self._velocity + 0.5 * change) * TICK_S
        self._velocity += change
        a.lat_rad[:] += moved[:, 0] / (meridian + a.height_m)
        a.lon_rad[:] = wrapped(a.lon_rad + moved[:, 1] / parallel)
        a.height_m[:] += moved[:, 2]
        self._show(start_s + TICK_S)

    def _reach(self, way: Floats, time_s: float) -> None:
        """Take the next point where the present one is reached and the pause over it has passed."""
        a = self._rows
        near = (np.linalg.norm(way, axis=1) < _NEAR_M) & (
            np.linalg.norm(self._velocity, axis=1) < 1.0
        )
        over = near & (self._wait_until_s > -np.inf) & (self._wait_until_s <= time_s)
        a.leg[over] += 1
        self._wait_until_s[over] = -np.inf
        for row in np.flatnonzero(near & (self._wait_until_s == -np.inf) & ~over).tolist():
            pause = 0.0
            between = 1 < a.leg[row] < a.points[row] - 2
            if between and self._rng.random() < _PAUSE_SHARE:
                pause = self._rng.uniform(PAUSE_LOW_S, PAUSE_HIGH_S)
            self._wait_until_s[row] = time_s + pause

    def _show(self, time_s: float) -> None:
        """Write the velocity and pressure altitude that follow from the state."""
        a = self._rows
        north, east = self._velocity[:, 0], self._velocity[:, 1]
        a.speed_mps[:] = np.hypot(north, east)
        moving = a.speed_mps > 1e-6
        a.course_rad[moving] = np.arctan2(east[moving], north[moving]) % (2.0 * np.pi)
        a.vertical_mps[:] = self._velocity[:, 2]
        before = a.baro_m.copy()
        a.baro_m[:] = pressure_altitude_m(self._field, a.lat_rad, a.lon_rad, a.height_m, time_s)
        a.climb_mps[:] = (a.baro_m - before) / TICK_S


def _wanted(way: Floats, cruise_mps: Floats) -> Floats:
    """Velocities (n, 3) towards points `way` metres off: no faster than can be braked."""
    distance = np.hypot(way[:, 0], way[:, 1])
    speed = np.minimum(np.sqrt(2.0 * _BRAKE_MPS2 * distance), _SETTLE_PER_S * distance)
    speed = np.minimum(speed, cruise_mps)
    out = way * (speed / np.maximum(distance, 1e-9))[:, None]
    out[:, 2] = np.clip(0.5 * way[:, 2], -DESCENT_MPS, CLIMB_MPS)
    return out


def _route(pad: Pad, rng: np.random.Generator) -> list[Point]:
    """Points with heights above the ellipsoid: pad, over it, places around, over it, pad."""
    ground = at(pad, pad.height_m)
    over = ground._replace(baro_m=pad.height_m + rng.uniform(LOW_M, HIGH_M))
    route = [ground, over]
    for _ in range(int(rng.integers(3, 9))):
        distance = pad.radius_m * math.sqrt(rng.uniform(0.01, 1.0))
        point = offset(over, rng.uniform(0.0, 2.0 * math.pi), distance)
        route.append(point._replace(baro_m=pad.height_m + rng.uniform(LOW_M, HIGH_M)))
    return [*route, over, ground]
