"""Arrays made fit for kernels: dtype, shape and contiguity are guaranteed here, at the edge."""

from typing import Any

import numpy as np
import numpy.typing as npt


def floats(values: Any) -> npt.NDArray[np.float64]:  # noqa: ANN401  any array-like comes in here
    """One-dimensional contiguous float64 array of `values`."""
    return np.ascontiguousarray(np.atleast_1d(np.asarray(values, np.float64)))


def longs(values: Any) -> npt.NDArray[np.int64]:  # noqa: ANN401
    """One-dimensional contiguous int64 array of `values`."""
    return np.ascontiguousarray(np.atleast_1d(np.asarray(values, np.int64)))
