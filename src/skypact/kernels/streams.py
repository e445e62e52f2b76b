"""Frames in the byte streams of Mode S receivers: Beast (binary) and AVR (text).

Beast: 1A, a type octet ("1" Mode A/C, "2" short, "3" long frame, "4" the receiver's status), 6
octets of counter, 1 of signal, then 2, 7, 14 or 14 octets; every 1A inside comes twice. Source:
Mode-S Beast wiki, "Data Output Formats". AVR: ``*`` frame ``;``, ``@`` or ``%`` counter of 12 hex
digits and frame ``;``, ``<`` counter, 2 digits of signal and frame ``;``. A scan stops before a
frame that is not whole yet, so that more bytes can follow. Twin: tests/naive/streams.py.
"""

from typing import Final

import numpy as np

from skypact.kernels._jit import helper, kernel
from skypact.model.modes import Bytes, Longs, Octets

ESCAPE: Final = 0x1A
HEAD: Final = 7
"""Octets of counter and signal."""
LONGEST: Final = 64
"""No message of either form is longer, escapes included; where one seems to be, bytes are lost."""
(CUT, LOST, STATUS, OTHER) = range(4)
N_STREAM_COUNTS: Final = 4
"""Counts: messages that broke off, octets in no message, receiver's status, other messages."""


@helper
def octet_one(data: Octets, pos: int) -> int:
    """One octet as a signed 64-bit integer."""
    return np.int64(data[pos])  # type: ignore[return-value]


@helper
def body_length(kind: int) -> int:
    """Octets behind counter and signal by type of message; -1 for types that are skipped."""
    if kind == 0x31:
        return 2
    if kind == 0x32:
        return 7
    return 14 if kind == 0x33 or kind == 0x34 else -1


@helper
def unescape_one(data: Octets, pos: int, n: int, body_out: Octets) -> int:
    """Copy `n` octets from `pos`; where they end, -1 where more is to come, -2 - end if cut."""
    for k in range(n):
        if pos >= data.shape[0]:
            return -1
        body_out[k] = data[pos]
        if octet_one(data, pos) == ESCAPE:
            if pos + 1 >= data.shape[0]:
                return -1
            if octet_one(data, pos + 1) != ESCAPE:
                return -2 - pos
            pos += 1
        pos += 1
    return pos


@helper
def skip_one(data: Octets, pos: int) -> int:
    """Where the next message begins after `pos`, or the end of the data."""
    while pos < data.shape[0]:
        if octet_one(data, pos) == ESCAPE:
            if pos + 1 >= data.shape[0] or octet_one(data, pos + 1) != ESCAPE:
                return pos
            pos += 1
        pos += 1
    return pos


@kernel
def scan_beast(
    data: Octets,
    octets_out: Octets,
    length_out: Bytes,
    stamp_out: Longs,
    counts_out: Longs,
    body: Octets,
) -> tuple[int, int]:
    """Find the frames of a Beast stream.

    Parameters
    ----------
    data : (m,) u1
    octets_out : (m // 16 + 1, 14) u1, length_out, stamp_out : as many rows
        Written: frames filled with zeros, their length, their counter.
    counts_out : (N_STREAM_COUNTS,) i8
        Added to.
    body : (21,) u1
        Scratch.

    Returns
    -------
    int, int
        Frames, and octets that were used up; the rest is the begin of a message.
    """
    pos = int(0)  # noqa: UP018, RUF046
    n = int(0)  # noqa: UP018, RUF046
    while pos < data.shape[0]:
        if octet_one(data, pos) != ESCAPE:
            counts_out[LOST] += 1
            pos += 1
            continue
        if pos + 1 >= data.shape[0]:
            break
        kind = octet_one(data, pos + 1)
        size = body_length(kind)
        if size < 0:
            end = skip_one(data, pos + 2)
            if end == data.shape[0] and end - pos < LONGEST:
                break
            counts_out[LOST if kind == ESCAPE else OTHER] += 1
            pos = end
            continue
        end = unescape_one(data, pos + 2, HEAD + size, body)
        if end == -1:
            break
        if end < 0:
            counts_out[CUT] += 1
            pos = -2 - end
            continue
        if size < 7 or kind == 0x34:
            counts_out[STATUS if kind == 0x34 else OTHER] += 1
        else:
            stamp = int(0)  # noqa: UP018, RUF046
            for k in range(6):
                stamp = stamp << 8 | octet_one(body, k)
            octets_out[n] = 0
            for k in range(size):
                octets_out[n, k] = body[HEAD + k]
            length_out[n] = size
            stamp_out[n] = stamp
            n += 1
        pos = end
    return n, pos


@helper
def hex_one(octet: int) -> int:
    """Give the value of a hex digit, -1 for anything else."""
    if 48 <= octet <= 57:
        return octet - 48
    if 65 <= octet <= 70:
        return octet - 55
    return octet - 87 if 97 <= octet <= 102 else -1


@helper
def head_digits(start: int) -> int:
    """Hex digits before the frame, by the character that begins a line; -1 for others."""
    if start == 42:
        return 0
    if start == 64 or start == 37:
        return 12
    return 14 if start == 60 else -1


@helper
def number_one(data: Octets, pos: int, n: int) -> int:
    """Read `n` hex digits."""
    value = int(0)  # noqa: UP018, RUF046
    for k in range(n):
        value = value << 4 | hex_one(octet_one(data, pos + k))
    return value


@kernel
def scan_avr(
    data: Octets, octets_out: Octets, length_out: Bytes, stamp_out: Longs, counts_out: Longs
) -> tuple[int, int]:
    """Find the frames of an AVR stream; parameters and returns as `scan_beast`.

    A frame without counter has the stamp -1.
    """
    pos = int(0)  # noqa: UP018, RUF046
    n = int(0)  # noqa: UP018, RUF046
    while pos < data.shape[0]:
        head = head_digits(octet_one(data, pos))
        if head < 0:
            counts_out[LOST] += octet_one(data, pos) > 32
            pos += 1
            continue
        end = pos + 1
        while end < data.shape[0] and hex_one(octet_one(data, end)) >= 0 and end - pos < LONGEST:
            end += 1
        if end == data.shape[0] and end - pos < LONGEST:
            break
        digits = end - pos - 1 - head
        is_ended = end < data.shape[0] and octet_one(data, end) == 59
        if not is_ended or digits not in (4, 14, 28):
            counts_out[CUT] += 1
            pos = end
            continue
        if digits == 4:
            counts_out[OTHER] += 1
        else:
            octets_out[n] = 0
            for k in range(digits // 2):
                octets_out[n, k] = number_one(data, pos + 1 + head + 2 * k, 2)
            length_out[n] = digits // 2
            stamp_out[n] = number_one(data, pos + 1, 12) if head else -1
            n += 1
        pos = end + 1
    return n, pos
