"""Alerts to safety net messages: category 004.

Source: EUROCONTROL-SPEC-0149 Part 17, edition 1.13 (item table `decode/asterix/cat004.py`).
"""

import math
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from skypact.decode.asterix.registry import category
from skypact.encode.asterix import encode_record
from skypact.encode.datagrams import Sender
from skypact.errors import ConfigError
from skypact.units import DAY, DEGREE, FOOT

NUMBER: Final = 4
_NAN: Final = math.nan

MESSAGES: Final = {
    "alive": 1,
    "longitudinal deviation": 2,
    "heading deviation": 3,
    "minimum safe altitude": 4,
    "area proximity": 5,
    "cleared level": 6,
    "short-term conflict": 7,
    "end of conflict": 17,
    "resolution advisory": 18,
    "near-term conflict": 19,
    "pressure setting": 20,
    "speed adherence": 21,
    "outside controlled airspace": 22,
    "vertical conflict": 23,
    "vertical rate": 24,
    "heading adherence": 25,
    "selected altitude": 26,
    "non-transgression zone": 45,
    "lost track": 97,
    "airspace infringement": 99,
}
"""Values of I004/000 by what they say; those of aerodromes are not made here."""
_AREA_TABLE: Final = 1
"""I004/120 TID of the severities of area proximity warnings."""
_MOST_CALLSIGN: Final = 7
_MOST_AREA: Final = 8


class Party(NamedTuple):
    """An aircraft that an alert is about; what is not known is left out."""

    number: int
    """System track number (I004/030 and 035)."""
    callsign: str = ""
    mode3a: int = -1
    lat_rad: float = _NAN
    """Where the conflict is predicted for it."""
    lon_rad: float = _NAN
    altitude_m: float = _NAN


class Alert(NamedTuple):
    """A safety net message; NaN and empty texts are left out."""

    message: str
    """A key of `MESSAGES`."""
    time_s: float
    """UTC seconds."""
    alert: int = -1
    """Its number (I004/040), the same until the conflict ends."""
    parties: tuple[Party, ...] = ()
    """One or two aircraft."""
    area: str = ""
    """Name of the area; eight letters and digits of it are sent."""
    time_to_conflict_s: float = _NAN
    time_to_approach_s: float = _NAN
    horizontal_m: float = _NAN
    """Separation now."""
    least_horizontal_m: float = _NAN
    """Separation at the closest approach."""
    vertical_m: float = _NAN
    least_vertical_m: float = _NAN
    probability: float = _NAN
    duration_s: float = _NAN
    is_major: bool = False
    """Whether more than half of the separation is lost (I004/120 CN, TYPE)."""
    severity: int = -1
    """Of an area proximity warning: 0 low, 1 medium, 2 high (I004/120 CC, table 1)."""


def alive_record(
    time_s: float, sender: Sender, functions: Sequence[str], *, degraded: bool, overload: bool
) -> bytes:
    """Return the record that tells which safety nets work (I004/060).

    Parameters
    ----------
    time_s : float
        UTC seconds.
    sender : Sender
    functions : sequence of str
        Flags of those that work, as ``STCA``.
    degraded : bool
        Information of a sensor is lost (DG).
    overload : bool
        A reliable performance cannot be guaranteed (OL).
    """
    states = {"DG": int(degraded), "OL": int(overload)}
    values = {
        "000": MESSAGES["alive"],
        "010": {"SAC": sender.sac, "SIC": sender.sic},
        "020": time_s % DAY,
        "060": dict.fromkeys(functions, 1) | {name: on for name, on in states.items() if on},
    }
    return encode_record(category(NUMBER), values)


def _known(values: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in values.items() if not math.isnan(value)}


def _party(party: Party, place: int) -> dict[str, Any]:
    out: dict[str, Any] = {}
    if party.callsign:
        out[f"AI{place}"] = party.callsign[:_MOST_CALLSIGN]
    if party.mode3a >= 0:
        out[f"M3{place}"] = {"MODE3A": party.mode3a}
    if not math.isnan(party.lat_rad + party.lon_rad):
        height_ft = 0.0 if math.isnan(party.altitude_m) else party.altitude_m / FOOT
        out["CPW"] = {
            "LAT": party.lat_rad / DEGREE,
            "LON": party.lon_rad / DEGREE,
            "ALT": height_ft,
        }
    return out


def _six_bit(name: str) -> str:
    """Return the name in the characters that the item has; a space stands for others."""
    upper = name[:_MOST_AREA].upper()
    return "".join(char if char.isascii() and char.isalnum() else " " for char in upper)


def _timing(alert: Alert) -> dict[str, float]:
    values = {
        "TC": alert.time_to_conflict_s,
        "TCA": alert.time_to_approach_s,
        "CHS": alert.horizontal_m,
        "MHS": alert.least_horizontal_m,
        "CVS": alert.vertical_m / FOOT,
        "MVS": alert.least_vertical_m / FOOT,
    }
    return _known(values)


def alert_record(alert: Alert, sender: Sender) -> bytes:
    """Return the record of one safety net message.

    Raises
    ------
    ConfigError
        The message has no type, or a value exceeds its item.
    """
    kind = MESSAGES.get(alert.message)
    if kind is None:
        known = ", ".join(MESSAGES)
        raise ConfigError(f"safety message: expected one of {known}, got {alert.message!r}")
    values: dict[str, Any] = {
        "000": kind,
        "010": {"SAC": sender.sac, "SIC": sender.sic},
        "020": alert.time_s % DAY,
    }
    if alert.alert >= 0:
        values["040"] = alert.alert
    for place, party in enumerate(alert.parties, 1):
        values["030" if place == 1 else "035"] = party.number
        said = _party(party, place)
        if said:
            values["170" if place == 1 else "171"] = said
    timing = _timing(alert)
    if timing:
        values["070"] = timing
    if alert.area:
        values["100"] = {"AN": _six_bit(alert.area)}
    conflict: dict[str, Any] = _known({"CP": alert.probability * 100.0, "CD": alert.duration_s})
    if alert.severity >= 0:
        conflict["CC"] = {"TID": _AREA_TABLE, "CPC": alert.severity}
    if conflict or alert.is_major:
        values["120"] = {"CN": {"TYPE": int(alert.is_major)}, **conflict}
    return encode_record(category(NUMBER), values)
