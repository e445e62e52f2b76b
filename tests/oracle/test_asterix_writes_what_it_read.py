"""Recorded blocks, decoded to scaled values and written again, come out the same.

Byte for byte, save for three senders that do not write the shortest form (presence octets of zeros
at the end) or fill spare bits and characters with what has no meaning; there the values agree.
"""

import pytest
from tests.naive.asterix_files import blocks

from skypact.decode.asterix.records import decode_block
from skypact.decode.asterix.registry import EDITIONS
from skypact.encode.asterix import encode_block

LOOSE = ["artas_cat062.ff", "jade_cat062.ff", "small_simulated.pcapng"]
EXACT = [
    "cat21_re.ast",
    "cat_062_065.pcap",
    "jahorina_cat034_048.raw",
    "mixed_unknown_categories.pcap",
    "oradis_cat001_002.pcap",
    "seven_radars_two_lans.pcap",
    "201002-lebl-080001_mlat.ast",
    "201002-lebl-080001_smr.ast",
    "230502-est-080001_BCN_60MN_08_09.ast",
]
MAX_BLOCKS = 5_000


def known_blocks(path):
    found = [pair for pair in list(blocks(path))[:MAX_BLOCKS] if pair[0] in EDITIONS]
    assert found
    return found


@pytest.mark.recordings
@pytest.mark.parametrize("name", EXACT)
def test_recorded_blocks_are_written_byte_for_byte(data_dir, name):
    for number, data in known_blocks(data_dir / "asterix" / name):
        assert encode_block(number, decode_block(data).records) == data


@pytest.mark.recordings
@pytest.mark.parametrize("name", LOOSE)
def test_values_of_blocks_written_loosely_survive_writing(data_dir, name):
    for number, data in known_blocks(data_dir / "asterix" / name):
        records = decode_block(data).records
        assert decode_block(encode_block(number, records)).records == records
