"""Ages of tracks by kind of sensor, and the short numbers that tracks are sent under."""

import numpy as np
import pytest

from skypact.encode.ages import AgeBook
from skypact.encode.numbers import MOST, REST_S, TrackNumbers
from skypact.errors import SkypactError
from skypact.model.reports import ADSB, MLAT, MODES, PSR, PSR_SSR, SSR, empty_reports

TRACK = 10**12


def reports_of(*rows):
    """Kind, time, Mode A code, level."""
    kind, time_s, code, level_m = (np.array(column) for column in zip(*rows, strict=True))
    return empty_reports(len(rows))._replace(
        kind=kind.astype(np.int8),
        time_s=time_s.astype(np.float64),
        mode3a=code.astype(np.int32),
        baro_altitude_m=level_m.astype(np.float64),
    )


def booked(*rows, track=TRACK):
    book = AgeBook()
    book.note(np.full(len(rows), track), reports_of(*rows))
    return book


def ages_at(book, now_s, track=TRACK):
    ages = book.ages(np.array([track]), np.array([now_s]))
    return {name: float(getattr(ages, name)[0]) for name in ages._fields}


def known(found):
    return {name: value for name, value in found.items() if not np.isnan(value)}


def test_each_kind_of_sensor_has_its_own_age():
    rows = [(PSR, 1.0), (SSR, 2.0), (MODES, 3.0), (ADSB, 4.0), (MLAT, 5.0)]
    book = booked(*[(*row, -1, np.nan) for row in rows])
    expected = {"psr_s": 9.0, "ssr_s": 8.0, "modes_s": 7.0, "adsb_s": 6.0, "mlat_s": 5.0}
    assert known(ages_at(book, 10.0)) == expected


def test_a_combined_plot_updates_both_ages():
    assert known(ages_at(booked((PSR_SSR, 4.0, -1, np.nan)), 5.0)) == {"psr_s": 1.0, "ssr_s": 1.0}


def test_the_newest_report_counts_whatever_the_order():
    book = booked((MODES, 5.0, 2000, 300.0), (MODES, 4.0, 2000, 200.0))
    book.note(np.array([TRACK]), reports_of((MODES, 3.0, 2000, 100.0)))
    found = known(ages_at(book, 6.0))
    assert found == {"modes_s": 1.0, "mode3a_s": 1.0, "level_s": 1.0, "level_m": 300.0}


def test_reports_of_no_track_and_unknown_tracks_leave_no_trace():
    book = booked((PSR, 1.0, -1, np.nan), track=-1)
    assert known(ages_at(book, 2.0)) == {}
    assert known(ages_at(book, 2.0, track=5)) == {}


def test_a_forgotten_tracks_room_serves_another():
    book = booked((PSR, 1.0, -1, np.nan))
    book.drop(np.array([TRACK, 77]))
    book.note(np.array([5]), reports_of((MODES, 2.0, -1, np.nan)))
    assert known(ages_at(book, 3.0, track=5)) == {"modes_s": 1.0}
    assert known(ages_at(book, 3.0)) == {}


def test_there_is_room_for_many_tracks():
    book, tracks = AgeBook(), np.arange(5_000) + TRACK
    rows = reports_of(*[(PSR, float(i), -1, np.nan) for i in range(5_000)])
    book.note(tracks, rows)
    ages = book.ages(tracks, np.full(5_000, 5_000.0))
    np.testing.assert_allclose(ages.psr_s, 5_000.0 - np.arange(5_000))


def test_a_track_keeps_its_number_while_it_lives():
    numbers = TrackNumbers()
    assert numbers.numbers(np.array([TRACK, TRACK + 9]), 0.0).tolist() == [1, 2]
    assert numbers.numbers(np.array([TRACK + 9, 3, TRACK]), 1.0).tolist() == [2, 3, 1]


def test_a_number_rests_before_it_is_given_again():
    numbers = TrackNumbers(first=MOST)
    assert numbers.numbers(np.array([1]), 0.0).tolist() == [MOST]
    numbers.release(np.array([1, 99]), 10.0)
    with pytest.raises(SkypactError, match="all are in use"):
        numbers.numbers(np.array([2]), 10.0 + REST_S - 1.0)
    assert numbers.numbers(np.array([2]), 10.0 + REST_S).tolist() == [MOST]
