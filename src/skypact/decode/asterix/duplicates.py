"""Records that come twice, as over two networks: found by their bytes within a window of time."""

from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels import asterix as kernel

Longs = npt.NDArray[np.int64]

WINDOW_NS: Final = 1_000_000_000
SEEN_ROWS: Final = 1 << 16
"""Records remembered; at 20,000 records/s that is over 3 s, three times the window."""


def nothing_seen() -> Longs:
    """Make the memory of an empty past."""
    seen = np.zeros((SEEN_ROWS, 2), np.int64)
    seen[:, 1] = -(1 << 62)
    return seen


def repeats(
    data: npt.NDArray[np.uint8], rows: Longs, time_ns: Longs, seen: Longs
) -> npt.NDArray[np.bool_]:
    """Mark rows (category, first byte, one past the last) whose bytes came within the window.

    `seen` remembers what came before and is written.
    """
    out = np.zeros(rows.shape[0], np.bool_)
    kernel.mark_repeats(data, rows, time_ns, WINDOW_NS, seen, out)
    return out
