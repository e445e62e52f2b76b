"""Plain twins of kernels/asterix.py: columns by way of the plain decoder, one record at a time."""

import math

from skypact.decode.asterix.plan import Column
from skypact.decode.asterix.records import decode_block
from skypact.decode.asterix.spec import Category, Compound, Fixed, Repetitive


def item_of(table: Category, path: str):
    """The item or subitem at a path, and the last octet of the wanted group (-1: none)."""
    names = path.split("/")
    item = next(i for i in table.items if i.name == names[0])
    if isinstance(item.variation, Compound):
        item = next(i for i in item.variation.subitems if i and i.name == names[1])
        names = names[1:]
    return item, int(names[1], 16) if isinstance(item.variation, Repetitive) else -1


def field_of(item, name: str):
    spec = item.variation
    parts = spec.parts if hasattr(spec, "parts") else (spec.fields,)
    return next(f for part in parts for f in part if f.name == name)


def raw_value(table: Category, record: dict, column: Column) -> int | None:
    """Unsigned bits of a column's field in a raw record of the plain decoder."""
    if repeated := [value for name, value in record.get("RFS", ()) if name == column.path]:
        own = [record[column.path]] if column.path in record else []
        found = (field_value(table, {column.path: v}, column) for v in (*own, *repeated))
        return next((value for value in found if value is not None), None)
    return field_value(table, record, column)


def field_value(table: Category, record: dict, column: Column) -> int | None:
    """The same, random fields left alone."""
    item, code = item_of(table, column.path)
    value = record
    for name in [p for p in column.path.split("/") if code < 0 or p != f"{code:X}"]:
        value = value.get(name) if value is not None else None
    name = column.field or item.name
    if value is None:
        return None
    if code >= 0:
        return next((group[name] for group in value if group["BDS"] == code), None)
    if isinstance(item.variation, Fixed) and not isinstance(value, dict):
        return value
    return value.get(name)


def column_value(table: Category, record: dict, column: Column) -> float:
    """What the compiled decoder must give."""
    raw = raw_value(table, record, column)
    if raw is None:
        return math.nan if column.dtype == "f8" else -1
    item, _ = item_of(table, column.path)
    field = field_of(item, column.field or item.name)
    if field.kind == "signed" and raw >> (field.bits - 1):
        raw -= 1 << field.bits
    return raw * (field.lsb * column.factor) if column.dtype == "f8" else raw


def decode(table: Category, block: bytes, columns: tuple[Column, ...]):
    """Rows of column values, and the kind of the error that ended the block (or None)."""
    read = decode_block(block, table=table, raw=True)
    rows = [[column_value(table, record, c) for c in columns] for record in read.records]
    return rows, read.error.kind if read.error else None


def repeats(records: list[bytes], times_ns: list[int], window_ns: int) -> list[bool]:
    """Twin of mark_repeats: which records came before within the window."""
    seen: dict[bytes, int] = {}
    out = []
    for record, time_ns in zip(records, times_ns, strict=True):
        again = record in seen and abs(time_ns - seen[record]) <= window_ns
        out.append(again)
        if not again:
            seen[record] = time_ns
    return out
