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

import pyarrow as pa

from skypact.config import Sensor
from skypact.decode.links import Link, LinkDecoder, LinkReports
from skypact.errors import RecordingError
from skypact.model.packets import PacketBatch
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


class _Tables:
    """Makes rows of `reports.parquet` of packets; a receiver's source bears its sensor's name."""

    def __init__(self, sources: Sequence[RecordedSource], sensors: Sequence[Sensor]) -> None:
        self._names = [source.name for source in sources]
        sheets = {sensor.name: sensor for sensor in sensors}
        links = [Link(source.format, sheets.get(source.name)) for source in sources]
        self._decoder = LinkDecoder(sensors, links)

    def of(self, packets: PacketBatch) -> pa.Table:
        """Decode a batch."""
        return self._table(self._decoder.decode(packets))

    def rest(self) -> pa.Table:
        """Return what the feeds held back."""
        return self._table(self._decoder.finish())

    def _table(self, found: LinkReports) -> pa.Table:
        senders = [sensor.name for sensor in self._decoder.asterix.sensors]
        rows = {link: len(senders) + link for link in range(len(self._names))}
        return reports_to_arrow(found.joined(rows), senders + self._names)


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
    tables = _Tables(recording.sources, sensors)
    table = TableFile(table_path, reports_to_arrow(empty_reports(0), []).schema)
    try:
        for batch in recording.packets(range_bytes=PIECE_BYTES):
            begun_s = time.monotonic()
            table.append(tables.of(batch))
            if pause(time.monotonic() - begun_s):
                return None
        table.append(tables.rest())
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
