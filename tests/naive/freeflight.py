"""Plain twin of kernels/freeflight.py: flight in the inertial frame, Jacobians by central steps."""

import math

import numpy as np
from tests.naive import ballistic, kalman

from skypact.kernels.ballistic import J2
from skypact.model.tracking import LOG_BALLISTIC, PSD_H, PSD_V, TURN_PSD, TURN_VAR

COAST, THRUST, AS_AIRCRAFT = range(3)
TRIAL = np.array([300.0, 300, 300, 3, 3, 3, 0.03])


def flown(x, dt):
    """State (7,) after dt; flying back is flying with time reversed, step by step."""
    drag = math.exp(-min(math.log(1e5), max(math.log(50.0), x[6])))
    place, velocity = x[:3], x[3:6] + np.cross(ballistic.SPIN, x[:3])
    n = max(1, math.ceil(abs(dt) / 0.25))
    for _ in range(n):
        place, velocity = ballistic.stepped(place, velocity, dt / n, drag, J2)
    fixed = velocity - np.cross(ballistic.SPIN, place)
    angle = -ballistic.SPIN[2] * dt
    return np.concatenate([ballistic.turned(place, angle), ballistic.turned(fixed, angle), [x[6]]])


def jacobian(x, dt):
    """Derivative of `flown` (7, 7)."""
    ends = [(flown(x + e, dt) - flown(x - e, dt)) / (2 * e.sum()) for e in np.diag(TRIAL)]
    return np.array(ends).T


def noise(direction, dt, along, across):
    """White acceleration along and across a direction over |dt|, backwards where dt < 0."""
    D = across * np.eye(3) + (along - across) * np.outer(direction, direction)
    t, sign = abs(dt), math.copysign(1.0, dt)
    shape = np.array([[t**3 / 3, sign * t**2 / 2], [sign * t**2 / 2, t]])
    Q = np.zeros((7, 7))
    Q[:6, :6] = np.kron(shape, D)
    return Q


def lift_density(x):
    """Density of an unsteady lift of a tenth of the drag over a second, m^2/s^3."""
    inertial = x[3:6] + np.cross(ballistic.SPIN, x[:3])
    drag = math.exp(-min(math.log(1e5), max(math.log(50.0), x[6])))
    return (0.1 * np.linalg.norm(ballistic.drag(x[:3], inertial, drag))) ** 2


def predict(x, P, model, dt, motion, up):
    """State and covariance of one model of the ballistic mode after dt."""
    along, across = motion[PSD_V + model], motion[PSD_H + model]
    if model == AS_AIRCRAFT:
        F = np.eye(7)
        F[:3, 3:6] = dt * np.eye(3)
        F[6, 6] = 0.0
        x = F @ x
        level = x[3:6] - (x[3:6] @ up) * up
        fall = level @ level / kalman.MEAN_RADIUS_M
        x -= np.concatenate([0.5 * fall * dt**2 * up, fall * dt * up, [-motion[LOG_BALLISTIC]]])
        Q = noise(up, dt, along, across)
        Q[6, 6] = motion[TURN_VAR]
        return x, F @ P @ F.T + Q
    F = jacobian(x, dt)
    x = flown(x, dt)
    lift = lift_density(x)
    Q = noise(x[3:6] / np.linalg.norm(x[3:6]), dt, along + lift, across + lift)
    half_life = 0.5 * motion[TURN_PSD] / motion[TURN_VAR] if model == COAST else 0.5
    kept = math.exp(-half_life * abs(dt))
    G = np.diag([1.0] * 6 + [kept])
    x[6] = motion[LOG_BALLISTIC] + kept * (x[6] - motion[LOG_BALLISTIC])
    P = G @ (F @ P @ F.T + Q) @ G
    P[6, 6] += (1.0 - kept**2) * motion[TURN_VAR]
    return x, P
