"""Plain twins of kernels/geodesy.py: matrices, and a bisection where the kernel uses a series."""

import math

import numpy as np

SEMI_MAJOR_M = 6_378_137.0
INVERSE_FLATTENING = 298.257223563
SEMI_MINOR_M = SEMI_MAJOR_M * (INVERSE_FLATTENING - 1.0) / INVERSE_FLATTENING
E2 = 1.0 - (SEMI_MINOR_M / SEMI_MAJOR_M) ** 2


def ecef_from_geodetic(lat_rad, lon_rad, height_m):
    """Positions (n, 3): the foot on the ellipsoid by its parametric latitude, plus the normal."""
    lat, lon, height = (np.asarray(v, float) for v in (lat_rad, lon_rad, height_m))
    reduced = np.arctan2(SEMI_MINOR_M * np.sin(lat), SEMI_MAJOR_M * np.cos(lat))
    ground = SEMI_MAJOR_M * np.cos(reduced) + height * np.cos(lat)
    z = SEMI_MINOR_M * np.sin(reduced) + height * np.sin(lat)
    return np.stack([ground * np.cos(lon), ground * np.sin(lon), z], axis=-1)


def geodetic_from_ecef(ecef_m):
    """Latitude, longitude, height (n, 3): the nearest point of the meridian's ellipse, bisected."""
    return np.array([_geodetic_one(*row) for row in np.atleast_2d(ecef_m)])


def _geodetic_one(x, y, z):
    p = math.hypot(x, y)
    low, high = -math.pi / 2, math.pi / 2
    for _ in range(60):  # half a turn over 2^60 is below the rounding
        lat = 0.5 * (low + high)
        n = SEMI_MAJOR_M / math.sqrt(1.0 - E2 * math.sin(lat) ** 2)
        ahead = (p - n * math.cos(lat)) * math.sin(lat)
        # The point seen from the foot's normal: positive where it lies on the pole's side.
        side = (z - n * (1.0 - E2) * math.sin(lat)) * math.cos(lat) - ahead
        low, high = (lat, high) if side > 0.0 else (low, lat)
    foot = ecef_from_geodetic(lat, 0.0, 0.0)
    height = (p - foot[0]) * math.cos(lat) + (z - foot[2]) * math.sin(lat)
    return lat, math.atan2(y, x), height


def enu_axes(lat_rad, lon_rad):
    """Rows east, north, up (n, 3, 3): the axes of the origin turned to each place."""
    return np.array([_axes_one(a, o) for a, o in zip(lat_rad, lon_rad, strict=True)])


def _axes_one(lat, lon):
    at_origin = np.array([[0.0, 1, 0], [0, 0, 1], [1, 0, 0]])
    c, s = math.cos(-lat), math.sin(-lat)
    about_y = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    c, s = math.cos(lon), math.sin(lon)
    about_z = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    return at_origin @ (about_z @ about_y).T


def polar_from_ecef(ecef_m, site_m, axes):
    """Slant range, azimuth and elevation (n, 3)."""
    east, north, up = ((np.asarray(ecef_m) - site_m) @ np.asarray(axes).T).T
    slant = np.sqrt(east**2 + north**2 + up**2)
    return np.stack([slant, np.arctan2(east, north) % (2 * np.pi), np.arcsin(up / slant)], axis=-1)


def ecef_from_polar(range_m, azimuth_rad, height_m, site, axes):
    """Position at a slant range and azimuth at a height: bisection on the elevation."""

    def place(elevation):
        level = range_m * math.cos(elevation)
        enu = [level * math.sin(azimuth_rad), level * math.cos(azimuth_rad)]
        return np.asarray(site[:3]) + np.array([*enu, range_m * math.sin(elevation)]) @ axes

    low, high = -math.pi / 2, math.pi / 2
    for _ in range(60):
        middle = 0.5 * (low + high)
        below = _geodetic_one(*place(middle))[2] < height_m
        low, high = (middle, high) if below else (low, middle)
    return place(0.5 * (low + high))


def up_at(position_m):
    """Unit normal of the ellipsoid at the geodetic latitude of a position (3,)."""
    lat, lon, _ = _geodetic_one(*position_m)
    return _axes_one(lat, lon)[2]
