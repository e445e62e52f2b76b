"""Free flight in the Earth-fixed frame: gravity with J2, rotation and drag, by Runge-Kutta.

Sources: D. A. Vallado, "Fundamentals of Astrodynamics and Applications", 4th ed., equation 8-30
for J2, table 8-4 for the density of the air above 25 km (CIRA-72); US Standard Atmosphere 1976,
table I, for that up to 25 km; exponential between the heights given; NGA.STND.0036 (WGS 84),
edition 1.0.0, for the constants. The air turns with the Earth. Metres, seconds, radians; x, y, z
are ECEF.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import allocating_kernel, helper, kernel
from skypact.kernels.geodesy import FLATTENING, SEMI_MAJOR_M

Floats = npt.NDArray[np.float64]

GRAVITATION: Final = 3.986004418e14
"""Gravitational constant of the Earth with its air, m^3/s^2."""
J2: Final = 1.082629821e-3
ROTATION_RADPS: Final = 7.292115e-5
AIR_HEIGHT_M: Final = np.array(
    [
        0.0, 5e3, 11e3, 15e3, 20e3, 25e3, 30e3, 40e3, 50e3, 60e3, 70e3, 80e3, 90e3, 100e3, 110e3,
        120e3, 130e3, 140e3, 150e3,
    ]
)  # fmt: skip
AIR_DENSITY_KGPM3: Final = np.array(
    [
        1.225, 0.73643, 0.36480, 0.19476, 0.08891, 4.008e-2, 1.774e-2, 3.972e-3, 1.057e-3,
        3.206e-4, 8.770e-5, 1.905e-5, 3.396e-6, 5.297e-7, 9.661e-8, 2.438e-8, 8.484e-9, 3.845e-9,
        2.070e-9,
    ]
)  # fmt: skip
TOP_OF_AIR_M: Final = 150_000.0
"""Above it drag is left out: at most 0.0001 m/s^2 at 7 km/s and 500 kg/m^2."""
_FINER: Final = 16
"""Steps within the air are so much shorter."""


@helper
def height_one(x: float, y: float, z: float) -> float:
    """Height above the ellipsoid, along the radius: right to 100 m below 1,000 km."""
    r = math.sqrt(x * x + y * y + z * z)
    if r == 0.0:
        return -SEMI_MAJOR_M
    sine = z / r
    return r - SEMI_MAJOR_M * (1.0 - FLATTENING * sine * sine)


@kernel
def air_density_one(height_m: float) -> float:
    """Density of the air, kg/m^3; below sea level that at sea level."""
    i = int(0)  # noqa: UP018, RUF046
    while i < AIR_HEIGHT_M.shape[0] - 2 and height_m > AIR_HEIGHT_M[i + 1]:
        i += 1
    above_m = max(height_m, 0.0) - AIR_HEIGHT_M[i]
    share = above_m / (AIR_HEIGHT_M[i + 1] - AIR_HEIGHT_M[i])
    ratio = AIR_DENSITY_KGPM3[i + 1] / AIR_DENSITY_KGPM3[i]
    return float(AIR_DENSITY_KGPM3[i] * ratio**share)


@helper
def acceleration_one(
    x: float, y: float, z: float, vx: float, vy: float, vz: float, drag_m2pkg: float, j2: float
) -> tuple[float, float, float]:
    """Acceleration (m/s^2) in the Earth-fixed frame, apparent forces included."""
    r2 = x * x + y * y + z * z
    r = math.sqrt(r2)
    pull = GRAVITATION / (r2 * r)
    bulge = 1.5 * j2 * SEMI_MAJOR_M * SEMI_MAJOR_M / r2
    polar = 5.0 * z * z / r2
    level = pull * (1.0 + bulge * (1.0 - polar))
    brake = 0.0
    height = height_one(x, y, z)
    if drag_m2pkg > 0.0 and height < TOP_OF_AIR_M:
        speed = math.sqrt(vx * vx + vy * vy + vz * vz)
        brake = 0.5 * air_density_one(height) * speed * drag_m2pkg
    w = ROTATION_RADPS
    return (
        -level * x - brake * vx + w * (w * x + 2.0 * vy),
        -level * y - brake * vy + w * (w * y - 2.0 * vx),
        -pull * (1.0 + bulge * (3.0 - polar)) * z - brake * vz,
    )


@helper
def runge_kutta_one(
    state: Floats, step_s: float, drag_m2pkg: float, j2: float, work: Floats, out: Floats
) -> None:
    """One step of the classical fourth-order method; `work` (2, 6) is scratch."""
    trial, slope = work[0], work[1]
    for k in range(6):
        out[k] = state[k]
        slope[k] = 0.0
    for stage in range(4):
        ahead = 0.0 if stage == 0 else (step_s if stage == 3 else 0.5 * step_s)
        weight = step_s / 3.0 if 0 < stage < 3 else step_s / 6.0
        for k in range(6):
            trial[k] = state[k] + ahead * slope[k]
        slope[3], slope[4], slope[5] = acceleration_one(
            trial[0], trial[1], trial[2], trial[3], trial[4], trial[5], drag_m2pkg, j2
        )
        for k in range(3):
            slope[k] = trial[3 + k]
        for k in range(6):
            out[k] += weight * slope[k]


@allocating_kernel
def fly(
    state: Floats, time_s: Floats, drag_m2pkg: float, j2: float, longest_s: float, out: Floats
) -> None:
    """Fly freely from `state` at ``time_s[0]``; states at the other times go to `out`.

    Parameters
    ----------
    state : (6,) f8
        ECEF position [m] and velocity [m/s].
    time_s : (m,) f8
        Ascending.
    drag_m2pkg : float
        Drag area over mass, the inverse of the ballistic parameter; 0 leaves drag out.
    j2 : float
        `J2`, or 0 for a spherical Earth.
    longest_s : float
        Longest step above the air; within it steps are 16 times shorter.
    out : (m, 6) f8
        Written in place; its first row is `state`.

    Notes
    -----
    Twin: tests/naive/ballistic.py. Source: Vallado, section 8.5 (Runge-Kutta) and 8.6 (forces).
    """
    work = np.empty((2, 6))
    here, there = np.empty(6), np.empty(6)
    for k in range(6):
        here[k] = state[k]
        out[0, k] = state[k]
    for i in range(1, time_s.shape[0]):
        now_s = time_s[i - 1]
        while now_s < time_s[i]:
            step_s = longest_s
            if height_one(here[0], here[1], here[2]) < TOP_OF_AIR_M:
                step_s = longest_s / _FINER
            left_s = time_s[i] - now_s
            if left_s < 1.000001 * step_s:
                step_s = left_s
                now_s = time_s[i]
            else:
                now_s += step_s
            runge_kutta_one(here, step_s, drag_m2pkg, j2, work, there)
            for k in range(6):
                here[k] = there[k]
        for k in range(6):
            out[i, k] = here[k]
