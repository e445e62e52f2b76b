"""What a unit leaves out when more comes in than it can track, and when it says so.

It is overloaded when its picture lags by more than `Overload.lag_s`. Then the kinds of sensors that
count least are left out, one more each second while the lag stays, and taken in again one by one
when it is gone. Of the most important kind every second tick is left out at most. What is left out
is counted and recorded.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.deploy import Overload
from skypact.model.packets import PacketBatch

RAISE_S: Final = 1.0
"""Least time between two kinds that are left out: the first must have its effect."""
LOWER_S: Final = 5.0
"""Least time between two kinds that are taken in again."""
RECOVERED: Final = 1.0 / 3.0
"""Share of the lag limit below which the load is bearable again."""


class Shedder:
    """Decides what is left out.

    Parameters
    ----------
    params : Overload
        Limits, and kinds of sensors in the order in which they are kept.
    kinds : sequence of collections of str
        Kinds of the sensors on each link; a link counts as much as its most important one, one
        without known sensors less than any.
    """

    def __init__(self, params: Overload, kinds: Sequence[Sequence[str]]) -> None:
        self._params = params
        last = len(params.keep)
        rank = [
            min(
                (params.keep.index(k) if k in params.keep else last for k in mine), default=last + 1
            )
            for mine in kinds
        ]
        self._rank = np.array(rank, np.int64)
        self.kinds = [params.keep[r] if r < last else "other" for r in rank]
        """What each link counts as."""
        self._order = sorted(set(rank), reverse=True)
        """Ranks of the links there are, the least important first."""
        self._level = 0
        self._changed_s = float("-inf")
        self.lag_s = 0.0
        self.n_shed = np.zeros(len(kinds), np.int64)
        """Packets left out, by link."""
        self.n_overloads = 0
        """How often it came to that."""

    @property
    def is_overloaded(self) -> bool:
        """Whether something is left out now."""
        return self._level > 0

    @property
    def left_out(self) -> npt.NDArray[np.bool_]:
        """Links (n,) that are left out, in part or whole."""
        return np.isin(self._rank, self._order[: self._level])

    def update(self, lag_s: float, now_s: float) -> None:
        """Take notice of how far the picture is behind the present.

        Parameters
        ----------
        lag_s : float
            Present less the end of the last tick taken [s].
        now_s : float
            Of a clock that goes on steadily [s].
        """
        self.lag_s = lag_s
        waited_s = now_s - self._changed_s
        if lag_s > self._params.lag_s and waited_s >= RAISE_S and self._level < len(self._order):
            self.n_overloads += self._level == 0
            self._level, self._changed_s = self._level + 1, now_s
        elif lag_s > self._params.lag_s * RECOVERED:
            return
        elif self._level and waited_s >= LOWER_S:
            self._level, self._changed_s = self._level - 1, now_s

    def keep(self, packets: PacketBatch, step_ns: int) -> npt.NDArray[np.bool_]:
        """Which packets are taken in (n,); the others are counted."""
        shed = np.isin(self._rank[packets.link], self._order[: self._level])
        if self._level == len(self._order):
            most = self._rank[packets.link] == self._order[-1]
            shed &= ~most | (packets.received_ns // step_ns % 2 == 1)
        self.n_shed += np.bincount(packets.link[shed], minlength=self.n_shed.size)
        return ~shed
