"""Plain twin of kernels/imm.py: the textbook cycle with dense matrices.

Source: Bar-Shalom, Li and Kirubarajan (2001), 11.6.6, equations (11.6.6-4) to (11.6.6-13).
"""

import numpy as np
from tests.naive import kalman
from tests.naive import update as updates

from skypact.model.tracking import ENTER, FLAT, KIND, LEAVE_RATE, N_MODELS


def switching(motion, dt):
    """Transition matrix (M, M) over |dt|: exponential stay, the rest shared out."""
    stay = np.exp(-motion[LEAVE_RATE:ENTER] * abs(dt))
    enter = motion[ENTER : ENTER + N_MODELS**2].reshape(N_MODELS, N_MODELS)
    return np.diag(stay) + (1.0 - stay)[:, None] * enter


def moments(mu, xs, Ps):
    """Mean and covariance of a Gaussian mixture."""
    mu, xs, Ps = np.asarray(mu), np.asarray(xs), np.asarray(Ps)
    mean = mu @ xs
    off = xs - mean
    return mean, np.einsum("m,mij->ij", mu, Ps + off[:, :, None] * off[:, None, :])


def mix(mu, xs, Ps, dt, motion):
    """Predicted probabilities and the mixed start of each model."""
    joint = np.asarray(mu)[:, None] * switching(motion, dt)
    predicted = joint.sum(0)
    weights = joint / predicted
    if motion[KIND] == 1.0:
        weights = np.where(weights < 0.05, 0.0, weights)
        weights /= weights.sum(0)
    starts = [moments(weights[:, j], xs, Ps) for j in range(len(mu))]
    return predicted, [s[0] for s in starts], [s[1] for s in starts]


def predict(mu, xs, Ps, dt, motion):
    """Predicted probabilities, means and covariances of all models."""
    predicted, xs, Ps = mix(mu, xs, Ps, dt, motion)
    up = kalman.vertical(xs[0], motion[FLAT])
    moved = [kalman.predict(xs[j], Ps[j], j, dt, motion, up) for j in range(len(xs))]
    return predicted, np.array([x for x, _ in moved]), np.array([P for _, P in moved])


def update(predicted, xs, Ps, z, form, site, axes, flat):
    """Posterior probabilities, means, covariances; least squared distance; log likelihood."""
    done = [updates.update(x, P, z, form, site, axes, flat) for x, P in zip(xs, Ps, strict=True)]
    log = np.array([d[3] for d in done]) + np.log(predicted)
    top = log.max()
    total = np.exp(log - top).sum()
    mu = np.exp(log - top) / total
    least = min(d[2] for d in done)
    return (
        mu,
        np.array([d[0] for d in done]),
        np.array([d[1] for d in done]),
        least,
        top + np.log(total),
    )
