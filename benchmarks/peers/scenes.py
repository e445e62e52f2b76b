"""Scenes that both trackers see: `skypact simulate` writes them, both read the same files."""

import contextlib
import io
import tempfile
from pathlib import Path
from typing import NamedTuple

from skypact.cli import main as skypact
from skypact.cli.intake import Intake, read_union
from skypact.config import Sensor
from skypact.model.reports import ReportBatch, take_reports
from skypact.model.truth import TruthRows
from skypact.record.judged import read_truth

SKY, FLAT = "scale-100", "crossing"
SKY_S = 60.0
"""Six turns of each radar, three of them judged."""


class PeerScene(NamedTuple):
    """What a tracker gets, and what it is judged by."""

    reports: ReportBatch
    """In order of arrival."""
    sensors: list[Sensor]
    truth: TruthRows
    flat: bool


def simulated(name: str, seed: int) -> PeerScene:
    """Simulate a shipped scene, or one from a file, and read back what was written.

    Parameters
    ----------
    name : str
        As on the command line.
    seed : int
    """
    with tempfile.TemporaryDirectory() as folder:
        length = [] if name == FLAT else ["--seconds", f"{SKY_S:g}"]
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            code = skypact(["simulate", name, "--seed", str(seed), *length, "--out", folder])
        if code:
            raise SystemExit(f"skypact simulate {name} --seed {seed} ended with {code}")
        return read_scene(Path(folder))


def read_scene(folder: Path) -> PeerScene:
    """Read ``reports.parquet``, ``union.toml`` and ``truth.parquet``."""
    union = read_union(folder / "union.toml")
    assert union is not None
    intake = Intake(union, date_s=None)
    reports = intake.read([folder / "reports.parquet"], None)
    truth = read_truth(folder / "truth.parquet", {})
    return PeerScene(reports, list(intake.sensors), truth.rows, truth.is_flat)


def without_clutter(scene: PeerScene) -> PeerScene:
    """Leave out the reports that no object caused."""
    return scene._replace(reports=take_reports(scene.reports, scene.reports.target >= 0))


def cut_at(scene: PeerScene, seconds: float) -> PeerScene:
    """Keep the first seconds of the reports."""
    early = scene.reports.time_s < scene.truth.time_s.min() + seconds
    return scene._replace(reports=take_reports(scene.reports, early))
