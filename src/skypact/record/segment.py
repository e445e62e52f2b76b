"""One segment while it is written, and reading one from its begin without an index."""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from skypact.errors import RecordingError
from skypact.model.packets import PacketBatch
from skypact.record.blocks import Parsed, parse
from skypact.record.folder import INDEX, PART, SEALED, segment_stem, sync_folder
from skypact.record.header import About, Header, encoder_of, header_bytes, read_header
from skypact.record.index import Index, write_index

Longs = npt.NDArray[np.int64]

READ_BYTES: Final = 1 << 22
"""A segment is read in ranges of this size."""
LARGEST_RANGE: Final = 1 << 28
"""A packet that does not fit in so much is none."""
LONGEST_HEADER: Final = 1 << 26
_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_BINARY", 0)
_to_disk: Final[Callable[[int], None]] = getattr(os, "fdatasync", os.fsync)


class SegmentFile(Protocol):
    """Where the bytes of a segment go; the twin in tests fails when told to."""

    def write(self, data: bytes) -> None:
        """Append all of it."""
        ...

    def sync(self) -> None:
        """Return when what was written is on the disk."""
        ...

    def truncate(self, size: int) -> None:
        """Forget what is behind `size`."""
        ...

    def close(self) -> None:
        """Write no more."""
        ...


class DiskFile:
    """A new file.

    Raises
    ------
    OSError
        There is one already, or it cannot be made; likewise for what follows.
    """

    def __init__(self, path: Path) -> None:
        self._place = os.open(path, _FLAGS, 0o640)

    def write(self, data: bytes) -> None:
        """Append all of it."""
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._place, rest) :]

    def sync(self) -> None:
        """Return when what was written is on the disk."""
        _to_disk(self._place)

    def truncate(self, size: int) -> None:
        """Forget what is behind `size`."""
        os.ftruncate(self._place, size)

    def close(self) -> None:
        """Write no more."""
        os.close(self._place)


Opener = Callable[[Path], SegmentFile]


class OpenSegment:
    """A segment that packets are added to.

    Parameters
    ----------
    folder : Path
        Of the recording.
    number : int
        Of the segment.
    begin_ns : int
        Stamp of its first packet.
    about : About
        Stands at its begin.
    opener : callable
        Makes the file.
    """

    def __init__(
        self, folder: Path, number: int, begin_ns: int, about: About, opener: Opener = DiskFile
    ) -> None:
        self._folder = folder
        self._stem = segment_stem(begin_ns, number)
        self._about = about
        self._encoder = encoder_of(about)
        self._index = Index()
        self._file = opener(folder / (self._stem + PART))
        self._digest = hashlib.sha256()
        self.size = 0
        self.last_tick = -1
        """Of the packets so far."""
        self.begin_ns = begin_ns
        try:
            self._append(header_bytes(about, self._encoder))
        except OSError:
            with suppress(OSError):
                self._file.close()
                (folder / (self._stem + PART)).unlink()
            raise
        self._is_named = False

    def sizes(self, packets: PacketBatch, interface: Longs) -> Longs:
        """Bytes that each packet takes, (n,)."""
        return self._encoder.sizes(packets, interface)

    def write(self, packets: PacketBatch, interface: Longs) -> None:
        """Add packets.

        Raises
        ------
        OSError
            They could not be written; the segment holds what it held before, and can be sealed.
        """
        blocks = self._encoder.encode(packets, interface)
        at = self.size
        self._append(blocks.data)
        self._index.add(at + blocks.offset, packets.received_ns, interface)
        ticks = packets.received_ns // self._about.step_ns
        self.last_tick = max(self.last_tick, int(ticks.max()))

    def _append(self, data: bytes) -> None:
        try:
            self._file.write(data)
        except OSError:
            with suppress(OSError):
                self._file.truncate(self.size)
            raise
        self._digest.update(data)
        self.size += len(data)

    def sync(self) -> None:
        """Return when all packets so far are on the disk."""
        self._file.sync()
        if not self._is_named:
            sync_folder(self._folder)
            self._is_named = True

    def seal(self) -> Path:
        """End the segment: on the disk, with an index, under its final name.

        Raises
        ------
        OSError
            It keeps the name of an open one, and is repaired like one after a crash.
        """
        try:
            self._file.sync()
        finally:
            self._file.close()
        part = self._folder / (self._stem + PART)
        contents = self._index.contents(self._about, self.size, self._digest.hexdigest())
        write_index(self._folder / (self._stem + INDEX), self._index, contents)
        sealed = self._folder / (self._stem + SEALED)
        part.replace(sealed)
        sync_folder(self._folder)
        return sealed


class Scanned(NamedTuple):
    """Whole packets of one range of a segment."""

    at: int
    """Where the range begins."""
    data: bytes
    """It, as far as packets are whole."""
    parsed: Parsed


def header_of(file: BinaryIO) -> Header:
    """Read the begin of a segment.

    Raises
    ------
    RecordingError
        It is not whole, or no recording of a unit.
    OSError
        It cannot be read.
    """
    size = 1 << 16
    while True:
        file.seek(0)
        data = file.read(size)
        try:
            return read_header(data)
        except RecordingError:
            is_all = len(data) < size or size >= LONGEST_HEADER
            if is_all or (size == 1 << 16 and int.from_bytes(data[4:8], "little") < size // 2):
                raise
        size <<= 2


def scan(file: BinaryIO, begin: int) -> Iterator[Scanned]:
    """Read packets from a place on, up to the first block that is not whole.

    Raises
    ------
    OSError
        It cannot be read.
    """
    at, size = begin, READ_BYTES
    while size <= LARGEST_RANGE:
        file.seek(at)
        data = file.read(size)
        parsed = parse(data)
        if parsed.stop:
            yield Scanned(at, data[: parsed.stop], parsed)
            at, size = at + parsed.stop, READ_BYTES
        elif len(data) < size:
            return
        else:
            size <<= 2
