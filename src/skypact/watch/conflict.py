"""Short-term conflict alert: two aircraft come, or are, nearer than the separation minima.

Minima are those of ICAO Doc 4444, 5.3.2 and 8.7.3; the alert is that of 15.7.2 and of the
EUROCONTROL Guidelines for Short Term Conflict Alert (EUROCONTROL-GUID-159). Both fly straight on;
the probability is that of Paielli and Erzberger (1997), of place and height at one instant, the
largest within the time ahead (`watch.separation`). Pressure altitudes are compared where both have
one, heights above the ellipsoid otherwise. Climbs and descents end at levels that nobody knows, so
that those far ahead count less. A conflict is `predicted` or `infringed`; `least_distance_m` and
`least_height_apart_m` are the minima less the tolerances. An aircraft in a zone has the minima of
the first that holds it; of two with different minima the greater count.

Silent are aircraft below the floor outside zones, tracks that are young or not updated, objects of
unknown height unless asked for, pairs of exempt aircraft, pairs in a zone that is not watched,
formations, and two tracks of probably one aircraft: one address, or one of them coasting beside
the other. Two that come together after their conflict was told stay told until they have flown as
a formation for `formation_s`. A pair that parts raises no alert unless it is nearer than half the
minimum. At most 500 pairs are told at one look, the soonest; `pairs_left_out` says how many more
there are.
"""

import math
from typing import Any, Final, NamedTuple

import numpy as np

from skypact.model.reports import Floats, unpack_callsign
from skypact.model.tracks import CLASSES
from skypact.rules.conflict import ConflictExempt, ConflictParams, ConflictZone
from skypact.units import FLIGHT_LEVEL, FOOT, NAUTICAL_MILE
from skypact.watch.company import Formations, Pair, Updates, is_same
from skypact.watch.ground import Ground, Mask
from skypact.watch.pairs import Ways, pairs_near, ways_of
from skypact.watch.separation import (
    CLIMB_ERROR,
    Course,
    Pairs,
    course_of,
    errors_of,
    may_meet,
    reach_of,
    take_pairs,
)
from skypact.watch.sky import Finding, Sky
from skypact.watch.who import who_of

RVSM_FL: Final = 410.0
NO_RVSM_FL: Final = 290.0
BARO_SIGMA_M: Final = 15.0
"""Of a pressure altitude beside others: its steps of 25 or 100 ft and the altimeter's noise."""
UNKNOWN_SIGMA_M: Final = 100.0
"""Of a geometric height whose error nobody states."""
MOST_MPS: Final = 1_000.0
"""Faster objects are no aircraft."""
GROUND_MPS: Final = 30.0
"""Slower ones below the floor are on the ground or hover."""
WIDEST_M: Final = 5_000.0
"""Errors widen the search for pairs by so much at most."""
PARTING_MPS: Final = 5.0
"""Pairs whose distance grows so fast part."""
PARTING_SHARE: Final = 0.5
"""Of the minimum: nearer pairs are told even if they part."""
MOST_PAIRS: Final = 500
"""Pairs told of at one look, the soonest; forged tracks can make thousands."""
INFRINGED: Final = "infringed"
PREDICTED: Final = "predicted"


class Zone(NamedTuple):
    """A zone with its ground."""

    zone: ConflictZone
    ground: Ground


class Flying(NamedTuple):
    """What a look knows of tracks (n,), beside the sky."""

    vn_mps: Floats
    ve_mps: Floats
    climb_mps: Floats
    """0 where level or unknown."""
    baro_m: Floats
    """Pressure altitude, carried on."""
    level_m: Floats
    """It, or the geometric height where there is none."""
    zone: np.ndarray
    """The first zone that holds it, -1 for none."""
    least_m: Floats
    """Horizontal minimum that holds for it."""
    least_gap_m: Floats


class _Pair(NamedTuple):
    """One pair: what `Pairs` and `Course` tell of it."""

    first: int
    second: int
    east_m: float
    north_m: float
    ve_mps: float
    vn_mps: float
    gap_m: float
    climb_mps: float
    n_climbing: float
    gap_sigma_m: float
    climb_sigma_mps: float
    is_baro: bool
    least_m: float
    least_gap_m: float
    probability: float
    now: float
    begins_s: float
    closest_s: float
    closest_m: float
    closest_gap_m: float

    @property
    def apart_m(self) -> float:
        """Distance along the ground."""
        return math.hypot(self.east_m, self.north_m)

    @property
    def closing_mps(self) -> float:
        """Metres a second by which it falls."""
        along = self.east_m * self.ve_mps + self.north_m * self.vn_mps
        return -along / max(self.apart_m, 1.0)

    @property
    def parts(self) -> bool:
        """Whether the two are not very near and come apart, in height as well."""
        nears = self.gap_m * self.climb_mps < 0.0
        far = self.apart_m > PARTING_SHARE * self.least_m
        return far and self.closing_mps < -PARTING_MPS and not nears


class ConflictRule:
    """Pairs of aircraft that are in conflict, or will be.

    Parameters
    ----------
    params : ConflictParams
    zones : list of Zone
        Those of `params`, with their ground.
    """

    name: Final = "conflict"

    def __init__(self, params: ConflictParams, zones: list[Zone]) -> None:
        self.params = params
        self._zones = zones
        self._formations = Formations(params)
        self._updates = Updates()
        self._told: set[Pair] = set()
        """Pairs that were in conflict at the last look."""
        self._left_out = [CLASSES.index(word) for word in params.left_out]

    def look(self, sky: Sky) -> list[Finding]:
        """One finding for each pair of tracks."""
        flying = self._flying(sky)
        settled = self._updates.note(sky) >= self.params.least_updates
        at = np.flatnonzero(self._is_watchable(sky, flying) & settled)
        ways = ways_of(sky.lat_rad[at], sky.lon_rad[at], flying.vn_mps[at], flying.ve_mps[at])
        self._formations.note(sky, at, ways, flying.level_m[at])
        chosen = np.flatnonzero(self._is_eligible(sky, flying, at))
        at, ways = at[chosen], Ways(*(part[chosen] for part in ways))
        pairs, course = self._courses(sky, flying, at, ways)
        likely = np.flatnonzero(course.probability >= self.params.keep_probability)
        n_more = max(0, likely.size - MOST_PAIRS)
        if n_more:
            likely = np.sort(
                likely[np.argsort(course.begins_s[likely], kind="stable")[:MOST_PAIRS]]
            )
        columns = (column[likely].tolist() for column in (*pairs, *course))
        found, told = [], set()
        for one in map(_Pair._make, zip(*columns, strict=True)):
            finding = self._finding(sky, one, n_more)
            if finding is None:
                continue
            found.append(finding)
            pair = finding.tracks[0], finding.tracks[1]
            if finding.holds or pair in self._told:
                told.add(pair)
        self._told = told
        return found

    def _flying(self, sky: Sky) -> Flying:
        p, rows = self.params, sky.rows
        climb = np.nan_to_num(rows.vu_mps)
        baro = rows.baro_altitude_m + climb * sky.quiet_s
        climb = np.where(np.abs(climb) < p.level_mps, 0.0, climb)
        level = np.where(np.isfinite(baro), baro, sky.altitude_m)
        zone = np.full(level.size, -1)
        distance = np.full(level.size, p.distance_nm)
        upper = level > (RVSM_FL if p.rvsm else NO_RVSM_FL) * FLIGHT_LEVEL + 50.0 * FOOT
        height = np.where(upper, p.upper_height_ft, p.height_ft)
        heights = np.where(np.isfinite(sky.altitude_m), sky.altitude_m, level)
        for number, (one, ground) in reversed(list(enumerate(self._zones))):
            inside = ground.holds(sky.lat_rad, sky.lon_rad)
            inside &= ~((heights < one.lower_m) | (heights > one.upper_m))
            zone[inside] = number
            distance[inside], height[inside] = one.distance_nm, one.height_ft
        distance = np.maximum(distance - p.distance_tolerance_nm, 0.0)
        height = np.maximum(height - p.height_tolerance_ft, 0.0)
        return Flying(
            rows.vn_mps, rows.ve_mps, climb, baro, level, zone, distance * NAUTICAL_MILE,
            height * FOOT,
        )  # fmt: skip

    def _is_watchable(self, sky: Sky, flying: Flying) -> Mask:
        """Whether tracks (n,) are aircraft whose place and motion are known."""
        speed = np.hypot(flying.vn_mps, flying.ve_mps)
        there = (speed < MOST_MPS) & np.isfinite(sky.lat_rad) & np.isfinite(sky.lon_rad)
        there &= (sky.quiet_s <= self.params.quiet_s) & (np.abs(flying.climb_mps) < MOST_MPS)
        known: Mask = there & ~np.isin(sky.rows.target_class, self._left_out)
        return known

    def _is_eligible(self, sky: Sky, flying: Flying, at: np.ndarray) -> Mask:
        """Whether tracks in rows `at` are high enough or in a zone."""
        level = flying.level_m[at]
        high = level >= self.params.floor_fl * FLIGHT_LEVEL
        if self.params.unknown_height:
            high |= np.isnan(level)
        speed = np.hypot(flying.vn_mps[at], flying.ve_mps[at])
        in_zone = (flying.zone[at] >= 0) & (speed >= GROUND_MPS)
        if not self.params.unknown_height:
            in_zone &= np.isfinite(level)
        eligible: Mask = high | in_zone
        return eligible

    def _courses(
        self, sky: Sky, flying: Flying, at: np.ndarray, ways: Ways
    ) -> tuple[Pairs, Course]:
        p = self.params
        errors = errors_of(sky.rows, sky.quiet_s, p)
        reach = 0.5 * flying.least_m[at] + np.minimum(reach_of(errors, p)[at], WIDEST_M)
        low, high = self._heights(sky, flying, at)
        i, j = pairs_near(ways, low, high, reach, p.ahead_s)
        pairs = self._pairs(sky, flying, ways, at, (i, j))
        pairs = take_pairs(pairs, may_meet(pairs, errors, p))
        return pairs, course_of(pairs, errors, p)

    def _heights(self, sky: Sky, flying: Flying, at: np.ndarray) -> tuple[Floats, Floats]:
        """Least and largest heights (k,) within the time ahead, widened by half the minimum."""
        p = self.params
        baro, level, altitude = flying.baro_m[at], flying.level_m[at], sky.altitude_m[at]
        mixed = bool(np.isnan(baro).any())
        least = np.fmin(baro, altitude) if mixed else level
        most = np.fmax(baro, altitude) if mixed else level
        climb = flying.climb_mps[at] * p.ahead_s * (1.0 + CLIMB_ERROR)
        least, most = least + np.minimum(climb, 0.0), most + np.maximum(climb, 0.0)
        sigma = np.where(
            np.isfinite(baro), BARO_SIGMA_M, np.nan_to_num(sky.rows.sigma_u_m[at], nan=100.0)
        )
        split = (RVSM_FL if p.rvsm else NO_RVSM_FL) * FLIGHT_LEVEL - p.upper_height_ft * FOOT
        half = np.where(most > split, max(p.upper_height_ft, p.height_ft), p.height_ft) * FOOT
        half = np.maximum(half - p.height_tolerance_ft * FOOT, flying.least_gap_m[at]) / 2.0
        half = half + np.minimum(sigma, WIDEST_M)
        unknown = np.isnan(level)
        return np.where(unknown, -np.inf, least - half), np.where(unknown, np.inf, most + half)

    def _pairs(
        self, sky: Sky, flying: Flying, ways: Ways, at: np.ndarray,
        found: tuple[np.ndarray, np.ndarray],
    ) -> Pairs:  # fmt: skip
        """Pairs as the first of each sees the second, without those in a silent zone."""
        silent = np.array([not one.zone.watched for one in self._zones] + [False])
        zone = flying.zone[at]
        keep = ~((zone[found[0]] == zone[found[1]]) & silent[zone[found[0]]])
        i, j = found[0][keep], found[1][keep]
        apart = ways.place_m[j] - ways.place_m[i]
        moves = ways.velocity_mps[j] - ways.velocity_mps[i]
        east, north = ways.east[i], ways.north[i]
        a, b = at[i], at[j]
        is_baro = np.isfinite(flying.baro_m[a]) & np.isfinite(flying.baro_m[b])
        gap = np.where(
            is_baro, flying.baro_m[b] - flying.baro_m[a], sky.altitude_m[b] - sky.altitude_m[a]
        )
        sigma = np.minimum(np.nan_to_num(sky.rows.sigma_u_m, nan=UNKNOWN_SIGMA_M), WIDEST_M)
        sigma = np.hypot(sigma[a], sigma[b])
        climb = flying.climb_mps
        return Pairs(
            first=a, second=b,
            east_m=(apart * east).sum(axis=1), north_m=(apart * north).sum(axis=1),
            ve_mps=(moves * east).sum(axis=1), vn_mps=(moves * north).sum(axis=1),
            gap_m=gap, climb_mps=climb[b] - climb[a],
            n_climbing=(climb[a] != 0.0).astype(np.float64) + (climb[b] != 0.0),
            gap_sigma_m=np.where(is_baro, np.sqrt(2.0) * BARO_SIGMA_M, sigma),
            climb_sigma_mps=CLIMB_ERROR * np.hypot(climb[a], climb[b]),
            is_baro=is_baro,
            least_m=np.maximum(flying.least_m[a], flying.least_m[b]),
            least_gap_m=np.maximum(flying.least_gap_m[a], flying.least_gap_m[b]),
        )  # fmt: skip

    def _finding(self, sky: Sky, pair: _Pair, n_more: int) -> Finding | None:
        """Return what is found of a pair, None where it is silent."""
        p = self.params
        tracks = int(sky.rows.track[pair.first]), int(sky.rows.track[pair.second])
        was_told = tracks in self._told
        if math.isnan(pair.gap_m) and not p.unknown_height:
            return None
        if self._formations.is_one(tracks, sky.now_s, was_told):
            return None
        if self._is_exempt(sky, pair.first, pair.second):
            return None
        differ = math.hypot(pair.ve_mps, pair.vn_mps)
        if is_same(sky, pair.first, pair.second, pair.apart_m, differ, abs(pair.gap_m), was_told):
            return None
        is_in = pair.now >= (p.keep_probability if was_told else p.raise_probability)
        begins_s = 0.0 if is_in else pair.begins_s
        soon = is_in or begins_s <= p.imminent_s
        return Finding(
            f"{tracks[0]}-{tracks[1]}",
            tracks,
            p.severity if soon else "moderate",
            holds=pair.probability >= p.raise_probability and not pair.parts,
            event_time_s=math.nan if is_in else round(sky.now_s + begins_s, 1),
            evidence={
                "phase": INFRINGED if is_in else PREDICTED,
                "probability": round(pair.probability, 3),
                **_figures(pair, begins_s),
                "first": who_of(sky, pair.first),
                "second": who_of(sky, pair.second),
                **({"pairs_left_out": n_more} if n_more else {}),
            },
        )

    def _is_exempt(self, sky: Sky, i: int, j: int) -> bool:
        for group in self.params.exempt:
            one, other = _belongs(group, sky, i), _belongs(group, sky, j)
            if (one and other) or (group.wholly and (one or other)):
                return True
        return False


def _figures(pair: _Pair, begins_s: float) -> dict[str, Any]:
    out: dict[str, Any] = {
        "time_to_conflict_s": round(begins_s, 1),
        "time_to_closest_s": round(pair.closest_s, 1),
        "distance_m": round(pair.apart_m),
        "closest_distance_m": round(pair.closest_m),
        "least_distance_m": round(pair.least_m),
        "least_height_apart_m": round(pair.least_gap_m),
        "closing_mps": round(pair.closing_mps, 1),
        "heights": "unknown",
    }
    if math.isfinite(pair.gap_m):
        out["height_apart_m"] = round(abs(pair.gap_m))
        out["closest_height_apart_m"] = round(pair.closest_gap_m)
        out["heights"] = "barometric" if pair.is_baro else "geometric"
    return out


def _belongs(group: ConflictExempt, sky: Sky, i: int) -> bool:
    """Whether the track in row i is of a group."""
    rows = sky.rows
    code = int(rows.mode3a[i])
    for entry in group.codes if code >= 0 else ():
        low, _, high = entry.partition("-")
        if int(low) <= code <= int(high or low):
            return True
    if rows.icao[i] >= 0 and f"{int(rows.icao[i]):06X}" in {a.upper() for a in group.addresses}:
        return True
    name = unpack_callsign(int(rows.callsign[i])) if rows.callsign[i] >= 0 else ""
    return any(name.startswith(word.upper()) for word in group.callsigns)
