"""Prediction of one 7-state: position, velocity, turn rate about the vertical.

Sources: Bar-Shalom, Li and Kirubarajan, "Estimation with Applications to Tracking and Navigation"
(2001): 6.2.2 (white-noise acceleration), 11.7 (coordinated turn and its Jacobian).
Frame: ECEF or flat; `up` is the local vertical. `x` (7,), `P` (7, 7) symmetric, `dt` seconds.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import allocating_kernel, helper
from skypact.kernels.geodesy import MEAN_RADIUS_M, up_at_one
from skypact.model.tracking import (
    CLIMB_RATE,
    CRUISE,
    FLAT,
    PSD_ACROSS,
    PSD_H,
    PSD_V,
    TURN,
    TURN_PSD,
    TURN_VAR,
)

Floats = npt.NDArray[np.float64]

SMALL_ANGLE: Final = 1e-4
"""Below this turn the closed forms lose digits and their series are exact to 1e-12."""


COURSE_MPS: Final = 20.0
"""Below about this speed along and across mean little: what flies so slowly moves any way."""


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
def add_density(P: Floats, i: int, j: int, q: float, dt: float) -> None:
    """Add white acceleration over |dt| whose density has `q` between axes i and j, j >= i."""
    t = abs(dt)
    pp = t * t * t / 3.0
    pv = 0.5 * t * dt
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
def add_noise(P: Floats, dt: float, up: Floats, psd_h: float, psd_v: float) -> None:
    """Add white-acceleration noise over |dt|: horizontal and vertical densities [m^2/s^3]."""
    for i in range(3):
        for j in range(i, 3):
            q = (psd_v - psd_h) * up[i] * up[j]
            if i == j:
                q += psd_h
            add_density(P, i, j, q, dt)


@helper
def add_cruise_noise(P: Floats, x: Floats, dt: float, up: Floats, motion: Floats) -> None:
    """Add the noise of steady flight: less across the course than along it, more in a climb.

    Who flies straight holds the course and changes the speed; in a climb the true airspeed and the
    wind change with the height. The part along the course needs no unit vector: its density over
    the squared speed, times the velocity twice.
    """
    psd_h = motion[PSD_H + CRUISE]
    climb = x[3] * up[0] + x[4] * up[1] + x[5] * up[2]
    speed2 = max(0.0, x[3] * x[3] + x[4] * x[4] + x[5] * x[5] - climb * climb)
    room = speed2 + COURSE_MPS * COURSE_MPS
    lacks = psd_h * (1.0 - motion[PSD_ACROSS])
    add_noise(P, dt, up, psd_h - lacks * speed2 / room, motion[PSD_V + CRUISE])
    along = (lacks + motion[CLIMB_RATE] * climb * climb) / room
    if along <= 0.0:
        return
    for i in range(3):
        first = along * (x[3 + i] - climb * up[i])
        for j in range(i, 3):
            q = first * (x[3 + j] - climb * up[j])
            add_density(P, i, j, q, dt)


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
    if model == CRUISE:
        add_cruise_noise(P, x, dt, up, motion)
    else:
        add_noise(P, dt, up, motion[PSD_H + model], motion[PSD_V + model])


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
