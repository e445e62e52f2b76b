r"""The state of a run as bytes: named arrays and a few words about them, with a checksum.

Layout, little-endian: 8 bytes ``SKYPACT\n``; version, uint32; header length, uint64; SHA-256
of all that follows, 32 bytes; the header, JSON: ``about`` (anything JSON) and ``arrays``, a list of
(name, NumPy type, shape, offset of the data from the end of the header); the arrays' data, row by
row. Nothing in it is code.
"""

import hashlib
import math
import re
import struct
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from skypact.decode.jsontext import NOT_JSON
from skypact.errors import RecordingError

Arrays = Mapping[str, npt.NDArray[np.generic]]

MAGIC: Final = b"SKYPACT\n"
VERSION: Final = 6
_HEAD: Final = struct.Struct("<8sIQ32s")
_KIND: Final = re.compile(r"[<>|][biuf]\d{1,2}")
"""NumPy types an array may have: truth values, integers, floats."""


class Checkpoint(NamedTuple):
    """What a checkpoint holds."""

    arrays: dict[str, npt.NDArray[np.generic]]
    about: dict[str, Any]


class _Header(msgspec.Struct, forbid_unknown_fields=True):
    about: dict[str, Any]
    arrays: list[tuple[str, str, list[int], int]]


def pack(arrays: Arrays, about: Mapping[str, Any]) -> bytes:
    """Bytes of a checkpoint; `about` holds what JSON can."""
    entries: list[tuple[str, str, list[int], int]] = []
    parts: list[bytes] = []
    size = 0
    for name, array in arrays.items():
        plain = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        entries.append((name, plain.dtype.str, list(array.shape), size))
        parts.append(plain.tobytes())
        size += plain.nbytes
    header = msgspec.json.encode(_Header(dict(about), entries))
    body = b"".join((header, *parts))
    head = _HEAD.pack(MAGIC, VERSION, len(header), hashlib.sha256(body).digest())
    return head + body


def unpack(data: bytes) -> Checkpoint:
    """Read what `pack` wrote.

    Raises
    ------
    RecordingError
        Not a checkpoint, of another version, or damaged.
    """
    if len(data) < _HEAD.size or data[: len(MAGIC)] != MAGIC:
        raise RecordingError("expected a checkpoint of Skypact, got other bytes")
    _, version, length, digest = _HEAD.unpack_from(data)
    if version != VERSION:
        raise RecordingError(
            f"expected a checkpoint of version {VERSION}, got version {version}; it was written by"
            " another version of Skypact"
        )
    body = memoryview(data)[_HEAD.size :]
    if hashlib.sha256(body).digest() != digest:
        raise RecordingError("the checkpoint is damaged: expected its checksum, got another one")
    try:
        header = msgspec.json.decode(body[:length], type=_Header)
        arrays = {
            name: _array(body[length:], kind, shape, at) for name, kind, shape, at in header.arrays
        }
    except (*NOT_JSON, TypeError, ValueError, OverflowError) as error:
        raise RecordingError(f"the checkpoint is damaged: {error}") from error
    return Checkpoint(arrays, header.about)


def _array(data: memoryview, kind: str, shape: list[int], at: int) -> npt.NDArray[np.generic]:
    """One array of the body, writable."""
    if not _KIND.fullmatch(kind):
        raise ValueError(f"expected numbers, got an array of type {kind}")
    dtype = np.dtype(kind)
    flat = np.frombuffer(data, dtype, math.prod(shape), at)
    return flat.reshape(shape).astype(dtype.newbyteorder("="))


def joined(**parts: Arrays) -> dict[str, npt.NDArray[np.generic]]:
    """Arrays of several parts under one roof: ``part/name``."""
    return {f"{part}/{name}": a for part, arrays in parts.items() for name, a in arrays.items()}


def part_of(arrays: Arrays, part: str) -> dict[str, npt.NDArray[np.generic]]:
    """Arrays of one part, under their own names."""
    start = f"{part}/"
    return {name[len(start) :]: a for name, a in arrays.items() if name.startswith(start)}


def fill(array: npt.NDArray[np.generic], saved: Arrays, name: str, *, whole: bool = False) -> None:
    """Copy a saved array into one of the same type, in place.

    It has as many rows where `whole`, else as many at most; the others are left as they are.

    Raises
    ------
    RecordingError
        It is missing, or of another type or shape.
    """
    got = saved.get(name)
    if got is None:
        raise RecordingError(f"expected {name} in the checkpoint, got none")
    fits = got.dtype == array.dtype and got.shape[1:] == array.shape[1:]
    if not fits or len(got) > len(array) or (whole and len(got) < len(array)):
        raise RecordingError(
            f"expected {name} of {array.dtype}{list(array.shape)} in the checkpoint, got"
            f" {got.dtype}{list(got.shape)}; use the sensors and parameters it was written with"
        )
    array[: len(got)] = got
