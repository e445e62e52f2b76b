"""A stream of data blocks is cut into whole ones wherever its pieces end, and found again."""

import random

from hypothesis import given
from hypothesis import strategies as st
from tests.naive import framed_bytes as made

from skypact.decode.framing.blocks import LONGEST_PACKET, BlockCutter

BODY = st.binary(min_size=1, max_size=60)
BLOCKS = st.lists(st.tuples(st.sampled_from([48, 34, 62, 21, 200]), BODY), max_size=30)


def cut_in_pieces(data, places):
    cutter, packets = BlockCutter(), []
    ends = sorted(place % (len(data) + 1) for place in places)
    for begin, end in zip([0, *ends], [*ends, len(data)], strict=True):
        packets += cutter.cut(data[begin:end])
    return cutter, packets


def blocks_of(packet):
    while packet:
        length = int.from_bytes(packet[1:3], "big")
        yield packet[:length]
        packet = packet[length:]


@given(BLOCKS, st.lists(st.integers(0, 10_000), max_size=20))
def test_pieces_of_a_stream_give_its_blocks_whole(parts, places):
    blocks = [made.block(48, b"first"), *(made.block(c, b) for c, b in parts)]
    blocks = [b for i, b in enumerate(blocks) if b[0] != 200 or i % 2]
    usual = [b for b in blocks if b[0] != 200]
    data = b"".join(usual)
    cutter, packets = cut_in_pieces(data, places)
    assert [b for p in packets for b in blocks_of(p)] == usual
    assert (cutter.n_breaks, cutter.lost_bytes) == (0, 0)


@given(st.lists(st.binary(max_size=300), max_size=30))
def test_any_bytes_come_out_or_are_counted(pieces):
    cutter = BlockCutter()
    packets = [p for piece in pieces for p in cutter.cut(piece)]
    cutter.finish()
    assert sum(map(len, packets)) + cutter.lost_bytes == sum(map(len, pieces))
    for packet in packets:
        assert sum(map(len, blocks_of(packet))) == len(packet)


def test_a_category_that_nobody_uses_is_believed_between_usual_ones():
    blocks = [made.plots(), made.block(200, b"own"), made.plots(), made.block(200, b"own")]
    cutter = BlockCutter()
    assert cutter.cut(b"".join(blocks)) == [b"".join(blocks)]
    assert cutter.cut(b"".join(blocks)) == [b"".join(blocks)]
    assert cutter.n_breaks == 0


def test_a_stream_is_found_again_behind_garbage():
    good, noise = made.plots() * 3, random.Random(3).randbytes(500)
    cutter, got = BlockCutter(), []
    for piece in (good, noise, *[good] * 6):
        got += cutter.cut(piece)
    assert b"".join(got).count(made.plots()) >= 18
    assert cutter.n_breaks >= 1
    assert 400 < cutter.lost_bytes <= len(noise) + 3 * len(made.plots())
    before = cutter.n_breaks
    assert b"".join(cutter.cut(good)) == good
    assert cutter.n_breaks == before


def test_a_stream_that_begins_within_a_block_is_found():
    block = made.plots(made.plot(1.0), made.plot(2.0))
    cutter, got = BlockCutter(), []
    for piece in (block[9:], *[block] * 12):
        got += cutter.cut(piece)
    assert b"".join(got).endswith(block * 5)
    assert cutter.n_breaks >= 1


def test_a_stream_of_something_else_holds_no_more_than_a_search():
    cutter = BlockCutter()
    noise = random.Random(9)
    for _ in range(100):
        assert cutter.cut(noise.randbytes(10_000)) == []
    assert cutter.lost_in_a_row > 10**6 - (1 << 17)


def test_a_long_run_is_cut_between_blocks():
    block = made.plots()
    n = 3 * LONGEST_PACKET // len(block)
    packets = BlockCutter().cut(block * n)
    assert all(len(p) <= LONGEST_PACKET and len(p) % len(block) == 0 for p in packets)
    assert b"".join(packets) == block * n


def test_bytes_one_by_one_take_no_longer_than_they_should():
    cutter, noise = BlockCutter(), random.Random(5).randbytes(30_000)
    cutter.cut(made.plots())
    for octet in noise:
        cutter.cut(bytes([octet]))
    assert len(cutter._rest) <= (1 << 16)
