"""Service messages: north and sector marks, antenna rotation, sites, sensor status.

Sources: the tables of categories 002, 034, 063 and 065, and message types 002 to 004 of 010.
"""

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.decode.asterix.plan import Column
from skypact.units import DEGREE

_SOURCE: Final = (Column("sac", "010", "SAC"), Column("sic", "010", "SIC"))
_TIME: Final = Column("tod_s", "030", "", "f8")
_MESSAGE: Final = Column("message", "000")
_SECTOR: Final = Column("sector_rad", "020", "", "f8", DEGREE)
_ROTATION: Final = Column("rotation_s", "041", "", "f8")

SERVICES: Final[dict[int, tuple[Column, ...]]] = {
    2: (*_SOURCE, _TIME, _MESSAGE, _SECTOR, _ROTATION),
    34: (
        *_SOURCE,
        _TIME,
        _MESSAGE,
        _SECTOR,
        _ROTATION,
        Column("lat_rad", "120", "LAT", "f8", DEGREE),
        Column("lon_rad", "120", "LON", "f8", DEGREE),
        Column("height_m", "120", "HGT", "f8"),
    ),
    63: (
        *_SOURCE,
        _TIME,
        Column("about_sac", "050", "SAC"),
        Column("about_sic", "050", "SIC"),
    ),
    65: (*_SOURCE, _TIME, _MESSAGE),
}
"""The categories of service messages and the columns read of them."""


class Services(NamedTuple):
    """Service messages as a struct of arrays; NaN and -1 are absent."""

    category: npt.NDArray[np.int16]
    sensor: npt.NDArray[np.int32]
    time_s: npt.NDArray[np.float64]
    received_ns: npt.NDArray[np.int64]
    message: npt.NDArray[np.int32]
    """Message type: 1 north mark, 2 sector crossing (002, 034); as in I063 and I065 otherwise."""
    sector_rad: npt.NDArray[np.float64]
    rotation_s: npt.NDArray[np.float64]
    lat_rad: npt.NDArray[np.float64]
    lon_rad: npt.NDArray[np.float64]
    height_m: npt.NDArray[np.float64]
    """Of I034/120: above the ellipsoid, since the item is a position in WGS-84."""
    about: npt.NDArray[np.int32]
    """SAC * 256 + SIC of the sensor that a status (063) is about."""


def service_values(columns: dict[str, npt.NDArray[Any]], n: int) -> dict[str, npt.NDArray[Any]]:
    """Columns of `Services` but category, sensor and times, for one category's `n` records."""
    out: dict[str, npt.NDArray[Any]] = {
        name: columns.get(name, np.full(n, np.nan))
        for name in ("sector_rad", "rotation_s", "lat_rad", "lon_rad", "height_m")
    }
    out["message"] = columns.get("message", np.full(n, -1, np.int32))
    out["about"] = np.full(n, -1, np.int32)
    if "about_sac" in columns:
        known = columns["about_sac"] >= 0
        out["about"][known] = (columns["about_sac"] * 256 + columns["about_sic"])[known]
    return out
