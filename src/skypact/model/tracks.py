"""The row that every track update leaves: `tracks.parquet`, the picture and the page read it."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.model.reports import Bytes, Floats, Ints, Longs

CLASSES: Final = (
    "unknown", "airliner", "light", "helicopter", "fast", "drone", "balloon", "surface", "ballistic"
)  # fmt: skip
"""Target classes; the `class` column is the index in this tuple inside, the word in Parquet."""


class TrackRows(NamedTuple):
    """Track updates as a struct of arrays, one row per update, SI and radians."""

    time_s: Floats
    track: Longs
    """Stable number of the track, from 1."""
    lat_rad: Floats
    lon_rad: Floats
    altitude_m: Floats
    """Height above the WGS-84 ellipsoid."""
    baro_altitude_m: Floats
    vn_mps: Floats
    ve_mps: Floats
    vu_mps: Floats
    sigma_n_m: Floats
    sigma_e_m: Floats
    corr_ne: Floats
    """Correlation of the north and east position errors."""
    sigma_u_m: Floats
    sigma_vn_mps: Floats
    sigma_ve_mps: Floats
    existence: Floats
    """Probability that the object exists."""
    confirmed: Bytes
    p_manoeuvre: Floats
    """Probability of the manoeuvre models together."""
    p_ballistic: Floats
    target_class: Bytes
    icao: Ints
    mode3a: Ints
    callsign: Longs
    n_sensors: Ints
    """Sensors that contributed lately."""
    age_s: Floats
    """Seconds since the track began."""


_DTYPES: Final[dict[object, type[np.generic]]] = {
    Floats: np.float64,
    Longs: np.int64,
    Ints: np.int32,
    Bytes: np.int8,
}
TRACK_DTYPES: Final[dict[str, type[np.generic]]] = {
    name: _DTYPES[hint] for name, hint in TrackRows.__annotations__.items()
}
"""NumPy type of every track column, in order."""


def empty_rows(n: int) -> TrackRows:
    """Make `n` rows of absent values."""
    columns = {
        name: np.full(n, np.nan) if dtype is np.float64 else np.full(n, -1, dtype)
        for name, dtype in TRACK_DTYPES.items()
    }
    return TrackRows(**columns)


def concat_rows(rows: list[TrackRows]) -> TrackRows:
    """Join rows in the order given."""
    if not rows:
        return empty_rows(0)
    if len(rows) == 1:
        return rows[0]
    return TrackRows._make(np.concatenate(columns) for columns in zip(*rows, strict=True))


def take_rows(rows: TrackRows, index: npt.NDArray[np.generic] | slice) -> TrackRows:
    """Rows selected by an index array, a mask or a slice, in that order."""
    return TrackRows._make(column[index] for column in rows)


def latest(rows: TrackRows) -> Longs:
    """Return the place of the last row of each track, in the order of the rows."""
    newest = np.unique(rows.track[::-1], return_index=True)[1]
    return np.sort(rows.track.size - 1 - newest)
