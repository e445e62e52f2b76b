"""Reports made ready for the filter: frame, reference place, noise, false-report density.

Pressure altitude becomes height above the ellipsoid with the geoid undulation and a field of
geometric-minus-barometric differences learned by layer from reports that carry both (DESIGN 4).
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper, kernel
from skypact.kernels.geodesy import (
    ecef_from_geodetic_one,
    ecef_from_polar_one,
    up_at_one,
)
from skypact.model.reports import ReportBatch
from skypact.model.tracking import PLANE, POLAR, Geometry, Measurements, TrackParams

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

LAYER_M: Final = 1_500.0
"""Thickness of a layer of the barometric field."""
FIELD_MEMORY: Final = 2_000.0
"""Reports after which the field forgets: some minutes of ADS-B, hours of weather."""
HEIGHT_SPAN_M: Final = 15_000.0
"""Heights over which false and first reports are spread evenly."""
SPEED_SPAN_MPS: Final = 600.0
"""Width of the square of velocities over which they are spread evenly."""
LEAST_SIGMA_M: Final = 10.0
"""No downlinked position is better than this: latency is not part of its quality figures."""
CLUTTER_WITH_CODE: Final = 0.1
"""Share of false reports that carry a code or a level; with an address, its square."""


@helper
def sigma_of_nacp(nacp: int, fallback: float) -> float:
    """Per-axis standard deviation of a navigation accuracy category (DO-260B, table A-13).

    The category bounds the error at 95 %; a circular normal error has sigma = bound / 2.45.
    """
    if nacp >= 11:
        return 3.0 / 2.45
    if nacp == 10:
        return 10.0 / 2.45
    if nacp == 9:
        return 30.0 / 2.45
    if nacp == 8:
        return 92.6 / 2.45
    if nacp == 7:
        return 185.2 / 2.45
    if nacp == 6:
        return 555.6 / 2.45
    if nacp == 5:
        return 926.0 / 2.45
    if nacp >= 1:
        return 1852.0 / 2.45
    return fallback


@helper
def reported_height(b: ReportBatch, i: int, undulation_m: float, g: Geometry) -> float:
    """Height above the ellipsoid of report i, NaN where it gives none; learns the field."""
    baro = b.baro_altitude_m[i]
    if math.isnan(baro):
        return b.geo_altitude_m[i]
    layers = g.baro_field.shape[1]
    layer = min(layers - 1, max(0, int(baro / LAYER_M)))
    if not math.isnan(b.geo_altitude_m[i]):
        weight = min(FIELD_MEMORY, g.baro_field[1, layer] + 1.0)
        difference = b.geo_altitude_m[i] - baro - undulation_m
        if abs(difference) < 1_000.0:
            g.baro_field[0, layer] += (difference - g.baro_field[0, layer]) / weight
            g.baro_field[1, layer] = weight
    if g.baro_field[1, layer] > 0.0:
        return baro + undulation_m + g.baro_field[0, layer]
    return baro + undulation_m


@helper
def place_polar(b: ReportBatch, i: int, height_m: float, s: int, g: Geometry, flat: int) -> tuple[float, float, float]:  # fmt: skip
    """Position of a range and azimuth at a height."""
    if flat == 1:
        return (
            g.site[s, 0] + b.range_m[i] * math.sin(b.azimuth_rad[i]),
            g.site[s, 1] + b.range_m[i] * math.cos(b.azimuth_rad[i]),
            g.site[s, 2],
        )
    return ecef_from_polar_one(b.range_m[i], b.azimuth_rad[i], height_m, g.site[s], g.axes[s])


@helper
def place_plane(b: ReportBatch, i: int, height_m: float, s: int, g: Geometry, flat: int) -> tuple[float, float, float]:  # fmt: skip
    """Position of a latitude and longitude, or of a plane position at the sensor."""
    if flat == 1:
        return g.site[s, 0] + b.x_m[i], g.site[s, 1] + b.y_m[i], g.site[s, 2]
    if not math.isnan(b.lat_rad[i]):
        return ecef_from_geodetic_one(b.lat_rad[i], b.lon_rad[i], height_m)
    a = g.axes[s]
    rise = height_m - g.site[s, 3]
    return (
        g.site[s, 0] + a[0, 0] * b.x_m[i] + a[1, 0] * b.y_m[i] + a[2, 0] * rise,
        g.site[s, 1] + a[0, 1] * b.x_m[i] + a[1, 1] * b.y_m[i] + a[2, 1] * rise,
        g.site[s, 2] + a[0, 2] * b.x_m[i] + a[1, 2] * b.y_m[i] + a[2, 2] * rise,
    )


@helper
def form_of(b: ReportBatch, i: int, s: int, g: Geometry) -> int:
    """How report i can be used: POLAR, PLANE, or -1 (coasted, tracker-made, or no position)."""
    if b.coast[i] == 1 or b.kind[i] == 8 or b.test[i] == 1:
        return -1
    site_known = not math.isnan(g.site[s, 0])
    if site_known and not (math.isnan(b.range_m[i]) or math.isnan(b.azimuth_rad[i])):
        return POLAR if b.range_m[i] > 0.0 else -1
    if not (math.isnan(b.lat_rad[i]) or math.isnan(b.lon_rad[i])):
        return PLANE
    if site_known and not (math.isnan(b.x_m[i]) or math.isnan(b.y_m[i])):
        return PLANE
    return -1


@helper
def set_noise(
    m: Measurements, k: int, b: ReportBatch, i: int, g: Geometry, p: TrackParams
) -> None:
    """Standard deviations of prepared report k."""
    s = b.sensor[i]
    if m.form[k] == POLAR:
        m.sigma_m[k] = g.sigma_range_m[s]
        m.sigma_azimuth_rad[k] = g.sigma_azimuth_rad[s]
    else:
        stated = b.sigma_m[i]
        if math.isnan(stated):
            stated = sigma_of_nacp(b.nacp[i], g.sigma_position_m[s])
        m.sigma_m[k] = stated if p.flat == 1 else max(LEAST_SIGMA_M, stated)
        m.sigma_azimuth_rad[k] = 0.0
    m.sigma_height_m[k] = p.sigma_baro_m
    if math.isnan(b.baro_altitude_m[i]) and math.isnan(b.geo_altitude_m[i]):
        m.sigma_height_m[k] = g.height_m[s, 1]
    m.vn_mps[k] = math.nan
    m.ve_mps[k] = math.nan
    if not (math.isnan(b.vn_mps[i]) or math.isnan(b.ve_mps[i])):
        m.vn_mps[k] = b.vn_mps[i]
        m.ve_mps[k] = b.ve_mps[i]
    m.sigma_v_mps[k] = p.sigma_velocity_mps


@helper
def set_densities(m: Measurements, k: int, b: ReportBatch, i: int, g: Geometry, p: TrackParams) -> None:  # fmt: skip
    """Densities of false reports and of new objects at prepared report k."""
    s = b.sensor[i]
    reach = g.range_max_m[s]
    volume = 2.0 * math.pi * reach if m.form[k] == POLAR else math.pi * reach * reach
    if not math.isnan(m.height_m[k]):
        volume *= HEIGHT_SPAN_M if g.on_surface[s] == 0 else 4.0 * m.sigma_height_m[k]
    if not math.isnan(m.vn_mps[k]):
        volume *= SPEED_SPAN_MPS * SPEED_SPAN_MPS
    false_reports = max(g.clutter_per_scan[s], 1e-3)
    if b.icao[i] >= 0:
        false_reports *= CLUTTER_WITH_CODE * CLUTTER_WITH_CODE
    elif b.mode3a[i] >= 0 or not math.isnan(b.baro_altitude_m[i]):
        false_reports *= CLUTTER_WITH_CODE
    m.clutter[k] = false_reports / volume
    m.birth[k] = p.births_per_scan / volume


@kernel
def prepare(
    b: ReportBatch,
    order: Longs,
    undulation_m: Floats,
    first_index: int,
    g: Geometry,
    p: TrackParams,
    m: Measurements,
) -> int:
    """Fill `m` with the usable reports of `b` in the given order; returns how many there are.

    Parameters
    ----------
    b : ReportBatch of n rows
    order : int64 (k,)
        Rows of `b` in processing order.
    undulation_m : float64 (n,)
        Geoid height at each report.
    first_index : int
        Running number of row 0 of `b`.
    g, p : Geometry, TrackParams
        `g.baro_field` is updated.
    m : Measurements
        Written; at least k rows.
    """
    count = 0
    for i in order:
        s = b.sensor[i]
        form = form_of(b, i, s, g)
        if form < 0:
            continue
        height = reported_height(b, i, undulation_m[i], g)
        assumed = g.height_m[s, 0] if math.isnan(height) else height
        if math.isnan(height) and g.on_surface[s] == 1:
            height = assumed
        m.form[count] = form
        if form == POLAR:
            x, y, z = place_polar(b, i, assumed, s, g, p.flat)
        else:
            x, y, z = place_plane(b, i, assumed, s, g, p.flat)
        m.place[count, 0], m.place[count, 1], m.place[count, 2] = x, y, z
        if p.flat == 1:
            m.up[count, 0], m.up[count, 1], m.up[count, 2] = 0.0, 0.0, 1.0
            height = g.site[s, 2]
        else:
            m.up[count, 0], m.up[count, 1], m.up[count, 2] = up_at_one(x, y, z)
        m.time_s[count] = b.time_s[i]
        m.sensor[count] = s
        m.range_m[count] = b.range_m[i]
        m.azimuth_rad[count] = b.azimuth_rad[i]
        m.height_m[count] = height
        m.icao[count] = b.icao[i]
        m.mode3a[count] = b.mode3a[i]
        m.callsign[count] = b.callsign[i]
        m.baro_m[count] = b.baro_altitude_m[i]
        m.index[count] = first_index + i
        m.row_out[count] = -1
        m.number_out[count] = -1
        set_noise(m, count, b, i, g, p)
        set_densities(m, count, b, i, g, p)
        count += 1
    return count
