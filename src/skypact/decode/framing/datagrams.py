"""Captured link frames to UDP payloads; IP fragments are put together.

Sources: RFC 791 section 3.2 (IPv4 reassembly), RFC 8200 section 4.5 (IPv6 fragment header),
RFC 768 (UDP). Whole datagrams are found by a kernel; fragments, which are rare, here.
"""

from ipaddress import ip_address
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.decode.framing.framed import Framed, Longs, Octets, keep_asterix, numbered
from skypact.kernels import capture
from skypact.model.packets import PacketBatch

_MAX_PENDING: Final = 4096
_MAX_PIECES: Final = 256
"""Pieces of a datagram: 64 KiB in pieces of the smallest link that carries UDP (576 bytes)."""
"""Datagrams under assembly; a recording with more unfinished ones loses the oldest."""


class Frames(NamedTuple):
    """Captured frames: rows of first byte, one past the last; stamps; link types."""

    rows: Longs
    received_ns: Longs
    linktype: Longs


class _Piece(NamedTuple):
    key: bytes
    offset: int
    more: bool
    body: bytes
    address: bytes


def _piece(data: Octets, start: int, end: int) -> _Piece | None:
    """Read one fragment; its network header begins at `start`."""
    raw = data[start:end].tobytes()
    if raw[0] >> 4 == 4:
        header, length = (raw[0] & 15) * 4, int.from_bytes(raw[2:4])
        flags = int.from_bytes(raw[6:8])
        key = raw[12:20] + raw[4:6] + raw[9:10]
        offset, more = (flags & 0x1FFF) * 8, bool(flags & 0x2000)
        whole, address = len(raw) >= length, raw[16:20]
        return _Piece(key, offset, more, raw[header:length], address) if whole else None
    following, pos, length = raw[6], 40, 40 + int.from_bytes(raw[4:6])
    while following in (0, 43, 60) and pos + 8 <= len(raw):
        following, pos = raw[pos], pos + 8 + 8 * raw[pos + 1]
    if following != 44 or len(raw) < max(length, pos + 8):
        return None
    word = int.from_bytes(raw[pos + 2 : pos + 4])
    key = raw[8:40] + raw[pos + 4 : pos + 8] + raw[pos : pos + 1]
    return _Piece(key, word & 0xFFF8, bool(word & 1), raw[pos + 8 : length], raw[24:40])


def _joined(pieces: list[_Piece]) -> bytes | None:
    """Datagram from its pieces, or None while one is missing; overlaps keep the first bytes."""
    body = b""
    for piece in sorted(pieces, key=lambda p: p.offset):
        if piece.offset > len(body):
            return None
        body += piece.body[len(body) - piece.offset :]
    return body if any(not p.more for p in pieces) and len(body) >= 8 else None


class _Assembled(NamedTuple):
    payload: bytes
    frame: int
    address: bytes
    port: int


def _assemble(data: Octets, found: Longs, errors: dict[str, int]) -> list[_Assembled]:
    """Datagrams put together from the frames that are pieces, in order of completion."""
    pending: dict[bytes, list[_Piece]] = {}
    done: list[_Assembled] = []
    for frame in np.flatnonzero(found[:, 0] == capture.FRAGMENT).tolist():
        piece = _piece(data, int(found[frame, 1]), int(found[frame, 2]))
        if piece is None:
            errors["truncated"] = errors.get("truncated", 0) + 1
            continue
        pending.setdefault(piece.key, []).append(piece)
        if len(pending[piece.key]) > _MAX_PIECES:
            del pending[piece.key]
            errors["fragments"] = errors.get("fragments", 0) + 1
            continue
        body = _joined(pending[piece.key])
        if body is not None:
            port, length = int.from_bytes(body[2:4]), int.from_bytes(body[4:6])
            del pending[piece.key]
            if piece.key[-1] == 17:
                done.append(_Assembled(body[8 : length or None], frame, piece.address, port))
        elif len(pending) > _MAX_PENDING:
            del pending[next(iter(pending))]
            errors["fragments"] = errors.get("fragments", 0) + 1
    if pending:
        errors["fragments"] = errors.get("fragments", 0) + len(pending)
    return done


def _with_assembled(
    data: Octets, found: Longs, done: list[_Assembled]
) -> tuple[Octets, Longs, npt.NDArray[np.int64]]:
    """Put the assembled payloads behind the data; found rows and their frames, in order."""
    frames = np.flatnonzero(found[:, 0] == capture.UDP)
    rows = found[frames]
    if not done:
        return data, rows, frames
    extra, position = [], data.size
    for datagram in done:
        is_v4 = len(datagram.address) == 4
        place = int.from_bytes(datagram.address) if is_v4 else hash6(datagram.address)
        extra.append(
            (capture.UDP, position, position + len(datagram.payload), place, datagram.port)
        )
        position += len(datagram.payload)
    rows = np.vstack([rows, np.array(extra, np.int64)])
    frames = np.concatenate([frames, np.array([d.frame for d in done], np.int64)])
    order = np.argsort(frames, kind="stable")
    tail = np.frombuffer(b"".join(d.payload for d in done), np.uint8)
    return np.concatenate([data, tail]), rows[order], frames[order]


def hash6(address: bytes) -> int:
    """Digest of an IPv6 address as the kernel makes it (FNV-1a of 32 bits, above IPv4's range)."""
    digest = 2_166_136_261
    for octet in address:
        digest = ((digest ^ octet) * 16_777_619) & 0xFFFFFFFF
    return digest | 1 << 32


def _link_name(address: int, port: int) -> str:
    if 0 <= address < 1 << 32:
        return f"{ip_address(address)}:{port}"
    return f"[ipv6 {address & 0xFFFFFFFF:08x}]:{port}"


def read_frames(data: Octets, frames: Frames, framing: str, errors: dict[str, int]) -> Framed:
    """UDP payloads of the captured `frames` that hold ASTERIX; the rest is counted."""
    found = np.empty((frames.rows.shape[0], 5), np.int64)
    capture.locate_udp(data, frames.rows, frames.linktype, found)
    for kind, state in (("not_asterix", capture.NOT_UDP), ("truncated", capture.CUT)):
        count = int((found[:, 0] == state).sum())
        if count:
            errors[kind] = errors.get(kind, 0) + count
    data, rows, frame = _with_assembled(data, found, _assemble(data, found, errors))
    places = np.ascontiguousarray(rows[:, 3:5]).view([("address", "<i8"), ("port", "<i8")])
    link, first = numbered(places.reshape(-1))
    names = tuple(_link_name(int(rows[i, 3]), int(rows[i, 4])) for i in first)
    start, end = np.ascontiguousarray(rows[:, 1]), np.ascontiguousarray(rows[:, 2])
    packets, has_oradis = keep_asterix(
        PacketBatch(data, start, end, frames.received_ns[frame], link), errors
    )
    name = f"{framing}+oradis" if has_oradis else framing
    return Framed(packets, name, errors, (), names)
