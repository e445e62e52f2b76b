"""Plain twins of kernels/kalman.py: dense matrices, the matrix exponential, complex-step Jacobians.

The turn is the exact flow of dv/dt = w (up x v); its Jacobian is the imaginary part of that flow at
a complex state, exact to the rounding (Squire and Trapp, SIAM Review 40 (1998), 110-112).
"""

import math

import numpy as np
from scipy.linalg import block_diag, expm
from tests.naive import geodesy

from skypact.model.tracking import (
    CLIMB_RATE,
    FLAT,
    PSD_ACROSS,
    PSD_H,
    PSD_V,
    TURN_PSD,
    TURN_VAR,
)

TURN = 1
MEAN_RADIUS_M = 6_371_008.8
STEP = 1e-30


def vertical(x, flat):
    """Local vertical at a state: the normal of the surface x^2 + y^2 + (a/b)^2 z^2 = const."""
    if flat:
        return np.array([0.0, 0.0, 1.0])
    ratio2 = (geodesy.SEMI_MAJOR_M / geodesy.SEMI_MINOR_M) ** 2
    gradient = np.array([x[0], x[1], ratio2 * x[2]])
    return gradient / np.linalg.norm(gradient)


def skew(u):
    """Matrix of the cross product with u."""
    return np.array([[0, -u[2], u[1]], [u[2], 0, -u[0]], [-u[1], u[0], 0]])


def flow(x, dt, model, up):
    """State after dt: straight with the turn rate forgotten, or turning about `up`."""
    rate = x[6] if model == TURN else 0.0
    A = np.zeros((6, 6), np.result_type(x))
    A[:3, 3:] = np.eye(3)
    A[3:, 3:] = rate * skew(up)
    kept = x[6] if model == TURN else 0.0
    return np.concatenate([expm(A * dt) @ x[:6], [kept]])


def jacobian(x, dt, model, up):
    """Derivative of `flow` (7, 7)."""
    columns = [flow(x + 1j * STEP * e, dt, model, up).imag / STEP for e in np.eye(7)]
    return np.array(columns).T


def noise(dt, model, up, motion, x):
    """White acceleration over |dt|, seen forwards or backwards, and the turn rate's own noise.

    In steady flight it is a share across the course of that along it, and grows along it with the
    vertical rate; `x` is the state after dt. Slow objects have no course.
    """
    level = np.eye(3) - np.outer(up, up)
    D = motion[PSD_H + model] * level + motion[PSD_V + model] * np.outer(up, up)
    if model == 0:
        climb, v = x[3:6] @ up, level @ x[3:6]
        course = np.outer(v, v) / (v @ v) if v @ v > 0 else np.zeros((3, 3))
        weight = (v @ v) / (v @ v + 20.0**2)
        D -= motion[PSD_H] * (1 - motion[PSD_ACROSS]) * weight * (level - course)
        D += motion[CLIMB_RATE] * climb**2 * weight * course
    t = abs(dt)
    sign = math.copysign(1.0, dt)
    shape = np.array([[t**3 / 3, sign * t**2 / 2], [sign * t**2 / 2, t]])
    rate = motion[TURN_PSD] * t if model == TURN else motion[TURN_VAR]
    return block_diag(np.kron(shape, D), [[rate]])


def predict(x, P, model, dt, motion, up=None):
    """State and covariance after dt; level flight bends with the earth (mean only)."""
    up = vertical(x, motion[FLAT]) if up is None else up
    F = jacobian(x, dt, model, up)
    x = flow(x, dt, model, up)
    if not motion[FLAT]:
        level = x[3:6] - (x[3:6] @ up) * up
        fall = (level @ level) / MEAN_RADIUS_M
        x = x - np.concatenate([0.5 * fall * dt**2 * up, fall * dt * up, [0.0]])
    return x, F @ P @ F.T + noise(dt, model, up, motion, x)
