"""Plain twin of kernels/intersect.py: the weight searched for, dense matrices."""

import numpy as np
from tests.naive import update

LEAST, MOST = 0.02, 1.0 - 1e-6


def level_rows(z, flat):
    """Rows (2, 7) or (4, 7) of the level position and, where reported, velocity; the variances."""
    axes = update.level_axes(z[3:6], flat)
    rows = np.zeros((4, 7))
    rows[:2, :3], rows[2:, 3:6] = axes, axes
    n = 2 if np.isnan(z[12]) else 4
    return rows[:n], np.array([z[9], z[9], z[14], z[14]])[:n] ** 2


def volume(P, z, flat, share):
    """Determinants of the level position's and velocity's covariances by this share, multiplied."""
    J, variances = level_rows(z, flat)
    product = 1.0
    for r in range(0, len(J), 2):
        H, R = J[r : r + 2], np.diag(variances[r : r + 2])
        own, other = np.linalg.inv(H @ P @ H.T), np.linalg.inv(R)
        product /= np.linalg.det(share * own + (1.0 - share) * other)
    return product


def best_share(P, z, flat):
    """Weight with the smallest volume: the ends, and ever finer steps between them."""
    low, high = LEAST, MOST
    for _ in range(6):
        tried = np.linspace(low, high, 41)
        k = int(np.argmin([volume(P, z, flat, share) for share in tried]))
        low, high = tried[max(0, k - 1)], tried[min(40, k + 1)]
    return float(tried[k])


def widened(P, z, flat, share):
    """Covariance whose level part is divided by its share, and nothing else that is given it."""
    J, _ = level_rows(z, flat)
    return P + (1.0 / share - 1.0) * P @ J.T @ np.linalg.solve(J @ P @ J.T, J @ P)


def by_height(P, z):
    """Covariance widened for a height, and the height's deviation: the surer one counts alone."""
    up = np.append(z[3:6], np.zeros(4))
    share = MOST if up @ P @ up <= z[11] ** 2 else LEAST
    along = P @ up
    wide = P + (1.0 / share - 1.0) * np.outer(along, along) / (up @ along)
    return (wide if share == LEAST else P), z[11] / np.sqrt(1.0 - share)


def intersect(predicted, mu, z, form, site, axes, flat, is_late=False):
    """Probabilities, means and covariances of the models after the estimate in z.

    `predicted` are those before it, `mu` the probabilities that it would give as a measurement.
    """
    states, shares = [], []
    for x, P in zip(*predicted[1:], strict=True):
        share = MOST if is_late else best_share(P, z, flat)
        shares.append(share)
        other = z.copy()
        other[[9, 14]] /= np.sqrt(1.0 - share)
        wide = widened(P, z, flat, share)
        if not np.isnan(z[8]):
            wide, other[11] = by_height(wide, z)
        states.append(update.update(x, wide, other, form, site, axes, flat)[:2])
    weight = predicted[0] @ (1.0 - np.array(shares))
    mixed = predicted[0] ** (1.0 - weight) * np.maximum(mu, 1e-30) ** weight
    mixed /= mixed.sum()
    return mixed, np.array([s[0] for s in states]), np.array([s[1] for s in states])
