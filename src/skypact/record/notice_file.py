"""``acknowledgements.jsonl``: what people told a watch, each with the look at which it was served.

A replay of the unit serves it at the same looks, so that it makes the same alerts and measures.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from skypact.decode.jsontext import NOT_JSON
from skypact.model.alerts import Acknowledgement, Delivery, Notice

NOTICES: Final = "acknowledgements.jsonl"
"""File in the unit's folder."""


class _Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One acknowledgement or receipt."""

    look_s: float
    alert: str = ""
    by: str = ""
    note: str = ""
    measure: str = ""
    recipient: str = ""
    channel: str = ""

    def notice(self) -> Notice:
        if self.measure:
            return Delivery(self.measure, self.recipient, self.channel)
        return Acknowledgement(self.alert, self.by, self.note)


def read_notices(folder: Path, since_s: float = 0.0) -> list[tuple[float, Notice]]:
    """Read what was served at looks since a time, in order; cut-off lines are left out."""
    try:
        lines = (folder / NOTICES).read_bytes().splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        try:
            read = msgspec.json.decode(line, type=_Line)
        except NOT_JSON:
            continue
        if read.look_s >= since_s:
            found.append((read.look_s, read.notice()))
    return found


class NoticeFile:
    """Appends what is served at looks; a disk that takes none loses lines, counted.

    Parameters
    ----------
    folder : Path
        Of the unit.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NOTICES
        self.n_lost = 0
        self.error = ""

    def append_notices(self, look_s: float, notices: Sequence[Notice]) -> None:
        """Write what is served at a look."""
        lines = [_Line(look_s=look_s, **notice._asdict()) for notice in notices]
        # each line begins anew: the one before may have been cut off by a crash
        text = b"".join(b"\n" + msgspec.json.encode(line) + b"\n" for line in lines)
        try:
            with self._path.open("ab") as file:
                file.write(text)
            self.error = ""
        except OSError as error:
            self.n_lost += len(notices)
            self.error = error.strerror or str(error)
