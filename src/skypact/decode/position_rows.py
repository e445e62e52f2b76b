"""Positions that text formats give one by one, gathered to a batch of reports."""

import math
import re
from typing import Final, NamedTuple

import numpy as np

from skypact.model.reports import (
    REPORT_DTYPES,
    ReportBatch,
    empty_reports,
    pack_callsign,
)
from skypact.units import DEGREE

_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?")

Fields = dict[str, float | int]
"""Report columns by name, those that are known."""

LATEST_S: Final = 7.3e9
"""The year 2200."""
LARGEST: Final = 1e7
"""No number of these formats is larger, in feet, knots, or feet a minute."""


class Motion(NamedTuple):
    """Speed over ground and track as velocity."""

    vn_mps: float
    ve_mps: float


def motion_of(speed_mps: float, track_rad: float) -> Motion:
    """Make a velocity of speed and track; NaN where either is."""
    return Motion(speed_mps * math.cos(track_rad), speed_mps * math.sin(track_rad))


def number_of(value: object, unit: float = 1.0) -> float:
    """Give a number times its unit; NaN where it is no number, or absurd.

    Text is read as one, too.
    """
    if isinstance(value, bool):
        return math.nan
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return math.nan
    if not isinstance(value, (int, float)) or not abs(value) <= LARGEST:
        return math.nan
    return float(value) * unit


def whole_of(value: object, low: int, high: int) -> int:
    """Give a whole number from low to high, else -1."""
    if isinstance(value, bool):
        return int(value) if low <= int(value) <= high else -1
    number = number_of(value)
    if math.isnan(number) or number != int(number) or not low <= number <= high:
        return -1
    return int(number)


def place_of(lat: object, lon: object) -> tuple[float, float] | None:
    """Latitude and longitude [rad] of degrees; None where there is no such place.

    Zero for both is what devices send that do not know where they are.
    """
    lat_deg, lon_deg = number_of(lat), number_of(lon)
    if not (abs(lat_deg) <= 90.0 and abs(lon_deg) <= 180.0) or lat_deg == lon_deg == 0.0:
        return None
    return lat_deg * DEGREE, lon_deg * DEGREE


def mode3a_of(value: object) -> int:
    """Mode A code written as four octal digits; -1 where it is none."""
    text = value.strip() if isinstance(value, str) else ""
    return int(text) if len(text) == 4 and set(text) <= set("01234567") else -1


def callsign_of(value: object) -> int:
    """Packed callsign of text; -1 where it is none."""
    text = value.strip().upper() if isinstance(value, str) else ""
    legal = text.isascii() and text.replace(" ", "").isalnum()
    return pack_callsign(text) if legal and len(text) <= 8 else -1


def address_of(value: object) -> tuple[int, bool] | None:
    """Address of six hex digits, and whether it is the aircraft's own (no ``~`` before it)."""
    text = value.strip() if isinstance(value, str) else ""
    own = not text.startswith("~")
    text = text.lstrip("~")
    if len(text) != 6 or not set(text) <= set("0123456789abcdefABCDEF"):
        return None
    return int(text, 16), own


def batch_of(rows: list[Fields]) -> ReportBatch:
    """Make reports of rows; what a row leaves out is absent."""
    batch = empty_reports(len(rows))
    names = {name for row in rows for name in row}
    for name in names:
        column = getattr(batch, name)
        for i, row in enumerate(rows):
            if name in row:
                column[i] = row[name]
    assert names <= set(REPORT_DTYPES)
    return batch


def seconds_of(text: str) -> float:
    """UTC seconds of ``2024-11-21T04:00:00.000``; NaN where it is no time."""
    if not _MOMENT.fullmatch(text):
        return math.nan
    try:
        time = np.datetime64(text, "us")
    except ValueError:
        return math.nan
    seconds = float(time.astype(np.int64)) * 1e-6
    return math.nan if np.isnat(time) or not 0.0 <= seconds < LATEST_S else seconds
