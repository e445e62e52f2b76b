"""FINAL framing, the recording format of EUROCONTROL's evaluation tools.

An envelope is 2 octets of length (header and footer included), board, line, day, 3 octets of time
in hundredths of a second since midnight, data blocks, and 4 octets A5. Source: LuciadLightspeed
documentation, "ASTERIX Final format"; checked on two recordings. The envelope holds no date.
"""

from typing import Final

import numpy as np

from skypact.decode.framing.framed import Framed, Octets, keep_asterix, numbered
from skypact.kernels import capture
from skypact.model.packets import PacketBatch

_NS_PER_TICK: Final = 10_000_000
_NS_PER_DAY: Final = 86_400_000_000_000
FOOTER: Final = b"\xa5\xa5\xa5\xa5"


def looks_final(data: Octets) -> bool:
    """Whether the first envelope holds together."""
    if data.size < 12:
        return False
    length = int(data[0]) << 8 | int(data[1])
    return 12 <= length <= data.size and data[length - 4 : length].tobytes() == FOOTER


def read_final(data: Octets, date_s: float | None) -> Framed:
    """Take a FINAL recording apart; stamps count from `date_s` (UTC midnight), else from 1970."""
    n, _ = capture.scan_final(data, np.empty((0, 4), np.int64))
    rows = np.empty((n, 4), np.int64)
    _, lost = capture.scan_final(data, rows)
    errors: dict[str, int] = {"truncated": 1, "lost_bytes": lost} if lost else {}
    samples = (f"final: {lost} of {data.size} bytes are in no whole envelope",) if lost else ()
    if date_s is None:
        errors["no_date"] = 1
    time_ns = rows[:, 3] * _NS_PER_TICK
    passed = np.cumsum(np.diff(time_ns, prepend=time_ns[:1]) < -_NS_PER_DAY // 2)
    stamps = int((date_s or 0.0) * 1e9) + passed * _NS_PER_DAY + time_ns
    lines = data[rows[:, 0] - 5] if n else np.empty(0, np.uint8)
    link, first = numbered(lines)
    start, end = np.ascontiguousarray(rows[:, 0]), np.ascontiguousarray(rows[:, 1])
    packets, _ = keep_asterix(PacketBatch(data, start, end, stamps, link), errors)
    return Framed(packets, "final", errors, samples, tuple(f"line {lines[i]}" for i in first))
