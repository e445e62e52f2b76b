"""Columns to ASTERIX records, many at once: every record of a layout has the same octets.

The layout comes from the decoder's item tables (`skypact.decode.asterix`), so encoder and decoder
cannot disagree. Source: EUROCONTROL-SPEC-0149 Part 1, edition 3.1, chapters 4 and 5.
"""

import math
from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.decode.asterix.registry import category
from skypact.decode.asterix.spec import Compound, Extended, Field, Fixed, Repetitive

Octets = npt.NDArray[np.uint8]
Column = npt.NDArray[np.generic] | float | int
Part = int | tuple[str, ...]
"""What of an item is laid out: parts of an extended item, repetitions of one chained by FX, 1 for a
fixed one, or the names of the subitems of a compound one."""
_FULL_CIRCLE_DEG: Final = 360.0
_COUNTS: Final = range(1, 64)


class Slot(NamedTuple):
    """Where a field lies in the record."""

    field: Field
    bit: int


class Layout(NamedTuple):
    """Records of one category that all hold the same items."""

    number: int
    size: int
    template: Octets
    """Field specification, presence and FX bits; everything else zero, (size,)."""
    slots: dict[str, Slot]
    """By ``item.field``, of a subitem ``item/subitem.field``, of a repetition ``item[0].field``."""


def layout(number: int, items: Mapping[str, Part]) -> Layout:
    """Lay out records holding `items`, all with the same parts."""
    table = category(number)
    profile = next(iter(table.uaps.values()))
    by_name = {item.name: item for item in table.items}
    octets = _field_specification([name in items for name in profile])
    slots: dict[str, Slot] = {}
    bit = 8 * len(octets)
    ones: list[int] = []
    for name in profile:
        if name is None or name not in items:
            continue
        variation, part = by_name[name].variation, items[name]
        if isinstance(variation, Fixed):
            bit = _place(name, variation.fields, bit, slots)
        elif isinstance(variation, Extended) and isinstance(part, int):
            for group in variation.parts[:part]:
                bit = _place(name, group, bit, slots) + 1
                ones.append(bit - 1)
            ones.pop()
        elif isinstance(variation, Repetitive) and not variation.counter_bytes and part in _COUNTS:
            for k in range(int(part)):  # type: ignore[arg-type]
                bit = _place(f"{name}[{k}]", variation.fields, bit, slots) + 1
                ones.append(bit - 1)
            ones.pop()
        elif isinstance(variation, Compound) and isinstance(part, tuple):
            bit = _place_subitems(name, variation, part, bit, slots, ones)
        else:
            raise TypeError(
                f"cat{number:03} {name}: expected a fixed item, the number of parts of an extended"
                f" one, or the names of the subitems of a compound one; got {part!r}"
            )
    template = np.zeros(bit // 8, np.uint8)
    template[: len(octets)] = octets
    for at in ones:
        template[at // 8] |= np.uint8(0x80 >> at % 8)
    return Layout(number, bit // 8, template, slots)


def _place_subitems(
    name: str,
    item: Compound,
    present: tuple[str, ...],
    bit: int,
    slots: dict[str, Slot],
    ones: list[int],
) -> int:
    """Lay out the primary field and fixed subitems; presence bits are added to `ones`."""
    names = [None if sub is None else sub.name for sub in item.subitems]
    octets = _field_specification([sub in present for sub in names])
    ones.extend(
        bit + 8 * i + j for i, octet in enumerate(octets) for j in range(8) if octet & (0x80 >> j)
    )
    bit += 8 * len(octets)
    for sub in item.subitems:
        if sub is None or sub.name not in present:
            continue
        if not isinstance(sub.variation, Fixed):
            raise TypeError(f"{name}/{sub.name}: expected a fixed subitem")
        bit = _place(f"{name}/{sub.name}", sub.variation.fields, bit, slots)
    return bit


def _place(name: str, fields: tuple[Field, ...], bit: int, slots: dict[str, Slot]) -> int:
    for field in fields:
        if field.name:
            slots[f"{name}.{field.name}"] = Slot(field, bit)
        bit += field.bits
    return bit


def _field_specification(present: list[bool]) -> list[int]:
    """Octets of seven presence bits and FX, as many as the last item present needs."""
    last = max(i for i, flag in enumerate(present) if flag)
    octets = []
    for first in range(0, last + 1, 7):
        group = present[first : first + 7]
        value = sum(0x80 >> i for i, flag in enumerate(group) if flag)
        octets.append(value | (first + 7 <= last))
    return octets


def pack(shape: Layout, columns: Mapping[str, Column], n: int) -> Octets:
    """Return records (n, size) of `n` rows; columns by ``item.field`` in the table's units."""
    out = np.repeat(shape.template[None, :], n, axis=0)
    for name, values in columns.items():
        field, bit = shape.slots[name]
        first, last = bit // 8, (bit + field.bits - 1) // 8
        shift = 8 * (last + 1) - bit - field.bits
        raw = (_integers(field, values) & ((1 << field.bits) - 1)) << shift
        wide = np.asarray(raw, ">i8").reshape(-1, 1).view(np.uint8)
        out[:, first : last + 1] |= wide[:, 7 - (last - first) :]
    return out


def _integers(field: Field, values: Column) -> npt.NDArray[np.int64]:
    """Values as the field's integers, clipped to what it can hold; full circles wrap."""
    if field.kind in ("raw", "ia5"):
        return np.asarray(values, np.int64)
    if field.kind == "octal":
        return octal_bits(np.asarray(values, np.int64), field.bits // 3)
    whole = np.rint(np.asarray(values, np.float64) / field.lsb).astype(np.int64)
    if field.unit == "deg" and math.isclose(field.lsb * 2**field.bits, _FULL_CIRCLE_DEG):
        return whole
    if field.kind == "signed":
        half = 1 << (field.bits - 1)
        return np.clip(whole, -half, half - 1)
    return np.clip(whole, 0, (1 << field.bits) - 1)


def octal_bits(decimal: npt.NDArray[np.int64], digits: int) -> npt.NDArray[np.int64]:
    """Return the digits of a number as people say it (7700), three bits each."""
    bits = np.zeros_like(decimal)
    for digit in range(digits):
        bits = bits | (decimal // 10**digit % 10) << (3 * digit)
    return bits


def block(number: int, records: bytes) -> bytes:
    """Return a data block: category, length, records (Part 1, section 4.2)."""
    return bytes((number,)) + (len(records) + 3).to_bytes(2, "big") + records
