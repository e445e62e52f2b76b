"""The registry, and telling editions apart by their bytes."""

import pytest
from tests.naive.asterix_files import blocks

from skypact.decode.asterix.editions import detect_edition, limits_of, plausible
from skypact.decode.asterix.records import decode_block
from skypact.decode.asterix.registry import EDITIONS, category
from skypact.decode.asterix.spec import Extended, Fixed, Repetitive
from skypact.encode.asterix import encode_block
from skypact.errors import ConfigError

TABLES = [table for tables in EDITIONS.values() for table in tables]
SOURCE = {"SAC": 1, "SIC": 2}


def items_within(items):
    for item in items:
        if item is not None:
            yield item
            yield from items_within(getattr(item.variation, "subitems", ()))


def octets_are_whole(variation):
    if isinstance(variation, Fixed):
        return sum(f.bits for f in variation.fields) % 8 == 0
    if isinstance(variation, Repetitive):
        return (sum(f.bits for f in variation.fields) + (variation.counter_bytes == 0)) % 8 == 0
    if isinstance(variation, Extended):
        *first, last = [sum(f.bits for f in part) % 8 for part in variation.parts]
        return all(bits == 7 for bits in first) and last in (0, 7)
    return True


@pytest.mark.parametrize("table", TABLES, ids=lambda t: f"{t.number:03}-{t.edition}")
def test_every_item_of_a_table_fills_whole_octets(table):
    for item in items_within(table.items):
        assert octets_are_whole(item.variation), item.name


@pytest.mark.parametrize("table", TABLES, ids=lambda t: f"{t.number:03}-{t.edition}")
def test_every_profile_names_each_item_once_and_only_known_ones(table):
    names = [item.name for item in table.items]
    assert len(set(names)) == len(names)
    for profile in table.uaps.values():
        used = [name for name in profile if name]
        assert len(set(used)) == len(used)
        assert set(used) <= set(names)


def test_newest_edition_comes_first_and_others_by_name():
    assert category(21).edition == "2.7"
    assert category(21, "2.1").edition == "2.1"


@pytest.mark.parametrize(("number", "edition"), [(99, None), (48, "0.1")])
def test_unknown_category_or_edition_says_what_is_known(number, edition):
    with pytest.raises(ConfigError, match=r"known are|choose one of"):
        category(number, edition)


def test_impossible_numbers_are_not_plausible():
    limits = limits_of(category(62))
    good = {"010": SOURCE, "070": 86_399.0, "105": {"LAT": 90.0, "LON": -180.0}}
    assert plausible(limits, good)
    assert not plausible(limits, {**good, "070": 86_401.0})
    assert not plausible(limits, {**good, "105": {"LAT": 90.1, "LON": 0.0}})
    assert not plausible(limits, {"070": 1.0})


def test_surface_capabilities_tell_edition_2_1_from_later_ones():
    capabilities = {"POA": 1, "LW": 15}
    old = encode_block(21, [{"010": SOURCE, "271": capabilities}], table=category(21, "2.1"))
    new = encode_block(21, [{"010": SOURCE, "271": capabilities}])
    assert detect_edition(21, [old]).edition == "2.1"
    assert detect_edition(21, [new]).edition == "2.7"


def test_no_blocks_and_unknown_categories_have_no_edition():
    assert detect_edition(48, []) is None
    assert detect_edition(3, [b"\x03\x00\x04\x00"]) is None


def test_one_damaged_block_among_many_does_not_change_the_edition():
    block = encode_block(48, [{"010": SOURCE, "140": 1.0}])
    assert detect_edition(48, [block] * 20 + [b"\x30\x00\x05\xff\xff"]) is category(48)


@pytest.mark.recordings
def test_layout_of_2008_is_refused_and_no_record_of_it_is_taken_for_good(data_dir):
    old = list(blocks(data_dir / "asterix" / "old_cat062_edition.pcap"))
    assert len(old) == 100
    assert detect_edition(62, [data for _, data in old]) is None
    records = [record for _, data in old for record in decode_block(data).records]
    assert not any(plausible(limits_of(category(62)), record) for record in records)


@pytest.mark.recordings
def test_every_other_recording_is_of_a_known_edition(data_dir):
    for path in sorted((data_dir / "asterix").iterdir()):
        if path.name.startswith(("old_", "README")):
            continue
        by_number = {}
        for number, data in blocks(path):
            by_number.setdefault(number, []).append(data)
        for number in by_number.keys() & EDITIONS.keys():
            assert detect_edition(number, by_number[number]) is category(number), path.name
