"""Packets of many lines to pcapng blocks, all at once: datagrams as UDP, streams as TCP.

Source: IETF draft-ietf-opsawg-pcapng, section 4.3 (enhanced packet); RFC 791 section 3.1 (IPv4, its
checksum in 3.1 and RFC 1071), RFC 768 (UDP), RFC 9293 section 3.1 (TCP: sequence numbers, PSH).

A piece of a stream is a segment with PSH set; one that is longer than a segment is cut, and only
its last segment has PSH, so that the pieces are known again. The headers of streams are made up:
sequence numbers run through, checksums are left out, nobody acknowledges.
"""

import struct
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.encode.pcapng import TCP, UDP, Line, interface_block, ip_header, link_header
from skypact.model.packets import PacketBatch

Longs = npt.NDArray[np.int64]

HEAD: Final = 28
"""Bytes of a block before the frame."""
LINK_SIZE, IP_SIZE, UDP_SIZE, TCP_SIZE = 14, 20, 8, 20
UDP_HEAD: Final = LINK_SIZE + IP_SIZE + UDP_SIZE
"""Bytes of a frame before its payload."""
TCP_HEAD: Final = LINK_SIZE + IP_SIZE + TCP_SIZE
LONGEST_SEGMENT: Final = 65_535 - IP_SIZE - TCP_SIZE
PUSH: Final = 0x08
_ACKNOWLEDGED: Final = 0x10
_WIDTH: Final = HEAD + TCP_HEAD
_WHOLE_TAIL: Final = 8
"""Padding and the length again."""
_FIELDS: Final = np.dtype(
    {
        "names": [
            "size", "high", "low", "captured", "sent", "total", "checksum", "length", "sequence",
            "flags",
        ],
        "formats": ["<u4", "<u4", "<u4", "<u4", "<u4", ">u2", ">u2", ">u2", ">u4", "u1"],
        "offsets": [4, 12, 16, 20, 24, 44, 52, 66, 66, 75],
        "itemsize": _WIDTH,
    }
)  # fmt: skip
"""Fields of a block with its headers that differ from packet to packet."""


class Interface(NamedTuple):
    """One interface of a recording."""

    line: Line
    is_stream: bool
    description: str


class Blocks(NamedTuple):
    """Blocks of a batch, one behind the other."""

    data: bytes
    offset: Longs
    """First byte of each packet's first block, (n,)."""


class _Rows(NamedTuple):
    """One row a block: packets, long ones of streams in pieces."""

    start: Longs
    end: Longs
    stamp: Longs
    interface: Longs
    is_last: npt.NDArray[np.bool_]
    """Whether it ends a packet."""
    first: Longs
    """Row of each packet's first block, (packets,)."""


class BlockEncoder:
    """Makes blocks of packets; it remembers how far each stream is.

    Parameters
    ----------
    interfaces : sequence of Interface
        In the order of their blocks at the begin of the file.
    """

    def __init__(self, interfaces: Sequence[Interface]) -> None:
        self._interfaces = tuple(interfaces)
        self._is_stream = np.array([i.is_stream for i in interfaces], np.bool_)
        heads = [_template(number, face) for number, face in enumerate(interfaces)]
        self._heads = np.frombuffer(b"".join(heads), np.uint8).reshape(-1, _WIDTH)
        words = self._heads[:, HEAD + LINK_SIZE : HEAD + LINK_SIZE + IP_SIZE].astype(np.int64)
        self._sums = (words[:, 0::2] << 8 | words[:, 1::2]).sum(axis=1)
        self._sequence = np.zeros(len(self._interfaces), np.int64)

    def descriptions(self) -> bytes:
        """Interface description blocks."""
        return b"".join(interface_block(i.line.name, i.description) for i in self._interfaces)

    def sizes(self, packets: PacketBatch, interface: Longs) -> Longs:
        """Bytes of each packet's blocks, (n,)."""
        length = packets.end - packets.start
        is_stream = self._is_stream[interface]
        pieces = np.where(is_stream, np.maximum(-(-length // LONGEST_SEGMENT), 1), 1)
        full = _sizes(np.full(length.size, LONGEST_SEGMENT + TCP_HEAD))
        rest = length - (pieces - 1) * LONGEST_SEGMENT
        last = _sizes(rest + np.where(is_stream, TCP_HEAD, UDP_HEAD))
        return np.asarray((pieces - 1) * full + last)

    def encode(self, packets: PacketBatch, interface: Longs) -> Blocks:
        """Make the blocks of a batch; `interface` (n,) is that of each packet."""
        if not packets.start.size:
            return Blocks(b"", np.empty(0, np.int64))
        rows = self._rows(packets, interface)
        is_stream = self._is_stream[rows.interface]
        head = np.where(is_stream, TCP_HEAD, UDP_HEAD)
        frame = head + rows.end - rows.start
        size = _sizes(frame)
        heads = self._heads[rows.interface]
        self._fill(heads.view(_FIELDS).reshape(-1), rows, is_stream, frame)
        tails = np.zeros((size.size, _WHOLE_TAIL), np.uint8)
        tails.view("<u4")[:, 1] = size
        low, high = int(packets.start.min()), int(packets.end.max())
        data = packets.data[low:high].tobytes()
        whole = _joined(
            (heads.tobytes(), np.arange(size.size) * _WIDTH, HEAD + head),
            (data, rows.start - low, rows.end - rows.start),
            (tails.tobytes(), *_tail_places(frame)),
        )
        offset = np.cumsum(size) - size
        return Blocks(whole, offset[rows.first])

    def _rows(self, packets: PacketBatch, interface: Longs) -> _Rows:
        start, end = packets.start, packets.end
        every = np.arange(start.size)
        is_long = self._is_stream[interface] & (end - start > LONGEST_SEGMENT)
        if not is_long.any():
            is_last = np.ones(start.size, np.bool_)
            return _Rows(start, end, packets.received_ns, interface, is_last, every)
        pieces = np.where(is_long, -(-(end - start) // LONGEST_SEGMENT), 1)
        owner = np.repeat(every, pieces)
        first = np.cumsum(pieces) - pieces
        at = start[owner] + (np.arange(owner.size) - first[owner]) * LONGEST_SEGMENT
        cut = np.where(is_long[owner], np.minimum(at + LONGEST_SEGMENT, end[owner]), end[owner])
        return _Rows(
            at, cut, packets.received_ns[owner], interface[owner], cut == end[owner], first
        )

    def _fill(
        self, fields: npt.NDArray[Any], rows: _Rows, is_stream: npt.NDArray[np.bool_], frame: Longs
    ) -> None:
        """Write what differs between packets over the templates."""
        fields["size"] = _sizes(frame)
        fields["high"] = rows.stamp >> 32 & 0xFFFFFFFF
        fields["low"] = rows.stamp & 0xFFFFFFFF
        fields["captured"] = frame
        fields["sent"] = frame
        total = frame - LINK_SIZE
        fits = total <= 0xFFFF
        # a datagram that is too long for IPv4 (one of IPv6) has no length, as offloaded ones have
        fields["total"] = np.where(fits, total, 0)
        fields["checksum"] = _checksum(self._sums[rows.interface] + np.where(fits, total, 0))
        fields["length"][~is_stream] = np.where(fits, total - IP_SIZE, 0)[~is_stream]
        if is_stream.any():
            fields["sequence"][is_stream] = self._next(rows, is_stream)
            flags = np.where(rows.is_last, _ACKNOWLEDGED | PUSH, _ACKNOWLEDGED)
            fields["flags"][is_stream] = flags[is_stream]

    def _next(self, rows: _Rows, is_stream: npt.NDArray[np.bool_]) -> Longs:
        """Sequence numbers of the rows of streams, in their order."""
        interface = rows.interface[is_stream]
        length = (rows.end - rows.start)[is_stream]
        sequence = np.empty(length.size, np.int64)
        for number in np.unique(interface).tolist():
            mine = interface == number
            done = np.cumsum(length[mine])
            sequence[mine] = self._sequence[number] + done - length[mine]
            self._sequence[number] = (self._sequence[number] + done[-1]) & 0xFFFFFFFF
        return sequence & 0xFFFFFFFF


def _template(number: int, face: Interface) -> bytes:
    """Block head and headers of an interface, with nothing where packets differ."""
    protocol = TCP if face.is_stream else UDP
    head = struct.pack("<IIIIIII", 6, 0, number, 0, 0, 0, 0)
    ip = bytearray(ip_header(face.line, 0, protocol))
    ip[10:12] = b"\0\0"
    ports = struct.pack(">HH", face.line.port, face.line.port)
    rest = struct.pack(">IIBBHHH", 0, 0, 0x50, 0, 0xFFFF, 0, 0) if face.is_stream else bytes(16)
    return head + link_header(face.line) + bytes(ip) + ports + rest


def _sizes(frame: Longs) -> Longs:
    """Bytes of blocks with frames of so many bytes."""
    return np.asarray(HEAD + (frame + 3) // 4 * 4 + 4)


def _checksum(total: Longs) -> Longs:
    total = (total >> 16) + (total & 0xFFFF)
    total = (total >> 16) + (total & 0xFFFF)
    return np.asarray(~total & 0xFFFF)


def _tail_places(frame: Longs) -> tuple[Longs, Longs]:
    """Where each row's tail begins, and its length: as much padding as the frame needs."""
    padding = -frame % 4
    place = np.arange(frame.size) * _WHOLE_TAIL + 4 - padding
    return place, 4 + padding


def _joined(*columns: tuple[bytes, Longs, Longs]) -> bytes:
    """Join pieces (buffer, first byte, length) of several columns row by row."""
    n = columns[0][1].size
    pieces = [b""] * (n * len(columns))
    for place, (buffer, first, length) in enumerate(columns):
        begins, ends = first.tolist(), (first + length).tolist()
        pieces[place :: len(columns)] = [buffer[a:b] for a, b in zip(begins, ends, strict=True)]
    return b"".join(pieces)
