"""Captures made by hand: every link layer, byte order and stamp resolution gives the payload.

Kernels: scan_pcap, scan_pcapng, locate_udp, sniff; twins in tests/naive/capture.py.
"""

import struct

import pytest
from tests.naive import framed_bytes as made
from tests.naive.capture import udp_payload

from skypact.decode.framing.read import read_framing

PAYLOAD = made.plots(made.plot(), made.plot(101.0))


def payloads(framed) -> list[bytes]:
    packets = framed.packets
    return [packets.data[s:e].tobytes() for s, e in zip(packets.start, packets.end, strict=True)]


FRAMES = {
    "ethernet": (1, made.ethernet(made.ipv4(made.udp(PAYLOAD)))),
    "padding": (1, made.ethernet(made.ipv4(made.udp(PAYLOAD))) + b"\0\0\0\0"),
    "vlan": (1, made.ethernet(made.ipv4(made.udp(PAYLOAD)), b"\x81\0\0\5")),
    "qinq": (1, made.ethernet(made.ipv4(made.udp(PAYLOAD)), b"\x88\xa8\0\5\x81\0\0\6")),
    "ipv6": (1, made.ethernet(made.ipv6(made.udp(PAYLOAD)), kind=0x86DD)),
    "sll": (113, bytes(14) + b"\x08\x00" + made.ipv4(made.udp(PAYLOAD))),
    "sll2": (276, b"\x08\x00" + bytes(18) + made.ipv4(made.udp(PAYLOAD))),
    "raw ip": (101, made.ipv4(made.udp(PAYLOAD))),
    "raw ipv6": (229, made.ipv6(made.udp(PAYLOAD))),
    "loopback": (0, b"\2\0\0\0" + made.ipv4(made.udp(PAYLOAD))),
}


@pytest.mark.parametrize("name", FRAMES)
def test_payload_is_found_behind_every_link_layer(name):
    linktype, frame = FRAMES[name]
    framed = read_framing(made.pcap([frame], linktype=linktype))
    assert payloads(framed) == [PAYLOAD] == [udp_payload(frame, linktype)]
    assert framed.errors == {}


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("nano", "fraction_ns"), [(False, 250_000), (True, 250)])
def test_pcap_stamps_are_read_in_both_byte_orders_and_resolutions(order, nano, fraction_ns):
    frames = [FRAMES["ethernet"][1]] * 2
    framed = read_framing(made.pcap(frames, order, nano=nano))
    expected = [5_000_000_000 + fraction_ns, 6_000_000_000 + fraction_ns]
    assert framed.packets.received_ns.tolist() == expected
    assert framed.framing == "pcap"


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("ticks", [3, 6, 9])
def test_pcapng_stamps_follow_the_interface(order, ticks):
    framed = read_framing(made.pcapng([FRAMES["vlan"][1]] * 2, order, ticks))
    assert payloads(framed) == [PAYLOAD, PAYLOAD]
    assert framed.packets.received_ns.tolist() == [5_000_000_000, 6_000_000_000]
    assert framed.framing == "pcapng"


def test_pcapng_sections_of_both_byte_orders_follow_each_other():
    frames = [FRAMES["ethernet"][1]]
    framed = read_framing(made.pcapng(frames, "<") + made.pcapng(frames, ">", 9))
    assert payloads(framed) == [PAYLOAD, PAYLOAD]
    assert framed.packets.received_ns.tolist() == [5_000_000_000] * 2


def test_each_packet_of_pcapng_has_the_clock_of_its_own_interface():
    frame, data = FRAMES["ethernet"][1], made.pcapng([])
    for ticks, offset_s in ((3, 0), (6, -2), (0x80 | 10, 7), (9, 0), (12, 1)):
        options = struct.pack("<HHB3xHHqHH", 9, 1, ticks, 14, 8, offset_s, 0, 0)
        data += made.ng_block(1, struct.pack("<HHI", 1, 0, 65_535) + options)
    rates = [10**6, 10**3, 10**6, 2**10, 10**9, 10**12]
    for face in (5, 0, 3, 2, 4, 1, 6, 3):
        stamp = round(5.5 * (rates[face] if face < 6 else 1))
        head = (face, stamp >> 32, stamp & 0xFFFFFFFF, len(frame), len(frame))
        data += made.ng_block(6, struct.pack("<IIIII", *head) + frame)
    framed = read_framing(data)
    expected_s = [6.5, 5.5, 12.5, 3.5, 5.5, 5.5, 12.5]
    assert framed.packets.received_ns.tolist() == [round(s * 1e9) for s in expected_s]
    assert framed.errors == {"bad_interface": 1}


def test_a_simple_packet_block_has_no_stamp():
    frame = FRAMES["ethernet"][1]
    simple = made.ng_block(3, struct.pack("<I", len(frame)) + frame)
    framed = read_framing(made.pcapng([]) + simple)
    assert payloads(framed) == [PAYLOAD]
    assert framed.packets.received_ns.tolist() == [-1]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_fragments_are_put_together_in_any_order(order):
    pieces = made.fragments(made.udp(PAYLOAD), 16)
    assert len(pieces) == 3
    other = made.ethernet(made.ipv4(made.udp(made.plots())))
    frames = [made.ethernet(pieces[i]) for i in order]
    framed = read_framing(made.pcap([frames[0], other, *frames[1:], other]))
    assert payloads(framed) == [made.plots(), PAYLOAD, made.plots()]
    assert framed.packets.received_ns.tolist()[1] == 8_000_250_000
    assert set(framed.packets.link.tolist()) == {0}


def test_a_missing_fragment_is_counted():
    frames = [made.ethernet(p) for p in made.fragments(made.udp(PAYLOAD), 16)[:-1]]
    framed = read_framing(made.pcap([*frames, FRAMES["ethernet"][1]]))
    assert payloads(framed) == [PAYLOAD]
    assert framed.errors == {"fragments": 1}


def test_ipv6_fragments_are_put_together():
    datagram = made.udp(PAYLOAD)

    def piece(offset: int, body: bytes, more: int) -> bytes:
        head = struct.pack(">BBHI", 17, 0, offset | more, 99)
        return made.ethernet(made.ipv6(head + body, 44), kind=0x86DD)

    frames = [piece(0, datagram[:24], 1), piece(24, datagram[24:], 0)]
    whole = made.ethernet(made.ipv6(datagram), kind=0x86DD)
    framed = read_framing(made.pcap([*frames, whole]))
    assert payloads(framed) == [PAYLOAD, PAYLOAD]
    assert framed.packets.link.tolist() == [0, 0]


def test_links_are_numbered_by_address_and_port_as_they_appear():
    frames = [made.ethernet(made.ipv4(made.udp(PAYLOAD, p))) for p in (9000, 8000, 9000)]
    framed = read_framing(made.pcap(frames))
    assert framed.packets.link.tolist() == [0, 1, 0]
    assert framed.links == ("239.1.1.1:9000", "239.1.1.1:8000")


def test_packets_that_hold_no_asterix_are_counted():
    frames = [
        made.ethernet(made.ipv4(b"\0" * 20, proto=6)),
        made.ethernet(made.ipv4(made.udp(b"hello world"))),
        made.ethernet(bytes(28), kind=0x0806),
        FRAMES["ethernet"][1],
    ]
    framed = read_framing(made.pcap(frames))
    assert payloads(framed) == [PAYLOAD]
    assert framed.errors == {"not_asterix": 3}


def test_a_frame_cut_short_by_the_capture_is_counted():
    framed = read_framing(made.pcap([FRAMES["ethernet"][1][:36]]))
    assert framed.packets.start.size == 0
    assert framed.errors == {"truncated": 1}


def test_packets_of_an_interface_with_an_impossible_clock_are_counted():
    usual = made.pcapng([FRAMES["vlan"][1]] * 2)
    damaged = usual.replace(struct.pack("<HHB", 9, 1, 6), struct.pack("<HHB", 9, 1, 0xFF), 1)
    framed = read_framing(damaged)
    assert damaged != usual
    assert framed.errors["bad_interface"] == 2
    assert framed.packets.start.size == 0
