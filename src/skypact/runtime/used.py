"""Which reports a step used: some have waited for others since an earlier step."""

import numpy as np
import numpy.typing as npt

from skypact.model.reports import ReportBatch, concat_reports, empty_reports, take_reports

Longs = npt.NDArray[np.int64]


class UsedReports:
    """Keeps reports until the tracker has processed them."""

    def __init__(self) -> None:
        self._waiting = empty_reports(0)
        self._is_done = np.zeros(0, np.bool_)
        self._first = 0

    def take(
        self, reports: ReportBatch, n_fed: int, index: Longs, track: Longs
    ) -> tuple[Longs, ReportBatch]:
        """Return the tracks and the reports of one step, row by row.

        Parameters
        ----------
        reports : ReportBatch (n,)
            Fed to the tracker at this step.
        n_fed : int
            Reports fed up to and with these.
        index, track : (m,) int64
            Running numbers of the reports that the step processed, and their tracks, -1 for none
            (`StepEvents`). What was fed before this began is left out.
        """
        if not self._waiting.time_s.size:
            self._first = n_fed - reports.time_s.size
        if reports.time_s.size:
            self._waiting = concat_reports([self._waiting, reports])
            more = np.zeros(reports.time_s.size, np.bool_)
            self._is_done = np.concatenate([self._is_done, more])
        place = index - self._first
        known = place >= 0
        place = place[known]
        used = take_reports(self._waiting, place)
        self._is_done[place] = True
        left = np.flatnonzero(~self._is_done)
        n_gone = int(left[0]) if left.size else self._is_done.size
        if n_gone:
            self._waiting = take_reports(self._waiting, slice(n_gone, None))
            self._is_done, self._first = self._is_done[n_gone:], self._first + n_gone
        return track[known], used
