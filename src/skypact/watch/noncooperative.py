"""Objects without any identity, and aircraft whose transponders fell silent.

Silence says something only where an answer would have been heard: what counts are reports by
sensors that had answers of others lately. An answer is whatever a transponder or a broadcast of the
object itself brought, readable or not, so that garbled replies are not silence. Clutter and birds
are told from aircraft by speed, by the way they came and by its straightness, which is the length
of the mean velocity over the mean speed, both exponential means of a minute.
"""

from typing import Any, Final, NamedTuple

import numpy as np

from skypact.model.reports import ADSB, MLAT, MODES, PSR_SSR, REMOTEID, SSR, Floats, Longs
from skypact.rules.common import Severity
from skypact.rules.noncooperative import NoncooperativeParams
from skypact.watch.ground import Ground, Mask
from skypact.watch.remembered import Remembered, places_in
from skypact.watch.sky import EARTH_M, Finding, Sky, moved
from skypact.watch.who import who_of

_ANSWERS: Final = (SSR, PSR_SSR, MODES, MLAT, ADSB, REMOTEID)
_MEAN_S: Final = 60.0
_SIGMAS: Final = 2.0
"""The speed is above the least one by so many standard deviations."""
_COASTING_S: Final = 20.0
"""What was not seen for so long raises nothing."""
_RANKS: Final[tuple[Severity, ...]] = ("minor", "moderate", "severe", "extreme")


class Place(NamedTuple):
    """A part of the ground that objects are watched in."""

    name: str
    ground: Ground


class NoncooperativeRule:
    """Objects that do not say who they are, in or on the way to watched places.

    Parameters
    ----------
    params : NoncooperativeParams
    places : list of Place
        The union's territory, watched areas.
    """

    name: Final = "noncooperative"

    def __init__(self, params: NoncooperativeParams, places: list[Place]) -> None:
        self.params = params
        self._places = places
        self._tracks = Remembered(
            answer_s=-np.inf, n_silent=0.0, sensor=-1.0, lat=np.nan, lon=np.nan, travel_m=0.0,
            north=np.nan, east=np.nan, speed=np.nan,
        )  # fmt: skip
        self._heard_s = np.zeros(0)
        """When each sensor last had an answer of anybody."""
        self._looked_s = -np.inf

    def look(self, sky: Sky) -> list[Finding]:
        """One finding for each object that does not answer, and each that stopped."""
        self._note_motion(sky)
        self._note_answers(sky)
        p, rows, mem = self.params, sky.rows, self._tracks
        anonymous = (rows.icao < 0) & (rows.mode3a < 0) & (rows.callsign < 0)
        silence_s = sky.now_s - mem["answer_s"]
        silent = anonymous & (silence_s >= p.silent_s)
        if p.lost:
            silent |= ~anonymous & (silence_s >= p.lost_after_s)
        silent &= (mem["n_silent"] >= p.least_reports) & self._would_hear(sky)
        at = np.flatnonzero(silent & self._flies(sky))
        return self._found(sky, at, anonymous)

    def _note_motion(self, sky: Sky) -> None:
        rows, mem = sky.rows, self._tracks
        new = mem.follow(rows.track)
        known = (rows.icao >= 0) | (rows.mode3a >= 0) | (rows.callsign >= 0)
        mem["answer_s"][new] = np.where(known[new], rows.time_s[new], -np.inf)
        speed = np.hypot(rows.vn_mps, rows.ve_mps)
        for name, value in (("north", rows.vn_mps), ("east", rows.ve_mps), ("speed", speed)):
            begun = np.where(np.isfinite(mem[name]), mem[name], value)
            share = 1.0 - np.exp(-max(0.0, sky.now_s - self._looked_s) / _MEAN_S)
            mem[name] = begun + share * (np.nan_to_num(value, nan=0.0) - begun)
        for name, value in (("lat", sky.lat_rad), ("lon", sky.lon_rad)):
            mem[name][new] = value[new]
        north_m = EARTH_M * (sky.lat_rad - mem["lat"])
        turn = (sky.lon_rad - mem["lon"] + np.pi) % (2.0 * np.pi) - np.pi
        away_m = np.hypot(north_m, EARTH_M * turn * np.cos(sky.lat_rad))
        mem["travel_m"] = np.maximum(mem["travel_m"], np.nan_to_num(away_m))
        self._looked_s = sky.now_s

    def _note_answers(self, sky: Sky) -> None:
        reports, mem = sky.reports, self._tracks
        if not reports.time_s.size:
            return
        answered = np.isin(reports.kind, _ANSWERS) | (reports.icao >= 0) | (reports.mode3a >= 0)
        answered |= (reports.callsign >= 0) | np.isfinite(reports.baro_altitude_m)
        n_sensors = int(reports.sensor.max()) + 1
        if n_sensors > self._heard_s.size:
            more = np.full(n_sensors - self._heard_s.size, -np.inf)
            self._heard_s = np.concatenate((self._heard_s, more))
        np.maximum.at(self._heard_s, reports.sensor[answered], reports.time_s[answered])
        row = places_in(sky.rows.track, sky.report_track)
        spoke = answered & (row >= 0)
        mem["n_silent"][row[spoke]] = 0.0
        np.maximum.at(mem["answer_s"], row[spoke], reports.time_s[spoke])
        hears = sky.now_s - self._heard_s[reports.sensor] <= self.params.answers_within_s
        quiet = ~answered & (row >= 0) & (hears | self.params.any_sensor)
        quiet[quiet] = reports.time_s[quiet] > mem["answer_s"][row[quiet]]
        np.add.at(mem["n_silent"], row[quiet], 1.0)
        mem["sensor"][row[quiet]] = reports.sensor[quiet]

    def _would_hear(self, sky: Sky) -> Mask:
        """Whether who reported objects (n,) without an answer hears those of others still."""
        sensor = self._tracks["sensor"].astype(np.int64)
        if self.params.any_sensor or not self._heard_s.size:
            return np.asarray(sensor >= 0)
        heard_s = np.where(sensor >= 0, self._heard_s[np.maximum(sensor, 0)], -np.inf)
        return np.asarray(sky.now_s - heard_s <= self.params.answers_within_s)

    def _flies(self, sky: Sky) -> Mask:
        """Whether objects (n,) move as aircraft do."""
        p, rows, mem = self.params, sky.rows, self._tracks
        speed = np.hypot(rows.vn_mps, rows.ve_mps)
        error = np.hypot(np.nan_to_num(rows.sigma_vn_mps), np.nan_to_num(rows.sigma_ve_mps))
        flies = (speed - _SIGMAS * error >= p.least_speed_mps) & (speed <= p.most_speed_mps)
        flies &= (rows.age_s >= p.least_age_s) & (mem["travel_m"] >= p.least_travel_m)
        flies &= self._straightness() >= p.keep_straightness
        flies &= (rows.existence >= p.least_existence) & ~(rows.p_ballistic > 0.5)
        low, high = sky.altitude_m < p.lower_m, sky.altitude_m > p.upper_m
        return np.asarray(flies & ~(low | high), np.bool_)

    def _straightness(self) -> Floats:
        mem = self._tracks
        return np.hypot(mem["north"], mem["east"]) / np.maximum(mem["speed"], 1e-6)

    def _found(self, sky: Sky, at: Longs, anonymous: Mask) -> list[Finding]:
        p, mem = self.params, self._tracks
        where, after_s = self._where(sky, at)
        straight = self._straightness()
        found = []
        for k in np.flatnonzero(where >= 0).tolist():
            i = int(at[k])
            is_in, is_new = after_s[k] == 0.0, bool(anonymous[i])
            track = int(sky.rows.track[i])
            evidence: dict[str, Any] = {
                "what": "no identity" if is_new else "lost transponder",
                "phase": "inside" if is_in else "approaching",
                "place": self._places[int(where[k])].name,
                "reports_without_answer": int(mem["n_silent"][i]),
                "straightness": round(float(straight[i]), 2),
            }
            if np.isfinite(mem["answer_s"][i]):
                evidence["silent_s"] = round(sky.now_s - float(mem["answer_s"][i]), 1)
            steady = straight[i] >= p.straightness and sky.quiet_s[i] <= _COASTING_S
            found.append(
                Finding(
                    str(track) if is_new else f"{track}-lost",
                    (track,),
                    _severity(p.severity, is_in and is_new),
                    holds=bool(steady),
                    event_time_s=np.nan if is_in else round(sky.now_s + float(after_s[k]), 1),
                    evidence={**evidence, **who_of(sky, i)},
                )
            )
        return found

    def _where(self, sky: Sky, at: Longs) -> tuple[Longs, Floats]:
        """Which place objects (k,) are in or come to first, -1 for none; seconds until then."""
        rows, ahead_s = sky.rows, self.params.approach_s
        lat, lon = sky.lat_rad[at], sky.lon_rad[at]
        to = moved(lat, lon, rows.vn_mps[at] * ahead_s, rows.ve_mps[at] * ahead_s)
        where, soonest_s = np.full(at.size, -1), np.full(at.size, np.inf)
        for number, place in enumerate(self._places):
            inside = place.ground.holds(lat, lon)
            after_s = np.zeros(at.size)
            out = np.flatnonzero(~inside)
            after_s[out] = ahead_s * place.ground.first_edge(
                lat[out], lon[out], to[0][out], to[1][out]
            )
            sooner = np.nan_to_num(after_s, nan=np.inf) < soonest_s
            where[sooner], soonest_s[sooner] = number, after_s[sooner]
        return where.astype(np.int64), soonest_s


def _severity(inside: Severity, is_full: bool) -> Severity:
    """Return the severity of what is inside and unknown; of anything less it is moderate."""
    return inside if is_full else min(inside, "moderate", key=_RANKS.index)
