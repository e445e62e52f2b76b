"""Sensors' biases, estimated from what sensors say of the same objects, and taken out of reports.

Reports are gathered for a window of time; then the windows of all objects are fitted at once
(`kernels.registration`), and their information joins the estimate of all biases
(`register.estimate`). Objects are told apart by their address where they have one, else by the
track to which the tracker gave their reports.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.config import RegistrationParams, Sensor
from skypact.errors import RecordingError
from skypact.geo.pressure import PressureField
from skypact.kernels.registration import gather
from skypact.model.registration import (
    AZIMUTH_BIAS,
    ELEVATION_BIAS,
    N_BIASES,
    ROWS_DOUBTED,
    ROWS_USED,
    TIME_BIAS,
    BiasState,
    Plots,
    Setup,
    empty_scratch,
    empty_sums,
)
from skypact.model.reports import (
    REPORT_DTYPES,
    Bytes,
    Floats,
    Longs,
    ReportBatch,
    concat_reports,
    take_reports,
)
from skypact.register.biases import BIAS_WIDTH, without_biases
from skypact.register.estimate import Estimate, Evidence, Step, Unknowns
from skypact.register.plots import plots_of, sheets_of, usable_of
from skypact.register.priors import priors_of, sleepers_of, walks_of
from skypact.register.surface import Surface

Array = npt.NDArray[np.generic]

_ADDRESSED: Final = 1 << 40
"""Keys of objects with an address begin here; below, keys are track numbers."""
_FIT_WEIGHT: Final = 60.0
"""Scalars that speak for the data sheet before any is seen."""
_FIT_MEMORY: Final = 4_000.0
"""Scalars after which the observed noise forgets."""
_NOISE_RANGE: Final = (0.1, 100.0)
"""Observed variance over the data sheet's is believed within these."""
_HEIGHT_SIGMA_M: Final = (60.0, 40.0)
"""Standard deviation of a height by level, and by satellite, as one error per window: an
instrument's error stays, so it is stated larger than it is (as in `plots._position_sigmas`)."""
_MOST_STEPS: Final = 1_000
"""Steps kept in memory."""
_KEPT_S: Final = 120.0
"""Reports whose stamps lie further in the future than this are not kept."""


class Found(NamedTuple):
    """A step of one sensor's bias."""

    time_s: float
    sensor: int
    bias: int
    size: float
    z: float
    found_s: float


class Registration:
    """Estimates and removes sensors' biases.

    Parameters
    ----------
    sensors : sequence of Sensor
        Row i describes the sensor with index i in the reports.
    params : RegistrationParams or None
        Its configuration.
    """

    def __init__(self, sensors: Sequence[Sensor], params: RegistrationParams | None = None) -> None:
        self.params = RegistrationParams() if params is None else params
        self.steps: list[Found] = []
        """The last steps found, in order of time; those before the last 1000 are forgotten."""
        self.windows_lost = 0
        """Windows of which nothing was learnt, since their sums were not finite."""
        self.used = np.zeros(4, np.int64)
        """See `model.registration.FITTED` and its neighbours."""
        self._chunks: list[ReportBatch] = []
        self._index: list[Longs] = []
        self._tracks: list[tuple[Longs, Longs]] = []
        self._fed = 0
        self._until_s = np.nan
        self._field = PressureField()
        self._start(sensors)

    def _start(self, sensors: Sequence[Sensor]) -> None:
        self._sensors = list(sensors)
        self._sheets = sheets_of(sensors)
        n = len(self._sensors)
        self._scale = priors_of(self._sensors, self._sheets, self.params)
        known = self._scale > 0
        walk = np.where(known, walks_of(n, self.params) / np.where(known, self._scale, 1.0), 0.0)
        self._estimate = Estimate(
            Unknowns(
                prior=known.astype(np.float64),
                walk=walk,
                sleeper=sleepers_of(n),
                block=np.repeat(np.arange(n + 1), N_BIASES),
            ),
            (self.params.alarm_sigma, self.params.step_windows),
        )
        self._scratch = empty_scratch(n)
        self._fit = np.zeros((n, 3, 2))
        self._evidence = np.zeros(n)
        self._table = np.zeros((n, BIAS_WIDTH))
        known = np.isfinite(self._sheets.site[:, 0])
        self.surface = Surface(known & np.array([s.kind == "smr" for s in sensors], np.bool_))
        """What was learnt of surface radars."""

    def set_sensors(self, sensors: Sequence[Sensor]) -> None:
        """Put another sensor table in force; it keeps the rows there are and may add some."""
        if list(sensors) != self._sensors:
            kept = self._learnt()
            self._start(sensors)
            self._relearn(kept)

    # Reports

    def correct(self, reports: ReportBatch) -> ReportBatch:
        """Return the reports without the biases as estimated so far."""
        if not self.params.enabled:
            return reports
        reports = self.surface.corrected(reports)
        return without_biases(reports, self._table) if self._table.any() else reports

    def observe(
        self, reports: ReportBatch, index: Longs, track: Longs, now_s: float
    ) -> Floats | None:
        """Take in one step of the tracker; returns `left_sigmas` where they are new, else None.

        Parameters
        ----------
        reports : ReportBatch of n rows
            As they were before `correct`; every report, in the order fed to the tracker.
        index, track : (m,) int64
            Running numbers of the reports that the step processed, and the tracks they went to, -1
            for none (`StepEvents`).
        now_s : float
            Present time.
        """
        n = len(reports.time_s)
        numbers = np.arange(self._fed, self._fed + n, dtype=np.int64)
        self._fed += n
        if not self.params.enabled:
            return None
        if n:
            self._chunks.append(reports)
            self._index.append(numbers)
        if len(index):
            self._tracks.append((index, track))
        if np.isnan(self._until_s):
            self._until_s = now_s + self.params.window_s
        is_new = False
        while now_s >= self._until_s + self.params.settle_s:
            is_new = True
            self._close_window(self._until_s)
            self._until_s += self.params.window_s
            if not self._chunks:
                self._until_s = max(self._until_s, now_s + self.params.window_s)
        return self.left_sigmas if is_new else None

    def _close_window(self, until_s: float) -> None:
        """Evaluate the reports stamped before `until_s`."""
        if not self._chunks:
            return
        reports, index = concat_reports(self._chunks), np.concatenate(self._index)
        ready = reports.time_s < until_s
        later = (reports.time_s >= until_s) & (reports.time_s < until_s + _KEPT_S)
        self._chunks = [take_reports(reports, later)] if later.any() else []
        self._index = [index[later]] if later.any() else []
        track = self._track_of(index, ready)
        recent = ready & (reports.time_s >= until_s - self.params.window_s)
        self._learn(take_reports(reports, recent), track[recent], until_s)

    def _track_of(self, index: Longs, ready: np.ndarray) -> Longs:
        """Tracks of reports with running numbers (n,), -1 where none."""
        track = np.full(len(index), -1, np.int64)
        if not self._tracks or not len(index):
            return track
        number = np.concatenate([i for i, _ in self._tracks])
        to = np.concatenate([t for _, t in self._tracks])
        place = np.minimum(np.searchsorted(index, number), len(index) - 1)
        known = index[place] == number
        track[place[known]] = to[known]
        left = ~(known & ready[place]) & (number >= index[0])
        self._tracks = [(number[left], to[left])] if left.any() else []
        return track

    def _learn(self, reports: ReportBatch, track: Longs, until_s: float) -> None:
        self.surface.learn(reports, track, self._sheets, self.params.window_s)
        rows, form = usable_of(reports, self._sheets, self.params)
        reports, track = take_reports(reports, rows), track[rows]
        if len(np.unique(reports.sensor)) < 2:
            return
        values = plots_of(reports, form, self._sheets, self._field, self.params)
        plots = grouped(values, reports, form.astype(np.int8), track)
        n = len(self._sensors)
        sums = empty_sums(n)
        at = self._estimate.now.x * self._scale
        variance = np.diagonal(self._estimate.now.P) * self._scale**2
        state = BiasState(
            at.reshape(n + 1, N_BIASES), np.ascontiguousarray(variance.reshape(n + 1, N_BIASES))
        )
        gather(plots, self._setup(), state, self._scratch, sums)
        if not all(np.isfinite(s).all() for s in (sums.information, sums.score, sums.fit)):
            self.windows_lost += 1
            return
        self.used += sums.counts
        self._note_fit(sums.fit)
        A = sums.information * self._scale[:, None] * self._scale
        score = sums.score * self._scale
        A = 0.5 * (A + A.T)
        evidence = Evidence(A, score + A @ self._estimate.now.x)
        self._evidence += np.diagonal(A).reshape(n + 1, N_BIASES)[:n].sum(axis=1)
        self._note_steps(self._estimate.add(evidence), until_s)
        estimated = (self._estimate.now.x * self._scale).reshape(n + 1, N_BIASES)[:n, :BIAS_WIDTH]
        self._table = np.where((self._evidence > 0)[:, None], estimated, 0.0)

    def _setup(self) -> Setup:
        factor = self.noise
        sigma = self._sheets.sigma * np.sqrt(factor)
        positions = self._sheets.radar == 0
        sigma[positions, 0] = factor[positions, 0]
        return Setup(
            self._sheets.site, self._sheets.axes, sigma, self.params.steady_mps2, _HEIGHT_SIGMA_M
        )

    def _note_fit(self, fit: Floats) -> None:
        total = self._fit + fit
        keep = np.minimum(1.0, _FIT_MEMORY / np.maximum(total[:, :, 1:], 1.0))
        self._fit = total * keep

    def _note_steps(self, steps: list[Step], until_s: float) -> None:
        for step in steps:
            sensor, bias = divmod(step.unknown, N_BIASES)
            at_s = until_s - step.windows * self.params.window_s
            size = step.size * float(self._scale[step.unknown])
            self.steps.append(Found(at_s, sensor, bias, size, step.z, until_s))
        del self.steps[:-_MOST_STEPS]

    # State

    def _learnt(self) -> dict[str, Array]:
        """Return what was learnt of the sensors, by name."""
        return {
            **self._estimate.arrays(),
            "scale": self._scale,
            "fit": self._fit,
            "evidence": self._evidence,
            "table": self._table,
            **{f"surface/{name}": array for name, array in self.surface.arrays().items()},
        }

    def _relearn(self, kept: Mapping[str, Any]) -> None:
        """Take up what was learnt of the first sensors."""
        n, old = len(self._sensors), len(kept["evidence"])
        place = np.arange(N_BIASES * old, dtype=np.int64)
        air = np.arange(N_BIASES * n, N_BIASES * (n + 1), dtype=np.int64)
        place = np.concatenate([place, air])
        scale = self._scale[place]
        both = (scale > 0) & (kept["scale"] > 0)
        ratio = np.where(both, kept["scale"], 1.0) / np.where(both, scale, 1.0)
        self._estimate.load(kept, place, ratio)
        self._fit[:old], self._evidence[:old] = kept["fit"], kept["evidence"]
        self._table[:old] = kept["table"]
        start = "surface/"
        self.surface.load({k[len(start) :]: v for k, v in kept.items() if k.startswith(start)})

    def arrays(self) -> dict[str, Array]:
        """All that is kept between steps, by name; see `Stateful` in `model.ports`."""
        waiting = concat_reports(self._chunks)
        steps = np.array(self.steps, np.float64).reshape(-1, len(Found._fields))
        number = np.concatenate([np.zeros(0, np.int64), *(i for i, _ in self._tracks)])
        to = np.concatenate([np.zeros(0, np.int64), *(t for _, t in self._tracks)])
        return {
            **{f"waiting/{name}": column for name, column in waiting._asdict().items()},
            **{f"learnt/{name}": array for name, array in self._learnt().items()},
            "index": np.concatenate([np.zeros(0, np.int64), *self._index]),
            "tracks": np.stack([number, to]),
            "steps": steps,
            "used": self.used,
            **{f"field/{name}": array for name, array in self._field.arrays().items()},
            "clock": np.array([self._fed, self._until_s, self.windows_lost]),
        }

    def load(self, arrays: Mapping[str, Array]) -> None:
        """Take up what `arrays` gave, in place of a new part's state.

        Raises
        ------
        RecordingError
            The arrays do not fit.
        """
        try:
            kept: dict[str, Any] = dict(arrays)
            waiting = ReportBatch(**{name: kept[f"waiting/{name}"] for name in REPORT_DTYPES})
            start = "learnt/"
            self._relearn({k[len(start) :]: v for k, v in kept.items() if k.startswith(start)})
            self._chunks = [waiting] if len(waiting.time_s) else []
            self._index = [kept["index"]] if len(kept["index"]) else []
            number, to = kept["tracks"]
            self._tracks = [(number, to)] if len(number) else []
            self.steps = [
                Found(float(t), int(s), int(b), float(v), float(z), float(f))
                for t, s, b, v, z, f in kept["steps"]
            ]
            self.used = kept["used"].copy()
            start = "field/"
            self._field.load({k[len(start) :]: v for k, v in kept.items() if k.startswith(start)})
            self._fed, self._until_s = int(kept["clock"][0]), float(kept["clock"][1])
            self.windows_lost = int(kept["clock"][2])
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise RecordingError(
                f"expected the kept state of the registration, got {error!r}; use the sensors and"
                " parameters it was written with"
            ) from error

    # Results

    @property
    def names(self) -> list[str]:
        """Names of the sensors."""
        return [sensor.name for sensor in self._sensors]

    def is_informed(self, sensor: int) -> bool:
        """Whether anything was learnt of a sensor."""
        return bool(self._evidence[sensor] > 0)

    @property
    def table(self) -> Floats:
        """Biases in force (S, 5), see `register.biases`."""
        return self._table

    @property
    def values(self) -> Floats:
        """Estimates (S, 7), see `model.registration.RANGE_BIAS` and its neighbours."""
        n = len(self._sensors)
        return (self._estimate.now.x * self._scale).reshape(n + 1, N_BIASES)[:n]

    @property
    def sigmas(self) -> Floats:
        """Standard deviations of the estimates (S, 7); 0 where a bias is none of the unknowns."""
        n = len(self._sensors)
        sigma = np.sqrt(np.maximum(np.diagonal(self._estimate.now.P), 0.0)) * self._scale
        return np.asarray(sigma.reshape(n + 1, N_BIASES)[:n])

    @property
    def left_sigmas(self) -> Floats:
        """Standard deviations of range, azimuth, time, elevation (S, 4) after correction.

        The tracker considers them. A range's is that at half the reach, gain included. Sensors
        that nothing was learnt of keep what their data sheet says.
        """
        sigmas, left = self.sigmas, self._sheets.bias_sigma.copy()
        P = self._estimate.now.P
        for i in np.flatnonzero(self._evidence > 0).tolist():
            at = N_BIASES * i
            by = self._scale[at : at + 2] * np.array([1.0, 0.5 * self._sheets.reach_m[i]])
            range_var = float(by @ P[at : at + 2, at : at + 2] @ by)
            others = sigmas[i, [AZIMUTH_BIAS, TIME_BIAS, ELEVATION_BIAS]]
            left[i] = (np.sqrt(max(range_var, 0.0)), *others)
        return left

    @property
    def priors(self) -> Floats:
        """Standard deviations beforehand (S, 7)."""
        return self._scale.reshape(-1, N_BIASES)[:-1]

    @property
    def observable(self) -> np.ndarray:
        """Whether each bias (S, 7) has become better known than it was beforehand."""
        sigmas = self.sigmas
        return (sigmas > 0) & (sigmas < self.params.observable_share * self.priors)

    @property
    def noise(self) -> Floats:
        """Observed variance over the data sheet's, by sensor and channel (S, 3)."""
        seen = (_FIT_WEIGHT + self._fit[:, :, 0]) / (_FIT_WEIGHT + self._fit[:, :, 1])
        return np.clip(seen, *_NOISE_RANGE)

    def figures(self) -> dict[str, Any]:
        """Return how much was used."""
        return {
            "scalars": int(self.used[ROWS_USED]),
            "doubted": int(self.used[ROWS_DOUBTED]),
            "windows_lost": self.windows_lost,
        }


def grouped(values: Floats, reports: ReportBatch, form: Bytes, track: Longs) -> Plots:
    """Order rows (n, 11) by object and time; those without address and track are left out."""
    key = np.where(track >= 0, track, -1)
    named = reports.icao >= 0
    both = named & (track >= 0)
    number, first = np.unique(track[both], return_index=True)
    if number.size:
        place = np.minimum(np.searchsorted(number, track), number.size - 1)
        address = reports.icao[both][first][place].astype(np.int64)
        key = np.where((number[place] == track), address + _ADDRESSED, key)
    key = np.where(named, reports.icao.astype(np.int64) + _ADDRESSED, key)
    order = np.lexsort((values[:, 0], key))
    order = order[key[order] >= 0]
    edges = np.flatnonzero(np.diff(key[order])) + 1
    bounds = [np.zeros(1, np.int64), edges, np.full(1, order.size)]
    return Plots(
        values=np.ascontiguousarray(values[order]),
        sensor=reports.sensor[order].astype(np.int64),
        form=np.ascontiguousarray(form[order]),
        first=np.concatenate(bounds).astype(np.int64),
    )
