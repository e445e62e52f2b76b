"""Plain twin of kernels/impact.py: the end of a flight by bisection over the plain integration."""

import math

import numpy as np
from tests.naive import geodesy
from tests.naive.ballistic import fly

J2 = 1.082629821e-3


def fall(state, drag_m2pkg, ground_m, most_s, step_s=0.5):
    """Latitude, longitude, time until the end and greatest height of one flight."""
    now_s, here, highest_m = 0.0, np.asarray(state, float), -math.inf
    while now_s < most_s:
        after = fly(here, np.array([0.0, step_s]), drag_m2pkg, J2, step_s)[-1]
        heights = [geodesy.geodetic_from_ecef(p[None, :3])[0, 2] for p in (here, after)]
        highest_m = max(highest_m, heights[0])
        if heights[1] <= ground_m:
            low, high = 0.0, step_s
            for _ in range(40):
                middle = 0.5 * (low + high)
                end = fly(here, np.array([0.0, middle]), drag_m2pkg, J2, step_s)[-1]
                is_above = geodesy.geodetic_from_ecef(end[None, :3])[0, 2] > ground_m
                low, high = (middle, high) if is_above else (low, middle)
            lat, lon, _ = geodesy.geodetic_from_ecef(end[None, :3])[0]
            return float(lat), float(lon), now_s + high, highest_m
        here, now_s = after, now_s + step_s
    return math.nan, math.nan, math.nan, highest_m
