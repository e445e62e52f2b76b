"""The picture in a folder of Parquet files by the hour: ``2026-11-23/10/*.parquet``.

These are tables of tracks as any reader of Parquet and ``skypact evaluate --tracks`` take them.
Folders that begin with an underscore hold ended tracks, sensors and alerts.
"""

import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

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
    take_stored,
)
from skypact.model.tracks import TrackRows
from skypact.record.folder_lock import FolderLock
from skypact.record.hour_files import HourFiles
from skypact.record.paging import gather, in_order, last_updates, selected
from skypact.record.store_tables import (
    ALERTS,
    ENDED,
    SENSORS,
    TRACKS,
    alerts_from,
    alerts_table,
    condition,
    ended_table,
    sensors_from,
    sensors_table,
    stored_from,
)
from skypact.record.tables import tracks_to_arrow

LATE_S: Final = 60.0
"""An hour's files become one when rows of the hour are not expected any more."""
_GENTLE: Final = 19
"""Merging yields to all else, where the system has priorities of threads."""


class ParquetStore:
    """Batches as files, at once on the disk; merged by a thread in the background.

    Parameters
    ----------
    folder : Path
        Made if it is not there; of this process alone while it is open.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tracks = HourFiles(folder, TRACKS)
        self._ended = HourFiles(folder / "_ended", ENDED)
        self._sensors = HourFiles(folder / "_sensors", SENSORS)
        self._alerts = HourFiles(folder / "_alerts", ALERTS)
        self._lock: FolderLock | None = None
        self._changing = threading.RLock()
        self._base = 0
        """Number that the batches of this run are counted from."""
        self._last = -1
        self._other = 0
        """Number of the last file of sensors or alerts."""
        self._n_written = 0
        self._error = ""
        self._newest_s = -np.inf
        self._merging: threading.Thread | None = None
        self._merge_error = ""
        self._wake = threading.Event()
        self._is_closed = False

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (OSError, pa.ArrowException) as error:
            reason = str(error) if isinstance(error, StoreError) else f"{self._folder}: {error}"
            self._error = reason
            raise StoreError(reason) from error
        self._error = ""

    def prepare(self) -> None:
        """Take the folder, clean up after a crash."""
        with self._told(), self._changing:
            if self._lock is not None:
                return
            self._lock = FolderLock(self._folder)
            self._base = max(self._tracks.prepare(), self._ended.prepare())
            self._other = max(self._sensors.prepare(), self._alerts.prepare())
            for hour_s in self._tracks.hours()[-1:]:
                self._newest_s = hour_s
            self._wake.set()
            self._merging = threading.Thread(
                target=self._merge, name="skypact-store-merge", daemon=True
            )
            self._merging.start()

    def write(
        self, rows: TrackRows, ended: npt.NDArray[np.int64], unit: str, now_s: float, number: int
    ) -> None:
        """Keep a batch."""
        self.prepare()
        with self._told(), self._changing:
            if number <= self._last:
                return
            if ended.size:
                self._ended.write(self._base + number, ended_table(ended, unit, now_s))
            if rows.time_s.size:
                self._tracks.write(self._base + number, tracks_to_arrow(rows, unit))
            self._last = number
            self._n_written += rows.time_s.size
            self._newest_s = max(self._newest_s, now_s)
        self._wake.set()

    def write_sensors(self, sensors: Sequence[SensorRecord]) -> None:
        """Keep how sensors fare."""
        self._write_other(self._sensors, sensors_table(sensors))

    def write_alerts(self, alerts: Sequence[AlertRecord]) -> None:
        """Keep states of alerts."""
        self._write_other(self._alerts, alerts_table(alerts))

    def _write_other(self, files: HourFiles, table: pa.Table) -> None:
        self.prepare()
        with self._told(), self._changing:
            if table.num_rows:
                files.write(self._other + 1, table)
                self._other += 1

    def tracks_at(
        self, time_s: float, area: Area | None = None, hold_s: float = 60.0
    ) -> StoredTracks:
        """Last update of every track that lives."""
        self.prepare()
        with self._told():
            from_s, until_s = np.nextafter([time_s - hold_s, time_s], np.inf).tolist()
            found = stored_from(self._tracks.read(from_s, until_s))
            over = self._ended.read(from_s, until_s)
        numbers = over["track"].to_numpy(), over["unit"].to_pylist()
        found = last_updates(found, numbers)
        if area is None:
            return found
        return take_stored(found, within(area, found.rows.lat_rad, found.rows.lon_rad))

    def history(self, query: HistoryQuery) -> HistoryPage:
        """Track updates, a page at a time."""
        self.prepare()
        where = condition(query)
        is_rare = bool(query.tracks) or query.icao >= 0 or query.callsign >= 0

        def look(from_s: float, until_s: float, limit: int) -> StoredTracks:
            found = stored_from(self._tracks.read(from_s, until_s, where, is_rare))
            found = in_order(take_stored(found, selected(found, query)))
            return take_stored(found, slice(limit))

        with self._told():
            return gather(self._tracks.hours(), self._tracks.n_rows, query, look)

    def sensors_at(self, time_s: float, hold_s: float = 3600.0) -> list[SensorRecord]:
        """Last record of every sensor."""
        self.prepare()
        with self._told():
            from_s, until_s = np.nextafter([time_s - hold_s, time_s], np.inf).tolist()
            found = sensors_from(self._sensors.read(from_s, until_s))
        last: dict[tuple[str, str], SensorRecord] = {}
        for record in sorted(found, key=lambda r: r.time_s):
            known = last.get((record.unit, record.sensor))
            if known is None or record.time_s > known.time_s:
                last[record.unit, record.sensor] = record
        return [last[key] for key in sorted(last)]

    def alerts(self, query: AlertQuery) -> list[AlertRecord]:
        """States of alerts in order."""
        self.prepare()
        from_s = query.from_s if query.after is None else max(query.from_s, query.after[0])
        with self._told():
            until_s = float(np.nextafter(query.until_s, np.inf))
            found = alerts_from(self._alerts.read(from_s, until_s))
        once: dict[AlertPlace, AlertRecord] = {}
        for alert in found:
            once.setdefault(alert_place(alert), alert)
        chosen = [
            once[place]
            for place in sorted(once)
            if query.rule in ("", once[place].rule)
            and query.state in ("", once[place].state)
            and query.id in ("", once[place].id)
            and (query.after is None or place > query.after)
        ]
        return chosen[: query.limit]

    def expire(self, before_s: float) -> None:
        """Remove the hours that end before."""
        self.prepare()
        with self._told():
            for files in (self._tracks, self._ended, self._sensors, self._alerts):
                files.expire(before_s)

    def state(self) -> StoreState:
        """How it fares."""
        damaged = [n for f in (self._tracks, self._ended, self._sensors, self._alerts)
                   for n in f.damaged]  # fmt: skip
        note = f"{len(damaged)} damaged files were set aside: {damaged[0]}" if damaged else ""
        told = self._error or self._merge_error or note
        return StoreState(not self._error, self._n_written, 0, 0, told)

    def close(self) -> None:
        """Stop merging, let the folder go."""
        self._is_closed = True
        self._wake.set()
        if self._merging is not None:
            self._merging.join()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _merge(self) -> None:
        """Merge files whenever some were written, until the store is closed."""
        if sys.platform == "linux":
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _GENTLE)
        while not self._is_closed:
            self._wake.wait()
            self._wake.clear()
            try:
                for files in (self._tracks, self._ended, self._sensors, self._alerts):
                    files.merge(self._newest_s - LATE_S, lambda: self._is_closed)
                self._merge_error = ""
            except (OSError, pa.ArrowException) as error:
                self._merge_error = f"{self._folder}: merging files: {error}"
