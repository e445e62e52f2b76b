"""Whatever a table can hold survives encoding and decoding; no bytes make the decoder stumble."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skypact.decode.asterix.records import bare_name, block_bounds, decode_block, decode_record
from skypact.decode.asterix.registry import EDITIONS
from skypact.decode.asterix.spec import Compound, Explicit, Extended, Fixed, Repetitive
from skypact.encode.asterix import encode_block, encode_record
from skypact.errors import DecodeError

TABLES = [table for tables in EDITIONS.values() for table in tables]
each_table = pytest.mark.parametrize("table", TABLES, ids=lambda t: f"{t.number:03}-{t.edition}")


def integers_of(fields, rng):
    """Integers for fields, with the ends of the range well represented."""
    named = [field for field in fields if field.name]
    tops = {field.name: (1 << field.bits) - 1 for field in named}
    return {name: rng.choice((0, top, rng.randint(0, top))) for name, top in tops.items()}


def of_fields(name, fields, rng):
    values, bare = integers_of(fields, rng), bare_name(name, fields)
    return values[bare] if bare else values


def of_item(item, rng):
    spec = item.variation
    if isinstance(spec, Fixed):
        return of_fields(item.name, spec.fields, rng)
    if isinstance(spec, Extended):
        n_parts = rng.randint(1, len(spec.parts))
        return integers_of([f for part in spec.parts[:n_parts] for f in part], rng)
    if isinstance(spec, Repetitive):
        return [of_fields(item.name, spec.fields, rng) for _ in range(rng.randint(1, 4))]
    if isinstance(spec, Compound):
        chosen = [sub for sub in spec.subitems if sub and rng.random() < 0.5]
        return {sub.name: of_item(sub, rng) for sub in chosen}
    assert isinstance(spec, Explicit)
    return rng.randbytes(rng.randint(0, 12))


@st.composite
def records_of(draw, table):
    """Raw integers for any choice of a table's items, by any of its profiles."""
    place = draw(st.integers(0, len(table.uaps) - 1))
    names = [name for name in list(table.uaps.values())[place] if name and name != "RFS"]
    chosen = draw(st.sets(st.sampled_from(names), min_size=1))
    rng = random.Random(draw(st.integers(0, 2**32)))
    items = {item.name: item for item in table.items}
    if table.selector:
        chosen.add(table.selector[0])
    record = {name: of_item(items[name], rng) for name in names if name in chosen}
    if table.selector:
        record[table.selector[0]][table.selector[1]] = place
    return record


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
