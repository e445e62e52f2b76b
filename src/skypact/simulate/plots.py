"""Plots as the beam meets them: what is there and by which channel it is seen, before errors."""

from typing import NamedTuple

import numpy as np

from skypact.model.reports import Floats, Ints, Longs
from skypact.simulate.feed import CLUTTER
from skypact.simulate.sight import Mask


class Plots(NamedTuple):
    """Plots of one radar, n rows; true values, so that errors and biases are added once."""

    time_s: Floats
    target: Ints
    """Flight, or `CLUTTER`."""
    ecef_m: Floats
    """(n, 3) true position of the target, wherever the plot appears; NaN for clutter."""
    range_m: Floats
    """Where the plot appears, as the next two."""
    azimuth_rad: Floats
    elevation_rad: Floats
    range_rate_mps: Floats
    """Growth of the range; NaN where it is not measured."""
    strength: Floats
    """Amplitude of the echo, in no unit; weighs echoes that merge."""
    by_code: Mask
    by_echo: Mask
    modes: Mask
    """Seen by Mode S."""
    mode3a: Longs
    level_fl: Floats
    """Flight level as sent; NaN where it cannot be read."""
    garbled: Mask
    """The radar says that the code and the level are garbled."""
    icao: Longs
    callsign: Longs


def take_plots(plots: Plots, index: Longs | Mask) -> Plots:
    """Rows selected by an index array or a mask, in that order."""
    return Plots._make(column[index] for column in plots)


def concat_plots(parts: list[Plots]) -> Plots:
    """Join at least one table, in the order given."""
    return Plots._make(np.concatenate(columns) for columns in zip(*parts, strict=True))


def echoes(
    time_s: Floats,
    range_m: Floats,
    azimuth_rad: Floats,
    elevation_rad: Floats,
    range_rate_mps: Floats,
) -> Plots:
    """Primary plots (n,) that no target of the truth causes."""
    n = len(time_s)
    nothing, everything = np.zeros(n, np.bool_), np.ones(n, np.bool_)
    none = np.full(n, -1, np.int64)
    return Plots(
        time_s, np.full(n, CLUTTER, np.int32), np.full((n, 3), np.nan), range_m, azimuth_rad,
        elevation_rad, range_rate_mps, np.zeros(n), nothing, everything, nothing, none,
        np.full(n, np.nan), nothing, none, none,
    )  # fmt: skip
