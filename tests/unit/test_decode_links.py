"""Packets of several links become reports: ASTERIX by one decoder, other feeds by themselves."""

import json

import numpy as np

from skypact.decode.asterix.registry import category
from skypact.decode.links import Link, LinkDecoder
from skypact.encode.asterix import encode_block
from skypact.model.packets import packets_from
from skypact.units import NANOSECONDS

START_S = 1_732_104_000
"""12:00 UTC."""
LINKS = (Link("asterix"), Link("aircraft.json"), Link("some other word"), Link("sbs"))
ROWS = {1: 7, 3: 8}


def target(second: float) -> bytes:
    """Category 021 of noon and some seconds."""
    record = {
        "010": {"SAC": 25, "SIC": 1}, "073": 43_200.0 + second, "080": 0x4CA123,
        "131": {"LAT": 50.0, "LON": 8.0 + second},
    }  # fmt: skip
    return encode_block(21, [record], table=category(21, "2.7"))


def snapshot(second: float) -> bytes:
    plane = {"hex": "4ca124", "lat": 51.0, "lon": 8.0 + second, "seen_pos": 0.0}
    return json.dumps({"now": START_S + second, "aircraft": [plane]}).encode()


def packets(*sent: tuple[float, int, bytes]):
    stamps = [round((START_S + second) * NANOSECONDS) for second, _, _ in sent]
    return packets_from([data for _, _, data in sent], stamps, [link for _, link, _ in sent])


def test_reports_of_all_links_are_in_order_of_arrival_with_their_sensors():
    decoder = LinkDecoder((), LINKS)
    sent = [(0.0, 1, snapshot(0.0)), (1.0, 0, target(1.0)), (2.0, 2, target(2.0))]
    found = decoder.decode(packets(*sent, (3.0, 1, snapshot(3.0))))
    reports = found.joined(ROWS)
    assert reports.sensor.tolist() == [7, 0, 0, 7]
    assert (np.diff(reports.received_ns) == NANOSECONDS).all()
    assert decoder.records == {"021": 2, "aircraft.json": 2}
    assert [link for link, _ in found.heard] == [1, 1]


def test_what_came_on_two_lines_is_one():
    decoder = LinkDecoder((), LINKS)
    twice = decoder.decode(packets((0.0, 0, target(0.0)), (0.01, 2, target(0.0))))
    assert twice.joined(ROWS).time_s.size == 1
    assert decoder.errors == {"duplicates": 1}


def test_without_asterix_nothing_is_decoded_of_it():
    found = LinkDecoder((), LINKS).decode(packets((0.0, 1, snapshot(0.0))))
    assert found.decoded is None
    assert LinkDecoder((), LINKS).decode(packets()).joined(ROWS).time_s.size == 0


def test_the_end_gives_what_feeds_held_back():
    decoder = LinkDecoder((), LINKS)
    cut = packets((0.0, 1, b"{"), (0.0, 3, b"MSG,3,1,1,4CA125"))
    assert decoder.decode(cut).joined(ROWS).time_s.size == 0
    rest = decoder.finish()
    assert rest.decoded is None
    assert [link for link, _ in rest.heard] == [1, 3]
