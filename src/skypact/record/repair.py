"""Segments that a crash left open: cut at the last whole packet, indexed and sealed."""

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

from skypact.errors import RecordingError
from skypact.record.folder import DAMAGED, INDEX, SEALED, Segment, segments_of, sync_folder
from skypact.record.header import About
from skypact.record.index import Contents, Index, write_index
from skypact.record.segment import header_of, scan


class Repaired(NamedTuple):
    """What was found in a segment that was left open."""

    path: Path | None
    """Sealed now; None where it held no packet."""
    n_packets: int
    lost_bytes: int
    """Behind the last whole packet."""


def index_of(path: Path) -> tuple[Index, Contents]:
    """Make the index of a segment anew, up to its last whole packet.

    Raises
    ------
    RecordingError
        Its begin is not whole.
    OSError
        It cannot be read.
    """
    index, digest = Index(), hashlib.sha256()
    with path.open("rb") as file:
        about, size = header_of(file)
        file.seek(0)
        digest.update(file.read(size))
        for at, data, parsed in scan(file, size):
            packets = parsed.packets
            known = packets.link < 2 * len(about.sources)
            if not known.all():
                raise RecordingError(f"{path}: expected {_faces(about)}, got more")
            index.add(at + parsed.offset, packets.received_ns, packets.link.astype("i8"))
            digest.update(data)
            size = at + len(data)
    return index, index.contents(about, size, digest.hexdigest())


def _faces(about: About) -> str:
    return f"packets of {2 * len(about.sources)} interfaces"


def repair_segment(segment: Segment) -> Repaired:
    """Seal a segment that nobody writes any more; what was cut is dropped.

    One whose begin cannot be read is put aside under another name.

    Raises
    ------
    OSError
        The disk does not let us; nothing is lost, try again.
    """
    before = segment.path.stat().st_size
    try:
        index, contents = index_of(segment.path)
    except RecordingError:
        if before:
            segment.path.replace(segment.beside(DAMAGED))
        else:
            segment.path.unlink()
        return Repaired(None, 0, before)
    lost = before - contents.size
    if not contents.n_packets:
        segment.path.unlink()
        return Repaired(None, 0, lost)
    with segment.path.open("r+b") as file:
        if lost:
            file.truncate(contents.size)
        os.fsync(file.fileno())
    write_index(segment.beside(INDEX), index, contents)
    sealed = segment.path.replace(segment.beside(SEALED))
    sync_folder(sealed.parent)
    return Repaired(sealed, contents.n_packets, lost)


def repair_folder(folder: Path) -> list[Repaired]:
    """Repair every segment that was left open; the folder must be locked.

    Raises
    ------
    OSError
        The disk does not let us.
    """
    return [repair_segment(s) for s in segments_of(folder) if s.is_open]
