"""Truth and tracks to figures: every metric, the floors and the verdicts, and what plots need."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeVar

import msgspec
import numpy as np

from skypact.config import Sensor
from skypact.errors import ConfigError, RecordingError
from skypact.evaluate.consistency import position_nees, summarise_consistency
from skypact.evaluate.continuity import Delay, breaks, confirmation_delay, continuity, runs
from skypact.evaluate.errors import (
    Errors,
    by_class,
    by_target,
    horizontal_m,
    summarise,
    update_errors,
)
from skypact.evaluate.flatmodel import FlatModel
from skypact.evaluate.floors import floors_by_row
from skypact.evaluate.identity import identity, object_addresses
from skypact.evaluate.innovation import nis, summarise_nis
from skypact.evaluate.matching import Match, sticky_match
from skypact.evaluate.params import EvaluateParams
from skypact.evaluate.paths import (
    Paths,
    has_height,
    latest,
    track_paths,
    truth_paths,
    without_height,
)
from skypact.evaluate.performance import Evidence
from skypact.evaluate.picture import compare_sets
from skypact.evaluate.requirements import (
    NO_CONFORMITY,
    RequirementSet,
    Verdict,
    check,
    load_requirements,
    measure,
)
from skypact.evaluate.samples import (
    COAST_MAX_S,
    Samples,
    instants,
    samples,
    watched,
    without_places,
    without_velocities,
)
from skypact.evaluate.series import Instants, Series, Updates, clock
from skypact.evaluate.settled import settled
from skypact.evaluate.siap import siap
from skypact.model.reports import Bytes, Longs, ReportBatch
from skypact.model.tracks import CLASSES, TrackRows
from skypact.model.truth import TruthRows
from skypact.track.params import TrackerParams
from skypact.units import DEGREE

Table = TypeVar("Table", TruthRows, TrackRows)


MOST_INSTANTS: Final = 1_000_000
"""Instants of a judgement: eleven days at one a second."""
Progress = Callable[[float, str], None]


def _unseen(done: float, title: str) -> None:
    """Nobody watches."""


class Evaluation(NamedTuple):
    """The judgement: figures ready for JSON, and the arrays that plots are drawn from."""

    figures: dict[str, Any]
    series: Series


class _Scene(NamedTuple):
    """What every part works on."""

    table: TrackRows
    truth: Paths
    tracks: Paths
    found: Samples
    """Who is there; where is forgotten."""
    match: Match
    errors: Errors
    """Of updates at their own times."""
    target_class: Bytes
    """Of every object (N,)."""
    addresses: Longs
    """Of every object (N,)."""


def evaluate(
    tracks: TrackRows,
    truth: TruthRows,
    params: EvaluateParams,
    *,
    flat: bool,
    reports: ReportBatch | None = None,
    sensors: Sequence[Sensor] | None = None,
    model: FlatModel | None = None,
    tracker: TrackerParams | None = None,
    requirements: Sequence[str] = (),
    names: Mapping[int, str] | None = None,
    progress: Progress = _unseen,
) -> Evaluation:
    """Judge tracks by the truth.

    Parameters
    ----------
    tracks, truth : TrackRows, TruthRows
        Of any order, at any times.
    params : EvaluateParams
    flat : bool
        Both hold x and y in metres (`config.Union.frame`).
    reports, sensors : ReportBatch and Sensor in the order of its index, or None
        What was tracked; with `target` known, floors, delays and NIS come from them.
    model : FlatModel or None
        True motion of a flat scene, for the floors.
    tracker : TrackerParams or None
        The tracker's configuration, for the clairvoyant one; None: the default.
    requirements : sequence of str
        Names of requirement sets to check.
    names : mapping, optional
        What targets are called, by number.
    progress : callable
        Gets the share done, 0 to 1, and what comes next.

    Raises
    ------
    RecordingError
        There is nothing to compare, for example no time in common.
    """
    sought = {name: load_requirements(name) for name in requirements}
    if params.tgospa_gamma_m is None:
        params = msgspec.structs.replace(params, tgospa_gamma_m=params.gospa_c_m)
    scene, figures, over_time = _compared(tracks, truth, params, flat, progress)
    progress(0.6, "errors and continuity")
    figures |= _figures(scene, params, reports)
    figures["per_target"] = _per_target(scene, _delay(scene, params, reports), names or {})
    if flat:
        for part in (*figures["errors"].values(), *figures["by_class"].values()):
            del part["height_m"], part["climb_mps"]
        for row in figures["per_target"]:
            row["rms_height_m"] = None
    progress(0.8, "floors")
    figures["floors"], figures["nis"] = {}, {}
    if reports is not None and sensors is not None and (reports.target >= 0).any():
        figures["nis"] = _nis(scene, reports, sensors, flat=flat)
        bounds = floors_by_row(
            reports, sensors, scene.truth, flat=flat, model=model, params=tracker
        )
        settle_s = bounds.figures["settings"]["settle_s"]
        figures["floors"] = bounds.figures | {"settled": settled(scene.errors, bounds, settle_s)}
    evidence = Evidence(scene.truth, scene.found, scene.match, scene.errors)
    figures["requirements"] = {
        name: _verdicts(wanted, check(wanted, measure(wanted, evidence), params.match_m))
        for name, wanted in sought.items()
    }
    figures["parameters"] = msgspec.to_builtins(params)
    figures["parameters"]["ospa2_window_instants"] = params.ospa2_instants()
    return Evaluation(figures, Series(flat, over_time, _updates(scene, flat=flat)))


def _verdicts(wanted: RequirementSet, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    return {
        "title": wanted.title,
        "note": NO_CONFORMITY,
        "checks": [
            {**verdict._asdict(), "parameters": one.parameters, "note": one.note}
            for verdict, one in zip(verdicts, wanted.requirement, strict=True)
        ],
    }


def _compared(
    tracks: TrackRows, truth: TruthRows, params: EvaluateParams, flat: bool, progress: Progress
) -> tuple[_Scene, dict[str, Any], Instants]:
    """Bring truth and tracks together; the figures of sets, which need the places, come first."""
    progress(0.0, "matching tracks with objects")
    truth = _within(truth, params.start_s, params.end_s)
    first_s = None if params.start_s is None else params.start_s - COAST_MAX_S
    tracks = _within(tracks, first_s, params.end_s)
    true = truth_paths(truth, flat=flat)
    paths = track_paths(tracks, flat=flat, confirmed_only=params.confirmed_only)
    if tracks.time_s.size or not truth.time_s.size:
        _need_overlap(true, paths, params)
    if params.dimensions == 3 and not flat:
        _need_heights((true, truth), (paths, tracks))
    span_s = float(np.ptp(true.time_s))
    least_s = span_s / MOST_INSTANTS
    if params.step_s < least_s:
        raise ConfigError(
            f"--step: expected {least_s:.3g} s or more for truth of {span_s:,.0f} s, "
            f"got {params.step_s:g}"
        )
    times = watched(instants(true, params.step_s), paths, params.step_s)
    found = samples(true, paths, times)
    match = sticky_match(found, params.match_m)
    addresses = object_addresses(truth, true.number)
    level = without_height(true, truth)
    air_picture = siap(found, match, tracks, addresses, level)._asdict()
    progress(0.2, "comparing sets")
    found = without_velocities(found)
    figures, over_time = compare_sets(found, params)
    figures["siap"] = air_picture
    found = without_places(found)
    errors = update_errors(true, paths, tracks, found, match)
    classes = truth.target_class[true.row[true.first[1:] - 1]]
    scene = _Scene(tracks, true, paths, found, match, errors, classes, addresses)
    return scene, figures, over_time


def _within(table: Table, start_s: float | None, end_s: float | None) -> Table:
    """Rows of the stretch of time; the same table where it has no ends."""
    if start_s is None and end_s is None:
        return table
    low = -np.inf if start_s is None else start_s
    high = np.inf if end_s is None else end_s
    keep = (table.time_s >= low) & (table.time_s <= high)
    columns = {name: column[keep] for name, column in table._asdict().items()}
    return table._replace(**columns)


def _need_overlap(truth: Paths, tracks: Paths, params: EvaluateParams) -> None:
    """Refuse what cannot be compared, with both spans."""
    if not truth.time_s.size:
        raise RecordingError(
            "expected true states with time and position, got none"
            + (
                " between --start and --end"
                if (params.start_s, params.end_s) != (None,) * 2
                else ""
            )
        )
    if not tracks.time_s.size:
        which = "confirmed track" if params.confirmed_only else "track"
        raise RecordingError(
            f"expected {which} states with time and position, got none; see --start, --end and "
            "--tentative"
        )
    spans = [(p.time_s.min(), p.time_s.max()) for p in (truth, tracks)]
    if spans[0][1] < spans[1][0] or spans[1][1] < spans[0][0]:
        said = [f"{clock(a)} to {clock(b)}" for a, b in spans]
        raise RecordingError(
            f"expected truth and tracks of one time, got truth from {said[0]} and tracks from "
            f"{said[1]}; a recording that holds no date needs --date"
        )


def _need_heights(truth: tuple[Paths, TruthRows], tracks: tuple[Paths, TrackRows]) -> None:
    """Refuse distances in space where heights are missing."""
    for which, (paths, table) in (("true", truth), ("track", tracks)):
        absent = int((~has_height(table)[paths.row]).sum())
        if absent:
            raise ConfigError(
                f"--dimensions 3: expected a height in every state, got {absent:,} of "
                f"{len(paths.row):,} {which} states without one; give --dimensions 2"
            )


def _figures(scene: _Scene, params: EvaluateParams, reports: ReportBatch | None) -> dict[str, Any]:
    """Everything but sets, targets, floors and verdicts."""
    errors, table = scene.errors, scene.table
    whole = continuity(scene.truth, scene.tracks, scene.found, scene.match, pause_s=params.pause_s)
    parts = summarise(errors)
    stated = summarise_consistency(errors, table)
    delay = _delay(scene, params, reports)
    return {
        "rms_position_m": _rms_position(errors, params.dimensions),
        "nees": stated["position"]["all"],
        "completeness": whole.completeness,
        "false_tracks": whole.false_tracks,
        "breaks": whole.breaks,
        "switches": whole.switches,
        "latency_s": lag_s(errors, scene.truth),
        "delay": {"median_s": delay.median_s, "p95_s": delay.p95_s, "never": delay.never},
        "errors": parts,
        "by_class": {
            name: {measure: _number(value) for measure, value in found.items()}
            for name, found in by_class(errors, scene.target_class).items()
        },
        "consistency": stated,
        "continuity": whole._asdict() | _off(errors),
        "identity": identity(errors, table, scene.addresses)._asdict(),
        "data": _data(scene),
    }


def _delay(scene: _Scene, params: EvaluateParams, reports: ReportBatch | None) -> Delay:
    return confirmation_delay(
        scene.truth, scene.errors, reports, start_s=params.start_s, end_s=params.end_s
    )


def _off(errors: Errors) -> dict[str, float | None]:
    """Rows of matched tracks that are far from their object, which no error counts, and share."""
    total = len(errors.time_s) + errors.rows_off
    return {
        "rows_off": errors.rows_off,
        "rows_off_share": errors.rows_off / total if total else None,
    }


def _nis(
    scene: _Scene, reports: ReportBatch, sensors: Sequence[Sensor], *, flat: bool
) -> dict[str, Any]:
    """NIS by kind of report; nothing where tracks state no covariance."""
    found = nis(reports, sensors, scene.truth, scene.tracks, scene.table, scene.errors, flat=flat)
    parts = summarise_nis(found, reports)
    return dict(parts) if parts["all"]["n"] else {}


def _rms_position(errors: Errors, dimensions: int) -> float | None:
    square = errors.north_m**2 + errors.east_m**2
    if dimensions == 3:
        square += errors.height_m**2
    square = square[np.isfinite(square)]
    return float(np.sqrt(square.mean())) if square.size else None


def lag_s(errors: Errors, truth: Paths) -> float | None:
    """Time by which tracks lag behind the truth: what moves their along-track errors to zero.

    Least squares of the error along the track against the true speed, -sum(v a) / sum(v v), over
    all matched updates; None where nothing moves. A row that carries the time of its sending but
    the place of its measurement shows here; so does a filter that trails in acceleration.
    """
    state = latest(truth, errors.truth, errors.time_s)
    speed_mps = np.linalg.norm(truth.velocity_mps[state], axis=1)
    good = np.isfinite(errors.along_m) & (state >= 0)
    along_m, speed_mps = errors.along_m[good], speed_mps[good]
    power = float(speed_mps @ speed_mps)
    return 0.0 - float(along_m @ speed_mps) / power if power > 0.0 else None


def _data(scene: _Scene) -> dict[str, Any]:
    """Say what was compared."""
    has_tracks = scene.tracks.time_s.size > 0
    return {
        "objects": len(scene.truth.number),
        "truth_states": len(scene.truth.time_s),
        "truth_first_s": float(scene.truth.time_s.min()),
        "truth_last_s": float(scene.truth.time_s.max()),
        "tracks": len(scene.tracks.number),
        "track_states": len(scene.tracks.time_s),
        "tracks_first_s": float(scene.tracks.time_s.min()) if has_tracks else None,
        "tracks_last_s": float(scene.tracks.time_s.max()) if has_tracks else None,
        "instants": len(scene.found.time_s),
        "matched_updates": len(scene.errors.time_s),
    }


def _per_target(scene: _Scene, delay: Delay, names: Mapping[int, str]) -> list[dict[str, Any]]:
    """Figures of every object, in the order of their numbers."""
    truth, found, match = scene.truth, scene.found, scene.match
    n = len(truth.number)
    rms = by_target(scene.errors, truth)
    stretch = runs(found, match)
    changes = np.bincount(stretch.truth[breaks(stretch)], minlength=n)
    seen = np.bincount(found.truth, minlength=n)
    held = np.bincount(found.truth, match.truth >= 0, minlength=n)
    nees = position_nees(scene.errors, scene.table) / 2.0
    stated = np.isfinite(nees)
    counts = np.bincount(scene.errors.truth[stated], minlength=n)
    total = np.bincount(scene.errors.truth[stated], nees[stated], minlength=n)
    first_s, last_s = truth.time_s[truth.first[:-1]], truth.time_s[truth.first[1:] - 1]
    return [
        {
            "target": int(number),
            "name": names.get(int(number)) or _address(scene.addresses[i]),
            "class": CLASSES[max(int(scene.target_class[i]), 0)],
            "first_time_s": float(first_s[i]),
            "last_time_s": float(last_s[i]),
            "updates": int(rms["n"][i]),
            "rms_position_m": _number(rms["horizontal_m"][i]),
            "rms_height_m": _number(rms["height_m"][i]),
            "rms_velocity_mps": _number(rms["velocity_mps"][i]),
            "nees": float(total[i] / counts[i]) if counts[i] else None,
            "completeness": float(held[i] / seen[i]) if seen[i] else None,
            "breaks": int(changes[i]),
            "delay_s": _number(delay.delay_s[i]),
        }
        for i, number in enumerate(truth.number)
    ]


def _address(icao: np.int64) -> str:
    return f"{icao:06X}" if icao >= 0 else ""


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _updates(scene: _Scene, *, flat: bool) -> Updates:
    errors, table = scene.errors, scene.table
    scale = 1.0 if flat else DEGREE
    return Updates(
        errors.time_s,
        horizontal_m(errors),
        position_nees(errors, table) / 2.0,
        table.lon_rad[errors.row] / scale,
        table.lat_rad[errors.row] / scale,
        scene.target_class[errors.truth],
    )
