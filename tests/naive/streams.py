"""Plain twins of kernels/streams.py: receivers' streams by regular expressions."""

import re

BODIES = {0x31: 2, 0x32: 7, 0x33: 14, 0x34: 14}
AVR = re.compile(rb"(?:\*|([@%])([0-9A-Fa-f]{12})|(<)([0-9A-Fa-f]{12})[0-9A-Fa-f]{2})"
                 rb"([0-9A-Fa-f]{28}|[0-9A-Fa-f]{14});")  # fmt: skip


def beast(data: bytes) -> list[tuple[bytes, int]]:
    """Frames and counters of a stream of whole, undamaged messages."""
    found = []
    for match in re.finditer(rb"\x1a([1-4])((?:[^\x1a]|\x1a\x1a)*)", data, re.DOTALL):
        kind, rest = match[1][0], match[2].replace(b"\x1a\x1a", b"\x1a")
        if kind in (0x32, 0x33) and len(rest) >= 7 + BODIES[kind]:
            found.append((rest[7 : 7 + BODIES[kind]], int.from_bytes(rest[:6], "big")))
    return found


def avr(data: bytes) -> list[tuple[bytes, int]]:
    """Frames and counters of lines, -1 where there is none."""
    found = []
    for match in AVR.finditer(data):
        stamp = match[2] or match[4]
        found.append((bytes.fromhex(match[5].decode()), int(stamp, 16) if stamp else -1))
    return found


def beast_message(frame: bytes, stamp: int = 0, signal: int = 100) -> bytes:
    """Write a frame as Beast."""
    kind = {2: b"1", 7: b"2", 14: b"3"}[len(frame)]
    body = stamp.to_bytes(6, "big") + bytes([signal]) + frame
    return b"\x1a" + kind + body.replace(b"\x1a", b"\x1a\x1a")


def avr_message(frame: bytes, stamp: int | None = None) -> bytes:
    """Write a frame as AVR."""
    head = b"*" if stamp is None else b"@" + f"{stamp:012X}".encode()
    return head + frame.hex().upper().encode() + b";\r\n"
