"""Tracks as lines of CSV: the columns of `tracks.parquet`, then ``ended`` and the flight plan's.

Source: RFC 4180, with lines that end in a line feed. Numbers are as short as they can be read back
exactly; absent values are empty. A text that a spreadsheet would take for a formula (it begins with
``=``, ``+``, ``-`` or ``@``) gets an apostrophe before it: callsigns are what anyone on the air
cares to send, and no callsign of Annex 10 begins so.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from skypact.encode.columns import PLAN_COLUMNS, TRACK_COLUMNS, columns_of, plans_or_none
from skypact.model.flights import FlightPlan
from skypact.model.tracks import TrackRows

Longs = npt.NDArray[np.int64]

CSV_COLUMNS: Final = (*TRACK_COLUMNS, "ended", *PLAN_COLUMNS)
CSV_HEADER: Final = ",".join(CSV_COLUMNS).encode() + b"\n"
_FORMULA: Final = ("=", "+", "-", "@")
_QUOTED: Final = frozenset(",\"\r\n'")
_TEXTS: Final = frozenset({"unit", "class", "callsign"})
_CONTROL: Final = dict.fromkeys((*range(32), 127))


def cell(text: str | None) -> str:
    """Return a text as a cell, without control characters."""
    if not text:
        return ""
    text = text.translate(_CONTROL)
    if text.lstrip().startswith(_FORMULA):
        text = "'" + text
    if _QUOTED.isdisjoint(text):
        return text
    return '"' + text.replace('"', '""') + '"'


def _cells(name: str, column: list[Any]) -> list[str]:
    if name in _TEXTS:
        texts = {text: cell(text) for text in set(column)}
        return [texts[text] for text in column]
    if name == "confirmed":
        return ["true" if value else "false" for value in column]
    return ["" if value is None else repr(value) for value in column]


def track_lines(
    rows: TrackRows, unit: str, plans: Sequence[FlightPlan | None] | None = None
) -> list[bytes]:
    """Return a line for each row (n,); `plans` are of each row."""
    columns = [
        _cells(name, column)
        for name, column in zip(TRACK_COLUMNS, columns_of(rows, unit), strict=True)
    ]
    tails = [
        "false," + ",".join(cell(text) for text in planned)
        for planned in plans_or_none(plans, rows.time_s.size)
    ]
    return [(",".join(line) + "\n").encode() for line in zip(*columns, tails, strict=True)]


def end_lines(ended: Longs, unit: str, now_s: float) -> list[bytes]:
    """Return a line for each track that ended (k,): its time, unit and number, ``ended`` true."""
    line = dict.fromkeys(CSV_COLUMNS, "")
    line |= {"time_s": repr(float(now_s)), "unit": cell(unit), "ended": "true"}
    return [
        (",".join((line | {"track": str(track)}).values()) + "\n").encode()
        for track in ended.tolist()
    ]
