"""Posterior Cramér-Rao bound of tracks, with misses and false reports.

The bound is computed along each object's true path, look by look (`evaluate.looks`), for sensors
that look at their own times, in the plane (east and north at the object; its height is known):

- ``reduction``: J' = (F J^-1 F^T + Q)^-1 + q H^T R^-1 H, with the information reduction factor q
  of `evaluate.reduction`. Sources: P. Tichavský, C. Muravchik, A. Nehorai, "Posterior Cramér-Rao
  bounds for discrete-time nonlinear filtering", IEEE Trans. Signal Processing 46 (1998), 1386-1396;
  X. Zhang, P. Willett, Y. Bar-Shalom, "Dynamic Cramer-Rao bound for target tracking in clutter",
  IEEE Trans. Aerospace and Electronic Systems 41 (2005), 1154-1167.
- ``enumeration``: the mean of the bounds of all sequences of detections and misses, drawn at
  random; tighter. Source: M. Hernandez, A. Farina, B. Ristic, "PCRLB for tracking in cluttered
  environments: measurement sequence conditioning approach", IEEE Trans. Aerospace and Electronic
  Systems 42 (2006), 680-704.
- ``riccati``: P' = P - q K S K^T, the modified Riccati equation: no bound but an approximation,
  from above, of the mean covariance (the equation is concave in P). It stands here because
  publications print it as one. Sources: Y. Boers, H. Driessen, "A note on bounds for target
  tracking with Pd < 1", IEEE Trans. Aerospace and Electronic Systems 42 (2006), 640-646;
  B. Sinopoli et al., "Kalman filtering with intermittent observations", IEEE Trans. Automatic
  Control 49 (2004), 1453-1464, theorem 4.

With ``given_hit`` the bound is that of looks at which a report came: tracks are judged at reports,
where errors are smaller than the mean over hits and misses.
"""

from itertools import pairwise
from typing import Final, Literal, NamedTuple

import numpy as np

from skypact.evaluate.flatmodel import (
    TURN,
    FlatModel,
    process_noise,
    size,
    transition,
)
from skypact.evaluate.gaussian import predicted, spread, updated
from skypact.evaluate.looks import Looks, ranks
from skypact.evaluate.places import Bools
from skypact.evaluate.reduction import information_reduction
from skypact.model.reports import Floats, Longs

START_SIGMA_M: Final = 20_000.0
START_SIGMA_MPS: Final = 150.0
START_SIGMA_TURN: Final = 0.1
"""First covariance where the model states none: as wide as the tracker's."""
_LEAST_REDUCTION: Final = 1e-9

Kind = Literal["reduction", "enumeration", "riccati"]


class Bound(NamedTuple):
    """Bound right after each look, in the order of the looks (n,)."""

    object: Longs
    time_s: Floats
    position_m: Floats
    """Root of the bound on the mean squared horizontal error."""
    velocity_mps: Floats


def posterior_bound(
    looks: Looks,
    model: FlatModel,
    *,
    kind: Kind = "reduction",
    runs: int = 100,
    seed: int = 0,
    given_hit: bool = False,
) -> Bound:
    """Bound of every object at every look.

    Parameters
    ----------
    looks : Looks
    model : FlatModel
        Motion of the objects; of several first states the mean covariance counts.
    kind : "reduction", "enumeration" or "riccati"
    runs, seed : int
        Sequences drawn for each object by the enumeration.
    given_hit : bool
        State at each look the bound for the case that it is a hit; whether it was does not touch
        what comes after. Otherwise the mean over hit and miss. Not for the Riccati equation.
    """
    rng = np.random.default_rng(seed)
    turning = _turn_states(looks)
    q = np.maximum(information_reduction(looks.p_detection, looks.clutter), _LEAST_REDUCTION)
    n, m = int(looks.object.max(initial=-1)) + 1, size(model)
    shape = (n, runs) if kind == "enumeration" else (n, 1)
    P = np.broadcast_to(first_covariance(model), (*shape, m, m)).copy()
    last, last_s = np.full(n, -1), np.zeros(n)
    position, velocity = np.empty(len(q)), np.empty(len(q))
    order, bounds = ranks(looks.object)
    for a, b in pairwise(bounds):
        rows = order[a:b]
        index = looks.object[rows]
        here = P[index]
        if a > 0:
            dt = looks.time_s[rows] - last_s[index]
            F = transition(model, turning[last[index]][:, :m], dt)
            here = predicted(here, F[:, None], process_noise(model, dt)[:, None])
        hit = _hits(rng, looks.p_detection[rows], runs) if kind == "enumeration" else None
        after = _after_look(here, looks, rows, q[rows], kind, hit)
        P[index], last[index], last_s[index] = after, rows, looks.time_s[rows]
        told = _after_hit(here, looks, rows, q[rows]) if given_hit else after
        position[rows] = np.sqrt(np.mean(spread(told, 0) ** 2, axis=1))
        velocity[rows] = np.sqrt(np.mean(spread(told, 2) ** 2, axis=1))
    return Bound(looks.object, looks.time_s, position, velocity)


def first_covariance(model: FlatModel) -> Floats:
    """Covariance (m, m) of a new object before its first report."""
    if model.first_covariance is not None:
        return np.asarray(np.mean(model.first_covariance, axis=0))
    sigma = [START_SIGMA_M, START_SIGMA_M, START_SIGMA_MPS, START_SIGMA_MPS, START_SIGMA_TURN]
    return np.diag(np.array(sigma[: size(model)]) ** 2)


def _hits(rng: np.random.Generator, p_detection: Floats, runs: int) -> Bools:
    return rng.random((len(p_detection), runs)) < p_detection[:, None]


def _after_look(
    P: Floats, looks: Looks, rows: Longs, q: Floats, kind: Kind, hit: Bools | None
) -> Floats:
    """Update covariances (k, runs, m, m) at looks `rows` (k,)."""
    slope, variance = looks.slope[rows][:, None], looks.variance[rows][:, None]
    if kind == "riccati":
        return P + q[:, None, None, None] * (updated(P, slope, variance)[1] - P)
    if hit is None:
        return updated(P, slope, variance / q[:, None, None])[1]
    return np.where(hit[:, :, None, None], _after_hit(P, looks, rows, q), P)


def _after_hit(P: Floats, looks: Looks, rows: Longs, q: Floats) -> Floats:
    """Update covariances (k, runs, m, m) at looks that brought a report: false ones are left."""
    seen = (q / np.maximum(looks.p_detection[rows], _LEAST_REDUCTION))[:, None, None]
    return updated(P, looks.slope[rows][:, None], looks.variance[rows][:, None] / seen)[1]


def _turn_states(looks: Looks) -> Floats:
    """Place a true state (n, 5) at each look, with the mean turn rate until the next one."""
    state = np.zeros((len(looks.time_s), 5))
    state[:, 2:4] = looks.velocity_mps
    heading = np.arctan2(looks.velocity_mps[:, 1], looks.velocity_mps[:, 0])
    dt = np.diff(looks.time_s)
    turn = (np.diff(heading) + np.pi) % (2.0 * np.pi) - np.pi
    usable = (np.diff(looks.object) == 0) & (dt > 0.0)
    state[:-1, TURN][usable] = turn[usable] / dt[usable]
    return state
