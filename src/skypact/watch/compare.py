"""Plots beside self-reported positions of the same object: differences and what they should be.

A self-reported position is carried on with its velocity to the time of the plot and turned into
what the radar would measure. Known biases are taken out of the plot, and so is what all objects of
a sensor have in common, fitted to its last plots: a turn of the antenna's north, an offset of
range, a delay of the stamps. Where that steps, the newest plot of each object agrees with the step
and not with what was before, and older plots are forgotten. Forged positions of many objects have
no turn and no offset of range in common, unless all of them are in one direction.
"""

from typing import Final, NamedTuple

import numpy as np

from skypact.model.quality import accuracy_category, sigma_of_category
from skypact.model.reports import ADSB, Floats, Longs, ReportBatch, take_reports
from skypact.units import DEGREE
from skypact.watch.cover import Mask, ecef_of, polar_of, site_of
from skypact.watch.keyed import Keyed, keys_of, last_of
from skypact.watch.sky import EARTH_M, SensorLook, Sky, moved
from skypact.watch.turns import PLOTS

MOST_COMMON: Final = 200
"""Plots of a sensor that its common difference is fitted to."""
LEAST_COMMON: Final = 8
"""Objects that they must be of."""
_MOST: Final = np.array([500.0, 0.5 * DEGREE, 3.0])
"""Larger common differences of range [m], azimuth [rad] and time [s] are no bias of a sensor, where
the objects are in one direction."""
_MOST_ROUND: Final = np.array([2_000.0, 10.0 * DEGREE, 3.0])
"""The same of objects all round it."""
_ROUND: Final = 0.5
"""Length of the mean of the directions' unit vectors: below it the objects are all round."""
_STEPPED: Final = 3.0
"""Median of what is left of the newest plots, in standard deviations, from which a sensor may have
stepped; and it has where a fit to these alone leaves less than half."""
_UNITS: Final = np.array([1.0, 1e-3, 1.0])
_PRIOR: Final = 1e-6
HUBER: Final = 1.5
"""Standard deviations beyond which differences weigh less."""
REFIT_S: Final = 4.0
"""What a sensor's plots have in common is fitted so often."""
FARTHEST: Final = 6.0
ROUNDS: Final = 12
_LEFT: Final = np.array([20.0, 0.02 * DEGREE, 0.1])
"""Standard deviations of what is left of these where the common difference was taken out."""
_SIGMA_RANGE_M: Final = 50.0
_SIGMA_AZIMUTH_DEG: Final = 0.1
_SIGMA_DELAY_S: Final = 0.5
"""Of biases, where nothing is known of them."""
_SIGMA_GEO_M: Final = 60.0
_SIGMA_BARO_M: Final = 300.0
"""Of heights by satellite and by pressure, against the ellipsoid."""
LEAST_CATEGORY: Final = 3
"""Positions that state a lower accuracy category, or no integrity (NIC 0), admit to be wrong."""
_ACCEL_MPS2: Final = 2.0
_USUAL_SIGMA_M: Final = 100.0
"""Of a position that states no accuracy."""
(TIME, LAT, LON, HEIGHT, VN, VE, SIGMA, IS_BARO, TRACK) = range(9)
FORGET_S: Final = 60.0


class Aligned(NamedTuple):
    """Self-reported positions (n,) at the time of plots."""

    lat_rad: Floats
    lon_rad: Floats
    height_m: Floats
    vn_mps: Floats
    ve_mps: Floats
    sigma_m: Floats
    """Standard deviation per axis."""
    is_baro: Mask
    """The height is by pressure."""


class Differences(NamedTuple):
    """Plots (n,) against self-reported positions; one of each object and sensor."""

    key: Longs
    sensor: Longs
    track: Longs
    """The plot's."""
    adsb_track: Longs
    north_m: Floats
    """Self-reported minus measured."""
    east_m: Floats
    z_north: Floats
    """Of unit variance where the object is where it says."""
    z_east: Floats


class Comparison:
    """Keeps the last self-reported position of each object, and sensors' common differences."""

    def __init__(self) -> None:
        self._told = Keyed(9)
        self._common: dict[int, Floats] = {}
        """Key, values as of `common_of` and azimuth (k, 9) of the last plots of each sensor."""
        self.stepped: set[int] = set()
        """Sensors that have stepped at this look: what was summed up of them is void."""
        self._fits: dict[int, tuple[float, Floats]] = {}
        """When that was fitted, and what came of it, known biases included."""
        self._now_s = float("nan")

    def take(self, sky: Sky, most_gap_s: float) -> Differences:
        """Compare the plots since the last look."""
        self._now_s, reports, rows = sky.now_s, sky.reports, sky.rows
        self.stepped = set()
        place = np.searchsorted(rows.track, sky.report_track)
        icao = reports.icao.astype(np.int64)
        if rows.track.size:
            place = np.minimum(place, rows.track.size - 1)
            known = rows.track[place] == sky.report_track
            icao = np.where((icao < 0) & known, rows.icao[place], icao)
        keys = keys_of(icao, sky.report_track)
        usable = (keys >= 0) & (reports.coast == 0) & (reports.simulated == 0)
        usable &= reports.test == 0
        self._note(reports, keys, sky.report_track, usable & (reports.kind == ADSB))
        self._told.forget(sky.now_s - FORGET_S)
        plots = usable & np.isin(reports.kind, PLOTS)
        parts = []
        for s in np.unique(reports.sensor[plots]).tolist():
            if s < len(sky.sensors):
                mine = np.flatnonzero(plots & (reports.sensor == s))
                mine = mine[last_of(keys[mine])]
                parts.append(self._of_sensor(sky, s, mine, keys[mine], most_gap_s))
        if not parts:
            nothing, none = np.zeros(0, np.int64), np.zeros(0)
            return Differences(nothing, nothing, nothing, nothing, none, none, none, none)
        return Differences._make(np.concatenate(columns) for columns in zip(*parts, strict=True))

    def honest(self) -> Longs:
        """Tracks whose self-reported positions do not admit to be wrong."""
        rows = self._told.rows
        return np.asarray(rows[np.isfinite(rows[:, SIGMA]), TRACK], np.int64)

    def _note(self, reports: ReportBatch, keys: Longs, track: Longs, mine: Mask) -> None:
        at = np.flatnonzero(mine & np.isfinite(reports.lat_rad + reports.lon_rad))
        at = at[last_of(keys[at])]
        r = take_reports(reports, at)
        turn, speed = r.track_angle_rad, r.ground_speed_mps
        vn = np.where(np.isfinite(r.vn_mps), r.vn_mps, speed * np.cos(turn))
        ve = np.where(np.isfinite(r.ve_mps), r.ve_mps, speed * np.sin(turn))
        is_baro = ~np.isfinite(r.geo_altitude_m)
        height = np.where(is_baro, r.baro_altitude_m, r.geo_altitude_m)
        category = accuracy_category(r.nacp, r.nic)
        stated = sigma_of_category(category)
        sigma = np.where(np.isfinite(stated), stated, r.sigma_m)
        sigma = np.where(np.isfinite(sigma), sigma, _USUAL_SIGMA_M)
        sigma[(r.nic == 0) | ((category >= 0) & (category < LEAST_CATEGORY))] = np.nan
        columns = (r.time_s, r.lat_rad, r.lon_rad, height, vn, ve, sigma, is_baro, track[at])
        self._told.put(keys[at], np.stack(columns, axis=1).astype(np.float64))

    def _of_sensor(
        self, sky: Sky, s: int, mine: Longs, keys: Longs, most_gap_s: float
    ) -> Differences:
        """Compare plots of one sensor, each of another object."""
        sensor, reports = sky.sensors[s], sky.reports
        place, known = self._told.find(keys)
        mine, keys, told = mine[known], keys[known], self._told.rows[place[known]]
        gap_s = reports.time_s[mine] - _bias(sensor, "time_s", 0.0)[0] - told[:, TIME]
        near = np.abs(gap_s) <= most_gap_s
        mine, keys, told, gap_s = mine[near], keys[near], told[near], gap_s[near]
        at = _aligned(told, gap_s)
        if sensor.kind == "mlat" or not np.isfinite(reports.range_m[mine]).any():
            differences = _flat(sensor, reports, mine, at)
        else:
            differences = self._polar(s, sensor, take_reports(reports, mine), keys, at)
        columns = (
            keys, np.full(keys.size, s, np.int64), sky.report_track[mine],
            told[:, TRACK].astype(np.int64), *differences.T,
        )  # fmt: skip
        fine = np.isfinite(differences).all(axis=1)
        return Differences._make(column[fine] for column in columns)

    def _polar(
        self, s: int, sensor: SensorLook, plots: ReportBatch, keys: Longs, at: Aligned
    ) -> Floats:
        """North, east and both in standard deviations (n, 4) from range and azimuth."""
        site = site_of(sensor)
        if site is None:
            return np.full((keys.size, 4), np.nan)
        height = np.where(np.isfinite(at.height_m), at.height_m, plots.baro_altitude_m)
        slant, azimuth, elevation = polar_of(site, ecef_of(at.lat_rad, at.lon_rad, height)).T
        ground = np.maximum(slant * np.cos(elevation), 1_000.0)
        sine, cosine = np.sin(azimuth), np.cos(azimuth)
        shift, shift_sigma = _bias(sensor, "range_m", _SIGMA_RANGE_M)
        gain, _ = _bias(sensor, "range_gain", 0.0)
        turn, turn_sigma = _bias(sensor, "azimuth_deg", _SIGMA_AZIMUTH_DEG)
        off = (plots.range_m - shift) / (1.0 + gain) - slant
        off /= np.maximum(0.2, np.cos(elevation))
        swing = _wrapped(plots.azimuth_rad - turn * DEGREE - azimuth)
        speed = np.hypot(at.vn_mps, at.ve_mps)
        outward, aside = (
            at.vn_mps * cosine + at.ve_mps * sine, at.ve_mps * cosine - at.vn_mps * sine
        )  # fmt: skip
        wide = _sheet(sensor.sigma_azimuth_rad, 0.15 * DEGREE)
        plain = _sheet(sensor.sigma_range_m, 100.0)
        weight = (
            np.full(ground.size, 1.0 / np.hypot(plain, 30.0)), 1.0 / np.hypot(wide * ground, 30.0)
        )  # fmt: skip
        seen = (off + shift, (swing + turn * DEGREE) * ground, outward, aside, ground, *weight)
        values = np.stack((*seen, azimuth), axis=1)
        common = self._common_of(s, keys, values, (shift, turn * DEGREE))
        sigma = np.array([shift_sigma, turn_sigma * DEGREE, _SIGMA_DELAY_S])
        if common is not None:
            sigma = _LEFT
            off = off - common[0] - common[2] * outward
            swing = swing - common[1] - common[2] * aside / ground
        blur = np.hypot(at.sigma_m, sigma[2] * speed)
        high = np.where(at.is_baro, _SIGMA_BARO_M, _SIGMA_GEO_M) * np.sin(elevation)
        along = _root(plain, sigma[0], blur, high)
        across = np.hypot(np.hypot(wide, sigma[1]) * ground, blur)
        x, y = -off, -swing * ground
        u, v = x / along, y / across
        return np.stack(
            (x * cosine - y * sine, x * sine + y * cosine, u * cosine - v * sine,
             u * sine + v * cosine), axis=1,
        )  # fmt: skip

    def _common_of(
        self, s: int, keys: Longs, values: Floats, known: tuple[float, float]
    ) -> Floats | None:
        """Note differences (n, 8); what the last ones have in common, None where too few.

        They are noted with the biases `known` of range and azimuth in them: estimates of these may
        change while they are kept.
        """
        fine = np.isfinite(values).all(axis=1)
        new = np.concatenate([keys[fine, None].astype(np.float64), values[fine]], axis=1)
        kept = np.concatenate([self._common.get(s, np.zeros((0, 9))), new])[-MOST_COMMON:]
        self._common[s] = kept
        fit_s, common = self._fits.get(s, (-np.inf, None))
        if self._now_s - fit_s < REFIT_S and common is not None:
            return np.asarray(common - np.array([*known, 0.0]))
        if np.unique(kept[:, 0]).size < LEAST_COMMON:
            return None
        common = _fitted(kept[:, 1:], known)
        newest = kept[last_of(kept[:, 0].astype(np.int64))]
        if newest.shape[0] >= LEAST_COMMON:
            alone = _fitted(newest[:, 1:], known)
            before, after = (_left_of(newest[:, 1:], known, fit) for fit in (common, alone))
            if before >= _STEPPED and after < 0.5 * before and after < HUBER:
                self._common[s], common = newest, alone
                self.stepped.add(s)
        self._fits[s] = self._now_s, common + np.array([*known, 0.0])
        return common


def _less(values: Floats, known: tuple[float, float]) -> Floats:
    """Return differences (n, 7) without known biases of range and azimuth."""
    out = values[:, :7].copy()
    out[:, 0] -= known[0]
    out[:, 1] -= known[1] * out[:, 4]
    return out


def _fitted(values: Floats, known: tuple[float, float]) -> Floats:
    """Return what differences (n, 8) have in common; 0 where that is no bias of a sensor."""
    common = common_of(_less(values, known))
    one_way = np.hypot(np.cos(values[:, 7]).mean(), np.sin(values[:, 7]).mean()) >= _ROUND
    return np.where(np.abs(common) <= (_MOST if one_way else _MOST_ROUND), common, 0.0)


def _left_of(values: Floats, known: tuple[float, float], common: Floats) -> float:
    """Median length of what a fit leaves of differences (n, 8), in standard deviations."""
    off, across, outward, aside, ground, by_range, by_azimuth = _less(values, known).T
    off = off - common[0] - common[2] * outward
    across = across - common[1] * ground - common[2] * aside
    return float(np.median(np.hypot(off * by_range, across * by_azimuth)))


def common_of(values: Floats) -> Floats:
    """Offset of range [m], of azimuth [rad] and delay [s] that differences have in common.

    Parameters
    ----------
    values : (n, 7) float64
        Differences along and across the line of sight [m], speeds along and across it [m/s],
        distance over ground [m], and the weights of both differences [1/m].

    Notes
    -----
    Weighted least squares, repeated with the weights of P. J. Huber, "Robust Estimation of a
    Location Parameter", Ann. Math. Stat. 35 (1964), so that some that lie weigh little; in the
    second half of the rounds those that are far off weigh nothing.
    """
    off, across, outward, aside, ground, by_range, by_azimuth = values.T
    nothing = np.zeros(off.size)
    along_rows = np.stack((np.ones(off.size), nothing, outward), axis=1) * by_range[:, None]
    across_rows = np.stack((nothing, ground, aside), axis=1) * by_azimuth[:, None]
    rows = np.concatenate([along_rows, across_rows]) * _UNITS
    seen = np.concatenate([off * by_range, across * by_azimuth])
    weight = np.ones(seen.size)
    found = np.zeros(3)
    for k in range(ROUNDS):
        # einsum keeps to one core: threads of a library for matrices cost more than they bring.
        normal = np.einsum("k,ki,kj->ij", weight, rows, rows) + _PRIOR * np.eye(3)
        found = np.linalg.solve(normal, np.einsum("ki,k->i", rows, weight * seen))
        left = np.abs(seen - np.einsum("ki,i->k", rows, found))
        weight = 1.0 / np.maximum(1.0, left / HUBER)
        weight[(left > FARTHEST) & (k >= ROUNDS // 2)] = 0.0
    return np.asarray(found * _UNITS)


def _aligned(told: Floats, gap_s: Floats) -> Aligned:
    """Carry self-reported positions (n, 9) on by times (n,)."""
    is_still = np.isnan(told[:, VN] + told[:, VE])
    vn, ve = np.where(is_still, 0.0, told[:, VN]), np.where(is_still, 0.0, told[:, VE])
    lat, lon = moved(told[:, LAT], told[:, LON], vn * gap_s, ve * gap_s)
    sigma = _root(told[:, SIGMA], 0.5 * _ACCEL_MPS2 * gap_s**2)
    sigma = np.hypot(sigma, np.where(is_still, 250.0 * np.abs(gap_s), 0.0))
    return Aligned(lat, lon, told[:, HEIGHT], vn, ve, sigma, told[:, IS_BARO] > 0.0)


def _flat(sensor: SensorLook, reports: ReportBatch, mine: Longs, at: Aligned) -> Floats:
    """North, east and both in standard deviations (n, 4) from positions."""
    north = (at.lat_rad - reports.lat_rad[mine]) * EARTH_M
    east = _wrapped(at.lon_rad - reports.lon_rad[mine]) * EARTH_M * np.cos(at.lat_rad)
    sigma = reports.sigma_m[mine]
    sigma = np.where(np.isfinite(sigma), sigma, _sheet(sensor.sigma_position_m, 100.0))
    blur = _SIGMA_DELAY_S * np.hypot(at.vn_mps, at.ve_mps)
    sigma = _root(sigma, at.sigma_m, blur)
    return np.stack((north, east, north / sigma, east / sigma), axis=1)


def _bias(sensor: SensorLook, name: str, sigma: float) -> tuple[float, float]:
    """Estimated bias and its standard deviation; 0 and `sigma` where there is none."""
    value = sensor.biases.get(name)
    return (float(value[0]), float(value[1])) if value is not None else (0.0, sigma)


def _sheet(value: float, usual: float) -> float:
    return value if np.isfinite(value) else usual


def _root(*parts: Floats | float) -> Floats:
    """Root of the sum of squares."""
    return np.asarray(np.sqrt(sum(np.square(part) for part in parts)))


def _wrapped(angle: Floats) -> Floats:
    return np.asarray((angle + np.pi) % (2.0 * np.pi) - np.pi)
