"""Transponder registers 4,0 5,0 and 6,0: tables and a plain decoder that yields hypotheses.

A register's 56 bits do not say which register they are, and where a radar says so it may be wrong
(register swap). So what is read here is a hypothesis: it is withdrawn where reserved bits are set,
where a value stands without its status bit, or where numbers cannot be together.

Source: ICAO Doc 9871, second edition, tables A-2-64 (BDS 4,0), A-2-80 (5,0), A-2-96 (6,0). Bits are
numbered from 1 as there.
"""

from typing import Final, NamedTuple

REGISTER_BITS: Final = 56

ALTITUDE_LSB_FT: Final = 16.0  # table A-2-64, bits 2-13 and 15-26
PRESSURE_LSB_HPA: Final = 0.1  # table A-2-64, bits 28-39
PRESSURE_OFFSET_HPA: Final = 800.0  # table A-2-64, note to bits 28-39
ROLL_LSB_DEG: Final = 45 / 256  # table A-2-80, bits 2-11
ANGLE_LSB_DEG: Final = 90 / 512  # table A-2-80, bits 13-23; table A-2-96, bits 2-12
SPEED_LSB_KT: Final = 2.0  # table A-2-80, bits 25-34 and 47-56
TURN_LSB_DEG_S: Final = 8 / 256  # table A-2-80, bits 36-45
AIRSPEED_LSB_KT: Final = 1.0  # table A-2-96, bits 14-23
MACH_LSB: Final = 2.048 / 512  # table A-2-96, bits 25-34
CLIMB_LSB_FT_MIN: Final = 32.0  # table A-2-96, bits 36-45 and 47-56

MAX_WIND_KT: Final = 250.0
"""Ground and true airspeed cannot differ by more; the jet stream's record is about 220 kt."""


class Parameter(NamedTuple):
    """A number with its status bit: `value = integer * lsb + offset`, believable in low to high."""

    name: str
    status_bit: int
    first_bit: int
    bits: int
    signed: bool
    lsb: float
    unit: str
    low: float
    high: float
    offset: float = 0.0


class Register(NamedTuple):
    """One register: its code (0x40 is BDS 4,0), parameters, and bits that must be 0."""

    code: int
    title: str
    parameters: tuple[Parameter, ...]
    reserved: tuple[tuple[int, int], ...] = ()


BDS40: Final = Register(
    0x40,
    "Selected vertical intention",
    (
        Parameter("MCP_ALTITUDE", 1, 2, 12, False, ALTITUDE_LSB_FT, "ft", 0, 65_520),
        Parameter("FMS_ALTITUDE", 14, 15, 12, False, ALTITUDE_LSB_FT, "ft", 0, 65_520),
        Parameter(
            "PRESSURE", 27, 28, 12, False, PRESSURE_LSB_HPA, "hPa", 800, 1210, PRESSURE_OFFSET_HPA
        ),
        Parameter("MODES", 48, 49, 3, False, 1.0, "", 0, 7),  # VNAV, altitude hold, approach
        Parameter("ALTITUDE_SOURCE", 54, 55, 2, False, 1.0, "", 0, 3),
    ),
    reserved=((40, 8), (52, 2)),
)
BDS50: Final = Register(
    0x50,
    "Track and turn report",
    (
        Parameter("ROLL", 1, 2, 10, True, ROLL_LSB_DEG, "deg", -60, 60),
        Parameter("TRACK", 12, 13, 11, True, ANGLE_LSB_DEG, "deg", -180, 180),
        Parameter("GROUND_SPEED", 24, 25, 10, False, SPEED_LSB_KT, "kt", 0, 1500),
        Parameter("TURN_RATE", 35, 36, 10, True, TURN_LSB_DEG_S, "deg/s", -16, 16),
        Parameter("TRUE_AIRSPEED", 46, 47, 10, False, SPEED_LSB_KT, "kt", 0, 1500),
    ),
)
BDS60: Final = Register(
    0x60,
    "Heading and speed report",
    (
        Parameter("MAGNETIC_HEADING", 1, 2, 11, True, ANGLE_LSB_DEG, "deg", -180, 180),
        Parameter("INDICATED_AIRSPEED", 13, 14, 10, False, AIRSPEED_LSB_KT, "kt", 0, 1023),
        Parameter("MACH", 24, 25, 10, False, MACH_LSB, "Mach", 0, 3),
        Parameter("BARO_RATE", 35, 36, 10, True, CLIMB_LSB_FT_MIN, "ft/min", -10_000, 10_000),
        Parameter("INERTIAL_RATE", 46, 47, 10, True, CLIMB_LSB_FT_MIN, "ft/min", -10_000, 10_000),
    ),
)
REGISTERS: Final = {register.code: register for register in (BDS40, BDS50, BDS60)}
"""Registers by code."""


class Hypothesis(NamedTuple):
    """What the bits say if they are this register; only parameters with their status bit set."""

    code: int
    values: dict[str, float]


def bits_of(mb: int, first_bit: int, bits: int) -> int:
    """Return `bits` bits of a register from bit `first_bit` (1 is the first sent)."""
    return (mb >> (REGISTER_BITS + 1 - first_bit - bits)) & ((1 << bits) - 1)


def parameter_value(parameter: Parameter, mb: int) -> float:
    """Return a parameter's value in its unit, whatever its status bit."""
    integer = bits_of(mb, parameter.first_bit, parameter.bits)
    if parameter.signed and integer >> (parameter.bits - 1):
        integer -= 1 << parameter.bits
    return integer * parameter.lsb + parameter.offset


def _winds_possible(values: dict[str, float]) -> bool:
    ground_kt, air_kt = values.get("GROUND_SPEED"), values.get("TRUE_AIRSPEED")
    return ground_kt is None or air_kt is None or abs(ground_kt - air_kt) <= MAX_WIND_KT


def decode_register(register: Register, mb: int) -> Hypothesis | None:
    """Read 56 bits as a register, or return None where they cannot be it.

    Parameters
    ----------
    register : Register
        One of `BDS40`, `BDS50`, `BDS60`.
    mb : int
        The 56 bits, first bit sent uppermost.
    """
    if any(bits_of(mb, first, bits) for first, bits in register.reserved):
        return None
    values = {}
    for parameter in register.parameters:
        if not bits_of(mb, parameter.status_bit, 1):
            if bits_of(mb, parameter.first_bit, parameter.bits):
                return None
            continue
        value = parameter_value(parameter, mb)
        if not parameter.low <= value <= parameter.high:
            return None
        values[parameter.name] = value
    return Hypothesis(register.code, values) if values and _winds_possible(values) else None


def hypotheses(mb: int, code: int | None = None) -> list[Hypothesis]:
    """Return what the 56 bits may mean: as register `code`, or as any register where not given."""
    tried = REGISTERS.values() if code is None else filter(None, [REGISTERS.get(code)])
    found = [decode_register(register, mb) for register in tried]
    return [hypothesis for hypothesis in found if hypothesis]
