"""ADS-B target reports: category 021 of both layouts, and what their quality figures mean.

Sources: the item tables `cat021.py` and `cat021_first.py`; RTCA DO-260 (version 0: NUCp, table
2-11), DO-260A and DO-260B (versions 1 and 2: NIC, NACp, SIL; tables 2-69 to 2-72). What versions
say differently is brought to the categories of version 2, which the rest of the system knows.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.decode.asterix.fields import (
    Columns,
    count_into,
    decimal_code,
    flagged,
    mode3a,
    packed_callsign,
)
from skypact.decode.asterix.plan import Column
from skypact.decode.asterix.reading import (
    GRAIN,
    Counts,
    Target,
    Values,
    as_flag,
    first_known,
    geodetic,
    head,
    mode3a_columns,
    registers,
)
from skypact.model import reports as model
from skypact.model.quality import accuracy_category, sigma_of_category
from skypact.units import DEGREE, FEET_PER_MINUTE, FLIGHT_LEVEL, FOOT, NAUTICAL_MILE

_OF_NUCP: Final = np.array([0, 1, 2, 4, 5, 6, 7, 8, 10, 11, -1], np.int8)
"""NACp and NIC of NUCp: its 95 % error (10 and 5 NM, then 1, 0.5, 0.25, 0.1, 0.05 NM, 10 and 3 m)
and its radius of containment (20, 10, 2, 1, 0.5, 0.2, 0.1 NM, 25 and 7.5 m); the last entry serves
what has no meaning. NUCp 2 is 2 as in receivers of Mode S (DO-260A, table N-4)."""
_NIC_OF_PIC: Final = np.array([0, 1, 1, 2, 3, 4, 5, 6, 6, 6, 7, 8, 9, 10, 11, -1, -1], np.int8)
"""NIC with the radius of containment of I021/090 PIC; the last entry serves -1."""
_MOST_NUCP: Final = 9
_MOST_PS: Final = 6
"""Priority status of a downed aircraft; what is above has no meaning."""

COLUMNS_021: Final = (
    *head("073"),
    Column("tod_position_s", "071", "", "f8"),
    Column("tod_fraction_s", "074", "TOMRP", "f8"),
    Column("tod_second", "074", "FSI"),
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
    Column("mops", "210", "VN"),
    Column("nic", "090", "NUCPNIC"),
    Column("nacp", "090", "NACP"),
    Column("sil", "090", "SIL"),
    Column("pic", "090", "PIC"),
    Column("baro_rate_mps", "155", "BVR", "f8", FEET_PER_MINUTE),
    Column("baro_rate_over", "155", "RE"),
    Column("geo_rate_mps", "157", "GVR", "f8", FEET_PER_MINUTE),
    Column("geo_rate_over", "157", "RE"),
    Column("speed_mps", "160", "GS", "f8", NAUTICAL_MILE),
    Column("speed_over", "160", "RE"),
    Column("angle_rad", "160", "TA", "f8", DEGREE),
    Column("ps", "200", "PS"),
    Column("ss", "200", "SS"),
)
COLUMNS_021_FIRST: Final = (
    *head("030"),
    Column("sim", "040", "SIM"),
    Column("tst", "040", "TST"),
    Column("spi", "040", "SPI"),
    *geodetic("130"),
    Column("geo_m", "140", "", "f8", FOOT),
    Column("baro_m", "145", "", "f8", FLIGHT_LEVEL),
    Column("icao", "080"),
    *mode3a_columns("070"),
    Column("callsign", "170", "", "i8"),
    Column("nucp", "090", "PA"),
    Column("baro_rate_mps", "155", "", "f8", FEET_PER_MINUTE),
    Column("geo_rate_mps", "157", "", "f8", FEET_PER_MINUTE),
    Column("speed_mps", "160", "GS", "f8", NAUTICAL_MILE),
    Column("angle_rad", "160", "TA", "f8", DEGREE),
    Column("ps", "200"),
)
_FINE_RAD: Final = 180 / (1 << 30) * DEGREE
"""LSB of I021/131."""
_COARSE_RAD: Final = 180 / (1 << 23) * DEGREE
"""LSB of I021/130 from edition 2.1 on, and in 0.23."""
_MIDDLE_RAD: Final = 180 / (1 << 25) * DEGREE
"""LSB of I021/130 of editions 0.24 to 0.26."""


class Quality:
    """Quality figures of reports in the categories of version 2, -1 where absent.

    A report that does not say its version (I021/210) but has figures of versions 1 and 2 (I021/090,
    first extension) is of one of these; without them nothing tells, and version 2 is taken, as
    ground stations map them (I021/090, note 2).
    """

    def __init__(self, c: Columns) -> None:
        first = (c["mops"] == 0) & (c["nic"] >= 0)
        nucp = np.where(first & (c["nic"] <= _MOST_NUCP), c["nic"], -1)
        from_pic = _NIC_OF_PIC[c["pic"]]
        stated = np.where(from_pic >= 0, from_pic, c["nic"])
        self.nic = np.where(first, _OF_NUCP[nucp], stated).astype(np.int8)
        self.nacp = np.where(first, _OF_NUCP[nucp], c["nacp"]).astype(np.int8)
        self.sil = np.where(first, -1, c["sil"]).astype(np.int8)


def _in_range(c: Columns, name: str, over: str, counts: Counts) -> npt.NDArray[np.float64]:
    """Return the column; NaN where the flag says that the value exceeds its range, counted."""
    beyond = flagged(c, over) & ~np.isnan(c[name])
    count_into(counts, "speed_over_range", beyond)
    return np.where(beyond, np.nan, c[name])


def _from_021(c: Columns, counts: Counts) -> Values:
    is_fine = ~np.isnan(c["lat_rad"])
    lat = first_known(c["lat_rad"], c["lat_low_rad"])
    lon = first_known(c["lon_rad"], c["lon_low_rad"])
    speed, angle = _in_range(c, "speed_mps", "speed_over", counts), c["angle_rad"]
    climb = first_known(
        _in_range(c, "geo_rate_mps", "geo_rate_over", counts),
        _in_range(c, "baro_rate_mps", "baro_rate_over", counts),
    )
    quality = Quality(c)
    return {
        "kind": np.full(lat.size, model.ADSB, np.int8),
        "lat_rad": lat,
        "lon_rad": lon,
        GRAIN: np.where(is_fine, _FINE_RAD, _COARSE_RAD),
        "geo_altitude_m": c["geo_m"],
        "baro_altitude_m": c["baro_m"],
        "icao": c["icao"],
        "mode3a": decimal_code(c["mode3a"]),
        "callsign": packed_callsign(c["callsign"]),
        "track_number": c["track_number"],
        "vn_mps": speed * np.cos(angle),
        "ve_mps": speed * np.sin(angle),
        "vu_mps": climb,
        "ground_speed_mps": speed,
        "track_angle_rad": angle,
        "sigma_m": sigma_of_category(accuracy_category(quality.nacp, quality.nic)),
        "nic": quality.nic,
        "nacp": quality.nacp,
        "sil": quality.sil,
        "spi": as_flag(c["ss"] == 3),
        "emergency": np.where(c["ps"] <= _MOST_PS, c["ps"], -1),
        "coast": as_flag(np.isnan(lat)),
        "simulated": as_flag(flagged(c, "sim")),
        "test": as_flag(flagged(c, "tst")),
    }


def _from_021_first(grain_rad: float, c: Columns, counts: Counts) -> Values:
    speed, angle = c["speed_mps"], c["angle_rad"]
    figure = np.where(c["nucp"] == -1, -1, c["nucp"] & 15)  # the standard says it is signed
    category = _OF_NUCP[np.where(figure <= _MOST_NUCP, figure, -1)]
    return {
        "kind": np.full(speed.size, model.ADSB, np.int8),
        "lat_rad": c["lat_rad"],
        "lon_rad": c["lon_rad"],
        GRAIN: np.full(speed.size, grain_rad),
        "geo_altitude_m": c["geo_m"],
        "baro_altitude_m": c["baro_m"],
        "icao": c["icao"],
        "mode3a": mode3a(c, counts),
        "callsign": packed_callsign(c["callsign"]),
        "vn_mps": speed * np.cos(angle),
        "ve_mps": speed * np.sin(angle),
        "vu_mps": first_known(c["geo_rate_mps"], c["baro_rate_mps"]),
        "ground_speed_mps": speed,
        "track_angle_rad": angle,
        "sigma_m": sigma_of_category(category),
        "nic": category,
        "nacp": category,
        "spi": as_flag(flagged(c, "spi")),
        "emergency": np.where(c["ps"] < _MOST_PS, c["ps"], -1),
        "coast": as_flag(np.isnan(c["lat_rad"])),
        "simulated": as_flag(flagged(c, "sim")),
        "test": as_flag(flagged(c, "tst")),
    }


def _from_021_0_26(c: Columns, counts: Counts) -> Values:
    return _from_021_first(_MIDDLE_RAD, c, counts)


def _from_021_0_23(c: Columns, counts: Counts) -> Values:
    return _from_021_first(_COARSE_RAD, c, counts)


TARGET_021: Final = Target(
    COLUMNS_021,
    _from_021,
    (*registers("250"), Column("receiver", "400"), Column("nacv", "090", "NUCRNACV")),
)
FIRST_021: Final = {
    "0.26": Target(COLUMNS_021_FIRST, _from_021_0_26),
    "0.23": Target(COLUMNS_021_FIRST, _from_021_0_23),
}
"""By edition of the first layout."""
