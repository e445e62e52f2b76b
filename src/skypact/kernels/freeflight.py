"""Prediction of the ballistic mode: free flight with drag, powered flight, and flight as aircraft.

The mode has its own three models in the slots of the aircraft's; the seventh component of the state
is the logarithm of the ballistic parameter m / (C_d A) [kg/m^2] in all of them; it drifts about
what is known beforehand.

Source: Li and Jilkov, "A survey of maneuvering target tracking. Part II: ballistic target models",
SPIE 4473 (2001), 559-581, sections 3 (coast: gravity with J2 in a rotating frame), 4 (boost as
acceleration noise along the velocity) and 5 (re-entry with an unknown ballistic parameter).
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper
from skypact.kernels.ballistic import (
    J2,
    TOP_OF_AIR_M,
    air_density_one,
    height_one,
    runge_kutta_one,
)
from skypact.kernels.kalman import add_noise, follow_earth, predict_straight
from skypact.kernels.smallmat import sandwich
from skypact.model.tracking import (
    AS_AIRCRAFT,
    COAST,
    LOG_BALLISTIC,
    N_STATE,
    PSD_H,
    PSD_V,
    TURN_PSD,
    TURN_VAR,
)

Floats = npt.NDArray[np.float64]

STEP_S: Final = 10.0
STEP_IN_AIR_S: Final = 1.0
"""Longest Runge-Kutta steps: at 7 km/s they err by less than a metre."""
LEAST_LOG: Final = math.log(50.0)
MOST_LOG: Final = math.log(1e5)
"""Limits of the ballistic parameter that the drag is computed with: a tank, a solid dart."""
LIFT_SHARE: Final = 0.1
LIFT_S: Final = 1.0
"""A tumbling body's lift: so much of its drag, correlated over so long."""
THRUST_MEMORY_S: Final = 2.0
"""Under thrust the ballistic parameter means nothing and is forgotten over this time."""
TRIAL: Final = np.array([100.0, 100.0, 100.0, 1.0, 1.0, 1.0, 0.01])
"""Steps by which the Jacobian is taken: metres, metres a second, logarithm."""


@helper
def fly_freely(x: Floats, dt: float, work: Floats) -> None:
    """Move a state by dt in free flight, in place; `work` (>= 4, 7) is scratch."""
    drag_m2pkg = math.exp(-min(MOST_LOG, max(LEAST_LOG, x[6])))
    longest = STEP_S
    if height_one(x[0], x[1], x[2]) < TOP_OF_AIR_M:
        longest = STEP_IN_AIR_S
    count = math.ceil(abs(dt) / longest)
    for _ in range(count):
        runge_kutta_one(x, dt / count, drag_m2pkg, J2, work, work[2])
        for k in range(6):
            x[k] = work[2, k]


@helper
def flight_matrix(x: Floats, dt: float, F: Floats, work: Floats) -> None:
    """Jacobian (7, 7) of free flight over dt, by differences; x is moved by it too."""
    trial = work[3]
    for k in range(N_STATE):
        for i in range(N_STATE):
            trial[i] = x[i]
        trial[k] += TRIAL[k]
        fly_freely(trial, dt, work)
        for i in range(N_STATE):
            F[i, k] = trial[i]
    fly_freely(x, dt, work)
    for k in range(N_STATE):
        for i in range(N_STATE):
            F[i, k] = (F[i, k] - x[i]) / TRIAL[k]


@helper
def lift_psd(x: Floats) -> float:
    """Acceleration density (m^2/s^3) of the unsteady lift of a body in free flight."""
    height_m = height_one(x[0], x[1], x[2])
    if height_m > TOP_OF_AIR_M:
        return 0.0
    speed2 = x[3] * x[3] + x[4] * x[4] + x[5] * x[5]
    drag_m2pkg = math.exp(-min(MOST_LOG, max(LEAST_LOG, x[6])))
    lift = LIFT_SHARE * 0.5 * air_density_one(height_m) * speed2 * drag_m2pkg
    return lift * lift * LIFT_S


@helper
def drift_drag(x: Floats, P: Floats, share: float, mean: float, variance: float) -> None:
    """Let the seventh component keep a share of what is known of it, in place.

    A first-order Gauss-Markov process about what is known beforehand: its variance never exceeds
    `variance`, however long nothing tells of it.
    """
    x[6] += (1.0 - share) * (mean - x[6])
    for i in range(6):
        P[i, 6] *= share
        P[6, i] = P[i, 6]
    P[6, 6] = share * share * P[6, 6] + (1.0 - share * share) * variance


@helper
def move_free(
    x: Floats, P: Floats, model: int, dt: float, motion: Floats, work: Floats, up: Floats
) -> None:
    """Move one state of the ballistic mode by dt in place, process noise included.

    `motion` is the mode's row of `TrackParams.motion`: its horizontal densities hold across the
    velocity and the vertical ones along it, but for flight as an aircraft. Unsteady lift adds to
    them where there is air. `work` (>= 3, 7, 7) is scratch.
    """
    if model == AS_AIRCRAFT:
        predict_straight(x, P, dt, motion[TURN_VAR])
        x[6] = motion[LOG_BALLISTIC]
        follow_earth(x, dt, up)
        add_noise(P, dt, up, motion[PSD_H + model], motion[PSD_V + model])
        return
    F = work[0]
    flight_matrix(x, dt, F, work[2])
    sandwich(F, P, work[1])
    along = work[1, 0]
    speed = math.sqrt(x[3] * x[3] + x[4] * x[4] + x[5] * x[5])
    for i in range(3):
        along[i] = x[3 + i] / speed if speed > 1.0 else up[i]
    lift = lift_psd(x)
    add_noise(P, dt, along, motion[PSD_H + model] + lift, motion[PSD_V + model] + lift)
    variance = motion[TURN_VAR]
    rate = 0.5 * motion[TURN_PSD] / variance if model == COAST else 1.0 / THRUST_MEMORY_S
    drift_drag(x, P, math.exp(-rate * abs(dt)), motion[LOG_BALLISTIC], variance)
