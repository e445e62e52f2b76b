"""How long to wait before trying again: ever longer, and never all at the same moment."""

import random
from typing import Final

SHORTEST_S: Final = 0.5
LONGEST_S: Final = 30.0
JITTER: Final = 0.5
"""A pause is cut by up to this part at random, so that many clients do not come back together."""


class Backoff:
    """Pauses of one source; each is twice the one before, up to `LONGEST_S`."""

    def __init__(self, draw: random.Random, shortest_s: float = SHORTEST_S) -> None:
        self._draw = draw
        self._shortest_s = self._pause_s = shortest_s

    def next_s(self) -> float:
        """Return the pause after one more failure."""
        pause_s = self._pause_s
        self._pause_s = min(2.0 * pause_s, LONGEST_S)
        return pause_s * (1.0 - JITTER * self._draw.random())

    def reset(self) -> None:
        """Begin with the shortest pause again: it worked."""
        self._pause_s = self._shortest_s
