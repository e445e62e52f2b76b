"""What a sensor could see: exact polar geometry, radio horizon, detection, stray errors."""

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.config import Sensor, resolve
from skypact.geo.horizon import effective_reach_m, reach_m
from skypact.kernels.geodesy import (
    ecef_from_geodetic,
    enu_axes,
    polar_from_ecef,
)
from skypact.model.reports import Floats
from skypact.simulate.parts import Air, Noise
from skypact.units import DEGREE

Mask = npt.NDArray[np.bool_]
_FALSE_ALARM: Final = 1e-6
_EDGE_SHARE: Final = 0.95
"""Share of the maximum range at which cooperative detection has fallen to a half."""
_EDGE_WIDTH: Final = 0.015


class Site(NamedTuple):
    """An antenna: place, local axes, and the data sheet in SI units and radians."""

    ecef_m: Floats
    """(3,)"""
    axes: Floats
    """(3, 3), rows east, north, up."""
    over_ground_m: float
    range_max_m: float
    period_s: float
    sigma_range_m: float
    sigma_azimuth_rad: float
    sigma_position_m: float
    p_detection: float
    clutter_per_scan: float
    sigma_elevation_rad: float
    """NaN where elevation is not measured."""
    sigma_range_rate_mps: float
    """NaN where range rate is not measured."""


def site_of(sensor: Sensor, air: Air) -> Site:
    """Site of a sensor that has a place."""
    lat = np.array([(sensor.lat or 0.0) * DEGREE])
    lon = np.array([(sensor.lon or 0.0) * DEGREE])
    ecef, axes = np.empty((1, 3)), np.empty((1, 3, 3))
    ecef_from_geodetic(lat, lon, np.array([sensor.height_m]), ecef)
    enu_axes(lat, lon, axes)
    return Site(
        ecef[0],
        axes[0],
        max(5.0, sensor.height_m - air.ground_m),
        resolve(sensor, "range_max_m"),
        resolve(sensor, "period_s"),
        resolve(sensor, "sigma_range_m"),
        resolve(sensor, "sigma_azimuth_deg") * DEGREE,
        resolve(sensor, "sigma_position_m"),
        resolve(sensor, "p_detection"),
        resolve(sensor, "clutter_per_scan"),
        math.nan if sensor.sigma_elevation_deg is None else sensor.sigma_elevation_deg * DEGREE,
        math.nan if sensor.sigma_range_rate_mps is None else sensor.sigma_range_rate_mps,
    )


def enu(site: Site, ecef_m: Floats) -> Floats:
    """East, north, up (n, 3) of positions (n, 3) from the antenna."""
    return np.asarray((ecef_m - site.ecef_m) @ site.axes.T)


def ecef(site: Site, enu_m: Floats) -> Floats:
    """Positions (n, 3) of east, north, up (n, 3) from the antenna."""
    return np.asarray(enu_m @ site.axes + site.ecef_m)


def enu_of_polar(range_m: Floats, azimuth_rad: Floats, elevation_rad: Floats) -> Floats:
    """East, north, up (n, 3) of polar places (n,)."""
    level = range_m * np.cos(elevation_rad)
    east, north = level * np.sin(azimuth_rad), level * np.cos(azimuth_rad)
    return np.stack((east, north, range_m * np.sin(elevation_rad)), axis=1)


def polar(site: Site, ecef_m: Floats) -> Floats:
    """Slant range, azimuth and elevation (n, 3) of positions (n, 3)."""
    out = np.empty_like(ecef_m)
    polar_from_ecef(ecef_m, site.ecef_m, site.axes, out)
    return out


def over_horizon(site: Site, range_m: Floats, height_m: Floats, ground_m: float) -> Mask:
    """Whether targets (n,) stand above the radio horizon of smooth ground (`horizon`)."""
    reach = effective_reach_m(site.over_ground_m) + reach_m(np.maximum(height_m - ground_m, 0.0))
    return np.asarray(range_m < reach)


def cooperative_probability(site: Site, range_m: Floats) -> Floats:
    """Probability of detecting an equipped target: the data sheet's, falling at the edge."""
    x = (range_m / site.range_max_m - _EDGE_SHARE) / _EDGE_WIDTH
    fall = 1.0 / (1.0 + np.exp(np.clip(x, -50.0, 50.0)))
    return np.where(range_m < site.range_max_m, site.p_detection * fall, 0.0)


def primary_probability(
    site: Site, half_range_m: float, range_m: Floats, cross_section: Floats
) -> Floats:
    """Probability of a primary plot: Swerling 1, Pd = Pfa^(1 / (1 + snr)), never above the sheet's.

    Source: Skolnik, "Introduction to Radar Systems", 3rd ed., section 2.8. The signal-to-noise
    ratio falls with range^4; `half_range_m` is where a cross-section of 1 has Pd = 1/2.
    """
    at_half = math.log(_FALSE_ALARM) / math.log(0.5) - 1.0
    ratio = at_half * cross_section * (half_range_m / np.maximum(range_m, 1.0)) ** 4
    return np.minimum(site.p_detection, _FALSE_ALARM ** (1.0 / (1.0 + ratio)))


def errors(sigma: Floats | float, n: int, noise: Noise, rng: np.random.Generator) -> Floats:
    """Draw `n` errors: normal, but a small share from Student's t with heavier tails."""
    normal = rng.standard_normal(n)
    stray = rng.random(n) < noise.outlier_share
    heavy = noise.outlier_scale * rng.standard_t(2.0, n)
    return np.asarray(np.where(stray, heavy, normal) * sigma)
