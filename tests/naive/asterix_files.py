"""Plainest reading of the recorded files' framings into ASTERIX blocks, for tests only.

Knows just what the recordings need: raw blocks, FINAL (2 octets length, 6 octets head, 4 octets
tail), ORADIS (2 octets length, 4 octets time, block), pcap and pcapng over Ethernet or Linux SLL.
"""

import struct
from collections.abc import Iterator
from pathlib import Path

Blocks = Iterator[tuple[int, bytes]]


def blocks(path: Path) -> Blocks:
    """Yield (category, block) for every whole block of a recording."""
    data = path.read_bytes()
    if path.name.startswith("oradis"):
        for payload in udp_of_pcap(data):
            yield from raw_blocks(payload[6:])
    elif path.suffix == ".ff":
        yield from final_blocks(data)
    elif path.suffix in (".pcap", ".pcapng"):
        for payload in udp_of_pcap(data) if path.suffix == ".pcap" else udp_of_pcapng(data):
            yield from raw_blocks(payload)
    else:
        yield from raw_blocks(data)


def raw_blocks(data: bytes) -> Blocks:
    offset = 0
    while offset + 3 <= len(data):
        number, length = struct.unpack_from(">BH", data, offset)
        if length < 3 or offset + length > len(data):
            return
        yield number, data[offset : offset + length]
        offset += length


def final_blocks(data: bytes) -> Blocks:
    offset = 0
    while offset < len(data):
        (length,) = struct.unpack_from(">H", data, offset)
        yield from raw_blocks(data[offset + 8 : offset + length - 4])
        offset += length


def udp_of_pcap(data: bytes) -> Iterator[bytes]:
    (link,) = struct.unpack_from("<I", data, 20)
    offset = 24
    while offset < len(data):
        (length,) = struct.unpack_from("<I", data, offset + 8)
        yield from udp_of_frame(data[offset + 16 : offset + 16 + length], link)
        offset += 16 + length


def udp_of_pcapng(data: bytes) -> Iterator[bytes]:
    offset = 0
    while offset < len(data):
        kind, length = struct.unpack_from("<II", data, offset)
        if kind == 6:
            (captured,) = struct.unpack_from("<I", data, offset + 20)
            yield from udp_of_frame(data[offset + 28 : offset + 28 + captured], 1)
        offset += length


def udp_of_frame(frame: bytes, link: int) -> Iterator[bytes]:
    start = 16 if link == 113 else 14
    while frame[start - 2 : start] == b"\x81\x00":
        start += 4
    if frame[start - 2 : start] != b"\x08\x00" or frame[start + 9] != 17:
        return
    udp = start + (frame[start] & 15) * 4
    (length,) = struct.unpack_from(">H", frame, udp + 4)
    yield frame[udp + 8 : udp + length]
