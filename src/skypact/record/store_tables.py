"""Alerts, sensors and ended tracks as tables of the store, beside `tracks.parquet`'s own."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.dataset as ds

from skypact.model.reports import unpack_callsign
from skypact.model.store import AlertRecord, Area, HistoryQuery, SensorRecord, StoredTracks
from skypact.model.tracks import empty_rows
from skypact.record.columns import names
from skypact.record.tables import tracks_from_arrow, tracks_to_arrow
from skypact.units import DEGREE

TRACKS: Final = tracks_to_arrow(empty_rows(0), "").schema
ENDED: Final = pa.schema([("time_s", pa.float64()), ("unit", pa.string()), ("track", pa.int64())])
SENSORS: Final = pa.schema(
    [("time_s", pa.float64())]
    + [(name, pa.string()) for name in ("unit", "sensor", "state", "figures")]
)
ALERTS: Final = pa.schema(
    [
        ("time_s", pa.float64()),
        ("unit", pa.string()),
        ("id", pa.string()),
        ("rule", pa.string()),
        ("state", pa.string()),
        ("event_time_s", pa.float64()),
        ("tracks", pa.list_(pa.int64())),
        ("severity", pa.string()),
        ("area", pa.string()),
        ("evidence", pa.string()),
    ]
)
MARGIN_DEG: Final = 1e-9
"""A box in degrees is so much wider than in radians, where it is decided."""


def json_text(value: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    """Write a value as JSON."""
    return msgspec.json.encode(value).decode()


def json_value(text: str | None) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Read JSON; None for none."""
    return None if text is None else msgspec.json.decode(text)


def ended_table(ended: npt.NDArray[np.int64], unit: str, now_s: float) -> pa.Table:
    """Make the table of tracks that ended."""
    columns = [pa.array(np.full(ended.size, now_s)), pa.array([unit] * ended.size, pa.string())]
    return pa.table([*columns, pa.array(ended.astype(np.int64))], schema=ENDED)


def sensors_table(sensors: Sequence[SensorRecord]) -> pa.Table:
    """Make the table of sensors' records."""
    rows = [r._asdict() | {"figures": json_text(r.figures)} for r in sensors]
    return pa.Table.from_pylist(rows, schema=SENSORS)


def sensors_from(table: pa.Table) -> list[SensorRecord]:
    """Read sensors' records."""
    return [
        SensorRecord(**row | {"figures": json_value(row["figures"])}) for row in table.to_pylist()
    ]


def alerts_table(alerts: Sequence[AlertRecord]) -> pa.Table:
    """Make the table of alerts' states."""
    rows = [
        alert._asdict()
        | {
            "tracks": list(alert.tracks),
            "area": None if alert.area is None else json_text(alert.area),
            "evidence": json_text(alert.evidence),
        }
        for alert in alerts
    ]
    return pa.Table.from_pylist(rows, schema=ALERTS)


def alerts_from(table: pa.Table) -> list[AlertRecord]:
    """Read alerts' states."""
    return [
        AlertRecord(
            **row
            | {
                "tracks": tuple(row["tracks"]),
                "area": json_value(row["area"]),
                "evidence": json_value(row["evidence"]),
            }
        )
        for row in table.to_pylist()
    ]


def stored_from(table: pa.Table) -> StoredTracks:
    """Read rows and the units that made them."""
    rows, _ = tracks_from_arrow(table)
    unit, units = names(table["unit"])
    return StoredTracks(rows, unit.astype(np.int32), tuple(units))


def box_condition(area: Area) -> ds.Expression:
    """Condition on columns that everything in an area fulfils."""
    lat, lon = ds.field("lat_deg"), ds.field("lon_deg")
    south, north = area.south_rad / DEGREE - MARGIN_DEG, area.north_rad / DEGREE + MARGIN_DEG
    west, east = area.west_rad / DEGREE - MARGIN_DEG, area.east_rad / DEGREE + MARGIN_DEG
    from_west, to_east = lon >= west, lon <= east
    crosses = area.west_rad > area.east_rad
    across = (from_west | to_east) if crosses else (from_west & to_east)
    return (lat >= south) & (lat <= north) & across


def condition(query: HistoryQuery) -> ds.Expression | None:
    """Condition on columns that every row of a query fulfils, but for its times."""
    parts = []
    if query.tracks:
        parts.append(ds.field("track").isin(list(query.tracks)))
    if query.icao >= 0:
        parts.append(ds.field("icao") == query.icao)
    if query.callsign >= 0:
        parts.append(ds.field("callsign") == unpack_callsign(query.callsign))
    if query.unit:
        parts.append(ds.field("unit") == query.unit)
    if query.area is not None:
        parts.append(box_condition(query.area))
    whole: ds.Expression | None = None
    for part in parts:
        whole = part if whole is None else whole & part
    return whole
