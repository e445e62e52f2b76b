"""Bytes to columns, compiled: one array per wanted field over all records of a category.

The plain decoder (`records.py`) reads the same tables and must agree; it gives every item, this one
only what is asked for, several hundred times faster.
"""

from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.decode.asterix.plan import Column, ColumnPlan, ColumnType, build_plan
from skypact.decode.asterix.spec import Category
from skypact.errors import BAD_FSPEC, BAD_LENGTH, TRUNCATED, UNKNOWN_ITEM
from skypact.kernels import asterix as kernel
from skypact.model.packets import PacketBatch

Longs = npt.NDArray[np.int64]

TILE_ROWS: Final = 4096
"""Records indexed before their fields are read: their bytes and slots stay in the cache."""
KIND_OF_STATUS: Final = {
    TRUNCATED: "truncated",
    BAD_LENGTH: "bad_length",
    BAD_FSPEC: "bad_fspec",
    UNKNOWN_ITEM: "unknown_item",
    kernel.TRAILING: "trailing_bytes",
}
"""The word under which a kernel's status code is counted; as in `errors.DecodeError.kind`."""
_DTYPES: Final[dict[ColumnType, type[Any]]] = {"f8": np.float64, "i4": np.int32, "i8": np.int64}


class Blocks(NamedTuple):
    """Data blocks of all categories, in order."""

    rows: Longs
    """(n, 4) category, first byte, one past the last, row of the packet."""
    errors: dict[str, int]


class ColumnTable(NamedTuple):
    """Records of one category as columns, in the order of the bytes."""

    columns: dict[str, npt.NDArray[Any]]
    start: Longs
    """First byte of each record in the packets' data, (n,)."""
    end: Longs
    packet: Longs
    """Row of the packet that each record came in, (n,)."""
    block: Longs
    """Which of the category's blocks each record is in, (n,)."""
    block_packet: Longs
    """Row of the packet that each of the category's k blocks came in, (k,)."""
    damaged: npt.NDArray[np.bool_]
    """Blocks that could not be read to their end, (k,)."""
    errors: dict[str, int]


def named_counts(counts: Longs) -> dict[str, int]:
    """Words and numbers of the status codes that were met."""
    return {kind: int(counts[code]) for code, kind in KIND_OF_STATUS.items() if counts[code]}


def find_blocks(packets: PacketBatch) -> Blocks:
    """Find every data block; damaged ones and trailing bytes are counted."""
    counts = np.zeros(kernel.N_COUNTS, np.int64)
    where = (packets.data, packets.start, packets.end)
    n = kernel.index_blocks(*where, np.empty((0, 4), np.int64), counts)
    rows = np.empty((n, 4), np.int64)
    counts[:] = 0
    kernel.index_blocks(*where, rows, counts)
    return Blocks(rows, named_counts(counts))


@lru_cache(maxsize=64)
def _plan_by_name(number: int, edition: str, key: int, columns: tuple[Column, ...]) -> ColumnPlan:
    return build_plan(_TABLES[key], columns)


_TABLES: dict[int, Category] = {}


def plan_for(table: Category, columns: tuple[Column, ...]) -> ColumnPlan:
    """Return the flat plan of a table and columns, made once."""
    _TABLES[id(table)] = table
    return _plan_by_name(table.number, table.edition, id(table), columns)


class _Output:
    """Growing result arrays; `at` rows are filled."""

    def __init__(self, plan: ColumnPlan, capacity: int) -> None:
        self.at = 0
        self.bounds = np.empty((capacity, 3), np.int64)
        self.columns = {
            dtype: np.empty((len(names), capacity), _DTYPES[dtype])
            for dtype, names in plan.names.items()
        }

    def reserve(self, extra: int, expected: int) -> None:
        """Make room for `extra` rows more, or for `expected` in all if that is more."""
        if self.at + extra <= self.bounds.shape[0]:
            return
        capacity = max(self.at + extra, expected)
        old, self.bounds = self.bounds, np.empty((capacity, 3), np.int64)
        self.bounds[: self.at] = old[: self.at]
        for dtype, values in self.columns.items():
            grown = np.empty((values.shape[0], capacity), values.dtype)
            grown[:, : self.at] = values[:, : self.at]
            self.columns[dtype] = grown


def _extract(
    data: npt.NDArray[np.uint8],
    plan: ColumnPlan,
    index: kernel.RecordIndex,
    words: Longs,
    n: int,
    out: _Output,
) -> None:
    floats, ints, longs = (out.columns[dtype] for dtype in ("f8", "i4", "i8"))
    kernel.load_words(data, index, n, plan.loads, words)
    if floats.shape[0]:
        kernel.extract_floats(words, n, plan.places["f8"], plan.lsb, out.at, floats)
    if ints.shape[0]:
        kernel.extract_integers(words, n, plan.places["i4"], out.at, ints)
    if longs.shape[0]:
        kernel.extract_integers(words, n, plan.places["i8"], out.at, longs)
    out.bounds[out.at : out.at + n] = index.bounds[:n]
    out.at += n


def decode_columns(
    packets: PacketBatch,
    category: Category,
    columns: tuple[Column, ...],
    blocks: Blocks | None = None,
) -> ColumnTable:
    """Read the wanted columns of every record of one category.

    Parameters
    ----------
    packets : PacketBatch
        The bytes.
    category : Category
        The item table (`registry.category`).
    columns : tuple of Column
        What to read; an item the edition lacks is a `ConfigError`.
    blocks : Blocks, optional
        From `find_blocks`, where several categories are read of the same packets.

    Returns
    -------
    ColumnTable
        Records before a damaged one are kept, the rest of its block is skipped and counted.
    """
    plan = plan_for(category, columns)
    rows = (find_blocks(packets) if blocks is None else blocks).rows
    mine = rows[rows[:, 0] == category.number]
    total = int((mine[:, 2] - mine[:, 1]).sum())
    tile = max(1, min(TILE_ROWS, total // 2))
    index = kernel.RecordIndex(
        np.empty((tile, 3), np.int64), np.empty((tile, int(plan.plan[1])), np.uint16)
    )
    words = np.empty((plan.loads.shape[0], tile), np.int64)
    out = _Output(plan, 0)
    counts, state = np.zeros(kernel.N_COUNTS, np.int64), np.array([0, -1], np.int64)
    while state[0] < mine.shape[0]:
        n = kernel.index_records(packets.data, mine, plan.plan, state, index, counts)
        if n == 0:
            continue
        used = int(index.bounds[n - 1, 1] - mine[0, 1]) if out.at == 0 else 0
        expected = int(n * (total / max(used, 1) * 1.05 + 1)) if used else out.at * 3 // 2
        out.reserve(n, min(expected, total // 2 + 1) if state[0] < mine.shape[0] else n)
        _extract(packets.data, plan, index, words, n, out)
    bounds = out.bounds[: out.at]
    reached = mine[:, 1] + 3
    reached[bounds[:, 2]] = bounds[:, 1]
    return ColumnTable(
        {
            name: out.columns[dtype][i, : out.at]
            for dtype, names in plan.names.items()
            for i, name in enumerate(names)
        },
        bounds[:, 0],
        bounds[:, 1],
        mine[bounds[:, 2], 3],
        bounds[:, 2],
        mine[:, 3],
        reached != mine[:, 2],
        named_counts(counts),
    )
