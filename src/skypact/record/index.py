"""The index of a segment: where which stamps are, what is in it, and its digest.

An entry for each second or MiB, whichever is over first; it depends on the packets alone, so that a
lost index is made again as it was. On disk: an Arrow file, the rest as JSON in its schema.
"""

from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skypact.decode.jsontext import NOT_JSON
from skypact.errors import RecordingError
from skypact.record.folder import write_whole
from skypact.record.header import About
from skypact.units import NANOSECONDS

Longs = npt.NDArray[np.int64]

ENTRY_BYTES: Final = 1 << 20
ENTRY_NS: Final = NANOSECONDS
COLUMNS: Final = ("offset", "packets", "first_ns", "last_ns")
"""First byte; packets before it; least and greatest stamp of the entry's packets."""
_KEY: Final = b"skypact"


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """What a segment holds."""

    about: About
    size: int
    """Bytes of the file."""
    n_packets: int
    first_ns: int
    """Least stamp."""
    last_ns: int
    """Greatest stamp."""
    by_source: dict[str, int]
    """Packets that were taken in."""
    shed_by_source: dict[str, int]
    """Packets that were recorded though the unit shed them."""
    sha256: str
    """Of the whole file."""


class Index:
    """Entries of a segment, growing or read.

    Parameters
    ----------
    entries : (n, 4) i8, optional
        Columns as `COLUMNS`.
    """

    def __init__(self, entries: Longs | None = None) -> None:
        self._entries: list[list[int]] = [] if entries is None else entries.tolist()
        self._start_ns = 0
        self.n_packets = 0
        self.counts = np.zeros(0, np.int64)
        """Packets by interface."""

    @property
    def entries(self) -> Longs:
        """Columns as `COLUMNS`, (n, 4)."""
        return np.array(self._entries, np.int64).reshape(-1, len(COLUMNS))

    def add(self, offset: Longs, stamp: Longs, interface: Longs) -> None:
        """Take packets in the order of the file: first bytes, stamps and interfaces, (n,)."""
        first = 0
        while first < offset.size:
            if self._entries:
                begin, _, first_ns, _ = self._entries[-1]
                start_ns = self._start_ns
                over = offset[first:] >= begin + ENTRY_BYTES
                over |= stamp[first:] >= start_ns + ENTRY_NS
                found = np.flatnonzero(over)
                last = first + int(found[0]) if found.size else offset.size
                if last > first:
                    entry = self._entries[-1]
                    entry[2] = min(first_ns, int(stamp[first:last].min()))
                    entry[3] = max(entry[3], int(stamp[first:last].max()))
                    first = last
                if not found.size:
                    break
            self._start_ns = int(stamp[first])
            entry = [int(offset[first]), self.n_packets + first, self._start_ns, self._start_ns]
            self._entries.append(entry)
            first += 1
        self.n_packets += offset.size
        found = np.bincount(interface, minlength=self.counts.size)
        found[: self.counts.size] += self.counts
        self.counts = found

    def contents(self, about: About, size: int, sha256: str) -> Contents:
        """Sum up."""
        counts = np.zeros(2 * len(about.sources), np.int64)
        counts[: self.counts.size] = self.counts
        names = [source.name for source in about.sources]
        entries = self.entries
        return Contents(
            about=about,
            size=size,
            n_packets=self.n_packets,
            first_ns=int(entries[:, 2].min()) if entries.size else -1,
            last_ns=int(entries[:, 3].max()) if entries.size else -1,
            by_source=_by_name(names, counts[0::2]),
            shed_by_source=_by_name(names, counts[1::2]),
            sha256=sha256,
        )


def _by_name(names: list[str], counts: Longs) -> dict[str, int]:
    total: dict[str, int] = {}
    for name, n in zip(names, counts.tolist(), strict=True):
        total[name] = total.get(name, 0) + n
    return total


def write_index(path: Path, index: Index, contents: Contents) -> None:
    """Write the index of a segment, whole or not at all."""
    entries = index.entries
    table = pa.table({name: entries[:, i] for i, name in enumerate(COLUMNS)})
    table = table.replace_schema_metadata({_KEY: msgspec.json.encode(contents)})
    sink: Any = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    write_whole(path, sink.getvalue().to_pybytes())


def read_index(path: Path) -> tuple[Index, Contents]:
    """Read the index of a segment.

    Raises
    ------
    RecordingError
        There is none, or it is damaged; it can be made again from the segment.
    """
    try:
        with pa.OSFile(str(path)) as file:
            table = pa.ipc.open_file(file).read_all()
        contents = msgspec.json.decode(table.schema.metadata[_KEY], type=Contents)
        entries = np.column_stack([table[name].to_numpy() for name in COLUMNS])
    except (OSError, pa.ArrowException, KeyError, TypeError, *NOT_JSON) as error:
        raise RecordingError(f"{path}: expected the index of a segment: {error}") from error
    return Index(entries.astype(np.int64)), contents
