"""Transponder registers in Comm-B replies (formats 20 and 21): which one, where only one can be.

A reply does not say which register it carries. Every register is tried as a hypothesis: reserved
bits must be 0, values stand only with their status bit, numbers must be possible together. Where
exactly one hypothesis stands it is accepted; where several do, none. Source: ICAO Doc 9871, second
edition, tables A-2-16 (BDS 1,0), A-2-23 (1,7), A-2-32 (2,0), and those of `decode.bds`.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.decode.asterix.fields import Extras, register_values
from skypact.decode.bds import BDS50, BDS60, MAX_WIND_KT, REGISTERS, Register
from skypact.model.modes import LONG_FRAME, Longs, Octets
from skypact.units import DEGREE, GRAVITY, KNOT

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

CODES: Final = (0x10, 0x17, 0x20, *REGISTERS)
"""Registers that are tried: BDS 1,0 1,7 2,0 4,0 5,0 6,0."""
SOUND_KT: Final = 661.5
LEAST_DENSITY: Final = 3.0
"""Greatest ratio of a Mach number to that at sea level with the same indicated airspeed."""
RATE_DIFFERENCE_FT_MIN: Final = 3_000.0
TURN_DIFFERENCE_DPS: Final = 2.0
"""Two ways to measure one thing differ by no more: gusts, filters, slips."""
_LEGAL: Final = np.zeros(64, np.bool_)
_LEGAL[1:27] = _LEGAL[48:58] = _LEGAL[32] = True


class Registers(NamedTuple):
    """Registers of frames, k rows."""

    row: Longs
    """Of the frame."""
    code: Longs
    """0x40 is BDS 4,0; 0 where none is certain."""
    word: Longs
    """The 56 bits."""

    def values(self) -> Extras:
        """Read the numbers of BDS 4,0 5,0 and 6,0; NaN where absent."""
        return register_values(*(np.where(self.code == c, self.word, -1) for c in REGISTERS))


def words_of(octets: Octets) -> Longs:
    """56 bits from the fifth octet on of frames (n, 14)."""
    word = np.zeros(octets.shape[0], np.int64)
    for place in range(4, 11):
        word = word << 8 | octets[:, place]
    return word


def _bits(word: Longs, first: int, n: int) -> Longs:
    """`n` bits from bit `first` on; 1 is the first one sent."""
    return (word >> (57 - first - n)) & ((1 << n) - 1)


def can_be(register: Register, word: Longs) -> Mask:
    """Whether words can be this register: the rules of `bds.decode_register`, and some more.

    There a radar says which register it asked for; here only the bits do.
    """
    good = np.ones(word.size, np.bool_)
    has_value = np.zeros(word.size, np.bool_)
    values: dict[str, Floats] = {}
    for first, n in register.reserved:
        good &= _bits(word, first, n) == 0
    for p in register.parameters:
        stated = _bits(word, p.status_bit, 1) == 1
        count = _bits(word, p.first_bit, p.bits)
        if p.signed:
            count = count - ((count >> (p.bits - 1)) << p.bits)
        value = count * p.lsb + p.offset
        good &= np.where(stated, (value >= p.low) & (value <= p.high), count == 0)
        has_value |= stated
        values[p.name] = np.where(stated, value, np.nan)
    if register is BDS50:
        good &= ~contradicts_turn(values)
    elif register is BDS60:
        good &= ~contradicts_speed(values)
    return np.asarray(good & has_value, np.bool_)


def contradicts_turn(values: dict[str, Floats]) -> Mask:
    """Whether speeds, roll and turn of BDS 5,0 cannot be together; false where absent.

    A coordinated turn has rate = g tan(roll) / speed.
    """
    air_kt = values["TRUE_AIRSPEED"]
    wind_kt = np.abs(values["GROUND_SPEED"] - air_kt)
    roll = np.tan(values["ROLL"] * DEGREE)
    turn = np.where(air_kt > 0, GRAVITY / KNOT / DEGREE * roll / np.maximum(air_kt, 1.0), np.nan)
    return (wind_kt > MAX_WIND_KT) | (np.abs(values["TURN_RATE"] - turn) > TURN_DIFFERENCE_DPS)


def contradicts_speed(values: dict[str, Floats]) -> Mask:
    """Whether speeds, or rates, of BDS 6,0 cannot be together; false where absent.

    Indicated airspeed over the speed of sound at sea level is the Mach number there; at 50,000 ft
    it is 2.6 times less.
    """
    at_sea = values["INDICATED_AIRSPEED"] / SOUND_KT
    mach = values["MACH"]
    rates = np.abs(values["BARO_RATE"] - values["INERTIAL_RATE"])
    low, high = mach < 0.9 * at_sea, mach > LEAST_DENSITY * at_sea
    return low | high | (rates > RATE_DIFFERENCE_FT_MIN)


def can_be_link_capability(word: Longs) -> Mask:
    """Whether words can be BDS 1,0: it names itself, and bits 10 to 14 are reserved."""
    return np.asarray((word >> 48 == 0x10) & (_bits(word, 10, 5) == 0), np.bool_)


def can_be_common_usage(word: Longs) -> Mask:
    """Whether words can be BDS 1,7: it lists BDS 2,0, and bits 29 to 56 are reserved."""
    return np.asarray((_bits(word, 7, 1) == 1) & (_bits(word, 29, 28) == 0), np.bool_)


def can_be_identification(word: Longs) -> Mask:
    """Whether words can be BDS 2,0: it names itself, and holds only characters."""
    good = word >> 48 == 0x20
    for shift in range(0, 48, 6):
        good &= _LEGAL[(word >> shift) & 63]
    return np.asarray(good, np.bool_)


def codes_of(word: Longs) -> Longs:
    """Code of the only register that each word can be; 0 where there is none or more."""
    masks = [
        can_be_link_capability(word),
        can_be_common_usage(word),
        can_be_identification(word),
        *(can_be(register, word) for register in REGISTERS.values()),
    ]
    stands = np.column_stack(masks)
    alone = stands.sum(axis=1) == 1
    return np.where(alone, np.array(CODES)[stands.argmax(axis=1)], 0).astype(np.int64)


def registers_of(octets: Octets, rows: Longs) -> Registers:
    """Read the registers of the frames in `rows`, which must be of formats 20 and 21.

    Parameters
    ----------
    octets : (n, 14) u1
    rows : (k,) int64
        Frames whose sender is known: in others the bits may be damaged.
    """
    word = words_of(octets.reshape(-1, LONG_FRAME)[rows])
    return Registers(rows, codes_of(word), word)
