"""Prediction and update of one 7-state: position, velocity, turn rate about the vertical.

Sources: Bar-Shalom, Li and Kirubarajan, "Estimation with Applications to Tracking and Navigation"
(2001): 6.2.2 (white-noise acceleration), 11.7 (coordinated turn and its Jacobian), 5.2.3 and 7.4.1
(update; scalars in sequence give the joint update exactly when they are linear and independent).
Frame: ECEF or flat; `up` is the local vertical. `x` (7,), `P` (7, 7) symmetric, `dt` seconds.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import allocating_kernel, helper
from skypact.kernels.geodesy import MEAN_RADIUS_M, up_at_one
from skypact.model.tracking import (
    AZIMUTH,
    FLAT,
    HEIGHT,
    PLACE,
    POLAR,
    PSD_H,
    PSD_V,
    RANGE,
    SIGMA,
    SIGMA_AZIMUTH,
    SIGMA_HEIGHT,
    SIGMA_V,
    TURN,
    TURN_PSD,
    TURN_VAR,
    UP,
    VE,
    VN,
)

Floats = npt.NDArray[np.float64]

LOG_2PI: Final = math.log(2.0 * math.pi)
SMALL_ANGLE: Final = 1e-4
"""Below this turn the closed forms lose digits and their series are exact to 1e-12."""
NEAREST_AZIMUTH_M: Final = 30.0
"""Inside this ground distance an azimuth says nothing."""


@helper
def frame_up(flat: int, x: Floats) -> tuple[float, float, float]:
    """Local vertical at a state in the frame in force."""
    if flat == 1:
        return 0.0, 0.0, 1.0
    return up_at_one(x[0], x[1], x[2])


@helper
def follow_earth(x: Floats, dt: float, up: Floats) -> None:
    """Bend level flight with the earth: the chord would climb by (v dt)^2 / 2R."""
    vertical = x[3] * up[0] + x[4] * up[1] + x[5] * up[2]
    speed2 = x[3] * x[3] + x[4] * x[4] + x[5] * x[5] - vertical * vertical
    bend = speed2 / MEAN_RADIUS_M
    for i in range(3):
        x[i] -= 0.5 * bend * dt * dt * up[i]
        x[3 + i] -= bend * dt * up[i]


@helper
def add_noise(P: Floats, dt: float, up: Floats, psd_h: float, psd_v: float) -> None:
    """Add white-acceleration noise over |dt|: horizontal and vertical densities [m^2/s^3]."""
    t = abs(dt)
    pp = t * t * t / 3.0
    pv = 0.5 * t * dt
    for i in range(3):
        for j in range(i, 3):
            q = (psd_v - psd_h) * up[i] * up[j]
            if i == j:
                q += psd_h
            P[i, j] += pp * q
            P[j, i] = P[i, j]
            P[3 + i, 3 + j] += t * q
            P[3 + j, 3 + i] = P[3 + i, 3 + j]
            P[i, 3 + j] += pv * q
            P[3 + j, i] = P[i, 3 + j]
            if i != j:
                P[j, 3 + i] += pv * q
                P[3 + i, j] = P[j, 3 + i]


@helper
def predict_straight(x: Floats, P: Floats, dt: float, turn_var: float) -> None:
    """Constant velocity over dt, in place; the turn rate is forgotten (mean 0, `turn_var`)."""
    for i in range(3):
        x[i] += dt * x[3 + i]
    for i in range(3):
        for j in range(i, 3):
            P[i, j] += dt * (P[i, 3 + j] + P[j, 3 + i] + dt * P[3 + i, 3 + j])
            P[j, i] = P[i, j]
    for i in range(3):
        for j in range(3):
            P[i, 3 + j] += dt * P[3 + i, 3 + j]
            P[3 + j, i] = P[i, 3 + j]
    x[6] = 0.0
    for i in range(6):
        P[i, 6] = 0.0
        P[6, i] = 0.0
    P[6, 6] = turn_var


@helper
def turn_terms(w: float, dt: float) -> tuple[float, float, float, float, float, float]:
    """Coefficients of a turn: sin and cos of the angle, both displacements, both rate slopes."""
    a = w * dt
    s = math.sin(a)
    c = math.cos(a)
    if abs(a) < SMALL_ANGLE:
        along = dt * (1.0 - a * a / 6.0)
        across = 0.5 * a * dt
        d_along = -a * dt * dt / 3.0
        d_across = 0.5 * dt * dt
    else:
        along = s / w
        across = (1.0 - c) / w
        d_along = (a * c - s) / (w * w)
        d_across = (a * s - 1.0 + c) / (w * w)
    return s, c, along, across, d_along, d_across


@helper
def turn_blocks(x: Floats, dt: float, up: Floats, F: Floats) -> None:
    """Jacobian of the coordinated turn about `up`, its rows of velocity and turn rate.

    `F` (7, 7) gets, in its rows 0 to 2, the derivatives of the position by velocity (columns 0 to
    2) and turn rate (3), in its rows 3 to 5 those of the velocity.
    """
    s, c, along, across, d_along, d_across = turn_terms(x[6], dt)
    v_up = x[3] * up[0] + x[4] * up[1] + x[5] * up[2]
    for i in range(3):
        k = (i + 1) % 3
        m = (i + 2) % 3
        F[i, i] = along + (dt - along) * up[i] * up[i]
        F[3 + i, i] = c + (1.0 - c) * up[i] * up[i]
        rise = up[i] * up[k]
        F[i, k] = (dt - along) * rise - across * up[m]
        F[k, i] = (dt - along) * rise + across * up[m]
        F[3 + i, k] = (1.0 - c) * rise - s * up[m]
        F[3 + k, i] = (1.0 - c) * rise + s * up[m]
        level = x[3 + i] - v_up * up[i]
        left = up[k] * x[3 + m] - up[m] * x[3 + k]
        F[i, 3] = d_along * level + d_across * left
        F[3 + i, 3] = dt * (c * left - s * level)


@helper
def predict_turn(x: Floats, P: Floats, dt: float, up: Floats, work: Floats) -> None:
    """Coordinated turn about `up` over dt, in place; `work` (>= 2, 7, 7) is scratch.

    With F = [[I, A], [0, B]], A and B (3, 4) acting on velocity and turn rate, first the rows of
    T = F P that act on them, then the upper triangle of T F^T.
    """
    F = work[0]
    T = work[1]
    turn_blocks(x, dt, up, F)
    vx = x[3]
    vy = x[4]
    vz = x[5]
    for i in range(3):
        x[i] += F[i, 0] * vx + F[i, 1] * vy + F[i, 2] * vz
        x[3 + i] = F[3 + i, 0] * vx + F[3 + i, 1] * vy + F[3 + i, 2] * vz
    for i in range(6):
        for j in range(7):
            total = F[i, 0] * P[3, j] + F[i, 1] * P[4, j] + F[i, 2] * P[5, j] + F[i, 3] * P[6, j]
            T[i, j] = total + P[i, j] if i < 3 else total
    for i in range(6):
        for j in range(i, 6):
            total = F[j, 0] * T[i, 3] + F[j, 1] * T[i, 4] + F[j, 2] * T[i, 5] + F[j, 3] * T[i, 6]
            P[i, j] = total + T[i, j] if j < 3 else total
            P[j, i] = P[i, j]
        P[i, 6] = T[i, 6]
        P[6, i] = T[i, 6]


@helper
def move_one(
    x: Floats, P: Floats, model: int, dt: float, motion: Floats, work: Floats, up: Floats
) -> None:
    """Move one model's state by dt in place, process noise included.

    `motion` is a row of `TrackParams.motion`, `up` the local vertical.
    """
    if model == TURN:
        predict_turn(x, P, dt, up, work)
        P[6, 6] += motion[TURN_PSD] * abs(dt)
    else:
        predict_straight(x, P, dt, motion[TURN_VAR])
    if motion[FLAT] == 0.0:
        follow_earth(x, dt, up)
    add_noise(P, dt, up, motion[PSD_H + model], motion[PSD_V + model])


@helper
def scalar_update(
    x: Floats, P: Floats, H: Floats, residual: float, variance: float, ph: Floats
) -> tuple[float, float]:
    """Update with one scalar, in place; H (7,) has no turn-rate part.

    Returns the squared normalised residual and the log density of the residual.
    """
    s = variance
    for i in range(7):
        total = 0.0
        for j in range(6):
            total += P[i, j] * H[j]
        ph[i] = total
    for j in range(6):
        s += H[j] * ph[j]
    gain = residual / s
    for i in range(7):
        x[i] += ph[i] * gain
        scaled = ph[i] / s
        for j in range(i, 7):
            P[i, j] -= scaled * ph[j]
            P[j, i] = P[i, j]
    distance2 = residual * gain
    return distance2, -0.5 * (distance2 + math.log(s) + LOG_2PI)


@helper
def direction_row(H: Floats, a: float, b: float, c: float, first: int) -> None:
    """Set H to a direction in position (`first` 0) or velocity (3)."""
    for i in range(7):
        H[i] = 0.0
    H[first] = a
    H[first + 1] = b
    H[first + 2] = c


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
def update_polar(
    x: Floats, P: Floats, z: Floats, site: Floats, axes: Floats, line: Floats
) -> tuple[float, float]:
    """Slant range, then azimuth, each linearised where the one before has put the state."""
    H = line[0]
    ph = line[1]
    dx = x[0] - site[0]
    dy = x[1] - site[1]
    dz = x[2] - site[2]
    distance = math.sqrt(dx * dx + dy * dy + dz * dz)
    if distance <= 0.0:
        return 0.0, 0.0
    direction_row(H, dx / distance, dy / distance, dz / distance, 0)
    d2, density = scalar_update(x, P, H, z[RANGE] - distance, z[SIGMA] * z[SIGMA], ph)
    dx = x[0] - site[0]
    dy = x[1] - site[1]
    dz = x[2] - site[2]
    east = axes[0, 0] * dx + axes[0, 1] * dy + axes[0, 2] * dz
    north = axes[1, 0] * dx + axes[1, 1] * dy + axes[1, 2] * dz
    ground2 = east * east + north * north
    if ground2 < NEAREST_AZIMUTH_M * NEAREST_AZIMUTH_M:
        return d2, density - LOG_2PI
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
    more, density_azimuth = scalar_update(x, P, H, residual, variance, ph)
    return d2 + more, density + density_azimuth


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
def n_components(z: Floats) -> int:
    """Scalars in a prepared report."""
    n = 2
    if not math.isnan(z[HEIGHT]):
        n += 1
    if not math.isnan(z[VN]):
        n += 2
    return n


@helper
def bound_height(x: Floats, P: Floats, z: Floats, flat: int, line: Floats) -> None:
    """Keep an unreported height within what is assumed of it, in place.

    A height that wandered off further than the assumption's variance is drawn back until it has
    just that variance; a better known one is left alone, so no report counts twice.
    """
    assumed = z[SIGMA_HEIGHT] * z[SIGMA_HEIGHT]
    variance = 0.0
    for i in range(3):
        for j in range(3):
            variance += z[UP + i] * P[i, j] * z[UP + j]
    if variance <= 1.01 * assumed:
        return
    direction_row(line[0], z[UP], z[UP + 1], z[UP + 2], 0)
    noise = variance * assumed / (variance - assumed)
    scalar_update(x, P, line[0], height_residual(x, z, flat), noise, line[1])


@helper
def update_one(
    x: Floats, P: Floats, z: Floats, form: int, site: Floats, axes: Floats, flat: int, line: Floats
) -> tuple[float, float]:
    """Update one model's state with a prepared report, in place.

    Height first, because slant range needs it, then range and azimuth or the plane position, then
    velocity. Without a height, the assumed one bounds it. Returns the squared distance and the
    log density.
    """
    d2 = 0.0
    density = 0.0
    if not math.isnan(z[HEIGHT]):
        residual = height_residual(x, z, flat)
        direction_row(line[0], z[UP], z[UP + 1], z[UP + 2], 0)
        variance = z[SIGMA_HEIGHT] * z[SIGMA_HEIGHT]
        d2, density = scalar_update(x, P, line[0], residual, variance, line[1])
    else:
        bound_height(x, P, z, flat, line)
    if form == POLAR:
        more, log_density = update_polar(x, P, z, site, axes, line)
    else:
        more, log_density = update_plane(x, P, z, flat, line)
    d2 += more
    density += log_density
    if not math.isnan(z[VN]):
        more, log_density = update_velocity(x, P, z, flat, line)
        d2 += more
        density += log_density
    return d2, density


@allocating_kernel
def predict(x: Floats, P: Floats, model: int, dt: float, motion: Floats) -> None:
    """Move n states (n, 7) with covariances (n, 7, 7) by dt under one model, in place.

    Twin: tests/naive/kalman.py. The step of the tracker calls `move_one` instead.
    """
    work = np.zeros((2, 7, 7))
    up = np.zeros(7)
    for i in range(x.shape[0]):
        up[0], up[1], up[2] = frame_up(int(motion[FLAT]), x[i])
        move_one(x[i], P[i], model, dt, motion, work, up)


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
    """Update state i (n, 7) with prepared report i (n, 16), in place.

    Squared distances go to `d2_out` (n,). Twin: tests/naive/kalman.py.
    """
    line = np.zeros((4, 7))
    for i in range(x.shape[0]):
        d2_out[i], _ = update_one(x[i], P[i], z[i], form, site, axes, flat, line)
