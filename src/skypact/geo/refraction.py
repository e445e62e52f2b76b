"""Refraction of a line of sight: rays followed through an exponential atmosphere, as a table.

An antenna sees an object higher than the straight line to it. By how much depends on the apparent
elevation, the range and the antenna's height. The effective earth radius (4/3) is no substitute: at
10 km height and 200 km range it already takes off a quarter more than the ray does, and above the
air, where rays are straight, it goes on bending them.

Sources: B. R. Bean and G. D. Thayer, "Models of the atmospheric radio refractive index", Proc. IRE
47 (1959), 740-755: refractivity falls exponentially with height. ITU-R P.453-14, annex 1, reference
profile: mean refractivity at sea level 315, scale height 7.35 km. Ray equations in a spherical
atmosphere: M. Born and E. Wolf, "Principles of Optics", 7th ed., section 3.2.
"""

import math
from functools import cache
from typing import Final

import numpy as np

from skypact.kernels.geodesy import MEAN_RADIUS_M
from skypact.model.reports import Floats
from skypact.units import DEGREE

REFRACTIVITY: Final = 315e-6
"""Refractive index at sea level minus 1."""
SCALE_HEIGHT_M: Final = 7_350.0
_LOWEST_M: Final = -500.0
"""Below this refractivity no longer grows; rays that end in the ground need not go on."""
_STEPS: Final = (1_000.0, 4_000.0, 20_000.0)
"""Steps along the ray [m], `_MANY` of each but the last."""
_MANY: Final = (200, 200, 250)
_ELEVATIONS: Final = np.radians(
    np.concatenate([np.linspace(-3.0, 3.0, 121), np.geomspace(3.2, 90.0, 60)])
)
_STEP_M: Final = 100.0
"""Antenna heights are rounded to these."""


def refractivity(height_m: Floats) -> Floats:
    """Refractive index minus 1 at heights above the sea (n,)."""
    return np.asarray(REFRACTIVITY * np.exp(-np.maximum(height_m, _LOWEST_M) / SCALE_HEIGHT_M))


def _slopes(state: Floats) -> Floats:
    """Derive height, angle at the earth's centre and elevation by the way along the ray."""
    height, _, elevation = state
    n = refractivity(height)
    bend = np.where(height > _LOWEST_M, -n / SCALE_HEIGHT_M, 0.0) / (1.0 + n)
    radius = MEAN_RADIUS_M + height
    turn = np.cos(elevation) / radius
    return np.stack([np.sin(elevation), turn, turn + np.cos(elevation) * bend])


@cache
def _table(antenna_m: float) -> tuple[Floats, Floats]:
    """Ways along the ray (w,), and apparent minus straight elevation (elevations, w).

    Runge and Kutta's method of fourth order.
    """
    state = np.stack([np.full_like(_ELEVATIONS, antenna_m), 0.0 * _ELEVATIONS, _ELEVATIONS])
    ways, bends = [0.0], [np.zeros_like(_ELEVATIONS)]
    for step, many in zip(_STEPS, _MANY, strict=True):
        for _ in range(many):
            first = _slopes(state)
            second = _slopes(state + 0.5 * step * first)
            third = _slopes(state + 0.5 * step * second)
            fourth = _slopes(state + step * third)
            state = state + step / 6.0 * (first + 2.0 * (second + third) + fourth)
            ways.append(ways[-1] + step)
            top = MEAN_RADIUS_M + state[0]
            # Upward and level parts of the chord, without the difference of large numbers.
            up = state[0] - antenna_m - 2.0 * top * np.sin(0.5 * state[1]) ** 2
            bends.append(_ELEVATIONS - np.arctan2(up, top * np.sin(state[1])))
    return np.array(ways), np.stack(bends, 1)


def straight_elevation(elevation_rad: Floats, range_m: Floats, antenna_m: float) -> Floats:
    """Elevation of the straight line to what is seen at an apparent elevation and slant range.

    Parameters
    ----------
    elevation_rad, range_m : (n,) float64
        NaN in either gives NaN; ranges beyond 6,000 km have that of 6,000 km, elevations below
        -3 degrees that of -3 degrees.
    antenna_m : float
        Height of the antenna above the sea.
    """
    if not len(elevation_rad):
        return elevation_rad
    ways, bends = _table(_STEP_M * math.floor(antenna_m / _STEP_M + 0.5))
    e = np.clip(np.nan_to_num(elevation_rad), _ELEVATIONS[0], 90.0 * DEGREE)
    r = np.clip(np.nan_to_num(range_m), 0.0, ways[-1])
    i = np.clip(np.searchsorted(_ELEVATIONS, e) - 1, 0, len(_ELEVATIONS) - 2)
    j = np.clip(np.searchsorted(ways, r) - 1, 0, len(ways) - 2)
    up = (e - _ELEVATIONS[i]) / (_ELEVATIONS[i + 1] - _ELEVATIONS[i])
    out = (r - ways[j]) / (ways[j + 1] - ways[j])
    near = bends[i, j] * (1.0 - up) + bends[i + 1, j] * up
    far = bends[i, j + 1] * (1.0 - up) + bends[i + 1, j + 1] * up
    straight = elevation_rad - near * (1.0 - out) - far * out
    return np.asarray(np.where(np.isnan(range_m), np.nan, straight))
