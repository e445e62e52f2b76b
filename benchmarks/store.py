"""Keeping the picture: ``python -m benchmarks.store [MILLION_ROWS]``.

10,000 tracks cross a square of 1,600 km at 10,000 rows/s. Measured: processor time per 10,000 rows
of the pipeline's thread, of everything else here, and of the database's server; rows/s; then a
history of an hour in a box of 100 km, first page and all of it. PostgreSQL is left out where it is
not installed.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from skypact.model.ports import Store
from skypact.model.reports import pack_callsign
from skypact.model.store import Area, HistoryQuery
from skypact.model.tracks import TrackRows, empty_rows
from skypact.record.store_parquet import ParquetStore
from skypact.record.store_postgis import PostgisStore
from skypact.record.storing import StoreSink
from skypact.testing.contract_store import NONE, START_S
from skypact.testing.postgres_server import PostgresServer, missing_server
from skypact.units import DEGREE

N_TRACKS = 10_000
STEPS_PER_S = 10
UNIT_ROWS = 10_000
BOX = Area(9.0 * DEGREE, 49.5 * DEGREE, 10.4 * DEGREE, 50.4 * DEGREE)
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


class Sky:
    """Tracks on straight lines."""

    def __init__(self, seed: int = 3) -> None:
        rng = np.random.default_rng(seed)
        self._lat = rng.uniform(43.0, 57.0, N_TRACKS) * DEGREE
        self._lon = rng.uniform(0.0, 22.0, N_TRACKS) * DEGREE
        course, speed = rng.uniform(0, 2 * np.pi, N_TRACKS), rng.uniform(60, 260, N_TRACKS)
        self._vn, self._ve = speed * np.cos(course), speed * np.sin(course)
        self._height = rng.uniform(300, 12_000, N_TRACKS)
        calls = np.array([pack_callsign(f"SKY{i}") for i in range(N_TRACKS)])
        self._calls, self._rng = calls, rng

    def rows(self, time_s: float, index: np.ndarray) -> TrackRows:
        """Updates of some tracks at a time."""
        n, after_s = index.size, time_s - START_S
        noise = {
            name: np.abs(self._rng.normal(30.0, 5.0, n))
            for name in ("sigma_n_m", "sigma_e_m", "sigma_u_m", "sigma_vn_mps", "sigma_ve_mps")
        }
        return empty_rows(n)._replace(
            **noise,
            time_s=time_s + np.sort(self._rng.uniform(0.0, 1.0 / STEPS_PER_S, n)),
            track=index + 1,
            lat_rad=self._lat[index] + self._vn[index] * after_s / 6.4e6,
            lon_rad=self._lon[index] + self._ve[index] * after_s / 4.1e6,
            altitude_m=self._height[index] + self._rng.normal(0.0, 8.0, n),
            baro_altitude_m=np.rint(self._height[index] / 7.62) * 7.62,
            vn_mps=self._vn[index] + self._rng.normal(0.0, 1.0, n),
            ve_mps=self._ve[index] + self._rng.normal(0.0, 1.0, n),
            vu_mps=self._rng.normal(0.0, 0.5, n),
            corr_ne=self._rng.uniform(-0.5, 0.5, n),
            existence=np.ones(n),
            p_manoeuvre=self._rng.uniform(0.0, 0.2, n),
            p_ballistic=np.zeros(n),
            confirmed=np.ones(n, np.int8),
            target_class=np.ones(n, np.int8),
            icao=(index + 4096).astype(np.int32),
            mode3a=np.full(n, 7000, np.int32),
            callsign=self._calls[index],
            n_sensors=np.full(n, 3, np.int32),
            age_s=np.full(n, after_s),
        )


def line(name: str, value: float, unit: str, peer: str = "", ratio: float | None = None) -> None:
    """Print one figure."""
    row = {"name": name, "value": value, "unit": unit, "peer": peer or None, "ratio": ratio}
    print(json.dumps(row), flush=True)


def server_cpu_s(folder: Path | None) -> float:
    """Processor time of a server and its processes, seconds; those that ended included."""
    if folder is None:
        return 0.0
    first = int((folder / "data" / "postmaster.pid").read_text().split()[0])
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = stat.read_text().rpartition(")")
        except OSError:
            continue
        fields = rest.split()
        pid, parent = int(name.split()[0]), int(fields[1])
        if pid == first:
            total += sum(map(int, fields[11:15]))
        elif parent == first:
            total += sum(map(int, fields[11:13]))
    return total / TICKS


def write_live(store: Store, name: str, seconds: int, server: Path | None) -> None:
    """Write through the sink as a live unit does, as fast as it goes, a second at a time."""
    sky, sink = Sky(), StoreSink(store, "north", batch_s=0.05)
    store.prepare()
    made = [
        sky.rows(START_S + i / STEPS_PER_S, np.arange(N_TRACKS)[i % STEPS_PER_S :: STEPS_PER_S])
        for i in range(seconds * STEPS_PER_S)
    ]
    n_rows = sum(rows.time_s.size for rows in made)
    begun_s, process_s, of_server = time.perf_counter(), time.process_time(), server_cpu_s(server)
    append_s = 0.0
    for i, rows in enumerate(made):
        before_s = time.thread_time()
        sink.append(rows, NONE, START_S + i / STEPS_PER_S)
        append_s += time.thread_time() - before_s
        while i % STEPS_PER_S == STEPS_PER_S - 1 and sink.state().n_waiting > 2 * N_TRACKS:
            time.sleep(0.002)
    while sink.state().n_waiting:
        time.sleep(0.002)
    wall_s = time.perf_counter() - begun_s
    here_s = time.process_time() - process_s - append_s
    there_s = server_cpu_s(server) - of_server
    per = UNIT_ROWS / n_rows * 1000.0
    line(f"{name}: append on the pipeline's thread", round(append_s * per, 3), "ms/10,000 rows")
    line(f"{name}: writing, merging included", round(here_s * per, 1), "ms/10,000 rows")
    if server is not None:
        line(f"{name}: the server", round(there_s * per, 1), "ms/10,000 rows")
    line(f"{name}: rate", round(n_rows / wall_s), "rows/s", "10,000 wanted",
         round(n_rows / wall_s / 1e4, 2))  # fmt: skip
    sink.finish()


def fill(store: Store, n_rows: int) -> None:
    """Spread rows over an hour, in batches of 10 s."""
    sky = Sky(5)
    per_batch = max(1, n_rows // 360)
    for number in range(360):
        rng = np.random.default_rng(number)
        rows = sky.rows(START_S + 10.0 * number, rng.integers(0, N_TRACKS, per_batch))
        rows = rows._replace(time_s=START_S + 10.0 * (number + np.sort(rng.random(per_batch))))
        store.write(rows, NONE, "north", START_S + 10.0 * (number + 1), number + 1)


def timed(work: Callable[[], int]) -> tuple[float, int]:
    """Wall seconds and what was counted, the second time."""
    work()
    begun_s = time.perf_counter()
    n = work()
    return time.perf_counter() - begun_s, n


def ask(store: Store, name: str) -> None:
    """History of an hour in a box."""

    def pages(limit: int, most: int) -> int:
        query, n = HistoryQuery(START_S, START_S + 3600.0, BOX, limit=limit), 0
        for _ in range(most):
            found = store.history(query)
            n += found.tracks.rows.time_s.size
            if found.after is None:
                break
            query = query._replace(after=found.after)
        return n

    first_s, n_first = timed(lambda: pages(1000, 1))
    all_s, n_all = timed(lambda: pages(100_000, 1000))
    now_s, n_now = timed(lambda: store.tracks_at(START_S + 1800.0).rows.time_s.size)
    line(f"{name}: first {n_first:,} rows of hour and box", round(first_s * 1e3, 1), "ms")
    line(f"{name}: all {n_all:,} rows of hour and box", round(all_s * 1e3), "ms")
    line(f"{name}: picture of a past time, {n_now:,} tracks", round(now_s * 1e3), "ms")


def settle(folder: Path) -> None:
    """Wait until the hour is one file."""
    deadline_s = time.monotonic() + 300.0
    while len(list(folder.glob("[0-9]*/*/*.parquet"))) > 1 and time.monotonic() < deadline_s:
        time.sleep(0.1)


def main(million: float) -> None:
    """Measure with so many million rows."""
    n_rows = int(million * 1e6)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_live(ParquetStore(folder / "live"), "Parquet", 60, None)
        size = sum(p.stat().st_size for p in (folder / "live").rglob("*.parquet"))
        line("Parquet: size", round(size / 6e5), "bytes/row")
        store = ParquetStore(folder / "full")
        fill(store, n_rows)
        ask(store, f"Parquet, {million:g} million rows, hour not over")
        store.write(empty_rows(0), np.array([1]), "north", START_S + 4000.0, 1000)
        settle(folder / "full")
        ask(store, f"Parquet, {million:g} million rows, hour merged")
        store.close()
    if missing_server():
        print(missing_server(), file=sys.stderr)
        return
    server = PostgresServer()
    try:
        server.start()
        write_live(PostgisStore(server.database()), "PostGIS", 60, server.folder)
        postgis = PostgisStore(server.database())
        fill(postgis, n_rows)
        ask(postgis, f"PostGIS, {million:g} million rows")
        postgis.close()
    finally:
        server.remove()


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)
