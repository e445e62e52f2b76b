"""Plain twins of kernels/kalman.py: dense matrices, the matrix exponential, complex-step Jacobians.

The turn is the exact flow of dv/dt = w (up x v); its Jacobian is the imaginary part of that flow at
a complex state, exact to the rounding (Squire and Trapp, SIAM Review 40 (1998), 110-112).
"""

import math

import numpy as np
from scipy.linalg import block_diag, expm
from tests.naive import geodesy

from skypact.model.tracking import FLAT, PSD_H, PSD_V, TURN_PSD, TURN_VAR

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


def noise(dt, model, up, motion):
    """White acceleration over |dt|, seen forwards or backwards, and the turn rate's own noise."""
    level = np.eye(3) - np.outer(up, up)
    D = motion[PSD_H + model] * level + motion[PSD_V + model] * np.outer(up, up)
    t = abs(dt)
    sign = math.copysign(1.0, dt)
    shape = np.array([[t**3 / 3, sign * t**2 / 2], [sign * t**2 / 2, t]])
    rate = motion[TURN_PSD] * t if model == TURN else motion[TURN_VAR]
    return block_diag(np.kron(shape, D), [[rate]])


def predict(x, P, model, dt, motion, up=None):
    """State and covariance after dt; level flight bends with the earth (mean only)."""
    up = vertical(x, motion[FLAT]) if up is None else up
    F = jacobian(x, dt, model, up)
    P = F @ P @ F.T + noise(dt, model, up, motion)
    x = flow(x, dt, model, up)
    if not motion[FLAT]:
        level = x[3:6] - (x[3:6] @ up) * up
        fall = (level @ level) / MEAN_RADIUS_M
        x = x - np.concatenate([0.5 * fall * dt**2 * up, fall * dt * up, [0.0]])
    return x, P


def gauss(x, P, H, residual, R):
    """Textbook update with a residual vector; returns x, P, squared distance, log density."""
    H, residual, R = np.atleast_2d(H), np.atleast_1d(residual), np.atleast_2d(R)
    S = H @ P @ H.T + R
    K = P @ H.T @ np.linalg.inv(S)
    A = np.eye(len(x)) - K @ H
    d2 = residual @ np.linalg.solve(S, residual)
    density = -0.5 * (d2 + np.linalg.slogdet(2 * np.pi * S)[1])
    return x + K @ residual, A @ P @ A.T + K @ R @ K.T, d2, density


def level_axes(up, flat):
    """East and north at a place with this vertical."""
    if flat:
        return np.eye(3)[:2]
    east = np.cross([0.0, 0.0, 1.0], up)
    east = east / np.linalg.norm(east) if np.linalg.norm(east) > 1e-12 else np.array([0.0, 1, 0])
    return np.array([east, np.cross(up, east)])


def bounded(x, P, z, flat):
    """State whose unreported height has at most the variance assumed of it.

    The fictitious reading that brings a variance v to a has the variance 1 / (1/a - 1/v).
    """
    v, a = z[3:6] @ P[:3, :3] @ z[3:6], z[11] ** 2
    if not math.isnan(z[8]) or v <= 1.01 * a:
        return x, P
    off = x[:3] - z[:3]
    rise = off @ z[3:6]
    curved = 0.0 if flat else (off @ off - rise**2) / (2 * MEAN_RADIUS_M)
    return gauss(x, P, [*z[3:6], 0, 0, 0, 0], -rise - curved, 1 / (1 / a - 1 / v))[:2]


def joint_linear(x, P, z, flat):
    """Place, height and velocity of a prepared report as one linear measurement."""
    x, P = bounded(x, P, z, flat)
    e, n = level_axes(z[3:6], flat)
    off = x[:3] - z[:3]
    rise = off @ z[3:6]
    if not flat:
        rise += (off @ off - rise**2) / (2 * MEAN_RADIUS_M)
    rows, residual, variance = [], [], []
    if not math.isnan(z[8]):
        rows.append([*z[3:6], 0, 0, 0, 0])
        residual.append(-rise)
        variance.append(z[11] ** 2)
    for axis in (e, n):
        rows.append([*axis, 0, 0, 0, 0])
        residual.append(-off @ axis)
        variance.append(z[9] ** 2)
    if not math.isnan(z[12]):
        for axis, speed in ((e, z[13]), (n, z[12])):
            rows.append([0, 0, 0, *axis, 0])
            residual.append(speed - axis @ x[3:6])
            variance.append(z[14] ** 2)
    return gauss(x, P, np.array(rows), np.array(residual), np.diag(variance))


def polar_in_sequence(x, P, z, site, axes, flat):
    """Height, slant range, azimuth, velocity one after the other, each linearised anew."""
    total = np.zeros(2)
    x, P = bounded(x, P, z, flat)

    def take(H, residual, sigma):
        nonlocal x, P
        x, P, d2, density = gauss(x, P, H, residual, sigma**2)
        total[:] += d2, density

    if not math.isnan(z[8]):
        off = x[:3] - z[:3]
        rise = off @ z[3:6]
        curved = 0.0 if flat else (off @ off - rise**2) / (2 * MEAN_RADIUS_M)
        take([*z[3:6], 0, 0, 0, 0], -rise - curved, z[11])
    off = x[:3] - site[:3]
    take([*(off / np.linalg.norm(off)), 0, 0, 0, 0], z[6] - np.linalg.norm(off), z[9])
    local = axes @ (x[:3] - site[:3])
    ground2 = local[0] ** 2 + local[1] ** 2
    if ground2 < 30.0**2:  # right above the antenna an azimuth says nothing
        total[1] -= math.log(2 * math.pi)
    else:
        slope = (local[1] * axes[0] - local[0] * axes[1]) / ground2
        residual = z[7] - math.atan2(local[0], local[1])
        take([*slope, 0, 0, 0, 0], math.remainder(residual, 2 * math.pi), z[10])
    if not math.isnan(z[12]):
        e, n = level_axes(z[3:6], flat)
        take([0, 0, 0, *e, 0], z[13] - e @ x[3:6], z[14])
        take([0, 0, 0, *n, 0], z[12] - n @ x[3:6], z[14])
    return x, P, *total


def update(x, P, z, form, site, axes, flat):
    """Update by the form of the report: 0 polar, 1 plane."""
    if form == 0:
        return polar_in_sequence(x, P, z, site, axes, flat)
    return joint_linear(x, P, z, flat)
