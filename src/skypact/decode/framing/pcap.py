"""Classic capture files: microsecond and nanosecond stamps, both byte orders.

Source: IETF draft-ietf-opsawg-pcap, sections 4 (file header) and 5 (packet record).
"""

from typing import Final

import numpy as np

from skypact.decode.framing.datagrams import Frames, read_frames
from skypact.decode.framing.framed import Framed, Octets
from skypact.kernels import capture

MAGICS: Final[dict[bytes, tuple[int, int]]] = {
    b"\xa1\xb2\xc3\xd4": (1, 1000),
    b"\xd4\xc3\xb2\xa1": (0, 1000),
    b"\xa1\xb2\x3c\x4d": (1, 1),
    b"\x4d\x3c\xb2\xa1": (0, 1),
}
"""Big-endian 0/1 and nanoseconds in a unit of the stamp's fraction, by magic number."""


def frames_of(data: Octets) -> tuple[Frames, dict[str, int], tuple[str, ...]]:
    """Give the captured frames, errors by kind, and where; a cut last record is counted."""
    big, tick_ns = MAGICS[data[:4].tobytes()]
    if data.size < 24:
        none = np.empty(0, np.int64)
        cut = {"truncated": 1}, ("pcap: header cut short",)
        return Frames(np.empty((0, 4), np.int64), none, none), *cut
    linktype = int.from_bytes(data[20:24].tobytes(), "big" if big else "little") & 0xFFFF
    n, _ = capture.scan_pcap(data, big, np.empty((0, 4), np.int64))
    rows = np.empty((n, 4), np.int64)
    _, stopped = capture.scan_pcap(data, big, rows)
    errors: dict[str, int] = {}
    samples: tuple[str, ...] = ()
    if stopped < data.size:
        errors = {"truncated": 1, "lost_bytes": int(data.size - stopped)}
        samples = (f"pcap: expected a whole record at byte {stopped}, the file ends before it",)
    received_ns = rows[:, 2] * 1_000_000_000 + rows[:, 3] * tick_ns
    return Frames(rows, received_ns, np.full(n, linktype, np.int64)), errors, samples


def read_pcap(data: Octets) -> Framed:
    """Take a pcap file apart in packets."""
    frames, errors, samples = frames_of(data)
    return read_frames(data, frames, "pcap", errors)._replace(samples=samples)
