"""Mode S frames to columns: parity, address, identity, altitude, extended squitters.

Sources: ICAO Annex 10 volume IV, fifth edition, 3.1.2.3.3 (parity), 3.1.2.5 to 3.1.2.8 (formats),
3.1.2.6.5.4 (altitude code), 3.1.2.6.7.1 (identity code); ICAO Doc 9871, second edition, appendices
A to C, and EUROCAE ED-102A / RTCA DO-260B, section 2.2.3.2 (extended squitters of versions 0 to 2).
Bits of an extended squitter's message are numbered from 1 as there. Twin: tests/naive/modes.py.
"""

import math
from typing import Final

import numpy as np

from skypact.errors import BAD_PARITY, OK, TRUNCATED, UNKNOWN_ADDRESS, UNKNOWN_FORMAT
from skypact.kernels._jit import helper, kernel
from skypact.model.modes import (
    ADDRESS,
    AIRSPEED_MPS,
    AUX,
    BARO_M,
    CATEGORY,
    CODE,
    CPR_LAT,
    CPR_LON,
    DIFFERENCE_M,
    EMERGENCY,
    FOREIGN,
    FORMAT,
    GEO_M,
    GROUND,
    GVA,
    HEADING_RAD,
    INTERROGATOR,
    IS_GNSS,
    LONG_FRAME,
    NACP,
    NACV,
    NIC_A,
    NIC_B,
    NIC_C,
    ODD,
    SDA,
    SELECTED_M,
    SHORT_FRAME,
    SIL,
    SPEED_MPS,
    SPI,
    SUBTYPE,
    TRACK_RAD,
    TYPE,
    VE_MPS,
    VERSION,
    VN_MPS,
    VU_MPS,
    Bytes,
    Floats,
    FrameTable,
    Ints,
    Octets,
)
from skypact.units import DEGREE, FEET_PER_MINUTE, FOOT, KNOT

GENERATOR: Final = 0xFFF409
"""Generator of the parity without its leading bit, Annex 10 volume IV, 3.1.2.3.3.1.2."""
GREATEST_INTERROGATOR: Final = 79
"""Interrogator codes: II 0 to 15, SI 1 to 63 above them."""
SPACES: Final = 0x820820820820
"""Eight six-bit spaces."""


def parity_table() -> Ints:
    """Remainders of every octet at every place before the end, (14, 256)."""
    table = np.zeros((LONG_FRAME, 256), np.int32)
    for octet in range(256):
        word = octet
        for place in range(LONG_FRAME):
            table[place, octet] = word
            for _ in range(8):
                word <<= 1
                if word >> 24:
                    word ^= 1 << 24 | GENERATOR
    return table


def identity_table() -> Ints:
    """Mode A codes, as people say them, of the 13 bits C1 A1 C2 A2 C4 A4 X B1 D1 B2 D2 B4 D4."""
    bits = np.arange(1 << 13)
    codes = np.zeros(bits.size, np.int32)
    for i, weight in enumerate((10, 1000, 20, 2000, 40, 4000, 0, 100, 1, 200, 2, 400, 4)):
        codes += ((bits >> (12 - i)) & 1).astype(np.int32) * weight
    return codes


def from_gray(gray: int) -> int:
    """Decode a Gray code of eight bits."""
    for shift in (4, 2, 1):
        gray ^= gray >> shift
    return gray


def gillham_table() -> Ints:
    """Hundreds of feet of the same 13 bits, with M for X and Q for D1; `NO_LEVEL` where no code.

    D2 D4 A1 A2 A4 B1 B2 B4 is the Gray code of steps of 500 ft, C1 C2 C4 that of 100 ft.
    """
    codes = identity_table()
    table = np.full(codes.size, NO_LEVEL, np.int32)
    for bits in range(codes.size):
        a, b, c, d = (int(codes[bits]) // unit % 10 for unit in (1000, 100, 10, 1))
        gray = 0
        for digit, value in ((d, 2), (d, 4), (a, 1), (a, 2), (a, 4), (b, 1), (b, 2), (b, 4)):
            gray = gray << 1 | (digit & value != 0)
        steps = from_gray(gray)
        hundreds = from_gray((c & 1) << 2 | (c & 2) | c >> 2)
        if bits & (METRIC | IN_25_FT) or hundreds in (0, 5, 6):
            continue
        hundreds = 5 if hundreds == 7 else hundreds
        table[bits] = 5 * steps + (6 - hundreds if steps % 2 else hundreds) - 13
    return table


def movement_table() -> Floats:
    """Speed over ground in m/s of the movement field of surface positions; NaN where none.

    Source: ED-102A table 2-17. The lower end of each step, and of the last one, 175 kt.
    """
    knots = np.full(128, np.nan)
    knots[1] = 0.0
    pieces = ((2, 9, 0.125, 0.125), (9, 13, 1, 0.25), (13, 39, 2, 0.5), (39, 94, 15, 1))
    for first, end, start, step in (*pieces, (94, 109, 70, 2), (109, 125, 100, 5)):
        knots[first:end] = start + step * np.arange(end - first)
    return np.asarray(knots * KNOT)


METRIC: Final = 0x40
IN_25_FT: Final = 0x10
"""Bits M and Q of an altitude code of 13 bits."""
NO_LEVEL: Final = -999
_PARITY: Final = parity_table()
_IDENTITY: Final = identity_table()
_GILLHAM: Final = gillham_table()
_MOVEMENT: Final = movement_table()


@helper
def octet_one(row: Octets, place: int) -> int:
    """One octet as a signed 64-bit integer."""
    return np.int64(row[place])  # type: ignore[return-value]


@helper
def remainder_one(row: Octets, n: int) -> int:
    """Parity of `n` octets, the last three included: 0, or what was laid over it."""
    word = int(0)  # noqa: UP018, RUF046
    for i in range(n):
        word ^= int(_PARITY[n - 1 - i, row[i]])
    return word


@helper
def message_one(row: Octets) -> int:
    """Give the 56 bits from the fifth octet on."""
    word = int(0)  # noqa: UP018, RUF046
    for i in range(4, 11):
        word = (word << 8) | octet_one(row, i)
    return word


@helper
def bits_one(word: int, first: int, n: int) -> int:
    """Give `n` bits of 56 from bit `first` on; 1 is the first one sent."""
    return (word >> (57 - first - n)) & ((1 << n) - 1)


@helper
def altitude_one(code: int) -> float:
    """Metres of a 13-bit altitude code; NaN where it holds none.

    The standard reserves codes with M set for metric units; they are read as whole metres.
    """
    if code == 0:
        return math.nan
    if code & METRIC:
        return float((code & 0x1F80) >> 1 | (code & 0x3F))
    if code & IN_25_FT:
        steps = (code & 0x1F80) >> 2 | (code & 0x20) >> 1 | (code & 0xF)
        return (25.0 * steps - 1000.0) * FOOT
    level = _GILLHAM[code]
    return math.nan if level == NO_LEVEL else 100.0 * FOOT * level


@helper
def clean_callsign(packed: int) -> int:
    """48 bits with codes that stand for no character made spaces; -1 when nothing is left."""
    out = int(0)  # noqa: UP018, RUF046
    for shift in range(42, -6, -6):
        code = (packed >> shift) & 63
        legal = (1 <= code <= 26) or (48 <= code <= 57)
        out = (out << 6) | (code if legal else 32)
    return -1 if out == SPACES else out


@helper
def read_airborne(me: int, kind: int, labels: Ints, numbers: Floats) -> None:
    """Types 9 to 18 and 20 to 22, and 0, which has no position. ED-102A, 2.2.3.2.3."""
    labels[GROUND] = 0 if kind else -1
    status = bits_one(me, 6, 2)
    labels[SPI] = 1 if status == 3 else 0
    labels[NIC_B] = bits_one(me, 8, 1)
    code = bits_one(me, 9, 12)
    height_m = altitude_one((code & 0xFC0) << 1 | (code & 0x3F))
    if kind >= 20:
        numbers[GEO_M] = height_m
        labels[IS_GNSS] = 1
    else:
        numbers[BARO_M] = height_m
        labels[IS_GNSS] = 0
    if kind:
        labels[ODD] = bits_one(me, 22, 1)
        labels[CPR_LAT] = bits_one(me, 23, 17)
        labels[CPR_LON] = bits_one(me, 40, 17)


@helper
def read_surface(me: int, labels: Ints, numbers: Floats) -> None:
    """Types 5 to 8. ED-102A, 2.2.3.2.4."""
    labels[GROUND] = 1
    speed_mps = _MOVEMENT[bits_one(me, 6, 7)]
    numbers[SPEED_MPS] = speed_mps
    if bits_one(me, 13, 1):
        angle = bits_one(me, 14, 7) * (360.0 / 128.0 * DEGREE)
        numbers[TRACK_RAD] = angle
        numbers[VN_MPS] = speed_mps * math.cos(angle)
        numbers[VE_MPS] = speed_mps * math.sin(angle)
    labels[ODD] = bits_one(me, 22, 1)
    labels[CPR_LAT] = bits_one(me, 23, 17)
    labels[CPR_LON] = bits_one(me, 40, 17)


@helper
def signed_step(me: int, sign: int, n: int) -> float:
    """Give the steps of a sign bit and `n` bits that count from 1; NaN for 0, no information."""
    steps = bits_one(me, sign + 1, n)
    if steps == 0:
        return math.nan
    return 1.0 - steps if bits_one(me, sign, 1) else steps - 1.0


@helper
def read_velocity(me: int, labels: Ints, numbers: Floats) -> None:
    """Type 19. ED-102A, 2.2.3.2.6; subtypes 2 and 4 count speeds in steps of 4 kt."""
    subtype = bits_one(me, 6, 3)
    labels[SUBTYPE] = subtype
    if subtype < 1 or subtype > 4:
        return
    labels[GROUND] = 0
    labels[NACV] = bits_one(me, 11, 3)
    lsb = KNOT if subtype % 2 == 1 else 4.0 * KNOT
    if subtype <= 2:
        east = signed_step(me, 14, 10) * lsb
        north = signed_step(me, 25, 10) * lsb
        numbers[VE_MPS] = east
        numbers[VN_MPS] = north
        numbers[SPEED_MPS] = math.sqrt(east * east + north * north)
        angle = math.atan2(east, north)
        numbers[TRACK_RAD] = angle if angle >= 0.0 else angle + 2.0 * math.pi
    else:
        if bits_one(me, 14, 1):
            numbers[HEADING_RAD] = bits_one(me, 15, 10) * (360.0 / 1024.0 * DEGREE)
        if bits_one(me, 26, 10):
            numbers[AIRSPEED_MPS] = (bits_one(me, 26, 10) - 1.0) * lsb
    numbers[VU_MPS] = signed_step(me, 37, 9) * 64.0 * FEET_PER_MINUTE
    if bits_one(me, 50, 7) < 127:
        numbers[DIFFERENCE_M] = signed_step(me, 49, 7) * 25.0 * FOOT


@helper
def read_target(me: int, labels: Ints, numbers: Floats) -> None:
    """Type 29, target state and status. ED-102A, 2.2.3.2.7.1; subtype 0 is version 1's."""
    subtype = bits_one(me, 6, 2)
    labels[SUBTYPE] = subtype
    if subtype > 1:
        return
    labels[NACP] = bits_one(me, 40, 4)
    labels[SIL] = bits_one(me, 45, 2)
    if subtype == 0:
        labels[EMERGENCY] = bits_one(me, 54, 3)
    elif bits_one(me, 10, 11):
        numbers[SELECTED_M] = (bits_one(me, 10, 11) - 1.0) * 32.0 * FOOT


@helper
def read_operational(me: int, labels: Ints) -> None:
    """Type 31, operational status. ED-102A, 2.2.3.2.7.2; version 0 gives capabilities only."""
    subtype = bits_one(me, 6, 3)
    labels[SUBTYPE] = subtype
    if subtype > 1:
        return
    version = bits_one(me, 41, 3)
    labels[VERSION] = version
    labels[GROUND] = subtype
    if version == 0 or version > 2:
        return
    labels[NIC_A] = bits_one(me, 44, 1)
    labels[NACP] = bits_one(me, 45, 4)
    labels[SIL] = bits_one(me, 51, 2)
    if version == 2:
        labels[SDA] = bits_one(me, 31, 2)
    if subtype == 0:
        labels[GVA] = bits_one(me, 49, 2)
        return
    labels[NACV] = bits_one(me, 17, 3)
    if version == 2:
        labels[NIC_C] = bits_one(me, 20, 1)


@helper
def read_relayed(me: int, control: int, kind: int, labels: Ints, numbers: Floats) -> None:
    """Read what differs in format 18: whose address it is, a ground station's velocity.

    Source: ED-102A, table 2-11 (control field) and 2.2.17 (TIS-B messages).
    """
    flag = 0
    if 9 <= kind <= 22 and kind != 19:
        flag = 8
    elif 5 <= kind <= 8:
        flag = 21
    elif kind == 19:
        flag = 9
    elif control == 6 and kind == 29:
        flag = 51
    elif control == 6 and kind >= 28:
        flag = 56
    if control in (1, 5) or (control in (2, 6) and flag and bits_one(me, flag, 1)):
        labels[FOREIGN] = 1
    if control != 0 and control != 1:
        labels[NIC_B] = -1
    if control in (2, 5) and kind == 19:
        labels[NACV] = -1
        labels[NACP] = bits_one(me, 10, 4)
        numbers[DIFFERENCE_M] = math.nan


@helper
def read_squitter(me: int, labels: Ints, numbers: Floats) -> int:
    """Read the message of an extended squitter; its callsign, -1 where it has none."""
    kind = bits_one(me, 1, 5)
    labels[TYPE] = kind
    if 1 <= kind <= 4:
        labels[CATEGORY] = 8 * (4 - kind) + bits_one(me, 6, 3)
        return clean_callsign(me & 0xFFFFFFFFFFFF)
    if 5 <= kind <= 8:
        read_surface(me, labels, numbers)
    elif kind == 19:
        read_velocity(me, labels, numbers)
    elif kind <= 22:
        read_airborne(me, kind, labels, numbers)
    elif kind == 28:
        labels[SUBTYPE] = bits_one(me, 6, 3)
        if labels[SUBTYPE] == 1:
            labels[EMERGENCY] = bits_one(me, 9, 3)
            if bits_one(me, 12, 13):
                labels[CODE] = _IDENTITY[bits_one(me, 12, 13)]
    elif kind == 29:
        read_target(me, labels, numbers)
    elif kind == 31:
        read_operational(me, labels)
    return -1


@helper
def read_reply(row: Octets, form: int, labels: Ints, numbers: Floats) -> int:
    """Read what formats 0 4 5 16 20 21 say; a callsign where the register is BDS 2,0, else -1."""
    code = (octet_one(row, 2) << 8 | octet_one(row, 3)) & 0x1FFF
    if form == 0 or form == 16:
        labels[AUX] = (octet_one(row, 0) >> 2) & 1
        labels[GROUND] = labels[AUX]
    else:
        status = octet_one(row, 0) & 7
        labels[AUX] = status
        labels[SPI] = 1 if status in (4, 5) else 0
        if status <= 3:
            labels[GROUND] = status & 1
    if form == 5 or form == 21:
        labels[CODE] = _IDENTITY[code]
    else:
        numbers[BARO_M] = altitude_one(code)
    if form < 20:
        return -1
    register = message_one(row)
    packed = register & 0xFFFFFFFFFFFF
    if register >> 48 != 0x20:
        return -1
    for shift in range(0, 48, 6):
        character = (packed >> shift) & 63
        if not (1 <= character <= 26 or 48 <= character <= 57 or character == 32):
            return -1
    return clean_callsign(packed)


@helper
def frame_length(form: int) -> int:
    """Octets of a format that is read here; 0 for others."""
    if form in (0, 4, 5, 11):
        return SHORT_FRAME
    return LONG_FRAME if form in (16, 17, 18, 20, 21) else 0


@helper
def read_one(row: Octets, length: int, labels: Ints, numbers: Floats) -> tuple[int, int]:
    """Read one frame; its status and callsign."""
    form = octet_one(row, 0) >> 3
    n = frame_length(form)
    labels[FORMAT] = form
    if length < SHORT_FRAME or length < n:
        return TRUNCATED, -1
    if n == 0:
        return UNKNOWN_FORMAT, -1
    remainder = remainder_one(row, n)
    if form == 11 or form == 17 or form == 18:
        labels[ADDRESS] = octet_one(row, 1) << 16 | octet_one(row, 2) << 8 | octet_one(row, 3)
        labels[AUX] = octet_one(row, 0) & 7
        if remainder > (GREATEST_INTERROGATOR if form == 11 else 0):
            return BAD_PARITY, -1
    else:
        labels[ADDRESS] = remainder
        return UNKNOWN_ADDRESS, read_reply(row, form, labels, numbers)
    control = labels[AUX]
    if form != 18 and control in (4, 5):
        labels[GROUND] = 1 if control == 4 else 0
    if form == 11:
        labels[INTERROGATOR] = remainder
        return (UNKNOWN_ADDRESS if remainder else OK), -1
    labels[FOREIGN] = 0
    if form == 17 or control <= 2 or control == 5 or control == 6:
        me = message_one(row)
        callsign = read_squitter(me, labels, numbers)
        if form == 18:
            read_relayed(me, control, labels[TYPE], labels, numbers)
        return OK, callsign
    return OK, -1


@kernel
def read_frames(octets: Octets, length: Bytes, out: FrameTable) -> None:
    """Read frames one by one, without memory of those before.

    Parameters
    ----------
    octets : (n, 14) u1, length : (n,) i1
        The frames, and how many octets of each were received.
    out : FrameTable of n rows
        Written. An address that was recovered from the parity, or has an interrogator's code over
        it, has the status UNKNOWN_ADDRESS: only who knows the sender can tell whether it is right.
    """
    for i in range(octets.shape[0]):
        out.labels[i] = -1
        out.numbers[i] = math.nan
        status, callsign = read_one(octets[i], length[i], out.labels[i], out.numbers[i])
        out.status[i] = status
        out.callsign[i] = callsign
