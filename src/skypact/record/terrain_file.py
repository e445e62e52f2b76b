"""Terrain files that union and rule files name: SRTM tiles, ESRI ASCII grids, NumPy archives.

GeoTIFF and NetCDF are not read: a grid of them is one command of GDAL away from ``.asc``
(``gdal_translate -of AAIGrid``).
"""

import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.errors import ConfigError
from skypact.geo.terrain import VOID, Grid, Terrain

_TILE: Final = re.compile(r"([NS])(\d{2})([EW])(\d{3})$", re.IGNORECASE)
_SIDES: Final = {2 * n * n: n for n in (1201, 3601)}
"""Posts along the side of a tile, by the size of its file in bytes."""
_HEADER: Final = frozenset(
    {"ncols", "nrows", "xllcorner", "xllcenter", "yllcorner", "yllcenter", "cellsize"}
)
_UNEVEN: Final = 1e-3
"""Share of a step by which posts may be out of place."""


def terrain_reader(folder: Path) -> Callable[[str], Terrain]:
    """Return a reader of terrain by its name, relative ones from `folder` on."""

    def read(name: str) -> Terrain:
        return read_terrain(folder / name)

    return read


def read_terrain(path: Path) -> Terrain:
    """Read terrain: a folder of ``.hgt`` tiles, one tile, an ``.asc`` or an ``.npz`` file.

    Raises
    ------
    ConfigError
        There is none, or it cannot be used.
    """
    try:
        if path.is_dir():
            tiles = sorted(p for p in path.iterdir() if p.suffix.lower() == ".hgt")
            if not tiles:
                raise ConfigError(f"{path}: expected tiles such as N47E016.hgt, found none")
            return Terrain([read_hgt(tile) for tile in tiles])
        readers = {".hgt": read_hgt, ".asc": read_asc, ".npz": read_npz}
        reader = readers.get(path.suffix.lower())
        if reader is None:
            raise ConfigError(f"{path}: expected a folder of .hgt tiles, .hgt, .asc or .npz")
        return Terrain([reader(path)])
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from error


def read_hgt(path: Path) -> Grid:
    """SRTM tile: big-endian 16-bit posts of one degree, named after its south-west corner.

    The posts stay on disk until they are looked at.

    Raises
    ------
    ConfigError
        The name or the size is not that of a tile.
    """
    match = _TILE.fullmatch(path.stem)
    if match is None:
        raise ConfigError(f"{path}: expected a name such as N47E016.hgt")
    size = path.stat().st_size
    side = _SIDES.get(size)
    if side is None:
        raise ConfigError(f"{path}: expected {' or '.join(map(str, _SIDES))} bytes, got {size}")
    south = int(match[2]) * (1 if match[1].upper() == "N" else -1)
    west = int(match[4]) * (1 if match[3].upper() == "E" else -1)
    if not (-90 <= south < 90 and -180 <= west < 180):
        raise ConfigError(f"{path}: expected a corner on the Earth, got {path.stem}")
    posts = np.memmap(path, ">i2", mode="r", shape=(side, side))
    step = 1.0 / (side - 1)
    return Grid(float(south), float(west), step, step, posts)


def read_asc(path: Path) -> Grid:
    """ESRI ASCII grid, geographic, degrees (ArcGIS, "Esri ASCII raster format").

    Raises
    ------
    ConfigError
        It is another one, or broken.
    """
    head: dict[str, float] = {}
    try:
        words = path.read_text("ascii").split()
        while words[2 * len(head)].lower() in _HEADER | {"nodata_value"}:
            at = 2 * len(head)
            head[words[at].lower()] = float(words[at + 1])
        rows, columns, step = int(head["nrows"]), int(head["ncols"]), head["cellsize"]
        west, south = (
            head[f"{axis}llcenter"] if f"{axis}llcenter" in head
            else head[f"{axis}llcorner"] + step / 2.0
            for axis in "xy"
        )  # fmt: skip
        heights = np.array(words[2 * len(head) :], np.float32).reshape(rows, columns)
    except (ValueError, KeyError, IndexError) as error:
        raise ConfigError(f"{path}: expected an ESRI ASCII grid, got {error}") from error
    heights[heights == np.float32(head.get("nodata_value", -9999.0))] = np.nan
    return _checked(path, Grid(south, west, step, step, heights))


def read_npz(path: Path) -> Grid:
    """NumPy archive of `lat`, `lon` in degrees at even steps and `height` (lat, lon) in metres.

    Raises
    ------
    ConfigError
        Arrays are missing or do not fit.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            lat, lon, height = (np.asarray(file[k], np.float64) for k in ("lat", "lon", "height"))
    except (ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ConfigError(f"{path}: expected arrays lat, lon and height, got {error}") from error
    if lat.ndim != 1 or lon.ndim != 1 or height.shape != (lat.size, lon.size):
        raise ConfigError(f"{path}: expected height of lat by lon, got {height.shape}")
    if min(height.shape) < 2:
        raise ConfigError(f"{path}: expected two posts or more each way, got {height.shape}")
    if lat[0] < lat[-1]:
        lat, height = lat[::-1], height[::-1]
    step_lat, step_lon = _step(path, lat[::-1]), _step(path, lon)
    grid = Grid(float(lat[-1]), float(lon[0]), step_lat, step_lon, height.astype(np.float32))
    return _checked(path, grid)


def _step(path: Path, values: npt.NDArray[np.float64]) -> float:
    steps = np.diff(values)
    step = float(steps.mean())
    if not (step > 0.0 and np.abs(steps - step).max() <= _UNEVEN * step):
        raise ConfigError(f"{path}: expected lat and lon at even steps that ascend")
    return step


def _checked(path: Path, grid: Grid) -> Grid:
    rows, columns = grid.height_m.shape
    north = grid.south_deg + (rows - 1) * grid.step_lat_deg
    east = grid.west_deg + (columns - 1) * grid.step_lon_deg
    fits = -90.0 <= grid.south_deg < north <= 90.0 and -180.0 <= grid.west_deg < east <= 540.0
    if not (fits and east - grid.west_deg <= 360.0):
        raise ConfigError(f"{path}: expected degrees north and east, two posts or more each way")
    if np.nanmin(np.where(grid.height_m == VOID, 0.0, grid.height_m), initial=0.0) < -1_000.0:
        raise ConfigError(f"{path}: expected metres above mean sea level, got less than -1000")
    return grid
