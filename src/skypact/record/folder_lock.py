"""A folder that one process at a time writes to."""

import os
import sys
from pathlib import Path

from skypact.errors import StoreError

if sys.platform == "win32":
    import msvcrt

    def _take(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _take(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


class FolderLock:
    """Held until it is released or the process ends, however it ends.

    Raises
    ------
    StoreError
        Another process holds it, or the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / ".lock"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise StoreError(f"cannot write {path}: {error.strerror or error}") from error
        try:
            _take(self._file)
        except OSError as error:
            os.close(self._file)
            raise StoreError(
                f"expected {folder} for this process alone, another one writes to it; give each "
                "unit a folder of its own"
            ) from error

    def release(self) -> None:
        """Let others have the folder."""
        os.close(self._file)
