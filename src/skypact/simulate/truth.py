"""The truth of a scene: true states over a tick, and between its ends.

Movers (`simulate.movers`) change the table of objects tick by tick; sensors look at the `Span`.
"""

from typing import Final, NamedTuple

import numpy as np

from skypact.kernels.geodesy import ecef_from_geodetic, geodetic_from_ecef
from skypact.model.reports import Floats, Longs
from skypact.model.truth import TruthRows
from skypact.simulate.aircraft import CLASS_OF_KIND, Aircraft

TICK_S: Final = 0.25
"""Step of the truth; positions between ticks come from a cubic through both ends."""


class Span(NamedTuple):
    """The true states at both ends of one tick, in ECEF; rows are those of the aircraft table."""

    start_s: float
    end_s: float
    ecef0: Floats
    """(n, 3) m."""
    ecef1: Floats
    velocity0: Floats
    """(n, 3) m/s."""
    velocity1: Floats
    baro0: Floats
    baro1: Floats


def joined(first: Span, second: Span) -> Span:
    """Return one span of two that follow each other, in which nothing begins or ends."""
    return Span(
        first.start_s, second.end_s, first.ecef0, second.ecef1,
        first.velocity0, second.velocity1, first.baro0, second.baro1,
    )  # fmt: skip


def shown(a: Aircraft) -> Aircraft:
    """Return what sensors see of a table of objects, as it is now; routes are left as they are."""
    return Aircraft._make(column.copy() if column.ndim == 1 else column for column in a)


def ecef_at(span: Span, row: Longs, time_s: Floats) -> Floats:
    """ECEF positions (k, 3) of aircraft rows (k,) at times (k,), by a cubic Hermite polynomial."""
    dt = span.end_s - span.start_s
    u = ((time_s - span.start_s) / dt)[:, None]
    p0, p1 = span.ecef0[row], span.ecef1[row]
    m0, m1 = span.velocity0[row] * dt, span.velocity1[row] * dt
    cubic = 2.0 * (p0 - p1) + m0 + m1
    square = 3.0 * (p1 - p0) - 2.0 * m0 - m1
    return np.asarray(((cubic * u + square) * u + m0) * u + p0)


def baro_at(span: Span, row: Longs, time_s: Floats) -> Floats:
    """Pressure altitude of rows (k,) at times (k,), linear within the tick."""
    u = (time_s - span.start_s) / (span.end_s - span.start_s)
    return np.asarray(span.baro0[row] + u * (span.baro1[row] - span.baro0[row]))


def wrapped(angle_rad: Floats) -> Floats:
    """Angle in [-pi, pi)."""
    return np.asarray((angle_rad + np.pi) % (2.0 * np.pi) - np.pi)


def ecef_state(a: Aircraft) -> tuple[Floats, Floats]:
    """Position and velocity of every row in ECEF, (n, 3) each."""
    position = np.empty((len(a.target), 3))
    ecef_from_geodetic(a.lat_rad, a.lon_rad, a.height_m, position)
    vn = a.speed_mps * np.cos(a.course_rad)
    ve = a.speed_mps * np.sin(a.course_rad)
    sin_lat, cos_lat = np.sin(a.lat_rad), np.cos(a.lat_rad)
    sin_lon, cos_lon = np.sin(a.lon_rad), np.cos(a.lon_rad)
    outward = a.vertical_mps * cos_lat - vn * sin_lat
    velocity = np.stack(
        (
            outward * cos_lon - ve * sin_lon,
            outward * sin_lon + ve * cos_lon,
            a.vertical_mps * sin_lat + vn * cos_lat,
        ),
        axis=1,
    )
    return position, velocity


def put_states(a: Aircraft, row: Longs, ecef_m: Floats, velocity_mps: Floats) -> None:
    """Write positions and velocities (k, 3) in ECEF to rows (k,): the inverse of `ecef_state`."""
    place = np.empty_like(ecef_m)
    geodetic_from_ecef(ecef_m, place)
    lat, lon, a.height_m[row] = place.T
    a.lat_rad[row], a.lon_rad[row] = lat, lon
    vx, vy, vz = velocity_mps.T
    east = vy * np.cos(lon) - vx * np.sin(lon)
    outward = vx * np.cos(lon) + vy * np.sin(lon)
    north = vz * np.cos(lat) - outward * np.sin(lat)
    a.speed_mps[row] = np.hypot(north, east)
    a.course_rad[row] = np.arctan2(east, north) % (2.0 * np.pi)
    a.vertical_mps[row] = outward * np.cos(lat) + vz * np.sin(lat)


def truth_rows(aircraft: Aircraft, time_s: float) -> TruthRows:
    """Rows of the present states of what is there, stamped `time_s`."""
    there = aircraft.target >= 0
    a = aircraft if there.all() else Aircraft._make(c[there] for c in aircraft)
    return TruthRows(
        np.full(len(a.target), time_s),
        a.target.copy(),
        a.lat_rad.copy(),
        a.lon_rad.copy(),
        a.height_m.copy(),
        a.speed_mps * np.cos(a.course_rad),
        a.speed_mps * np.sin(a.course_rad),
        a.vertical_mps.copy(),
        a.icao.copy(),
        a.baro_m.copy(),
        CLASS_OF_KIND[a.kind],
    )
