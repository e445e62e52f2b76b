"""One report against a path: residuals, and derivatives by the path, the biases and the air.

The path is a parabola in the plane that touches the ellipsoid at its origin; the earth falls away
below it by d^2 / 2R. Slant range, azimuth, elevation and position are exact at the path's point.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper
from skypact.kernels.geodesy import MEAN_RADIUS_M
from skypact.model.registration import (
    AZIMUTH_BIAS,
    ELEVATION_BIAS,
    LEVEL_GAIN,
    LEVEL_OFFSET,
    N_BIASES,
    PLOT_AZIMUTH,
    PLOT_ELEVATION,
    PLOT_RANGE,
    PLOT_SHARED,
    PLOT_SIGMA,
    PLOT_TIME,
    PLOT_X,
    POLAR_PLOT,
    RANGE_BIAS,
    RANGE_GAIN,
    SITE_EAST,
    SITE_NORTH,
    TIME_BIAS,
    BiasState,
    Scratch,
    Setup,
)

Floats = npt.NDArray[np.float64]

FIRST_EAST: Final = 3
FIRST_NORTH: Final = 6
FIRST_UP: Final = 9
FRAME_TIME: Final = 12
FRAME_HEIGHT: Final = 13
FRAME_CLIMB: Final = 14
FRAME_LEVEL: Final = 15
"""Places in `Scratch.frame`, after the origin."""
ACCEPTED: Final = 2.6
"""Residual, in standard deviations, up to which a scalar has its full weight."""


@helper
def weight_of(residual: float, variance: float) -> float:
    """Weight of a scalar: beyond `ACCEPTED` its pull falls as 1 / residual."""
    r2 = residual * residual
    limit = ACCEPTED * ACCEPTED * variance
    return 1.0 if r2 <= limit else limit / r2


@helper
def fill_path(row: Floats, e: float, n: float, up: float, t: float) -> None:
    """Set derivatives by the path of a scalar with derivatives by place at time t."""
    row[0] = e
    row[1] = n
    row[2] = e * t
    row[3] = n * t
    row[4] = 0.5 * e * t * t
    row[5] = 0.5 * n * t * t
    row[6] = up
    row[7] = 0.0
    row[8] = 0.0


@helper
def fill_bias(
    s: Scratch, channel: int, motion: float, up: float, height_m: float, frame: Floats
) -> None:
    """Clear the biases' derivatives but those of time and of the air."""
    for b in range(N_BIASES):
        s.bias[channel, b] = 0.0
    s.bias[channel, TIME_BIAS] = -motion
    s.air[channel, LEVEL_OFFSET] = 0.0
    s.air[channel, LEVEL_GAIN] = 0.0
    if frame[FRAME_LEVEL] > 0.5:
        s.air[channel, LEVEL_OFFSET] = -up
        s.air[channel, LEVEL_GAIN] = -up * height_m


@helper
def polar_rows(
    f: Floats,
    k: int,
    at: tuple[float, float, float, float, float],
    setup: Setup,
    bias: BiasState,
    s: Scratch,
) -> int:
    """Fill range, azimuth and elevation of a plot whose object is at `at`: time, place, speed."""
    t, east, north, v_east, v_north = at
    frame = s.frame
    x = bias.x[k]
    air = bias.x[bias.x.shape[0] - 1]
    height_m = frame[FRAME_HEIGHT]
    up = frame[FRAME_CLIMB] * t + s.path[6] - (east * east + north * north) / (2.0 * MEAN_RADIUS_M)
    if frame[FRAME_LEVEL] > 0.5:
        up -= air[LEVEL_OFFSET] + air[LEVEL_GAIN] * height_m
    bent_e = east / MEAN_RADIUS_M
    bent_n = north / MEAN_RADIUS_M
    axes = setup.axes[k]
    # Sight in the sensor's axes, and how it moves along the path's east, north and up.
    sight_e = 0.0
    sight_n = 0.0
    sight_u = 0.0
    move = s.move
    for a in range(3):
        move[0, a] = 0.0
        move[1, a] = 0.0
        move[2, a] = 0.0
    for b in range(3):
        to_e = frame[FIRST_EAST + b]
        to_n = frame[FIRST_NORTH + b]
        to_u = frame[FIRST_UP + b]
        d = frame[b] + east * to_e + north * to_n + up * to_u - setup.site[k, b]
        sight_e += axes[0, b] * d
        sight_n += axes[1, b] * d
        sight_u += axes[2, b] * d
        for a in range(3):
            move[0, a] += axes[a, b] * (to_e - bent_e * to_u)
            move[1, a] += axes[a, b] * (to_n - bent_n * to_u)
            move[2, a] += axes[a, b] * to_u
    sight_e -= x[SITE_EAST]
    sight_n -= x[SITE_NORTH]
    ground2 = max(1.0, sight_e * sight_e + sight_n * sight_n)
    ground = math.sqrt(ground2)
    slant = math.sqrt(ground2 + sight_u * sight_u)
    for channel in range(3):
        if channel == 0:
            longer = (1.0 + x[RANGE_GAIN]) / slant
            c_e, c_n, c_u = sight_e * longer, sight_n * longer, sight_u * longer
        elif channel == 1:
            c_e, c_n, c_u = sight_n / ground2, -sight_e / ground2, 0.0
        else:
            c_u = ground / (slant * slant)
            c_e = -sight_u * sight_e / (ground * slant * slant)
            c_n = -sight_u * sight_n / (ground * slant * slant)
        by_e = c_e * move[0, 0] + c_n * move[0, 1] + c_u * move[0, 2]
        by_n = c_e * move[1, 0] + c_n * move[1, 1] + c_u * move[1, 2]
        by_u = c_e * move[2, 0] + c_n * move[2, 1] + c_u * move[2, 2]
        fill_path(s.row[channel], by_e, by_n, by_u, t)
        motion = by_e * v_east + by_n * v_north + by_u * frame[FRAME_CLIMB]
        fill_bias(s, channel, motion, by_u, height_m, frame)
        s.bias[channel, SITE_EAST] = -c_e
        s.bias[channel, SITE_NORTH] = -c_n
        s.variance[channel] = setup.sigma[k, channel] * setup.sigma[k, channel]
    s.bias[0, RANGE_BIAS] = 1.0
    s.bias[0, RANGE_GAIN] = slant
    s.bias[1, AZIMUTH_BIAS] = 1.0
    s.bias[2, ELEVATION_BIAS] = 1.0
    s.residual[0] = f[PLOT_RANGE] - slant * (1.0 + x[RANGE_GAIN]) - x[RANGE_BIAS]
    turned = f[PLOT_AZIMUTH] - math.atan2(sight_e, sight_n) - x[AZIMUTH_BIAS]
    s.residual[1] = turned - 2.0 * math.pi * math.floor(turned / (2.0 * math.pi) + 0.5)
    if math.isnan(f[PLOT_ELEVATION]) or setup.sigma[k, 2] <= 0.0:
        return 2
    s.residual[2] = f[PLOT_ELEVATION] - math.atan2(sight_u, ground) - x[ELEVATION_BIAS]
    return 3


@helper
def fill_rows(f: Floats, k: int, form: int, setup: Setup, bias: BiasState, s: Scratch) -> int:
    """Fill residuals, derivatives and variances of one report; returns its number of scalars.

    A scalar that says nothing has variance 0.
    """
    frame = s.frame
    u = s.path
    t = f[PLOT_TIME] - bias.x[k, TIME_BIAS] - frame[FRAME_TIME]
    east = u[0] + u[2] * t + 0.5 * u[4] * t * t
    north = u[1] + u[3] * t + 0.5 * u[5] * t * t
    v_east = u[2] + u[4] * t
    v_north = u[3] + u[5] * t
    if form == POLAR_PLOT:
        return polar_rows(f, k, (t, east, north, v_east, v_north), setup, bias, s)
    for channel in range(2):
        first = FIRST_EAST if channel == 0 else FIRST_NORTH
        measured = 0.0
        for a in range(3):
            measured += frame[first + a] * (f[PLOT_X + a] - frame[a])
        along = 1.0 if channel == 0 else 0.0
        fill_path(s.row[channel], along, 1.0 - along, 0.0, t)
        s.row[channel, 7 + channel] = f[PLOT_SHARED]
        predicted = east if channel == 0 else north
        s.residual[channel] = measured - predicted - f[PLOT_SHARED] * u[7 + channel]
        fill_bias(s, channel, v_east if channel == 0 else v_north, 0.0, 0.0, frame)
        s.variance[channel] = f[PLOT_SIGMA] * f[PLOT_SIGMA] * setup.sigma[k, 0]
    return 2
