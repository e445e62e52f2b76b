"""What is left to do when a track has its new state: moments, biases considered, hit, cell."""

import math
from typing import Final

from skypact.kernels._jit import inlined
from skypact.kernels.consider import absorb, move_sensitivities
from skypact.kernels.existence import recount_misses
from skypact.kernels.grid import link
from skypact.kernels.imm import refresh_moments
from skypact.kernels.late import remember
from skypact.kernels.lifecycle import note_hit
from skypact.kernels.mixture import forward_to
from skypact.kernels.told import report_for_track
from skypact.kernels.usual import assume_height
from skypact.kernels.waking import weigh_evidence
from skypact.model.tracking import (
    AREA,
    LAST_HIT,
    SIGMA,
    STATE_TIME,
    Geometry,
    Measurements,
    Pairs,
    TrackParams,
    TrackTable,
)

LEAST_TAKEN: Final = 1e-9
"""A report that counts for less than this moves no sensitivity to a bias."""


@inlined
def book_update(
    tracks: TrackTable,
    t: int,
    k: int,
    chances: tuple[float, float, float],
    m: Measurements,
    g: Geometry,
    p: TrackParams,
    pairs: Pairs,
) -> bool:
    """Finish the update of track t, whose state is that of a time; True where it was reported.

    Parameters
    ----------
    k : int
        The pair of the report that is most likely the track's.
    chances : (float, float, float)
        Probabilities that it was reported, and by that report; time of the new state [s].

    Notes
    -----
    Time never goes back: a state older than the track's is predicted to the track's time.
    """
    detected, share, time_s = chances
    j = pairs.report[k]
    before_s = tracks.num[t, STATE_TIME]
    tracks.num[t, STATE_TIME] = time_s
    if before_s > time_s:
        forward_to(tracks, t, before_s, p, pairs.scratch)
    refresh_moments(tracks, t, p.flat, pairs.scratch)
    remember(tracks, t, pairs.scratch.line[6], pairs.scratch.work[2])
    if g.considers[0] == 1:
        move_sensitivities(tracks, t, tracks.num[t, STATE_TIME] - before_s, g)
    if detected > 0.5:
        if g.considers[0] == 1:
            motion = p.motion[tracks.tag[t, AREA]]
            report_for_track(m.z[j], m.time_s[j], tracks.num[t], motion, p, pairs.scratch.z)
            pairs.scratch.z[SIGMA] /= math.sqrt(max(pairs.taken[k], LEAST_TAKEN))
            absorb(tracks, t, m.sensor[j], m.form[j], g, pairs.scratch, share)
        assume_height(tracks, t, m, j, g.site[m.sensor[j]], pairs.scratch)
        note_hit(tracks, t, m, j, g, p)
        if pairs.time_s[k] > m.time_s[j]:
            recount_misses(tracks, t, tracks.num[t, LAST_HIT], g, p)
        weigh_evidence(tracks, t, m, j, p)
    link(tracks, t, p.flat, tracks.num[t, STATE_TIME])
    return detected > 0.5
