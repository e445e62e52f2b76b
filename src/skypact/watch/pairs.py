"""Pairs of tracks that come near each other, out of thousands."""

from typing import Final, NamedTuple

import numpy as np

from skypact.kernels.sweep import Sweeps, meeting_pairs
from skypact.model.reports import Floats, Longs
from skypact.watch.sky import EARTH_M

LAYER_M: Final = 600.0
"""Depth of the layers in which pairs are looked for: about twice the height of a level flight's
box."""
LAYERS: Final = 40
"""The lowest and the highest hold what is beyond them."""
_ROOM: Final = 4
"""Pairs of an object that there is room for at first."""


class Ways(NamedTuple):
    """Straight ways of n objects: places and directions on a sphere of the Earth's mean radius."""

    place_m: Floats
    """Earth-centred (n, 3); heights are left out."""
    velocity_mps: Floats
    """Earth-centred, along the ground (n, 3)."""
    east: Floats
    """Unit vectors (n, 3)."""
    north: Floats


def ways_of(lat_rad: Floats, lon_rad: Floats, vn_mps: Floats, ve_mps: Floats) -> Ways:
    """Make the ways of objects (n,) from places and velocities."""
    sin_lat, cos_lat = np.sin(lat_rad), np.cos(lat_rad)
    sin_lon, cos_lon = np.sin(lon_rad), np.cos(lon_rad)
    up = np.stack((cos_lat * cos_lon, cos_lat * sin_lon, sin_lat), axis=1)
    east = np.stack((-sin_lon, cos_lon, np.zeros_like(sin_lon)), axis=1)
    north = np.stack((-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat), axis=1)
    velocity = ve_mps[:, None] * east + vn_mps[:, None] * north
    return Ways(EARTH_M * up, velocity, east, north)


def pairs_near(
    ways: Ways, low_m: Floats, high_m: Floats, reach_m: Floats, ahead_s: float
) -> tuple[Longs, Longs]:
    """Pairs that come nearer than the sum of their reaches within a time, and overlap in height.

    Parameters
    ----------
    ways : Ways of n
        No NaN.
    low_m, high_m : (n,) float64
        Least and largest height within the time, widened by half of what is near.
    reach_m : (n,) float64
        Half of what is near along the ground.
    ahead_s : float
        The time.

    Returns
    -------
    tuple of int64 (k,)
        The places of both, the first less than the second, in order.
    """
    if low_m.size < 2:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    to_m = ways.place_m + ways.velocity_mps * ahead_s
    least = np.minimum(ways.place_m, to_m) - reach_m[:, None]
    most = np.maximum(ways.place_m, to_m) + reach_m[:, None]
    first, second = np.argsort(np.ptp(ways.place_m, axis=0), kind="stable")[:0:-1]
    lowest, highest = _layer(low_m), _layer(high_m)
    n_layers = highest - lowest + 1
    entry = np.repeat(np.arange(low_m.size), n_layers)
    layer = np.arange(entry.size) - np.repeat(np.cumsum(n_layers) - n_layers, n_layers)
    layer += lowest[entry]
    sort = np.lexsort((least[entry, first], layer))
    order, layer = entry[sort], layer[sort]
    columns = least[:, first], most[:, first], least[:, second], most[:, second], low_m, high_m
    sweeps = Sweeps(
        layer,
        lowest[order],
        np.ascontiguousarray(np.stack(columns, axis=1)[order]),
        np.ascontiguousarray(ways.place_m[order]),
        np.ascontiguousarray(ways.velocity_mps[order]),
        np.ascontiguousarray(reach_m[order]),
    )
    pairs = np.empty((_ROOM * low_m.size, 2), np.int64)
    n = meeting_pairs(sweeps, float(ahead_s), pairs)
    if n > len(pairs):
        pairs = np.empty((n, 2), np.int64)
        meeting_pairs(sweeps, float(ahead_s), pairs)
    found = np.sort(order[pairs[:n]], axis=1)
    found = found[np.lexsort((found[:, 1], found[:, 0]))]
    return found[:, 0], found[:, 1]


def _layer(height_m: Floats) -> Longs:
    return np.clip(height_m / LAYER_M, 0.0, LAYERS - 1.0).astype(np.int64)
