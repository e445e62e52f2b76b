"""`summary.json`: what a run did, under the keys that stay stable (DESIGN 2.1)."""

from pathlib import Path
from typing import Any

import msgspec

from skypact.errors import RecordingError


def write_summary(path: Path, summary: dict[str, Any]) -> None:
    """Write the summary as JSON that people can read."""
    try:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(summary), indent=2) + b"\n")
    except OSError as error:
        raise RecordingError(f"cannot write {path}: {error}") from error


def out_folder(path: Path) -> Path:
    """Make the folder of a run's files.

    Raises
    ------
    RecordingError
        It cannot be made or is a file.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RecordingError(f"expected a folder at {path}: {error}; choose another") from error
    return path
