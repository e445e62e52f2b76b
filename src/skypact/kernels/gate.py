"""Which tracks each report of a micro-batch could come from, and how well each pair fits.

A report looks only into the cells around it (kernels/search.py); a track that can reach it in the
time gets a full interacting-multiple-model update, whose likelihood weighs the pair.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper, inlined
from skypact.kernels.consider import consider_pair
from skypact.kernels.existence import still_there
from skypact.kernels.grid import REACH_MPS2, SIGMAS
from skypact.kernels.imm import predict_models
from skypact.kernels.intersect import NEVER, copy_model, intersect
from skypact.kernels.late import bring_back, retrodict
from skypact.kernels.maps import detection_in_cell
from skypact.kernels.search import coarse_reach, search
from skypact.kernels.told import report_for_track
from skypact.kernels.update import n_components, update_one
from skypact.model.tracking import (
    ADDRESS,
    AREA,
    AZIMUTH,
    BEARING,
    CODE,
    FREE,
    HEIGHT,
    HIGH_WATER,
    KIND,
    N_CROWDED,
    N_MODELS,
    SERIALS,
    SIGMA,
    SIGMA_AZIMUTH,
    SIGMA_HEIGHT,
    SIGMA_V,
    SOURCE,
    SOURCE_SHIFT,
    SPREAD_M,
    SPREAD_MPS,
    STATE,
    STATE_TIME,
    TRACKED,
    VISIBLE,
    Geometry,
    Measurements,
    Pairs,
    Scratch,
    TrackParams,
    TrackTable,
)

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

ANY_HEIGHT_M: Final = 1e7
"""What is assumed of the height of aircraft says nothing of a ballistic object's."""
WILD: Final = 5.0
LOG_WILD: Final = math.log(0.02)
"""Two reports in a hundred have noise this many times larger."""
SUSPECT: Final = 3.0
"""Squared distance beside two per component from which the wild explanation is tried."""
HELD_PERIODS: Final = 1.5
"""So long after its last report a number of another tracker's is still in use."""
LOG_CAP: Final = 60.0
"""Limit of a pair's log weight: beyond it nothing changes but the rounding."""

(
    SAME_ADDRESS,
    OTHER_ADDRESS,
    SAME_CODE,
    OTHER_CODE,
    SHARED_CODE,
    SAME_NUMBER,
    OTHER_NUMBER,
) = range(7)


@helper
def is_shared_code(mode3a: int) -> bool:
    """Codes that many aircraft fly with: conspicuity codes and the Mode S code 1000."""
    return mode3a % 100 == 0 or mode3a in (7001, 7002, 7004, 7010)


@helper
def number_ratio(
    tracks: TrackTable, t: int, m: Measurements, j: int, period_s: Floats, p: TrackParams
) -> float:
    """Log likelihood ratio of another tracker's numbers, zero where one of them is unknown.

    Drones' serial numbers are theirs for good, as addresses are.

    A tracker that has lost an object finds it again under a new number; one that has just spoken
    of it under another number means another object.
    """
    source = tracks.tag[t, SOURCE]
    if m.source[j] < 0 or source < 0 or m.source[j] >> SOURCE_SHIFT != source >> SOURCE_SHIFT:
        return 0.0
    if source >> SOURCE_SHIFT == SERIALS:
        return p.identity[SAME_ADDRESS if m.source[j] == source else OTHER_ADDRESS]
    if m.source[j] == source:
        return p.identity[SAME_NUMBER]
    s = m.sensor[j]
    is_held = m.time_s[j] - tracks.seen_s[t, s] < HELD_PERIODS * period_s[s]
    return p.identity[OTHER_ADDRESS] if is_held else p.identity[OTHER_NUMBER]


@helper
def identity_ratio(
    tracks: TrackTable, t: int, m: Measurements, j: int, period_s: Floats, p: TrackParams
) -> float:
    """Log likelihood ratio of the identities, zero where one of them says nothing."""
    if m.icao[j] >= 0 and tracks.tag[t, ADDRESS] >= 0:
        same = m.icao[j] == tracks.tag[t, ADDRESS]
        return p.identity[SAME_ADDRESS] if same else p.identity[OTHER_ADDRESS]
    ratio = number_ratio(tracks, t, m, j, period_s, p)
    if m.mode3a[j] >= 0 and tracks.tag[t, CODE] >= 0:
        if m.mode3a[j] != tracks.tag[t, CODE]:
            ratio += p.identity[OTHER_CODE]
        elif is_shared_code(m.mode3a[j]):
            ratio += p.identity[SHARED_CODE]
        else:
            ratio += p.identity[SAME_CODE]
    return ratio


@helper
def search_beam(
    tracks: TrackTable,
    m: Measurements,
    j: int,
    site: Floats,
    axes: Floats,
    range_max_m: float,
    found_out: Longs,
) -> int:
    """Tracks that could be in the direction of bearing j and within reach of its sensor; how many.

    Every live track is looked at: bearings are few.
    """
    n = int(0)  # noqa: UP018, RUF046  plain int64, not a literal, to the compiler
    east_j = math.sin(m.z[j, AZIMUTH])
    north_j = math.cos(m.z[j, AZIMUTH])
    for t in range(tracks.counters[HIGH_WATER]):
        if tracks.tag[t, STATE] == FREE:
            continue
        dt = m.time_s[j] - tracks.num[t, STATE_TIME]
        dx = tracks.pos[t, 0] + dt * tracks.vel[t, 0] - site[0]
        dy = tracks.pos[t, 1] + dt * tracks.vel[t, 1] - site[1]
        dz = tracks.pos[t, 2] + dt * tracks.vel[t, 2] - site[2]
        east = axes[0, 0] * dx + axes[0, 1] * dy + axes[0, 2] * dz
        north = axes[1, 0] * dx + axes[1, 1] * dy + axes[1, 2] * dz
        along = east * east_j + north * north_j
        aside = abs(east * north_j - north * east_j)
        slack = SIGMAS * (tracks.num[t, SPREAD_M] + abs(dt) * tracks.num[t, SPREAD_MPS])
        slack += 0.5 * REACH_MPS2 * dt * dt
        width = slack + 2.0 * SIGMAS * m.z[j, SIGMA_AZIMUTH] * math.hypot(east, north)
        if along < -slack or aside > width or along > range_max_m + slack:
            continue
        if n < found_out.shape[0]:
            found_out[n] = t
            n += 1
        else:
            tracks.counters[N_CROWDED] += 1
    return n


@helper
def hypothesis(
    z: Floats,
    form: int,
    site: Floats,
    axes: Floats,
    flat: int,
    scratch: Scratch,
    post: tuple[Floats, Floats, Floats],
) -> tuple[float, float]:
    """Update all predicted models with a report into `post` (x, P, mu).

    Returns the least squared distance and the log likelihood of the pair.
    """
    x, P, mu = post
    least = math.inf
    top = -math.inf
    for i in range(N_MODELS):
        copy_model(scratch.x[i], scratch.P[i], x[i], P[i])
        if scratch.predicted[i] < NEVER:
            mu[i] = -math.inf
            continue
        d2, density = update_one(x[i], P[i], z, form, site, axes, flat, scratch.line)
        least = min(least, d2)
        mu[i] = density + math.log(max(scratch.predicted[i], 1e-300))
        top = max(top, mu[i])
    total = 0.0
    for i in range(N_MODELS):
        mu[i] = math.exp(mu[i] - top)
        total += mu[i]
    for i in range(N_MODELS):
        mu[i] /= total
    return least, top + math.log(total)


@helper
def robust_hypothesis(
    form: int,
    site: Floats,
    axes: Floats,
    flat: int,
    reach: float,
    scratch: Scratch,
    post: tuple[Floats, Floats, Floats],
) -> tuple[float, float]:
    """Update with the report in ``scratch.z``, as a wild one where that explains it better.

    Position noise is a mixture: now and then a plot is merged, split, reflected or garbled, and
    its error many times the data sheet's. Another tracker's velocity leaps, too.
    Source: Bar-Shalom et al. (2001), 1.4.16
    (mixtures); only the better component is kept, the other's weight being far below it.

    Parameters
    ----------
    reach : float
        Squared distance from which it is not tried: the gate where nothing but the place says
        whose the plot is, since a wider net would take in other objects'; infinite where addresses
        or codes agree.
    """
    z = scratch.z
    d2, likelihood = hypothesis(z, form, site, axes, flat, scratch, post)
    if d2 < SUSPECT + 2.0 * n_components(z, form) or not d2 < reach:
        return d2, likelihood
    factor = WILD if z[TRACKED] == 1.0 else 1.0
    z[SIGMA] *= WILD
    z[SIGMA_AZIMUTH] *= WILD
    z[SIGMA_V] *= factor
    wild_d2, wild = hypothesis(z, form, site, axes, flat, scratch, post)
    if wild + LOG_WILD > likelihood:
        return wild_d2, wild + LOG_WILD
    z[SIGMA] /= WILD
    z[SIGMA_AZIMUTH] /= WILD
    z[SIGMA_V] /= factor
    return hypothesis(z, form, site, axes, flat, scratch, post)


@inlined
def add_pair(
    tracks: TrackTable,
    t: int,
    m: Measurements,
    j: int,
    g: Geometry,
    p: TrackParams,
    pairs: Pairs,
    k: int,
) -> int:
    """Make pair k of track t and report j if it passes the fine gate; returns the next k."""
    if k >= pairs.track.shape[0]:
        tracks.counters[N_CROWDED] += 1
        return k
    s = m.sensor[j]
    dt = m.time_s[j] - tracks.num[t, STATE_TIME]
    scratch = pairs.scratch
    motion = p.motion[tracks.tag[t, AREA]]
    is_late = dt < -p.late_s and retrodict(tracks, t, m.time_s[j], motion, scratch)
    if not is_late:
        predict_models(tracks.mu[t], tracks.x[t], tracks.P[t], dt, motion, scratch)
    report_for_track(m.z[j], m.time_s[j], tracks.num[t], motion, p, scratch.z)
    if g.considers[0] == 1:
        consider_pair(tracks, t, s, dt, m.form[j], g, scratch)
    if motion[KIND] == 1.0 and math.isnan(m.z[j, HEIGHT]):
        scratch.z[SIGMA_HEIGHT] = ANY_HEIGHT_M
    post = (pairs.x[k], pairs.P[k], pairs.mu[k])
    site = g.site[s]
    axes = g.axes[s]
    ratio = identity_ratio(tracks, t, m, j, g.period_s, p)
    limit = p.gate[n_components(m.z[j], m.form[j])]
    if ratio >= p.identity[SAME_NUMBER]:
        limit *= p.gate[0]
    reach = math.inf if ratio >= p.identity[SAME_CODE] else limit
    d2, likelihood = robust_hypothesis(m.form[j], site, axes, p.flat, reach, scratch, post)
    if not d2 < limit:
        return k
    pairs.taken[k] = 1.0
    if m.z[j, TRACKED] == 1.0:
        scratch.z[SIGMA] = m.z[j, SIGMA]
        scratch.z[SIGMA_V] = m.z[j, SIGMA_V]
        pairs.taken[k] = intersect(m.form[j], site, axes, p.flat, is_late, scratch, post)
    detected = g.p_detection[s]
    if p.learn == 1:
        detected = detection_in_cell(g.look_map[s], m.cell[j], detected)
    seen = tracks.num[t, VISIBLE] * detected * still_there(tracks, t, m.time_s[j], p)
    pairs.time_s[k] = m.time_s[j]
    if is_late:
        bring_back(tracks, t, m.time_s[j], motion, scratch, post)
        pairs.time_s[k] = tracks.num[t, STATE_TIME]
    other = m.clutter[j] + m.birth[j]
    weight = likelihood + ratio - math.log(other)
    if ratio <= p.identity[OTHER_ADDRESS]:
        weight = min(weight, ratio)
    weight = min(LOG_CAP, max(-LOG_CAP, weight))
    pairs.psi[k] = math.exp(weight) * seen / (1.0 - seen)
    pairs.track[k] = t
    pairs.report[k] = j
    return k + 1


@inlined
def pairs_of(
    tracks: TrackTable, m: Measurements, j: int, g: Geometry, p: TrackParams, pairs: Pairs, k: int
) -> int:
    """Add all pairs of report j from pair k on; returns the next k."""
    if m.form[j] == BEARING:
        s = m.sensor[j]
        n = search_beam(tracks, m, j, g.site[s], g.axes[s], g.range_max_m[s], pairs.found)
    else:
        reach_m = coarse_reach(m.z[j], m.form[j])
        n = search(tracks, m.z[j], m.time_s[j], reach_m, p.flat, pairs.found)
    for i in range(n):
        k = add_pair(tracks, pairs.found[i], m, j, g, p, pairs, k)
    return k
