"""What every framing gives: packets, what could not be read, and which framing it was."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.kernels import capture
from skypact.model.packets import PacketBatch

Octets = npt.NDArray[np.uint8]
Longs = npt.NDArray[np.int64]
MAX_SAMPLES = 8
"""How many places of errors are kept as examples."""


class Framed(NamedTuple):
    """A recording taken apart."""

    packets: PacketBatch
    framing: str
    """``raw``, ``final``, ``pcap``, ``pcapng`` or ``oradis``; ``pcap+oradis`` where both."""
    errors: dict[str, int]
    """Counted by kind: ``truncated``, ``not_asterix``, ``lost_bytes``, ``no_date`` ..."""
    samples: tuple[str, ...]
    """Where the first errors were, in words."""
    links: tuple[str, ...]
    """Name of each link number: destination address and port, or the line of a FINAL file."""


def octets(data: Any) -> Octets:  # noqa: ANN401  bytes, mmap and arrays come in here
    """Read-only view of `data` as octets, without a copy."""
    return data if isinstance(data, np.ndarray) else np.frombuffer(data, np.uint8)


def no_packets() -> PacketBatch:
    """Make an empty batch."""
    none = np.empty(0, np.int64)
    return PacketBatch(np.empty(0, np.uint8), none, none, none, np.empty(0, np.int32))


def numbered(keys: npt.NDArray[np.generic]) -> tuple[npt.NDArray[np.int32], Longs]:
    """Small number of each key in order of first appearance, and the row of that appearance."""
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    rank = np.empty(first.size, np.int32)
    order = np.argsort(first)
    rank[order] = np.arange(first.size, dtype=np.int32)
    return rank[inverse.reshape(-1)], first[order]


def keep_asterix(packets: PacketBatch, errors: dict[str, int]) -> tuple[PacketBatch, bool]:
    """Drop and count packets without data blocks; open ORADIS envelopes; say if there were any."""
    kind = np.empty(packets.start.size, np.int64)
    capture.sniff(packets.data, packets.start, packets.end, kind)
    other = kind == capture.NOT_ASTERIX
    if other.any():
        errors["not_asterix"] = errors.get("not_asterix", 0) + int(other.sum())
        keep = ~other
        kind = kind[keep]
        packets = PacketBatch(packets.data, *(column[keep] for column in packets[1:]))
    if not (kind == capture.ORADIS).any():
        return packets, False
    arguments = (packets.data, packets.start, packets.end, kind)
    rows = np.empty((capture.split_oradis(*arguments, np.empty((0, 3), np.int64)), 3), np.int64)
    capture.split_oradis(*arguments, rows)
    start, end = np.ascontiguousarray(rows[:, 0]), np.ascontiguousarray(rows[:, 1])
    came_in = rows[:, 2]
    opened = PacketBatch(
        packets.data, start, end, packets.received_ns[came_in], packets.link[came_in]
    )
    return opened, True
