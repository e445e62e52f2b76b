"""Any bytes into any feed, no exception out; pieces give what the whole gives."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.naive.fuzz_feeds import STARTS, heard

from skypact.decode.feeds import octets_of
from skypact.decode.recognise import FORMATS, recognise
from skypact.decode.remoteid.messages import messages_of


@pytest.mark.parametrize("form", FORMATS)
@given(data=st.binary(max_size=400))
@settings(max_examples=60, deadline=None)
def test_any_bytes_are_survived(form, data):
    heard(form, [data, STARTS[form], data])
    recognise(octets_of(data))


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "radio"])
@given(cuts=st.lists(st.integers(0, 400), max_size=6))
@settings(max_examples=25, deadline=None)
def test_pieces_give_what_the_whole_gives(form, cuts):
    data = STARTS[form]
    edges = [0, *sorted(min(c, len(data)) for c in cuts), len(data)]
    pieces = [data[a:b] for a, b in pairwise(edges)]
    whole, parts = heard(form, [data]), heard(form, pieces)
    for name in ("lat_rad", "lon_rad", "icao", "track_number"):
        joined = [np.concatenate([getattr(p.reports, name) for p in x]) for x in (whole, parts)]
        np.testing.assert_array_equal(*joined)
    counts = [sum(sum(p.records.values()) for p in x) for x in (whole, parts)]
    assert counts[0] == counts[1] > 0


@pytest.mark.parametrize("form", FORMATS)
def test_flipped_bits_are_survived(form):
    data = np.frombuffer(STARTS[form], np.uint8)
    rng = np.random.default_rng(5)
    for _ in range(150):
        copy = data.copy()
        place = rng.integers(copy.size, size=rng.integers(1, 8))
        copy[place] ^= (1 << rng.integers(8, size=place.size)).astype(np.uint8)
        heard(form, [copy.tobytes()])
        recognise(copy)


@given(data=st.binary(max_size=260))
@settings(max_examples=300, deadline=None)
def test_any_message_of_a_drone_is_survived(data):
    found, errors = messages_of(data)
    assert len(found) <= 9
    assert all(n > 0 for n in errors.values())
