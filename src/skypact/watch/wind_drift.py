"""Where what drifts with the air will be.

The mean path follows the given wind by height, corrected by the difference from the object's own
motion, which fades as the wind's error is forgotten; without a wind it is the object's own motion.
The wind's error at the object is what its own motion leaves open, and grows from there on as an
Ornstein-Uhlenbeck process, so that the variance of the place grows as
s^2 T^2 (2 t/T - 3 + 4 exp(-t/T) - exp(-2 t/T)) (D. T. Gillespie, "Exact numerical simulation of the
Ornstein-Uhlenbeck process and its integral", Physical Review E 54 (1996), 2084-2091, eq. 2.16).
Who rises or sinks through unknown wind meets its shear too: a random walk of 4 m/s in a kilometre.
"""

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from skypact.errors import ConfigError
from skypact.model.reports import Floats
from skypact.rules.slow import SlowParams, WindLevel
from skypact.units import DEGREE
from skypact.watch.ground import Ground, ring_about
from skypact.watch.sky import EARTH_M, moved

AHEAD_S: Final = 3_600.0
STEP_S: Final = 120.0
TOLD_MIN: Final = (15, 30, 60)
SIGMAS_95: Final = 2.4477
"""Radius that holds 95 % of a circular normal distribution."""
_SHEAR: Final = 0.016
"""Variance of the change of the wind with height, m/s^2."""
_LEAST_CLIMB_MPS: Final = 0.5
_MOST_CLIMB_MPS: Final = 15.0
_CEILING_M: Final = 35_000.0
_TURNS: Final = 16
_RINGS: Final = 8


class Wind(NamedTuple):
    """Wind by height, ascending (n,)."""

    height_m: Floats
    north_mps: Floats
    east_mps: Floats


class Motion(NamedTuple):
    """Where an object is and how it moved over the last minutes."""

    lat_rad: float
    lon_rad: float
    height_m: float
    north_mps: float
    east_mps: float
    climb_mps: float
    velocity_sigma_mps: float
    """Error of the velocity along an axis."""
    sigma_n_m: float
    sigma_e_m: float
    cov_ne_m2: float


class Drift(NamedTuple):
    """Forecast at steps (t,) from now on."""

    after_s: Floats
    lat_rad: Floats
    lon_rad: Floats
    growth_m2: Floats
    """Variance of the place along each axis, beside that of now."""
    now: Motion

    @property
    def sigma_m(self) -> Floats:
        """Mean standard deviation along an axis."""
        begin = 0.5 * (self.now.sigma_n_m**2 + self.now.sigma_e_m**2)
        return np.sqrt(begin + self.growth_m2)


def wind_of(levels: tuple[WindLevel, ...]) -> Wind | None:
    """Order levels by height; None where there are none."""
    if not levels:
        return None
    table = np.array(sorted((v.height_m, v.wind_north_mps, v.wind_east_mps) for v in levels)).T
    return Wind(*table)


def wind_of_json(value: Mapping[str, Any], where: str) -> Wind | None:
    """Read levels from a document.

    Raises
    ------
    ConfigError
        It holds none, or a broken one.
    """
    try:
        levels = msgspec.convert(value.get("levels"), tuple[WindLevel, ...])
    except msgspec.ValidationError as error:
        raise ConfigError(f"{where}: expected levels of wind, got: {error}") from error
    if not levels:
        raise ConfigError(f"{where}: expected one level of wind or more, got none")
    return wind_of(levels)


def wind_at(wind: Wind, height_m: Floats) -> tuple[Floats, Floats]:
    """Wind north and east at heights (n,); beyond the levels that of the nearest."""
    return (
        np.interp(height_m, wind.height_m, wind.north_mps),
        np.interp(height_m, wind.height_m, wind.east_mps),
    )


def forecast(now: Motion, wind: Wind | None, params: SlowParams) -> Drift:
    """Forecast the drift of an hour in steps of two minutes."""
    after_s = np.arange(0.0, AHEAD_S + 1.0, STEP_S)
    climb = float(np.clip(now.climb_mps, -_MOST_CLIMB_MPS, _MOST_CLIMB_MPS))
    climb = climb if abs(climb) >= _LEAST_CLIMB_MPS else 0.0
    height = np.clip(now.height_m + climb * after_s, 0.0, max(_CEILING_M, now.height_m))
    memory_s = params.wind_memory_s
    if wind is None:
        north, east = np.full_like(after_s, now.north_mps), np.full_like(after_s, now.east_mps)
        sheared = _SHEAR * abs(climb) * after_s**3 / 3.0
        sigma = params.persistence_sigma_mps
    else:
        north, east = wind_at(wind, height)
        fades = np.exp(-after_s / memory_s)
        north = north + (now.north_mps - north[0]) * fades
        east = east + (now.east_mps - east[0]) * fades
        sheared, sigma = np.zeros_like(after_s), params.wind_sigma_mps
    fades = np.exp(-after_s / memory_s)
    grown = 2.0 * after_s / memory_s - 3.0 + 4.0 * fades - fades**2
    begun_m = now.velocity_sigma_mps * memory_s * (1.0 - fades)
    growth = (sigma * memory_s) ** 2 * np.maximum(grown, 0.0) + begun_m**2 + sheared
    lat, lon = moved(
        np.full_like(after_s, now.lat_rad), np.full_like(after_s, now.lon_rad),
        _summed(north), _summed(east),
    )  # fmt: skip
    return Drift(after_s, lat, lon, growth, now)


def _summed(speed: Floats) -> Floats:
    """Way (t,) by the trapezoidal rule."""
    return np.concatenate(([0.0], np.cumsum(0.5 * STEP_S * (speed[1:] + speed[:-1]))))


class Member(NamedTuple):
    """Places of equally likely courses of a drift, (t, m)."""

    lat_rad: Floats
    lon_rad: Floats


def members(drift: Drift) -> Member:
    """Return 128 equally likely courses: errors that keep their direction and their quantile."""
    ring = np.sqrt(-2.0 * np.log1p(-(np.arange(_RINGS) + 0.5) / _RINGS))
    turn = 2.0 * np.pi * (np.arange(_TURNS) + 0.5) / _TURNS
    north, east = np.outer(ring, np.cos(turn)).ravel(), np.outer(ring, np.sin(turn)).ravel()
    sigma = drift.sigma_m[:, None]
    lat = np.broadcast_to(drift.lat_rad[:, None], (drift.after_s.size, north.size))
    lon = np.broadcast_to(drift.lon_rad[:, None], lat.shape)
    return Member(*moved(lat, lon, sigma * north, sigma * east))


class Reach(NamedTuple):
    """Whether and when a drift comes to a place."""

    probability: float
    after_s: float
    """Median time of those courses that come there, NaN for none."""
    soonest_s: float
    """A tenth of them is there sooner."""


_NEVER: Final = Reach(0.0, math.nan, math.nan)


def reach_ground(courses: Member, ground: Ground) -> Reach:
    """Probability and time of a part of the ground."""
    inside = ground.holds(courses.lat_rad.ravel(), courses.lon_rad.ravel())
    return _reach(inside.reshape(courses.lat_rad.shape))


def reach_point(courses: Member, lat_deg: float, lon_deg: float, radius_m: float) -> Reach:
    """Probability and time of a circle."""
    north = EARTH_M * (courses.lat_rad - lat_deg * DEGREE)
    turn = (courses.lon_rad - lon_deg * DEGREE + np.pi) % (2.0 * np.pi) - np.pi
    east = EARTH_M * turn * math.cos(lat_deg * DEGREE)
    if any(way.min() > radius_m or way.max() < -radius_m for way in (north, east)):
        return _NEVER
    return _reach(_passes(north, east, radius_m))


def _passes(north: Floats, east: Floats, radius_m: float) -> np.ndarray:
    """Whether courses (t, m) are within a radius of the origin on the way from the step before."""
    way_n, way_e = np.diff(north, axis=0), np.diff(east, axis=0)
    length2 = np.maximum(way_n**2 + way_e**2, 1e-9)
    share = np.clip(-(north[:-1] * way_n + east[:-1] * way_e) / length2, 0.0, 1.0)
    near = np.hypot(north[:-1] + share * way_n, east[:-1] + share * way_e) <= radius_m
    return np.concatenate((np.hypot(north[:1], east[:1]) <= radius_m, near))


def _reach(inside: np.ndarray) -> Reach:
    comes = inside.any(axis=0)
    if not comes.any():
        return _NEVER
    first_s = STEP_S * np.argmax(inside, axis=0)[comes]
    return Reach(float(comes.mean()), float(np.median(first_s)), float(np.quantile(first_s, 0.1)))


def places_told(drift: Drift) -> list[dict[str, float]]:
    """Say where it will be after 15, 30 and 60 minutes, with the ellipse of 95 %."""
    now, told = drift.now, []
    for minutes in TOLD_MIN:
        k = round(60.0 * minutes / STEP_S)
        spread = float(drift.growth_m2[k])
        cov = np.array([
            [now.sigma_n_m**2 + spread, now.cov_ne_m2], [now.cov_ne_m2, now.sigma_e_m**2 + spread]
        ])  # fmt: skip
        values, axes = np.linalg.eigh(cov)
        major = axes[:, 1]
        told.append(
            {
                "after_min": minutes,
                "lat_deg": round(float(drift.lat_rad[k]) / DEGREE, 3),
                "lon_deg": round(float(drift.lon_rad[k]) / DEGREE, 3),
                "semi_major_95_m": round(SIGMAS_95 * math.sqrt(max(0.0, values[1])), -1),
                "semi_minor_95_m": round(SIGMAS_95 * math.sqrt(max(0.0, values[0])), -1),
                "major_axis_deg": round(math.atan2(major[1], major[0]) / DEGREE % 180.0, 0),
            }
        )
    return told


def cone(drift: Drift) -> BaseGeometry:
    """Area that holds it within the hour: hulls of the circles of 95 % that follow each other."""
    steps = range(0, drift.after_s.size, 5)
    circles = [
        ring_about(
            float(drift.lat_rad[k]) / DEGREE, float(drift.lon_rad[k]) / DEGREE,
            max(100.0, SIGMAS_95 * float(drift.sigma_m[k])), n=24,
        )
        for k in steps
    ]  # fmt: skip
    hulls = [shapely.convex_hull(shapely.union_all(pair)) for pair in pairwise(circles)]
    whole: BaseGeometry = shapely.set_precision(shapely.union_all(hulls), 1e-4)
    return whole
