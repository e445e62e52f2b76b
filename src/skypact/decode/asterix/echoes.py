"""Echoes: positions that an aircraft sent and that come again as if they were something else.

A multilateration system passes on ADS-B positions as its own; a station sends a position again when
only the callsign is new. To a tracker these would be independent measurements. They are found by
content: the same address and, within half the steps in which both count, the same place. A measured
place agrees so well with a sent one about once in 10,000 times (steps of 0.6 m against errors of
10 m). One squitter that two ground stations hear is left alone: the tracker knows that self-reports
share their error (design/0012).
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels import echoes as kernel
from skypact.model.reports import ADSB, MLAT, POSITION, ReportBatch

Floats = npt.NDArray[np.float64]

WINDOW_S: Final = 1.0
"""How far apart the stamps of one position may be that two kinds of sensors tell."""
BUCKETS: Final = 1 << 12
"""Times 16 positions are remembered: 10,000 aircraft at two positions a second fill a third."""


def nothing_heard() -> Floats:
    """Make the memory of an empty past."""
    heard = np.full((BUCKETS * kernel.BUCKET, 7), -1.0)
    heard[:, 6] = -np.inf
    return heard


def echoes(reports: ReportBatch, grain_rad: Floats, heard: Floats) -> npt.NDArray[np.bool_]:
    """Mark reports (n,) of a position that was reported before.

    `grain_rad` (n,) is the step in which each position is counted, NaN where it has none. `heard`
    remembers what came before and is written.
    """
    out = np.zeros(reports.icao.size, np.bool_)
    usable = np.isin(reports.kind, (ADSB, MLAT, POSITION)) & (reports.coast == 0)
    if not usable.any():
        return out
    address = np.where(usable, reports.icao, -1).astype(np.int64)
    who = np.column_stack([address, reports.sensor, reports.kind]).astype(np.int64)
    place = np.column_stack([reports.lat_rad, reports.lon_rad, grain_rad, reports.time_s])
    kernel.mark_echoes(who, place, WINDOW_S, heard, out)
    return out
