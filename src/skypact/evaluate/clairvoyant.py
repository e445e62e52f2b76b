"""The clairvoyant tracker: it knows which object every report belongs to, and filters them.

In a flat scene whose model is known it is the Kalman filter of that model (extended for range and
azimuth, and for turns); everywhere else it is this project's own tracker, which sees the true
identities as addresses and nothing else that could mislead it.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from skypact.config import Sensor, sensor_table
from skypact.evaluate.bound import first_covariance
from skypact.evaluate.flatmodel import FlatModel, moved, process_noise, size, transition
from skypact.evaluate.gaussian import predicted, updated
from skypact.evaluate.looks import Evidence, Looks, looks_of, ranks
from skypact.evaluate.paths import Paths
from skypact.evaluate.places import Bools, flat_table, is_polar, is_usable, sites_of
from skypact.model.reports import Floats, Longs, ReportBatch, empty_reports, take_reports
from skypact.model.sensors import SMR
from skypact.model.tracks import TrackRows, concat_rows, empty_rows
from skypact.track.params import TrackerParams
from skypact.track.tracker import Tracker

SLICE_S: Final = 1.0
"""Stretch of reports handed to the tracker at once; in between it ends what coasted too long."""
MOST_DETECTION: Final = 0.999
"""A data sheet that claims certainty would end a track at its first missed look."""
_NOTHING: Final = 1e-9
_MOMENT_S: Final = 1e-3


class Clairvoyant(NamedTuple):
    """Tracks whose numbers are the objects' numbers."""

    rows: TrackRows
    breaks: int
    """Times that the filter began an object anew: after a pause longer than it coasts, or because
    it lost it although every report was its own. Never in a flat scene with a model."""
    unused: int
    """Reports that became part of no track: wild ones, and objects with a single report."""


def clairvoyant_tracks(
    reports: ReportBatch, sensors: Sequence[Sensor], *, flat: bool, params: TrackerParams | None
) -> Clairvoyant:
    """Track every object from its own reports with this project's tracker.

    Parameters
    ----------
    reports : ReportBatch of any order
        Those without `target` are left out.
    sensors : Sensor in the order of the reports' index
    flat : bool
    params : TrackerParams or None
        Motion as in the tracker to be judged. Life cycle and gate are opened, so that nothing but
        the motion and the noise remains.

    Notes
    -----
    All objects go through one tracker. Each has an address of its own, whose weight keeps every
    other object's reports away (one in a million), and the gate for the same address is open; there
    are no false reports. What is left of association is that a report too wild to be noise is
    turned down, as in any robust filter.
    """
    params = TrackerParams() if params is None else params
    sites = sites_of(sensors, flat=flat)
    rows = np.flatnonzero((reports.target >= 0) & is_usable(reports, sites, flat=flat))
    rows = rows[np.argsort(reports.time_s[rows], kind="stable")]
    own = take_reports(reports, rows)
    numbers, index = np.unique(own.target.astype(np.int64), return_inverse=True)
    nobody = np.full(len(rows), -1, np.int32)
    named = own._replace(
        icao=(index + 1).astype(np.int32), mode3a=nobody, callsign=nobody.astype(np.int64)
    )
    table = flat_table(sensors) if flat else sensor_table(list(sensors))
    table = table._replace(
        clutter_per_scan=np.zeros(len(sensors)),
        p_detection=np.minimum(table.p_detection, MOST_DETECTION),
    )
    tracker = Tracker(table, _opened(params, len(numbers), flat=flat))
    parts, used, now_s = [], np.full(len(rows), -1, np.int64), -np.inf
    for part in _slices(own.time_s):
        begin_s = float(own.time_s[part.start]) + params.reorder_s - _MOMENT_S
        if begin_s - now_s > SLICE_S:
            tracker.step(empty_reports(0), begin_s)  # what coasted too long ends in a quiet sky too
        now_s = float(own.time_s[part.stop - 1]) + params.reorder_s
        events = tracker.step(take_reports(named, part), now_s)
        parts.append(events.rows)
        used[events.report_index] = events.report_track
    last = tracker.flush()
    used[last.report_index] = last.report_track
    joined = concat_rows([*parts, last.rows])
    lived = np.isin(used, joined.track)
    breaks = len(np.unique(joined.track)) - len(np.unique(joined.icao))
    return Clairvoyant(_renumbered(joined, numbers, own), breaks, int(np.sum(~lived)))


def model_tracks(
    reports: ReportBatch, sensors: Sequence[Sensor], truth: Paths, model: FlatModel
) -> Clairvoyant:
    """Filter every object of a flat scene with the scene's own model.

    A row is left at every look of `evaluate.looks`, missed ones too, where it is the prediction.
    The truth gives nothing but the time when an object ends.
    """
    evidence = Evidence(model.p_detection, model.clutter_density)
    looks = looks_of(reports, sensors, truth, flat=True, evidence=evidence)
    x, P = _filtered(looks, _Reported(reports, sensors, looks), model)
    rows = empty_rows(len(x))._replace(
        time_s=looks.time_s,
        track=truth.number[looks.object],
        lon_rad=x[:, 0],
        lat_rad=x[:, 1],
        altitude_m=np.zeros(len(x)),
        ve_mps=x[:, 2],
        vn_mps=x[:, 3],
        vu_mps=np.zeros(len(x)),
        sigma_e_m=np.sqrt(P[:, 0, 0]),
        sigma_n_m=np.sqrt(P[:, 1, 1]),
        corr_ne=P[:, 0, 1] / np.sqrt(P[:, 0, 0] * P[:, 1, 1]),
        sigma_ve_mps=np.sqrt(P[:, 2, 2]),
        sigma_vn_mps=np.sqrt(P[:, 3, 3]),
        existence=np.ones(len(x)),
        confirmed=np.ones(len(x), np.int8),
    )
    return Clairvoyant(rows, 0, 0)


class _Reported:
    """What the reports of looks measured: range and azimuth, or x and y."""

    def __init__(self, reports: ReportBatch, sensors: Sequence[Sensor], looks: Looks) -> None:
        sites = sites_of(sensors, flat=True)
        part = take_reports(reports, np.maximum(looks.report, 0))
        on_surface = sites.table.kind[part.sensor] == SMR
        self.site_m = sites.place_m[looks.sensor, :2]
        self.range_m, self.azimuth_rad = part.range_m, part.azimuth_rad
        self.is_polar: Bools = is_polar(part, sites) & ~on_surface
        away = np.column_stack((np.sin(part.azimuth_rad), np.cos(part.azimuth_rad)))
        away *= part.range_m[:, None]
        plane = np.column_stack((part.x_m, part.y_m))
        self.place_m = self.site_m + np.where(is_polar(part, sites)[:, None], away, plane)

    def residual(self, rows: Longs, place_m: Floats) -> tuple[Floats, Floats]:
        """Report minus expectation (k, 2) and the Jacobian (k, 2, 2) at places (k, 2)."""
        slope = np.broadcast_to(np.eye(2), (len(rows), 2, 2)).copy()
        miss = self.place_m[rows] - place_m
        polar = self.is_polar[rows]
        line = place_m[polar] - self.site_m[rows[polar]]
        ground = np.maximum(np.hypot(line[:, 0], line[:, 1]), 1e-6)
        slope[polar, 0] = line / ground[:, None]
        slope[polar, 1] = np.column_stack((line[:, 1], -line[:, 0])) / (ground**2)[:, None]
        azimuth = self.azimuth_rad[rows[polar]] - np.arctan2(line[:, 0], line[:, 1])
        miss[polar, 0] = self.range_m[rows[polar]] - ground
        miss[polar, 1] = (azimuth + np.pi) % (2.0 * np.pi) - np.pi
        return miss, slope


def _filtered(looks: Looks, reported: _Reported, model: FlatModel) -> tuple[Floats, Floats]:
    """States (n, m) and covariances (n, m, m) right after each look."""
    n, m = int(looks.object.max(initial=-1)) + 1, size(model)
    x, P, last_s = np.zeros((n, m)), np.zeros((n, m, m)), np.zeros(n)
    means, covariances = np.empty((len(looks.object), m)), np.empty((len(looks.object), m, m))
    order, bounds = ranks(looks.object)
    for a, b in pairwise(bounds):
        rows = order[a:b]
        index = looks.object[rows]
        if a == 0:
            mean, covariance = _first(reported.place_m[rows], model)
            _, slope = reported.residual(rows, reported.place_m[rows])
            miss = np.einsum("nij,nj->ni", slope, reported.place_m[rows] - mean[:, :2])
        else:
            dt = looks.time_s[rows] - last_s[index]
            F = transition(model, x[index], dt)
            mean, covariance = (
                moved(model, x[index], dt),
                predicted(P[index], F, process_noise(model, dt)),
            )
            miss, slope = reported.residual(rows, mean[:, :2])
        K, after = updated(covariance, slope, looks.variance[rows])
        hit = (looks.report[rows] >= 0)[:, None]
        mean = mean + np.where(hit, np.einsum("nij,nj->ni", K, miss), 0.0)
        covariance = np.where(hit[:, :, None], after, covariance)
        x[index], P[index], last_s[index] = mean, covariance, looks.time_s[rows]
        means[rows], covariances[rows] = mean, covariance
    return means, covariances


def _first(place_m: Floats, model: FlatModel) -> tuple[Floats, Floats]:
    """Prior of new objects first reported at places (k, 2): the likeliest component."""
    k, m = len(place_m), size(model)
    if model.first_mean is None or model.first_covariance is None:
        mean = np.zeros((k, m))
        mean[:, :2] = place_m
        return mean, np.broadcast_to(first_covariance(model), (k, m, m)).copy()
    away = place_m[:, None] - model.first_mean[None, :, :2]
    block = model.first_covariance[:, :2, :2]
    distance2 = np.einsum("kci,cij,kcj->kc", away, np.linalg.inv(block), away)
    best = np.argmin(distance2 + np.log(np.linalg.det(block)), axis=1)
    return model.first_mean[best].copy(), model.first_covariance[best].copy()


def _opened(params: TrackerParams, n: int, *, flat: bool) -> TrackerParams:
    """Parameters under which no association and no life cycle interferes."""
    changes = {
        "frame": "flat" if flat else "ecef",
        "gate_same_address": 1e6,
        "address_garble": _NOTHING,
        "births_per_scan": 0.01,
        "drop_at": _NOTHING,
        "drop_confirmed_at": _NOTHING,
        "loss": _NOTHING,
        "confirm_at": 0.5,
        "capacity": max(64, 2 * n),
    }
    fields = {name: getattr(params, name) for name in params.__struct_fields__}
    return TrackerParams(**(fields | changes))


def _slices(time_s: Floats) -> list[slice]:
    """Stretches of sorted times."""
    if not len(time_s):
        return []
    cell = np.floor((time_s - time_s[0]) / SLICE_S)
    edges = [0, *(np.flatnonzero(np.diff(cell)) + 1).tolist(), len(time_s)]
    return [slice(a, b) for a, b in pairwise(edges)]


def _renumbered(rows: TrackRows, numbers: Longs, own: ReportBatch) -> TrackRows:
    """Put the objects' numbers and own addresses in place of the given ones."""
    at = rows.icao.astype(np.int64) - 1
    addressed = np.flatnonzero(own.icao >= 0)
    address = np.full(len(numbers), -1, np.int32)
    known, first = np.unique(own.target[addressed], return_index=True)
    address[np.searchsorted(numbers, known)] = own.icao[addressed[first]]
    order = np.lexsort((rows.time_s, at))
    renamed = rows._replace(
        track=numbers[at].astype(np.int64),
        icao=address[at],
        confirmed=np.ones(len(at), np.int8),
        existence=np.ones(len(at)),
    )
    return TrackRows._make(column[order] for column in renamed)
