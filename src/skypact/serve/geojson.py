"""Track updates as GeoJSON features.

Source: RFC 7946, sections 3.1.2 (Point), 3.1.4 (LineString), 3.2, 3.3, 4 (longitude, latitude on
WGS 84, then the height above its ellipsoid in metres), 5.2 (boxes across the 180th meridian).
"""

from typing import Annotated, Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Meta

from skypact.model.reports import unpack_callsign
from skypact.model.store import StoredTracks, take_stored
from skypact.model.tracks import CLASSES, TrackRows
from skypact.units import DEGREE

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


class TrackFeature(
    msgspec.Struct, frozen=True, omit_defaults=True, tag_field="type", tag="Feature"
):
    """A track update at its place."""

    id: str
    """Unit, track number and microseconds UTC since 1970 of the update, with dots between."""
    geometry: Point
    properties: TrackProperties


class PathProperties(msgspec.Struct, frozen=True):
    """Times of a path's points."""

    track: int
    times_s: list[float]


class PathFeature(msgspec.Struct, frozen=True, tag_field="type", tag="Feature"):
    """Where a track was; no geometry where it has fewer than two places."""

    geometry: LineString | None
    properties: PathProperties


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
    """Return each row's coordinates."""
    lon = np.round(rows.lon_rad / DEGREE, PLACE_DECIMALS).tolist()
    lat = np.round(rows.lat_rad / DEGREE, PLACE_DECIMALS).tolist()
    height = _known(rows.altitude_m, 1)
    return [[x, y] if z is None else [x, y, z] for x, y, z in zip(lon, lat, height, strict=True)]


def is_placed(rows: TrackRows) -> npt.NDArray[np.bool_]:
    """Mark rows with a place and a time; the others cannot be told, (n,) bool."""
    placed = np.isfinite(rows.lat_rad) & np.isfinite(rows.lon_rad) & np.isfinite(rows.time_s)
    return np.asarray(placed, np.bool_)


def features(tracks: StoredTracks) -> list[TrackFeature]:
    """Return one feature for each placed row (`is_placed`), in their order."""
    tracks = take_stored(tracks, is_placed(tracks.rows))
    rows = tracks.rows
    units = [tracks.units[i] for i in tracks.unit.tolist()]
    micros = np.rint(rows.time_s * MICROSECONDS).astype(np.int64).tolist()
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
    numbers = rows.track.tolist()
    confirmed = (rows.confirmed > 0).tolist()
    times = _times(rows.time_s), rows.time_s.tolist()
    told = zip(numbers, units, *times, confirmed, *columns, strict=True)
    return [
        TrackFeature(f"{row[1]}.{row[0]}.{us}", Point(place), TrackProperties(*row))
        for us, place, row in zip(micros, places(rows), told, strict=True)
    ]


def path(rows: TrackRows, track: int) -> PathFeature:
    """Return a track's placed rows, in order of time, as a line."""
    line = LineString(places(rows)) if rows.time_s.size > 1 else None
    return PathFeature(line, PathProperties(track, rows.time_s.tolist()))


class Link(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where something is."""

    href: str
    rel: str
    type: str
    title: str = ""


class TrackCollection(
    msgspec.Struct, frozen=True, omit_defaults=True, tag_field="type", tag="FeatureCollection"
):
    """Track updates that were asked for."""

    features: list[TrackFeature]
    timeStamp: str
    """When the answer was made, RFC 3339."""
    numberReturned: int
    links: list[Link] = []
    time_s: float | None = None
    """Of the picture, seconds UTC since 1970; only where it is of one instant."""
