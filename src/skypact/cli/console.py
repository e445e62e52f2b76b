"""Two voices: JSON on stdout for programs, words on stderr for people."""

import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import msgspec

from skypact.errors import ConfigError

SILENT_S: Final = 1.0
"""A bar appears only when the work takes longer than this."""


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
    """A bar on stderr for work over a second, when stderr is a terminal; else nothing.

    Use as a context manager; `update` takes the share done, 0 to 1.
    """

    def __init__(self, title: str) -> None:
        self._title = title
        self._begun_s = time.monotonic()
        self._is_terminal = sys.stderr.isatty()
        self._bar: Any = None
        self._task: Any = None

    def update(self, done: float, title: str | None = None) -> None:
        """Show how much is done; `title` replaces what is being done."""
        if not self._is_terminal or time.monotonic() - self._begun_s < SILENT_S:
            self._title = title or self._title
            return
        if self._bar is None:
            self._open()
        self._bar.update(self._task, completed=done, description=title or self._title)

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
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.stop()
