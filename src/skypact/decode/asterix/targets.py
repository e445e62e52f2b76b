"""Target reports of each category: which columns are read, and what they become.

Sources: the item tables of the categories (`cat001.py` ...), which cite their standards. A report
that is extrapolated or has no position is marked `coast`: it is never a measurement.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.decode.asterix.fields import (
    FULL_SCALE,
    Columns,
    count_into,
    decimal_code,
    flagged,
    mode3a,
    packed_callsign,
    valid_level,
)
from skypact.decode.asterix.heights import SEA_HEIGHT
from skypact.decode.asterix.plan import Column
from skypact.model import reports as model
from skypact.units import DEGREE, FEET_PER_MINUTE, FLIGHT_LEVEL, FOOT, NAUTICAL_MILE

Values = dict[str, npt.NDArray[Any]]
Counts = dict[str, int]

EPU_SIGMA: Final = 2.4477
"""95 % radius of a circular normal error in standard deviations per axis: sqrt(-2 ln 0.05)."""
_EPU_M: Final = np.array(
    [np.nan, 18520, 7408, 3704, 1852, 926, 555.6, 185.2, 92.6, 30, 10, 3] + [np.nan] * 5
)
"""95 % position error by NACp (DO-260B table 2-71); the last entry serves -1."""
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


def _mode3a_columns(item: str) -> tuple[Column, ...]:
    return (
        Column("mode3a", item, "MODE3A"),
        Column("mode3a_v", item, "V"),
        Column("mode3a_g", item, "G"),
        Column("mode3a_l", item, "L"),
    )


def _level_columns(field: str = "FL") -> tuple[Column, ...]:
    return (
        Column("baro_m", "090", field, "f8", FLIGHT_LEVEL),
        Column("baro_v", "090", "V"),
        Column("baro_g", "090", "G"),
    )


def _head(time_item: str) -> tuple[Column, ...]:
    return (
        Column("sac", "010", "SAC"),
        Column("sic", "010", "SIC"),
        Column("tod_s", time_item, "", "f8"),
    )


def _polar(rho_factor: float, theta: str) -> tuple[Column, ...]:
    return (
        Column("range_m", "040", "RHO", "f8", rho_factor),
        Column("azimuth_rad", "040", theta, "f8", DEGREE),
    )


def _geodetic(item: str) -> tuple[Column, ...]:
    return (
        Column("lat_rad", item, "LAT", "f8", DEGREE),
        Column("lon_rad", item, "LON", "f8", DEGREE),
    )


def _registers(item: str) -> tuple[Column, ...]:
    return tuple(Column(f"bds{code}", f"{item}/{code}", "MB", "i8") for code in ("40", "50", "60"))


def _flag(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.int8]:
    return mask.astype(np.int8)


def _emergency(code: npt.NDArray[np.int32], known: npt.NDArray[np.bool_]) -> npt.NDArray[np.int8]:
    """Emergency status from the Mode A code; -1 where no status is known."""
    out = np.where(known, 0, -1)
    for value, status in _EMERGENCY_CODES:
        out = np.where(code == value, status, out)
    return out.astype(np.int8)


_KIND_048: Final = np.array([3, 0, 1, 2, 3, 3, 3, 3, 3], np.int8)
"""Report kind by I048/020 TYP; the last entry serves -1."""

COLUMNS_048: Final = (
    *_head("140"),
    Column("typ", "020", "TYP"),
    Column("sim", "020", "SIM"),
    Column("spi", "020", "SPI"),
    Column("tst", "020", "TST"),
    *_polar(NAUTICAL_MILE, "THETA"),
    *_mode3a_columns("070"),
    *_level_columns(),
    Column("icao", "220"),
    Column("callsign", "240", "", "i8"),
    Column("track_number", "161", "TRN"),
    Column("stat", "230", "STAT"),
    Column("height_m", "110", "3DH", "f8", FOOT),
    Column("doppler_mps", "120/CAL", "CAL", "f8"),
    Column("doppler_d", "120/CAL", "D"),
)


def _range_rate(c: Columns, counts: Counts) -> npt.NDArray[np.float64]:
    """Return the calculated Doppler speed; NaN where the radar doubts it, which is counted.

    The standard gives no sign: it is read as the growth of the range, positive when receding.
    """
    doubtful = ~np.isnan(c["doppler_mps"]) & flagged(c, "doppler_d")
    count_into(counts, "doppler_doubtful", doubtful)
    return np.where(doubtful, np.nan, c["doppler_mps"])


def _from_048(c: Columns, counts: Counts) -> Values:
    code = mode3a(c, counts)
    stat = c["stat"]
    return {
        "kind": _KIND_048[c["typ"]],
        "range_m": c["range_m"],
        "azimuth_rad": c["azimuth_rad"],
        "baro_altitude_m": valid_level(c, counts),
        SEA_HEIGHT: c["height_m"],
        "range_rate_mps": _range_rate(c, counts),
        "icao": c["icao"],
        "mode3a": code,
        "callsign": packed_callsign(c["callsign"]),
        "track_number": c["track_number"],
        "spi": _flag(flagged(c, "spi") | (stat == 4) | (stat == 5)),
        "emergency": _emergency(code, stat >= 0),
        "coast": _flag((c["typ"] <= 0) | np.isnan(c["range_m"])),
        "simulated": _flag(flagged(c, "sim")),
        "test": _flag(flagged(c, "tst")),
    }


COLUMNS_001: Final = (
    *_head("141"),
    Column("sim", "020", "SIM"),
    Column("found", "020", "SSRPSR"),
    Column("spi", "020", "SPI"),
    Column("tst", "020", "TST"),
    *_polar(NAUTICAL_MILE, "THETA"),
    *_mode3a_columns("070"),
    *_level_columns("HGT"),
    Column("track_number", "161"),
    Column("doppler_mps", "120", "", "f8", NAUTICAL_MILE),
)
"""I001/120 is in steps of 14.06 kt, the standard's default; agreements may set others."""
_KIND_001: Final = np.array([2, 0, 1, 2, 2], np.int8)
"""Report kind by I001/020 SSR/PSR: none, primary, secondary, combined; the last serves -1."""


def _from_001(c: Columns, counts: Counts) -> Values:
    return {
        "kind": _KIND_001[c["found"]],
        "range_m": c["range_m"],
        "azimuth_rad": c["azimuth_rad"],
        "baro_altitude_m": valid_level(c, counts),
        "range_rate_mps": c["doppler_mps"],
        "mode3a": mode3a(c, counts),
        "track_number": c["track_number"],
        "spi": _flag(flagged(c, "spi")),
        "coast": _flag((c["found"] <= 0) | np.isnan(c["range_m"])),
        "simulated": _flag(flagged(c, "sim")),
        "test": _flag(flagged(c, "tst")),
    }


COLUMNS_010: Final = (
    *_head("140"),
    Column("message", "000"),
    Column("typ", "020", "TYP"),
    Column("sim", "020", "SIM"),
    Column("tst", "020", "TST"),
    Column("spi", "020", "SPI"),
    *_polar(1.0, "TH"),
    *_geodetic("041"),
    Column("x_m", "042", "X", "f8"),
    Column("y_m", "042", "Y", "f8"),
    *_mode3a_columns("060"),
    *_level_columns(),
    Column("icao", "220"),
    Column("callsign", "245", "CHR", "i8"),
    Column("track_number", "161", "TRK"),
    Column("cst", "170", "CST"),
    Column("sigma_x_m", "500", "DEVX", "f8"),
    Column("sigma_y_m", "500", "DEVY", "f8"),
)
_KIND_010: Final = np.array([4, 4, 5, 0, 9, 4, 9, 9, 9], np.int8)
"""Report kind by I010/020 TYP; magnetic loops and others give positions; the last serves -1."""


def _saturated(x: npt.NDArray[Any], y: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Rows in which a 16-bit plane coordinate is at the end of its range: it is not the place."""
    return np.asarray(np.maximum(np.abs(x), np.abs(y)) >= FULL_SCALE, np.bool_)


def _from_010(c: Columns, counts: Counts) -> Values:
    full = _saturated(c["x_m"], c["y_m"])
    count_into(counts, "saturated_position", full)
    x, y = (np.where(full, np.nan, c[name]) for name in ("x_m", "y_m"))
    lost = np.isnan(x) & np.isnan(c["range_m"]) & np.isnan(c["lat_rad"])
    return {
        "kind": _KIND_010[c["typ"]],
        "range_m": c["range_m"],
        "azimuth_rad": c["azimuth_rad"],
        "lat_rad": c["lat_rad"],
        "lon_rad": c["lon_rad"],
        "x_m": x,
        "y_m": y,
        "baro_altitude_m": valid_level(c, counts),
        "icao": c["icao"],
        "mode3a": mode3a(c, counts),
        "callsign": packed_callsign(c["callsign"]),
        "track_number": c["track_number"],
        "sigma_m": np.sqrt((c["sigma_x_m"] ** 2 + c["sigma_y_m"] ** 2) / 2),
        "spi": _flag(flagged(c, "spi")),
        "coast": _flag(lost | (c["cst"] > 0)),
        "simulated": _flag(flagged(c, "sim")),
        "test": _flag(flagged(c, "tst")),
    }


COLUMNS_020: Final = (
    *_head("140"),
    Column("sim", "020", "SIM"),
    Column("tst", "020", "TST"),
    Column("spi", "020", "SPI"),
    *_geodetic("041"),
    Column("x_m", "042", "X", "f8"),
    Column("y_m", "042", "Y", "f8"),
    *_mode3a_columns("070"),
    *_level_columns(),
    Column("geo_m", "105", "", "f8", FOOT),
    Column("icao", "220"),
    Column("callsign", "245", "CHR", "i8"),
    Column("track_number", "161", "TRN"),
    Column("cst", "170", "CST"),
    Column("stat", "230", "STAT"),
    Column("sigma_x_m", "500/SDP", "X", "f8"),
    Column("sigma_y_m", "500/SDP", "Y", "f8"),
)


def _from_020(c: Columns, counts: Counts) -> Values:
    code = mode3a(c, counts)
    stat = c["stat"]
    lost = np.isnan(c["x_m"]) & np.isnan(c["lat_rad"])
    return {
        "kind": np.full(code.size, model.MLAT, np.int8),
        "lat_rad": c["lat_rad"],
        "lon_rad": c["lon_rad"],
        "x_m": c["x_m"],
        "y_m": c["y_m"],
        "baro_altitude_m": valid_level(c, counts),
        "geo_altitude_m": c["geo_m"],
        "icao": c["icao"],
        "mode3a": code,
        "callsign": packed_callsign(c["callsign"]),
        "track_number": c["track_number"],
        "sigma_m": np.sqrt((c["sigma_x_m"] ** 2 + c["sigma_y_m"] ** 2) / 2),
        "spi": _flag(flagged(c, "spi") | (stat == 4) | (stat == 5)),
        "emergency": _emergency(code, stat >= 0),
        "coast": _flag(lost | (c["cst"] > 0)),
        "simulated": _flag(flagged(c, "sim")),
        "test": _flag(flagged(c, "tst")),
    }


COLUMNS_021: Final = (
    *_head("073"),
    Column("tod_position_s", "071", "", "f8"),
    Column("tod_sent_s", "077", "", "f8"),
    Column("sim", "040", "SIM"),
    Column("tst", "040", "TST"),
    Column("lat_rad", "131", "LAT", "f8", DEGREE),
    Column("lon_rad", "131", "LON", "f8", DEGREE),
    Column("lat_low_rad", "130", "LAT", "f8", DEGREE),
    Column("lon_low_rad", "130", "LON", "f8", DEGREE),
    Column("geo_m", "140", "", "f8", FOOT),
    Column("baro_m", "145", "", "f8", FLIGHT_LEVEL),
    Column("icao", "080"),
    Column("mode3a", "070", "MODE3A"),
    Column("callsign", "170", "", "i8"),
    Column("track_number", "161", "TRNUM"),
    Column("nic", "090", "NUCPNIC"),
    Column("nacp", "090", "NACP"),
    Column("sil", "090", "SIL"),
    Column("baro_rate_mps", "155", "BVR", "f8", FEET_PER_MINUTE),
    Column("geo_rate_mps", "157", "GVR", "f8", FEET_PER_MINUTE),
    Column("speed_mps", "160", "GS", "f8", NAUTICAL_MILE),
    Column("speed_over", "160", "RE"),
    Column("angle_rad", "160", "TA", "f8", DEGREE),
    Column("ps", "200", "PS"),
    Column("ss", "200", "SS"),
)


def _or(first: npt.NDArray[Any], second: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.where(np.isnan(first), second, first)


def _from_021(c: Columns, counts: Counts) -> Values:
    lat, lon = _or(c["lat_rad"], c["lat_low_rad"]), _or(c["lon_rad"], c["lon_low_rad"])
    over = flagged(c, "speed_over")
    count_into(counts, "speed_over_range", over)
    speed = np.where(over, np.nan, c["speed_mps"])
    angle = c["angle_rad"]
    return {
        "kind": np.full(lat.size, model.ADSB, np.int8),
        "lat_rad": lat,
        "lon_rad": lon,
        "geo_altitude_m": c["geo_m"],
        "baro_altitude_m": c["baro_m"],
        "icao": c["icao"],
        "mode3a": decimal_code(c["mode3a"]),
        "callsign": packed_callsign(c["callsign"]),
        "track_number": c["track_number"],
        "vn_mps": speed * np.cos(angle),
        "ve_mps": speed * np.sin(angle),
        "vu_mps": _or(c["geo_rate_mps"], c["baro_rate_mps"]),
        "ground_speed_mps": speed,
        "track_angle_rad": angle,
        "sigma_m": _EPU_M[np.clip(c["nacp"], -1, 12)] / EPU_SIGMA,
        "nic": c["nic"],
        "nacp": c["nacp"],
        "sil": c["sil"],
        "spi": _flag(c["ss"] == 3),
        "emergency": c["ps"],
        "coast": _flag(np.isnan(lat)),
        "simulated": _flag(flagged(c, "sim")),
        "test": _flag(flagged(c, "tst")),
    }


COLUMNS_062: Final = (
    *_head("070"),
    Column("sim", "080", "SIM"),
    Column("spi", "080", "SPI"),
    Column("tse", "080", "TSE"),
    Column("cst", "080", "CST"),
    Column("ems", "080", "EMS"),
    *_geodetic("105"),
    Column("x_m", "100", "X", "f8"),
    Column("y_m", "100", "Y", "f8"),
    Column("ve_mps", "185", "VX", "f8"),
    Column("vn_mps", "185", "VY", "f8"),
    Column("vu_mps", "220", "", "f8", FEET_PER_MINUTE),
    Column("level_m", "136", "", "f8", FLIGHT_LEVEL),
    Column("tracked_level_m", "135", "CTB", "f8", FLIGHT_LEVEL),
    Column("qnh", "135", "QNH"),
    Column("geo_m", "130", "", "f8", FOOT),
    Column("mode3a", "060", "MODE3A"),
    Column("mode3a_v", "060", "V"),
    Column("mode3a_g", "060", "G"),
    Column("track_number", "040"),
    Column("icao", "380/ADR"),
    Column("callsign", "380/ID", "", "i8"),
    Column("callsign_track", "245", "CHR", "i8"),
    Column("speed_mps", "380/GS", "", "f8", NAUTICAL_MILE),
    Column("angle_rad", "380/TAN", "", "f8", DEGREE),
    Column("sigma_x_m", "500/APC", "X", "f8"),
    Column("sigma_y_m", "500/APC", "Y", "f8"),
)


def _from_062(c: Columns, counts: Counts) -> Values:
    tracked = np.where(c["qnh"] == 1, np.nan, c["tracked_level_m"])
    own = packed_callsign(c["callsign"])
    return {
        "kind": np.full(own.size, model.TRACK, np.int8),
        "lat_rad": c["lat_rad"],
        "lon_rad": c["lon_rad"],
        "x_m": c["x_m"],
        "y_m": c["y_m"],
        "vn_mps": c["vn_mps"],
        "ve_mps": c["ve_mps"],
        "vu_mps": c["vu_mps"],
        "baro_altitude_m": _or(c["level_m"], tracked),
        "geo_altitude_m": c["geo_m"],
        "icao": c["icao"],
        "mode3a": mode3a(c, counts),
        "callsign": np.where(own >= 0, own, packed_callsign(c["callsign_track"])),
        "track_number": c["track_number"],
        "ground_speed_mps": c["speed_mps"],
        "track_angle_rad": c["angle_rad"],
        "sigma_m": np.sqrt((c["sigma_x_m"] ** 2 + c["sigma_y_m"] ** 2) / 2),
        "spi": _flag(flagged(c, "spi")),
        "emergency": c["ems"],
        "coast": _flag(flagged(c, "cst", "tse") | (np.isnan(c["lat_rad"]) & np.isnan(c["x_m"]))),
        "simulated": _flag(flagged(c, "sim")),
    }


TARGETS: Final[dict[int, Target]] = {
    1: Target(COLUMNS_001, _from_001),
    10: Target(COLUMNS_010, _from_010, _registers("250")),
    20: Target(COLUMNS_020, _from_020, _registers("250")),
    21: Target(COLUMNS_021, _from_021),
    48: Target(COLUMNS_048, _from_048, _registers("250")),
    62: Target(COLUMNS_062, _from_062, _registers("380/BDSDATA")),
}
"""The categories of target reports."""
