"""Plain twin of kernels/relabel.py: joint events as lists, dense matrices."""

import math

import numpy as np
from tests.naive import gate, imm

EXISTENCE_WEIGHT = 100.0


def clusters(pairs, prob, tracks, shared=1e-3, real=0.1):
    """Sets of nameless tracks that share reports; pairs are (track, report, ...)."""
    free = {
        i
        for i, t in enumerate(tracks)
        if t.visible + t.faded > real and t.address < 0 and (t.code < 0 or gate.is_shared(t.code))
    }
    groups = {i: {i} for i in free}
    holder = {}
    for (i, j, *_), p in zip(pairs, prob, strict=True):
        if i not in free or p < shared:
            continue
        if j in holder and groups[holder[j]] is not groups[i]:
            joined = groups[holder[j]] | groups[i]
            for k in joined:
                groups[k] = joined
        holder.setdefault(j, i)
    unique = {id(g): g for g in groups.values() if len(g) > 1}
    return [sorted(g) for g in unique.values()]


def joint_events(options):
    """All choices of one (report or None, weight) per member without a report twice."""
    events = [((), 1.0)]
    for own in options:
        events = [
            ((*chosen, q), weight * odds)
            for chosen, weight in events
            for q, (report, odds) in enumerate(own)
            if report is None or all(options[a][b][0] != report for a, b in enumerate(chosen))
        ]
    total = sum(w for _, w in events)
    likely = [(e, w) for e, w in events if w >= 1e-5 * total]
    total = sum(w for _, w in likely)
    return [(e, w / total) for e, w in likely]


def moved_moments(post, shift_s):
    """Mean and covariance of place and velocity, the place moved on."""
    mean, P = imm.moments(*post)
    mean = mean[:6].copy()
    mean[:3] += shift_s * mean[3:6]
    return mean, P[:6, :6]


def costs(share, exists, means, covs):
    """Expected negative log density of each component's Bernoulli under each place's."""
    out = np.zeros_like(share)
    for i in range(share.shape[1]):
        weight = share[:, i] * exists
        r = weight.sum()
        w = weight / max(r, 1e-12)
        mean = w @ means
        apart = means - mean
        P = np.einsum("q,qab->ab", w, covs)
        inverse, log_det = np.linalg.inv(P), np.linalg.slogdet(P)[1]
        r = min(1 - 1e-6, max(1e-6, r))
        spread = np.einsum("ab,qba->q", inverse, covs + apart[:, :, None] * apart[:, None, :])
        there = EXISTENCE_WEIGHT * math.log(r) - 0.5 * (log_det + spread)
        out[:, i] = -exists * there - (1 - exists) * EXISTENCE_WEIGHT * math.log(1 - r)
    return out


def settle(events, exists, means, covs):
    """Share (components, places) after objects have changed places in the events.

    `events` are (component of each member, weight).
    """
    n = len(events[0][0])
    places = [list(range(n)) for _ in events]

    def shares():
        out = np.zeros((len(exists), n))
        for (chosen, weight), place in zip(events, places, strict=True):
            for q, i in zip(chosen, place, strict=True):
                out[q, i] += weight
        return out

    share, last = shares(), math.inf
    for _ in range(20):
        cost = costs(share, exists, means, covs)
        total = (share * cost).sum()
        if total > last - 1e-4:
            break
        last = total
        for (chosen, _), place in zip(events, places, strict=True):
            exchange(chosen, place, cost)
        share = shares()
    return share


def exchange(chosen, place, cost):
    """Change places two by two as long as that makes an event cheaper, in place."""
    better = True
    while better:
        better = False
        for a in range(len(chosen)):
            for b in range(a + 1, len(chosen)):
                now = cost[chosen[a], place[a]] + cost[chosen[b], place[b]]
                if cost[chosen[a], place[b]] + cost[chosen[b], place[a]] < now - 1e-9:
                    place[a], place[b] = place[b], place[a]
                    better = True
