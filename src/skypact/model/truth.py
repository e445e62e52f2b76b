"""The truth table: where every object really is, from a simulator or a reference recording."""

from typing import Final, NamedTuple

import numpy as np

from skypact.model.reports import Bytes, Floats, Ints


class TruthRows(NamedTuple):
    """True states as a struct of arrays, one row per object and instant, SI and radians.

    In a flat scene `lon_rad` holds x and `lat_rad` y in metres as they stand, `ve_mps` and `vn_mps`
    the velocity along them, and altitudes are 0; see `config.Union.frame`. (DESIGN 2.2)
    """

    time_s: Floats
    target: Ints
    lat_rad: Floats
    lon_rad: Floats
    altitude_m: Floats
    """Height above the ellipsoid."""
    vn_mps: Floats
    ve_mps: Floats
    vu_mps: Floats
    icao: Ints
    baro_altitude_m: Floats
    target_class: Bytes
    """Index in `model.tracks.CLASSES`."""


_DTYPES: Final[dict[object, type[np.generic]]] = {
    Floats: np.float64,
    Ints: np.int32,
    Bytes: np.int8,
}
TRUTH_DTYPES: Final[dict[str, type[np.generic]]] = {
    name: _DTYPES[hint] for name, hint in TruthRows.__annotations__.items()
}
"""NumPy type of every truth column, in order."""


def concat_truth(rows: list[TruthRows]) -> TruthRows:
    """Join rows in the order given; no rows make an empty table."""
    if not rows:
        return TruthRows(*(np.empty(0, dtype) for dtype in TRUTH_DTYPES.values()))
    return TruthRows(*(np.concatenate(columns) for columns in zip(*rows, strict=True)))
