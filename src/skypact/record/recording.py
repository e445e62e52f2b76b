"""A recording read back: packets as they came, by time, or tick by tick."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.errors import RecordingError
from skypact.model.packets import PacketBatch
from skypact.record.blocks import join_packets, parse, pick
from skypact.record.folder import PART, SEALED, Segment, segments_of
from skypact.record.header import SECTION, About, RecordedSource
from skypact.record.index import Contents, Index, read_index
from skypact.record.repair import index_of
from skypact.record.segment import header_of

Which = Literal["kept", "shed", "all"]

READ_BYTES: Final = 1 << 22
"""Packets come in batches of about so many bytes."""
_EARLIEST, _LATEST = -(1 << 62), 1 << 62


class _Known(NamedTuple):
    """A segment and what is in it."""

    path: Path
    entries: npt.NDArray[np.int64]
    contents: Contents
    link: npt.NDArray[np.int32]
    """Row in the recording's sources of each source of the segment."""


def is_recording(path: Path) -> bool:
    """Whether a folder holds segments of a unit's recording, or a file is one."""
    if path.is_dir():
        return bool(segments_of(path))
    try:
        with path.open("rb") as file:
            if file.read(len(SECTION)) != SECTION:
                return False
            header_of(file)
    except (OSError, RecordingError):
        return False
    return True


class Recording:
    """A folder of segments, or one of them; what was shed is left out unless asked for.

    Open segments are read as far as they are whole, those without an index from their begin.

    Parameters
    ----------
    path : Path
        The folder or a segment.
    first : int
        Segments with a lower number are left out.

    Raises
    ------
    RecordingError
        There is no segment that can be read.
    """

    def __init__(self, path: Path, first: int = 0) -> None:
        self.path = path
        self.trouble: list[str] = []
        """What could not be read, and where."""
        self.n_bytes_read = 0
        """Of packets, so far."""
        self._rows: dict[RecordedSource, int] = {}
        segments = [Segment(path, 0, first, is_open=False)]
        if path.is_dir():
            segments = [one for one in segments_of(path) if one.number >= first]
        known = [self._known(segment) for segment in segments]
        self._segments = [one for one in known if one is not None]
        if not self._segments:
            why = f": {self.trouble[0]}" if self.trouble else ""
            raise RecordingError(f"{path}: expected a recording, got no segment of one{why}")

    def _known(self, segment: Segment) -> _Known | None:
        """See what is in a segment; None where it cannot be read."""
        path = segment.path
        try:
            if not path.exists() and segment.is_open:  # sealed since the folder was listed
                segment = segment._replace(path=segment.beside(SEALED), is_open=False)
                path = segment.path
            index, contents = self._index(segment)
        except (OSError, RecordingError) as error:
            self.trouble.append(f"{path.name}: {error}")
            return None
        sources = contents.about.sources
        rows = [self._rows.setdefault(source, len(self._rows)) for source in sources]
        return _Known(path, index.entries, contents, np.array(rows, np.int32))

    def _index(self, segment: Segment) -> tuple[Index, Contents]:
        """Read or make the index of a segment."""
        if not segment.is_open:
            try:
                index, contents = read_index(segment.beside(".index"))
                if contents.size == segment.path.stat().st_size:
                    return index, contents
            except RecordingError:
                pass
        index, contents = index_of(segment.path)
        rest = segment.path.stat().st_size - contents.size
        if rest and not segment.is_open:
            self.trouble.append(f"{segment.path.name}: {rest} bytes at its end are no packets")
        return index, contents

    @property
    def sources(self) -> tuple[RecordedSource, ...]:
        """Sources of all segments, in order of appearance: `link` of the packets is a row."""
        return tuple(self._rows)

    @property
    def about(self) -> About:
        """What the last segment says of the unit."""
        return self._segments[-1].contents.about

    @property
    def step_ns(self) -> int:
        """Length of a tick, nanoseconds.

        Raises
        ------
        RecordingError
            Segments have different ones: read them apart.
        """
        steps = {one.contents.about.step_ns for one in self._segments}
        if len(steps) > 1:
            raise RecordingError(
                f"{self.path}: expected one step_s in all segments, got {len(steps)}; replay the"
                " segments of each by themselves"
            )
        return steps.pop()

    @property
    def n_packets(self) -> int:
        """Packets of all segments, those that were shed included."""
        return sum(one.contents.n_packets for one in self._segments)

    @property
    def span_ns(self) -> tuple[int, int]:
        """Least and greatest stamp; (0, -1) where there is no packet."""
        filled = [one.contents for one in self._segments if one.contents.n_packets]
        if not filled:
            return 0, -1
        return min(c.first_ns for c in filled), max(c.last_ns for c in filled)

    def verify(self) -> list[str]:
        """Compare every sealed segment with the digest of its index; say which are otherwise."""
        wrong = []
        for one in self._segments:
            with one.path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            if one.path.name.endswith(SEALED) and digest != one.contents.sha256:
                wrong.append(f"{one.path.name}: expected the bytes that were sealed, got others")
        return wrong

    def packets(
        self,
        from_ns: int | None = None,
        until_ns: int | None = None,
        which: Which = "kept",
        range_bytes: int = READ_BYTES,
    ) -> Iterator[PacketBatch]:
        """Yield the packets in the order in which they were recorded.

        Parameters
        ----------
        from_ns, until_ns : int, optional
            Stamps from the first to before the second.
        which : str
            ``kept``, ``shed``, or ``all``.
        range_bytes : int
            A batch holds about so much at most.
        """
        span = _EARLIEST if from_ns is None else from_ns, _LATEST if until_ns is None else until_ns
        for one in self._segments:
            for batch in self._of_segment(one, span, range_bytes):
                keep = (batch.received_ns >= span[0]) & (batch.received_ns < span[1])
                if which != "all":
                    keep &= batch.link & 1 == (which == "shed")
                if keep.any():
                    chosen = pick(batch, keep)
                    yield chosen._replace(link=one.link[chosen.link >> 1])

    def _of_segment(
        self, one: _Known, span: tuple[int, int], range_bytes: int
    ) -> Iterator[PacketBatch]:
        """Read what may be in a span of time; `link` is the interface."""
        entries = one.entries
        wanted = np.flatnonzero((entries[:, 3] >= span[0]) & (entries[:, 2] < span[1]))
        ends = np.append(entries[1:, 0], one.contents.size)
        at = 0
        while at < wanted.size:
            first = last = int(wanted[at])
            at += 1
            while (
                at < wanted.size
                and wanted[at] == last + 1
                and ends[last + 1] - entries[first, 0] <= range_bytes
            ):
                last += 1
                at += 1
            yield from self._ranges(one, entries[first : last + 1, 0], ends[first : last + 1])

    def _ranges(
        self, one: _Known, begins: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]
    ) -> Iterator[PacketBatch]:
        """Read entries that follow each other: at once, or one by one where one is damaged."""
        packets, n_good = self._range(one, int(begins[0]), int(ends[-1]))
        if n_good == ends[-1] - begins[0]:
            yield packets
            return
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
            packets, n_good = self._range(one, begin, end)
            if n_good != end - begin:
                self.trouble.append(
                    f"{one.path.name}: expected whole packets from byte {begin} to {end}, got them"
                    f" to {begin + n_good}; the rest is left out"
                )
            yield packets

    def _range(self, one: _Known, begin: int, end: int) -> tuple[PacketBatch, int]:
        """Packets of a range, and how many of its bytes they are."""
        path = one.path
        try:
            file = path.open("rb")
        except FileNotFoundError:  # sealed since it was listed
            file = path.with_name(path.name.replace(PART, SEALED)).open("rb")
        with file:
            file.seek(begin)
            data = file.read(end - begin)
        self.n_bytes_read += len(data)
        parsed = parse(data)
        known = parsed.packets.link < 2 * one.link.size
        if not known.all():
            return pick(parsed.packets, known), 0
        return parsed.packets, parsed.stop

    def ticks(
        self, step_ns: int | None = None, from_ns: int | None = None, until_ns: int | None = None
    ) -> Iterator[tuple[int, PacketBatch]]:
        """Yield each tick that has packets (``received_ns // step_ns``), with all of them.

        Parameters
        ----------
        step_ns : int, optional
            Length of a tick; left out, that of the recording.
        from_ns, until_ns : int, optional
            As in `packets`; boundaries of ticks, or a tick is cut.
        """
        step_ns = self.step_ns if step_ns is None else step_ns
        parts: list[PacketBatch] = []
        current = 0
        for batch in self.packets(from_ns, until_ns):
            tick = batch.received_ns // step_ns
            begins = np.flatnonzero(np.diff(tick, prepend=tick[:1] - 1))
            ends = np.append(begins[1:], tick.size)
            for first, last in zip(begins.tolist(), ends.tolist(), strict=True):
                if parts and tick[first] != current:
                    yield current, join_packets(parts)
                    parts = []
                current = int(tick[first])
                parts.append(_part(batch, first, last))
        if parts:
            yield current, join_packets(parts)


def _part(batch: PacketBatch, first: int, last: int) -> PacketBatch:
    """Rows of a batch whose bytes stand close together."""
    low, high = int(batch.start[first]), int(batch.end[last - 1])
    rows = slice(first, last)
    return PacketBatch(
        batch.data[low:high],
        batch.start[rows] - low,
        batch.end[rows] - low,
        batch.received_ns[rows],
        batch.link[rows],
    )
