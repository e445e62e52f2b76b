"""``alerts.jsonl``, ``doctrine.jsonl``: a line for each state of an alert or measure."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from skypact.decode.jsontext import NOT_JSON
from skypact.model.alerts import MeasureRecord
from skypact.model.store import AlertRecord

TAIL_BYTES: Final = 4 << 20
"""Lines that are compared when a file goes on."""


def alert_line(alert: AlertRecord) -> dict[str, Any]:
    """Return a state as JSON holds it: what is not known is null."""
    event_s = alert.event_time_s
    return alert._asdict() | {"event_time_s": None if math.isnan(event_s) else event_s}


class StateFile:
    """Appends states to a file, a line each; a disk that takes none loses lines, counted.

    Parameters
    ----------
    path : Path
        Begun anew unless `goes_on`.
    goes_on : bool
        Lines are added to those of an earlier run. States that it has told already, which a unit
        that comes back after a crash finds once more, are not told twice.
    """

    def __init__(self, path: Path, *, goes_on: bool = False) -> None:
        self._path = path
        self.n_lost = 0
        self.error = ""
        self._told = _told_before(path) if goes_on else set()
        if not goes_on:
            path.write_bytes(b"")
        else:
            self.append([])  # whoever follows the file finds it

    def append(self, states: Sequence[dict[str, Any]]) -> None:
        """Write states as JSON holds them."""
        new = [state for state in states if _place(state) not in self._told]
        lines = b"".join(msgspec.json.encode(state) + b"\n" for state in new)
        try:
            with self._path.open("ab") as file:
                file.write(lines)
            self.error = ""
        except OSError as error:
            self.n_lost += len(new)
            self.error = error.strerror or str(error)


class AlertFile(StateFile):
    """States of alerts."""

    def append_alerts(self, alerts: Sequence[AlertRecord]) -> None:
        """Write states."""
        self.append([alert_line(alert) for alert in alerts])


class DoctrineFile(StateFile):
    """States of measures."""

    def append_measures(self, measures: Sequence[MeasureRecord]) -> None:
        """Write states."""
        self.append([measure._asdict() for measure in measures])


def _place(line: dict[str, Any]) -> tuple[Any, ...]:
    return line.get("time_s"), line.get("id"), line.get("state")


def _told_before(path: Path) -> set[tuple[Any, ...]]:
    """Return the last states of a file; what a crash cut off is taken away."""
    try:
        with path.open("r+b") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - TAIL_BYTES))
            tail = file.read()
            whole = tail.rfind(b"\n") + 1
            file.truncate(size - len(tail) + whole)
    except OSError:
        return set()
    told = set()
    for line in tail[:whole].splitlines():
        try:
            told.add(_place(msgspec.json.decode(line, type=dict[str, Any])))
        except NOT_JSON:
            continue  # the first, of which the begin is missing
    return told
