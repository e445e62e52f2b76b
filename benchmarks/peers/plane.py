"""The plane that Stone Soup tracks in: plots into it, tracks out of it.

Stone Soup's filters work in a Cartesian plane. A flat scene is one. For the real sky it is the
stereographic projection (WGS-84) about the middle of the radars. A plot is placed on the earth at
an assumed height, since primary radars tell none; its place is projected and expressed
as bearing and range from the projected radar. So the projection itself displaces nothing; what it
does to a filter that believes in straight lines is a bend of under 0.001 m/s^2 within 300 km. What
remains is the wrong height: 1 km of it shifts a plot by about 1 km * height / ground range, 100 m
at 100 km.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyproj

from skypact.config import Sensor
from skypact.evaluate.places import reported_places, sites_of
from skypact.kernels.geodesy import geodetic_from_ecef
from skypact.model.reports import ReportBatch

Floats = npt.NDArray[np.float64]


class Plane(NamedTuple):
    """x east, y north in metres; `proj` is None in flat scenes."""

    proj: pyproj.Proj | None

    def into(self, lat_rad: Floats, lon_rad: Floats) -> Floats:
        """Places (n, 2) in the plane; flat scenes hold y and x in their columns."""
        if self.proj is None:
            return np.column_stack((lon_rad, lat_rad))
        return np.column_stack(self.proj(lon_rad, lat_rad, radians=True))

    def out_of(self, place: Floats) -> tuple[Floats, Floats]:
        """Latitude and longitude, or y and x, of places (n, 2)."""
        if self.proj is None:
            return place[:, 1], place[:, 0]
        lon_rad, lat_rad = self.proj(place[:, 0], place[:, 1], inverse=True, radians=True)
        return np.asarray(lat_rad), np.asarray(lon_rad)

    def turned(self, place: Floats) -> tuple[Floats, Floats]:
        """Matrices (n, 2, 2) from vectors in the plane to (east, north), and the scale (n,)."""
        if self.proj is None:
            return np.broadcast_to(np.eye(2), (len(place), 2, 2)), np.ones(len(place))
        lat_rad, lon_rad = self.out_of(place)
        factors = self.proj.get_factors(lon_rad, lat_rad, radians=True)
        turn = np.deg2rad(factors.meridian_convergence)
        cosine, sine = np.cos(turn), np.sin(turn)
        matrix = np.array([[cosine, sine], [-sine, cosine]])
        return np.moveaxis(matrix, -1, 0), np.asarray(factors.meridional_scale)


class Plots(NamedTuple):
    """Reports as bearing and range in the plane."""

    bearing_rad: Floats
    """From east towards north."""
    range_m: Floats
    radar: Floats
    """Place of every sensor (s, 2)."""


def plane_of(sensors: list[Sensor], *, flat: bool) -> Plane:
    """Plane about the middle of the radars."""
    if flat:
        return Plane(None)
    lat, lon = (np.mean([getattr(s, name) for s in sensors]) for name in ("lat", "lon"))
    return Plane(pyproj.Proj(proj="stere", lat_0=lat, lon_0=lon, ellps="WGS84"))


def plots_in(reports: ReportBatch, sensors: list[Sensor], plane: Plane, height_m: float) -> Plots:
    """Bring reports into the plane."""
    flat = plane.proj is None
    sites = sites_of(sensors, flat=flat)
    radar = plane.into(sites.table.lat_rad, sites.table.lon_rad)
    heights = np.full(len(reports.time_s), height_m)
    place = reported_places(reports, sites, heights, flat=flat)
    if flat:
        at = place[:, :2]
    else:
        geodetic = np.empty_like(place)
        geodetic_from_ecef(place, geodetic)
        at = plane.into(geodetic[:, 0], geodetic[:, 1])
    away = at - radar[reports.sensor]
    return Plots(np.arctan2(away[:, 1], away[:, 0]), np.hypot(away[:, 0], away[:, 1]), radar)
