"""Heights: the measurement model of a reported one, and what is assumed where none is.

Heights are compared along the vertical at the reported place, with the earth's bend in between.
"""

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper
from skypact.kernels.geodesy import MEAN_RADIUS_M
from skypact.kernels.scalar import direction_row, scalar_update
from skypact.model.tracking import PLACE, SIGMA_HEIGHT, SIGMA_VU, UP, VU

Floats = npt.NDArray[np.float64]


@helper
def height_residual(x: Floats, z: Floats, flat: int) -> float:
    """Compare heights: reported minus state, along the vertical at the reported place."""
    dx = x[0] - z[PLACE]
    dy = x[1] - z[PLACE + 1]
    dz = x[2] - z[PLACE + 2]
    rise = dx * z[UP] + dy * z[UP + 1] + dz * z[UP + 2]
    if flat == 0:
        rise += (dx * dx + dy * dy + dz * dz - rise * rise) / (2.0 * MEAN_RADIUS_M)
    return -rise


@helper
def update_height(x: Floats, P: Floats, z: Floats, flat: int, line: Floats) -> tuple[float, float]:
    """Use a reported height, in place; squared distance and log density."""
    residual = height_residual(x, z, flat)
    direction_row(line[0], z[UP], z[UP + 1], z[UP + 2], 0)
    return scalar_update(x, P, line[0], residual, z[SIGMA_HEIGHT] * z[SIGMA_HEIGHT], line[1])


@helper
def update_climb(x: Floats, P: Floats, z: Floats, line: Floats) -> tuple[float, float]:
    """Use a reported vertical rate, in place; squared distance and log density."""
    residual = z[VU] - (x[3] * z[UP] + x[4] * z[UP + 1] + x[5] * z[UP + 2])
    direction_row(line[0], z[UP], z[UP + 1], z[UP + 2], 3)
    return scalar_update(x, P, line[0], residual, z[SIGMA_VU] * z[SIGMA_VU], line[1])


@helper
def vertical_variance(P: Floats, up: Floats) -> float:
    """Variance of the position along the vertical."""
    variance = 0.0
    for i in range(3):
        for j in range(3):
            variance += up[i] * P[i, j] * up[j]
    return variance


@helper
def bound_height(x: Floats, P: Floats, z: Floats, flat: int, line: Floats) -> None:
    """Keep an unreported height within what is assumed of it, in place.

    A height that wandered off further than the assumption's variance is drawn back until it has
    just that variance; a better known one is left alone, so no report counts twice.
    """
    up = z[UP : UP + 3]
    assumed = z[SIGMA_HEIGHT] * z[SIGMA_HEIGHT]
    variance = vertical_variance(P, up)
    if variance <= 1.01 * assumed:
        return
    direction_row(line[0], up[0], up[1], up[2], 0)
    noise = variance * assumed / (variance - assumed)
    scalar_update(x, P, line[0], height_residual(x, z, flat), noise, line[1])
