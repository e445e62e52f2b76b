"""The plain decoder: ASTERIX bytes to nested mappings, every item, driven by the tables.

A record is a mapping from item name to value. An item of fields is a mapping from field name to
number or text; a repeated item is a list; an explicit item (RE, SP) is its bytes without the length
octet; random fields are a list of (item name, value). Strict about lengths and about fields that
the edition does not define; any content is accepted. The compiled column decoder must agree.

Source: EUROCONTROL-SPEC-0149 Part 1, edition 3.1, chapters 4 and 5.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from skypact.decode.asterix.registry import category as table_of
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
from skypact.decode.asterix.values import Value, reader_of
from skypact.errors import ConfigError, DecodeError

Record = dict[str, Any]
"""Item name to value, as described at the head of this module."""
Reader = Callable[[bytes, int, int], tuple[Any, int]]
"""Reads one item from `data` between `offset` and `end`; returns its value and the next offset."""
Convert = Callable[[int], Value]

HEADER_BYTES = 3


class Block(NamedTuple):
    """One data block: its records up to the first bad one, and what was wrong with that one."""

    number: int
    records: list[Record]
    next_offset: int
    error: DecodeError | None


def truncated(where: str, offset: int, needed: int, end: int) -> DecodeError:
    """Say that the bytes ended too early."""
    left = max(end - offset, 0)
    message = f"need {needed} bytes, {left} left; the record is cut short or of another edition"
    return DecodeError(message, kind="truncated", where=where, offset=offset)


def unknown_item(where: str, offset: int, what: str) -> DecodeError:
    """Say that a bit is set that the edition gives no meaning."""
    message = f"{what} is set, which this edition does not define; select another edition"
    return DecodeError(message, kind="unknown_item", where=where, offset=offset)


class _Row(NamedTuple):
    """A named field's place in the big-endian word of its octets, and how to read it."""

    name: str
    shift: int
    mask: int
    convert: Convert | None
    switch: str
    other: Convert | None


def _rows(fields: tuple[Field, ...], n_bits: int, *, raw: bool) -> tuple[_Row, ...]:
    rows = []
    shift = n_bits
    for field in fields:
        shift -= field.bits
        if not field.name:
            continue
        convert = None if raw else reader_of(field)
        switch, other = "", None
        if field.switch and not raw:
            switch = field.switch.name
            other = reader_of(field._replace(lsb=field.switch.lsb))
        rows.append(_Row(field.name, shift, (1 << field.bits) - 1, convert, switch, other))
    return tuple(rows)


def _values(rows: tuple[_Row, ...], word: int) -> dict[str, Value]:
    out: dict[str, Value] = {}
    for name, shift, mask, convert, switch, other in rows:
        integer = (word >> shift) & mask
        if switch and out[switch]:
            convert = other
        out[name] = convert(integer) if convert else integer
    return out


def n_bits_of(fields: tuple[Field, ...]) -> int:
    """Return the sum of the fields' bits."""
    return sum(field.bits for field in fields)


def bare_name(item_name: str, fields: tuple[Field, ...]) -> str:
    """Return the item's name where its only named field bears it, else an empty text."""
    names = [field.name for field in fields if field.name]
    return item_name if names == [item_name] else ""


def _read_fixed(name: str, spec: Fixed, where: str, *, raw: bool) -> Reader:
    n_bits = n_bits_of(spec.fields)
    size = n_bits // 8
    rows = _rows(spec.fields, n_bits, raw=raw)
    bare = bare_name(name, spec.fields)

    def read(data: bytes, offset: int, end: int) -> tuple[Any, int]:
        stop = offset + size
        if stop > end:
            raise truncated(where, offset, size, end)
        values = _values(rows, int.from_bytes(data[offset:stop], "big"))
        return (values[bare] if bare else values), stop

    return read


def _read_extended(spec: Extended, where: str, *, raw: bool) -> Reader:
    parts = []
    for fields in spec.parts:
        n_bits = n_bits_of(fields)
        has_fx = n_bits % 8 == 7
        n_bits += has_fx
        fx_row = (*fields, Field("", 1)) if has_fx else fields
        parts.append((n_bits // 8, has_fx, _rows(fx_row, n_bits, raw=raw)))

    def read(data: bytes, offset: int, end: int) -> tuple[Any, int]:
        values: dict[str, Value] = {}
        for size, has_fx, rows in parts:
            stop = offset + size
            if stop > end:
                raise truncated(where, offset, size, end)
            word = int.from_bytes(data[offset:stop], "big")
            values.update(_values(rows, word))
            offset = stop
            if not has_fx or not word & 1:
                return values, offset
        raise unknown_item(where, offset - 1, f"an extension after part {len(parts)}")

    return read


def _read_repetitive(name: str, spec: Repetitive, where: str, *, raw: bool) -> Reader:
    n_bits = n_bits_of(spec.fields) + (spec.counter_bytes == 0)
    size = n_bits // 8
    n_counter = spec.counter_bytes
    fields = spec.fields if n_counter else (*spec.fields, Field("", 1))
    rows = _rows(fields, n_bits, raw=raw)
    bare = bare_name(name, spec.fields)

    def read(data: bytes, offset: int, end: int) -> tuple[Any, int]:
        out: list[Any] = []
        left = 1
        if n_counter:
            if offset + n_counter > end:
                raise truncated(where, offset, n_counter, end)
            left = int.from_bytes(data[offset : offset + n_counter], "big")
            offset += n_counter
        while left:
            stop = offset + size
            if stop > end:
                raise truncated(where, offset, size, end)
            word = int.from_bytes(data[offset:stop], "big")
            values = _values(rows, word)
            out.append(values[bare] if bare else values)
            left = left - 1 if n_counter else word & 1
            offset = stop
        return out, offset

    return read


def _read_explicit(where: str) -> Reader:
    def read(data: bytes, offset: int, end: int) -> tuple[Any, int]:
        if offset >= end:
            raise truncated(where, offset, 1, end)
        length = data[offset]
        if length == 0:
            message = "the length octet is 0, but it counts itself; the record is damaged"
            raise DecodeError(message, kind="bad_length", where=where, offset=offset)
        if offset + length > end:
            raise truncated(where, offset, length, end)
        return bytes(data[offset + 1 : offset + length]), offset + length

    return read


def read_presence(
    data: bytes, offset: int, end: int, max_bytes: int, where: str
) -> tuple[list[int], int]:
    """Read presence bits chained by FX; return the places that are set (from 0), next offset."""
    places = []
    place = 0
    for _ in range(max_bytes):
        if offset >= end:
            raise truncated(where, offset, 1, end)
        octet = data[offset]
        offset += 1
        if octet & 0xFE:
            places += [place + i for i in range(7) if octet >> (7 - i) & 1]
        if not octet & 1:
            return places, offset
        place += 7
    message = f"presence bits go on after {max_bytes} octets; select another edition"
    raise DecodeError(message, kind="bad_fspec", where=where, offset=offset)


def _read_compound(spec: Compound, where: str, *, raw: bool) -> Reader:
    readers = [
        (sub.name, _reader(sub, f"{where}/{sub.name}", raw=raw)) if sub else None
        for sub in spec.subitems
    ]
    max_bytes = -(-len(readers) // 7)

    def read(data: bytes, offset: int, end: int) -> tuple[Any, int]:
        start = offset
        places, offset = read_presence(data, offset, end, max_bytes, where)
        values: dict[str, Any] = {}
        for place in places:
            entry = readers[place] if place < len(readers) else None
            if entry is None:
                raise unknown_item(where, start, f"presence bit {place + 1}")
            values[entry[0]], offset = entry[1](data, offset, end)
        return values, offset

    return read


def _reader(item: Item, where: str, *, raw: bool) -> Reader:
    spec = item.variation
    if isinstance(spec, Fixed):
        return _read_fixed(item.name, spec, where, raw=raw)
    if isinstance(spec, Extended):
        return _read_extended(spec, where, raw=raw)
    if isinstance(spec, Repetitive):
        return _read_repetitive(item.name, spec, where, raw=raw)
    if isinstance(spec, Compound):
        return _read_compound(spec, where, raw=raw)
    if isinstance(spec, Explicit):
        return _read_explicit(where)
    raise ConfigError(f"{where}: random fields can only stand in a profile")


Entry = tuple[str, Reader] | None


def _read_random(entries: list[Entry], where: str) -> Reader:
    """Read random fields, whose reference numbers point into the same profile."""

    def read(data: bytes, offset: int, end: int) -> tuple[Any, int]:
        if offset >= end:
            raise truncated(where, offset, 1, end)
        n_fields, offset = data[offset], offset + 1
        out = []
        for _ in range(n_fields):
            if offset >= end:
                raise truncated(where, offset, 1, end)
            place = data[offset] - 1
            entry = entries[place] if 0 <= place < len(entries) else None
            if entry is None or entry[1] is read:
                raise unknown_item(where, offset, f"field reference number {place + 1}")
            value, offset = entry[1](data, offset + 1, end)
            out.append((entry[0], value))
        return out, offset

    return read


class _Plan(NamedTuple):
    """A category made ready for reading: the category itself, and readers by profile."""

    table: Category
    profiles: list[list[Entry]]


_PLANS: dict[tuple[int, bool], _Plan] = {}


def place_of(table: Category, name: str) -> str:
    """Name an item as the standard does, with the category: ``cat048 I048/040``."""
    return f"cat{table.number:03} I{table.number:03}/{name}"


def _entries(table: Category, names: tuple[str | None, ...], *, raw: bool) -> list[Entry]:
    items = {item.name: item for item in table.items}
    entries: list[Entry] = []
    for name in names:
        where = place_of(table, name or "")
        if name is None:
            entries.append(None)
        elif isinstance(items[name].variation, RandomFields):
            entries.append((name, _read_random(entries, where)))
        else:
            entries.append((name, _reader(items[name], where, raw=raw)))
    return entries


def _plan(table: Category, *, raw: bool) -> list[list[Entry]]:
    plan = _PLANS.get((id(table), raw))
    if plan is None:
        profiles = [_entries(table, names, raw=raw) for names in table.uaps.values()]
        plan = _PLANS[id(table), raw] = _Plan(table, profiles)
    return plan.profiles


def decode_record(
    table: Category, data: bytes, offset: int, end: int, *, raw: bool = False
) -> tuple[Record, int]:
    """Decode one record.

    Parameters
    ----------
    table : Category
        The category and edition.
    data, offset, end : bytes, int, int
        The buffer, where the record starts, and where its block ends.
    raw : bool
        Give every field as the unsigned integer of its bits, unscaled.

    Returns
    -------
    tuple of Record, int
        The items by name, in the order of the bytes, and the offset after the record.

    Raises
    ------
    DecodeError
        ``truncated``, ``bad_length``, ``bad_fspec`` or ``unknown_item``, with item and offset.
    """
    profiles = _plan(table, raw=raw)
    entries = profiles[0]
    longest = max(len(profile) for profile in profiles)
    where = f"cat{table.number:03} FSPEC"
    start = offset
    places, offset = read_presence(data, offset, end, -(-longest // 7), where)
    if not places:
        message = "no field is present; the block is padded or of another edition"
        raise DecodeError(message, kind="bad_fspec", where=where, offset=start)
    record: Record = {}
    for place in places:
        entry = entries[place] if place < len(entries) else None
        if entry is None:
            raise unknown_item(where, start, f"field reference number {place + 1}")
        name, read = entry
        record[name], offset = read(data, offset, end)
        if table.selector and name == table.selector[0]:
            entries = profiles[record[name][table.selector[1]]]
    return record, offset


def block_bounds(data: bytes, offset: int, end: int) -> tuple[int, int]:
    """Return a block's category number and the offset of its end, from its three header octets."""
    where = "ASTERIX block"
    if offset + HEADER_BYTES > end:
        raise truncated(where, offset, HEADER_BYTES, end)
    number = data[offset]
    length = int.from_bytes(data[offset + 1 : offset + HEADER_BYTES], "big")
    if length < HEADER_BYTES:
        message = f"category {number:03} gives length {length}, less than its own header of 3"
        raise DecodeError(message, kind="bad_length", where=where, offset=offset)
    if offset + length > end:
        raise truncated(where, offset, length, end)
    return number, offset + length


def decode_block(
    data: bytes, offset: int = 0, *, table: Category | None = None, raw: bool = False
) -> Block:
    """Decode one data block with the newest edition of its category, or with `table`.

    Raises
    ------
    DecodeError
        The header is damaged, so that the next block cannot be found. What is wrong inside the
        block is returned with the records before it.
    ConfigError
        The category has no table, or `table` is of another category.
    """
    number, stop = block_bounds(data, offset, len(data))
    if table is None:
        table = table_of(number)
    elif table.number != number:
        raise ConfigError(f"the block is of category {number:03}, the table of {table.number:03}")
    records: list[Record] = []
    offset += HEADER_BYTES
    try:
        while offset < stop:
            record, offset = decode_record(table, data, offset, stop, raw=raw)
            records.append(record)
    except DecodeError as error:
        return Block(number, records, stop, error)
    return Block(number, records, stop, None)
