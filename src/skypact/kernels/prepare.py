"""Reports made ready for the filter: frame, reference place, noise, false-report density.

Pressure altitude becomes height above the ellipsoid with the geoid undulation and the field of
differences at the place, which is known from aircraft that send both heights (kernels/pressure.py).
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper, kernel
from skypact.kernels.geodesy import (
    MEAN_RADIUS_M,
    ecef_from_geodetic_one,
    ecef_from_polar_one,
    up_at_one,
)
from skypact.kernels.maps import cell_of, count_turns, false_in_cell, false_per_turn
from skypact.kernels.pressure import ask_for, field_at, note_witness
from skypact.model.pressure import ALTIMETER_M
from skypact.model.quality import EPU_M, EPU_SIGMA
from skypact.model.tracking import (
    AGE,
    ASSUMED,
    AZIMUTH,
    BEARING,
    BIAS_AZIMUTH,
    BIAS_RANGE,
    BIAS_VAR_AZIMUTH,
    BIAS_VAR_RANGE,
    ELEVATION,
    EXTRAS,
    HEIGHT,
    LEVEL_VAR,
    MEMORY,
    N_CELLS,
    PLACE,
    PLANE,
    POLAR,
    RANGE,
    RANGE_RATE,
    SELF_REPORTED,
    SERIALS,
    SIGMA,
    SIGMA_AZIMUTH,
    SIGMA_ELEVATION,
    SIGMA_HEIGHT,
    SIGMA_RANGE_RATE,
    SIGMA_V,
    SIGMA_VU,
    SOURCE_SHIFT,
    TRACKED,
    TRACKER_MADE,
    TURNS,
    UP,
    VE,
    VN,
    VU,
    Geometry,
    Measurements,
    TrackParams,
)

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

REPORT_NUMBERS: Final = (
    "time_s",
    "range_m",
    "azimuth_rad",
    "lat_rad",
    "lon_rad",
    "baro_altitude_m",
    "geo_altitude_m",
    "vn_mps",
    "ve_mps",
    "sigma_m",
    "x_m",
    "y_m",
    "elevation_rad",
    "range_rate_mps",
    "vu_mps",
    "ground_speed_mps",
    "track_angle_rad",
)
"""Report columns that `prepare` reads, in the order of its matrix."""
(TIME, SLANT, THETA, LAT, LON, BARO, GEO, NORTH, EAST, STATED, X, Y) = range(12)
(RISE, DOPPLER, CLIMB, SPEED, TRACK) = range(12, 17)

_WHOLE, _ANGLE, _HEIGHT, _SPEED, _PLACE = math.inf, 4.0 * math.pi, 1e7, 2e4, 1e9
LIMITS: Final = (
    _WHOLE, 1e8, _ANGLE, _WHOLE, _WHOLE, _HEIGHT, _HEIGHT, _SPEED, _SPEED, 1e7, _PLACE, _PLACE,
    _ANGLE, _SPEED, _SPEED, _SPEED, _ANGLE,
)  # fmt: skip
"""Greatest sizes of `REPORT_NUMBERS`, SI: what is larger was never measured, and its square may
overflow. Times are judged by the tracker, latitudes and longitudes by `has_geodetic`."""
(UNDULATION, AT_LAT, AT_LON) = range(3)
"""Columns of what `prepare` is told of the ground below a report."""
FLAT_SIGMA_M: Final = 1.0
"""A flat scene has no heights; what its tracks hold there may not grow."""
LEAST_CLUTTER: Final = 1e-3
"""No sensor is free of false reports."""
HEIGHT_SPAN_M: Final = 15_000.0
"""Heights over which false and first reports are spread evenly."""
EXTENT_M: Final = 8.0
"""How far a surface radar's plot wanders over an aircraft's body, per axis."""
SPEED_SPAN_MPS: Final = 600.0
"""Width of the square of velocities over which they are spread evenly."""
ELEVATION_SPAN_RAD: Final = 0.5
RATE_SPAN_MPS: Final = 1_000.0
CLIMB_SPAN_MPS: Final = 60.0
"""Widths likewise of elevations, range rates and vertical rates."""
ELEVATION_SIGMAS: Final = 3.0
"""A plot with elevation has the height that it says, within this many of its sigmas: enough that
the update, which takes the elevation again, is hardly surer than it may be."""
LEAST_SIGMA_M: Final = 2.0
"""No position is better than this, and an object's own has it beside what is stated: a grid of
encoding of 5 m."""
LEAST_TOLD: Final = 0.25
"""Another tracker is believed to be as sure as this share of its data sheet's error: an estimate
that states less would take over every track, and nobody can check it."""
LATENCY_S: Final = 0.02
"""What is wrong in the time of an object's own report, per axis: 0.03 s along the course, which no
quality figure covers."""
LATE_SPEED_MPS: Final = 250.0
"""Speed that is assumed for it where none is reported."""
STEEPEST: Final = 0.5
"""Sine of the highest elevation at which a plot without level is looked for."""
LEAST_HEIGHT_SIGMA_M: Final = 100.0
CLUTTER_WITH_CODE: Final = 0.1
"""Share of false reports that carry a code or a level; with an address, its square."""


@helper
def reported_height(f: Floats, label: Longs, ground: Floats, g: Geometry) -> tuple[float, float]:
    """Height above the ellipsoid of a report, NaN where it gives none, and its level's variance.

    An aircraft that says who it is and both heights becomes a witness of the field.
    """
    baro = f[BARO]
    if math.isnan(baro):
        return f[GEO], 0.0
    lat = ground[AT_LAT]
    lon = ground[AT_LON]
    if label[6] == SELF_REPORTED and label[2] >= 0 and not math.isnan(f[GEO]):
        difference = f[GEO] - baro - ground[UNDULATION]
        note_witness(label[2], f[TIME], lat, lon, baro, difference, g.level_witnesses)
    ask_for(lat, lon, g.level_tiles)
    above, variance = field_at(lat, lon, baro, g.level_nodes)
    return baro + ground[UNDULATION] + above, variance


@helper
def level_variance(lat_rad: float, lon_rad: float, baro_m: float, nodes: Floats) -> float:
    """Variance of the height that a level at a place was turned into, 0 where there is no level.

    It is no noise that averaging removes, so it is added to what is stated of a height.
    """
    if math.isnan(baro_m):
        return 0.0
    _, variance = field_at(lat_rad, lon_rad, baro_m, nodes)
    return variance + ALTIMETER_M * ALTIMETER_M


@helper
def place_polar(
    f: Floats, height_m: float, site: Floats, axes: Floats, flat: int
) -> tuple[float, float, float]:
    """Position of a range and azimuth at a height."""
    if flat == 1:
        return (
            site[0] + f[SLANT] * math.sin(f[THETA]),
            site[1] + f[SLANT] * math.cos(f[THETA]),
            site[2],
        )
    return ecef_from_polar_one(f[SLANT], f[THETA], height_m, site, axes)


@helper
def has_polar(f: Floats, site: Floats) -> bool:
    """Whether a report gives slant range and azimuth, and its sensor's site is known."""
    return not (math.isnan(site[0]) or math.isnan(f[SLANT]) or math.isnan(f[THETA]))


@helper
def has_geodetic(f: Floats, flat: int) -> bool:
    """Whether a report gives a latitude and longitude that exist."""
    return flat == 0 and abs(f[LAT]) <= 0.5 * math.pi and abs(f[LON]) <= 2.0 * math.pi


@helper
def place_plane(
    f: Floats, height_m: float, site: Floats, axes: Floats, flat: int
) -> tuple[float, float, float]:
    """Position of a latitude and longitude, or of a plane position at the sensor.

    A surface radar's range and azimuth come here too: what it sees stands on the ground.
    """
    east = f[X]
    north = f[Y]
    if has_polar(f, site):
        east = f[SLANT] * math.sin(f[THETA])
        north = f[SLANT] * math.cos(f[THETA])
    elif has_geodetic(f, flat):
        return ecef_from_geodetic_one(f[LAT], f[LON], height_m)
    if flat == 1:
        return site[0] + east, site[1] + north, site[2]
    rise = height_m - site[3]
    return (
        site[0] + axes[0, 0] * east + axes[1, 0] * north + axes[2, 0] * rise,
        site[1] + axes[0, 1] * east + axes[1, 1] * north + axes[2, 1] * rise,
        site[2] + axes[0, 2] * east + axes[1, 2] * north + axes[2, 2] * rise,
    )


@helper
def is_physical(f: Floats) -> bool:
    """Whether all that a report says is within `LIMITS`; what it does not say, is."""
    for k in range(len(LIMITS)):
        if math.isinf(f[k]) or abs(f[k]) > LIMITS[k]:
            return False
    return not f[STATED] <= 0.0


@helper
def form_of(f: Floats, excluded: int, on_surface: int, flat: int, site: Floats) -> int:
    """How a report can be used: POLAR, PLANE, BEARING, or -1 (unusable)."""
    if excluded == 1:
        return -1
    if not is_physical(f):
        return -1
    if has_polar(f, site):
        if f[SLANT] <= 0.0:
            return -1
        return PLANE if on_surface == 1 else POLAR
    if has_geodetic(f, flat):
        return PLANE
    if not (math.isnan(site[0]) or math.isnan(f[X]) or math.isnan(f[Y])):
        return PLANE
    if not (math.isnan(site[0]) or math.isnan(f[THETA])):
        return BEARING
    return -1


@helper
def assumed_height(
    f: Floats, form: int, site: Floats, usual: Floats, sigma_elevation_rad: float
) -> tuple[float, float]:
    """Height and standard deviation for a report without one.

    Where elevation is measured, it tells. A plot near the antenna cannot be as high as plots
    usually are: what rises above half its slant range is in the radar's cone of silence.
    """
    if form != POLAR:
        return usual[0], usual[1]
    if not math.isnan(f[RISE] + sigma_elevation_rad):
        across = f[SLANT] * math.cos(f[RISE])
        height = site[3] + f[SLANT] * math.sin(f[RISE])
        height += across * across / (2.0 * MEAN_RADIUS_M)
        return height, ELEVATION_SIGMAS * f[SLANT] * sigma_elevation_rad
    highest = site[3] + STEEPEST * f[SLANT]
    if usual[0] <= highest:
        return usual[0], usual[1]
    return highest, max(LEAST_HEIGHT_SIGMA_M, min(usual[1], STEEPEST * f[SLANT]))


@helper
def set_noise(
    z: Floats, f: Floats, form: int, label: Longs, s: int, g: Geometry, p: TrackParams
) -> None:
    """Set standard deviations and velocity of a prepared report; `label` as in `prepare`."""
    if form != PLANE:
        z[SIGMA] = g.sigma_range_m[s]
        z[SIGMA_AZIMUTH] = g.sigma_azimuth_rad[s]
    elif g.on_surface[s] == 1:
        across = f[SLANT] * g.sigma_azimuth_rad[s]
        noise = g.sigma_position_m[s] if math.isnan(across) else max(across, g.sigma_range_m[s])
        z[SIGMA] = math.hypot(noise, EXTENT_M)
        z[SIGMA_AZIMUTH] = 0.0
    else:
        stated = f[STATED]
        if math.isnan(stated):
            stated = EPU_M[label[4]] / EPU_SIGMA if label[4] >= 0 else g.sigma_position_m[s]
        least = LEAST_TOLD * g.sigma_position_m[s] if label[6] == TRACKER_MADE else LEAST_SIGMA_M
        z[SIGMA] = stated if p.flat == 1 else max(least, stated)
        z[SIGMA_AZIMUTH] = 0.0
    z[VN] = math.nan
    z[VE] = math.nan
    if not (math.isnan(f[NORTH]) or math.isnan(f[EAST])):
        z[VN] = f[NORTH]
        z[VE] = f[EAST]
    elif not (math.isnan(f[SPEED]) or math.isnan(f[TRACK])):
        z[VN] = f[SPEED] * math.cos(f[TRACK])
        z[VE] = f[SPEED] * math.sin(f[TRACK])
    z[SIGMA_V] = p.sigma_tracked_mps if label[6] == TRACKER_MADE else p.sigma_velocity_mps
    if label[6] == SELF_REPORTED and form == PLANE and p.flat == 0 and g.on_surface[s] == 0:
        speed_mps = LATE_SPEED_MPS if math.isnan(z[VN]) else math.hypot(z[VN], z[VE])
        z[SIGMA] = math.hypot(z[SIGMA], math.hypot(LEAST_SIGMA_M, LATENCY_S * speed_mps))


@helper
def set_extras(z: Floats, f: Floats, form: int, s: int, g: Geometry, p: TrackParams) -> None:
    """Set elevation, range rate and vertical rate, where a report and its data sheet give them.

    A flat scene has no heights, and so neither elevations nor vertical rates. Another tracker's
    vertical rate is left out: it comes of the levels that it reports, too.
    """
    z[EXTRAS] = 0.0
    z[ELEVATION] = math.nan
    z[RANGE_RATE] = math.nan
    z[VU] = math.nan
    z[SIGMA_ELEVATION] = g.sigma_elevation_rad[s]
    z[SIGMA_RANGE_RATE] = g.sigma_range_rate_mps[s]
    z[SIGMA_VU] = p.sigma_climb_mps
    z[BIAS_VAR_RANGE] = 0.0
    z[BIAS_VAR_AZIMUTH] = 0.0
    if form != PLANE:
        z[BIAS_VAR_RANGE] = g.bias_sigma[s, BIAS_RANGE] ** 2
        z[BIAS_VAR_AZIMUTH] = g.bias_sigma[s, BIAS_AZIMUTH] ** 2
    if form != PLANE and p.flat == 0 and not math.isnan(f[RISE] + z[SIGMA_ELEVATION]):
        z[ELEVATION] = f[RISE]
        z[EXTRAS] += 1.0
    if form == POLAR and not math.isnan(f[DOPPLER] + z[SIGMA_RANGE_RATE]):
        z[RANGE_RATE] = f[DOPPLER]
        z[EXTRAS] += 1.0
    if form != BEARING and p.flat == 0 and z[TRACKED] == 0.0 and not math.isnan(f[CLIMB]):
        z[VU] = f[CLIMB]
        z[EXTRAS] += 1.0


@helper
def density_volume(z: Floats, form: int, reach_m: float) -> float:
    """Size of the space that false and first reports of a sensor are spread over."""
    volume = 2.0 * math.pi
    if form != BEARING:
        volume *= reach_m if form == POLAR else 0.5 * reach_m * reach_m
    if not math.isnan(z[HEIGHT]):
        volume *= HEIGHT_SPAN_M
    if not math.isnan(z[VN]):
        volume *= SPEED_SPAN_MPS * SPEED_SPAN_MPS
    if z[EXTRAS] > 0.0:
        volume *= 1.0 if math.isnan(z[ELEVATION]) else ELEVATION_SPAN_RAD
        volume *= 1.0 if math.isnan(z[RANGE_RATE]) else RATE_SPAN_MPS
        volume *= 1.0 if math.isnan(z[VU]) else CLIMB_SPAN_MPS
    return volume


@helper
def has_content(icao: int, mode3a: int, baro_m: float) -> int:
    """1 where a report carries an address, a code or a level, as few false reports do."""
    return 1 if icao >= 0 or mode3a >= 0 or not math.isnan(baro_m) else 0


@helper
def sheet_clutter(coded: int, s: int, g: Geometry) -> float:
    """Expect false reports of a turn by the data sheet; `coded` 1: those with a code or a level."""
    sheet = max(g.clutter_per_scan[s], LEAST_CLUTTER)
    return sheet * CLUTTER_WITH_CODE if coded == 1 else sheet


@helper
def false_reports(f: Floats, form: int, coded: int, s: int, g: Geometry, learn: int) -> float:
    """Expect false reports of a turn, of the place's density spread over the whole sensor.

    `coded` is 1 for reports with a code, a level or an address, which are counted by themselves.
    """
    sheet = sheet_clutter(coded, s, g)
    if learn == 0:
        return sheet
    turns = g.turns[s, TURNS]
    if form != POLAR:
        return false_per_turn(g.false_map[s, coded], turns, sheet)
    cell = cell_of(f[SLANT], f[THETA], g.range_max_m[s])
    return N_CELLS * false_in_cell(g.false_map[s, coded], cell, turns, sheet)


@helper
def set_densities(
    m: Measurements, j: int, f: Floats, label: Longs, form: int, g: Geometry, p: TrackParams
) -> None:
    """Set the densities of false and first reports at report j, and its cell of the maps."""
    s = label[0]
    volume = density_volume(m.z[j], form, g.range_max_m[s])
    coded = has_content(label[2], label[3], f[BARO])
    if p.learn == 1:
        count_turns(g.turns[s], f[TIME], g.period_s[s])
    m.clutter[j] = false_reports(f, form, coded, s, g, p.learn) / volume
    if label[2] >= 0:
        m.clutter[j] *= CLUTTER_WITH_CODE
    m.cell[j] = cell_of(f[SLANT], f[THETA], g.range_max_m[s]) if form == POLAR else 0
    m.birth[j] = 0.0 if form == BEARING else p.births_per_scan / volume


@helper
def source_of(labels: Longs) -> int:
    """Another tracker's number of the object, or the serial number that it told; -1 without."""
    if labels[6] == TRACKER_MADE and labels[7] >= 0:
        return (labels[0] << SOURCE_SHIFT) + labels[7]
    if labels[6] == SELF_REPORTED and labels[2] < 0 and labels[5] >= 0:
        return (SERIALS << SOURCE_SHIFT) + labels[5]
    return int(-1)  # noqa: UP018, RUF046


@kernel
def prepare(
    f: Floats,
    labels: Longs,
    order: Longs,
    ground: Floats,
    g: Geometry,
    p: TrackParams,
    m: Measurements,
) -> int:
    """Fill `m` with the usable reports in the given order; returns how many there are.

    Parameters
    ----------
    f : float64 (n, 17)
        Numbers of the reports, see `REPORT_NUMBERS`.
    labels : int64 (n, 8)
        Sensor, excluded (0 or 1), address, Mode A code, category of accuracy (-1 to 11,
        `model.quality`), packed callsign, where the position comes from (`model.tracking.MEASURED`
        and its neighbours), the sensor's track number.
    order : int64 (k,)
        Rows in processing order.
    ground : float64 (n, 3)
        Geoid height, latitude and longitude at each report; NaN places are nowhere.
    g, p : Geometry, TrackParams
        Witnesses of the field of levels are noted in `g`.
    m : Measurements
        Written; at least k rows. `m.serial` gets the row of `f`.
    """
    count = 0
    for i in order:
        s = labels[i, 0]
        form = form_of(f[i], labels[i, 1], g.on_surface[s], p.flat, g.site[s])
        if form < 0 or (form != PLANE and labels[i, 6] == TRACKER_MADE):
            continue
        height, level_var = reported_height(f[i], labels[i], ground[i], g)
        assumed, doubt = assumed_height(
            f[i], form, g.site[s], g.height_m[s], g.sigma_elevation_rad[s]
        )
        if not math.isnan(height):
            assumed, doubt = height, p.sigma_baro_m
        if form == POLAR:
            x, y, w = place_polar(f[i], assumed, g.site[s], g.axes[s], p.flat)
        elif form == BEARING:
            x, y, w = g.site[s, 0], g.site[s, 1], g.site[s, 2]
        else:
            x, y, w = place_plane(f[i], assumed, g.site[s], g.axes[s], p.flat)
        z = m.z[count]
        z[PLACE], z[PLACE + 1], z[PLACE + 2] = x, y, w
        if p.flat == 1:
            z[UP], z[UP + 1], z[UP + 2] = 0.0, 0.0, 1.0
            height, doubt = math.nan, FLAT_SIGMA_M
        else:
            z[UP], z[UP + 1], z[UP + 2] = up_at_one(x, y, w)
        z[RANGE] = f[i, SLANT]
        z[AZIMUTH] = f[i, THETA]
        z[HEIGHT] = math.nan if form == BEARING else height
        z[SIGMA_HEIGHT] = doubt
        z[ASSUMED] = math.nan if p.flat == 1 else assumed
        set_noise(z, f[i], form, labels[i], s, g, p)
        z[TRACKED] = 1.0 if labels[i, 6] == TRACKER_MADE else 0.0
        set_extras(z, f[i], form, s, g, p)
        z[LEVEL_VAR] = 0.0 if p.flat == 1 or form == BEARING else level_var
        z[MEMORY] = p.self_report_memory_s if labels[i, 6] == SELF_REPORTED else 0.0
        z[AGE] = p.velocity_lag_s if z[MEMORY] > 0.0 and labels[i, 2] >= 0 else 0.0
        set_densities(m, count, f[i], labels[i], form, g, p)
        m.time_s[count] = f[i, TIME]
        m.sensor[count] = s
        m.form[count] = form
        m.icao[count] = labels[i, 2]
        m.mode3a[count] = labels[i, 3]
        m.callsign[count] = labels[i, 5]
        m.source[count] = source_of(labels[i])
        m.baro_m[count] = f[i, BARO]
        m.serial[count] = i
        m.spot[count] = 0
        m.row_out[count] = -1
        m.number_out[count] = -1
        count += 1
    return count
