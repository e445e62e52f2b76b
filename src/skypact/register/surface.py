"""Surface radars against multilateration or ADS-B: what their plots have in common that is wrong.

A surface radar's plots carry no address; the tracker says which track they went to, and positions
of the same track, interpolated in time, say where its object was. The differences are explained by
the radar's offset north and east, range, azimuth and time bias, and by a length: the radar sees the
middle of an aircraft, the others its antenna, which is nearer to the nose. Only what moves is used,
since a heading is needed; an object counts once in a window, because its differences repeat.

All of it is relative to the sensors that tell positions: an offset that these share with the radar
cannot be seen. Source: recursive least squares with weights by residual, as in `register.estimate`.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np

from skypact.kernels.geodesy import ecef_from_geodetic
from skypact.model.reports import ADSB, MLAT, POSITION, Floats, Longs, ReportBatch, take_reports
from skypact.register.plots import Sheets
from skypact.units import DEGREE

(NORTH, EAST, RANGE, AZIMUTH, TIME, BEHIND) = range(6)
"""Unknowns of a surface radar: m, m, m, rad, s, and the length by which its plots lie behind."""
_PRIOR: Final = np.array([10.0, 10.0, 5.0, 0.3 * DEGREE, 0.1, 10.0])
"""Standard deviations beforehand."""
_WALK: Final = np.array([1.0, 1.0, 1.0, 0.03 * DEGREE, 0.01, 1.0])
"""Random walks in an hour."""
_SIGMA_M: Final = 6.0
"""Standard deviation per axis of an object's mean difference in a window: its shape as the radar
sees it, and the error of its positions."""
_ACCEPTED: Final = 2.6
_SLOWEST_MPS: Final = 3.0
_ASIDE: Final = 2
"""Positions before and after the two about a plot, from which the velocity is taken."""
_GAP_S: Final = 3.0
"""Positions further apart have no straight line between them."""
_FARTHEST_M: Final = 60.0
"""Plots further from their object are another's."""
_LEAST_PLOTS: Final = 3
_HOUR_S: Final = 3_600.0
_KNOWN_SHARE: Final = 0.5
"""An unknown is observable where its deviation has fallen to this share of the prior's."""


class Differences(NamedTuple):
    """Plots of one radar beside the places of their objects, n rows."""

    track: Longs
    difference: Floats
    """North and east (n, 2)."""
    slope: Floats
    """Derivatives by the unknowns (n, 2, 6)."""


def _positions(reports: ReportBatch, sheets: Sheets, s: int) -> Floats:
    """North and east (n, 2) in the frame of sensor s of reports that give a position."""
    ecef = np.full((len(reports.time_s), 3), np.nan)
    here = np.isfinite(reports.lat_rad) & np.isfinite(reports.lon_rad)
    place = np.empty((np.count_nonzero(here), 3))
    height = np.full(len(place), sheets.site[s, 3])
    ecef_from_geodetic(reports.lat_rad[here], reports.lon_rad[here], height, place)
    ecef[here] = place
    plane = ~here & np.isfinite(reports.x_m) & np.isfinite(reports.y_m)
    k = reports.sensor[plane]
    level = reports.x_m[plane, None] * sheets.axes[k, 0]
    level += reports.y_m[plane, None] * sheets.axes[k, 1]
    ecef[plane] = sheets.site[k, :3] + level
    sight = ecef - sheets.site[s, :3]
    return np.stack([sight @ sheets.axes[s, 1], sight @ sheets.axes[s, 0]], 1)


def differences(reports: ReportBatch, track: Longs, sheets: Sheets, s: int) -> Differences | None:
    """Compare a surface radar's plots with positions of their tracks; None where there are none."""
    use = (reports.coast == 0) & (reports.test == 0) & (track >= 0) & np.isfinite(reports.time_s)
    own = use & (reports.sensor == s) & (reports.range_m > 0) & np.isfinite(reports.azimuth_rad)
    tells = use & (reports.sensor != s) & (reports.kind == MLAT)
    if not tells.any():
        tells = use & (reports.sensor != s) & np.isin(reports.kind, (ADSB, POSITION))
    rows = np.flatnonzero(tells)
    rows = rows[np.lexsort((reports.time_s[rows], track[rows]))]
    plots = np.flatnonzero(own)
    place = _positions(take_reports(reports, rows), sheets, s)
    rows, place = rows[np.isfinite(place).all(axis=1)], place[np.isfinite(place).all(axis=1)]
    if len(rows) < 2 or not plots.size:
        return None
    time_s = reports.time_s - reports.time_s[rows].min()
    width_s = 4.0 * (float(time_s[rows].max()) + _GAP_S)
    key = track[rows] * width_s + time_s[rows]
    right = np.searchsorted(key, track[plots] * width_s + np.clip(time_s[plots], 0.0, width_s / 2))
    right = np.clip(right, 1, len(rows) - 1)
    left = right - 1
    gap = time_s[rows[right]] - time_s[rows[left]]
    at, share = track[plots], time_s[plots] - time_s[rows[left]]
    good = (track[rows[left]] == at) & (track[rows[right]] == at) & (share >= 0) & (share <= gap)
    good &= (gap > 0) & (gap < _GAP_S)
    plots, left, right = plots[good], left[good], right[good]
    gap, share = gap[good][:, None], share[good][:, None]
    there = place[left] + share / gap * (place[right] - place[left])
    first, last = np.maximum(left - _ASIDE, 0), np.minimum(right + _ASIDE, len(rows) - 1)
    first = np.where(track[rows[first]] == track[plots], first, left)
    last = np.where(track[rows[last]] == track[plots], last, right)
    span = np.maximum(time_s[rows[last]] - time_s[rows[first]], gap[:, 0])[:, None]
    velocity = (place[last] - place[first]) / span
    r, azimuth = reports.range_m[plots], reports.azimuth_rad[plots]
    outward = np.stack([np.cos(azimuth), np.sin(azimuth)], 1)
    difference = r[:, None] * outward - there
    speed = np.linalg.norm(velocity, axis=1)
    moves = (speed > _SLOWEST_MPS) & (np.linalg.norm(difference, axis=1) < _FARTHEST_M)
    slope = np.zeros((len(plots), 2, 6))
    slope[:, 0, NORTH] = slope[:, 1, EAST] = 1.0
    slope[:, :, RANGE] = outward
    slope[:, :, AZIMUTH] = r[:, None] * np.stack([-outward[:, 1], outward[:, 0]], 1)
    slope[:, :, TIME] = -velocity
    slope[:, :, BEHIND] = -velocity / np.maximum(speed, _SLOWEST_MPS)[:, None]
    return Differences(track[plots[moves]], difference[moves], slope[moves])


class Surface:
    """Estimates of surface radars among S sensors."""

    def __init__(self, is_surface: np.ndarray) -> None:
        n = len(is_surface)
        self._rows = np.flatnonzero(is_surface)
        self.x = np.zeros((n, 6))
        """Estimates, see `NORTH` and its neighbours."""
        self.P = np.tile(np.diag(_PRIOR**2), (n, 1, 1))
        self.n = np.zeros(n)
        """Objects, counted once in each window, that were used."""

    def learn(self, reports: ReportBatch, track: Longs, sheets: Sheets, window_s: float) -> None:
        """Take in the reports of a window, as measured, and the tracks (n,) they went to."""
        for s in self._rows.tolist():
            found = differences(reports, track, sheets, s)
            if found is not None and len(found.track):
                self._take(s, found, window_s)

    def _take(self, s: int, found: Differences, window_s: float) -> None:
        """Update one radar's estimate."""
        _, first, n = np.unique(found.track, return_inverse=True, return_counts=True)
        d, H = np.zeros((len(n), 2)), np.zeros((len(n), 2, 6))
        np.add.at(d, first.ravel(), found.difference)
        np.add.at(H, first.ravel(), found.slope)
        d, H = d / n[:, None], H / n[:, None, None]
        use = n >= _LEAST_PLOTS
        residual = d - H @ self.x[s]
        spread = _SIGMA_M**2 + np.einsum("kab,bc,kac->ka", H, self.P[s], H)
        limit = _ACCEPTED**2 * spread
        weight = np.where(residual**2 > limit, limit / np.maximum(residual**2, 1e-12), 1.0)
        weight = weight.min(axis=1) * use / _SIGMA_M**2
        information = np.einsum("k,kab,kac->bc", weight, H, H)
        P = self.P[s] + np.diag(_WALK**2 * window_s / _HOUR_S)
        after = np.linalg.solve(np.eye(6) + P @ information, P)
        self.P[s] = 0.5 * (after + after.T)
        self.x[s] += self.P[s] @ np.einsum("k,kab,ka->b", weight, H, residual)
        self.n[s] += np.count_nonzero(use)

    @property
    def sigma(self) -> Floats:
        """Standard deviations of the estimates (S, 6)."""
        return np.asarray(np.sqrt(np.einsum("saa->sa", self.P)))

    @property
    def observable(self) -> np.ndarray:
        """Whether each unknown (S, 6) has become better known than it was beforehand."""
        return self.sigma < _KNOWN_SHARE * _PRIOR

    def corrected(self, reports: ReportBatch) -> ReportBatch:
        """Return the reports with surface radars' plots where they should be.

        The length is no error of the radar's: where it sees the middle of an aircraft, it is.
        """
        rows = np.flatnonzero((self.n[reports.sensor] > 0) & (reports.range_m > 0))
        if not rows.size:
            return reports
        x = self.x[reports.sensor[rows]]
        r = reports.range_m[rows] - x[:, RANGE]
        azimuth = reports.azimuth_rad[rows] - x[:, AZIMUTH]
        north, east = r * np.cos(azimuth) - x[:, NORTH], r * np.sin(azimuth) - x[:, EAST]
        columns = {
            "range_m": np.hypot(north, east),
            "azimuth_rad": np.mod(np.arctan2(east, north), 2.0 * np.pi),
            "time_s": reports.time_s[rows] - x[:, TIME],
        }
        changed = {name: getattr(reports, name).copy() for name in columns}
        for name, values in columns.items():
            changed[name][rows] = values
        return reports._replace(**changed)

    def arrays(self) -> dict[str, Floats]:
        """All that is kept, by name."""
        return {"x": self.x, "P": self.P, "n": self.n}

    def load(self, kept: Mapping[str, Floats]) -> None:
        """Take up what `arrays` gave, of the first sensors."""
        for name, array in self.arrays().items():
            array[: len(kept[name])] = kept[name]
