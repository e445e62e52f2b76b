"""Districts that a warning goes to: those that the 95 % area touches, each with its own times."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import shapely
import shapely.geometry
from shapely.geometry.base import BaseGeometry

from skypact.errors import ConfigError
from skypact.units import DEGREE
from skypact.watch.freeflight import Forecast

MOST: Final = 200
"""Districts that one warning names, the likeliest first."""
TIME_SHARES: Final = (0.025, 0.975)
LEAST_INSIDE: Final = 8
"""Flights of the ensemble in a district from which it has times of its own."""


class Districts:
    """Named parts of the ground.

    Parameters
    ----------
    names : sequence of str
    shapes : sequence of shapely geometry
        Polygons, degrees east and north.
    populations : sequence of float, optional
        Persons; NaN where unknown.
    """

    def __init__(
        self,
        names: Sequence[str],
        shapes: Sequence[BaseGeometry],
        populations: Sequence[float] | None = None,
    ) -> None:
        self._names, self._shapes = list(names), list(shapes)
        self._populations = [float("nan")] * len(self._names)
        if populations is not None:
            self._populations = list(populations)
        self._tree = shapely.STRtree(self._shapes)

    def warned(
        self, made: Forecast, outline: Sequence[tuple[float, float]], now_s: float
    ) -> list[dict[str, Any]]:
        """Return the districts that an area touches: chance, times, lead time; the likeliest first.

        Parameters
        ----------
        made : Forecast
        outline : sequence of (longitude, latitude)
            The 95 % area, degrees.
        now_s : float
            UTC seconds.
        """
        area = shapely.make_valid(shapely.Polygon(outline))
        touched = np.sort(self._tree.query(area, predicate="intersects"))
        lon, lat = made.lon_rad / DEGREE, made.lat_rad / DEGREE
        overall = np.quantile(made.arrival_s, TIME_SHARES)
        rows = []
        for i in touched.tolist():
            inside = shapely.contains_xy(self._shapes[i], lon, lat)
            own = np.count_nonzero(inside) >= LEAST_INSIDE
            first_s, last_s = np.quantile(made.arrival_s[inside], TIME_SHARES) if own else overall
            row = {
                "name": self._names[i],
                "chance": round(float(inside.mean()), 3),
                "first_s": round(float(first_s), 1),
                "last_s": round(float(last_s), 1),
                "lead_s": round(float(first_s) - now_s, 1),
            }
            if np.isfinite(self._populations[i]):
                row["population"] = round(self._populations[i])
            rows.append(row)
        return sorted(rows, key=lambda row: (-row["chance"], row["name"]))[:MOST]


def districts_of_geojson(value: Mapping[str, Any], where: str) -> Districts:
    """Read districts: features with a polygon and a ``name``, perhaps a ``population``.

    Raises
    ------
    ConfigError
        None, one without a name, or a broken polygon.
    """
    names, shapes, populations = [], [], []
    for feature in value.get("features", ()):
        geometry, properties = feature.get("geometry") or {}, feature.get("properties") or {}
        if geometry.get("type") not in ("Polygon", "MultiPolygon"):
            continue
        name = properties.get("name")
        if not isinstance(name, str) or not name:
            raise ConfigError(f"{where}: expected a name in the properties of every district")
        try:
            shape = shapely.make_valid(shapely.geometry.shape(geometry))
        except (ValueError, TypeError, IndexError, shapely.GEOSException) as error:
            raise ConfigError(f"{where}: {name}: its polygon is broken: {error}") from error
        names.append(name)
        shapes.append(shape)
        populations.append(float(properties.get("population", "nan")))
    if not names:
        raise ConfigError(f"{where}: expected GeoJSON features with polygons and names, got none")
    return Districts(names, shapes, populations)
