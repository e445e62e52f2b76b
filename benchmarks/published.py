"""Published multi-target scenes through the compiled tracker, beside their authors' figures.

Every run draws a truth and its reports of its own::

    python -m benchmarks.published --runs 100 --seed 2000
    python -m benchmarks.published williams15 --runs 20

The tracker is given what the authors' filters are given: births, survival, detection, clutter and
motion of the scene. Estimates are the tracks whose existence is above the scene's threshold, at
each scan, as soon as it has been stepped over. Authors' figures: SCENARIOS.md of the project, read
in their papers or made by their code under Octave; each on truths of its own.
"""

import argparse
import json
import math
import time
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from skypact.config import sensor_table
from skypact.evaluate.clairvoyant import clairvoyant_tracks, model_tracks
from skypact.evaluate.flatmodel import FlatModel, with_births
from skypact.evaluate.gospa import gospa
from skypact.evaluate.ospa import ospa
from skypact.evaluate.paths import track_paths, truth_paths
from skypact.evaluate.samples import Samples, samples
from skypact.model.reports import take_reports
from skypact.model.tracking import FADED, FREE, NUMBER, STATE, STATE_TIME, VISIBLE
from skypact.simulate import FlatScene, load_flat_scenario
from skypact.track.params import BirthSpot, TrackerParams
from skypact.track.tracker import Tracker

FIRST_SEED = 2000


class Scene(NamedTuple):
    """How a published scene is run and judged."""

    params: TrackerParams
    threshold: float
    """Existence above which a track is an estimate."""
    cut_m: float
    """Of both metrics."""
    peers: str
    """What the authors' filters reach."""


KNOWN = {
    "frame": "flat", "reorder_s": 0.0, "learn_sensors": False, "fade": 0.0, "reappear": 0.0,
    "loss": 0.0, "confirm_hits": 1, "confirm_at": 0.5, "drop_at": 1e-4, "drop_confirmed_at": 1e-4,
    "join_doubles": False, "gate": 12.0,
}  # fmt: skip
"""Of all scenes: objects are points that vanish at a rate and never fade, sensors are known."""
ONE_MODEL = {"start_turn": 0.0, "steady_s": 1e12}
"""Nearly constant velocity alone."""
VO_PLACES = ((0.1, 0.1), (400.0, -600.0), (-800.0, -200.0), (-200.0, 800.0))


def scenes() -> dict[str, Scene]:
    """Scenes by name, with the parameters of their publications."""
    spot = BirthSpot(x_m=100.0, y_m=100.0, sigma_m=150.0, sigma_mps=1.0, rate_hz=0.005, first=3.0)
    williams = TrackerParams(
        **KNOWN, **ONE_MODEL, cruise_accel_psd=0.02, birth_density_hz=0.0,
        death_hz=-math.log(0.99), birth_spots=(spot,),
    )  # fmt: skip
    spots = tuple(
        BirthSpot(x_m=x, y_m=y, sigma_m=10.0, sigma_mps=10.0, rate_hz=0.03, first=0.03)
        for x, y in VO_PLACES
    )
    vo = TrackerParams(
        **KNOWN, **ONE_MODEL, cruise_accel_psd=25.0, birth_density_hz=0.0,
        death_hz=-math.log(0.99), birth_spots=spots,
    )  # fmt: skip
    crossing = TrackerParams(
        **KNOWN | {"confirm_hits": 2}, births_per_scan=0.1, death_hz=-math.log(0.98) / 5.0
    )
    return {
        "williams15": Scene(
            williams, 0.4, 10.0, "RMS GOSPA: PMBM 2.93 (1.88 1.95 1.12) in 9.5 s a run, "
            "track-oriented PMB 3.10 (1.93 1.91 1.50) in 1.5 s, one truth",
        ),
        "vo-linear": Scene(
            vo, 0.5, 100.0, "OSPA: joint GLMB 11.8 (9.3 2.5) in 8.6 s a run",
        ),
        "crossing": Scene(
            crossing, 0.5, 500.0, "OSPA 68.7, GOSPA 167: nearest-neighbour JIPDA (NRL), 6 runs",
        ),
    }  # fmt: skip


def tracked(scene: FlatScene, params: TrackerParams, threshold: float) -> tuple[Samples, float]:
    """Estimates beside the truth at every scan, and the processor time of the steps."""
    tracker = Tracker(sensor_table(list(scene.sensors), flat=True), params)
    reports, times = scene.reports, scene.time_s
    edges = np.append(np.searchsorted(reports.time_s, times - 1e-6), len(reports.time_s))
    batches = [take_reports(reports, slice(a, b)) for a, b in pairwise(edges)]
    places, numbers = [], []
    spent_s = 0.0
    for batch, now_s in zip(batches, times.tolist(), strict=True):
        begin_s = time.process_time()
        tracker.step(batch, now_s)
        spent_s += time.process_time() - begin_s
        t = tracker.tracks
        real = t.num[:, VISIBLE] + t.num[:, FADED] > threshold
        rows = np.flatnonzero((t.tag[:, STATE] != FREE) & real)
        ahead_s = (now_s - t.num[rows, STATE_TIME])[:, None]
        places.append((t.pos[rows] + ahead_s * t.vel[rows]) * [1.0, 1.0, 0.0])
        numbers.append(t.tag[rows, NUMBER].copy())
    return beside(scene, places, numbers), spent_s


def beside(scene: FlatScene, places: list[np.ndarray], numbers: list[np.ndarray]) -> Samples:
    """Put estimates per scan beside the truth."""
    truth, times = scene.truth, scene.time_s
    first = np.searchsorted(truth.time_s, np.append(times - 1e-6, times[-1] + 1e-6))
    there = np.column_stack([truth.lon_rad, truth.lat_rad, np.zeros(len(truth.lon_rad))])
    found = np.concatenate(places)
    return Samples(
        time_s=times,
        truth_first=first.astype(np.int64),
        truth=truth.target.astype(np.int64),
        truth_place_m=there,
        truth_velocity_mps=np.zeros_like(there),
        up=np.tile([0.0, 0.0, 1.0], (len(there), 1)),
        track_first=np.cumsum([0, *(len(n) for n in numbers)]),
        track=np.concatenate(numbers),
        track_place_m=found,
        track_velocity_mps=np.zeros_like(found),
        track_row=np.arange(len(found)),
    )


def floor_m(scene: FlatScene, cut_m: float) -> float:
    """Mean squared localisation of a filter that is told which report is whose, square root."""
    model = scene.scenario.model
    truth = truth_paths(scene.truth, flat=True)
    if model.birth:
        births = [np.array([getattr(b, key) for b in model.birth]) for key in ("mean", "std")]
        accel = model.accel_mps2 or model.accel_psd_m2ps3
        motion = with_births(FlatModel(accel=accel, discrete=bool(model.accel_mps2)), *births)
        rows = model_tracks(scene.reports, scene.sensors, truth, motion).rows
    else:
        rows = clairvoyant_tracks(scene.reports, scene.sensors, flat=True, params=None).rows
    found = samples(truth, track_paths(rows, flat=True), np.unique(truth.time_s), hold_s=30.0)
    g = gospa(found, c_m=cut_m, p=2.0)
    return float(np.sqrt(g.localisation.sum() / max(1, g.n_matched.sum())))


def judged(found: Samples, cut_m: float) -> list[float]:
    """Figures of one run."""
    g, o = gospa(found, c_m=cut_m, p=2.0), ospa(found, c_m=cut_m, p=1.0)
    alive = np.diff(found.truth_first) > 0
    return [
        np.mean(g.total**2), np.mean(g.localisation), np.mean(g.missed), np.mean(g.false),
        np.mean(g.total), np.mean(g.total[alive]),
        np.mean(o.total), np.mean(o.localisation), np.mean(o.cardinality), np.mean(o.total[alive]),
        g.localisation.sum() / max(1, g.n_matched.sum()),
    ]  # fmt: skip


def run(name: str, runs: int, seed: int) -> None:
    """Run a scene and print its figures."""
    scenario, scene = load_flat_scenario(name), scenes()[name]
    figures, floors, spent = [], [], []
    for i in range(runs):
        drawn = FlatScene(scenario, seed + i)
        found, spent_s = tracked(drawn, scene.params, scene.threshold)
        figures.append(judged(found, scene.cut_m))
        spent.append(spent_s)
        if i < 20:
            floors.append(floor_m(drawn, scene.cut_m))
    mean = np.mean(figures, 0)
    error = np.std(figures, 0) / math.sqrt(runs)
    parts = " ".join(f"{math.sqrt(v):.2f}" for v in mean[1:4])
    rms = math.sqrt(mean[0])
    where = f"{name}, {runs} truths"
    row(f"RMS GOSPA (localisation missed false {parts}), {where}", rms, error[0] / 2 / rms, scene)
    row(f"mean GOSPA, {where}", mean[4], error[4], scene)
    row(f"mean GOSPA while objects are there, {where}", mean[5], error[5], scene)
    row(f"OSPA (localisation {mean[7]:.2f} cardinality {mean[8]:.2f}), {where}", mean[6], error[6],
        scene)  # fmt: skip
    row(f"OSPA while objects are there, {where}", mean[9], error[9], scene)
    told = f"association known {np.mean(floors):.2f} m"
    print(json.dumps({"name": f"RMS error of matched, {where}", "unit": "m", "peer": told,
                      "value": round(math.sqrt(mean[10]), 2)}), flush=True)  # fmt: skip
    print(json.dumps({"name": f"processor time a run, {where}", "unit": "s", "peer": scene.peers,
                      "value": round(float(np.median(spent)), 4)}), flush=True)  # fmt: skip


def row(what: str, value: float, error: float, scene: Scene) -> None:
    """Print one figure with its standard error."""
    text = f"{value:.3f} +- {error:.3f}"
    print(json.dumps({"name": what, "value": text, "unit": "m", "peer": scene.peers}), flush=True)


def main() -> None:
    """Run the scenes named, or all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("scene", nargs="*", help=f"some of {', '.join(scenes())}; default all")
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=FIRST_SEED)
    given = parser.parse_args()
    for name in given.scene or scenes():
        run(name, given.runs, given.seed)


if __name__ == "__main__":
    main()
