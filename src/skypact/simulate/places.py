"""Places some metres from others, and along great circles."""

import numpy as np

from skypact.kernels.geodesy import MEAN_RADIUS_M, ecef_from_geodetic, geodetic_from_ecef
from skypact.model.reports import Floats
from skypact.simulate.truth import wrapped


def geodetic(ecef_m: Floats) -> Floats:
    """Latitude, longitude (rad) and height (n, 3) of positions (n, 3)."""
    out = np.empty_like(ecef_m)
    geodetic_from_ecef(ecef_m, out)
    return out


def ecef_of(lat_rad: Floats, lon_rad: Floats, height_m: Floats) -> Floats:
    """Positions (n, 3) of geodetic places (n,)."""
    out = np.empty((len(lat_rad), 3))
    ecef_from_geodetic(lat_rad, lon_rad, height_m, out)
    return out


def moved(place: Floats, north_m: Floats, east_m: Floats) -> tuple[Floats, Floats]:
    """Latitude and longitude (rad) some metres away from geodetic places (n, 3)."""
    lat = place[:, 0] + north_m / MEAN_RADIUS_M
    lon = place[:, 1] + east_m / (MEAN_RADIUS_M * np.cos(place[:, 0]))
    return lat, wrapped(lon)


def distance_m(lat0: Floats, lon0: Floats, lat1: float, lon1: float) -> Floats:
    """Distance on the sphere from places (n,) to one, radians.

    Source: haversine formula (R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope 68,
    1984), exact for short distances.
    """
    half = np.sin(0.5 * (lat1 - lat0)) ** 2
    half = half + np.cos(lat0) * np.cos(lat1) * np.sin(0.5 * (lon1 - lon0)) ** 2
    return np.asarray(2.0 * MEAN_RADIUS_M * np.arcsin(np.sqrt(np.minimum(half, 1.0))))


def along_great_circle(
    lat0: Floats, lon0: Floats, course_rad: Floats, way_m: Floats
) -> tuple[Floats, Floats, Floats]:
    """Place (rad) and course there (n,) after a way on the sphere, from places with a course.

    Source: J. P. Snyder, "Map Projections - A Working Manual" (USGS 1395), eqs. 5-5 and 5-6.
    """
    arc = way_m / MEAN_RADIUS_M
    lat = np.arcsin(np.sin(lat0) * np.cos(arc) + np.cos(lat0) * np.sin(arc) * np.cos(course_rad))
    lon = lon0 + np.arctan2(
        np.sin(arc) * np.sin(course_rad),
        np.cos(lat0) * np.cos(arc) - np.sin(lat0) * np.sin(arc) * np.cos(course_rad),
    )
    course = np.arctan2(
        np.sin(course_rad) * np.cos(lat0),
        np.cos(course_rad) * np.cos(lat0) * np.cos(arc) - np.sin(lat0) * np.sin(arc),
    )
    return lat, wrapped(lon), course
