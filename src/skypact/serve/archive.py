"""The picture's past as the interface for programs asks for it.

A store (`ports.Store`) answers where there is one; without one, as in the demo or a replay, the
page's own history does: the last hours.
"""

from typing import Any, Final, Protocol

import numpy as np

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
from skypact.model.tracks import TrackRows, empty_rows
from skypact.serve.history import CONFIRMED, DEGREES_E7, TrackHistory
from skypact.serve.steplog import Structured
from skypact.units import DEGREE

STRAY_S: Final = 30.0
"""An update's time is nearer than this to the step that made it: later reports are left out."""
FIRST_WINDOW_S: Final = 10.0
WIDER: Final = 4.0
"""Each further look spans so many times the time of the one before."""


class Archive(Protocol):
    """Where past track updates are; a part of `ports.Store`."""

    def history(self, query: HistoryQuery) -> HistoryPage:
        """Track updates by time, place and identity, a page at a time.

        Raises
        ------
        StoreError
            The store is away.
        """
        ...


class RecentArchive:
    """The archive of a unit without a store: the hours that the page remembers.

    Parameters
    ----------
    history : TrackHistory
        Filled by the pipeline, from any thread.
    unit : str
        Whose it is.
    """

    def __init__(self, history: TrackHistory, unit: str) -> None:
        self._history = history
        self._unit = unit

    def history(self, query: HistoryQuery) -> HistoryPage:
        """Return a page of rows in order of time and track."""
        history = self._history
        need = query.limit + 1 + (query.after.n_alike if query.after else 0)
        from_s = max(query.from_s, query.after.time_s if query.after else -np.inf)
        from_s = max(from_s, history.first_s - STRAY_S)
        end_s = min(query.until_s, history.last_s + STRAY_S)
        parts, width_s, n_found = [stored([])], FIRST_WINDOW_S, 0
        is_any = len(history) > 0 and query.unit in ("", self._unit)
        while is_any and from_s <= end_s and n_found < need:
            until_s = min(from_s + width_s, end_s)
            found = self._look(query._replace(from_s=from_s, until_s=until_s))
            parts.append(found)
            n_found += found.rows.time_s.size
            from_s, width_s = float(np.nextafter(until_s, np.inf)), width_s * WIDER
        return _page(join_stored(parts), query, self._unit)

    def _look(self, query: HistoryQuery) -> StoredTracks:
        """Return the rows that a query selects, in order."""
        steps = self._history.rows_parts(query.from_s - STRAY_S, query.until_s + STRAY_S)
        rows = [rows_from_picture(_selected(part, query)) for part in steps]
        found = stored([(part, self._unit) for part in rows])
        order = np.lexsort((found.rows.track, found.rows.time_s))
        found = take_stored(found, order)
        if query.area is None:
            return found
        return take_stored(found, within(query.area, found.rows.lat_rad, found.rows.lon_rad))


def _selected(part: Structured, query: HistoryQuery) -> Structured:
    """Copy the rows that fulfil the conditions, but for the area, and are not before the cursor."""
    time_s, track = part["time_s"], part["track"]
    mask = (time_s >= query.from_s) & (time_s <= query.until_s)
    if query.tracks:
        mask &= np.isin(track, np.array(query.tracks, np.int64))
    if query.icao >= 0:
        mask &= part["icao"] == query.icao
    if query.callsign >= 0:
        mask &= part["callsign"] == query.callsign
    if query.after is not None:
        mask &= (time_s > query.after.time_s) | (track >= query.after.track)
    return part[mask]


def _page(found: StoredTracks, query: HistoryQuery, unit: str) -> HistoryPage:
    """Cut a page out of rows in order, those alike the cursor's among them."""
    skip = query.after.n_alike if query.after else 0
    tracks = take_stored(found, slice(skip, skip + query.limit))
    rows = found.rows
    end = skip + tracks.rows.time_s.size
    if end == rows.time_s.size:
        return HistoryPage(tracks, None)
    time_s, track = rows.time_s[:end], rows.track[:end]
    n_alike = int(np.count_nonzero((time_s == time_s[-1]) & (track == track[-1])))
    return HistoryPage(tracks, Cursor(float(time_s[-1]), int(track[-1]), unit, n_alike))


def rows_from_picture(picture: Structured) -> TrackRows:
    """Return rows of the page's history as track rows; what it does not keep is absent.

    Parameters
    ----------
    picture : (n,) ROW
        The error of the position is kept as one figure per axis.
    """
    sigma_m = picture["sigma_m"].astype(np.float64)
    whole = ("time_s", "track", "callsign")
    floats = ("altitude_m", "baro_altitude_m", "vn_mps", "ve_mps", "vu_mps")
    columns: dict[str, Any] = {name: picture[name].astype(np.float64) for name in floats}
    columns |= {name: picture[name].copy() for name in whole}
    return empty_rows(picture.size)._replace(
        **columns,
        icao=picture["icao"].astype(np.int32),
        mode3a=picture["mode3a"].astype(np.int32),
        lat_rad=picture["lat_e7"] / DEGREES_E7 * DEGREE,
        lon_rad=picture["lon_e7"] / DEGREES_E7 * DEGREE,
        sigma_n_m=sigma_m,
        sigma_e_m=sigma_m,
        existence=picture["existence"] / 255.0,
        confirmed=(picture["flags"] & CONFIRMED > 0).astype(np.int8),
        target_class=picture["target_class"].astype(np.int8),
        n_sensors=picture["n_sensors"].astype(np.int32),
        age_s=picture["time_s"] - picture["born_s"],
    )
