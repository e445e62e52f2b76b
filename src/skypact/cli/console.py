"""Two voices: JSON on stdout for programs, words on stderr for people."""

import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import msgspec

from skypact.errors import ConfigError

SILENT_S: Final = 1.0
"""A bar appears only when the work takes longer than this."""
PLAIN_S: Final = 4.0
"""Where there is no terminal, a line says what is done, once, if it takes longer than this."""


def emit(value: object) -> None:
    """Write one JSON object on one line to stdout; NaN becomes null."""
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
    sys.stdout.flush()


def say(text: str) -> None:
    """Write a line for people to stderr."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def existing_files(paths: list[Path]) -> list[Path]:
    """Return the same paths.

    Raises
    ------
    ConfigError
        One of them is missing or is a directory.
    """
    for path in paths:
        if path.is_dir():
            raise ConfigError(f"expected a file, got the directory {path}; name the files in it")
        if not path.exists():
            raise ConfigError(f"expected a file, found none at {path}; check the path")
    return paths


class Progress:
    """A bar on stderr for work over a second, when stderr is a terminal; else one line.

    Use as a context manager; `update` takes the share done, 0 to 1. Both come without an update,
    too: compilation is one long step.
    """

    def __init__(self, title: str) -> None:
        self._title = title
        self._begun_s = time.monotonic()
        self._is_terminal = sys.stderr.isatty()
        self._bar: Any = None
        self._task: Any = None
        self._lock = threading.Lock()
        self._alarm = threading.Timer(SILENT_S if self._is_terminal else PLAIN_S, self._show)
        self._alarm.daemon = True

    def update(self, done: float, title: str | None = None) -> None:
        """Show how much is done; `title` replaces what is being done."""
        self._title = title or self._title
        if not self._is_terminal or time.monotonic() - self._begun_s < SILENT_S:
            return
        self._show()
        self._bar.update(self._task, completed=done, description=self._title)

    def _show(self) -> None:
        """Open the bar, or say the line."""
        with self._lock:
            if not self._is_terminal:
                say(f"{self._title} ...")
            elif self._bar is None:
                self._open()

    def _open(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
        self._task = self._bar.add_task(self._title, total=1.0)
        self._bar.start()

    def __enter__(self) -> Self:
        """Start the time."""
        self._begun_s = time.monotonic()
        self._alarm.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """Remove the bar."""
        self._alarm.cancel()
        if self._bar is not None:
            self._bar.stop()
