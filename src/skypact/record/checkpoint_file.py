"""Checkpoints on disk: whole or not there."""

from pathlib import Path

from skypact.errors import RecordingError
from skypact.track.checkpoint import Checkpoint, unpack


def write_checkpoint(path: Path, data: bytes) -> None:
    """Put a checkpoint in the place of the one before, in one go.

    Raises
    ------
    RecordingError
        The file cannot be written.
    """
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        raise RecordingError(f"cannot write {path}: {error}") from error


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint.

    Raises
    ------
    RecordingError
        The file cannot be read, is no checkpoint, of another version, or damaged; names it.
    """
    try:
        return unpack(path.read_bytes())
    except OSError as error:
        reason = error.strerror or error
        raise RecordingError(f"{path}: expected a checkpoint, cannot read it: {reason}") from error
    except RecordingError as error:
        raise RecordingError(
            f"{path}: {error}; take another checkpoint, or leave it out and begin anew"
        ) from error
