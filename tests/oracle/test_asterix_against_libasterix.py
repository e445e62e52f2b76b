"""Every item of every recorded ASTERIX record, compared once with libasterix (MIT).

libasterix knows the editions used here: 001 1.4, 010 1.1, 021 2.7, 034 1.29, 048 1.32, 062 1.21,
063 1.7, 065 1.6, and 002 1.2. It has no table of the 2008 layout of category 062, which nobody can
read here: `tests/unit/test_asterix_editions.py` shows that it is refused. Its RawDatablock.parse
exhausts the stack near 1,000 blocks, so blocks are split first.
"""

from functools import cache
from pathlib import Path

import pytest
from tests.naive.asterix_files import blocks
from tests.naive.libasterix_records import assert_same_record, oracle_records

from skypact.decode.asterix.records import decode_block
from skypact.decode.asterix.registry import EDITIONS

pytestmark = [pytest.mark.recordings, pytest.mark.timeout(600)]

BLOCKS_PER_CASE = 10_000
CASES = [
    *[("201002-lebl-080001_mlat.ast", first) for first in range(0, 120_000, BLOCKS_PER_CASE)],
    *[("201002-lebl-080001_smr.ast", first) for first in range(0, 60_000, BLOCKS_PER_CASE)],
    *[("230502-est-080001_BCN_60MN_08_09.ast", first) for first in range(0, 50_000, 10_000)],
    *[("jade_cat062.ff", first) for first in range(0, 20_000, BLOCKS_PER_CASE)],
    ("jahorina_cat034_048.raw", 0),
    ("artas_cat062.ff", 0),
    ("seven_radars_two_lans.pcap", 0),
    ("oradis_cat001_002.pcap", 0),
    ("mixed_unknown_categories.pcap", 0),
    ("cat_062_065.pcap", 0),
    ("cat21_re.ast", 0),
    ("small_simulated.pcapng", 0),
]


@cache
def recording(path: Path) -> list[tuple[int, bytes]]:
    return list(blocks(path))


@pytest.mark.parametrize(("name", "first"), CASES)
def test_every_item_of_every_record_agrees_with_libasterix(data_dir, name, first):
    part = recording(data_dir / "asterix" / name)[first : first + BLOCKS_PER_CASE]
    n_leaves = 0
    for number, data in part:
        if number not in EDITIONS:
            continue
        raw, scaled = decode_block(data, raw=True), decode_block(data)
        assert raw.error is None
        theirs = oracle_records(number, data)
        assert len(theirs) == len(raw.records)
        for triple in zip(raw.records, scaled.records, theirs, strict=True):
            n_leaves += assert_same_record(*triple)
    assert n_leaves > 0


@pytest.mark.parametrize("name", sorted({name for name, _ in CASES}))
def test_the_cases_above_cover_the_whole_recording(data_dir, name):
    covered = sum(BLOCKS_PER_CASE for case, _ in CASES if case == name)
    assert len(recording(data_dir / "asterix" / name)) <= covered
