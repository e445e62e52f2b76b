"""Pairs of true objects and tracks nearer to each other than a cut-off, instant by instant.

The tracks of an instant are sorted along one coordinate; a true object looks only at those inside
its own interval of that coordinate (`evaluate.pairs` chooses it), so that separated objects cost
no more than the strip they lie in. Distances are Euclidean (Bentley, "Multidimensional binary
search trees", 1975, needs more code to save what the strip already saves at 10,000 objects).
"""

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper, kernel

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

OTHER_SIDE_M: Final = 6.0e6
"""An object so far below another is on the other side of the Earth, and not near."""


class Scene(NamedTuple):
    """Places at T instants; entries of instant k are ``*_first[k]:*_first[k + 1]``."""

    truth_first: Longs
    """(T + 1,)"""
    truth_place_m: Floats
    """(a, 3)"""
    drop: Floats
    """Unit direction left out of distances, or zeros for none (a, 3)."""
    low: Floats
    """Least key of a track that may be near (a,)."""
    high: Floats
    """Largest key (a,)."""
    track_first: Longs
    """(T + 1,)"""
    track: Longs
    """Entries ordered by key within an instant; the columns below are in this order (b,)."""
    key: Floats
    """Coordinate along which the tracks of an instant are sorted (b,)."""
    track_place_m: Floats
    """(b, 3)"""


@helper
def squared_distance(place: Floats, drop: Floats, i: int, other: Floats, j: int) -> float:
    """Squared distance without the component along `drop`; infinite on the other side."""
    dx = other[j, 0] - place[i, 0]
    dy = other[j, 1] - place[i, 1]
    dz = other[j, 2] - place[i, 2]
    rise = dx * drop[i, 0] + dy * drop[i, 1] + dz * drop[i, 2]
    if rise < -OTHER_SIDE_M:
        return math.inf
    dx -= rise * drop[i, 0]
    dy -= rise * drop[i, 1]
    dz -= rise * drop[i, 2]
    return dx * dx + dy * dy + dz * dz


@helper
def first_from(key: Floats, start: int, end: int, least: float) -> int:
    """First index in ``start:end`` whose key is at least `least`; the keys ascend there."""
    while start < end:
        middle = (start + end) // 2
        if key[middle] < least:
            start = middle + 1
        else:
            end = middle
    return start


@kernel
def count_near(scene: Scene, reach_m: float, count_out: Longs) -> None:
    """Count the tracks nearer than `reach_m` to each true object.

    Parameters
    ----------
    scene : Scene
        Places in metres.
    reach_m : float
        Cut-off; a pair at exactly this distance is not near.
    count_out : int64 (a,)
        Written. Twin: tests/naive/nearby.py. Cost: 1.5 ns a pair in the strip.
    """
    limit = reach_m * reach_m
    place, drop, other = scene.truth_place_m, scene.drop, scene.track_place_m
    for k in range(scene.truth_first.shape[0] - 1):
        start, end = scene.track_first[k], scene.track_first[k + 1]
        for i in range(scene.truth_first[k], scene.truth_first[k + 1]):
            j = first_from(scene.key, start, end, scene.low[i])
            n = int(0)  # noqa: UP018, RUF046
            while j < end and scene.key[j] <= scene.high[i]:
                if squared_distance(place, drop, i, other, j) < limit:
                    n += 1
                j += 1
            count_out[i] = n


@kernel
def list_near(
    scene: Scene,
    reach_m: float,
    instants: tuple[int, int],
    pair_first: Longs,
    track_out: Longs,
    distance_out: Floats,
) -> None:
    """List the tracks nearer than `reach_m` to each true object of some instants.

    Parameters
    ----------
    scene : Scene
        Places in metres.
    reach_m : float
        As counted by `count_near`.
    instants : (int, int)
        First instant, and the one after the last.
    pair_first : int64 (rows + 1,)
        Where the pairs of each true object begin; rows count from the first instant's.
    track_out : int64 (e,)
        Written: entry of the track, in order of the key.
    distance_out : float64 (e,)
        Written, metres. Twin: tests/naive/nearby.py.
    """
    limit = reach_m * reach_m
    place, drop, other = scene.truth_place_m, scene.drop, scene.track_place_m
    offset = scene.truth_first[instants[0]]
    for k in range(instants[0], instants[1]):
        start, end = scene.track_first[k], scene.track_first[k + 1]
        for i in range(scene.truth_first[k], scene.truth_first[k + 1]):
            j = first_from(scene.key, start, end, scene.low[i])
            e = pair_first[i - offset]
            while j < end and scene.key[j] <= scene.high[i]:
                squared = squared_distance(place, drop, i, other, j)
                if squared < limit:
                    track_out[e] = scene.track[j]
                    distance_out[e] = math.sqrt(squared)
                    e += 1
                j += 1
