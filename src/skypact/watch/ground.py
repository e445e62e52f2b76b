"""Parts of the ground: which places lie in them, and where straight ways meet their edges.

Longitude and latitude in degrees, edges straight between their corners, as in GeoJSON (RFC 7946,
3.1.1). Ways of some minutes are straight in them, too: at 60 degrees north one of 50 km differs
from the great circle by 70 m. What crosses the antimeridian is one part of the ground, whether it
is cut there (RFC 7946, 3.1.9) or goes on beyond 180 degrees; ways take the shorter way round.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely
import shapely.affinity
import shapely.geometry
from shapely.geometry.base import BaseGeometry

from skypact.errors import ConfigError
from skypact.geo.borders import countries
from skypact.model.reports import Floats
from skypact.units import DEGREE

Mask = npt.NDArray[np.bool_]
CELLS: Final = 96
"""Cells a side of the grid that tells at once what is far from every edge."""


class EdgeGrid:
    """Which cells of a grid over a shape hold edges, so that most places need no exact test.

    Counts over rectangles of cells come from a summed-area table (F. C. Crow, "Summed-area tables
    for texture mapping", SIGGRAPH 1984).

    Parameters
    ----------
    shape : shapely geometry
        Polygons, degrees.
    corners : (k, 2, 2) float64
        Ends of its edges, longitude and latitude.
    """

    def __init__(self, shape: BaseGeometry, corners: Floats) -> None:
        self._shape = shape
        self._low = corners.min(axis=(0, 1))
        self._cell = np.maximum(np.ptp(corners, axis=(0, 1)) / CELLS, 1e-9)
        first, last = self._cells(corners.min(axis=1)), self._cells(corners.max(axis=1))
        marks = np.zeros((CELLS + 1, CELLS + 1), np.int64)
        for place, sign in (
            ((first[:, 0], first[:, 1]), 1), ((last[:, 0] + 1, last[:, 1] + 1), 1),
            ((first[:, 0], last[:, 1] + 1), -1), ((last[:, 0] + 1, first[:, 1]), -1),
        ):  # fmt: skip
            np.add.at(marks, place, sign)
        self._has_edges = marks.cumsum(axis=0).cumsum(axis=1)[:CELLS, :CELLS] > 0
        self._sums = np.zeros((CELLS + 1, CELLS + 1), np.int64)
        self._sums[1:, 1:] = self._has_edges.cumsum(axis=0).cumsum(axis=1)
        middle = np.arange(CELLS) + 0.5
        lon, lat = (self._low[k] + self._cell[k] * middle for k in (0, 1))
        self._is_inside: Mask = shapely.contains_xy(shape, lon[:, None], lat)

    def holds(self, lon: Floats, lat: Floats) -> Mask:
        """Whether places (n,), degrees, lie in the shape."""
        place = (np.stack((lon, lat), axis=1) - self._low) / self._cell
        known = ((place >= 0.0) & (place <= CELLS)).all(axis=1)
        row = np.flatnonzero(known)
        i, j = np.minimum(place[row].astype(np.int64), CELLS - 1).T
        inside = np.zeros(lon.size, np.bool_)
        inside[row] = self._is_inside[i, j]
        near = row[self._has_edges[i, j]]
        inside[near] = shapely.contains_xy(self._shape, lon[near], lat[near])
        return inside

    def may_meet(self, begin: Floats, end: Floats) -> Mask:
        """Whether straight ways (n,) between places (n, 2) may meet an edge."""
        low, high = np.minimum(begin, end), np.maximum(begin, end)
        outside = (high < self._low) | (low > self._low + CELLS * self._cell)
        (i, j), (m, n) = self._cells(low).T, self._cells(high).T + 1
        sums = self._sums
        return np.asarray(
            ~outside.any(axis=1) & (sums[m, n] - sums[i, n] - sums[m, j] + sums[i, j] > 0)
        )

    def _cells(self, place: Floats) -> npt.NDArray[np.int64]:
        """Cells (n, 2) of places (n, 2), those beyond the grid in its outermost ones."""
        cells = np.clip(np.floor((place - self._low) / self._cell), 0, CELLS - 1)
        return np.asarray(cells, np.int64)


class Ground:
    """A part of the ground.

    Parameters
    ----------
    shape : shapely geometry
        Polygons, degrees east and north.
    """

    def __init__(self, shape: BaseGeometry) -> None:
        self.shape = shape
        shape = self._around = _around(shape)
        shapely.prepare(shape)
        edges = shapely.get_parts(shapely.boundary(shape))
        pieces = [np.stack((c[:-1], c[1:]), axis=1) for c in map(shapely.get_coordinates, edges)]
        corners = np.concatenate(pieces) if pieces else np.zeros((0, 2, 2))
        self._edges = np.asarray(shapely.linestrings(corners), object)
        self._tree = shapely.STRtree(self._edges)
        self._grid = EdgeGrid(shape, corners) if len(corners) else None

    def holds(self, lat_rad: Floats, lon_rad: Floats) -> Mask:
        """Whether places (n,) lie in it; NaN is nowhere."""
        if self._grid is None:
            return np.zeros(lat_rad.size, np.bool_)
        return self._grid.holds(lon_rad / DEGREE, lat_rad / DEGREE)

    def first_edge(
        self, lat_rad: Floats, lon_rad: Floats, to_lat_rad: Floats, to_lon_rad: Floats
    ) -> Floats:
        """Share of straight ways (n,) until they first meet an edge; NaN where they do not.

        Parameters
        ----------
        lat_rad, lon_rad : (n,) float64
            Where they begin.
        to_lat_rad, to_lon_rad : (n,) float64
            Where they end.
        """
        share = np.full(lat_rad.size, np.nan)
        known = np.flatnonzero(np.isfinite(lat_rad + lon_rad + to_lat_rad + to_lon_rad))
        if not known.size or self._grid is None:
            return share
        begin = np.stack((lon_rad[known], lat_rad[known]), axis=1) / DEGREE
        end = np.stack((to_lon_rad[known], to_lat_rad[known]), axis=1) / DEGREE
        end[:, 0] = begin[:, 0] + (end[:, 0] - begin[:, 0] + 180.0) % 360.0 - 180.0
        near = self._grid.may_meet(begin, end)
        known, begin, end = known[near], begin[near], end[near]
        ways = shapely.linestrings(np.stack((begin, end), axis=1))
        way, edge = self._tree.query(ways, predicate="intersects")
        met = _share_met(begin[way], end[way], shapely.get_coordinates(self._edges[edge]))
        best = np.full(known.size, np.inf)
        np.minimum.at(best, way, met)
        share[known] = np.where(np.isfinite(best), best, np.nan)
        return share


def _around(shape: BaseGeometry) -> BaseGeometry:
    """Return a shape that goes on beyond the antimeridian where it reaches it."""
    west, _, east, _ = shape.bounds
    if not (west <= -180.0 or east >= 180.0):
        return shape
    turns = [shapely.affinity.translate(shape, 360.0 * turn) for turn in (-1, 0, 1)]
    return shapely.union_all(turns)


def _share_met(begin: Floats, end: Floats, corners: Floats) -> Floats:
    """Share of ways (k, 2) at which they meet edges whose corners (2k, 2) follow in pairs."""
    a, b = corners[0::2], corners[1::2]
    way, edge, off = end - begin, b - a, a - begin
    across = way[:, 0] * edge[:, 1] - way[:, 1] * edge[:, 0]
    share = (off[:, 0] * edge[:, 1] - off[:, 1] * edge[:, 0]) / np.where(
        across == 0.0, np.nan, across
    )
    return np.clip(np.nan_to_num(share, nan=0.0), 0.0, 1.0)


def territory_of(codes: Iterable[str]) -> BaseGeometry:
    """Join the land of countries.

    Parameters
    ----------
    codes : iterable of str
        ISO 3166 numeric.

    Raises
    ------
    ConfigError
        A country is not in the border data.
    """
    wanted = set(codes)
    known = {country.code for country in countries()}
    if wanted - known:
        missing = ", ".join(sorted(wanted - known))
        raise ConfigError(
            f"watch.border: expected ISO 3166 numeric codes of countries, got {missing}"
        )
    shapes: list[BaseGeometry] = []
    for country in countries():
        if country.code not in wanted:
            continue
        shape: BaseGeometry = shapely.Polygon()
        for ring in country.rings:  # the even-odd rule: islands add, lakes take away
            shape = shape.symmetric_difference(
                shapely.make_valid(shapely.Polygon(ring[:, ::-1] / DEGREE))
            )
        shapes.append(shape)
    return shapely.union_all(shapes)


def shape_of_geojson(value: Mapping[str, Any], where: str) -> BaseGeometry:
    """Join the polygons of a GeoJSON document.

    Raises
    ------
    ConfigError
        It holds none, or a broken one.
    """
    features = value.get("features", [value])
    geometries = [f.get("geometry", f) for f in features if isinstance(f, Mapping)]
    polygons = [g for g in geometries if g and g.get("type") in ("Polygon", "MultiPolygon")]
    if not polygons:
        raise ConfigError(f"{where}: expected GeoJSON with a Polygon or MultiPolygon, got none")
    try:
        return shapely.union_all([shapely.make_valid(shapely.geometry.shape(g)) for g in polygons])
    except (ValueError, TypeError, IndexError, shapely.GEOSException) as error:
        raise ConfigError(f"{where}: a polygon is broken: {error}") from error


def ring_about(lat_deg: float, lon_deg: float, radius_m: float, n: int = 72) -> BaseGeometry:
    """Polygon about a place, n corners at the radius."""
    turn = np.linspace(0.0, 2.0 * np.pi, n, endpoint=False)
    north = lat_deg + radius_m * np.cos(turn) / 111_195.0
    east = lon_deg + radius_m * np.sin(turn) / (111_195.0 * max(1e-6, np.cos(lat_deg * DEGREE)))
    return shapely.Polygon(np.stack((east, north), axis=1))


def polygon_of(corners: Sequence[tuple[float, float]]) -> BaseGeometry:
    """Polygon of corners in degrees north and east."""
    return shapely.make_valid(shapely.Polygon([(lon, lat) for lat, lon in corners]))


def geojson_of(shape: BaseGeometry) -> dict[str, Any]:
    """Return a shape as a GeoJSON geometry."""
    return dict(shapely.geometry.mapping(shape))
