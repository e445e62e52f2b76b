"""Reports as the estimation of biases uses them: polar plots and positions, with heights."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from skypact.config import RegistrationParams, Sensor, sensor_table
from skypact.geo.geoid import undulation_m
from skypact.geo.pressure import PressureField
from skypact.kernels.geodesy import ecef_from_geodetic, enu_axes
from skypact.model.quality import EPU_M, EPU_SIGMA
from skypact.model.registration import (
    PLOT_AZIMUTH,
    PLOT_ELEVATION,
    PLOT_GEOMETRIC,
    PLOT_HEIGHT,
    PLOT_RANGE,
    PLOT_SHARED,
    PLOT_SIGMA,
    PLOT_TIME,
    PLOT_WIDTH,
    PLOT_X,
    POLAR_PLOT,
    POSITION_PLOT,
)
from skypact.model.reports import (
    ADSB,
    MLAT,
    POSITION,
    REMOTEID,
    TRACK,
    Bytes,
    Floats,
    Longs,
    ReportBatch,
)
from skypact.model.sensors import RADAR
from skypact.units import DEGREE

_BOUND_M: Final = np.maximum(EPU_M, 10.0)
"""95 % horizontal bound by navigation accuracy category; the best is not believed better than
10 m."""
_OWN_SIGMA_M: Final = 6.0
"""Standard deviation per axis of a self-report beside the error that it shares with others of the
same object: what is left of its latency, and rounding."""
_TILES: Final = 16
"""Tiles of the barometric field that one window brings up to date."""
_MEAN_RADIUS_M: Final = 6_371_008.8
_MOST_M: Final = 1e8
_MOST_ANGLE: Final = 4.0 * np.pi
_MOST_HEIGHT_M: Final = 1e7
_MOST_MPS: Final = 2e4
"""What a report says beyond these is an error of its decoder or of its sender."""


class Sheets(NamedTuple):
    """What the estimation needs of the sensors, S rows."""

    site: Floats
    """Antenna in ECEF, and its height (S, 4); NaN where unknown."""
    axes: Floats
    """Rows east, north, up of the local frame (S, 3, 3)."""
    place: Floats
    """Latitude and longitude [rad] (S, 2)."""
    sigma: Floats
    """Range, azimuth, elevation (S, 3), by data sheet; 0 where elevation is not measured."""
    position_m: Floats
    """Standard deviation per axis of a position that states none (S,)."""
    reach_m: Floats
    bias_sigma: Floats
    """What is not known of the biases, by data sheet (S, 4): range, azimuth, time, elevation."""
    radar: Bytes
    """1 where range and azimuth are measured, and the site is known (S,)."""


def sheets_of(sensors: Sequence[Sensor]) -> Sheets:
    """Take what is needed from the data sheets."""
    table, n = sensor_table(list(sensors)), len(sensors)
    site, axes = np.full((n, 4), np.nan), np.zeros((n, 3, 3))
    if n:
        ecef_from_geodetic(table.lat_rad, table.lon_rad, table.height_m, site[:, :3])
        site[:, 3] = table.height_m
        enu_axes(table.lat_rad, table.lon_rad, axes)
    elevation = np.array([s.sigma_elevation_deg or 0.0 for s in sensors]) * DEGREE
    return Sheets(
        site=site,
        axes=axes,
        place=np.column_stack([table.lat_rad, table.lon_rad]),
        sigma=np.column_stack([table.sigma_range_m, table.sigma_azimuth_rad, elevation]),
        position_m=table.sigma_position_m,
        reach_m=table.range_max_m,
        bias_sigma=table.bias_sigma,
        radar=((table.kind == RADAR) & np.isfinite(table.lat_rad)).astype(np.int8),
    )


def _rough_place(batch: ReportBatch, sheets: Sheets) -> tuple[Floats, Floats]:
    """Latitude and longitude of each report, good to some kilometres, for the geoid."""
    lat0, lon0 = sheets.place[batch.sensor].T
    lat = lat0 + batch.range_m * np.cos(batch.azimuth_rad) / _MEAN_RADIUS_M
    lon = lon0 + batch.range_m * np.sin(batch.azimuth_rad) / (_MEAN_RADIUS_M * np.cos(lat0))
    own = (np.abs(batch.lat_rad) <= 0.5 * np.pi) & (np.abs(batch.lon_rad) <= 2.0 * np.pi)
    lat, lon = np.where(own, batch.lat_rad, lat), np.where(own, batch.lon_rad, lon)
    good = (np.abs(lat) <= 0.5 * np.pi) & (np.abs(lon) <= 2.0 * np.pi)
    return np.where(good, lat, np.nan), np.where(good, lon, np.nan)


def _heights(batch: ReportBatch, place: Floats, field: PressureField) -> tuple[Floats, Floats]:
    """Height above the ellipsoid, and 1 where a satellite told it; `place` is latitude, longitude.

    Aircraft that tell both heights teach the field; where nobody does it is 0, and the estimation
    has the offset among its unknowns.
    """
    known = np.isfinite(place).all(axis=1)
    undulation = np.full(len(place), np.nan)
    undulation[known] = undulation_m(*place[known].T)
    own = (batch.kind == ADSB) & np.isfinite(batch.geo_altitude_m)
    level = batch.baro_altitude_m + undulation
    tells = own & (batch.icao >= 0) & np.isfinite(level)
    told = (batch.geo_altitude_m - level)[tells]
    rows = np.column_stack([batch.time_s, place, batch.baro_altitude_m])[tells]
    field.note(batch.icao[tells].astype(np.int64), np.column_stack([rows, told]))
    asked = np.flatnonzero(known & np.isfinite(level) & ~own)
    above = np.zeros(len(place))
    if asked.size:
        where = np.column_stack([place, batch.baro_altitude_m])[asked]
        above[asked] = field.read(where, float(batch.time_s.max()), _TILES)[:, 0]
    height = np.where(own, batch.geo_altitude_m, level + above)
    return np.asarray(height), own.astype(np.float64)


def _position_sigmas(
    batch: ReportBatch, sheets: Sheets, params: RegistrationParams
) -> tuple[Floats, Floats]:
    """Own and shared standard deviations of positions (n,).

    An error with memory m averages out over windows w as if each had 2 m / w of its variance.
    """
    own = np.where(np.isnan(batch.sigma_m), sheets.position_m[batch.sensor], batch.sigma_m)
    itself = (batch.kind == ADSB) | (batch.kind == REMOTEID)
    nacp = np.clip(batch.nacp, 0, 11)
    stated = np.where(batch.nacp >= 0, _BOUND_M[nacp] / EPU_SIGMA, 3.0 * own)
    memory = max(1.0, 2.0 * params.self_memory_s / params.window_s)
    shared = np.where(itself, stated * np.sqrt(memory), 0.0)
    return np.where(itself, _OWN_SIGMA_M, own), np.asarray(shared)


def _bounded(batch: ReportBatch) -> np.ndarray:
    """Whether all that is stated (NaN: nothing) is finite and physically possible (n,)."""
    good = np.ones(len(batch.time_s), np.bool_)
    for column, most in (
        (batch.range_m, _MOST_M),
        (batch.azimuth_rad, _MOST_ANGLE),
        (batch.elevation_rad, _MOST_ANGLE),
        (batch.baro_altitude_m, _MOST_HEIGHT_M),
        (batch.geo_altitude_m, _MOST_HEIGHT_M),
        (batch.sigma_m, _MOST_HEIGHT_M),
        (batch.ground_speed_mps, _MOST_MPS),
        (batch.ve_mps, _MOST_MPS),
        (batch.vn_mps, _MOST_MPS),
        (batch.vu_mps, _MOST_MPS),
    ):
        good &= np.isnan(column) | (np.abs(column) <= most)
    return good


def usable_of(
    batch: ReportBatch, sheets: Sheets, params: RegistrationParams
) -> tuple[Longs, Longs]:
    """Rows that can be used, and their forms."""
    polar = (sheets.radar[batch.sensor] > 0) & (batch.range_m > 0)
    polar &= np.isfinite(batch.range_m) & np.isfinite(batch.azimuth_rad)
    placed = (np.abs(batch.lat_rad) <= 0.5 * np.pi) & (np.abs(batch.lon_rad) <= 2.0 * np.pi)
    placed &= np.isin(batch.kind, (ADSB, REMOTEID, MLAT, POSITION))
    itself = (batch.kind == ADSB) | (batch.kind == REMOTEID)
    poor = itself & (batch.nacp >= 0) & (batch.nacp < params.least_nacp)
    use = (polar | (placed & ~poor)) & np.isfinite(batch.time_s)
    use &= _bounded(batch)
    use &= (batch.coast == 0) & (batch.test == 0) & (batch.kind != TRACK)
    rows = np.flatnonzero(use)
    return rows, np.where(polar[rows], POLAR_PLOT, POSITION_PLOT)


def plots_of(
    batch: ReportBatch,
    form: Longs,
    sheets: Sheets,
    field: PressureField,
    params: RegistrationParams,
) -> Floats:
    """Make rows (n, 11) of usable reports; see `model.registration.PLOT_TIME`."""
    n = len(batch.time_s)
    lat, lon = _rough_place(batch, sheets)
    height, geometric = _heights(batch, np.column_stack([lat, lon]), field)
    values = np.full((n, PLOT_WIDTH), np.nan)
    values[:, PLOT_TIME] = batch.time_s
    values[:, PLOT_RANGE] = batch.range_m
    values[:, PLOT_AZIMUTH] = batch.azimuth_rad
    values[:, PLOT_ELEVATION] = batch.elevation_rad
    values[:, PLOT_HEIGHT], values[:, PLOT_GEOMETRIC] = height, geometric
    values[:, PLOT_SIGMA], values[:, PLOT_SHARED] = _position_sigmas(batch, sheets, params)
    at = np.flatnonzero(form == POSITION_PLOT)
    place = np.zeros((at.size, 3))
    levels = np.nan_to_num(height[at])
    ecef_from_geodetic(
        np.ascontiguousarray(batch.lat_rad[at]), np.ascontiguousarray(batch.lon_rad[at]), levels,
        place,
    )  # fmt: skip
    values[at, PLOT_X : PLOT_X + 3] = place
    return values
