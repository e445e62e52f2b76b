"""ASTERIX records and blocks from values, with the decoder's item tables.

Values are what `skypact.decode.asterix.records` gives: a mapping of item names to mappings of field
names, to lists, to bytes (RE, SP), or to one bare value. Numbers are rounded to the nearest LSB.
Fields left out are 0; an extended item goes on as far as its last field given.

Source: EUROCONTROL-SPEC-0149 Part 1, edition 3.1, chapters 4 and 5.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from skypact.decode.asterix.records import HEADER_BYTES, bare_name, n_bits_of, place_of
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
from skypact.decode.asterix.values import writer_of
from skypact.errors import ConfigError

Writer = Callable[[Any], bytes]
"""Writes one item from its value."""
Convert = Callable[[Any], int]

MAX_BLOCK_BYTES = 65_535


class _Row(NamedTuple):
    """Where a named field stands in the word of its octets, and how to make its bits."""

    shift: int
    convert: Convert
    switch: str
    other: Convert


def _raw_writer(field: Field) -> Convert:
    high = (1 << field.bits) - 1

    def write(value: int) -> int:
        if not 0 <= value <= high:
            raise ConfigError(f"{value} does not fit {field.bits} bits (0 to {high})")
        return value

    return write


def _rows(fields: tuple[Field, ...], n_bits: int, *, raw: bool) -> dict[str, _Row]:
    rows = {}
    shift = n_bits
    for field in fields:
        shift -= field.bits
        if not field.name:
            continue
        make = _raw_writer if raw else writer_of
        convert = other = make(field)
        switch = ""
        if field.switch:
            switch = field.switch.name
            other = make(field._replace(lsb=field.switch.lsb, unit=field.switch.unit))
        rows[field.name] = _Row(shift, convert, switch, other)
    return rows


def _word(rows: dict[str, _Row], values: Mapping[str, Any], where: str) -> int:
    word = 0
    for name, value in values.items():
        row = rows.get(name)
        if row is None:
            raise ConfigError(f"{where} has no field {name!r}; it has {', '.join(rows)}")
        convert = row.other if row.switch and values.get(row.switch) else row.convert
        try:
            word |= convert(value) << row.shift
        except ConfigError as error:
            raise ConfigError(f"{where}/{name}: {error}") from None
        except TypeError:
            raise ConfigError(f"{where}/{name}: {value!r} is not a number") from None
    return word


def _mapping(value: object, bare: str, where: str) -> Mapping[str, Any]:
    if bare:
        return {bare: value}
    if not isinstance(value, Mapping):
        raise ConfigError(f"{where} takes a mapping of its fields, not {value!r}")
    return value


def _write_fixed(name: str, spec: Fixed, where: str, *, raw: bool) -> Writer:
    n_bits = n_bits_of(spec.fields)
    rows = _rows(spec.fields, n_bits, raw=raw)
    bare = bare_name(name, spec.fields)
    size = n_bits // 8

    def write(value: object) -> bytes:
        return _word(rows, _mapping(value, bare, where), where).to_bytes(size, "big")

    return write


class _Part(NamedTuple):
    """One octet group of an extended item."""

    size: int
    fx: int
    rows: dict[str, _Row]


def _part(fields: tuple[Field, ...], *, raw: bool) -> _Part:
    n_bits = n_bits_of(fields)
    fx = int(n_bits % 8 == 7)
    placed = (*fields, Field("", 1)) if fx else fields
    return _Part((n_bits + fx) // 8, fx, _rows(placed, n_bits + fx, raw=raw))


def _write_extended(spec: Extended, where: str, *, raw: bool) -> Writer:
    parts = [_part(fields, raw=raw) for fields in spec.parts]
    part_of = {name: i for i, part in enumerate(parts) for name in part.rows}

    def write(value: object) -> bytes:
        values = _mapping(value, "", where)
        shares: list[dict[str, Any]] = [{} for _ in parts]
        last = 0
        for name, number in values.items():
            place = part_of.get(name)
            if place is None:
                raise ConfigError(f"{where} has no field {name!r}; it has {', '.join(part_of)}")
            shares[place][name] = number
            last = max(last, place)
        out = b""
        for i, part in enumerate(parts[: last + 1]):
            word = _word(part.rows, shares[i], where) | (part.fx if i < last else 0)
            out += word.to_bytes(part.size, "big")
        return out

    return write


def _write_repetitive(name: str, spec: Repetitive, where: str, *, raw: bool) -> Writer:
    chained = spec.counter_bytes == 0
    n_bits = n_bits_of(spec.fields) + chained
    size = n_bits // 8
    rows = _rows((*spec.fields, Field("", 1)) if chained else spec.fields, n_bits, raw=raw)
    bare = bare_name(name, spec.fields)
    most = (1 << 8 * spec.counter_bytes) - 1

    def write(value: object) -> bytes:
        if not isinstance(value, (list, tuple)):
            raise ConfigError(f"{where} repeats and takes a list, not {value!r}")
        count = len(value)
        if (chained and not count) or (not chained and count > most):
            limit = "at least 1" if chained else f"at most {most}"
            raise ConfigError(f"{where} has {count} repetitions; {limit} can be written")
        words = [_word(rows, _mapping(one, bare, where), where) for one in value]
        if chained:
            words = [word | (i < count - 1) for i, word in enumerate(words)]
        head = b"" if chained else count.to_bytes(spec.counter_bytes, "big")
        return head + b"".join(word.to_bytes(size, "big") for word in words)

    return write


def _write_explicit(where: str) -> Writer:
    def write(value: object) -> bytes:
        if not isinstance(value, (bytes, bytearray)) or len(value) > 254:
            raise ConfigError(f"{where} takes at most 254 bytes, without the length octet")
        return bytes((len(value) + 1,)) + bytes(value)

    return write


def presence_bytes(places: Iterable[int]) -> bytes:
    """Write presence bits chained by FX for the places (from 0) that are set."""
    octets = bytearray(1)
    for place in places:
        i, bit = divmod(place, 7)
        while i >= len(octets):
            octets[-1] |= 1
            octets.append(0)
        octets[i] |= 0x80 >> bit
    return bytes(octets)


def _write_present(
    writers: dict[str, tuple[int, Writer]], values: Mapping[str, Any], where: str
) -> bytes:
    """Write presence bits and, in their order, the items that `values` holds."""
    present = []
    for name in values:
        entry = writers.get(name)
        if entry is None:
            raise ConfigError(f"{where} has no item {name!r}; it has {', '.join(writers)}")
        present.append((entry[0], entry[1], name))
    present.sort()
    body = b"".join([write(values[name]) for _, write, name in present])
    return presence_bytes([place for place, _, _ in present]) + body


def _write_compound(spec: Compound, where: str, *, raw: bool) -> Writer:
    writers = {
        sub.name: (place, _writer(sub, f"{where}/{sub.name}", raw=raw))
        for place, sub in enumerate(spec.subitems)
        if sub
    }
    return lambda value: _write_present(writers, _mapping(value, "", where), where)


def _writer(item: Item, where: str, *, raw: bool) -> Writer:
    spec = item.variation
    if isinstance(spec, Fixed):
        return _write_fixed(item.name, spec, where, raw=raw)
    if isinstance(spec, Extended):
        return _write_extended(spec, where, raw=raw)
    if isinstance(spec, Repetitive):
        return _write_repetitive(item.name, spec, where, raw=raw)
    if isinstance(spec, Compound):
        return _write_compound(spec, where, raw=raw)
    if isinstance(spec, Explicit):
        return _write_explicit(where)
    raise ConfigError(f"{where}: random fields can only stand in a profile")


def _write_random(writers: dict[str, tuple[int, Writer]], where: str) -> Writer:
    def write(value: object) -> bytes:
        if not isinstance(value, (list, tuple)) or len(value) > 255:
            raise ConfigError(f"{where} takes a list of at most 255 pairs of item and value")
        out = bytes((len(value),))
        for name, one in value:
            entry = writers.get(name)
            if entry is None or entry[1] is write:
                raise ConfigError(f"{where} cannot hold item {name!r}")
            out += bytes((entry[0] + 1,)) + entry[1](one)
        return out

    return write


class _Plan(NamedTuple):
    """A category made ready for writing."""

    table: Category
    profiles: list[dict[str, tuple[int, Writer]]]


_PLANS: dict[tuple[int, bool], _Plan] = {}


def _writers(
    table: Category, names: tuple[str | None, ...], *, raw: bool
) -> dict[str, tuple[int, Writer]]:
    items = {item.name: item for item in table.items}
    writers: dict[str, tuple[int, Writer]] = {}
    for place, name in enumerate(names):
        if name is None:
            continue
        where = place_of(table, name)
        if isinstance(items[name].variation, RandomFields):
            writers[name] = (place, _write_random(writers, where))
        else:
            writers[name] = (place, _writer(items[name], where, raw=raw))
    return writers


def _plan(table: Category, *, raw: bool) -> _Plan:
    plan = _PLANS.get((id(table), raw))
    if plan is None:
        profiles = [_writers(table, names, raw=raw) for names in table.uaps.values()]
        plan = _PLANS[id(table), raw] = _Plan(table, profiles)
    return plan


def encode_record(table: Category, values: Mapping[str, Any], *, raw: bool = False) -> bytes:
    """Write one record.

    Parameters
    ----------
    table : Category
        The category and edition.
    values : mapping
        Item name to value, as `decode_record` returns it; the order does not matter.
    raw : bool
        The fields hold unsigned integers of their bits, unscaled.

    Returns
    -------
    bytes
        Field specification and items.

    Raises
    ------
    ConfigError
        An item or field that the table lacks, or a value out of range, with its name and range.
    """
    if not values:
        raise ConfigError(f"a record of category {table.number:03} needs at least one item")
    profiles = _plan(table, raw=raw).profiles
    writers = profiles[0]
    if table.selector and table.selector[0] in values:
        item, field = table.selector
        writers = profiles[values[item].get(field, 0)]
    return _write_present(writers, values, f"category {table.number:03}")


def encode_block(
    number: int, records: Iterable[Mapping[str, Any] | bytes], *, table: Category | None = None
) -> bytes:
    """Write one data block from records, given as values or already as bytes.

    Raises
    ------
    ConfigError
        The category has no table, a value is out of range, or the block exceeds 65,535 bytes.
    """
    table = table or table_of(number)
    parts = [one if isinstance(one, bytes) else encode_record(table, one) for one in records]
    length = HEADER_BYTES + sum(map(len, parts))
    if length > MAX_BLOCK_BYTES:
        raise ConfigError(
            f"a block of {length} bytes exceeds {MAX_BLOCK_BYTES}; send fewer records"
        )
    return bytes((number,)) + length.to_bytes(2, "big") + b"".join(parts)
