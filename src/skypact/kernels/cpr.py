"""Compact position reports: latitude and longitude from 17 bits each.

Source: ED-102A / DO-260B, appendix A, 1.7 (encoding zones, global and local decoding) and table of
transition latitudes (1.7.2 d). Angles are degrees here, as there. Surface positions are the same
with a quarter of the span. Twin: tests/naive/fleet.py.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper

Floats = npt.NDArray[np.float64]

ZONES: Final = 15
"""Latitude zones between the equator and a pole."""
UNIT: Final = 1.0 / 131_072.0
"""Part of a zone in one count of 17 bits."""
DEGREE_M: Final = 111_195.0
"""Metres in one degree of a great circle, to 0.5 %: enough to judge a jump."""


def transition_latitudes() -> Floats:
    """Latitude from which there are less than n longitude zones, by n (60,); [0] and [1] at 90."""
    out = np.full(60, 90.0)
    for n in range(2, 60):
        part = (1 - math.cos(math.pi / (2 * ZONES))) / (1 - math.cos(2 * math.pi / n))
        out[n] = math.degrees(math.acos(math.sqrt(part)))
    return out


def most_zones() -> npt.NDArray[np.int64]:
    """Count the longitude zones at each whole degree, (91,): above it there are no more."""
    edges = transition_latitudes()[2:]
    return np.array([1 + int((edges > degree).sum()) for degree in range(91)], np.int64)


_EDGE_DEG: Final = transition_latitudes()
_MOST: Final = most_zones()


@helper
def zones_at(lat_deg: float) -> int:
    """Longitude zones at a latitude between -90 and 90."""
    size = abs(lat_deg)
    n = _MOST[int(size)]
    while n > 1 and size >= _EDGE_DEG[n]:
        n -= 1
    return n


@helper
def modulo(value: float, period: float) -> float:
    """Remainder that is never negative."""
    return value - period * math.floor(value / period)


@helper
def wrapped(lon_deg: float) -> float:
    """Longitude from -180 up to 180."""
    return lon_deg - 360.0 * math.floor((lon_deg + 180.0) / 360.0)


@helper
def pair_latitudes(y_even: float, y_odd: float, span: float) -> tuple[float, float]:
    """Latitudes of an even and an odd position, in zones counted from the equator north."""
    j = math.floor(59.0 * y_even - 60.0 * y_odd + 0.5)
    return (
        span / 60.0 * (modulo(j, 60.0) + y_even),
        span / 59.0 * (modulo(j, 59.0) + y_odd),
    )


@helper
def pair_longitude(x_even: float, x_odd: float, odd: int, zones: int, span: float) -> float:
    """Longitude of the newer position of a pair."""
    m = math.floor(x_even * (zones - 1) - x_odd * zones + 0.5)
    count = max(zones - odd, 1)
    return span / count * (modulo(m, float(count)) + (x_odd if odd else x_even))


@helper
def airborne_pair(
    y_even: float, x_even: float, y_odd: float, x_odd: float, odd: int
) -> tuple[bool, float, float]:
    """Place of the newer position of an airborne pair; false where the two are of other zones."""
    even_deg, odd_deg = pair_latitudes(y_even, y_odd, 360.0)
    even_deg -= 360.0 if even_deg >= 270.0 else 0.0
    odd_deg -= 360.0 if odd_deg >= 270.0 else 0.0
    if abs(even_deg) > 90.0 or abs(odd_deg) > 90.0:
        return False, math.nan, math.nan
    zones = zones_at(even_deg)
    if zones != zones_at(odd_deg):
        return False, math.nan, math.nan
    lon = pair_longitude(x_even, x_odd, odd, zones, 360.0)
    return True, (odd_deg if odd else even_deg), wrapped(lon)


@helper
def surface_pair(
    y_even: float,
    x_even: float,
    y_odd: float,
    x_odd: float,
    odd: int,
    near: Floats,
) -> tuple[bool, float, float]:
    """Place of the newer position of a surface pair: of the eight possible, that nearest `near`.

    `near` is a latitude and longitude in degrees, less than 45 degrees off.
    """
    even_deg, odd_deg = pair_latitudes(y_even, y_odd, 90.0)
    newer = odd_deg if odd else even_deg
    south = 90.0 if abs(newer - 90.0 - near[0]) < abs(newer - near[0]) else 0.0
    even_deg -= south
    odd_deg -= south
    zones = zones_at(even_deg)
    if zones != zones_at(odd_deg):
        return False, math.nan, math.nan
    lon = pair_longitude(x_even, x_odd, odd, zones, 90.0)
    lon += 90.0 * math.floor((near[1] - lon) / 90.0 + 0.5)
    return True, (odd_deg if odd else even_deg), wrapped(lon)


@helper
def near_place(
    y: float, x: float, odd: int, span: float, near_lat: float, near_lon: float
) -> tuple[bool, float, float]:
    """Place of one position within half a zone of a known place (span 90: on the surface)."""
    height = span / (60.0 - odd)
    j = math.floor(near_lat / height) + math.floor(0.5 + modulo(near_lat, height) / height - y)
    lat = height * (j + y)
    if abs(lat) > 90.0:
        return False, math.nan, math.nan
    width = span / max(zones_at(lat) - odd, 1)
    m = math.floor(near_lon / width) + math.floor(0.5 + modulo(near_lon, width) / width - x)
    return True, lat, wrapped(width * (m + x))


@helper
def distance_m(lat_deg: float, lon_deg: float, other_lat: float, other_lon: float) -> float:
    """Distance of two places, good to judge how far an aircraft may have flown."""
    north = lat_deg - other_lat
    east = wrapped(lon_deg - other_lon) * math.cos(0.5 * math.pi / 180.0 * (lat_deg + other_lat))
    return DEGREE_M * math.sqrt(north * north + east * east)
