"""Report and track tables as people read them: Arrow and Parquet, degrees, words (DESIGN 2.2).

Inside, tables are struct-of-arrays in SI and radians; outside, every ``_rad`` column is a ``_deg``
column, sensors and classes are words, 0/1 flags are booleans, and a callsign is text or null.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skypact.errors import RecordingError
from skypact.model.reports import (
    KINDS,
    REPORT_DTYPES,
    ReportBatch,
    empty_reports,
    pack_callsign,
    unpack_callsign,
)
from skypact.model.tracks import CLASSES, TrackRows
from skypact.units import DEGREE, NANOSECONDS

REPORT_FLAGS: Final = frozenset({"spi", "coast", "simulated", "test"})
TRACK_FLAGS: Final = frozenset({"confirmed"})
REQUIRED_REPORT_COLUMNS: Final = frozenset({"time_s", "sensor", "kind"})

Column = npt.NDArray[Any]


def _column_name(name: str) -> str:
    return name.removesuffix("_rad") + "_deg" if name.endswith("_rad") else name


def _words(index: Column, words: tuple[str, ...] | list[str]) -> pa.Array:
    codes = pa.array(index.astype(np.int32))
    return pa.DictionaryArray.from_arrays(codes, pa.array(words, pa.string())).cast(pa.string())


def _callsigns(packed: npt.NDArray[np.int64]) -> pa.Array:
    values, inverse = np.unique(packed, return_inverse=True)
    words = pa.array([unpack_callsign(int(v)) or None for v in values], pa.string())
    return words.take(pa.array(inverse.reshape(-1)))


def _outside(name: str, column: Column, flags: frozenset[str]) -> pa.Array:
    if name == "callsign":
        return _callsigns(column.astype(np.int64))
    if name in flags:
        return pa.array(column > 0)
    return pa.array(column / DEGREE if name.endswith("_rad") else column)


def reports_to_arrow(reports: ReportBatch, sensors: list[str]) -> pa.Table:
    """Make the table of `reports.parquet`; `sensors` are the names by sensor index."""
    columns = {}
    for name, column in reports._asdict().items():
        if name == "sensor":
            columns[name] = _words(column, sensors)
        elif name == "kind":
            columns[name] = _words(column, KINDS)
        else:
            columns[_column_name(name)] = _outside(name, column, REPORT_FLAGS)
    return pa.table(columns)


def tracks_to_arrow(rows: TrackRows, unit: str) -> pa.Table:
    """Make the table of `tracks.parquet`; `unit` names who tracked."""
    columns = {}
    for name, column in rows._asdict().items():
        if name == "target_class":
            columns["class"] = _words(np.maximum(column, 0), CLASSES)
        else:
            columns[_column_name(name)] = _outside(name, column, TRACK_FLAGS)
        if name == "time_s":
            columns["unit"] = pa.repeat(pa.scalar(unit, pa.string()), rows.time_s.size)
    return pa.table(columns)


def _inside(column: pa.ChunkedArray, dtype: type[np.generic]) -> Column:
    filled = column.cast(pa.float64() if dtype is np.float64 else pa.int64())
    values = filled.fill_null(float("nan") if dtype is np.float64 else -1).to_numpy()
    result: Column = values.astype(dtype)
    return result


def _indices(column: pa.ChunkedArray, words: list[str]) -> Column:
    encoded = pa.chunked_array([column.combine_chunks().cast(pa.string())]).dictionary_encode()
    chunk = encoded.combine_chunks()
    chunk = chunk.chunk(0) if isinstance(chunk, pa.ChunkedArray) else chunk
    place = {word: i for i, word in enumerate(words)}
    found = chunk.dictionary.to_pylist()
    unknown = [word for word in found if word not in place]
    if unknown or chunk.null_count:
        raise RecordingError(f"expected one of {', '.join(words)}, got {unknown or 'nothing'}")
    index: Column = chunk.indices.to_numpy(zero_copy_only=False)
    codes: Column = np.array([place[word] for word in found], np.int64)[index]
    return codes


def reports_from_arrow(table: pa.Table) -> tuple[ReportBatch, list[str]]:
    """Read reports and sensor names from a table as `reports_to_arrow` makes it.

    Columns that are missing are absent values; columns that are unknown are ignored.

    Raises
    ------
    RecordingError
        `time_s`, `sensor` or `kind` is missing, or a kind is unknown.
    """
    missing = sorted(REQUIRED_REPORT_COLUMNS - set(table.column_names))
    if missing:
        raise RecordingError(
            f"expected the columns of docs/reference/tables.md, got none named {', '.join(missing)}"
        )
    batch = empty_reports(table.num_rows)
    columns = batch._asdict()
    names = sorted(set(table["sensor"].to_pylist()), key=str)
    try:
        for name, dtype in REPORT_DTYPES.items():
            outside = _column_name(name)
            if outside not in table.column_names:
                continue
            if name in ("sensor", "kind"):
                words = names if name == "sensor" else list(KINDS)
                columns[name] = _indices(table[outside], words).astype(dtype)
            elif name == "callsign":
                texts = table[outside].to_pylist()
                packed = {text: pack_callsign(text) if text else -1 for text in set(texts)}
                columns[name] = np.array([packed[text] for text in texts], np.int64)
            else:
                factor = DEGREE if name.endswith("_rad") else 1
                columns[name] = (_inside(table[outside], dtype) * factor).astype(dtype)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise RecordingError(f"column {outside}: {error}") from error
    if "received_ns" not in table.column_names:
        columns["received_ns"] = np.rint(columns["time_s"] * NANOSECONDS).astype(np.int64)
    return ReportBatch(**columns), names
