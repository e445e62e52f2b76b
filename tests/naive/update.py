"""Plain twin of kernels/update.py, scalar.py, sightline.py and height.py: dense matrices.

Jacobians are complex steps, exact to the rounding (Squire and Trapp, SIAM Review 40 (1998),
110-112).
"""

import math

import numpy as np

MEAN_RADIUS_M = 6_371_008.8
STEP = 1e-30


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
    if not math.isnan(z[19]):
        rows.append([0, 0, 0, *z[3:6], 0])
        residual.append(z[19] - z[3:6] @ x[3:6])
        variance.append(z[22] ** 2)
    return gauss(x, P, np.array(rows), np.array(residual), np.diag(variance))


def sight_matrix(x, site, axes):
    """Range, azimuth, elevation and range rate (4,) of a state and their Jacobian (4, 7).

    The Jacobian is by complex steps; arctan2 is spelled out because it takes no complex numbers.
    """

    def measured(y):
        e, n, u = axes @ (y[:3] - site[:3])
        ground, r = np.sqrt(e * e + n * n), np.sqrt(e * e + n * n + u * u)
        d = (y[:3] - site[:3]) / r
        azimuth = np.arctan(e / n) if abs(n.real) > abs(e.real) else -np.arctan(n / e)
        return np.array([r, azimuth, np.arctan(u / ground), d @ y[3:6]])

    slope = np.array([measured(x + 1j * STEP * e).imag / STEP for e in np.eye(7)]).T
    values = measured(x.astype(complex)).real
    east, north = axes[:2] @ (x[:3] - site[:3])
    values[1] = math.atan2(east, north)
    return values, slope


def polar_in_sequence(x, P, z, site, axes, flat, form=0):
    """Height, then range, azimuth, velocity and the rarer ones in turn, each linearised anew."""
    total = np.zeros(2)
    if form != 2:
        x, P = bounded(x, P, z, flat)

    def take(H, residual, sigma, bias_var=0.0):
        nonlocal x, P
        s = H @ P @ H + sigma**2 + bias_var
        x, P = gauss(x, P, H, residual, sigma**2)[:2]
        total[:] += residual**2 / s, -0.5 * (residual**2 / s + math.log(2 * math.pi * s))

    def take_sight(column, sigma, value, bias_var=0.0, level_var=0.0):
        values, slope = sight_matrix(x, site, axes)
        residual = value - values[column]
        residual = math.remainder(residual, 2 * math.pi) if column == 1 else residual
        if column == 0 and math.isnan(z[8]):  # second order in the height
            across = slope[0][:3] @ z[3:6]
            curve = z[3:6] @ P[:3, :3] @ z[3:6] * (1 - across**2) / values[0]
            residual, sigma = residual - curve / 2, math.sqrt(sigma**2 + curve**2 / 2)
        bias_var += (slope[column][:3] @ z[3:6]) ** 2 * level_var
        take(slope[column], residual, sigma, bias_var)

    def above():
        return np.hypot(*(axes[:2] @ (x[:3] - site[:3]))) < 30.0

    if not math.isnan(z[8]):
        off = x[:3] - z[:3]
        rise = off @ z[3:6]
        curved = 0.0 if flat else (off @ off - rise**2) / (2 * MEAN_RADIUS_M)
        take(np.array([*z[3:6], 0, 0, 0, 0]), -rise - curved, z[11])
    if form == 0:
        take_sight(0, z[9], z[6], z[23], z[27])
    if above():  # right above the antenna an azimuth says nothing
        total[1] -= math.log(2 * math.pi)
    else:
        take_sight(1, z[10], z[7], z[24])
    if not math.isnan(z[12]):
        e, n = level_axes(z[3:6], flat)
        take(np.array([0, 0, 0, *e, 0]), z[13] - e @ x[3:6], z[14])
        take(np.array([0, 0, 0, *n, 0]), z[12] - n @ x[3:6], z[14])
    if not math.isnan(z[17]):
        take_sight(2, z[20], z[17], 0.0, z[27])
    if not math.isnan(z[18]):
        take_sight(3, z[21], z[18])
    if not math.isnan(z[19]):
        take(np.array([0, 0, 0, *z[3:6], 0]), z[19] - z[3:6] @ x[3:6], z[22])
    return x, P, *total


def update(x, P, z, form, site, axes, flat):
    """Update by the form of the report: 0 polar, 1 plane, 2 bearing."""
    if form == 1:
        return joint_linear(x, P, z, flat)
    return polar_in_sequence(x, P, z, site, axes, flat, form)
