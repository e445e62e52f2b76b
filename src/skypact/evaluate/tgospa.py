"""Trajectory GOSPA: localisation, missed, false and switched, over all instants together.

Source: Garcia-Fernandez, Rahmathullah and Svensson, "A metric on the space of finite sets of
trajectories for evaluation of multi-target tracking algorithms", IEEE TSP 68 (2020), 3917-3928,
definition 3 (the metric with assignments, not its relaxation to linear programmes of section IV).

An assignment of a true object to a track that is at the cut-off or farther, or not there, costs at
that instant what no assignment costs, 2 c^p/2; it is kept all the same where it saves a switch.
`evaluate.spans` cuts the problem into small parts, `evaluate.follow` solves them.
"""

from typing import NamedTuple

import numpy as np

from skypact.evaluate.follow import Outcome, solve
from skypact.evaluate.gospa import mean_power
from skypact.evaluate.pairs import (
    check_between,
    check_cut,
    instants_of,
    pairs_at_once,
    scene_of,
)
from skypact.evaluate.params import LENGTH_M
from skypact.evaluate.samples import Samples
from skypact.evaluate.spans import Near, problem_of
from skypact.model.reports import Floats, Longs


class Tgospa(NamedTuple):
    """Trajectory GOSPA over T instants; the parts are contributions to total^p."""

    total: float
    """Metres; divide by T^(1/p) for the usual average over time."""
    localisation: Floats
    """Metres^p (T,)."""
    missed: Floats
    false: Floats
    switch: Floats
    """gamma^p for each change of track at this instant, half of it from or to none (T,)."""
    n_switches: float
    """Changes of track, those from or to none counting half."""
    match: Longs
    """Entry of the track matched to each true entry of the samples, or -1 (a,)."""
    exact: bool
    """False where a part had too many matchings, so that `total` may be above the metric."""
    lower_bound: float
    """Metres; the metric is not below it. As `total` where exact."""


def tgospa(
    samples: Samples, *, c_m: float = 1000.0, p: float = 2.0, gamma_m: float = 1000.0,
    dimensions: int = 2,
) -> Tgospa:  # fmt: skip
    """Compare the set of true trajectories with the set of tracks.

    Parameters
    ----------
    samples : Samples
        Truth and tracks at T instants, in metres.
    c_m, p, dimensions
        As for `gospa`, whose alpha is 2 here.
    gamma_m : float
        Cost of a change of track; gamma^p enters.

    Returns
    -------
    Tgospa
        Cost grows with near pairs, not with objects times tracks, where pairs meet one to one.

    Raises
    ------
    TooManyPairs
        More pairs are near than can be held at once.
    """
    check_cut(c_m, p, dimensions)
    check_between("gamma_m", gamma_m, LENGTH_M, " m")
    scene = scene_of(samples, c_m, dimensions)
    pairs = pairs_at_once(scene, c_m)
    entry = np.repeat(np.arange(len(samples.truth)), np.diff(pairs.first))
    near = Near(
        instant=instants_of(samples.truth_first)[entry],
        truth=samples.truth[entry],
        track=samples.track[pairs.track],
        gain=c_m**p - pairs.distance_m**p,
    )
    n_instants, half_switch = len(samples.time_s), gamma_m**p / 2.0
    outcome = solve(problem_of(near, n_instants, half_switch))
    n, m = np.diff(samples.truth_first), np.diff(samples.track_first)
    on = outcome.chosen
    n_matched = np.bincount(near.instant[on], minlength=n_instants)
    power = pairs.distance_m[on] ** p
    localisation: Floats = np.bincount(near.instant[on], power, n_instants).astype(np.float64)
    missed, false = c_m**p / 2.0 * (n - n_matched), c_m**p / 2.0 * (m - n_matched)
    halves = _halves(outcome, n_instants)
    switch = half_switch * halves
    match = np.full(len(samples.truth), -1, np.int64)
    match[entry[on]] = pairs.track[on]
    cost = float(np.sum(localisation + missed + false + switch))
    return Tgospa(
        total=cost ** (1.0 / p),
        localisation=localisation,
        missed=missed,
        false=false,
        switch=switch,
        n_switches=float(halves.sum()) / 2.0,
        match=match,
        exact=outcome.exact,
        lower_bound=max(0.0, cost - outcome.slack) ** (1.0 / p),
    )


def _halves(outcome: Outcome, n_instants: int) -> Longs:
    """Pairs that go on or off at each instant; stretches that touch are one."""
    order = np.lexsort((outcome.start, outcome.track, outcome.truth))
    truth, track = outcome.truth[order], outcome.track[order]
    start, end = outcome.start[order], outcome.end[order]
    joined = (truth[1:] == truth[:-1]) & (track[1:] == track[:-1]) & (start[1:] == end[:-1] + 1)
    goes_on = start[np.append(True, ~joined)[: len(start)]]
    goes_off = end[np.append(~joined, True)[: len(end)]] + 1
    changes = np.concatenate([goes_on[goes_on > 0], goes_off[goes_off < n_instants]])
    return np.bincount(changes, minlength=n_instants)


def tgospa_summary(tgospa: Tgospa, p: float) -> dict[str, float | bool]:
    """Averages over the instants of contributions, with the root taken, and switches counted.

    ``total^p = localisation^p + missed^p + false^p + switch^p``. ``lower_bound`` is averaged as
    ``total`` and equal to it where it is exact.
    """
    n = max(1, len(tgospa.missed))
    sums = tgospa.localisation + tgospa.missed + tgospa.false + tgospa.switch
    return {
        "total": mean_power(sums, p),
        "localisation": mean_power(tgospa.localisation, p),
        "missed": mean_power(tgospa.missed, p),
        "false": mean_power(tgospa.false, p),
        "switch": mean_power(tgospa.switch, p),
        "switches": tgospa.n_switches,
        "exact": tgospa.exact,
        "lower_bound": tgospa.lower_bound / n ** (1.0 / p),
    }
