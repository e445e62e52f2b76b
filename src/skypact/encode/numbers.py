"""Track numbers of 15 bits for tracks that have 64: what I062/040 and I062/510 can hold."""

from collections import deque
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.errors import SkypactError

Longs = npt.NDArray[np.int64]

MOST: Final = (1 << 15) - 1
"""Largest number; 0 is none. I062/040 could hold twice as many, I062/510 not."""
REST_S: Final = 60.0
"""Time for which the number of an ended track is not given again."""


class TrackNumbers:
    """Gives each track a number and keeps it while the track lives."""

    def __init__(self, first: int = 1) -> None:
        self._next = first
        self._of: dict[int, int] = {}
        self._resting: deque[tuple[float, int]] = deque()

    def numbers(self, track: Longs, now_s: float) -> Longs:
        """Return the numbers of tracks (n,), new ones for new tracks.

        Raises
        ------
        SkypactError
            Every number is in use or resting.
        """
        out = np.empty(track.size, np.int64)
        for i, one in enumerate(track.tolist()):
            if one not in self._of:
                self._of[one] = self._new(now_s)
            out[i] = self._of[one]
        return out

    def _new(self, now_s: float) -> int:
        if self._next <= MOST:
            self._next += 1
            return self._next - 1
        if self._resting and self._resting[0][0] + REST_S <= now_s:
            return self._resting.popleft()[1]
        raise SkypactError(
            f"CAT062 has {MOST:,} track numbers and all are in use; send fewer tracks, or to more"
            " than one address"
        )

    def release(self, ended: Longs, now_s: float) -> None:
        """Give back the numbers of tracks that ended."""
        for one in ended.tolist():
            number = self._of.pop(one, None)
            if number is not None:
                self._resting.append((now_s, number))
