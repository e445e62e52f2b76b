"""How tracks begin, fade, are joined and end.

Existence is a three-state chain: visible, faded (it exists, its sensors cannot see it for now) or
gone. One missed look says little about a well-established object, because misses come in runs
(shadowed antenna, screening, garbling); a start that is never seen again ends at once. Source of
the visible/invisible idea: Musicki, Evans and Stankovic, "Integrated probabilistic data
association", IEEE TAC 39 (1994), 1237-1241, Markov chain two.
"""

import math
from typing import Final

from skypact.kernels._jit import helper
from skypact.kernels.grid import link, unlink
from skypact.kernels.imm import refresh_moments
from skypact.kernels.kalman import update_one
from skypact.model.tracking import (
    COAST_MAX_S,
    CONFIRM_AT,
    CONFIRMED,
    DROP_AT,
    DROP_CONFIRMED_AT,
    FADE,
    FREE,
    HEIGHT,
    HIGH_WATER,
    LOSS,
    MANOEUVRE,
    N_CONFIRMED,
    N_FREE,
    N_LIVE,
    N_MODELS,
    N_STATE,
    NEXT_NUMBER,
    PLACE,
    RETURN,
    SPREAD_MAX_M,
    TENTATIVE,
    TURN,
    UP,
    Geometry,
    Measurements,
    Scratch,
    TrackParams,
    TrackTable,
)

START_SIGMA_M: Final = 20_000.0
"""Width of the place prior that the first report then narrows: far above any sensor's noise."""
START_TURN: Final = 0.15
"""Probability of each manoeuvre model at the start."""
CONFIRM_HITS: Final = 3
"""Reports that a track needs, whatever its existence says."""
LOOK_MARGIN: Final = 1.3
"""A look is over when this many periods have gone by without a report."""
TAKE_OVER_S: Final = 3.0
"""A track with the same address that was not updated for this long can be taken over."""
TAKE_OVER_MPS: Final = 400.0
TAKE_OVER_M: Final = 3_000.0
"""Reach of a take-over: this speed over the gap, and this margin."""


@helper
def end_track(tracks: TrackTable, t: int) -> None:
    """Free a row."""
    unlink(tracks, t)
    if tracks.state[t] == CONFIRMED:
        tracks.counters[N_CONFIRMED] -= 1
    tracks.state[t] = FREE
    tracks.number[t] = -1
    tracks.free[tracks.counters[N_FREE]] = t
    tracks.counters[N_FREE] += 1
    tracks.counters[N_LIVE] -= 1


@helper
def start_state(tracks: TrackTable, t: int, m: Measurements, j: int, g: Geometry, p: TrackParams) -> None:  # fmt: skip
    """Set the prior of a new track at report j: broad place, unknown velocity and turn rate."""
    vertical = START_SIGMA_M
    if math.isnan(m.z[j, HEIGHT]):
        vertical = g.height_m[m.sensor[j], 1]
    for i in range(N_MODELS):
        for a in range(N_STATE):
            tracks.x[t, i, a] = 0.0
            for b in range(N_STATE):
                tracks.P[t, i, a, b] = 0.0
        tracks.P[t, i, 6, 6] = p.motion.turn_var
        for a in range(3):
            tracks.x[t, i, a] = m.z[j, PLACE + a]
            for b in range(3):
                rise = m.z[j, UP + a] * m.z[j, UP + b]
                level = (1.0 if a == b else 0.0) - rise
                tracks.P[t, i, a, b] = START_SIGMA_M**2 * level + vertical**2 * rise
                tracks.P[t, i, 3 + a, 3 + b] = (
                    p.start_sigma[0] ** 2 * level + p.start_sigma[1] ** 2 * rise
                )


@helper
def take_over(tracks: TrackTable, t: int, m: Measurements, j: int) -> None:
    """Let new track t continue a lost track with its address that could have come here."""
    if m.icao[j] < 0:
        return
    old = tracks.by_address[m.icao[j] & 0xFFFF]
    if old < 0 or tracks.state[old] == FREE or tracks.icao[old] != m.icao[j]:
        return
    if m.time_s[j] - tracks.hit_s[old] < TAKE_OVER_S:
        return
    distance2 = 0.0
    for i in range(3):
        distance2 += (tracks.pos[old, i] - m.z[j, PLACE + i]) ** 2
    reach = TAKE_OVER_MPS * (m.time_s[j] - tracks.time_s[old]) + TAKE_OVER_M
    if distance2 > reach * reach:
        return
    number = tracks.number[old]
    tracks.born_s[t] = tracks.born_s[old]
    tracks.hits[t] = tracks.hits[old]
    tracks.callsign[t] = tracks.callsign[old]
    if tracks.state[old] == CONFIRMED:
        tracks.state[t] = CONFIRMED
        tracks.counters[N_CONFIRMED] += 1
    end_track(tracks, old)
    tracks.number[t] = number


@helper
def start_track(
    tracks: TrackTable, m: Measurements, j: int, chance: float, g: Geometry, p: TrackParams, scratch: Scratch
) -> int:  # fmt: skip
    """Begin a track at report j with existence `chance`; returns its row, -1 when full."""
    if tracks.counters[N_FREE] == 0:
        return -1
    tracks.counters[N_FREE] -= 1
    t = tracks.free[tracks.counters[N_FREE]]
    tracks.counters[HIGH_WATER] = max(tracks.counters[HIGH_WATER], t + 1)
    tracks.counters[N_LIVE] += 1
    start_state(tracks, t, m, j, g, p)
    s = m.sensor[j]
    for i in range(N_MODELS):
        update_one(
            tracks.x[t, i],
            tracks.P[t, i],
            m.z[j],
            m.form[j],
            g.site[s],
            g.axes[s],
            p.motion.flat,
            scratch.line,
        )
        tracks.mu[t, i] = START_TURN
    tracks.mu[t, 0] = 1.0 - START_TURN * (N_MODELS - 1)
    tracks.state[t] = TENTATIVE
    tracks.time_s[t] = m.time_s[j]
    tracks.p_visible[t] = chance
    tracks.p_faded[t] = 0.0
    tracks.number[t] = tracks.counters[NEXT_NUMBER]
    tracks.counters[NEXT_NUMBER] += 1
    tracks.born_s[t] = m.time_s[j]
    tracks.hits[t] = 0
    tracks.icao[t] = -1
    tracks.mode3a[t] = -1
    tracks.callsign[t] = -1
    tracks.baro_m[t] = math.nan
    for i in range(tracks.look_s.shape[1]):
        tracks.look_s[t, i] = math.nan
        tracks.seen_s[t, i] = math.nan
    take_over(tracks, t, m, j)
    refresh_moments(tracks, t, scratch)
    note_hit(tracks, t, m, j, p)
    link(tracks, t, p.motion.flat, m.time_s[j])
    return t


@helper
def note_hit(tracks: TrackTable, t: int, m: Measurements, j: int, p: TrackParams) -> None:
    """Book a report on a track: time, identity, looks, confirmation."""
    s = m.sensor[j]
    tracks.hit_s[t] = m.time_s[j]
    tracks.hits[t] += 1
    tracks.look_s[t, s] = m.time_s[j]
    tracks.seen_s[t, s] = m.time_s[j]
    if m.icao[j] >= 0 and tracks.icao[t] < 0:
        tracks.icao[t] = m.icao[j]
    if tracks.icao[t] >= 0:
        tracks.by_address[tracks.icao[t] & 0xFFFF] = t
    if m.mode3a[j] >= 0:
        tracks.mode3a[t] = m.mode3a[j]
    if m.callsign[j] >= 0:
        tracks.callsign[t] = m.callsign[j]
    if not math.isnan(m.baro_m[j]):
        tracks.baro_m[t] = m.baro_m[j]
    m.row_out[j] = t
    m.number_out[j] = tracks.number[t]
    exists = tracks.p_visible[t] + tracks.p_faded[t]
    ripe = tracks.hits[t] >= CONFIRM_HITS and exists >= p.existence[CONFIRM_AT]
    if tracks.state[t] == TENTATIVE and ripe:
        tracks.state[t] = CONFIRMED
        tracks.counters[N_CONFIRMED] += 1


@helper
def count_miss(tracks: TrackTable, t: int, p_detection: float, p: TrackParams) -> None:
    """One look of a sensor that knows the track went by without a report."""
    visible = tracks.p_visible[t]
    faded = tracks.p_faded[t]
    gone = max(0.0, 1.0 - visible - faded)
    gone += p.existence[LOSS] * (visible + faded)
    to_faded = p.existence[FADE] * visible
    to_visible = p.existence[RETURN] * faded
    kept = 1.0 - p.existence[LOSS]
    visible, faded = (visible - to_faded + to_visible) * kept, (faded + to_faded - to_visible) * kept
    visible *= 1.0 - p_detection
    total = visible + faded + gone
    tracks.p_visible[t] = visible / total
    tracks.p_faded[t] = faded / total


@helper
def miss_looks(tracks: TrackTable, t: int, now_s: float, g: Geometry, p: TrackParams) -> None:
    """Count the looks that have gone by for track t, sensor by sensor."""
    for s in range(g.period_s.shape[0]):
        look = tracks.look_s[t, s]
        if math.isnan(look):
            continue
        while now_s - tracks.look_s[t, s] > LOOK_MARGIN * g.period_s[s]:
            tracks.look_s[t, s] += g.period_s[s]
            count_miss(tracks, t, g.p_detection[s], p)
            if tracks.p_visible[t] + tracks.p_faded[t] < 1e-6:
                return


@helper
def is_over(tracks: TrackTable, t: int, now_s: float, p: TrackParams) -> bool:
    """Whether a track should end: it hardly exists, or nobody knows where it is."""
    exists = tracks.p_visible[t] + tracks.p_faded[t]
    confirmed = tracks.state[t] == CONFIRMED
    limit = p.existence[DROP_CONFIRMED_AT] if confirmed else p.existence[DROP_AT]
    gap_s = now_s - tracks.hit_s[t]
    spread = tracks.spread_m[t] + gap_s * tracks.spread_mps[t]
    lost = gap_s > p.existence[COAST_MAX_S] or (gap_s > 5.0 and spread > p.existence[SPREAD_MAX_M])
    return exists < limit or lost


@helper
def same_object(tracks: TrackTable, a: int, b: int, now_s: float) -> bool:
    """Whether two tracks are within each other's errors in place and velocity."""
    if tracks.icao[a] >= 0 and tracks.icao[b] >= 0 and tracks.icao[a] != tracks.icao[b]:
        return False
    distance2 = 0.0
    speed2 = 0.0
    for i in range(3):
        at_a = tracks.pos[a, i] + (now_s - tracks.time_s[a]) * tracks.vel[a, i]
        at_b = tracks.pos[b, i] + (now_s - tracks.time_s[b]) * tracks.vel[b, i]
        distance2 += (at_a - at_b) ** 2
        speed2 += (tracks.vel[a, i] - tracks.vel[b, i]) ** 2
    near = distance2 < tracks.spread_m[a] ** 2 + tracks.spread_m[b] ** 2
    alike = speed2 < tracks.spread_mps[a] ** 2 + tracks.spread_mps[b] ** 2
    return near and alike


@helper
def has_double(tracks: TrackTable, t: int, now_s: float) -> bool:
    """Whether an older track in the same cell is the same object as t and is better known."""
    bucket = tracks.cell[t]
    if bucket < 0:
        return False
    other = tracks.head[bucket]
    while other >= 0:
        older = tracks.hits[other] > tracks.hits[t]
        older = older or (tracks.hits[other] == tracks.hits[t] and tracks.number[other] < tracks.number[t])
        known = tracks.state[other] == CONFIRMED or tracks.state[t] == TENTATIVE
        nameless = tracks.icao[t] < 0 or tracks.icao[other] == tracks.icao[t]
        if other != t and older and known and nameless and tracks.hits[t] >= 2:
            fresh = now_s - tracks.hit_s[other] < 15.0
            if fresh and same_object(tracks, other, t, now_s):
                return True
        other = tracks.after[other]
    return False


@helper
def sweep(tracks: TrackTable, now_s: float, g: Geometry, p: TrackParams, ended_out: object) -> int:
    """Count missed looks, end tracks, re-file coasting ones; numbers of ended confirmed tracks."""
    count = 0
    for t in range(tracks.counters[HIGH_WATER]):
        if tracks.state[t] == FREE:
            continue
        miss_looks(tracks, t, now_s, g, p)
        if is_over(tracks, t, now_s, p) or has_double(tracks, t, now_s):
            ended_out[count] = tracks.number[t]  # type: ignore[index]
            count += 1
            end_track(tracks, t)
        elif now_s - tracks.time_s[t] > 5.0:
            link(tracks, t, p.motion.flat, now_s)
    return count


@helper
def manoeuvre_probability(tracks: TrackTable, t: int) -> float:
    """Probability of the manoeuvre models together."""
    return tracks.mu[t, TURN] + tracks.mu[t, MANOEUVRE]
