"""Raw ASTERIX: a run of data blocks without any envelope or stamp, and bare ORADIS runs.

Source: EUROCONTROL-SPEC-0149 part 1, edition 3.1, section 5.2 (data blocks).
"""

from typing import Final

import numpy as np

from skypact.decode.framing.framed import Framed, Octets, keep_asterix, no_packets
from skypact.kernels import capture
from skypact.model.packets import PacketBatch

CHUNK_BYTES: Final = 1 << 20
"""A long run is cut in packets of about this size, so that it can be decoded in parts."""


def read_raw(data: Octets) -> Framed:
    """Take a run of blocks apart in packets of whole blocks; what holds no block is counted."""
    n, _, _ = capture.scan_raw(data, CHUNK_BYTES, np.empty((0, 2), np.int64))
    rows = np.empty((n, 2), np.int64)
    _, breaks, lost = capture.scan_raw(data, CHUNK_BYTES, rows)
    errors = {"truncated": breaks, "lost_bytes": lost} if breaks else {}
    sample = (f"raw: {lost} of {data.size} bytes are in no whole data block",) if breaks else ()
    start, end = np.ascontiguousarray(rows[:, 0]), np.ascontiguousarray(rows[:, 1])
    packets = PacketBatch(data, start, end, np.full(n, -1, np.int64), np.zeros(n, np.int32))
    return Framed(packets, "raw", errors, sample, ("raw",))


def read_oradis(data: Octets) -> Framed:
    """Take a run of ORADIS messages (2 octets length, 4 octets time, data block) apart."""
    whole = PacketBatch(
        data,
        np.zeros(1, np.int64),
        np.full(1, data.size, np.int64),
        np.full(1, -1, np.int64),
        np.zeros(1, np.int32),
    )
    errors: dict[str, int] = {}
    packets, found = keep_asterix(whole, errors)
    if not found:
        return Framed(no_packets(), "oradis", errors, (), ("oradis",))
    lost = int(data.size - packets.end[-1]) if packets.end.size else data.size
    if lost:
        errors.update(truncated=1, lost_bytes=lost)
    return Framed(packets, "oradis", errors, (), ("oradis",))
