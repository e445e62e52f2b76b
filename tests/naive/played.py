"""Recordings tracked as `skypact replay` tracks them, with the track of every report kept."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from skypact.cli.intake import Intake
from skypact.config import sensor_table
from skypact.decode.asterix.reports import Decoder
from skypact.model.reports import ReportBatch, take_reports
from skypact.model.site import Site
from skypact.model.tracks import TrackRows, concat_rows
from skypact.record.picture import PictureCount
from skypact.record.replay import arriving_by_own_time, cut, withhold
from skypact.sources.file import FileSource
from skypact.track.tracker import Tracker


class Played(NamedTuple):
    """A recording and what the tracker made of it."""

    reports: ReportBatch
    """In order of arrival, nothing withheld."""
    track_of: np.ndarray
    """Track each report updated or began, -1 for none."""
    rows: TrackRows
    counts: dict
    picture_hash: str
    sensors: tuple
    """Data sheets in force."""

    @property
    def confirmed(self):
        """Numbers of the tracks that were ever confirmed, sorted."""
        return np.unique(self.rows.track[self.rows.confirmed == 1])


def play(paths: list[Path], sites: list[Site], withheld: tuple[str, ...] = (), date_s=0.0):
    """Read, hide what is withheld, cut in batches and track."""
    intake = Intake(None, sites, date_s)
    reports, _ = arriving_by_own_time(intake.read(paths, date_s))
    sent = withhold(reports, withheld)
    assert intake.placeable(sent).time_s.size == sent.time_s.size
    tracker = Tracker(sensor_table(intake.sensors))
    track_of = np.full(sent.time_s.size, -1, np.int64)
    picture, rows, counts = PictureCount(), [], {}

    def book(events):
        picture.append(events.rows, events.ended, 0.0)
        rows.append(events.rows)
        track_of[events.report_index] = events.report_track
        for kind, n in events.counts.items():
            counts[kind] = counts.get(kind, 0) + n

    for batch in cut(sent.received_ns):
        book(tracker.step(take_reports(sent, slice(batch.first, batch.last)), batch.now_s))
    book(tracker.flush())
    made = concat_rows(rows)
    return Played(reports, track_of, made, counts, picture.picture_hash, tuple(intake.sensors))


def registers(path: Path, reports: ReportBatch, date_s=0.0):
    """Transponder registers of every report, in the order of the reports."""
    decoded = Decoder(date_s=date_s, with_extras=True).decode(FileSource(path).read().packets)
    order = np.argsort(decoded.reports.received_ns, kind="stable")
    assert (decoded.reports.time_s[order] == reports.time_s).all()
    return type(decoded.extras)(*(column[order] for column in decoded.extras))


def changes_of_track(track_of, time_s, plots):
    """Where an object's track number changes: gap in seconds before each change.

    `plots` are the rows of one object in order of time, those without a track left out.
    """
    change = np.flatnonzero(np.diff(track_of[plots]) != 0)
    return np.diff(time_s[plots])[change]
