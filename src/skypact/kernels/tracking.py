"""One step of the tracker over prepared reports: micro-batches, association, update, output.

Reports are cut into micro-batches of one sensor in which an object is reported at most once; in
each, the pairs that pass the gate get marginal probabilities by belief propagation and every track
becomes the moment-matched mixture of its hypotheses, model by model. Source: Williams, "Marginal
multi-Bernoulli filters: RFS derivation of MHT, JIPDA and association-based MeMBer", IEEE TAES 51
(2015), 1664-1687, section IV (track-oriented marginal filter).
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper, inlined, kernel
from skypact.kernels.associate import propagate
from skypact.kernels.booking import book_update
from skypact.kernels.cluster import apply_place, group_tracks, solve_cluster
from skypact.kernels.consider import add_biases
from skypact.kernels.existence import miss_unseen, unseen_existence
from skypact.kernels.gate import pairs_of
from skypact.kernels.geodesy import enu_axes_one, geodetic_from_ecef_one
from skypact.kernels.lifecycle import start_track, sweep
from skypact.kernels.maps import false_per_turn, note_false, origin_of
from skypact.kernels.mixture import UNLIKELY, copy_state, mix_hypotheses
from skypact.kernels.prepare import has_content, level_variance, sheet_clutter
from skypact.model.tracking import (
    ADDRESS,
    AREA,
    AS_AIRCRAFT,
    BARO_M,
    BORN,
    CALLSIGN,
    CODE,
    CONFIRMED,
    DROP_AT,
    FADED,
    HITS,
    KIND,
    MANOEUVRE,
    N_LIVE,
    NUMBER,
    ORIGIN,
    PLANE,
    STATE,
    STATE_TIME,
    THRUST,
    TURN,
    TURNS,
    VISIBLE,
    WOKEN,
    Geometry,
    Measurements,
    Pairs,
    Scratch,
    TrackParams,
    TrackTable,
)
from skypact.model.tracks import CLASSES

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

MICRO_BATCH_S: Final = 0.5
"""Longest micro-batch of a rotating radar."""
MICRO_BATCH_REPORTS: Final = 512
CLASS_UNKNOWN: Final = float(CLASSES.index("unknown"))
CLASS_BALLISTIC: Final = float(CLASSES.index("ballistic"))
SURE: Final = 1.0 - 1e-3
"""A hypothesis this probable is taken alone: its rivals move the mean by less than rounding."""
LEAST_START: Final = 0.5
"""Share of the existence at which starts end, below which no track is begun."""
LIKELY_START: Final = 2.0
"""Existence of a start where reports were learned to be so often false that none would be begun, as
a multiple of that at which starts end. Were none begun, new objects would be counted as false
reports for good."""
STARTS_PER_TURN: Final = 50.0
"""So many of a sensor's unexplained reports begin such tracks in a turn: its cells in turns."""


@helper
def micro_batch_end(m: Measurements, first: int, last: int) -> int:
    """End of the micro-batch that starts at `first`: one sensor, short, no address twice."""
    end = first + 1
    while end < last and end - first < MICRO_BATCH_REPORTS:
        if m.sensor[end] != m.sensor[first]:
            break
        if m.time_s[end] - m.time_s[first] > MICRO_BATCH_S:
            break
        twice = False
        if m.icao[end] >= 0 and m.form[end] == PLANE:
            for i in range(first, end):
                twice = twice or m.icao[i] == m.icao[end]
        if twice:
            break
        end += 1
    return end


@helper
def is_whole_look(m: Measurements, end: int, last: int) -> bool:
    """Whether the reports up to `end` are all of their instant and sensor."""
    if end >= last:
        return True
    return m.sensor[end] != m.sensor[end - 1] or m.time_s[end] != m.time_s[end - 1]


@helper
def number_locally(pairs: Pairs, n: int) -> int:
    """Give the tracks of n pairs numbers from zero; returns how many there are."""
    count = int(0)  # noqa: UP018, RUF046  plain int64, not a literal, to the compiler
    for k in range(n):
        t = pairs.track[k]
        if pairs.slot[t] < 0:
            pairs.slot[t] = count
            pairs.rows[count] = t
            pairs.first[count] = -1
            count += 1
        pairs.local[k] = pairs.slot[t]
        pairs.after[k] = pairs.first[pairs.local[k]]
        pairs.first[pairs.local[k]] = k
    for i in range(count):
        pairs.slot[pairs.rows[i]] = -1
    return count


@inlined
def apply_track(
    tracks: TrackTable, local: int, m: Measurements, g: Geometry, p: TrackParams, pairs: Pairs
) -> bool:
    """Update one track of the micro-batch from its pairs; True where a report is likely its own."""
    t = pairs.rows[local]
    best = int(-1)  # noqa: UP018, RUF046
    detected = 0.0
    k = pairs.first[local]
    while k >= 0:
        detected += pairs.prob[k]
        if best < 0 or pairs.prob[k] > pairs.prob[best]:
            best = k
        k = pairs.after[k]
    if detected < UNLIKELY:
        return False
    j = pairs.report[best]
    missed = max(0.0, 1.0 - detected)
    visible, faded = unseen_existence(tracks, t, j, detected, m, g, p)
    if pairs.prob[best] > SURE:
        copy_state(tracks, t, pairs, best)
    else:
        mix_hypotheses(tracks, local, best, missed * (visible + faded), p, pairs, m)
    tracks.num[t, VISIBLE] = min(1.0, detected + missed * visible)
    tracks.num[t, FADED] = missed * faded
    chances = (detected, pairs.prob[best], pairs.time_s[best])
    return book_update(tracks, t, best, chances, m, g, p, pairs)


@helper
def note_unexplained(
    tracks: TrackTable, t: int, m: Measurements, j: int, free: float, g: Geometry
) -> None:
    """Count report j as false with the probability `free` that no other track explains it.

    At once where it begins no track or is better explained; should the track t that it begins come
    to nothing, then (`maps.note_false_start`).
    """
    s = m.sensor[j]
    coded = has_content(m.icao[j], m.mode3a[j], m.baro_m[j])
    if t >= 0 and free > 0.5:
        tracks.tag[t, ORIGIN] = origin_of(s, coded, m.cell[j])
    else:
        note_false(g.false_map[s, coded], m.cell[j], free, g.turns[s, TURNS])


@helper
def may_begin(m: Measurements, j: int, g: Geometry) -> bool:
    """Whether it is the turn of report j's cell to begin tracks that likely come to nothing."""
    if m.birth[j] <= 0.0:
        return False
    s = m.sensor[j]
    coded = has_content(m.icao[j], m.mode3a[j], m.baro_m[j])
    n = false_per_turn(g.false_map[s, coded], g.turns[s, TURNS], sheet_clutter(coded, s, g))
    every = math.ceil(n / STARTS_PER_TURN)
    return every <= 1 or (m.cell[j] + int(g.turns[s, TURNS])) % every == 0


@helper
def begin_tracks(
    tracks: TrackTable,
    m: Measurements,
    span: tuple[int, int, int],
    g: Geometry,
    p: TrackParams,
    pairs: Pairs,
) -> int:
    """Begin tracks at reports that no track explains; `span` is (first, end, pairs).

    Returns how many could not begin because the table is full.
    """
    refused = 0
    for j in range(span[0], span[1]):
        pairs.sum_report[j - span[0]] = 0.0
    for k in range(span[2]):
        pairs.sum_report[pairs.report[k] - span[0]] += pairs.prob[k]
    for j in range(span[0], span[1]):
        free = max(0.0, 1.0 - pairs.sum_report[j - span[0]])
        chance = m.birth[j] / (m.birth[j] + m.clutter[j])
        if p.learn == 1 and chance < LIKELY_START * p.existence[DROP_AT] and may_begin(m, j, g):
            chance = LIKELY_START * p.existence[DROP_AT]
        chance *= free
        t = int(-1)  # noqa: UP018, RUF046
        if chance >= LEAST_START * p.existence[DROP_AT]:
            t = start_track(tracks, m, j, chance, g, p, pairs.scratch)
            refused += 1 if t < 0 else 0
        if p.learn == 1:
            note_unexplained(tracks, t, m, j, free, g)
    return refused


@helper
def local_variance(A: Floats, P: Floats, row: int, column: int, first: int) -> float:
    """Entry of the local covariance of position (`first` 0) or velocity (3)."""
    total = 0.0
    for i in range(3):
        for j in range(3):
            total += A[row, i] * P[first + i, first + j] * A[column, j]
    return total


@helper
def export_motion(
    x: Floats, P: Floats, nodes: Floats, flat: int, A: Floats, row_out: Floats
) -> None:
    """Write place, velocity and their deviations, in the order of `TrackRows`.

    The level is in the row already; what it leaves unknown of the height adds to its deviation.
    """
    shared = 0.0
    if flat == 1:
        row_out[2], row_out[3], row_out[4] = x[1], x[0], x[2]
        for i in range(3):
            for j in range(3):
                A[i, j] = 1.0 if i == j else 0.0
    else:
        lat, lon, height = geodetic_from_ecef_one(x[0], x[1], x[2])
        row_out[2], row_out[3], row_out[4] = lat, lon, height
        enu_axes_one(lat, lon, A)
        shared = level_variance(lat, lon, row_out[5], nodes)
    row_out[6] = A[1, 0] * x[3] + A[1, 1] * x[4] + A[1, 2] * x[5]
    row_out[7] = A[0, 0] * x[3] + A[0, 1] * x[4] + A[0, 2] * x[5]
    row_out[8] = A[2, 0] * x[3] + A[2, 1] * x[4] + A[2, 2] * x[5]
    nn = local_variance(A, P, 1, 1, 0)
    ee = local_variance(A, P, 0, 0, 0)
    row_out[9] = math.sqrt(nn)
    row_out[10] = math.sqrt(ee)
    row_out[11] = local_variance(A, P, 1, 0, 0) / math.sqrt(nn * ee)
    row_out[12] = math.sqrt(local_variance(A, P, 2, 2, 0) + shared)
    row_out[13] = math.sqrt(local_variance(A, P, 1, 1, 3))
    row_out[14] = math.sqrt(local_variance(A, P, 0, 0, 3))


@helper
def export_row(
    tracks: TrackTable, t: int, g: Geometry, p: TrackParams, scratch: Scratch, row_out: Floats
) -> None:
    """Write track t as one row, in the order of `TrackRows`; integers are exact below 2^53.

    `scratch` holds its moments, as `refresh_moments` leaves them.
    """
    if g.considers[0] == 1:
        add_biases(tracks, t, g, scratch.work[2])
    row_out[5] = tracks.num[t, BARO_M]
    nodes = g.level_nodes
    export_motion(scratch.line[6], scratch.work[2], nodes, p.flat, scratch.work[3], row_out)
    now_s = tracks.num[t, STATE_TIME]
    row_out[0] = now_s
    row_out[1] = tracks.tag[t, NUMBER]
    row_out[15] = tracks.num[t, VISIBLE] + tracks.num[t, FADED]
    row_out[16] = 1.0 if tracks.tag[t, STATE] == CONFIRMED else 0.0
    free = p.motion[tracks.tag[t, AREA], KIND] == 1.0
    woken = tracks.tag[t, WOKEN] == 1
    row_out[17] = tracks.mu[t, THRUST] if free else tracks.mu[t, TURN] + tracks.mu[t, MANOEUVRE]
    row_out[18] = 1.0 - tracks.mu[t, AS_AIRCRAFT] if woken else 0.0
    row_out[19] = CLASS_BALLISTIC if woken else CLASS_UNKNOWN
    row_out[20] = tracks.tag[t, ADDRESS]
    row_out[21] = tracks.tag[t, CODE]
    row_out[22] = tracks.tag[t, CALLSIGN]
    sensors = 0
    for s in range(g.period_s.shape[0]):
        seen = tracks.seen_s[t, s]
        if not math.isnan(seen) and now_s - seen < 3.0 * g.period_s[s]:
            sensors += 1
    row_out[23] = sensors
    row_out[24] = now_s - tracks.num[t, BORN]


@helper
def run_clusters(
    tracks: TrackTable,
    m: Measurements,
    counts: tuple[int, int],
    g: Geometry,
    p: TrackParams,
    pairs: Pairs,
    out: Floats,
    count: int,
) -> int:
    """Solve the hard clusters among (pairs, local tracks); their tracks are done. New row count."""
    c = pairs.cluster
    for root in range(counts[1]):
        if c.group[root] != root or c.size[root] < 2:
            continue
        size, time_s = solve_cluster(tracks, m, (counts[0], counts[1], root), g, p, pairs)
        for i in range(size):
            t = pairs.rows[c.member[i]]
            reported = apply_place(tracks, i, size, time_s, m, g, p, pairs)
            pairs.first[c.member[i]] = -1
            if reported and tracks.tag[t, HITS] >= 2:
                export_row(tracks, t, g, p, pairs.scratch, out[count])
                count += 1
    return count


@inlined
def run_micro_batch(
    tracks: TrackTable,
    m: Measurements,
    span: tuple[int, int, int],
    g: Geometry,
    p: TrackParams,
    pairs: Pairs,
    out: Floats,
    count: int,
) -> tuple[int, int, int, int]:
    """Associate and apply reports ``span[0]:span[1]`` of `span[2]`.

    Ends earlier where there is no room for more pairs. Returns rows, refused starts, pairs and
    where it ended.
    """
    n = int(0)  # noqa: UP018, RUF046  plain int64, not a literal, to the compiler
    end = span[0]
    most = min(pairs.found.shape[0], tracks.counters[N_LIVE])
    while end < span[1] and (end == span[0] or n + most <= pairs.track.shape[0]):
        n = pairs_of(tracks, m, end, g, p, pairs, n)
        end += 1
    span = (span[0], end, span[2])
    n_tracks = number_locally(pairs, n)
    for k in range(n):
        pairs.report[k] -= span[0]
    other = pairs.other[: span[1] - span[0]]
    messages = (pairs.to_report[:n], pairs.to_track[:n], pairs.sum_track, pairs.sum_report)
    if n > 0:
        propagate(pairs.local[:n], pairs.report[:n], pairs.psi[:n], other, messages, pairs.prob[:n])
    for k in range(n):
        pairs.report[k] += span[0]
    if n > 1 and group_tracks(tracks, pairs, n, n_tracks, span):
        count = run_clusters(tracks, m, (n, n_tracks), g, p, pairs, out, count)
    for local in range(n_tracks):
        t = pairs.rows[local]
        if apply_track(tracks, local, m, g, p, pairs) and tracks.tag[t, HITS] >= 2:
            export_row(tracks, t, g, p, pairs.scratch, out[count])
            count += 1
    refused = begin_tracks(tracks, m, (span[0], span[1], n), g, p, pairs)
    if g.at_once[m.sensor[span[0]]] == 1 and is_whole_look(m, span[1], span[2]):
        miss_unseen(tracks, m.sensor[span[0]], m.time_s[span[0]], g, p)
    return count, refused, n, end


@kernel
def step(
    tracks: TrackTable,
    m: Measurements,
    n: int,
    g: Geometry,
    p: TrackParams,
    pairs: Pairs,
    out: Floats,
    counts_out: Longs,
) -> int:
    """Run n prepared reports, sorted by sensor and time, through the tracker.

    Parameters
    ----------
    tracks, pairs : TrackTable, Pairs
        State and scratch, written in place.
    m : Measurements
        Prepared reports; `row_out` and `number_out` are written.
    out : float64 (2 n, 25)
        Columns in the order of `TrackRows`; one row per track update with two or more reports
        behind it. A report's probabilities sum to one at most, so fewer than 2 n tracks can have
        more than half a report.
    counts_out : int64 (3,)
        Added to: starts refused for want of rows, pairs made, micro-batches.

    Returns
    -------
    int
        Rows written to `out`.
    """
    count = int(0)  # noqa: UP018, RUF046  plain int64, not a literal, to the compiler
    first = int(0)  # noqa: UP018, RUF046  plain int64, not a literal, to the compiler
    while first < n:
        end = micro_batch_end(m, first, n)
        count, refused, made, end = run_micro_batch(
            tracks, m, (first, end, n), g, p, pairs, out, count
        )
        counts_out[0] += refused
        counts_out[1] += made
        counts_out[2] += 1
        first = end
    return count


@kernel
def sweep_tracks(
    tracks: TrackTable, now_s: float, g: Geometry, p: TrackParams, ended_out: Longs
) -> int:
    """Count missed looks and end tracks at `now_s`; returns how many rows (n, 2) were written."""
    return sweep(tracks, now_s, g, p, ended_out)
