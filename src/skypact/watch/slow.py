"""Slow objects: balloons, with where they drift, and drones near protected places.

A balloon moves with the air. Where the wind is known, its speed through the air is small at every
moment, which tells it from gliders that circle with the air and helicopters that stand in it. Where
the wind is not known, it is slower than aeroplanes fly, high up, and its velocity hardly changes.
Objects with an address or a code are left out unless asked for. What a track was is told with two
sets of limits, over minutes.
"""

from typing import Any, Final, NamedTuple

import numpy as np

from skypact.model.reports import REMOTEID, Floats, Longs
from skypact.model.tracks import CLASSES
from skypact.rules.common import Severity
from skypact.rules.slow import SlowParams
from skypact.units import DEGREE
from skypact.watch import wind_drift as drift
from skypact.watch.ground import Mask, geojson_of
from skypact.watch.noncooperative import Place
from skypact.watch.remembered import Remembered, places_in
from skypact.watch.sky import EARTH_M, Finding, Sky
from skypact.watch.who import who_of

_BALLOON, _DRONE = CLASSES.index("balloon"), CLASSES.index("drone")
_UNKNOWN: Final = (-1, CLASSES.index("unknown"))
_COASTING_S: Final = 30.0
_MOST_SIGMA_U_M: Final = 1_000.0
_FASTEST_MPS: Final = 150.0
_MOST_SIGMA_M: Final = 20_000.0
_FARTHEST_RAD: Final = 85.0 * DEGREE
"""What is faster, more uncertain or nearer to a pole has no forecast."""
_MOST_FORECASTS: Final = 2
"""Made at one look; the others' turn comes at the next ones."""
_LEAST_CHANGE_MPS: Final = 0.5
"""The mean velocity is known no better."""
_MOST_CHANGE_MPS: Final = 30.0
_MEANS: Final = ("north", "east", "climb", "change2", "air_n", "air_e", "air2")
_SOON_S: Final = 1_800.0
_STRAIGHT: Final = 0.85
_EDGE_M: Final = 1_000.0
"""A drone near a point stays there up to so much farther out."""
_RANKS: Final[tuple[Severity, ...]] = ("minor", "moderate", "severe", "extreme")


class _Forecast(NamedTuple):
    made_s: float
    event_s: float
    chance: float
    severe: bool
    told: dict[str, Any]
    area: dict[str, Any]


class SlowRule:
    """Balloons that are in or drift to watched places, drones near them.

    Parameters
    ----------
    params : SlowParams
    places : list of Place
        The union's territory (by that name) and areas.
    wind : Wind, optional
    """

    name: Final = "slow"

    def __init__(
        self, params: SlowParams, places: list[Place], wind: drift.Wind | None = None
    ) -> None:
        self.params = params
        self._places, self._wind = places, wind
        self._tracks = Remembered(
            begun_s=np.nan, time_s=np.nan, north=np.nan, east=np.nan, climb=0.0, speed=np.nan,
            change2=0.0, air_n=0.0, air_e=0.0, air2=0.0, said_s=-np.inf,
        )  # fmt: skip
        self._forecasts: dict[int, _Forecast] = {}

    def look(self, sky: Sky) -> list[Finding]:
        """One finding for each balloon and each drone."""
        self._note(sky)
        is_drone = self._are_drones(sky)
        may_be, surely = self._are_balloons(sky)
        at = np.flatnonzero(may_be & ~is_drone)
        self._forecast(sky, at)
        found = [
            self._balloon(sky, i, bool(surely[i]))
            for i in at.tolist()
            if self._matters(int(sky.rows.track[i]))
        ]
        return found + (self._drones(sky, is_drone) if self.params.drones else [])

    def _note(self, sky: Sky) -> None:
        """Follow the means of every track's motion."""
        rows, mem = sky.rows, self._tracks
        new = mem.follow(rows.track)
        mem["begun_s"][new] = rows.time_s[new]
        at = places_in(rows.track, sky.report_track)
        said = (at >= 0) & (sky.reports.kind == REMOTEID)
        np.maximum.at(mem["said_s"], at[said], sky.reports.time_s[said])
        gap_s = np.nan_to_num(rows.time_s - mem["time_s"])
        share = -np.expm1(-np.maximum(gap_s, 0.0) / self.params.follow_s)
        share = np.where(np.isfinite(rows.vn_mps + rows.ve_mps), share, 0.0)
        speed = np.hypot(rows.vn_mps, rows.ve_mps)
        for name, value in (("north", rows.vn_mps), ("east", rows.ve_mps), ("speed", speed)):
            begun = np.where(np.isfinite(mem[name]), mem[name], value)
            mem[name] = begun + share * np.nan_to_num(value - begun)
        change2 = (rows.vn_mps - mem["north"]) ** 2 + (rows.ve_mps - mem["east"]) ** 2
        north, east = self._through_air(sky)
        means = {"climb": rows.vu_mps, "change2": change2, "air_n": north, "air_e": east}
        for name, value in {**means, "air2": north**2 + east**2}.items():
            begun = mem[name].copy()
            begun[new] = np.nan_to_num(value[new])
            mem[name] = begun + share * np.nan_to_num(value - begun)
        mem["time_s"] = rows.time_s.copy()

    def _through_air(self, sky: Sky) -> tuple[Floats, Floats]:
        """Velocity through the air; NaN where the wind is not known."""
        if self._wind is None:
            unknown = np.full(sky.rows.track.size, np.nan)
            return unknown, unknown
        north, east = drift.wind_at(self._wind, sky.altitude_m)
        return sky.rows.vn_mps - north, sky.rows.ve_mps - east

    def _are_balloons(self, sky: Sky) -> tuple[Mask, Mask]:
        """Whether objects (n,) may still be balloons; whether they are enough to be told."""
        p, rows, mem = self.params, sky.rows, self._tracks
        known = rows.target_class == _BALLOON
        usable = (rows.existence >= p.least_existence) & ~(rows.p_ballistic > 0.5)
        usable &= np.isin(rows.target_class, _UNKNOWN) & ~(rows.sigma_u_m > _MOST_SIGMA_U_M)
        if not p.transponders:
            usable &= (rows.icao < 0) & (rows.mode3a < 0)
        usable &= (sky.altitude_m >= p.lower_m) & (sky.altitude_m <= p.upper_m)
        usable &= sky.now_s - mem["begun_s"] >= p.follow_s
        sigma = np.nan_to_num(np.hypot(rows.sigma_vn_mps, rows.sigma_ve_mps))
        sane = np.hypot(mem["north"], mem["east"]) <= _FASTEST_MPS
        sane &= ~(np.hypot(rows.sigma_n_m, rows.sigma_e_m) > _MOST_SIGMA_M)
        sane &= (np.abs(sky.lat_rad) <= _FARTHEST_RAD) & np.isfinite(sky.lon_rad)
        masks = []
        for more in (p.keep_share, 1.0):
            if self._wind is not None:
                drifts = np.sqrt(mem["air2"]) <= more * p.near_wind_mps + sigma
            else:
                drifts = np.hypot(mem["north"], mem["east"]) <= more * p.most_speed_mps
                drifts &= np.sqrt(mem["change2"]) <= more * p.most_change_mps + sigma
            masks.append(np.asarray(sane & (known | (usable & drifts)), np.bool_))
        return masks[0], masks[1] & (sky.quiet_s <= _COASTING_S)

    def _forecast(self, sky: Sky, at: Longs) -> None:
        """Make the forecasts whose turn it is."""
        number = {int(sky.rows.track[i]): int(i) for i in at}
        self._forecasts = {t: f for t, f in self._forecasts.items() if t in number}
        due = []
        for track, i in number.items():
            last = self._forecasts.get(track)
            if last is None or sky.now_s - last.made_s >= self.params.forecast_s:
                due.append((-np.inf if last is None else last.made_s, track, i))
        for _, track, i in sorted(due)[:_MOST_FORECASTS]:
            self._forecasts[track] = self._forecast_one(sky, i)

    def _forecast_one(self, sky: Sky, i: int) -> _Forecast:
        p, wind, now = self.params, *self._motion(sky, i)
        course = drift.forecast(now, wind, p)
        courses = drift.members(course)
        reaches = [(q.name, drift.reach_ground(courses, q.ground)) for q in self._places]
        points = [(q.name, drift.reach_point(courses, *q.centre, q.radius_m)) for q in p.point]
        comes = [r for _, r in reaches + points if r.probability >= p.reach_probability]
        soon = [r for _, r in points if r.probability >= 0.5 and r.after_s <= _SOON_S]
        best = max([r.probability for _, r in reaches + points], default=1.0)
        told = {
            "judged_by": "own motion" if wind is None else "wind",
            "forecast": drift.places_told(course),
            "reach": [
                {
                    "place": name,
                    "probability": round(r.probability, 2),
                    "after_min": round(r.after_s / 60.0),
                    "tenth_after_min": round(r.soonest_s / 60.0),
                }
                for name, r in reaches + points
                if r.probability >= p.keep_probability
            ],
        }
        coming_s = min((r.after_s for r in comes if r.after_s > 0.0), default=np.nan)
        area = geojson_of(drift.cone(course))
        return _Forecast(sky.now_s, sky.now_s + coming_s, best, bool(soon), told, area)

    def _motion(self, sky: Sky, i: int) -> tuple[drift.Wind | None, drift.Motion]:
        """Return the wind that is known for an object, and how it moved lately."""
        rows, mem = sky.rows, {name: float(self._tracks[name][i]) for name in _MEANS}
        height_m = float(sky.altitude_m[i])
        wind = self._wind if np.isfinite(height_m) else None
        velocity, change2 = (mem["north"], mem["east"]), mem["change2"]
        if wind is not None:  # of what rises, the wind lately was another one
            north, east = drift.wind_at(wind, np.array([height_m]))
            velocity = float(north[0]) + mem["air_n"], float(east[0]) + mem["air_e"]
            change2 = max(0.0, mem["air2"] - mem["air_n"] ** 2 - mem["air_e"] ** 2)
        sigmas = float(np.nan_to_num(rows.sigma_n_m[i])), float(np.nan_to_num(rows.sigma_e_m[i]))
        covariance = float(np.nan_to_num(rows.corr_ne[i])) * sigmas[0] * sigmas[1]
        place = float(sky.lat_rad[i]), float(sky.lon_rad[i]), float(np.nan_to_num(height_m))
        error = float(np.clip(np.sqrt(change2), _LEAST_CHANGE_MPS, _MOST_CHANGE_MPS))
        return wind, drift.Motion(*place, *velocity, mem["climb"], error, *sigmas, covariance)

    def _matters(self, track: int) -> bool:
        made = self._forecasts.get(track)
        return made is not None and made.chance >= self.params.keep_probability

    def _balloon(self, sky: Sky, i: int, is_sure: bool) -> Finding:
        p, mem = self.params, self._tracks
        track = int(sky.rows.track[i])
        made = self._forecasts[track]
        evidence: dict[str, Any] = {
            "what": "balloon",
            "drift_mps": round(float(np.hypot(mem["north"][i], mem["east"][i])), 1),
            "drift_to_deg": round(
                float(np.arctan2(mem["east"][i], mem["north"][i]) / DEGREE) % 360.0
            ),
            "velocity_change_rms_mps": round(float(np.sqrt(mem["change2"][i])), 1),
            "climb_mps": round(float(mem["climb"][i]), 1),
        }
        if self._wind is not None and np.isfinite(sky.altitude_m[i]):
            evidence["air_speed_rms_mps"] = round(float(np.sqrt(mem["air2"][i])), 1)
        severe = max(p.severity, "severe", key=_RANKS.index)
        return Finding(
            f"balloon-{track}",
            (track,),
            severe if made.severe else p.severity,
            holds=is_sure and made.chance >= p.reach_probability,
            event_time_s=round(made.event_s / 60.0) * 60.0 if np.isfinite(made.event_s)
            else np.nan,
            area=made.area,
            evidence={**evidence, **made.told, **who_of(sky, i)},
        )  # fmt: skip

    def _are_drones(self, sky: Sky) -> Mask:
        said = sky.now_s - self._tracks["said_s"] <= _COASTING_S
        return np.asarray(said | (sky.rows.target_class == _DRONE), np.bool_)

    def _may_be_drones(self, sky: Sky) -> Mask:
        """Whether objects (n,) without identity are low, slow and straight."""
        p, rows, mem = self.params, sky.rows, self._tracks
        sigma = np.nan_to_num(np.hypot(rows.sigma_vn_mps, rows.sigma_ve_mps))
        slow = (mem["speed"] - sigma >= p.drone_least_mps) & (mem["speed"] <= p.drone_most_mps)
        low = (sky.altitude_m <= p.drone_upper_m) & ~(rows.sigma_u_m > _MOST_SIGMA_U_M)
        straight = np.hypot(mem["north"], mem["east"]) >= _STRAIGHT * mem["speed"]
        nobody = (rows.icao < 0) & (rows.mode3a < 0) & (rows.callsign < 0)
        seen = (rows.existence >= p.least_existence) & np.isin(rows.target_class, _UNKNOWN)
        seen &= sky.now_s - mem["begun_s"] >= 0.5 * p.follow_s
        return np.asarray(slow & low & straight & nobody & seen, np.bool_)

    def _drones(self, sky: Sky, is_drone: Mask) -> list[Finding]:
        p = self.params
        use = is_drone | (self._may_be_drones(sky) if p.possible_drones else False)
        at = np.flatnonzero(use)
        found = []
        for i, (place, away_m, is_in) in zip(at.tolist(), self._near(sky, at), strict=True):
            if not place:
                continue
            track, sure = int(sky.rows.track[i]), bool(is_drone[i])
            least = min(p.drone_severity, "moderate", key=_RANKS.index)
            evidence: dict[str, Any] = {
                "what": "drone" if sure else "low slow object, maybe a drone",
                "place": place,
                "from_centre_m": round(away_m) if np.isfinite(away_m) else None,
                "says_so": bool(sky.now_s - self._tracks["said_s"][i] <= _COASTING_S),
            }
            found.append(
                Finding(
                    f"drone-{track}",
                    (track,),
                    p.drone_severity if sure else least,
                    holds=is_in and bool(sky.quiet_s[i] <= _COASTING_S),
                    evidence={**evidence, **who_of(sky, i)},
                )
            )
        return found

    def _near(self, sky: Sky, at: Longs) -> list[tuple[str, float, bool]]:
        """Where objects (k,) are: the place, metres from its centre, whether within it."""
        p = self.params
        lat, lon = sky.lat_rad[at], sky.lon_rad[at]
        out: list[tuple[str, float, bool]] = [("", np.nan, False)] * at.size
        for place in self._places:
            if place.name == "territory" and not p.drones_in_territory:
                continue
            for k in np.flatnonzero(place.ground.holds(lat, lon)).tolist():
                out[k] = place.name, np.nan, True
        for point in p.point:
            north = EARTH_M * (lat - point.centre[0] * DEGREE)
            turn = (lon - point.centre[1] * DEGREE + np.pi) % (2.0 * np.pi) - np.pi
            away_m = np.hypot(north, EARTH_M * turn * np.cos(lat))
            for k in np.flatnonzero(away_m <= point.radius_m + _EDGE_M).tolist():
                is_in = bool(away_m[k] <= point.radius_m)
                if is_in or not out[k][2]:
                    out[k] = point.name, float(away_m[k]), is_in
        return out
