"""Heights that a radar measured become the elevation that it measured.

What a 3-D radar measures is an angle; what it sends is a height above mean sea level (I048/110).
Elevation follows from height, slant range and the radar's site, which is configured or sent by the
radar itself (I034/120); without a site the height is left out and counted. It never becomes a
height of the report: at 200 km it errs by a kilometre, reported heights by tens of metres.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from skypact.config import Sensor
from skypact.decode.asterix.fields import count_into
from skypact.geo.geoid import undulation_m
from skypact.kernels.geodesy import ECCENTRICITY2, MEAN_RADIUS_M, SEMI_MAJOR_M
from skypact.units import DEGREE

Array = npt.NDArray[Any]
SEA_HEIGHT: Final = "sea_height_m"
"""Name of the values that `elevations` turns into ``elevation_rad``."""


def configured_sites(sensors: Sequence[Sensor]) -> list[tuple[float, float, float]]:
    """Latitude, longitude (rad) and height of the sensors in order; NaN where none is given."""
    places = [(s.lat, s.lon, s.height_m) for s in sensors]
    return [
        (np.nan, np.nan, np.nan)
        if lat is None or lon is None
        else (lat * DEGREE, lon * DEGREE, height_m)
        for lat, lon, height_m in places
    ]


def elevations(
    values: dict[str, Array], sites: Array, sensor: Array, counts: dict[str, int]
) -> npt.NDArray[np.float64]:
    """Elevations (n,) in rad of reports with a slant range, an azimuth and a height.

    Parameters
    ----------
    values : dict
        Report columns; `SEA_HEIGHT`, ``range_m`` and ``azimuth_rad`` are read.
    sites : float64 (rows, 3)
        Latitude and longitude (rad) and height above the ellipsoid of every sensor; NaN where
        unknown.
    sensor : int (n,)
        Row of each report's sensor.
    counts : dict
        ``height_without_site`` is counted.

    Notes
    -----
    Law of cosines on the sphere of the ellipsoid's curvature along the azimuth (Euler: 1/R =
    cos^2/M + sin^2/N; Bugayevskiy and Snyder, "Map Projections", 1.2); metres off at 400 km. The
    geoid is taken at a place a kilometre in error, in which it changes by centimetres.
    """
    height = values[SEA_HEIGHT]
    present = ~np.isnan(height)
    out = np.full(height.size, np.nan)
    if not present.any():
        return out
    site = sites[sensor]
    known = present & ~np.isnan(site).any(axis=1) & (values["range_m"] > 0.0)
    count_into(counts, "height_without_site", present & ~known)
    angle = values["range_m"][known] / MEAN_RADIUS_M
    azimuth, lat, lon = values["azimuth_rad"][known], site[known, 0], site[known, 1]
    sine = np.sin(lat) * np.cos(angle) + np.cos(lat) * np.sin(angle) * np.cos(azimuth)
    there = np.arcsin(np.clip(sine, -1.0, 1.0))
    east = np.sin(azimuth) * np.sin(angle) * np.cos(lat)
    lon = lon + np.arctan2(east, np.cos(angle) - np.sin(lat) * sine)
    over_ellipsoid = height[known] + undulation_m(there, lon)
    mast = curvature_m(lat, azimuth) + site[known, 2]
    rise, slant = over_ellipsoid - site[known, 2], values["range_m"][known]
    sine = (rise * (2.0 * mast + rise) - slant * slant) / (2.0 * slant * mast)
    out[known] = np.where(np.abs(sine) <= 1.0, np.arcsin(np.clip(sine, -1.0, 1.0)), np.nan)
    count_into(counts, "height_beyond_range", known & np.isnan(out))
    return out


def curvature_m(lat_rad: Array, azimuth_rad: Array) -> Array:
    """Radius of curvature of the ellipsoid along an azimuth."""
    w2 = 1.0 - ECCENTRICITY2 * np.sin(lat_rad) ** 2
    normal = SEMI_MAJOR_M / np.sqrt(w2)
    meridian = normal * (1.0 - ECCENTRICITY2) / w2
    share = np.cos(azimuth_rad) ** 2
    return np.asarray(1.0 / (share / meridian + (1.0 - share) / normal))
