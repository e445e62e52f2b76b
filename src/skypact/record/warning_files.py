"""Where warnings are kept: a folder of messages, the log of steps, the state of the desk.

``drafts/ID.xml`` and ``released/ID.xml`` are signed messages, never changed once written;
``steps.jsonl`` has a line for each step (`watch.release.Step`); ``desk.msgpack`` is the state.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from skypact.encode.cap import CapMessage
from skypact.watch.release import Step

PLACES: Final = {"Public": "released", "Restricted": "drafts"}
"""Folder by the scope of messages."""
STEPS: Final = "steps.jsonl"
STATE: Final = "desk.msgpack"


class WarningFiles:
    """The folder.

    Parameters
    ----------
    folder : Path
        Made where it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for place in PLACES.values():
            (folder / place).mkdir(parents=True, exist_ok=True)

    def place_of(self, message: CapMessage) -> Path:
        """Return where a message is kept."""
        return self._folder / PLACES[message.scope] / f"{message.identifier}.xml"

    def keep(self, message: CapMessage, xml: bytes) -> bytes:
        """Write a signed message; return what is kept of it, which is the first that was written.

        Raises
        ------
        OSError
            The disk takes nothing.
        """
        path = self.place_of(message)
        try:
            return path.read_bytes()
        except FileNotFoundError:
            _write(path, xml)
            return xml

    def read_draft(self, identifier: str) -> bytes:
        """Return a draft that was kept; empty where it cannot be read."""
        try:
            return (self._folder / PLACES["Restricted"] / f"{identifier}.xml").read_bytes()
        except OSError:
            return b""

    def note(self, steps: Sequence[Step]) -> None:
        """Add steps to the log.

        Raises
        ------
        OSError
            The disk takes nothing.
        """
        lines = b"".join(msgspec.json.encode(step._asdict()) + b"\n" for step in steps)
        with (self._folder / STEPS).open("ab") as file:
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())

    def steps(self) -> list[Step]:
        """Read the log; a last line that was cut off is left out."""
        try:
            whole = (self._folder / STEPS).read_bytes().rpartition(b"\n")[0]
        except FileNotFoundError:
            return []
        lines = [msgspec.json.decode(line) for line in whole.splitlines()]
        return [msgspec.convert([line[name] for name in Step._fields], Step) for line in lines]

    def save(self, state: bytes) -> None:
        """Keep the state of the desk.

        Raises
        ------
        OSError
            The disk takes nothing.
        """
        _write(self._folder / STATE, state)

    def load(self) -> bytes | None:
        """Return the state of the desk; None where none was kept."""
        try:
            return (self._folder / STATE).read_bytes()
        except FileNotFoundError:
            return None


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    new = path.with_name(path.name + ".new")
    with new.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
