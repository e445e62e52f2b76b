"""Time of day to UTC: by the receive time where there is one, else by continuity.

Source: EUROCONTROL-SPEC-0149, items I048/140 (time of day, 1/128 s since midnight UTC) and
I001/141 (truncated to 16 bits: it comes round every 512 s).
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from skypact.units import DAY

Floats = npt.NDArray[np.float64]

TRUNCATED_PERIOD_S: Final = 512.0


def nearest(time_s: Floats, reference_s: Floats, period_s: Floats | float = DAY) -> Floats:
    """Return the moment nearest to `reference_s` that differs from `time_s` by whole periods."""
    turns = np.round((reference_s - time_s) / period_s)
    return np.asarray(time_s + period_s * turns, np.float64)


def nearest_truncated(short_s: Floats, reference_s: Floats) -> Floats:
    """Return the moment nearest to `reference_s` with the truncated time of day `short_s`.

    The time of day, not UTC, comes round every 512 s, and a day is 168.75 times that: the days
    before and after the reference are tried, too.
    """
    midnight = np.floor(reference_s / DAY) * DAY
    best = np.full(short_s.shape, np.nan)
    for day_s in (midnight, midnight - DAY, midnight + DAY):
        time_s = nearest(short_s, reference_s - day_s, TRUNCATED_PERIOD_S)
        possible = (time_s >= 0.0) & (time_s < DAY)
        time_s = time_s + day_s
        closer = np.isnan(best) | (np.abs(time_s - reference_s) < np.abs(best - reference_s))
        best = np.where(possible & closer, time_s, best)
    return best


def fill_forward(values: Floats, group: npt.NDArray[Any]) -> Floats:
    """Replace NaN by the last value before it in its group, else the first one after it.

    Rows of a group stand together; groups without any value stay NaN.
    """
    out = values.copy()
    for _ in range(2):
        row = np.arange(out.size)
        first = np.r_[True, group[1:] != group[:-1]] if out.size else np.empty(0, np.bool_)
        source = np.maximum.accumulate(np.where(~np.isnan(out) | first, row, 0))
        out = out[source][::-1]
        group = group[::-1]
    return out


def unwrap(time_s: Floats, group: npt.NDArray[Any], before_s: Floats, period_s: float) -> Floats:
    """Make times of day continuous within each group: falls of over half a period are midnights.

    Parameters
    ----------
    time_s : (n,) without NaN, rows of a group together and in order of arrival.
    group : (n,) the group of each row.
    before_s : (n,) where the group stood before, the same in all its rows.
    period_s : a day, or the period of a truncated time.
    """
    if not time_s.size:
        return time_s
    first = np.r_[True, group[1:] != group[:-1]]
    start = nearest(time_s, before_s, period_s)
    step = np.diff(time_s, prepend=time_s[:1])
    step = np.where(first, 0.0, step - period_s * np.round(step / period_s))
    total = np.cumsum(step)
    head = np.maximum.accumulate(np.where(first, np.arange(first.size), 0))
    # whole counts of 1/128 s add up exactly in binary floating point
    return np.asarray(start[head] + (total - total[head]), np.float64)
