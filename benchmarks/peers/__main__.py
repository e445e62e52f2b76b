"""Stone Soup and this project on the same reports: ``python -m benchmarks.peers [SCENE...]``.

Each scene is simulated with seeds that nothing was tuned on; each tracker gets the same reports and
is judged by the same metrics from 30 s on. Stone Soup runs with ``tuned.toml``, this project with
its defaults. See docs/explanation/peers.md. Under six minutes; not part of ``make bench``.
"""

import json
import sys
from typing import NamedTuple

import msgspec
import numpy as np
from benchmarks.peers.judge import Score, floor, score, skypact_tracks
from benchmarks.peers.scenes import FLAT, SKY, PeerScene, cut_at, simulated, without_clutter
from benchmarks.peers.stone_soup import METHODS, Settings, track
from benchmarks.peers.tuning import tuned

SEEDS = {SKY: (1, 2, 3), FLAT: (1, 2, 3, 4, 5, 6)}
TITLES = {
    "gnn": "Stone Soup, global nearest neighbour and KD-tree",
    "jpda": "Stone Soup, JPDA by belief propagation",
}
OURS = "Skypact"
OUR_HEIGHT_M = 5_000.0
"""What our tracker assumes of a plot without height (`track.geometry`)."""
PLOT_BY_PLOT_S = 10.0
FIGURES = (
    ("gospa_m", "mean GOSPA", "m"),
    ("gospa_localisation_m", "localisation part, RMS", "m"),
    ("gospa_missed_m", "missed part, RMS", "m"),
    ("gospa_false_m", "false part, RMS", "m"),
    ("rms_m", "RMS position error", "m"),
    ("nees", "NEES, 1 expected", ""),
    ("completeness", "completeness", ""),
    ("false_tracks", "false tracks a scene", ""),
    ("redundant", "redundant tracks a scene", ""),
    ("breaks", "breaks a scene", ""),
)


class Trial(NamedTuple):
    """A tracker on the seeds of one scene."""

    scores: list[Score]
    rate: float
    """Reports a second of processor time, all seeds together."""

    def mean(self, name: str) -> float:
        """Mean of a figure over the seeds."""
        return float(np.mean([getattr(one, name) for one in self.scores]))


def row(name: str, value: float, unit: str, peer: str = "", ratio: float | None = None) -> None:
    """Print one figure."""
    cells = {"name": name, "value": value, "unit": unit, "peer": peer or None, "ratio": ratio}
    print(json.dumps(cells), flush=True)


def ours(scenes: list[PeerScene]) -> Trial:
    """Our tracker; the first run only compiles."""
    skypact_tracks(scenes[0])
    runs = [skypact_tracks(scene) for scene in scenes]
    n_reports = sum(len(scene.reports.time_s) for scene in scenes)
    scores = [score(rows, scene) for (rows, _), scene in zip(runs, scenes, strict=True)]
    return Trial(scores, n_reports / sum(seconds for _, seconds in runs))


def theirs(scenes: list[PeerScene], settings: Settings, method: str) -> Trial:
    """One of Stone Soup's."""
    runs = [track(scene, settings, method) for scene in scenes]  # type: ignore[arg-type]
    scores = [score(run.rows, scene) for run, scene in zip(runs, scenes, strict=True)]
    return Trial(scores, sum(r.n_reports for r in runs) / sum(r.seconds for r in runs))


def compare(name: str, scenes: list[PeerScene]) -> dict[str, Trial]:
    """Print every figure of every tracker, ours with its ratio to the best of theirs."""
    trials = {method: theirs(scenes, tuned(name, method), method) for method in METHODS}
    own = ours(scenes)
    best = min(METHODS, key=lambda method: trials[method].mean("gospa_m"))
    fastest = max(METHODS, key=lambda method: trials[method].rate)
    for method, trial in trials.items():
        row(f"{name}: {TITLES[method]}: throughput", round(trial.rate), "reports/s")
    rate = trials[fastest].rate
    row(f"{name}: {OURS}: throughput", round(own.rate), "reports/s",
        f"{TITLES[fastest]}, {rate:.0f}", round(own.rate / rate, 1))  # fmt: skip
    for key, what, unit in FIGURES:
        for method, trial in trials.items():
            row(f"{name}: {TITLES[method]}: {what}", round(trial.mean(key), 3), unit)
        value, other = own.mean(key), trials[best].mean(key)
        row(f"{name}: {OURS}: {what}", round(value, 3), unit, f"{TITLES[best]}, {other:.3g}",
            round(value / other, 3) if other else None)  # fmt: skip
    return {**trials, OURS: own}


def modes(scenes: list[PeerScene], trials: dict[str, Trial]) -> None:
    """Stone Soup by other ways of cutting scans, and with our assumption of the height."""
    best = tuned(SKY, "gnn")
    for method, trial in trials.items():
        title = TITLES.get(method, OURS)
        first = trial.scores[0]
        row(f"{SKY}, first seed: {title}: mean GOSPA", round(first.gospa_m, 1), "m")
        row(f"{SKY}, first seed: {title}: RMS position error", round(first.rms_m, 1), "m")
    whole = theirs(scenes, msgspec.structs.replace(best, slice_s=10.0), "gnn")
    row(f"{SKY}, first seed: {TITLES['gnn']}, scans of a whole turn: throughput", round(whole.rate),
        "reports/s")  # fmt: skip
    row(f"{SKY}, first seed: the same: mean GOSPA", round(whole.mean("gospa_m"), 1), "m")
    short = cut_at(scenes[0], PLOT_BY_PLOT_S)
    single = track(short, msgspec.structs.replace(best, slice_s=0.0), "gnn")
    title = f"{TITLES['gnn']}, a scan for each plot, first {PLOT_BY_PLOT_S:g} s"
    row(f"{SKY}, first seed: {title}: throughput",
        round(single.n_reports / single.seconds, 1), "reports/s")  # fmt: skip
    low = theirs(scenes, msgspec.structs.replace(best, height_m=OUR_HEIGHT_M), "gnn")
    row(f"{SKY}, first seed: {TITLES['gnn']}, plots assumed at 5 km as by us: mean GOSPA",
        round(low.mean("gospa_m"), 1), "m")  # fmt: skip
    row(f"{SKY}, first seed: the same: RMS position error", round(low.mean("rms_m"), 1), "m")


def easy(name: str, scene: PeerScene) -> None:
    """Check the adapter: RMS without false plots against the clairvoyant tracker."""
    scene = without_clutter(scene)
    known_m = floor(scene)
    peer = f"clairvoyant, {known_m:.1f} m"
    for title, trial in (
        (TITLES["gnn"], theirs([scene], tuned(name, "gnn"), "gnn")),
        (OURS, ours([scene])),
    ):
        rms_m = trial.mean("rms_m")
        row(f"{name} without false plots: {title}: RMS position error", round(rms_m, 1), "m", peer,
            round(rms_m / known_m, 2))  # fmt: skip


def main(names: list[str]) -> None:
    """Compare on the scenes named, or on both."""
    for name in names or [SKY, FLAT]:
        scenes = [simulated(name, seed) for seed in SEEDS[name]]
        trials = compare(name, scenes)
        easy(name, scenes[0])
        if name == SKY:
            modes(scenes[:1], trials)


if __name__ == "__main__":
    main(sys.argv[1:])
