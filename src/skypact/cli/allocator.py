"""How the C library keeps memory that was freed; set before anything heavy is loaded."""

import ctypes
import sys
from typing import Final

TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8
"""Parameters of ``mallopt(3)``."""
MIB: Final = 1 << 20
SETTINGS: Final = ((ARENA_MAX, 1), (MMAP_THRESHOLD, 4 * MIB), (TRIM_THRESHOLD, 64 * MIB))
"""By default there are up to eight pools a core, one a thread, and each keeps up to 64 MiB at its
end, which `malloc_trim` does not reach: in a unit, a third of its memory after an hour
(design/0019). Of a single pool it reaches all. Large arrays have pages of their own."""


def keep_little() -> bool:
    """Use one pool of memory; for processes that last, before they begin a thread.

    Returns
    -------
    bool
        Whether it is so; False without glibc.
    """
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "gnu_get_libc_version"):
        return False
    done = [libc.mallopt(what, value) for what, value in SETTINGS]
    return 0 not in done
