"""A picture written step by step: first and last messages, numbers, ages, what cannot be sent."""

import numpy as np
from tests.naive.track_rows import rows_of

from skypact.decode.asterix.records import decode_block
from skypact.decode.asterix.reports import Decoder
from skypact.encode.datagrams import Sender
from skypact.encode.picture import PictureEncoder
from skypact.model.packets import packets_from
from skypact.model.reports import MODES, TRACK, empty_reports
from skypact.model.tracks import concat_rows, take_rows

NONE = np.empty(0, np.int64)
SENDER = Sender(25, 100)


def three():
    rows = rows_of(3, seed=5)
    return rows._replace(track=np.array([70, 10**12, 90]), time_s=np.full(3, 1_767_268_800.0))


def later(rows, seconds):
    return rows._replace(time_s=rows.time_s + seconds)


def read(blocks):
    return [record for block in blocks for record in decode_block(block).records]


def flags(records):
    return [(r["040"], r["080"]["TSB"], r["080"]["TSE"]) for r in records]


def test_a_track_begins_goes_on_and_ends():
    encoder, rows = PictureEncoder(SENDER), three()
    assert flags(read(encoder.send(rows, NONE, 0.0))) == [(1, 1, 0), (2, 1, 0), (3, 1, 0)]
    again = take_rows(later(rows, 4.0), slice(0, 2))
    assert flags(read(encoder.send(again, np.array([90]), 4.0))) == [
        (1, 0, 0),
        (2, 0, 0),
        (3, 0, 1),
    ]
    assert encoder.send(take_rows(rows, slice(0, 0)), np.array([90]), 5.0) == []


def test_a_track_that_is_updated_and_ends_in_one_step_is_sent_once():
    encoder, rows = PictureEncoder(SENDER), three()
    encoder.send(rows, NONE, 0.0)
    records = read(encoder.send(later(rows, 4.0), np.array([70]), 4.0))
    assert flags(records) == [(1, 0, 1), (2, 0, 0), (3, 0, 0)]
    assert [r["040"] for r in read(encoder.send(later(rows, 8.0), NONE, 8.0))] == [4, 2, 3]


def test_of_several_updates_the_last_is_sent():
    encoder, rows = PictureEncoder(SENDER), three()
    both = concat_rows([rows, later(take_rows(rows, slice(1, 2)), 1.0)])
    records = read(encoder.send(both, NONE, 0.0))
    assert [(r["040"], r["070"]) for r in records] == [(1, 43_200), (2, 43_200), (3, 43_201)]


def test_ages_are_those_of_the_reports_that_were_noted():
    encoder, rows = PictureEncoder(SENDER), three()
    report = empty_reports(1)._replace(
        time_s=rows.time_s[:1] - 1.5, kind=np.array([MODES], np.int8)
    )
    encoder.note(np.array([70]), report)
    ages = [r["290"].get("MDS") for r in read(encoder.send(rows, NONE, 0.0))]
    assert ages == [1.5, None, None]


def test_what_the_category_cannot_hold_is_counted():
    encoder, rows = PictureEncoder(SENDER), three()
    rows = rows._replace(vn_mps=np.array([0.0, 9_000.0, 0.0]))
    assert len(read(encoder.send(rows, NONE, 0.0))) == 2
    assert encoder.n_unsent == 1


def test_another_unit_reads_the_picture_as_tracks():
    rows = three()
    blocks = PictureEncoder(SENDER).send(rows, NONE, 0.0)
    reports = Decoder(date_s=1_767_225_600.0).decode(packets_from(blocks)).reports
    assert reports.kind.tolist() == [TRACK] * 3
    np.testing.assert_allclose(reports.lat_rad, rows.lat_rad, atol=1e-7)
    np.testing.assert_allclose(reports.vn_mps, rows.vn_mps, atol=0.13)
    assert reports.icao.tolist() == rows.icao.tolist()
    assert reports.time_s.tolist() == rows.time_s.tolist()
