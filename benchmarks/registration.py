"""Sensors' biases: are they found, as well as is stated, and does taking them out help?

``python -m benchmarks.registration [N]`` draws N (500) networks of 2 to 30 radars
(`benchmarks.networks`), estimates their biases from 8 minutes of reports, and counts how often the
truth lies inside the stated 95 % interval; intervals of that count are over networks. Estimates of
the first half are taken out of the second half's plots, whose errors are compared with what they
were, radar by radar. Every tenth network is tracked, too, with and without.

``python -m benchmarks.registration chain SEED...`` does the same with the whole chain on the
scenario `bias-30-radars`: `simulate`, `replay` with and without, `evaluate`.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from benchmarks.networks import START_S, Network, network
from benchmarks.tracking import EARTH_M, at

from skypact.config import RegistrationParams, Sensor, sensor_table
from skypact.kernels.geodesy import ecef_from_geodetic, enu_axes, polar_from_ecef
from skypact.model.reports import ReportBatch, take_reports
from skypact.model.tracks import TrackRows
from skypact.register.biases import without_biases
from skypact.register.registration import Registration
from skypact.runtime.pipeline import Pipeline
from skypact.units import NANOSECONDS

SECONDS = 480
STEP_S = 5.0
TRACK_STEP_S = 0.5
NONE = np.zeros(0, np.int64)
COLUMNS = ((0, "range"), (1, "range gain"), (2, "azimuth"), (4, "time"))
TRACKED_EVERY = 10
LOST_M = 2_000.0
SURE = 3.3
"""Standard errors from which a growth is no chance: one in 2,000."""


def line(name: str, value: float, unit: str, peer: str = "") -> None:
    """Print one figure."""
    row = {"name": name, "value": value, "unit": unit, "peer": peer or None, "ratio": None}
    print(json.dumps(row), flush=True)


def fed(net: Network, until_s: float) -> Registration:
    """Estimate from all reports that arrived before a time; objects are known by address."""
    registration = Registration(net.sensors)
    arrived = net.reports.received_ns / NANOSECONDS
    edges = np.arange(START_S, START_S + until_s + STEP_S, STEP_S)
    cuts = np.searchsorted(arrived, edges)
    for first, last, now_s in zip(cuts[:-1], cuts[1:], edges[1:].tolist(), strict=True):
        registration.observe(take_reports(net.reports, slice(first, last)), NONE, NONE, now_s)
    return registration


def plot_errors(net: Network, reports: ReportBatch, s: int) -> np.ndarray:
    """Horizontal error [m] of one radar's plots, where its object was at the plot's stamp."""
    table = sensor_table([net.sensors[s]])
    site, axes = np.empty((1, 3)), np.empty((1, 3, 3))
    ecef_from_geodetic(table.lat_rad, table.lon_rad, table.height_m, site)
    enu_axes(table.lat_rad, table.lon_rad, axes)
    mine = take_reports(reports, reports.sensor == s)
    polar = np.empty((len(mine.time_s), 3))
    places = at(net.truth, np.maximum(mine.time_s - START_S, 0.0), mine.target.astype(np.int64))
    polar_from_ecef(places, site[0], axes[0], polar)
    turned = (mine.azimuth_rad - polar[:, 1] + np.pi) % (2 * np.pi) - np.pi
    return np.hypot(mine.range_m - polar[:, 0], turned * polar[:, 0] * np.cos(polar[:, 2]))


class Verdict(NamedTuple):
    """What one network showed."""

    z: np.ndarray
    """Error over sigma (radars, 5)."""
    observable: np.ndarray
    before_m: list[float]
    """Mean error of the second half's plots by radar, as measured and corrected."""
    after_m: list[float]
    grown: list[float]
    """Growth of that mean in its standard errors."""
    spent_s: float


def judge(net: Network) -> Verdict:
    """Estimate and compare."""
    begun = time.process_time()
    registration = fed(net, SECONDS + 10.0)
    spent = time.process_time() - begun
    n = sum(s.kind == "radar" for s in net.sensors)
    sigma = registration.sigmas[:n, :5]
    error = registration.values[:n, :5] - net.biases[:n]
    half = fed(net, SECONDS / 2).table
    second = take_reports(net.reports, net.reports.time_s > START_S + SECONDS / 2)
    fixed = without_biases(second, half)
    verdict = Verdict(
        error / np.where(sigma > 0, sigma, np.inf), registration.observable[:n, :5], [], [], [],
        spent,
    )  # fmt: skip
    for s in range(n):
        before, after = plot_errors(net, second, s), plot_errors(net, fixed, s)
        if len(before) < 20:
            continue
        more = after - before
        verdict.before_m.append(float(before.mean()))
        verdict.after_m.append(float(after.mean()))
        spread = float(more.std() / np.sqrt(len(more)))
        verdict.grown.append(float(more.mean()) / max(spread, 1e-9))
    return verdict


class Settled:
    """Errors of confirmed tracks in the second half; a sink."""

    def __init__(self, net: Network) -> None:
        self._net = net
        self.errors_m: list[np.ndarray] = []

    def append(self, rows: TrackRows, ended: np.ndarray, now_s: float) -> None:
        """Take one step."""
        truth = self._net.truth
        use = (rows.confirmed == 1) & (rows.icao > 0) & (rows.age_s > 30)
        use &= rows.time_s > START_S + SECONDS / 2
        time_s, who = rows.time_s[use] - START_S, rows.icao[use].astype(np.int64) - 1
        k = np.clip(time_s.astype(int), 0, len(truth.lat) - 2)
        share = time_s - k
        lat, lon = (a[k, who] * (1 - share) + a[k + 1, who] * share for a in truth[:2])
        north = (rows.lat_rad[use] - lat) * (EARTH_M + 6_000)
        east = (rows.lon_rad[use] - lon) * (EARTH_M + 6_000) * np.cos(lat)
        self.errors_m.append(np.hypot(north, east))

    def finish(self) -> None:
        """Nothing is left to do."""


def tracked(net: Network, *, enabled: bool) -> float:
    """Mean error [m] of the multi-radar tracks; no track of ADS-B alone is among them."""
    judge_ = Settled(net)
    own = take_reports(net.reports, net.reports.sensor < radars(net.sensors))
    pipeline = Pipeline(net.sensors, [judge_], None, (), RegistrationParams(enabled=enabled))
    if enabled:  # ADS-B serves the estimate alone, so that both pictures are the radars'
        pipeline.registration.correct = fixer(net).correct  # type: ignore[method-assign]
    arrived = own.received_ns / NANOSECONDS
    edges = np.arange(START_S, START_S + SECONDS + 5, TRACK_STEP_S)
    cuts = np.searchsorted(arrived, edges)
    for first, last, now_s in zip(cuts[:-1], cuts[1:], edges[1:].tolist(), strict=True):
        pipeline.step(take_reports(own, slice(first, last)), now_s)
    pipeline.finish()
    errors = np.concatenate(judge_.errors_m)
    return float(errors[errors < LOST_M].mean())


def fixer(net: Network) -> Registration:
    """Estimate of the first half's reports, ADS-B among them."""
    return fed(net, SECONDS / 2)


def radars(sensors: list[Sensor]) -> int:
    """Count the radars, which come first."""
    return sum(sensor.kind == "radar" for sensor in sensors)


def interval(values: list[np.ndarray], rng: np.random.Generator) -> tuple[float, float, float]:
    """Mean over all entries, and its 95 % interval by drawing networks anew."""
    total = np.array([v.sum() for v in values], float)
    count = np.array([v.size for v in values], float)
    draws = rng.integers(0, len(values), (2_000, len(values)))
    means = total[draws].sum(axis=1) / np.maximum(count[draws].sum(axis=1), 1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(total.sum() / count.sum()), float(low), float(high)


def networks(n: int) -> None:
    """Judge n networks."""
    verdicts = []
    with_without = []
    for seed in range(1, n + 1):
        net = network(seed, seconds=SECONDS)
        verdicts.append(judge(net))
        if seed % TRACKED_EVERY == 0:
            with_without.append((tracked(net, enabled=True), tracked(net, enabled=False)))
    rng = np.random.default_rng(0)
    columns = [c for c, _ in COLUMNS]
    inside = [np.abs(v.z[:, columns]) < 1.96 for v in verdicts]
    sure = [v.observable[:, columns] for v in verdicts]
    name = f"{n} networks, {sum(len(i) for i in inside):,} radars"
    shares = [("all biases", inside)]
    shares += [("observable ones", [i[s] for i, s in zip(inside, sure, strict=True)])]
    shares += [(word, [i[:, [k]] for i in inside]) for k, (_, word) in enumerate(COLUMNS)]
    for word, values in shares:
        mean, low, high = (round(100 * v, 1) for v in interval(values, rng))
        line(f"{name}: inside 95 %, {word}", mean, "%", f"93 to 97; {low} to {high}")
    line(f"{name}: observable", round(100 * float(np.concatenate(sure).mean()), 1), "%")
    before = np.concatenate([v.before_m for v in verdicts])
    after = np.concatenate([v.after_m for v in verdicts])
    grown = np.concatenate([v.grown for v in verdicts])
    line(f"{name}: mean error of plots, corrected over measured",
         round(float(after.mean() / before.mean()), 3), "")  # fmt: skip
    line(f"{name}: radars whose mean error grew by over {SURE} standard errors",
         int((grown > SURE).sum()), f"of {len(grown)}", "0")  # fmt: skip
    line(f"{name}: largest growth of a radar's mean error",
         round(100 * float((after / before).max() - 1), 2), "%")  # fmt: skip
    spent = sum(v.spent_s for v in verdicts)
    line(f"{name}: processor time of the estimation", round(spent, 1), "s")
    if with_without:
        on, off = np.array(with_without).T
        line(f"{len(on)} networks tracked by radars: mean error, corrected over measured",
             round(float(on.mean() / off.mean()), 3), "", "0.6")  # fmt: skip
        line(f"{len(on)} networks: the same in the median network, and in the worst",
             round(float(np.median(on / off)), 3), f"{float((on / off).max()):.3f}")  # fmt: skip


def skypact(*words: str | Path) -> dict[str, object]:
    """Run a command, and read what it prints."""
    command = [sys.executable, "-m", "skypact", *map(str, words)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def chain(seeds: list[int], folder: Path) -> None:
    """Run the whole chain on the scenario of thirty radars; scenes in `folder` are taken as is."""
    for seed in seeds:
        scene = folder / f"b30_{seed}"
        if not (scene / "biases.json").exists():
            skypact("simulate", "bias-30-radars", "--seed", str(seed), "--out", scene)
        for word, options in (("measured", ["--no-registration"]), ("corrected", [])):
            out = folder / f"b30_{seed}_{word}"
            files = (scene / "reports.parquet", "--union", scene / "union.toml")
            skypact("replay", *files, "--out", out, *options)
            truth = ("--truth", scene / "truth.parquet")
            found = skypact("evaluate", "--tracks", out / "tracks.parquet", *truth)
            nees = dict(found["nees"])  # type: ignore[call-overload]
            gospa = dict(found["gospa"])  # type: ignore[call-overload]
            name = f"bias-30-radars, seed {seed}, {word}"
            line(f"{name}: RMS position", round(float(str(found["rms_position_m"])), 1), "m")
            line(f"{name}: NEES/2", round(nees["mean"], 2), "", "1 expected")
            line(f"{name}: inside 95 %", round(100 * nees["inside_95"], 1), "%")
            line(f"{name}: GOSPA", round(gospa["mean"]), "m")


def main(words: list[str]) -> None:
    """Run one part."""
    if words[:1] == ["chain"]:
        with tempfile.TemporaryDirectory() as folder:
            chain([int(word) for word in words[1:]] or [1, 2, 3], Path(folder))
    else:
        networks(int(words[0]) if words else 500)


if __name__ == "__main__":
    main(sys.argv[1:])
