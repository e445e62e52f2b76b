"""Reports a second that one core tracks, and how well: ``python -m benchmarks.tracking [SIZE...]``.

Four radars on the corners of a 150 km square turn in 4, 5, 6 and 8 s, detect 90 %, err by 50 m and
0.08 degrees, and add 20 false plots a turn. Aircraft start anywhere in a 300 km square at 90 to
250 m/s, fly level, and turn at 1.5 or 3 degrees a second a quarter of the time. Reports carry a
level in steps of 25 ft and no identity. 100,000 aircraft fly in a square wide enough for the
density of 10,000, before radars that reach as far. The configuration is the default one, but for
the room in the track table. Steps alone are timed, from the third turn on, in processor time so
that a busy machine counts less; the best of three runs. Memory is what the process holds more after
the last step than before the tracker was made (resident set, what is free given back both times;
the scene is there before and after), without the rows that this benchmark keeps; the most of all
runs. Beside it the most that the process ever held: reports, truth and smaller sizes before are in
that.

Bars (DESIGN 11): 100,000 reports/s, aimed at 300,000; a report among 100,000 aircraft at most 1.5
times the cost of one among 1,000; less than 1.5 GiB.

Errors are horizontal, of confirmed tracks older than 30 s, at every update. A track belongs to the
aircraft that most of its reports came from. Straight: no turn in the last 30 s.
"""

import ctypes
import json
import resource
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from skypact.config import Sensor, sensor_table
from skypact.geo.geoid import undulation_m
from skypact.kernels.geodesy import ecef_from_geodetic, enu_axes, polar_from_ecef
from skypact.model.reports import (
    PSR,
    SSR,
    ReportBatch,
    concat_reports,
    empty_reports,
    take_reports,
)
from skypact.model.tracks import TrackRows, concat_rows, take_rows
from skypact.track.params import TrackerParams
from skypact.track.tracker import Tracker
from skypact.units import DEGREE, FOOT

SECONDS = {100: 600, 1_000: 300, 10_000: 120, 100_000: 40}
HALF_SIDE_M = 150e3
REACH_M = 300e3
FALSE_PLOTS = 20.0
DETECTED = 0.9
SIGMA_RANGE_M, SIGMA_AZIMUTH = 50.0, 0.08 * DEGREE
LAT, LON = 48.0 * DEGREE, 17.0 * DEGREE
EARTH_M = 6.371e6
WARM_S = 16
ROUNDS = 3
SETTLED_S = 30
LOST_M = 2_000.0
INSIDE_95 = 5.991
GOAL, FLOOR = 300_000, 100_000
MOST_RATIO, MOST_MIB = 1.5, 1_536


class Truth(NamedTuple):
    """Where every aircraft is at every whole second, (seconds, n)."""

    lat: np.ndarray
    lon: np.ndarray
    level_m: np.ndarray
    ecef: np.ndarray
    straight: np.ndarray
    """Seconds since the last turn."""


def fly(n: int, seconds: int, half_m: float, rng: np.random.Generator) -> Truth:
    """Aircraft that fly straight and now and then turn."""
    lat = LAT + rng.uniform(-half_m, half_m, n) / EARTH_M
    lon = LON + rng.uniform(-half_m, half_m, n) / EARTH_M / np.cos(lat)
    level_m, speed = rng.uniform(2_000, 11_000, n), rng.uniform(90, 250, n)
    heading, rate, straight = rng.uniform(0, 2 * np.pi, n), np.zeros(n), np.full(n, 1e3)
    places = np.empty((3, seconds + 2, n))
    ecef = np.empty((seconds + 2, n, 3))
    for k in range(seconds + 2):
        places[:, k] = lat, lon, straight
        ecef_from_geodetic(lat, lon, level_m + undulation_m(lat, lon), ecef[k])
        begin = (rate == 0) & (rng.random(n) < 1 / 90)
        over = (rate != 0) & (rng.random(n) < 1 / 30)
        rate[begin] = rng.choice([-3, -1.5, 1.5, 3], begin.sum()) * DEGREE
        rate[over] = 0.0
        straight = np.where(rate == 0, straight + 1, 0.0)
        heading = heading + rate
        lat = lat + speed * np.cos(heading) / (EARTH_M + level_m)
        lon = lon + speed * np.sin(heading) / (EARTH_M + level_m) / np.cos(lat)
    return Truth(places[0], places[1], level_m, ecef, places[2])


def radars(reach_m: float) -> list[Sensor]:
    """The four radars."""
    return [
        Sensor(
            name=f"r{i}",
            lat=48.0 + north,
            lon=17.0 + east,
            height_m=300.0,
            period_s=period_s,
            range_max_m=reach_m,
            sigma_range_m=SIGMA_RANGE_M,
            sigma_azimuth_deg=SIGMA_AZIMUTH / DEGREE,
            p_detection=DETECTED,
            clutter_per_scan=FALSE_PLOTS,
        )
        for i, (north, east, period_s) in enumerate(
            [(-0.7, -1.0, 4.0), (0.7, -1.0, 5.0), (-0.7, 1.0, 6.0), (0.7, 1.0, 8.0)]
        )
    ]


def at(truth: Truth, time_s: np.ndarray, aircraft: np.ndarray) -> np.ndarray:
    """ECEF position (m, 3) of aircraft (m,) at times (m,)."""
    k = np.clip(time_s.astype(int), 0, len(truth.ecef) - 2)
    share = (time_s - k)[:, None]
    return truth.ecef[k, aircraft] * (1 - share) + truth.ecef[k + 1, aircraft] * share


def plots(
    sensors: list[Sensor], truth: Truth, seconds: int, rng: np.random.Generator
) -> tuple[ReportBatch, float]:
    """All radars' reports in order of time, and the sum of squared errors per true plot."""
    table = sensor_table(sensors)
    n = truth.lat.shape[1]
    everyone = np.arange(n)
    batches, squares, n_true = [], 0.0, 0
    for s, period in enumerate(table.period_s):
        place = table.lat_rad[s : s + 1], table.lon_rad[s : s + 1]
        site, axes = np.empty((1, 3)), np.empty((1, 3, 3))
        ecef_from_geodetic(*place, table.height_m[s : s + 1], site)
        enu_axes(*place, axes)
        polar = np.empty((n, 3))
        for turn in range(int(seconds / period)):
            time_s = np.full(n, turn * period)
            for _ in range(2):
                polar_from_ecef(at(truth, time_s, everyone), site[0], axes[0], polar)
                time_s = (turn + polar[:, 1] % (2 * np.pi) / (2 * np.pi)) * period
            seen = np.flatnonzero((rng.random(n) < DETECTED) & (polar[:, 0] < table.range_max_m[s]))
            noise = rng.normal(size=(2, len(seen)))
            batch = empty_reports(len(seen))
            batch.time_s[:], batch.target[:] = time_s[seen], seen
            batch.range_m[:] = polar[seen, 0] + SIGMA_RANGE_M * noise[0]
            batch.azimuth_rad[:] = polar[seen, 1] + SIGMA_AZIMUTH * noise[1]
            batch.baro_altitude_m[:] = np.rint(truth.level_m[seen] / (25 * FOOT)) * 25 * FOOT
            batch.sensor[:], batch.kind[:] = s, SSR
            across = polar[seen, 0] * np.cos(polar[seen, 2]) * SIGMA_AZIMUTH * noise[1]
            squares += float((across**2 + (SIGMA_RANGE_M * noise[0]) ** 2).sum())
            n_true += len(seen)
            batches += [batch, false_plots(s, turn * period, period, table.range_max_m[s], rng)]
    reports = concat_reports(batches)
    order = np.argsort(reports.time_s, kind="stable")
    return take_reports(reports, order), float(np.sqrt(squares / n_true))


def false_plots(
    s: int, start_s: float, period_s: float, reach_m: float, rng: np.random.Generator
) -> ReportBatch:
    """Plots of nothing in one turn, even in range and azimuth."""
    batch = empty_reports(rng.poisson(FALSE_PLOTS))
    share = rng.random(len(batch.time_s))
    batch.time_s[:], batch.azimuth_rad[:] = start_s + share * period_s, share * 2 * np.pi
    batch.range_m[:] = rng.uniform(0, reach_m, len(share))
    batch.sensor[:], batch.kind[:] = s, PSR
    return batch


class Run(NamedTuple):
    """What the tracker made of the reports, and how long it took after the warm-up."""

    rows: TrackRows
    track_of: np.ndarray
    rate: float
    n_live: int
    held_mib: float = np.nan
    """What the tracker takes; NaN where it was not measured."""


def resident_mib() -> float:
    """Return what the process holds in memory, what is free given back (Linux with glibc)."""
    ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def track(sensors: list[Sensor], reports: ReportBatch, n: int, seconds: int, step_s: float) -> Run:
    """Track all reports in steps of `step_s`."""
    steps = round(seconds / step_s)
    edges = np.searchsorted(reports.time_s, np.arange(steps + 1) * step_s)
    batches = [take_reports(reports, slice(*edges[k : k + 2])) for k in range(steps)]
    rows, track_of = [], np.full(len(reports.time_s), -1, np.int64)
    before_mib = resident_mib()
    tracker = Tracker(sensor_table(sensors), TrackerParams(capacity=max(4_096, 2 * n)))
    begun = done = 0.0
    warm = round(WARM_S / step_s)
    for k, batch in enumerate(batches):
        if k == warm:
            begun = time.process_time()
        events = tracker.step(batch, (k + 1) * step_s)
        rows.append(events.rows)
        track_of[events.report_index] = events.report_track
    done = time.process_time()
    kept_mib = sum(column.nbytes for part in rows for column in part) / 2**20
    held_mib = resident_mib() - before_mib - kept_mib
    n_live = tracker.n_confirmed
    last = tracker.flush()
    rows.append(last.rows)
    track_of[last.report_index] = last.report_track
    rate = (edges[-1] - edges[warm]) / (done - begun)
    return Run(concat_rows(rows), track_of, rate, n_live, held_mib)


def owners(run: Run, target: np.ndarray) -> np.ndarray:
    """Aircraft of every track by number, -1 where most reports are false."""
    used = run.track_of >= 0
    pairs, count = np.unique(
        np.column_stack([run.track_of, target])[used], axis=0, return_counts=True
    )
    owner = np.full(int(run.rows.track.max(initial=0)) + 1, -1)
    best = np.zeros(len(owner))
    for (number, aircraft), n in zip(pairs.tolist(), count.tolist(), strict=True):
        if number < len(owner) and n > best[number]:
            owner[number], best[number] = aircraft, n
    return owner


def accuracy(run: Run, truth: Truth, target: np.ndarray) -> dict[str, float]:
    """Errors of confirmed, settled tracks against what they state."""
    owner = owners(run, target)
    rows = run.rows
    use = (rows.confirmed == 1) & (rows.age_s > SETTLED_S)
    false = float((owner[rows.track[use]] < 0).mean())
    rows = take_rows(rows, use)
    rows = take_rows(rows, owner[rows.track] >= 0)
    aircraft = owner[rows.track]
    k = np.clip(rows.time_s.astype(int), 0, len(truth.lat) - 2)
    share = rows.time_s - k
    lat, lon, straight_s = (
        a[k, aircraft] * (1 - share) + a[k + 1, aircraft] * share
        for a in (truth.lat, truth.lon, truth.straight)
    )
    height = truth.level_m[aircraft]
    north = (rows.lat_rad - lat) * (EARTH_M + height)
    east = (rows.lon_rad - lon) * (EARTH_M + height) * np.cos(lat)
    error = np.hypot(north, east)
    a, b = north / rows.sigma_n_m, east / rows.sigma_e_m
    nees = (a**2 - 2 * rows.corr_ne * a * b + b**2) / (1 - rows.corr_ne**2)
    good = error < LOST_M
    straight = good & (straight_s >= SETTLED_S)
    turning = good & (straight_s < 1)
    return {
        "rms": float(np.sqrt((error[good] ** 2).mean())),
        "rms_straight": float(np.sqrt((error[straight] ** 2).mean())),
        "nees_straight": float(nees[straight].mean() / 2),
        "nees_turning": float(nees[turning].mean() / 2),
        "nees": float(nees[good].mean() / 2),
        "inside": float((nees[straight] < INSIDE_95).mean()),
        "inside_all": float((nees < INSIDE_95).mean()),
        "lost": float((~good).mean()),
        "false": false,
    }


def line(name: str, value: float, unit: str, peer: str = "", ratio: float | None = None) -> None:
    """Print one figure."""
    row = {"name": name, "value": value, "unit": unit, "peer": peer or None, "ratio": ratio}
    print(json.dumps(row), flush=True)


def study(n: int, cost: dict[tuple[int, float], float]) -> None:
    """Measure one size; `cost` gathers seconds per report."""
    wide = max(1.0, np.sqrt(n / 10_000))
    seconds = SECONDS[n]
    rng = np.random.default_rng(n)
    truth = fly(n, seconds, HALF_SIDE_M * wide, rng)
    sensors = radars(REACH_M * wide)
    reports, raw_m = plots(sensors, truth, seconds, rng)
    name = f"{n:,} aircraft"
    own_mib = 0.0
    for step_s in (0.5, 0.1):
        runs = [track(sensors, reports, n, seconds, step_s) for _ in range(ROUNDS)]
        rate = max(run.rate for run in runs)
        own_mib = max(own_mib, *(run.held_mib for run in runs))
        cost[n, step_s] = 1 / rate
        line(f"{name}, steps of {step_s} s", round(rate), "reports/s",
             f"floor {FLOOR:,}, goal {GOAL:,}", round(rate / GOAL, 2))  # fmt: skip
        if (1_000, step_s) in cost and n > 1_000:
            ratio = cost[n, step_s] / cost[1_000, step_s]
            line(f"{name}, steps of {step_s} s: cost per report", round(1e6 / rate, 2), "us",
                 f"1,000 aircraft, bar {MOST_RATIO:g}", round(ratio, 2))  # fmt: skip
    run = runs[-1]
    line(f"{name}: confirmed tracks at the end", run.n_live, "tracks", f"{n:,} aircraft",
         round(run.n_live / n, 3))  # fmt: skip
    line(f"{name}: memory of the tracker", round(own_mib), "MiB", f"bar {MOST_MIB:,}",
         round(own_mib / MOST_MIB, 2))  # fmt: skip
    most_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    line(f"{name}: most that the process held, the scene included", round(most_mib), "MiB")
    if seconds <= SETTLED_S + WARM_S:
        return
    found = accuracy(run, truth, reports.target)
    line(f"{name}: RMS error", round(found["rms"], 1), "m", f"raw plots, {raw_m:.0f} m",
         round(found["rms"] / raw_m, 2))  # fmt: skip
    line(f"{name}: RMS error, straight", round(found["rms_straight"], 1), "m",
         f"raw plots, {raw_m:.0f} m", round(found["rms_straight"] / raw_m, 2))  # fmt: skip
    for key, what in (("nees_straight", "straight"), ("nees_turning", "turning"), ("nees", "all")):
        line(f"{name}: NEES/2, {what}", round(found[key], 2), "", "1 expected")
    line(f"{name}: inside the stated 95 % ellipse, straight", round(100 * found["inside"], 1), "%")
    line(f"{name}: the same, all", round(100 * found["inside_all"], 1), "%")
    line(f"{name}: updates over 2 km off", round(100 * found["lost"], 2), "%")
    line(f"{name}: updates of false tracks", round(100 * found["false"], 3), "%")


def main(sizes: list[int]) -> None:
    """Measure the sizes in turn; a short run first compiles."""
    rng = np.random.default_rng(0)
    sensors = radars(REACH_M)
    truth = fly(50, 20, HALF_SIDE_M, rng)
    track(sensors, plots(sensors, truth, 20, rng)[0], 50, 20, 0.5)
    cost: dict[tuple[int, float], float] = {}
    for n in sizes:
        study(n, cost)


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [100, 1_000, 10_000])
