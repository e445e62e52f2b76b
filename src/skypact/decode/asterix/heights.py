"""Heights above mean sea level become heights above the ellipsoid.

A radar that measures height gives it above mean sea level (I048/110). Where the target is follows
from the radar's site, which is configured or sent by the radar itself (I034/120); without a site
the height is left out and counted, never mixed up with another kind of height.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from skypact.config import Sensor
from skypact.decode.asterix.fields import count_into
from skypact.geo.geoid import undulation_m
from skypact.kernels.geodesy import MEAN_RADIUS_M
from skypact.units import DEGREE

Array = npt.NDArray[Any]
SEA_HEIGHT: Final = "sea_height_m"
"""Name of the values that `over_ellipsoid` turns into ``geo_altitude_m``."""


def configured_sites(sensors: Sequence[Sensor]) -> list[tuple[float, float]]:
    """Latitude and longitude (rad) of the sensors in order; NaN where none is configured."""
    places = [(s.lat, s.lon) for s in sensors]
    return [
        (np.nan, np.nan) if lat is None or lon is None else (lat * DEGREE, lon * DEGREE)
        for lat, lon in places
    ]


def over_ellipsoid(
    values: dict[str, Array], sites: Array, sensor: Array, counts: dict[str, int]
) -> npt.NDArray[np.float64]:
    """Heights above the ellipsoid (n,) of reports with a slant range and an azimuth.

    Parameters
    ----------
    values : dict
        Report columns; `SEA_HEIGHT`, ``range_m`` and ``azimuth_rad`` are read.
    sites : float64 (rows, 2)
        Latitude and longitude of every sensor, rad; NaN where unknown.
    sensor : int (n,)
        Row of each report's sensor.
    counts : dict
        ``height_without_site`` is counted.

    Notes
    -----
    The place is that of a sphere and of a level flight path: a kilometre in error, in which the
    geoid changes by centimetres.
    """
    height = values[SEA_HEIGHT]
    present = ~np.isnan(height)
    out = np.full(height.size, np.nan)
    if not present.any():
        return out
    site = sites[sensor]
    known = present & ~np.isnan(site).any(axis=1) & ~np.isnan(values["range_m"])
    count_into(counts, "height_without_site", present & ~known)
    angle = values["range_m"][known] / MEAN_RADIUS_M
    azimuth, lat, lon = values["azimuth_rad"][known], site[known, 0], site[known, 1]
    sine = np.sin(lat) * np.cos(angle) + np.cos(lat) * np.sin(angle) * np.cos(azimuth)
    there = np.arcsin(np.clip(sine, -1.0, 1.0))
    east = np.sin(azimuth) * np.sin(angle) * np.cos(lat)
    lon = lon + np.arctan2(east, np.cos(angle) - np.sin(lat) * sine)
    out[known] = height[known] + undulation_m(there, lon)
    return out
