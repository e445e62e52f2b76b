"""Where a radar's beam is, learned from its own plots, and which looks at a track it has finished.

A plot is made when the beam passes, so that azimuths and times of a sensor's plots, true and false,
lie on one line: turns = phase + rate x time. A Kalman filter of phase and rate follows it; plots
off the line are left out, and where most are, or times are those of scans, the line is not used.
A look at a track is over when plots show that the beam has passed the track's azimuth: no sooner,
so that a feed that is late misses nothing, and not at all while the sensor is silent that should
not be, because a dead sensor is no empty sky.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper, kernel
from skypact.model.beam import (
    BEAM_ALIVE_S,
    BEAM_BACK_S,
    BEAM_COV,
    BEAM_COV_RATE,
    BEAM_HEARD_S,
    BEAM_LOAD,
    BEAM_PHASE,
    BEAM_PLOTS,
    BEAM_RATE,
    BEAM_SECTOR,
    BEAM_SPREAD2,
    BEAM_TIME_S,
    BEAM_VAR_RATE,
    N_BEAM_SECTORS,
)
from skypact.model.tracking import (
    AZIMUTH,
    LEVEL_M,
    POLAR,
    STATE_TIME,
    Geometry,
    Measurements,
    TrackTable,
)

Floats = npt.NDArray[np.float64]

(NOT_YET, SLEPT, MISSED) = range(3)
"""A look that goes on, one the sensor was dead for, one without a report."""
LOOK_MARGIN: Final = 1.3
"""Without a line, a look is over when this many periods have gone by without a report."""
PLOT_TURNS: Final = 0.004
"""How well a plot tells where the beam is, standard deviation in turns."""
RATE_DOUBT: Final = 0.03
"""Standard deviation of the data sheet's rate, as a share of it."""
RATE_WALK: Final = 1e-5
"""Random walk of the rate, share of it per root second: wind on the antenna."""
OFF_LINE: Final = 16.0
"""Squared distance beyond which a plot is off the line."""
SPREAD_MEMORY: Final = 20.0
LOCKED_PLOTS: Final = 30.0
LOCKED_TURNS: Final = 0.02
"""The line is used from so many plots on, if their spread about it is less than so many turns."""
MARGIN_TURNS: Final = 0.02
"""The beam must be this far past a track, and past what is not known of its azimuth."""
LOAD_TURNS: Final = 5.0
"""Turns over which the reports of a turn are averaged."""
MOST_TURNS: Final = 2.0
"""No azimuth is larger; what says so would spoil the line for good."""
RATE_SHARE: Final = 2.0
"""A line that turns so much faster or slower than the data sheet is none."""
SILENCE: Final = 5.0
"""A sensor is dead when so many reports of others than the track are overdue: e^-5 by chance."""


@helper
def follow(b: Floats, time_s: float, turn: float, period_s: float) -> None:
    """Take a plot at a share of a turn into a sensor's line, in place."""
    if not abs(turn) <= MOST_TURNS:
        return
    if b[BEAM_PLOTS] == 0.0 or b[BEAM_COV] > 0.05:
        if b[BEAM_PLOTS] == 0.0:
            b[BEAM_RATE] = 1.0 / period_s
            b[BEAM_VAR_RATE] = (RATE_DOUBT / period_s) ** 2
            b[BEAM_SPREAD2] = 1.0 / 12.0
        b[BEAM_PHASE] = turn
        b[BEAM_TIME_S] = time_s
        b[BEAM_COV] = PLOT_TURNS**2
        b[BEAM_COV_RATE] = 0.0
        b[BEAM_PLOTS] += 1.0
        return
    dt = time_s - b[BEAM_TIME_S]
    if dt < 0.0:
        return
    b[BEAM_TIME_S] = time_s
    b[BEAM_PHASE] += dt * b[BEAM_RATE]
    b[BEAM_COV] += dt * (2.0 * b[BEAM_COV_RATE] + dt * b[BEAM_VAR_RATE])
    b[BEAM_COV_RATE] += dt * b[BEAM_VAR_RATE]
    b[BEAM_VAR_RATE] += dt * (RATE_WALK / period_s) ** 2
    off = turn - b[BEAM_PHASE]
    off -= math.floor(off + 0.5)
    b[BEAM_SPREAD2] += (off * off - b[BEAM_SPREAD2]) / SPREAD_MEMORY
    b[BEAM_PLOTS] += 1.0
    s = b[BEAM_COV] + PLOT_TURNS**2
    if off * off > OFF_LINE * s:
        return
    gain = b[BEAM_COV] / s
    gain_rate = b[BEAM_COV_RATE] / s
    b[BEAM_PHASE] += gain * off
    b[BEAM_RATE] += gain_rate * off
    b[BEAM_VAR_RATE] -= gain_rate * b[BEAM_COV_RATE]
    b[BEAM_COV_RATE] -= gain * b[BEAM_COV_RATE]
    b[BEAM_COV] -= gain * b[BEAM_COV]


@helper
def is_locked(b: Floats) -> bool:
    """Whether a sensor's plots lie on a line."""
    return b[BEAM_PLOTS] >= LOCKED_PLOTS and b[BEAM_SPREAD2] < LOCKED_TURNS * LOCKED_TURNS


@helper
def swept_load(b: Floats, silent_s: float, period_s: float) -> float:
    """Count what the sectors bring that the beam has swept whole since it was last heard.

    Where in a sector its reports lie is not asked: what is swept in part counts nothing. Without
    a line a turning sensor is given one whole turn, and any other brings its reports at any time.
    """
    if not is_locked(b):
        return b[BEAM_LOAD] / LOAD_TURNS * max(0.0, silent_s / period_s - 1.0)
    begin = (b[BEAM_HEARD_S] - b[BEAM_TIME_S]) * b[BEAM_RATE] + b[BEAM_PHASE]
    first = math.ceil(begin * N_BEAM_SECTORS)
    swept = math.floor((begin + silent_s * b[BEAM_RATE]) * N_BEAM_SECTORS) - first
    turns = max(0, swept // N_BEAM_SECTORS)
    total = 0.0
    for k in range(first, first + swept - turns * N_BEAM_SECTORS):
        total += b[BEAM_SECTOR + k % N_BEAM_SECTORS]
    if turns > 0:
        for k in range(N_BEAM_SECTORS):
            total += turns * b[BEAM_SECTOR + k]
    return total / LOAD_TURNS


@helper
def overdue(b: Floats, silent_s: float, period_s: float) -> float:
    """Count the reports of others than one track that a silence should have brought.

    A beam that passes where nothing flies is not dead: what it should have brought depends on
    where it has been.
    """
    if b[BEAM_PLOTS] == 0.0:
        return (b[BEAM_LOAD] / LOAD_TURNS - 1.0) * silent_s / period_s
    return swept_load(b, silent_s, period_s) - max(1.0, silent_s / period_s)


@helper
def hear(b: Floats, time_s: float, turn: float, now_s: float, period_s: float) -> None:
    """Note a report of a sensor that is processed now, at a share of a turn or NaN, in place.

    A silence that should not have been fades what is usual by a turn at most, as one longer than
    the turns that are averaged: if traffic has fallen, that becomes usual after some turns.
    """
    if math.isnan(b[BEAM_HEARD_S]):
        b[BEAM_HEARD_S] = time_s
        b[BEAM_ALIVE_S] = now_s
    gap_s = max(0.0, time_s - b[BEAM_HEARD_S])
    turns = gap_s / period_s
    if overdue(b, gap_s, period_s) > SILENCE:
        b[BEAM_BACK_S] = time_s
        turns = min(1.0, turns)
    elif turns >= LOAD_TURNS:
        turns = 1.0
    if turns > 0.0:
        kept = math.exp(-turns / LOAD_TURNS)
        b[BEAM_LOAD] *= kept
        for k in range(N_BEAM_SECTORS):
            b[BEAM_SECTOR + k] *= kept
    b[BEAM_LOAD] += 1.0
    if abs(turn) <= MOST_TURNS:
        b[BEAM_SECTOR + math.floor(turn * N_BEAM_SECTORS) % N_BEAM_SECTORS] += 1.0
    b[BEAM_HEARD_S] += gap_s
    b[BEAM_ALIVE_S] = max(now_s, b[BEAM_ALIVE_S])


@kernel
def learn_beams(m: Measurements, n: int, now_s: float, g: Geometry) -> None:
    """Let n prepared reports, in processing order, teach `g.beam`. Twin: tests/naive/beam.py."""
    for j in range(n):
        s = m.sensor[j]
        turn = math.nan
        if m.form[j] == POLAR:
            turn = m.z[j, AZIMUTH] / (2.0 * math.pi)
        hear(g.beam[s], m.time_s[j], turn, now_s, g.period_s[s])
        if m.form[j] == POLAR:
            follow(g.beam[s], m.time_s[j], turn, g.period_s[s])


@helper
def turn_of_track(
    tracks: TrackTable, t: int, time_s: float, site: Floats, axes: Floats
) -> tuple[float, float]:
    """Azimuth of a track from a sensor in turns, and its standard deviation."""
    dt = time_s - tracks.num[t, STATE_TIME]
    east = 0.0
    north = 0.0
    for i in range(3):
        d = tracks.pos[t, i] + dt * tracks.vel[t, i] - site[i]
        east += axes[0, i] * d
        north += axes[1, i] * d
    ground = max(1.0, math.hypot(east, north))
    return math.atan2(east, north) / (2.0 * math.pi), tracks.num[t, LEVEL_M] / (
        2.0 * math.pi * ground
    )


@helper
def look_over(tracks: TrackTable, t: int, s: int, now_s: float, g: Geometry) -> tuple[int, float]:
    """Whether the look after the last one of sensor s at track t is over, and its length.

    `NOT_YET`, `SLEPT` or `MISSED`, and the time from one look to the next [s].
    """
    b = g.beam[s]
    period_s = g.period_s[s]
    turns = b[BEAM_RATE] * period_s
    locked = is_locked(b) and turns > 1.0 / RATE_SHARE and turns < RATE_SHARE
    if locked:
        period_s = 1.0 / b[BEAM_RATE]
    gap_s = now_s - tracks.look_s[t, s]
    if gap_s < 0.9 * period_s:
        return NOT_YET, period_s
    if overdue(b, now_s - b[BEAM_ALIVE_S], g.period_s[s]) > SILENCE:
        return (SLEPT if gap_s > LOOK_MARGIN * period_s else NOT_YET), period_s
    over = gap_s > LOOK_MARGIN * period_s
    if locked:
        lag_s = max(0.0, b[BEAM_ALIVE_S] - b[BEAM_HEARD_S])
        seen_s = max(b[BEAM_HEARD_S], now_s - lag_s - (LOOK_MARGIN - 1.0) * period_s)
        turn, doubt = turn_of_track(tracks, t, seen_s, g.site[s], g.axes[s])
        margin = MARGIN_TURNS + min(0.25, 3.0 * doubt)
        last = (tracks.look_s[t, s] - b[BEAM_TIME_S]) * b[BEAM_RATE] + b[BEAM_PHASE] - turn
        passed = (seen_s - b[BEAM_TIME_S]) * b[BEAM_RATE] + b[BEAM_PHASE] - turn - margin
        over = math.floor(passed) > math.floor(last + 0.5)
    if not over:
        return NOT_YET, period_s
    if tracks.look_s[t, s] + period_s <= b[BEAM_BACK_S]:
        return SLEPT, period_s
    return MISSED, period_s
