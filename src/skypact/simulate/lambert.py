"""Two-body flight between two places in a given time, and the least-energy flight.

Sources: R. H. Battin, "An Introduction to the Mathematics and Methods of Astrodynamics", rev. ed.,
section 6.6 (least energy) and 7.1; R. R. Bate, D. D. Mueller, J. E. White, "Fundamentals of
Astrodynamics", section 5.3 (Lambert's problem by the universal variable z, the square of the
difference of eccentric anomalies). Inertial frame, short way round, less than one revolution.
"""

import math
from typing import Final

import numpy as np

from skypact.kernels.ballistic import GRAVITATION
from skypact.model.reports import Floats

_BISECTIONS: Final = 80
_HYPERBOLIC: Final = -200.0


def least_energy_s(start: Floats, end: Floats) -> float:
    """Time of flight of the ellipse of least energy between two positions (3,)."""
    chord = float(np.linalg.norm(end - start))
    half = 0.5 * (float(np.linalg.norm(start)) + float(np.linalg.norm(end)) + chord)
    beta = 2.0 * math.asin(math.sqrt(max(0.0, (half - chord) / half)))
    return math.sqrt((0.5 * half) ** 3 / GRAVITATION) * (math.pi - beta + math.sin(beta))


def departure(start: Floats, end: Floats, flight_s: float) -> Floats:
    """Velocity (3,) at `start` that leads to `end` after `flight_s` in the two-body field.

    The places must not be one above the other or opposite each other.
    """
    r1, r2 = float(np.linalg.norm(start)), float(np.linalg.norm(end))
    cosine = float(start @ end) / (r1 * r2)
    factor = math.sqrt(r1 * r2 * (1.0 + cosine))
    low, high = _HYPERBOLIC, 4.0 * math.pi**2
    middle, y = 0.0, 0.0
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        c, s = _stumpff(middle)
        y = r1 + r2 + factor * (middle * s - 1.0) / math.sqrt(c)
        time_s = 0.0
        if y > 0.0:
            time_s = ((y / c) ** 1.5 * s + factor * math.sqrt(y)) / math.sqrt(GRAVITATION)
        low, high = (middle, high) if time_s < flight_s else (low, middle)
    f = 1.0 - y / r1
    g = factor * math.sqrt(y / GRAVITATION)
    return np.asarray((end - f * start) / g)


def _stumpff(z: float) -> tuple[float, float]:
    """Stumpff's functions C(z) and S(z)."""
    if abs(z) < 1e-6:
        return 0.5 - z / 24.0, 1.0 / 6.0 - z / 120.0
    root = math.sqrt(abs(z))
    if z > 0.0:
        return (1.0 - math.cos(root)) / z, (root - math.sin(root)) / root**3
    return (math.cosh(root) - 1.0) / -z, (math.sinh(root) - root) / root**3
