"""When a unit began, and whether anew: a line for each start, beside its state.

Who makes a run again from its recording must know where it began: a unit that found no state to go
on from began anew, with empty tables, whatever its recording held.
"""

from pathlib import Path
from typing import Final

import msgspec

from skypact.decode.jsontext import NOT_JSON
from skypact.errors import RecordingError

RUNS: Final = "runs.jsonl"
"""File in the unit's folder."""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One start."""

    begun_ns: int
    """Nothing that arrived before was heard by it."""
    anew: bool
    """Whether it had no state to go on from."""
    union_sha256: str
    segment: int = 0
    """Number of the first segment that it recorded; what is in those before has stamps by a clock
    that may have been another."""


def read_runs(folder: Path) -> list[Run]:
    """Read a unit's starts, the oldest first; a line that a crash cut off is left out."""
    try:
        lines = (folder / RUNS).read_bytes().splitlines()
    except OSError:
        return []
    runs = []
    for line in lines:
        try:
            runs.append(msgspec.json.decode(line, type=Run))
        except NOT_JSON:
            continue
    return runs


def note_run(folder: Path, run: Run) -> None:
    """Add a start.

    Raises
    ------
    RecordingError
        The folder cannot be written.
    """
    try:
        with (folder / RUNS).open("ab") as file:
            file.write(b"\n" + msgspec.json.encode(run) + b"\n")
    except OSError as error:
        raise RecordingError(f"cannot write {folder / RUNS}: {error.strerror or error}") from error


def since_anew(runs: list[Run]) -> list[Run]:
    """Return the last start with empty tables and those that went on from there."""
    begins = [i for i, run in enumerate(runs) if run.anew]
    return runs[begins[-1] :] if begins else []
