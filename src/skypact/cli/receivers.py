"""Recordings of receivers (Mode S, ADS-B, remote identification): files to reports and sensors."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from skypact.config import SensorKind, Union
from skypact.decode.asterix.sensors import SensorSeen
from skypact.decode.feeds import Feed, Heard, nothing_heard
from skypact.decode.links import receiver_feed
from skypact.decode.modes.receiver import ModesFeed
from skypact.decode.readsb import in_order
from skypact.decode.recognise import HEAD_BYTES, FeedFormat, recognise
from skypact.errors import RecordingError, SourceError
from skypact.model.packets import PacketBatch
from skypact.model.reports import ReportBatch, concat_reports
from skypact.record.frame_table import frames_from_arrow, holds_frames
from skypact.sources.file import content, head

PIECE_BYTES: Final = 1 << 22
"""Files are fed in pieces: the columns of a frame take twenty times its octets."""
GATHERED: Final = 500
"""Pieces of a live stream whose reports are put in one table."""
WHOLE: Final = ("aircraft.json", "radio")
"""Forms of which a file is taken whole."""
REVISITS_S: Final = (0.3, 60.0)
"""Gaps between two reports of one aircraft that tell how often a receiver hears it."""


def format_of(path: Path) -> FeedFormat | None:
    """Form of a receiver's recording, None where the file is none."""
    if path.suffix == ".parquet":
        return "frames" if holds_frames(str(path)) else None
    name = path.name.removesuffix(".gz")
    return recognise(head(path, HEAD_BYTES), Path(name).suffix)


def period_s_of(reports: ReportBatch) -> float:
    """Median gap between two reports of one aircraft; NaN where there is none."""
    name = np.where(reports.icao >= 0, reports.icao, (1 << 24) + reports.track_number)
    order = np.lexsort((reports.time_s, name))
    gap_s = np.diff(reports.time_s[order])
    same = np.diff(name[order]) == 0
    gap_s = gap_s[same & (gap_s > REVISITS_S[0]) & (gap_s < REVISITS_S[1])]
    return float(np.median(gap_s)) if gap_s.size else float("nan")


class Receivers:
    """Feeds by the name of their receiver, and what was heard of them.

    A file belongs to the sensor of the union file that bears its name (without suffixes), else to
    the only one of its form, else to a sensor of its own, which bears its name.
    """

    def __init__(self, union: Union | None, date_s: float | None) -> None:
        self._sensors = union.sensor if union else ()
        self._date_s = date_s
        self._feeds: dict[str, Feed] = {}
        self.seen: list[SensorSeen] = []
        self.unreadable: list[Exception] = []
        """Why files could not be read."""

    def name_of(self, path: Path, form: FeedFormat) -> str:
        """Name of the receiver that made a recording."""
        stem = path.name.split(".")[0]
        alike = [s.name for s in self._sensors if s.format == form]
        if stem in {s.name for s in self._sensors}:
            return stem
        if len(alike) == 1:
            return alike[0]
        return "aircraft.json" if form == "aircraft.json" else stem

    def read(self, paths: Sequence[tuple[Path, FeedFormat]]) -> list[tuple[str, Heard]]:
        """Read recordings: the receiver's name and what was heard, for each of them.

        One that cannot be read is noted in `unreadable`.
        """
        named = [(self.name_of(path, form), path, form) for path, form in paths]
        found = []
        for name in dict.fromkeys(name for name, _, _ in named):
            mine = [(path, form) for other, path, form in named if other == name]
            heard = self._heard(name, mine)
            self._note(name, mine[0][1], heard)
            found += [(name, part) for part in heard]
        return found

    def take(self, name: str, form: FeedFormat, packets: PacketBatch) -> list[tuple[str, Heard]]:
        """Read what one receiver sent a unit, piece by piece with their stamps of arrival."""
        feed = self._feed(name, form)
        rows = zip(packets.start, packets.end, packets.received_ns, strict=True)
        heard = [feed.feed(packets.data[a:b], int(stamp)) for a, b, stamp in rows]
        heard.append(feed.finish())
        heard = [_together(heard[at : at + GATHERED]) for at in range(0, len(heard), GATHERED)]
        self._note(name, form, heard)
        return [(name, part) for part in heard]

    def _heard(self, name: str, files: list[tuple[Path, FeedFormat]]) -> list[Heard]:
        """Feed one receiver's files to its decoder, snapshots in the order of their times."""
        feed = self._feed(name, files[0][1])
        heard = []
        texts = []
        for path, _ in files:
            try:
                if path.suffix != ".parquet":
                    texts.append(content(path))
                elif isinstance(feed, ModesFeed):
                    heard.append(feed.take(*frames_from_arrow(pq.read_table(path))))
            except (SourceError, RecordingError, pa.ArrowException, OSError) as error:
                self.unreadable.append(error)
        if files[0][1] == "aircraft.json":
            texts = [np.frombuffer(t, np.uint8) for t in in_order([d.tobytes() for d in texts])]
        for data in texts:
            size = data.size if files[0][1] in WHOLE else PIECE_BYTES
            heard += [feed.feed(data[at : at + size]) for at in range(0, data.size, max(size, 1))]
            heard.append(feed.finish())
        return heard or [nothing_heard()]

    def _feed(self, name: str, form: FeedFormat) -> Feed:
        if name not in self._feeds:
            sheet = next((s for s in self._sensors if s.name == name), None)
            self._feeds[name] = receiver_feed(form, sheet, self._date_s)
        return self._feeds[name]

    def _note(self, name: str, form: FeedFormat, heard: list[Heard]) -> None:
        """Keep what a data sheet can be made of."""
        reports = [part.reports for part in heard]
        times = [np.column_stack([r.received_ns * 1e-9, r.time_s]) for r in reports]
        offset_s = np.concatenate(times) @ np.array([1.0, -1.0])
        sheet = next((s for s in self._sensors if s.name == name), None)
        own: SensorKind = "remoteid" if form in ("remoteid", "radio") else "adsb"
        self.seen.append(
            SensorSeen(
                sac=sheet.sac if sheet else 0,
                sic=sheet.sic if sheet else 0,
                name=name,
                categories=(),
                kind=sheet.kind if sheet else own,
                lat_rad=float("nan"),
                lon_rad=float("nan"),
                height_m=float("nan"),
                period_s=period_s_of(concat_reports(reports)),
                records=sum(sum(part.records.values()) for part in heard),
                reports=sum(r.time_s.size for r in reports),
                clock_offset_s=float(np.median(offset_s)) if offset_s.size else float("nan"),
            )
        )


def _together(heard: list[Heard]) -> Heard:
    """Join what several pieces held."""
    records: dict[str, int] = {}
    errors: dict[str, int] = {}
    for part in heard:
        for total, more in ((records, part.records), (errors, part.errors)):
            for kind, n in more.items():
                total[kind] = total.get(kind, 0) + n
    return Heard(concat_reports([part.reports for part in heard]), records, errors)
