"""Scans of a flat scene that come at uneven times: when each sensor really looked."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from skypact.evaluate.paths import Bools
from skypact.model.reports import Floats, Longs, ReportBatch

LEAST_SHARING: Final = 2.0
"""Mean reports at one time from which a sensor is one that looks everywhere at once."""
EVEN: Final = 0.05
"""Share of a period by which the times between even scans may be off whole periods."""

Scans = Mapping[int, Floats]
"""Times of the scans, ascending, by sensor."""


def uneven_scans(reports: ReportBatch, period_s: Floats) -> Scans:
    """Give the times of the scans of sensors that look everywhere at once, but not once a period.

    Parameters
    ----------
    reports : ReportBatch
        False ones too: they show that a sensor looked where it missed an object.
    period_s : (S,) of each sensor by its data sheet.
    """
    found = {}
    for sensor in np.unique(reports.sensor).tolist():
        times = reports.time_s[reports.sensor == sensor]
        scans = np.unique(times[np.isfinite(times)])
        turns = np.diff(scans) / period_s[sensor]
        is_even = bool((np.abs(turns - np.rint(turns)) <= EVEN).all())
        if not is_even and len(times) >= LEAST_SHARING * len(scans):
            found[sensor] = scans
    return found


def turns_between(scans: Floats, from_s: Floats, until_s: Floats, is_last: Bools) -> Floats:
    """Count scans from each report to the next, or to the end after last ones; at least 1."""
    done = np.searchsorted(scans, from_s, "right")
    ends = np.searchsorted(scans, until_s, "left")
    ends = np.where(is_last, np.searchsorted(scans, until_s, "right"), ends)
    return np.asarray(ends - done + 1.0)


def missed_times(scans: Floats, from_s: Floats, place: Longs) -> Floats:
    """Give the time of the scan that is the `place`-th after each report."""
    return np.asarray(scans[np.searchsorted(scans, from_s, "right") + place - 1])
