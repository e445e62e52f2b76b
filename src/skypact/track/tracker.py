"""The tracker of one unit: waits for stragglers, sorts, steps the kernels, reports what changed."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from skypact.errors import ConfigError, RecordingError
from skypact.geo.geoid import undulation_m
from skypact.geo.pressure import renew_field
from skypact.kernels.beam import learn_beams
from skypact.kernels.births import appearances
from skypact.kernels.geodesy import MEAN_RADIUS_M
from skypact.kernels.prepare import REPORT_NUMBERS, prepare
from skypact.kernels.tracking import step, sweep_tracks
from skypact.model.freeflight import FreeStates
from skypact.model.quality import accuracy_category
from skypact.model.reports import (
    ADSB,
    REMOTEID,
    TRACK,
    ReportBatch,
)
from skypact.model.sensors import SensorTable
from skypact.model.tracking import (
    AREA,
    BALLISTIC_ROW,
    BORN,
    FREE,
    HIGH_WATER,
    HITS,
    HOME,
    MEASURED,
    N_CONFIRMED,
    N_CROWDED,
    N_LIVE,
    NUMBER,
    SELF_REPORTED,
    STATE,
    STATE_TIME,
    TRACKER_MADE,
    Z_WIDTH,
    Geometry,
    Measurements,
    TrackParams,
    TrackTable,
    empty_pairs,
    empty_tracks,
)
from skypact.model.tracks import TRACK_DTYPES, TrackRows, concat_rows
from skypact.track.areas import AreaMotion, settle_areas
from skypact.track.arrivals import Arrivals, Due, begin_of, pieces, processing_order
from skypact.track.checkpoint import Arrays, fill, joined, pack, part_of, unpack
from skypact.track.considered import absorb_at_once
from skypact.track.found import FoundFigures, found_figures
from skypact.track.geometry import geometry
from skypact.track.guards import Guards, Mask
from skypact.track.params import TrackerParams, track_params
from skypact.track.state import (
    keep_learned,
    learned_arrays,
    load_learned,
    load_table,
    table_arrays,
)

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

FARTHEST_M: Final = 700_000.0
"""Ranges beyond which a plot's place on the ground is not followed."""
PAIR_CAPACITY: Final = 8192
"""Pairs of one micro-batch; 512 reports with 16 candidates each."""
LARGEST_STEP: Final = 4096
"""Reports handed to the kernel at once."""
_PREPARED: Final[dict[str, type[np.generic]]] = {
    name: hint.__args__[1].__args__[0] for name, hint in Measurements.__annotations__.items()
}
"""NumPy type of every column of prepared reports, in order."""


class StepEvents(NamedTuple):
    """What one step changed.

    `report_index` are the running numbers (from 0, in the order fed) of the reports this step
    processed, `report_track` the track each one updated or began, -1 for none. `ended` are the
    numbers that ended, `heirs` the number under which the track that had each one goes on, -1 where
    it is over. A long step has parts: `report_part` and `ended_part` are their running numbers; in
    each, reports come first, then what ends. `counts` holds
    ``tracked``; ``unusable`` (coasted, simulated by another tracker, no usable position); ``late``
    and ``early`` (the stamp is behind or ahead of the stream by more than the limits); ``frozen``,
    ``repeated`` and ``flooded`` (kept out by `track.guards`), ``astray`` (may begin no track);
    ``refused`` (the table was full); ``crowded`` (candidates beyond the room for them) and
    ``clock_back`` (1 where `now_s` was behind the last one).
    """

    rows: TrackRows
    ended: Longs
    heirs: Longs
    ended_part: Longs
    report_index: Longs
    report_track: Longs
    report_part: Longs
    counts: dict[str, int]


def empty_measurements(n: int) -> Measurements:
    """Room for n prepared reports."""
    return Measurements(
        *(np.zeros((n, Z_WIDTH) if name == "z" else n, dtype) for name, dtype in _PREPARED.items())
    )


def report_numbers(batch: ReportBatch) -> npt.NDArray[np.float64]:
    """Columns that the kernels read, as a matrix (n, 17)."""
    numbers = np.empty((len(batch.time_s), len(REPORT_NUMBERS)))
    for k, name in enumerate(REPORT_NUMBERS):
        numbers[:, k] = getattr(batch, name)
    return numbers


def report_labels(batch: ReportBatch) -> Longs:
    """Integers that the kernels read (n, 8); see `kernels.prepare.prepare`.

    What another tracker extrapolates or simulates is no sight of anything.
    """
    is_tracked = batch.kind == TRACK
    excluded = (batch.coast == 1) | (batch.test == 1) | (is_tracked & (batch.simulated == 1))
    is_own = (batch.kind == ADSB) | (batch.kind == REMOTEID)
    origin = np.where(is_tracked, TRACKER_MADE, np.where(is_own, SELF_REPORTED, MEASURED))
    columns = (
        batch.sensor, excluded, batch.icao, batch.mode3a,
        accuracy_category(batch.nacp, batch.nic), batch.callsign, origin, batch.track_number,
    )  # fmt: skip
    labels = np.empty((len(batch.time_s), len(columns)), np.int64)
    for k, column in enumerate(columns):
        labels[:, k] = column
    return labels


def is_on_earth(lat_rad: Floats, lon_rad: Floats) -> npt.NDArray[np.bool_]:
    """Whether latitudes and longitudes exist; false where absent."""
    return (np.abs(lat_rad) <= 0.5 * np.pi) & (np.abs(lon_rad) <= 2.0 * np.pi)


def rows_from(matrix: npt.NDArray[np.float64]) -> TrackRows:
    """Track rows of the kernels' matrix (n, 25)."""
    columns = zip(matrix.T.copy(), TRACK_DTYPES.values(), strict=True)
    return TrackRows(*(column.astype(dtype, copy=False) for column, dtype in columns))


def with_sensors(tracks: TrackTable, grown: int) -> Floats:
    """Sensitivities of tracks to biases (N, S, 4, 6) with room for more sensors.

    Rows that were never used are left untouched, and so take no memory.
    """
    capacity, n, *rest = tracks.bias_gain.shape
    used = tracks.counters[HIGH_WATER]
    gain = np.zeros((capacity, n + grown, *rest))
    gain[:used, :n] = tracks.bias_gain[:used]
    return gain


def add_counts(total: dict[str, int], more: dict[str, int]) -> None:
    """Add counts by name."""
    for name, n in more.items():
        total[name] = total.get(name, 0) + n


class Tracker:
    """Tracks of one unit.

    Parameters
    ----------
    sensors : SensorTable
        Row i describes the sensor with index i in the reports.
    params : TrackerParams
        How objects move, appear and vanish.
    areas : sequence of AreaMotion
        Areas in which they move otherwise (`track.datasheet.area_motions`).

    Notes
    -----
    The state is in arrays; `step` depends on nothing but what it is given, so the same reports in
    the same batches give the same picture, bit for bit.
    """

    def __init__(
        self,
        sensors: SensorTable,
        params: TrackerParams | None = None,
        areas: Sequence[AreaMotion] = (),
    ) -> None:
        self._config = TrackerParams() if params is None else params
        self._areas = tuple(areas)
        self._params = track_params(self._config, [area.params for area in self._areas])
        capacity = self._config.capacity
        self._geometry = geometry(sensors, flat=self._params.flat == 1)
        self._tracks = empty_tracks(capacity, len(sensors.kind))
        self._pairs = empty_pairs(PAIR_CAPACITY, capacity)
        self._sensors = sensors
        self._arrivals = Arrivals(self._config.reorder_s, self._config.early_max_s)
        self._guards = Guards(sensors.kind)
        self._now_s = -np.inf
        self._swept_s = -np.inf
        self._done_s = -np.inf
        self._begun_s = -np.inf

    @property
    def tracks(self) -> TrackTable:
        """The table of all tracks; read it, never write it."""
        return self._tracks

    @property
    def sensors(self) -> SensorTable:
        """The sensors in force."""
        return self._sensors

    @property
    def geometry(self) -> Geometry:
        """The sensors as the kernels use them, with what was learned; read it, never write it."""
        return self._geometry

    @property
    def kernel_params(self) -> TrackParams:
        """The parameters as the kernels use them."""
        return self._params

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

    def free_states(self) -> FreeStates:
        """Return the states of tracks in the ballistic mode, in order of their numbers."""
        t = self._tracks
        live = np.arange(t.counters[HIGH_WATER])
        flies = (t.tag[live, STATE] != FREE) & (t.tag[live, AREA] == BALLISTIC_ROW)
        rows = live[flies]
        rows = rows[np.argsort(t.tag[rows, NUMBER], kind="stable")]
        time_s = t.num[rows, STATE_TIME].copy()
        return FreeStates(
            t.tag[rows, NUMBER].copy(), time_s, t.x[rows].copy(), t.P[rows].copy(),
            t.mu[rows].copy(), t.tag[rows, HITS].copy(), time_s - t.num[rows, BORN],
        )  # fmt: skip

    def found_figures(self) -> FoundFigures:
        """Tell the detection and false reports of the sensors as the reports show them."""
        return found_figures(self._geometry)

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
        before, self._geometry = self._geometry, geometry(sensors, flat=self._params.flat == 1)
        keep_learned(before, self._geometry)
        sheet, self._sensors = self._sensors.bias_sigma, sensors
        if grown:
            self._guards.add_sensors(sensors.kind)
            more = np.full((self._config.capacity, grown), np.nan)
            self._tracks = self._tracks._replace(
                look_s=np.hstack([self._tracks.look_s, more]),
                seen_s=np.hstack([self._tracks.seen_s, more]),
                bias_gain=with_sensors(self._tracks, grown),
            )
        self._take_new_sheets(sheet)

    def _take_new_sheets(self, sheet: Floats) -> None:
        """Believe data sheets where they say something else than before, `sheet` (S or fewer, 4).

        What was learned holds where they do not.
        """
        sigma = self._geometry.bias_sigma.copy()
        now = self._sensors.bias_sigma
        new = (now[: len(sheet)] != sheet).any(axis=1)
        sigma[: len(sheet)][new] = now[: len(sheet)][new]
        sigma[len(sheet) :] = now[len(sheet) :]
        self.set_bias_sigmas(sigma)

    def set_bias_sigmas(self, sigma: Floats) -> None:
        """Say anew how well the sensors' biases are known, as registration finds them.

        Parameters
        ----------
        sigma : float64 (S, 4)
            Standard deviations of what is left of range [m], azimuth [rad], time [s] and elevation
            [rad] bias after correction; 0 where there is none. Tracks' stated errors are as wide
            as these allow; those that live are taken to have absorbed what is new.

        Raises
        ------
        ConfigError
            Not one row for each sensor, or a value that is no standard deviation.
        """
        if sigma.shape != self._geometry.bias_sigma.shape or not (sigma >= 0.0).all():
            raise ConfigError(
                f"expected {self._n_sensors} rows of four standard deviations of 0 or more, got "
                f"{sigma.shape} with the least {sigma.min(initial=np.inf):g}"
            )
        new = (sigma > 0.0) & ~(self._geometry.bias_sigma > 0.0)
        self._geometry.bias_sigma[:] = sigma
        self._geometry.considers[0] = (sigma > 0.0).any()
        if new.any():
            kind = self._sensors.kind
            absorb_at_once(self._tracks, self._geometry, kind, self._params, new)

    def step(self, batch: ReportBatch, now_s: float) -> StepEvents:
        """Take in the reports that have arrived by `now_s` and bring the tracks up to date.

        Parameters
        ----------
        batch : ReportBatch of n rows
            Any order; times may differ between sensors. What waits for earlier ones is copied.
        now_s : float
            Present time, UTC seconds. When it goes back by up to `early_max_s`, time stands still
            until it has caught up, and the step counts ``clock_back``.

        Returns
        -------
        StepEvents

        Raises
        ------
        ConfigError
            A report names a sensor that is not in force; `now_s` is no time, or has gone back
            further.
        """
        if (
            batch.sensor.size
            and not 0 <= batch.sensor.min() <= batch.sensor.max() < self._n_sensors
        ):
            raise ConfigError(
                f"expected sensors 0 to {self._n_sensors - 1} in the reports, got "
                f"{batch.sensor.min()} to {batch.sensor.max()}; call set_sensors first"
            )
        went_back = self._advance(now_s)
        self._guards.note_arrivals(batch, self._now_s)
        if not np.isfinite(self._done_s):
            self._begun_s = begin_of(batch, self._now_s)
        due = self._arrivals.take(batch, self._now_s)
        events = self._process(due)
        events.counts["clock_back"] = int(went_back)
        return events

    def flush(self) -> StepEvents:
        """Process the reports still held back: the stream has ended."""
        return self._process(self._arrivals.flush(self._done_s))

    def checkpoint(self) -> bytes:
        """Bytes from which `restored` makes a tracker that goes on as this one would."""
        about = {
            "what": "tracker",
            "sensors": self._n_sensors,
            "params": msgspec.to_builtins(self._config),
            "areas": msgspec.to_builtins(self._areas),
        }
        return pack(self.arrays(), about)

    @classmethod
    def restored(
        cls,
        data: bytes,
        sensors: SensorTable,
        params: TrackerParams | None = None,
        areas: Sequence[AreaMotion] | None = None,
    ) -> "Tracker":
        """Make the tracker that `checkpoint` kept.

        Parameters
        ----------
        data : bytes
            What `checkpoint` returned.
        sensors : SensorTable
            The sensors that were in force; call `set_sensors` afterwards to add more.
        params : TrackerParams or None
            The configuration; None for the kept one. Another `capacity` or `frame` is refused, the
            rest may differ, and then the picture will.
        areas : sequence of AreaMotion or None
            Areas in which objects move otherwise; None for the kept ones.

        Raises
        ------
        RecordingError
            Not a checkpoint, of another version, damaged, or of other sensors or parameters.
        """
        arrays, about = unpack(data)
        if about.get("what") != "tracker":
            raise RecordingError(f"expected a tracker's checkpoint, got {about.get('what')}")
        try:
            if params is None:
                params = msgspec.convert(about.get("params"), TrackerParams)
            kept = msgspec.convert(about.get("areas"), tuple[AreaMotion, ...])
        except msgspec.ValidationError as error:
            raise RecordingError(f"parameters of the checkpoint: {error}") from error
        tracker = cls(sensors, params, kept if areas is None else areas)
        tracker.load(arrays)
        if tracker._areas != kept:
            tracker.settle_areas(tracker.tracks)
        return tracker

    def arrays(self) -> Arrays:
        """All that is kept between steps, by name; see `Stateful` in `model.ports`."""
        times = np.array([self._now_s, self._swept_s, self._done_s, self._begun_s])
        flat = np.array([self._params.flat], np.int64)
        return joined(
            clock={"times": times, "flat": flat},
            sheets={"bias_sigma": self._sensors.bias_sigma},
            arrivals=self._arrivals.arrays(),
            guards=self._guards.arrays(),
            tracks=table_arrays(self._tracks),
            learned=learned_arrays(self._geometry),
        )

    def load(self, arrays: Arrays) -> None:
        """Take up a kept state, in place of a new tracker's.

        Raises
        ------
        RecordingError
            The arrays are of other sensors or parameters.
        """
        times, flat = np.zeros(4), np.zeros(1, np.int64)
        fill(times, arrays, "clock/times", whole=True)
        fill(flat, arrays, "clock/flat", whole=True)
        if flat[0] != self._params.flat:
            frames = ("ecef", "flat")
            raise RecordingError(
                f"expected a checkpoint in the frame {frames[self._params.flat]}, got one in"
                f" {frames[flat[0]]}"
            )
        self._arrivals.load(part_of(arrays, "arrivals"))
        self._guards.load(part_of(arrays, "guards"))
        load_table(self._tracks, part_of(arrays, "tracks"))
        for column in (AREA, HOME):
            area = self._tracks.tag[:, column]
            area[area > len(self._areas)] = 0
        load_learned(self._geometry, part_of(arrays, "learned"))
        sheet = np.zeros_like(self._sensors.bias_sigma)
        fill(sheet, arrays, "sheets/bias_sigma", whole=True)
        self._take_new_sheets(sheet)
        self._now_s, self._swept_s, self._done_s, self._begun_s = times.tolist()

    def _advance(self, now_s: float) -> bool:
        """Move the present on; returns whether the clock went back."""
        if not np.isfinite(now_s):
            raise ConfigError(f"expected the present time in seconds, got {now_s}")
        if now_s >= self._now_s:
            self._now_s = now_s
            return False
        if self._now_s - now_s > self._config.early_max_s:
            raise ConfigError(
                f"expected a present time not before {self._now_s:.3f} s, got {now_s:.3f} s; set"
                " the clock right, or begin with a new tracker"
            )
        return True

    def _process(self, due: Due) -> StepEvents:
        """Track what is due, a long step in pieces as short steps would go."""
        batch, serial, horizon = due
        late = batch.time_s < max(self._done_s, self._begun_s) - self._config.late_max_s
        late |= ~np.isfinite(batch.time_s)
        early = (batch.time_s > horizon) & ~late
        counts = {"late": int(np.count_nonzero(late)), "early": int(np.count_nonzero(early))}
        usable = np.flatnonzero(~(late | early))
        usable = usable[np.argsort(batch.time_s[usable], kind="stable")]
        crowded = int(self._tracks.counters[N_CROWDED])
        columns = self.inputs(batch)
        report_track = np.full(len(serial), -1, np.int64)
        report_part = np.zeros(len(serial), np.int64)
        rows, ended = [], []
        counts |= dict.fromkeys(("tracked", "refused", "unusable"), 0)
        quiet_s = self._config.coast_max_s + self._config.late_max_s + 2.0
        cuts = pieces(batch.time_s[usable], self._done_s, horizon, self._config.sweep_s, quiet_s)
        for k, (first, last, end_s) in enumerate(cuts):
            part = usable[first:last]
            report_part[part] = k
            order = part[processing_order(batch, serial, part)]
            found = self._guards.judge(batch, order, end_s)
            add_counts(counts, found.counts)
            starts, order = found.starts[found.keep], order[found.keep]
            for i in range(0, len(order), LARGEST_STEP):
                some = slice(i, i + LARGEST_STEP)
                made, m, n, lost = self._kernel_step(*columns, order[some], starts[some], end_s)
                rows.append(made)
                report_track[m.serial[:n]] = m.number_out[:n]
                n_tracked = int(np.count_nonzero(m.number_out[:n] >= 0))
                unusable = len(order[some]) - n
                add_counts(counts, {"tracked": n_tracked, "refused": lost, "unusable": unusable})
            self._done_s = max(self._done_s, end_s)
            ended.append(self._sweep(end_s, k))
        counts["crowded"] = int(self._tracks.counters[N_CROWDED]) - crowded
        over, heirs, after = np.concatenate(ended).T
        return StepEvents(
            concat_rows(rows), over, heirs, after, serial, report_track, report_part, counts
        )

    def _kernel_step(
        self,
        f: Floats,
        labels: Longs,
        ground: Floats,
        order: Longs,
        starts: Mask,
        now_s: float,
    ) -> tuple[TrackRows, Measurements, int, int]:
        m = empty_measurements(len(order))
        n = prepare(f, labels, order, ground, self._geometry, self._params, m)
        appearances(m, n, self._tracks.watch_s, self._geometry, self._params)
        if not starts.all():
            barred = np.isin(m.serial[:n], order[~starts])
            m.birth[:n][barred] = 0.0
        learn_beams(m, n, now_s, self._geometry)
        out = np.empty((2 * n, len(TRACK_DTYPES)))
        counts = np.zeros(3, np.int64)
        k = step(self._tracks, m, n, self._geometry, self._params, self._pairs, out, counts)
        return rows_from(out[:k]), m, n, int(counts[0])

    def inputs(self, batch: ReportBatch) -> tuple[Floats, Longs, Floats]:
        """Return what `kernels.prepare.prepare` reads of reports: numbers, labels, ground."""
        return report_numbers(batch), report_labels(batch), self._ground(batch)

    def settle_areas(self, tracks: TrackTable) -> None:
        """Give every live track of a table the motion of the area it is in."""
        if self._areas:
            settle_areas(tracks, self._areas)

    def _ground(self, batch: ReportBatch) -> Floats:
        """Undulation, latitude and longitude (n, 3) of the ground below each report.

        Where a report gives no position, it is that of its range and azimuth on a sphere, or its
        sensor's.
        """
        ground = np.full((len(batch.time_s), 3), np.nan)
        ground[:, 0] = 0.0
        if self._params.flat == 1 or not len(batch.time_s):
            return ground
        own = is_on_earth(batch.lat_rad, batch.lon_rad)
        lat0, lon0 = self._sensors.lat_rad[batch.sensor], self._sensors.lon_rad[batch.sensor]
        angle = np.fmin(np.fmax(batch.range_m, 0.0), FARTHEST_M) / MEAN_RADIUS_M  # NaN is 0
        azimuth = np.where(np.isfinite(batch.azimuth_rad), batch.azimuth_rad, 0.0)
        lat = lat0 + angle * np.cos(azimuth)
        lon = lon0 + angle * np.sin(azimuth) / np.maximum(np.cos(lat0), 0.1)
        lat[own], lon[own] = batch.lat_rad[own], batch.lon_rad[own]
        known = is_on_earth(lat, lon)
        ground[known, 0] = undulation_m(lat[known], lon[known])
        ground[known, 1], ground[known, 2] = lat[known], lon[known]
        return ground

    def _sweep(self, horizon: float, part: int) -> Longs:
        """End what is over: numbers, heirs and the part of the step (n, 3)."""
        if not np.isfinite(horizon) or horizon - self._swept_s < self._config.sweep_s:
            return np.zeros((0, 3), np.int64)
        self._swept_s = horizon
        g = self._geometry
        if self._params.flat == 0:
            renew_field(g.level_nodes, g.level_witnesses, g.level_tiles, horizon)
        self.settle_areas(self._tracks)
        ended = np.full((max(1, self.n_tracks), 3), part, np.int64)
        n = sweep_tracks(self._tracks, horizon, self._geometry, self._params, ended)
        return ended[:n]
