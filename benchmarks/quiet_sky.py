"""False warnings: ``python -m benchmarks.quiet_sky [--hours 1] [--seed 1] [--file FILE]``.

The scenario ``quiet``, an hour and a seed at a time, through the whole chain in one process: bytes
of ASTERIX, decoder, tracker, the watch's rule `ballistic` with its own parameters, and a warning
desk at which everything that may be released is released at once. What it counts:

* `warnings`: alerts that became a message of scope ``Public``; each is a false one;
* `drafts`: alerts that became a restricted draft;
* `possible`: alerts that stayed `possible`, which nobody can release.

Each hour is a line of JSON added to FILE, so that parts can be run one after the other, on several
machines, and go on after an end; ``--sum FILE`` adds them up. The bound is that of a Poisson count:
with k warnings in H hours the 95 % upper bound of the rate is half the 95 % quantile of chi-square
with 2k + 2 degrees of freedom over H, which is 3.0 / H for none (F. Garwood, "Fiducial limits for
the Poisson distribution", Biometrika 28 (1936)).
"""

import argparse
import json
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks._tracked import line
from scipy.stats import chi2

from skypact.config import Union
from skypact.encode.capalert import Warner
from skypact.model.reports import take_reports
from skypact.model.store import AlertRecord
from skypact.record.geojson_file import geojson_reader
from skypact.record.simulated import TargetedDecoder, without_biases
from skypact.rules import Watching
from skypact.runtime.pipeline import Pipeline
from skypact.runtime.watching import WatchSink
from skypact.simulate import Scene, load_sky_scenario
from skypact.track.datasheet import tracker_params
from skypact.watch.ballistic import BallisticRule
from skypact.watch.districts import Districts
from skypact.watch.life import Watch
from skypact.watch.release import RELEASE, Desk
from skypact.watch.rules import districts_of

SCENARIO = "quiet"
HOUR_S = 3600.0
SLICE_S = 10.0
"""So much is simulated and decoded at once."""
STEP_S = 1.0
"""The tracker steps, and the rule looks, so often."""
SHARE = 0.95


class Counter:
    """A desk at which all that may be released is; an `AlertSink`."""

    def __init__(self, params: Watching) -> None:
        self._desk = Desk(params.warning, Warner("quiet.example"), "quiet")
        self.possible: set[str] = set()
        self.drafts: set[str] = set()
        self.warnings: list[dict[str, Any]] = []

    def append_alerts(self, alerts: list[AlertRecord]) -> None:
        """Take states of alerts; release what can be."""
        for alert in alerts:
            if alert.rule == "ballistic" and alert.state == "raised":
                self.possible.add(alert.id)
            for message in self._desk.take(alert).messages:
                self._note(message.scope, alert)
            for waiting in self._desk.waiting():
                outcome = self._desk.release(waiting.alert.id, "automatic", RELEASE, alert.time_s)
                for message in outcome.messages:
                    self._note(message.scope, alert)

    def _note(self, scope: str, alert: AlertRecord) -> None:
        if scope != "Public":
            self.drafts.add(alert.id)
        elif all(kept["id"] != alert.id for kept in self.warnings):
            self.warnings.append({"id": alert.id, "evidence": dict(alert.evidence)})


@cache
def countries_of(watching: Watching) -> Districts:
    """Return the districts of a unit that gives none; they take seconds to make."""
    return districts_of(watching, geojson_reader(Path()))


def hour(seed: int, seconds: float) -> dict[str, Any]:
    """Run a part; return its line."""
    scenario = load_sky_scenario(SCENARIO)
    scene = Scene(scenario, seed)
    union: Union = without_biases(scene.union)
    watching = Watching()
    rules = [BallisticRule(watching.ballistic, countries_of(watching))]
    counter = Counter(watching)
    sink = WatchSink(Watch(rules, SCENARIO), watching.period_s, [counter])
    pipeline = Pipeline(union.sensor, [sink], tracker_params(union))
    sink.watch_over(pipeline)
    decoder, begun_s, busy_s = (
        TargetedDecoder(union.sensor),
        time.perf_counter(),
        time.process_time(),
    )
    targets: set[int] = set()
    tracks_s = 0.0
    while scene.time_s < scenario.start_s + seconds:
        first_s = scene.time_s
        part = scene.advance(first_s + SLICE_S)
        targets.update(part.truth.target.tolist())
        reports = decoder.reports(part)
        for k in range(round(SLICE_S / STEP_S)):
            now_s = first_s + (k + 1) * STEP_S
            low, high = np.searchsorted(
                reports.received_ns, [round((now_s - STEP_S) * 1e9), round(now_s * 1e9)], "right"
            )
            pipeline.step(take_reports(reports, slice(low, high)), now_s)
            tracks_s += pipeline.n_live * STEP_S
    return {
        "scenario": SCENARIO, "seed": seed, "hours": seconds / 3600.0,
        "reports": pipeline.n_reports, "objects": len(targets), "tracks": tracks_s / seconds,
        "warnings": counter.warnings, "drafts": len(counter.drafts),
        "possible": len(counter.possible - counter.drafts), "rule_faults": sink.faults(),
        "wall_s": round(time.perf_counter() - begun_s, 1),
        "busy_s": round(time.process_time() - busy_s, 1),
    }  # fmt: skip


def bound_per_h(n: int, hours: float) -> float:
    """Upper 95 % bound of a rate of which `n` were counted in so many hours."""
    return float(chi2.ppf(SHARE, 2 * n + 2)) / 2.0 / hours


def told(path: Path) -> None:
    """Add up the parts of a file and print what they prove."""
    parts = {}
    for text in path.read_text("utf-8").splitlines():
        part = json.loads(text)
        parts[part["seed"]] = part
    hours = sum(part["hours"] for part in parts.values())
    n = sum(len(part["warnings"]) for part in parts.values())
    line("simulated hours of ordinary traffic", hours, "h")
    line("reports", sum(part["reports"] for part in parts.values()), "reports")
    line("confirmed tracks, mean", sum(p["tracks"] * p["hours"] for p in parts.values()) / hours)
    line("false warnings that could be released", n, "", "0")
    line("their rate, upper 95 % bound", bound_per_h(n, hours), "1/h", "0.03 at 100 h")
    for name in ("drafts", "possible"):
        line(f"alerts, {name}", sum(part[name] for part in parts.values()))
    line(
        "looks at which a rule failed", sum(sum(p["rule_faults"].values()) for p in parts.values())
    )
    busy_s = sum(part["busy_s"] for part in parts.values())
    line("processor time for an hour", busy_s / hours, "s")


def main(arguments: list[str]) -> int:
    """Run the parts that a file lacks; add up."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1, help="of the first hour")
    parser.add_argument("--file", type=Path, default=Path("quiet_sky.jsonl"))
    parser.add_argument("--sum", action="store_true", help="only add up what the file holds")
    args = parser.parse_args(arguments)
    done = set()
    if args.file.exists():
        done = {json.loads(text)["seed"] for text in args.file.read_text("utf-8").splitlines()}
    left_h, seed = 0.0 if args.sum else args.hours, args.seed
    while left_h > 0.0:
        if seed not in done:
            part = hour(seed, min(1.0, left_h) * HOUR_S)
            with args.file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(part) + "\n")
        left_h, seed = left_h - 1.0, seed + 1
    told(args.file)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
