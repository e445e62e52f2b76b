"""Motion that no aircraft is capable of.

Tracks are judged by what is sure: speed and acceleration less three standard deviations. What moves
ballistically and is seen by radars is another rule's matter; what only says so of itself is not.
"""

from collections import deque
from typing import Any, Final, NamedTuple

import numpy as np

from skypact.model.reports import ADSB, MODES, PSR, PSR_SSR, SSR, Floats, Longs
from skypact.model.tracks import CLASSES
from skypact.rules.kinematics import KinematicsParams
from skypact.units import DEGREE
from skypact.watch.ground import Mask
from skypact.watch.remembered import Remembered, places_in
from skypact.watch.said import JUMP, MOST_SUSPECTS, RISE, Sayings, Suspect, distance_m, said_speed
from skypact.watch.sky import Finding, Sky
from skypact.watch.who import who_of

_RADARS: Final = (PSR, SSR, PSR_SSR, MODES)
_SIGMAS: Final = 3.0
_LATELY_S: Final = 30.0
_FRESH_S: Final = 10.0
_P_BALLISTIC: Final = 0.3
_TURN_S: Final = 3.0
"""Accelerations are mean ones over at least so long."""
_HEIGHT_ERROR_S: Final = 10.0
"""The error of the height by this is taken for that of the climb."""
_BALLISTIC: Final = CLASSES.index("ballistic")
HEIGHT: Final = "height"
SPEED: Final = "speed"
OFF: Final = "off track"
_UNITS: Final = {JUMP: "m", RISE: "m", HEIGHT: "m", SPEED: "mps", OFF: "m"}


class _Limits(NamedTuple):
    speed: Floats
    climb: Floats
    acceleration: Floats


def _limits(p: KinematicsParams) -> _Limits:
    """Limits of every class, in the order of `CLASSES`, and of the unknown in place -1."""
    of_class = {
        "airliner": p.airliner, "light": p.light, "helicopter": p.helicopter, "drone": p.drone,
        "balloon": p.balloon, "surface": p.surface,
    }  # fmt: skip
    rows = [of_class.get(word, p.any) for word in (*CLASSES, "")]
    return _Limits(
        np.array([r.speed_mps for r in rows]),
        np.array([r.climb_mps for r in rows]),
        np.array([r.acceleration_mps2 for r in rows]),
    )


def _rows_of(sky: Sky) -> Longs:
    """Return the track of each report (m,), or one with its address; -1 for none."""
    own = places_in(sky.rows.track, sky.report_track)
    if not sky.rows.track.size:
        return own
    order = np.argsort(sky.rows.icao, kind="stable")
    icao = sky.reports.icao.astype(np.int64)
    at = places_in(sky.rows.icao[order].astype(np.int64), icao)
    named = np.where((at >= 0) & (icao >= 0), order[at], -1)
    return np.where(own >= 0, own, named)


class KinematicsRule:
    """Impossible speeds, climbs, accelerations, heights and jumps.

    Parameters
    ----------
    params : KinematicsParams
    """

    name: Final = "kinematics"

    def __init__(self, params: KinematicsParams) -> None:
        self.params = params
        self._limits = _limits(params)
        self._tracks = Remembered(
            radar_s=-np.inf, said_s=-np.inf, time_s=np.nan, north=np.nan, east=np.nan,
            sigma=np.nan, turn=0.0,
        )  # fmt: skip
        self._sayings = Sayings(params)
        self._absurd: dict[tuple[int, str], deque[tuple[float, float, float]]] = {}
        """Absurd values of addresses: time, value and limit."""

    def look(self, sky: Sky) -> list[Finding]:
        """One finding for each limit that a track exceeds, or an address by what it says."""
        self._note_tracks(sky)
        found = self._of_tracks(sky)
        if not sky.reports.time_s.size and not self._sayings.suspects and not self._absurd:
            return found
        at = _rows_of(sky)
        kind = np.where(at >= 0, sky.rows.target_class[at], -1) if sky.rows.track.size else at
        speed, climb = self._limits.speed[kind], self._limits.climb[kind]
        tracked = np.append(np.hypot(sky.rows.vn_mps, sky.rows.ve_mps), np.nan)[at]
        self._sayings.look(sky, speed, climb, tracked)
        self._note_absurd(sky, at, speed)
        return found + self._of_addresses(sky)

    def _note_tracks(self, sky: Sky) -> None:
        rows, reports, mem = sky.rows, sky.reports, self._tracks
        mem.follow(rows.track)
        at = places_in(rows.track, sky.report_track)
        radar = (at >= 0) & np.isin(reports.kind, _RADARS)
        np.maximum.at(mem["radar_s"], at[radar], reports.time_s[radar])
        said = (at >= 0) & (reports.kind == ADSB)
        np.maximum.at(mem["said_s"], at[said], reports.time_s[said])
        sigma = np.hypot(np.nan_to_num(rows.sigma_vn_mps), np.nan_to_num(rows.sigma_ve_mps))
        gap_s = rows.time_s - mem["time_s"]
        due = ~(gap_s < _TURN_S) & np.isfinite(rows.vn_mps + rows.ve_mps)
        turned = np.hypot(rows.vn_mps - mem["north"], rows.ve_mps - mem["east"])
        sure = turned - _SIGMAS * np.hypot(sigma, mem["sigma"])
        turn = np.maximum(0.0, np.nan_to_num(sure)) / np.maximum(np.nan_to_num(gap_s), _TURN_S)
        mem["turn"] = np.where(due, turn, mem["turn"])
        for name, value in (
            ("time_s", rows.time_s), ("north", rows.vn_mps), ("east", rows.ve_mps),
            ("sigma", sigma),
        ):  # fmt: skip
            mem[name] = np.where(due, value, mem[name])

    def _of_tracks(self, sky: Sky) -> list[Finding]:
        p, rows, mem = self.params, sky.rows, self._tracks
        speed = np.hypot(rows.vn_mps, rows.ve_mps)
        sure = {
            "speed": speed - _SIGMAS * np.hypot(rows.sigma_vn_mps, rows.sigma_ve_mps),
            "climb": np.abs(rows.vu_mps) - np.nan_to_num(rows.sigma_u_m) / _HEIGHT_ERROR_S,
            "acceleration": mem["turn"],
        }
        judged = (rows.age_s >= p.least_age_s) & (rows.existence >= p.least_existence)
        judged &= (sky.quiet_s <= _LATELY_S) & ~self._is_ballistic(sky)
        found = []
        for what, value in sure.items():
            limit = getattr(self._limits, what)[rows.target_class]
            unit = "mps2" if what == "acceleration" else "mps"
            for i in np.flatnonzero(judged & (value > p.keep_share * limit)).tolist():
                number = int(rows.track[i])
                evidence = {
                    "what": f"{what} of the track",
                    f"{what}_at_least_{unit}": round(float(value[i]), 1),
                    f"limit_{unit}": float(limit[i]),
                    **who_of(sky, i),
                }
                holds = bool(value[i] > limit[i] and sky.quiet_s[i] <= _FRESH_S)
                found.append(
                    Finding(f"{number}-{what}", (number,), p.severity, holds, evidence=evidence)
                )
        return found

    def _is_ballistic(self, sky: Sky) -> Mask:
        """Whether objects (n,) move ballistically, and not only by their own word."""
        rows, mem = sky.rows, self._tracks
        likely = (rows.p_ballistic > _P_BALLISTIC) | (rows.target_class == _BALLISTIC)
        by_radar = sky.now_s - mem["radar_s"] <= _LATELY_S
        own_word = ~by_radar & (sky.now_s - mem["said_s"] <= _LATELY_S)
        return np.asarray(likely & ~own_word, np.bool_)

    def _note_absurd(self, sky: Sky, at: Longs, limit: Floats) -> None:
        """Note absurd heights and speeds that aircraft say, and places far off their tracks."""
        p, r, rows = self.params, sky.reports, sky.rows
        mine = (r.kind == ADSB) & (r.icao >= 0)
        for height in (r.baro_altitude_m, r.geo_altitude_m):
            self._note(r.icao, r.time_s, HEIGHT, mine & (height > p.highest_m), height, p.highest_m)
            self._note(r.icao, r.time_s, HEIGHT, mine & (height < p.lowest_m), height, p.lowest_m)
        speed = said_speed(r)
        self._note(r.icao, r.time_s, SPEED, mine & (speed > limit), speed, limit)
        near = np.flatnonzero(mine & (at >= 0))
        near = near[sky.quiet_s[at[near]] <= _FRESH_S]
        row = at[near]
        off_m = distance_m(r.lat_rad[near], r.lon_rad[near], sky.lat_rad[row], sky.lon_rad[row])
        sigma_m = np.nan_to_num(np.hypot(rows.sigma_n_m[row], rows.sigma_e_m[row]))
        own_m = np.nan_to_num(np.hypot(rows.vn_mps[row], rows.ve_mps[row]))
        lag_s = np.abs(sky.now_s - r.time_s[near]) + sky.quiet_s[row] + 1.0
        can_m = p.jump_m + _SIGMAS * sigma_m + 2.0 * own_m * lag_s
        self._note(r.icao[near], r.time_s[near], OFF, off_m > can_m, off_m, can_m)

    def _note(
        self, icao: np.ndarray, time_s: Floats, what: str, bad: np.ndarray, value: Floats,
        limit: Floats | float,
    ) -> None:  # fmt: skip
        limits = np.broadcast_to(limit, value.shape)
        for k in np.flatnonzero(bad)[: 4 * MOST_SUSPECTS].tolist():
            key = (int(icao[k]), what)
            if key not in self._absurd and len(self._absurd) >= MOST_SUSPECTS:
                continue
            values = self._absurd.setdefault(key, deque(maxlen=4 * self.params.least_reports))
            values.append((float(time_s[k]), float(value[k]), float(limits[k])))

    def _of_addresses(self, sky: Sky) -> list[Finding]:
        p, found = self.params, []
        evidence: dict[str, Any]
        for (icao, what), values in sorted(self._absurd.items()):
            while values and values[0][0] < sky.now_s - p.within_s:
                values.popleft()
            if not values:
                del self._absurd[icao, what]
            elif len(values) >= p.least_reports:
                evidence = {"reports": len(values), **_figures(what, *values[-1][1:])}
                found.append(self._said(sky, icao, what, f"{what} of what it says", evidence))
        for (icao, what), suspect in sorted(self._sayings.suspects.items()):
            told = self._steps(sky, icao, suspect)
            if told is not None:
                evidence = {"steps": len(suspect.steps) + len(suspect.spikes)}
                last = (suspect.steps or suspect.spikes)[-1]
                evidence |= _figures(what, last.figure, last.limit)
                evidence["in_s"] = round(last.gap_s, 1)
                if what == JUMP:
                    evidence["from_deg"] = [round(v / DEGREE, 4) for v in last.begin]
                found.append(self._said(sky, icao, what, told, evidence))
        return found

    def _steps(self, sky: Sky, icao: int, suspect: Suspect) -> str | None:
        """Say what impossible steps of an address are, None where nothing certain."""
        n = self.params.least_reports
        holders = (sky.rows.icao == icao) & (sky.quiet_s <= _FRESH_S)
        if np.count_nonzero(holders) > 1:
            return None  # two objects with one address: the rule `identity`
        if len(suspect.steps) >= n or len(suspect.spikes) >= n:
            return "many impossible steps in what it says"
        if suspect.steps and self._sayings.n_good(icao) >= n - 1:
            return "an impossible step in what it says"
        return None

    def _said(
        self, sky: Sky, icao: int, what: str, words: str, evidence: dict[str, Any]
    ) -> Finding:
        rows = np.flatnonzero(sky.rows.icao == icao).tolist()
        who = who_of(sky, rows[0]) if rows else {"icao": f"{icao:06X}"}
        return Finding(
            f"{icao:06X}-{what.replace(' ', '-')}",
            tuple(int(sky.rows.track[i]) for i in rows),
            self.params.severity,
            evidence={"what": words, **evidence, **who},
        )


def _figures(what: str, value: float, limit: float) -> dict[str, float]:
    unit, name = _UNITS[what], what.replace(" ", "_")
    return {f"{name}_{unit}": round(value, 1), f"limit_{unit}": round(limit, 1)}
