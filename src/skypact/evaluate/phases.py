"""What the true objects are doing: flying straight, turning, climbing."""

from typing import Final

import numpy as np

from skypact.evaluate.paths import BLOCK, Bools, Paths, latest
from skypact.model.reports import Bytes, Floats, Longs
from skypact.units import DEGREE

TURN: Final = 1
CLIMB: Final = 2
TURN_RATE_RADPS: Final = 0.5 * DEGREE
"""A sixth of the standard rate; noise of recorded positions stays below it over 8 s."""
ACCELERATION_MPS2: Final = 1.5
CLIMB_RATE_MPS: Final = 2.5
"""About 500 feet a minute, the least rate of a climb under control."""
COURSE_SPEED_MPS: Final = 20.0
"""Below this speed a course says little: hovering, or wind alone."""
HALF_WINDOW_S: Final = 4.0


def phases(truth: Paths) -> Bytes:
    """Give the flags TURN and CLIMB of every true state (n,).

    Rates are taken over four seconds before and after, to the nearest states outside or the ends
    of the path. TURN is a turn rate above 0.5 degrees a second at more than 20 m/s, or a horizontal
    acceleration above 1.5 m/s^2; CLIMB a rate of climb or descent above 2.5 m/s. The limits are
    this package's own: the standards name the phases without them.
    """
    n = len(truth.time_s)
    flags = np.zeros(n, np.int8)
    for start in range(0, n, BLOCK):
        rows = np.arange(start, min(start + BLOCK, n))
        flags[rows] = _flags(truth, rows)
    return flags


def phase_at(truth: Paths, flags: Bytes, before: Longs, index: Longs) -> Bytes:
    """Give the flags of both states around; `before` and `index` as in `paths.present`."""
    after = np.minimum(before + 1, truth.first[index + 1] - 1)
    return np.asarray(flags[before] | flags[after])


def is_straight(phase: Bytes) -> Bools:
    """Neither turning nor accelerating; climbs may be straight."""
    straight: Bools = (phase & TURN) == 0
    return straight


def _flags(truth: Paths, rows: Longs) -> Bytes:
    index = np.searchsorted(truth.first, rows, "right") - 1
    time_s = truth.time_s[rows]
    begin = latest(truth, index, time_s - HALF_WINDOW_S)
    begin = np.where(begin < 0, truth.first[index], begin)
    end = latest(truth, index, time_s + HALF_WINDOW_S)
    short = truth.time_s[end] < time_s + HALF_WINDOW_S
    end = np.where(short, np.minimum(end + 1, truth.first[index + 1] - 1), end)
    step_s = truth.time_s[end] - truth.time_s[begin]
    step_s[step_s == 0.0] = np.inf
    v0, v1 = _level(truth, begin), _level(truth, end)
    cross = np.einsum("ij,ij->i", np.cross(v0, v1), truth.up[rows])
    turned = np.abs(np.arctan2(cross, np.einsum("ij,ij->i", v0, v1)))
    fast = np.linalg.norm(v0 + v1, axis=1) > 2.0 * COURSE_SPEED_MPS * np.cos(0.5 * turned)
    speeding = np.linalg.norm(v1 - v0, axis=1) > ACCELERATION_MPS2 * step_s
    turning = ((turned > TURN_RATE_RADPS * step_s) & fast) | speeding
    climbing = np.abs(climb_mps(truth.velocity_mps[rows], truth.up[rows])) > CLIMB_RATE_MPS
    return np.asarray(TURN * turning + CLIMB * climbing, np.int8)


def climb_mps(velocity_mps: Floats, up: Floats) -> Floats:
    """Rate along the vertical (n,)."""
    return np.asarray(np.einsum("ij,ij->i", velocity_mps, up))


def _level(truth: Paths, rows: Longs) -> Floats:
    """Horizontal part of the velocity."""
    velocity, up = truth.velocity_mps[rows], truth.up[rows]
    return np.asarray(velocity - climb_mps(velocity, up)[:, None] * up)
