"""Posterior Cramér-Rao bound of where a free flight comes down.

Free flight is deterministic, so that the information about its state at burn-out is the sum over
the reports of D^T R^-1 D, with D the derivative of slant range, azimuth and elevation by that
state, plus the information of what is known before: J. The covariance of the place of impact is
then no less than G J^-1 G^T, G its derivative by the same state.

Source: P. Tichavský, C. Muravchik, A. Nehorai, "Posterior Cramér-Rao bounds for discrete-time
nonlinear filtering", IEEE Trans. Signal Processing 46 (1998), 1386-1396, section II, without
process noise; derivatives by central differences. Metres, seconds, radians.
"""

from typing import Final, NamedTuple

import numpy as np

from skypact.kernels.ballistic import J2, fly
from skypact.kernels.geodesy import MEAN_RADIUS_M, polar_from_ecef
from skypact.kernels.impact import fall
from skypact.model.reports import Floats

STEPS: Final = np.array([100.0, 100.0, 100.0, 1.0, 1.0, 1.0, 0.05])
"""Half widths of the differences: metres, metres a second, logarithm."""
LONGEST_S: Final = 2.0
"""Steps of the flight above the air; within it they are 16 times shorter."""
GROUND_STEP_S: Final = 0.25
MOST_S: Final = 5_400.0
CHI2_95: Final = -2.0 * np.log(0.05)
"""Of two degrees of freedom."""


class Looks(NamedTuple):
    """Reports (n,) of one flight by one radar in free flight, in order of time."""

    time_s: Floats
    """Since burn-out, not before."""
    site_m: Floats
    """Antenna (3,), ECEF."""
    axes: Floats
    """(3, 3): east, north and up there."""
    sigma: Floats
    """Of slant range [m], azimuth and elevation [rad] (3,)."""


class Known(NamedTuple):
    """What is known before the first report: standard deviations."""

    velocity_mps: float
    log_drag: float


class Derivatives(NamedTuple):
    """How reports and impact depend on the state at burn-out."""

    reports: Floats
    """Of range, azimuth and elevation, over their deviations (n, 3, 7)."""
    impact: Floats
    """Of the place north and east [m] (2, 7)."""


def derivatives(state: Floats, drag_m2pkg: float, ground_m: float, looks: Looks) -> Derivatives:
    """Differentiate the reports and the impact of a flight by its state at burn-out.

    Parameters
    ----------
    state : (6,) float64
        ECEF position and velocity at burn-out.
    drag_m2pkg : float
        Drag area over mass, > 0.
    ground_m : float
        Height above the ellipsoid at which it ends.
    looks : Looks
    """
    n = len(looks.time_s)
    seen = np.empty((2, 7, n, 3))
    ends = np.empty((2, 7, 4))
    for side, sign in enumerate((-1.0, 1.0)):
        moved = np.tile(np.append(state, np.log(drag_m2pkg)), (7, 1)) + sign * np.diag(STEPS)
        drag = np.exp(moved[:, 6])
        begin = np.ascontiguousarray(moved[:, :6])
        fall(begin, drag, ground_m, LONGEST_S, GROUND_STEP_S, MOST_S, ends[side])
        for k in range(7):
            path = np.empty((n + 1, 6))
            times = np.concatenate(([0.0], looks.time_s))
            fly(begin[k], times, float(drag[k]), J2, LONGEST_S, path)
            places = np.ascontiguousarray(path[1:, :3])
            polar_from_ecef(places, looks.site_m, looks.axes, seen[side, k])
    change = seen[1] - seen[0]
    change[:, :, 1] = (change[:, :, 1] + np.pi) % (2.0 * np.pi) - np.pi
    reports = change / (2.0 * STEPS[:, None, None]) / looks.sigma
    north = (ends[1, :, 0] - ends[0, :, 0]) * MEAN_RADIUS_M
    turn = (ends[1, :, 1] - ends[0, :, 1] + np.pi) % (2.0 * np.pi) - np.pi
    east = turn * MEAN_RADIUS_M * np.cos(0.5 * (ends[0, :, 0] + ends[1, :, 0]))
    impact = np.stack((north, east)) / (2.0 * STEPS)
    return Derivatives(np.moveaxis(reports, 0, 2), impact)


def impact_bound(slopes: Derivatives, n: int, known: Known) -> Floats:
    """Bound (2, 2) on the covariance of the impact, m^2 north and east, after the first n reports.

    Not a number where these do not determine a state.
    """
    rows = slopes.reports[:n].reshape(-1, 7)
    prior = np.array([0.0] * 3 + [known.velocity_mps**-2] * 3 + [known.log_drag**-2])
    information = rows.T @ rows + np.diag(prior)
    scale = 1.0 / np.sqrt(np.maximum(np.diag(information), 1e-300))
    scaled = information * np.outer(scale, scale)
    if not np.isfinite(scaled).all() or np.linalg.cond(scaled) > 1e14:
        return np.full((2, 2), np.nan)
    half = slopes.impact * scale
    return np.asarray(half @ np.linalg.solve(scaled, half.T))


def area_95_km2(covariance: Floats) -> float:
    """Area (km^2) of the ellipse that holds 95 % of a normal distribution (2, 2), m^2."""
    return float(np.pi * CHI2_95 * np.sqrt(max(np.linalg.det(covariance), 0.0)) / 1e6)
