"""Measurement models along and around the line of sight: range, angles, range rate.

Angles are those of the straight line from the antenna, in its local frame (east, north, up): a
radar corrects refraction itself, or `geo.refraction` does it before the report comes here. Each
scalar is linearised where the one before has put the state. Derivatives follow from
d = x - site, r = |d|: dr = d/r; sin(elevation) = up.d / r; azimuth = atan2(east.d, north.d);
range rate = v.d / r, so that d(rate)/dx = (v - rate d/r) / r and d(rate)/dv = d/r.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper
from skypact.kernels.height import vertical_variance
from skypact.kernels.scalar import LOG_2PI, considered_update, direction_row, scalar_update
from skypact.model.tracking import (
    AZIMUTH,
    BIAS_VAR_AZIMUTH,
    BIAS_VAR_RANGE,
    ELEVATION,
    HEIGHT,
    LEVEL_VAR,
    RANGE,
    RANGE_RATE,
    SIGMA,
    SIGMA_AZIMUTH,
    SIGMA_ELEVATION,
    SIGMA_RANGE_RATE,
    UP,
)

Floats = npt.NDArray[np.float64]

NEAREST_AZIMUTH_M: Final = 30.0
"""Inside this ground distance an azimuth says nothing."""


@helper
def update_range(
    x: Floats, P: Floats, z: Floats, site: Floats, line: Floats
) -> tuple[float, float]:
    """Slant range, in place; squared distance and log density.

    Where no height is reported, second order in what is unknown of the height: ranges curve with
    it, by 61 m at 100 km for a deviation of 3.5 km. Source: Bar-Shalom et al. (2001), 10.3.3. What
    a level leaves unknown of its height weighs the range and leaves the gain alone, like a bias.
    """
    H = line[0]
    dx = x[0] - site[0]
    dy = x[1] - site[1]
    dz = x[2] - site[2]
    distance = math.sqrt(dx * dx + dy * dy + dz * dz)
    if distance <= 0.0:
        return 0.0, -0.5 * LOG_2PI
    direction_row(H, dx / distance, dy / distance, dz / distance, 0)
    variance = z[SIGMA] * z[SIGMA]
    residual = z[RANGE] - distance
    across = H[0] * z[UP] + H[1] * z[UP + 1] + H[2] * z[UP + 2]
    if math.isnan(z[HEIGHT]):
        curve = vertical_variance(P, z[UP : UP + 3]) * (1.0 - across * across) / distance
        residual -= 0.5 * curve
        variance += 0.5 * curve * curve
    unknown = z[BIAS_VAR_RANGE] + across * across * z[LEVEL_VAR]
    return considered_update(x, P, H, residual, variance, unknown, line[1])


@helper
def update_azimuth(
    x: Floats, P: Floats, z: Floats, site: Floats, axes: Floats, line: Floats
) -> tuple[float, float]:
    """Azimuth, in place; squared distance and log density."""
    H = line[0]
    dx = x[0] - site[0]
    dy = x[1] - site[1]
    dz = x[2] - site[2]
    east = axes[0, 0] * dx + axes[0, 1] * dy + axes[0, 2] * dz
    north = axes[1, 0] * dx + axes[1, 1] * dy + axes[1, 2] * dz
    ground2 = east * east + north * north
    if ground2 < NEAREST_AZIMUTH_M * NEAREST_AZIMUTH_M:
        return 0.0, -LOG_2PI
    residual = z[AZIMUTH] - math.atan2(east, north)
    residual -= 2.0 * math.pi * math.floor(residual / (2.0 * math.pi) + 0.5)
    a = north / ground2
    b = -east / ground2
    direction_row(
        H,
        a * axes[0, 0] + b * axes[1, 0],
        a * axes[0, 1] + b * axes[1, 1],
        a * axes[0, 2] + b * axes[1, 2],
        0,
    )
    variance = z[SIGMA_AZIMUTH] * z[SIGMA_AZIMUTH]
    return considered_update(x, P, H, residual, variance, z[BIAS_VAR_AZIMUTH], line[1])


@helper
def update_elevation(
    x: Floats, P: Floats, z: Floats, site: Floats, axes: Floats, line: Floats
) -> tuple[float, float]:
    """Elevation of the straight line, in place; squared distance and log density."""
    H = line[0]
    dx = x[0] - site[0]
    dy = x[1] - site[1]
    dz = x[2] - site[2]
    east = axes[0, 0] * dx + axes[0, 1] * dy + axes[0, 2] * dz
    north = axes[1, 0] * dx + axes[1, 1] * dy + axes[1, 2] * dz
    rise = axes[2, 0] * dx + axes[2, 1] * dy + axes[2, 2] * dz
    ground = math.hypot(east, north)
    if ground < NEAREST_AZIMUTH_M:
        return 0.0, -LOG_2PI
    share = rise / (ground * ground + rise * rise)
    residual = z[ELEVATION] - math.atan2(rise, ground)
    direction_row(
        H,
        (axes[2, 0] - share * dx) / ground,
        (axes[2, 1] - share * dy) / ground,
        (axes[2, 2] - share * dz) / ground,
        0,
    )
    across = H[0] * z[UP] + H[1] * z[UP + 1] + H[2] * z[UP + 2]
    unknown = across * across * z[LEVEL_VAR]
    variance = z[SIGMA_ELEVATION] * z[SIGMA_ELEVATION]
    return considered_update(x, P, H, residual, variance, unknown, line[1])


@helper
def update_range_rate(
    x: Floats, P: Floats, z: Floats, site: Floats, line: Floats
) -> tuple[float, float]:
    """Growth of the slant range, in place; squared distance and log density."""
    H = line[0]
    dx = x[0] - site[0]
    dy = x[1] - site[1]
    dz = x[2] - site[2]
    distance = math.sqrt(dx * dx + dy * dy + dz * dz)
    if distance < NEAREST_AZIMUTH_M:
        return 0.0, -LOG_2PI
    dx /= distance
    dy /= distance
    dz /= distance
    rate = x[3] * dx + x[4] * dy + x[5] * dz
    direction_row(H, dx, dy, dz, 3)
    H[0] = (x[3] - rate * dx) / distance
    H[1] = (x[4] - rate * dy) / distance
    H[2] = (x[5] - rate * dz) / distance
    variance = z[SIGMA_RANGE_RATE] * z[SIGMA_RANGE_RATE]
    return scalar_update(x, P, H, z[RANGE_RATE] - rate, variance, line[1])
