"""What is asked of the store of the picture, and what it answers (`ports.Store`)."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.model.tracks import TrackRows, concat_rows, take_rows

INFINITY = float("inf")


class Area(NamedTuple):
    """A part of the map: a box in longitude and latitude, or what a polygon cuts out of it.

    Edges are straight in longitude and latitude, as in GeoJSON (RFC 7946, section 3.1.1).
    """

    west_rad: float
    south_rad: float
    east_rad: float
    """Less than `west_rad` where the box crosses the antimeridian (RFC 7946, section 5.2)."""
    north_rad: float
    polygon_rad: tuple[tuple[float, float], ...] = ()
    """Corners (longitude, latitude) of one ring, the last joined to the first; empty for the
    box."""


def polygon_area(corners_rad: Sequence[tuple[float, float]]) -> Area:
    """Make the area of a ring of corners (longitude, latitude) that stays off the antimeridian."""
    lon_rad, lat_rad = zip(*corners_rad, strict=True)
    box = min(lon_rad), min(lat_rad), max(lon_rad), max(lat_rad)
    return Area(*box, polygon_rad=tuple(corners_rad))


class Cursor(NamedTuple):
    """How far a history was read: the last row given."""

    time_s: float
    track: int
    unit: str
    n_alike: int
    """Rows given that have this time, track and unit."""

    def text(self) -> str:
        """Text that `cursor_of` reads, to go into an address."""
        return f"{self.time_s.hex()}/{self.track}/{self.n_alike}/{self.unit}"


def cursor_of(text: str) -> Cursor:
    """Read the text of a cursor.

    Raises
    ------
    ValueError
        It is none.
    """
    parts = text.split("/", 3)
    if len(parts) != 4:
        raise ValueError(f"expected a cursor TIME/TRACK/N/UNIT, got {text!r}")
    return Cursor(float.fromhex(parts[0]), int(parts[1]), parts[3], int(parts[2]))


class HistoryQuery(NamedTuple):
    """Which track updates are asked for; all conditions hold at once."""

    from_s: float = -INFINITY
    """First time, UTC seconds since 1970."""
    until_s: float = INFINITY
    """Last time."""
    area: Area | None = None
    tracks: tuple[int, ...] = ()
    """Numbers of tracks; all where it is empty."""
    unit: str = ""
    """Who tracked; all units where it is empty."""
    icao: int = -1
    """24-bit address; any where it is -1."""
    callsign: int = -1
    """Packed (`model.reports.pack_callsign`); any where it is -1."""
    limit: int = 1000
    """Rows at most, at least one."""
    after: Cursor | None = None
    """Go on behind this row, with the other conditions unchanged."""


class StoredTracks(NamedTuple):
    """Track updates of several units."""

    rows: TrackRows
    unit: npt.NDArray[np.int32]
    """Who made each row: an index in `units`, (n,)."""
    units: tuple[str, ...]
    """Names, sorted."""


class HistoryPage(NamedTuple):
    """Part of a history, ordered by time, track and unit."""

    tracks: StoredTracks
    after: Cursor | None
    """Where the next page begins; None behind the last one."""


class SensorRecord(NamedTuple):
    """How one sensor fared at one time."""

    time_s: float
    unit: str
    sensor: str
    state: str
    figures: Mapping[str, Any]
    """What else is known, as JSON holds it."""


class AlertRecord(NamedTuple):
    """One state in the life of an alert (DESIGN 2.1, `alerts.jsonl`)."""

    id: str
    unit: str
    rule: str
    state: str
    """``raised``, ``updated``, ``acknowledged``, ``cleared``."""
    time_s: float
    """When it got into this state."""
    event_time_s: float
    """When what it tells of happens or happened; NaN where unknown."""
    tracks: tuple[int, ...]
    severity: str
    area: Mapping[str, Any] | None
    """GeoJSON geometry."""
    evidence: Mapping[str, Any]
    """As JSON holds it."""


AlertPlace = tuple[float, str, str, str]
"""Time, unit, identifier and state: the order of alerts, and what makes one unique."""


def alert_place(alert: AlertRecord) -> AlertPlace:
    """Place of an alert's state in the order of all."""
    return alert.time_s, alert.unit, alert.id, alert.state


class AlertQuery(NamedTuple):
    """Which states of alerts are asked for; all conditions hold at once."""

    from_s: float = -INFINITY
    until_s: float = INFINITY
    rule: str = ""
    state: str = ""
    id: str = ""
    limit: int = 1000
    after: AlertPlace | None = None
    """Go on behind this one."""


class StoreState(NamedTuple):
    """How the store fares."""

    is_up: bool
    n_written: int
    """Rows of tracks since it was opened."""
    n_waiting: int
    """Rows that are not yet written."""
    n_dropped: int
    """Rows lost: too many were waiting, or the store was away when the run ended."""
    error: str
    """What went wrong last; empty while it is up."""


def stored(parts: Sequence[tuple[TrackRows, str]]) -> StoredTracks:
    """Join rows of units, in the order given."""
    units = tuple(sorted({unit for _, unit in parts}))
    index = [np.full(rows.time_s.size, units.index(unit), np.int32) for rows, unit in parts]
    rows = concat_rows([rows for rows, _ in parts])
    return StoredTracks(rows, np.concatenate([np.zeros(0, np.int32), *index]), units)


def take_stored(tracks: StoredTracks, index: npt.NDArray[np.generic] | slice) -> StoredTracks:
    """Rows selected by an index array, a mask or a slice, in that order."""
    return tracks._replace(rows=take_rows(tracks.rows, index), unit=tracks.unit[index])


def join_stored(parts: Sequence[StoredTracks]) -> StoredTracks:
    """Join what was found in parts, in the order given."""
    if len(parts) == 1:
        return parts[0]
    units = tuple(sorted({unit for part in parts for unit in part.units}))
    place = {unit: i for i, unit in enumerate(units)}
    index = [
        np.array([place[unit] for unit in part.units], np.int32)[part.unit]
        for part in parts
        if part.unit.size
    ]
    rows = concat_rows([part.rows for part in parts])
    return StoredTracks(rows, np.concatenate([np.zeros(0, np.int32), *index]), units)
