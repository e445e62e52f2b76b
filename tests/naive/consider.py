"""Plain twin of kernels/consider.py: sensitivities (sensors, 4, 6) as dense matrices."""

import math

import numpy as np
from tests.naive import update


def scalars(place, z, form, site, axes):
    """Derivatives (k, 3) by position of a report's scalars, their variances, and their kind."""
    if form == 1:
        H, R = update.level_axes(z[3:6], False), np.full(2, z[9] ** 2)
        return with_height(H, R, [None, None], z)
    _, slope = update.sight_matrix(np.array([*place, 0, 0, 0, 0]), site, axes)
    wanted = [(0, z[9])] if form == 0 else []
    wanted += [(1, z[10])] + ([] if math.isnan(z[17]) else [(2, z[20])])
    kinds = [k for k, _ in wanted]
    return with_height(slope[kinds, :3], np.array([s for _, s in wanted]) ** 2, kinds, z)


def with_height(H, variances, kinds, z):
    """The scalars with the reported height, which no bias of the sensor moves, but its time's."""
    if math.isnan(z[8]):
        return H, variances, kinds
    return np.vstack([H, z[3:6]]), np.append(variances, z[11] ** 2), [*kinds, None]


def own_slopes(H, kinds, velocity):
    """Derivative (k, 4) of the scalars by the sensor's own range, azimuth, time, elevation bias."""
    D = np.zeros((len(H), 4))
    for b, kind in enumerate(kinds):
        if kind is not None:
            D[b, [0, 1, 3][kind]] = 1.0
    D[:, 2] = -H @ velocity
    return D


def moved(G, dt):
    """Sensitivities after dt."""
    F = np.eye(6)
    F[:3, 3:] = dt * np.eye(3)
    return G @ F.T


def residual_variances(G, s, sigmas, place, velocity, z, form, site, axes):
    """What the biases add to the variance of each scalar's residual, G at the report's time."""
    H, _, kinds = scalars(place, z, form, site, axes)
    slopes = -np.einsum("kx,jcx->kjc", H, G[:, :, :3])
    slopes[:, s] += own_slopes(H, kinds, velocity)
    return ((slopes * sigmas) ** 2).sum(axis=(1, 2))


def absorbed(G, s, mean, P, z, form, site, axes, share=1.0):
    """Sensitivities after the update whose covariance is P."""
    H, variances, kinds = scalars(mean[:3], z, form, site, axes)
    K = share * P[:6, :3] @ H.T / variances
    K = K / np.maximum(1.0, (H * K[:3].T).sum(axis=1))
    wide = np.hstack([H, np.zeros((len(H), 3))])
    out = G @ (np.eye(6) - K @ wide).T
    out[s] += (K @ own_slopes(H, kinds, mean[3:6])).T
    return out
