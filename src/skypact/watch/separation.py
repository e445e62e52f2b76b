"""Probability that two objects come nearer to each other than separation minima.

Both fly straight on. Their errors are normally distributed and grow with time; the two covariances
are one of the relative place, and the probability is that of the relative place along the line of
the least distance (R. A. Paielli, H. Erzberger, "Conflict Probability Estimation for Free Flight",
Journal of Guidance, Control, and Dynamics 20 (1997), 588-596: at the closest approach this is their
integral over the strip that the conflict zone sweeps). It is taken at instants through the time
ahead, times that of the heights at the same instant, and the largest product counts. Climbs and
descents end at levels that nobody knows: one goes on for a time t with probability exp(-t / mean).
"""

from statistics import NormalDist
from typing import Final, NamedTuple

import numpy as np

from skypact.model.reports import Floats, Longs
from skypact.model.tracks import TrackRows
from skypact.rules.conflict import ConflictParams
from skypact.units import DEGREE
from skypact.watch.ground import Mask

INSTANTS: Final = 25
"""Beside that of the closest approach; 5 s apart in 120 s."""
UNKNOWN_SIGMA_M: Final = 200.0
"""Of a place whose error nobody states."""
UNKNOWN_SIGMA_MPS: Final = 5.0
CLIMB_ERROR: Final = 0.2
"""Share of a climb or descent that it is uncertain by."""
_EDGE_M: Final = 1.0
_SERIES: Final = (1.330274429, -1.821255978, 1.781477937, -0.356563782, 0.319381530)


class Errors(NamedTuple):
    """Errors of places on the ground, n tracks: variances at an update and how they grow."""

    ee: Floats
    """East, square metres (n,)."""
    nn: Floats
    en: Floats
    growth_ee: Floats
    """Times the square of the time since the update, (m/s)^2."""
    growth_nn: Floats
    growth_en: Floats
    quiet_s: Floats
    """Time since the update."""


class Pairs(NamedTuple):
    """k pairs: the second as the first sees it, and the minima between them."""

    first: Longs
    """Rows (k,)."""
    second: Longs
    east_m: Floats
    north_m: Floats
    ve_mps: Floats
    vn_mps: Floats
    gap_m: Floats
    """Height above the first; NaN where one of them is unknown."""
    climb_mps: Floats
    """How it grows."""
    n_climbing: Floats
    """How many of the two climb or descend."""
    gap_sigma_m: Floats
    climb_sigma_mps: Floats
    is_baro: np.ndarray
    """Whether both heights are pressure altitudes."""
    least_m: Floats
    """Nearer along the ground is too near."""
    least_gap_m: Floats
    """Nearer in height is."""


class Course(NamedTuple):
    """What comes of k pairs that fly straight on."""

    probability: Floats
    """Of a conflict within the time ahead."""
    now: Floats
    """Probability of a conflict at this instant."""
    begins_s: Floats
    """Time until the conflict; where straight ways make none, until it is likeliest."""
    closest_s: Floats
    """Time until the closest approach along the ground, within the time ahead."""
    closest_m: Floats
    closest_gap_m: Floats
    """Height between them then, without a sign."""


def take_pairs(pairs: Pairs, index: np.ndarray) -> Pairs:
    """Pairs selected by an index array or a mask, in that order."""
    return Pairs._make(column[index] for column in pairs)


def normal_cdf(z: Floats) -> Floats:
    """Probability of less than z (any shape) standard deviations.

    Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.2.17; within 7.5e-8.
    """
    t = 1.0 / (1.0 + 0.2316419 * np.abs(z))
    series = np.zeros_like(t)
    for factor in _SERIES:
        series = t * (factor + series)
    above = np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi) * series
    return np.asarray(np.where(z > 0.0, 1.0 - above, above))


def within(distance: Floats, sigma: Floats, least: Floats) -> Floats:
    """Probability that a normal value of a mean and sigma lies between -least and least."""
    sigma = np.maximum(sigma, 1e-9)
    return normal_cdf((least - distance) / sigma) - normal_cdf((-least - distance) / sigma)


def errors_of(rows: TrackRows, quiet_s: Floats, params: ConflictParams) -> Errors:
    """Errors of tracks (n,); what is unknown of them is large."""
    sigma_e = np.nan_to_num(rows.sigma_e_m, nan=UNKNOWN_SIGMA_M)
    sigma_n = np.nan_to_num(rows.sigma_n_m, nan=UNKNOWN_SIGMA_M)
    speed_e = np.nan_to_num(rows.sigma_ve_mps, nan=UNKNOWN_SIGMA_MPS)
    speed_n = np.nan_to_num(rows.sigma_vn_mps, nan=UNKNOWN_SIGMA_MPS)
    speed = np.hypot(rows.ve_mps, rows.vn_mps)
    east, north = (v / np.maximum(speed, 1e-6) for v in (rows.ve_mps, rows.vn_mps))
    turning = np.nan_to_num(rows.p_manoeuvre) * params.turn_sigma_deg
    along = params.along_sigma_mps**2
    across = (speed * np.hypot(params.across_sigma_deg, turning) * DEGREE) ** 2
    return Errors(
        sigma_e**2,
        sigma_n**2,
        np.nan_to_num(rows.corr_ne) * sigma_e * sigma_n,
        speed_e**2 + along * east**2 + across * north**2,
        speed_n**2 + along * north**2 + across * east**2,
        (along - across) * east * north,
        quiet_s,
    )


def course_of(pairs: Pairs, errors: Errors, params: ConflictParams) -> Course:
    """Return what comes of pairs within the time ahead."""
    closest_s = _closest_s(pairs, params.ahead_s)
    grid = np.linspace(0.0, params.ahead_s, INSTANTS)
    times = np.empty((closest_s.size, INSTANTS + 1))
    times[:, :INSTANTS] = grid
    times[:, INSTANTS] = closest_s
    chance = _on_ground(pairs, errors, times) * _in_height(pairs, times, params)
    best = np.argmax(chance, axis=1)
    line = np.arange(best.size)
    probability = chance[line, best]
    meets_s = _meets_s(pairs, params.ahead_s)
    begins_s = np.where(np.isfinite(meets_s), meets_s, times[line, best])
    east = pairs.east_m + closest_s * pairs.ve_mps
    north = pairs.north_m + closest_s * pairs.vn_mps
    gap = np.abs(pairs.gap_m + closest_s * pairs.climb_mps)
    return Course(probability, chance[:, 0], begins_s, closest_s, np.hypot(east, north), gap)


def margin_of(params: ConflictParams) -> float:
    """Return the standard deviations beyond a minimum at which a conflict is not kept."""
    return max(0.0, -NormalDist().inv_cdf(params.keep_probability))


def may_meet(pairs: Pairs, errors: Errors, params: ConflictParams) -> Mask:
    """Whether pairs (k,) may be likely enough: with the errors of the whole time ahead."""
    margin = margin_of(params)
    variance = sum(
        (errors.ee + errors.nn + (errors.growth_ee + errors.growth_nn) * _aged2(errors, params))[i]
        for i in (pairs.first, pairs.second)
    )
    rise = np.hypot(pairs.gap_sigma_m, params.ahead_s * pairs.climb_sigma_mps)
    wider = pairs._replace(
        least_m=pairs.least_m + margin * np.sqrt(variance) + _EDGE_M,
        least_gap_m=pairs.least_gap_m + margin * rise + _EDGE_M,
    )
    return np.isfinite(_meets_s(wider, params.ahead_s))


def reach_of(errors: Errors, params: ConflictParams) -> Floats:
    """How much the errors of tracks (n,) widen the search for pairs."""
    growth = (errors.growth_ee + errors.growth_nn) * _aged2(errors, params)
    return margin_of(params) * np.sqrt(errors.ee + errors.nn + growth) + _EDGE_M


def _aged2(errors: Errors, params: ConflictParams) -> Floats:
    return np.asarray((errors.quiet_s + params.ahead_s) ** 2)


def _closest_s(pairs: Pairs, ahead_s: float) -> Floats:
    """Time (k,) of the closest approach along the ground, from now until the time ahead."""
    speed2 = pairs.ve_mps**2 + pairs.vn_mps**2
    closing = -(pairs.east_m * pairs.ve_mps + pairs.north_m * pairs.vn_mps)
    return np.clip(closing / np.maximum(speed2, 1e-9), 0.0, ahead_s)


def _on_ground(pairs: Pairs, errors: Errors, times: Floats) -> Floats:
    """Probability (k, m) of being too near along the ground, at times (k, m)."""
    east = pairs.east_m[:, None] + times * pairs.ve_mps[:, None]
    north = pairs.north_m[:, None] + times * pairs.vn_mps[:, None]
    distance = np.hypot(east, north)
    speed = np.maximum(np.hypot(pairs.ve_mps, pairs.vn_mps), 1e-9)
    across = (-pairs.vn_mps / speed)[:, None], (pairs.ve_mps / speed)[:, None]
    is_apart = distance > _EDGE_M
    inverse = 1.0 / np.maximum(distance, _EDGE_M)
    ue = np.where(is_apart, east * inverse, across[0])
    un = np.where(is_apart, north * inverse, across[1])
    variance = np.zeros_like(distance)
    for i in (pairs.first, pairs.second):
        aged2 = (times + errors.quiet_s[i][:, None]) ** 2
        variance += (errors.ee[i][:, None] + errors.growth_ee[i][:, None] * aged2) * ue * ue
        variance += (errors.nn[i][:, None] + errors.growth_nn[i][:, None] * aged2) * un * un
        variance += 2 * (errors.en[i][:, None] + errors.growth_en[i][:, None] * aged2) * ue * un
    sigma = np.sqrt(np.maximum(variance, 0.0))
    return within(distance, sigma, pairs.least_m[:, None])


def _in_height(pairs: Pairs, times: Floats, params: ConflictParams) -> Floats:
    """Probability (k, m) of being too near in height; 1 where a height is unknown."""
    gap = np.abs(pairs.gap_m[:, None] + times * pairs.climb_mps[:, None])
    sigma = np.hypot(pairs.gap_sigma_m[:, None], times * pairs.climb_sigma_mps[:, None])
    goes_on = np.exp(-pairs.n_climbing[:, None] * times / params.level_off_s)
    return np.nan_to_num(within(gap, sigma, pairs.least_gap_m[:, None]) * goes_on, nan=1.0)


def _meets_s(pairs: Pairs, ahead_s: float) -> Floats:
    """Time (k,) at which straight ways begin to be too near in both; NaN where never."""
    a = np.maximum(pairs.ve_mps**2 + pairs.vn_mps**2, 1e-9)
    b = pairs.east_m * pairs.ve_mps + pairs.north_m * pairs.vn_mps
    c = pairs.east_m**2 + pairs.north_m**2 - pairs.least_m**2
    root = np.sqrt(np.where(b * b >= a * c, b * b - a * c, np.nan))
    begin, end = (-b - root) / a, (-b + root) / a
    climb = np.where(pairs.climb_mps == 0.0, 1e-9, pairs.climb_mps)
    one, other = ((s * pairs.least_gap_m - pairs.gap_m) / climb for s in (-1.0, 1.0))
    low, high = np.fmin(one, other), np.fmax(one, other)
    is_known = np.isfinite(pairs.gap_m)
    begin = np.maximum(np.where(is_known, np.maximum(begin, low), begin), 0.0)
    end = np.minimum(np.where(is_known, np.minimum(end, high), end), ahead_s)
    return np.where(begin <= end, begin, np.nan)
