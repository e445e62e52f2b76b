"""Where a radar stands, from aircraft whose places are known: for recordings without a site.

Each plot of an aircraft that also reports its position (or that another tracker follows) says where
the radar would be: at the plot's range, in the direction opposite to its azimuth. The median of
these is a first guess that wild plots do not move; then site, range, azimuth and time biases are
fitted together by iterated weighted least squares (Huber, "Robust Statistics" (1981), section 7.8).
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.geo.geoid import undulation_m
from skypact.kernels.geodesy import MEAN_RADIUS_M, ecef_from_geodetic, enu_axes, geodetic_from_ecef
from skypact.model.reports import (
    ADSB,
    MLAT,
    TRACK,
    Floats,
    Longs,
    ReportBatch,
    concat_reports,
    take_reports,
)
from skypact.units import DEGREE

Mask = npt.NDArray[np.bool_]

LEAST_PLOTS: Final = 40
"""Fewer plots of known aircraft say too little."""
MOST_PLOTS: Final = 6_000
LEAST_OBJECTS: Final = 3
GAP_S: Final = 16.0
"""Two known places of an aircraft so far apart still have a straight line between them."""
SHARED_CODES: Final = (0, 1000, 2000, 7000, 7500, 7600, 7700)
"""Mode A codes that say nothing of who it is."""
SIGMA_RANGE_M: Final = 80.0
SIGMA_AZIMUTH: Final = 0.12 * DEGREE
"""Standard deviations of plot and reference together."""
LIMIT: Final = 2.6
"""Residual, in standard deviations, from which a weight is cut."""
PRIOR: Final = np.array([1e6, 1e6, 300.0, 50.0, 0.3 * DEGREE, 0.1])
"""Standard deviations beforehand: east, north, up [m], range [m], azimuth, time [s]."""
ROUNDS: Final = 12
LEAST_FITTING: Final = 0.6
"""Share of plots that must fit within `LIMIT`, or the references are not of this radar's sky."""
WORST_SIGMA_M: Final = 500.0
_CODES: Final = 1 << 32
"""Keys of objects known by Mode A code begin here; below, keys are addresses."""


class FoundSite(NamedTuple):
    """A site as estimated."""

    lat_rad: float
    lon_rad: float
    height_m: float
    sigma_m: float
    """Standard deviation of the horizontal place, the larger axis."""
    n_plots: int


class _Pairs(NamedTuple):
    """Plots, and where their objects were at the plots' stamps."""

    range_m: Floats
    azimuth_rad: Floats
    lat_rad: Floats
    lon_rad: Floats
    height_m: Floats
    velocity_mps: Floats
    """ECEF (n, 3)."""


def find_site(reports: ReportBatch, sensor: int) -> FoundSite | None:
    """Estimate the site of a sensor index; None where the recording does not tell it."""
    own = (reports.sensor == sensor) & (reports.range_m > 5_000.0) & (reports.coast == 0)
    own &= np.isfinite(reports.azimuth_rad) & np.isfinite(reports.time_s)
    plots = take_reports(reports, own)
    known = np.isin(reports.kind, (ADSB, MLAT, TRACK)) & np.isfinite(reports.time_s)
    known &= (np.abs(reports.lat_rad) <= 0.5 * np.pi) & (reports.sensor != sensor)
    references = take_reports(reports, known & (np.abs(reports.lon_rad) <= 2.0 * np.pi))
    pairs = _pairs(plots, references)
    if pairs is None:
        return None
    return _fit(pairs, _first_guess(pairs))


def _keys(batch: ReportBatch) -> Longs:
    """Who it is: address, else Mode A code; -1 unknown."""
    code = np.where(np.isin(batch.mode3a, SHARED_CODES), -1, batch.mode3a).astype(np.int64)
    by_code = np.where(code >= 0, code + _CODES, -1)
    return np.where(batch.icao >= 0, batch.icao.astype(np.int64), by_code)


def _unnamed(batch: ReportBatch) -> ReportBatch:
    """Return the rows that have a code beside an address, under their code alone."""
    both = take_reports(batch, (batch.icao >= 0) & (batch.mode3a >= 0))
    return both._replace(icao=np.full_like(both.icao, -1))


def _pairs(plots: ReportBatch, references: ReportBatch) -> _Pairs | None:
    """Find the place of each plot's object between two references of the same object."""
    references = concat_reports([references, _unnamed(references)])
    key, keys = _keys(plots), _keys(references)
    order = np.lexsort((references.time_s, keys))
    order = order[keys[order] >= 0]
    references, keys = take_reports(references, order), keys[order]
    if len(order) < 2 or not len(key):
        return None
    begin_s = float(references.time_s.min())
    width_s = float(max(references.time_s.max(), plots.time_s.max()) - begin_s) + 1.0
    names, number = np.unique(keys, return_inverse=True)
    mine = np.minimum(np.searchsorted(names, key), len(names) - 1)
    named = (names[mine] == key) & (key >= 0)
    at = mine * width_s + np.clip(plots.time_s - begin_s, 0.0, width_s)
    right = np.searchsorted(number * width_s + references.time_s - begin_s, at)
    right = np.clip(right, 1, len(keys) - 1)
    left = right - 1
    gap = references.time_s[right] - references.time_s[left]
    use = named & (keys[left] == key) & (keys[right] == key) & (gap > 0) & (gap < GAP_S)
    use &= plots.time_s <= references.time_s[right]
    index = np.flatnonzero(use)
    if len(index) < LEAST_PLOTS or len(np.unique(key[index])) < LEAST_OBJECTS:
        return None
    index = index[np.linspace(0, len(index) - 1, min(len(index), MOST_PLOTS)).astype(np.int64)]
    return _between(take_reports(plots, index), references, left[index], right[index])


def _between(plots: ReportBatch, references: ReportBatch, left: Longs, right: Longs) -> _Pairs:
    gap = references.time_s[right] - references.time_s[left]
    share = (plots.time_s - references.time_s[left]) / gap
    lat, lon, height = (
        column[left] * (1 - share) + column[right] * share
        for column in (references.lat_rad, references.lon_rad, references.geo_altitude_m)
    )
    level = np.where(np.isnan(plots.baro_altitude_m), references.baro_altitude_m[left],
                     plots.baro_altitude_m)  # fmt: skip
    height = np.where(np.isnan(height), level + undulation_m(lat, lon), height)
    height = np.where(np.isnan(height), 5_000.0, height)
    ends = np.empty((2, len(left), 3))
    for end, which in zip(ends, (left, right), strict=True):
        places = (np.ascontiguousarray(references.lat_rad[which]), references.lon_rad[which])
        ecef_from_geodetic(places[0], np.ascontiguousarray(places[1]), height, end)
    velocity = (ends[1] - ends[0]) / gap[:, None]
    return _Pairs(plots.range_m, plots.azimuth_rad, lat, lon, height, velocity)


def _first_guess(pairs: _Pairs) -> Floats:
    """Latitude and longitude that most plots agree on."""
    ground = np.sqrt(np.maximum(pairs.range_m**2 - pairs.height_m**2, 0.0)) / MEAN_RADIUS_M
    lat, lon = pairs.lat_rad.copy(), pairs.lon_rad.copy()
    for _ in range(4):
        # The meridians at plot and radar are not parallel.
        back = pairs.azimuth_rad + (pairs.lon_rad - lon) * np.sin(0.5 * (lat + pairs.lat_rad))
        sine = np.sin(pairs.lat_rad) * np.cos(ground)
        sine -= np.cos(pairs.lat_rad) * np.sin(ground) * np.cos(back)
        lat = np.arcsin(np.clip(sine, -1.0, 1.0))
        east = -np.sin(back) * np.sin(ground) * np.cos(pairs.lat_rad)
        lon = pairs.lon_rad + np.arctan2(east, np.cos(ground) - np.sin(pairs.lat_rad) * sine)
    return np.array([np.median(lat), np.median(lon)])


def _sights(pairs: _Pairs, ecef: Floats, place: Floats) -> tuple[Floats, Floats, Floats]:
    """Sights (n, 3) from a place, velocities (n, 3), in its east, north and up; and its axes."""
    axes, site = np.empty((1, 3, 3)), np.empty((1, 3))
    enu_axes(place[:1], place[1:2], axes)
    ecef_from_geodetic(place[:1], place[1:2], place[2:3], site)
    return (ecef - site) @ axes[0].T, pairs.velocity_mps @ axes[0].T, axes[0]


def _rows(pairs: _Pairs, sight: Floats, velocity: Floats, x: Floats) -> tuple[Floats, Floats]:
    """Normalised residuals (2 n,) and derivatives (2 n, 6) by site and biases."""
    n = len(sight)
    slant = np.linalg.norm(sight, axis=1)
    ground2 = np.maximum((sight[:, :2] ** 2).sum(axis=1), 1.0)
    by_range = sight / slant[:, None]
    by_azimuth = np.column_stack([sight[:, 1], -sight[:, 0], np.zeros(n)]) / ground2[:, None]
    H, r = np.zeros((2 * n, 6)), np.zeros(2 * n)
    for rows, by_place, sigma in (
        (slice(0, n), by_range, SIGMA_RANGE_M), (slice(n, 2 * n), by_azimuth, SIGMA_AZIMUTH)
    ):  # fmt: skip
        H[rows, :3] = -by_place / sigma
        H[rows, 5] = -(by_place * velocity).sum(axis=1) / sigma
    H[:n, 3], H[n:, 4] = 1.0 / SIGMA_RANGE_M, 1.0 / SIGMA_AZIMUTH
    r[:n] = (pairs.range_m - slant) / SIGMA_RANGE_M
    turned = pairs.azimuth_rad - np.arctan2(sight[:, 0], sight[:, 1])
    r[n:] = ((turned + np.pi) % (2 * np.pi) - np.pi) / SIGMA_AZIMUTH
    return r - H[:, 3:] @ x[3:], H


def _fit(pairs: _Pairs, guess: Floats) -> FoundSite | None:
    ecef = np.empty((len(pairs.range_m), 3))
    ecef_from_geodetic(pairs.lat_rad, pairs.lon_rad, pairs.height_m, ecef)
    height = float(undulation_m(guess[0], guess[1])) + 300.0
    place, x = np.array([*guess, height]), np.zeros(6)
    N = np.eye(6)
    weight = np.zeros(0)
    for _ in range(ROUNDS):
        sight, velocity, axes = _sights(pairs, ecef, place)
        r, H = _rows(pairs, sight, velocity, x)
        weight = np.minimum(1.0, (LIMIT / np.maximum(np.abs(r), 1e-9)) ** 2)
        N = H.T @ (weight[:, None] * H) + np.diag(PRIOR**-2.0)
        step = np.linalg.solve(N, H.T @ (weight * r) - x / PRIOR**2 * (np.arange(6) >= 2))
        x = x + step
        moved = np.empty((1, 3))
        ecef_from_geodetic(place[:1], place[1:2], place[2:3], moved)
        geodetic_from_ecef(moved + step[:3] @ axes, moved)
        place = moved[0].copy()
    spread = np.linalg.inv(N)
    sigma = float(np.sqrt(max(spread[0, 0], spread[1, 1])))
    if (weight >= 1.0).mean() < LEAST_FITTING or sigma > WORST_SIGMA_M:
        return None
    return FoundSite(float(place[0]), float(place[1]), float(place[2]), sigma, len(pairs.range_m))
