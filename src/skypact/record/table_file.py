"""Parquet files written in row groups; a file appears under its name when it is complete."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from skypact.errors import RecordingError

ROWS_PER_GROUP: Final = 100_000
"""Rows gathered before they are written: some 20 MB, and few row groups per hour."""


class TableFile:
    """One growing table of a fixed schema.

    Raises
    ------
    RecordingError
        The file cannot be written.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._path = path
        self._part = path.with_suffix(".part")
        self._waiting: list[pa.Table] = []
        self._n_waiting = 0
        self.n_rows = 0
        self._is_open = True
        try:
            self._writer = pq.ParquetWriter(self._part, schema, compression="zstd")
        except OSError as error:
            raise RecordingError(f"cannot write {path}: {error}") from error

    def append(self, table: pa.Table) -> None:
        """Take more rows; they reach the disk a group at a time."""
        if table.num_rows:
            self._waiting.append(table)
            self._n_waiting += table.num_rows
            self.n_rows += table.num_rows
        if self._n_waiting >= ROWS_PER_GROUP:
            self._flush()

    def finish(self) -> None:
        """Write what is left and give the file its name."""
        if self._waiting:
            self._flush()
        self._writer.close()
        with self._part.open("rb") as file:
            os.fsync(file.fileno())
        self._part.replace(self._path)
        self._is_open = False

    def discard(self) -> None:
        """Remove what was written, unless the file is complete."""
        if self._is_open:
            self._is_open = False
            with suppress(OSError):
                self._writer.close()
            self._part.unlink(missing_ok=True)

    def _flush(self) -> None:
        self._writer.write_table(pa.concat_tables(self._waiting))
        self._waiting, self._n_waiting = [], 0
