"""Datagrams to a pcapng recording: UDP in Ethernet frames, one interface per line.

Source: IETF draft-ietf-opsawg-pcapng, sections 3.5 (options), 4.1 (section header), 4.2 (interface
description), 4.3 (enhanced packet); RFC 791 section 3.1, RFC 768 and RFC 9293 section 3.1
(headers); RFC 1112 section 6.4 (multicast frames). Stamps are nanoseconds (option if_tsresol 9).
The UDP checksum is left out, as RFC 768 allows. Many packets at once, and TCP: `encode.blocks`.
"""

import struct
from collections.abc import Sequence
from typing import Final, NamedTuple

_SECTION: Final = 0x0A0D0D0A
_INTERFACE: Final = 1
_PACKET: Final = 6
_ORDER: Final = 0x1A2B3C4D
_ETHERNET: Final = 1
_NAME, _DESCRIPTION, _RESOLUTION, _END = 2, 3, 9, 0
_COMMENT, _APPLICATION = 1, 4
_LONGEST_OPTION: Final = 65_000
_IPV4: Final = 0x0800
UDP: Final = 17
TCP: Final = 6
_TIME_TO_LIVE: Final = 16
_IP_SIZE, _UDP_SIZE = 20, 8
LARGEST_PAYLOAD: Final = 65_535 - _IP_SIZE - _UDP_SIZE
_MULTICAST: Final = range(224, 240)
"""First octets of the addresses of groups."""


class Line(NamedTuple):
    """Addresses of one line: who sends, and the multicast group or the host that receives."""

    name: str
    source: tuple[int, int, int, int]
    group: tuple[int, int, int, int]
    port: int


def sensor_line(name: str, sac: int, sic: int, index: int) -> Line:
    """Line of a simulated sensor: a private source address and a group by SAC and SIC."""
    return Line(name, (10, 0, index // 250, index % 250 + 1), (239, 255, sac, sic), 8600)


def file_header(lines: Sequence[Line]) -> bytes:
    """Section header and one interface for each line."""
    return section_block() + b"".join(interface_block(line.name) for line in lines)


def section_block(comment: str = "", application: str = "") -> bytes:
    """Section header; a comment longer than an option may be is cut in several."""
    text = comment.encode()
    pieces = [text[at : at + _LONGEST_OPTION] for at in range(0, len(text), _LONGEST_OPTION)]
    options = b"".join(_option(_COMMENT, piece) for piece in pieces)
    if application:
        options += _option(_APPLICATION, application.encode())
    if options:
        options += _option(_END, b"")
    return _block(_SECTION, struct.pack("<IHHq", _ORDER, 1, 0, -1) + options)


def interface_block(name: str, description: str = "") -> bytes:
    """One interface of Ethernet frames with stamps in nanoseconds."""
    options = _option(_NAME, name.encode())
    if description:
        options += _option(_DESCRIPTION, description.encode())
    options += _option(_RESOLUTION, b"\x09") + _option(_END, b"")
    return _block(_INTERFACE, struct.pack("<HHI", _ETHERNET, 0, 0) + options)


def packet_block(interface: int, line: Line, received_ns: int, payload: bytes) -> bytes:
    """One datagram as an enhanced packet block.

    Raises
    ------
    ValueError
        The payload is longer than a datagram can be.
    """
    frame = _frame(line, payload)
    high, low = received_ns >> 32, received_ns & 0xFFFFFFFF
    body = struct.pack("<IIIII", interface, high, low, len(frame), len(frame)) + _padded(frame)
    return _block(_PACKET, body)


def _block(kind: int, body: bytes) -> bytes:
    size = len(body) + 12
    return struct.pack("<II", kind, size) + body + struct.pack("<I", size)


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + _padded(value)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def _frame(line: Line, payload: bytes) -> bytes:
    if len(payload) > LARGEST_PAYLOAD:
        raise ValueError(
            f"expected a payload of at most {LARGEST_PAYLOAD:,} bytes, got {len(payload):,}; "
            "send it as several datagrams"
        )
    length = _UDP_SIZE + len(payload)
    datagram = struct.pack(">HHHH", line.port, line.port, length, 0) + payload
    return link_header(line) + ip_header(line, _IP_SIZE + length) + datagram


def link_header(line: Line) -> bytes:
    """Ethernet header: the group's own address, or one made of the host's."""
    receiver = bytes((0x02, 0x00)) + bytes(line.group)
    if line.group[0] in _MULTICAST:
        receiver = bytes((0x01, 0x00, 0x5E, line.group[1] & 0x7F, line.group[2], line.group[3]))
    return receiver + bytes((0x02, 0x00)) + bytes(line.source) + struct.pack(">H", _IPV4)


def ip_header(line: Line, total: int, protocol: int = UDP) -> bytes:
    """IPv4 header of a datagram of `total` bytes, with its checksum."""
    head = struct.pack(
        ">BBHHHBBH4s4s",
        0x45, 0, total, 0, 0, _TIME_TO_LIVE, protocol, 0, bytes(line.source), bytes(line.group),
    )  # fmt: skip
    words = sum(struct.unpack(">10H", head))
    while words >> 16:
        words = (words & 0xFFFF) + (words >> 16)
    return head[:10] + struct.pack(">H", ~words & 0xFFFF) + head[12:]
