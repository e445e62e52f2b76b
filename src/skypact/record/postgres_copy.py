"""Track updates as PostgreSQL takes them in bulk, made column by column.

Source: PostgreSQL 15 documentation, COPY, "Binary Format"; PostGIS 3 extended well-known binary
(type word with the flags 0x80000000 for Z and 0x20000000 for the reference system).
"""

import struct
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from skypact.model.reports import unpack_callsign
from skypact.model.tracks import CLASSES, TrackRows
from skypact.units import DEGREE

Octets = npt.NDArray[np.uint8]
Column = npt.NDArray[Any]

HEADER: Final = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
TRAILER: Final = struct.pack(">h", -1)
EPOCH_S: Final = 946_684_800.0
"""Year 2000, from which PostgreSQL counts microseconds."""
WGS_84: Final = 4326
POINT_Z: Final = 1 | 0x80000000 | 0x20000000
FLOATS: Final = (
    "baro_altitude_m", "vn_mps", "ve_mps", "vu_mps", "sigma_n_m", "sigma_e_m", "corr_ne",
    "sigma_u_m", "sigma_vn_mps", "sigma_ve_mps", "existence", "p_manoeuvre", "p_ballistic", "age_s",
)  # fmt: skip
INTEGERS: Final = ("icao", "mode3a", "n_sensors")
COLUMNS: Final = (
    "time", "time_s", "unit", "track", "position", "confirmed", "class", "callsign", *INTEGERS,
    *FLOATS,
)  # fmt: skip
"""Columns of a row, in the order in which they are sent."""

_callsign = lru_cache(maxsize=65_536)(unpack_callsign)


def callsign_texts(packed: npt.NDArray[np.int64]) -> npt.NDArray[np.bytes_]:
    """Texts of packed callsigns (n,); empty for -1."""
    values, inverse = np.unique(packed, return_inverse=True)
    texts = [_callsign(value).replace("\0", "").encode() for value in values.tolist()]
    return np.array(texts or [b""], "S8")[inverse.reshape(-1)]


def _number(values: Column, kind: str, is_absent: Column | None = None) -> tuple[Octets, Octets]:
    """Length and bytes (n, 4 + w) of numbers, and which of them are sent."""
    body = np.ascontiguousarray(values.astype(kind)).view(np.uint8).reshape(values.size, -1)
    length = np.full(values.size, body.shape[1], ">i4")
    if is_absent is not None:
        length[is_absent] = -1
    return _field(body, length)


def _text(values: npt.NDArray[np.bytes_]) -> tuple[Octets, Octets]:
    """Lay out texts; an empty one is absent."""
    length = np.strings.str_len(values).astype(">i4")
    length[length == 0] = -1
    body = np.ascontiguousarray(values).view(np.uint8).reshape(values.size, -1)
    return _field(body, length)


def _field(body: Octets, length: Column) -> tuple[Octets, Octets]:
    octets = np.concatenate([length.view(np.uint8).reshape(-1, 4), body], axis=1)
    is_sent = np.arange(-4, body.shape[1]) < np.maximum(length, 0)[:, None]
    return octets, is_sent.view(np.uint8)


def _points(rows: TrackRows) -> tuple[Octets, Octets]:
    kind = np.dtype(
        [("order", "u1"), ("type", "<u4"), ("system", "<u4"), ("place", "<f8", (3,))], align=False
    )
    points = np.zeros(rows.time_s.size, kind)
    points["order"], points["type"], points["system"] = 1, POINT_Z, WGS_84
    points["place"][:, 0] = rows.lon_rad / DEGREE
    points["place"][:, 1] = rows.lat_rad / DEGREE
    points["place"][:, 2] = rows.altitude_m
    body = points.view(np.uint8).reshape(points.size, kind.itemsize)
    return _field(body, np.full(points.size, kind.itemsize, ">i4"))


def copy_bytes(rows: TrackRows, unit: str) -> bytes:
    """Write rows (n,) as the body of a binary COPY of `COLUMNS`."""
    n = rows.time_s.size
    if not n:
        return HEADER + TRAILER
    classes = np.array([word.encode() for word in CLASSES])
    fields = [
        _number(np.rint((rows.time_s - EPOCH_S) * 1e6), ">i8"),
        _number(rows.time_s, ">f8"),
        _text(np.full(n, unit.encode())),
        _number(rows.track, ">i8"),
        _points(rows),
        _number(rows.confirmed > 0, "u1"),
        _text(classes[np.maximum(rows.target_class, 0)]),
        _text(callsign_texts(rows.callsign)),
    ]
    for name in INTEGERS:
        column = getattr(rows, name)
        fields.append(_number(column, ">i4", column < 0))
    for name in FLOATS:
        column = getattr(rows, name)
        fields.append(_number(column, ">f8", np.isnan(column)))
    count = np.full(n, len(fields), ">i2").view(np.uint8).reshape(n, 2)
    octets = np.concatenate([count, *(field for field, _ in fields)], axis=1)
    is_sent = np.concatenate([np.ones_like(count), *(sent for _, sent in fields)], axis=1)
    return HEADER + octets[is_sent.view(np.bool_)].tobytes() + TRAILER
