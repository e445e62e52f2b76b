"""Tracks without identity that share reports: exact joint events, and which track each is for.

A marginal filter keeps one Gaussian per track. Where tracks share reports and nothing tells them
apart, the marginals of all become the same mixture, and the tracks coalesce. But which track is
which is free there: the picture is a set. So in every joint event (who was reported by what) the
objects may change places, and they do so that what is moment-matched afterwards lies as close as
possible: in place and velocity, and above all in existence, so that one missed object
among four is one track's doubt and not a quarter of every track's.

Sources: Svensson, Svensson, Guerriero and Willett, "Set JPDA filter for multitarget tracking", IEEE
Trans. Signal Process. 59 (2011), 4677-4691 (changing places); Williams, "An efficient, variational
approximation of the best fitting multi-Bernoulli filter", IEEE Trans. Signal Process. 63 (2015),
258-273, section III (the cost: divergence of the events' Bernoullis from those that replace them,
equations 16 to 21). What the existence counts is ours; design/0008-association.md.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper
from skypact.model.cluster import Cluster
from skypact.model.tracking import N_MODELS, Pairs

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

N_PLACE: Final = 6
"""Components that tell objects apart: position and velocity."""
EXISTENCE_WEIGHT: Final = 100.0
"""What a nat of doubt about existence counts beside one about place and velocity."""
LEAST_EVENT: Final = 1e-5
"""Joint events less probable than this are left out."""
MOST_ROUNDS: Final = 20
ENOUGH: Final = 1e-4
"""Change of the cost at which the places are settled."""
SURELY_NOT: Final = 1e-6
"""Existence never counts as surer than this far from 0 and 1."""


@helper
def joint_events(c: Cluster, n_members: int) -> int:
    """List all joint events of a cluster with their weights; -1 where there is no room for them.

    A depth-first search: each member takes one of its components (a report or the miss) whose
    report no member before it has.
    """
    count = int(0)  # noqa: UP018, RUF046
    depth = int(0)  # noqa: UP018, RUF046
    c.path[0] = c.first[0] - 1
    while depth >= 0:
        c.path[depth] += 1
        while c.path[depth] < c.first[depth + 1] and is_taken(c, depth):
            c.path[depth] += 1
        if c.path[depth] >= c.first[depth + 1]:
            depth -= 1
            continue
        before = 1.0 if depth == 0 else c.product[depth - 1]
        c.product[depth] = before * c.odds[c.path[depth]]
        if depth < n_members - 1:
            depth += 1
            c.path[depth] = c.first[depth] - 1
            continue
        if count >= c.weight.shape[0]:
            return int(-1)  # noqa: UP018, RUF046
        for a in range(n_members):
            c.choice[count, a] = c.path[a]
            c.place[count, a] = a
        c.weight[count] = c.product[depth]
        count += 1
    return count


@helper
def is_taken(c: Cluster, depth: int) -> bool:
    """Whether the report of the component at this depth is a member's before."""
    report = c.report[c.path[depth]]
    taken = False
    if report >= 0:
        for a in range(depth):
            taken = taken or c.report[c.path[a]] == report
    return taken


@helper
def keep_likely(c: Cluster, n_events: int, n_members: int) -> int:
    """Normalise the events' weights and drop improbable ones; how many are left."""
    total = 0.0
    for h in range(n_events):
        total += c.weight[h]
    kept = int(0)  # noqa: UP018, RUF046
    left = 0.0
    for h in range(n_events):
        if c.weight[h] < LEAST_EVENT * total:
            continue
        c.weight[kept] = c.weight[h]
        left += c.weight[h]
        for a in range(n_members):
            c.choice[kept, a] = c.choice[h, a]
        kept += 1
    for h in range(kept):
        c.weight[h] /= left
    return kept


@helper
def moments_of(pairs: Pairs, k: int, shift_s: float, mean_out: Floats, cov_out: Floats) -> None:
    """Mean (6,) and covariance (6, 6) of posterior k over its models, moved on by `shift_s`."""
    for a in range(N_PLACE):
        mean_out[a] = 0.0
        for i in range(N_MODELS):
            mean_out[a] += pairs.mu[k, i] * pairs.x[k, i, a]
    for a in range(N_PLACE):
        for b in range(a, N_PLACE):
            total = 0.0
            for i in range(N_MODELS):
                apart = pairs.x[k, i, a] - mean_out[a]
                total += pairs.mu[k, i] * (
                    pairs.P[k, i, a, b] + apart * (pairs.x[k, i, b] - mean_out[b])
                )
            cov_out[a, b] = total
            cov_out[b, a] = total
    for a in range(3):
        mean_out[a] += shift_s * mean_out[3 + a]


@helper
def share_out(c: Cluster, n_events: int, n_members: int) -> None:
    """Probability with which each component stands in each place."""
    for q in range(c.first[n_members]):
        for i in range(n_members):
            c.share[q, i] = 0.0
    for h in range(n_events):
        for a in range(n_members):
            c.share[c.choice[h, a], c.place[h, a]] += c.weight[h]


@helper
def match_place(c: Cluster, i: int, n_components: int) -> None:
    """Existence, mean and mean covariance of what stands in place i.

    The spread of the means is left out of the covariance: distances then cost by their squares, as
    a metric has it, and objects that anything tells apart never change places.
    """
    exists = 0.0
    for a in range(N_PLACE):
        c.mean[i, a] = 0.0
    for q in range(n_components):
        weight = c.share[q, i] * c.exists[q]
        exists += weight
        for a in range(N_PLACE):
            c.mean[i, a] += weight * c.x[q, a]
    c.place_exists[i] = min(1.0 - SURELY_NOT, max(SURELY_NOT, exists))
    for a in range(N_PLACE):
        c.mean[i, a] /= max(exists, 1e-12)
        for b in range(N_PLACE):
            c.cov[i, a, b] = 0.0
    for q in range(n_components):
        weight = c.share[q, i] * c.exists[q] / max(exists, 1e-12)
        if weight <= 0.0:
            continue
        for a in range(N_PLACE):
            for b in range(N_PLACE):
                c.cov[i, a, b] += weight * c.P[q, a, b]


@helper
def invert(A: Floats, inverse_out: Floats) -> float:
    """Invert a symmetric positive matrix (6, 6), which is destroyed; the log of its determinant.

    Gauss-Jordan without pivoting, safe where all pivots are positive.
    """
    for a in range(N_PLACE):
        for b in range(N_PLACE):
            inverse_out[a, b] = 1.0 if a == b else 0.0
    log_det = 0.0
    for a in range(N_PLACE):
        pivot = max(A[a, a], 1e-12)
        log_det += math.log(pivot)
        for b in range(N_PLACE):
            A[a, b] /= pivot
            inverse_out[a, b] /= pivot
        for r in range(N_PLACE):
            factor = A[r, a]
            if r == a or factor == 0.0:
                continue
            for b in range(N_PLACE):
                A[r, b] -= factor * A[a, b]
                inverse_out[r, b] -= factor * inverse_out[a, b]
    return log_det


@helper
def weigh_places(c: Cluster, n_members: int) -> float:
    """Set what each component costs in each place; the cost of where they stand.

    The cost is the expected log density of a component's Bernoulli under the place's, negative.
    Its spread is measured by the mean covariance of what stands there.
    """
    n_components = c.first[n_members]
    total = 0.0
    for i in range(n_members):
        match_place(c, i, n_components)
        log_det = invert(c.cov[i], c.inverse)
        log_there = EXISTENCE_WEIGHT * math.log(c.place_exists[i])
        log_gone = EXISTENCE_WEIGHT * math.log(1.0 - c.place_exists[i])
        for q in range(n_components):
            spread = 0.0
            for a in range(N_PLACE):
                for b in range(N_PLACE):
                    apart = (c.x[q, a] - c.mean[i, a]) * (c.x[q, b] - c.mean[i, b])
                    spread += c.inverse[a, b] * (c.P[q, a, b] + apart)
            there = log_there - 0.5 * (log_det + spread)
            c.cost[q, i] = -c.exists[q] * there - (1.0 - c.exists[q]) * log_gone
            total += c.share[q, i] * c.cost[q, i]
    return total


@helper
def change_places(c: Cluster, h: int, n_members: int) -> None:
    """Exchange objects of event h two by two as long as that makes it cheaper."""
    better = True
    while better:
        better = False
        for a in range(n_members):
            for b in range(a + 1, n_members):
                first = c.choice[h, a]
                second = c.choice[h, b]
                here = c.place[h, a]
                there = c.place[h, b]
                now = c.cost[first, here] + c.cost[second, there]
                if c.cost[first, there] + c.cost[second, here] < now - 1e-9:
                    c.place[h, a] = there
                    c.place[h, b] = here
                    better = True


@helper
def settle_places(c: Cluster, n_events: int, n_members: int) -> None:
    """Let objects change places until the matched Bernoullis get no narrower; fills `share`."""
    last = math.inf
    share_out(c, n_events, n_members)
    for _ in range(MOST_ROUNDS):
        cost = weigh_places(c, n_members)
        if cost > last - ENOUGH:
            break
        last = cost
        for h in range(n_events):
            change_places(c, h, n_members)
        share_out(c, n_events, n_members)


@helper
def latest_s(c: Cluster, n_members: int, pairs: Pairs, n_pairs: int) -> float:
    """Time of the latest posterior state in a cluster."""
    time_s = -math.inf
    for q in range(c.first[n_members]):
        if c.pair[q] < n_pairs:
            time_s = max(time_s, pairs.time_s[c.pair[q]])
    return time_s
