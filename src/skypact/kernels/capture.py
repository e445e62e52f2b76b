"""Finding packets in recordings: pcap, pcapng, FINAL, raw ASTERIX, ORADIS, and UDP in link frames.

Sources: IETF draft-ietf-opsawg-pcap (packet records) and draft-ietf-opsawg-pcapng (block
structure); RFC 791, RFC 8200, RFC 768 (IPv4, IPv6, UDP); IEEE 802.1Q and 802.1ad (VLAN tags);
tcpdump's LINKTYPE_LINUX_SLL and LINKTYPE_LINUX_SLL2; EUROCONTROL-SPEC-0149 part 1 section 5.2
(data block = category, length, records). Every scan writes as many rows as `out` holds and
returns how many there are, so that a first call with no rows sizes the second. Positions are byte
offsets in `data`. Twins: tests/naive/capture.py.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import allocating_kernel, helper, kernel

Octets = npt.NDArray[np.uint8]
Longs = npt.NDArray[np.int64]

UDP: Final = 0
FRAGMENT: Final = 1
NOT_UDP: Final = 2
CUT: Final = 3
"""What `locate_udp` found: a datagram, a piece of one, something else, a frame cut short."""

NOT_ASTERIX: Final = 0
BLOCKS: Final = 1
ORADIS: Final = 2
"""What `sniff` found a packet to hold."""

_ETHERNET: Final = 1
_NULL: Final = 0
_SLL: Final = 113
_SLL2: Final = 276
_IPV4: Final = 0x0800
_IPV6: Final = 0x86DD


@helper
def octet_one(data: Octets, pos: int) -> int:
    """One octet as a signed 64-bit integer, so that arithmetic with it stays signed."""
    return np.int64(data[pos])  # type: ignore[return-value]


@helper
def u16_one(data: Octets, pos: int) -> int:
    """Two octets, most significant first."""
    return (octet_one(data, pos) << 8) | octet_one(data, pos + 1)


@helper
def u32_one(data: Octets, pos: int, big: int) -> int:
    """Four octets in the byte order of the recording."""
    a, b = octet_one(data, pos), octet_one(data, pos + 1)
    c, d = octet_one(data, pos + 2), octet_one(data, pos + 3)
    if big:
        return (a << 24) | (b << 16) | (c << 8) | d
    return (d << 24) | (c << 16) | (b << 8) | a


@kernel
def scan_pcap(data: Octets, big: int, out: Longs) -> tuple[int, int]:
    """Packet records of a pcap file from byte 24 on.

    `out` (n, 4): first byte, one past the last, seconds, fraction. Returns the number of packets
    and where the scan ended; less than the file's size means that the rest is not a whole record.
    """
    size = data.shape[0]
    pos = 24
    n = 0
    while pos + 16 <= size:
        length = u32_one(data, pos + 8, big)
        if length > size - pos - 16:
            break
        if n < out.shape[0]:
            out[n, 0] = pos + 16
            out[n, 1] = pos + 16 + length
            out[n, 2] = u32_one(data, pos, big)
            out[n, 3] = u32_one(data, pos + 4, big)
        n += 1
        pos += 16 + length
    return n, pos


@kernel
def scan_pcapng(data: Octets, out: Longs) -> tuple[int, int]:
    """Blocks of a pcapng file.

    `out` (n, 5): block type, body start, body end, big-endian 0/1, section number. Returns the
    number of blocks and where the scan ended.
    """
    size = data.shape[0]
    pos = 0
    n = 0
    big = 0
    section = -1
    while pos + 12 <= size:
        kind = u32_one(data, pos, big)
        if kind == 0x0A0D0D0A:
            if u32_one(data, pos + 8, 1) == 0x1A2B3C4D:
                big = 1
            elif u32_one(data, pos + 8, 0) == 0x1A2B3C4D:
                big = 0
            else:
                break
            section += 1
        length = u32_one(data, pos + 4, big)
        if section < 0 or length < 12 or length % 4 != 0 or length > size - pos:
            break
        if n < out.shape[0]:
            out[n, 0] = kind
            out[n, 1] = pos + 8
            out[n, 2] = pos + length - 4
            out[n, 3] = big
            out[n, 4] = section
        n += 1
        pos += length
    return n, pos


@helper
def has_final_footer_one(data: Octets, end: int) -> bool:
    """Whether the four octets before `end` are the FINAL footer."""
    return u16_one(data, end - 4) == 0xA5A5 and u16_one(data, end - 2) == 0xA5A5


@kernel
def scan_final(data: Octets, out: Longs) -> tuple[int, int]:
    """Envelopes of a FINAL recording: 2 octets length, board, line, day, 3 octets time, footer.

    `out` (n, 4): first byte, one past the last, day, hundredths of a second since midnight. After
    an envelope that does not hold together the scan goes on behind the next footer. Returns the
    number of envelopes and of bytes left out.
    """
    size = data.shape[0]
    pos = 0
    n = 0
    lost = 0
    while pos < size:
        length = u16_one(data, pos) if pos + 2 <= size else 0
        if length >= 12 and length <= size - pos and has_final_footer_one(data, pos + length):
            if n < out.shape[0]:
                out[n, 0] = pos + 8
                out[n, 1] = pos + length - 4
                out[n, 2] = data[pos + 4]
                out[n, 3] = (octet_one(data, pos + 5) << 16) | u16_one(data, pos + 6)
            n += 1
            pos += length
            continue
        begin = pos
        pos += 4
        while pos < size and not has_final_footer_one(data, pos):
            pos += 1
        pos = min(pos, size)
        lost += pos - begin
    return n, lost


@helper
def chain_one(data: Octets, pos: int, end: int, wanted: int) -> int:
    """Blocks that follow each other from `pos`, `wanted` at most; `wanted` if they reach `end`."""
    n = 0
    while n < wanted:
        if pos == end:
            return wanted
        if pos + 3 > end:
            return n
        length = u16_one(data, pos + 1)
        if length < 4 or length > end - pos:
            return n
        pos += length
        n += 1
    return n


@allocating_kernel
def scan_raw(data: Octets, chunk: int, out: Longs) -> tuple[int, int, int]:
    """Cut a run of data blocks in packets of whole blocks of about `chunk` bytes.

    `out` (n, 2): first byte and one past the last. Where the run breaks, it is taken up again at
    the next place from which four blocks of categories seen before (or all to the end) follow each
    other. Returns the number of packets, of breaks and of bytes left out.
    """
    size = data.shape[0]
    seen = np.zeros(256, np.bool_)
    pos = begin = n = breaks = lost = 0
    while pos < size:
        length = u16_one(data, pos + 1) if pos + 3 <= size else 0
        whole = length >= 3 and length <= size - pos
        if whole:
            seen[data[pos]] = True
            pos += length
        if pos > begin and (not whole or pos - begin >= chunk or pos == size):
            if n < out.shape[0]:
                out[n, 0] = begin
                out[n, 1] = pos
            n += 1
            begin = pos
        if not whole:
            breaks += 1
            pos += 1
            while pos < size and not (seen[data[pos]] and chain_one(data, pos, size, 4) == 4):
                pos += 1
            lost += pos - begin
            begin = pos
    return n, breaks, lost


@helper
def network_layer_one(data: Octets, start: int, end: int, linktype: int) -> tuple[int, int]:
    """Where the network header of a frame starts, and its EtherType (0: none)."""
    pos = start
    kind = 0
    if linktype == _ETHERNET and end - start >= 14:
        kind = u16_one(data, start + 12)
        pos = start + 14
    elif linktype == _SLL and end - start >= 16:
        kind = u16_one(data, start + 14)
        pos = start + 16
    elif linktype == _SLL2 and end - start >= 20:
        kind = u16_one(data, start)
        pos = start + 20
    elif linktype == _NULL and end - start >= 5:
        pos = start + 4
        kind = 1
    elif linktype in (12, 14, 101, 228, 229) and end > start:
        kind = 1
    while kind in (0x8100, 0x88A8, 0x9100, 0x9200) and end - pos >= 4:
        kind = u16_one(data, pos + 2)
        pos += 4
    if kind == 1 and pos < end:
        version = data[pos] >> 4
        kind = _IPV4 if version == 4 else (_IPV6 if version == 6 else 0)
    return pos, kind


@helper
def transport_ipv4_one(data: Octets, pos: int, end: int) -> tuple[int, int, int, int]:
    """State, UDP header, end of the packet and destination address (IPv4 header at `pos`)."""
    if end - pos < 20:
        return CUT, 0, 0, 0
    header = (octet_one(data, pos) & 15) * 4
    length = u16_one(data, pos + 2)
    if header < 20 or data[pos] >> 4 != 4 or (length != 0 and length < header):
        return NOT_UDP, 0, 0, 0
    if data[pos + 9] != 17:
        return NOT_UDP, 0, 0, 0
    last = end if length == 0 else min(end, pos + length)
    state = FRAGMENT if u16_one(data, pos + 6) & 0x3FFF else UDP
    return state, pos + header, last, u32_one(data, pos + 16, 1)


@helper
def transport_ipv6_one(data: Octets, pos: int, end: int) -> tuple[int, int, int, int]:
    """State, UDP header, end and a digest of the destination (IPv6 header at `pos`)."""
    if end - pos < 40:
        return CUT, 0, 0, 0
    last = min(end, pos + 40 + u16_one(data, pos + 4))
    digest = 2_166_136_261
    for i in range(pos + 24, pos + 40):
        digest = ((digest ^ octet_one(data, i)) * 16_777_619) & 0xFFFFFFFF
    digest |= 1 << 32
    following = octet_one(data, pos + 6)
    pos += 40
    while following in (0, 43, 60) and last - pos >= 8:
        following = octet_one(data, pos)
        pos += 8 + 8 * octet_one(data, pos + 1)
    if following == 44:
        return FRAGMENT, pos, last, digest
    if following != 17:
        return NOT_UDP, 0, 0, 0
    return UDP, pos, last, digest


@kernel
def locate_udp(data: Octets, frames: Longs, linktype: Longs, out: Longs) -> None:
    """Find the UDP payload of every captured frame.

    Parameters
    ----------
    data, frames : the recording, and (n, >= 2) first byte and one past the last of each frame.
    linktype : (n,), the LINKTYPE number of each frame.
    out : (n, 5) written: state (`UDP` ...), payload start, payload end, destination address (an
        IPv6 address is digested), destination port. For a `FRAGMENT`: start of the network header
        and end of the frame instead of the payload's.
    """
    for i in range(frames.shape[0]):
        end = frames[i, 1]
        network, kind = network_layer_one(data, frames[i, 0], end, linktype[i])
        out[i] = 0
        out[i, 0] = NOT_UDP
        if kind == _IPV4:
            state, pos, last, address = transport_ipv4_one(data, network, end)
        elif kind == _IPV6:
            state, pos, last, address = transport_ipv6_one(data, network, end)
        else:
            continue
        out[i, 0] = state
        out[i, 3] = address
        if state == FRAGMENT:
            out[i, 1], out[i, 2] = network, end
        if state != UDP:
            continue
        if last - pos < 8:
            out[i, 0] = CUT
            continue
        length = u16_one(data, pos + 4)
        out[i, 1] = pos + 8
        out[i, 2] = last if length < 8 else min(last, pos + length)
        out[i, 4] = u16_one(data, pos + 2)


@helper
def oradis_chain_one(data: Octets, pos: int, end: int) -> int:
    """ORADIS messages that follow each other from `pos`; negative if they do not reach `end`."""
    n = 0
    while end - pos >= 9:
        length = u16_one(data, pos)
        block = u16_one(data, pos + 7)
        if block < 3 or length < block + 6 or length > end - pos:
            return -n
        pos += length
        n += 1
    return n if pos == end else -n


@kernel
def sniff(data: Octets, start: Longs, end: Longs, kind_out: Longs) -> None:
    """Say for every packet whether it holds data blocks, ORADIS messages or neither.

    A chain that reaches the packet's end wins over one that only begins well.
    """
    for i in range(start.shape[0]):
        blocks = chain_one(data, start[i], end[i], 1 << 16)
        oradis = oradis_chain_one(data, start[i], end[i])
        kind_out[i] = NOT_ASTERIX
        if end[i] - start[i] < 3:
            continue
        if blocks == 1 << 16:
            kind_out[i] = BLOCKS
        elif oradis > 0:
            kind_out[i] = ORADIS
        elif blocks > 0:
            kind_out[i] = BLOCKS
        elif oradis < 0:
            kind_out[i] = ORADIS


@kernel
def split_oradis(data: Octets, start: Longs, end: Longs, kind: Longs, out: Longs) -> int:
    """Open ORADIS messages: `out` (n, 3) holds block start, end, and the packet it came in.

    Packets of another kind pass through whole.
    """
    n = 0
    for i in range(start.shape[0]):
        pos = start[i]
        if kind[i] != ORADIS:
            if n < out.shape[0]:
                out[n, 0], out[n, 1], out[n, 2] = pos, end[i], i
            n += 1
            continue
        while end[i] - pos >= 9:
            length = u16_one(data, pos)
            if length < 9 or length > end[i] - pos:
                break
            if n < out.shape[0]:
                out[n, 0], out[n, 1], out[n, 2] = pos + 6, pos + length, i
            n += 1
            pos += length
    return n
