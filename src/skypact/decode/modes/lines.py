"""Frames in lines of text: JSON with a time and a frame, and CSV with the two in any columns.

JSON lines are those of jet1090 (``{"timestamp": ..., "frame": ...}``); names of the keys as other
tools write them are taken, too. Times are seconds UTC since 1970.
"""

import re
from typing import Final

import numpy as np

from skypact.decode.jsontext import json_object
from skypact.model.modes import Frames, Octets, empty_frames

FRAME_KEYS: Final = ("frame", "rawmsg", "raw", "message", "msg")
TIME_KEYS: Final = ("timestamp", "mintime", "time", "ts", "time_s")
LONGEST_LINE: Final = 1 << 16
"""A longer line is none, and its bytes are lost."""
LATEST_S: Final = 7.3e9
"""Times from here on are not seconds: the year 2200."""
_HEX: Final = re.compile(r"[0-9A-Fa-f]{14}(?:[0-9A-Fa-f]{14})?")

Row = tuple[bytes, int]
"""A frame and its time, nanoseconds or -1."""


def frames_of(rows: list[Row]) -> Frames:
    """Make frames of octets and times [ns]."""
    out = empty_frames(len(rows))
    for i, (octets, time_ns) in enumerate(rows):
        out.octets[i, : len(octets)] = np.frombuffer(octets, np.uint8)
        out.length[i] = len(octets)
        out.received_ns[i] = time_ns
    return out


def frame_of_text(text: object) -> bytes | None:
    """Octets of a frame written as hex digits; None where it is none."""
    if not isinstance(text, str) or not _HEX.fullmatch(text.strip()):
        return None
    return bytes.fromhex(text.strip())


def time_ns_of(value: object) -> int:
    """Nanoseconds of seconds since 1970; -1 where that is no time."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return -1
    return round(value * 1e9) if 0.0 <= value < LATEST_S else -1


def row_of_json(line: bytes) -> Row | None:
    """Frame and time of one JSON object, None where it has no frame."""
    value = json_object(line)
    if value is None:
        return None
    frame = next((f for k in FRAME_KEYS if (f := frame_of_text(value.get(k))) is not None), None)
    time_ns = next((t for k in TIME_KEYS if (t := time_ns_of(value.get(k))) >= 0), -1)
    return None if frame is None else (frame, time_ns)


def row_of_csv(line: bytes) -> Row | None:
    """Frame and time of a line: the first field that is a frame, the first that is a time."""
    fields = [f.strip().strip('"') for f in line.decode("ascii", "replace").split(",")]
    frame = next((f for text in fields if (f := frame_of_text(text)) is not None), None)
    return None if frame is None else (frame, _time_of(fields))


def _time_of(fields: list[str]) -> int:
    """Time of the first field that can be one: a number of at least nine digits, not a frame."""
    for text in fields:
        if re.fullmatch(r"\d{9,10}(?:\.\d*)?", text):
            return time_ns_of(float(text))
    return -1


def row_of_line(line: bytes) -> Row | None:
    """Frame and time of a line of either form."""
    return row_of_json(line) if line[:1] == b"{" else row_of_csv(line)


class LineParser:
    """Frames of one stream of lines; a line that is not whole yet waits for the next piece."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: Octets, received_ns: int = -1) -> tuple[Frames, dict[str, int]]:
        """Read the lines that are whole by now; a line's own time goes before `received_ns`."""
        *lines, self._rest = (self._rest + data.tobytes()).split(b"\n")
        errors = {}
        if len(self._rest) > LONGEST_LINE:
            errors["lost_bytes"] = len(self._rest)
            self._rest = b""
        lines = [line for line in map(bytes.strip, lines) if line]
        rows = [row for row in map(row_of_line, lines) if row is not None]
        if len(rows) < len(lines):
            errors["no_frame"] = len(lines) - len(rows)
        if received_ns >= 0:
            rows = [(frame, received_ns if t < 0 else t) for frame, t in rows]
        return frames_of(rows), errors

    def finish(self) -> tuple[Frames, dict[str, int]]:
        """Read the last line, which may have no end."""
        return self.feed(np.frombuffer(b"\n", np.uint8)) if self._rest else (empty_frames(0), {})
