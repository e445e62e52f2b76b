"""Countries of Natural Earth 1:50m: their outlines, and which country a point lies in.

Source: world-atlas 2 (ISC) holds Natural Earth's admin-0 countries (public domain) as TopoJSON:
arcs shared by neighbours, quantised and delta-coded (TopoJSON specification, 2.1.3 and 2.1.4).
A country's code is ISO 3166-1 numeric, three digits.
"""

from functools import cache
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from skypact.geo.files import read_data
from skypact.units import DEGREE

Floats = npt.NDArray[np.float64]


class Country(NamedTuple):
    """One country of the border data."""

    code: str
    """ISO 3166-1 numeric; empty for the few areas without one."""
    name: str
    rings: tuple[Floats, ...]
    """Closed outlines and holes, each (n, 2): latitude and longitude in radians.

    Longitudes run on beyond pi where an outline crosses the date line.
    """


class Arc(NamedTuple):
    """A stretch of border or coast shared by at most two countries."""

    points: Floats
    """(n, 2) latitude and longitude in radians."""
    codes: tuple[str, ...]
    """The countries on its sides: two for a border, one for a coast."""


class _World(NamedTuple):
    arcs: tuple[Floats, ...]
    shapes: tuple[tuple[str, str, tuple[tuple[int, ...], ...]], ...]


@cache
def _world() -> _World:
    topology = msgspec.json.decode(read_data("countries-50m.json"))
    scale = np.array(topology["transform"]["scale"])
    origin = np.array(topology["transform"]["translate"])
    arcs = []
    for deltas in topology["arcs"]:
        lon_lat = np.cumsum(np.array(deltas, np.float64), axis=0) * scale + origin
        arcs.append(np.ascontiguousarray(lon_lat[:, ::-1]) * DEGREE)
    shapes = []
    for geometry in topology["objects"]["countries"]["geometries"]:
        rings = tuple(tuple(ring) for ring in _rings(geometry))
        shapes.append((str(geometry.get("id", "")), geometry["properties"]["name"], rings))
    return _World(tuple(arcs), tuple(shapes))


def _rings(geometry: dict[str, Any]) -> list[list[int]]:
    if geometry["type"] == "Polygon":
        return list(geometry["arcs"])
    if geometry["type"] == "MultiPolygon":
        return [ring for polygon in geometry["arcs"] for ring in polygon]
    return []


def _points(indices: tuple[int, ...]) -> Floats:
    """Join a ring's arcs; index ~i is arc i backwards, and joints are not repeated."""
    arcs = _world().arcs
    parts = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in indices]
    ring = np.concatenate([parts[0], *(part[1:] for part in parts[1:])])
    ring[:, 1] = np.unwrap(ring[:, 1])
    first, last = ring[0], ring[-1]
    if abs(last[1] - first[1]) < np.pi:
        return ring
    # Around a pole (Antarctica): close the ring along the pole.
    pole = np.copysign(np.pi / 2, first[0])
    return np.vstack([ring, [pole, last[1]], [pole, first[1]], first])


@cache
def countries() -> tuple[Country, ...]:
    """Return every country with its outlines, in the order of the data."""
    return tuple(
        Country(code, name, tuple(_points(ring) for ring in rings))
        for code, name, rings in _world().shapes
    )


@cache
def borders() -> tuple[Arc, ...]:
    """Return every arc with the codes of the countries that share it."""
    owners: dict[int, list[str]] = {}
    for code, _, rings in _world().shapes:
        for index in {i if i >= 0 else ~i for ring in rings for i in ring}:
            owners.setdefault(index, []).append(code)
    arcs = _world().arcs
    return tuple(Arc(arcs[i], tuple(owners[i])) for i in sorted(owners))


def is_inside(country: Country, lat_rad: Floats, lon_rad: Floats) -> npt.NDArray[np.bool_]:
    """Whether points lie in a country (its waters do not count).

    Parameters
    ----------
    country : Country
        From `countries`.
    lat_rad, lon_rad : (n,) float64
        Radians, longitude -pi to pi.

    Returns
    -------
    (n,) bool
        By the even-odd rule over all rings, in latitude and longitude: edges are short.
    """
    inside = np.zeros(lat_rad.shape, np.bool_)
    for ring in country.rings:
        south_west, north_east = ring.min(axis=0), ring.max(axis=0)
        for turn_rad in (0.0, 2 * np.pi, -2 * np.pi):
            lon = lon_rad + turn_rad
            is_near = (lat_rad >= south_west[0]) & (lat_rad <= north_east[0])
            near = np.flatnonzero(is_near & (lon >= south_west[1]) & (lon <= north_east[1]))
            if near.size:
                inside[near] ^= _crosses_odd(ring, lat_rad[near], lon[near])
    return inside


def _crosses_odd(ring: Floats, lat_rad: Floats, lon_rad: Floats) -> npt.NDArray[np.bool_]:
    """Count the edges east of each point, modulo two."""
    lat0, lon0 = ring[:-1, 0], ring[:-1, 1]
    lat1, lon1 = ring[1:, 0], ring[1:, 1]
    odd = np.zeros(lat_rad.shape, np.bool_)
    for k in range(lat_rad.size):
        spans = (lat0 > lat_rad[k]) != (lat1 > lat_rad[k])
        share = (lat_rad[k] - lat0[spans]) / (lat1[spans] - lat0[spans])
        crossing = lon0[spans] + share * (lon1[spans] - lon0[spans])
        odd[k] = np.count_nonzero(crossing > lon_rad[k]) % 2 == 1
    return odd
