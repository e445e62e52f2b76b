"""A short run of the fuzzer: mutated blocks, read alike by the compiled decoder and the plain."""

import random

import pytest
from tests.naive.fuzzed import TABLES, columns_of, disagreement, fuzz

from skypact.decode.asterix.registry import category


@pytest.mark.parametrize("table", TABLES, ids=lambda t: f"{t.number:03}-{t.edition}")
def test_mutated_blocks_are_read_alike(table):
    assert fuzz(table, 400, random.Random(table.number)) is None


def test_the_fuzzer_finds_a_difference(monkeypatch):
    table = category(48)
    column = columns_of(table)[5]
    wrong = (column._replace(factor=column.factor * 2.0, dtype="f8"),)
    monkeypatch.setattr("tests.naive.fuzzed.columns_of", lambda _: wrong)
    monkeypatch.setattr("tests.naive.asterix_columns.column_value", lambda *_: 1.0)
    assert fuzz(table, 400, random.Random(1)) is not None


def test_an_item_that_stands_twice_is_read_from_its_own_place():
    found = (
        "02002cb312fa5effffff00ff13e8ec0101c8ffff8c25adffff8c25ad526cb20653fe04ffff0100c4ff000000"
    )
    assert disagreement(category(2), [bytes.fromhex(found)]) == ""
