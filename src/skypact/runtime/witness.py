"""Keeps what a watch tells of a recording, with where the tracks were, to be judged afterwards."""

import numpy as np

from skypact.model.events import Witnessed
from skypact.model.store import AlertRecord
from skypact.runtime.watching import WatchSink


class Witness:
    """A sink of alerts.

    Parameters
    ----------
    watch : WatchSink
        Whose alerts it keeps; it becomes one of its sinks.
    """

    def __init__(self, watch: WatchSink) -> None:
        self._watch = watch
        self.states: list[Witnessed] = []
        """All that was told, in order."""
        watch.add_sink(self)

    def append_alerts(self, alerts: list[AlertRecord]) -> None:
        """Take states of alerts."""
        rows = self._watch.rows()
        for alert in alerts:
            at = np.flatnonzero(np.isin(rows.track, alert.tracks) & np.isfinite(rows.lat_rad))
            columns = (rows.time_s, rows.lat_rad, rows.lon_rad, rows.icao)
            self.states.append(Witnessed(alert, *(tuple(c[at].tolist()) for c in columns)))
