"""A recording as the live pipeline sees it: reports in order of arrival, cut in batches by stamp.

Batches are cut by the recorded receive stamps and never by the wall clock, so that the same bytes
make the same picture at any speed.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from skypact.model.reports import (
    REPORT_DTYPES,
    Longs,
    ReportBatch,
    concat_reports,
    empty_reports,
    take_reports,
)
from skypact.model.withhold import WITHHOLDABLE
from skypact.units import NANOSECONDS

BATCH_S: Final = 0.25
"""Length of a batch in recorded time."""
FAR_S: Final = 2.0
"""Offset between arrival and stamp from which a recorder's clock is not believed."""
QUIET_S: Final = 120.0
"""After so long without reports every track has ended; the clock then jumps to the next report."""


class Batch(NamedTuple):
    """Reports `first` to `last` (excluded) have arrived by `now_s`."""

    first: int
    last: int
    now_s: float


def in_arrival_order(batches: list[ReportBatch]) -> ReportBatch:
    """Merge recordings by arrival; equal stamps keep the order of the recordings."""
    joined = concat_reports(batches)
    return take_reports(joined, np.argsort(joined.received_ns, kind="stable"))


def arriving_by_own_time(reports: ReportBatch) -> tuple[ReportBatch, dict[int, float]]:
    """Let sensors whose reports arrive far from their own time arrive by it instead.

    A recorder whose clock stands in another time zone would else make every report too early or too
    late to be tracked. Reports' times are not touched, and sensors are not compared.

    Parameters
    ----------
    reports : ReportBatch of n rows

    Returns
    -------
    (ReportBatch, dict)
        Reports in order of arrival, and the median offset (receive time - stamp) [s] of each
        sensor index that was moved.
    """
    offset_s = reports.received_ns / NANOSECONDS - reports.time_s
    received_ns, moved = reports.received_ns.copy(), {}
    for sensor in np.unique(reports.sensor).tolist():
        rows = (reports.sensor == sensor) & np.isfinite(offset_s)
        median_s = float(np.median(offset_s[rows])) if rows.any() else 0.0
        if abs(median_s) > FAR_S:
            moved[sensor] = median_s
            received_ns[rows] = np.round(reports.time_s[rows] * NANOSECONDS).astype(np.int64)
    if not moved:
        return reports, moved
    return in_arrival_order([reports._replace(received_ns=received_ns)]), moved


def cut(received_ns: Longs, period_s: float = BATCH_S) -> Iterator[Batch]:
    """Cut sorted stamps at multiples of `period_s` after the first one.

    Empty batches are yielded, too, because tracks end by the passing of time; long silences are
    skipped.

    Parameters
    ----------
    received_ns : (n,) int64
        Arrival, sorted.
    period_s : float
        Length of a batch [s].
    """
    if not received_ns.size:
        return
    start_ns, period_ns = int(received_ns[0]), round(period_s * NANOSECONDS)
    ticks = (received_ns - start_ns) // period_ns
    used, first = np.unique(ticks, return_index=True)
    last = np.append(first[1:], received_ns.size)
    quiet = round(QUIET_S / period_s)
    for i, tick in enumerate(used.tolist()):
        yield Batch(int(first[i]), int(last[i]), (start_ns + (tick + 1) * period_ns) / NANOSECONDS)
        until = min(int(used[i + 1]), tick + quiet) if i + 1 < used.size else tick + 1
        for empty in range(tick + 1, until):
            now_s = (start_ns + (empty + 1) * period_ns) / NANOSECONDS
            yield Batch(int(last[i]), int(last[i]), now_s)


def withhold(reports: ReportBatch, names: tuple[str, ...]) -> ReportBatch:
    """Hide columns: each word of `names` makes the columns it stands for absent."""
    absent = empty_reports(reports.time_s.size)
    hidden = {column for name in names for column in WITHHOLDABLE[name]}
    return ReportBatch._make(
        getattr(absent if column in hidden else reports, column) for column in REPORT_DTYPES
    )
