"""Any bytes into any feed, no exception out; pieces give what the whole gives."""

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.naive import framed_bytes
from tests.naive import made_frames as made
from tests.naive.streams import avr_message, beast_message

from skypact.decode.feeds import octets_of
from skypact.decode.recognise import FORMATS, open_feed, recognise
from skypact.decode.remoteid.messages import messages_of
from skypact.model.reports import KINDS

FRAMES = [made.position(0x4B1A2B, 50.0, 8.0 + 0.0015 * i, i % 2) for i in range(6)]
PLANE = {"hex": "4b1a2b", "lat": 50.0, "lon": 8.0, "seen_pos": 0.1, "gs": 400, "track": 90}
STARTS = {
    "beast": b"".join(beast_message(f, 12_000_000 * i + 1) for i, f in enumerate(FRAMES)),
    "avr": b"".join(avr_message(f, 12_000_000 * i + 1) for i, f in enumerate(FRAMES)),
    "frames": b"".join(
        json.dumps({"timestamp": 1.7e9 + i, "frame": f.hex()}).encode() + b"\n"
        for i, f in enumerate(FRAMES)
    ),
    "sbs": b"MSG,3,1,1,4B1A2B,1,2024/11/21,04:00:00,2024/11/21,04:00:00,,3500,,,50,8,,,,,,0\r\n"
    * 3,
    "radio": framed_bytes.pcap(
        [bytes([0x80]) + bytes(23) + b"\xfa\x0b\xbc\x0d\x07\x12" + b"\x20" * 24], linktype=105
    ),
    "aircraft.json": json.dumps({"now": 1.7e9, "aircraft": [PLANE]}).encode() + b"\n",
    "remoteid": json.dumps({"timestamp": 1.7e9, "mac": "aa", "odid": "12" + "20" * 24}).encode()
    + b'\n{"mac":"aa","uav latitude":51.5,"uav longitude":-0.12,"seconds":5,"unix time":17e8}\n',
}


def heard(form, pieces):
    feed = open_feed(form)
    parts = [*(feed.feed(octets_of(p), 1_700_000_000 * 10**9) for p in pieces), feed.finish()]
    for part in parts:
        reports = part.reports
        assert len({column.shape for column in reports}) == 1
        assert np.isfinite(reports.time_s).all()
        assert (np.abs(reports.lat_rad) <= np.pi / 2).all()
        assert (np.abs(reports.lon_rad) <= np.pi).all()
        assert (reports.kind < len(KINDS)).all()
        assert all(n > 0 for n in (part.records | part.errors).values())
    return parts


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
