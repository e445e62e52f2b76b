"""The words in which an ASTERIX category is written down: one table per category and edition.

Source: EUROCONTROL-SPEC-0149 Part 1, "All Purpose Structured EUROCONTROL Surveillance Information
Exchange (ASTERIX)", edition 3.1, chapter 4 (item structures) and 5 (records, field specification).
The same tables drive the plain decoder, the compiled column decoder and the encoder.
"""

from typing import Literal, NamedTuple

FieldKind = Literal["raw", "unsigned", "signed", "octal", "ascii", "ia5", "bds"]


class Switch(NamedTuple):
    """Another scale for a field, in force where the sibling field `name` is 1."""

    name: str
    lsb: float
    unit: str


class Field(NamedTuple):
    """A run of bits. `value = integer * lsb` in `unit`; an empty name is spare bits.

    Kinds: ``raw`` flags and codes; ``octal`` groups of three bits read as decimal digits (code
    7700 is the integer 7700); ``ascii`` and ``ia5`` characters of eight and six bits; ``bds`` the
    56 bits of a transponder register. Where an item's only named field bears the item's name,
    decoder and encoder handle the bare value in place of a mapping.
    """

    name: str
    bits: int
    kind: FieldKind = "raw"
    lsb: float = 1.0
    unit: str = ""
    switch: Switch | None = None


class Fixed(NamedTuple):
    """A fixed number of octets."""

    fields: tuple[Field, ...]


class Extended(NamedTuple):
    """Octet groups, each ended by an FX bit that the table leaves out and that says "more".

    A last part that fills whole octets has no FX bit (I021/271 of edition 2.1).
    """

    parts: tuple[tuple[Field, ...], ...]


class Repetitive(NamedTuple):
    """A counter of `counter_bytes` octets, then that many groups; 0: repeated while FX is set."""

    fields: tuple[Field, ...]
    counter_bytes: int = 1


class Explicit(NamedTuple):
    """An octet giving the length, itself included, then that many octets less one, kept raw."""


class Compound(NamedTuple):
    """Presence bits (with FX) in a primary field, then the subitems present; None: spare bit."""

    subitems: tuple["Item | None", ...]


class RandomFields(NamedTuple):
    """Random field sequencing: a count, then that many field reference numbers, each with its item.

    Source: Part 1, section 5.3 (random field sequencing); used by categories 001 and 002 only.
    """


Variation = Fixed | Extended | Repetitive | Explicit | Compound | RandomFields


class Item(NamedTuple):
    """A data item or subitem: ``040`` or ``SRL``; `source` cites the section of the standard."""

    name: str
    title: str
    variation: Variation
    source: str = ""


class Category(NamedTuple):
    """One edition of one category.

    `uaps` maps the name of each user application profile to item names by field reference number
    (None: spare). Most categories have one, named ``uap``; category 001 has ``plot`` and ``track``,
    and `selector` names the item and field (``020``, ``TYP``) whose value is the profile's place.
    """

    number: int
    edition: str
    items: tuple[Item, ...]
    uaps: dict[str, tuple[str | None, ...]]
    selector: tuple[str, str] | None = None
    reads: tuple[str, ...] = ()
    """Older editions of which this one reads every record to the same values."""


def spare(bits: int) -> Field:
    """Return bits that the standard leaves unused."""
    return Field("", bits)


def flags(names: str) -> tuple[Field, ...]:
    """Return one-bit fields, the first name first (``flags("V G L")``)."""
    return tuple(Field(name, 1) for name in names.split())


def single(
    name: str, title: str, bits: int, kind: FieldKind = "raw", lsb: float = 1.0, unit: str = ""
) -> Item:
    """Return an item that is one number or one text: its only field bears the item's name."""
    return Item(name, title, Fixed((Field(name, bits, kind, lsb, unit),)))


def group(name: str, title: str, *fields: Field) -> Item:
    """Return an item of fixed length with several fields."""
    return Item(name, title, Fixed(fields))


def extended(name: str, title: str, *parts: tuple[Field, ...]) -> Item:
    """Return an item of octets chained by FX bits."""
    return Item(name, title, Extended(parts))


def repeated(name: str, title: str, *fields: Field, counter_bytes: int = 1) -> Item:
    """Return an item that repeats its fields, counted (or chained by FX where that is 0)."""
    return Item(name, title, Repetitive(fields, counter_bytes))


def compound(name: str, title: str, *subitems: Item | None) -> Item:
    """Return an item of subitems announced by presence bits."""
    return Item(name, title, Compound(subitems))


def profile(*rows: str) -> tuple[str | None, ...]:
    """Return the item names by field reference number, seven to a row; ``-`` is a spare number."""
    return tuple(None if name == "-" else name for row in rows for name in row.split())


def replaced(items: tuple[Item, ...], *others: Item) -> tuple[Item, ...]:
    """Return the items with those named like `others` exchanged, for another edition."""
    by_name = {item.name: item for item in others}
    return tuple(by_name.get(item.name, item) for item in items)
