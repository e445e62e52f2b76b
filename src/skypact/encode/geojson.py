"""Tracks as GeoJSON: a Feature for each row, properties named as the columns of `tracks.parquet`.

Source: RFC 7946: coordinates are longitude, latitude (degrees) and height above the ellipsoid of
WGS-84 (metres, left out where it is not known). Absent values are null.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from skypact.encode.columns import PLAN_COLUMNS, TRACK_COLUMNS, columns_of, plans_or_none
from skypact.model.flights import FlightPlan
from skypact.model.tracks import TrackRows

Longs = npt.NDArray[np.int64]
Plans = Sequence[FlightPlan | None] | None

_PROPERTIES: Final = (*TRACK_COLUMNS, *PLAN_COLUMNS)
_LAT, _LON, _HEIGHT, _TRACK = (
    TRACK_COLUMNS.index(name) for name in ("lat_deg", "lon_deg", "altitude_m", "track")
)
_HEAD: Final = b'{"type":"FeatureCollection","features":'
_JSON: Final = msgspec.json.Encoder()


def features(rows: TrackRows, unit: str, plans: Plans = None) -> list[dict[str, Any]]:
    """Return a Feature for each row.

    Parameters
    ----------
    rows : TrackRows (n,)
        SI and radians.
    unit : str
        Who tracks; the Feature's id is ``UNIT.TRACK``.
    plans : sequence of FlightPlan or None
        Of each row.
    """
    columns = columns_of(rows, unit)
    n = rows.time_s.size
    said = zip(*columns, strict=True)
    out = []
    for values, planned in zip(said, plans_or_none(plans, n), strict=True):
        lat, lon, height = values[_LAT], values[_LON], values[_HEIGHT]
        geometry: dict[str, Any] | None = None
        if lat is not None and lon is not None:
            place = [lon, lat] if height is None else [lon, lat, height]
            geometry = {"type": "Point", "coordinates": place}
        out.append(
            {
                "type": "Feature",
                "id": f"{unit}.{values[_TRACK]}",
                "geometry": geometry,
                "properties": dict(zip(_PROPERTIES, values + planned, strict=True)),
            }
        )
    return out


def feature_collection(rows: TrackRows, unit: str, plans: Plans = None) -> bytes:
    """Return the FeatureCollection of rows as JSON."""
    return b"".join([_HEAD, _JSON.encode(features(rows, unit, plans)), b"}"])


def feature_lines(rows: TrackRows, unit: str, plans: Plans = None) -> list[bytes]:
    """Return each row's Feature as a line of JSON."""
    return [_JSON.encode(feature) + b"\n" for feature in features(rows, unit, plans)]


def end_lines(ended: Longs, unit: str, now_s: float) -> list[bytes]:
    """Return a Feature without a place for each track that ended (k,): ``"ended": true``."""
    return [
        _JSON.encode(
            {
                "type": "Feature",
                "id": f"{unit}.{track}",
                "geometry": None,
                "properties": {"time_s": now_s, "unit": unit, "track": track, "ended": True},
            }
        )
        + b"\n"
        for track in ended.tolist()
    ]
