"""Where sensors stand, what their reports measure, and where the reported object really was."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.config import Sensor, sensor_table
from skypact.evaluate.paths import Paths, interpolate, latest, present, usual_gap_s
from skypact.kernels.geodesy import ecef_from_geodetic, enu_axes, geodetic_from_ecef
from skypact.kernels.prepare import LATE_SPEED_MPS, LATENCY_S, LEAST_SIGMA_M
from skypact.model.quality import accuracy_category, sigma_of_category
from skypact.model.reports import ADSB, REMOTEID, TRACK, Floats, Longs, ReportBatch
from skypact.model.sensors import SMR, SensorTable

Bools = npt.NDArray[np.bool_]


class Sites(NamedTuple):
    """S sensors: data sheets, and the antennas in the frame of the paths."""

    table: SensorTable
    names: tuple[str, ...]
    place_m: Floats
    """(S, 3), NaN where a sensor has no place."""
    axes: Floats
    """Rows east, north, up (S, 3, 3)."""


class Truths(NamedTuple):
    """True state of the object of each of n reports, in the frame of the paths."""

    object: Longs
    """Object in the paths, -1 where the report has none or it does not exist then."""
    place_m: Floats
    """(n, 3), NaN where there is no object."""
    velocity_mps: Floats
    axes: Floats
    """Rows east, north, up at the place (n, 3, 3)."""


def flat_table(sensors: Sequence[Sensor]) -> SensorTable:
    """Sensor table of a flat scene: longitude and latitude hold x and y, as the tracker reads."""
    return sensor_table(list(sensors))._replace(
        lon_rad=np.array([s.x_m for s in sensors]), lat_rad=np.array([s.y_m for s in sensors])
    )


def sites_of(sensors: Sequence[Sensor], *, flat: bool) -> Sites:
    """Antennas in the frame in force."""
    names = tuple(s.name for s in sensors)
    n = len(names)
    place, axes = np.full((n, 3), np.nan), np.full((n, 3, 3), np.nan)
    if flat:
        table = flat_table(sensors)
        place[:] = np.column_stack((table.lon_rad, table.lat_rad, np.zeros(n)))
        axes[:] = np.eye(3)
    else:
        table = sensor_table(list(sensors))
        ecef_from_geodetic(table.lat_rad, table.lon_rad, table.height_m, place)
        enu_axes(table.lat_rad, table.lon_rad, axes)
    return Sites(table, names, place, axes)


def is_polar(reports: ReportBatch, sites: Sites) -> Bools:
    """Whether a report is a range and azimuth from a known place."""
    known = np.isfinite(sites.place_m[reports.sensor, 0])
    return np.asarray(known & (reports.range_m > 0.0) & np.isfinite(reports.azimuth_rad))


def is_usable(reports: ReportBatch, sites: Sites, *, flat: bool) -> Bools:
    """Whether a report is one of a sensor (not coasted, a test or a tracker's) with a position."""
    own = (reports.coast != 1) & (reports.test != 1) & (reports.kind != TRACK)
    own &= np.isfinite(reports.time_s)
    here = np.isfinite(reports.x_m) & np.isfinite(reports.y_m)
    here &= np.isfinite(sites.place_m[reports.sensor, 0])
    geodetic = np.isfinite(reports.lat_rad) & np.isfinite(reports.lon_rad) & (not flat)
    return np.asarray(own & (is_polar(reports, sites) | geodetic | here))


def is_self_reported(reports: ReportBatch) -> Bools:
    """Whether an object says itself where it is."""
    return np.asarray((reports.kind == ADSB) | (reports.kind == REMOTEID))


def true_states(target: npt.NDArray[np.integer], time_s: Floats, truth: Paths) -> Truths:
    """Find the state of each target (n,) at each time, between two true states."""
    n = len(time_s)
    blank = np.full((n, 3), np.nan), np.full((n, 3), np.nan), np.full((n, 3, 3), np.nan)
    found = np.full(n, -1, np.int64)
    if not len(truth.number):
        return Truths(found, *blank)
    index = np.searchsorted(truth.number, target)
    index = np.minimum(index, len(truth.number) - 1)
    match = np.flatnonzero(truth.number[index] == target)
    before = latest(truth, index[match], time_s[match])
    there = before >= 0
    match, before = match[there], before[there]
    there = present(truth, index[match], before, time_s[match], usual_gap_s(truth))
    match, before = match[there], before[there]
    found[match] = index[match]
    last = truth.first[found[match] + 1] - 1
    place, velocity, up = interpolate(truth, before, time_s[match], last)
    blank[0][match], blank[1][match], blank[2][match] = place, velocity, axes_about(up)
    return Truths(found, *blank)


def axes_about(up: Floats) -> Floats:
    """East, north and up rows (n, 3, 3) of verticals (n, 3); in a flat scene x, y and z."""
    length = np.hypot(up[:, 0], up[:, 1])
    upright = length < 1e-12
    safe = np.where(upright, 1.0, length)
    zero = np.zeros(len(up))
    east = np.stack(
        (np.where(upright, 1.0, -up[:, 1] / safe), np.where(upright, 0.0, up[:, 0] / safe), zero), 1
    )
    return np.stack((east, np.cross(up, east), up), axis=1)


def reported_places(reports: ReportBatch, sites: Sites, height_m: Floats, *, flat: bool) -> Floats:
    """Places (n, 3) that reports give at known heights above the ellipsoid; NaN where they do not.

    Range and azimuth are turned into the place at that height and slant range; the elevation that
    leads there is found by Newton's method, within 1 cm at 500 km (see `kernels.geodesy`).
    """
    site, axes = sites.place_m[reports.sensor], sites.axes[reports.sensor]
    east, north = reports.x_m.copy(), reports.y_m.copy()
    polar = is_polar(reports, sites)
    if flat:
        east[polar] = (reports.range_m * np.sin(reports.azimuth_rad))[polar]
        north[polar] = (reports.range_m * np.cos(reports.azimuth_rad))[polar]
        return site + np.column_stack((east, north, np.zeros(len(east))))
    rise = height_m - sites.table.height_m[reports.sensor]
    out: Floats = site + np.einsum("nij,ni->nj", axes, np.column_stack((east, north, rise)))
    given = np.isfinite(reports.lat_rad) & np.isfinite(reports.lon_rad) & ~polar
    geodetic = np.empty((int(given.sum()), 3))
    ecef_from_geodetic(reports.lat_rad[given], reports.lon_rad[given], height_m[given], geodetic)
    out[given] = geodetic
    rows = np.flatnonzero(polar)
    out[rows] = _at_height(
        reports.range_m[rows], reports.azimuth_rad[rows], height_m[rows], site[rows], axes[rows]
    )
    return out


def _at_height(
    range_m: Floats, azimuth_rad: Floats, height_m: Floats, site_m: Floats, axes: Floats
) -> Floats:
    """Places (n, 3) in ECEF at slant ranges, azimuths and heights."""
    sine, cosine = np.sin(azimuth_rad), np.cos(azimuth_rad)
    elevation, place = np.zeros(len(range_m)), site_m.copy()
    geodetic = np.empty_like(place)
    for _ in range(5):
        ground = range_m * np.cos(elevation)
        local = np.column_stack((ground * sine, ground * cosine, range_m * np.sin(elevation)))
        place = site_m + np.einsum("nij,ni->nj", axes, local)
        geodetic_from_ecef(place, geodetic)
        step = (height_m - geodetic[:, 2]) / np.maximum(ground, 0.05 * range_m)
        elevation = np.clip(elevation + step, -0.5 * np.pi, 0.5 * np.pi)
    return place


def position_sigma(reports: ReportBatch, sites: Sites, *, flat: bool) -> Floats:
    """Give the deviation per axis of positions (n,): stated, by category, or the data sheet's.

    With the tracker's allowance for encoding, and for the latency of self-reports.
    """
    sheet = sites.table.sigma_position_m[reports.sensor]
    by_category = sigma_of_category(accuracy_category(reports.nacp, reports.nic))
    sigma = np.where(np.isfinite(by_category), by_category, sheet)
    sigma = np.where(np.isfinite(reports.sigma_m), reports.sigma_m, sigma)
    surface = is_polar(reports, sites) & (sites.table.kind[reports.sensor] == SMR)
    across = reports.range_m * sites.table.sigma_azimuth_rad[reports.sensor]
    along = sites.table.sigma_range_m[reports.sensor]
    sigma = np.where(surface, np.fmax(across, along), sigma)
    if flat:
        return sigma
    speed_mps = np.hypot(reports.vn_mps, reports.ve_mps)
    speed_mps = np.where(np.isnan(speed_mps), reports.ground_speed_mps, speed_mps)
    speed_mps = np.where(np.isnan(speed_mps), LATE_SPEED_MPS, speed_mps)
    beside = np.where(is_self_reported(reports), np.hypot(LEAST_SIGMA_M, LATENCY_S * speed_mps), 0)
    return np.asarray(np.hypot(np.maximum(LEAST_SIGMA_M, sigma), beside))
