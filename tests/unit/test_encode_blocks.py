"""Many packets at once are written as one by one, and streams so that anybody joins them."""

import shutil
import subprocess

import numpy as np
import pytest

from skypact.decode.framing.read import read_framing
from skypact.encode.blocks import LONGEST_SEGMENT, BlockEncoder, Interface
from skypact.encode.pcapng import Line, file_header, packet_block, section_block
from skypact.model.packets import packets_from

LINE = Line("North", (10, 0, 0, 1), (239, 255, 40, 1), 8600)
HOST = Line("roof", (127, 0, 0, 1), (10, 64, 0, 2), 30005)
FAULTS = "tcp.analysis.lost_segment || tcp.analysis.out_of_order || tcp.analysis.retransmission"
PLOT = bytes((48, 0, 7, 1, 2, 3, 4))
START_NS = 1_767_268_800_123_456_789

needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")


def written(encoder, packets, faces):
    return section_block() + encoder.descriptions() + encoder.encode(packets, faces).data


def shown(path, fields, *more):
    words = ["tshark", "-r", str(path), *more, "-T", "fields"]
    for field in fields:
        words += ["-e", field]
    out = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout
    return [line.split("\t") for line in out.splitlines()]


def test_datagrams_are_the_blocks_that_are_written_one_by_one():
    encoder = BlockEncoder([Interface(LINE, False, ""), Interface(HOST, False, "")])
    payloads = [PLOT[:n] for n in (7, 0, 1, 2, 3, 4, 5, 6)]
    stamps = [START_NS + i for i in range(8)]
    faces = np.array([0, 1] * 4)
    lines = [LINE, HOST]
    expected = [packet_block(i % 2, lines[i % 2], stamps[i], payloads[i]) for i in range(8)]
    blocks = encoder.encode(packets_from(payloads, stamps), faces)
    assert blocks.data == b"".join(expected)
    sizes = [len(block) for block in expected]
    assert blocks.offset.tolist() == np.cumsum([0, *sizes[:-1]]).tolist()
    assert encoder.sizes(packets_from(payloads), faces).tolist() == sizes
    whole = section_block() + encoder.descriptions()
    assert whole == file_header(lines)


def test_sizes_of_pieces_of_streams_are_those_of_their_blocks():
    encoder = BlockEncoder([Interface(HOST, True, "")])
    for size in (0, 1, LONGEST_SEGMENT, LONGEST_SEGMENT + 1, 3 * LONGEST_SEGMENT + 5):
        packets = packets_from([bytes(size)], [START_NS])
        face = np.zeros(1, np.int64)
        assert encoder.sizes(packets, face)[0] == len(encoder.encode(packets, face).data)


def test_a_datagram_longer_than_ipv4_allows_is_kept_whole():
    encoder = BlockEncoder([Interface(LINE, False, "")])
    data = PLOT * 9_362
    packets = packets_from([data[:65_527]], [START_NS])
    assert data[:65_527] in written(encoder, packets, np.zeros(1, np.int64))


@needs_tshark
def test_wireshark_shows_datagrams_and_puts_streams_together(tmp_path):
    faces = [Interface(LINE, False, "udp://239.255.40.1:8600"), Interface(HOST, True, "tcp")]
    encoder = BlockEncoder(faces)
    stream = bytes(range(256)) * 700
    pieces = [stream[:1], stream[1:150_000], stream[150_000:]]
    payloads = [PLOT, pieces[0], pieces[1], PLOT, pieces[2]]
    stamps = [START_NS + i for i in range(5)]
    path = tmp_path / "both.pcapng"
    packets = packets_from(payloads, stamps)
    path.write_bytes(written(encoder, packets, np.array([0, 1, 1, 0, 1])))
    rows = shown(
        path, ("frame.interface_name", "frame.protocols", "ip.checksum.status"),
        "-d", "udp.port==8600,asterix", "-o", "ip.check_checksum:TRUE",
    )  # fmt: skip
    assert [row[0] for row in rows] == ["North", "roof", "roof", "roof", "roof", "North", "roof"]
    assert {row[2] for row in rows} == {"1"}
    assert rows[0][1].endswith("udp:asterix")
    words = ["tshark", "-r", str(path), "-q", "-z", "follow,tcp,raw,0"]
    out = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout
    lines = [x.strip() for x in out.splitlines()]
    joined = "".join(x for x in lines if x and all(c in "0123456789abcdef" for c in x))
    assert bytes.fromhex(joined) == stream
    faults = shown(path, ("frame.number",), "-Y", FAULTS)
    assert faults == []


def test_our_reader_of_captures_reads_the_datagrams():
    encoder = BlockEncoder([Interface(LINE, False, ""), Interface(HOST, True, "")])
    packets = packets_from([PLOT, b"x", PLOT], [START_NS, START_NS + 1, START_NS + 2])
    framed = read_framing(written(encoder, packets, np.array([0, 1, 0])))
    assert framed.packets.received_ns.tolist() == [START_NS, START_NS + 2]
    assert framed.errors == {"not_asterix": 1}
