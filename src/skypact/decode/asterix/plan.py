"""A category's item table and the wanted columns, made flat for the compiled column decoder.

The layout is that of a plan in `kernels.asterix`. Source: EUROCONTROL-SPEC-0149 part 1,
edition 3.1, chapter 4.
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
MAX_OCTETS: Final = 7
"""Octets read at once: they fit a signed 64-bit integer, and -1 stays free for "absent"."""


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
    plan: npt.NDArray[np.int32]
    names: dict[ColumnType, tuple[str, ...]]
    loads: npt.NDArray[np.int64]
    """Runs of octets to read: slot, offset, octets."""
    places: dict[ColumnType, npt.NDArray[np.int64]]
    """By type, how to read each field from its run."""
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
    """Lays out items in one array; slots are given out by path as they are wanted."""

    def __init__(self, wanted: set[str], offset: int, selector: str) -> None:
        self.slots = {path: i + 1 for i, path in enumerate(sorted(wanted))}
        self.flat: list[int] = []
        self.offset = offset
        self.selector = selector

    def slot(self, path: str) -> int:
        return self.slots.get(path, 0)

    def append(self, entries: list[int]) -> int:
        """Lay out integers; the offset at which they begin."""
        self.flat.extend(entries)
        return self.offset + len(self.flat) - len(entries)

    def row(self, item: Item | None, path: str) -> list[int]:
        """Return an item's row, its own entries laid out."""
        if item is None:
            return [kernel.NONE, 0, 0, 0, 0, 0]
        spec = item.variation
        size, extra, count = 0, 0, 0
        entries: list[int] = []
        if isinstance(spec, Fixed):
            size = _bits(spec.fields) // 8
        elif isinstance(spec, Extended):
            entries, count = self._parts(spec, path), len(spec.parts)
            extra = int(path == self.selector)
        elif isinstance(spec, Repetitive):
            size, extra = (_bits(spec.fields) + 7) // 8, spec.counter_bytes
            entries = self._groups(path)
            count = len(entries) // 2
        elif isinstance(spec, Compound):
            entries = self.rows(spec.subitems, path)
            count = len(entries) // kernel.ROW
        return [_KINDS[type(spec)], size, self.slot(path), self.append(entries), count, extra]

    def rows(self, items: tuple[Item | None, ...], path: str) -> list[int]:
        """Return the rows of items, filled up to whole octets of presence bits."""
        entries: list[int] = []
        for item in (*items, *[None] * (-len(items) % 7)):
            if path and item is not None and isinstance(item.variation, Compound):
                raise ConfigError(f"{path}/{item.name}: compound items hold no compound items")
            name = "" if item is None else item.name
            entries += self.row(item, f"{path}/{name}" if path else name)
        return entries

    def _parts(self, spec: Extended, path: str) -> list[int]:
        entries: list[int] = []
        for i, part in enumerate(spec.parts):
            has_fx = _bits(part) % 8 == 7
            entries += [(_bits(part) + has_fx) // 8, int(has_fx), self.slot(f"{path}#{i}")]
        return entries

    def _groups(self, path: str) -> list[int]:
        entries: list[int] = []
        for other, slot in self.slots.items():
            head, _, last = other.rpartition("/")
            if head == path:
                entries += [int(last, 16), slot]
        return entries


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
    selector = table.selector[0] if table.selector else ""
    head = kernel.LEAD + 256
    builder = _Builder({path for path, _, _ in located}, head, selector)
    items = {item.name: item for item in table.items}
    width = max(len(profile) for profile in table.uaps.values())
    profiles: list[int] = []
    for profile in table.uaps.values():
        named = [None if name is None else items[name] for name in profile]
        profiles += builder.rows((*named, *[None] * (width - len(named))), "")
    offset, stride = head + len(builder.flat), len(profiles) // len(table.uaps)
    for row in range(0, len(profiles), kernel.ROW):
        if profiles[row] == kernel.RANDOM:
            profiles[row + 3] = offset + row // stride * stride
    flat = np.zeros(head, np.int32)
    flat[: kernel.LEAD - 2] = [
        -(-width // 7),
        len(builder.slots) + 1,
        builder.append(profiles),
        stride,
        *_selecting(table),
    ]
    flat[kernel.LEAD :] = [7] + [8 - i.bit_length() for i in range(1, 256)]
    plan = np.concatenate([flat, np.array(builder.flat, np.int32)])
    readings = [_reading(builder.slots[path], field, first) for path, field, first in located]
    loads = _loads(readings)
    names: dict[ColumnType, tuple[str, ...]] = {}
    places: dict[ColumnType, npt.NDArray[np.int64]] = {}
    types: tuple[ColumnType, ...] = ("f8", "i4", "i8")
    for dtype in types:
        mine = [i for i, column in enumerate(columns) if column.dtype == dtype]
        names[dtype] = tuple(columns[i].name for i in mine)
        rows = [_in_load(readings[i], loads) for i in mine]
        places[dtype] = np.array(rows, np.int64).reshape(-1, 4)
    scales = [
        (c.dtype, field.lsb * c.factor) for c, (_, field, _) in zip(columns, located, strict=True)
    ]
    lsb = np.array([scale for dtype, scale in scales if dtype == "f8"], np.float64)
    return ColumnPlan(table, plan, names, np.array(loads, np.int64).reshape(-1, 3), places, lsb)


class _Reading(NamedTuple):
    """Where a field is: slot, its octets in the item, its last bit's distance to their end."""

    slot: int
    begin: int
    end: int
    shift: int
    field: Field


def _reading(slot: int, field: Field, first: int) -> _Reading:
    begin, end = first // 8, -(-(first + field.bits) // 8)
    if end - begin > MAX_OCTETS:
        raise ConfigError(f"field {field.name} spans {end - begin} octets; a column reads 7")
    return _Reading(slot, begin, end, end * 8 - first - field.bits, field)


def _loads(readings: list[_Reading]) -> list[tuple[int, int, int]]:
    """Choose runs of at most seven octets (slot, offset, octets) that hold all the fields."""
    loads: list[tuple[int, int, int]] = []
    for slot, begin, end, *_ in sorted(readings, key=lambda r: r[:3]):
        if loads and loads[-1][0] == slot:
            start = loads[-1][1]
            last = max(end, start + loads[-1][2])
            if last - start <= MAX_OCTETS:
                loads[-1] = (slot, start, last - start)
                continue
        loads.append((slot, begin, end - begin))
    return loads


def _in_load(reading: _Reading, loads: list[tuple[int, int, int]]) -> tuple[int, int, int, int]:
    """How to read a field from its word: row, shift, mask, sign bit."""
    for row, (slot, offset, octets) in enumerate(loads):
        if slot == reading.slot and offset <= reading.begin and reading.end <= offset + octets:
            shift = reading.shift + 8 * (offset + octets - reading.end)
            bits = reading.field.bits
            sign = 1 << (bits - 1) if reading.field.kind == "signed" else 0
            return row, shift, (1 << bits) - 1, sign
    raise ConfigError(f"field {reading.field.name} is in no run of octets")


def _selecting(table: Category) -> tuple[int, int]:
    """Shift and mask, in its item's first octet, of the field that selects the profile."""
    if table.selector is None:
        return 0, 0
    _, field, first = _locate(table, Column("selector", *table.selector))
    return 8 - first - field.bits, (1 << field.bits) - 1
