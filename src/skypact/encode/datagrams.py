"""Records to data blocks, and blocks to datagrams that fit a network.

Source: EUROCONTROL-SPEC-0149 Part 1, edition 3.1, section 5.2 (data blocks).
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from skypact.encode.packing import block

MOST_BYTES: Final = 1_400
"""Of a datagram: an Ethernet frame of 1,500 without IP and UDP headers, and room for a tunnel's."""
HEADER_BYTES: Final = 3


class Sender(NamedTuple):
    """Who sends: the address of a surveillance processing system, and what of it."""

    sac: int
    sic: int
    service: int = 1
    """Service identification (I062/015, I063/015, I065/015)."""
    unit: int = 0
    """System unit identification, the first of a composed track number (I062/510); 0: none is sent.
    Wireshark 4.0 takes that item for five octets, whatever it holds, and misreads what follows."""


def datagrams(number: int, records: Sequence[bytes], most_bytes: int = MOST_BYTES) -> list[bytes]:
    """Return data blocks of a category, each as long as a datagram may be, records in order.

    A record that is longer has a block of its own.
    """
    out: list[bytes] = []
    parts: list[bytes] = []
    size = HEADER_BYTES
    for record in records:
        if parts and size + len(record) > most_bytes:
            out.append(block(number, b"".join(parts)))
            parts, size = [], HEADER_BYTES
        parts.append(record)
        size += len(record)
    if parts:
        out.append(block(number, b"".join(parts)))
    return out
