"""Zoom climbs: a fast aircraft pulls up, flies over the top without lift, and pulls out.

The point-mass equations in the vertical plane with thrust equal to drag and a load factor n:
v' = -g sin a, a' = (n - cos a) g / v (J. D. Anderson, "Aircraft Performance and Design", eqs. 6.1
and 6.2). Level run, pull-up with n = 3 to the angle from which the top is reached, n = 0 over the
top to the same angle down, n = 3 to level flight. Over the top the aircraft is in free fall: what a
filter cannot tell from a ballistic flight but for its speed, its height and how short it is.
"""

import math
from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np

from skypact.errors import ConfigError
from skypact.model.reports import Floats
from skypact.simulate.parts import Zoom
from skypact.simulate.places import along_great_circle, ecef_of, moved
from skypact.simulate.truth import TICK_S
from skypact.units import DEGREE, GRAVITY

LOAD: Final = 3.0
"""Load factor of pull-up and pull-out."""
LEVEL_S: Final = 90.0
"""Level flight before and after."""
_STEP_S: Final = 0.025
_STEEPEST_RAD: Final = 80.0 * DEGREE
_SLOWEST_MPS: Final = 60.0


def profile(level_m: float, speed_mps: float, steepest_rad: float) -> Floats:
    """Way and height (m, 2), metres, every tick of a climb whose steepest angle is given."""
    way, height, speed, angle = 0.0, level_m, speed_mps, 0.0
    rows: list[tuple[float, float]] = []
    substeps = round(TICK_S / _STEP_S)
    phase, left_s = 0, LEVEL_S
    while phase < 5:
        rows.append((way, height))
        for _ in range(substeps):
            load = (math.cos(angle), LOAD, 0.0, LOAD, math.cos(angle))[phase]
            turn = (load - math.cos(angle)) * GRAVITY / speed
            middle = angle + 0.5 * _STEP_S * turn
            faster = -GRAVITY * math.sin(middle) * _STEP_S
            way += (speed + 0.5 * faster) * math.cos(middle) * _STEP_S
            height += (speed + 0.5 * faster) * math.sin(middle) * _STEP_S
            speed, angle = max(speed + faster, _SLOWEST_MPS), angle + turn * _STEP_S
            left_s -= _STEP_S
            over = (left_s <= 0.0, angle >= steepest_rad, angle <= -steepest_rad, angle >= 0.0)
            if phase < 4 and over[phase]:
                phase, left_s = phase + 1, LEVEL_S
                angle = 0.0 if phase == 4 else angle
            elif phase == 4 and left_s <= 0.0:
                phase = 5
                break
    return np.array(rows)


@cache
def climb_of(entry: Zoom, where: str) -> Floats:
    """Profile of an entry whose top is its ``top_m``.

    Raises
    ------
    ConfigError
        The aircraft is too slow for it; names the key (after `where`), its value and the range.
    """
    low, high = 0.0, _STEEPEST_RAD
    most_m = float(profile(entry.level_m, entry.speed_mps, high)[:, 1].max())
    if most_m < entry.top_m:
        raise ConfigError(
            f"{where}.top_m: expected at most {most_m:.0f} m from {entry.level_m:g} m with"
            f" {entry.speed_mps:g} m/s, got {entry.top_m:g}; raise speed_mps or level_m"
        )
    for _ in range(24):
        middle = 0.5 * (low + high)
        reached = profile(entry.level_m, entry.speed_mps, middle)[:, 1].max() >= entry.top_m
        low, high = (low, middle) if reached else (middle, high)
    return profile(entry.level_m, entry.speed_mps, high)


def climbs_of(entries: Sequence[Zoom], rng: np.random.Generator) -> list[Floats]:
    """States (m, 6) in ECEF every tick of all climbs in order; one row each. Raises ConfigError."""
    paths = []
    for index, entry in enumerate(entries):
        climb = climb_of(entry, f"zoom[{index}]")
        for _ in range(entry.count):
            north_m, east_m = entry.scatter_m * rng.standard_normal((2, 1))
            drawn = rng.uniform(0.0, 2.0 * math.pi)
            course = drawn if entry.course_deg is None else entry.course_deg * DEGREE
            place = np.array([[entry.lat * DEGREE, entry.lon * DEGREE, 0.0]])
            lat, lon = moved(place, north_m, east_m)
            paths.append(_placed(climb, lat[0], lon[0], course))
    return paths


def _placed(climb: Floats, lat_rad: float, lon_rad: float, course_rad: float) -> Floats:
    """States (m, 6) of a climb along a great circle; velocities are differences of places."""
    ones = np.ones(len(climb))
    lat, lon, _ = along_great_circle(lat_rad * ones, lon_rad * ones, course_rad * ones, climb[:, 0])
    place = ecef_of(lat, lon, climb[:, 1])
    return np.hstack((place, np.gradient(place, TICK_S, axis=0)))


def begins_s(entries: Sequence[Zoom]) -> Floats:
    """When each level run begins, seconds after the scene's start."""
    return np.array([e.start_s + k * e.interval_s for e in entries for k in range(e.count)])
