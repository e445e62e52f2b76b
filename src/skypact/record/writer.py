"""Writes what a live unit takes in, byte for byte, in a thread of its own.

The pipeline's thread only hands batches over; headers, writing, syncing, sealing and removing are
this thread's. A tick is never split over two segments, so that each can be replayed by itself.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from shutil import disk_usage
from typing import Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from skypact.deploy import Recording as Settings
from skypact.errors import RecordingError
from skypact.model.packets import PacketBatch, take_packets
from skypact.record.folder import lock_folder, remove_orphans, segments_of
from skypact.record.header import About
from skypact.record.keep import Keeper
from skypact.record.repair import Repaired, repair_folder
from skypact.record.segment import DiskFile, Opener, OpenSegment
from skypact.units import NANOSECONDS

Longs = npt.NDArray[np.int64]

MOST_WAITING: Final = 64 << 20
"""Bytes that wait to be written at most."""
PACKET_BYTES: Final = 128
"""What a packet takes beside its own bytes."""
POLL_S: Final = 0.1
RETRY_S: Final = 1.0
"""While the recording rests, the disk is tried so often; likewise the free space is looked at."""
KEEP_S: Final = 60.0
"""How often old segments are looked for."""
IDLE_S: Final = 1.0
"""After so long without packets a tick is over, whatever the packets' own clock says."""
ROOM: Final = 1.05
"""Recording goes on when so much more than the limit is free."""
_GIB: Final = 1 << 30
_MIB: Final = 1 << 20
_PROBE: Final = "probe.tmp"


class RecordingFigures(NamedTuple):
    """How a recording fares."""

    state: str
    """``recording``, ``resting`` (the disk is full or does not write), ``failed`` (a fault of the
    program), ``over``."""
    reason: str
    n_packets: int
    """Written, those that were shed included."""
    n_bytes: int
    """Of all segments of this run."""
    n_shed: int
    """Recorded though the unit shed them."""
    n_unrecorded: int
    """Not recorded: the recording rested, or did not keep up."""
    n_synced: int
    """Packets known to be on the disk."""
    waiting_bytes: int
    lag_s: float
    """Age of the oldest packet that is not on the disk yet."""
    n_sealed: int
    """Segments ended in this run."""
    n_removed: int
    """Segments removed because of their age or size."""
    repaired: tuple[Repaired, ...]
    """Segments that an earlier run left open."""


class _Waiting(NamedTuple):
    packets: PacketBatch
    interface: Longs
    put_s: float
    n_bytes: int


class RecordingWriter:
    """Records packets; use as a context manager, or `close` it.

    What an earlier run left open is repaired first.

    Parameters
    ----------
    folder : Path
        Made if need be; one writer at a time.
    about : About
        Unit, step and sources; `link` of the packets is a row of the sources.
    settings : deploy.Recording
        Lengths and limits.
    on_sealed : callable, optional
        Gets the path of each segment that has ended, on the writer's thread; must not take long.
    most_waiting : int
        Bytes that wait to be written at most; beyond it packets are counted as not recorded.
    opener : callable
        Makes the file of a segment.
    free_bytes : callable, optional
        Says how much is free on the disk.

    Raises
    ------
    RecordingError
        The folder cannot be used, or somebody else records there.
    """

    def __init__(
        self,
        folder: Path,
        about: About,
        settings: Settings,
        *,
        on_sealed: Callable[[Path], None] | None = None,
        most_waiting: int = MOST_WAITING,
        opener: Opener = DiskFile,
        free_bytes: Callable[[], int] | None = None,
    ) -> None:
        self._folder, self._about, self._settings = folder, about, settings
        self._on_sealed = on_sealed or (lambda _: None)
        self._most_waiting = most_waiting
        self._opener = opener
        self._free_bytes = free_bytes or (lambda: disk_usage(folder).free)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock_file = lock_folder(folder)
        except OSError as error:
            raise RecordingError(f"cannot record in {folder}: {error}") from error
        self._state, self._reason = "recording", ""
        self._repaired: list[Repaired] = []
        try:
            self._repaired = repair_folder(folder)
            remove_orphans(folder)
        except OSError as error:  # a disk that is full: tried again, and told until then
            self._state, self._reason = "resting", str(error)
        self._keeper = Keeper(folder, settings)
        self._number = max((s.number for s in segments_of(folder)), default=-1) + 1
        self.first = self._number
        """Number of the first segment that it writes."""
        self._segment: OpenSegment | None = None
        self._opened_s = self._last_put_s = time.monotonic()
        self._changed = threading.Condition()
        self._wake = threading.Event()
        self._queue: deque[_Waiting] = deque()
        self._waiting_bytes = self._accepted = self._done = self._unrecorded = 0
        self._n_packets = self._n_bytes = self._n_shed = self._n_synced = self._n_sealed = 0
        self._n_begun = 0
        """Packets of the first batch that waits that are written already."""
        self._unsynced_s: float | None = None
        self._fault: Exception | None = None
        self._retry_s = self._look_s = self._keep_s = 0.0
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, name="recording", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        """Return this writer."""
        return self

    def __exit__(self, *error: object) -> None:
        """End the recording."""
        self.close()

    def put(self, packets: PacketBatch, shed: npt.NDArray[np.bool_] | None = None) -> None:
        """Hand packets over; their arrays are kept as they are and must not be written to.

        Parameters
        ----------
        packets : PacketBatch
            In order of arrival; stamps never fall from call to call. Those of a tick are handed
            over before those of the next one.
        shed : bool (n,), optional
            Which were not tracked; a replay leaves them out.

        Raises
        ------
        RecordingError
            A packet is of no source of this recording, or the recording is over.
        """
        n = packets.start.size
        if not n:
            return
        interface = packets.link.astype(np.int64)
        if interface.min() < 0 or interface.max() >= len(self._about.sources):
            raise RecordingError(
                f"expected packets of {len(self._about.sources)} sources, got one of source "
                f"{int(interface.max())}; begin a new recording with it"
            )
        n_bytes = int((packets.end - packets.start).sum()) + n * PACKET_BYTES
        now_s = time.monotonic()
        line = 2 * interface + (0 if shed is None else shed)
        item = _Waiting(packets, line, now_s, n_bytes)
        with self._changed:
            if self._is_closing:
                raise RecordingError("expected a recording that is not over, got packets after it")
            self._last_put_s = now_s
            fits = self._waiting_bytes + n_bytes <= self._most_waiting or not self._queue
            if self._state != "recording" or not fits:
                self._unrecorded += n
                return
            self._queue.append(item)
            self._waiting_bytes += n_bytes
            self._accepted += 1
            is_much = self._waiting_bytes > self._most_waiting // 4
        if is_much:
            self._wake.set()

    def flush(self, timeout_s: float = 10.0) -> bool:
        """Wait until all that was handed over is on the disk; say whether it is."""
        until_s = time.monotonic() + timeout_s
        with self._changed:
            wanted = self._accepted
            self._wake.set()
            while self._done < wanted or self._unsynced_s is not None:
                left_s = until_s - time.monotonic()
                if left_s <= 0 or self._state != "recording":
                    return False
                self._changed.wait(min(left_s, POLL_S))
                self._wake.set()
        return self._state == "recording"

    def close(self) -> None:
        """Write what waits, seal the segment, let others record in the folder.

        Raises
        ------
        RecordingError
            The writer had failed by a fault of the program.
        """
        with self._changed:
            self._is_closing = True
        self._wake.set()
        self._thread.join()
        self._lock_file.close()
        if self._fault is not None:
            raise RecordingError(f"recording in {self._folder} failed") from self._fault

    def figures(self) -> RecordingFigures:
        """Say how the recording fares; from any thread."""
        with self._changed:
            oldest = [self._unsynced_s] if self._unsynced_s is not None else []
            oldest += [self._queue[0].put_s] if self._queue else []
            lag_s = time.monotonic() - min(oldest) if oldest else 0.0
            return RecordingFigures(
                self._state,
                self._reason or self._keeper.error,
                self._n_packets,
                self._n_bytes,
                self._n_shed,
                self._unrecorded,
                self._n_synced,
                self._waiting_bytes,
                lag_s,
                self._n_sealed,
                self._keeper.n_removed,
                tuple(self._repaired),
            )

    def _run(self) -> None:
        pause_s = min(POLL_S, self._settings.sync_s / 4)
        while not (self._is_closing and not self._queue):
            self._wake.wait(pause_s)
            is_asked = self._wake.is_set()
            self._wake.clear()
            try:
                self._work(is_asked)
            except OSError as error:
                self._rest(str(error))
            except Exception as error:
                self._fault = error
                self._set("failed", repr(error))
                self._drop()
        if self._state == "recording":
            try:
                self._seal()
                self._set("over", "")
            except OSError as error:
                self._rest(str(error))

    def _work(self, is_asked: bool) -> None:
        """One round: write what waits, sync, look after the disk."""
        if self._state == "failed":
            self._drop()
            return
        now_s = time.monotonic()
        if self._state == "resting":
            self._drop()
            if now_s >= self._retry_s:
                self._try_again(now_s)
            return
        if now_s >= self._look_s:
            self._look_s = now_s + RETRY_S
            if self._free_bytes() < self._settings.free_gib * _GIB:
                self._rest(f"less than {self._settings.free_gib:g} GiB free on the disk")
                return
        while self._queue:
            self._write(self._queue[0])
            with self._changed:
                self._waiting_bytes -= self._queue.popleft().n_bytes
                self._done += 1
                self._n_begun = 0
        if self._unsynced_s is not None:
            due_s = self._unsynced_s + self._settings.sync_s / 2
            if is_asked or self._is_closing or time.monotonic() >= due_s:
                self._sync()
        self._end_idle(now_s)
        if now_s >= self._keep_s:
            self._keep_s = now_s + KEEP_S
            self._keeper.remove_old(time.time_ns())

    def _write(self, item: _Waiting) -> None:
        """Write a batch, in a new segment from where the one before is full or old."""
        packets, interface = item.packets, item.interface
        step_ns = self._about.step_ns
        first, n = 0, packets.start.size
        while first < n:
            stamps = packets.received_ns[first:]
            segment = self._segment
            if segment is None:
                segment = self._open(int(stamps[0]))
            rest = take_packets(packets, slice(first, n))
            size = segment.sizes(rest, interface[first:])
            ticks = stamps // step_ns
            before = np.maximum.accumulate(np.concatenate([[segment.last_tick], ticks[:-1]]))
            is_full = segment.size + np.cumsum(size) - size >= self._settings.segment_mib * _MIB
            begin_ns = segment.begin_ns // step_ns * step_ns
            is_full |= stamps - begin_ns >= self._settings.segment_s * NANOSECONDS
            found = np.flatnonzero(is_full & (ticks > before) & (before >= 0))
            last = n if not found.size else first + int(found[0])
            if last > first:
                part = take_packets(packets, slice(first, last))
                if self._unsynced_s is None:
                    self._unsynced_s = item.put_s
                self._add(segment, part, interface[first:last])
            if last < n:
                self._seal()
            first = last

    def _add(self, segment: OpenSegment, packets: PacketBatch, interface: Longs) -> None:
        before = segment.size
        segment.write(packets, interface)
        with self._changed:
            self._n_packets += packets.start.size
            self._n_begun += packets.start.size
            self._n_shed += int((interface & 1).sum())
            self._n_bytes += segment.size - before

    def _open(self, begin_ns: int) -> OpenSegment:
        self._segment = OpenSegment(self._folder, self._number, begin_ns, self._about, self._opener)
        self._number += 1
        self._opened_s = time.monotonic()
        with self._changed:
            self._n_bytes += self._segment.size
        return self._segment

    def _sync(self) -> None:
        if self._segment is not None:
            self._segment.sync()
        with self._changed:
            self._n_synced = self._n_packets
            self._unsynced_s = None
            self._changed.notify_all()

    def _seal(self) -> None:
        """End the open segment."""
        segment, self._segment = self._segment, None
        if segment is not None:
            path = segment.seal()
            with self._changed:
                self._n_sealed += 1
            self._keep_s = 0.0
            self._on_sealed(path)
        self._sync()

    def _end_idle(self, now_s: float) -> None:
        """Seal a segment that is old and gets no more packets."""
        is_idle = not self._queue and now_s - self._last_put_s > max(IDLE_S, 2 * self._about.step_s)
        if is_idle and self._segment and now_s - self._opened_s > self._settings.segment_s:
            self._seal()

    def _set(self, state: str, reason: str) -> None:
        with self._changed:
            self._state, self._reason = state, reason
            self._changed.notify_all()

    def _drop(self) -> None:
        """Leave out what waits."""
        with self._changed:
            waiting = sum(item.packets.start.size for item in self._queue)
            self._unrecorded += waiting - self._n_begun
            self._n_begun = 0
            self._queue.clear()
            self._waiting_bytes = 0
            self._done = self._accepted
            self._unsynced_s = None

    def _rest(self, reason: str) -> None:
        """Stop recording until the disk takes bytes again; what was written is sealed if it can."""
        self._set("resting", reason)
        self._drop()
        self._retry_s = time.monotonic() + RETRY_S
        with suppress(OSError):
            self._seal()

    def _try_again(self, now_s: float) -> None:
        """Go on where the disk has room and takes bytes."""
        self._retry_s = now_s + RETRY_S
        self._keeper.remove_old(time.time_ns())
        if self._free_bytes() < self._settings.free_gib * _GIB * ROOM:
            return
        probe = self._folder / _PROBE
        try:
            probe.unlink(missing_ok=True)
            file = self._opener(probe)
            try:
                file.write(bytes(_MIB))
                file.sync()
            finally:
                file.close()
                probe.unlink(missing_ok=True)
            repair_folder(self._folder)
        except OSError as error:
            self._reason = str(error)
            return
        self._set("recording", "")
