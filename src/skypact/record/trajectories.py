"""Recorded trajectories from files: the collections' JSON and CSV, and truth tables.

Columns are known by these names (the first that is there):

- time: ``lastposupdate``, ``last_position``, ``timestamp``, ``time``; seconds, or milliseconds
  where the numbers are above 1e11 (time of the position itself is better than that of the row);
- place: ``lat``/``latitude`` and ``lon``/``longitude``, degrees;
- pressure altitude: ``baroaltitude`` (m), ``altitude`` (ft); height above the ellipsoid:
  ``geoaltitude``, ``altitude (m)`` (m);
- ``icao24`` (hexadecimal), ``callsign``, ``squawk``, ``onground``: optional. Without ``icao24`` the
  file holds one object.

Rows on the ground, or without time or place, are left out.
"""

import gzip
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from skypact.decode.jsontext import NOT_JSON
from skypact.errors import RecordingError
from skypact.model.recorded import RecordedPaths
from skypact.model.reports import Floats, Ints, Longs, pack_callsign
from skypact.model.truth import TruthRows
from skypact.record.tables import truth_from_arrow
from skypact.units import DEGREE, FOOT

SIGMA_M: Final = 20.0
"""Typical error of a recorded position per axis. Stamps are coarse: the Paris recording strays by
28 m (1 sigma) along the track and 2 m across it."""
SIGMA_OWN_M: Final = 2.0
"""The same of a log without addresses, of an object's own receiver; of its altitudes too."""
SIGMA_ALTITUDE_M: Final = 8.0
"""Steps of 25 ft."""
_TIME: Final = ("lastposupdate", "last_position", "timestamp", "time")
_TEXTS: Final = ("icao24", "callsign")
"""Columns that must not be taken for numbers."""
_MILLISECONDS: Final = 1e11
_SUFFIXES: Final = (".json.gz", ".json", ".csv", ".parquet")
_Columns = Mapping[str, Sequence[Any]]


def read_trajectories(path: Path) -> RecordedPaths:
    """Read recorded trajectories.

    Parameters
    ----------
    path : Path
        ``.json.gz``, ``.json`` (a list of records, or columns), ``.csv``, or ``.parquet`` with the
        columns of ``truth.parquet``.

    Raises
    ------
    RecordingError
        The file cannot be read, or a column is missing or holds something else; the message names
        the file and the column.
    """
    try:
        if path.name.endswith(".parquet"):
            return _from_truth(pa.parquet.read_table(path))
        if path.name.endswith(".csv"):
            texts = pa.csv.ConvertOptions(column_types=dict.fromkeys(_TEXTS, pa.string()))
            table = pa.csv.read_csv(path, convert_options=texts)
            return _from_columns({name: table[name].to_pylist() for name in table.column_names})
        if path.name.endswith((".json", ".json.gz")):
            data = path.read_bytes()
            return _from_columns(
                _json_columns(gzip.decompress(data) if path.name.endswith(".gz") else data)
            )
    except (OSError, EOFError, zlib.error, pa.ArrowInvalid, *NOT_JSON, RecordingError) as error:
        raise RecordingError(f"{path}: {error}") from error
    raise RecordingError(f"{path}: expected a file named {', '.join(_SUFFIXES)}, got another name")


def _json_columns(data: bytes) -> _Columns:
    """Columns of a list of records, or of a table written by columns."""
    content = msgspec.json.decode(data)
    if isinstance(content, list) and content and all(isinstance(row, dict) for row in content):
        names = {name for row in content for name in row}
        return {name: [row.get(name) for row in content] for name in sorted(names)}
    if isinstance(content, dict) and content:
        columns = {
            name: list(column.values()) if isinstance(column, dict) else column
            for name, column in content.items()
        }
        lengths = {len(c) if isinstance(c, list) else -1 for c in columns.values()}
        if len(lengths) == 1 and -1 not in lengths:
            return columns
    raise RecordingError("expected a list of records or columns of one length, got other JSON")


def _from_truth(table: pa.Table) -> RecordedPaths:
    truth, flat = truth_from_arrow(table)
    if flat:
        raise RecordingError("expected columns lat_deg and lon_deg, got a flat scene's x_m and y_m")
    order = np.lexsort((truth.time_s, truth.target))
    truth = TruthRows._make(column[order] for column in truth)
    _, number = np.unique(truth.target, return_inverse=True)
    n = len(number)
    return RecordedPaths(
        truth.time_s, number.astype(np.int32), truth.lat_rad, truth.lon_rad, truth.altitude_m,
        truth.baro_altitude_m, truth.icao, np.full(n, -1, np.int32), np.full(n, -1, np.int64),
        truth.target_class, 0.0, 0.0,
    )  # fmt: skip


def _from_columns(columns: _Columns) -> RecordedPaths:
    time_s = _time(columns)
    lat = _numbers(columns, _named(columns, "lat", "latitude"))
    lon = _numbers(columns, _named(columns, "lon", "longitude"))
    n = len(time_s)
    absent = np.full(n, np.nan)
    baro, height = absent, absent
    if "baroaltitude" in columns:
        baro = _numbers(columns, "baroaltitude")
    elif "altitude" in columns:
        baro = _numbers(columns, "altitude") * FOOT
    for name in ("geoaltitude", "altitude (m)"):
        if name in columns:
            height = _numbers(columns, name)
            break
    if not (np.isfinite(baro) | np.isfinite(height)).any():
        raise RecordingError(
            "expected altitudes in baroaltitude, altitude, geoaltitude or altitude (m), got none"
        )
    icao = _codes(columns, "icao24", 16)
    names = columns.get("icao24", [None] * n)
    _, number = np.unique(np.array([str(name) for name in names]), return_inverse=True)
    _check_range("latitude", lat, 90.0)
    _check_range("longitude", lon, 360.0)
    sigmas = (SIGMA_M, SIGMA_ALTITUDE_M) if "icao24" in columns else (SIGMA_OWN_M, SIGMA_OWN_M)
    paths = RecordedPaths(
        time_s, number.astype(np.int32), lat * DEGREE, (lon + 180.0) % 360.0 * DEGREE - np.pi,
        height, baro, icao, _codes(columns, "squawk", 10), _callsigns(columns, n),
        np.zeros(n, np.int8), *sigmas,
    )  # fmt: skip
    ground = np.array([_is_true(flag) for flag in columns.get("onground", [None] * n)], np.bool_)
    keep = np.flatnonzero(np.isfinite(time_s + lat + lon) & ~ground)
    if not keep.size:
        raise RecordingError("expected rows with time and place in the air, got none")
    order = keep[np.lexsort((paths.time_s[keep], paths.number[keep]))]
    columns_kept = {name: column[order] for name, column in _arrays(paths).items()}
    return paths._replace(**columns_kept)


def _arrays(paths: RecordedPaths) -> dict[str, Any]:
    return {n: c for n, c in paths._asdict().items() if isinstance(c, np.ndarray)}


def _named(columns: _Columns, *names: str) -> str:
    for name in names:
        if name in columns:
            return name
    raise RecordingError(
        f"expected a column {' or '.join(names)}, got {', '.join(columns) or 'no column'}"
    )


def _numbers(columns: _Columns, name: str) -> Floats:
    """Column as floats; empty values are NaN."""
    try:
        return np.array([np.nan if v is None or v == "" else float(v) for v in columns[name]])
    except (TypeError, ValueError) as error:
        raise RecordingError(f"column {name}: expected numbers, got another value") from error


def _time(columns: _Columns) -> Floats:
    time_s = _numbers(columns, _named(columns, *_TIME))
    return time_s / 1_000.0 if np.nanmax(time_s, initial=0.0) > _MILLISECONDS else time_s


def _check_range(name: str, degrees: Floats, most: float) -> None:
    wrong = np.abs(degrees) > most
    if wrong.any():
        raise RecordingError(
            f"column {name}: expected degrees up to {most:g}, got {degrees[wrong][0]:g}"
        )


def _codes(columns: _Columns, name: str, base: int) -> Ints:
    """Column of codes written as text or numbers; -1 where there is none."""
    values = columns.get(name, [None] * len(next(iter(columns.values()))))
    known = {value: _code(name, value, base) for value in set(values)}
    return np.array([known[value] for value in values], np.int32)


def _code(name: str, value: object, base: int) -> int:
    if value is None or value == "" or value != value:
        return -1
    if isinstance(value, float):
        return int(value)
    try:
        return int(str(value).strip(), base)
    except ValueError as error:
        kind = "hexadecimal addresses" if base == 16 else "codes"
        raise RecordingError(f"column {name}: expected {kind}, got {value!r}") from error


def _callsigns(columns: _Columns, n: int) -> Longs:
    values = columns.get("callsign", [None] * n)
    packed = {value: pack_callsign(str(value).upper()) if value else -1 for value in set(values)}
    return np.array([packed[value] for value in values], np.int64)


def _is_true(flag: object) -> bool:
    return flag is True or str(flag).strip().lower() in ("true", "1")
