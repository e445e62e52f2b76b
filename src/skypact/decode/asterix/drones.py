"""Reports that unmanned aircraft make of themselves: category 129.

Source: the item table `cat129.py`. Heights above the ground are left alone: the ground is not known
here. Accuracy is the radius that holds half of the errors (I129/110), of which a circular normal
error has sqrt(2 ln 2) standard deviations per axis.
"""

from typing import Final

import numpy as np

from skypact.decode.asterix.fields import Columns
from skypact.decode.asterix.plan import Column
from skypact.decode.asterix.reading import Counts, Target, Values, as_flag, geodetic, head
from skypact.geo.geoid import undulation_m
from skypact.model import reports as model

CEP_SIGMA: Final = 1.1774
"""sqrt(2 ln 2)."""

COLUMNS_129: Final = (
    *head("070"),
    *geodetic("080"),
    Column("sea_m", "090", "", "f8"),
    Column("accuracy_m", "110", "", "f8"),
    Column("ve_mps", "185", "HVX", "f8"),
    Column("vn_mps", "185", "HVY", "f8"),
    Column("vu_mps", "220", "VV", "f8"),
)


def _from_129(c: Columns, counts: Counts) -> Values:
    del counts
    stated = np.where(c["accuracy_m"] > 0.0, c["accuracy_m"] / CEP_SIGMA, np.nan)
    return {
        "kind": np.full(stated.size, model.REMOTEID, np.int8),
        "lat_rad": c["lat_rad"],
        "lon_rad": c["lon_rad"],
        "geo_altitude_m": c["sea_m"] + undulation_m(c["lat_rad"], c["lon_rad"]),
        "vn_mps": c["vn_mps"],
        "ve_mps": c["ve_mps"],
        "vu_mps": c["vu_mps"],
        "sigma_m": stated,
        "coast": as_flag(np.isnan(c["lat_rad"])),
    }


TARGET_129: Final = Target(COLUMNS_129, _from_129)
