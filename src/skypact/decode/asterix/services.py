"""Service messages: north and sector marks, sites, and how systems say that they are.

Sources: the tables of categories 002, 004, 016, 019, 023, 025, 034, 063, 065 and 247, and message
types 002 to 004 of 010. Each says its state in its own words; they are brought to `STATUSES`.
"""

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.decode.asterix.plan import Column
from skypact.geo.geoid import undulation_m
from skypact.units import DEGREE

Array = npt.NDArray[Any]

STATUSES: Final = ("operational", "degraded", "out")
"""Words of `Services.status`; -1 is unknown. ``out``: not to be used, failed or not connected."""

_SOURCE: Final = (Column("sac", "010", "SAC"), Column("sic", "010", "SIC"))
_MESSAGE: Final = Column("message", "000")
_SECTOR: Final = Column("sector_rad", "020", "", "f8", DEGREE)
_ROTATION: Final = Column("rotation_s", "041", "", "f8")


def _time(item: str) -> Column:
    return Column("tod_s", item, "", "f8")


def _state(path: str, *pairs: tuple[str, str]) -> tuple[Column, ...]:
    return tuple(Column(name, path, field) for name, field in pairs)


def _site(position: str, height_item: str, height: str) -> tuple[Column, ...]:
    return (
        Column("lat_rad", position, "LAT", "f8", DEGREE),
        Column("lon_rad", position, "LON", "f8", DEGREE),
        Column(height, height_item, "HGT" if height_item == position else "", "f8"),
    )


_NOGO: Final = ("nogo", "NOGO")
_OVERLOAD: Final = ("overload", "OVL")
_TIME_SOURCE: Final = ("time_invalid", "TSV")

SERVICES: Final[dict[int, tuple[Column, ...]]] = {
    2: (*_SOURCE, _time("030"), _MESSAGE, _SECTOR, _ROTATION),
    4: (*_SOURCE, _time("020"), _MESSAGE),
    16: (*_SOURCE, _time("140"), _MESSAGE, *_site("400", "405", "sea_height_m")),
    19: (
        *_SOURCE,
        _time("140"),
        _MESSAGE,
        *_state("550", _NOGO, _OVERLOAD, _TIME_SOURCE),
        *_site("600", "610", "sea_height_m"),
        Column("undulation_m", "620", "", "f8"),
    ),
    23: (
        *_SOURCE,
        _time("070"),
        _MESSAGE,
        *_state(
            "100", ("out", "NOGO"), ("overload", "ODP"), ("overload_sent", "OXT"), _TIME_SOURCE
        ),
        Column("service_state", "110", "STAT"),
    ),
    25: (
        *_SOURCE,
        _time("070"),
        Column("message", "000", "RTYP"),
        *_state("100", ("out", "NOGO"), ("system_state", "SSTAT")),
    ),
    34: (
        *_SOURCE,
        _time("030"),
        _MESSAGE,
        _SECTOR,
        _ROTATION,
        *_state("050/COM", ("out", "NOGO"), ("overload", "OVLRDP"), ("overload_sent", "OVLXMT")),
        *_state("050/COM", _TIME_SOURCE),
        *_site("120", "120", "height_m"),
    ),
    63: (
        *_SOURCE,
        _time("030"),
        Column("about_sac", "050", "SAC"),
        Column("about_sic", "050", "SIC"),
        *_state("060", ("connection", "CON"), ("out", "OPS"), ("overload", "ODP"), _TIME_SOURCE),
    ),
    65: (
        *_SOURCE,
        _time("030"),
        _MESSAGE,
        *_state("040", _NOGO, _OVERLOAD, _TIME_SOURCE),
    ),
    247: (*_SOURCE, _time("140")),
}
"""The categories of service messages and the columns read of them."""

# What the values of the state columns mean, by value; the last entry serves -1 (absent).
_OF_STATE: Final = {
    "nogo": np.array([0, 1, 2, -1, -1], np.int8),  # I010/550, I019/550, I065/040
    "out": np.array([0, 2, -1], np.int8),  # one bit of 023, 025, 034 and 063
    "system_state": np.array([0, 2, 1, *[-1] * 14], np.int8),  # I025/100 SSTAT
    "connection": np.array([0, 1, 2, 2, -1], np.int8),  # I063/060 CON
    "service_state": np.array([-1, 2, 2, 1, 0, 1, *[-1] * 11], np.int8),  # I023/110 STAT
}


class Services(NamedTuple):
    """Service messages as a struct of arrays; NaN and -1 are absent."""

    category: npt.NDArray[np.int16]
    sensor: npt.NDArray[np.int32]
    time_s: npt.NDArray[np.float64]
    received_ns: npt.NDArray[np.int64]
    message: npt.NDArray[np.int32]
    """Message type: 1 north mark, 2 sector crossing (002, 034); as in the category otherwise."""
    sector_rad: npt.NDArray[np.float64]
    rotation_s: npt.NDArray[np.float64]
    lat_rad: npt.NDArray[np.float64]
    lon_rad: npt.NDArray[np.float64]
    height_m: npt.NDArray[np.float64]
    """Above the ellipsoid: of I034/120 as sent, of I016/405 and I019/610 with the geoid added."""
    about: npt.NDArray[np.int32]
    """SAC * 256 + SIC of the sensor that a status (063) is about."""
    status: npt.NDArray[np.int8]
    """Place in `STATUSES`."""
    overload: npt.NDArray[np.int8]
    """1: data are lost to overload."""
    time_invalid: npt.NDArray[np.int8]
    """1: the source of time is not valid."""
    first: npt.NDArray[np.int64]
    """First byte of the record in the packets' data, for those who want every item of it."""
    last: npt.NDArray[np.int64]
    """One past its last byte."""


def _status(columns: dict[str, Array], n: int) -> npt.NDArray[np.int8]:
    """Return the worst of what the columns say."""
    out = np.full(n, -1, np.int8)
    for name, meaning in _OF_STATE.items():
        if name in columns:
            out = np.maximum(out, meaning[columns[name]])
    return out


def _is_overloaded(columns: dict[str, Array], n: int) -> npt.NDArray[np.int8]:
    none = np.full(n, -1, np.int32)
    worst = np.maximum(columns.get("overload", none), columns.get("overload_sent", none))
    return np.asarray(worst.astype(np.int8))


def _height_m(columns: dict[str, Array], n: int) -> Array:
    """Return the height above the ellipsoid, from that above the sea where only this is sent."""
    if "sea_height_m" not in columns:
        return columns.get("height_m", np.full(n, np.nan))
    sent = columns.get("undulation_m", np.full(n, np.nan))
    known = undulation_m(columns["lat_rad"], columns["lon_rad"])
    return np.asarray(columns["sea_height_m"] + np.where(np.isnan(sent), known, sent))


def service_values(columns: dict[str, Array], n: int) -> dict[str, Array]:
    """Columns of `Services` of one category's `n` records, but source, times and place."""
    out: dict[str, Array] = {
        name: columns.get(name, np.full(n, np.nan))
        for name in ("sector_rad", "rotation_s", "lat_rad", "lon_rad")
    }
    out["height_m"] = _height_m(columns, n)
    out["message"] = columns.get("message", np.full(n, -1, np.int32))
    out["about"] = np.full(n, -1, np.int32)
    if "about_sac" in columns:
        known = columns["about_sac"] >= 0
        out["about"][known] = (columns["about_sac"] * 256 + columns["about_sic"])[known]
    out["status"] = _status(columns, n)
    out["overload"] = _is_overloaded(columns, n)
    out["time_invalid"] = columns.get("time_invalid", np.full(n, -1)).astype(np.int8)
    return out
