"""Plain twin of kernels/usual.py: information matrices for scalar steps, one shear matrix."""

import math

import numpy as np
from tests.naive import geodesy

SPEEDS = np.arange(17) * 20.0
HEIGHTS = np.array(
    [100, 200, 300, 450, 700, 1500, 2500, 3200, 4000, 5300, 7000, 9500, 10600, 10900, 11000, 11000,
     11000], float,
)  # fmt: skip
SIGMAS = np.array(
    [150, 200, 300, 500, 900, 1500, 2000, 2000, 1900, 1900, 2200, 2200, 1700, 1400, 1400, 2500,
     4000], float,
)  # fmt: skip


def usual_height(speed, sigma, ground):
    """Height and deviation at a speed known to `sigma`, low ones above the ground."""
    speed = min(speed, 319.98)
    k = int(speed // 20)
    slope = (HEIGHTS[k + 1] - HEIGHTS[k]) / 20.0
    height = np.interp(speed, SPEEDS, HEIGHTS)
    lift = max(0.0, ground) * max(0.0, 1.0 - height / 4_000.0)
    spread = np.interp(speed, SPEEDS, SIGMAS)
    return height + lift, float(np.linalg.norm([spread, slope * sigma, 0.5 * lift]))


def change_prior(x, P, up, height, old, new):
    """State whose height is assumed anew: information of the old assumption out, the new in."""
    h = np.array([*up, 0, 0, 0, 0])
    forgotten = max(old[1], h @ P @ h)
    information = 1 / new[1] - 1 / forgotten
    P_new = np.linalg.inv(np.linalg.inv(P) + information * np.outer(h, h))
    push = (new[0] - height) / new[1] - (old[0] - height) / forgotten
    return x + P_new @ h * push, P_new


def slope_at(place, site, up):
    """Ground metres per metre of height at one slant range, and the direction away."""
    d = place - site
    rise = d @ up
    level = d - rise * up
    length = np.linalg.norm(level)
    if length < abs(rise):
        return 0.0, level
    return -rise / length, level / length


def keep_range(x, P, up, site, before):
    """Lifted state whose slant range changed as the tangent says, covariance sheared with it."""
    old, _ = slope_at(before, site, up)
    new, away = slope_at(x[:3], site, up)
    r0, r1 = np.linalg.norm(before - site), np.linalg.norm(x[:3] - site)
    along = (x[:3] - site) @ away
    if along <= 0.5 * r1:
        return x, P
    wanted = r0 + (x[:3] - before) @ (before - site) / r0
    T = np.eye(7)
    T[:3, :3] += (new - old) * np.outer(away, up)
    x = x.copy()
    x[:3] -= (r1 - wanted) * r1 / along * away
    return x, T @ P @ T.T


def assume_height(track, report, site):
    """Bring a track's assumed height up to date after a polar report without height."""
    z = report["z"]
    if track.prior is None:
        return
    if not (math.isnan(z[8]) and math.isnan(z[17])):
        track.prior = None
        return
    mean, P = track.moments()
    up = geodesy.up_at(mean[:3])
    v = mean[3:6] - (mean[3:6] @ up) * up
    speed = np.linalg.norm(v)
    sigma = math.sqrt(v @ P[3:6, 3:6] @ v) / speed if speed >= 1 else math.sqrt(P[3, 3])
    if report["form"] != 0 or sigma > 40.0:
        return
    height, spread = usual_height(speed, sigma, site[3])
    old, new = track.prior, (height, spread**2)
    close = abs(height - old[0]) < 0.2 * math.sqrt(old[1]) and abs(new[1] - old[1]) < 0.2 * old[1]
    if close and up @ P[:3, :3] @ up < 1.2 * new[1]:
        return
    mean_m = geodesy.geodetic_from_ecef(mean[None, :3])[0][2]
    x, P = track.x.copy(), track.P.copy()
    for i in range(len(x)):
        own_m = mean_m + up @ (x[i, :3] - mean[:3])
        lifted = change_prior(x[i], P[i], up, own_m, old, new)
        x[i], P[i] = keep_range(*lifted, up, site[:3], x[i, :3].copy())
    track.x, track.P, track.prior = x, P, new
