"""A recording on disk as a source of packets."""

import gzip
import mmap
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from skypact.decode.framing.framed import Framed, Octets
from skypact.decode.framing.read import read_framing
from skypact.errors import SourceError
from skypact.model.packets import PacketBatch

CHUNK_BYTES: Final = 16 << 20
"""A long recording is handed on in batches of about this size."""
GZIP: Final = b"\x1f\x8b"
LARGEST_BYTES: Final = 1 << 32
"""A compressed file that grows beyond this is not opened."""


def mapped(path: Path) -> Octets:
    """Bytes of a file, mapped so that a long one does not fill the memory.

    Raises
    ------
    SourceError
        It is missing, a folder, empty or not readable.
    """
    if path.is_dir():
        raise SourceError(f"{path}: expected a recording, got a folder; name the files in it")
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size == 0:
                raise SourceError(f"{path}: expected a recording, got an empty file")
            return np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), np.uint8)
    except FileNotFoundError as error:
        raise SourceError(f"{path}: expected a recording, there is no such file") from error
    except SourceError:
        raise
    except (OSError, ValueError) as error:
        raise SourceError(f"{path}: expected a readable file: {error}") from error


def head(path: Path, n_bytes: int) -> Octets:
    """First bytes of a file, decompressed where it is; none where it cannot be read."""
    try:
        with path.open("rb") as file:
            if file.read(len(GZIP)) != GZIP:
                file.seek(0)
                return np.frombuffer(file.read(n_bytes), np.uint8)
        with gzip.open(path, "rb") as unpacked:
            return np.frombuffer(unpacked.read(n_bytes), np.uint8)
    except (OSError, EOFError, ValueError, zlib.error):
        return np.empty(0, np.uint8)


def content(path: Path) -> Octets:
    """Bytes of a file, decompressed where it is compressed.

    Raises
    ------
    SourceError
        It cannot be read.
    """
    data = mapped(path)
    if data[: len(GZIP)].tobytes() != GZIP:
        return data
    try:
        with gzip.open(path) as file:
            whole = file.read(LARGEST_BYTES + 1)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise SourceError(f"{path}: expected a whole gzip file: {error}") from error
    if len(whole) > LARGEST_BYTES:
        raise SourceError(f"{path}: expected at most {LARGEST_BYTES >> 30} GiB unpacked, got more")
    return np.frombuffer(whole, np.uint8)


class FileSource:
    """A recording: pcap, pcapng, FINAL, ORADIS or raw ASTERIX, recognised by its content.

    Parameters
    ----------
    path : str or Path
        The file.
    date_s : float, optional
        UTC midnight of its first day; needed where the framing holds no date (FINAL).
    """

    def __init__(self, path: str | Path, date_s: float | None = None) -> None:
        self._path = Path(path)
        self._date_s = date_s

    def read(self) -> Framed:
        """All packets with the errors of the framing; the file stays mapped while they live.

        Raises
        ------
        SourceError
            The file cannot be read.
        """
        return read_framing(mapped(self._path), self._path.suffix, self._date_s)

    def packets(self) -> Iterator[PacketBatch]:
        """Yield the packets in batches of bounded size, in the order of the file."""
        yield from chunks(self.read().packets, CHUNK_BYTES)


def chunks(packets: PacketBatch, chunk_bytes: int) -> Iterator[PacketBatch]:
    """Cut a batch in batches of about `chunk_bytes` (at least one packet each); no copy."""
    total = np.cumsum(packets.end - packets.start)
    first = 0
    while first < total.size:
        done = total[first - 1] if first else 0
        last = max(first + 1, int(np.searchsorted(total, done + chunk_bytes, side="right")))
        part = slice(first, last)
        yield PacketBatch(
            packets.data,
            packets.start[part],
            packets.end[part],
            packets.received_ns[part],
            packets.link[part],
        )
        first = last
