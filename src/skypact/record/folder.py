"""The folder of a recording: names of segments, what lies beside them, and its one writer.

The listing is the whole catalogue: ``20261123T093000.000Z-000042.pcapng`` is a sealed segment,
``.pcapng.part`` one that is open or was left by a crash, ``.index`` and ``.reports.parquet`` belong
to the segment of their name.
"""

import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final, NamedTuple

from skypact.errors import RecordingError
from skypact.units import NANOSECONDS

SEALED: Final = ".pcapng"
PART: Final = ".pcapng.part"
INDEX: Final = ".index"
REPORTS: Final = ".reports.parquet"
_HALF_REPORTS: Final = ".reports.part"
DAMAGED: Final = ".pcapng.damaged"
LOCK: Final = "writer.lock"
_NAME: Final = re.compile(r"(\d{8}T\d{6}\.\d{3})Z-(\d{6,})(\.pcapng(?:\.part)?)")


class Segment(NamedTuple):
    """One segment of a recording."""

    path: Path
    number: int
    """Counts up through the recording, across restarts, whatever the clock did."""
    begin_ns: int
    """Of its name: its first packet came in this millisecond, UTC since 1970."""
    is_open: bool

    @property
    def stem(self) -> str:
        """Name without any suffix."""
        return self.path.name.partition(SEALED)[0]

    def beside(self, suffix: str) -> Path:
        """Return the path of what belongs to it."""
        return self.path.with_name(self.stem + suffix)


def segment_stem(begin_ns: int, number: int) -> str:
    """Name of a segment without suffix; a time that no date has counts from 1970."""
    seconds, rest_ns = divmod(max(begin_ns, 0), NANOSECONDS)
    begin = datetime.fromtimestamp(seconds, UTC)
    return f"{begin:%Y%m%dT%H%M%S}.{rest_ns // 1_000_000:03}Z-{number:06}"


def segments_of(folder: Path) -> list[Segment]:
    """All segments of a folder in the order of their numbers; none where it cannot be read."""
    found = []
    try:
        names = [entry.name for entry in os.scandir(folder)]
    except OSError:
        return []
    for name in names:
        match = _NAME.fullmatch(name)
        if match is None:
            continue
        try:
            begin = datetime.strptime(match[1] + "+0000", "%Y%m%dT%H%M%S.%f%z")
        except ValueError:
            continue
        begin_ns = round(begin.timestamp() * 1000) * 1_000_000
        found.append(Segment(folder / name, int(match[2]), begin_ns, match[3] == PART))
    return sorted(found, key=lambda s: (s.number, s.path.name))


def sync_folder(folder: Path) -> None:
    """Bring the names of a folder to the disk, where the system can."""
    if os.name == "nt":
        return
    place = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that is there whole or not at all, and on the disk on return."""
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def lock_folder(folder: Path) -> IO[bytes]:
    """Become the folder's only writer, until the file is closed or the process ends.

    Raises
    ------
    RecordingError
        Another one records there.
    """
    file = (folder / LOCK).open("ab")
    try:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except ImportError:  # no such locks on this system
        return file
    except OSError as error:
        file.close()
        raise RecordingError(
            f"{folder}: expected a folder that nobody else records to, another process does; stop"
            " it, or give this unit another folder"
        ) from error
    return file


def remove_segment(segment: Segment) -> int:
    """Remove a sealed segment and what lies beside it; return the bytes that this frees."""
    freed = 0
    for path in (segment.path, segment.beside(INDEX), segment.beside(REPORTS)):
        try:
            size = path.stat().st_size
            path.unlink()
            freed += size
        except FileNotFoundError:
            continue
    return freed


def size_of(segment: Segment) -> int:
    """Bytes of a segment and of what lies beside it."""
    total = 0
    for path in (segment.path, segment.beside(INDEX), segment.beside(REPORTS)):
        try:
            total += path.stat().st_size
        except FileNotFoundError:
            continue
    return total


def remove_orphans(folder: Path) -> None:
    """Remove what was half written, and what belongs to segments that are gone."""
    stems = {segment.stem for segment in segments_of(folder)}
    for path in folder.iterdir():
        for suffix in (INDEX, REPORTS, INDEX + ".part", _HALF_REPORTS):
            stem = path.name.removesuffix(suffix)
            is_ours = stem != path.name and _NAME.fullmatch(stem + SEALED) is not None
            if is_ours and (suffix.endswith(".part") or stem not in stems):
                path.unlink(missing_ok=True)
