"""Kalman filter that is told which report is whose: the floor of a linear flat scene."""

import numpy as np


def published_model(name):
    """Transition and process noise (4, 4) over one second as the papers print them."""
    axis = {
        "williams15": 0.02 * np.array([[1 / 3, 1 / 2], [1 / 2, 1]]),
        "vo-linear": 5.0**2 * np.array([[1 / 4, 1 / 2], [1 / 2, 1]]),
    }[name]
    return np.kron(np.eye(2), [[1, 1], [0, 1]]), np.kron(np.eye(2), axis)


def detections(scene, target):
    """Reports of one object: step index (from its first scan) to position."""
    reports = scene.reports
    own = reports.target == target
    found = zip(reports.time_s[own], reports.x_m[own], reports.y_m[own], strict=True)
    return {time_s: np.array([x, y]) for time_s, x, y in found}


def squared_errors(scene, target, mean, covariance, name):
    """Squared 2-D error of the filtered position at every scan of one object's life (n,).

    `mean` (4,) and `covariance` (4, 4) are the density of its first state, `name` the scenario's.
    """
    F, Q = published_model(name)
    H = np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]])
    R = scene.scenario.sensor[0].sigma_position_m ** 2 * np.eye(2)
    rows = np.flatnonzero(scene.truth.target == target)
    seen = detections(scene, target)
    x, P = np.array(mean, float), np.array(covariance, float)
    out = []
    for k, row in enumerate(rows):
        if k:
            x, P = F @ x, F @ P @ F.T + Q
        z = seen.get(scene.truth.time_s[row])
        if z is not None:
            K = P @ H.T @ np.linalg.inv(H @ P @ H.T + R)
            x, P = x + K @ (z - H @ x), (np.eye(4) - K @ H) @ P
        out.append((x[0] - scene.truth.lon_rad[row]) ** 2 + (x[2] - scene.truth.lat_rad[row]) ** 2)
    return np.array(out)
