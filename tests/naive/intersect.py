"""Plain twin of kernels/intersect.py: the weight searched for, dense matrices."""

import numpy as np
from tests.naive import update

LEAST, MOST = 0.02, 1.0 - 1e-6


def level_projector(z):
    """Matrix (7, 7) that keeps the level parts of position and velocity."""
    level = np.eye(3) - np.outer(z[3:6], z[3:6])
    out = np.zeros((7, 7))
    out[:3, :3], out[3:6, 3:6] = level, level
    return out


def area(P, z, flat, share):
    """Determinant of the level position covariance that an intersection of this share gives."""
    axes = update.level_axes(z[3:6], flat)
    own = np.linalg.inv(axes @ P[:3, :3] @ axes.T)
    return 1.0 / np.linalg.det(share * own + (1.0 - share) * np.eye(2) / z[9] ** 2)


def best_share(P, z, flat):
    """Weight with the smallest area: the ends, and ever finer steps between them."""
    low, high = LEAST, MOST
    for _ in range(6):
        tried = np.linspace(low, high, 41)
        k = int(np.argmin([area(P, z, flat, share) for share in tried]))
        low, high = tried[max(0, k - 1)], tried[min(40, k + 1)]
    return float(tried[k])


def intersect(predicted, mu, z, form, site, axes, flat, is_late=False):
    """Probabilities, means and covariances of the models after the estimate in z.

    `predicted` are those before it, `mu` the probabilities that it would give as a measurement.
    """
    states, shares = [], []
    for x, P in zip(*predicted[1:], strict=True):
        share = MOST if is_late else best_share(P, z, flat)
        shares.append(share)
        level = level_projector(z)
        widen = np.eye(7) + (share**-0.5 - 1.0) * level
        other = z.copy()
        other[[9, 14]] /= np.sqrt(1.0 - share)
        states.append(update.update(x, widen @ P @ widen, other, form, site, axes, flat)[:2])
    weight = predicted[0] @ (1.0 - np.array(shares))
    mixed = predicted[0] ** (1.0 - weight) * np.maximum(mu, 1e-30) ** weight
    mixed /= mixed.sum()
    return mixed, np.array([s[0] for s in states]), np.array([s[1] for s in states])
