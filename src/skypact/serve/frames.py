"""From the history's rows to the sections of a message."""

from typing import Final

import numpy as np

from skypact.serve import wire
from skypact.serve.history import IDENTITY_CHANGED, TrackHistory, last_per_track
from skypact.serve.steplog import Structured

TRAIL_S: Final = 240.0
TRAIL_EVERY_S: Final = 4.0
"""A snapshot brings the last four minutes, one point per four seconds, a radar's rotation."""


def _kinematics(rows: Structured, clock_s: float) -> Structured:
    out = np.zeros(rows.size, wire.SECTIONS["kinematics"])
    for name in out.dtype.names or ():
        out[name] = clock_s - rows["time_s"] if name == "age_s" else rows[name]
    out["flags"] &= ~np.uint8(IDENTITY_CHANGED)
    return out


def _identities(rows: Structured) -> Structured:
    out = np.zeros(rows.size, wire.SECTIONS["identities"])
    for name in out.dtype.names or ():
        out[name] = rows[name]
    return out


def update_sections(history: TrackHistory, after_s: float, until_s: float) -> wire.Sections:
    """Tell what changed in ``after_s < step <= until_s``: the newest row of each updated track.

    Identities are sent for tracks that said something new about themselves in that time; tracks
    that ended in it are named, and their rows left out.
    """
    rows = history.rows_between(after_s, until_s)
    ended = history.ended_between(after_s, until_s)
    newest = last_per_track(rows)
    newest = newest[~np.isin(newest["track"], ended)]
    renamed = rows["track"][(rows["flags"] & IDENTITY_CHANGED) != 0]
    gone = np.zeros(ended.size, wire.SECTIONS["ended"])
    gone["track"] = ended
    return wire.Sections(
        _kinematics(newest, until_s),
        _identities(newest[np.isin(newest["track"], renamed)]),
        gone,
        np.zeros(0, wire.SECTIONS["trail"]),
    )


def snapshot_sections(history: TrackHistory, time_s: float) -> wire.Sections:
    """Everything shown at `time_s`: all tracks, all identities, the trails."""
    rows = history.state_at(time_s)
    points = history.trails_at(time_s, rows["track"], TRAIL_S, TRAIL_EVERY_S)
    trail = np.zeros(points.size, wire.SECTIONS["trail"])
    trail["row"] = np.searchsorted(rows["track"], points["track"])
    trail["age_s"] = time_s - points["time_s"]
    trail["lat_e7"], trail["lon_e7"] = points["lat_e7"], points["lon_e7"]
    ended = np.zeros(0, wire.SECTIONS["ended"])
    return wire.Sections(_kinematics(rows, time_s), _identities(rows), ended, trail)
