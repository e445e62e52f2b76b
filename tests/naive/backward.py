"""Plain twin of kernels/backward.py: dense backward smoothing of switching models, textbook RTS.

Sources: Rauch, Tung and Striebel (1965); Helmick, Blair and Hoffman (1995).
"""

import numpy as np
from tests.naive import imm, kalman

from skypact.model.tracking import FLAT


def gain(P, F, Q):
    """Prediction of a covariance, and the smoother's gain."""
    ahead = F @ P @ F.T + Q
    return ahead, P @ F.T @ np.linalg.inv(ahead)


def rts(x, P, F, Q):
    """Smooth filtered means (n, d) and covariances (n, d, d); F, Q lead from each to the next."""
    x, P = [*x], [*P]
    for k in range(len(x) - 2, -1, -1):
        ahead, G = gain(P[k], F[k], Q[k])
        x[k] = x[k] + G @ (x[k + 1] - F[k] @ x[k])
        P[k] = P[k] + G @ (P[k + 1] - ahead) @ G.T
    return np.array(x), np.array(P)


def batch(prior, P0, F, Q, H, R, z):
    """Least squares over all states at once: full information; means and covariances."""
    n, d = len(z), len(prior)
    A = np.zeros((n * d, n * d))
    b = np.zeros(n * d)

    def add(rows, residual, weight):
        nonlocal A, b
        A += rows.T @ weight @ rows
        b += rows.T @ weight @ residual

    first = np.zeros((d, n * d))
    first[:, :d] = np.eye(d)
    add(first, prior, np.linalg.inv(P0))
    for k in range(n):
        seen = np.zeros((len(H), n * d))
        seen[:, k * d : (k + 1) * d] = H
        add(seen, z[k], np.linalg.inv(R[k]))
        if k + 1 < n:
            step = np.zeros((d, n * d))
            step[:, k * d : (k + 1) * d] = -F[k]
            step[:, (k + 1) * d : (k + 2) * d] = np.eye(d)
            add(step, np.zeros(d), np.linalg.inv(Q[k]))
    C = np.linalg.inv(A)
    at = [slice(k * d, (k + 1) * d) for k in range(n)]
    return (C @ b).reshape(n, d), np.array([C[s, s] for s in at])


def jacobian(x, model, dt, motion, up):
    """Central differences of the plain prediction."""
    steps = np.array([5.0, 5.0, 5.0, 0.5, 0.5, 0.5, 5e-4])

    def moved(y):
        return kalman.predict(y, np.eye(7), model, dt, motion, up)[0]

    sides = [(moved(x + h), moved(x - h)) for h in np.diag(steps)]
    columns = [(high - low) / (2 * h) for (high, low), h in zip(sides, steps, strict=True)]
    return np.array(columns).T


def backward(mu, x, P, time_s, motion):
    """Smooth filtered states (n, M), (n, M, 7), (n, M, 7, 7) of switching models."""
    mu, x, P = mu.copy(), x.copy(), P.copy()
    models = range(mu.shape[1])
    for k in range(len(mu) - 2, -1, -1):
        dt = time_s[k + 1] - time_s[k]
        shares, starts, spreads = imm.mix(mu[k], x[k], P[k], dt, motion)
        chain = imm.switching(motion, dt)
        w = np.zeros((len(models), len(models)))
        means, covariances = {}, {}
        for i in models:
            up = kalman.vertical(starts[i], motion[FLAT])
            F = jacobian(starts[i], i, dt, motion, up)
            moved = kalman.predict(starts[i], spreads[i], i, dt, motion, up)[0]
            ahead, G = gain(spreads[i], F, kalman.noise(dt, i, up, motion, moved))
            start = G @ (x[k + 1, i] - moved)
            spread = spreads[i] + G @ (P[k + 1, i] - ahead) @ G.T
            Y = np.linalg.inv(spread) - np.linalg.inv(spreads[i])
            y = np.linalg.solve(spread, start)
            log, calm = np.full(len(models), -np.inf), True
            for j in models:
                own = np.linalg.inv(P[k, j])
                off = x[k, j] - starts[i]
                C = np.linalg.inv(own + Y)
                m = C @ (own @ off + y)
                means[j, i], covariances[j, i] = starts[i] + m, C
                log[j] = 0.5 * (m @ np.linalg.solve(C, m) - off @ own @ off)
                log[j] += 0.5 * (np.linalg.slogdet(C)[1] - np.linalg.slogdet(P[k, j])[1])
                off = means[j, i] - x[k, j]
                narrows = (np.diag(C) <= 1.01 * np.diag(P[k, j])).all()
                narrows &= (np.linalg.eigvalsh(own + Y) > 0.0).all()
                counts = mu[k, j] * chain[j, i] / shares[i] * mu[k + 1, i] > 1e-6
                calm &= bool(not counts or (narrows and off @ own @ off < 60.0))
            for j in [] if calm else models:
                F = jacobian(x[k, j], i, dt, motion, up)
                moved = kalman.predict(x[k, j], P[k, j], i, dt, motion, up)[0]
                ahead, G = gain(P[k, j], F, kalman.noise(dt, i, up, motion, moved))
                d = x[k + 1, i] - moved
                means[j, i] = x[k, j] + G @ d
                covariances[j, i] = P[k, j] + G @ (P[k + 1, i] - ahead) @ G.T
                log[j] = -0.5 * (d @ np.linalg.solve(ahead, d) + np.linalg.slogdet(ahead)[1])
            log += np.log(np.maximum(mu[k] * imm.switching(motion, dt)[:, i], 1e-300))
            likely = np.exp(log - log.max())
            w[:, i] = mu[k + 1, i] * likely / likely.sum()
        for j in models:
            mu[k, j] = w[j].sum()
            x[k, j], P[k, j] = imm.moments(
                w[j] / w[j].sum(),
                [means[j, i] for i in models],
                [covariances[j, i] for i in models],
            )
    return mu / mu.sum(1, keepdims=True), x, P
