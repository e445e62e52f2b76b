"""One object in two tracks: one that only ADS-B sees, and one that only radar sees."""

from typing import Any, Final

import numpy as np

from skypact.model.reports import Floats, Longs
from skypact.rules.drift import DriftParams
from skypact.units import DEGREE
from skypact.watch.cover import Mask
from skypact.watch.sky import EARTH_M, Finding, Sky
from skypact.watch.turns import INDEPENDENT, PROVEN, Turns
from skypact.watch.who import who_of

SHARED_CODES: Final = (0, 1000, 1200, 2000, 7000, 7500, 7600, 7700, 7777)
"""Mode A codes that many aircraft have (ICAO Doc 4444, 8.5.2, and regional conspicuity codes)."""
LEAST_MISSED: Final = 3
FARTHEST_M: Final = 100_000.0
"""Codes are given to others farther away."""


class Splits:
    """Finds pairs of tracks that are one object.

    Parameters
    ----------
    params : DriftParams
    turns : Turns
        Counts detections.
    """

    def __init__(self, params: DriftParams, turns: Turns) -> None:
        self._p = params
        self._turns = turns
        self._track: Longs = np.zeros(0, np.int64)
        self._plot_s: Floats = np.zeros(0)
        self._at: Floats = np.zeros((0, 2))
        """Where each track was when a plot last updated it: latitude, longitude (n, 2)."""
        self._pairs: dict[tuple[int, int], str] = {}

    def look(self, sky: Sky, honest: Longs) -> list[Finding]:
        """One finding for each pair; `turns` has taken the look.

        Parameters
        ----------
        sky : Sky
        honest : (k,) int64
            Tracks whose self-reported positions do not admit to be wrong.
        """
        turns, p, rows = self._turns, self._p, sky.rows
        self._note(sky)
        able = np.array([s.kind in INDEPENDENT for s in sky.sensors], np.bool_)
        if not able.any() or not rows.track.size:
            return []
        told: Mask = (sky.now_s - turns.adsb_s <= p.fresh_s) & np.isin(rows.track, honest)
        alone: Mask = told & (turns.missed[able].sum(axis=0) >= LEAST_MISSED)
        measured: Mask = ~np.isfinite(turns.adsb_s) & (sky.now_s - turns.plot_s <= p.fresh_s)
        measured &= np.any(turns.hits[able] >= 1, axis=0)
        self._keep(sky, alone, measured)
        proven = np.asarray(np.any(turns.hits[able] >= PROVEN, axis=0))
        others = np.flatnonzero(measured)
        for i in np.flatnonzero(alone).tolist() if others.size else ():
            self._pair(sky, i, others, bool(proven[i]))
        place = {int(t): k for k, t in enumerate(rows.track.tolist())} if self._pairs else {}
        return [self._finding(sky, place, pair) for pair in sorted(self._pairs)]

    def _note(self, sky: Sky) -> None:
        track, plot_s = sky.rows.track, self._turns.plot_s
        at = np.full((track.size, 2), np.nan)
        if self._track.size:
            place = np.minimum(np.searchsorted(self._track, track), self._track.size - 1)
            same = self._track[place] == track
            at[same] = self._at[place[same]]
        new = plot_s == sky.now_s
        at[new] = np.stack((sky.lat_rad[new], sky.lon_rad[new]), axis=1)
        self._track, self._plot_s, self._at = track.copy(), plot_s.copy(), at

    def _keep(self, sky: Sky, alone: Mask, measured: Mask) -> None:
        """Forget pairs of which a part is gone or was seen by both."""
        if self._pairs:
            one = set(sky.rows.track[alone].tolist())
            other = set(sky.rows.track[measured].tolist())
            self._pairs = {k: w for k, w in self._pairs.items() if k[0] in one and k[1] in other}

    def _pair(self, sky: Sky, i: int, others: Longs, is_proven: bool) -> None:
        """Look for the track in rows `others` that is the object whose ADS-B track i tells of."""
        rows, p = sky.rows, self._p
        track, since_s = int(rows.track[i]), sky.now_s - float(self._turns.plot_s[i])
        if any(pair[0] == track for pair in self._pairs):
            return
        own, code = int(rows.mode3a[i]), rows.mode3a[others]
        lat, lon = sky.lat_rad[others], sky.lon_rad[others]
        distance = _distance(lat, lon, sky.lat_rad[i], sky.lon_rad[i])
        if own >= 0 and own not in SHARED_CODES:
            same = (code == own) & (distance <= FARTHEST_M) & (distance > p.least_m)
            if np.count_nonzero(same) == 1:
                self._pairs[track, int(rows.track[others[np.argmax(same)]])] = "code"
                return
        if not is_proven or since_s > p.split_s:
            return
        free = (rows.icao[others] < 0) & (rows.age_s[others] <= since_s + p.fresh_s)
        free &= ~((code >= 0) & (own >= 0) & (code != own))
        before_lat = lat - rows.vn_mps[others] * since_s / EARTH_M
        before_lon = lon - rows.ve_mps[others] * since_s / (EARTH_M * np.cos(lat))
        was = _distance(before_lat, before_lon, *self._at[i])
        free &= (was <= p.split_m) & (distance > p.least_m)
        if free.any():
            best = int(others[np.argmin(np.where(free, was, np.inf))])
            self._pairs[track, int(rows.track[best])] = "course"

    def _finding(self, sky: Sky, place: dict[int, int], pair: tuple[int, int]) -> Finding:
        i, k = place[pair[0]], place[pair[1]]
        apart = _distance(sky.lat_rad[[k]], sky.lon_rad[[k]], sky.lat_rad[i], sky.lon_rad[i])
        evidence: dict[str, Any] = {
            "phase": "split",
            "adsb_track": pair[0],
            "radar_track": pair[1],
            "joined_by": self._pairs[pair],
            "offset_m": round(float(apart[0])),
            "radar_lat_deg": round(float(sky.lat_rad[k]) / DEGREE, 4),
            "radar_lon_deg": round(float(sky.lon_rad[k]) / DEGREE, 4),
            **who_of(sky, i),
        }
        return Finding(f"{pair[0]}-{pair[1]}", pair, self._p.severity, evidence=evidence)


def _distance(lat: Floats, lon: Floats, to_lat: float, to_lon: float) -> Floats:
    """Distances (n,) in metres, for some hundred kilometres."""
    north = lat - to_lat
    east = ((lon - to_lon + np.pi) % (2.0 * np.pi) - np.pi) * np.cos(to_lat)
    return np.asarray(EARTH_M * np.hypot(north, east))
