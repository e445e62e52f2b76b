"""Marginal association probabilities by belief propagation on sparse pairs.

Source: Williams and Lau, "Approximate evaluation of marginal association probabilities with belief
propagation", IEEE TAES 50 (2014), 2942-2959, equations 14 to 16, with false reports and new objects
together as each report's other explanation. Exact on trees; on loops it converges (theorem 1).
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import allocating_kernel, helper

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

MAX_ROUNDS: Final = 200
TOLERANCE: Final = 1e-7
"""Largest relative change of a message in the last round."""


@helper
def belief_round(
    edge_track: Longs, edge_report: Longs, psi: Floats, other: Floats, messages: tuple[Floats, ...]
) -> float:
    """One round of messages; returns the largest change of a message to a track.

    `messages` is (to_report, to_track, sum_track, sum_report); see `marginals`.
    """
    to_report, to_track, sum_track, sum_report = messages
    n = edge_track.shape[0]
    for e in range(n):
        sum_track[edge_track[e]] = 0.0
        sum_report[edge_report[e]] = 0.0
    for e in range(n):
        sum_track[edge_track[e]] += psi[e] * to_track[e]
    for e in range(n):
        rest = max(0.0, sum_track[edge_track[e]] - psi[e] * to_track[e])
        to_report[e] = psi[e] / (1.0 + rest)
        sum_report[edge_report[e]] += to_report[e]
    change = 0.0
    for e in range(n):
        rest = max(0.0, sum_report[edge_report[e]] - to_report[e])
        message = 1.0 / (other[edge_report[e]] + rest)
        change = max(change, abs(message - to_track[e]) * (other[edge_report[e]] + rest))
        to_track[e] = message
    return change


@helper
def propagate(
    edge_track: Longs,
    edge_report: Longs,
    psi: Floats,
    other: Floats,
    messages: tuple[Floats, ...],
    prob_out: Floats,
) -> int:
    """Run rounds to convergence and write each pair's probability; returns the rounds used."""
    to_track = messages[1]
    sum_track = messages[2]
    n = edge_track.shape[0]
    for e in range(n):
        to_track[e] = 1.0 / other[edge_report[e]]
    rounds = 0
    while rounds < MAX_ROUNDS:
        rounds += 1
        if belief_round(edge_track, edge_report, psi, other, messages) < TOLERANCE:
            break
    for e in range(n):
        sum_track[edge_track[e]] = 0.0
    for e in range(n):
        sum_track[edge_track[e]] += psi[e] * to_track[e]
    for e in range(n):
        prob_out[e] = psi[e] * to_track[e] / (1.0 + sum_track[edge_track[e]])
    return rounds


@allocating_kernel
def marginals(
    edge_track: Longs,
    edge_report: Longs,
    psi: Floats,
    other: Floats,
    n_tracks: int,
    prob_out: Floats,
) -> int:
    """Probability that each pair is the true origin, given that every report has one origin.

    Parameters
    ----------
    edge_track, edge_report : int64 (e,)
        The pairs that passed the gate.
    psi : float64 (e,)
        Weight of the pair against a miss of its track: r Pd L / (1 - r Pd).
    other : float64 (m,)
        Density of false reports and new objects at each report, > 0, in the units of L.
    n_tracks : int
        Tracks are numbered 0 to n_tracks - 1.
    prob_out : float64 (e,)
        Written. A track's probability of no report is one minus the sum of its pairs.

    Returns
    -------
    int
        Rounds used. Twin and oracle (exact enumeration): tests/naive/associate.py.
    """
    n = edge_track.shape[0]
    messages = (np.zeros(n), np.zeros(n), np.zeros(n_tracks), np.zeros(other.shape[0]))
    return propagate(edge_track, edge_report, psi, other, messages, prob_out)
