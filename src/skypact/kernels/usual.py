"""Heights of objects that report none: what their like usually fly at, once their speed is known.

A plot without height begins a track at a height that says little (`Geometry.height_m`). When the
track's speed is known, that assumption is taken out again and the height of what flies so fast put
in its place: drones and birds near the ground, light aircraft a few hundred metres above it,
airliners in cruise high. Ranges of several radars then add what they know. The idea of changing the
prior of an unmeasured coordinate instead of filtering under many: N. Peach, "Bearings-only tracking
using a set of range-parameterised extended Kalman filters", IEE Proc. Control Theory Appl. 142
(1995), 73-80, with one filter where he keeps several; measured in design/0007.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper
from skypact.kernels.geodesy import geodetic_from_ecef_one
from skypact.kernels.height import vertical_variance
from skypact.kernels.imm import refresh_moments
from skypact.kernels.kalman import frame_up
from skypact.model.tracking import (
    ASSUMED,
    ELEVATION,
    HEIGHT,
    N_MODELS,
    POLAR,
    PRIOR_M,
    PRIOR_VAR,
    SIGMA_HEIGHT,
    Measurements,
    Scratch,
    TrackTable,
)

Floats = npt.NDArray[np.float64]

SPEED_STEP_MPS: Final = 20.0
USUAL_M: Final = (
    100.0, 200.0, 300.0, 450.0, 700.0, 1_500.0, 2_500.0, 3_200.0, 4_000.0, 5_300.0, 7_000.0,
    9_500.0, 10_600.0, 10_900.0, 11_000.0, 11_000.0, 11_000.0,
)  # fmt: skip
"""Usual heights at ground speeds of 0, 20, 40 ... 320 m/s: aircraft over England during 20 minutes
of recorded ADS-B, smoothed; below 60 m/s what drones, birds and helicopters are flown at."""
USUAL_SIGMA_M: Final = (
    150.0, 200.0, 300.0, 500.0, 900.0, 1_500.0, 2_000.0, 2_000.0, 1_900.0, 1_900.0, 2_200.0,
    2_200.0, 1_700.0, 1_400.0, 1_400.0, 2_500.0, 4_000.0,
)  # fmt: skip
"""Their standard deviations, rounded up; wide where only fast jets are left."""
SPEED_KNOWN_MPS: Final = 40.0
"""Standard deviation of the speed from which it tells the height."""
GROUND_MATTERS_M: Final = 4_000.0
"""What flies lower than this follows the ground, taken to be as high as the antenna's foot."""
GROUND_DOUBT: Final = 0.5
"""Share of that height that is not known."""
SAME_PRIOR: Final = 0.2
"""An assumption that differs by less than this share of its deviation is left as it is."""


@helper
def usual_height(speed_mps: float, sigma_mps: float, ground_m: float) -> tuple[float, float]:
    """Height that objects of a ground speed usually fly at, and its standard deviation.

    Linear between the table's rows; what the speed is not known to adds to the deviation.
    """
    place = 0.0 if math.isnan(speed_mps) else max(0.0, speed_mps / SPEED_STEP_MPS)
    place = min(place, len(USUAL_M) - 1.001)
    k = int(place)
    share = place - k
    slope = USUAL_M[k + 1] - USUAL_M[k]
    height = USUAL_M[k] + share * slope
    spread = (1.0 - share) * USUAL_SIGMA_M[k] + share * USUAL_SIGMA_M[k + 1]
    spread = math.hypot(spread, slope * sigma_mps / SPEED_STEP_MPS)
    ground = max(0.0, ground_m) * max(0.0, 1.0 - height / GROUND_MATTERS_M)
    return height + ground, math.hypot(spread, GROUND_DOUBT * ground)


@helper
def speed_of(x: Floats, P: Floats, up: Floats) -> tuple[float, float]:
    """Ground speed of a state, and its standard deviation."""
    rise = x[3] * up[0] + x[4] * up[1] + x[5] * up[2]
    vx = x[3] - rise * up[0]
    vy = x[4] - rise * up[1]
    vz = x[5] - rise * up[2]
    speed = math.sqrt(vx * vx + vy * vy + vz * vz)
    if speed < 1.0:
        return speed, math.sqrt(max(P[3, 3], P[4, 4], P[5, 5]))
    variance = 0.0
    for i in range(3):
        a = vx if i == 0 else (vy if i == 1 else vz)
        for j in range(3):
            b = vx if j == 0 else (vy if j == 1 else vz)
            variance += a * P[3 + i, 3 + j] * b
    return speed, math.sqrt(max(0.0, variance)) / speed


@helper
def ground_slope(x: Floats, site: Floats, up: Floats, away: Floats) -> float:
    """How a plot's ground distance grows with its height, its slant range being known.

    Writes the horizontal direction away from the antenna to `away`. Above 45 degrees 0.
    """
    rise = 0.0
    for i in range(3):
        away[i] = x[i] - site[i]
        rise += away[i] * up[i]
    level2 = 0.0
    for i in range(3):
        away[i] -= rise * up[i]
        level2 += away[i] * away[i]
    level = math.sqrt(level2)
    if level < abs(rise) or level <= 0.0:
        return 0.0
    for i in range(3):
        away[i] /= level
    return -rise / level


@helper
def keep_range(
    x: Floats, P: Floats, up: Floats, site: Floats, before: Floats, away: Floats, row: Floats
) -> None:
    """Put a state that was lifted along a tangent back on the circle about the antenna, in place.

    `before` (3,) is where it was; `away` (3,) and `row` (7,) are scratch. Its slant range is to
    change as the linear step meant it. The covariance leans as the circle does at the new place:
    a metre of height is `ground_slope` metres of ground there. Without this a lift of 5 km at 100
    km misplaces a plot by 150 m.
    """
    lean = -ground_slope(before, site, up, away)
    lean += ground_slope(x, site, up, away)
    meant = 0.0
    range2 = 0.0
    distance2 = 0.0
    along = 0.0
    for i in range(3):
        meant += (x[i] - before[i]) * (before[i] - site[i])
        range2 += (before[i] - site[i]) ** 2
        distance2 += (x[i] - site[i]) ** 2
        along += (x[i] - site[i]) * away[i]
    distance = math.sqrt(distance2)
    if along <= 0.5 * distance or range2 <= 0.0:
        return
    excess = distance - math.sqrt(range2) - meant / math.sqrt(range2)
    for i in range(3):
        x[i] -= excess * distance / along * away[i]
    for a in range(7):
        row[a] = up[0] * P[0, a] + up[1] * P[1, a] + up[2] * P[2, a]
    variance = row[0] * up[0] + row[1] * up[1] + row[2] * up[2]
    for i in range(3):
        for a in range(7):
            P[i, a] += lean * away[i] * row[a]
    for a in range(3):
        row[a] += lean * variance * away[a]
    for i in range(3):
        for a in range(7):
            P[a, i] += lean * away[i] * row[a]


@helper
def change_prior(
    x: Floats,
    P: Floats,
    up: Floats,
    height_m: float,
    old: tuple[float, float],
    new: tuple[float, float],
    row: Floats,
) -> None:
    """Take one assumption (mean, variance) of a state's height out and another in, in place.

    The quotient of two normal densities is a reading of the height whose information, the
    difference of the inverse variances, may be negative. What the state has forgotten of the old
    one is not taken out again. `row` (7,) is scratch.
    """  # fmt: skip
    variance = vertical_variance(P, up)
    forgotten = max(old[1], variance)
    information = 1.0 / new[1] - 1.0 / forgotten
    push = new[0] / new[1] - old[0] / forgotten - height_m * information
    kept = 1.0 + variance * information
    for a in range(7):
        row[a] = up[0] * P[0, a] + up[1] * P[1, a] + up[2] * P[2, a]
    for a in range(7):
        x[a] += row[a] * push / kept
        for b in range(a, 7):
            P[a, b] -= row[a] * row[b] * information / kept
            P[b, a] = P[a, b]


@helper
def begin_assumption(tracks: TrackTable, t: int, m: Measurements, j: int) -> None:
    """Note what report j, the first of track t, lets assume of its height; NaN where it tells."""
    tracks.num[t, PRIOR_M] = math.nan
    tracks.num[t, PRIOR_VAR] = math.nan
    unknown = math.isnan(m.z[j, HEIGHT]) and math.isnan(m.z[j, ELEVATION])
    if m.form[j] == POLAR and unknown and not math.isnan(m.z[j, ASSUMED]):
        tracks.num[t, PRIOR_M] = m.z[j, ASSUMED]
        tracks.num[t, PRIOR_VAR] = m.z[j, SIGMA_HEIGHT] ** 2


@helper
def assume_height(
    tracks: TrackTable, t: int, m: Measurements, j: int, site: Floats, scratch: Scratch
) -> None:
    """Bring what is assumed of track t's height up to date after report j, in place.

    Takes the moments that `refresh_moments` left in the scratch. A report that tells the height
    ends the assuming.
    """
    if math.isnan(tracks.num[t, PRIOR_VAR]):
        return
    if not (math.isnan(m.z[j, HEIGHT]) and math.isnan(m.z[j, ELEVATION])):
        tracks.num[t, PRIOR_VAR] = math.nan
        return
    mean = scratch.line[6]
    up = scratch.line[7, :3]
    up[0], up[1], up[2] = frame_up(0, mean)
    speed, sigma = speed_of(mean, scratch.work[2], up)
    if m.form[j] != POLAR or sigma > SPEED_KNOWN_MPS:
        return
    height, spread = usual_height(speed, sigma, site[3])
    old = (tracks.num[t, PRIOR_M], tracks.num[t, PRIOR_VAR])
    new = (height, spread * spread)
    off = height - old[0]
    known = vertical_variance(scratch.work[2], up) < (1.0 + SAME_PRIOR) * new[1]
    if known and off * off < SAME_PRIOR**2 * old[1] and abs(new[1] - old[1]) < SAME_PRIOR * old[1]:
        return
    _, _, mean_m = geodetic_from_ecef_one(mean[0], mean[1], mean[2])
    for i in range(N_MODELS):
        x = tracks.x[t, i]
        own_m = mean_m
        for a in range(3):
            scratch.line[2, a] = x[a]
            own_m += up[a] * (x[a] - mean[a])
        change_prior(x, tracks.P[t, i], up, own_m, old, new, scratch.line[1])
        keep_range(x, tracks.P[t, i], up, site, scratch.line[2], scratch.line[3], scratch.line[1])
    tracks.num[t, PRIOR_M] = new[0]
    tracks.num[t, PRIOR_VAR] = new[1]
    refresh_moments(tracks, t, 0, scratch)
