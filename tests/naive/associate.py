"""Plain twins of kernels/associate.py: every joint event counted, and the messages as matrices."""

import numpy as np


def enumerate_marginals(edge_track, edge_report, psi, other, n_tracks):
    """Exact marginal of each pair: the sum over all joint events in which it is true.

    A track has one report or none (weight 1); a report has one track or another origin (`other`).
    """
    options = [[] for _ in range(n_tracks)]
    for e, t in enumerate(edge_track):
        options[t].append(e)
    sums = np.zeros(len(psi))
    total = 0.0

    def visit(t, taken, weight, used):
        nonlocal total
        if t == n_tracks:
            weight *= np.prod([o for j, o in enumerate(other) if j not in taken])
            total += weight
            for e in used:
                sums[e] += weight
            return
        visit(t + 1, taken, weight, used)
        for e in options[t]:
            if edge_report[e] not in taken:
                visit(t + 1, taken | {edge_report[e]}, weight * psi[e], [*used, e])

    visit(0, frozenset(), 1.0, [])
    return sums / total


def marginals(edge_track, edge_report, psi, other, n_tracks, rounds=300):
    """Williams and Lau's marginals, pair by pair."""
    return with_messages(edge_track, edge_report, psi, other, n_tracks, rounds)[0]


def with_messages(edge_track, edge_report, psi, other, n_tracks, rounds=300):
    """Marginals and messages to the reports, pair by pair.

    Williams and Lau's messages on the full matrix, pairs outside the gate with weight zero.
    """
    W = np.zeros((n_tracks, len(other)))
    W[edge_track, edge_report] = np.asarray(psi) / np.asarray(other)[edge_report]
    to_track = np.ones_like(W)
    for _ in range(rounds):
        # Sums over the others, formed without the own term: no digits are lost.
        to_report = W / (1.0 + (W * to_track) @ (1.0 - np.eye(len(other))))
        to_track = 1.0 / (1.0 + (1.0 - np.eye(n_tracks)) @ to_report)
    P = W * to_track
    P /= 1.0 + P.sum(1, keepdims=True)
    return P[edge_track, edge_report], to_report[edge_track, edge_report]
