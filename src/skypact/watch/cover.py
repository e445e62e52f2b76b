"""Where sensors see: range, elevation and the radio horizon."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.geo.horizon import effective_reach_m, reach_m
from skypact.kernels.geodesy import ecef_from_geodetic, enu_axes, polar_from_ecef
from skypact.model.reports import Floats
from skypact.rules.coverage import CoverageParams
from skypact.units import DEGREE
from skypact.watch.sky import SensorLook, Sky

Mask = npt.NDArray[np.bool_]
LEAST_ANTENNA_M: Final = 10.0
"""Antennas stand at least so high above the ground about them."""


class Site(NamedTuple):
    """An antenna in ECEF (3,), its east, north and up axes (3, 3), and how far its horizon is."""

    ecef_m: Floats
    axes: Floats
    reach_m: float


def site_of(sensor: SensorLook) -> Site | None:
    """Place a sensor; None where nobody knows where it is."""
    if not np.isfinite(sensor.lat_rad + sensor.lon_rad + sensor.height_m):
        return None
    lat, lon = np.array([sensor.lat_rad]), np.array([sensor.lon_rad])
    ecef, axes = np.empty((1, 3)), np.empty((1, 3, 3))
    ecef_from_geodetic(lat, lon, np.array([sensor.height_m]), ecef)
    enu_axes(lat, lon, axes)
    horizon_m = float(effective_reach_m(max(LEAST_ANTENNA_M, sensor.height_m)))
    return Site(ecef[0], axes[0], horizon_m)


def ecef_of(lat_rad: Floats, lon_rad: Floats, height_m: Floats) -> Floats:
    """Places (n, 3) in ECEF."""
    out = np.empty((lat_rad.size, 3))
    ecef_from_geodetic(lat_rad, lon_rad, height_m, out)
    return out


def polar_of(site: Site, ecef_m: Floats) -> Floats:
    """Slant range, azimuth and elevation (n, 3) of places (n, 3)."""
    out = np.empty_like(ecef_m)
    polar_from_ecef(ecef_m, site.ecef_m, site.axes, out)
    return out


class Heights(NamedTuple):
    """Tracks (n,) as all sensors are asked about them."""

    ecef_m: Floats
    """NaN where the height is unknown."""
    reach_m: Floats
    """From the horizon to their heights."""


def heights_of(sky: Sky) -> Heights:
    """Place all tracks; pressure altitude stands for an unknown height."""
    height = np.where(np.isfinite(sky.altitude_m), sky.altitude_m, sky.rows.baro_altitude_m)
    known = np.nan_to_num(np.maximum(height, 0.0))
    return Heights(ecef_of(sky.lat_rad, sky.lon_rad, height), reach_m(known))


def covered(params: CoverageParams, sensor: SensorLook, site: Site, at: Heights, polar: Floats
            ) -> Mask:  # fmt: skip
    """Whether a sensor would see tracks (n,) at these polar places (n, 3); unknown heights: no."""
    range_m, elevation = polar[:, 0], polar[:, 2]
    seen: Mask = range_m <= params.range_share * sensor.range_max_m
    seen &= range_m < site.reach_m + at.reach_m
    seen &= elevation >= params.least_elevation_deg * DEGREE
    if sensor.kind == "radar":
        seen &= elevation <= params.highest_elevation_deg * DEGREE
    return seen
