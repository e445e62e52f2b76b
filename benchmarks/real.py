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

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from benchmarks._flown import flights, handed
from benchmarks._tracked import Played, line, track

from skypact.cli.intake import Intake
from skypact.decode.asterix.fields import Extras
from skypact.decode.asterix.reports import Decoder
from skypact.kernels.geodesy import MEAN_RADIUS_M
from skypact.model.reports import ReportBatch
from skypact.model.site import Site
from skypact.record.replay import arriving_by_own_time, withhold
from skypact.sources.file import FileSource
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
SHORT_S = 20.0
FEWEST = 5
"""Aircraft of fewer plots are not counted, nor are runs of fewer reports of one object."""
NEAR_M, SOON_S = 60.0, 0.6


def recording(
    folder: Path,
    names: tuple[str, ...],
    sites: tuple[Site, ...],
    date_s: float,
    withheld: tuple[str, ...] = (),
) -> Played:
    """Read recordings and track them; what is withheld from the tracker is in the reports."""
    intake = Intake(None, list(sites), date_s)
    reports = intake.read([folder / name for name in names], date_s)
    reports, _ = arriving_by_own_time(reports)
    return track(withhold(reports, withheld), list(intake.sensors))._replace(reports=reports)


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


def downlinked(path: Path, date_s: float) -> Extras:
    """What the aircraft themselves report, plot by plot in order of arrival."""
    decoded = Decoder(date_s=date_s, with_extras=True).decode(FileSource(path).read().packets)
    order = np.argsort(decoded.reports.received_ns, kind="stable")
    return type(decoded.extras)(*(column[order] for column in decoded.extras))


def delays(played: Played, runs: list[np.ndarray]) -> np.ndarray:
    """Time from the first plot of each run to its first confirmed row, seconds."""
    rows, found = played.rows, []
    for run in runs:
        own = np.isin(rows.track, played.track_of[run]) & (rows.confirmed == 1)
        later = rows.time_s[own & (rows.time_s >= played.reports.time_s[run[0]])]
        found.append(later.min() - played.reports.time_s[run[0]] if later.size else np.inf)
    return np.array(found)


def hour(folder: Path) -> None:
    """A terminal radar's hour, with and without identity."""
    name, date_s = HOUR
    down = downlinked(folder / name, date_s)
    for title, withheld in (
        ("terminal radar's hour", ("velocity", "track_number")),
        ("the same without identity",
         ("velocity", "track_number", "icao", "callsign", "mode3a")),
    ):  # fmt: skip
        played = recording(folder, (name,), (HOUR_SITE,), date_s, withheld)
        reports = played.reports
        use = (reports.coast == 0) & (reports.icao >= 0)
        whole = list(runs_of(played, reports.icao, use, np.inf))
        short = list(runs_of(played, reports.icao, use, SHORT_S))
        line(f"{title}: aircraft with a confirmed track",
             sum(breaks_in(played, run) is not None for run in whole), "",
             f"of {len(whole)}")  # fmt: skip
        changes = np.array([breaks_in(played, run) or 0 for run in short])
        line(f"{title}: stretches without a gap over 20 s in which the track changes",
             np.count_nonzero(changes), "", f"of {len(short)}")  # fmt: skip
        line(f"{title}: aircraft with such a change",
             len({int(reports.icao[short[i][0]]) for i in np.flatnonzero(changes)}), "",
             f"of {len(whole)}")  # fmt: skip
        line(f"{title}: tracks that mix two addresses", mixed(played))
        coasts = reports.coast == 1
        line(f"{title}: extrapolated plots that updated a track",
             np.count_nonzero(played.track_of[coasts] >= 0), "", f"of {coasts.sum()}")  # fmt: skip
        late = delays(played, whole)
        line(f"{title}: first plot to confirmation, median", np.median(late), "s")
        speed, angle = against_downlink(played, down)
        peer = f"BDS 5,0, {len(speed):,} plots"
        line(f"{title}: ground speed, median difference", np.median(speed), "kt", peer)
        line(f"{title}: ground speed, 90 % of differences", np.quantile(speed, 0.9), "kt", peer)
        line(f"{title}: track angle, median difference", np.median(angle), "deg", peer)


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
