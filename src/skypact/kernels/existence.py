"""Whether an object exists: a chain of three states, and the looks that go by without a report.

An object is visible, faded (it exists, its sensors cannot see it for now) or gone. One missed look
says little about a well-established object, because misses come in runs (shadowed antenna,
screening, garbling); a start that is never seen again ends at once. Source of the visible/invisible
idea: Musicki, Evans and Stankovic, "Integrated probabilistic data association", IEEE TAC 39 (1994),
1237-1241, Markov chain two.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper
from skypact.kernels.beam import LOOK_MARGIN, NOT_YET, SLEPT, look_over
from skypact.kernels.maps import cell_of_place, detection_in_cell, note_unseen
from skypact.model.beam import BEAM_BACK_S
from skypact.model.tracking import (
    CONFIRMED,
    DEATH_HZ,
    EXISTENCE_S,
    FADE,
    FADED,
    FREE,
    HIGH_WATER,
    LOSS,
    PAST_AT,
    PAST_ROWS,
    RETURN,
    STATE,
    STATE_TIME,
    VISIBLE,
    Geometry,
    Measurements,
    TrackParams,
    TrackTable,
)

Floats = npt.NDArray[np.float64]

LONGEST_GAP_S: Final = 120.0
"""A sensor that has not reported a track for longer may have been out of its reach altogether."""
FAST_S: Final = 2.0
SLOW_S: Final = 4.0
"""An object is out of sight for seconds, not for looks: looks at most so far apart come in one
fade, those at least so far apart do not; from the one to the other in proportion."""
BACK_S: Final = 30.0
"""Straight back from the first place that is known for no longer: some 6 km, half a map's cell."""
LEAST_FADE: Final = 0.2
"""However well a place is seen, objects fade with this share of the probability: they shadow their
antennas in turns, and transponders fail."""
MOST_RECOUNTED: Final = 1_000.0
"""More looks than this are not counted again; existence has settled long before."""


@helper
def later(before_s: float, time_s: float) -> float:
    """Find the later of two times, the first of which may be NaN."""
    return before_s if before_s > time_s else time_s


@helper
def still_there(tracks: TrackTable, t: int, time_s: float, p: TrackParams) -> float:
    """Probability that track t's object has not vanished since its existence was reckoned."""
    if p.existence[DEATH_HZ] <= 0.0:
        return 1.0
    return math.exp(-p.existence[DEATH_HZ] * max(0.0, time_s - tracks.num[t, EXISTENCE_S]))


@helper
def age(tracks: TrackTable, t: int, time_s: float, p: TrackParams) -> None:
    """Bring the existence of track t to a time."""
    kept = still_there(tracks, t, time_s, p)
    tracks.num[t, VISIBLE] *= kept
    tracks.num[t, FADED] *= kept
    tracks.num[t, EXISTENCE_S] = max(time_s, tracks.num[t, EXISTENCE_S])


@helper
def fade_chance(p_detection: float, period_s: float, p: TrackParams) -> float:
    """Probability that an object drops out of sight at a look that detects with `p_detection`.

    Learned detection counts what is out of sight as not detected, so that where it is high, hardly
    anything can be. Looks of a faster feed come in one fade, however well it detects. `period_s`
    is the data sheet's.
    """
    usual = p.existence[FADE]
    if p.learn == 0 or period_s <= FAST_S:
        return usual
    share = p.existence[RETURN] * (1.0 - p_detection) / p_detection
    slow = min(usual, max(LEAST_FADE * usual, share))
    return usual + min(1.0, (period_s - FAST_S) / (SLOW_S - FAST_S)) * (slow - usual)


@helper
def count_miss(
    tracks: TrackTable, t: int, p_detection: float, period_s: float, p: TrackParams
) -> None:
    """One look of a sensor that knows the track went by without a report.

    Only a confirmed object is believed to be out of sight for a while; a start that is not seen
    again was most likely never there.
    """
    visible = tracks.num[t, VISIBLE]
    faded = tracks.num[t, FADED]
    gone = max(0.0, 1.0 - visible - faded)
    gone += p.existence[LOSS] * (visible + faded)
    to_faded = 0.0
    if tracks.tag[t, STATE] == CONFIRMED:
        to_faded = fade_chance(p_detection, period_s, p) * visible
    to_visible = p.existence[RETURN] * faded
    kept = 1.0 - p.existence[LOSS]
    visible, faded = (
        (visible - to_faded + to_visible) * kept,
        (faded + to_faded - to_visible) * kept,
    )
    visible *= 1.0 - p_detection
    total = visible + faded + gone
    tracks.num[t, VISIBLE] = visible / total
    tracks.num[t, FADED] = faded / total


@helper
def detection_of(
    tracks: TrackTable, t: int, s: int, now_s: float, g: Geometry, p: TrackParams
) -> float:
    """Probability that sensor s reports track t where it should be now."""
    if p.learn == 0:
        return g.p_detection[s]
    dt = now_s - tracks.num[t, STATE_TIME]
    x = tracks.pos[t, 0] + dt * tracks.vel[t, 0]
    y = tracks.pos[t, 1] + dt * tracks.vel[t, 1]
    z = tracks.pos[t, 2] + dt * tracks.vel[t, 2]
    cell = cell_of_place(x, y, z, g.site[s], g.axes[s], g.range_max_m[s])
    return detection_in_cell(g.look_map[s], cell, g.p_detection[s])


@helper
def recount_misses(tracks: TrackTable, t: int, since_s: float, g: Geometry, p: TrackParams) -> None:
    """Count the looks since a time again: a late report was there at that time after all.

    `since_s` is the last time at which the object was surely there; a look that the late report
    answers is missed no more.
    """
    for s in range(g.period_s.shape[0]):
        since = later(tracks.seen_s[t, s], since_s)
        missed = (tracks.look_s[t, s] - since) / g.period_s[s]
        if math.isnan(missed):
            continue
        for _ in range(int(min(MOST_RECOUNTED, missed) + 0.5)):
            count_miss(tracks, t, g.p_detection[s], g.period_s[s], p)


@helper
def looks_slept(look_s: float, now_s: float, back_s: float, period_s: float) -> float:
    """Count the whole looks after one at `look_s` that a dead sensor did not make, at least 1.

    Up to `back_s`, when it was heard again (NaN never), else until none is over any more.
    """
    if look_s + period_s <= back_s:
        return max(1.0, math.floor((back_s - look_s) / period_s))
    return max(1.0, math.ceil((now_s - look_s) / period_s - LOOK_MARGIN))


@helper
def miss_looks(tracks: TrackTable, t: int, now_s: float, g: Geometry, p: TrackParams) -> None:
    """Count the looks that have gone by for track t, sensor by sensor."""
    for s in range(g.period_s.shape[0]):
        look = tracks.look_s[t, s]
        if math.isnan(look):
            continue
        while True:
            verdict, period_s = look_over(tracks, t, s, now_s, g)
            if verdict == NOT_YET:
                break
            if verdict == SLEPT:
                tracks.look_s[t, s] += period_s * looks_slept(
                    tracks.look_s[t, s], now_s, g.beam[s, BEAM_BACK_S], period_s
                )
                continue
            tracks.look_s[t, s] += period_s
            age(tracks, t, tracks.look_s[t, s], p)
            count_miss(tracks, t, detection_of(tracks, t, s, now_s, g, p), g.period_s[s], p)
            if tracks.num[t, VISIBLE] + tracks.num[t, FADED] < 1e-6:
                return


@helper
def miss_unseen(tracks: TrackTable, s: int, time_s: float, g: Geometry, p: TrackParams) -> None:
    """Count a miss of all tracks that a sensor knows and its look at `time_s` did not report."""
    for t in range(tracks.counters[HIGH_WATER]):
        if tracks.tag[t, STATE] != FREE and tracks.look_s[t, s] < time_s:
            tracks.look_s[t, s] = time_s
            age(tracks, t, time_s, p)
            count_miss(tracks, t, detection_of(tracks, t, s, time_s, g, p), g.period_s[s], p)


@helper
def unseen_existence(
    tracks: TrackTable,
    t: int,
    j: int,
    detected: float,
    m: Measurements,
    g: Geometry,
    p: TrackParams,
) -> tuple[float, float]:
    """Existence in sight and out of sight of track t if none of this look's reports is its own.

    A rotating radar may still report it a moment later, unless it very likely just did.
    """
    s = m.sensor[j]
    age(tracks, t, m.time_s[j], p)
    visible = tracks.num[t, VISIBLE]
    faded = tracks.num[t, FADED]
    if g.at_once[s] == 1:
        tracks.look_s[t, s] = max(m.time_s[j], tracks.look_s[t, s])
    elif detected <= 0.5:
        return visible, faded
    seen = visible * detection_of(tracks, t, s, m.time_s[j], g, p)
    return (visible - seen) / (1.0 - seen), faded / (1.0 - seen)


@helper
def place_at(tracks: TrackTable, t: int, time_s: float) -> tuple[float, float, float]:
    """Find where track t was: on straight lines between its kept states and the present one.

    Before the first of them straight back for up to `BACK_S`; NaN before that.
    """
    at_s = tracks.num[t, STATE_TIME]
    x, y, z = tracks.pos[t, 0], tracks.pos[t, 1], tracks.pos[t, 2]
    vx, vy, vz = tracks.vel[t, 0], tracks.vel[t, 1], tracks.vel[t, 2]
    at = tracks.tag[t, PAST_AT]
    back_s = BACK_S
    for k in range(PAST_ROWS if at >= 0 else 0):
        kept = tracks.past[t, (at - k) % PAST_ROWS]
        if math.isnan(kept[0]) or time_s >= at_s:
            break
        if kept[0] <= time_s:
            dt = at_s - kept[0]
            vx, vy, vz = (x - kept[1]) / dt, (y - kept[2]) / dt, (z - kept[3]) / dt
            back_s = math.inf
            break
        if kept[0] < at_s:
            at_s = kept[0]
            x, y, z, vx, vy, vz = kept[1], kept[2], kept[3], kept[4], kept[5], kept[6]
    dt = time_s - at_s
    if dt < -back_s:
        return math.nan, math.nan, math.nan
    return x + dt * vx, y + dt * vy, z + dt * vz


@helper
def note_gap(tracks: TrackTable, t: int, s: int, time_s: float, g: Geometry) -> None:
    """Count the looks that sensor s missed since its last report of track t, where they were.

    A place that others see, or that tracks come out of again, and the sensor does not see, is a gap
    of its cover. A sensor that was dead has missed nothing; where the track was is known no
    further back than its kept states, or little.
    """
    since_s = tracks.seen_s[t, s]
    if g.beam[s, BEAM_BACK_S] > since_s:
        return
    missed = int((time_s - since_s) / g.period_s[s] + 0.5) - 1
    for k in range(missed):
        at_s = since_s + (k + 1.0) * (time_s - since_s) / (missed + 1.0)
        x, y, z = place_at(tracks, t, at_s)
        cell = cell_of_place(x, y, z, g.site[s], g.axes[s], g.range_max_m[s])
        if cell > 0:
            note_unseen(g.look_map[s], cell)
