"""Satellites on circular orbits that pass over a place.

Two-body motion in the inertial frame that agrees with the Earth-fixed one when the satellite is
over the place: r(t) = r0 cos nt + r d sin nt, n^2 = GM / r^3 (D. A. Vallado, "Fundamentals of
Astrodynamics and Applications", 4th ed., section 2.2), turned back by the Earth's rotation. Within
the some 15 minutes above the horizon J2 moves a satellite by under 10 km.
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from skypact.kernels.ballistic import GRAVITATION, ROTATION_RADPS
from skypact.kernels.geodesy import MEAN_RADIUS_M
from skypact.model.reports import Floats
from skypact.simulate.parts import Satellite
from skypact.simulate.places import ecef_of
from skypact.simulate.truth import TICK_S
from skypact.units import DEGREE

_SHOWN: Final = 1.1
"""Shown for so much longer than it is above the horizon of the place."""


def half_pass_s(height_m: float) -> float:
    """Time from when a satellite is first shown until it is over its place, about 5 to 9 min."""
    radius = MEAN_RADIUS_M + height_m
    return _SHOWN * math.acos(MEAN_RADIUS_M / radius) / math.sqrt(GRAVITATION / radius**3)


def pass_of(entry: Satellite, shift_m: Floats, course_rad: float) -> Floats:
    """States (m, 6) in ECEF every tick of a pass, symmetric about when it is over its place.

    Parameters
    ----------
    entry : Satellite
    shift_m : (2,) float64
        Moves the place north and east.
    course_rad : float
        Of the inertial velocity over the place.
    """
    lat = entry.lat * DEGREE + shift_m[0] / MEAN_RADIUS_M
    lon = entry.lon * DEGREE + shift_m[1] / (MEAN_RADIUS_M * max(math.cos(lat), 1e-3))
    place = ecef_of(np.array([lat]), np.array([lon]), np.array([entry.height_m]))[0]
    radius = float(np.linalg.norm(place))
    up = place / radius
    east = np.array([-math.sin(lon), math.cos(lon), 0.0])
    along = math.cos(course_rad) * np.cross(up, east) + math.sin(course_rad) * east
    count = math.floor(half_pass_s(entry.height_m) / TICK_S)
    time_s = TICK_S * np.arange(-count, count + 1, dtype=np.float64)
    rate = math.sqrt(GRAVITATION / radius**3)
    angle = (rate * time_s)[:, None]
    inertial = radius * (up * np.cos(angle) + along * np.sin(angle))
    speed = radius * rate * (along * np.cos(angle) - up * np.sin(angle))
    fixed = _turned_back(inertial, time_s)
    spin = np.array([0.0, 0.0, ROTATION_RADPS])
    return np.hstack((fixed, _turned_back(speed, time_s) - np.cross(spin, fixed)))


def _turned_back(vectors: Floats, time_s: Floats) -> Floats:
    """Vectors (m, 3) of the inertial frame in the Earth-fixed one."""
    cosine, sine = np.cos(ROTATION_RADPS * time_s), np.sin(ROTATION_RADPS * time_s)
    x, y, z = vectors.T
    return np.stack((cosine * x + sine * y, cosine * y - sine * x, z), axis=1)


def passes_of(entries: Sequence[Satellite], rng: np.random.Generator) -> list[Floats]:
    """Paths of all passes in order, one row each, from the scene's start on."""
    paths = []
    for entry in entries:
        for k in range(entry.count):
            shift_m = entry.scatter_m * rng.standard_normal(2)
            drawn = rng.uniform(0.0, 2.0 * math.pi)
            course = drawn if entry.course_deg is None else entry.course_deg * DEGREE
            gone = math.ceil(max(0.0, -_begin_s(entry, k)) / TICK_S)
            paths.append(pass_of(entry, shift_m, course)[gone:])
    return paths


def begins_s(entries: Sequence[Satellite]) -> Floats:
    """When each pass begins to be shown, seconds after the scene's start."""
    begins = [max(0.0, _begin_s(entry, k)) for entry in entries for k in range(entry.count)]
    return np.array(begins)


def _begin_s(entry: Satellite, k: int) -> float:
    """When the k-th pass begins to be shown, seconds after the scene's start; perhaps before it."""
    return entry.start_s + k * entry.interval_s - half_pass_s(entry.height_m)
