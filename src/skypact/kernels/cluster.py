"""Hard clusters of a micro-batch: found from the marginals, solved by joint events, applied.

Several tracks without identity that share a report; all other tracks keep the marginals of belief
propagation, whose messages also stand for the tracks outside a cluster.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper
from skypact.kernels.booking import book_update
from skypact.kernels.existence import unseen_existence
from skypact.kernels.gate import is_shared_code
from skypact.kernels.imm import predict_models
from skypact.kernels.intersect import copy_model
from skypact.kernels.mixture import add_weighted, settle_mixture
from skypact.kernels.relabel import (
    joint_events,
    keep_likely,
    latest_s,
    moments_of,
    settle_places,
)
from skypact.model.tracking import (
    ADDRESS,
    AREA,
    CODE,
    FADED,
    N_MODELS,
    N_STATE,
    STATE_TIME,
    VISIBLE,
    Geometry,
    Measurements,
    Pairs,
    TrackParams,
    TrackTable,
)

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

SHARED: Final = 1e-3
"""Marginal probability from which a report counts as shared."""
REAL: Final = 0.1
"""Existence from which a track can be one of a cluster."""
NEGLIGIBLE: Final = 1e-7


@helper
def is_nameless(tracks: TrackTable, t: int) -> bool:
    """Whether nothing but its motion tells a track apart."""
    if tracks.tag[t, ADDRESS] >= 0:
        return False
    return bool(tracks.tag[t, CODE] < 0 or is_shared_code(tracks.tag[t, CODE]))


@helper
def group_tracks(
    tracks: TrackTable, pairs: Pairs, n: int, n_tracks: int, span: tuple[int, int, int]
) -> bool:
    """Give local tracks that share reports one number in ``cluster.group``; False where none do.

    Tracks that can be in no cluster get -1.
    """
    c = pairs.cluster
    for local in range(n_tracks):
        t = pairs.rows[local]
        real = tracks.num[t, VISIBLE] + tracks.num[t, FADED] > REAL
        c.group[local] = local if real and is_nameless(tracks, t) else -1
    for j in range(span[1] - span[0]):
        c.holder[j] = -1
    shared = False
    for k in range(n):
        own = c.group[pairs.local[k]]
        if pairs.prob[k] < SHARED or own < 0:
            continue
        j = pairs.report[k] - span[0]
        if c.holder[j] < 0:
            c.holder[j] = pairs.local[k]
        elif c.group[c.holder[j]] != own:
            shared = True
            other = c.group[c.holder[j]]
            for local in range(n_tracks):
                if c.group[local] == own:
                    c.group[local] = other
    for local in range(n_tracks):
        c.size[local] = 0
    for local in range(n_tracks):
        if c.group[local] >= 0:
            c.size[c.group[local]] += 1
    return shared


@helper
def outside_odds(pairs: Pairs, n: int, k: int, root: int) -> float:
    """Weigh the explanations of pair k's report from outside the cluster, clutter being 1."""
    total = 1.0
    for e in range(n):
        if pairs.report[e] == pairs.report[k] and pairs.cluster.group[pairs.local[e]] != root:
            total += pairs.to_report[e]
    return total


@helper
def collect(
    tracks: TrackTable, pairs: Pairs, n: int, n_tracks: int, root: int, least: float
) -> int:
    """List members and components of a cluster; how many members, -1 where there is no room.

    A member's first component is its miss; its pairs less probable than `least` are left out.
    """
    c = pairs.cluster
    count = int(0)  # noqa: UP018, RUF046
    q = int(0)  # noqa: UP018, RUF046
    for local in range(n_tracks):
        if c.group[local] != root:
            continue
        if count >= c.member.shape[0] or q >= c.pair.shape[0]:
            return int(-1)  # noqa: UP018, RUF046
        c.member[count] = local
        c.first[count] = q
        c.pair[q] = n + count
        c.report[q] = -1
        c.odds[q] = 1.0
        q += 1
        k = pairs.first[local]
        while k >= 0:
            if pairs.prob[k] >= least:
                if q >= c.pair.shape[0]:
                    return int(-1)  # noqa: UP018, RUF046
                c.pair[q] = k
                c.report[q] = pairs.report[k]
                c.odds[q] = pairs.psi[k] / outside_odds(pairs, n, k, root)
                c.exists[q] = 1.0
                q += 1
            k = pairs.after[k]
        count += 1
        c.first[count] = q
    return count if n + count <= pairs.track.shape[0] else int(-1)  # noqa: UP018, RUF046


@helper
def detected_in(pairs: Pairs, local: int) -> float:
    """Probability that one of the reports is a local track's."""
    total = 0.0
    k = pairs.first[local]
    while k >= 0:
        total += pairs.prob[k]
        k = pairs.after[k]
    return total


@helper
def describe(
    tracks: TrackTable,
    n_members: int,
    time_s: float,
    m: Measurements,
    g: Geometry,
    p: TrackParams,
    pairs: Pairs,
) -> None:
    """Set state and existence of every component of a cluster at a time."""
    c = pairs.cluster
    scratch = pairs.scratch
    for a in range(n_members):
        local = c.member[a]
        t = pairs.rows[local]
        k = c.pair[c.first[a]]
        detected = detected_in(pairs, local)
        j = pairs.report[pairs.first[local]]
        c.visible[a], c.faded[a] = unseen_existence(tracks, t, j, detected, m, g, p)
        c.exists[c.first[a]] = min(1.0, c.visible[a] + c.faded[a])
        dt = time_s - tracks.num[t, STATE_TIME]
        motion = p.motion[tracks.tag[t, AREA]]
        predict_models(tracks.mu[t], tracks.x[t], tracks.P[t], dt, motion, scratch)
        for i in range(N_MODELS):
            pairs.mu[k, i] = scratch.predicted[i]
            copy_model(scratch.x[i], scratch.P[i], pairs.x[k, i], pairs.P[k, i])
        for q in range(c.first[a], c.first[a + 1]):
            c.shift_s[q] = 0.0 if c.report[q] < 0 else time_s - pairs.time_s[c.pair[q]]
            moments_of(pairs, c.pair[q], c.shift_s[q], c.x[q], c.P[q])


@helper
def mix_place(tracks: TrackTable, t: int, i: int, n_components: int, pairs: Pairs) -> None:
    """Moment-match what stands in place i into the state of track t, model by model."""
    c = pairs.cluster
    scratch = pairs.scratch
    best = int(0)  # noqa: UP018, RUF046
    for q in range(n_components):
        if c.share[q, i] * c.exists[q] > c.share[best, i] * c.exists[best]:
            best = q
    for model in range(N_MODELS):
        base = scratch.work[3, model]
        for a in range(N_STATE):
            base[a] = pairs.x[c.pair[best], model, a]
            scratch.x_sum[model, a] = 0.0
            for b in range(N_STATE):
                scratch.P_sum[model, a, b] = 0.0
        total = 0.0
        for q in range(n_components):
            k = c.pair[q]
            weight = c.share[q, i] * c.exists[q] * pairs.mu[k, model]
            if weight < NEGLIGIBLE:
                continue
            total += weight
            apart = scratch.work[4, model]
            for a in range(N_STATE):
                moved = c.shift_s[q] * pairs.x[k, model, a + 3] if a < 3 else 0.0
                apart[a] = pairs.x[k, model, a] + moved - base[a]
            add_weighted(
                weight, apart, pairs.P[k, model], scratch.x_sum[model], scratch.P_sum[model]
            )
        scratch.work[5, 0, model] = total
    settle_mixture(tracks, t, scratch)


@helper
def apply_place(
    tracks: TrackTable,
    i: int,
    n_members: int,
    time_s: float,
    m: Measurements,
    g: Geometry,
    p: TrackParams,
    pairs: Pairs,
) -> bool:
    """Give track i of a cluster what stands in its place; True where a report is likely its own."""
    c = pairs.cluster
    t = pairs.rows[c.member[i]]
    mix_place(tracks, t, i, c.first[n_members], pairs)
    visible = 0.0
    faded = 0.0
    detected = 0.0
    best = int(-1)  # noqa: UP018, RUF046
    for a in range(n_members):
        miss = c.share[c.first[a], i]
        visible += miss * c.visible[a]
        faded += miss * c.faded[a]
        for q in range(c.first[a] + 1, c.first[a + 1]):
            detected += c.share[q, i]
            if best < 0 or c.share[q, i] > c.share[best, i]:
                best = q
    tracks.num[t, VISIBLE] = min(1.0, detected + visible)
    tracks.num[t, FADED] = faded
    share = 0.0
    k = pairs.first[c.member[i]]
    if best >= 0:
        share = c.share[best, i]
        k = c.pair[best]
    return book_update(tracks, t, k, (detected, share, time_s), m, g, p, pairs)


@helper
def book_marginals(n_members: int, pairs: Pairs) -> None:
    """Replace the marginals of a cluster's pairs by the exact ones."""
    c = pairs.cluster
    for a in range(n_members):
        k = pairs.first[c.member[a]]
        while k >= 0:
            pairs.prob[k] = 0.0
            k = pairs.after[k]
        for q in range(c.first[a] + 1, c.first[a + 1]):
            for i in range(n_members):
                pairs.prob[c.pair[q]] += c.share[q, i]


@helper
def solve_cluster(
    tracks: TrackTable,
    m: Measurements,
    counts: tuple[int, int, int],
    g: Geometry,
    p: TrackParams,
    pairs: Pairs,
) -> tuple[int, float]:
    """Find what stands in each place of a root's cluster; `counts` is (pairs, local tracks, root).

    Returns how many members it has and its time; 0 where it is too large, and its tracks keep the
    marginals they have.
    """
    n, n_tracks, root = counts
    c = pairs.cluster
    least = SHARED
    n_members = int(-1)  # noqa: UP018, RUF046
    n_events = int(-1)  # noqa: UP018, RUF046
    while n_events < 0 and least < 0.3:
        n_members = collect(tracks, pairs, n, n_tracks, root, least)
        if n_members > 1:
            n_events = joint_events(c, n_members)
        elif n_members >= 0:
            return int(0), 0.0  # noqa: UP018, RUF046
        least *= 10.0
    if n_events < 0:
        return int(0), 0.0  # noqa: UP018, RUF046
    n_events = keep_likely(c, n_events, n_members)
    time_s = latest_s(c, n_members, pairs, n)
    if math.isinf(time_s):
        return int(0), 0.0  # noqa: UP018, RUF046
    describe(tracks, n_members, time_s, m, g, p, pairs)
    settle_places(c, n_events, n_members)
    book_marginals(n_members, pairs)
    return n_members, time_s
