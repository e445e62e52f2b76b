"""Wind: a profile by height, and gusts as a smooth random field of place and time.

The gusts are a sum of random Fourier modes (R. H. Kraichnan, "Diffusion by a random velocity
field", Physics of Fluids 13 (1970), 22-31): wave vectors and frequencies are normal, so that the
field is nearly normal with correlation exp(-d^2 / 2 L^2) exp(-t^2 / 2 T^2), L = 50 km.
"""

import math
from typing import Final, NamedTuple

import numpy as np

from skypact.kernels.geodesy import MEAN_RADIUS_M
from skypact.model.reports import Floats
from skypact.simulate.parts import Wind
from skypact.units import DEGREE

GUST_LENGTH_M: Final = 50_000.0
_MODES: Final = 32


class WindField(NamedTuple):
    """One weather's wind: the scenario's profile and the modes drawn for this run."""

    height_m: Floats
    """Levels, ascending (m,)."""
    north_mps: Floats
    """Mean wind at the levels (m,)."""
    east_mps: Floats
    amplitude_mps: float
    """Of each mode."""
    waves: Floats
    """Wave vectors (3, 2 k) rad/m, the first k for the gusts north, the rest for those east."""
    turning: Floats
    """Frequencies (2 k,) rad/s."""
    phase: Floats
    """Phases (2 k,) rad."""
    start_s: float


def wind_field(wind: Wind, start_s: float, rng: np.random.Generator) -> WindField:
    """Draw the wind of a run that begins at `start_s`."""
    towards = np.array(wind.from_deg) * DEGREE + math.pi
    speed = np.array(wind.speed_mps)
    return WindField(
        np.array(wind.height_m),
        speed * np.cos(towards),
        speed * np.sin(towards),
        wind.gust_mps * math.sqrt(2.0 / _MODES),
        rng.standard_normal((3, 2 * _MODES)) / GUST_LENGTH_M,
        rng.standard_normal(2 * _MODES) / wind.gust_s,
        rng.uniform(0.0, 2.0 * math.pi, 2 * _MODES),
        start_s,
    )


def wind_at(
    field: WindField, lat_rad: Floats, lon_rad: Floats, height_m: Floats, time_s: float
) -> tuple[Floats, Floats]:
    """Wind north and east (m/s) at n places (n,); constant below and above the levels."""
    north = np.interp(height_m, field.height_m, field.north_mps)
    east = np.interp(height_m, field.height_m, field.east_mps)
    if field.amplitude_mps == 0.0:
        return north, east
    radius = MEAN_RADIUS_M + height_m
    level = radius * np.cos(lat_rad)
    place = np.stack(
        (level * np.cos(lon_rad), level * np.sin(lon_rad), radius * np.sin(lat_rad)), axis=1
    )
    turned = field.phase + field.turning * (time_s - field.start_s)
    modes = np.cos(place @ field.waves + turned)
    north += field.amplitude_mps * modes[:, :_MODES].sum(axis=1)
    east += field.amplitude_mps * modes[:, _MODES:].sum(axis=1)
    return north, east
