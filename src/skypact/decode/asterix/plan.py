"""A category's item table and the wanted columns, made flat for the compiled column decoder.

The layout is that of `kernels.asterix.Plan`. Source of the item structures: EUROCONTROL-SPEC-0149
part 1, edition 3.1, chapter 4.
"""

from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.decode.asterix.spec import (
    Category,
    Compound,
    Explicit,
    Extended,
    Field,
    Fixed,
    Item,
    RandomFields,
    Repetitive,
)
from skypact.errors import ConfigError
from skypact.kernels import asterix as kernel

ColumnType = Literal["f8", "i4", "i8"]


class Column(NamedTuple):
    """One column to decode.

    `path` names item and subitem (``040``, ``380/ADR``); for a group of a repeated item the value
    of its last octet follows in hexadecimal (``250/60`` is BDS 6,0). `field` is the field's name,
    empty for the item's only field. ``f8`` columns are in the table's unit times `factor` and NaN
    where absent; ``i4`` and ``i8`` columns are the bits as an integer, -1 where absent.
    """

    name: str
    path: str
    field: str = ""
    dtype: ColumnType = "i4"
    factor: float = 1.0


class ColumnPlan(NamedTuple):
    """Everything that the kernels need: the table, and by type which fields to read."""

    table: Category
    plan: kernel.Plan
    names: dict[ColumnType, tuple[str, ...]]
    places: dict[ColumnType, npt.NDArray[np.int32]]
    lsb: npt.NDArray[np.float64]


_KINDS: Final = {
    Fixed: kernel.FIXED,
    Extended: kernel.EXTENDED,
    Repetitive: kernel.REPETITIVE,
    Explicit: kernel.EXPLICIT,
    Compound: kernel.COMPOUND,
    RandomFields: kernel.RANDOM,
}


def _bits(fields: tuple[Field, ...]) -> int:
    return sum(field.bits for field in fields)


class _Builder:
    """Collects nodes and rows; slots are given out by path as they are wanted."""

    def __init__(self, wanted: set[str]) -> None:
        self.slots = {path: i + 1 for i, path in enumerate(sorted(wanted))}
        self.nodes: list[list[int]] = []
        self.rows: list[list[int]] = []

    def slot(self, path: str) -> int:
        return self.slots.get(path, 0)

    def add(self, item: Item, path: str) -> int:
        """Add an item's node with its rows; its number."""
        spec = item.variation
        node = [_KINDS[type(spec)], 0, self.slot(path), 0, 0, 0]
        number = len(self.nodes)
        self.nodes.append(node)
        rows: list[list[int]] = []
        if isinstance(spec, Fixed):
            node[1] = _bits(spec.fields) // 8
        elif isinstance(spec, Extended):
            for i, part in enumerate(spec.parts):
                has_fx = _bits(part) % 8 == 7
                rows.append([(_bits(part) + has_fx) // 8, int(has_fx), self.slot(f"{path}#{i}")])
        elif isinstance(spec, Repetitive):
            node[1] = (_bits(spec.fields) + (spec.counter_bytes == 0)) // 8
            node[5] = spec.counter_bytes
            for other, slot in self.slots.items():
                head, _, last = other.rpartition("/")
                if head == path and spec.counter_bytes:
                    rows.append([int(last, 16), 0, slot])
        elif isinstance(spec, Compound):
            for sub in spec.subitems:
                child = -1 if sub is None else self.add(sub, f"{path}/{sub.name}")
                if sub is not None and isinstance(sub.variation, Compound):
                    raise ConfigError(f"{path}/{sub.name}: compound items hold no compound items")
                rows.append([child, 0, 0])
        node[3], node[4] = len(self.rows), len(rows)
        self.rows.extend(rows)
        return number


def _find(items: tuple[Item | None, ...], name: str) -> Item | None:
    return next((item for item in items if item is not None and item.name == name), None)


def _place(fields: tuple[Field, ...], name: str) -> tuple[Field, int] | None:
    """Return the named field and the bit at which it begins."""
    first = 0
    for field in fields:
        if field.name == name:
            return field, first
        first += field.bits
    return None


def _locate(table: Category, column: Column) -> tuple[str, Field, int]:
    """Return the slot path, the field and its first bit behind the slot."""
    where = f"column {column.name}: I{table.number:03}/{column.path}"
    head, _, tail = column.path.partition("/")
    path, item = head, _find(table.items, head)
    if item is not None and isinstance(item.variation, Compound) and tail:
        name, _, tail = tail.partition("/")
        path, item = f"{head}/{name}", _find(item.variation.subitems, name)
    if item is None:
        raise ConfigError(f"{where} is not in edition {table.edition} of the category")
    spec, name = item.variation, column.field or item.name
    found: tuple[Field, int] | None = None
    if isinstance(spec, Fixed):
        found = _place(spec.fields, name)
    elif isinstance(spec, Repetitive) and tail:
        found, path = _place(spec.fields, name), f"{path}/{int(tail, 16):X}"
    elif isinstance(spec, Extended):
        for i, part in enumerate(spec.parts):
            if found is None and (found := _place(part, name)) is not None:
                path = f"{path}#{i}"
    if found is None:
        raise ConfigError(f"{where} has no field {name!r} that a column can hold")
    return path, *found


def build_plan(table: Category, columns: tuple[Column, ...]) -> ColumnPlan:
    """Make a category's table and the wanted columns flat.

    Raises
    ------
    ConfigError
        A column names an item or field that the edition does not have.
    """
    located = [_locate(table, column) for column in columns]
    builder = _Builder({path for path, _, _ in located})
    numbers = {item.name: builder.add(item, item.name) for item in table.items}
    width = max(len(profile) for profile in table.uaps.values())
    profiles = np.full((len(table.uaps), width), -1, np.int32)
    for i, profile in enumerate(table.uaps.values()):
        profiles[i, : len(profile)] = [-1 if name is None else numbers[name] for name in profile]
    limits = [-(-width // 7), len(builder.slots) + 1, -1, 0, 0]
    if table.selector is not None:
        item, name = table.selector
        _, field, first = _locate(table, Column("selector", item, name))
        limits[2:] = [numbers[item], 8 - first - field.bits, (1 << field.bits) - 1]
    flat = kernel.Plan(
        profiles,
        np.array(builder.nodes, np.int32),
        np.array(builder.rows or [[0, 0, 0]], np.int32),
        np.array(limits, np.int64),
    )
    names: dict[ColumnType, tuple[str, ...]] = {}
    places: dict[ColumnType, npt.NDArray[np.int32]] = {}
    lsb: list[float] = []
    types: tuple[ColumnType, ...] = ("f8", "i4", "i8")
    for dtype in types:
        mine = [(c, *where) for c, where in zip(columns, located, strict=True) if c.dtype == dtype]
        names[dtype] = tuple(column.name for column, *_ in mine)
        places[dtype] = np.array(
            [_reading(builder.slots[path], field, first) for _, path, field, first in mine],
            np.int32,
        ).reshape(-1, 6)
        if dtype == "f8":
            lsb = [field.lsb * column.factor for column, _, field, _ in mine]
    return ColumnPlan(table, flat, names, places, np.array(lsb, np.float64))


def _reading(slot: int, field: Field, first: int) -> list[int]:
    """How to read a field: slot, octet offset, octets, shift, bits, signed."""
    begin, end = first // 8, -(-(first + field.bits) // 8)
    shift = end * 8 - first - field.bits
    return [slot, begin, end - begin, shift, field.bits, int(field.kind == "signed")]
