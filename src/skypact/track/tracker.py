"""The tracker of one unit: waits for stragglers, sorts, steps the kernels, reports what changed."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.errors import ConfigError
from skypact.geo.geoid import undulation_m
from skypact.kernels.prepare import REPORT_NUMBERS, prepare
from skypact.kernels.tracking import step, sweep_tracks
from skypact.model.reports import (
    ADSB,
    REMOTEID,
    TRACK,
    ReportBatch,
    concat_reports,
    empty_reports,
    take_reports,
)
from skypact.model.sensors import SensorTable
from skypact.model.tracking import (
    N_CONFIRMED,
    N_CROWDED,
    N_LIVE,
    Z_WIDTH,
    Measurements,
    TrackTable,
    empty_pairs,
    empty_tracks,
)
from skypact.model.tracks import TRACK_DTYPES, TrackRows, concat_rows
from skypact.track.geometry import geometry
from skypact.track.params import TrackerParams, track_params

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

PAIR_CAPACITY: Final = 8192
"""Pairs of one micro-batch; 512 reports with 16 candidates each."""
SLICE_S: Final = 1.0
"""However long a batch is, sensors take turns this often."""
LARGEST_STEP: Final = 4096
"""Reports handed to the kernel at once."""


class StepEvents(NamedTuple):
    """What one step changed.

    `report_index` are the running numbers (from 0, in the order fed) of the reports this step
    processed, `report_track` the track each one updated or began, -1 for none. `counts` holds
    ``tracked``, ``unusable`` (coasted, tracker-made, no usable position), ``late`` and ``early``
    (the stamp is behind or ahead of the stream by more than the limits), ``refused`` (the table was
    full) and ``crowded`` (candidates beyond the room for them).
    """

    rows: TrackRows
    ended: Longs
    report_index: Longs
    report_track: Longs
    counts: dict[str, int]


def empty_measurements(n: int) -> Measurements:
    """Room for n prepared reports."""
    shapes = {"z": (n, Z_WIDTH)}
    columns = {
        name: np.zeros(shapes.get(name, (n,)), hint.__args__[1].__args__[0])
        for name, hint in Measurements.__annotations__.items()
    }
    return Measurements(**columns)


def report_numbers(batch: ReportBatch) -> npt.NDArray[np.float64]:
    """Columns that the kernels read, as a matrix (n, 17)."""
    return np.column_stack([getattr(batch, name) for name in REPORT_NUMBERS])


def report_labels(batch: ReportBatch) -> Longs:
    """Integers that the kernels read (n, 7); see `kernels.prepare.prepare`."""
    excluded = (batch.coast == 1) | (batch.test == 1) | (batch.kind == TRACK)
    own = (batch.kind == ADSB) | (batch.kind == REMOTEID)
    columns = (
        batch.sensor, excluded, batch.icao, batch.mode3a, batch.nacp, batch.callsign, own
    )  # fmt: skip
    return np.column_stack([c.astype(np.int64) for c in columns])


def processing_order(batch: ReportBatch, index: Longs, usable: Longs) -> Longs:
    """Sort rows by slice of time, sensor and time: a sensor's reports together, not for long."""
    time_s = batch.time_s[usable]
    return np.lexsort((index[usable], time_s, batch.sensor[usable], np.floor(time_s / SLICE_S)))


def is_on_earth(lat_rad: Floats, lon_rad: Floats) -> npt.NDArray[np.bool_]:
    """Whether latitudes and longitudes exist; false where absent."""
    return (np.abs(lat_rad) <= 0.5 * np.pi) & (np.abs(lon_rad) <= 2.0 * np.pi)


def rows_from(matrix: npt.NDArray[np.float64]) -> TrackRows:
    """Track rows of the kernels' matrix (n, 25)."""
    columns = zip(matrix.T, TRACK_DTYPES.values(), strict=True)
    return TrackRows(*(column.astype(dtype) for column, dtype in columns))


class Tracker:
    """Tracks of one unit.

    Parameters
    ----------
    sensors : SensorTable
        Row i describes the sensor with index i in the reports.
    params : TrackerParams
        How objects move, appear and vanish.

    Notes
    -----
    The state is in arrays; `step` depends on nothing but what it is given, so the same reports in
    the same batches give the same picture, bit for bit.
    """

    def __init__(self, sensors: SensorTable, params: TrackerParams | None = None) -> None:
        self._config = TrackerParams() if params is None else params
        self._params = track_params(self._config)
        capacity = self._config.capacity
        self._geometry = geometry(sensors, flat=self._params.flat == 1)
        self._tracks = empty_tracks(capacity, len(sensors.kind))
        self._pairs = empty_pairs(PAIR_CAPACITY, capacity)
        self._sensors = sensors
        self._held = empty_reports(0)
        self._held_index = np.zeros(0, np.int64)
        self._fed = 0
        self._swept_s = -np.inf
        self._done_s = -np.inf

    @property
    def tracks(self) -> TrackTable:
        """The table of all tracks; read it, never write it."""
        return self._tracks

    @property
    def sensors(self) -> SensorTable:
        """The sensors in force."""
        return self._sensors

    @property
    def _n_sensors(self) -> int:
        return len(self._sensors.kind)

    @property
    def n_tracks(self) -> int:
        """Tracks alive, tentative ones included."""
        return int(self._tracks.counters[N_LIVE])

    @property
    def n_confirmed(self) -> int:
        """Confirmed tracks alive."""
        return int(self._tracks.counters[N_CONFIRMED])

    def set_sensors(self, sensors: SensorTable) -> None:
        """Put another sensor table in force; it must keep the rows there are and may add some.

        Raises
        ------
        ConfigError
            It has fewer rows.
        """
        grown = len(sensors.kind) - len(self._sensors.kind)
        if grown < 0:
            raise ConfigError(
                f"expected at least {len(self._sensors.kind)} sensors, got {-grown} fewer"
            )
        field = self._geometry.baro_field
        self._geometry = geometry(sensors, flat=self._params.flat == 1)._replace(baro_field=field)
        self._sensors = sensors
        if grown:
            more = np.full((self._config.capacity, grown), np.nan)
            self._tracks = self._tracks._replace(
                look_s=np.hstack([self._tracks.look_s, more]),
                seen_s=np.hstack([self._tracks.seen_s, more]),
            )

    def step(self, batch: ReportBatch, now_s: float) -> StepEvents:
        """Take in the reports that have arrived by `now_s` and bring the tracks up to date.

        Parameters
        ----------
        batch : ReportBatch of n rows
            Any order; times may differ between sensors.
        now_s : float
            Present time, UTC seconds; must not go back.

        Returns
        -------
        StepEvents

        Raises
        ------
        ConfigError
            A report names a sensor that is not in force.
        """
        if (
            batch.sensor.size
            and not 0 <= batch.sensor.min() <= batch.sensor.max() < self._n_sensors
        ):
            raise ConfigError(
                f"expected sensors 0 to {self._n_sensors - 1} in the reports, got "
                f"{batch.sensor.min()} to {batch.sensor.max()}; call set_sensors first"
            )
        index = np.arange(self._fed, self._fed + len(batch.time_s), dtype=np.int64)
        self._fed += len(index)
        if len(self._held.time_s):
            batch = concat_reports([self._held, batch])
            index = np.concatenate([self._held_index, index])
        horizon = now_s - self._config.reorder_s
        ready = batch.time_s <= horizon
        ready |= ~np.isfinite(batch.time_s)
        early = batch.time_s > now_s + self._config.early_max_s
        waits = ~(ready | early)
        self._held = take_reports(batch, waits)
        self._held_index = index[waits]
        return self._process(take_reports(batch, ~waits), index[~waits], horizon)

    def flush(self) -> StepEvents:
        """Process the reports still held back: the stream has ended."""
        held, index = self._held, self._held_index
        self._held, self._held_index = empty_reports(0), np.zeros(0, np.int64)
        horizon = max(self._done_s, float(np.max(held.time_s, initial=-np.inf)))
        return self._process(held, index, horizon)

    def _process(self, batch: ReportBatch, index: Longs, horizon: float) -> StepEvents:
        late = batch.time_s < self._done_s - self._config.late_max_s
        late |= ~np.isfinite(batch.time_s)
        early = (batch.time_s > horizon) & ~late
        counts = {"late": int(np.count_nonzero(late)), "early": int(np.count_nonzero(early))}
        usable = np.flatnonzero(~(late | early))
        crowded = int(self._tracks.counters[N_CROWDED])
        order = usable[processing_order(batch, index, usable)]
        parts = [
            self._kernel_step(batch, order[i : i + LARGEST_STEP], index)
            for i in range(0, len(order), LARGEST_STEP)
        ]
        self._done_s = max(self._done_s, horizon)
        ended = self._sweep(horizon)
        report_track = np.full(len(index), -1, np.int64)
        tracked = refused = used = 0
        for _, m, n, lost in parts:
            place = np.searchsorted(index, m.serial[:n])
            report_track[place] = m.number_out[:n]
            tracked += int(np.count_nonzero(m.number_out[:n] >= 0))
            refused += lost
            used += n
        counts |= {
            "tracked": tracked,
            "refused": refused,
            "unusable": len(order) - used,
            "crowded": int(self._tracks.counters[N_CROWDED]) - crowded,
        }
        joined = concat_rows([rows for rows, _, _, _ in parts])
        return StepEvents(joined, ended, index, report_track, counts)

    def _kernel_step(
        self, batch: ReportBatch, order: Longs, index: Longs
    ) -> tuple[TrackRows, Measurements, int, int]:
        m = empty_measurements(len(order))
        geoid = self._geoid(batch)
        f, labels = report_numbers(batch), report_labels(batch)
        n = prepare(f, labels, order, geoid, self._geometry, self._params, m)
        m.serial[:n] = index[m.serial[:n]]
        out = np.empty((2 * n, len(TRACK_DTYPES)))
        counts = np.zeros(3, np.int64)
        k = step(self._tracks, m, n, self._geometry, self._params, self._pairs, out, counts)
        return rows_from(out[:k]), m, n, int(counts[0])

    def _geoid(self, batch: ReportBatch) -> npt.NDArray[np.float64]:
        """Undulation at each report, or at its sensor where it gives no position."""
        if self._params.flat == 1 or not len(batch.time_s):
            return np.zeros(len(batch.time_s))
        own = is_on_earth(batch.lat_rad, batch.lon_rad)
        lat = np.where(own, batch.lat_rad, self._sensors.lat_rad[batch.sensor])
        lon = np.where(own, batch.lon_rad, self._sensors.lon_rad[batch.sensor])
        known = is_on_earth(lat, lon)
        geoid = np.zeros(len(lat))
        geoid[known] = undulation_m(lat[known], lon[known])
        return geoid

    def _sweep(self, horizon: float) -> Longs:
        if not np.isfinite(horizon) or horizon - self._swept_s < self._config.sweep_s:
            return np.zeros(0, np.int64)
        self._swept_s = horizon
        ended = np.zeros(max(1, self.n_tracks), np.int64)
        n = sweep_tracks(self._tracks, horizon, self._geometry, self._params, ended)
        return ended[:n]
