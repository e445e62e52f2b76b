"""One process runs a unit, another may stand by: who it is, and whether it lives.

The folder's lock goes with its process, however that ends, so that a crash is noticed at once. A
process that hangs keeps the lock: it is found out by its beat and ended before it is replaced.
"""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from skypact.decode.jsontext import NOT_JSON
from skypact.deploy import Standby
from skypact.errors import RecordingError, StoreError
from skypact.record.folder_lock import FolderLock

BEAT: Final = "beat.json"
"""File in the unit's folder that the active process touches while it works; not there while it
begins or ends, which may take long."""
PROBE: Final = "standby.probe"
LOOK_S: Final = 0.05


class _Active(msgspec.Struct):
    """Who runs the unit."""

    pid: int
    host: str


class UnitLock:
    """The right to run a unit.

    Parameters
    ----------
    folder : Path
        Of the unit.
    settings : Standby
        How often it beats, and after how long without it is dead.
    """

    def __init__(self, folder: Path, settings: Standby) -> None:
        self._folder = folder
        self._settings = settings
        self._beat = folder / BEAT
        self._lock: FolderLock | None = None
        self._n_beats = 0
        self._over = threading.Event()
        self._teller: threading.Thread | None = None

    def take(self) -> None:
        """Become the process that runs the unit.

        Raises
        ------
        RecordingError
            Another one does, or the folder cannot be written.
        """
        try:
            self._lock = FolderLock(self._folder)
        except StoreError as error:
            raise RecordingError(
                f"{self._folder}: expected a unit that nobody runs: {error}; end the other process,"
                " or stand by for it with --standby"
            ) from error
        self.rest()

    def stand_by(self, is_stopped: Callable[[], bool], say: Callable[[str], None]) -> bool:
        """Wait until the unit is free, then take it; False where asked to stop before.

        Parameters
        ----------
        is_stopped : callable
            Whether to give up.
        say : callable
            Tells people what happens.
        """
        last, changed_s = 0, time.monotonic()
        while not is_stopped():
            try:
                self.take()
            except RecordingError:
                pass
            else:
                return True
            beat, now_s = self._beat_ns(), time.monotonic()
            if beat != last:
                last, changed_s = beat, now_s
            elif beat and now_s - changed_s > self._settings.dead_s:
                self._end_hung(say)
                last, changed_s = 0, now_s
            time.sleep(LOOK_S)
        return False

    def beat(self) -> None:
        """Say that this process gets on with its work; costs nothing, a thread tells others."""
        self._n_beats += 1
        if self._teller is None:
            self._over.clear()
            self._teller = threading.Thread(target=self._tell, name="skypact-beat", daemon=True)
            self._teller.start()

    def rest(self) -> None:
        """Say that what follows may take a while: this process begins, or ends."""
        self._over.set()
        if self._teller is not None:
            self._teller.join()
            self._teller = None
        with suppress(OSError):
            self._beat.unlink(missing_ok=True)

    def release(self) -> None:
        """Let another process have the unit."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _tell(self) -> None:
        """Touch the file as long as the work goes on."""
        told, data = -1, msgspec.json.encode(_Active(os.getpid(), socket.gethostname()))
        while not self._over.wait(self._settings.beat_s):
            if self._n_beats != told:
                told = self._n_beats
                with suppress(OSError):  # of a disk that takes nothing others tell
                    self._beat.write_bytes(data)

    def _beat_ns(self) -> int:
        """When the active process beat last; 0 where it does not."""
        try:
            return self._beat.stat().st_mtime_ns
        except OSError:
            return 0

    def _is_writable(self) -> bool:
        """Whether a beat could be told: a silent process may be one whose disk takes nothing."""
        probe = self._folder / PROBE
        try:
            probe.write_bytes(b"beat")
            probe.unlink()
        except OSError:
            return False
        return True

    def _end_hung(self, say: Callable[[str], None]) -> None:
        """End a process that holds the unit and does nothing."""
        try:
            active = msgspec.json.decode(self._beat.read_bytes(), type=_Active)
        except (OSError, *NOT_JSON):
            return
        if active.host != socket.gethostname() or active.pid == os.getpid():
            say(f"process {active.pid} on {active.host} hangs; end it there")
            return
        if not self._is_writable():
            say(f"{self._folder}: cannot be written, so that process {active.pid} cannot beat")
            return
        say(f"process {active.pid} has not moved for {self._settings.dead_s:g} s: ended")
        try:
            os.kill(active.pid, signal.SIGKILL)
        except OSError as error:
            say(f"process {active.pid} cannot be ended: {error.strerror}")
