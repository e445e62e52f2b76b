"""The compiled column decoder (index_blocks, index_records, load_words, extract_floats,
extract_integers)
against the plain decoder: every column of every record of every recording, and damaged bytes.
"""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.naive import asterix_columns as plain
from tests.naive.asterix_records import records_of
from tests.naive.capture import blocks as walk

from skypact.decode.asterix.columns import decode_columns, find_blocks
from skypact.decode.asterix.duplicates import nothing_seen, repeats
from skypact.decode.asterix.registry import EDITIONS, category
from skypact.decode.asterix.services import SERVICES
from skypact.decode.asterix.targets import target_of
from skypact.decode.framing.read import read_framing
from skypact.encode.asterix import encode_block, encode_record
from skypact.model.packets import packets_from


def columns_of(table):
    target = target_of(table)
    return target.columns + target.extras if target else SERVICES[table.number]


TABLES = {(t.number, t.edition): columns_of(t) for tables in EDITIONS.values() for t in tables}
COLUMNS = {number: TABLES[number, category(number).edition] for number in EDITIONS}


def blocks(path: Path) -> list[tuple[int, bytes]]:
    packets = read_framing(path.read_bytes(), path.suffix).packets
    rows = find_blocks(packets).rows.tolist()
    return [(number, packets.data[s:e].tobytes()) for number, s, e, _ in rows]


def compare(number: int, raw: list[bytes], edition: str | None = None) -> int:
    """Assert that both decoders agree on the blocks; the number of records."""
    table = category(number, edition)
    columns = TABLES[number, table.edition]
    got = decode_columns(packets_from(raw), table, columns)
    expected = [plain.decode(table, block, columns) for block in raw]
    rows = [row for block_rows, _ in expected for row in block_rows]
    kinds = [kind for _, kind in expected if kind is not None]
    assert got.errors == {kind: kinds.count(kind) for kind in set(kinds)}
    assert got.start.size == len(rows)
    assert got.damaged.tolist() == [kind is not None for _, kind in expected]
    for i, column in enumerate(columns):
        values = np.array([row[i] for row in rows], got.columns[column.name].dtype)
        np.testing.assert_array_equal(got.columns[column.name], values, err_msg=column.name)
    return len(rows)


@pytest.mark.recordings
@pytest.mark.timeout(300)
def test_every_column_of_every_recorded_record_agrees(data_dir):
    n = 0
    for path in sorted((data_dir / "asterix").iterdir()):
        by_category: dict[int, list[bytes]] = {}
        for number, block in blocks(path):
            by_category.setdefault(number, []).append(block)
        for number, raw in by_category.items():
            if number in COLUMNS and path.stem != "old_cat062_edition":
                n += compare(number, raw)
    assert n > 250_000


@pytest.mark.parametrize(("number", "edition"), sorted(TABLES))
@settings(max_examples=150, deadline=None)
@given(body=st.binary(min_size=1, max_size=120))
@example(body=b"\x00")
@example(body=b"\x01\x00")
@example(body=b"\x01\x01\x00")
def test_random_bytes_agree(number, edition, body):
    compare(number, [bytes([number]) + (len(body) + 3).to_bytes(2, "big") + body], edition)


@pytest.mark.parametrize(("number", "edition"), sorted(TABLES))
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_possible_records_and_damaged_ones_agree(number, edition, data):
    table = category(number, edition)
    records = [encode_record(table, data.draw(records_of(table)), raw=True) for _ in range(2)]
    whole = encode_block(number, records, table=table)
    compare(number, [whole], edition)
    flipped = bytearray(whole)
    for place in data.draw(st.lists(st.integers(24, 8 * len(whole) - 1), max_size=3)):
        flipped[place // 8] ^= 1 << place % 8
    compare(number, [whole, bytes(flipped)], edition)


def recorded(data_dir) -> dict[int, list[bytes]]:
    names = ("jahorina_cat034_048.raw", "artas_cat062.ff", "oradis_cat001_002.pcap", "cat21_re.ast")
    found: dict[int, list[bytes]] = {}
    for name in names:
        for number, block in blocks(data_dir / "asterix" / name):
            found.setdefault(number, []).append(block)
    found[10] = [(data_dir / "asterix" / "201002-lebl-080001_smr.ast").read_bytes()[:39]]
    return found


@pytest.mark.recordings
@pytest.mark.parametrize("number", [1, 2, 10, 21, 34, 48, 62, 63, 65])
def test_recorded_blocks_with_flipped_bits_agree(number, data_dir):
    rng = np.random.default_rng(number)
    raw = recorded(data_dir)[number]
    for _ in range(400):
        block = bytearray(raw[rng.integers(len(raw))])
        for _ in range(rng.integers(1, 6)):
            place = rng.integers(3, len(block))
            block[place] ^= 1 << rng.integers(8)
        compare(number, [bytes(block)])


@pytest.mark.recordings
@pytest.mark.parametrize("number", [1, 10, 21, 48, 62])
def test_recorded_blocks_cut_at_every_byte_agree(number, data_dir):
    block = recorded(data_dir)[number][0]
    for cut in range(4, len(block)):
        compare(number, [block[:1] + cut.to_bytes(2, "big") + block[3:cut]])


@given(packets=st.lists(st.binary(max_size=40), max_size=5))
@settings(max_examples=200, deadline=None)
def test_index_blocks_finds_what_a_plain_walk_finds(packets):
    found = find_blocks(packets_from(packets))
    batch = packets_from(packets)
    got = [batch.data[s:e].tobytes() for _, s, e, _ in found.rows.tolist()]
    assert got == [block for packet in packets for block in walk(packet)]
    rest = [len(p) - sum(map(len, walk(p))) for p in packets]
    assert sum(found.errors.values()) == sum(r > 0 for r in rest)


@given(rows=st.lists(st.tuples(st.binary(min_size=1, max_size=12), st.integers(0, 5)), max_size=30))
@settings(max_examples=100, deadline=None)
def test_mark_repeats_finds_what_a_plain_search_finds(rows):
    records = [record for record, _ in rows]
    times = np.cumsum([step * 300_000_000 for _, step in rows]).astype(np.int64)
    batch = packets_from(records)
    table = np.column_stack([np.full(len(rows), 48), batch.start, batch.end]).astype(np.int64)
    got = repeats(batch.data, table, times, nothing_seen())
    assert got.tolist() == plain.repeats(records, times.tolist(), 1_000_000_000)
