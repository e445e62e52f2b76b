"""Which places an area of the map holds."""

import numpy as np
import numpy.typing as npt

from skypact.model.store import Area

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def within(area: Area, lat_rad: Floats, lon_rad: Floats) -> Mask:
    """Whether places (n,) are in an area; NaN is nowhere, a box's edge is inside.

    Of places on a polygon's edge some are in and some are not, by the rule of odd crossings.
    """
    in_lat = (lat_rad >= area.south_rad) & (lat_rad <= area.north_rad)
    east_of, west_of = lon_rad >= area.west_rad, lon_rad <= area.east_rad
    crosses = area.west_rad > area.east_rad
    inside: Mask = in_lat & ((east_of | west_of) if crosses else (east_of & west_of))
    if area.polygon_rad:
        found = np.flatnonzero(inside)
        inside[found] = _in_ring(area.polygon_rad, lat_rad[found], lon_rad[found])
    return inside


def _in_ring(
    corners_rad: tuple[tuple[float, float], ...], lat_rad: Floats, lon_rad: Floats
) -> Mask:
    """Whether a ray to the east crosses the ring an odd number of times, (n,)."""
    odd = np.zeros(lat_rad.size, np.bool_)
    for (lon_a, lat_a), (lon_b, lat_b) in zip(
        corners_rad, corners_rad[1:] + corners_rad[:1], strict=True
    ):
        if lat_a == lat_b:
            continue
        spans = (lat_a > lat_rad) != (lat_b > lat_rad)
        edge_rad = lon_a + (lat_rad - lat_a) * ((lon_b - lon_a) / (lat_b - lat_a))
        odd ^= spans & (lon_rad < edge_rad)
    return odd
