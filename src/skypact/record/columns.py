"""Columns of tables on their way to Arrow and back: words, flags, degrees, absent values.

Inside, an absent number is NaN or -1; outside it is null or NaN. What cannot be a column's value is
a `RecordingError` that names the row.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
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

_callsign = lru_cache(maxsize=65_536)(unpack_callsign)

EXACT: Final = 2.0**53
"""Largest number up to which a float64 holds every whole number."""


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
    texts = pa.array([_callsign(v) or None for v in values.tolist()], pa.string())
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
        The column holds no such numbers, or an integer is larger than its column holds.
    """
    if dtype is np.float64:
        numbers: Column = cast(column, pa.float64(), "a number").fill_null(np.nan).to_numpy()
        return numbers
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    whole = cast(column, pa.int64(), "a whole number").fill_null(-1).to_numpy()
    limits = np.iinfo(np.dtype(dtype).char)
    wrong = np.flatnonzero((whole < limits.min) | (whole > limits.max))
    if wrong.size:
        raise RecordingError(
            f"row {wrong[0]}: expected {limits.min} to {limits.max}, got {whole[wrong[0]]}"
        )
    integers: Column = whole.astype(dtype)
    return integers


def cast(column: pa.ChunkedArray, kind: pa.DataType, what: str) -> pa.ChunkedArray:
    """Convert a column (n,); `what` says in words what each row should be.

    Raises
    ------
    RecordingError
        A row cannot be converted, or the column is of a kind that never can.
    """
    try:
        return column.cast(kind)
    except pa.ArrowNotImplementedError as error:
        raise RecordingError(f"expected {what} in each row, got {column.type}") from error
    except pa.ArrowInvalid as error:
        row, count = 0, len(column)
        while count > 1:
            half = count // 2
            if _is_castable(column.slice(row, half), kind):
                row, count = row + half, count - half
            else:
                count = half
        value = column[row].as_py()
        comma = isinstance(value, str) and re.fullmatch(r"\s*[-+]?\d+,\d+\s*", value)
        hint = "; write decimal points, not commas" if comma else ""
        raise RecordingError(f"row {row}: expected {what}, got {value!r}{hint}") from error


def _is_castable(column: pa.ChunkedArray, kind: pa.DataType) -> bool:
    try:
        column.cast(kind)
    except pa.ArrowInvalid:
        return False
    return True


def seconds(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Seconds since 1970 (n,) of dates, as such or as text; other columns as they are.

    Dates without an offset from UTC are UTC. A text may be a number of seconds, too.

    Raises
    ------
    RecordingError
        A text is neither a number nor a date in ISO 8601, or only some dates have an offset.
    """
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        kinds = (pa.float64(), pa.timestamp("us", "UTC"), pa.timestamp("us"))
        fitting = [kind for kind in kinds if _is_castable(column, kind)]
        fitting += [kind for kind in kinds if _is_castable(column.drop_null().slice(0, 1), kind)]
        what = "seconds since 1970, or dates in ISO 8601, all with or all without offset from UTC"
        column = cast(column, [*fitting, kinds[0]][0], what)
    if not pa.types.is_timestamp(column.type):
        return column
    per_second = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}[column.type.unit]
    ticks = column.cast(pa.int64()).cast(pa.float64(), safe=False)
    return pc.divide(ticks, per_second)


def addresses(column: pa.ChunkedArray) -> pa.Array:
    """24-bit addresses (n,) of texts: hexadecimal where all have six digits, else decimal.

    Raises
    ------
    RecordingError
        A text is neither.
    """
    index, found = texts(column)
    given = [(word or "").strip() for word in found]
    six = all(re.fullmatch(r"[0-9A-Fa-f]{6}", word) for word in given if word)
    number: list[int | None] = []
    for place, word in enumerate(given):
        whole = int(word, 16) if six and word else _whole(word)
        if word and whole is None:
            raise RecordingError(
                f"row {np.flatnonzero(index == place)[0]}: expected addresses of six hexadecimal "
                f"digits or decimal numbers, got {word!r}"
            )
        number.append(whole)
    return pa.array(number, pa.int64()).take(pa.array(index))


def _whole(word: str) -> int | None:
    """Read a text of digits as a number; a fraction of zeros is none."""
    match = re.fullmatch(r"([-+]?\d+)(\.0*)?", word, re.ASCII)
    return int(match[1]) if match else None


def objects(column: pa.ChunkedArray, largest: int) -> tuple[Column, dict[int, str]]:
    """Give the object of each row a number (n,), -1 where absent, and the words that the file has.

    Numbers from 0 to `largest` stay. Where there are others, or words, objects are numbered from 1
    in the order of what they are called.

    Raises
    ------
    RecordingError
        A number has a fraction, or is a float too large to be told from the next whole number.
    """
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
        value = column.fill_null(0.0).to_numpy()
        wrong = np.flatnonzero((value != np.trunc(value)) | (np.abs(value) > EXACT))
        if wrong.size:
            raise RecordingError(
                f"row {wrong[0]}: expected whole numbers up to 2^53, or texts, "
                f"got {value[wrong[0]]!r}"
            )
        column = column.cast(pa.int64())
    if pa.types.is_integer(column.type):
        low, high = pc.min_max(column).as_py().values()
        if low is None or (low >= -1 and high <= largest):
            return column.cast(pa.int64()).fill_null(-1).to_numpy(), {}
    index, found = texts(column)
    given = [(word or "").strip() for word in found]
    whole = [_whole(word) for word in given]
    if all(n is not None for n, word in zip(whole, given, strict=True) if word):
        given = ["" if n is None or n == -1 else str(n) for n in whole]
        if all(-1 <= n <= largest for n in whole if n is not None):
            return np.array([-1 if n is None else n for n in whole], np.int64)[index], {}
        order = sorted({word for word in given if word}, key=int)
    else:
        order = sorted({word for word in given if word})
    number = {word: i for i, word in enumerate(order, 1)}
    numbers = np.array([number.get(word, -1) for word in given], np.int64)
    return numbers[index], {i: word for word, i in number.items()}


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
