"""What the benchmarks of real data share: a tracker run to its end, and a figure printed."""

import json
import time
from typing import NamedTuple

import numpy as np

from skypact.config import Sensor, sensor_table
from skypact.model.reports import ReportBatch, take_reports
from skypact.model.tracks import TrackRows, concat_rows
from skypact.record.replay import cut
from skypact.track.tracker import Tracker


class Played(NamedTuple):
    """Reports and what the tracker made of them."""

    reports: ReportBatch
    track_of: np.ndarray
    """Track that each report updated or began, -1 none."""
    rows: TrackRows
    confirmed: np.ndarray
    """Numbers that were ever confirmed."""
    seconds: float


def line(name: str, value: float, unit: str = "", peer: str | None = None) -> None:
    """Print one figure."""
    shown = int(value) if float(value).is_integer() else float(f"{value:.4g}")
    row = {"name": name, "value": shown, "unit": unit, "peer": peer, "ratio": None}
    print(json.dumps(row), flush=True)


def track(reports: ReportBatch, sensors: list[Sensor]) -> Played:
    """Run the tracker over reports in order of arrival."""
    tracker = Tracker(sensor_table(sensors))
    track_of = np.full(reports.time_s.size, -1, np.int64)
    rows = []
    begin = time.perf_counter()
    for part in cut(reports.received_ns):
        batch = take_reports(reports, slice(part.first, part.last))
        events = tracker.step(batch, part.now_s)
        track_of[events.report_index] = events.report_track
        rows.append(events.rows)
    events = tracker.flush()
    track_of[events.report_index] = events.report_track
    made = concat_rows([*rows, events.rows])
    confirmed = np.unique(made.track[made.confirmed == 1])
    return Played(reports, track_of, made, confirmed, time.perf_counter() - begin)
