"""Update of one 7-state with a prepared report of any form.

Source: Bar-Shalom, Li and Kirubarajan, "Estimation with Applications to Tracking and Navigation"
(2001), 5.2.3 and 7.4.1. Frame: ECEF or flat. `x` (7,), `P` (7, 7) symmetric.
"""

import math

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import allocating_kernel, helper
from skypact.kernels.height import bound_height, update_climb, update_height
from skypact.kernels.scalar import direction_row, scalar_update
from skypact.kernels.sightline import (
    update_azimuth,
    update_elevation,
    update_range,
    update_range_rate,
)
from skypact.model.tracking import (
    BEARING,
    ELEVATION,
    EXTRAS,
    HEIGHT,
    PLACE,
    PLANE,
    POLAR,
    RANGE_RATE,
    SIGMA,
    SIGMA_V,
    UP,
    VE,
    VN,
    VU,
)

Floats = npt.NDArray[np.float64]


@helper
def level_axes(z: Floats, flat: int, e: Floats, n: Floats) -> None:
    """East and north unit vectors at a report's place; a flat scene's are x and y."""
    if flat == 1:
        e[0], e[1], e[2] = 1.0, 0.0, 0.0
        n[0], n[1], n[2] = 0.0, 1.0, 0.0
        return
    p = math.hypot(z[UP], z[UP + 1])
    if p < 1e-12:
        e[0], e[1], e[2] = 0.0, 1.0, 0.0
    else:
        e[0], e[1], e[2] = -z[UP + 1] / p, z[UP] / p, 0.0
    n[0] = z[UP + 1] * e[2] - z[UP + 2] * e[1]
    n[1] = z[UP + 2] * e[0] - z[UP] * e[2]
    n[2] = z[UP] * e[1] - z[UP + 1] * e[0]


@helper
def update_plane(x: Floats, P: Floats, z: Floats, flat: int, line: Floats) -> tuple[float, float]:
    """Horizontal position as two scalars along east and north at the reported place."""
    H = line[0]
    e = line[2]
    n = line[3]
    level_axes(z, flat, e, n)
    d2 = 0.0
    density = 0.0
    for axis in range(2):
        a = e if axis == 0 else n
        residual = 0.0
        for i in range(3):
            residual += a[i] * (z[PLACE + i] - x[i])
        direction_row(H, a[0], a[1], a[2], 0)
        more, log_density = scalar_update(x, P, H, residual, z[SIGMA] * z[SIGMA], line[1])
        d2 += more
        density += log_density
    return d2, density


@helper
def update_velocity(
    x: Floats, P: Floats, z: Floats, flat: int, line: Floats
) -> tuple[float, float]:
    """Use a reported velocity as two scalars along east and north."""
    H = line[0]
    e = line[2]
    n = line[3]
    level_axes(z, flat, e, n)
    d2 = 0.0
    density = 0.0
    for axis in range(2):
        a = e if axis == 0 else n
        reported = z[VE] if axis == 0 else z[VN]
        residual = reported - (a[0] * x[3] + a[1] * x[4] + a[2] * x[5])
        direction_row(H, a[0], a[1], a[2], 3)
        more, log_density = scalar_update(x, P, H, residual, z[SIGMA_V] * z[SIGMA_V], line[1])
        d2 += more
        density += log_density
    return d2, density


@helper
def n_components(z: Floats, form: int) -> int:
    """Scalars in a prepared report."""
    n = 1 if form == BEARING else 2
    if not math.isnan(z[HEIGHT]):
        n += 1
    if not math.isnan(z[VN]):
        n += 2
    return n + int(z[EXTRAS])


@helper
def update_extras(
    x: Floats, P: Floats, z: Floats, site: Floats, axes: Floats, line: Floats
) -> tuple[float, float]:
    """Elevation, range rate and vertical rate, those that a report has, in place."""
    d2 = 0.0
    density = 0.0
    if not math.isnan(z[ELEVATION]):
        d2, density = update_elevation(x, P, z, site, axes, line)
    if not math.isnan(z[RANGE_RATE]):
        more, log_density = update_range_rate(x, P, z, site, line)
        d2 += more
        density += log_density
    if not math.isnan(z[VU]):
        more, log_density = update_climb(x, P, z, line)
        d2 += more
        density += log_density
    return d2, density


@helper
def update_one(
    x: Floats, P: Floats, z: Floats, form: int, site: Floats, axes: Floats, flat: int, line: Floats
) -> tuple[float, float]:
    """Update one model's state with a prepared report, in place.

    Height first, because slant range needs it, then range and azimuth or the plane position, then
    velocity and the rarer scalars. Without a height, the assumed one bounds it. Returns the squared
    distance and the log density.
    """
    d2 = 0.0
    density = 0.0
    if not math.isnan(z[HEIGHT]):
        d2, density = update_height(x, P, z, flat, line)
    elif form != BEARING:
        bound_height(x, P, z, flat, line)
    if form == PLANE:
        more, log_density = update_plane(x, P, z, flat, line)
    else:
        more, log_density = 0.0, 0.0
        if form == POLAR:
            more, log_density = update_range(x, P, z, site, line)
        d2 += more
        density += log_density
        more, log_density = update_azimuth(x, P, z, site, axes, line)
    d2 += more
    density += log_density
    if not math.isnan(z[VN]):
        more, log_density = update_velocity(x, P, z, flat, line)
        d2 += more
        density += log_density
    if z[EXTRAS] > 0.0:
        more, log_density = update_extras(x, P, z, site, axes, line)
        d2 += more
        density += log_density
    return d2, density


@allocating_kernel
def update(
    x: Floats,
    P: Floats,
    z: Floats,
    form: int,
    site: Floats,
    axes: Floats,
    flat: int,
    d2_out: Floats,
) -> None:
    """Update state i (n, 7) with prepared report i (n, Z_WIDTH), in place.

    Squared distances go to `d2_out` (n,). Twin: tests/naive/update.py.
    """
    line = np.zeros((4, 7))
    for i in range(x.shape[0]):
        d2_out[i], _ = update_one(x[i], P[i], z[i], form, site, axes, flat, line)
