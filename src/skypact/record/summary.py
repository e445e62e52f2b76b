"""`summary.json`: what a run did, under the keys that stay stable (DESIGN 2.1)."""

from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from skypact.errors import RecordingError

_SHORTEST_S: Final = 1e-6
_STEPS_PER_DECADE: Final = 232
"""Bins 1 % wide."""
_N_BINS: Final = 9 * _STEPS_PER_DECADE


class LatencyMeter:
    """How long reports waited, in a histogram of bins 1 % wide from 1 microsecond to 1,000 s."""

    def __init__(self) -> None:
        self._counts = np.zeros(_N_BINS, np.int64)

    def add(self, waits_s: npt.NDArray[np.float64]) -> None:
        """Count reports that waited so long, (n,) s; shorter and longer ones go to the ends."""
        decades = np.log10(np.maximum(waits_s, _SHORTEST_S) / _SHORTEST_S)
        bins = np.minimum(decades * _STEPS_PER_DECADE, _N_BINS - 1).astype(np.int64)
        np.add.at(self._counts, bins, 1)

    def percentiles(self) -> dict[str, float | None]:
        """Find the waits that 50, 95 and 99 % of the reports did not exceed; None without any."""
        names = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
        total = np.cumsum(self._counts)
        if not total[-1]:
            return dict.fromkeys(names)
        upper = {n: int(np.searchsorted(total, q * total[-1])) + 1 for n, q in names.items()}
        return {
            n: float(f"{_SHORTEST_S * 10 ** (b / _STEPS_PER_DECADE):.3g}") for n, b in upper.items()
        }


def write_summary(path: Path, summary: dict[str, Any]) -> None:
    """Write the summary as JSON that people can read."""
    try:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(summary), indent=2) + b"\n")
    except OSError as error:
        raise RecordingError(f"cannot write {path}: {error}") from error


def out_folder(path: Path) -> Path:
    """Make the folder of a run's files.

    Raises
    ------
    RecordingError
        It cannot be made or is a file.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RecordingError(f"expected a folder at {path}: {error}; choose another") from error
    return path
