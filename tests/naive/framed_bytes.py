"""Builders of captured bytes for tests: datagrams, frames, files. Written from the standards."""

import struct


def block(category: int, body: bytes) -> bytes:
    return struct.pack(">BH", category, len(body) + 3) + body


def plot(time_s: float = 100.0, rho_nm: float = 10.0, sac: int = 20, sic: int = 129) -> bytes:
    """A CAT048 record: source, time, roll-call, position, Mode A 2052."""
    time, rho = round(time_s * 128), round(rho_nm * 256)
    body = struct.pack(">BB", sac, sic) + time.to_bytes(3, "big") + b"\xa0"
    return b"\xf8" + body + struct.pack(">HHH", rho, 0x4000, 0o2052)


def plots(*records: bytes) -> bytes:
    return block(48, b"".join(records or (plot(),)))


def udp(payload: bytes, port: int = 8600) -> bytes:
    return struct.pack(">HHHH", 4000, port, len(payload) + 8, 0) + payload


def ipv4(body: bytes, flags: int = 0, ident: int = 7, proto: int = 17) -> bytes:
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), ident, flags, 9, proto, 0)
    return head + bytes([10, 0, 0, 1]) + bytes([239, 1, 1, 1]) + body


def ipv6(body: bytes, following: int = 17) -> bytes:
    return struct.pack(">IHBB", 6 << 28, len(body), following, 9) + bytes(15) + b"\1" * 17 + body


def ethernet(packet: bytes, tags: bytes = b"", kind: int = 0x0800) -> bytes:
    return bytes(12) + tags + struct.pack(">H", kind) + packet


def fragments(datagram: bytes, size: int) -> list[bytes]:
    """IPv4 packets with pieces of `size` bytes (a multiple of eight)."""
    starts = range(0, len(datagram), size)
    more = [0x2000 if i + size < len(datagram) else 0 for i in starts]
    return [ipv4(datagram[i : i + size], m | i // 8) for i, m in zip(starts, more, strict=True)]


def pcap(
    frames: list[bytes],
    order: str = "<",
    *,
    nano: bool = False,
    linktype: int = 1,
    start_s: int = 5,
) -> bytes:
    magic = 0xA1B23C4D if nano else 0xA1B2C3D4
    out = struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 65535, linktype)
    for i, frame in enumerate(frames):
        out += struct.pack(f"{order}IIII", start_s + i, 250, len(frame), len(frame)) + frame
    return out


def ng_block(kind: int, body: bytes, order: str = "<") -> bytes:
    body += bytes(-len(body) % 4)
    length = struct.pack(f"{order}I", len(body) + 12)
    return struct.pack(f"{order}I", kind) + length + body + length


def pcapng(frames: list[bytes], order: str = "<", ticks: int = 6, linktype: int = 1) -> bytes:
    """One section, one interface with resolution 10**-ticks, enhanced packets at 5 s, 6 s ..."""
    out = ng_block(0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1), order)
    option = struct.pack(f"{order}HHB3xHH", 9, 1, ticks, 0, 0)
    out += ng_block(1, struct.pack(f"{order}HHI", linktype, 0, 65535) + option, order)
    for i, frame in enumerate(frames):
        stamp = (5 + i) * 10**ticks
        head = (0, stamp >> 32, stamp & 0xFFFFFFFF, len(frame), len(frame))
        out += ng_block(6, struct.pack(f"{order}IIIII", *head) + frame, order)
    return out


def final(payloads: list[bytes], start_s: float = 100.0) -> bytes:
    out = b""
    for i, payload in enumerate(payloads):
        ticks = round((start_s + i) * 100) % 8_640_000
        out += struct.pack(">HBBB", len(payload) + 12, 0, 1, 0) + ticks.to_bytes(3, "big")
        out += payload + b"\xa5" * 4
    return out


def oradis(payload: bytes) -> bytes:
    return struct.pack(">HI", len(payload) + 6, 1234) + payload
