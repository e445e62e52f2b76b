"""Blocks of a segment back to packets, with the boundaries that they came with."""

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.encode.blocks import HEAD, IP_SIZE, LINK_SIZE, PUSH, TCP_HEAD, UDP_HEAD
from skypact.encode.pcapng import TCP, UDP, section_block
from skypact.kernels import capture
from skypact.model.packets import PacketBatch

Longs = npt.NDArray[np.int64]
Octets = npt.NDArray[np.uint8]

_PACKET: Final = 6
_SECTION: Final = section_block()
"""The scan wants a section header first."""
_BODY: Final = HEAD - 8
"""Bytes of a packet block's body before the frame."""
_PROTOCOL: Final = LINK_SIZE + 9
_FLAGS: Final = LINK_SIZE + IP_SIZE + 13


class Parsed(NamedTuple):
    """Whole packets in a range of a segment."""

    packets: PacketBatch
    """Their bytes stand close together; `link` is the interface."""
    offset: Longs
    """First byte of each packet's first block from the begin of the range, (n,)."""
    stop: int
    """One past the last whole packet's last block."""


def parse(data: bytes) -> Parsed:
    """Read blocks up to the first one that is not whole or no packet's."""
    octets = np.frombuffer(_SECTION + data, np.uint8)
    n, _ = capture.scan_pcapng(octets, np.empty((0, 5), np.int64))
    rows = np.empty((n, 5), np.int64)
    capture.scan_pcapng(octets, rows)
    rows = rows[1:]
    rows = rows[: _first_wrong(octets, rows)]
    body = rows[:, 1]
    is_stream = octets[body + _BODY + _PROTOCOL] == TCP
    is_last = ~is_stream | (octets[body + _BODY + np.where(is_stream, _FLAGS, 0)] & PUSH != 0)
    ends = np.flatnonzero(is_last)
    rows = rows[: ends[-1] + 1 if ends.size else 0]
    body, is_stream = body[: rows.shape[0]], is_stream[: rows.shape[0]]
    begins = np.concatenate([np.zeros(1, np.int64), ends[:-1] + 1])[: ends.size]
    frame = body + _BODY
    start = frame + np.where(is_stream, TCP_HEAD, UDP_HEAD)
    end = frame + _u32(octets, body + 12)
    total = np.cumsum(end - start)[ends]
    whole = octets.tobytes()
    joined = b"".join([whole[a:b] for a, b in zip(start.tolist(), end.tolist(), strict=True)])
    packets = PacketBatch(
        np.frombuffer(joined, np.uint8),
        np.concatenate([np.zeros(1, np.int64), total[:-1]])[: ends.size],
        total,
        (_u32(octets, body + 4) << 32 | _u32(octets, body + 8))[ends],
        _u32(octets, body)[ends].astype(np.int32),
    )
    stop = int(rows[-1, 2]) + 4 - len(_SECTION) if ends.size else 0
    return Parsed(packets, body[begins] - 8 - len(_SECTION), stop)


def pick(packets: PacketBatch, keep: npt.NDArray[np.bool_]) -> PacketBatch:
    """Copy some of the packets of a batch, so that their bytes stand close together."""
    if keep.all():
        return packets
    start, end = packets.start[keep], packets.end[keep]
    data = packets.data.tobytes()
    joined = b"".join([data[a:b] for a, b in zip(start.tolist(), end.tolist(), strict=True)])
    last = np.cumsum(end - start)
    return PacketBatch(
        np.frombuffer(joined, np.uint8),
        last - (end - start),
        last,
        packets.received_ns[keep],
        packets.link[keep],
    )


def join_packets(batches: list[PacketBatch]) -> PacketBatch:
    """Put batches whose bytes stand close together one behind the other."""
    if len(batches) == 1:
        return batches[0]
    shift = np.cumsum([0, *(batch.data.size for batch in batches)])
    moved = list(zip(batches, shift, strict=False))
    none = np.empty(0, np.int64)
    return PacketBatch(
        np.concatenate([np.empty(0, np.uint8), *(b.data for b in batches)]),
        np.concatenate([none, *(b.start + at for b, at in moved)]),
        np.concatenate([none, *(b.end + at for b, at in moved)]),
        np.concatenate([none, *(b.received_ns for b in batches)]),
        np.concatenate([none.astype(np.int32), *(b.link for b in batches)]),
    )


def _first_wrong(octets: Octets, rows: Longs) -> int:
    """Row of the first block that is not as `encode.blocks` writes them, else their number."""
    body, size = rows[:, 1], rows[:, 2] - rows[:, 1]
    fits = (rows[:, 0] == _PACKET) & (size >= _BODY + UDP_HEAD)
    safe = np.where(fits, body, 0)
    protocol = octets[np.where(fits, body + _BODY + _PROTOCOL, 0)]
    captured = _u32(octets, safe + 12)
    head = np.where(protocol == TCP, TCP_HEAD, UDP_HEAD)
    fits &= (protocol == TCP) | (protocol == UDP)
    fits &= (captured >= head) & (captured <= size - _BODY)
    fits &= _u32(octets, rows[:, 2]) == size + 12
    wrong = np.flatnonzero(~fits)
    return int(wrong[0]) if wrong.size else rows.shape[0]


def _u32(octets: Octets, at: Longs) -> Longs:
    """Four octets at each place, least significant first."""
    parts: list[Any] = [octets[at + i].astype(np.int64) for i in range(4)]
    return np.asarray(parts[3] << 24 | parts[2] << 16 | parts[1] << 8 | parts[0])
