"""FINAL, ORADIS and raw recordings made by hand; files cut short or damaged lose only what is.

Kernels: scan_final, scan_raw, sniff, split_oradis; twins in tests/naive/capture.py.
"""

import numpy as np
import pytest
from tests.naive import framed_bytes as made
from tests.naive.capture import blocks, scan_final, scan_pcap, scan_pcapng

from skypact.decode.framing.read import read_framing

ONE = made.plots(made.plot())
TWO = made.plots(made.plot(101.0), made.plot(102.0))


def payloads(framed) -> list[bytes]:
    packets = framed.packets
    return [packets.data[s:e].tobytes() for s, e in zip(packets.start, packets.end, strict=True)]


def test_final_envelopes_are_opened_and_stamped_from_the_date():
    framed = read_framing(made.final([ONE, TWO]), ".ff", date_s=864_000.0)
    assert payloads(framed) == [ONE, TWO]
    assert framed.packets.received_ns.tolist() == [864_100 * 10**9, 864_101 * 10**9]
    assert framed.errors == {}


def test_final_without_a_date_says_so():
    framed = read_framing(made.final([ONE]))
    assert framed.framing == "final"
    assert framed.errors == {"no_date": 1}


def test_final_stamps_go_on_over_midnight():
    framed = read_framing(made.final([ONE] * 3, start_s=86_398.5), date_s=0.0)
    assert np.diff(framed.packets.received_ns).tolist() == [10**9, 10**9]


def test_a_damaged_final_envelope_loses_only_itself():
    good = made.final([ONE])
    damaged = bytearray(made.final([TWO]))
    damaged[0:2] = b"\0\1"
    data = good + bytes(damaged) + good
    framed = read_framing(data, date_s=0.0)
    assert payloads(framed) == [ONE, ONE] == scan_final(data)
    assert framed.errors == {"truncated": 1, "lost_bytes": len(damaged)}


def test_oradis_messages_in_a_datagram_are_opened():
    message = made.oradis(ONE) + made.oradis(TWO)
    framed = read_framing(made.pcap([made.ethernet(made.ipv4(made.udp(message)))]))
    assert payloads(framed) == [ONE, TWO]
    assert framed.framing == "pcap+oradis"


def test_a_bare_run_of_oradis_messages_is_recognised():
    framed = read_framing(made.oradis(ONE) + made.oradis(TWO), ".bin")
    assert payloads(framed) == [ONE, TWO]
    assert framed.framing == "oradis"


def test_raw_blocks_are_one_packet_without_stamp():
    framed = read_framing(ONE + TWO, ".ast")
    assert payloads(framed) == [ONE + TWO]
    assert framed.packets.received_ns.tolist() == [-1]


def test_a_long_raw_run_is_cut_between_blocks():
    data = ONE * 100_000
    framed = read_framing(data)
    assert framed.packets.start.size > 1
    assert framed.packets.end[-1] == len(data)
    assert (np.diff(framed.packets.end) % len(ONE) == 0).all()


def test_a_raw_run_goes_on_behind_damage():
    data = ONE * 3 + b"\x30\xff\xff" + TWO * 4
    framed = read_framing(data)
    assert payloads(framed) == [ONE * 3, TWO * 4]
    assert framed.errors == {"truncated": 1, "lost_bytes": 3}


@pytest.mark.parametrize("name", ["raw", "final", "pcap", "pcapng", "oradis"])
def test_a_file_cut_at_any_byte_keeps_what_is_whole(name):
    frames = [made.ethernet(made.ipv4(made.udp(p))) for p in (ONE, TWO, ONE)]
    whole, pieces_of = {
        "raw": (ONE + TWO + ONE, blocks),
        "final": (made.final([ONE, TWO, ONE]), scan_final),
        "pcap": (made.pcap(frames), lambda d: scan_pcap(d, "little")),
        "pcapng": (made.pcapng(frames), lambda d: [k for k, _ in scan_pcapng(d) if k == 6]),
        "oradis": (made.oradis(ONE) * 3, None),
    }[name]
    for cut in range(len(whole)):
        framed = read_framing(whole[:cut], ".ff" if name == "final" else "", date_s=0.0)
        found = blocks(b"".join(payloads(framed))) if name == "raw" else payloads(framed)
        if pieces_of is not None and cut >= 24:
            assert len(found) == len(pieces_of(whole[:cut]))
        assert set(found) <= {ONE, TWO}


def test_an_empty_recording_has_no_packets():
    framed = read_framing(b"")
    assert framed.packets.start.size == 0
    assert framed.framing == "empty"
