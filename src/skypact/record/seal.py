"""Ended segments to tables of reports, away from the pipeline's thread.

``STEM.reports.parquet`` beside a segment is what its packets decode to by themselves: decoding
begins anew with each segment. Full times of day are not touched by that, because each packet has
its receive stamp; a truncated one (CAT001) is dated by the stamp, too, until the segment's first
full one. What is lost is what needs the segment before: the first position of an aircraft that is
sent in halves (Mode S), repeats and echoes across the boundary, editions that were found out.
"""

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skypact.config import KIND_DEFAULTS, Sensor
from skypact.decode.asterix.reports import Decoder
from skypact.decode.feeds import Feed, Heard
from skypact.decode.recognise import FORMATS, open_feed
from skypact.errors import RecordingError
from skypact.model.packets import PacketBatch, take_packets
from skypact.model.reports import empty_reports
from skypact.record.folder import REPORTS, SEALED, segments_of
from skypact.record.header import RecordedSource
from skypact.record.recording import Recording
from skypact.record.table_file import TableFile
from skypact.record.tables import reports_to_arrow

PIECE_BYTES: Final = 1 << 18
"""Decoded at a time, so that no other thread waits for long."""
LOOK_S: Final = 10.0
"""The folder is looked at so often, and whenever a segment is offered."""


class SourceDecoder:
    """Decodes packets of sources of all formats, without the indices of a running picture.

    Parameters
    ----------
    sources : sequence of RecordedSource
        `link` of the packets is a row.
    sensors : sequence of config.Sensor
        Data sheets known beforehand; a receiver's source bears its sensor's name.
    """

    def __init__(self, sources: Sequence[RecordedSource], sensors: Sequence[Sensor] = ()) -> None:
        self._sources = tuple(sources)
        self._decoder = Decoder(sensors)
        sheets = {sensor.name: sensor for sensor in sensors}
        self._feeds: dict[int, Feed] = {}
        for row, source in enumerate(sources):
            form = next((f for f in FORMATS if f == source.format), None)
            if form is not None:
                self._feeds[row] = open_feed(form, *_reach(sheets.get(source.name)))
        self._is_feed = np.array([row in self._feeds for row in range(len(sources))], np.bool_)
        self.errors: dict[str, int] = {}

    def table(self, packets: PacketBatch) -> pa.Table:
        """Decode a batch to the rows of `reports.parquet` in order of arrival."""
        is_feed = self._is_feed[packets.link]
        decoded = self._decoder.decode(take_packets(packets, ~is_feed))
        self._count(decoded.errors)
        names = [sensor.name for sensor in self._decoder.sensors]
        tables = [reports_to_arrow(decoded.reports, names)]
        for i in np.flatnonzero(is_feed).tolist():
            row = int(packets.link[i])
            data = packets.data[packets.start[i] : packets.end[i]]
            tables += self._heard(row, self._feeds[row].feed(data, int(packets.received_ns[i])))
        return _in_order(tables)

    def finish(self) -> pa.Table:
        """End the feeds; return what they held back."""
        tables = [reports_to_arrow(empty_reports(0), [])]
        for row, feed in self._feeds.items():
            tables += self._heard(row, feed.finish())
        return _in_order(tables)

    def _heard(self, row: int, heard: Heard) -> list[pa.Table]:
        self._count(heard.errors)
        name = self._sources[row].name
        return [reports_to_arrow(heard.reports, [name])] if heard.reports.time_s.size else []

    def _count(self, errors: dict[str, int]) -> None:
        for kind, n in errors.items():
            self.errors[kind] = self.errors.get(kind, 0) + n


def _reach(sheet: Sensor | None) -> tuple[tuple[float, float] | None, float]:
    """Where a receiver is and how far it hears."""
    if sheet is None or sheet.lat is None or sheet.lon is None:
        return None, np.inf
    return (sheet.lat, sheet.lon), sheet.range_max_m or KIND_DEFAULTS[sheet.kind].range_max_m


def _in_order(tables: list[pa.Table]) -> pa.Table:
    """Rows of several tables in order of arrival."""
    if len(tables) == 1:
        return tables[0]
    whole = pa.concat_tables(tables)
    received = whole["received_ns"].to_numpy()
    return pc.take(whole, pa.array(np.argsort(received, kind="stable")))


def seal_segment(
    path: Path,
    sensors: Sequence[Sensor] = (),
    pause: Callable[[float], bool] = lambda _: False,
) -> Path | None:
    """Decode an ended segment to the table beside it, unless it is there.

    Parameters
    ----------
    path : Path
        The segment.
    sensors : sequence of config.Sensor
        Data sheets known beforehand.
    pause : callable
        Called between pieces with the seconds that the last one took; true asks to stop.

    Returns
    -------
    Path or None
        The table; None where it was asked to stop, or the segment was removed meanwhile.

    Raises
    ------
    RecordingError
        The segment cannot be read, or the table not be written.
    """
    table_path = path.with_name(path.name.removesuffix(SEALED) + REPORTS)
    if table_path.exists():
        return table_path
    recording = Recording(path)
    decoder = SourceDecoder(recording.sources, sensors)
    table = TableFile(table_path, reports_to_arrow(empty_reports(0), []).schema)
    try:
        for batch in recording.packets(range_bytes=PIECE_BYTES):
            begun_s = time.monotonic()
            table.append(decoder.table(batch))
            if pause(time.monotonic() - begun_s):
                return None
        table.append(decoder.finish())
        if not path.exists():
            return None
        table.finish()
    except (OSError, pa.ArrowException) as error:
        raise RecordingError(f"cannot make {table_path}: {error}") from error
    finally:
        table.discard()
    return table_path


class Sealer:
    """A thread that makes the tables of ended segments, at most half of the time.

    The folder is its list of work: every sealed segment without a table, the newest first, so that
    nothing waits in memory and nothing is forgotten after a crash.

    Parameters
    ----------
    folder : Path
        Of the recording.
    sensors : sequence of config.Sensor
        Data sheets known beforehand.
    """

    def __init__(self, folder: Path, sensors: Sequence[Sensor] = ()) -> None:
        self._folder = folder
        self._sensors = tuple(sensors)
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._failed: set[str] = set()
        self.n_sealed = 0
        self.n_failed = 0
        self.error = ""
        """Why a table could not be made last."""
        self._thread = threading.Thread(target=self._run, name="sealer", daemon=True)
        self._thread.start()

    def offer(self, path: Path) -> None:
        """Take notice of a segment that has ended; never waits."""
        self._wake.set()

    def close(self) -> None:
        """Stop; a table that is not complete is left out and made another time."""
        self._stop.set()
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            for path in self._waiting():
                if self._stop.is_set():
                    return
                self._seal(path)
            self._wake.wait(LOOK_S)

    def _waiting(self) -> list[Path]:
        segments = [s for s in segments_of(self._folder) if not s.is_open]
        names = self._failed
        lacking = [s for s in segments if s.stem not in names and not s.beside(REPORTS).exists()]
        return [s.path for s in reversed(lacking)]

    def _seal(self, path: Path) -> None:
        try:
            if seal_segment(path, self._sensors, self._stop.wait) is not None:
                self.n_sealed += 1
        except Exception as error:  # one bad segment must not end the sealing of the others
            is_disk = isinstance(error, OSError) or isinstance(error.__cause__, OSError)
            self.error = f"{path.name}: {error}"
            if path.exists() and not is_disk:  # what the disk refused is tried again
                self._failed.add(path.name.removesuffix(SEALED))
                self.n_failed += 1
