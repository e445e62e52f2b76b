"""The joint estimate of all biases: recursive, with slow random walks, and a test for steps.

What the last few windows say is kept apart from what was known before them. A step shows as a
contradiction between the two: the score of the last windows at the earlier estimate, against its
standard deviation there (the generalised likelihood ratio of Willsky and Jones, "A generalized
likelihood ratio approach to the detection and estimation of jumps in linear systems", IEEE Trans.
Automatic Control 21 (1976), 108-112, for a jump in one unknown). Then the earlier knowledge of
that unknown is given up.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np

from skypact.model.reports import Floats, Longs

_MOST_ALARMS: Final = 6
"""Steps of one window that are told apart."""
_RELUCTANT: Final = 0.9
"""Factor on the evidence for a site in the wrong place against other explanations."""
_SUSPECT: Final = 0.75
"""Share of the alarm from which the beginning of a step is looked for."""


class Belief(NamedTuple):
    """Mean (K,) and covariance (K, K)."""

    x: Floats
    P: Floats


class Evidence(NamedTuple):
    """Information of one window: matrix (K, K) and vector (K,) such that its score is c - A x."""

    A: Floats
    c: Floats


class Step(NamedTuple):
    """A jump found: which unknown, by how much, how surely, and windows since it happened."""

    unknown: int
    size: float
    z: float
    windows: int


def learn(before: Belief, evidence: Evidence, active: Longs) -> Belief:
    """Posterior of a belief and independent evidence, over the active unknowns (k,).

    ``P+ = (I + P A)^-1 P`` is the information filter without the inverse of P, which may be
    singular. Source: Bar-Shalom, Li and Kirubarajan (2001), section 7.2.
    """
    block = np.ix_(active, active)
    P, A = before.P[block], evidence.A[block]
    after = np.linalg.solve(np.eye(len(active)) + P @ A, P)
    after = 0.5 * (after + after.T)
    x, covariance = before.x.copy(), before.P.copy()
    x[active] += after @ (evidence.c[active] - evidence.A[active] @ before.x)
    covariance[block] = after
    return Belief(x, covariance)


def total(windows: list[Evidence], size: int) -> Evidence:
    """Evidence of several windows together."""
    A, c = np.zeros((size, size)), np.zeros(size)
    for window in windows:
        A, c = A + window.A, c + window.c
    return Evidence(A, c)


def without_unknowns(window: Evidence, gone: Longs) -> Evidence:
    """Eliminate some unknowns (k,) from what a window says: it tells nothing of them."""
    kept = np.setdiff1d(np.arange(len(window.c)), gone)
    D = window.A[np.ix_(gone, gone)]
    scale = np.sqrt(np.maximum(np.diagonal(D), 1e-12))
    D = D / scale[:, None] / scale + 1e-9 * np.eye(len(gone))
    across = window.A[np.ix_(kept, gone)] / scale
    A, c = np.zeros_like(window.A), np.zeros_like(window.c)
    A[np.ix_(kept, kept)] = window.A[np.ix_(kept, kept)] - across @ np.linalg.solve(D, across.T)
    c[kept] = window.c[kept] - across @ np.linalg.solve(D, window.c[gone] / scale)
    return Evidence(A, c)


def contradiction(belief: Belief, evidence: Evidence, active: Longs) -> tuple[Floats, Floats]:
    """How much each unknown (K,) would have to jump, and in how many standard deviations."""
    score = evidence.c - evidence.A @ belief.x
    own = np.diagonal(evidence.A)
    half = evidence.A[:, active]
    variance = own + np.einsum("ij,ij->i", half @ belief.P[np.ix_(active, active)], half)
    spread = np.sqrt(np.maximum(variance, 1e-300))
    known = own > 1e-12
    size = np.where(known, score / np.where(known, own, 1.0), 0.0)
    return size, np.where(known, score / spread, 0.0)


class Unknowns(NamedTuple):
    """What is estimated, K unknowns."""

    prior: Floats
    """Standard deviations beforehand (K,); 0 is never estimated."""
    walk: Floats
    """Standard deviations of what is added in one window (K,)."""
    sleeper: Longs
    """Group of unknowns that are taken as zero until the data say otherwise, and then estimated
    together (a site in the wrong place); -1: estimated from the beginning (K,)."""
    block: Longs
    """Number of the sensor of each unknown (K,)."""


class Estimate:
    """Biases as they are believed to be.

    Parameters
    ----------
    unknowns : Unknowns
        What is estimated.
    alarm : float, int
        Standard deviations from which a contradiction is a step, and windows that are compared with
        what was known before.
    """

    def __init__(self, unknowns: Unknowns, alarm: tuple[float, int]) -> None:
        self._prior, self._walk, self._sleeper, self._block = unknowns
        self._dormant = (self._sleeper >= 0).astype(np.int8)
        self._alarm, self._windows = alarm
        first = np.diag((self._prior * (self._dormant == 0)) ** 2)
        self._before = Belief(np.zeros(self.size), first)
        self._recent: list[Evidence] = []
        self.now = self._before

    @property
    def size(self) -> int:
        """Unknowns."""
        return len(self._prior)

    @property
    def active(self) -> Longs:
        """Unknowns that are estimated."""
        return np.flatnonzero((self._prior > 0) & (self._dormant == 0))

    def is_awake(self, index: int) -> bool:
        """Whether a dormant unknown was woken."""
        return bool(self._dormant[index] == 0)

    def add(self, evidence: Evidence) -> list[Step]:
        """Take in one window; returns the steps that it shows."""
        self._recent.append(evidence)
        if len(self._recent) > self._windows:
            old = self._recent.pop(0)
            after = learn(self._before, old, self.active)
            P = after.P.copy()
            at = self.active
            P[at, at] += self._walk[at] ** 2
            self._before = Belief(after.x, P)
        steps = []
        for _ in range(_MOST_ALARMS):
            step = self._find_step()
            if step is None:
                break
            self._give_up(step)
            steps.append(step)
        self.now = learn(self._before, total(self._recent, self.size), self.active)
        return steps

    def _find_step(self) -> Step | None:
        """Look for the largest jump in the last windows."""
        whole = self._jump(self._before, self._recent)
        if abs(whole.z) < _SUSPECT * self._alarm:
            return None
        best = whole
        for first in range(1, len(self._recent)):
            earlier = total(self._recent[:first], self.size)
            belief = learn(self._before, earlier, self.active)
            jump = self._jump(belief, self._recent[first:])
            if abs(jump.z) > abs(best.z):
                best = jump
        return best if abs(best.z) >= self._alarm else None

    def _jump(self, belief: Belief, windows: list[Evidence]) -> Step:
        size, z = contradiction(belief, total(windows, self.size), self.active)
        z = np.where(self._prior > 0, z, 0.0)
        index = int(np.argmax(np.abs(z) * np.where(self._dormant, _RELUCTANT, 1.0)))
        return Step(index, float(size[index]), float(z[index]), len(windows))

    def _give_up(self, step: Step) -> None:
        """Forget what was known of a sensor before a jump; wake what was dormant.

        What changed one bias may have changed others of the sensor.
        """
        gone = len(self._recent) - step.windows
        if gone:
            self._before = learn(self._before, total(self._recent[:gone], self.size), self.active)
            self._recent = self._recent[gone:]
        # The jump may lie anywhere in its first window, which then is neither before nor after.
        block = np.flatnonzero(self._block == self._block[step.unknown])
        self._recent[0] = without_unknowns(self._recent[0], block)
        P = self._before.P.copy()
        if self._dormant[step.unknown]:
            self._dormant[self._sleeper == self._sleeper[step.unknown]] = 0
        touched = block[self._dormant[block] == 0]
        P[touched, touched] += self._prior[touched] ** 2
        P[step.unknown, step.unknown] += (2.0 * step.size) ** 2
        self._before = Belief(self._before.x, P)

    # State

    def arrays(self) -> dict[str, Floats]:
        """All that is kept between windows."""
        beliefs = (self._before, self.now)
        return {
            "prior": self._prior,
            "x": np.stack([belief.x for belief in beliefs]),
            "P": np.stack([belief.P for belief in beliefs]),
            "A": np.array([e.A for e in self._recent]).reshape(-1, self.size, self.size),
            "c": np.array([e.c for e in self._recent]).reshape(-1, self.size),
            "awake": (self._dormant == 0).astype(np.float64),
        }

    def load(self, arrays: Mapping[str, Floats], place: Longs, ratio: Floats) -> None:
        """Take up what `arrays` gave; `place` (k,) says which unknowns of ours those were.

        `ratio` (k,) is their unit over ours. What was none of the unknowns then begins as it is
        believed beforehand: its variance of 0 was no knowledge.
        """
        from_ = np.flatnonzero((self._prior[place] > 0) & (arrays["prior"] > 0))
        old, ratio = place[from_], ratio[from_]
        square = ratio[:, None] * ratio
        here, there = np.ix_(old, old), np.ix_(from_, from_)
        self._dormant[old] = arrays["awake"][from_] == 0
        beliefs = []
        for x, P in zip(arrays["x"], arrays["P"], strict=True):
            mean, covariance = (
                np.zeros(self.size),
                np.diag((self._prior * (self._dormant == 0)) ** 2),
            )
            mean[old], covariance[here] = x[from_] * ratio, P[there] * square
            beliefs.append(Belief(mean, covariance))
        self._before, self.now = beliefs
        self._recent = []
        for A, c in zip(arrays["A"], arrays["c"], strict=True):
            evidence = Evidence(np.zeros((self.size, self.size)), np.zeros(self.size))
            evidence.A[here], evidence.c[old] = A[there] / square, c[from_] / ratio
            self._recent.append(evidence)
