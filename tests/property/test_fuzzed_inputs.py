"""Inputs that guided fuzzing kept, and mutations of them, through every decoder's check."""

import random

import pytest
from tests.naive.fuzz_targets import TARGETS
from tests.naive.fuzzed import mutated_octets
from tests.naive.guided import CORPORA, corpus_of

MOST_OCTETS = 100_000
SLOW = {"asterix": 300, "modes": 300, "reports": 100, "beast": 300, "avr": 300}
"""Mutations of those that take a millisecond and more."""


@pytest.mark.parametrize("name", TARGETS)
def test_kept_inputs_are_read_as_they_must(name):
    inputs = corpus_of(name)
    assert inputs
    for data in inputs:
        TARGETS[name].check(data)


@pytest.mark.parametrize("name", TARGETS)
def test_mutations_of_kept_inputs_are_survived(name):
    rng, inputs = random.Random(name), corpus_of(name)
    for _ in range(SLOW.get(name, 1000)):
        TARGETS[name].check(mutated_octets(inputs, rng))


def test_kept_inputs_are_few_and_each_belongs_to_a_decoder():
    files = sorted(CORPORA.glob("*"))
    assert [path.stem for path in files] == sorted(TARGETS)
    assert sum(path.stat().st_size for path in files) <= MOST_OCTETS


def test_a_check_fails_where_twins_differ(monkeypatch):
    monkeypatch.setattr("tests.naive.fuzz_targets.STREAMS.LONGEST", 8)
    data = b"".join(corpus_of("avr"))
    with pytest.raises(AssertionError):
        TARGETS["avr"].check(data)
