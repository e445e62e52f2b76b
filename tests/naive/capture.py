"""Plain twins of kernels/capture.py: byte strings in, lists out, nothing compiled."""


def scan_pcap(data: bytes, order: str) -> list[tuple[int, int, int, int]]:
    rows, pos = [], 24
    while pos + 16 <= len(data):
        seconds, fraction, length, _ = (
            int.from_bytes(data[pos + i : pos + i + 4], order) for i in (0, 4, 8, 12)
        )
        if pos + 16 + length > len(data):
            break
        rows.append((pos + 16, pos + 16 + length, seconds, fraction))
        pos += 16 + length
    return rows


def scan_pcapng(data: bytes) -> list[tuple[int, bytes]]:
    """Block types and bodies."""
    rows, pos, order = [], 0, "little"
    while pos + 12 <= len(data):
        if data[pos : pos + 4] == b"\n\r\r\n":
            magic = data[pos + 8 : pos + 12]
            if magic not in (b"\x1a+<M", b"M<+\x1a"):
                break
            order = "big" if magic == b"\x1a+<M" else "little"
        elif not rows:
            break
        kind = int.from_bytes(data[pos : pos + 4], order)
        length = int.from_bytes(data[pos + 4 : pos + 8], order)
        if length < 12 or length % 4 or pos + length > len(data):
            break
        rows.append((kind, data[pos + 8 : pos + length - 4]))
        pos += length
    return rows


def scan_final(data: bytes) -> list[bytes]:
    """Payloads of the envelopes."""
    out, pos = [], 0
    while pos < len(data):
        length = int.from_bytes(data[pos : pos + 2], "big") if pos + 2 <= len(data) else 0
        whole = 12 <= length <= len(data) - pos
        if whole and data[pos + length - 4 : pos + length] == b"\xa5" * 4:
            out.append(data[pos + 8 : pos + length - 4])
            pos += length
            continue
        footer = data.find(b"\xa5" * 4, pos)
        pos = len(data) if footer < 0 else footer + 4
    return out


def blocks(data: bytes) -> list[bytes]:
    """Whole data blocks from the beginning, up to the first that is not."""
    out, pos = [], 0
    while pos + 3 <= len(data):
        length = int.from_bytes(data[pos + 1 : pos + 3], "big")
        if length < 3 or pos + length > len(data):
            break
        out.append(data[pos : pos + length])
        pos += length
    return out


def udp_payload(frame: bytes, linktype: int) -> bytes | None:
    """Payload of an unfragmented UDP datagram in a link frame."""
    offset = {1: 14, 113: 16, 276: 20, 101: 0, 228: 0, 229: 0, 0: 4}[linktype]
    kind = {1: frame[12:14], 113: frame[14:16], 276: frame[0:2]}.get(linktype, b"")
    while kind in (b"\x81\x00", b"\x88\xa8"):
        kind, offset = frame[offset + 2 : offset + 4], offset + 4
    packet = frame[offset:]
    if linktype in (0, 101, 228, 229):
        kind = b"\x08\x00" if packet[0] >> 4 == 4 else b"\x86\xdd"
    if kind == b"\x08\x00" and packet[9] == 17:
        packet = packet[: int.from_bytes(packet[2:4], "big")]
        datagram = packet[(packet[0] & 15) * 4 :]
    elif kind == b"\x86\xdd" and packet[6] == 17:
        datagram = packet[40 : 40 + int.from_bytes(packet[4:6], "big")]
    else:
        return None
    return datagram[8 : int.from_bytes(datagram[4:6], "big")]
