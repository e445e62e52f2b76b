"""The words in which an ASTERIX category is written down: one table per category and edition.

Source: EUROCONTROL-SPEC-0149 Part 1, "All Purpose Structured EUROCONTROL Surveillance Information
Exchange (ASTERIX)", edition 3.1, chapter 4 (item structures) and 5 (records, field specification).
The same tables drive the plain decoder, the compiled column decoder and the encoder.
"""

from typing import Literal, NamedTuple, Union

FieldKind = Literal["raw", "unsigned", "signed", "octal", "ascii", "ia5", "bds"]


class Field(NamedTuple):
    """A run of bits. `value = integer * lsb` in `unit`; an empty name is spare bits."""

    name: str
    bits: int
    kind: FieldKind = "raw"
    lsb: float = 1.0
    unit: str = ""


class Fixed(NamedTuple):
    """A fixed number of octets."""

    fields: tuple[Field, ...]


class Extended(NamedTuple):
    """Octet groups, each ended by an FX bit that the table leaves out and that says "more"."""

    parts: tuple[tuple[Field, ...], ...]


class Repetitive(NamedTuple):
    """A counter of `counter_bytes` octets, then that many groups; 0: repeated while FX is set."""

    fields: tuple[Field, ...]
    counter_bytes: int = 1


class Explicit(NamedTuple):
    """An octet giving the length, itself included, then that many octets less one, kept raw."""


class Compound(NamedTuple):
    """A primary field of presence bits (with FX), then the subitems present; None is a spare bit."""

    subitems: tuple["Item | None", ...]


Variation = Union[Fixed, Extended, Repetitive, Explicit, Compound]


class Item(NamedTuple):
    """A data item or subitem: ``040`` or ``SRL``; `source` cites the section of the standard."""

    name: str
    title: str
    variation: Variation
    source: str = ""


class Category(NamedTuple):
    """One edition of one category.

    `uaps` maps the name of each user application profile to item names by field reference number
    (None: spare). Most categories have one, named ``uap``; category 001 has ``plot`` and ``track``.
    """

    number: int
    edition: str
    items: tuple[Item, ...]
    uaps: dict[str, tuple[str | None, ...]]
