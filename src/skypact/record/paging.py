"""Histories in pages: the order of rows, where a page ends, and how far to look for one.

The order is time, track and unit. Rows alike in all three keep the order in which they are found.
"""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.geo.area import within
from skypact.model.store import (
    Cursor,
    HistoryPage,
    HistoryQuery,
    StoredTracks,
    join_stored,
    stored,
    take_stored,
)

Mask = npt.NDArray[np.bool_]
Look = Callable[[float, float, int], StoredTracks]
"""Finds the rows of a query with ``from_s <= time_s < until_s``, in order, the first n of them."""
HOUR_S: Final = 3600.0
FIRST_WINDOW_PAGES: Final = 2.0
"""The first look spans the time in which so many pages of rows were stored."""
SHORTEST_WINDOW_S: Final = 0.5
WIDER: Final = 4.0
"""Each further look spans so many times the time of the one before."""


def in_order(tracks: StoredTracks) -> StoredTracks:
    """Rows in the order of histories."""
    rows = tracks.rows
    return take_stored(tracks, np.lexsort((tracks.unit, rows.track, rows.time_s)))


def selected(tracks: StoredTracks, query: HistoryQuery) -> Mask:
    """Which rows (n,) fulfil the conditions of a query, and are not before its cursor."""
    rows = tracks.rows
    mask = (rows.time_s >= query.from_s) & (rows.time_s <= query.until_s)
    if query.tracks:
        mask &= np.isin(rows.track, np.array(query.tracks, np.int64))
    if query.icao >= 0:
        mask &= rows.icao == query.icao
    if query.callsign >= 0:
        mask &= rows.callsign == query.callsign
    if query.unit:
        mask &= tracks.unit == _place(tracks.units, query.unit)
    if query.area is not None:
        mask &= within(query.area, rows.lat_rad, rows.lon_rad)
    if query.after is not None:
        mask &= ~_before(tracks, query.after)
    return mask


def _place(units: tuple[str, ...], unit: str) -> int:
    return units.index(unit) if unit in units else -1


def _before(tracks: StoredTracks, cursor: Cursor) -> Mask:
    """Which rows (n,) come before all rows alike the cursor's."""
    rows = tracks.rows
    rank = np.array([unit < cursor.unit for unit in tracks.units] or [False], np.bool_)
    same_time = rows.time_s == cursor.time_s
    same_track = same_time & (rows.track == cursor.track)
    before: Mask = (
        (rows.time_s < cursor.time_s)
        | (same_time & (rows.track < cursor.track))
        | (same_track & rank[tracks.unit])
    )
    return before


def _alike(tracks: StoredTracks, cursor: Cursor) -> Mask:
    rows = tracks.rows
    alike: Mask = (
        (rows.time_s == cursor.time_s)
        & (rows.track == cursor.track)
        & (tracks.unit == _place(tracks.units, cursor.unit))
    )
    return alike


def page(found: StoredTracks, query: HistoryQuery) -> HistoryPage:
    """Cut a page out of selected rows in order, those alike the cursor's among them."""
    skip = 0 if query.after is None else query.after.n_alike
    is_last = found.rows.time_s.size <= skip + query.limit
    tracks = take_stored(found, slice(skip, skip + query.limit))
    if is_last or not tracks.rows.time_s.size:
        return HistoryPage(tracks, None)
    rows = tracks.rows
    last = Cursor(float(rows.time_s[-1]), int(rows.track[-1]), tracks.units[tracks.unit[-1]], 0)
    n_alike = int(np.count_nonzero(_alike(take_stored(found, slice(skip + query.limit)), last)))
    return HistoryPage(tracks, last._replace(n_alike=n_alike))


def windows(
    hours: list[float], n_rows: Callable[[float], int], query: HistoryQuery
) -> Iterator[tuple[float, float]]:
    """Spans of time to look through one after the other, each wider than the one before.

    Parameters
    ----------
    hours : list of float
        Beginnings of the hours that hold rows, UTC seconds, rising.
    n_rows : callable
        Rows that an hour holds, of all tracks.
    query : HistoryQuery
        Its times, its cursor and its limit count.

    Yields
    ------
    (float, float)
        From (included) until (excluded); together all that the query spans and `hours` hold.
    """
    from_s = query.from_s if query.after is None else max(query.from_s, query.after.time_s)
    until_s = float(np.nextafter(query.until_s, np.inf))
    width_s = 0.0
    for place, hour_s in enumerate(hours):
        if hour_s + HOUR_S <= from_s:
            continue
        from_s = max(from_s, hour_s)
        if from_s >= until_s:
            return
        if not width_s:
            pages = n_rows(hour_s) / (query.limit * FIRST_WINDOW_PAGES)
            width_s = max(SHORTEST_WINDOW_S, HOUR_S / max(pages, 1.0))
        end_s = hours[place + 1] if place + 1 < len(hours) else hour_s + HOUR_S
        while from_s < min(end_s, until_s):
            to_s = min(from_s + width_s, until_s, hours[-1] + HOUR_S)
            yield from_s, to_s
            from_s, width_s = to_s, width_s * WIDER


def gather(
    hours: list[float], n_rows: Callable[[float], int], query: HistoryQuery, look: Look
) -> HistoryPage:
    """Look through windows until a page is full."""
    need = query.limit + 1 + (0 if query.after is None else query.after.n_alike)
    parts = [stored([])]
    n_found = 0
    for from_s, until_s in windows(hours, n_rows, query):
        part = look(from_s, until_s, need - n_found)
        parts.append(part)
        n_found += part.rows.time_s.size
        if n_found >= need:
            break
    return page(join_stored(parts), query)


def last_updates(
    tracks: StoredTracks, ended: tuple[npt.NDArray[np.int64], list[str]]
) -> StoredTracks:
    """Last row of each track that did not end, by track and unit; `ended` are numbers and units.

    Of rows with equal times the later one counts.
    """
    rows = tracks.rows
    order = np.lexsort((rows.time_s, tracks.unit, rows.track))
    track, unit = rows.track[order], tracks.unit[order]
    is_last = np.ones(order.size, np.bool_)
    is_last[:-1] = (track[1:] != track[:-1]) | (unit[1:] != unit[:-1])
    found = take_stored(tracks, order[is_last])
    over = {(int(number), name) for number, name in zip(*ended, strict=True)}
    lives = [
        (int(number), found.units[unit]) not in over
        for number, unit in zip(found.rows.track, found.unit, strict=True)
    ]
    return take_stored(found, np.array(lives, np.bool_))
