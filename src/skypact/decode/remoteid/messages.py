"""Remote identification messages: 25 octets each, alone or in packs.

Source: ASTM F3411-22a section 5.4 (message formats) and EN 4709-002, which takes the same. Octets
are little-endian. A number that stands for "unknown" is NaN; what is personal (the place of the
operator) stays in the messages and enters no report.
"""

import math
from collections.abc import Callable
from typing import Final, NamedTuple

from skypact.units import DEGREE

MESSAGE_BYTES: Final = 25
PACK_HEAD_BYTES: Final = 3
MOST_IN_PACK: Final = 9
"""F3411-22a table 12; a pack that says more is damaged."""
PLACE_LSB_DEG: Final = 1e-7
HEIGHT_LSB_M: Final = 0.5
HEIGHT_OFFSET_M: Final = -1000.0
"""Heights count from here; the lowest one stands for "unknown"."""
EPOCH_S: Final = 1_546_300_800
"""Time stamps of System and Authentication count seconds from 2019-01-01."""
HORIZONTAL_M: Final = (
    math.nan, 18520.0, 7408.0, 3704.0, 1852.0, 926.0, 555.6, 185.2, 92.6, 30.0, 10.0, 3.0, 1.0,
)  # fmt: skip
"""95 % bound of the horizontal error by class; classes beyond are reserved."""
VERTICAL_M: Final = (math.nan, 150.0, 45.0, 25.0, 10.0, 3.0, 1.0)
SPEED_MPS: Final = (math.nan, 10.0, 3.0, 1.0, 0.3)
(GROUND, AIRBORNE, EMERGENCY, FAILED) = range(1, 5)
"""Operational status; 4: the remote identification itself has failed."""
SERIAL: Final = 1
"""Kind of identity: serial number (ANSI/CTA-2063-A)."""


class BasicId(NamedTuple):
    """Type 0."""

    id_kind: int
    """1 serial number, 2 registration, 3 UTM, 4 session."""
    aircraft: int
    """1 aeroplane, 2 helicopter or multirotor ... 15 other."""
    identity: str


class Location(NamedTuple):
    """Type 1."""

    status: int
    track_rad: float
    speed_mps: float
    climb_mps: float
    lat_rad: float
    lon_rad: float
    baro_altitude_m: float
    geo_altitude_m: float
    height_m: float
    """Above take-off, or above ground where `is_above_ground`."""
    is_above_ground: bool
    horizontal_m: float
    """95 % bounds."""
    vertical_m: float
    speed_accuracy_mps: float
    second_of_hour: float
    stamp_accuracy_s: float


class Authentication(NamedTuple):
    """Type 2, one page, raw."""

    kind: int
    page: int
    data: bytes


class SelfId(NamedTuple):
    """Type 3."""

    kind: int
    text: str


class System(NamedTuple):
    """Type 4."""

    place_kind: int
    """0 take-off, 1 live, 2 fixed."""
    operator_lat_rad: float
    operator_lon_rad: float
    operator_altitude_m: float
    area_count: int
    area_radius_m: float
    area_ceiling_m: float
    area_floor_m: float
    category_eu: int
    """-1 where not declared as of the European Union."""
    class_eu: int
    time_s: float
    """UTC, NaN where not sent."""


class OperatorId(NamedTuple):
    """Type 5."""

    kind: int
    identity: str


Message = BasicId | Location | Authentication | SelfId | System | OperatorId


def _text(data: bytes) -> str:
    """Text up to its first zero; what is not printable ASCII is left out."""
    head = data.split(b"\0")[0]
    return "".join(chr(octet) for octet in head if 32 <= octet < 127).strip()


def _height_m(data: bytes) -> float:
    count = int.from_bytes(data, "little")
    return HEIGHT_OFFSET_M + HEIGHT_LSB_M * count if count else math.nan


def _place_rad(lat: bytes, lon: bytes) -> tuple[float, float]:
    """Latitude and longitude; NaN where there is no such place, or zero for both: unknown."""
    lat_deg = PLACE_LSB_DEG * int.from_bytes(lat, "little", signed=True)
    lon_deg = PLACE_LSB_DEG * int.from_bytes(lon, "little", signed=True)
    if abs(lat_deg) > 90.0 or abs(lon_deg) > 180.0 or lat_deg == lon_deg == 0.0:
        return math.nan, math.nan
    return lat_deg * DEGREE, lon_deg * DEGREE


def _of_class(bounds: tuple[float, ...], number: int) -> float:
    return bounds[number] if number < len(bounds) else math.nan


def basic_id(data: bytes) -> BasicId:
    """Read type 0, table 4."""
    return BasicId(data[1] >> 4, data[1] & 15, _text(data[2:22]))


def location(data: bytes) -> Location:
    """Read type 1, tables 5 and 6."""
    flags = data[1]
    course_deg = data[2] + (180 if flags & 2 else 0)
    speed = data[3] * 0.75 + 63.75 if flags & 1 else data[3] * 0.25
    climb = int.from_bytes(data[4:5], "little", signed=True) * 0.5
    lat, lon = _place_rad(data[5:9], data[9:13])
    stamp = int.from_bytes(data[21:23], "little")
    return Location(
        status=flags >> 4,
        track_rad=course_deg * DEGREE if course_deg < 360 else math.nan,
        speed_mps=math.nan if speed >= 255.0 else speed,
        climb_mps=math.nan if abs(climb) > 62.0 else climb,
        lat_rad=lat,
        lon_rad=lon,
        baro_altitude_m=_height_m(data[13:15]),
        geo_altitude_m=_height_m(data[15:17]),
        height_m=_height_m(data[17:19]),
        is_above_ground=bool(flags & 4),
        horizontal_m=_of_class(HORIZONTAL_M, data[19] & 15),
        vertical_m=_of_class(VERTICAL_M, data[19] >> 4),
        speed_accuracy_mps=_of_class(SPEED_MPS, data[20] & 15),
        second_of_hour=0.1 * stamp if stamp < 36_000 else math.nan,
        stamp_accuracy_s=0.1 * (data[23] & 15) or math.nan,
    )


def authentication(data: bytes) -> Authentication:
    """Read type 2, table 7: one page as it stands."""
    return Authentication(data[1] >> 4, data[1] & 15, bytes(data[2:25]))


def self_id(data: bytes) -> SelfId:
    """Read type 3, table 8."""
    return SelfId(data[1], _text(data[2:25]))


def system(data: bytes) -> System:
    """Read type 4, table 9."""
    lat, lon = _place_rad(data[2:6], data[6:10])
    is_eu = data[1] >> 2 & 7 == 1
    stamp = int.from_bytes(data[20:24], "little")
    return System(
        place_kind=data[1] & 3,
        operator_lat_rad=lat,
        operator_lon_rad=lon,
        operator_altitude_m=_height_m(data[18:20]),
        area_count=int.from_bytes(data[10:12], "little"),
        area_radius_m=10.0 * data[12],
        area_ceiling_m=_height_m(data[13:15]),
        area_floor_m=_height_m(data[15:17]),
        category_eu=data[17] >> 4 if is_eu else -1,
        class_eu=data[17] & 15 if is_eu else -1,
        time_s=float(EPOCH_S + stamp) if stamp else math.nan,
    )


def operator_id(data: bytes) -> OperatorId:
    """Read type 5, table 10."""
    return OperatorId(data[1], _text(data[2:22]))


READERS: Final[tuple[Callable[[bytes], Message], ...]] = (
    basic_id, location, authentication, self_id, system, operator_id,
)  # fmt: skip
"""Readers by type of message."""
PACK: Final = 15
WIRELESS: Final = (b"\xfa\x0b\xbc\x0d", b"\xfa\xff\x0d")
"""What stands before messages on the air: vendor and application code of a Wi-Fi beacon, service
and application code of Bluetooth; a counter follows."""


def messages_of(data: bytes) -> tuple[list[Message], dict[str, int]]:
    """Read a message or a pack, as it was sent or within what a radio received.

    Returns
    -------
    list of Message, dict
        The messages in their order, and what was wrong, by kind: ``truncated``,
        ``unknown_message``.
    """
    for head in WIRELESS:
        place = data.find(head)
        if place >= 0:
            data = data[place + len(head) + 1 :]
            break
    else:
        if len(data) > MESSAGE_BYTES and data[0] == 0x0D:
            data = data[2:]
    if len(data) < PACK_HEAD_BYTES:
        return [], {"truncated": 1}
    if data[0] >> 4 != PACK:
        parts = [data[:MESSAGE_BYTES]]
    elif data[1] != MESSAGE_BYTES or not 1 <= data[2] <= MOST_IN_PACK:
        return [], {"unknown_message": 1}
    else:
        ends = range(PACK_HEAD_BYTES, PACK_HEAD_BYTES + MESSAGE_BYTES * data[2], MESSAGE_BYTES)
        parts = [data[first : first + MESSAGE_BYTES] for first in ends]
    found: list[Message] = []
    errors: dict[str, int] = {}
    for part in parts:
        if len(part) < MESSAGE_BYTES:
            errors["truncated"] = errors.get("truncated", 0) + 1
        elif part[0] >> 4 >= len(READERS):
            errors["unknown_message"] = errors.get("unknown_message", 0) + 1
        else:
            found.append(READERS[part[0] >> 4](part))
    return found, errors
