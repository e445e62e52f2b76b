"""Height of the terrain above the WGS-84 ellipsoid, from grids of heights above mean sea level.

Bilinear between the four posts about a place, plus the geoid of `geo.geoid`; where a post is void
there is no terrain. Grids are kept as they are read: SRTM tiles (NASA JPL, "SRTM Topography",
version 2.1, 3.1: 16-bit, -32768 is void, heights above the EGM96 geoid) stay on disk until they are
looked at.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.geo.geoid import undulation_m
from skypact.units import DEGREE

Floats = npt.NDArray[np.float64]
VOID: Final = -32_768.0
NO_TERRAIN_M: Final = -1_000.0
"""Height of terrain where there is none: lower than any."""
_EDGE: Final = 1e-6
"""Of a step: places on an edge are in the grid."""


class Grid(NamedTuple):
    """Posts at even steps."""

    south_deg: float
    """Latitude of the southernmost row of posts."""
    west_deg: float
    step_lat_deg: float
    step_lon_deg: float
    height_m: npt.NDArray[Any]
    """Above mean sea level, rows from north to south, columns from west to east; where unknown NaN
    or `VOID`."""


class Terrain:
    """Terrain of some grids.

    Parameters
    ----------
    grids : sequence of Grid
        Where several hold a place, the first that knows it counts.
    """

    def __init__(self, grids: Sequence[Grid]) -> None:
        self._grids = list(grids)
        self._cells: dict[tuple[int, int], list[int]] = {}
        self._highest: dict[tuple[int, int], float] = {}
        for number, grid in enumerate(self._grids):
            rows, columns = grid.height_m.shape
            north = grid.south_deg + (rows - 1) * grid.step_lat_deg
            east = grid.west_deg + (columns - 1) * grid.step_lon_deg
            for lat in range(_floor(grid.south_deg), _floor(north) + 1):
                for lon in range(_floor(grid.west_deg), _floor(east) + 1):
                    self._cells.setdefault((lat, _wrapped(lon)), []).append(number)

    def height_m(self, lat_rad: Floats, lon_rad: Floats) -> Floats:
        """Height of the terrain above the ellipsoid.

        Parameters
        ----------
        lat_rad, lon_rad : (n,) float64

        Returns
        -------
        (n,) float64
            Metres, NaN where it is unknown.
        """
        height = np.full(lat_rad.shape, np.nan)
        lat, lon = lat_rad / DEGREE, (lon_rad / DEGREE + 180.0) % 360.0 - 180.0
        known = np.flatnonzero(np.isfinite(lat) & np.isfinite(lon))
        key = np.stack((np.floor(lat[known]), np.floor(lon[known])), axis=1).astype(np.int64)
        code = key[:, 0] * 1_000 + key[:, 1]
        for value in np.unique(code).tolist():
            at = known[code == value]
            cell = int(np.floor(lat[at[0]])), int(np.floor(lon[at[0]]))
            for number in self._cells.get(cell, ()):
                left = at[np.isnan(height[at])]
                height[left] = _interpolated(self._grids[number], lat[left], lon[left])
        found = np.flatnonzero(np.isfinite(height))
        height[found] += undulation_m(lat_rad[found], lon_rad[found])
        return height

    def highest_m(self, lat_rad: Floats, lon_rad: Floats) -> Floats:
        """Height above mean sea level (n,) that no terrain in the degree about places exceeds.

        The cell of one degree and its neighbours count; where there are none, `NO_TERRAIN_M`.
        """
        lat = np.floor(np.nan_to_num(lat_rad / DEGREE)).astype(np.int64)
        lon = np.floor(np.nan_to_num(lon_rad / DEGREE)).astype(np.int64)
        code, place = np.unique((lat + 90) * 1_000 + lon + 500, return_inverse=True)
        highest = [
            max(
                self._highest_in(a + down, _wrapped(b + aside))
                for down in (-1, 0, 1)
                for aside in (-1, 0, 1)
            )
            for a, b in ((c // 1_000 - 90, c % 1_000 - 500) for c in code.tolist())
        ]
        return np.asarray(highest, np.float64)[place]

    def _highest_in(self, lat: int, lon: int) -> float:
        cell = lat, lon
        if cell not in self._cells:
            return NO_TERRAIN_M
        if cell not in self._highest:
            parts = [_cut(self._grids[number], lat, lon) for number in self._cells[cell]]
            known = [p[np.isfinite(p) & (p != VOID)] for p in parts]
            self._highest[cell] = max(
                (float(p.max()) for p in known if p.size), default=NO_TERRAIN_M
            )
        return self._highest[cell]


def _floor(value_deg: float) -> int:
    return int(np.floor(value_deg + 1e-9))


def _wrapped(lon_deg: int) -> int:
    return (lon_deg + 180) % 360 - 180


def _cut(grid: Grid, lat: int, lon: int) -> npt.NDArray[Any]:
    """Return the posts in a cell of one degree and those next to it."""
    rows, columns = grid.height_m.shape
    lon = lon + 360 * round((grid.west_deg + (columns - 1) * grid.step_lon_deg / 2 - lon) / 360)
    from_south = (lat - grid.south_deg) / grid.step_lat_deg
    from_west = (lon - grid.west_deg) / grid.step_lon_deg
    south = max(0, int(np.floor(from_south)))
    north = min(rows - 1, int(np.ceil(from_south + 1.0 / grid.step_lat_deg)))
    west = max(0, int(np.floor(from_west)))
    east = min(columns - 1, int(np.ceil(from_west + 1.0 / grid.step_lon_deg)))
    return grid.height_m[rows - 1 - north : rows - south, west : east + 1]


def _interpolated(grid: Grid, lat_deg: Floats, lon_deg: Floats) -> Floats:
    """Height above mean sea level (n,), NaN beyond the grid and beside voids."""
    rows, columns = grid.height_m.shape
    lon_deg = lon_deg + 360.0 * (lon_deg < grid.west_deg - _EDGE)
    down = (rows - 1) - (lat_deg - grid.south_deg) / grid.step_lat_deg
    right = (lon_deg - grid.west_deg) / grid.step_lon_deg
    inside = (down >= -_EDGE) & (down <= rows - 1 + _EDGE)
    inside &= (right >= -_EDGE) & (right <= columns - 1 + _EDGE)
    down, right = np.clip(down, 0.0, rows - 1), np.clip(right, 0.0, columns - 1)
    i = np.minimum(down.astype(np.int64), rows - 2)
    j = np.minimum(right.astype(np.int64), columns - 2)
    below, aside = down - i, right - j
    posts = [np.asarray(grid.height_m[i + a, j + b], np.float64) for a in (0, 1) for b in (0, 1)]
    posts = [np.where(p == VOID, np.nan, p) for p in posts]
    north = posts[0] * (1.0 - aside) + posts[1] * aside
    south = posts[2] * (1.0 - aside) + posts[3] * aside
    return np.where(inside, north * (1.0 - below) + south * below, np.nan)
