"""Twin of kernels/echoes.py: every report against all that came before, none forgotten."""

import math


def marks(
    who: list[tuple[int, int]], place: list[tuple[float, ...]], window_s: float
) -> list[bool]:
    """Which reports repeat a position; rows as `mark_echoes` takes them."""
    kept: list[tuple[int, int, tuple[float, ...]]] = []
    out = []
    for (address, sensor), row in zip(who, place, strict=True):
        again = False
        if address >= 0 and not any(map(math.isnan, row)):
            again = any(
                address == other and repeats(row, there, 1e-6 if sensor == sender else window_s)
                for other, sender, there in kept
            )
            if not again:
                kept.append((address, sensor, row))
        out.append(again)
    return out


def repeats(a: tuple[float, ...], b: tuple[float, ...], window_s: float) -> bool:
    """Whether two positions (latitude, longitude, grain, time) are one."""
    tolerance = 0.5 * (a[2] + b[2]) * (1.0 + 1e-6)
    east = abs(a[1] - b[1])
    near = abs(a[0] - b[0]) <= tolerance and min(east, 2.0 * math.pi - east) <= tolerance
    return near and abs(a[3] - b[3]) <= window_s
