"""Both trackers' tracks to figures, with the same parameters."""

import time
from typing import NamedTuple

import numpy as np
from benchmarks.peers.scenes import PeerScene

from skypact.config import sensor_table
from skypact.evaluate.evaluation import evaluate
from skypact.evaluate.floors import floors
from skypact.evaluate.params import EvaluateParams
from skypact.model.reports import take_reports
from skypact.model.tracks import TrackRows, concat_rows
from skypact.record.replay import cut
from skypact.track.params import TrackerParams
from skypact.track.tracker import Tracker

STEP_S = 0.5
"""Reports are gathered for so long before a step of ours."""
SETTLE_S = 30.0
"""Of the scene's begin, judged in no tracker: there all objects appear at once."""


class Score(NamedTuple):
    """Means over the scene, metres, and counts."""

    gospa_m: float
    gospa_localisation_m: float
    gospa_missed_m: float
    gospa_false_m: float
    rms_m: float
    """Of matched updates."""
    nees: float
    """Over its dimensions: 1 is right."""
    completeness: float
    false_tracks: int
    redundant: int
    breaks: int


def skypact_tracks(scene: PeerScene) -> tuple[TrackRows, float]:
    """Track with the defaults; the rows, and the processor time of the steps."""
    params = TrackerParams(frame="flat" if scene.flat else "ecef")
    tracker = Tracker(sensor_table(scene.sensors, flat=scene.flat), params)
    batches = [
        (take_reports(scene.reports, slice(part.first, part.last)), part.now_s)
        for part in cut(scene.reports.received_ns, STEP_S)
    ]
    rows = []
    begin_s = time.process_time()
    for batch, now_s in batches:
        rows.append(tracker.step(batch, now_s).rows)
    rows.append(tracker.flush().rows)
    return concat_rows(rows), time.process_time() - begin_s


def score(rows: TrackRows, scene: PeerScene) -> Score:
    """Judge confirmed tracks in two dimensions, without the scene's begin."""
    start_s = float(scene.truth.time_s.min()) + SETTLE_S
    params = EvaluateParams(start_s=start_s)
    found = evaluate(rows, scene.truth, params, flat=scene.flat, reports=scene.reports).figures
    gospa, whole = found["gospa"], found["continuity"]
    return Score(
        gospa["mean"],
        *(gospa[part] for part in ("localisation", "missed", "false")),
        np.nan if found["rms_position_m"] is None else found["rms_position_m"],
        np.nan if found["nees"] is None else found["nees"]["mean"],
        found["completeness"] or 0.0,
        whole["false_tracks"],
        whole["redundant_tracks"],
        found["breaks"],
    )


def floor(scene: PeerScene) -> float:
    """RMS position error of our own filter when it is told which report is whose."""
    found = floors(scene.reports, scene.sensors, scene.truth, flat=scene.flat, settle_s=SETTLE_S)
    return float(found["clairvoyant_position_rms_m"])
