"""The item tables against libasterix's classes (MIT): every bit of every edition, random records.

Recordings exist of few categories; here every item of every table that libasterix has is met, and
each edition that a newer table is said to read is compared with that table bit by bit.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.naive.asterix_records import records_of
from tests.naive.libasterix_records import assert_same_record, oracle, oracle_records
from tests.naive.libasterix_tables import table_of, unread

from skypact.decode.asterix.records import decode_block
from skypact.decode.asterix.registry import EDITIONS, category
from skypact.encode.asterix import encode_block, encode_record

WITHOUT_ORACLE = {129}
TABLES = [t for tables in EDITIONS.values() for t in tables if t.number not in WITHOUT_ORACLE]
SAME = [(t.number, t.edition) for t in TABLES if (t.number, t.edition) != (21, "2.1")]
"""Tables with no bit more than their edition; that of 021 2.1 names bits that came later, too."""
SAID = [(t.number, edition) for t in TABLES for edition in (t.edition, *t.reads)]
OTHER_SIGN = {"090#0", "340/HEIGHT#0"}
"""Levels that older editions of 048 and 062 say are unsigned: negative ones are meant."""


@pytest.mark.parametrize(("number", "edition"), SAID)
def test_every_bit_of_an_edition_is_read_by_the_table_said_to_read_it(number, edition):
    _, generated = oracle()
    (theirs,) = [
        table_of(one)
        for one in generated.manifest["CATS"][number]
        if ".".join(map(str, one.cv_edition)) == edition
    ]
    odd = set(unread(category(number, edition), theirs))
    assert odd - (OTHER_SIGN if edition != category(number).edition else set()) == set()


def test_every_edition_that_libasterix_has_of_our_categories_is_read():
    _, generated = oracle()
    theirs = {
        (number, ".".join(map(str, one.cv_edition)))
        for number in EDITIONS
        for one in generated.manifest["CATS"].get(number, [])
    }
    assert theirs == set(SAID)


@pytest.mark.parametrize(("number", "edition"), SAME)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_every_item_of_any_record_agrees_with_libasterix(number, edition, data):
    table = category(number, edition)
    record = data.draw(records_of(table))
    block = encode_block(table.number, [encode_record(table, record, raw=True)], table=table)
    (raw,) = decode_block(block, table=table, raw=True).records
    (scaled,) = decode_block(block, table=table).records
    (theirs,) = oracle_records(table.number, block, table.edition)
    assert_same_record(raw, scaled, theirs)
