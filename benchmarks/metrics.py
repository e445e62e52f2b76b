"""Metrics of sets on one core: ``python -m benchmarks.metrics``.

Bars: GOSPA of 500 objects and 500 tracks at most 10 ms a step; 100,000 steps of 20 in 5 s. Stone
Soup is timed on the same sets in the same run where it is installed, on fewer steps. `everything
near` has all objects and tracks, not related, inside the cut-off: the hardest case there is.
"""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.util import find_spec

import numpy as np

from skypact.evaluate.gospa import gospa
from skypact.evaluate.ospa import ospa, ospa2
from skypact.evaluate.samples import Samples
from skypact.evaluate.tgospa import tgospa

ERROR_M = 80.0
SPEED_M = 200.0
PEER_STEPS = {20: 50, 500: 1}
"""Steps that Stone Soup is timed on."""
ROUNDS = 3


def line(name: str, value: float, unit: str, peer: str = "", ratio: float | None = None) -> None:
    """Print one figure."""
    row = {"name": name, "value": value, "unit": unit, "peer": peer or None, "ratio": ratio}
    print(json.dumps(row), flush=True)


def flying(n: int, steps: int, side_m: float, rng: np.random.Generator) -> np.ndarray:
    """Places (steps, n, 3) of objects on straight lines in a square that closes on itself."""
    velocity = rng.normal(0.0, SPEED_M, (n, 2))
    place = np.zeros((steps, n, 3))
    place[:, :, :2] = rng.uniform(0, side_m, (n, 2)) + np.arange(steps)[:, None, None] * velocity
    return place % side_m


def samples_of(truth: np.ndarray, tracks: np.ndarray) -> Samples:
    """Samples of objects that are all there at every step."""
    steps, n = truth.shape[:2]
    m = tracks.shape[1]
    return Samples(
        time_s=np.arange(steps, dtype=float),
        truth_first=np.arange(steps + 1) * n,
        truth=np.tile(np.arange(n), steps),
        truth_place_m=truth.reshape(-1, 3),
        truth_velocity_mps=np.zeros((steps * n, 3)),
        up=np.tile([0.0, 0.0, 1.0], (steps * n, 1)),
        track_first=np.arange(steps + 1) * m,
        track=np.tile(np.arange(m), steps),
        track_place_m=tracks.reshape(-1, 3),
        track_velocity_mps=np.zeros((steps * m, 3)),
        track_row=np.arange(steps * m),
    )


def related(n: int, steps: int, side_m: float, rng: np.random.Generator) -> Samples:
    """Objects, and a track with an error for each."""
    truth = flying(n, steps, side_m, rng)
    return samples_of(truth, truth + rng.normal(0.0, ERROR_M, truth.shape) * [1.0, 1.0, 0.0])


def unrelated(n: int, steps: int, side_m: float, rng: np.random.Generator) -> Samples:
    """Objects, and tracks of something else."""
    return samples_of(flying(n, steps, side_m, rng), flying(n, steps, side_m, rng))


def seconds(measured: Callable[[], object]) -> float:
    """Least time of a few rounds."""
    best = np.inf
    for _ in range(ROUNDS):
        start = time.perf_counter()
        measured()
        best = min(best, time.perf_counter() - start)
    return best


def peer_seconds(samples: Samples, n: int) -> tuple[float, float]:
    """Seconds a step of Stone Soup's GOSPA, and the largest difference from ours."""
    from stonesoup.metricgenerator.ospametric import GOSPAMetric
    from stonesoup.types.state import State

    metric, ours = GOSPAMetric(p=2.0, c=1000.0), gospa(samples).total
    when, spent, apart = datetime(2024, 1, 1, tzinfo=UTC), 0.0, 0.0
    for k in range(PEER_STEPS[n]):
        rows = slice(k * n, (k + 1) * n)
        truth = [State(place[:2], when) for place in samples.truth_place_m[rows]]
        tracks = [State(place[:2], when) for place in samples.track_place_m[rows]]
        start = time.perf_counter()
        value = metric.compute_gospa_metric(tracks, truth)[0].value["distance"]
        spent += time.perf_counter() - start
        apart = max(apart, abs(float(value) - ours[k]) / ours[k])
    return spent / PEER_STEPS[n], apart


def study(name: str, samples: Samples, n: int, bar_ms: float) -> None:
    """Time GOSPA a step, against Stone Soup and the bar."""
    steps = len(samples.time_s)
    step_s = seconds(lambda: gospa(samples)) / steps
    line(f"GOSPA, {name}", round(1e3 * step_s, 4), "ms a step", f"bar, {bar_ms} ms",
         round(1e3 * step_s / bar_ms, 3))  # fmt: skip
    if find_spec("stonesoup") is not None:
        peer_s, apart = peer_seconds(samples, n)
        line(f"GOSPA, {name}: Stone Soup", round(1e3 * peer_s, 2), "ms a step",
             "times slower", round(peer_s / step_s))  # fmt: skip
        line(f"GOSPA, {name}: largest relative difference from Stone Soup", apart, "")


def main() -> None:
    """Compile, then measure."""
    rng = np.random.default_rng(0)
    small = related(5, 10, 5e3, rng)
    for metric in (gospa, ospa, ospa2, tgospa):
        metric(small)
    study("20 x 20 in 60 km", related(20, 100_000, 60e3, rng), 20, 0.05)
    study("500 x 500 in 500 km", related(500, 20, 500e3, rng), 500, 10.0)
    study("500 x 500 in 50 km", related(500, 20, 50e3, rng), 500, 10.0)
    study("500 x 500 in 8 km", related(500, 20, 8e3, rng), 500, 10.0)
    study("500 x 500, unrelated, in 8 km", unrelated(500, 20, 8e3, rng), 500, 10.0)
    study("500 x 500, unrelated, everything near", unrelated(500, 5, 600.0, rng), 500, 10.0)
    crowd = related(10_000, 3, 1000e3, rng)
    line("GOSPA, 10,000 x 10,000 in 1,000 km", round(1e3 * seconds(lambda: gospa(crowd)) / 3, 1),
         "ms a step")  # fmt: skip
    fleet = related(200, 3600, 500e3, rng)
    for name, metric in (("OSPA", ospa), ("OSPA(2)", ospa2), ("trajectory GOSPA", tgospa)):
        spent = seconds(lambda metric=metric: metric(fleet))
        line(f"{name}, an hour of 200 x 200 at 1 s in 500 km", round(spent, 2), "s")


if __name__ == "__main__":
    main()
