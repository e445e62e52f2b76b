"""Stone Soup's trackers on our reports.

Extended Kalman filter, constant velocity, bearing and range of each radar with the noise of its
data sheet. (a) Global nearest neighbour by assignment with the KD-tree; (b) JPDA by loopy belief
propagation with the same tree before it, as without it a step costs every track every plot. Tracks
begin with its `MultiMeasurementInitiator` and end with its `UpdateTimeStepsDeleter`.

Rotating radars stamp each plot, and Stone Soup works in scans. It gets one scan per radar and slice
of time (`slice_s`), in which plots keep their own times: hypotheses are formed at these. A slice of
0 makes every plot a scan of its own.
"""

import datetime
import time
from typing import Any, Literal, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from benchmarks.peers.plane import Plane, Plots, plane_of, plots_in
from benchmarks.peers.scenes import PeerScene
from stonesoup.dataassociator.probability import JPDAwithLBP
from stonesoup.dataassociator.tree import DetectionKDTreeGNN2D, DetectionKDTreeMixIn
from stonesoup.deleter.time import UpdateTimeStepsDeleter
from stonesoup.hypothesiser.distance import DistanceHypothesiser
from stonesoup.hypothesiser.probability import PDAHypothesiser
from stonesoup.initiator.simple import MultiMeasurementInitiator
from stonesoup.measures import Mahalanobis
from stonesoup.models.measurement.nonlinear import CartesianToBearingRange
from stonesoup.models.transition.linear import (
    CombinedLinearGaussianTransitionModel,
    ConstantVelocity,
)
from stonesoup.predictor.kalman import ExtendedKalmanPredictor
from stonesoup.tracker.base import Tracker
from stonesoup.tracker.simple import MultiTargetMixtureTracker, MultiTargetTracker
from stonesoup.types.angle import Bearing
from stonesoup.types.detection import Detection, MissedDetection
from stonesoup.types.multihypothesis import MultipleHypothesis
from stonesoup.types.state import GaussianState
from stonesoup.types.track import Track
from stonesoup.types.update import Update
from stonesoup.updater.kalman import ExtendedKalmanUpdater

from skypact.config import sensor_table
from skypact.model.tracks import TrackRows, empty_rows

Method = Literal["gnn", "jpda"]
METHODS: tuple[Method, ...] = ("gnn", "jpda")
MAPPING = (0, 2)
"""Where x and y are in the state x, vx, y, vy."""
UTC = datetime.UTC
Floats = npt.NDArray[np.float64]
Scan = tuple[datetime.datetime, set[Detection]]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was tuned; ``tuned.toml`` holds it per scene and method."""

    accel_psd: float = 2.0
    """Density of the white acceleration per axis, m^2/s^3."""
    gate: float = 4.0
    """Largest Mahalanobis distance of a plot; for JPDA the probability of that gate."""
    p_detection: float = 0.9
    """JPDA's."""
    clutter_factor: float = 1.0
    """JPDA's density of false plots over that of the data sheets."""
    min_points: int = 4
    """Plots that confirm a track."""
    hold_s: float = 15.0
    """A tentative track without a plot for this long ends."""
    delete_s: float = 30.0
    """A confirmed one."""
    start_speed_mps: float = 150.0
    """Standard deviation per axis of a new track's velocity."""
    slice_s: float = 2.0
    """Length of a scan; 0 for one plot each."""
    tree_m: float = 6_000.0
    """Reach of the KD-tree, in effect a difference in range."""
    height_m: float = 10_000.0
    """Assumed of every plot of the real sky, above the ellipsoid."""


class KDTreeJPDAwithLBP(DetectionKDTreeMixIn, JPDAwithLBP):  # type: ignore[misc]
    """Loopy belief propagation on the hypotheses that the KD-tree lets through.

    Stone Soup mixes what a track would be with each plot and with none, and stamps the mixture with
    the scan's time, so plots with times of their own would be mixed with a later prediction. A
    radar sees the few plots near a track at almost the same instant: such a track's scan is then.
    """

    def associate(
        self,
        tracks: set[Track],
        detections: set[Detection],
        timestamp: datetime.datetime,
        **kwargs: object,
    ) -> dict[Track, MultipleHypothesis]:
        """Associate as `JPDAwithLBP` does, each track at the time of its likeliest plot."""
        found = self.generate_hypotheses(tracks, detections, timestamp, **kwargs)
        if not found or not detections:
            return found
        seen: dict[Track, datetime.datetime] = {}
        for track, hypotheses in found.items():
            plots = [one for one in hypotheses if one]
            if plots:
                seen[track] = max(plots, key=lambda one: one.probability).measurement.timestamp
                near = {one.measurement for one in plots}
                found[track] = self.hypothesiser.hypothesise(track, near, seen[track], **kwargs)
        out = self._compute_multi_hypotheses(tracks, detections, found, timestamp)
        for track, at in seen.items():
            out[track][0].measurement = MissedDetection(timestamp=at)
        return out


class Outcome(NamedTuple):
    """Tracks, and the processor time of the tracker alone."""

    rows: TrackRows
    seconds: float
    n_reports: int


def when(time_s: float) -> datetime.datetime:
    """Stone Soup's time."""
    return datetime.datetime.fromtimestamp(time_s, UTC).replace(tzinfo=None)


def scans_of(scene: PeerScene, plots: Plots, slice_s: float) -> list[Scan]:
    """Reports as scans in order of time."""
    table = sensor_table(scene.sensors, flat=scene.flat)
    models = [
        CartesianToBearingRange(
            ndim_state=4,
            mapping=MAPPING,
            noise_covar=np.diag([table.sigma_azimuth_rad[s] ** 2, table.sigma_range_m[s] ** 2]),
            translation_offset=plots.radar[s][:, None],
        )
        for s in range(len(scene.sensors))
    ]
    time_s, sensor = scene.reports.time_s, scene.reports.sensor
    part = np.floor(time_s / slice_s).astype(np.int64) if slice_s else rank(time_s)
    order = np.lexsort((time_s, sensor, part))
    end_s = np.full(int(part.max()) - int(part.min()) + 1, -np.inf)
    np.maximum.at(end_s, part - part.min(), time_s)
    scans: list[Scan] = []
    last = (-1, -1)
    for i in order.tolist():
        key = (int(part[i]), int(sensor[i]))
        if key != last:
            scans.append((when(end_s[key[0] - part.min()]), set()))
            last = key
        detection = Detection(
            np.array([[Bearing(plots.bearing_rad[i])], [plots.range_m[i]]], object),
            timestamp=when(time_s[i]),
            measurement_model=models[key[1]],
        )
        scans[-1][1].add(detection)
    return scans


def rank(time_s: Floats) -> npt.NDArray[np.int64]:
    """Place of each in the order of time."""
    place = np.empty(len(time_s), np.int64)
    place[np.argsort(time_s, kind="stable")] = np.arange(len(time_s))
    return place


def tracker_of(scans: list[Scan], scene: PeerScene, settings: Settings, method: Method) -> Tracker:
    """Put Stone Soup's parts together."""
    table = sensor_table(scene.sensors, flat=scene.flat)
    density = np.mean(table.clutter_per_scan / (2.0 * np.pi * table.range_max_m))
    motion = ConstantVelocity(settings.accel_psd)
    predictor = ExtendedKalmanPredictor(CombinedLinearGaussianTransitionModel([motion, motion]))
    updater = ExtendedKalmanUpdater(None)
    shared = {"predictor": predictor, "updater": updater}
    nearest = DistanceHypothesiser(**shared, measure=Mahalanobis(), missed_distance=settings.gate)
    tree = {**shared, "max_distance": settings.tree_m}
    neighbour = DetectionKDTreeGNN2D(nearest, **tree)
    times = np.unique([at.timestamp() for at, _ in scans])
    rate_hz = (len(times) - 1) / max(np.ptp(times), 1e-9)
    variance = settings.start_speed_mps**2
    initiator = MultiMeasurementInitiator(
        prior_state=GaussianState([[0.0]] * 4, np.diag([0.0, variance, 0.0, variance])),
        deleter=UpdateTimeStepsDeleter(max(1, round(settings.hold_s * rate_hz))),
        data_associator=neighbour,
        updater=updater,
        min_points=settings.min_points,
    )
    probable = PDAHypothesiser(
        **shared,
        clutter_spatial_density=density * settings.clutter_factor,
        prob_detect=settings.p_detection,
        prob_gate=1.0 - np.exp(-0.5 * settings.gate**2),
    )
    kind = MultiTargetTracker if method == "gnn" else MultiTargetMixtureTracker
    return kind(
        initiator=initiator,
        deleter=UpdateTimeStepsDeleter(max(1, round(settings.delete_s * rate_hz))),
        detector=scans,
        data_associator=neighbour if method == "gnn" else KDTreeJPDAwithLBP(probable, **tree),
        updater=updater,
    )


def track(scene: PeerScene, settings: Settings, method: Method) -> Outcome:
    """Track a scene; making Stone Soup's detections and our rows is not timed."""
    plane = plane_of(scene.sensors, flat=scene.flat)
    plots = plots_in(scene.reports, scene.sensors, plane, settings.height_m)
    scans = scans_of(scene, plots, settings.slice_s)
    tracker = tracker_of(scans, scene, settings, method)
    kept: list[tuple[str, Any]] = []
    begin_s = time.process_time()
    for _, tracks in tracker:
        kept += [(one.id, one.state) for one in tracks if isinstance(one.state, Update)]
    seconds = time.process_time() - begin_s
    return Outcome(rows_of(kept, plane, settings.height_m), seconds, len(scene.reports.time_s))


def rows_of(kept: list[tuple[str, Any]], plane: Plane, height_m: float) -> TrackRows:
    """Updates of confirmed tracks as rows of the picture."""
    rows = empty_rows(len(kept))
    if not kept:
        return rows
    numbers: dict[str, int] = {}
    rows.track[:] = [numbers.setdefault(name, len(numbers) + 1) for name, _ in kept]
    rows.time_s[:] = [s.timestamp.replace(tzinfo=UTC).timestamp() for _, s in kept]
    state = np.array([np.asarray(s.state_vector, float).ravel() for _, s in kept])
    spread = np.array([np.asarray(s.covar, float) for _, s in kept])
    place = state[:, [0, 2]]
    turn, scale = plane.turned(place)
    velocity = np.einsum("nij,nj->ni", turn, state[:, [1, 3]]) / scale[:, None]
    rows.lat_rad[:], rows.lon_rad[:] = plane.out_of(place)
    rows.altitude_m[:] = 0.0 if plane.proj is None else height_m
    rows.ve_mps[:], rows.vn_mps[:] = velocity.T
    rows.vu_mps[:] = 0.0
    for first, names in ((0, ("sigma_e_m", "sigma_n_m")), (1, ("sigma_ve_mps", "sigma_vn_mps"))):
        part = spread[:, first::2, first::2]
        part = turn @ part @ turn.transpose(0, 2, 1) / scale[:, None, None] ** 2
        for i, name in enumerate(names):
            getattr(rows, name)[:] = np.sqrt(part[:, i, i])
        if first == 0:
            rows.corr_ne[:] = part[:, 0, 1] / np.sqrt(part[:, 0, 0] * part[:, 1, 1])
    rows.confirmed[:] = 1
    return rows
