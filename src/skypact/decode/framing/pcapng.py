"""Next-generation capture files: sections, interfaces, enhanced, simple and old packet blocks.

Source: IETF draft-ietf-opsawg-pcapng, sections 3.1 (blocks), 3.5 (options), 4.1 (section header),
4.2 (interface description, if_tsresol, if_tsoffset), 4.3 (enhanced packet), 4.4 (simple packet)
and appendix A (packet block).
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.decode.framing.datagrams import Frames, read_frames
from skypact.decode.framing.framed import Framed, Longs, Octets
from skypact.kernels import capture

MAGIC: Final = b"\x0a\x0d\x0d\x0a"
_INTERFACE: Final = 1
_PACKET: Final = 2
_SIMPLE: Final = 3
_ENHANCED: Final = 6
_TSRESOL: Final = 9
_TSOFFSET: Final = 14


class _Interface(NamedTuple):
    linktype: int
    ticks_per_s: int
    offset_s: int


_FINEST: Final = 2**60
_FARTHEST_S: Final = 2**32
"""Ticks per second and offset that stamps in nanoseconds can hold; beyond, an interface is damaged
and its packets are counted."""


def _interface(body: bytes, order: str) -> _Interface:
    """Read an interface description block's body; `order` is ``big`` or ``little``."""
    big = order == "big"

    def number(raw: bytes) -> int:
        return int.from_bytes(raw, "big" if big else "little")

    ticks, offset_s, pos = 1_000_000, 0, 8
    while pos + 4 <= len(body):
        code, length = number(body[pos : pos + 2]), number(body[pos + 2 : pos + 4])
        value = body[pos + 4 : pos + 4 + length]
        if code == _TSRESOL and value:
            ticks = 2 ** (value[0] & 127) if value[0] & 128 else 10 ** min(value[0], 18)
        elif code == _TSOFFSET and len(value) == 8:
            offset_s = number(value) - (1 << 64 if number(value) >> 63 else 0)
        elif code == 0:
            break
        pos += 4 + (length + 3) // 4 * 4
    return _Interface(number(body[:2]), ticks, offset_s)


def _u32(data: Octets, pos: Longs, big: Longs) -> Longs:
    """Four octets at each position, in each block's byte order."""
    parts = [data[pos + i].astype(np.int64) for i in range(4)]
    most = (parts[0] << 24) | (parts[1] << 16) | (parts[2] << 8) | parts[3]
    least = (parts[3] << 24) | (parts[2] << 16) | (parts[1] << 8) | parts[0]
    return np.where(big == 1, most, least)


def _stamps(high: Longs, low: Longs, ticks_per_s: Longs, offset_s: Longs) -> Longs:
    """Nanoseconds UTC since 1970 of 64-bit stamps; resolutions finer than 1 ns are cut."""
    ticks = (high << 32) | low
    whole, rest = ticks // ticks_per_s, ticks % ticks_per_s
    is_fine = ticks_per_s > 1_000_000_000
    fine = rest // np.maximum(ticks_per_s // 1_000_000_000, 1)
    coarse = np.where(is_fine, 0, rest) * 1_000_000_000 // ticks_per_s
    return (whole + offset_s) * 1_000_000_000 + np.where(is_fine, fine, coarse)


def _interfaces(data: Octets, blocks: Longs) -> dict[tuple[int, int], _Interface]:
    """Interfaces by section and number."""
    faces: dict[tuple[int, int], _Interface] = {}
    count: dict[int, int] = {}
    for kind, start, end, big, section in blocks[blocks[:, 0] == _INTERFACE].tolist():
        if kind == _INTERFACE and end - start >= 8:
            number = count.get(section, 0)
            order = "big" if big else "little"
            face = _interface(data[start:end].tobytes(), order)
            if face.ticks_per_s <= _FINEST and abs(face.offset_s) <= _FARTHEST_S:
                faces[section, number] = face
            count[section] = number + 1
    return faces


def _packets(data: Octets, blocks: Longs) -> tuple[Longs, Longs]:
    """Packet rows (start, end, section, interface) and stamps (high, low; -1 where none)."""
    kind, body, end, big = blocks[:, 0], blocks[:, 1], blocks[:, 2], blocks[:, 3]
    simple = kind == _SIMPLE
    head = np.where(simple, 4, 20)
    zero = np.where(simple, body, body + 4)
    number = _u32(data, body, big)
    old = np.where(big == 1, number >> 16, number & 0xFFFF)
    face = np.where(simple, 0, np.where(kind == _PACKET, old, number))
    high = np.where(simple, -1, _u32(data, zero, big))
    low = np.where(simple, -1, _u32(data, np.where(simple, body, body + 8), big))
    length = _u32(data, np.where(simple, body, body + 12), big)
    start = body + head
    length = np.where(simple, np.minimum(length, end - start), length)
    whole = length <= end - start
    rows = np.column_stack([start, np.where(whole, start + length, end), blocks[:, 4], face])
    return rows, np.column_stack([high, low])


def frames_of(data: Octets) -> tuple[Frames, dict[str, int], tuple[str, ...]]:
    """Give the captured frames, errors by kind, and where; what is no whole block is counted."""
    n, _ = capture.scan_pcapng(data, np.empty((0, 5), np.int64))
    blocks = np.empty((n, 5), np.int64)
    _, stopped = capture.scan_pcapng(data, blocks)
    errors: dict[str, int] = {}
    samples: tuple[str, ...] = ()
    if stopped < data.size:
        errors = {"truncated": 1, "lost_bytes": int(data.size - stopped)}
        samples = (f"pcapng: expected a whole block at byte {stopped}, got none",)
    faces = _interfaces(data, blocks)
    size = blocks[:, 2] - blocks[:, 1]
    enhanced = ((blocks[:, 0] == _ENHANCED) | (blocks[:, 0] == _PACKET)) & (size >= 20)
    carries = enhanced | ((blocks[:, 0] == _SIMPLE) & (size >= 4))
    rows, stamps = _packets(data, np.ascontiguousarray(blocks[carries]))
    if not rows.size:
        none = np.empty(0, np.int64)
        return Frames(np.empty((0, 4), np.int64), none, none), errors, samples
    known, received_ns, linktype = _by_interface(rows, stamps, faces)
    if not known.all():
        errors["bad_interface"] = int((~known).sum())
    frames = Frames(np.ascontiguousarray(rows[known]), received_ns[known], linktype[known])
    return frames, errors, samples


def read_pcapng(data: Octets) -> Framed:
    """Take a pcapng file apart in packets."""
    frames, errors, samples = frames_of(data)
    return read_frames(data, frames, "pcapng", errors)._replace(samples=samples)


def _by_interface(
    rows: Longs, stamps: Longs, faces: dict[tuple[int, int], _Interface]
) -> tuple[npt.NDArray[np.bool_], Longs, Longs]:
    """Which packets have an interface, their stamps in ns (-1: none) and link types."""
    nothing = _Interface(0, 1, 0)
    keys, inverse = np.unique(rows[:, 2:4], axis=0, return_inverse=True)
    found = [faces.get((section, number)) for section, number in keys.tolist()]
    used = np.array([face or nothing for face in found], np.int64)[inverse.reshape(-1)]
    known = np.array([face is not None for face in found])[inverse.reshape(-1)]
    times_ns = _stamps(stamps[:, 0], stamps[:, 1], used[:, 1], used[:, 2])
    is_stamped = known & (stamps[:, 0] >= 0)
    return known, np.where(is_stamped, times_ns, -1), np.ascontiguousarray(used[:, 0])
