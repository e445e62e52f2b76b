"""Target reports of each category: which columns are read, and what they become.

Sources: the item tables of the categories (`cat001.py` ...), which cite their standards. A report
that is extrapolated or has no position is marked `coast`: it is never a measurement.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from skypact.decode.asterix.adsb import FIRST_021, TARGET_021
from skypact.decode.asterix.drones import TARGET_129
from skypact.decode.asterix.fields import (
    FULL_SCALE,
    Columns,
    count_into,
    flagged,
    mode3a,
    packed_callsign,
    valid_level,
)
from skypact.decode.asterix.heights import SEA_HEIGHT
from skypact.decode.asterix.incs import TARGET_015
from skypact.decode.asterix.plan import Column
from skypact.decode.asterix.reading import (
    GRAIN,
    Counts,
    Target,
    Values,
    as_flag,
    emergency,
    first_known,
    geodetic,
    head,
    level_columns,
    mode3a_columns,
    polar,
    registers,
)
from skypact.decode.asterix.spec import Category
from skypact.model import reports as model
from skypact.units import DEGREE, FEET_PER_MINUTE, FLIGHT_LEVEL, FOOT, NAUTICAL_MILE

_ADSB: Final = 21
_KIND_048: Final = np.array([3, 0, 1, 2, 3, 3, 3, 3, 3], np.int8)
"""Report kind by I048/020 TYP; the last entry serves -1."""

COLUMNS_048: Final = (
    *head("140"),
    Column("typ", "020", "TYP"),
    Column("sim", "020", "SIM"),
    Column("spi", "020", "SPI"),
    Column("tst", "020", "TST"),
    *polar(NAUTICAL_MILE, "THETA"),
    *mode3a_columns("070"),
    *level_columns(),
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
        "spi": as_flag(flagged(c, "spi") | (stat == 4) | (stat == 5)),
        "emergency": emergency(code, stat >= 0),
        "coast": as_flag((c["typ"] <= 0) | np.isnan(c["range_m"])),
        "simulated": as_flag(flagged(c, "sim")),
        "test": as_flag(flagged(c, "tst")),
    }


COLUMNS_001: Final = (
    *head("141"),
    Column("sim", "020", "SIM"),
    Column("found", "020", "SSRPSR"),
    Column("spi", "020", "SPI"),
    Column("tst", "020", "TST"),
    *polar(NAUTICAL_MILE, "THETA"),
    *mode3a_columns("070"),
    *level_columns("HGT"),
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
        "spi": as_flag(flagged(c, "spi")),
        "coast": as_flag((c["found"] <= 0) | np.isnan(c["range_m"])),
        "simulated": as_flag(flagged(c, "sim")),
        "test": as_flag(flagged(c, "tst")),
    }


COLUMNS_010: Final = (
    *head("140"),
    Column("message", "000"),
    Column("nogo", "550", "NOGO"),
    Column("overload", "550", "OVL"),
    Column("time_invalid", "550", "TSV"),
    Column("typ", "020", "TYP"),
    Column("sim", "020", "SIM"),
    Column("tst", "020", "TST"),
    Column("spi", "020", "SPI"),
    *polar(1.0, "TH"),
    *geodetic("041"),
    Column("x_m", "042", "X", "f8"),
    Column("y_m", "042", "Y", "f8"),
    *mode3a_columns("060"),
    *level_columns(),
    Column("icao", "220"),
    Column("callsign", "245", "CHR", "i8"),
    Column("track_number", "161", "TRK"),
    Column("cst", "170", "CST"),
    Column("sigma_x_m", "500", "DEVX", "f8"),
    Column("sigma_y_m", "500", "DEVY", "f8"),
)
_GRAIN_010_RAD: Final = 180 / (1 << 31) * DEGREE
_GRAIN_020_RAD: Final = 180 / (1 << 25) * DEGREE
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
        GRAIN: np.full(x.size, _GRAIN_010_RAD),
        "x_m": x,
        "y_m": y,
        "baro_altitude_m": valid_level(c, counts),
        "icao": c["icao"],
        "mode3a": mode3a(c, counts),
        "callsign": packed_callsign(c["callsign"]),
        "track_number": c["track_number"],
        "sigma_m": np.sqrt((c["sigma_x_m"] ** 2 + c["sigma_y_m"] ** 2) / 2),
        "spi": as_flag(flagged(c, "spi")),
        "coast": as_flag(lost | (c["cst"] > 0)),
        "simulated": as_flag(flagged(c, "sim")),
        "test": as_flag(flagged(c, "tst")),
    }


COLUMNS_020: Final = (
    *head("140"),
    Column("sim", "020", "SIM"),
    Column("tst", "020", "TST"),
    Column("spi", "020", "SPI"),
    *geodetic("041"),
    Column("x_m", "042", "X", "f8"),
    Column("y_m", "042", "Y", "f8"),
    *mode3a_columns("070"),
    *level_columns(),
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
        GRAIN: np.full(code.size, _GRAIN_020_RAD),
        "x_m": c["x_m"],
        "y_m": c["y_m"],
        "baro_altitude_m": valid_level(c, counts),
        "geo_altitude_m": c["geo_m"],
        "icao": c["icao"],
        "mode3a": code,
        "callsign": packed_callsign(c["callsign"]),
        "track_number": c["track_number"],
        "sigma_m": np.sqrt((c["sigma_x_m"] ** 2 + c["sigma_y_m"] ** 2) / 2),
        "spi": as_flag(flagged(c, "spi") | (stat == 4) | (stat == 5)),
        "emergency": emergency(code, stat >= 0),
        "coast": as_flag(lost | (c["cst"] > 0)),
        "simulated": as_flag(flagged(c, "sim")),
        "test": as_flag(flagged(c, "tst")),
    }


COLUMNS_062: Final = (
    *head("070"),
    Column("sim", "080", "SIM"),
    Column("spi", "080", "SPI"),
    Column("tse", "080", "TSE"),
    Column("cst", "080", "CST"),
    Column("ems", "080", "EMS"),
    *geodetic("105"),
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
        "baro_altitude_m": first_known(c["level_m"], tracked),
        "geo_altitude_m": c["geo_m"],
        "icao": c["icao"],
        "mode3a": mode3a(c, counts),
        "callsign": np.where(own >= 0, own, packed_callsign(c["callsign_track"])),
        "track_number": c["track_number"],
        "ground_speed_mps": c["speed_mps"],
        "track_angle_rad": c["angle_rad"],
        "sigma_m": np.sqrt((c["sigma_x_m"] ** 2 + c["sigma_y_m"] ** 2) / 2),
        "spi": as_flag(flagged(c, "spi")),
        "emergency": c["ems"],
        "coast": as_flag(flagged(c, "cst", "tse") | (np.isnan(c["lat_rad"]) & np.isnan(c["x_m"]))),
        "simulated": as_flag(flagged(c, "sim")),
    }


TARGETS: Final[dict[int, Target]] = {
    1: Target(COLUMNS_001, _from_001),
    10: Target(COLUMNS_010, _from_010, registers("250")),
    15: TARGET_015,
    20: Target(COLUMNS_020, _from_020, registers("250")),
    21: TARGET_021,
    48: Target(COLUMNS_048, _from_048, registers("250")),
    62: Target(COLUMNS_062, _from_062, registers("380/BDSDATA")),
    129: TARGET_129,
}
"""The categories of target reports, by their newest edition."""


def target_of(table: Category) -> Target | None:
    """Return how an edition's records become reports; None: it has no target reports."""
    first = FIRST_021.get(table.edition) if table.number == _ADSB else None
    return first or TARGETS.get(table.number)
