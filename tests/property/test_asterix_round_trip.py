"""Whatever a table can hold survives encoding and decoding; no bytes make the decoder stumble."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.naive.asterix_records import records_of

from skypact.decode.asterix.records import block_bounds, decode_block, decode_record
from skypact.decode.asterix.registry import EDITIONS
from skypact.encode.asterix import encode_block, encode_record
from skypact.errors import DecodeError

TABLES = [table for tables in EDITIONS.values() for table in tables]
each_table = pytest.mark.parametrize("table", TABLES, ids=lambda t: f"{t.number:03}-{t.edition}")


@each_table
@settings(max_examples=60)
@given(data=st.data())
def test_any_record_survives_encoding_and_decoding(table, data):
    record = data.draw(records_of(table))
    written = encode_record(table, record, raw=True)
    assert decode_record(table, written, 0, len(written), raw=True) == (record, len(written))


@each_table
@settings(max_examples=60)
@given(data=st.data())
def test_scaled_values_of_any_record_survive_encoding_and_decoding(table, data):
    written = encode_record(table, data.draw(records_of(table)), raw=True)
    values, _ = decode_record(table, written, 0, len(written))
    again, _ = decode_record(table, encode_record(table, values), 0, len(written))
    assert again == values


@each_table
@settings(max_examples=60)
@given(data=st.data())
def test_every_shortened_record_is_a_decode_error(table, data):
    written = encode_record(table, data.draw(records_of(table)), raw=True)
    cut = data.draw(st.integers(0, len(written) - 1))
    with pytest.raises(DecodeError) as caught:
        decode_record(table, written, 0, cut)
    assert caught.value.kind == "truncated"
    assert 0 <= caught.value.offset <= cut


@each_table
@settings(max_examples=200)
@given(data=st.binary(max_size=80))
def test_random_bytes_raise_nothing_but_a_decode_error(table, data):
    block = decode_block(encode_block(table.number, [data]), table=table)
    assert block.error is None or isinstance(block.error, DecodeError)
    assert block.next_offset == len(data) + 3


@settings(max_examples=300)
@given(st.binary(max_size=40))
def test_random_block_headers_give_bounds_or_a_decode_error(data):
    try:
        number, stop = block_bounds(data, 0, len(data))
    except DecodeError as error:
        kind = error.kind
    else:
        kind = ""
        assert number == data[0]
        assert 3 <= stop <= len(data)
    assert kind in ("", "truncated", "bad_length")
