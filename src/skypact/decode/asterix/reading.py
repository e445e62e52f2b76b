"""What the reports of several categories have in common: wanted columns, flags, emergencies."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.decode.asterix.fields import Columns
from skypact.decode.asterix.plan import Column
from skypact.units import DEGREE, FLIGHT_LEVEL

Values = dict[str, npt.NDArray[Any]]
Counts = dict[str, int]

GRAIN: Final = "grain_rad"
"""Name of the values that say how finely latitude and longitude are counted; no report column."""
_EMERGENCY_CODES: Final = ((7700, 1), (7600, 4), (7500, 5))
"""Mode A codes and the emergency status of I021/200 that they stand for."""


class Target(NamedTuple):
    """How a category's records become reports."""

    columns: tuple[Column, ...]
    values: Callable[[Columns, Counts], Values]
    """Report columns, by name, from the category's columns (heights above the sea are
    `heights.SEA_HEIGHT`); what is odd is counted."""
    extras: tuple[Column, ...] = ()
    """Columns of transponder registers, read only on demand."""


def mode3a_columns(item: str) -> tuple[Column, ...]:
    """Mode A code and its flags."""
    return (
        Column("mode3a", item, "MODE3A"),
        Column("mode3a_v", item, "V"),
        Column("mode3a_g", item, "G"),
        Column("mode3a_l", item, "L"),
    )


def level_columns(field: str = "FL") -> tuple[Column, ...]:
    """Flight level of item 090 and its flags."""
    return (
        Column("baro_m", "090", field, "f8", FLIGHT_LEVEL),
        Column("baro_v", "090", "V"),
        Column("baro_g", "090", "G"),
    )


def head(time_item: str) -> tuple[Column, ...]:
    """Source and time of day."""
    return (
        Column("sac", "010", "SAC"),
        Column("sic", "010", "SIC"),
        Column("tod_s", time_item, "", "f8"),
    )


def polar(rho_factor: float, theta: str) -> tuple[Column, ...]:
    """Slant range and azimuth of item 040."""
    return (
        Column("range_m", "040", "RHO", "f8", rho_factor),
        Column("azimuth_rad", "040", theta, "f8", DEGREE),
    )


def geodetic(item: str) -> tuple[Column, ...]:
    """Latitude and longitude."""
    return (
        Column("lat_rad", item, "LAT", "f8", DEGREE),
        Column("lon_rad", item, "LON", "f8", DEGREE),
    )


def registers(item: str) -> tuple[Column, ...]:
    """Transponder registers 4,0 5,0 and 6,0."""
    return tuple(Column(f"bds{code}", f"{item}/{code}", "MB", "i8") for code in ("40", "50", "60"))


def as_flag(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.int8]:
    """Ones where the mask is set."""
    return mask.astype(np.int8)


def emergency(code: npt.NDArray[np.int32], known: npt.NDArray[np.bool_]) -> npt.NDArray[np.int8]:
    """Emergency status from the Mode A code; -1 where no status is known."""
    out = np.where(known, 0, -1)
    for value, status in _EMERGENCY_CODES:
        out = np.where(code == value, status, out)
    return out.astype(np.int8)


def first_known(first: npt.NDArray[Any], second: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Take the first of two columns where it has a value, else the second."""
    return np.where(np.isnan(first), second, first)
