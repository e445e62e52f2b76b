"""Plain twin of kernels/told.py: what objects say of themselves, its errors and its age."""

import math
from dataclasses import dataclass

import numpy as np

from skypact.model.tracking import PSD_ACROSS, PSD_H

SLOW_S = 3.0


@dataclass
class Told:
    """What a track has been told by its object: times, and a slow mean (2,) of its velocities."""

    self_s: float = math.nan
    velocity_s: float = math.nan
    slow_mps: np.ndarray | None = None


def error_memory(z, led, motion):
    """Time that makes reports of a place as good as one of them, in a steady track of theirs.

    `led` is the density of the velocities. Between the limits, without velocities and with little
    else, the root of the sum of squares is taken; `steady_memory` is exact.
    """
    q = motion[PSD_H] * math.sqrt(motion[PSD_ACROSS])
    slow = (z[9] ** 2 / (4 * q)) ** (1 / 3)
    return min(z[15], math.sqrt(slow**2 + (z[9] ** 2 / led) ** 2))


def steady_memory(variance, q, velocity_density):
    """Find by bisection the memory that leaves a steady track of variance R as uncertain as R."""
    low, high = 0.0, 1.0
    for _ in range(200):
        u = 0.5 * (low + high)
        is_low = u**3 * (2 - u) / (1 - u) ** 2 < q * variance**2 / velocity_density**3
        low, high = (u, high) if is_low else (low, u)
    return variance / (velocity_density * u * (2 - u))


def own_share(z, time_s, told, motion, params):
    """Report whose place is weakened where its error is that of the one before.

    In a memory's time as much is learnt as from one report: the variance grows by memory / gap.
    A velocity is brought up to its time by the acceleration, and weakened by what is not known of
    its age.
    """
    z = z.copy()
    gap_s = abs(time_s - told.self_s)
    if not gap_s < z[15]:
        return z
    has_velocity = not math.isnan(z[12])
    led = z[14] ** 2 * params.velocity_memory_s if has_velocity else math.inf
    if told.slow_mps is not None:
        since_s = time_s - told.velocity_s
        apart_s = max(abs(since_s), 0.05)
        led = z[14] ** 2 * max(apart_s, params.velocity_memory_s)
        if has_velocity:
            # A ramp of velocities is ahead of its slow mean by what it gains in this time.
            ahead_s = apart_s / (1.0 - math.exp(-apart_s / SLOW_S))
            acceleration = (z[12:14] - told.slow_mps) / ahead_s
            if since_s > -SLOW_S:
                z[12:14] += z[28] * acceleration
            late = params.velocity_lag_sigma_s * np.linalg.norm(acceleration)
            led += late**2 * max(apart_s, params.velocity_lag_memory_s)
            z[14] = math.sqrt(led / apart_s)
    gap_s = max(gap_s, 0.05)
    z[9] *= math.sqrt(max(1.0, error_memory(z, led, motion) / gap_s))
    return z


def note_told(told, z, time_s):
    """Book what the object says of itself; an old report changes nothing."""
    if z[15] == 0.0:
        return
    told.self_s = np.fmax(told.self_s, time_s)
    if math.isnan(z[12]) or time_s <= told.velocity_s:
        return
    if told.slow_mps is None:
        told.slow_mps = z[12:14].copy()
    else:
        share = 1.0 - math.exp(-(time_s - told.velocity_s) / SLOW_S)
        told.slow_mps = told.slow_mps + share * (z[12:14] - told.slow_mps)
    told.velocity_s = time_s
