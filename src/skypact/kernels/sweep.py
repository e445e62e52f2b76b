"""Pairs of objects that come near each other on straight ways within a time.

Sort and sweep: boxes that hold the ways are sorted by where they begin along one coordinate, and
only boxes that overlap in all their coordinates are looked at (C. Ericson, "Real-Time Collision
Detection", Morgan Kaufmann 2005, section 7.5), layer by layer of height: 4 ms instead of 13 for
10,000 objects in 500 km by 500 km and 120 s. The least distance of two that move uniformly is that
at the zero of its derivative, inside the time (section 5.5.2).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper, kernel

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]


class Sweeps(NamedTuple):
    """Ways of objects, one of n entries for each layer that they are in.

    Entries are in order of their layers, and in these of the first column of `box_m`.
    """

    layer: Longs
    """(n,)"""
    first_layer: Longs
    """The lowest that the object is in (n,)."""

    box_m: Floats
    """(n, 6): least and largest first coordinate, least and largest second one, least and largest
    height."""
    place_m: Floats
    """Where they begin (n, 3)."""
    velocity_mps: Floats
    """(n, 3)"""
    reach_m: Floats
    """Two are near at less than the sum of theirs (n,)."""


@helper
def least_distance2(sweeps: Sweeps, i: int, j: int, ahead_s: float) -> float:
    """Squared least distance of two ways within the time."""
    px = sweeps.place_m[j, 0] - sweeps.place_m[i, 0]
    py = sweeps.place_m[j, 1] - sweeps.place_m[i, 1]
    pz = sweeps.place_m[j, 2] - sweeps.place_m[i, 2]
    vx = sweeps.velocity_mps[j, 0] - sweeps.velocity_mps[i, 0]
    vy = sweeps.velocity_mps[j, 1] - sweeps.velocity_mps[i, 1]
    vz = sweeps.velocity_mps[j, 2] - sweeps.velocity_mps[i, 2]
    speed2 = vx * vx + vy * vy + vz * vz
    closing = -(px * vx + py * vy + pz * vz)
    t = 0.0
    if closing > 0.0 and speed2 > 0.0:
        t = min(closing / speed2, ahead_s)
    px += t * vx
    py += t * vy
    pz += t * vz
    return px * px + py * py + pz * pz


@kernel
def meeting_pairs(sweeps: Sweeps, ahead_s: float, pairs_out: Longs) -> int:
    """List the pairs that come nearer than the sum of their reaches; heights by boxes alone.

    Parameters
    ----------
    sweeps : Sweeps
        Metres and metres per second, no NaN.
    ahead_s : float
        The time.
    pairs_out : int64 (capacity, 2)
        Written: places in `sweeps`, as many as there is room for.

    Returns
    -------
    int
        How many there are. Twin: tests/naive/sweep.py.
    """
    box, layer, first_layer = sweeps.box_m, sweeps.layer, sweeps.first_layer
    n = box.shape[0]
    found = 0
    for i in range(n):
        end, y_low, y_high, h_low, h_high = box[i, 1], box[i, 2], box[i, 3], box[i, 4], box[i, 5]
        for j in range(i + 1, n):
            if box[j, 0] > end or layer[j] != layer[i]:
                break
            if box[j, 4] > h_high or box[j, 5] < h_low or box[j, 2] > y_high or box[j, 3] < y_low:
                continue
            if max(first_layer[i], first_layer[j]) != layer[i]:
                continue  # met in another layer
            reach = sweeps.reach_m[i] + sweeps.reach_m[j]
            if least_distance2(sweeps, i, j, ahead_s) < reach * reach:
                if found < pairs_out.shape[0]:
                    pairs_out[found, 0] = i
                    pairs_out[found, 1] = j
                found += 1
    return found
