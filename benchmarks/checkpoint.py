"""Keeping and restoring a picture: ``python -m benchmarks.checkpoint``.

The four radars of `benchmarks.tracking` and 10,000 aircraft for 20 s; then the state is packed,
written, read and restored, and the restored tracker must go on as the first does. Bar: restored in
under 2 s.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from benchmarks import tracking as scene

from skypact.config import sensor_table
from skypact.model.reports import take_reports
from skypact.record.checkpoint_file import write_checkpoint
from skypact.track.params import TrackerParams
from skypact.track.tracker import Tracker

SECONDS = 20
STEP_S = 0.5
BAR_S = 2.0


def line(name: str, value: float, unit: str, peer: str = "", ratio: float | None = None) -> None:
    """Print one figure."""
    row = {"name": name, "value": value, "unit": unit, "peer": peer or None, "ratio": ratio}
    print(json.dumps(row), flush=True)


def main(n: int) -> None:
    """Measure with n aircraft."""
    rng = np.random.default_rng(n)
    sensors = scene.radars(scene.REACH_M)
    truth = scene.fly(n, SECONDS, scene.HALF_SIDE_M, rng)
    reports, _ = scene.plots(sensors, truth, SECONDS, rng)
    table = sensor_table(sensors)
    tracker = Tracker(table, TrackerParams(capacity=2 * n))
    slot = np.floor(reports.time_s / STEP_S)
    for k in range(round(SECONDS / STEP_S)):
        tracker.step(take_reports(reports, slot == k), (k + 1) * STEP_S)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state"
        begun = time.perf_counter()
        data = tracker.checkpoint()
        write_checkpoint(path, data)
        written = time.perf_counter()
        other = Tracker.restored(path.read_bytes(), table)
        restored = time.perf_counter()
    name = f"{tracker.n_tracks:,} tracks"
    line(f"{name}: checkpoint written", round(written - begun, 3), "s")
    line(f"{name}: checkpoint restored", round(restored - written, 3), "s", f"bar {BAR_S:g}",
         round((restored - written) / BAR_S, 3))  # fmt: skip
    line(f"{name}: size", round(len(data) / 1e6, 1), "MB")
    late = take_reports(reports, slot == slot.max())
    late.time_s[:] += 1.0
    rows = [t.step(late, SECONDS + 2.0).rows for t in (tracker, other)]
    same = all(a.tobytes() == b.tobytes() for a, b in zip(*rows, strict=True))
    line(f"{name}: goes on bit for bit", float(same), "", "1 expected")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
