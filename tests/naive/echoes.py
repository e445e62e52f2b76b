"""Twin of kernels/echoes.py: every report against all that came before, none forgotten."""

import math

Who = tuple[int, int, int]
"""Address, sensor, kind."""
Place = tuple[float, ...]
"""Latitude, longitude, grain, time."""


def marks(who: list[Who], place: list[Place], window_s: float) -> list[bool]:
    """Which reports repeat a position; rows as `mark_echoes` takes them."""
    kept: list[tuple[Who, Place]] = []
    out = []
    for one, where in zip(who, place, strict=True):
        usable = one[0] >= 0 and not any(map(math.isnan, where))
        again = usable and any(repeats(one, where, *before, window_s) for before in kept)
        if usable and not again:
            kept.append((one, where))
        out.append(again)
    return out


def repeats(a: Who, place: Place, b: Who, there: Place, window_s: float) -> bool:
    """Whether two reports tell one position."""
    tolerance = 0.5 * (place[2] + there[2]) * (1.0 + 1e-6)
    east = abs(place[1] - there[1])
    near = abs(place[0] - there[0]) <= tolerance and min(east, 2.0 * math.pi - east) <= tolerance
    apart_s = abs(place[3] - there[3])
    same_stamp = a[1] == b[1] and apart_s <= 1e-6
    other_kind = a[1] != b[1] and a[2] != b[2] and apart_s <= window_s
    return a[0] == b[0] and near and (same_stamp or other_kind)
