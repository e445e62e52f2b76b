"""Classic capture files: microsecond and nanosecond stamps, both byte orders.

Source: IETF draft-ietf-opsawg-pcap, sections 4 (file header) and 5 (packet record).
"""

from typing import Final

import numpy as np

from skypact.decode.framing.datagrams import Frames, read_frames
from skypact.decode.framing.framed import Framed, Octets, no_packets
from skypact.kernels import capture

MAGICS: Final[dict[bytes, tuple[int, int]]] = {
    b"\xa1\xb2\xc3\xd4": (1, 1000),
    b"\xd4\xc3\xb2\xa1": (0, 1000),
    b"\xa1\xb2\x3c\x4d": (1, 1),
    b"\x4d\x3c\xb2\xa1": (0, 1),
}
"""Big-endian 0/1 and nanoseconds in a unit of the stamp's fraction, by magic number."""


def read_pcap(data: Octets) -> Framed:
    """Take a pcap file apart; a last record that is cut short is counted."""
    big, tick_ns = MAGICS[data[:4].tobytes()]
    if data.size < 24:
        return Framed(no_packets(), "pcap", {"truncated": 1}, ("pcap: header cut short",), ())
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
    frames = Frames(rows, received_ns, np.full(n, linktype, np.int64))
    framed = read_frames(data, frames, "pcap", errors)
    return framed._replace(samples=samples)
