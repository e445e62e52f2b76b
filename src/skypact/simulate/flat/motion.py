"""How objects of a flat scene move: transition and process noise of the true model.

States are (x, vx, y, vy) or, for coordinated turns, (x, vx, y, vy, turn rate), SI and radians,
counter-clockwise positive. Source: Bar-Shalom, Li and Kirubarajan, "Estimation with Applications to
Tracking and Navigation", 2001: 6.2.2 (continuous white acceleration), 6.3.2 (acceleration constant
over a step), 11.7.1 (coordinated turn).
"""

from typing import Final

import numpy as np

from skypact.model.reports import Floats
from skypact.simulate.flat.schema import MOTION_SIZE, Model
from skypact.units import DEGREE

_STRAIGHT_RAD: Final = 1e-9
"""Below so little turn in a step the turn's formulas lose all digits; a straight line serves."""


def turn_matrix(dt_s: float, turn_radps: float) -> Floats:
    """Transition (4, 4) over `dt_s` at a known turn rate; 0 is straight."""
    angle = turn_radps * dt_s
    sin, cos = np.sin(angle), np.cos(angle)
    if abs(angle) < _STRAIGHT_RAD:
        along, across = dt_s, 0.0
    else:
        along, across = sin / turn_radps, (1.0 - cos) / turn_radps
    return np.array(
        [
            [1.0, along, 0.0, -across],
            [0.0, cos, 0.0, -sin],
            [0.0, across, 1.0, along],
            [0.0, sin, 0.0, cos],
        ]
    )


def transition(dt_s: float) -> Floats:
    """Transition (4, 4) of nearly constant velocity."""
    return turn_matrix(dt_s, 0.0)


def moved(states: Floats, dt_s: float) -> Floats:
    """States (n, 4 or 5) after `dt_s` without noise; a fifth component turns them."""
    out = np.array(states, np.float64)
    if not states.size:
        return out
    if states.shape[1] == 4:
        out[:] = states @ transition(dt_s).T
        return out
    rates, which = np.unique(states[:, 4], return_inverse=True)
    for i, rate in enumerate(rates.tolist()):
        rows = which.reshape(-1) == i
        out[rows, :4] = states[rows, :4] @ turn_matrix(dt_s, rate).T
    return out


def process_noise(model: Model, dt_s: float) -> Floats:
    """Covariance of what a step of `dt_s` adds to a state, (4, 4) or (5, 5)."""
    size = MOTION_SIZE[model.motion]
    t = dt_s
    if model.accel_mps2:
        gain = np.array([0.5 * t * t, t])
        axis = model.accel_mps2**2 * np.outer(gain, gain)
    else:
        axis = model.accel_psd_m2ps3 * np.array([[t**3 / 3.0, t**2 / 2.0], [t**2 / 2.0, t]])
    noise = np.zeros((size, size))
    noise[:2, :2] = noise[2:4, 2:4] = axis
    if size == 5:
        noise[4, 4] = (model.turn_accel_dps2 * DEGREE * t) ** 2
    return noise


def noise_root(model: Model, dt_s: float) -> Floats:
    """Lower factor of `process_noise` that exists also where that is singular: root @ root.T."""
    noise = process_noise(model, dt_s)
    root = np.zeros_like(noise)
    for i in (0, 2):
        root[i, i] = np.sqrt(noise[i, i])
        if root[i, i] > 0.0:
            root[i + 1, i] = noise[i + 1, i] / root[i, i]
        root[i + 1, i + 1] = np.sqrt(max(noise[i + 1, i + 1] - root[i + 1, i] ** 2, 0.0))
    if len(noise) == 5:
        root[4, 4] = np.sqrt(noise[4, 4])
    return root
