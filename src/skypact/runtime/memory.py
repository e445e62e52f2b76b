"""Memory that is free is given back to the system.

The allocator of the C library keeps what was freed between what is in use; in a unit that makes and
drops megabytes each second this grew by some 250 MiB an hour (design/0019). All of it can be given
back only where threads share one pool (`cli.allocator`).
"""

import ctypes
import sys
import time
from collections.abc import Callable
from typing import Final

import pyarrow as pa

EVERY_S: Final = 60.0


def _trimmer() -> Callable[[int], int] | None:
    """Return glibc's `malloc_trim`, None where there is none."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return None
    trim.argtypes, trim.restype = [ctypes.c_size_t], ctypes.c_int
    return lambda pad: int(trim(pad))


class FreeMemory:
    """Gives free memory back once a minute.

    Parameters
    ----------
    clock_s : callable
        Seconds that pass.
    """

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._given_s = clock_s()
        self._trim = _trimmer()
        self.n_given = 0
        """How often."""

    def look(self) -> None:
        """Give back what is free, where it is time to; called about once a second."""
        now_s = self._clock_s()
        if now_s - self._given_s < EVERY_S:
            return
        self._given_s = now_s
        self.n_given += 1
        pa.default_memory_pool().release_unused()
        if self._trim is not None:
            self._trim(0)
