"""How long something took or waited, many times: of the whole run, of the last minute, by bounds.

Percentiles come from bins 1 % wide from 1 microsecond to 1,000 s. Counts by bounds are exact; they
only grow, so that who monitors can take the differences of any time.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.serve.status import Durations

Percentiles = dict[str, float | None]
"""p50, p95 and p99 [s]; None without anything."""

STEP_BOUNDS_S: Final = (0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.2, 0.5, 1.0, 3.0)
LATENCY_BOUNDS_S: Final = (0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)

SLOT_S: Final = 5.0
N_SLOTS: Final = 12
"""The last minute is the slot of now and the eleven before: 55 to 60 s, in 200 kB."""

_SHORTEST_S: Final = 1e-6
_STEPS_PER_DECADE: Final = 232
"""Bins 1 % wide."""
_N_BINS: Final = 9 * _STEPS_PER_DECADE
_SHARES: Final = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


class DurationMeter:
    """Counts durations; one thread adds, any reads.

    Parameters
    ----------
    bounds_s : sequence of float
        Upper bounds of `read`, ascending.
    """

    def __init__(self, bounds_s: Sequence[float] = LATENCY_BOUNDS_S) -> None:
        self._bounds_s = tuple(bounds_s)
        self._bounds = np.array(self._bounds_s)
        self._by_bound = np.zeros(len(self._bounds_s) + 1, np.int64)
        self._sum_s = 0.0
        self._bins = np.zeros(_N_BINS, np.int64)
        self._slots = np.zeros((N_SLOTS, _N_BINS), np.int64)
        self._slot_of = np.full(N_SLOTS, -1, np.int64)

    def add(self, durations_s: npt.ArrayLike, now_s: float) -> None:
        """Count durations (n,) s that ended at `now_s`, which never goes back.

        Shorter and longer ones than the bins go to their ends.
        """
        taken_s = np.atleast_1d(np.asarray(durations_s, np.float64))
        decades = np.log10(np.maximum(taken_s, _SHORTEST_S) / _SHORTEST_S)
        bins = np.minimum(decades * _STEPS_PER_DECADE, _N_BINS - 1).astype(np.int64)
        slot = int(now_s // SLOT_S)
        place = slot % N_SLOTS
        if self._slot_of[place] != slot:
            self._slots[place] = 0
            self._slot_of[place] = slot
        np.add.at(self._slots[place], bins, 1)
        np.add.at(self._bins, bins, 1)
        np.add.at(self._by_bound, np.searchsorted(self._bounds, taken_s), 1)
        self._sum_s += float(taken_s.sum())

    def whole(self) -> Percentiles:
        """Find the durations that 50, 95 and 99 % of all did not exceed."""
        return _percentiles(self._bins)

    def recent(self, now_s: float) -> Percentiles:
        """Find those of the last minute (55 to 60 s) before `now_s`."""
        slot = int(now_s // SLOT_S)
        held = (self._slot_of > slot - N_SLOTS) & (self._slot_of <= slot)
        return _percentiles(self._slots[held].sum(0))

    def read(self) -> Durations:
        """Return what was counted so far by bounds."""
        counts = tuple(self._by_bound.tolist())
        return Durations(bounds_s=self._bounds_s, counts=counts, sum_s=self._sum_s)


def _percentiles(counts: npt.NDArray[np.int64]) -> Percentiles:
    total = np.cumsum(counts)
    if not total[-1]:
        return dict.fromkeys(_SHARES)
    upper = {n: int(np.searchsorted(total, q * total[-1])) + 1 for n, q in _SHARES.items()}
    return {
        n: float(f"{_SHORTEST_S * 10 ** (b / _STEPS_PER_DECADE):.3g}") for n, b in upper.items()
    }
