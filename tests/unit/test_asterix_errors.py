"""What damaged bytes and impossible values are answered with: kind, place, offset, remedy."""

import math

import pytest

from skypact.decode.asterix.records import block_bounds, decode_block, decode_record
from skypact.decode.asterix.registry import category
from skypact.encode.asterix import encode_block, encode_record
from skypact.errors import ConfigError, DecodeError

SOURCE = {"SAC": 1, "SIC": 2}

# category, bytes, kind, where, offset
BROKEN = [
    (48, "", "truncated", "cat048 FSPEC", 0),
    (48, "80 01", "truncated", "cat048 I048/010", 1),
    (48, "90 0102 0000 00", "truncated", "cat048 I048/040", 3),
    (48, "00", "bad_fspec", "cat048 FSPEC", 0),
    (48, "81 81 81 81 80", "bad_fspec", "cat048 FSPEC", 4),
    (48, "81 01 01 02 0102 00", "bad_length", "cat048 I048/RE", 6),
    (48, "81 01 01 02 0102 05 AA", "truncated", "cat048 I048/RE", 6),
    (48, "A0 0102 010101010101", "unknown_item", "cat048 I048/020", 8),
    (48, "81 20 0102 02 81951536E024D450", "truncated", "cat048 I048/250", 13),
    (62, "C0 0102", "unknown_item", "cat062 FSPEC", 0),
    (62, "81 10 0102 01010101 80", "bad_fspec", "cat062 I062/380", 8),
    (1, "81 01 02 0102 01 15", "unknown_item", "cat001 I001/RFS", 6),
]


@pytest.mark.parametrize(("number", "text", "kind", "where", "offset"), BROKEN)
def test_broken_records_say_what_is_wrong_and_where(number, text, kind, where, offset):
    data = bytes.fromhex(text)
    with pytest.raises(DecodeError) as caught:
        decode_record(category(number), data, 0, len(data))
    error = caught.value
    assert (error.kind, error.where, error.offset) == (kind, where, offset)
    assert str(error).startswith(f"{where} at byte {offset}: ")


@pytest.mark.parametrize(
    ("text", "kind"), [("30 00", "truncated"), ("30 0002", "bad_length"), ("30 0009", "truncated")]
)
def test_broken_block_headers_say_what_is_wrong(text, kind):
    data = bytes.fromhex(text)
    with pytest.raises(DecodeError) as caught:
        block_bounds(data, 0, len(data))
    assert caught.value.kind == kind


def test_records_before_a_broken_one_are_kept():
    good = encode_record(category(48), {"010": SOURCE, "140": 1.0})
    data = encode_block(48, [good, b"\x80\x01"])
    block = decode_block(data)
    assert [record["140"] for record in block.records] == [1.0]
    assert (block.error.kind, block.next_offset) == ("truncated", len(data))


def test_a_block_of_another_category_is_refused():
    with pytest.raises(ConfigError, match=r"category 048, the table of 062"):
        decode_block(encode_block(48, [{"010": SOURCE}]), table=category(62))


# item, value, what the message must name
REFUSED = [
    ("040", {"RHO": 300.0}, r"cat048 I048/040/RHO: 300.0 NM is outside 0 to 255.996 NM"),
    ("040", {"RHO": math.nan}, r"I048/040/RHO: nan is not a finite number"),
    ("040", {"RHO": math.inf}, r"I048/040/RHO: inf is not a finite number"),
    ("040", {"RHO": "far"}, r"'far' is not a finite number"),
    ("040", {"RANGE": 1.0}, r"I048/040 has no field 'RANGE'; it has RHO, THETA"),
    ("040", 3.0, r"I048/040 takes a mapping"),
    ("090", {"FL": -2049.0}, r"outside -2048 to 2047.75 FL"),
    ("070", {"MODE3A": 7800}, r"7800 is not a code of at most 4 digits from 0 to 7"),
    ("240", "TOO LONG ONE", r"at most 8 characters"),
    ("240", "baw123", r"'b', which has no 6-bit code"),
    ("140", -100_000.0, r"outside 0 to"),
    ("030", [], r"0 repetitions; at least 1"),
    ("250", [{"MB": 0}] * 256, r"256 repetitions; at most 255"),
    ("250", {"MB": 0}, r"repeats and takes a list"),
    ("020", {"NOPE": 1}, r"I048/020 has no field 'NOPE'"),
    ("RE", bytes(255), r"at most 254 bytes"),
    ("999", 1, r"category 048 has no item '999'"),
]


@pytest.mark.parametrize(("item", "value", "message"), REFUSED)
def test_values_that_cannot_be_written_are_refused_by_name(item, value, message):
    with pytest.raises(ConfigError, match=message):
        encode_record(category(48), {"010": SOURCE, item: value})


def test_an_empty_record_and_a_block_too_long_are_refused():
    with pytest.raises(ConfigError, match="at least one item"):
        encode_record(category(48), {})
    with pytest.raises(ConfigError, match="exceeds 65535"):
        encode_block(48, [bytes(40_000), bytes(40_000)])


@pytest.mark.parametrize(
    ("item", "value", "read"),
    [
        ("040", {"THETA": 359.9999}, {"RHO": 0.0, "THETA": 0.0}),
        ("040", {"THETA": -90.0}, {"RHO": 0.0, "THETA": 270.0}),
        ("140", 86_399.999, 0.0),
    ],
)
def test_full_circles_and_midnight_start_again_instead_of_overflowing(item, value, read):
    data = encode_record(category(48), {"010": SOURCE, item: value})
    assert decode_record(category(48), data, 0, len(data))[0][item] == read


def test_fields_left_out_are_zero_and_extensions_end_with_the_last_field_given():
    short = encode_record(category(48), {"020": {"TYP": 5}})
    assert short == bytes.fromhex("20 A0")
    longer = encode_record(category(48), {"020": {"TYP": 5, "ADSB_EP": 0}})
    assert longer == bytes.fromhex("20 A1 01 00")
