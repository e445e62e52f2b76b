"""Columns of tables on their way to Arrow and back: words, flags, degrees, absent values.

Inside, an absent number is NaN or -1; outside it is null or NaN. What cannot be a column's value is
a `RecordingError` that names the row.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skypact.errors import RecordingError
from skypact.model.reports import pack_callsign, unpack_callsign
from skypact.units import DEGREE

Column = npt.NDArray[Any]

TIME_MAX_S: Final = 9.2e9
"""Latest time that nanoseconds since 1970 can hold in 64 bits (year 2261)."""


def column_name(name: str) -> str:
    """Name outside: every ``_rad`` column is a ``_deg`` column."""
    return name.removesuffix("_rad") + "_deg" if name.endswith("_rad") else name


def words(index: Column, known: Sequence[str]) -> pa.Array:
    """Texts of indices (n,) in a list of words."""
    codes = pa.array(index.astype(np.int32))
    texts = pa.array(list(known), pa.string())
    return pa.DictionaryArray.from_arrays(codes, texts).cast(pa.string())


def _callsigns(packed: Column) -> pa.Array:
    values, inverse = np.unique(packed, return_inverse=True)
    texts = pa.array([unpack_callsign(int(v)) or None for v in values], pa.string())
    return texts.take(pa.array(inverse.reshape(-1)))


def outside(name: str, column: Column, flags: frozenset[str]) -> pa.Array:
    """Column as people read it: degrees, texts, booleans."""
    if name == "callsign":
        return _callsigns(column.astype(np.int64))
    if name in flags:
        return pa.array(column > 0)
    return pa.array(column / DEGREE if name.endswith("_rad") else column)


def inside(column: pa.ChunkedArray, dtype: type[np.generic]) -> Column:
    """Numbers of a column; null is absent, and so is NaN among integers.

    Raises
    ------
    RecordingError
        An integer is larger than its column holds.
    pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError
        The column holds no such numbers.
    """
    if dtype is np.float64:
        numbers: Column = column.cast(pa.float64()).fill_null(float("nan")).to_numpy()
        return numbers
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    whole = column.cast(pa.int64()).fill_null(-1).to_numpy()
    limits = np.iinfo(np.dtype(dtype).char)
    wrong = np.flatnonzero((whole < limits.min) | (whole > limits.max))
    if wrong.size:
        raise RecordingError(
            f"row {wrong[0]}: expected {limits.min} to {limits.max}, got {whole[wrong[0]]}"
        )
    integers: Column = whole.astype(dtype)
    return integers


def texts(column: pa.ChunkedArray) -> tuple[Column, list[str | None]]:
    """Index of each row (n,) in the sorted different texts of a column; null is the last of them.

    Numbers count as their texts, because sensors are often numbered.
    """
    encoded = pc.dictionary_encode(column.cast(pa.string()), null_encoding="encode")
    chunk = encoded.combine_chunks()
    chunk = chunk.chunk(0) if isinstance(chunk, pa.ChunkedArray) else chunk
    found: list[str | None] = chunk.dictionary.to_pylist()
    order = sorted(range(len(found)), key=lambda i: (found[i] is None, found[i] or ""))
    rank = np.empty(len(found), np.int64)
    rank[order] = np.arange(len(found))
    index: Column = rank[chunk.indices.to_numpy(zero_copy_only=False)]
    return index, [found[i] for i in order]


def indices(column: pa.ChunkedArray, known: Sequence[str], absent: int | None = None) -> Column:
    """Index of each row's word (n,) in a list of words.

    Raises
    ------
    RecordingError
        A word is not in the list, or none is given and `absent` is None.
    """
    index, found = texts(column)
    place: dict[str | None, int] = {word: i for i, word in enumerate(known)}
    if absent is not None:
        place[None] = absent
    unknown = [word for word in found if word not in place]
    if unknown:
        got = "nothing" if unknown[0] is None else repr(unknown[0])
        row = int(np.flatnonzero(index == found.index(unknown[0]))[0])
        raise RecordingError(f"row {row}: expected one of {', '.join(known)}, got {got}")
    codes: Column = np.array([place[word] for word in found], np.int64)[index]
    return codes


def names(column: pa.ChunkedArray) -> tuple[Column, list[str]]:
    """Index of each row (n,) in the column's sorted different names.

    Raises
    ------
    RecordingError
        A row has none.
    """
    index, found = texts(column)
    if None in found:
        row = int(np.flatnonzero(index == found.index(None))[0])
        raise RecordingError(f"row {row}: expected a name, got nothing; give every row one")
    return index, [name for name in found if name is not None]


def callsigns(column: pa.ChunkedArray) -> Column:
    """Packed callsigns (n,) of a column of texts, -1 where empty."""
    index, found = texts(column)
    packed = np.array([pack_callsign(text) if text else -1 for text in found], np.int64)
    return packed[index] if found else packed


def times(time_s: Column, *, may_lack: bool) -> None:
    """Check times (n,); NaN passes where they may lack.

    Raises
    ------
    RecordingError
        A time is absent, infinite, or so large that it cannot be seconds since 1970.
    """
    fits = np.abs(time_s) <= TIME_MAX_S
    wrong = np.flatnonzero(~(fits | np.isnan(time_s)) if may_lack else ~fits)
    if wrong.size:
        raise RecordingError(
            f"column time_s: row {wrong[0]}: expected seconds UTC since 1970, at most "
            f"{TIME_MAX_S:g}, got {time_s[wrong[0]]:g}; milliseconds and nanoseconds must be "
            "converted"
        )
