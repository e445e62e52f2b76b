"""Accuracy of multilateration by the book: time differences to the first station, with weights."""

import numpy as np


def covariance_of_differences(
    target: np.ndarray,
    axes: np.ndarray,
    stations: np.ndarray,
    sigma_m: float,
    altitude_sigma_m: float,
) -> np.ndarray:
    """Covariance (3, 3), east, north, up, of a Gauss-Markov estimate; stations (s, 3) in ECEF."""
    unit = []
    for station in stations:
        away = target - station
        unit.append(axes @ (away / np.sqrt(away @ away)))
    rows = np.array([u - unit[0] for u in unit[1:]] + [np.array([0.0, 0.0, 1.0])])
    n = len(rows)
    noise = np.zeros((n, n))
    for i in range(n - 1):
        for j in range(n - 1):
            noise[i, j] = sigma_m**2 * (2.0 if i == j else 1.0)
    noise[-1, -1] = altitude_sigma_m**2
    return np.linalg.inv(rows.T @ np.linalg.inv(noise) @ rows)
