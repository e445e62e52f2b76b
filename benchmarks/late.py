"""Reports that come late: ``python -m benchmarks.late``.

Two scenes: one slow radar (10 s a turn, no other sensor), and the four radars of
`benchmarks.tracking`. A share of the reports arrives 1 to 10 s late, the rest at once. The picture
is judged live, as it stands at each instant:

- in order: nothing is late, what could be had;
- again: at each instant a new tracker gets all that has arrived by then in order, the exact
  reference for what can be done with late reports (at a tenth of the instants);
- late: as shipped;
- back: late reports are met by the tracks' backward motion alone, as the first version did;
- ignored: late reports are left out.

GOSPA (c = 2 km, p = 2, horizontal) per instant, RMS of true tracks, NEES of their updates. The
difference to the picture in order is taken seed by seed, with its 95 % interval over seeds.
"""

import json
import sys
import time
from typing import NamedTuple

import msgspec
import numpy as np
from benchmarks import tracking as scene

from skypact.config import Sensor, sensor_table
from skypact.evaluate.gospa import gospa
from skypact.evaluate.samples import Samples
from skypact.model.reports import ReportBatch, take_reports
from skypact.model.tracking import CONFIRMED, STATE, STATE_TIME, TrackTable
from skypact.model.tracks import concat_rows
from skypact.track.params import TrackerParams
from skypact.track.tracker import Tracker

SECONDS = 200
FROM_S = 40
"""Judged from here on."""
STEP_S = 0.5
EVERY = 20
"""Of the instants, one in so many is made again from scratch."""
CUT_M = 2_000.0
SHIPPED = TrackerParams(capacity=4096)
CASES = {
    "late": SHIPPED,
    "back": TrackerParams(capacity=4096, late_s=100.0),
    "ignored": TrackerParams(capacity=4096, late_max_s=1e-3),
}


class Scene(NamedTuple):
    """Flights, reports in order of time, and what the sensors are."""

    truth: scene.Truth
    sensors: list[Sensor]
    reports: ReportBatch


class Picture(NamedTuple):
    """Live pictures at all instants, and the run."""

    points: list[np.ndarray]
    """Horizontal places of confirmed tracks (k, 2) at each instant."""
    run: scene.Run


def make(kind: str, seed: int) -> Scene:
    """Make one of the scenes."""
    rng = np.random.default_rng(seed)
    sensors = scene.radars(scene.REACH_M)
    n, half_m = 150, scene.HALF_SIDE_M
    if kind == "one slow radar":
        sensors = [msgspec.structs.replace(sensors[0], period_s=10.0, lat=48.0, lon=17.0)]
        n, half_m = 60, 120e3
    truth = scene.fly(n, SECONDS, half_m, rng)
    reports, _ = scene.plots(sensors, truth, SECONDS, rng)
    return Scene(truth, sensors, reports)


def level_axes() -> np.ndarray:
    """East and north (2, 3) in the middle of the scene."""
    lat, lon = scene.LAT, scene.LON
    east = [-np.sin(lon), np.cos(lon), 0.0]
    north = [-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)]
    return np.array([east, north])


AXES = level_axes()


def seen(tracks: TrackTable, now_s: float) -> np.ndarray:
    """Horizontal places of confirmed tracks at an instant."""
    row = np.flatnonzero(tracks.tag[:, STATE] == CONFIRMED)
    age = now_s - tracks.num[row, STATE_TIME]
    return (tracks.pos[row] + age[:, None] * tracks.vel[row]) @ AXES.T


def run(
    made: Scene, arrival_s: np.ndarray, params: TrackerParams, until_s: float = SECONDS
) -> Picture:
    """Feed reports by arrival; the picture after each step."""
    tracker = Tracker(sensor_table(made.sensors), params)
    order = np.argsort(arrival_s, kind="stable")
    edges = np.searchsorted(arrival_s[order], np.arange(1, round(until_s / STEP_S) + 1) * STEP_S)
    rows, points, first = [], [], 0
    track_of = np.full(len(arrival_s), -1, np.int64)
    for k, last in enumerate(edges.tolist()):
        now_s = (k + 1) * STEP_S
        events = tracker.step(take_reports(made.reports, order[first:last]), now_s)
        first = last
        rows.append(events.rows)
        track_of[order[events.report_index]] = events.report_track
        points.append(seen(tracker.tracks, now_s))
    return Picture(points, scene.Run(concat_rows(rows), track_of, 0.0, tracker.n_confirmed))


def again(made: Scene, arrival_s: np.ndarray, until_s: float) -> np.ndarray:
    """Return the picture at an instant of all that has arrived, in order."""
    here = arrival_s <= until_s
    known = made._replace(reports=take_reports(made.reports, here))
    return run(known, known.reports.time_s, SHIPPED, until_s).points[-1]


def judged(made: Scene, points: list[np.ndarray], steps: list[int]) -> np.ndarray:
    """GOSPA and RMS of the matched (2, T) of the pictures after these steps."""
    n = made.truth.lat.shape[1]
    now = [(k + 1) * STEP_S for k in steps]
    true = [scene.at(made.truth, np.full(n, t), np.arange(n)) @ AXES.T for t in now]
    found = gospa(samples_of(np.array(now), true, points), c_m=CUT_M, p=2.0)
    return np.array([found.total, np.sqrt(found.localisation / np.maximum(1, found.n_matched))])


def samples_of(now: np.ndarray, true: list[np.ndarray], found: list[np.ndarray]) -> Samples:
    """Put instants together as the metric wants them; it reads places alone."""
    places, firsts, numbers = [], [], []
    for part in (true, found):
        joined = np.concatenate(part)
        places.append(np.column_stack([joined, np.zeros(len(joined))]))
        firsts.append(np.concatenate([[0], np.cumsum([len(p) for p in part])]))
        numbers.append(np.concatenate([np.arange(len(p)) for p in part]))
    none = [np.zeros_like(place) for place in places]
    return Samples(
        now, firsts[0], numbers[0], places[0], none[0], none[0],
        firsts[1], numbers[1], places[1], none[1], numbers[1],
    )  # fmt: skip


def compare(kind: str, share: float, seed: int) -> dict[str, dict[str, float]]:
    """Figures of all ways with one seed."""
    made = make(kind, seed)
    rng = np.random.default_rng([seed, 1])
    n = len(made.reports.time_s)
    wait_s = np.where(rng.random(n) < share, rng.uniform(1.0, 10.0, n), 0.0)
    arrival_s = made.reports.time_s + wait_s
    steps = [k for k in range(round(SECONDS / STEP_S)) if (k + 1) * STEP_S > FROM_S]
    some = steps[EVERY // 2 :: EVERY]
    out = {}
    ways = {"in order": (made.reports.time_s, SHIPPED)}
    ways |= {name: (arrival_s, params) for name, params in CASES.items()}
    for name, (arrives_s, params) in ways.items():
        begun = time.process_time()
        picture = run(made, arrives_s, params)
        took_s = time.process_time() - begun
        total, rms = judged(made, [picture.points[k] for k in steps], steps)
        few, few_rms = judged(made, [picture.points[k] for k in some], some)
        found = scene.accuracy(picture.run, made.truth, made.reports.target)
        out[name] = {
            "gospa": total.mean(), "rms": rms.mean(), "few": few.mean(), "few_rms": few_rms.mean(),
            "nees": found["nees"], "inside": found["inside_all"], "took": took_s,
        }  # fmt: skip
    points = [again(made, arrival_s, (k + 1) * STEP_S) for k in some]
    few, few_rms = judged(made, points, some)
    out["again"] = {"few": few.mean(), "few_rms": few_rms.mean()}
    return out


def line(name: str, value: float, unit: str, peer: str = "", ratio: float | None = None) -> None:
    """Print one figure."""
    row = {"name": name, "value": value, "unit": unit, "peer": peer or None, "ratio": ratio}
    print(json.dumps(row), flush=True)


def against(found: list[dict], name: str, key: str, base: str) -> tuple[float, float]:
    """Mean over seeds of the relative excess over another way, percent, and its 95 % half width."""
    excess = np.array([100.0 * (f[name][key] / f[base][key] - 1.0) for f in found])
    return float(excess.mean()), float(1.96 * excess.std(ddof=1) / np.sqrt(len(excess)))


def study(kind: str, share: float, seeds: range) -> None:
    """Print the figures of one scene."""
    found = [compare(kind, share, seed) for seed in seeds]
    title = f"{kind}, {100 * share:g} % late"
    for name in ("in order", *CASES):
        mean = {key: float(np.mean([f[name][key] for f in found])) for key in found[0][name]}
        excess, width = against(found, name, "gospa", "in order")
        line(f"{title}: {name}: GOSPA", round(mean["gospa"], 1), "m",
             f"in order, {excess:+.2f} % +- {width:.2f}", round(1 + excess / 100, 4))  # fmt: skip
        excess, width = against(found, name, "few", "again")
        line(f"{title}: {name}: GOSPA at some instants", round(mean["few"], 1), "m",
             f"again, {excess:+.2f} % +- {width:.2f}", round(1 + excess / 100, 4))  # fmt: skip
        line(f"{title}: {name}: RMS error", round(mean["rms"], 1), "m")
        line(f"{title}: {name}: NEES/2", round(mean["nees"], 2), "", "1 expected")
        line(f"{title}: {name}: inside the stated 95 %", round(100 * mean["inside"], 1), "%")
        line(f"{title}: {name}: processor time", round(mean["took"], 2), "s")


def main(words: list[str]) -> None:
    """Measure both scenes; the seeds are as many as the first word says."""
    seeds = range(100, 100 + (int(words[0]) if words else 10))
    for kind in ("one slow radar", "four radars"):
        for share in (0.05, 0.3):
            study(kind, share, seeds)


if __name__ == "__main__":
    main(sys.argv[1:])
