"""A store of the picture in memory, that can be made to fail."""

import threading
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from skypact.errors import StoreError
from skypact.geo.area import within
from skypact.model.store import (
    AlertPlace,
    AlertQuery,
    AlertRecord,
    Area,
    HistoryPage,
    HistoryQuery,
    SensorRecord,
    StoredTracks,
    StoreState,
    alert_place,
    stored,
    take_stored,
)
from skypact.model.tracks import TrackRows, take_rows
from skypact.record.paging import in_order, last_updates, page, selected


class MemoryStore:
    """Rows in lists. While `fails` is not empty, every call is a `StoreError` with that text."""

    def __init__(self) -> None:
        self.fails = ""
        self.writes: list[int] = []
        """Numbers of the batches, as they came."""
        self._parts: list[tuple[TrackRows, str]] = []
        self._ended: list[tuple[float, int, str]] = []
        self._sensors: dict[tuple[float, str, str], SensorRecord] = {}
        self._alerts: dict[AlertPlace, AlertRecord] = {}
        self._n_written = 0
        self._lock = threading.Lock()

    def _check(self) -> None:
        if self.fails:
            raise StoreError(self.fails)

    def prepare(self) -> None:
        """Nothing is to be made ready."""
        self._check()

    def write(
        self, rows: TrackRows, ended: npt.NDArray[np.int64], unit: str, now_s: float, number: int
    ) -> None:
        """Keep a batch."""
        self._check()
        with self._lock:
            if self.writes and number <= self.writes[-1]:
                return
            self.writes.append(number)
            self._parts.append((rows, unit))
            self._ended += [(now_s, int(track), unit) for track in ended]
            self._n_written += rows.time_s.size

    def write_sensors(self, sensors: Sequence[SensorRecord]) -> None:
        """Keep how sensors fare."""
        self._check()
        for record in sensors:
            self._sensors.setdefault((record.time_s, record.unit, record.sensor), record)

    def write_alerts(self, alerts: Sequence[AlertRecord]) -> None:
        """Keep states of alerts."""
        self._check()
        for alert in alerts:
            self._alerts.setdefault(alert_place(alert), alert)

    def _all(self) -> StoredTracks:
        with self._lock:
            return stored(self._parts)

    def tracks_at(
        self, time_s: float, area: Area | None = None, hold_s: float = 60.0
    ) -> StoredTracks:
        """Last update of every track that lives."""
        self._check()
        found = self._all()
        recent = (found.rows.time_s > time_s - hold_s) & (found.rows.time_s <= time_s)
        over = [(track, unit) for end_s, track, unit in self._ended if end_s <= time_s]
        numbers = np.array([track for track, _ in over], np.int64)
        found = last_updates(take_stored(found, recent), (numbers, [unit for _, unit in over]))
        if area is None:
            return found
        return take_stored(found, within(area, found.rows.lat_rad, found.rows.lon_rad))

    def history(self, query: HistoryQuery) -> HistoryPage:
        """Track updates, a page at a time."""
        self._check()
        found = self._all()
        return page(in_order(take_stored(found, selected(found, query))), query)

    def sensors_at(self, time_s: float, hold_s: float = 3600.0) -> list[SensorRecord]:
        """Last record of every sensor."""
        self._check()
        last: dict[tuple[str, str], SensorRecord] = {}
        for key in sorted(self._sensors):
            if time_s - hold_s < key[0] <= time_s:
                last[key[1:]] = self._sensors[key]
        return [last[key] for key in sorted(last)]

    def alerts(self, query: AlertQuery) -> list[AlertRecord]:
        """States of alerts in order."""
        self._check()
        found = [
            alert
            for place, alert in sorted(self._alerts.items(), key=lambda item: item[0])
            if query.from_s <= alert.time_s <= query.until_s
            and query.rule in ("", alert.rule)
            and query.state in ("", alert.state)
            and query.id in ("", alert.id)
            and (query.after is None or place > query.after)
        ]
        return found[: query.limit]

    def expire(self, before_s: float) -> None:
        """Remove what is older."""
        self._check()
        with self._lock:
            self._parts = [
                (take_rows(rows, rows.time_s >= before_s), unit) for rows, unit in self._parts
            ]
            self._ended = [row for row in self._ended if row[0] >= before_s]
        self._sensors = {k: v for k, v in self._sensors.items() if k[0] >= before_s}
        self._alerts = {k: v for k, v in self._alerts.items() if k[0] >= before_s}

    def state(self) -> StoreState:
        """How it fares."""
        return StoreState(not self.fails, self._n_written, 0, 0, self.fails)

    def close(self) -> None:
        """Nothing is let go of."""
