"""WGS-84: geodetic, earth-centred (ECEF) and local east-north-up coordinates.

Sources: NGA.STND.0036 (WGS 84), edition 1.0.0, table 3.1 for the ellipsoid; B. R. Bowring,
"Transformation from spatial to geographical coordinates", Survey Review 181 (1976), 323-327, for
the inverse, iterated until it is exact to the rounding; Bugayevskiy and Snyder, "Map Projections",
section 1.2 for the axes. Angles in radians, lengths in metres. pyproj is the oracle in the tests.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper, kernel

Floats = npt.NDArray[np.float64]

SEMI_MAJOR_M: Final = 6_378_137.0
FLATTENING: Final = 1.0 / 298.257223563
SEMI_MINOR_M: Final = SEMI_MAJOR_M * (1.0 - FLATTENING)
ECCENTRICITY2: Final = FLATTENING * (2.0 - FLATTENING)
SECOND_ECCENTRICITY2: Final = ECCENTRICITY2 / (1.0 - ECCENTRICITY2)
MEAN_RADIUS_M: Final = 6_371_008.8
EFFECTIVE_RADIUS_FACTOR: Final = 4.0 / 3.0


@helper
def ecef_from_geodetic_one(
    lat_rad: float, lon_rad: float, height_m: float
) -> tuple[float, float, float]:
    """ECEF position of one geodetic position."""
    sin_lat = math.sin(lat_rad)
    cos_lat = math.cos(lat_rad)
    n = SEMI_MAJOR_M / math.sqrt(1.0 - ECCENTRICITY2 * sin_lat * sin_lat)
    return (
        (n + height_m) * cos_lat * math.cos(lon_rad),
        (n + height_m) * cos_lat * math.sin(lon_rad),
        (n * (1.0 - ECCENTRICITY2) + height_m) * sin_lat,
    )


@helper
def geodetic_from_ecef_one(x: float, y: float, z: float) -> tuple[float, float, float]:
    """Latitude, longitude and height of one ECEF position (Bowring, three rounds).

    Angles are kept as sine and cosine up to a factor, so that a round takes one root and no sine.
    """
    p = math.sqrt(x * x + y * y)
    if p < 1e-6:
        lat = math.copysign(math.pi / 2.0, z)
        return lat, 0.0, abs(z) - SEMI_MINOR_M
    sin_b = SEMI_MAJOR_M * z
    cos_b = SEMI_MINOR_M * p
    sin_lat = 0.0
    cos_lat = 1.0
    for _ in range(3):
        scale = 1.0 / math.sqrt(sin_b * sin_b + cos_b * cos_b)
        sin_b *= scale
        cos_b *= scale
        sin_lat = z + SECOND_ECCENTRICITY2 * SEMI_MINOR_M * sin_b * sin_b * sin_b
        cos_lat = p - ECCENTRICITY2 * SEMI_MAJOR_M * cos_b * cos_b * cos_b
        sin_b = (1.0 - FLATTENING) * sin_lat
        cos_b = cos_lat
    lat = math.atan2(sin_lat, cos_lat)
    scale = 1.0 / math.sqrt(sin_lat * sin_lat + cos_lat * cos_lat)
    sin_lat *= scale
    cos_lat *= scale
    w = math.sqrt(1.0 - ECCENTRICITY2 * sin_lat * sin_lat)
    height = p * cos_lat + z * sin_lat - SEMI_MAJOR_M * w
    return lat, math.atan2(y, x), height


@helper
def up_at_one(x: float, y: float, z: float) -> tuple[float, float, float]:
    """Compute the ellipsoid's unit normal at an ECEF position, within h/R * e^2."""
    b = SEMI_MAJOR_M * SEMI_MAJOR_M / (SEMI_MINOR_M * SEMI_MINOR_M)
    norm = math.sqrt(x * x + y * y + b * b * z * z)
    if norm == 0.0:
        return 0.0, 0.0, 1.0
    return x / norm, y / norm, b * z / norm


@helper
def enu_axes_one(lat_rad: float, lon_rad: float, axes_out: Floats) -> None:
    """Rows east, north, up of the local frame, in ECEF components; `axes_out` is (3, 3)."""
    sin_lat = math.sin(lat_rad)
    cos_lat = math.cos(lat_rad)
    sin_lon = math.sin(lon_rad)
    cos_lon = math.cos(lon_rad)
    axes_out[0, 0], axes_out[0, 1], axes_out[0, 2] = -sin_lon, cos_lon, 0.0
    axes_out[1, 0] = -sin_lat * cos_lon
    axes_out[1, 1] = -sin_lat * sin_lon
    axes_out[1, 2] = cos_lat
    axes_out[2, 0] = cos_lat * cos_lon
    axes_out[2, 1] = cos_lat * sin_lon
    axes_out[2, 2] = sin_lat


@helper
def elevation_for_height_one(range_m: float, site_height_m: float, height_m: float) -> float:
    """Elevation (straight line, spherical earth) at which a slant range meets a height."""
    if range_m <= 0.0:
        return 0.0
    site = MEAN_RADIUS_M + site_height_m
    target = MEAN_RADIUS_M + height_m
    sine = (target * target - site * site - range_m * range_m) / (2.0 * range_m * site)
    return math.asin(min(1.0, max(-1.0, sine)))


@kernel
def ecef_from_geodetic(lat_rad: Floats, lon_rad: Floats, height_m: Floats, out: Floats) -> None:
    """Positions to ECEF; inputs (n,), `out` (n, 3). Twin: tests/naive/geodesy.py."""
    for i in range(lat_rad.shape[0]):
        out[i, 0], out[i, 1], out[i, 2] = ecef_from_geodetic_one(
            lat_rad[i], lon_rad[i], height_m[i]
        )


@kernel
def geodetic_from_ecef(ecef_m: Floats, out: Floats) -> None:
    """ECEF (n, 3) to latitude, longitude, height in the columns of `out` (n, 3)."""
    for i in range(ecef_m.shape[0]):
        out[i, 0], out[i, 1], out[i, 2] = geodetic_from_ecef_one(
            ecef_m[i, 0], ecef_m[i, 1], ecef_m[i, 2]
        )


@kernel
def enu_axes(lat_rad: Floats, lon_rad: Floats, axes_out: Floats) -> None:
    """Local axes of n places; `axes_out` (n, 3, 3), rows east, north, up in ECEF components."""
    for i in range(lat_rad.shape[0]):
        enu_axes_one(lat_rad[i], lon_rad[i], axes_out[i])


@kernel
def polar_from_ecef(ecef_m: Floats, site_m: Floats, axes: Floats, out: Floats) -> None:
    """Slant range, azimuth and elevation (columns of `out` (n, 3)) of ECEF positions (n, 3).

    `site_m` (3,) is the antenna in ECEF, `axes` (3, 3) its east, north, up rows. Azimuth is
    clockwise from north in [0, 2 pi); elevation is that of the straight line.
    """
    for i in range(ecef_m.shape[0]):
        dx = ecef_m[i, 0] - site_m[0]
        dy = ecef_m[i, 1] - site_m[1]
        dz = ecef_m[i, 2] - site_m[2]
        east = axes[0, 0] * dx + axes[0, 1] * dy + axes[0, 2] * dz
        north = axes[1, 0] * dx + axes[1, 1] * dy + axes[1, 2] * dz
        up = axes[2, 0] * dx + axes[2, 1] * dy + axes[2, 2] * dz
        azimuth = math.atan2(east, north)
        out[i, 0] = math.sqrt(dx * dx + dy * dy + dz * dz)
        out[i, 1] = azimuth if azimuth >= 0.0 else azimuth + 2.0 * math.pi
        out[i, 2] = math.atan2(up, math.hypot(east, north))


@helper
def ecef_from_polar_one(
    range_m: float, azimuth_rad: float, height_m: float, site: Floats, axes: Floats
) -> tuple[float, float, float]:
    """ECEF position at a slant range and azimuth whose geodetic height is `height_m`.

    `site` (4,) holds the antenna in ECEF and its height. The spherical elevation is corrected by
    the height it really gives, twice: within 1 cm at 500 km. Where the range cannot reach the
    height (right above the antenna), the elevation is the steepest possible.
    """
    elevation = elevation_for_height_one(range_m, site[3], height_m)
    x = y = z = 0.0
    for _ in range(3):
        ground = range_m * math.cos(elevation)
        east = ground * math.sin(azimuth_rad)
        north = ground * math.cos(azimuth_rad)
        up = range_m * math.sin(elevation)
        x = site[0] + axes[0, 0] * east + axes[1, 0] * north + axes[2, 0] * up
        y = site[1] + axes[0, 1] * east + axes[1, 1] * north + axes[2, 1] * up
        z = site[2] + axes[0, 2] * east + axes[1, 2] * north + axes[2, 2] * up
        _, _, reached = geodetic_from_ecef_one(x, y, z)
        if ground < 0.05 * range_m:
            break
        step = (height_m - reached) / ground
        elevation = min(0.5 * math.pi, max(-0.5 * math.pi, elevation + step))
    return x, y, z
