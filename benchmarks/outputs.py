"""What outputs cost: messages a second of each kind, and what the pipeline's thread pays for them.

``python -m benchmarks.outputs``. The picture of 10,000 tracks goes through an `OutputSink` to
loopback (datagrams to a port that nobody reads) or a file, in steps of 1,000 rows. CPU time is of
the thread named, so that a busy machine changes little. Prints one JSON line per figure.
"""

import json
import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from skypact.deploy import Output
from skypact.encode.geojson import feature_collection
from skypact.model.flights import FlightPlan
from skypact.model.reports import MODES, empty_reports, pack_callsign
from skypact.model.tracks import TrackRows, empty_rows, take_rows
from skypact.serve import outputs
from skypact.serve.flights import FlightList
from skypact.serve.kinds import About

TRACKS = 10_000
STEP_ROWS = 1_000
ROUNDS = 5
KINDS = ("asterix", "cot", "tak", "geojson", "csv")
NONE = np.empty(0, np.int64)
START_S = 1_767_268_800.0


def picture(n: int = TRACKS, seed: int = 1) -> TrackRows:
    """Tracks of airliners over Europe, confirmed, most of them named."""
    rng = np.random.default_rng(seed)
    sigmas = ("sigma_n_m", "sigma_e_m", "sigma_u_m", "sigma_vn_mps", "sigma_ve_mps")
    return empty_rows(n)._replace(
        time_s=START_S + np.sort(rng.uniform(0.0, 0.1, n)),
        track=np.arange(1, n + 1),
        lat_rad=rng.uniform(0.7, 1.0, n),
        lon_rad=rng.uniform(-0.1, 0.5, n),
        altitude_m=rng.uniform(300.0, 12_000.0, n),
        baro_altitude_m=rng.uniform(300.0, 12_000.0, n),
        **{name: rng.normal(0.0, 150.0, n) for name in ("vn_mps", "ve_mps")},
        vu_mps=rng.normal(0.0, 3.0, n),
        **{name: rng.uniform(5.0, 60.0, n) for name in sigmas},
        corr_ne=np.zeros(n),
        existence=np.ones(n),
        confirmed=np.ones(n, np.int8),
        p_manoeuvre=rng.random(n),
        p_ballistic=np.zeros(n),
        target_class=np.ones(n, np.int8),
        icao=rng.permutation(1 << 24)[:n].astype(np.int32),
        mode3a=np.full(n, 2000, np.int32),
        callsign=np.array([pack_callsign(f"SKY{i:05}") for i in range(n)]),
        n_sensors=rng.integers(1, 5, n).astype(np.int32),
        age_s=rng.uniform(10.0, 3_000.0, n),
    )


def steps_of(rows: TrackRows) -> list[TrackRows]:
    """Cut the picture into steps."""
    n = rows.track.size
    return [take_rows(rows, slice(i, i + STEP_ROWS)) for i in range(0, n, STEP_ROWS)]


class _Timed(outputs.OutputSink):
    """Notes the CPU time of its thread."""

    cpu_s = 0.0

    def _run(self) -> None:
        super()._run()
        self.cpu_s = time.thread_time()


def one(kind: str, url: str) -> dict[str, tuple[float, str]]:
    """Send the picture `ROUNDS` times; milliseconds of CPU per 10,000 rows on each thread."""
    rows = picture()
    steps = steps_of(rows)
    reports = empty_reports(STEP_ROWS)._replace(
        time_s=steps[0].time_s, kind=np.full(STEP_ROWS, MODES, np.int8)
    )
    sink = _Timed([Output(kind=kind, url=url)], About("north", 25, 100, 75.0))
    paid_s = 0.0
    for turn in range(ROUNDS):
        for step in steps:
            step = step._replace(time_s=step.time_s + 4.0 * turn)
            begun_s = time.thread_time()
            sink.note(step.track, reports)
            sink.append(step, NONE, START_S + 4.0 * turn)
            paid_s += time.thread_time() - begun_s
        while sink.n_waiting:
            time.sleep(0.005)
    sink.close()
    (told,) = sink.states()
    if told.dropped or sink.n_steps_dropped:
        raise RuntimeError(f"{kind}: {told.dropped} messages and {sink.n_steps_dropped} steps lost")
    return {
        "on the pipeline's thread, 10,000 rows": (paid_s / ROUNDS * 1e3, "ms"),
        "on the outputs' thread, 10,000 rows": (sink.cpu_s / ROUNDS * 1e3, "ms"),
        "rate": (ROUNDS * TRACKS / sink.cpu_s, "rows/s"),
        "size": (told.bytes / ROUNDS / TRACKS, "octets/row"),
    }


def milliseconds(work: Callable[[], object]) -> float:
    """CPU time of a piece of work, the best of `ROUNDS`."""
    spent = []
    for _ in range(ROUNDS):
        begun_s = time.thread_time()
        work()
        spent.append(time.thread_time() - begun_s)
    return min(spent) * 1e3


def show(name: str, value: float, unit: str) -> None:
    """Print a row."""
    print(json.dumps({"name": name, "value": round(value, 3), "unit": unit}), flush=True)


def main() -> None:
    """Measure every kind as datagrams and to a file, the collection, and the plans."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(type=socket.SOCK_DGRAM) as sink:
        sink.bind(("127.0.0.1", 0))
        udp = f"udp://127.0.0.1:{sink.getsockname()[1]}"
        for kind in KINDS:
            for way, url in (("udp", udp), ("file", f"file:{Path(folder) / kind}")):
                for name, (value, unit) in one(kind, url).items():
                    show(f"output {kind}, {way}: {name}", value, unit)
    rows = picture()
    collection_ms = milliseconds(lambda: feature_collection(rows, "north"))
    show("output geojson: collection of 10,000 features", collection_ms, "ms")
    plans = FlightList([FlightPlan(f"SKY{i:05}", departure="EGLL") for i in range(TRACKS)])
    match_ms = milliseconds(lambda: plans.match(rows))
    show("flight plans: 10,000 rows to 10,000 plans", match_ms, "ms")


if __name__ == "__main__":
    main()
