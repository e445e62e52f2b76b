"""Report, track and truth tables as people read them: Arrow and Parquet, degrees, words.

Inside, tables are struct-of-arrays in SI and radians; outside, every ``_rad`` column is a ``_deg``
column, sensors and classes are words, 0/1 flags are booleans, and a callsign is text or null. Flat
scenes have ``x_m, y_m, vx_mps, vy_mps`` instead of latitude, longitude and the velocities north and
east (DESIGN 2.2); inside, `lon_rad` holds x and `lat_rad` y in metres as they stand.
"""

from typing import Final

import numpy as np
import pyarrow as pa

from skypact.errors import RecordingError
from skypact.model.reports import KINDS, REPORT_DTYPES, ReportBatch, empty_reports
from skypact.model.tracks import CLASSES, TRACK_DTYPES, TrackRows, empty_rows
from skypact.model.truth import TRUTH_DTYPES, TruthRows
from skypact.record.columns import (
    Column,
    callsigns,
    column_name,
    indices,
    inside,
    names,
    outside,
    times,
    words,
)
from skypact.units import DEGREE, NANOSECONDS

REPORT_FLAGS: Final = frozenset({"spi", "coast", "simulated", "test"})
TRACK_FLAGS: Final = frozenset({"confirmed"})
REQUIRED_REPORT_COLUMNS: Final = frozenset({"time_s", "sensor", "kind"})

MAX_M: Final = 1e9
"""Farthest place of a flat scene [m], twice as far as the moon."""
FLAT_NAMES: Final = {"lon_rad": "x_m", "lat_rad": "y_m", "ve_mps": "vx_mps", "vn_mps": "vy_mps"}
"""Names outside of the columns that are others in a flat scene."""
_FLAT_ORDER: Final = {
    "lat_rad": "lon_rad",
    "lon_rad": "lat_rad",
    "vn_mps": "ve_mps",
    "ve_mps": "vn_mps",
}
"""Outside, x comes before y."""


def reports_to_arrow(reports: ReportBatch, sensors: list[str]) -> pa.Table:
    """Make the table of `reports.parquet`; `sensors` are the names by sensor index."""
    columns = {}
    for name, column in reports._asdict().items():
        if name == "sensor":
            columns[name] = words(column, sensors)
        elif name == "kind":
            columns[name] = words(column, KINDS)
        else:
            columns[column_name(name)] = outside(name, column, REPORT_FLAGS)
    return pa.table(columns)


def tracks_to_arrow(rows: TrackRows, unit: str, flat: bool = False) -> pa.Table:
    """Make the table of `tracks.parquet`; `unit` names who tracked."""
    columns = _states_to_arrow(rows, TRACK_FLAGS, flat)
    names_unit = pa.repeat(pa.scalar(unit, pa.string()), rows.time_s.size)
    return pa.table({"time_s": columns.pop("time_s"), "unit": names_unit, **columns})


def truth_to_arrow(rows: TruthRows, flat: bool = False) -> pa.Table:
    """Make the table of `truth.parquet`."""
    return pa.table(_states_to_arrow(rows, frozenset(), flat))


def _states_to_arrow(
    rows: TrackRows | TruthRows, flags: frozenset[str], flat: bool
) -> dict[str, pa.Array]:
    """Columns of tracks or truth."""
    columns = {}
    for field in rows._fields:
        name = _FLAT_ORDER.get(field, field) if flat else field
        column = getattr(rows, name)
        if name == "target_class":
            columns["class"] = words(np.maximum(column, 0), CLASSES)
        elif flat and name in FLAT_NAMES:
            columns[FLAT_NAMES[name]] = pa.array(column)
        else:
            columns[column_name(name)] = outside(name, column, flags)
    return columns


def _checked(table: pa.Table, required: set[str]) -> None:
    once(table)
    missing = sorted(required - set(table.column_names))
    if missing:
        raise RecordingError(
            f"expected the columns of docs/reference/tables.md, got none named {', '.join(missing)}"
        )


def once(table: pa.Table) -> None:
    """Check that no two columns share a name.

    Raises
    ------
    RecordingError
        Two do; the message names them.
    """
    twice = [name for name in table.column_names if table.column_names.count(name) > 1]
    if twice:
        raise RecordingError(f"expected each column once, got {twice[0]} twice; rename one")


def _is_flat(table: pa.Table) -> bool:
    """Whether a table of tracks or truth has plane positions; those on the earth win."""
    found = set(table.column_names)
    return {"x_m", "y_m"} <= found and not {"lat_deg", "lon_deg"} <= found


def _value(name: str, label: str, column: pa.ChunkedArray, dtype: type[np.generic]) -> Column:
    """One column as it is inside; `label` is its name outside.

    Raises
    ------
    RecordingError
        It holds something else.
    """
    try:
        if name == "callsign":
            return callsigns(column)
        if name == "kind":
            return indices(column, KINDS).astype(dtype)
        if name == "target_class":
            return indices(column, CLASSES, absent=0).astype(dtype)
        values = inside(column, dtype)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, RecordingError) as error:
        raise RecordingError(f"column {label}: {error}") from error
    return values * DEGREE if label.endswith("_deg") else values


def _states_from_arrow(
    table: pa.Table, dtypes: dict[str, type[np.generic]], label: str, flat: bool
) -> dict[str, Column]:
    """Columns that a table of tracks or truth has; `label` names the object's number."""
    position = {"x_m", "y_m"} if flat else {"lat_deg", "lon_deg"}
    if not position <= set(table.column_names):
        raise RecordingError(
            "expected positions in columns lat_deg and lon_deg (flat scenes: x_m and y_m), got "
            f"{', '.join(table.column_names) or 'no column'}"
        )
    _checked(table, {"time_s", label})
    columns = {}
    for name, dtype in dtypes.items():
        outer = "class" if name == "target_class" else column_name(name)
        outer = FLAT_NAMES.get(name, outer) if flat else outer
        if outer in table.column_names:
            columns[name] = _value(name, outer, table[outer], dtype)
    times(columns["time_s"], may_lack=False)
    _places(columns, flat)
    return columns


def _places(columns: dict[str, Column], flat: bool) -> None:
    """Check positions, and let longitudes end at 180 degrees, in place; NaN passes.

    Raises
    ------
    RecordingError
        One cannot be on the earth, or is infinite.
    """
    for name, low_deg, high_deg in (("lat_rad", -90.0, 90.0), ("lon_rad", -180.0, 360.0)):
        column = columns[name]
        low, high = (-MAX_M, MAX_M) if flat else (low_deg * DEGREE, high_deg * DEGREE)
        wrong = np.flatnonzero((column < low) | (column > high))
        if wrong.size:
            got = column[wrong[0]]
            outer, what = FLAT_NAMES[name], f"metres, at most {MAX_M:g}, got {got:g}"
            if not flat:
                outer, got = column_name(name), got / DEGREE
                what = f"degrees from {low_deg:g} to {high_deg:g}, got {got:g}"
            raise RecordingError(f"column {outer}: row {wrong[0]}: expected {what}")
    if not flat:
        lon_rad = columns["lon_rad"]
        columns["lon_rad"] = np.where(lon_rad > np.pi, lon_rad - 2.0 * np.pi, lon_rad)


def tracks_from_arrow(table: pa.Table) -> tuple[TrackRows, bool]:
    """Read tracks from any table with the columns of `tracks.parquet`, and whether it is flat.

    Only `time_s`, `track` and the position are needed: other columns that are missing are absent
    values, but a table without `confirmed` holds confirmed tracks only. Unknown columns are
    ignored.

    Raises
    ------
    RecordingError
        A column is missing or holds something else; the message names it.
    """
    flat = _is_flat(table)
    columns = _states_from_arrow(table, TRACK_DTYPES, "track", flat)
    columns["confirmed"] = np.abs(columns.get("confirmed", np.ones(table.num_rows, np.int8)))
    rows = empty_rows(table.num_rows)._replace(**columns)
    return rows._replace(target_class=np.maximum(rows.target_class, 0)), flat


def truth_from_arrow(table: pa.Table) -> tuple[TruthRows, bool]:
    """Read truth from any table with the columns of `truth.parquet`, and whether it is flat.

    Only `time_s`, `target` and the position are needed; other columns that are missing are absent
    values, unknown columns are ignored.

    Raises
    ------
    RecordingError
        A column is missing or holds something else; the message names it.
    """
    flat = _is_flat(table)
    n = table.num_rows
    absent = {
        name: np.full(n, np.nan) if dtype is np.float64 else np.full(n, -1, dtype)
        for name, dtype in TRUTH_DTYPES.items()
    }
    absent["target_class"] = np.zeros(n, np.int8)
    return TruthRows(**absent | _states_from_arrow(table, TRUTH_DTYPES, "target", flat)), flat


def reports_from_arrow(table: pa.Table) -> tuple[ReportBatch, list[str]]:
    """Read reports and sensor names from a table as `reports_to_arrow` makes it.

    Columns that are missing are absent values; columns that are unknown are ignored.

    Raises
    ------
    RecordingError
        `time_s`, `sensor` or `kind` is missing, a column holds something else, a row has neither
        time nor arrival, or a time cannot be seconds since 1970.
    """
    _checked(table, set(REQUIRED_REPORT_COLUMNS))
    columns = empty_reports(table.num_rows)._asdict()
    try:
        columns["sensor"], sensors = names(table["sensor"])
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, RecordingError) as error:
        raise RecordingError(f"column sensor: {error}") from error
    columns["sensor"] = columns["sensor"].astype(np.int32)
    for name, dtype in REPORT_DTYPES.items():
        outer = column_name(name)
        if name != "sensor" and outer in table.column_names:
            columns[name] = _value(name, outer, table[outer], dtype)
    for flag in REPORT_FLAGS:
        columns[flag] = np.maximum(columns[flag], 0)
    times(columns["time_s"], may_lack=True)
    _arrivals(table, columns)
    return ReportBatch(**columns), sensors


def _arrivals(table: pa.Table, columns: dict[str, Column]) -> None:
    """Let reports without a receive stamp arrive at their own time, in place."""
    lacking = np.ones(table.num_rows, np.bool_)
    if "received_ns" in table.column_names:
        lacking = table["received_ns"].is_null(nan_is_null=True).to_numpy()
    time_s = columns["time_s"][lacking]
    if np.isnan(time_s).any():
        row = int(np.flatnonzero(lacking & np.isnan(columns["time_s"]))[0])
        raise RecordingError(f"row {row}: expected time_s or received_ns, got neither")
    received_ns = columns["received_ns"].copy()
    received_ns[lacking] = np.rint(time_s * NANOSECONDS).astype(np.int64)
    columns["received_ns"] = received_ns
