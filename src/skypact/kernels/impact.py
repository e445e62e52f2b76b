"""Where and when free flights of an ensemble come down."""

import math

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import allocating_kernel
from skypact.kernels.ballistic import J2, TOP_OF_AIR_M, height_one, runge_kutta_one
from skypact.kernels.geodesy import geodetic_from_ecef_one

Floats = npt.NDArray[np.float64]


@allocating_kernel
def fall(
    state: Floats,
    drag_m2pkg: Floats,
    ground_m: float,
    step_s: float,
    step_in_air_s: float,
    most_s: float,
    out: Floats,
) -> None:
    """Fly states freely until they come down to a height.

    Parameters
    ----------
    state : (n, 6) f8
        ECEF position [m] and velocity [m/s].
    drag_m2pkg : (n,) f8
        Drag area over mass of each.
    ground_m : float
        Height above the ellipsoid at which a flight ends.
    step_s, step_in_air_s : float
        Steps above the air and in it.
    most_s : float
        What stays up for longer does not come down.
    out : (n, 4) f8
        Latitude and longitude (radians) and time until the end, greatest height; the first three
        NaN where it does not come down.

    Notes
    -----
    Twin: tests/naive/impact.py. Forces and method as `kernels.ballistic.fly`; the end is linear
    within the last step.
    """
    work = np.empty((2, 6))
    here, there = np.empty(6), np.empty(6)
    for i in range(state.shape[0]):
        for k in range(6):
            here[k] = state[i, k]
        after_s = 0.0
        height_m = height_one(here[0], here[1], here[2])
        highest_m = height_m
        out[i, 0], out[i, 1], out[i, 2] = math.nan, math.nan, math.nan
        while after_s < most_s:
            h = step_in_air_s if height_m < TOP_OF_AIR_M else step_s
            runge_kutta_one(here, h, drag_m2pkg[i], J2, work, there)
            below_m = height_one(there[0], there[1], there[2])
            if not math.isfinite(below_m):
                break
            if below_m <= ground_m:
                share = 1.0
                if height_m > below_m:
                    share = min(1.0, max(0.0, (height_m - ground_m) / (height_m - below_m)))
                for k in range(3):
                    here[k] += share * (there[k] - here[k])
                lat, lon, _ = geodetic_from_ecef_one(here[0], here[1], here[2])
                out[i, 0], out[i, 1], out[i, 2] = lat, lon, after_s + share * h
                break
            for k in range(6):
                here[k] = there[k]
            height_m = below_m
            highest_m = max(highest_m, height_m)
            after_s += h
        out[i, 3] = highest_m
