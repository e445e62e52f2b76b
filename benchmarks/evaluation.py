"""Cost of judging three hours of 200 aircraft: ``python -m benchmarks.evaluation [HOURS]``.

Synthetic tables of one state a second for truth and tracks (2.16 million rows each) through paths,
samples every second, match, errors, consistency, continuity, identity, SIAP and a requirement set.
Bars: 15 s and 1.5 GiB, tables and interpreter included; the whole command has 30 s and 2 GiB.
"""

import json
import resource
import sys
import time

import numpy as np

from skypact.evaluate.consistency import summarise_consistency
from skypact.evaluate.continuity import confirmation_delay, continuity
from skypact.evaluate.errors import by_class, by_target, summarise, update_errors
from skypact.evaluate.identity import identity, object_addresses
from skypact.evaluate.matching import sticky_match
from skypact.evaluate.paths import track_paths, truth_paths
from skypact.evaluate.performance import Evidence
from skypact.evaluate.requirements import load_requirements, measure
from skypact.evaluate.samples import instants, samples, without_places
from skypact.evaluate.siap import siap
from skypact.model.tracks import TrackRows, empty_rows
from skypact.model.truth import TruthRows

BAR_S = 15.0
BAR_GIB = 1.5
AIRCRAFT = 200
EARTH_M = 6.37e6


def tables(hours: float, seed: int = 1) -> tuple[TruthRows, TrackRows]:
    """Aircraft on weaving courses over Central Europe, and tracks 30 m off them."""
    random = np.random.default_rng(seed)
    steps = round(hours * 3600.0)
    n = steps * AIRCRAFT
    time_s = np.repeat(1.7e9 + np.arange(steps, dtype=float), AIRCRAFT)
    target = np.tile(np.arange(AIRCRAFT, dtype=np.int32), steps)
    course = random.uniform(0, 2 * np.pi, AIRCRAFT) + np.sin(
        (time_s.reshape(steps, AIRCRAFT) - 1.7e9) / 200.0
    )
    vn, ve = 220.0 * np.cos(course), 220.0 * np.sin(course)
    lat = random.uniform(0.82, 0.90, AIRCRAFT) + np.cumsum(vn, axis=0) / EARTH_M
    lon = random.uniform(0.1, 0.3, AIRCRAFT) + np.cumsum(ve, axis=0) / (EARTH_M * 0.65)
    zero = np.zeros(n)
    truth = TruthRows(
        time_s, target, lat.ravel(), lon.ravel(), np.full(n, 10_000.0), vn.ravel(), ve.ravel(),
        zero, target + 1, zero, np.ones(n, np.int8),
    )  # fmt: skip
    noise = random.normal(0.0, 30.0, (2, n))
    tracks = empty_rows(n)._replace(
        time_s=time_s + 0.3,
        track=target.astype(np.int64) + 1,
        lat_rad=truth.lat_rad + (noise[0] + 0.3 * truth.vn_mps) / EARTH_M,
        lon_rad=truth.lon_rad + (noise[1] + 0.3 * truth.ve_mps) / (EARTH_M * 0.65),
        altitude_m=truth.altitude_m,
        vn_mps=truth.vn_mps,
        ve_mps=truth.ve_mps,
        vu_mps=zero,
        confirmed=np.ones(n, np.int8),
        icao=target + 1,
        sigma_n_m=np.full(n, 30.0),
        sigma_e_m=np.full(n, 30.0),
        sigma_vn_mps=np.full(n, 1.0),
        sigma_ve_mps=np.full(n, 1.0),
    )
    return truth, tracks


def judge(truth: TruthRows, table: TrackRows) -> dict[str, float]:
    """Processor seconds of every part; single-threaded."""
    cost: dict[str, float] = {}
    mark = time.process_time()

    def lap(name: str) -> None:
        nonlocal mark
        now = time.process_time()
        cost[name], mark = now - mark, now

    ours = truth_paths(truth, flat=False)
    theirs = track_paths(table, flat=False)
    lap("paths")
    found = samples(ours, theirs, instants(ours, 1.0))
    lap("samples")
    match = sticky_match(found, 2000.0)
    lap("match")
    addresses = object_addresses(truth, ours.number)
    siap(found, match, table, addresses)
    found = without_places(found)
    lap("SIAP")
    errors = update_errors(ours, theirs, table, found, match)
    summarise(errors)
    by_target(errors, ours)
    by_class(errors, np.ones(len(ours.number), np.int8))
    lap("errors")
    summarise_consistency(errors, table)
    lap("consistency")
    continuity(ours, theirs, found, match)
    confirmation_delay(ours, errors)
    identity(errors, table, addresses)
    lap("continuity and identity")
    measure(load_requirements("surveillance-5nm"), Evidence(ours, found, match, errors))
    lap("requirements")
    return cost


def rows(hours: float = 3.0) -> list[dict[str, object]]:
    """Rows of the benchmark table (DESIGN 2.1)."""
    judge(*tables(0.01))
    truth, table = tables(hours)
    cost = judge(truth, table)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    what = f"evaluation of {len(truth.time_s):,} states"
    out: list[dict[str, object]] = [
        {"name": f"{what}: {part}", "value": round(value, 2), "unit": "s", "peer": None,
         "ratio": None}
        for part, value in cost.items()
    ]  # fmt: skip
    total_s = sum(cost.values())
    out.append({"name": what, "value": round(total_s, 2), "unit": "s", "peer": f"bar {BAR_S:g} s",
                "ratio": round(total_s / BAR_S, 3)})  # fmt: skip
    out.append({"name": f"{what}: most memory", "value": round(used, 2), "unit": "GiB",
                "peer": f"bar {BAR_GIB} GiB", "ratio": round(used / BAR_GIB, 3)})  # fmt: skip
    return out


if __name__ == "__main__":
    for row in rows(float(sys.argv[1]) if len(sys.argv) > 1 else 3.0):
        print(json.dumps(row))
