"""Memory that is free is given back to the system.

The allocator of the C library keeps what was freed, between what is in use and in a pool for each
thread; in a unit that makes and drops megabytes each second this grew by some 250 MiB an hour
(design/0019).
"""

import ctypes
import sys
import time
from collections.abc import Callable
from typing import Final

import pyarrow as pa

EVERY_S: Final = 60.0
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
"""Parameters of `mallopt(3)`."""
_MIB: Final = 1 << 20
_SETTINGS: Final = ((_ARENA_MAX, 1), (_MMAP_THRESHOLD, 4 * _MIB), (_TRIM_THRESHOLD, 8 * _MIB))
"""No pools but those there are; large arrays have pages of their own and give them back at once. By
default there are eight pools a core, and each keeps up to 64 MiB at its end, which `malloc_trim`
does not reach."""


def _libc() -> ctypes.CDLL | None:
    """Return glibc, None where there is another library or none."""
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "gnu_get_libc_version") else None


def keep_little() -> bool:
    """Let the allocator keep little of what is freed; before threads begin.

    Returns
    -------
    bool
        Whether it does; False without glibc.
    """
    libc = _libc()
    return libc is not None and all(libc.mallopt(what, value) == 1 for what, value in _SETTINGS)


def _trimmer() -> Callable[[int], int] | None:
    """Return glibc's `malloc_trim`, None where there is none."""
    libc = _libc()
    if libc is None:
        return None
    trim = libc.malloc_trim
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
