"""Checkpoints beside a running unit: the state is copied between two steps, written by a thread."""

import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from skypact.track.checkpoint import pack

Arrays = Mapping[str, npt.NDArray[np.generic]]


class Keeper:
    """Writes one checkpoint at a time; one that comes while another is written is left out.

    Parameters
    ----------
    path : Path
        The file; the one before stays until the next is whole and on the disk.
    settle : callable, optional
        Waits until the recording is on the disk as far as the state goes: a state must not be
        ahead of it. Called from the writing thread.
    """

    def __init__(self, path: Path, settle: Callable[[], object] = lambda: None) -> None:
        self._path = path
        self._settle = settle
        self._thread: threading.Thread | None = None
        self.n_kept = 0
        self.n_failed = 0
        self.error = ""
        """Why the last one could not be written, empty where it was."""

    def keep(self, arrays: Arrays, about: Mapping[str, Any]) -> bool:
        """Copy a state and have it written; False where the last one is still being written."""
        if self._thread is not None and self._thread.is_alive():
            return False
        copies = {name: array.copy() for name, array in arrays.items()}
        self._thread = threading.Thread(
            target=self._write, args=(copies, dict(about)), name="skypact-keeper", daemon=True
        )
        self._thread.start()
        return True

    def finish(self, arrays: Arrays, about: Mapping[str, Any]) -> None:
        """Write a last state, after the one before."""
        if self._thread is not None:
            self._thread.join()
        self._write(arrays, about)

    def _write(self, arrays: Arrays, about: Mapping[str, Any]) -> None:
        part = self._path.with_name(self._path.name + ".part")
        try:
            with part.open("wb") as file:
                file.write(pack(arrays, about))
                file.flush()
                os.fsync(file.fileno())
            self._settle()
            part.replace(self._path)
        except Exception as error:  # whatever it is, the unit goes on and tells it
            self.n_failed += 1
            why = error.strerror if isinstance(error, OSError) else None
            self.error = f"{self._path}: {why or error or type(error).__name__}"
            return
        self.n_kept += 1
        self.error = ""
