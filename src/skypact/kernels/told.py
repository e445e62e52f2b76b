"""What objects say of themselves: errors that last, and velocities that are old.

Successive self-reports share their errors, so that each is worth its share of the error's memory
only. What an object sends as its velocity is that of about a second ago (design/0007): where it
accelerates, it is wrong by the acceleration times that age, always to the same side. The
acceleration is told by the velocities themselves, from how much they differ from a slow mean.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper
from skypact.model.tracking import (
    AGE,
    CRUISE,
    LAST_SELF,
    MEMORY,
    PSD_ACROSS,
    PSD_H,
    SIGMA,
    SIGMA_V,
    SLOW_VE,
    SLOW_VN,
    VE,
    VELOCITY_S,
    VN,
    TrackParams,
)

Floats = npt.NDArray[np.float64]

LEAST_GAP_S: Final = 0.05
"""Reports closer than this are one message heard by several receivers."""
SLOW_S: Final = 3.0
"""Time constant of the slow mean of sent velocities: short against a turn, and long enough that
steps of half a metre a second in them are no acceleration that counts."""


@helper
def error_memory(z: Floats, led: float, motion: Floats) -> float:
    """Time over which a self-reported position's error is taken to last, seconds.

    Successive reports inform the filter as white errors of variance R that each last so long would.
    It is chosen so that a steady track of such reports alone is as uncertain as one of them, R,
    since averaging them does not make anything surer: without velocities (R / 4q)^(1/3), where only
    velocities of density s move the track R / s, and in between nearly the root of the sum of
    squares. From the steady state of an integrated velocity, Bar-Shalom et al. (2001), 6.2 and
    9.3, in continuous time: q R^2 / s^3 = u^3 (2 - u) / (1 - u)^2, memory R / (s u (2 - u)).

    Parameters
    ----------
    z : float64 (29,)
        The prepared report; its `MEMORY` is the longest time.
    led : float
        Density s of the velocities' noise, m^2/s; infinite where there are none.
    motion : float64 (MOTION_WIDTH,)
        Row of `TrackParams.motion` of the track's area.
    """
    variance = z[SIGMA] * z[SIGMA]
    density = motion[PSD_H + CRUISE] * math.sqrt(motion[PSD_ACROSS])
    memory_s = math.hypot((variance / (4.0 * density)) ** (1.0 / 3.0), variance / led)
    return min(memory_s, z[MEMORY])


@helper
def velocity_for_track(
    z: Floats, time_s: float, num: Floats, p: TrackParams, z_out: Floats
) -> float:
    """Bring a sent velocity up to its time, weaken it, and return the density of its noise, m^2/s.

    Errors of variance V that last a memory long inform the filter as white noise of density V times
    the memory does. V is that of the velocity, and the acceleration's times that of the age. Where
    the report has no velocity the density is that of the last one; infinite before the first.
    """
    gap_s = time_s - num[VELOCITY_S]
    if math.isnan(gap_s):
        return math.inf if math.isnan(z[VN]) else z[SIGMA_V] * z[SIGMA_V] * p.velocity_memory_s
    apart_s = max(abs(gap_s), LEAST_GAP_S)
    density = z[SIGMA_V] * z[SIGMA_V] * max(apart_s, p.velocity_memory_s)
    if math.isnan(z[VN]):
        return density
    per_s = -math.expm1(-apart_s / SLOW_S) / apart_s
    a_n = per_s * (z[VN] - num[SLOW_VN])
    a_e = per_s * (z[VE] - num[SLOW_VE])
    if gap_s > -SLOW_S:
        z_out[VN] += z[AGE] * a_n
        z_out[VE] += z[AGE] * a_e
    late_mps = p.velocity_lag_sigma_s * math.hypot(a_n, a_e)
    density += late_mps * late_mps * max(apart_s, p.velocity_lag_memory_s)
    z_out[SIGMA_V] = math.sqrt(density / apart_s)
    return density


@helper
def report_for_track(
    z: Floats, time_s: float, num: Floats, motion: Floats, p: TrackParams, z_out: Floats
) -> None:
    """Copy a prepared report; a self-reported one is worth only its share of its error's memory.

    White noise of variance R memory/gap informs a filter with that memory as much as errors of
    variance R do that stay the same over it.

    Parameters
    ----------
    z : float64 (29,)
        The prepared report.
    time_s : float
    num : float64 (NUM_WIDTH,)
        Row of `TrackTable.num` of the track.
    motion : float64 (MOTION_WIDTH,)
        Row of `TrackParams.motion` of the track's area.
    p : TrackParams
    z_out : float64 (29,)
        Written.
    """
    for i in range(z.shape[0]):
        z_out[i] = z[i]
    gap_s = time_s - num[LAST_SELF]
    if z[MEMORY] > 0.0 and abs(gap_s) < z[MEMORY]:
        led = velocity_for_track(z, time_s, num, p, z_out)
        gap_s = max(abs(gap_s), LEAST_GAP_S)
        z_out[SIGMA] *= math.sqrt(max(1.0, error_memory(z, led, motion) / gap_s))


@helper
def forget_told(num: Floats) -> None:
    """Nothing has been said by the object of this row yet."""
    num[LAST_SELF] = math.nan
    num[VELOCITY_S] = math.nan
    num[SLOW_VN] = math.nan
    num[SLOW_VE] = math.nan


@helper
def note_told(z: Floats, time_s: float, num: Floats) -> None:
    """Book on a track's row what the object has said of itself; an old report changes nothing."""
    if z[MEMORY] == 0.0:
        return
    if not time_s <= num[LAST_SELF]:
        num[LAST_SELF] = time_s
    if math.isnan(z[VN]) or time_s <= num[VELOCITY_S]:
        return
    share = 1.0
    if not math.isnan(num[VELOCITY_S]):
        share = -math.expm1(-(time_s - num[VELOCITY_S]) / SLOW_S)
        num[SLOW_VN] += share * (z[VN] - num[SLOW_VN])
        num[SLOW_VE] += share * (z[VE] - num[SLOW_VE])
    else:
        num[SLOW_VN] = z[VN]
        num[SLOW_VE] = z[VE]
    num[VELOCITY_S] = time_s
