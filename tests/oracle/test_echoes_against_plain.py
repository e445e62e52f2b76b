"""mark_echoes against the search through everything, and what an echo is."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.naive import echoes as plain

from skypact.decode.asterix.echoes import WINDOW_S, echoes, nothing_heard
from skypact.kernels import echoes as kernel
from skypact.model.reports import ADSB, MLAT, TRACK, empty_reports
from skypact.units import DEGREE

GRAIN_RAD = 180 / (1 << 23) * DEGREE
HALF = st.integers(-3, 3).map(lambda n: n * GRAIN_RAD / 2)
ROWS = st.lists(
    st.tuples(
        st.sampled_from([-1, 1, 2, 0xFFFFFF]),
        st.integers(0, 2),
        st.sampled_from([MLAT, ADSB]),
        HALF,
        st.sampled_from([np.pi - GRAIN_RAD, GRAIN_RAD - np.pi, 0.0, np.nan]),
        st.sampled_from([GRAIN_RAD, GRAIN_RAD / 64]),
        st.sampled_from([0.0, 1e-7, 0.5, 0.999, 1.5]),
    ),
    max_size=12,
)


@given(rows=ROWS)
@settings(max_examples=200, deadline=None)
def test_mark_echoes_finds_what_a_search_through_everything_finds(rows):
    who = np.array([row[:3] for row in rows], np.int64).reshape(-1, 3)
    place = np.array([row[3:] for row in rows], np.float64).reshape(-1, 4)
    out = np.empty(len(rows), np.bool_)
    kernel.mark_echoes(who, place, WINDOW_S, nothing_heard(), out)
    assert out.tolist() == plain.marks(who.tolist(), place.tolist(), WINDOW_S)


def reports_of(*rows):
    """Kind, sensor, time, latitude in steps of I021/130."""
    kind, sensor, time_s, steps = (np.array(column) for column in zip(*rows, strict=True))
    return empty_reports(len(rows))._replace(
        kind=kind.astype(np.int8),
        sensor=sensor.astype(np.int32),
        time_s=time_s.astype(np.float64),
        lat_rad=steps * GRAIN_RAD,
        lon_rad=np.zeros(len(rows)),
        icao=np.full(len(rows), 0x4CA123, np.int32),
    )


def found(*rows, heard=None):
    reports = reports_of(*rows)
    grain = np.full(len(rows), GRAIN_RAD)
    return echoes(reports, grain, nothing_heard() if heard is None else heard).tolist()


def test_a_squitter_that_two_stations_hear_is_left_alone():
    assert found((ADSB, 0, 10.0, 5), (ADSB, 1, 10.1, 5)) == [False, False]


def test_a_multilateration_report_with_the_position_that_was_sent_is_no_measurement():
    assert found((ADSB, 0, 10.0, 5), (MLAT, 1, 10.3, 5.4)) == [False, True]
    assert found((ADSB, 0, 10.0, 5), (MLAT, 1, 10.3, 7)) == [False, False]


def test_an_aircraft_at_rest_is_seen_by_one_station_at_every_squitter():
    assert found((ADSB, 0, 10.0, 5), (ADSB, 0, 10.5, 5), (ADSB, 0, 11.0, 5)) == [False] * 3


def test_a_position_that_a_station_sends_again_with_its_old_stamp_counts_once():
    assert found((ADSB, 0, 10.0, 5), (ADSB, 0, 10.0, 5)) == [False, True]


def test_tracks_of_another_tracker_are_left_alone():
    assert found((ADSB, 0, 10.0, 5), (TRACK, 1, 10.0, 5)) == [False, False]


def test_echoes_are_found_across_batches_and_forgotten_after_the_window():
    heard = nothing_heard()
    assert found((ADSB, 0, 10.0, 5), heard=heard) == [False]
    assert found((MLAT, 1, 10.9, 5), heard=heard) == [True]
    assert found((MLAT, 1, 11.1, 5), heard=heard) == [False]
