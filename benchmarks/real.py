"""Real recordings and real flights: ``python -m benchmarks.real [DATA_DIR] [PART...]``.

`DATA_DIR` is the folder of the recordings (the one with ``asterix`` and ``traffic``); left out, it
is looked for beside the repository. All with the tracker's defaults. Parts:

- ``hour``: a terminal radar's hour, against what the aircraft themselves report (BDS 5,0);
- ``surface``: a surface radar and multilateration of one airport;
- ``tracks``: half an hour of an area-control tracker (CAT062) as the only source;
- ``flights``: recorded flights over Paris, smoothed (`simulate.recorded`), under four simulated
  radars, judged by what was flown; seeds 1 to 3;
- ``handed``: the same flights, seed 1; what two of the radars give is handed as another unit's
  tracks to a unit that has nothing else, the other two radars, or the same two.
"""

import contextlib
import io
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from benchmarks.peers.scenes import PeerScene, read_scene

from skypact.cli import main as skypact
from skypact.cli.intake import Intake
from skypact.config import Sensor, sensor_table
from skypact.decode.asterix.fields import Extras
from skypact.decode.asterix.reports import Decoder
from skypact.evaluate.evaluation import evaluate
from skypact.evaluate.params import EvaluateParams
from skypact.kernels.geodesy import MEAN_RADIUS_M
from skypact.model.reports import (
    POSITION,
    TRACK,
    ReportBatch,
    concat_reports,
    empty_reports,
    take_reports,
)
from skypact.model.site import Site
from skypact.model.tracks import TrackRows, concat_rows, take_rows
from skypact.record.replay import arriving_by_own_time, cut
from skypact.sources.file import FileSource
from skypact.track.tracker import Tracker
from skypact.units import DEGREE, KNOT

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
HOUR = ("asterix/230502-est-080001_BCN_60MN_08_09.ast", 1_682_985_600.0)
HOUR_SITE = Site(20, 129, 41.3006957, 2.1020582, 27.25)
SURFACE = ("asterix/201002-lebl-080001_smr.ast", "asterix/201002-lebl-080001_mlat.ast")
SURFACE_S = 1_601_596_800.0
SURFACE_SITES = (
    Site(0, 7, 41.295618, 2.095114, 75.0),
    Site(0, 107, 41.297062, 2.078447, 50.0),
)
TRACKS = "asterix/jade_cat062.ff"
FLIGHTS = "traffic/quickstart.json.gz"
SEEDS = (1, 2, 3)
SHORT_S = 20.0
FEWEST = 5
"""Aircraft of fewer plots are not counted, nor are runs of fewer reports of one object."""
NEAR_M, SOON_S = 60.0, 0.6
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


class Played(NamedTuple):
    """Reports and what the tracker made of them."""

    reports: ReportBatch
    track_of: np.ndarray
    """Track that each report updated or began, -1 none."""
    rows: TrackRows
    confirmed: np.ndarray
    """Numbers that were ever confirmed."""
    seconds: float


def line(name: str, value: float, unit: str = "", peer: str | None = None) -> None:
    """Print one figure."""
    shown = int(value) if float(value).is_integer() and abs(value) >= 1 else float(f"{value:.4g}")
    row = {"name": name, "value": shown, "unit": unit, "peer": peer, "ratio": None}
    print(json.dumps(row), flush=True)


def track(reports: ReportBatch, sensors: list[Sensor]) -> Played:
    """Run the tracker over reports in order of arrival."""
    tracker = Tracker(sensor_table(sensors))
    track_of = np.full(reports.time_s.size, -1, np.int64)
    rows = []
    begin = time.perf_counter()
    for part in cut(reports.received_ns):
        batch = take_reports(reports, slice(part.first, part.last))
        events = tracker.step(batch, part.now_s)
        track_of[events.report_index] = events.report_track
        rows.append(events.rows)
    events = tracker.flush()
    track_of[events.report_index] = events.report_track
    made = concat_rows([*rows, events.rows])
    confirmed = np.unique(made.track[made.confirmed == 1])
    return Played(reports, track_of, made, confirmed, time.perf_counter() - begin)


def recording(
    folder: Path, names: tuple[str, ...], sites: tuple[Site, ...], date_s: float
) -> Played:
    """Read recordings and track them."""
    intake = Intake(None, list(sites), date_s)
    reports = intake.read([folder / name for name in names], date_s)
    reports, _ = arriving_by_own_time(reports)
    return track(reports, list(intake.sensors))


def runs_of(
    played: Played, name: np.ndarray, use: np.ndarray, gap_s: float
) -> Iterator[np.ndarray]:
    """Runs of reports of one name without a longer gap, those of `FEWEST` and more."""
    reports = played.reports
    rows = np.flatnonzero(use)
    rows = rows[np.lexsort((reports.time_s[rows], name[rows]))]
    edge = (np.diff(name[rows]) != 0) | (np.diff(reports.time_s[rows]) > gap_s)
    for run in np.split(rows, np.flatnonzero(edge) + 1):
        if len(run) >= FEWEST:
            yield run


def breaks_in(played: Played, run: np.ndarray) -> int | None:
    """Changes of track within a run; None where no confirmed track took any of it."""
    taken = played.track_of[run]
    taken = taken[np.isin(taken, played.confirmed)]
    return int(np.count_nonzero(np.diff(taken))) if len(taken) else None


def mixed(played: Played) -> int:
    """Confirmed tracks that took reports of two addresses."""
    icao, track_of = played.reports.icao, played.track_of
    named = (icao >= 0) & np.isin(track_of, played.confirmed)
    pairs = np.unique(np.column_stack([track_of, icao])[named], axis=0)
    return int(np.count_nonzero(np.unique(pairs[:, 0], return_counts=True)[1] > 1))


def rows_of(played: Played) -> np.ndarray:
    """Row of the confirmed track at each report's own time, -1 where none (n,)."""
    rows = played.rows
    sure = np.flatnonzero(rows.confirmed == 1)
    place = dict(zip(zip(rows.time_s[sure], rows.track[sure], strict=True), sure, strict=True))
    keys = zip(played.reports.time_s, played.track_of, strict=True)
    return np.array([place.get(key, -1) for key in keys])


def against_downlink(played: Played, down: Extras) -> tuple[np.ndarray, np.ndarray]:
    """Differences of ground speed [kt] and angle [deg] from what the aircraft report."""
    rows, row = played.rows, rows_of(played)
    given = np.isfinite(down.ground_speed_mps) & np.isfinite(down.track_angle_rad) & (row >= 0)
    plot, row = np.flatnonzero(given), row[given]
    speed = np.hypot(rows.vn_mps[row], rows.ve_mps[row]) - down.ground_speed_mps[plot]
    angle = np.arctan2(rows.ve_mps[row], rows.vn_mps[row]) - down.track_angle_rad[plot]
    angle = (angle + np.pi) % (2 * np.pi) - np.pi
    return np.abs(speed) / KNOT, np.abs(angle) / DEGREE


def hour(folder: Path) -> None:
    """A terminal radar's hour."""
    name, date_s = HOUR
    played = recording(folder, (name,), (HOUR_SITE,), date_s)
    decoded = Decoder(date_s=date_s, with_extras=True).decode(
        FileSource(folder / name).read().packets
    )
    order = np.argsort(decoded.reports.received_ns, kind="stable")
    down = type(decoded.extras)(*(column[order] for column in decoded.extras))
    reports = played.reports
    use = (reports.coast == 0) & (reports.icao >= 0)
    count = np.unique(reports.icao[use], return_counts=True)[1]
    seen = [breaks_in(played, run) for run in runs_of(played, reports.icao, use, np.inf)]
    short = [breaks_in(played, run) for run in runs_of(played, reports.icao, use, SHORT_S)]
    coasts = reports.coast == 1
    speed, angle = against_downlink(played, down)
    title = "terminal radar's hour"
    line(f"{title}: aircraft with a confirmed track", sum(s is not None for s in seen), "",
         f"of {np.count_nonzero(count >= FEWEST)}")  # fmt: skip
    line(f"{title}: changes of track within stretches without a gap over 20 s",
         sum(s or 0 for s in short), "", f"{len(short)} stretches")  # fmt: skip
    line(f"{title}: tracks that mix two addresses", mixed(played))
    line(f"{title}: extrapolated plots that updated a track",
         np.count_nonzero(played.track_of[coasts] >= 0), "", f"of {coasts.sum()}")  # fmt: skip
    peer = f"BDS 5,0, {len(speed):,} plots"
    line(f"{title}: ground speed, median difference", np.median(speed), "kt", peer)
    line(f"{title}: ground speed, 90 % of differences", np.quantile(speed, 0.9), "kt", peer)
    line(f"{title}: track angle, median difference", np.median(angle), "deg", peer)
    line(f"{title}: tracking, compilation included", played.seconds, "s")


def plane_places(reports: ReportBatch, sensor: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of a surface sensor's plots, and their north and east of the radar (n, 2)."""
    row = np.flatnonzero((reports.sensor == sensor) & (reports.coast == 0))
    polar = reports.range_m[row, None] * np.column_stack(
        [np.cos(reports.azimuth_rad[row]), np.sin(reports.azimuth_rad[row])]
    )
    plane = np.column_stack([reports.y_m[row], reports.x_m[row]])
    place = np.where(np.isnan(polar), plane, polar)
    here, site = SURFACE_SITES[0], SURFACE_SITES[sensor]
    place[:, 0] += (site.lat_deg - here.lat_deg) * DEGREE * MEAN_RADIUS_M
    shrunk = np.cos(here.lat_deg * DEGREE)
    place[:, 1] += (site.lon_deg - here.lon_deg) * DEGREE * MEAN_RADIUS_M * shrunk
    known = np.isfinite(place[:, 0])
    order = np.argsort(reports.time_s[row[known]], kind="stable")
    return row[known][order], place[known][order]


def surface(folder: Path) -> None:
    """Surface radar and multilateration."""
    played = recording(folder, SURFACE, SURFACE_SITES, SURFACE_S)
    reports, track_of = played.reports, played.track_of
    (radar, at), (other, near) = (plane_places(reports, s) for s in (0, 1))
    first = np.searchsorted(reports.time_s[other], reports.time_s[radar] - SOON_S)
    last = np.searchsorted(reports.time_s[other], reports.time_s[radar] + SOON_S, "right")
    pairs = []
    for i in np.flatnonzero(last > first):
        distance = np.hypot(*(near[first[i] : last[i]] - at[i]).T)
        k = int(distance.argmin())
        if distance[k] < NEAR_M:
            pairs.append((radar[i], other[first[i] + k]))
    one, two = track_of[np.array(pairs)].T
    named = (reports.icao >= 0) & (track_of >= 0)
    both, n = np.unique(
        np.column_stack([track_of, reports.icao])[named], axis=0, return_counts=True
    )
    total, most = np.bincount(both[:, 0], n), np.zeros(both[:, 0].max() + 1)
    np.maximum.at(most, both[:, 0], n)
    title = "surface radar and multilateration"
    line(f"{title}: pairs of plots in one track", 100.0 * np.mean((one == two) & (one >= 0)), "%",
         f"{len(pairs):,} pairs")  # fmt: skip
    line(f"{title}: plots of another aircraft than their track's",
         100.0 * (total - most).sum() / total.sum(), "%")  # fmt: skip
    line(f"{title}: tracking, compilation included", played.seconds, "s")


def tracks(folder: Path) -> None:
    """Another tracker's tracks as the only source."""
    played = recording(folder, (TRACKS,), (), 0.0)
    reports, rows, row = played.reports, played.rows, rows_of(played)
    use = reports.coast == 0
    title = "area-control tracker as source"
    count = np.unique(reports.icao[use & (reports.icao >= 0)], return_counts=True)[1]
    seen = [breaks_in(played, r) for r in
            runs_of(played, reports.icao, use & (reports.icao >= 0), np.inf)]  # fmt: skip
    peer = f"of {np.count_nonzero(count >= FEWEST)}"
    line(f"{title}: addresses of five reports and more with a confirmed track",
         sum(s is not None for s in seen), "", peer)  # fmt: skip
    parts = {"with": reports.icao >= 0, "without": reports.icao < 0}
    for word, some in parts.items():
        runs = list(runs_of(played, reports.track_number, use & some, 60.0))
        found = [breaks_in(played, run) for run in runs]
        peer = f"{len(runs)} runs of its numbers"
        line(f"{title}: not shown, {word} address", found.count(None), "", peer)
        line(f"{title}: changes of track, {word} address", sum(f or 0 for f in found), "", peer)
    line(f"{title}: tracks that mix two addresses", mixed(played))
    explained = np.unique(played.track_of[use])
    line(f"{title}: confirmed tracks", len(played.confirmed), "",
         f"{len(np.unique(reports.track_number[use]))} numbers of its own")  # fmt: skip
    line(f"{title}: confirmed tracks without any report of its own",
         np.count_nonzero(~np.isin(played.confirmed, explained)))  # fmt: skip
    have = row >= 0
    north = (rows.lat_rad[row] - reports.lat_rad)[have] * MEAN_RADIUS_M
    east = (rows.lon_rad[row] - reports.lon_rad)[have] * MEAN_RADIUS_M
    off = np.hypot(north, east * np.cos(reports.lat_rad[have]))
    sigma = np.hypot(rows.sigma_n_m[row], rows.sigma_e_m[row])[have] / np.sqrt(2.0)
    line(f"{title}: distance from its own position, median", np.median(off), "m")
    line(f"{title}: distance from its own position, 99 %", np.quantile(off, 0.99), "m")
    line(f"{title}: stated error per axis, median", np.median(sigma), "m", "100 m, data sheet")
    line(f"{title}: stated error per axis, least", sigma.min(), "m", "100 m, data sheet")


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
    return told


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


PARTS: dict[str, Callable[[Path], None]] = {
    "hour": hour, "surface": surface, "tracks": tracks, "flights": flights, "handed": handed,
}  # fmt: skip


def main(arguments: list[str]) -> int:
    """Measure the parts named, or all."""
    names = [a for a in arguments if a in PARTS]
    folders = [Path(a) for a in arguments if a not in PARTS]
    folder = folders[0] if folders else DATA
    folder = folder.parent if folder.name == "asterix" else folder
    if not (folder / "asterix").is_dir():
        print(f"real: there are no recordings at {folder}; name their folder", file=sys.stderr)
        return 1
    for name in names or list(PARTS):
        PARTS[name](folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
