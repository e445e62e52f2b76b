"""Plain twin of kernels/late.py: fixed-point smoothing with the joint moments of two times.

The past time is carried along as a second state. Whenever a kept state is reached, the marginal of
the moving one is replaced by it and the other follows: mean += G (f - b), covariance +=
G (P_f - P_b) G', G the cross-covariance over P_b.
"""

import math

import numpy as np
from tests.naive import kalman

from skypact.model.tracking import ENTER, FLAT, LEAVE_RATE

EVERY_S, ROWS, LATE_S = 1.5, 8, 0.3


def remember(past, time_s, x, P):
    """Add a moment-matched state to a list of (time, x, P) unless the last one is too young."""
    if not past or time_s - past[-1][0] >= EVERY_S:
        past.append((time_s, x, P))
        del past[:-ROWS]


def step(x, P, model, dt, motion):
    """Jacobian, mean and covariance after dt."""
    up = kalman.vertical(x, motion[FLAT])
    F = kalman.jacobian(x, dt, model, up)
    return F, *kalman.predict(x, P, model, dt, motion)


def at(past, tau, now_s, x_now, P_now, model, motion):
    """Mean, covariance at tau, and cross-covariance with the present, of one model."""
    before = [k for k in past if k[0] <= tau]
    later = [k for k in past if tau < k[0] < now_s]
    if before:
        time_s, x, P = before[-1]
        _, x, P = step(x, P, model, tau - time_s, motion)
        mean, V, C, time_s = x, P, P, tau
    else:
        time_s, x, P = past[0]
        F, mean, V = step(x, P, model, tau - time_s, motion)
        C = F @ P
        later = later[1:]
    for t, f, Pf in [*later, (now_s, x_now, P_now)]:
        if t > time_s:
            F, b, Pb = step(x, P, model, t - time_s, motion)
            C = C @ F.T
        else:
            b, Pb = x, P
        G = np.linalg.solve(Pb, C.T).T
        mean, V, C = mean + G @ (f - b), V + G @ (Pf - Pb) @ G.T, G @ Pf
        time_s, x, P = t, f, Pf
    return mean, V, C


def retrodict(past, tau, now_s, mu, xs, Ps, motion):
    """States of all models at tau and their cross-covariances with the present."""
    found = [
        at(past, tau, now_s, x, P, m, motion) for m, (x, P) in enumerate(zip(xs, Ps, strict=True))
    ]
    return tuple(np.array(column) for column in zip(*found, strict=True))


def bring_back(now, then, post, lateness_s, motion):
    """Present (mu, x, P) from the present ones, those at tau with cross terms, and the updated."""
    mu, xs, Ps = now
    means, Vs, Cs = then
    mu_post, x_post, P_post = post
    same = math.exp(-lateness_s * float(np.dot(mu, motion[LEAVE_RATE:ENTER])))
    B = np.array([np.linalg.solve(V, C).T for V, C in zip(Vs, Cs, strict=True)])
    x = xs + np.einsum("mij,mj->mi", B, x_post - means)
    P = Ps + np.einsum("mij,mjk,mlk->mil", B, P_post - Vs, B)
    return same * mu_post + (1 - same) * np.asarray(mu), x, P
