"""Any bytes in, no exception out: garbage, cuts and flipped bits are counted, never raised."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.naive import framed_bytes as made
from tests.naive.asterix_records import records_of

from skypact.decode.asterix.registry import EDITIONS
from skypact.decode.asterix.reports import Decoder
from skypact.decode.framing.read import read_framing
from skypact.encode.asterix import encode_block, encode_record

HEADS = [
    b"",
    b"\xd4\xc3\xb2\xa1" + bytes(16) + b"\1\0\0\0",
    b"\xa1\xb2\x3c\x4d" + bytes(16) + b"\0\0\0\1",
    made.pcapng([]),
    made.pcapng([], ">", 9),
    made.final([made.plots()]),
    made.oradis(made.plots()),
    made.plots(),
]
TABLES = [table for tables in EDITIONS.values() for table in tables]


def survive(data: bytes) -> None:
    framed = read_framing(data)
    packets = framed.packets
    assert (packets.start <= packets.end).all()
    assert packets.end.max(initial=0) <= packets.data.size
    reports = Decoder().decode(packets).reports
    assert len({column.shape for column in reports}) == 1
    assert not np.isnan(reports.time_s).any()


@given(head=st.sampled_from(HEADS), tail=st.binary(max_size=300))
@settings(max_examples=400, deadline=None)
def test_garbage_behind_any_head(head, tail):
    survive(head + tail)


@given(
    head=st.sampled_from(HEADS),
    blocks=st.lists(st.tuples(st.sampled_from(sorted(EDITIONS)), st.binary(max_size=60))),
)
@settings(max_examples=300, deadline=None)
def test_blocks_of_garbage(head, blocks):
    survive(head + b"".join(made.block(number, body) for number, body in blocks))


@pytest.mark.parametrize("table", TABLES, ids=lambda t: f"{t.number:03}-{t.edition}")
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_possible_records_with_flipped_bits(table, data):
    records = [encode_record(table, data.draw(records_of(table)), raw=True) for _ in range(3)]
    block = bytearray(encode_block(table.number, records, table=table))
    for place in data.draw(st.lists(st.integers(24, 8 * len(block) - 1), max_size=4)):
        block[place // 8] ^= 1 << place % 8
    survive(bytes(block) * 3)


@pytest.mark.recordings
@pytest.mark.parametrize(
    "name", ["cat_062_065.pcap", "oradis_cat001_002.pcap", "cat21_re.ast", "small_simulated.pcapng"]
)
def test_a_small_recording_cut_at_every_byte(name, data_dir):
    data = (data_dir / "asterix" / name).read_bytes()[:700]
    for cut in range(len(data)):
        survive(data[:cut])


@pytest.mark.recordings
@pytest.mark.parametrize(
    "name", ["seven_radars_two_lans.pcap", "artas_cat062.ff", "small_simulated.pcapng"]
)
def test_a_recording_with_flipped_bits(name, data_dir):
    data = np.frombuffer((data_dir / "asterix" / name).read_bytes(), np.uint8)
    rng = np.random.default_rng(3)
    for _ in range(60):
        copy = data.copy()
        place = rng.integers(copy.size, size=20)
        copy[place] ^= (1 << rng.integers(8, size=20)).astype(np.uint8)
        survive(copy.tobytes())
