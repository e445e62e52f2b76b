"""Plain twins of the metrics of sets and of sets of trajectories, by trying every assignment."""

import itertools

import numpy as np
from tests.naive.nearby import distance_m


def at(samples, k):
    """True places with their verticals, and track places, of an instant, by object."""
    a = slice(samples.truth_first[k], samples.truth_first[k + 1])
    b = slice(samples.track_first[k], samples.track_first[k + 1])
    truth = zip(samples.truth_place_m[a], samples.up[a], strict=True)
    return (
        dict(zip(samples.truth[a].tolist(), truth, strict=True)),
        dict(zip(samples.track[b].tolist(), samples.track_place_m[b], strict=True)),
    )


def distances(samples, k, dimensions=2):
    """Distances between all objects of an instant (n, m)."""
    truth, tracks = at(samples, k)
    table = [
        [distance_m(p, up, q, dimensions) for q in tracks.values()] for p, up in truth.values()
    ]
    return np.array(table).reshape(len(truth), len(tracks))


def gospa_one(d, c, p, alpha=2.0):
    """GOSPA of one distance table, from its definition (no more rows than columns)."""
    d = d if d.shape[0] <= d.shape[1] else d.T
    n, m = d.shape
    cut = np.minimum(d, c) ** p
    ways = itertools.permutations(range(m), n)
    least = min((sum(cut[i, j] for i, j in enumerate(way)) for way in ways), default=0.0)
    return (least + c**p / alpha * (m - n)) ** (1 / p)


def ospa_one(d, c, p):
    """OSPA of one distance table, from its definition."""
    d = d if d.shape[0] <= d.shape[1] else d.T
    n, m = d.shape
    if m == 0:
        return 0.0
    cut = np.minimum(d, c) ** p
    ways = itertools.permutations(range(m), n)
    least = min((sum(cut[i, j] for i, j in enumerate(way)) for way in ways), default=0.0)
    return ((least + c**p * (m - n)) / m) ** (1 / p)


def ospa2_one(samples, k, c, p, window):
    """OSPA(2) at an instant: the mean distance of every two trajectories, then OSPA."""
    span = [at(samples, t) for t in range(max(0, k - window + 1), k + 1)]
    truth = sorted({i for here, _ in span for i in here})
    tracks = sorted({j for _, here in span for j in here})
    table = np.zeros((len(truth), len(tracks)))
    for row, i in enumerate(truth):
        for column, j in enumerate(tracks):
            parts = []
            for here, there in span:
                if i in here and j in there:
                    parts.append(min(c, distance_m(*here[i], there[j], 2)))
                elif i in here or j in there:
                    parts.append(c)
            table[row, column] = np.mean(parts)
    return ospa_one(table, c, p)


def partial_matchings(truth, tracks):
    """Every way to give each true object one of the tracks or none (-1), no track twice."""
    options = itertools.product([-1, *tracks], repeat=len(truth))
    for way in options:
        used = [j for j in way if j >= 0]
        if len(used) == len(set(used)):
            yield way


def tgospa_costs(samples, c, p):
    """Cost of every pairing at every instant as the paper has it: {(k, i, j): cost}, -1 is none."""
    truth = sorted(set(samples.truth.tolist()))
    tracks = sorted(set(samples.track.tolist()))
    cost = {}
    for k in range(len(samples.time_s)):
        here, there = at(samples, k)
        for i in [*truth, -1]:
            for j in [*tracks, -1]:
                if i in here and j in there:
                    cost[k, i, j] = min(c, distance_m(*here[i], there[j], 2)) ** p
                else:
                    cost[k, i, j] = c**p / 2 * ((i in here) + (j in there))
    return truth, tracks, cost


def tgospa_total(samples, c, p, gamma):
    """Trajectory metric by dynamic programming over every partial assignment (small sets)."""
    truth, tracks, cost = tgospa_costs(samples, c, p)
    ways = list(partial_matchings(truth, tracks))
    value = None
    for k in range(len(samples.time_s)):
        here = np.array([
            sum(cost[k, i, j] for i, j in zip(truth, way, strict=True))
            + sum(cost[k, -1, j] for j in tracks if j not in way)
            for way in ways
        ])  # fmt: skip
        if value is None:
            value = here
            continue
        moved = [
            min(v + gamma**p * halves(a, b) / 2 for v, a in zip(value, ways, strict=True))
            for b in ways
        ]
        value = here + np.array(moved)
    return 0.0 if value is None else float(min(value)) ** (1 / p)


def halves(a, b):
    """Half switches between two assignments: 2 from track to track, 1 from or to none."""
    return sum(0 if i == j else 1 if -1 in (i, j) else 2 for i, j in zip(a, b, strict=True))
