"""BaseStation (SBS-1) lines: comma-separated messages of one aircraft each, on TCP port 30003.

``MSG,type,session,aircraft,hex,flight,date,time,date,time,callsign,altitude,speed,track,lat,lon,
climb,squawk,alert,emergency,spi,ground``: altitude in feet, speed in knots, climb in feet a minute;
the dates are when the message was received and when it was logged. They are taken as UTC; many
receivers write their local time, which shows as a clock that is wrong by hours. A ``MLAT`` line is
a position that a multilateration server computed. Source: BaseStation socket data, as receivers
(dump1090, readsb) write it.
"""

import math
from typing import Final, NamedTuple

import numpy as np

from skypact.decode.feeds import Heard
from skypact.decode.position_rows import (
    Fields,
    address_of,
    batch_of,
    callsign_of,
    mode3a_of,
    motion_of,
    number_of,
    place_of,
    seconds_of,
)
from skypact.kernels.fleet import COMPUTED_SIGMA_M
from skypact.model.modes import Octets
from skypact.model.reports import ADSB, MLAT
from skypact.units import DEGREE, FEET_PER_MINUTE, FOOT, KNOT

KINDS: Final = ("MSG", "MLAT", "SEL", "ID", "AIR", "STA", "CLK")
"""Words that begin a line; only the first two carry data of aircraft."""
FIELDS: Final = 22
(HEX, DATE, TIME, NAME, ALTITUDE, SPEED, TRACK, LAT, LON, CLIMB, SQUAWK) = (
    4, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17,
)  # fmt: skip
(EMERGENCY, SPI, GROUND) = range(19, 22)
LONGEST_LINE: Final = 4096
MOVED_S: Final = 3.0
NAMED_S: Final = 300.0
"""Velocities and identities of other lines hold for so long."""
MOST_AIRCRAFT: Final = 1 << 14
"""Aircraft remembered; beyond them the one heard first is forgotten."""


class _Known(NamedTuple):
    """What other lines said of an aircraft, and when [s]."""

    moved_s: float = -math.inf
    motion: tuple[float, float, float, float, float] = (math.nan,) * 5
    """North, east, up, speed, track."""
    named_s: float = -math.inf
    callsign: int = -1
    coded_s: float = -math.inf
    mode3a: int = -1


def _flag(text: str) -> int:
    return 1 if text.strip() in ("1", "-1") else 0


def _motion(fields: list[str]) -> tuple[float, float, float, float, float]:
    speed, track = number_of(fields[SPEED], KNOT), number_of(fields[TRACK], DEGREE)
    north, east = motion_of(speed, track)
    return north, east, number_of(fields[CLIMB], FEET_PER_MINUTE), speed, track


def _learned(known: _Known, fields: list[str], time_s: float) -> _Known:
    """Add what a line says of an aircraft."""
    motion = _motion(fields)
    if not math.isnan(motion[3]):
        known = known._replace(moved_s=time_s, motion=motion)
    callsign, mode3a = callsign_of(fields[NAME]), mode3a_of(fields[SQUAWK])
    if callsign >= 0:
        known = known._replace(named_s=time_s, callsign=callsign)
    if mode3a >= 0:
        known = known._replace(coded_s=time_s, mode3a=mode3a)
    return known


def _report(fields: list[str], known: _Known, time_s: float, address: tuple[int, bool]) -> Fields:
    """Make a report of a line with a position; empty where it has none."""
    place = place_of(fields[LAT], fields[LON]) if fields[LAT].strip() else None
    if place is None:
        return {}
    row: Fields = {
        "time_s": time_s, "lat_rad": place[0], "lon_rad": place[1], "kind": ADSB,
        "icao" if address[1] else "track_number": address[0],
        "spi": _flag(fields[SPI]), "emergency": _flag(fields[EMERGENCY]),
    }  # fmt: skip
    if fields[0] == "MLAT":
        row |= {"kind": MLAT, "sigma_m": COMPUTED_SIGMA_M}
    if not _flag(fields[GROUND]):
        row["baro_altitude_m"] = number_of(fields[ALTITUDE], FOOT)
    if abs(time_s - known.moved_s) <= MOVED_S:
        names = ("vn_mps", "ve_mps", "vu_mps", "ground_speed_mps", "track_angle_rad")
        row |= dict(zip(names, known.motion, strict=True))
    if abs(time_s - known.named_s) <= NAMED_S:
        row["callsign"] = known.callsign
    if abs(time_s - known.coded_s) <= NAMED_S:
        row["mode3a"] = known.mode3a
    return row


class SbsFeed:
    """One receiver's BaseStation lines."""

    def __init__(self) -> None:
        self._rest = b""
        self._known: dict[tuple[int, bool], _Known] = {}

    def feed(self, data: Octets, received_ns: int = -1) -> Heard:
        """Take the next piece of the stream."""
        *lines, self._rest = (self._rest + data.tobytes()).split(b"\n")
        errors: dict[str, int] = {}
        if len(self._rest) > LONGEST_LINE:
            errors["lost_bytes"] = len(self._rest)
            self._rest = b""
        rows, n = [], 0
        for line in lines:
            fields = line.decode("ascii", "replace").strip().split(",")
            if fields[0] not in KINDS[:2]:
                if fields[0] not in KINDS and fields != [""]:
                    errors["lost_bytes"] = errors.get("lost_bytes", 0) + len(line)
                continue
            row = self._row(fields + [""] * (FIELDS - len(fields)), received_ns, errors)
            n += row is not None
            if row:
                rows.append(row)
        return Heard(batch_of(rows), {"SBS": n} if n else {}, errors)

    def finish(self) -> Heard:
        """Read the last line, which may have no end."""
        return self.feed(np.frombuffer(b"\n", np.uint8)) if self._rest else self.feed(_NOTHING)

    def _row(self, fields: list[str], received_ns: int, errors: dict[str, int]) -> Fields | None:
        """Report of a line, empty where it gives no position; None where it is damaged."""
        address = address_of(fields[HEX])
        date = fields[DATE].strip().replace("/", "-")
        time_s = seconds_of(f"{date}T{fields[TIME].strip()}")
        if math.isnan(time_s) and received_ns >= 0:
            time_s = received_ns * 1e-9
        if address is None or math.isnan(time_s):
            kind = "truncated" if address is None else "untimed"
            errors[kind] = errors.get(kind, 0) + 1
            return None
        known = _learned(self._known.pop(address, _Known()), fields, time_s)
        if len(self._known) >= MOST_AIRCRAFT:
            del self._known[next(iter(self._known))]
        self._known[address] = known
        row = _report(fields, known, time_s, address)
        if row:
            row["received_ns"] = received_ns if received_ns >= 0 else round(time_s * 1e9)
        return row


_NOTHING: Final = np.empty(0, np.uint8)
