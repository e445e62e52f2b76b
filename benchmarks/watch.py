"""Rules of the watch on scenes with truth: what they find, how soon, and how often in vain.

``python -m benchmarks.watch`` plays each scene of `_watched` with `SEEDS` seeds; ``--seeds N`` with
so many; names of rules, only their scenes. ``border`` judges the shipped scenario of that name;
``recorded FOLDER`` recorded flights under simulated radars against drawn borders.
"""

import argparse
import contextlib
import io
import json
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks._flown import FLIGHTS, RADAR, RADARS, SCENE
from benchmarks._tracked import line
from benchmarks._watched import SCENES, Scene

from skypact.cli import main as skypact
from skypact.evaluate.rates import wilson
from skypact.watch.rules import NAMES

SEEDS = 2
BORDERS = {
    "west": [[1.2, 47.6], [2.15, 47.6], [2.0, 48.6], [2.35, 49.2], [2.2, 50.2], [1.2, 50.2]],
    "south": [[0.5, 47.2], [4.5, 47.2], [4.5, 48.55], [2.6, 48.5], [1.8, 48.35], [0.5, 48.5]],
    "east": [[2.75, 47.6], [4.6, 47.6], [4.6, 50.2], [3.0, 50.2], [2.9, 49.0]],
    "far-west": [[-2, 46], [1.1, 46], [1.25, 48.5], [1.0, 49.5], [1.2, 52], [-2, 52]],
    "far-south": [[-2, 46], [6, 46], [6, 47.95], [3.5, 48.0], [2.2, 47.9], [-2, 48.05]],
    "far-north": [[-2, 49.75], [2.4, 49.7], [6, 49.8], [6, 52], [-2, 52]],
    "far-east": [[3.9, 46], [6, 46], [6, 52], [3.95, 52], [3.85, 49]],
}
"""Drawn through the traffic over Paris, degrees east and north; the union is inside. Those that are
far are 80 km and more from the airports, the others among the approaches."""


class Pool:
    """Figures of one rule over scenes and seeds."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = defaultdict(int)
        self.delays_s: list[float] = []
        self.hours = 0.0

    def add(self, figures: dict[str, Any], hours: float) -> None:
        """Take the figures of one run."""
        self.hours += hours
        for name in ("alerts", "right", "nuisance", "undecided", "events", "found"):
            self.counts[name] += figures[name]
        self.delays_s += figures["delays_s"]

    def row(self, rule: str) -> str:
        """Return a line of the table."""
        c = self.counts
        shares = []
        for k, n in ((c["found"], c["events"]), (c["nuisance"], c["nuisance"] + c["right"])):
            low, high = wilson(k, n)
            shares.append(f"{k} of {n}" + (f", {100 * k / n:.0f} % ({100 * low:.0f} to "
                                           f"{100 * high:.0f})" if n else ""))  # fmt: skip
        times = [f"{np.percentile(self.delays_s, p):.0f}" for p in (5, 50, 95) if self.delays_s]
        rate = f"{c['nuisance'] / self.hours:.2f}" if self.hours else ""
        return f"| {rule} | {shares[0]} | {', '.join(times)} | {shares[1]} | {rate} |"


def quietly(words: list[str]) -> dict[str, Any]:
    """Run a command; its JSON."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()) as err:
        code = skypact(words)
    if code:
        raise SystemExit(f"skypact {' '.join(words)} ended with {code}: {err.getvalue()}")
    return dict(json.loads(said.getvalue().splitlines()[-1]))


def completed(folder: Path, scene: Scene, seed: int) -> None:
    """Write the events of a scene, which covers all rules."""
    lines = (folder / "events.jsonl").read_text("utf-8").splitlines()[1:]
    events = [json.loads(text) for text in lines]
    given = list(events)
    for needed, others in ((True, scene.also), (False, scene.may)):
        events += [
            event | {"rule": rule, "is_needed": needed}
            for event in given
            for rule in others.get(event["rule"], ())
        ]
    events += scene.edit(folder, seed)
    told = [{"covers": list(NAMES)}, *events]
    (folder / "events.jsonl").write_text("".join(json.dumps(t) + "\n" for t in told), "utf-8")


def played(scene: Scene, seed: int, folder: Path) -> dict[str, Any]:
    """Simulate and replay a scene; its report."""
    (folder / "scene.toml").write_text(scene.text, "utf-8")
    (folder / "rules.toml").write_text(scene.watch, "utf-8")
    scene.prepare(folder, seed)
    out, seconds = str(folder / "out"), f"{scene.seconds:g}"
    quietly(["simulate", str(folder / "scene.toml"), "--seed", str(seed), "--seconds", seconds,
             "--out", out])  # fmt: skip
    completed(folder / "out", scene, seed)
    return judged(folder / "out", ["--rules", str(folder / "rules.toml")], ["events.jsonl"])


def judged(folder: Path, rules: list[str], events: list[str]) -> dict[str, Any]:
    """Replay what was simulated into a folder; its report."""
    words = ["replay", str(folder / "reports.parquet"), "--union", str(folder / "union.toml")]
    words += [*rules, "--truth", str(folder / "truth.parquet"), "--out", str(folder / "run")]
    for name in events:
        words += ["--events", str(folder / name)]
    return dict(quietly(words)["tuning"])


def told(title: str, figures: dict[str, Any]) -> None:
    """Print what one rule did in one run."""
    events, right, vain = (figures[k] for k in ("events", "right", "nuisance"))
    low, high = wilson(figures["found"], events)
    line(f"{title}: found", 100.0 * figures["found"] / max(1, events), "%",
         f"{figures['found']} of {events}, {100 * low:.0f} to {100 * high:.0f} %")  # fmt: skip
    low, high = wilson(vain, vain + right)
    line(f"{title}: nuisance", 100.0 * vain / max(1, vain + right), "%",
         f"{vain} of {vain + right}, {100 * low:.0f} to {100 * high:.0f} %")  # fmt: skip
    for ahead, (n, of) in figures["found_ahead"].items():
        line(f"{title}: found {ahead.replace('_', ' ')} ahead", 100.0 * n / max(1, of), "%",
             f"{n} of {of}")  # fmt: skip


def study(names: list[str], n_seeds: int) -> None:
    """Play the scenes of rules and print a table; nuisances count over all scenes."""
    pools: dict[str, Pool] = {name: Pool() for name in NAMES}
    for scene in SCENES:
        if names and not set(names).intersection(scene.rules):
            continue
        for seed in range(1, n_seeds + 1):
            with tempfile.TemporaryDirectory() as folder:
                report = played(scene, seed, Path(folder))
            for figures in report["sets"][0]["rules"]:
                if not figures["judged"]:
                    continue
                pools[figures["rule"]].add(figures, report["hours"])
                if figures["nuisance"] or figures["rule"] in scene.rules:
                    keys = ("rule", "alerts", "right", "nuisance", "undecided", "events", "found")
                    row = {k: figures[k] for k in keys} | {"delays_s": figures["delays_s"]}
                    print(scene.name, seed, json.dumps(row), file=sys.stderr, flush=True)
    for name, pool in sorted(pools.items()):
        if pool.counts["events"]:
            line(f"rule {name}: found", 100.0 * pool.counts["found"] / pool.counts["events"], "%")
    print("| rule | found (95 %) | alert after event, s: 5, 50, 95 % | nuisance (95 %) | an hour |")
    print("|---|---|---|---|---|")
    for name, pool in sorted(pools.items()):
        print(pool.row(name))


def border(n_seeds: int, seconds: float = 900.0) -> None:
    """Judge the rule `border` on the shipped scenario."""
    for seed in range(1, n_seeds + 1):
        with tempfile.TemporaryDirectory() as out:
            quietly(["simulate", "border", "--seed", str(seed), "--seconds", f"{seconds:g}",
                     "--out", out])  # fmt: skip
            report = judged(Path(out), [], ["events.jsonl"])
        for figures in report["sets"][0]["rules"]:
            if figures["rule"] in ("border", "conflict"):
                told(f"border scenario, seed {seed}, {figures['rule']}", figures)


def recorded(folder: Path, n_seeds: int) -> None:
    """Judge the rule `border` on recorded flights, against borders drawn through them."""
    names = ("name", "lat", "lon", "height_m", "range_max_m", "period_s", "sigma_range_m")
    text = SCENE.format(file=(folder / FLIGHTS).resolve())
    for sic, radar in enumerate(RADARS, 1):
        text += RADAR.format(sic=sic, **dict(zip(names, radar, strict=True)))
    for seed in range(1, n_seeds + 1):
        with tempfile.TemporaryDirectory() as name:
            out = Path(name)
            (out / "paris.toml").write_text(text, "utf-8")
            quietly(["simulate", str(out / "paris.toml"), "--seed", str(seed), "--out", name])
            rules = []
            for which, ring in BORDERS.items():
                shape = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
                (out / f"{which}.json").write_text(json.dumps(shape), "utf-8")
                (out / f"{which}.toml").write_text(f'[border]\nfile = "{which}.json"\n', "utf-8")
                rules += ["--rules", str(out / f"{which}.toml")]
            report = judged(out, rules, ["events.jsonl"])
        for one in report["sets"]:
            figures = next(f for f in one["rules"] if f["rule"] == "border")
            told(f"recorded flights, seed {seed}, border {Path(one['rules_file']).stem}", figures)


def main() -> None:
    """Do what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    args = parser.parse_args()
    if args.what == ["border"]:
        border(args.seeds)
    elif args.what[:1] == ["recorded"] and len(args.what) == 2:
        recorded(Path(args.what[1]), args.seeds)
    else:
        study(args.what, args.seeds)


if __name__ == "__main__":
    main()
