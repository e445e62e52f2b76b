"""What the integer in a field means, and back: scale, sign, octal codes, characters.

Source: EUROCONTROL-SPEC-0149 Part 1, edition 3.1, chapter 4; the six-bit characters are those of
ICAO Annex 10 volume IV, table 3-9.
"""

import math
from collections.abc import Callable
from typing import Final

from skypact.decode.asterix.spec import Field
from skypact.errors import ConfigError

Value = int | float | str
"""What a single field holds once read."""

IA5: Final = "?ABCDEFGHIJKLMNOPQRSTUVWXYZ????? ???????????????0123456789??????"
"""The six-bit characters by their code; ``?`` stands for a code without one."""
_IA5_CODES: Final = {"?": 0} | {char: code for code, char in enumerate(IA5) if char != "?"}

TICKS_PER_DAY: Final = 86_400 * 128
"""Count of 1/128 s in a day, at which every time of day starts again."""


def is_time_of_day(field: Field) -> bool:
    """Tell whether the field counts 1/128 s since midnight (24 bits, as I048/140)."""
    return field.bits == 24 and field.unit == "s" and field.lsb == 1 / 128


def signed_of(integer: int, bits: int) -> int:
    """Read `bits` bits as two's complement."""
    return integer - (1 << bits) if integer >> (bits - 1) else integer


def octal_digits(integer: int) -> int:
    """Read groups of three bits as decimal digits: 0o7700 becomes 7700."""
    return int(f"{integer:o}")


def text_of(integer: int, bits: int, kind: str) -> str:
    """Read six-bit (``ia5``) or eight-bit (``ascii``) characters, trailing spaces removed."""
    if kind == "ascii":
        return integer.to_bytes(bits // 8, "big").decode("latin-1").rstrip(" ")
    shifts = range(bits - 6, -1, -6)
    return "".join(IA5[(integer >> shift) & 63] for shift in shifts).rstrip(" ")


def reader_of(field: Field) -> Callable[[int], Value] | None:
    """Return the function that turns the field's integer into its value; None: it is the value."""
    bits, lsb, kind = field.bits, field.lsb, field.kind
    if kind == "octal":
        return octal_digits
    if kind in ("ia5", "ascii"):
        return lambda integer: text_of(integer, bits, kind)
    if kind == "signed":
        if lsb == 1:
            return lambda integer: signed_of(integer, bits)
        return lambda integer: signed_of(integer, bits) * lsb
    if kind == "unsigned" and lsb != 1:
        return lambda integer: integer * lsb
    return None


def _integer_of_text(text: object, bits: int, kind: str) -> int:
    width = 8 if kind == "ascii" else 6
    n_chars = bits // width
    if not isinstance(text, str) or len(text) > n_chars:
        raise ConfigError(f"{text!r} is not a text of at most {n_chars} characters")
    integer = 0
    for char in text.ljust(n_chars):
        code = ord(char) if kind == "ascii" else _IA5_CODES.get(char, 256)
        if code >> width:
            raise ConfigError(f"{text!r} holds {char!r}, which has no {width}-bit code")
        integer = integer << width | code
    return integer


def _integer_of_octal(value: object, bits: int) -> int:
    digits = str(value)
    if len(digits) > bits // 3 or not digits.isdigit() or set(digits) & {"8", "9"}:
        raise ConfigError(f"{value!r} is not a code of at most {bits // 3} digits from 0 to 7")
    return int(digits, 8)


def _wrap_of(field: Field) -> int:
    """Return the count at which a full circle or a day starts again; 0: the field does not wrap."""
    if field.unit == "deg" and math.isclose(field.lsb * (1 << field.bits), 360.0):
        return 1 << field.bits
    return TICKS_PER_DAY if is_time_of_day(field) else 0


def bounds_of(field: Field) -> tuple[int, int]:
    """Return the smallest and largest integer that the field can hold."""
    if field.kind == "signed":
        return -(1 << (field.bits - 1)), (1 << (field.bits - 1)) - 1
    return 0, (1 << field.bits) - 1


def writer_of(field: Field) -> Callable[[int | float | str], int]:
    """Return the function that turns a value into the field's bits, rounded to the nearest LSB.

    Angles that fill their field with a full circle, and times of day, start again at their end: an
    azimuth of 359.999 degrees may round to 0. Everything else out of range raises ConfigError.
    """
    bits, lsb, kind, unit = field.bits, field.lsb, field.kind, field.unit
    if kind == "octal":
        return lambda value: _integer_of_octal(value, bits)
    if kind in ("ia5", "ascii"):
        return lambda value: _integer_of_text(value, bits, kind)
    low, high = bounds_of(field)
    wrap = _wrap_of(field)
    limit = TICKS_PER_DAY if is_time_of_day(field) else max(wrap, 1)
    mask = (1 << bits) - 1

    def write(value: int | float | str) -> int:
        try:  # a text raises TypeError; whole numbers stay exact, registers have 56 bits
            integer = round(value if lsb == 1 else value / lsb)  # type: ignore[arg-type, operator]
        except (TypeError, ValueError, OverflowError):
            raise ConfigError(f"{value!r} is not a finite number") from None
        if wrap and -limit <= integer <= limit:
            return integer % wrap
        if not low <= integer <= high:
            raise ConfigError(f"{value} {unit} is outside {low * lsb:g} to {high * lsb:g} {unit}")
        return integer & mask

    return write
