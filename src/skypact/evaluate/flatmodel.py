"""How objects of a published flat scene move: the model that its floors are computed with.

State: x, y [m], vx, vy [m/s] and, with turns, the turn rate [rad/s, counter-clockwise].
Source: Bar-Shalom, Li and Kirubarajan, "Estimation with Applications to Tracking and Navigation"
(2001), 6.2.2 and 6.3.2 (white-noise acceleration, continuous and discrete), 11.7.1 and 11.7.2
(coordinated turn and its Jacobian).
"""

from typing import Final, NamedTuple

import numpy as np

from skypact.model.reports import Floats

TURN: Final = 4
"""Place of the turn rate in the state."""
_SMALL: Final = 1e-4


class FlatModel(NamedTuple):
    """Motion, first states and false reports of a flat scene."""

    accel: float
    """Density of white acceleration [m^2/s^3], or with `discrete` the standard deviation of an
    acceleration that holds over each step [m/s^2]."""
    discrete: bool = False
    turns: bool = False
    """Coordinated turn with unknown rate; else constant velocity."""
    turn_noise: float = 0.0
    """Standard deviation of a turn acceleration that holds over each step [rad/s^2] with
    `discrete`, else of the turn rate's random walk [rad/s per root second]."""
    first_mean: Floats | None = None
    """Means of the components of a new object's state (k, m), m = 4, or 5 with turns."""
    first_covariance: Floats | None = None
    """(k, m, m). Without first states: 20 km and 150 m/s per axis about the first report."""
    clutter_density: float | None = None
    """False reports per scan and m^2 (positions) or m rad (range and azimuth); None: from the
    sensors' data sheets, spread evenly to their range."""
    p_detection: float | None = None
    """None: measured from the reports, or from the data sheet."""


def with_births(model: FlatModel, means: Floats, sigmas: Floats) -> FlatModel:
    """Add first states as publications write them.

    Parameters
    ----------
    means, sigmas : (k, 4) or (k, 5)
        x, vx, y, vy and the turn rate [rad/s]; one row for each place where objects appear.
    """
    order = [0, 2, 1, 3, 4][: size(model)]
    covariance = np.array([np.diag(row) for row in np.asarray(sigmas)[:, order] ** 2])
    return model._replace(first_mean=np.asarray(means)[:, order], first_covariance=covariance)


def size(model: FlatModel) -> int:
    """Components of the state."""
    return 5 if model.turns else 4


def moved(model: FlatModel, state: Floats, dt: Floats) -> Floats:
    """States (n, m) after times dt (n,), without noise."""
    if not model.turns:
        out = state.copy()
        out[:, :2] += state[:, 2:4] * dt[:, None]
        return out
    turned: Floats = np.einsum("nij,nj->ni", _turned(state[:, TURN], dt), state)
    return turned


def transition(model: FlatModel, state: Floats, dt: Floats) -> Floats:
    """Jacobians (n, m, m) of `moved` at states (n, m)."""
    if not model.turns:
        return straight_transition(dt)
    w = state[:, TURN]
    out = _turned(w, dt)
    step = np.maximum(_SMALL, _SMALL * np.abs(w))
    for sign in (1.0, -1.0):
        beside = np.einsum("nij,nj->ni", _turned(w + sign * step, dt), state)
        beside[:, TURN] = 0.0
        out[:, :, TURN] += sign * beside / (2.0 * step)[:, None]
    return out


def straight_transition(dt: Floats) -> Floats:
    """Matrices (n, 4, 4) of constant velocity."""
    out = np.broadcast_to(np.eye(4), (len(dt), 4, 4)).copy()
    out[:, 0, 2] = out[:, 1, 3] = dt
    return out


def process_noise(model: FlatModel, dt: Floats) -> Floats:
    """Covariances (n, m, m) of the noise over dt."""
    if model.discrete:
        terms = (dt**4 / 4.0, dt**3 / 2.0, dt**2)
        scale, turn = model.accel**2, (model.turn_noise * dt) ** 2
    else:
        terms = (dt**3 / 3.0, dt**2 / 2.0, dt)
        scale, turn = model.accel, model.turn_noise**2 * dt
    out = np.zeros((len(dt), size(model), size(model)))
    for axis in range(2):
        out[:, axis, axis] = scale * terms[0]
        out[:, axis, axis + 2] = out[:, axis + 2, axis] = scale * terms[1]
        out[:, axis + 2, axis + 2] = scale * terms[2]
    if model.turns:
        out[:, TURN, TURN] = turn
    return out


def _turned(w: Floats, dt: Floats) -> Floats:
    """Matrices (n, 5, 5) of a turn at known rates w."""
    angle = w * dt
    small = np.abs(angle) < _SMALL
    safe = np.where(small, 1.0, w)
    along = np.where(small, dt * (1.0 - angle**2 / 6.0), np.sin(angle) / safe)
    across = np.where(small, 0.5 * angle * dt, (1.0 - np.cos(angle)) / safe)
    out = np.broadcast_to(np.eye(5), (len(dt), 5, 5)).copy()
    out[:, 0, 2] = out[:, 1, 3] = along
    out[:, 0, 3], out[:, 1, 2] = -across, across
    out[:, 2, 2] = out[:, 3, 3] = np.cos(angle)
    out[:, 2, 3], out[:, 3, 2] = -np.sin(angle), np.sin(angle)
    return out
