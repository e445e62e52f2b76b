"""Reports of independent non-cooperative sensors: category 015, radars with and without partners.

Source: the item table `cat015.py`. Only a mono-static sensor's range is the distance to the target;
that of a pair of stations is the detour of the path by it (I015/625, note 3), of which a report has
no column: such records count as ``bistatic_range`` and are measurements only if they give a place.
"""

from typing import Final

import numpy as np

from skypact.decode.asterix.fields import Columns, count_into
from skypact.decode.asterix.plan import Column
from skypact.decode.asterix.reading import Counts, Target, Values, as_flag, first_known, head
from skypact.model import reports as model
from skypact.units import DEGREE

MONO_STATIC: Final = 0
"""I015/020 MOMU; others are pairs, or not said."""
_TRACKS: Final = (2, 4)
"""Message types of tracks (by measurement, by sensor): they were filtered already."""
_PLOTS: Final = (1, 3)
_REFERENCE: Final = 1
"""I015/020 TTAX of a reference target; above are synthetic, simulated or replayed ones."""

COLUMNS_015: Final = (
    *head("145"),
    Column("message", "000", "MT"),
    Column("momu", "020", "MOMU"),
    Column("taxonomy", "020", "TTAX"),
    Column("cst", "170", "CSTP"),
    Column("track_number", "161"),
    Column("lat_rad", "600/P84", "LATITUDE", "f8", DEGREE),
    Column("lon_rad", "600/P84", "LONGITUDE", "f8", DEGREE),
    Column("sigma_x_m", "600/HPP", "SDHPX", "f8"),
    Column("sigma_y_m", "600/HPP", "SDHPY", "f8"),
    Column("geo_m", "601/GH", "GH", "f8"),
    Column("ve_mps", "602/HV", "X", "f8"),
    Column("vn_mps", "602/HV", "Y", "f8"),
    Column("vu_mps", "604/VV", "VV", "f8"),
    Column("range_m", "625/R", "R", "f8"),
    Column("range_rate_mps", "625/RR", "RR", "f8"),
    Column("doppler_mps", "626/DV", "DV", "f8"),
    Column("azimuth_rad", "627/AZ", "AZ", "f8", DEGREE),
    Column("elevation_rad", "628/EL", "EL", "f8", DEGREE),
)


def _from_015(c: Columns, counts: Counts) -> Values:
    is_mono = c["momu"] == MONO_STATIC
    is_track = np.isin(c["message"], _TRACKS)
    placed = ~np.isnan(c["lat_rad"])
    pair = ~is_mono & ~np.isnan(c["range_m"])
    count_into(counts, "bistatic_range", pair)
    own_range = np.where(is_mono & (c["range_m"] > 0.0), c["range_m"], np.nan)
    angles = {name: np.where(is_mono, c[name], np.nan) for name in ("azimuth_rad", "elevation_rad")}
    measured = placed | ~(np.isnan(own_range) | np.isnan(angles["azimuth_rad"]))
    rate = first_known(c["doppler_mps"], c["range_rate_mps"])
    return {
        "kind": np.where(is_track, model.TRACK, np.where(is_mono, model.PSR, model.POSITION)),
        "range_m": np.where(placed & ~is_mono, np.nan, own_range),
        **angles,
        "lat_rad": c["lat_rad"],
        "lon_rad": c["lon_rad"],
        "geo_altitude_m": c["geo_m"],
        "range_rate_mps": np.where(is_mono, rate, np.nan),
        "vn_mps": c["vn_mps"],
        "ve_mps": c["ve_mps"],
        "vu_mps": c["vu_mps"],
        "track_number": c["track_number"],
        "sigma_m": np.sqrt((c["sigma_x_m"] ** 2 + c["sigma_y_m"] ** 2) / 2),
        "coast": as_flag(~measured | (c["cst"] == 1) | ~np.isin(c["message"], (*_PLOTS, *_TRACKS))),
        "simulated": as_flag(c["taxonomy"] > _REFERENCE),
        "test": as_flag(c["taxonomy"] == _REFERENCE),
    }


TARGET_015: Final = Target(COLUMNS_015, _from_015)
