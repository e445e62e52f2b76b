"""A table in a folder of hours: ``2026-11-23/10/FIRST-LAST.parquet``.

Every batch is a file of its own at once, named by its number. Later files are merged; a merged file
is named by the first and last number in it, so that after a crash between its appearance and the
removal of what it replaces the leftovers are known: their numbers lie within another's.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from skypact.record.clustering import GROUP_ROWS, slabs

HOUR_S: Final = 3600.0
MERGED: Final = 32
"""So many batches of an hour become one file."""
TRIES: Final = 5
"""Reads that find a file just merged away look again."""


class HourFile(NamedTuple):
    """One file of an hour."""

    path: Path
    first: int
    last: int


class Extent(NamedTuple):
    """What a file's statistics say."""

    n_rows: int
    first_s: float
    last_s: float


class Stopped(Exception):
    """A merge was told to stop."""


def hour_folder(hour_s: float) -> str:
    """Folder of an hour, by UTC."""
    return datetime.fromtimestamp(hour_s, UTC).strftime("%Y-%m-%d/%H")


def _hour_of(folder: Path) -> float | None:
    try:
        day, hour = folder.parts[-2:]
        return datetime.strptime(f"{day} {hour} +0000", "%Y-%m-%d %H %z").timestamp()
    except ValueError:
        return None


def _numbers(path: Path) -> tuple[int, int] | None:
    first, _, last = path.stem.partition("-")
    return (int(first), int(last)) if first.isdecimal() and last.isdecimal() else None


def publish(part: Path, path: Path) -> None:
    """Give a file its name when its bytes are on the disk."""
    file = os.open(part, os.O_RDWR)
    try:
        os.fsync(file)
    finally:
        os.close(file)
    part.replace(path)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


class HourFiles:
    """Files of one table, its first column `time_s`; one thread writes, one merges, any reads.

    Parameters
    ----------
    folder : Path
        Where the days are.
    schema : pyarrow.Schema
        Columns.
    """

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        self._folder = folder
        self._schema = schema
        self._hours: dict[float, list[HourFile]] = {}
        self._extents: dict[Path, Extent] = {}
        self._lock = threading.Lock()
        texts = [field.name for field in schema if pa.types.is_string(field.type)]
        self._how = {"compression": "zstd", "use_dictionary": texts}
        self.damaged: list[str] = []
        """Files that could not be read and were set aside."""

    def prepare(self) -> int:
        """Find the files there are, remove leftovers; return the largest number."""
        hours: dict[float, list[HourFile]] = {}
        for folder in sorted(self._folder.glob("[0-9]*-*-*/[0-2][0-9]")):
            hour_s = _hour_of(folder)
            if hour_s is not None and (files := self._clean(folder)):
                hours[hour_s] = files
        with self._lock:
            self._hours, self._extents = hours, {}
        return max((file.last for files in hours.values() for file in files), default=0)

    def _clean(self, folder: Path) -> list[HourFile]:
        for part in folder.glob("*.part"):
            part.unlink(missing_ok=True)
        named = [(path, _numbers(path)) for path in sorted(folder.glob("*.parquet"))]
        files = [HourFile(path, *numbers) for path, numbers in named if numbers]
        kept: list[HourFile] = []
        for file in sorted(files, key=lambda f: (f.first, -f.last)):
            if kept and file.last <= kept[-1].last:
                file.path.unlink(missing_ok=True)
            else:
                kept.append(file)
        return kept

    def write(self, number: int, table: pa.Table) -> None:
        """Put a batch on the disk; with the same number again it takes the place of the first."""
        time_s = table["time_s"].to_numpy()
        hour = np.floor(time_s / HOUR_S)
        for value in np.unique(hour):
            rows = table if (hour == value).all() else table.filter(pa.array(hour == value))
            self._write_hour(float(value) * HOUR_S, number, rows)

    def _write_hour(self, hour_s: float, number: int, table: pa.Table) -> None:
        folder = self._folder / hour_folder(hour_s)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{number:012}-{number:012}.parquet"
        part = path.with_suffix(".part")
        try:
            pq.write_table(table, part, row_group_size=GROUP_ROWS, **self._how)
            publish(part, path)
        except BaseException:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise
        time_s = table["time_s"].to_numpy()
        file = HourFile(path, number, number)
        with self._lock:
            self._extents[path] = Extent(time_s.size, float(time_s.min()), float(time_s.max()))
            files = self._hours.setdefault(hour_s, [])
            if file not in files:
                files.append(file)

    def hours(self) -> list[float]:
        """Beginnings of the hours that hold rows, rising."""
        with self._lock:
            return sorted(self._hours)

    def n_rows(self, hour_s: float) -> int:
        """Count the rows of an hour."""
        with self._lock:
            files = list(self._hours.get(hour_s, ()))
        return sum(self._extent(file).n_rows for file in files)

    def _extent(self, file: HourFile) -> Extent:
        with self._lock:
            known = self._extents.get(file.path)
        if known is not None:
            return known
        try:
            found = _extent_of(pq.read_metadata(file.path))
        except FileNotFoundError:
            return Extent(0, np.inf, -np.inf)
        except pa.ArrowInvalid:
            self._set_aside(file)
            return Extent(0, np.inf, -np.inf)
        with self._lock:
            self._extents[file.path] = found
        return found

    def _set_aside(self, file: HourFile) -> None:
        with suppress(OSError):
            file.path.replace(file.path.with_suffix(".damaged"))
        self.damaged.append(file.path.name)
        with self._lock:
            for files in self._hours.values():
                if file in files:
                    files.remove(file)

    def _files_between(self, from_s: float, until_s: float) -> list[HourFile]:
        with self._lock:
            found = [
                file
                for hour_s in sorted(self._hours)
                if hour_s < until_s and hour_s + HOUR_S > from_s
                for file in sorted(self._hours[hour_s], key=lambda f: f.first)
            ]
        extents = [(file, self._extent(file)) for file in found]
        return [f for f, extent in extents if extent.first_s < until_s and extent.last_s >= from_s]

    def read(
        self,
        from_s: float,
        until_s: float,
        where: ds.Expression | None = None,
        is_rare: bool = False,
    ) -> pa.Table:
        """Rows with ``from_s <= time_s < until_s`` that fulfil a condition, file by file.

        Where few row groups hold such rows and their statistics do not tell (`is_rare`), the
        columns of the condition are read first.
        """
        time_s = ds.field("time_s")
        mask = (time_s >= from_s) & (time_s < until_s)
        mask = mask if where is None else mask & where
        for left in reversed(range(TRIES)):
            files = self._files_between(from_s, until_s)
            if not files:
                return self._schema.empty_table()
            paths = [str(file.path) for file in files]
            try:
                found = ds.dataset(paths, schema=self._schema, format="parquet")
                if is_rare:
                    found = _only_holding(found, mask)
                return found.to_table(
                    filter=mask, use_threads=False, batch_readahead=1, fragment_readahead=1
                )
            except FileNotFoundError:
                if not left:
                    raise
        raise AssertionError

    def merge(self, before_s: float, is_stopped: Callable[[], bool]) -> None:
        """Make one file of each hour that ends before a time, and fewer of the others.

        Raises
        ------
        OSError
            A file cannot be written or read; those there are stay.
        """
        for hour_s in self.hours():
            with self._lock:
                files = sorted(self._hours.get(hour_s, ()), key=lambda f: f.first)
            if hour_s + HOUR_S > before_s:
                files = [file for file in files if file.first == file.last]
                if len(files) < MERGED:
                    continue
            if len(files) > 1:
                with suppress(Stopped, FileNotFoundError):
                    self._merge(hour_s, files, is_stopped)

    def _merge(self, hour_s: float, files: list[HourFile], is_stopped: Callable[[], bool]) -> None:
        first, last = files[0].first, max(file.last for file in files)
        path = files[0].path.with_name(f"{first:012}-{last:012}.parquet")
        part = path.with_suffix(".part")
        extents = [self._extent(file) for file in files]
        try:
            with pq.ParquetWriter(part, self._schema, **self._how) as writer:
                for slab in slabs(self._tables(files, is_stopped)):
                    writer.write_table(slab, row_group_size=GROUP_ROWS)
            publish(part, path)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
        whole = Extent(
            sum(extent.n_rows for extent in extents),
            min(extent.first_s for extent in extents),
            max(extent.last_s for extent in extents),
        )
        with self._lock:
            is_kept = hour_s in self._hours
            if is_kept:
                left = [file for file in self._hours[hour_s] if file not in files]
                self._hours[hour_s] = [HourFile(path, first, last), *left]
                self._extents[path] = whole
        gone = files if is_kept else [*files, HourFile(path, first, last)]
        self._remove([file for file in gone if file.path != path or not is_kept])

    def _tables(
        self, files: list[HourFile], is_stopped: Callable[[], bool]
    ) -> Iterator[tuple[pa.Table, float]]:
        """Row groups by their earliest times, each with the earliest time of those that follow."""
        groups = [
            (first_s, place, group)
            for place, file in enumerate(files)
            for group, (first_s, _) in enumerate(_times(pq.read_metadata(file.path)))
        ]
        groups.sort()
        left = np.bincount([place for _, place, _ in groups], minlength=len(files)).tolist()
        opened: dict[int, pq.ParquetFile] = {}
        try:
            for i, (_, place, group) in enumerate(groups):
                if is_stopped():
                    raise Stopped
                if place not in opened:
                    opened[place] = pq.ParquetFile(files[place].path)
                table = opened[place].read_row_group(group, use_threads=False)
                left[place] -= 1
                if not left[place]:
                    opened.pop(place).close()
                yield table, groups[i + 1][0] if i + 1 < len(groups) else np.inf
        finally:
            for file in opened.values():
                file.close()

    def expire(self, before_s: float) -> None:
        """Remove the hours that end before a time."""
        for hour_s in self.hours():
            if hour_s + HOUR_S > before_s:
                continue
            with self._lock:
                files = self._hours.pop(hour_s, [])
            self._remove(files)
            folder = self._folder / hour_folder(hour_s)
            with suppress(OSError):
                folder.rmdir()
                folder.parent.rmdir()

    def _remove(self, files: list[HourFile]) -> None:
        for file in files:
            file.path.unlink(missing_ok=True)
            with self._lock:
                self._extents.pop(file.path, None)


def _only_holding(dataset: ds.Dataset, mask: ds.Expression) -> ds.Dataset:
    """Part of a data set: row groups that hold rows which fulfil a condition."""
    groups = [
        group
        for file in dataset.get_fragments(filter=mask)
        for group in file.split_by_row_group(mask, dataset.schema)
        if group.count_rows(filter=mask, use_threads=False)
    ]
    return ds.FileSystemDataset(groups, dataset.schema, dataset.format, dataset.filesystem)


def _times(metadata: pq.FileMetaData) -> list[tuple[float, float]]:
    """Earliest and latest time of each row group, by its statistics."""
    groups = [metadata.row_group(i).column(0).statistics for i in range(metadata.num_row_groups)]
    return [(group.min, group.max) for group in groups]


def _extent_of(metadata: pq.FileMetaData) -> Extent:
    times = _times(metadata)
    first_s = min((first for first, _ in times), default=np.inf)
    return Extent(metadata.num_rows, first_s, max((last for _, last in times), default=-np.inf))
