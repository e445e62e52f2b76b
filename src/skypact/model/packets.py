"""Bytes with their arrival: what a source yields and a decoder takes."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class PacketBatch(NamedTuple):
    """Datagrams in arrival order, in one shared buffer, so that nothing is copied per packet.

    Packet i is ``data[start[i]:end[i]]``.
    """

    data: npt.NDArray[np.uint8]
    """All bytes, (m,) u1."""
    start: npt.NDArray[np.int64]
    """First byte of each packet, (n,)."""
    end: npt.NDArray[np.int64]
    """One past the last byte of each packet, (n,)."""
    received_ns: npt.NDArray[np.int64]
    """Arrival, nanoseconds UTC since 1970; -1 where the recording holds none, (n,)."""
    link: npt.NDArray[np.int32]
    """Which line or address the packet came by, small integers, (n,)."""


def packets_from(
    payloads: list[bytes], received_ns: list[int] | None = None, link: list[int] | None = None
) -> PacketBatch:
    """Make a batch from separate byte strings; absent stamps are -1, absent links 0."""
    lengths = np.array([len(p) for p in payloads], np.int64)
    end = np.cumsum(lengths)
    stamps = [-1] * len(payloads) if received_ns is None else received_ns
    links = [0] * len(payloads) if link is None else link
    return PacketBatch(
        np.frombuffer(b"".join(payloads), np.uint8),
        end - lengths,
        end,
        np.array(stamps, np.int64),
        np.array(links, np.int32),
    )


def take_packets(packets: PacketBatch, which: slice | npt.NDArray[np.bool_]) -> PacketBatch:
    """Take some packets of a batch, in its order; their bytes are shared."""
    return PacketBatch(
        packets.data,
        packets.start[which],
        packets.end[which],
        packets.received_ns[which],
        packets.link[which],
    )
