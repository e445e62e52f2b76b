"""The floors that stand beside every result: raw reports, the bound, the clairvoyant tracker."""

import math
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from skypact.config import Sensor
from skypact.evaluate.bound import Bound, posterior_bound
from skypact.evaluate.clairvoyant import Clairvoyant, clairvoyant_tracks, model_tracks
from skypact.evaluate.flatmodel import FlatModel
from skypact.evaluate.looks import Evidence, Looks, looks_of, observed_periods, with_periods
from skypact.evaluate.paths import Paths, truth_paths
from skypact.evaluate.places import Bools, true_states
from skypact.evaluate.raw import (
    WILD_M,
    WILD_SIGMAS,
    RawErrors,
    quantile,
    raw_errors,
    raw_summaries,
    rms,
)
from skypact.kernels.geodesy import ecef_from_geodetic
from skypact.model.reports import Floats, Longs, ReportBatch
from skypact.model.tracks import TrackRows
from skypact.model.truth import TruthRows
from skypact.track.params import TrackerParams

SETTLE_S: Final = 30.0
"""Time from an object's first report that is left out in the real sky, where nothing is known of
an object before."""
ENUMERATION_RUNS: Final = 8
"""Sequences drawn per object; the mean over many looks needs few."""


class TrackErrors(NamedTuple):
    """Horizontal errors of rows whose number is that of an object, NaN where it is not there."""

    object: Longs
    time_s: Floats
    position_m: Floats
    velocity_mps: Floats
    age_s: Floats
    """Since the object's first row."""


class Floors(NamedTuple):
    """The figures of `floors`, and what bound and clairvoyant tracker had where they are taken."""

    figures: dict[str, Any]
    bound: Bound
    tracks: TrackErrors


def floors(
    reports: ReportBatch,
    sensors: Sequence[Sensor],
    truth: Paths | TruthRows,
    *,
    flat: bool,
    model: FlatModel | None = None,
    params: TrackerParams | None = None,
    settle_s: float | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Compute all floors of a scene.

    Parameters
    ----------
    reports : ReportBatch of any order
        `target` names the object of each; reports without one count nowhere.
    sensors : Sensor in the order of the reports' index
    truth : Paths or TruthRows
    flat : bool
        A flat scene (`config.Union.frame`).
    model : FlatModel or None
        The true motion of a flat scene. Without it the bound assumes constant velocity with the
        tracker's density of steady flight, and the clairvoyant tracker is this project's own.
    params : TrackerParams or None
        Motion of that tracker.
    settle_s : float or None
        What is left out of bound and clairvoyant after an object's first look; None: 30 s, and
        nothing where a model is given.
    seed : int
        Of the sequences that the enumeration draws.

    Returns
    -------
    dict
        Ready for JSON, metres and metres a second, None where there was nothing to compute; root
        mean squares are over looks and rows of all objects, so that an object that is reported
        more often counts more; `targets` has each by itself.

    Notes
    -----
    Wild reports (`evaluate.raw`) are false reports here: no look, nothing for the clairvoyant
    tracker; `wild` counts them, and `raw_all_position_rms_m` is the one figure that has them.

    Everything is taken at the looks that brought a report, where tracks are judged too; the bound
    is the one given that there is a report. It is that of objects which move at random by the
    model, on average over their motions: a filter may beat it on a truth that is steadier than the
    model, and biases of the sensors and errors heavier than the data sheets' are no part of it. It
    counts what false reports cost, which the clairvoyant tracker does not pay.

    Where the reports come in another rhythm than the data sheet's period, the looks follow theirs
    (`looks.observed_periods`); `settings.observed_period_s` names those sensors.
    """
    return floors_by_row(
        reports, sensors, truth, flat=flat, model=model, params=params, settle_s=settle_s, seed=seed
    ).figures


def floors_by_row(
    reports: ReportBatch,
    sensors: Sequence[Sensor],
    truth: Paths | TruthRows,
    *,
    flat: bool,
    model: FlatModel | None = None,
    params: TrackerParams | None = None,
    settle_s: float | None = None,
    seed: int = 0,
) -> Floors:
    """Compute all floors of a scene, as `floors` does, and keep their rows."""
    paths = truth_paths(truth, flat=flat) if isinstance(truth, TruthRows) else truth
    params = TrackerParams() if params is None else params
    motion = FlatModel(accel=params.cruise_accel_psd) if model is None else model
    settle = settle_s if settle_s is not None else (SETTLE_S if model is None else 0.0)
    errors = raw_errors(reports, sensors, paths, flat=flat)
    reports = reports._replace(target=np.where(errors.is_wild, np.int32(-1), reports.target))
    evidence = Evidence(motion.p_detection, motion.clutter_density)
    observed = observed_periods(reports, sensors, flat=flat)
    timed = with_periods(sensors, observed)
    looks = looks_of(reports, timed, paths, flat=flat, evidence=evidence)
    bound = posterior_bound(looks, motion, given_hit=True)
    sequences = posterior_bound(
        looks, motion, kind="enumeration", runs=ENUMERATION_RUNS, seed=seed, given_hit=True
    )
    if flat and model is not None:
        known = model_tracks(reports, timed, paths, model)
    else:
        known = clairvoyant_tracks(reports, sensors, flat=flat, params=params)
    tracks = track_errors(known.rows, paths, flat=flat)
    is_hit = looks.report >= 0
    late, settled = is_hit & (looks_age_s(looks) >= settle), tracks.age_s >= settle
    if flat and model is not None:
        settled &= is_hit  # its rows are the looks; tracks are judged at reports
    figures = {
        **_raw(errors),
        "bound_position_rms_m": _number(rms(bound.position_m[late])),
        "bound_velocity_rms_mps": _number(rms(bound.velocity_mps[late])),
        "bound_enumeration_position_rms_m": _number(rms(sequences.position_m[late])),
        "clairvoyant_position_rms_m": _number(rms(tracks.position_m[settled])),
        "clairvoyant_velocity_rms_mps": _number(rms(tracks.velocity_mps[settled])),
        "clairvoyant_breaks": known.breaks,
        "clairvoyant_unused_reports": known.unused,
        "raw": [_plain(row._asdict()) for row in raw_summaries(errors, reports, sensors)],
        "targets": _by_target(paths, bound, late, tracks, settled),
        "settings": _settings(motion, params, known, looks, settle, seed, model is not None)
        | {"observed_period_s": {sensors[k].name: s for k, s in observed.items()}},
    }
    return Floors(
        figures,
        Bound._make(column[late] for column in bound),
        TrackErrors._make(column[settled] for column in tracks),
    )


def _raw(errors: RawErrors) -> dict[str, Any]:
    """Errors of all reports whose object is known, without the wild ones but where it says so."""
    kept = errors.error_m[~errors.is_wild]
    return {
        "raw_position_rms_m": _number(rms(kept)),
        "raw_position_median_m": _number(quantile(kept, 0.5)),
        "raw_position_p95_m": _number(quantile(kept, 0.95)),
        "raw_all_position_rms_m": _number(rms(errors.error_m)),
        "raw_reports": int(np.isfinite(errors.error_m).sum()),
        "wild": int(errors.is_wild.sum()),
    }


def track_errors(rows: TrackRows, truth: Paths, *, flat: bool) -> TrackErrors:
    """Horizontal errors of track rows against the objects of the same numbers."""
    states = true_states(rows.track, rows.time_s, truth)
    place = np.empty((len(rows.track), 3))
    if flat:
        place[:] = np.column_stack((rows.lon_rad, rows.lat_rad, np.zeros(len(rows.track))))
    else:
        ecef_from_geodetic(rows.lat_rad, rows.lon_rad, rows.altitude_m, place)
    level = states.axes[:, :2]
    miss = np.einsum("nij,nj->ni", level, place - states.place_m)
    slip = np.column_stack((rows.ve_mps, rows.vn_mps))
    slip = slip - np.einsum("nij,nj->ni", level, states.velocity_mps)
    return TrackErrors(
        states.object,
        rows.time_s,
        np.hypot(miss[:, 0], miss[:, 1]),
        np.hypot(slip[:, 0], slip[:, 1]),
        _age_s(rows.track, rows.time_s),
    )


def looks_age_s(looks: Looks) -> Floats:
    """Time of each look since the object's first one."""
    return _age_s(looks.object, looks.time_s)


def _age_s(number: Longs, time_s: Floats) -> Floats:
    _, index = np.unique(number, return_inverse=True)
    first = np.full(int(index.max(initial=-1)) + 1, np.inf)
    np.minimum.at(first, index, time_s)
    return np.asarray(time_s - first[index])


def _by_target(
    paths: Paths, bound: Bound, late: Bools, tracks: TrackErrors, settled: Bools
) -> list[dict[str, Any]]:
    """Bound and clairvoyant error of every object that has either."""
    n = len(paths.number)
    counts, sums = np.zeros((2, n)), np.zeros((2, n))
    for k, (index, values) in enumerate(
        (
            (bound.object[late], bound.position_m[late]),
            (tracks.object[settled], tracks.position_m[settled]),
        )
    ):
        there = (index >= 0) & np.isfinite(values)
        counts[k] = np.bincount(index[there], minlength=n)
        sums[k] = np.bincount(index[there], values[there] ** 2, minlength=n)
    means = np.sqrt(sums / np.where(counts > 0, counts, np.nan))
    return [
        {
            "target": int(paths.number[i]),
            "bound_position_rms_m": _number(float(means[0, i])),
            "clairvoyant_position_rms_m": _number(float(means[1, i])),
        }
        for i in np.flatnonzero(counts.any(axis=0))
    ]


def _settings(
    motion: FlatModel,
    params: TrackerParams,
    known: Clairvoyant,
    looks: Looks,
    settle_s: float,
    seed: int,
    is_true_model: bool,
) -> dict[str, Any]:
    """State what the figures rest on."""
    hits = int(np.sum(looks.report >= 0))
    return {
        "bound": "posterior Cramér-Rao, information reduction factor",
        "bound_motion": "the scene's model" if is_true_model else "tracker's steady flight",
        "bound_accel": motion.accel,
        "motion": _motion(motion),
        "p_detection": motion.p_detection,
        "clutter_density": motion.clutter_density,
        "clairvoyant_filter": "Kalman filter of the scene's model"
        if is_true_model
        else "this project's tracker, association known",
        "wild_beyond": {"sigmas": WILD_SIGMAS, "plus_m": WILD_M},
        "clairvoyant_rows": len(known.rows.time_s),
        "looks": len(looks.time_s),
        "looks_detected": hits,
        "turn_rate_deg_s": None if is_true_model else params.turn_rate_deg_s,
        "enumeration_runs": ENUMERATION_RUNS,
        "settle_s": settle_s,
        "seed": seed,
    }


def _motion(model: FlatModel) -> str:
    """Name a motion and its noise."""
    kind = "coordinated turn" if model.turns else "constant velocity"
    unit = "m/s² over each step" if model.discrete else "m²/s³"
    turn = "rad/s² over each step" if model.discrete else "rad/s^1.5"
    noise = f", turn noise {model.turn_noise:.3g} {turn}" if model.turns else ""
    return f"{kind}, acceleration {model.accel:.3g} {unit}{noise}"


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _number(v) if isinstance(v, float) else v for name, v in row.items()}


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
