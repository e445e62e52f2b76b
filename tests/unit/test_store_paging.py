"""Cursors as text, windows of time, places in areas."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skypact.geo.area import within
from skypact.model.store import Area, Cursor, HistoryQuery, cursor_of, polygon_area
from skypact.record.paging import windows

HOURS = st.lists(st.integers(0, 400), min_size=1, max_size=12, unique=True).map(sorted)


@given(st.floats(-1e9, 9e9), st.integers(0, 2**62), st.text(), st.integers(0, 1000))
def test_the_text_of_a_cursor_is_read_as_the_cursor(time_s, track, unit, n_alike):
    cursor = Cursor(time_s, track, unit, n_alike)
    assert cursor_of(cursor.text()) == cursor


@pytest.mark.parametrize("text", ["", "1/2/3", "x/1/2/north", "0x1p0/one/2/north"])
def test_another_text_is_no_cursor(text):
    with pytest.raises(ValueError, match=r"cursor|hexadecimal|literal|split"):
        cursor_of(text)


@given(HOURS, st.floats(-1e6, 2e6), st.floats(0, 1e6), st.integers(1, 10_000), st.integers(1, 99))
def test_windows_hold_every_time_with_rows_once_and_in_order(hours, from_s, span_s, rows, limit):
    begins = [3600.0 * hour for hour in hours]
    query = HistoryQuery(from_s, from_s + span_s, limit=limit)
    found = list(windows(begins, lambda _: rows, query))
    assert all(a < b for a, b in found)
    assert all(b <= c for (_, b), (c, _) in pairwise(found))
    times_s = np.add.outer(begins, [0.0, 1.5, 1800.0, 3599.9]).ravel()
    asked = times_s[(times_s >= query.from_s) & (times_s <= query.until_s)]
    assert all(sum(a <= time_s < b for a, b in found) == 1 for time_s in asked)
    assert len(found) < 12 + 3 * len(hours)


def test_a_dense_hour_is_looked_through_in_short_windows():
    first = next(windows([0.0], lambda _: 36_000_000, HistoryQuery(limit=1000)))
    assert first == (0.0, 0.5)


def test_an_area_holds_places_by_its_ring():
    area = polygon_area([(0.0, 0.0), (0.2, 0.0), (0.2, 0.2), (0.1, 0.05), (0.0, 0.2)])
    lat = np.array([0.02, 0.15, 0.15, 0.3, np.nan])
    lon = np.array([0.1, 0.1, 0.19, 0.1, 0.1])
    assert within(area, lat, lon).tolist() == [True, False, True, False, False]


def test_the_edge_of_a_box_is_inside():
    box = Area(-0.1, -0.1, 0.1, 0.1)
    assert within(box, np.array([0.1, -0.1]), np.array([0.1, -0.1])).all()
