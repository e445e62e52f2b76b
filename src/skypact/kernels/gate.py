"""Which tracks each report of a micro-batch could come from, and how well each pair fits.

A report looks only into the nine cells around it (kernels/grid.py); a track that can reach it in
the time gets a full interacting-multiple-model update, whose likelihood weighs the pair.
"""

import math
from typing import Final

from skypact.kernels._jit import helper
from skypact.kernels.grid import bucket_of, cell_column, cell_row, cells_around
from skypact.kernels.imm import predict_models
from skypact.kernels.kalman import n_components, update_one
from skypact.model.tracking import (
    N_MODELS,
    N_STATE,
    Geometry,
    Measurements,
    Pairs,
    TrackParams,
    TrackTable,
)

SIGMAS: Final = 4.0
"""Half-width of the coarse gate in standard deviations."""
REACH_MPS2: Final = 20.0
"""Acceleration that the coarse gate always allows (2 g)."""
LOG_CAP: Final = 60.0
"""Limit of a pair's log weight: beyond it nothing changes but the rounding."""

(SAME_ADDRESS, OTHER_ADDRESS, SAME_CODE, OTHER_CODE, SHARED_CODE) = range(5)


@helper
def is_shared_code(mode3a: int) -> bool:
    """Codes that many aircraft fly with: conspicuity codes and the Mode S code 1000."""
    return mode3a % 100 == 0 or mode3a in (7001, 7002, 7004, 7010)


@helper
def identity_ratio(tracks: TrackTable, t: int, m: Measurements, j: int, p: TrackParams) -> float:
    """Log likelihood ratio of the identities, zero where one of them says nothing."""
    ratio = 0.0
    if m.icao[j] >= 0 and tracks.icao[t] >= 0:
        same = m.icao[j] == tracks.icao[t]
        ratio += p.identity[SAME_ADDRESS] if same else p.identity[OTHER_ADDRESS]
        return ratio
    if m.mode3a[j] >= 0 and tracks.mode3a[t] >= 0:
        if m.mode3a[j] != tracks.mode3a[t]:
            ratio += p.identity[OTHER_CODE]
        elif is_shared_code(m.mode3a[j]):
            ratio += p.identity[SHARED_CODE]
        else:
            ratio += p.identity[SAME_CODE]
    return ratio


@helper
def can_reach(tracks: TrackTable, t: int, m: Measurements, j: int, g: Geometry) -> bool:
    """Coarse gate: could track t be at report j's place at its time?"""
    dt = m.time_s[j] - tracks.time_s[t]
    distance2 = 0.0
    for i in range(3):
        gap = tracks.pos[t, i] + dt * tracks.vel[t, i] - m.place[j, i]
        distance2 += gap * gap
    noise = m.sigma_m[j]
    if m.form[j] == 0:
        noise = max(noise, m.range_m[j] * m.sigma_azimuth_rad[j])
    limit = SIGMAS * (tracks.spread_m[t] + abs(dt) * tracks.spread_mps[t] + 2.0 * noise)
    limit += 0.5 * REACH_MPS2 * dt * dt
    if math.isnan(m.height_m[j]):
        limit += SIGMAS * g.height_m[m.sensor[j], 1]
    return distance2 < limit * limit


@helper
def pair_distance(
    tracks: TrackTable, t: int, m: Measurements, j: int, g: Geometry, p: TrackParams, pairs: Pairs, k: int
) -> float:  # fmt: skip
    """Update all models of track t with report j into pair k; least squared distance.

    Leaves the log likelihood of the pair in ``pairs.psi[k]``.
    """
    s = m.sensor[j]
    predict_models(tracks, t, m.time_s[j], p, pairs, 0)
    least = math.inf
    top = -math.inf
    for i in range(N_MODELS):
        for a in range(N_STATE):
            pairs.x[k, i, a] = pairs.xs[0, i, a]
            for b in range(N_STATE):
                pairs.P[k, i, a, b] = pairs.Ps[0, i, a, b]
        d2, density = update_one(
            pairs.x[k, i], pairs.P[k, i], m, j, (g.site[s], g.axes[s], p.flat), pairs.line
        )
        least = min(least, d2)
        pairs.mu[k, i] = density + math.log(max(pairs.line[4, i], 1e-300))
        top = max(top, pairs.mu[k, i])
    total = 0.0
    for i in range(N_MODELS):
        pairs.mu[k, i] = math.exp(pairs.mu[k, i] - top)
        total += pairs.mu[k, i]
    for i in range(N_MODELS):
        pairs.mu[k, i] /= total
    pairs.psi[k] = top + math.log(total)
    return least


@helper
def add_pair(
    tracks: TrackTable, t: int, m: Measurements, j: int, g: Geometry, p: TrackParams, pairs: Pairs, k: int
) -> int:  # fmt: skip
    """Make pair k of track t and report j if it passes the fine gate; returns the next k."""
    if k >= pairs.track.shape[0] or not can_reach(tracks, t, m, j, g):
        return k
    d2 = pair_distance(tracks, t, m, j, g, p, pairs, k)
    ratio = identity_ratio(tracks, t, m, j, p)
    limit = p.gate[n_components(m, j)]
    if ratio >= p.identity[SAME_ADDRESS]:
        limit *= p.gate[0]
    if not d2 < limit:
        return k
    seen = tracks.p_visible[t] * g.p_detection[m.sensor[j]]
    other = m.clutter[j] + m.birth[j]
    weight = pairs.psi[k] + ratio - math.log(other)
    weight = min(LOG_CAP, max(-LOG_CAP, weight))
    pairs.psi[k] = math.exp(weight) * seen / (1.0 - seen)
    pairs.track[k] = t
    pairs.report[k] = j
    return k + 1


@helper
def pairs_of(
    tracks: TrackTable, m: Measurements, j: int, g: Geometry, p: TrackParams, pairs: Pairs, k: int
) -> int:
    """Add all pairs of report j from pair k on; returns the next k."""
    x = m.place[j, 0]
    y = m.place[j, 1]
    row = cell_row(p.flat, x, y, m.place[j, 2])
    start = k
    for r in range(row - 1, row + 2):
        n = cells_around(p.flat, r)
        column = cell_column(p.flat, r, x, y)
        for c in range(column - 1, column + 2):
            wrapped = c % n if p.flat == 0 else c
            bucket = bucket_of(r, wrapped, tracks.head.shape[0])
            t = tracks.head[bucket]
            while t >= 0:
                known = False
                for e in range(start, k):
                    known = known or pairs.track[e] == t
                if not known:
                    k = add_pair(tracks, t, m, j, g, p, pairs, k)
                t = tracks.after[t]
    return k
