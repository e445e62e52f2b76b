"""How tracks begin, are confirmed and joined, and end; how sure they exist is in `existence`."""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper
from skypact.kernels.beam import LOOK_MARGIN
from skypact.kernels.consider import absorb, forget_sensitivities
from skypact.kernels.doubles import double_of, inherit, partner_in_place, weigh_partner
from skypact.kernels.existence import LONGEST_GAP_S, later, miss_looks, note_gap
from skypact.kernels.grid import REFILE_S, link, unlink
from skypact.kernels.imm import refresh_moments
from skypact.kernels.late import forget, remember
from skypact.kernels.maps import (
    MOST_MISSED,
    note_false_start,
    note_looks,
)
from skypact.kernels.told import forget_told, note_told
from skypact.kernels.update import update_one
from skypact.kernels.usual import begin_assumption
from skypact.kernels.waking import is_open, open_probabilities, open_state
from skypact.model.filing import SWEPT_S
from skypact.model.tracking import (
    ADDRESS,
    AREA,
    BARO_M,
    BEARING,
    BIRTH_M,
    BIRTH_MPS,
    BORN,
    CALLSIGN,
    COAST_MAX_S,
    CODE,
    CONFIRM_AT,
    CONFIRM_HITS,
    CONFIRMED,
    DROP_AT,
    DROP_CONFIRMED_AT,
    EVIDENCE,
    EVIDENCE_S,
    EXISTENCE_S,
    FADED,
    FREE,
    HEIGHT,
    HIGH_WATER,
    HITS,
    HOME,
    KIND,
    LAST_HIT,
    N_CONFIRMED,
    N_FREE,
    N_LIVE,
    N_MODELS,
    N_STATE,
    NAMED,
    NEXT_NUMBER,
    NUMBER,
    ORIGIN,
    PARTNER,
    PLACE,
    RIVAL,
    RIVAL_NUMBER,
    SERIALS,
    SIGMA_HEIGHT,
    SOURCE,
    SOURCE_SHIFT,
    SPREAD_M,
    SPREAD_MAX_M,
    SPREAD_MPS,
    STATE,
    STATE_TIME,
    TENTATIVE,
    TURN_VAR,
    UP,
    VISIBLE,
    WOKEN,
    Geometry,
    Measurements,
    Scratch,
    TrackParams,
    TrackTable,
)

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

START_SIGMA_M: Final = 20_000.0
"""Width of the place prior that the first report then narrows: far above any sensor's noise."""
TAKE_OVER_S: Final = 3.0
"""A track with the same address that was not updated for this long can be taken over."""
FREE_ROOM: Final = 4.0
"""What moves by the ballistic mode is uncertain this much further, and may coast this much longer:
nothing disturbs free flight."""
HELD_M: Final = 30_000.0
HELD_CHANCE: Final = 0.02
"""Within this distance a second object with one address is this much less likely than a wild
report, and needs twice the reports."""
TAKE_OVER_MPS: Final = 400.0
TAKE_OVER_M: Final = 3_000.0
"""Reach of a take-over: this speed over the gap, and this margin."""


@helper
def end_track(tracks: TrackTable, t: int) -> None:
    """Free a row."""
    unlink(tracks, t)
    if tracks.tag[t, STATE] == CONFIRMED:
        tracks.counters[N_CONFIRMED] -= 1
    tracks.tag[t, STATE] = FREE
    tracks.tag[t, NUMBER] = -1
    tracks.free[tracks.counters[N_FREE]] = t
    tracks.counters[N_FREE] += 1
    tracks.counters[N_LIVE] -= 1


@helper
def start_state(tracks: TrackTable, t: int, m: Measurements, j: int, p: TrackParams) -> None:
    """Set the prior of a new track at report j: broad place, unknown velocity and turn rate.

    Where it most likely appeared at a known place, that place is its prior.
    """
    wide, speed, spot = START_SIGMA_M, p.start_sigma[0], m.spot[j]
    if spot > 0:
        wide, speed = p.births[spot, BIRTH_M], p.births[spot, BIRTH_MPS]
    motion = p.motion[tracks.tag[t, AREA]]
    vertical = START_SIGMA_M
    if math.isnan(m.z[j, HEIGHT]):
        vertical = m.z[j, SIGMA_HEIGHT]
    for i in range(N_MODELS):
        for a in range(N_STATE):
            tracks.x[t, i, a] = 0.0
            for b in range(N_STATE):
                tracks.P[t, i, a, b] = 0.0
        tracks.P[t, i, 6, 6] = motion[TURN_VAR]
        for a in range(3):
            tracks.x[t, i, a] = m.z[j, PLACE + a] if spot == 0 else p.births[spot, a]
            for b in range(3):
                rise = m.z[j, UP + a] * m.z[j, UP + b]
                level = (1.0 if a == b else 0.0) - rise
                tracks.P[t, i, a, b] = wide**2 * level + vertical**2 * rise
                tracks.P[t, i, 3 + a, 3 + b] = speed**2 * level + p.start_sigma[1] ** 2 * rise


@helper
def holder_of_address(tracks: TrackTable, m: Measurements, j: int) -> int:
    """Find a live track near report j that has its address, -1 where none."""
    if m.icao[j] < 0:
        return -1
    held = tracks.by_address[m.icao[j] & 0xFFFF]
    if held < 0 or tracks.tag[held, STATE] == FREE or tracks.tag[held, ADDRESS] != m.icao[j]:
        return -1
    distance2 = 0.0
    for i in range(3):
        distance2 += (tracks.pos[held, i] - m.z[j, PLACE + i]) ** 2
    return held if distance2 < HELD_M * HELD_M else -1


@helper
def challenge(tracks: TrackTable, t: int, rival: int) -> None:
    """Note that track t has the address of an older one nearby, to be settled by the sweep."""
    tracks.tag[t, RIVAL] = rival
    tracks.tag[t, RIVAL_NUMBER] = tracks.tag[rival, NUMBER] if rival >= 0 else -1


@helper
def take_over(tracks: TrackTable, t: int, m: Measurements, j: int) -> None:
    """Let new track t continue a lost track with its address that could have come here."""
    if m.icao[j] < 0:
        return
    old = tracks.by_address[m.icao[j] & 0xFFFF]
    if old < 0 or tracks.tag[old, STATE] == FREE or tracks.tag[old, ADDRESS] != m.icao[j]:
        return
    if m.time_s[j] - tracks.num[old, LAST_HIT] < TAKE_OVER_S:
        return
    distance2 = 0.0
    for i in range(3):
        distance2 += (tracks.pos[old, i] - m.z[j, PLACE + i]) ** 2
    reach = TAKE_OVER_MPS * (m.time_s[j] - tracks.num[old, STATE_TIME]) + TAKE_OVER_M
    if distance2 > reach * reach:
        return
    number = tracks.tag[old, NUMBER]
    tracks.num[t, BORN] = tracks.num[old, BORN]
    tracks.tag[t, HITS] = tracks.tag[old, HITS]
    tracks.tag[t, CALLSIGN] = tracks.tag[old, CALLSIGN]
    if tracks.tag[old, STATE] == CONFIRMED:
        tracks.tag[t, STATE] = CONFIRMED
        tracks.counters[N_CONFIRMED] += 1
    end_track(tracks, old)
    tracks.tag[t, NUMBER] = number


@helper
def start_track(
    tracks: TrackTable,
    m: Measurements,
    j: int,
    chance: float,
    g: Geometry,
    p: TrackParams,
    scratch: Scratch,
) -> int:
    """Begin a track at report j with existence `chance`; returns its row, -1 when full."""
    if tracks.counters[N_FREE] == 0:
        return -1
    tracks.counters[N_FREE] -= 1
    t = tracks.free[tracks.counters[N_FREE]]
    tracks.counters[HIGH_WATER] = max(tracks.counters[HIGH_WATER], t + 1)
    tracks.counters[N_LIVE] += 1
    tracks.tag[t, AREA] = 0
    tracks.tag[t, ORIGIN] = -1
    tracks.tag[t, HOME] = 0
    tracks.tag[t, EVIDENCE] = 0
    tracks.tag[t, WOKEN] = 0
    tracks.num[t, EVIDENCE_S] = math.nan
    start_state(tracks, t, m, j, p)
    opened = is_open(m.z[j], m.icao[j], p)
    if opened:
        open_state(tracks, t, m.z[j], p)
    s = m.sensor[j]
    for i in range(N_MODELS):
        update_one(
            tracks.x[t, i],
            tracks.P[t, i],
            m.z[j],
            m.form[j],
            g.site[s],
            g.axes[s],
            p.flat,
            scratch.line,
        )
        tracks.mu[t, i] = p.start_sigma[2]
    tracks.mu[t, 0] = 1.0 - p.start_sigma[2] * (N_MODELS - 1)
    if opened:
        open_probabilities(m.z[j], tracks.mu[t])
    tracks.tag[t, STATE] = TENTATIVE
    tracks.num[t, STATE_TIME] = m.time_s[j]
    rival = holder_of_address(tracks, m, j)
    if rival >= 0 and m.time_s[j] - tracks.num[rival, LAST_HIT] >= TAKE_OVER_S:
        rival = -1
    challenge(tracks, t, rival)
    tracks.num[t, VISIBLE] = chance * HELD_CHANCE if rival >= 0 else chance
    tracks.num[t, FADED] = 0.0
    tracks.num[t, EXISTENCE_S] = m.time_s[j]
    tracks.tag[t, NUMBER] = tracks.counters[NEXT_NUMBER]
    tracks.counters[NEXT_NUMBER] += 1
    tracks.num[t, BORN] = m.time_s[j]
    tracks.tag[t, HITS] = -int(p.existence[CONFIRM_HITS]) if rival >= 0 else 0
    tracks.tag[t, ADDRESS] = -1
    tracks.tag[t, CODE] = -1
    tracks.tag[t, CALLSIGN] = -1
    tracks.num[t, BARO_M] = math.nan
    forget_told(tracks.num[t])
    begin_assumption(tracks, t, m, j)
    tracks.num[t, LAST_HIT] = math.nan
    for i in range(tracks.look_s.shape[1]):
        tracks.look_s[t, i] = math.nan
        tracks.seen_s[t, i] = math.nan
    tracks.tag[t, PARTNER] = -1
    tracks.tag[t, NAMED] = 0
    tracks.tag[t, SOURCE] = -1
    take_over(tracks, t, m, j)
    refresh_moments(tracks, t, p.flat, scratch)
    forget(tracks, t)
    remember(tracks, t, scratch.line[6], scratch.work[2])
    if g.considers[0] == 1:
        forget_sensitivities(tracks, t)
        for i in range(scratch.z.shape[0]):
            scratch.z[i] = m.z[j, i]
        absorb(tracks, t, s, m.form[j], g, scratch, 1.0)
    note_hit(tracks, t, m, j, g, p)
    link(tracks, t, p.flat, m.time_s[j])
    return t


@helper
def note_hit(
    tracks: TrackTable, t: int, m: Measurements, j: int, g: Geometry, p: TrackParams
) -> None:
    """Book a report on a track: time, identity, looks, confirmation.

    What an old report says of code and level is older than what is known.
    """
    s = m.sensor[j]
    is_old = tracks.num[t, LAST_HIT] - m.time_s[j] > p.late_s
    if p.learn == 1 and tracks.tag[t, STATE] == CONFIRMED and tracks.seen_s[t, s] <= m.time_s[j]:
        gap_s = m.time_s[j] - tracks.seen_s[t, s]
        note_looks(g.look_map[s], m.cell[j], gap_s, g.period_s[s])
        is_gap = gap_s > (MOST_MISSED + 1.5) * g.period_s[s] and gap_s < LONGEST_GAP_S
        if is_gap and m.form[j] != BEARING:  # who does not transmit is not missed
            note_gap(tracks, t, s, m.time_s[j], g)
    tracks.num[t, LAST_HIT] = later(tracks.num[t, LAST_HIT], m.time_s[j])
    note_told(m.z[j], m.time_s[j], tracks.num[t])
    if m.birth[j] > 0.0 or m.form[j] == BEARING or tracks.tag[t, STATE] == CONFIRMED:
        tracks.tag[t, HITS] += 1  # what may begin no track confirms none
    weigh_partner(tracks, t, m, j, g.period_s)
    if m.form[j] != BEARING:
        tracks.look_s[t, s] = later(tracks.look_s[t, s], m.time_s[j])
    tracks.seen_s[t, s] = later(tracks.seen_s[t, s], m.time_s[j])
    if m.icao[j] >= 0 and tracks.tag[t, ADDRESS] < 0:
        rival = holder_of_address(tracks, m, j)
        if rival >= 0 and rival != t and tracks.tag[t, RIVAL] < 0:
            challenge(tracks, t, rival)
        tracks.tag[t, ADDRESS] = m.icao[j]
    if m.icao[j] >= 0 and m.icao[j] == tracks.tag[t, ADDRESS]:
        tracks.tag[t, NAMED] += 1
    if tracks.tag[t, ADDRESS] >= 0:
        tracks.by_address[tracks.tag[t, ADDRESS] & 0xFFFF] = t
    if m.mode3a[j] >= 0 and not is_old:
        tracks.tag[t, CODE] = m.mode3a[j]
    if m.callsign[j] >= 0:
        tracks.tag[t, CALLSIGN] = m.callsign[j]
    if m.source[j] >= 0 and tracks.tag[t, SOURCE] >> SOURCE_SHIFT != SERIALS:
        tracks.tag[t, SOURCE] = m.source[j]
    if not (math.isnan(m.baro_m[j]) or is_old):
        tracks.num[t, BARO_M] = m.baro_m[j]
    if m.row_out[j] < 0:
        m.row_out[j] = t
        m.number_out[j] = tracks.tag[t, NUMBER]
    exists = tracks.num[t, VISIBLE] + tracks.num[t, FADED]
    ripe = tracks.tag[t, HITS] >= p.existence[CONFIRM_HITS] and exists >= p.existence[CONFIRM_AT]
    if tracks.tag[t, STATE] == TENTATIVE and ripe:
        tracks.tag[t, STATE] = CONFIRMED
        tracks.counters[N_CONFIRMED] += 1


@helper
def may_be_seen_again(tracks: TrackTable, t: int, now_s: float, period_s: Floats) -> bool:
    """Whether a sensor that reported a track lately has not had two more looks at it yet.

    Many missed looks of a fast feed that died say nothing against what a slow radar sees.
    """
    waits = False
    for s in range(period_s.shape[0]):
        seen = tracks.seen_s[t, s]
        waits = waits or (now_s - seen < 2.0 * LOOK_MARGIN * period_s[s])
    return waits


@helper
def is_finite(tracks: TrackTable, t: int) -> bool:
    """Whether a track's moments and existence are numbers."""
    total = tracks.num[t, SPREAD_M] + tracks.num[t, SPREAD_MPS]
    total += tracks.num[t, VISIBLE] + tracks.num[t, FADED]
    for i in range(3):
        total += abs(tracks.pos[t, i]) + abs(tracks.vel[t, i])
    return math.isfinite(total)


@helper
def is_over(tracks: TrackTable, t: int, now_s: float, g: Geometry, p: TrackParams) -> bool:
    """Whether a track should end: it hardly exists, or nobody knows where it is."""
    if not is_finite(tracks, t):
        return True
    exists = tracks.num[t, VISIBLE] + tracks.num[t, FADED]
    confirmed = tracks.tag[t, STATE] == CONFIRMED
    limit = p.existence[DROP_CONFIRMED_AT] if confirmed else p.existence[DROP_AT]
    gap_s = now_s - tracks.num[t, LAST_HIT]
    spread = tracks.num[t, SPREAD_M] + gap_s * tracks.num[t, SPREAD_MPS]
    room = FREE_ROOM if p.motion[tracks.tag[t, AREA], KIND] == 1.0 else 1.0
    lost = gap_s > p.existence[COAST_MAX_S] * room
    lost = lost or (gap_s > 5.0 and spread > p.existence[SPREAD_MAX_M] * room)
    gone = exists < limit and not (confirmed and may_be_seen_again(tracks, t, now_s, g.period_s))
    return gone or lost


@helper
def settle_rival(tracks: TrackTable, t: int) -> int:
    """Let track t continue the older one with its address, once that one gets no more reports.

    Returns the number that ends, -1 where nothing does.
    """
    rival = tracks.tag[t, RIVAL]
    if rival < 0 or tracks.tag[t, STATE] != CONFIRMED:
        return -1
    if tracks.tag[rival, NUMBER] != tracks.tag[t, RIVAL_NUMBER]:
        tracks.tag[t, RIVAL] = -1
        return -1
    if tracks.num[t, LAST_HIT] - tracks.num[rival, LAST_HIT] < TAKE_OVER_S:
        return -1
    tracks.tag[t, RIVAL] = -1
    number = inherit(tracks, t, rival)
    end_track(tracks, rival)
    return number


@helper
def sweep(tracks: TrackTable, now_s: float, g: Geometry, p: TrackParams, ended_out: Longs) -> int:
    """Count missed looks, end tracks, re-file coasting ones.

    Writes the numbers that end, and the number that the track which had each one goes on under, -1
    where it is over (n, at least 2).
    """
    count = int(0)  # noqa: UP018, RUF046  plain int64, not a literal, to the compiler
    tracks.watch_s[SWEPT_S] = now_s
    for t in range(tracks.counters[HIGH_WATER]):
        if tracks.tag[t, STATE] == FREE:
            continue
        miss_looks(tracks, t, now_s, g, p)
        own = tracks.tag[t, NUMBER]
        number = settle_rival(tracks, t)
        if number >= 0:
            ended_out[count, 0] = number
            ended_out[count, 1] = tracks.tag[t, NUMBER] if number == own else -1
            count += 1
        heir = double_of(tracks, t, now_s, p)
        over = heir >= 0 or is_over(tracks, t, now_s, g, p)
        if over and heir < 0:
            heir = partner_in_place(tracks, t, now_s, p)
        if over:
            if heir < 0 and tracks.tag[t, STATE] == TENTATIVE:
                note_false_start(g.false_map, g.turns, tracks.tag[t, ORIGIN], tracks.tag[t, HITS])
            number = tracks.tag[t, NUMBER] if heir < 0 else inherit(tracks, heir, t)
            ended_out[count, 0] = number
            ended_out[count, 1] = -1 if number == tracks.tag[t, NUMBER] else tracks.tag[t, NUMBER]
            count += 1
            end_track(tracks, t)
        elif now_s - tracks.num[t, STATE_TIME] > REFILE_S:
            link(tracks, t, p.flat, now_s)
    return count
