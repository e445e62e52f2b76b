"""Tracks beside the floors over the same objects and the same stretches of time.

A tracker that never starts the hard objects, or loses them in their turns, must not be compared
with a floor that holds them. Rows of either side count where the other side has the object too.
"""

from typing import Any, Final

import numpy as np

from skypact.evaluate.errors import Errors
from skypact.evaluate.floors import Floors
from skypact.evaluate.paths import Bools
from skypact.evaluate.raw import rms
from skypact.model.reports import Floats, Longs

PAUSE_S: Final = 5.0
PAUSE_STEPS: Final = 3.0
"""A side has an object between two of its rows that are no more than `PAUSE_S`, or so many of its
median steps with this object, apart."""
_SAME_S: Final = 1e-3


def settled(errors: Errors, floor: Floors, settle_s: float) -> dict[str, float | int | None]:
    """RMS errors of tracks and floors on their common set.

    Parameters
    ----------
    errors : Errors
        Of the tracks' rows at their own times, against the same paths as `floor`.
    floor : Floors
        Of `floors_by_row`.
    settle_s : float
        Left out after an object's first row, as in the floors.

    Returns
    -------
    dict
        Errors of the tracks, and of clairvoyant tracker and bound, on what is common; how many
        objects and rows of tracks and floor that is, and which share of the floor's rows.
    """
    known = floor.tracks
    first_s = np.full(int(errors.truth.max(initial=-1)) + 1, np.inf)
    np.minimum.at(first_s, errors.truth, errors.time_s)
    position = np.hypot(errors.north_m, errors.east_m)
    velocity = np.hypot(errors.north_mps, errors.east_mps)
    own = (errors.time_s >= first_s[errors.truth] + settle_s) & np.isfinite(position)
    there = (known.object >= 0) & np.isfinite(known.position_m)
    mine = errors.truth[own], errors.time_s[own]
    theirs = known.object[there], known.time_s[there]
    tracked, floored = covered(*mine, *theirs), covered(*theirs, *mine)
    bounded = covered(floor.bound.object, floor.bound.time_s, *mine)
    bounded &= covered(floor.bound.object, floor.bound.time_s, *theirs)
    rows = int(floored.sum())
    found: dict[str, Any] = {
        "position_rms_m": rms(position[own][tracked]),
        "velocity_rms_mps": rms(velocity[own][tracked]),
        "clairvoyant_position_rms_m": rms(known.position_m[there][floored]),
        "clairvoyant_velocity_rms_mps": rms(known.velocity_mps[there][floored]),
        "bound_position_rms_m": rms(floor.bound.position_m[bounded]),
        "bound_velocity_rms_mps": rms(floor.bound.velocity_mps[bounded]),
    }
    found = {name: value if np.isfinite(value) else None for name, value in found.items()}
    return found | {
        "objects": len(np.unique(mine[0][tracked])),
        "floor_objects": len(np.unique(theirs[0])),
        "rows": int(tracked.sum()),
        "floor_rows": rows,
        "floor_share": rows / len(theirs[0]) if len(theirs[0]) else None,
    }


def covered(object_: Longs, time_s: Floats, by: Longs, by_s: Floats) -> Bools:
    """Whether the other side has the object at each time.

    Parameters
    ----------
    object_, time_s : (n,)
    by, by_s : (m,)
        Objects and times of the other side's rows, in any order.
    """
    if not len(by) or not len(object_):
        return np.zeros(len(object_), bool)
    order = np.lexsort((by_s, by))
    by, by_s = by[order], by_s[order]
    longest = _longest_steps(by, by_s)
    # Times of each object on a stretch of its own, so that one search serves all.
    begin_s = min(time_s.min(), by_s.min())
    stretch_s = max(time_s.max(), by_s.max()) - begin_s + 1.0
    key = by * stretch_s + (by_s - begin_s)
    sought = object_ * stretch_s + (time_s - begin_s)
    after = np.searchsorted(key, sought - _SAME_S)
    before = np.searchsorted(key, sought + _SAME_S, "right") - 1
    inside = (after < len(by)) & (before >= 0)
    low, high = np.maximum(before, 0), np.minimum(after, len(by) - 1)
    inside &= (by[low] == object_) & (by[high] == object_)
    return np.asarray(inside & (by_s[high] - by_s[low] <= longest[low]))


def _longest_steps(object_: Longs, time_s: Floats) -> Floats:
    """Longest time between rows of each row's object that is no pause (m,); sorted rows."""
    first = np.flatnonzero(np.diff(object_, prepend=-1))
    ends = np.append(first[1:], len(object_))
    longest = [
        max(PAUSE_S, PAUSE_STEPS * float(np.median(np.diff(time_s[a:b])))) if b - a > 1 else PAUSE_S
        for a, b in zip(first.tolist(), ends.tolist(), strict=True)
    ]
    return np.repeat(np.array(longest), ends - first)
