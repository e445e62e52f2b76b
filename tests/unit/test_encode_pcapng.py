"""Recordings that we write are read by our own reader and by anybody's."""

import shutil
import subprocess

import pytest

from skypact.decode.framing.read import read_framing
from skypact.encode.pcapng import LARGEST_PAYLOAD, file_header, packet_block, sensor_line

LINES = [sensor_line("North", 40, 1, 0), sensor_line("Süd", 48, 2, 1)]
START_NS = 1_767_268_800_123_456_789
PLOTS = [
    bytes((48, 0, 7, 1, 2, 3, 4)),
    bytes((34, 0, 6, 9, 8, 7)),
    bytes((48, 0, 8, 5, 5, 5, 5, 5)),
]


def recording() -> bytes:
    blocks = [
        packet_block(i % 2, LINES[i % 2], START_NS + i, payload) for i, payload in enumerate(PLOTS)
    ]
    return file_header(LINES) + b"".join(blocks)


def test_payloads_and_nanoseconds_are_read_back():
    packets = read_framing(recording()).packets
    found = [packets.data[s:e].tobytes() for s, e in zip(packets.start, packets.end, strict=True)]
    assert found == PLOTS
    assert packets.received_ns.tolist() == [START_NS + i for i in range(3)]


def test_each_sensor_is_a_line_of_its_own():
    link = read_framing(recording()).packets.link.tolist()
    assert link[0] == link[2] != link[1]


def test_the_largest_datagram_is_written_and_a_larger_one_refused():
    largest = PLOTS[2] + PLOTS[0] * ((LARGEST_PAYLOAD - 8) // 7)
    assert len(largest) == LARGEST_PAYLOAD
    whole = file_header(LINES) + packet_block(0, LINES[0], START_NS, largest)
    assert read_framing(whole).packets.data.tobytes().count(largest) == 1
    with pytest.raises(ValueError, match="at most 65,507 bytes, got 65,508"):
        packet_block(0, LINES[0], START_NS, bytes(LARGEST_PAYLOAD + 1))


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_wireshark_finds_no_fault_in_it(tmp_path):
    path = tmp_path / "feeds.pcapng"
    path.write_bytes(recording())
    fields = ("frame.interface_name", "ip.checksum.status", "udp.length", "frame.time_epoch")
    words = ["tshark", "-r", str(path), "-o", "ip.check_checksum:TRUE", "-T", "fields"]
    for field in fields:
        words += ["-e", field]
    out = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout
    rows = [line.split("\t") for line in out.splitlines()]
    assert [row[0] for row in rows] == ["North", "Süd", "North"]
    assert {row[1] for row in rows} == {"1"}
    assert [int(row[2]) - 8 for row in rows] == [len(payload) for payload in PLOTS]
    assert rows[0][3].endswith(".123456789") or "12:00:00.123456789" in rows[0][3]
