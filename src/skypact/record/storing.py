"""The picture on its way to the store: the pipeline never waits for it.

Steps wait in a bounded queue; a thread writes them in batches. While the store is away it tries
again, ever less often; what waits is written in order when it is back, and beyond the bound the
oldest is dropped and counted.
"""

import threading
import time
from collections import deque
from typing import Final, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from skypact.errors import ConfigError, StoreError
from skypact.model.ports import Store
from skypact.model.store import AlertRecord, SensorRecord, StoreState
from skypact.model.tracks import TrackRows, concat_rows, take_rows
from skypact.units import DAY

MOST_ROWS: Final = 50_000
"""Rows of one batch; more that wait go into several."""
MOST_RECORDS: Final = 10_000
"""Records of sensors and alerts, of each, that wait at most."""
FIRST_RETRY_S: Final = 0.5
LAST_RETRY_S: Final = 30.0
EXPIRE_S: Final = 600.0
"""What is old is removed so often."""
FINISH_S: Final = 10.0
"""At the end of a run the store has so long to take what waits."""

_Record = TypeVar("_Record", SensorRecord, AlertRecord)


class _Step(NamedTuple):
    rows: TrackRows
    ended: npt.NDArray[np.int64]
    now_s: float


class _Batch(NamedTuple):
    steps: list[_Step]
    n_rows: int
    number: int


class StoreSink:
    """A `Sink` that hands the picture to a store.

    Parameters
    ----------
    store : Store
        Closed by `finish`.
    unit : str
        Who tracks.
    batch_s : float
        Steps are gathered for so long.
    most_waiting : int
        Rows that wait at most.
    keep_days : float
        Older rows are removed.
    finish_s : float
        How long `finish` waits for what is not yet written.
    """

    def __init__(
        self,
        store: Store,
        unit: str,
        *,
        batch_s: float = 1.0,
        most_waiting: int = 2_000_000,
        keep_days: float = 30.0,
        finish_s: float = FINISH_S,
    ) -> None:
        self._store = store
        self._unit = unit
        self._batch_s = batch_s
        self._most = most_waiting
        self._keep_s = keep_days * DAY
        self._finish_s = finish_s
        self._steps: deque[_Step] = deque()
        self._sensors: deque[SensorRecord] = deque(maxlen=MOST_RECORDS)
        self._alerts: deque[AlertRecord] = deque(maxlen=MOST_RECORDS)
        self._batch: _Batch | None = None
        self._is_writing = False
        self._n_waiting = 0
        self._n_dropped = 0
        self._number = 0
        self._error = ""
        self._newest_s = -np.inf
        self._expired_s = -np.inf
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._deadline_s = np.inf
        self._thread = threading.Thread(target=self._run, name="skypact-store", daemon=True)
        self._thread.start()

    def append(self, rows: TrackRows, ended: npt.NDArray[np.int64], now_s: float) -> None:
        """Take one step; rows that are nowhere or at no time are dropped and counted."""
        placed = np.isfinite(rows.time_s) & np.isfinite(rows.lat_rad) & np.isfinite(rows.lon_rad)
        n_nowhere = placed.size - int(np.count_nonzero(placed))
        if n_nowhere:
            rows = take_rows(rows, placed)
        with self._lock:
            self._n_dropped += n_nowhere
            self._newest_s = max(self._newest_s, now_s)
            if rows.time_s.size or ended.size:
                self._steps.append(_Step(rows, ended, now_s))
                self._n_waiting += rows.time_s.size
                self._trim()

    def append_sensors(self, sensors: list[SensorRecord]) -> None:
        """Take how sensors fare; while the store is away the newest wait."""
        with self._lock:
            self._sensors.extend(sensors)

    def append_alerts(self, alerts: list[AlertRecord]) -> None:
        """Take states of alerts; while the store is away the newest wait."""
        with self._lock:
            self._alerts.extend(alerts)

    def _trim(self) -> None:
        """Drop the oldest rows beyond the bound; the lock is held."""
        while self._n_waiting > self._most:
            if self._batch is not None and not self._is_writing:
                n_gone, self._batch = self._batch.n_rows, None
            elif self._steps:
                n_gone = self._steps.popleft().rows.time_s.size
            else:
                return
            self._n_waiting -= n_gone
            self._n_dropped += n_gone

    def finish(self) -> None:
        """Write what waits, if the store takes it in time; the rest is dropped and counted."""
        self._deadline_s = time.monotonic() + self._finish_s
        self._wake.set()
        self._thread.join()
        with self._lock:
            self._n_dropped += self._n_waiting
            self._n_waiting = 0
        self._store.close()

    def state(self) -> StoreState:
        """How the store fares, and what waits for it."""
        of_store = self._store.state()
        with self._lock:
            return StoreState(
                not self._error and of_store.is_up,
                of_store.n_written,
                self._n_waiting,
                self._n_dropped,
                self._error or of_store.error,
            )

    def _run(self) -> None:
        retry_s = FIRST_RETRY_S
        while True:
            is_over = self._wake.is_set()
            try:
                self._write_all()
                self._expire()
                self._error, retry_s, wait_s = "", FIRST_RETRY_S, self._batch_s
            except (StoreError, ConfigError) as error:
                self._error, wait_s = str(error), retry_s
                retry_s = min(2.0 * retry_s, LAST_RETRY_S)
            if is_over and (not self._error or time.monotonic() > self._deadline_s):
                return
            if is_over:
                time.sleep(FIRST_RETRY_S)
            else:
                self._wake.wait(wait_s)

    def _write_all(self) -> None:
        while (batch := self._next()) is not None:
            rows = concat_rows([step.rows for step in batch.steps])
            ended = np.concatenate([step.ended for step in batch.steps])
            try:
                last_s = batch.steps[-1].now_s
                self._store.write(rows, ended, self._unit, last_s, batch.number)
            except (StoreError, ConfigError):
                with self._lock:
                    self._is_writing = False
                    self._trim()
                raise
            with self._lock:
                self._batch, self._is_writing = None, False
                self._n_waiting -= batch.n_rows
        self._write_records()

    def _next(self) -> _Batch | None:
        """Take the batch that could not be written, else a new one."""
        with self._lock:
            if self._batch is None and self._steps:
                self._number += 1
                n_rows = 0
                steps: list[_Step] = []
                while self._steps and (
                    not steps or n_rows + self._steps[0].rows.time_s.size <= MOST_ROWS
                ):
                    steps.append(self._steps.popleft())
                    n_rows += steps[-1].rows.time_s.size
                self._batch = _Batch(steps, n_rows, self._number)
            self._is_writing = self._batch is not None
            return self._batch

    def _write_records(self) -> None:
        with self._lock:
            alerts, sensors = list(self._alerts), list(self._sensors)
            self._alerts.clear()
            self._sensors.clear()
        try:
            if alerts:
                self._store.write_alerts(alerts)
            if sensors:
                self._store.write_sensors(sensors)
        except (StoreError, ConfigError):
            with self._lock:
                _put_back(self._alerts, alerts)
                _put_back(self._sensors, sensors)
            raise

    def _expire(self) -> None:
        with self._lock:
            newest_s = self._newest_s
        if newest_s > self._expired_s + EXPIRE_S:
            self._store.expire(newest_s - self._keep_s)
            self._expired_s = newest_s


def _put_back(queue: deque[_Record], records: list[_Record]) -> None:
    """Put older records before those that came meanwhile, as many of the newest as find room."""
    room = MOST_RECORDS - len(queue)
    queue.extendleft(reversed(records[max(len(records) - room, 0) :]))
