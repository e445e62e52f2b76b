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
    empty_reports,
    in_arrival_order,
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
    tick: int
    """Its number, counted from the first report's arrival."""


class Place(NamedTuple):
    """How far a stream of reports has been taken."""

    start_ns: int
    """First stamp of all, from which batches are cut."""
    heard: int
    """Last batch with reports."""
    tick: int
    """Last batch."""
    period_ns: int
    """Length of a batch."""

    def end_ns(self, tick: int) -> int:
        """End of a batch: every report in it arrived before."""
        return self.start_ns + (tick + 1) * self.period_ns

    @property
    def taken_until_ns(self) -> int:
        """Every report that arrived before has been taken."""
        return self.end_ns(self.tick)

    def after(self, batch: Batch) -> "Place":
        """How far it has been taken after one more batch."""
        heard = batch.tick if batch.last > batch.first else self.heard
        return self._replace(heard=heard, tick=batch.tick)


def beginning(first_ns: int, period_s: float = BATCH_S) -> Place:
    """Place before the first report, which arrives at `first_ns`."""
    return Place(first_ns, -1, -1, round(period_s * NANOSECONDS))


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


def cut(
    received_ns: Longs,
    period_s: float = BATCH_S,
    since: Place | None = None,
    until_ns: int | None = None,
) -> Iterator[Batch]:
    """Cut sorted stamps at multiples of `period_s` after the first one.

    Empty batches are yielded, too, because tracks end by the passing of time; long silences are
    skipped.

    Parameters
    ----------
    received_ns : (n,) int64
        Arrival, sorted.
    period_s : float
        Length of a batch [s].
    since : Place or None
        What was taken before: the stamps go on from there, in batches as long as before.
    until_ns : int or None
        The present: only batches that are over by then, the last ones perhaps empty. None: all
        reports are there, and the last one ends the last batch.
    """
    if since is None:
        if not received_ns.size:
            return
        since = beginning(int(received_ns[0]), period_s)
    quiet = round(QUIET_S * NANOSECONDS / since.period_ns)
    ticks = (received_ns - since.start_ns) // since.period_ns
    used, first = np.unique(ticks, return_index=True)
    last = np.append(first[1:], received_ns.size)
    place, at = since, 0
    over = since.tick if not used.size else int(used[-1])
    if until_ns is not None:
        over = (until_ns - since.start_ns) // since.period_ns - 1
    for i, tick in enumerate(used[used <= over].tolist()):
        yield from _silence(place, min(tick, place.heard + quiet), at)
        batch = Batch(int(first[i]), int(last[i]), place.end_ns(tick) / NANOSECONDS, tick)
        yield batch
        place, at = place.after(batch), batch.last
    yield from _silence(place, min(over + 1, place.heard + quiet), at)


def _silence(place: Place, until: int, at: int) -> Iterator[Batch]:
    """Empty batches before the one numbered `until`; `at` reports were taken."""
    for tick in range(place.tick + 1, until):
        yield Batch(at, at, place.end_ns(tick) / NANOSECONDS, tick)


def withhold(reports: ReportBatch, names: tuple[str, ...]) -> ReportBatch:
    """Hide columns: each word of `names` makes the columns it stands for absent."""
    absent = empty_reports(reports.time_s.size)
    hidden = {column for name in names for column in WITHHOLDABLE[name]}
    return ReportBatch._make(
        getattr(absent if column in hidden else reports, column) for column in REPORT_DTYPES
    )
