"""When the reports behind an alert were received: the beginning of its delay."""

from collections import deque

import numpy as np
import numpy.typing as npt

from skypact.model.reports import ReportBatch
from skypact.model.store import AlertRecord
from skypact.model.tracks import TrackRows
from skypact.units import NANOSECONDS

Longs = npt.NDArray[np.int64]


class Heard:
    """A sink of the picture that keeps when the reports of tracks were received.

    Parameters
    ----------
    span_s : float
        Between two looks of the watch; so far back is what an alert can come of.
    """

    def __init__(self, span_s: float) -> None:
        self._span_s = span_s
        self._steps: deque[tuple[float, Longs, Longs]] = deque()
        self._noted: list[tuple[Longs, Longs]] = []

    def note(self, track: Longs, reports: ReportBatch) -> None:
        """Take the reports (n,) of a step and the track (n,) of each, -1 for none."""
        self._noted.append((track, reports.received_ns))

    def append(self, rows: TrackRows, ended: Longs, now_s: float) -> None:
        """Take notice of a step's end."""
        for track, received_ns in self._noted:
            self._steps.append((now_s, track, received_ns))
        self._noted = []
        while self._steps and self._steps[0][0] <= now_s - self._span_s:
            self._steps.popleft()

    def finish(self) -> None:
        """Do nothing."""

    def heard_s(self, alert: AlertRecord) -> float:
        """Return when the first report since the look before was received, UTC seconds.

        Of the alert's tracks; its own time where they had none, as an alert of something missing.
        """
        first_ns = [
            int(received_ns[of].min())
            for _, track, received_ns in self._steps
            if (of := np.isin(track, alert.tracks)).any()
        ]
        return min(first_ns) / NANOSECONDS if first_ns else alert.time_s
