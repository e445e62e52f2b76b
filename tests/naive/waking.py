"""Plain twin of kernels/waking.py: what is beyond aircraft, and how an undecided track begins."""

import numpy as np
from tests.naive import geodesy


def beyond(x, P, limits, sigmas):
    """Whether speed, climb or height of a moment-matched state pass limits by so many sigmas."""
    up = geodesy.up_at(x[:3])
    level = np.eye(3) - np.outer(up, up)
    velocity, height = x[3:6], geodesy.geodetic_from_ecef(x[:3])[0, 2]
    spread = np.sqrt(np.trace(level @ P[3:6, 3:6] @ level))
    rise, high = np.sqrt(up @ P[3:6, 3:6] @ up), np.sqrt(up @ P[:3, :3] @ up)
    return (
        np.linalg.norm(level @ velocity) - sigmas * spread > limits[0]
        or abs(up @ velocity) - sigmas * rise > limits[1]
        or height - sigmas * high > limits[2]
    )


def start(place, up):
    """Probabilities of the ballistic mode's models at a new track, and its velocity variances."""
    share = np.clip((geodesy.geodetic_from_ecef(place)[0, 2] - 15e3) / 45e3, 0, 1)
    coast, thrust = 0.02 + 0.58 * share, 0.06 + 0.24 * share
    speed, climb = 500 + 2000 * share, 400 + 1600 * share
    rise = np.outer(up, up)
    wide = speed**2 * (np.eye(3) - rise) + climb**2 * rise
    return np.array([coast, thrust, 1 - coast - thrust]), wide
