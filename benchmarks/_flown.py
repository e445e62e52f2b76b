"""Recorded flights under simulated radars: two parts of `benchmarks.real`."""

import contextlib
import io
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks._tracked import line, track
from benchmarks.peers.scenes import PeerScene, read_scene

from skypact.cli import main as skypact
from skypact.config import Sensor
from skypact.evaluate.evaluation import evaluate
from skypact.evaluate.params import EvaluateParams
from skypact.model.reports import (
    POSITION,
    TRACK,
    ReportBatch,
    concat_reports,
    empty_reports,
    take_reports,
)
from skypact.model.tracks import TrackRows, take_rows

FLIGHTS = "traffic/quickstart.json.gz"
SEEDS = (1, 2, 3)
HANDED_S = 5.0
"""A unit hands its tracks on this often."""

RADAR = """
[[sensor]]
name = "{name}"
member = "fr"
sac = 8
sic = {sic}
lat = {lat}
lon = {lon}
height_m = {height_m}
range_max_m = {range_max_m}
period_s = {period_s}
sigma_range_m = {sigma_range_m}
sigma_azimuth_deg = 0.08
p_detection = 0.96
clutter_per_scan = 20.0

[radar."{name}"]
primary = true
primary_range_m = 111120.0
"""
RADARS = (
    ("North", 49.01, 2.53, 180.0, 148_160.0, 4.0, 40.0),
    ("South", 48.71, 2.37, 150.0, 148_160.0, 4.0, 40.0),
    ("East", 48.40, 3.90, 330.0, 370_400.0, 8.0, 50.0),
    ("West", 48.90, 0.90, 300.0, 370_400.0, 10.0, 50.0),
)
SCENE = """
title = "Paris, recorded flights under four radars"
start_s = 1633608000.0
duration_s = 1800.0

[air]
undulation_m = 44.5
ground_m = 130.0

[[recorded]]
file = "{file}"
skip_s = 7200.0
adsb = 0.0

[[member]]
name = "fr"
"""


def simulated(folder: Path, seed: int) -> PeerScene:
    """Recorded flights under four radars."""
    names = ("name", "lat", "lon", "height_m", "range_max_m", "period_s", "sigma_range_m")
    text = SCENE.format(file=(folder / FLIGHTS).resolve())
    for sic, radar in enumerate(RADARS, 1):
        text += RADAR.format(sic=sic, **dict(zip(names, radar, strict=True)))
    with tempfile.TemporaryDirectory() as out:
        path = Path(out) / "paris.toml"
        path.write_text(text, "utf-8")
        with contextlib.redirect_stdout(io.StringIO()):
            code = skypact(["simulate", str(path), "--seed", str(seed), "--out", out])
        if code:
            raise SystemExit(f"skypact simulate, seed {seed}, ended with {code}")
        return read_scene(Path(out))


def judged(scene: PeerScene, rows: TrackRows, *, floors: bool) -> dict[str, Any]:
    """Figures of `skypact evaluate`."""
    given = (scene.reports, scene.sensors) if floors else (None, None)
    return evaluate(
        rows, scene.truth, EvaluateParams(), flat=False, reports=given[0], sensors=given[1]
    ).figures


def flights(folder: Path) -> None:
    """Recorded flights under simulated radars, judged by what was flown."""
    for seed in SEEDS:
        scene = simulated(folder, seed)
        played = track(scene.reports, scene.sensors)
        made = judged(scene, played.rows, floors=True)
        title, nees = f"recorded flights over Paris, seed {seed}", made["consistency"]["position"]
        floor = made["floors"]
        known = floor["settled"]["clairvoyant_position_rms_m"]
        line(f"{title}: horizontal error, RMS", floor["settled"]["position_rms_m"], "m",
             f"associations known, {known:.3g} m")  # fmt: skip
        line(f"{title}: over that of a raw plot",
             floor["settled"]["position_rms_m"] / floor["raw_position_rms_m"])  # fmt: skip
        for phase in ("straight", "turn"):
            line(f"{title}: NEES/2, {phase}", nees[phase]["mean"], "", "1 is right")
        line(f"{title}: inside the stated 95 % ellipse", 100 * nees["all"]["inside_95"], "%", "95")
        line(f"{title}: GOSPA, mean", made["gospa"]["mean"], "m")
        line(f"{title}: completeness", 100.0 * made["completeness"], "%",
             f"{made['data']['objects']} flights")  # fmt: skip
        for name in ("breaks", "switches", "false_tracks"):
            line(f"{title}: {name.replace('_', ' ')}", made[name])
        line(f"{title}: never tracked", made["continuity"]["never_tracked"])


def handed_on(rows: TrackRows, sensor: int, kind: int) -> ReportBatch:
    """Confirmed tracks as reports of another sensor, one each `HANDED_S` and track."""
    rows = take_rows(rows, np.flatnonzero(rows.confirmed == 1))
    slot = np.floor(rows.time_s / HANDED_S)
    order = np.lexsort((rows.time_s, slot, rows.track))
    same = (np.diff(rows.track[order]) == 0) & (np.diff(slot[order]) == 0)
    rows = take_rows(rows, np.sort(order[np.append(~same, True)]))
    told = empty_reports(len(rows.time_s))
    told.time_s[:], told.sensor[:], told.kind[:] = rows.time_s, sensor, kind
    told.received_ns[:] = np.round(rows.time_s * 1e9).astype(np.int64)
    for name in ("lat_rad", "lon_rad", "vn_mps", "ve_mps", "icao", "mode3a"):
        getattr(told, name)[:] = getattr(rows, name)
    told.baro_altitude_m[:] = rows.baro_altitude_m
    told.sigma_m[:] = np.hypot(rows.sigma_n_m, rows.sigma_e_m) / np.sqrt(2.0)
    told.track_number[:] = rows.track
    return by_arrival(told)


def by_arrival(*parts: ReportBatch) -> ReportBatch:
    """All reports in order of arrival."""
    reports = concat_reports(list(parts))
    return take_reports(reports, np.argsort(reports.received_ns, kind="stable"))


def handed(folder: Path, seed: int = 1) -> None:
    """Tracks of two radars, handed to another unit."""
    scene = simulated(folder, seed)
    two = take_reports(scene.reports, scene.reports.sensor < 2)
    rest = take_reports(scene.reports, scene.reports.sensor >= 2)
    first = track(two, scene.sensors)
    other = Sensor(name="other unit", kind="tracker", period_s=HANDED_S)
    sensors = [*scene.sensors, other]
    told, naive = (handed_on(first.rows, len(scene.sensors), k) for k in (TRACK, POSITION))
    cases = {
        "its two radars alone": two,
        "its tracks alone": told,
        "its tracks alone, as measurements": naive,
        "the other two radars alone": rest,
        "the other two radars and its tracks": by_arrival(rest, told),
        "the other two radars and its tracks, as measurements": by_arrival(rest, naive),
        "the same two radars and its tracks": by_arrival(two, told),
        "the same two radars and its tracks, as measurements": by_arrival(two, naive),
    }
    for name, reports in cases.items():
        made = judged(scene, track(reports, sensors).rows, floors=False)
        nees, title = made["consistency"]["position"]["all"], f"handed on, seed {seed}, {name}"
        line(f"{title}: horizontal error, RMS", made["rms_position_m"], "m")
        line(f"{title}: NEES/2", nees["mean"], "", "1 is right, less is safe")
        line(f"{title}: inside the stated 95 % ellipse", 100.0 * nees["inside_95"], "%", "95")
        line(f"{title}: breaks and switches", made["breaks"] + made["switches"])
