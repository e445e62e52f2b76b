"""Radio horizon of objects above 10 km: a grazing ray followed through an exponential atmosphere.

The effective earth radius (4/3) stands for a gradient of refractivity that is constant with height.
It is a good mean below 10 km and bends rays far too much above, where there is no air: the horizon
of an object at 240 km comes out some 200 km too far.

Source: Bouguer's law for a spherical atmosphere, n r cos(elevation) = constant (M. Born and E.
Wolf, "Principles of Optics", 7th ed., section 3.2); the atmosphere is that of `geo.refraction`.
"""

import math
from functools import cache
from typing import Final

import numpy as np

from skypact.geo.refraction import REFRACTIVITY, refractivity
from skypact.kernels.geodesy import EFFECTIVE_RADIUS_FACTOR, MEAN_RADIUS_M
from skypact.model.reports import Floats

TRACED_ABOVE_M: Final = 10_000.0
"""Heights below which the effective earth radius is used (DESIGN 4)."""
_HIGHEST_M: Final = 5_000_000.0
_POINTS: Final = 4_000


def effective_reach_m(height_m: Floats | float) -> Floats:
    """Distance from the horizon to heights above ground with the effective earth radius, 4/3.

    Source: M. I. Skolnik, "Radar Handbook", 3rd ed., section 26.6: d = sqrt(2 k a h).
    """
    return np.asarray(np.sqrt(2.0 * EFFECTIVE_RADIUS_FACTOR * MEAN_RADIUS_M * height_m))


@cache
def _traced() -> tuple[Floats, Floats]:
    """Square roots of heights, even, and the slant range from the horizon to those heights.

    With h = s^2 the integral of dr / (r tan E) has no singularity at the ground, where the ray
    grazes; the midpoint rule never evaluates it there.
    """
    root = np.linspace(0.0, math.sqrt(_HIGHEST_M), _POINTS)
    step = root[1]
    middle = root[:-1] + 0.5 * step
    height = middle**2
    ratio = (1.0 + REFRACTIVITY) / (1.0 + refractivity(height))
    radius = MEAN_RADIUS_M + height
    cosine = ratio * MEAN_RADIUS_M / radius
    turned = 2.0 * middle * step / radius * cosine / np.sqrt(1.0 - cosine**2)
    angle = np.concatenate([[0.0], np.cumsum(turned)])
    top = MEAN_RADIUS_M + root**2
    chord2 = root**4 + 4.0 * MEAN_RADIUS_M * top * np.sin(0.5 * angle) ** 2
    return root, np.sqrt(chord2)


def traced_reach_m(height_m: Floats | float) -> Floats:
    """Slant range from the horizon to heights (n,) above ground, by the ray that grazes there."""
    root, reach = _traced()
    return np.asarray(np.interp(np.sqrt(height_m), root, reach))


@cache
def _carried_on_m() -> float:
    """How far the effective earth radius reaches beyond the traced ray at `TRACED_ABOVE_M`."""
    return float(effective_reach_m(TRACED_ABOVE_M) - traced_reach_m(TRACED_ABOVE_M))


def reach_m(height_m: Floats) -> Floats:
    """Distance from the horizon to heights (n,) above ground: 4/3 to 10 km, then traced.

    The traced part is carried on from where 4/3 ends (6.3 km farther than the ray at 10 km), so
    that nothing is lost from sight by climbing.
    """
    reach = effective_reach_m(height_m)
    high = height_m > TRACED_ABOVE_M
    if high.any():
        reach[high] = traced_reach_m(height_m[high]) + _carried_on_m()
    return reach
