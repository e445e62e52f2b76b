"""Track updates as GeoJSON features, for the interface for programs and for outputs.

Source: RFC 7946, sections 3.1.2 (Point), 3.1.4 (LineString), 3.2, 3.3, 4 (longitude, latitude on
WGS 84, then the height above its ellipsoid in metres), 5.2 (boxes across the 180th meridian).
"""

from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Meta

from skypact.encode.columns import plan_values
from skypact.model.flights import FlightPlan
from skypact.model.reports import unpack_callsign
from skypact.model.store import StoredTracks, take_stored
from skypact.model.tracks import CLASSES, TrackRows
from skypact.units import DEGREE

Longs = npt.NDArray[np.int64]
Plans = Sequence[FlightPlan | None] | None
Place = Annotated[list[float], Meta(min_length=2, max_length=3)]

PLACE_DECIMALS: Final = 7
"""Of degrees: 11 mm."""
MILLISECONDS: Final = 1000.0
MICROSECONDS: Final = 1_000_000


class Point(msgspec.Struct, frozen=True, tag_field="type"):
    """Longitude and latitude in degrees, height above the WGS-84 ellipsoid in metres if known."""

    coordinates: Place


class LineString(msgspec.Struct, frozen=True, tag_field="type"):
    """Places in order of time."""

    coordinates: list[Place]


class TrackProperties(msgspec.Struct, frozen=True, omit_defaults=True):
    """One track update; what is not known is left out."""

    track: int
    """Stable number of the track."""
    unit: str
    time: str
    """RFC 3339, UTC, to the millisecond."""
    time_s: float
    """Seconds UTC since 1970."""
    confirmed: bool
    target_class: str = msgspec.field(name="class")
    existence: float | None = None
    altitude_m: float | None = None
    """Above the WGS-84 ellipsoid."""
    baro_altitude_m: float | None = None
    vn_mps: float | None = None
    ve_mps: float | None = None
    vu_mps: float | None = None
    sigma_n_m: float | None = None
    sigma_e_m: float | None = None
    corr_ne: float | None = None
    sigma_u_m: float | None = None
    sigma_vn_mps: float | None = None
    sigma_ve_mps: float | None = None
    p_manoeuvre: float | None = None
    p_ballistic: float | None = None
    icao: str | None = None
    """24-bit address, six hexadecimal digits."""
    mode3a: str | None = None
    """Four octal digits."""
    callsign: str | None = None
    n_sensors: int | None = None
    age_s: float | None = None


class PlannedProperties(TrackProperties, frozen=True):
    """One track update and the flight plan that the track was matched to."""

    plan_callsign: str | None = None
    departure: str | None = None
    destination: str | None = None


class TrackFeature(
    msgspec.Struct, frozen=True, omit_defaults=True, tag_field="type", tag="Feature"
):
    """A track update at its place."""

    id: str
    """Unit, track number and microseconds UTC since 1970 of the update, with dots between."""
    geometry: Point
    properties: TrackProperties


class EndProperties(msgspec.Struct, frozen=True):
    """The end of a track."""

    track: int
    unit: str
    time: str
    """RFC 3339, UTC, to the millisecond."""
    time_s: float
    """Seconds UTC since 1970."""
    ended: bool = True


class EndFeature(msgspec.Struct, frozen=True, tag_field="type", tag="Feature"):
    """A track that ended; it has no place."""

    id: str
    """As that of an update."""
    geometry: None
    properties: EndProperties


class PathProperties(msgspec.Struct, frozen=True):
    """Times of a path's points."""

    track: int
    times_s: list[float]


class PathFeature(msgspec.Struct, frozen=True, tag_field="type", tag="Feature"):
    """Where a track was; no geometry where it has fewer than two places."""

    geometry: LineString | None
    properties: PathProperties


_HEAD: Final = b'{"type":"FeatureCollection","features":'
_JSON: Final = msgspec.json.Encoder()
_FIGURES: Final[dict[str, int]] = {
    "existence": 4, "altitude_m": 1, "baro_altitude_m": 1, "vn_mps": 2, "ve_mps": 2, "vu_mps": 2,
    "sigma_n_m": 1, "sigma_e_m": 1, "corr_ne": 4, "sigma_u_m": 1, "sigma_vn_mps": 2,
    "sigma_ve_mps": 2, "p_manoeuvre": 4, "p_ballistic": 4,
}  # fmt: skip
"""Decimals of the figures, in the order of the properties."""


def _known(values: npt.NDArray[np.float64], decimals: int) -> list[float | None]:
    """Round; None where a value is not finite."""
    ok = np.isfinite(values)
    rounded = np.round(values, decimals).astype(object)
    rounded[~ok] = None
    listed: list[float | None] = rounded.tolist()
    return listed


def _times(time_s: npt.NDArray[np.float64]) -> list[str]:
    moments = np.rint(time_s * MILLISECONDS).astype("datetime64[ms]")
    return [f"{text}Z" for text in np.datetime_as_string(moments).tolist()]


def places(rows: TrackRows) -> list[Place]:
    """Return each row's coordinates; longitudes are -180 to 180 degrees."""
    east = (rows.lon_rad / DEGREE + 180.0) % 360.0 - 180.0
    lon = np.round(east, PLACE_DECIMALS).tolist()
    lat = np.round(rows.lat_rad / DEGREE, PLACE_DECIMALS).tolist()
    height = _known(rows.altitude_m, 1)
    return [[x, y] if z is None else [x, y, z] for x, y, z in zip(lon, lat, height, strict=True)]


def is_placed(rows: TrackRows) -> npt.NDArray[np.bool_]:
    """Mark rows with a place and a time; the others cannot be told, (n,) bool."""
    placed = np.isfinite(rows.lat_rad) & np.isfinite(rows.lon_rad) & np.isfinite(rows.time_s)
    return np.asarray(placed, np.bool_)


def _ids(unit: Sequence[str], track: Longs, time_s: npt.NDArray[np.float64]) -> list[str]:
    micros = np.rint(time_s * MICROSECONDS).astype(np.int64).tolist()
    told = zip(unit, track.tolist(), micros, strict=True)
    return [f"{name}.{number}.{us}" for name, number, us in told]


def features(tracks: StoredTracks, plans: Plans = None) -> list[TrackFeature]:
    """Return one feature for each placed row (`is_placed`), in their order.

    Parameters
    ----------
    tracks : StoredTracks of n rows
        The rows, and who tracks.
    plans : sequence of FlightPlan or None, (n,)
        Of each row; then the properties are `PlannedProperties`.
    """
    placed = is_placed(tracks.rows)
    tracks = take_stored(tracks, placed)
    rows = tracks.rows
    units = [tracks.units[i] for i in tracks.unit.tolist()]
    words = [CLASSES[k] if 0 <= k < len(CLASSES) else CLASSES[0] for k in range(256)]
    columns: list[list[Any]] = [
        [words[k & 255] for k in rows.target_class.tolist()],
        *(_known(getattr(rows, name), decimals) for name, decimals in _FIGURES.items()),
        [f"{v:06x}" if v >= 0 else None for v in rows.icao.tolist()],
        [f"{v:04d}" if v >= 0 else None for v in rows.mode3a.tolist()],
        [unpack_callsign(v) or None for v in rows.callsign.tolist()],
        [v if v >= 0 else None for v in rows.n_sensors.tolist()],
        _known(rows.age_s, 1),
    ]
    kind = TrackProperties
    if plans is not None:
        kind = PlannedProperties
        matched = [plan_values(plans[i]) for i in np.flatnonzero(placed).tolist()]
        columns += [list(column) for column in zip(*matched, strict=True)] or [[], [], []]
    confirmed = (rows.confirmed > 0).tolist()
    times = _times(rows.time_s), rows.time_s.tolist()
    told = zip(rows.track.tolist(), units, *times, confirmed, *columns, strict=True)
    ids = _ids(units, rows.track, rows.time_s)
    return [
        TrackFeature(name, Point(place), kind(*row))
        for name, place, row in zip(ids, places(rows), told, strict=True)
    ]


def path(rows: TrackRows, track: int) -> PathFeature:
    """Return a track's placed rows, in order of time, as a line."""
    line = LineString(places(rows)) if rows.time_s.size > 1 else None
    return PathFeature(line, PathProperties(track, rows.time_s.tolist()))


def _of_unit(rows: TrackRows, unit: str) -> StoredTracks:
    return StoredTracks(rows, np.zeros(rows.time_s.size, np.int32), (unit,))


def feature_collection(rows: TrackRows, unit: str, plans: Plans = None) -> bytes:
    """Return the FeatureCollection of the placed rows (n,) of a unit as JSON."""
    return _HEAD + _JSON.encode(features(_of_unit(rows, unit), plans)) + b"}"


def feature_lines(rows: TrackRows, unit: str, plans: Plans = None) -> list[bytes]:
    """Return the Feature of each placed row (n,) of a unit as a line of JSON."""
    return [_JSON.encode(feature) + b"\n" for feature in features(_of_unit(rows, unit), plans)]


def end_lines(ended: Longs, unit: str, now_s: float) -> list[bytes]:
    """Return a Feature without a place for each track that ended (k,): ``"ended": true``."""
    time_s = np.full(ended.size, now_s)
    told = zip(
        _ids([unit] * ended.size, ended, time_s), ended.tolist(), _times(time_s), strict=True
    )
    return [
        _JSON.encode(EndFeature(name, None, EndProperties(track, unit, time, now_s))) + b"\n"
        for name, track, time in told
    ]
