"""Minimum safe altitude warning: an aircraft is, or soon will be, too low.

The warning is that of ICAO Doc 4444, 15.7.4, and of the EUROCONTROL Guidelines for Minimum Safe
Altitude Warning (EUROCONTROL-GUID-160): present and predicted height against terrain and against
minimum safe altitudes. Without a terrain file and without areas there is no such rule. Terrain is
bilinear between the posts of its grid, with the geoid added; a void is no terrain, and an area over
the sea without posts is silent. Ways are straight, heights normally distributed; descents end at
levels that nobody knows: one goes on for a time t with probability exp(-t / mean).

Silent are slow aircraft and classes that fly low on purpose, aircraft at aerodromes and ways from
where these reach one, tracks that are young or not updated, and objects whose height above the
ellipsoid is unknown. Minimum safe altitudes hold for everybody in their area: where aircraft are
vectored lower, give the minimum altitudes of surveillance. At most 500 tracks are told over the
terrain and over each area at one look; `tracks_left_out` says how many more there are.
"""

from typing import Any, Final, NamedTuple

import numpy as np

from skypact.geo.geoid import undulation_m
from skypact.geo.terrain import Terrain
from skypact.model.reports import Floats
from skypact.model.tracks import CLASSES
from skypact.rules.terrain import SafeAltitude, TerrainParams
from skypact.watch.company import Updates
from skypact.watch.ground import Ground, Mask
from skypact.watch.separation import CLIMB_ERROR, normal_cdf
from skypact.watch.sky import Finding, Sky, moved
from skypact.watch.who import who_of

STEP_S: Final = 2.0
"""Between looks at the terrain along a way: 500 m at 250 m/s."""
UNKNOWN_SIGMA_M: Final = 100.0
"""Of a height whose error nobody states."""
TERRAIN_SIGMA_M: Final = 10.0
"""Of the terrain: SRTM is within 16 m in nine of ten places."""
SURELY: Final = 4.0
"""Standard deviations beyond which nobody is looked at."""
GEOID_M: Final = 20.0
"""The geoid's height changes by less along a way."""
MOST: Final = 500
"""Tracks told of at one look over the terrain or over an area, the likeliest."""
BELOW: Final = "below"
PREDICTED: Final = "predicted"


class Safe(NamedTuple):
    """A minimum safe altitude with its ground."""

    area: SafeAltitude
    ground: Ground


class _Low(NamedTuple):
    """What is known of k tracks at m times of their ways."""

    at: np.ndarray
    """Rows (k,)."""
    probability: Floats
    """Of being too low (k, m)."""
    above_m: Floats
    """Height above the limit (k, m); NaN where there is none."""


class TerrainRule:
    """Aircraft that are too low, or soon will be.

    Parameters
    ----------
    params : TerrainParams
    terrain : Terrain or None
    areas : list of Safe
        Those of `params`, with their ground.
    aerodromes : list of Ground
    """

    name: Final = "terrain"

    def __init__(
        self,
        params: TerrainParams,
        terrain: Terrain | None,
        areas: list[Safe],
        aerodromes: list[Ground],
    ) -> None:
        self.params = params
        self._terrain, self._areas, self._aerodromes = terrain, areas, aerodromes
        self._updates = Updates()
        self._left_out = [CLASSES.index(word) for word in params.left_out]
        n = int(np.ceil(params.ahead_s / STEP_S))
        self._times = np.linspace(0.0, params.ahead_s, n + 1)

    def look(self, sky: Sky) -> list[Finding]:
        """One finding for each track and what it is too low above."""
        settled = self._updates.note(sky) >= self.params.least_updates
        at = np.flatnonzero(self._is_watchable(sky) & settled)
        if not at.size:
            return []
        found: list[Finding] = []
        lowest_m = self._lowest_m(sky, at)
        if self._terrain is not None:
            highest = self._terrain.highest_m(sky.lat_rad[at], sky.lon_rad[at])
            near = at[lowest_m < highest + self.params.clearance_m]
            lat, lon = ways = self._ways(sky, near)
            floor = self._terrain.height_m(lat.ravel(), lon.ravel()).reshape(lat.shape)
            low = self._low(sky, near, ways, floor + self.params.clearance_m)
            found += self._findings(sky, low, None)
        for one in self._areas:
            near = at[lowest_m < one.area.altitude_m]
            lat, lon = ways = self._ways(sky, near)
            floor = one.area.altitude_m + undulation_m(lat, lon)
            low = self._low(sky, near, ways, floor, one.ground)
            found += self._findings(sky, low, one.area)
        return found

    def _is_watchable(self, sky: Sky) -> Mask:
        """Whether tracks (n,) are aircraft whose height and motion are known."""
        p, rows = self.params, sky.rows
        known = np.isfinite(sky.lat_rad + sky.lon_rad + sky.altitude_m)
        known &= np.hypot(rows.vn_mps, rows.ve_mps) >= p.least_speed_mps
        known &= (sky.quiet_s <= p.quiet_s) & ~np.isin(rows.target_class, self._left_out)
        for ground in self._aerodromes:
            known &= ~ground.holds(sky.lat_rad, sky.lon_rad)
        return known

    def _lowest_m(self, sky: Sky, at: np.ndarray) -> Floats:
        """Height above mean sea level (k,) that tracks in rows `at` surely stay above."""
        p = self.params
        lowest = sky.altitude_m[at] + np.minimum(self._climb(sky, at), 0.0) * p.ahead_s
        lowest -= SURELY * self._sigma(sky, at, p.ahead_s)[:, 0]
        return np.asarray(lowest - undulation_m(sky.lat_rad[at], sky.lon_rad[at]) - GEOID_M)

    def _climb(self, sky: Sky, at: np.ndarray) -> Floats:
        climb = np.nan_to_num(sky.rows.vu_mps[at])
        return np.where(np.abs(climb) < self.params.level_mps, 0.0, climb)

    def _sigma(self, sky: Sky, at: np.ndarray, times: float | Floats) -> Floats:
        """Return the standard deviation of heights above terrain (k, m)."""
        own = np.nan_to_num(sky.rows.sigma_u_m[at], nan=UNKNOWN_SIGMA_M)[:, None]
        drift = CLIMB_ERROR * self._climb(sky, at)[:, None] * np.atleast_1d(times)
        return np.asarray(np.sqrt(own**2 + drift**2 + TERRAIN_SIGMA_M**2))

    def _ways(self, sky: Sky, at: np.ndarray) -> tuple[Floats, Floats]:
        """Places (k, m) of the ways of tracks in rows `at`."""
        north, east = (v[at][:, None] * self._times for v in (sky.rows.vn_mps, sky.rows.ve_mps))
        lat, lon = moved(sky.lat_rad[at][:, None], sky.lon_rad[at][:, None], north, east)
        return np.clip(lat, -np.pi / 2, np.pi / 2), lon

    def _low(
        self, sky: Sky, at: np.ndarray, ways: tuple[Floats, Floats], limit_m: Floats,
        ground: Ground | None = None,
    ) -> _Low:  # fmt: skip
        """Those of the tracks in rows `at` that may be below limits (k, m), on a part of it."""
        climb = self._climb(sky, at)[:, None]
        above = sky.altitude_m[at][:, None] + climb * self._times - limit_m
        goes_on = np.where(climb < 0.0, np.exp(-self._times / self.params.level_off_s), 1.0)
        chance = normal_cdf(-above / self._sigma(sky, at, self._times)) * goes_on
        some = np.flatnonzero((chance >= self.params.keep_probability).any(axis=1))
        at, above, chance = at[some], above[some], chance[some]
        lat, lon = (part[some].ravel() for part in ways)
        counts = np.ones(lat.size, np.bool_) if ground is None else ground.holds(lat, lon)
        for aerodrome in self._aerodromes:
            counts &= ~aerodrome.holds(lat, lon)
        above = np.where(counts.reshape(above.shape), above, np.nan)
        return _Low(at, np.where(np.isnan(above), 0.0, chance), above)

    def _findings(self, sky: Sky, low: _Low, area: SafeAltitude | None) -> list[Finding]:
        p = self.params
        best = low.probability.max(axis=1, initial=0.0)
        climb, found = np.nan_to_num(sky.rows.vu_mps), []
        likely = np.flatnonzero(best >= p.keep_probability)
        n_more = max(0, likely.size - MOST)
        if n_more:
            likely = np.sort(likely[np.argsort(-best[likely], kind="stable")[:MOST]])
        for k in likely.tolist():
            i, chance = int(low.at[k]), low.probability[k]
            track = int(sky.rows.track[i])
            is_below = bool(chance[0] >= p.keep_probability)
            first = int(np.argmax(chance >= min(float(best[k]), p.raise_probability)))
            after_s = 0.0 if is_below else float(self._times[first])
            found.append(
                Finding(
                    f"{track}" if area is None else f"{area.name}-{track}",
                    (track,),
                    p.severity,
                    holds=bool(best[k] >= p.raise_probability),
                    event_time_s=float("nan") if is_below else round(sky.now_s + after_s, 1),
                    evidence={
                        "phase": BELOW if is_below else PREDICTED,
                        "probability": round(float(best[k]), 3),
                        "time_to_limit_s": round(after_s, 1),
                        **self._figures(low, k, area),
                        "climb_mps": round(float(climb[i]), 1),
                        **who_of(sky, i),
                        **({"tracks_left_out": n_more} if n_more else {}),
                    },
                )
            )
        return found

    def _figures(self, low: _Low, k: int, area: SafeAltitude | None) -> dict[str, Any]:
        """Heights of a track now and at the lowest of its way."""
        own = 0.0 if area is not None else self.params.clearance_m
        word = "above_terrain_m" if area is None else "above_safe_altitude_m"
        out: dict[str, Any] = {}
        if np.isfinite(low.above_m[k, 0]):
            out[word] = round(float(low.above_m[k, 0]) + own)
        out[f"least_{word}"] = round(float(np.nanmin(low.above_m[k])) + own)
        if area is None:
            out["clearance_m"] = round(self.params.clearance_m)
        else:
            out["area"] = area.name
            out["safe_altitude_m"] = round(area.altitude_m)
        return out
