"""Column values to report values: octal codes, callsigns, validity flags, transponder registers.

Sources: ICAO Annex 10 volume IV, 3.1.1.6 (Mode A codes) and table 3-9 (six-bit characters); ICAO
Doc 9871, second edition, tables A-2-64, A-2-80 and A-2-96 (BDS 4,0, 5,0 and 6,0).
"""

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.decode.bds import BDS40, BDS50, BDS60, MAX_WIND_KT, REGISTER_BITS, Register
from skypact.units import DEGREE, FEET_PER_MINUTE, FOOT, KNOT

Array = npt.NDArray[Any]
Columns = dict[str, Array]
Mask = npt.NDArray[np.bool_]

_SPACES: Final = 0x820820820820
"""Eight six-bit spaces."""
_LEGAL: Final = np.zeros(64, np.bool_)
_LEGAL[1:27] = _LEGAL[48:58] = _LEGAL[32] = True
FULL_SCALE: Final = 32_767
"""Counts at which a signed 16-bit field is full."""


def decimal_code(octal: Array) -> npt.NDArray[np.int32]:
    """Mode A code as people say it: bits 0o7700 become 7700; -1 stays -1."""
    digits = sum(((octal >> (3 * i)) & 7) * 10**i for i in range(4))
    return np.where(octal < 0, -1, digits).astype(np.int32)


def packed_callsign(raw: Array) -> npt.NDArray[np.int64]:
    """48 bits of six-bit characters as `model.reports.pack_callsign` packs them.

    Codes that stand for no character become spaces; an empty callsign is -1.
    """
    out = np.where(raw < 0, _SPACES, raw).astype(np.int64)
    for shift in range(0, 48, 6):
        code = (out >> shift) & 63
        bad = ~_LEGAL[code]
        if bad.any():
            out[bad] = (out[bad] & ~(np.int64(63) << shift)) | (np.int64(32) << shift)
    return np.where(out == _SPACES, -1, out)


def flagged(columns: Columns, *names: str) -> Mask:
    """Rows in which any of the named flags is set."""
    mask = np.zeros(columns[names[0]].shape, np.bool_)
    for name in names:
        mask |= columns[name] == 1
    return mask


def count_into(counts: dict[str, int], kind: str, rows: Mask) -> None:
    """Add the number of set rows under `kind`, unless there is none."""
    n = int(np.count_nonzero(rows))
    if n:
        counts[kind] = counts.get(kind, 0) + n


def mode3a(columns: Columns, counts: dict[str, int]) -> npt.NDArray[np.int32]:
    """Mode 3/A code; -1 where not validated or garbled, both counted, as are smoothed ones."""
    present = columns["mode3a"] >= 0
    invalid = present & flagged(columns, "mode3a_v")
    garbled = present & flagged(columns, "mode3a_g")
    count_into(counts, "mode3a_invalid", invalid)
    count_into(counts, "mode3a_garbled", garbled)
    if "mode3a_l" in columns:
        count_into(counts, "mode3a_smoothed", present & flagged(columns, "mode3a_l"))
    return np.where(invalid | garbled, -1, decimal_code(columns["mode3a"])).astype(np.int32)


def valid_level(columns: Columns, counts: dict[str, int]) -> npt.NDArray[np.float64]:
    """Pressure altitude in metres; NaN where not validated or garbled, which is counted."""
    bad = ~np.isnan(columns["baro_m"]) & flagged(columns, "baro_v", "baro_g")
    count_into(counts, "level_invalid", bad)
    return np.where(bad, np.nan, columns["baro_m"])


class Extras(NamedTuple):
    """Downlinked values of each report, for checks; NaN where absent. They are not tracked."""

    ground_speed_mps: Array
    track_angle_rad: Array
    track_angle_rate_radps: Array
    true_airspeed_mps: Array
    heading_rad: Array
    """Magnetic."""
    indicated_airspeed_mps: Array
    mach: Array
    baro_rate_mps: Array
    inertial_rate_mps: Array
    selected_altitude_m: Array
    roll_rad: Array
    managed_altitude_m: Array
    """Selected by the flight management system."""
    pressure_setting_pa: Array
    """Barometric setting; 1013.25 hPa is 101325."""
    mops: Array
    """Version of the standard that the aircraft's ADS-B follows (0 to 3)."""
    pic: Array
    """Position integrity category (I021/090)."""
    nacv: Array
    """Navigation accuracy (version 0: uncertainty) category of the velocity."""
    receiver: Array
    """Which receiver of the ground station heard the aircraft (I021/400)."""


def empty_extras(n: int) -> Extras:
    """Make `n` rows without values."""
    return Extras(*(np.full(n, np.nan) for _ in Extras._fields))


def _field(raw: Array, status: int, first: int, bits: int, scale: float, sign: int = 0) -> Array:
    """Read bits `first` (1 is the register's first) on; NaN where the status bit is 0."""
    value = ((raw >> (57 - first - bits)) & ((1 << bits) - 1)).astype(np.float64)
    if sign:
        value -= np.where((raw >> (56 - sign)) & 1, float(1 << bits), 0.0)
    present = (raw >= 0) & (((raw >> (56 - status)) & 1) == 1)
    return np.where(present, value * scale, np.nan)


def believable(register: Register, raw: Array) -> Mask:
    """Mark the 56-bit integers (n,) that can be this register, by the rules of `decode.bds`.

    -1 (absent) and an empty register cannot.
    """

    def bits(first: int, width: int) -> Array:
        return np.asarray((raw >> (REGISTER_BITS + 1 - first - width)) & ((1 << width) - 1))

    possible = raw > 0
    for first, width in register.reserved:
        possible &= bits(first, width) == 0
    values: Columns = {}
    for p in register.parameters:
        stated, integer = bits(p.status_bit, 1) == 1, bits(p.first_bit, p.bits)
        signed = integer - ((integer >> (p.bits - 1)) << p.bits) if p.signed else integer
        value = signed * p.lsb + p.offset
        inside = (value >= p.low) & (value <= p.high)
        possible &= np.where(stated, inside, integer == 0)
        values[p.name] = np.where(stated, value, np.nan)
    if "GROUND_SPEED" in values:
        possible &= ~(np.abs(values["GROUND_SPEED"] - values["TRUE_AIRSPEED"]) > MAX_WIND_KT)
    stated = np.array([~np.isnan(value) for value in values.values()]).any(axis=0)
    return np.asarray(possible & stated, np.bool_)


def _checked(register: Register, raw: Array, counts: dict[str, int]) -> Array:
    """Return the register; -1 where its bits cannot be it, which is counted."""
    right = believable(register, raw)
    count_into(counts, "register_refused", (raw > 0) & ~right)
    return np.where(right, raw, -1)


def extra_values(columns: Columns, n: int, counts: dict[str, int]) -> Extras:
    """Extras of one category's `n` reports, of those columns that it has."""
    none = np.full(n, -1, np.int64)
    raw = (columns.get(name, none) for name in ("bds40", "bds50", "bds60"))
    registers = (_checked(*pair, counts) for pair in zip((BDS40, BDS50, BDS60), raw, strict=True))
    figures = {
        name: columns[name] for name in ("mops", "pic", "nacv", "receiver") if name in columns
    }
    known = {name: np.where(v < 0, np.nan, v.astype(np.float64)) for name, v in figures.items()}
    return register_values(*registers)._replace(**known)


def register_values(bds40: Array, bds50: Array, bds60: Array) -> Extras:
    """Values of the registers, 56 bits each as an integer, -1 where absent."""
    full = 2.0 * np.pi
    return empty_extras(bds40.size)._replace(
        ground_speed_mps=_field(bds50, 24, 25, 10, 2 * KNOT),
        track_angle_rad=_field(bds50, 12, 14, 10, 90 / 512 * DEGREE, sign=13) % full,
        track_angle_rate_radps=_field(bds50, 35, 37, 9, 8 / 256 * DEGREE, sign=36),
        true_airspeed_mps=_field(bds50, 46, 47, 10, 2 * KNOT),
        heading_rad=_field(bds60, 1, 3, 10, 90 / 512 * DEGREE, sign=2) % full,
        indicated_airspeed_mps=_field(bds60, 13, 14, 10, KNOT),
        mach=_field(bds60, 24, 25, 10, 2.048 / 512),
        baro_rate_mps=_field(bds60, 35, 37, 9, 32 * FEET_PER_MINUTE, sign=36),
        inertial_rate_mps=_field(bds60, 46, 48, 9, 32 * FEET_PER_MINUTE, sign=47),
        selected_altitude_m=_field(bds40, 1, 2, 12, 16 * FOOT),
        managed_altitude_m=_field(bds40, 14, 15, 12, 16 * FOOT),
        pressure_setting_pa=_field(bds40, 27, 28, 12, 10.0) + 80_000.0,
        roll_rad=_field(bds50, 1, 3, 9, 45 / 256 * DEGREE, sign=2),
    )
