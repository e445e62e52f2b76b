"""The binary messages of the WebSocket, both ways; docs/reference/wire.md tells every byte.

Little endian. A header, then four sections (kinematics, identities, ended tracks, trails), each a
struct of arrays whose columns start at multiples of eight bytes.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.errors import DecodeError

MAGIC: Final = 0x31594B53
"""The bytes ``SKY1``."""
SNAPSHOT: Final = 1
UPDATE: Final = 2
PLAYING: Final = 1
LIVE: Final = 2
COMPLETE: Final = 4

HEADER: Final = np.dtype(
    [("magic", "<u4"), ("kind", "u1"), ("flags", "u1"), ("spare", "<u2")]
    + [(name, "<f8") for name in ("clock_s", "first_s", "last_s")]
    + [("speed", "<f4"), ("sequence", "<u4")]
    + [(name, "<u4") for name in ("n_kinematics", "n_identities", "n_ended", "n_trail")]
)
KINEMATICS: Final = (
    [("track", "<f8"), ("age_s", "<f4"), ("lat_e7", "<i4"), ("lon_e7", "<i4")]
    + [(n, "<f4") for n in ("altitude_m", "baro_altitude_m", "vn_mps", "ve_mps", "vu_mps")]
    + [("sigma_m", "<f4")]
    + [(name, "u1") for name in ("existence", "flags", "target_class", "n_sensors")]
)
IDENTITIES: Final = [
    ("track", "<f8"),
    ("callsign", "<f8"),
    ("born_s", "<f8"),
    ("icao", "<i4"),
    ("mode3a", "<i4"),
]
ENDED: Final = [("track", "<f8")]
TRAIL: Final = [("row", "<u4"), ("age_s", "<f4"), ("lat_e7", "<i4"), ("lon_e7", "<i4")]
SECTIONS: Final = {
    "kinematics": np.dtype(KINEMATICS),
    "identities": np.dtype(IDENTITIES),
    "ended": np.dtype(ENDED),
    "trail": np.dtype(TRAIL),
}
_COUNTS: Final = ("n_kinematics", "n_identities", "n_ended", "n_trail")

Structured = npt.NDArray[np.void]


class Sections(NamedTuple):
    """The four tables of a message, each structured with the type in `SECTIONS`."""

    kinematics: Structured
    identities: Structured
    ended: Structured
    trail: Structured


class Message(NamedTuple):
    """One message."""

    kind: int
    """`SNAPSHOT` replaces everything the page holds; `UPDATE` adds to it."""
    flags: int
    """`PLAYING`, `LIVE`, `COMPLETE`."""
    clock_s: float
    """The viewer's playhead, UTC seconds; NaN before the first step."""
    first_s: float
    last_s: float
    """Span of the history, UTC seconds."""
    speed: float
    sequence: int
    sections: Sections


def empty_sections() -> Sections:
    """Make sections without a row."""
    return Sections(*(np.zeros(0, dtype) for dtype in SECTIONS.values()))


def encode_sections(sections: Sections) -> bytes:
    """Lay the sections out as bytes: every column padded to a multiple of eight."""
    parts: list[bytes] = []
    for table, dtype in zip(sections, SECTIONS.values(), strict=True):
        for name in dtype.names or ():
            column = np.ascontiguousarray(table[name], dtype[name]).tobytes()
            parts += [column, bytes(-len(column) % 8)]
    return b"".join(parts)


def encode_header(message: Message) -> bytes:
    """Write the 56 bytes of the header; the counts come from the sections."""
    head = np.zeros(1, HEADER)
    head["magic"] = MAGIC
    for name in ("kind", "flags", "clock_s", "first_s", "last_s", "speed", "sequence"):
        head[name] = getattr(message, name)
    for name, table in zip(_COUNTS, message.sections, strict=True):
        head[name] = table.size
    return head.tobytes()


def encode(message: Message) -> bytes:
    """Write a whole message."""
    return encode_header(message) + encode_sections(message.sections)


def decode(data: bytes) -> Message:
    """Read a message back; what the page's decoder does, and its oracle.

    Raises
    ------
    DecodeError
        Too short, another magic number, or a length that disagrees with the counts.
    """
    if len(data) < HEADER.itemsize:
        message = f"expected {HEADER.itemsize} header bytes, got {len(data)}"
        raise DecodeError(message, kind="truncated", where="wire", offset=len(data))
    head = np.frombuffer(data, HEADER, 1)[0]
    if head["magic"] != MAGIC:
        message = f"expected magic {MAGIC:#x}, got {int(head['magic']):#x}; another version sends"
        raise DecodeError(message, kind="bad_magic", where="wire", offset=0)
    position = HEADER.itemsize
    tables = []
    for count_name, dtype in zip(_COUNTS, SECTIONS.values(), strict=True):
        table, position = _decode_section(data, position, dtype, int(head[count_name]))
        tables.append(table)
    if position != len(data):
        message = f"expected {position} bytes, got {len(data)}"
        raise DecodeError(message, kind="bad_length", where="wire", offset=position)
    return Message(
        int(head["kind"]),
        int(head["flags"]),
        float(head["clock_s"]),
        float(head["first_s"]),
        float(head["last_s"]),
        float(head["speed"]),
        int(head["sequence"]),
        Sections(*tables),
    )


def _decode_section(
    data: bytes, position: int, dtype: np.dtype[np.void], n: int
) -> tuple[Structured, int]:
    need = sum(_padded(n * dtype[name].itemsize) for name in dtype.names or ())
    if position + need > len(data):
        message = f"need {need} bytes for {n} rows, {len(data) - position} left"
        raise DecodeError(message, kind="truncated", where="wire", offset=position)
    table = np.zeros(n, dtype)
    for name in dtype.names or ():
        table[name] = np.frombuffer(data, dtype[name], n, position)
        position += _padded(n * dtype[name].itemsize)
    return table, position


def _padded(n_bytes: int) -> int:
    return n_bytes + -n_bytes % 8
