"""Smoothing of one track: its reports filtered forward, judged again, and written.

The reports go through the tracker's own helpers in order of time, and are judged again by the path
that the backward pass (kernels/backward.py) finds.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper, kernel
from skypact.kernels.backward import Passage, is_known
from skypact.kernels.gate import WILD as WIDER
from skypact.kernels.gate import hypothesis, robust_hypothesis
from skypact.kernels.imm import predict_models, refresh_moments
from skypact.kernels.lifecycle import start_state
from skypact.kernels.told import forget_told, note_told, report_for_track
from skypact.kernels.tracking import export_row
from skypact.kernels.update import n_components, update_one
from skypact.kernels.usual import assume_height, begin_assumption
from skypact.model.tracking import (
    AREA,
    BARO_M,
    BEARING,
    CALLSIGN,
    CODE,
    N_MODELS,
    N_STATE,
    PRIOR_VAR,
    SIGMA,
    SIGMA_AZIMUTH,
    STATE_TIME,
    Geometry,
    Measurements,
    Scratch,
    TrackParams,
    TrackTable,
)

Floats = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.int8]

(LEFT_OUT, TAKEN, WILD, UNJUDGED) = range(4)
"""Fates of a report: not used; used; used as a wild one; to be judged by the forward filter."""
LOST: Final = 4
"""So many reports in a row that do not fit, and the track is begun anew at the first of them."""


def empty_passage(n: int) -> Passage:
    """Make room for n reports."""
    return Passage(
        x=np.zeros((n, N_MODELS, N_STATE)),
        P=np.zeros((n, N_MODELS, N_STATE, N_STATE)),
        mu=np.zeros((n, N_MODELS)),
        fate=np.full(n, UNJUDGED, np.int8),
        begins=np.zeros(n, np.int8),
    )


@helper
def keep_state(x: Floats, P: Floats, mu: Floats, tracks: TrackTable) -> None:
    """Take a state (M, 7), (M, 7, 7), (M,) as the present one, row 0 of `tracks`."""
    for i in range(N_MODELS):
        tracks.mu[0, i] = mu[i]
        for a in range(N_STATE):
            tracks.x[0, i, a] = x[i, a]
            for b in range(N_STATE):
                tracks.P[0, i, a, b] = P[i, a, b]


@helper
def write_state(tracks: TrackTable, path: Passage, k: int) -> None:
    """Write the present state to report k of the passage."""
    for i in range(N_MODELS):
        path.mu[k, i] = tracks.mu[0, i]
        for a in range(N_STATE):
            path.x[k, i, a] = tracks.x[0, i, a]
            for b in range(N_STATE):
                path.P[k, i, a, b] = tracks.P[0, i, a, b]


@helper
def begin_state(
    tracks: TrackTable, m: Measurements, k: int, g: Geometry, p: TrackParams, scratch: Scratch
) -> None:
    """Begin the state at report k, as the tracker begins a track."""
    start_state(tracks, 0, m, k, p)
    s = m.sensor[k]
    for i in range(N_MODELS):
        x, P = tracks.x[0, i], tracks.P[0, i]
        update_one(x, P, m.z[k], m.form[k], g.site[s], g.axes[s], p.flat, scratch.line)
        tracks.mu[0, i] = p.start_sigma[2]
    tracks.mu[0, 0] = 1.0 - p.start_sigma[2] * (N_MODELS - 1)
    begin_assumption(tracks, 0, m, k)


@helper
def note_height(
    tracks: TrackTable,
    m: Measurements,
    k: int,
    g: Geometry,
    p: TrackParams,
    scratch: Scratch,
    path: Passage,
) -> None:
    """Bring what is assumed of a height that nobody reports up to date, as the tracker does.

    Else a drone stays within the deviation of the height that was assumed of its first plot.
    """
    if math.isnan(tracks.num[0, PRIOR_VAR]):
        return
    refresh_moments(tracks, 0, p.flat, scratch)
    assume_height(tracks, 0, m, k, g.site[m.sensor[k]], scratch)
    write_state(tracks, path, k)


@helper
def limit_of(m: Measurements, k: int, p: TrackParams) -> float:
    """Squared distance up to which report k fits its track; wider where an address is known."""
    limit = p.gate[n_components(m.z[k], m.form[k])]
    return limit * p.gate[0] if m.icao[k] >= 0 else limit


@helper
def judged(
    m: Measurements, k: int, g: Geometry, p: TrackParams, scratch: Scratch, path: Passage, at: int
) -> int:
    """Judge report k, prepared in ``scratch.z``, by the state in `scratch`; its fate.

    The updated state goes to place `at` of the passage.
    """
    s = m.sensor[k]
    plain = scratch.z[SIGMA]
    post = (path.x[at], path.P[at], path.mu[at])
    d2, _ = robust_hypothesis(m.form[k], g.site[s], g.axes[s], p.flat, math.inf, scratch, post)
    if not d2 < limit_of(m, k, p):
        return LEFT_OUT
    return WILD if scratch.z[SIGMA] > plain else TAKEN


@helper
def widen(z: Floats) -> None:
    """Give a prepared report the noise of a wild one."""
    z[SIGMA] *= WIDER
    z[SIGMA_AZIMUTH] *= WIDER


@helper
def take_as_told(
    m: Measurements, k: int, g: Geometry, p: TrackParams, scratch: Scratch, path: Passage
) -> None:
    """Update with the report in ``scratch.z`` whatever its distance; a wild one as such."""
    s = m.sensor[k]
    if path.fate[k] == WILD:
        widen(scratch.z)
    post = (path.x[k], path.P[k], path.mu[k])
    hypothesis(scratch.z, m.form[k], g.site[s], g.axes[s], p.flat, scratch, post)


@kernel
def filter_forward(
    tracks: TrackTable,
    m: Measurements,
    n: int,
    g: Geometry,
    p: TrackParams,
    scratch: Scratch,
    path: Passage,
) -> int:
    """Filter the reports of one track in order of time.

    Parameters
    ----------
    tracks : TrackTable
        One row, the state at ``num[0, STATE_TIME]``; NaN there begins at the first report.
    m : Measurements
        The track's n prepared reports, sorted by time.
    path : Passage
        Written. Reports whose `fate` is `UNJUDGED` are judged by the filter, others are taken as
        told; where `begins` is set the state begins anew.

    Returns
    -------
    int
        How often the state was begun anew because several reports in a row did not fit.
    """
    anew = int(0)  # noqa: UP018, RUF046
    out = int(0)  # noqa: UP018, RUF046
    k = int(0)  # noqa: UP018, RUF046
    while k < n:
        if math.isnan(tracks.num[0, STATE_TIME]) or path.begins[k] == 1:
            if path.fate[k] == LEFT_OUT or m.form[k] == BEARING:
                path.fate[k] = LEFT_OUT
                for i in range(N_MODELS):
                    path.mu[k, i] = 0.0
                k += 1
                continue
            begin_state(tracks, m, k, g, p, scratch)
            path.begins[k] = 1
            path.fate[k] = TAKEN
            write_state(tracks, path, k)
        else:
            dt = m.time_s[k] - tracks.num[0, STATE_TIME]
            motion = p.motion[tracks.tag[0, AREA]]
            predict_models(tracks.mu[0], tracks.x[0], tracks.P[0], dt, motion, scratch)
            report_for_track(m.z[k], m.time_s[k], tracks.num[0], motion, p, scratch.z)
            if path.fate[k] == UNJUDGED:
                path.fate[k] = judged(m, k, g, p, scratch, path, k)
                out = out + 1 if path.fate[k] == LEFT_OUT else 0
            elif path.fate[k] != LEFT_OUT:
                take_as_told(m, k, g, p, scratch, path)
            if path.fate[k] == LEFT_OUT:
                keep_state(scratch.x, scratch.P, scratch.predicted, tracks)
                write_state(tracks, path, k)
            else:
                keep_state(path.x[k], path.P[k], path.mu[k], tracks)
                note_height(tracks, m, k, g, p, scratch, path)
        tracks.num[0, STATE_TIME] = m.time_s[k]
        if path.fate[k] != LEFT_OUT:
            note_told(m.z[k], m.time_s[k], tracks.num[0])
        if out == LOST:
            k -= LOST - 1
            for back in range(k, k + LOST):
                path.fate[back] = UNJUDGED
            path.begins[k] = 1
            anew += 1
            out = 0
            continue
        k += 1
    return anew


@kernel
def judge_again(
    tracks: TrackTable,
    m: Measurements,
    n: int,
    g: Geometry,
    p: TrackParams,
    scratch: Scratch,
    path: Passage,
    spare: Passage,
) -> int:
    """Judge every report by the smoothed path; returns how many fates changed.

    Parameters
    ----------
    tracks : TrackTable
        One row, as for `filter_forward`; its area is read, what it said is written.
    path : Passage
        Smoothed; `fate` and `begins` are written.
    spare : Passage
        Room for one report.

    Notes
    -----
    A used report drew the path towards itself, so its distance is a little too small; a report
    that was left out is judged fairly, and comes back where it fits.
    """
    changed = int(0)  # noqa: UP018, RUF046
    motion = p.motion[tracks.tag[0, AREA]]
    forget_told(tracks.num[0])
    for k in range(n):
        if not is_known(path, k):
            continue
        for i in range(N_MODELS):
            scratch.predicted[i] = path.mu[k, i]
            for a in range(N_STATE):
                scratch.x[i, a] = path.x[k, i, a]
                for b in range(N_STATE):
                    scratch.P[i, a, b] = path.P[k, i, a, b]
        report_for_track(m.z[k], m.time_s[k], tracks.num[0], motion, p, scratch.z)
        fate = judged(m, k, g, p, scratch, spare, 0)
        if fate != path.fate[k]:
            changed += 1
        path.fate[k] = fate
        if fate != LEFT_OUT:
            note_told(m.z[k], m.time_s[k], tracks.num[0])
    for k in range(n - 1):
        if path.begins[k] == 1 and path.fate[k] == LEFT_OUT:
            path.begins[k] = 0
            path.begins[k + 1] = 1
    return changed


@kernel
def export_path(
    tracks: TrackTable,
    m: Measurements,
    span: tuple[int, int],
    g: Geometry,
    p: TrackParams,
    scratch: Scratch,
    path: Passage,
    out: Floats,
) -> int:
    """Write the used reports ``span[0]:span[1]`` of a passage as rows of `TrackRows`; how many.

    `tracks` is the one row that holds the track's numbers and identity. Never a row where the
    track was not seen.
    """
    count = int(0)  # noqa: UP018, RUF046
    for k in range(span[0], span[1]):
        if path.fate[k] == LEFT_OUT or not is_known(path, k):
            continue
        keep_state(path.x[k], path.P[k], path.mu[k], tracks)
        tracks.num[0, STATE_TIME] = m.time_s[k]
        if not math.isnan(m.baro_m[k]):
            tracks.num[0, BARO_M] = m.baro_m[k]
        if m.mode3a[k] >= 0:
            tracks.tag[0, CODE] = m.mode3a[k]
        if m.callsign[k] >= 0:
            tracks.tag[0, CALLSIGN] = m.callsign[k]
        tracks.seen_s[0, m.sensor[k]] = m.time_s[k]
        refresh_moments(tracks, 0, p.flat, scratch)
        export_row(tracks, 0, g, p, scratch, out[count])
        count += 1
    return count
