"""Crossings of the union's outer border: coming, happened, left again.

The probability that an object crosses within the time ahead is a mean over courses: the track's own
error of the velocity and what aircraft change their course by make a normal distribution of
courses, of which fifteen equally likely parts are flown straight on. A course is kept for a time t
with probability exp(-t / mean), by height: near airports aircraft turn often. What is reached after
a turn does not count. Who turns now heads elsewhere soon. An object that comes back from outside
after it was counted is a new crossing; while a crossing is told, it must have been back on the
other side for ten seconds, so that who flies along the border crosses it once.
"""

from statistics import NormalDist
from typing import Final

import numpy as np

from skypact.model.reports import Floats
from skypact.rules.border import BorderParams
from skypact.units import DEGREE
from skypact.watch.ground import Ground, Mask
from skypact.watch.sky import Finding, Sky, moved
from skypact.watch.who import who_of

_SHARES: Final = 15
_NODES: Final = [NormalDist().inv_cdf((k + 0.5) / _SHARES) for k in range(_SHARES)]
BACK_S: Final = 10.0
"""Who crossed lately is back on the other side when it was there for so long."""
_TURN_S: Final = 5.0
"""Courses are compared over so long."""
_SIGMAS: Final = 2.0
COMING: Final = "coming"
CROSSED: Final = "crossed"
LEFT: Final = "left"


class BorderRule:
    """Objects that cross the outer border.

    Parameters
    ----------
    params : BorderParams
    territory : Ground
        Land of the union; its inner borders are no edges of it.
    """

    name: Final = "border"

    def __init__(self, params: BorderParams, territory: Ground) -> None:
        self.params = params
        self._territory = territory
        self._inside: dict[int, bool] = {}
        """The side that each track is on."""
        self._other_s: dict[int, float] = {}
        """Since when tracks are seen on the other side than that."""
        self._crossed: dict[int, tuple[float, str]] = {}
        """When a track crossed, and which way."""
        self._courses: dict[int, tuple[float, float, bool]] = {}
        """Time and course of each track some seconds ago, and whether it turned then."""

    def look(self, sky: Sky) -> list[Finding]:
        """Objects that will cross, and those that did within `inside_s`."""
        p, rows = self.params, sky.rows
        flies = ~(sky.altitude_m > p.upper_m)
        inside = flies & self._territory.holds(sky.lat_rad, sky.lon_rad)
        self._note(sky, inside.tolist())
        turns = self._turning(sky)
        found = [self._crossing(sky, i) for i in self._of_crossed(sky)]
        speed = np.hypot(rows.vn_mps, rows.ve_mps)
        moving = (
            flies & (speed >= p.least_speed_mps) & (np.ones_like(inside) if p.leaving else ~inside)
        )
        moving &= ~np.isin(rows.track, list(self._crossed))
        found += self._coming(sky, np.flatnonzero(moving), inside, turns)
        return found

    def _note(self, sky: Sky, inside: list[bool]) -> None:
        """Note who has crossed since the last look; forget tracks that are over."""
        now = dict(zip(sky.rows.track.tolist(), inside, strict=True))
        other_s, self._other_s = self._other_s, {}
        for track, is_in in now.items():
            before = self._inside.get(track)
            if before is not None and before != is_in:
                since_s = other_s.get(track, sky.now_s)
                if track in self._crossed and sky.now_s - since_s < BACK_S:
                    self._other_s[track], now[track] = since_s, before
                    continue
                if is_in or self.params.leaving:
                    self._crossed[track] = sky.now_s, CROSSED if is_in else LEFT
                else:
                    self._crossed.pop(track, None)
        keep_s = self.params.inside_s
        self._crossed = {
            t: (at_s, way)
            for t, (at_s, way) in self._crossed.items()
            if t in now and sky.now_s - at_s <= keep_s
        }
        self._inside = now

    def _of_crossed(self, sky: Sky) -> list[int]:
        return np.flatnonzero(np.isin(sky.rows.track, list(self._crossed))).tolist()

    def _crossing(self, sky: Sky, i: int) -> Finding:
        track = int(sky.rows.track[i])
        at_s, way = self._crossed[track]
        return Finding(
            str(track),
            (track,),
            self.params.severity,
            event_time_s=at_s,
            evidence={"phase": way, "probability": 1.0, **who_of(sky, i)},
        )

    def _turning(self, sky: Sky) -> Mask:
        """Whether tracks (n,) turn: by their courses now and `_TURN_S` ago, beyond the error."""
        rows, p = sky.rows, self.params
        course, sigma = np.arctan2(rows.ve_mps, rows.vn_mps), self._sigma(sky)
        now: dict[int, tuple[float, float, bool]] = {}
        for i, track in enumerate(rows.track.tolist()):
            begun = self._courses.get(track, (sky.now_s, float(course[i]), False))
            waited_s = sky.now_s - begun[0]
            if waited_s >= _TURN_S:
                change = abs((float(course[i]) - begun[1] + np.pi) % (2.0 * np.pi) - np.pi)
                limit = max(p.turning_dps * DEGREE * waited_s, _SIGMAS * float(sigma[i]))
                begun = sky.now_s, float(course[i]), bool(change > limit)
            now[track] = begun
        self._courses = now
        return np.array([turns for _, _, turns in now.values()], np.bool_)

    def _sigma(self, sky: Sky) -> Floats:
        """Error of courses (n,) as the tracks state it, radians."""
        rows = sky.rows
        error = np.hypot(np.nan_to_num(rows.sigma_vn_mps), np.nan_to_num(rows.sigma_ve_mps))
        return np.asarray(error / np.maximum(np.hypot(rows.vn_mps, rows.ve_mps), 1.0))

    def _coming(self, sky: Sky, at: np.ndarray, inside: np.ndarray, turns: Mask) -> list[Finding]:
        p = self.params
        probability, after_s = self._chances(sky, at)
        probability = np.where(turns[at], p.turning_share, 1.0) * probability
        found = []
        for place, i in enumerate(at.tolist()):
            chance = float(probability[place])
            if chance < p.keep_probability:
                continue
            track = int(sky.rows.track[i])
            found.append(
                Finding(
                    str(track),
                    (track,),
                    p.severity,
                    holds=chance >= p.raise_probability,
                    event_time_s=round(sky.now_s + float(after_s[place]), 1),
                    evidence={
                        "phase": COMING,
                        "way": "out" if inside[i] else "in",
                        "probability": round(chance, 3),
                        **who_of(sky, i),
                    },
                )
            )
        return found

    def _chances(self, sky: Sky, at: np.ndarray) -> tuple[Floats, Floats]:
        """Probability (k,) of crossing within the time ahead; mean time until then, seconds."""
        p, rows = self.params, sky.rows
        speed = np.hypot(rows.vn_mps[at], rows.ve_mps[at])
        course = np.arctan2(rows.ve_mps[at], rows.vn_mps[at])
        sigma = np.hypot(self._sigma(sky)[at], p.course_sigma_deg * DEGREE)
        height_m, mean_s = np.array(p.kept_s).T
        height = np.nan_to_num(sky.altitude_m[at], nan=float(height_m[-1]))
        kept_s = np.interp(height, height_m, mean_s)
        probability, total_s = np.zeros(at.size), np.zeros(at.size)
        for node in _NODES:
            way = course + node * sigma
            reach = speed * p.ahead_s
            to = moved(sky.lat_rad[at], sky.lon_rad[at], reach * np.cos(way), reach * np.sin(way))
            share = self._territory.first_edge(sky.lat_rad[at], sky.lon_rad[at], *to)
            after_s = np.nan_to_num(share) * p.ahead_s
            chance = np.isfinite(share) * np.exp(-after_s / kept_s) / _SHARES
            probability += chance
            total_s += chance * after_s
        return probability, total_s / np.maximum(probability, 1e-12)
