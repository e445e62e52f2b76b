"""Pressure altitude against height above the ellipsoid: geoid plus a slowly varying field.

Height above the ellipsoid = pressure altitude + undulation + offset + waves in space and time +
`warm` times the altitude. Real differences are tens to a few hundred metres: 1 hPa is 8.4 m, and a
column 10 K warmer than the standard atmosphere (ICAO Doc 7488) is 4 % taller.
"""

import math
from typing import Final, NamedTuple

import numpy as np

from skypact.model.reports import Floats
from skypact.simulate.parts import Air

_WAVES: Final = ((56.0, 37.0, 0.7), (-31.0, 69.0, 0.5))
"""Each wave: phase per radian of latitude and of longitude (some 600 km long), and its weight."""
_PERIOD_S: Final = 21_600.0


class AirField(NamedTuple):
    """One weather: the scenario's air with the phases drawn for this run."""

    air: Air
    phases: tuple[float, ...]


def air_field(air: Air, rng: np.random.Generator) -> AirField:
    """Draw the weather of a run."""
    return AirField(air, tuple(rng.uniform(0.0, 2.0 * math.pi, len(_WAVES)).tolist()))


def height_over_pressure_m(
    field: AirField, lat_rad: Floats, lon_rad: Floats, baro_m: Floats, time_s: float
) -> Floats:
    """Height above the ellipsoid minus pressure altitude, of n places (n,)."""
    air = field.air
    turning = 2.0 * math.pi * (time_s % _PERIOD_S) / _PERIOD_S
    total = air.undulation_m + air.offset_m + air.warm * baro_m
    for (north, east, weight), phase in zip(_WAVES, field.phases, strict=True):
        angle = north * lat_rad + east * lon_rad + phase + turning
        total = total + air.wave_m * weight * np.sin(angle)
    return total


def pressure_altitude_m(
    field: AirField, lat_rad: Floats, lon_rad: Floats, height_m: Floats, time_s: float
) -> Floats:
    """Pressure altitude at heights above the ellipsoid (n,): `height_over_pressure_m` solved."""
    at_zero = height_over_pressure_m(field, lat_rad, lon_rad, np.zeros_like(height_m), time_s)
    return np.asarray((height_m - at_zero) / (1.0 + field.air.warm))
