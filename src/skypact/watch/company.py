"""Which tracks are worth comparing: settled ones, no formations, no two of one aircraft."""

from typing import Final

import numpy as np

from skypact.model.reports import Floats, Longs
from skypact.rules.conflict import ConflictParams
from skypact.units import FOOT, NAUTICAL_MILE
from skypact.watch.pairs import Ways, pairs_near
from skypact.watch.sky import Sky

KEEPS: Final = 1.5
"""A formation stays one while it is so many times wider than it may begin, and its velocities
differ so many times more."""
TWIN_M: Final = 500.0
"""Two tracks that fly so near with one velocity and no different identity may be one aircraft."""
COASTING_M: Final = NAUTICAL_MILE
"""And so near where one of them is no longer seen."""
COASTING_S: Final = 15.0
"""Longer than a turn of most radars."""
TWIN_MPS: Final = 20.0
TWIN_HEIGHT_M: Final = 150.0
SETTLED_S: Final = 120.0
"""A track that is so old when it is first seen is settled."""
SETTLED: Final = 1_000_000
CONSPICUITY: Final = frozenset({0, 1000, 2000, 7000})
"""Codes that say nothing about who it is (ICAO EUR Doc 023; 1000 is that of Mode S flights)."""

Pair = tuple[int, int]


class Updates:
    """Counts the updates of tracks, as looks see them."""

    def __init__(self) -> None:
        self._track = np.zeros(0, np.int64)
        self._time_s = np.zeros(0)
        self._count = np.zeros(0, np.int64)

    def note(self, sky: Sky) -> Longs:
        """Count for the tracks of a look (n,); those that are gone are forgotten."""
        rows = sky.rows
        place = np.searchsorted(self._track, rows.track)
        known = place < self._track.size
        known[known] = self._track[place[known]] == rows.track[known]
        count = np.where(rows.age_s >= SETTLED_S, SETTLED, 1)
        before = place[known]
        count[known] = self._count[before] + (rows.time_s[known] > self._time_s[before])
        self._track, self._time_s, self._count = rows.track.copy(), rows.time_s.copy(), count
        return count


class Formations:
    """Remembers since when pairs fly together."""

    def __init__(self, params: ConflictParams) -> None:
        self._params = params
        self._since_s: dict[Pair, float] = {}

    def note(self, sky: Sky, at: np.ndarray, ways: Ways, height_m: Floats) -> None:
        """Look at tracks in rows `at`, with their ways and heights (NaN: any)."""
        p = self._params
        if not p.formation_nm:
            return
        reach = np.full(at.size, 0.5 * KEEPS * p.formation_nm * NAUTICAL_MILE)
        half = 0.5 * KEEPS * p.formation_height_ft * FOOT
        low = np.nan_to_num(height_m - half, nan=-np.inf)
        high = np.nan_to_num(height_m + half, nan=np.inf)
        i, j = pairs_near(ways, low, high, reach, 0.0)
        apart = np.linalg.norm(ways.place_m[i] - ways.place_m[j], axis=1)
        differ = np.linalg.norm(ways.velocity_mps[i] - ways.velocity_mps[j], axis=1)
        may_begin = (apart <= p.formation_nm * NAUTICAL_MILE) & (differ <= p.formation_mps)
        may_begin &= ~(np.abs(height_m[i] - height_m[j]) > p.formation_height_ft * FOOT)
        stays = differ <= KEEPS * p.formation_mps
        tracks = sky.rows.track[at]
        before, now = self._since_s, {}
        for k in np.flatnonzero(stays).tolist():
            pair = int(tracks[i[k]]), int(tracks[j[k]])
            if pair in before or may_begin[k]:
                now[pair] = before.get(pair, sky.now_s)
        self._since_s = now

    def is_one(self, pair: Pair, now_s: float, was_told: bool) -> bool:
        """Whether a pair is a formation: one whose conflict was told must fly so for a while."""
        since_s = self._since_s.get(pair)
        if since_s is None:
            return False
        return not was_told or now_s - since_s >= self._params.formation_s


def is_same(
    sky: Sky, i: int, j: int, apart_m: float, differ_mps: float, gap_m: float, was_told: bool
) -> bool:
    """Whether the tracks in rows i and j are probably of one aircraft.

    Two that were in conflict before are two, unless one of them is no longer seen.
    """
    rows = sky.rows
    if rows.icao[i] >= 0 and rows.icao[j] >= 0:
        return bool(rows.icao[i] == rows.icao[j])
    codes = {int(rows.mode3a[i]), int(rows.mode3a[j])}
    if len(codes) == 2 and min(codes) >= 0 and not codes & CONSPICUITY:
        return False
    if differ_mps > TWIN_MPS or gap_m > TWIN_HEIGHT_M:
        return False
    coasting = bool(sky.quiet_s[i] > COASTING_S) != bool(sky.quiet_s[j] > COASTING_S)
    if coasting:
        return apart_m < COASTING_M
    return not was_told and apart_m < TWIN_M
