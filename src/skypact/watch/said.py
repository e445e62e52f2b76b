"""What aircraft say of themselves against what they said before: impossible steps.

A step is from one place that an address reports to the next. One wrong report makes two impossible
steps, there and back; it is a spike. A forged or broken source makes a step that stays, or many.
"""

from collections import deque
from typing import Final, NamedTuple

import numpy as np

from skypact.model.reports import ADSB, Floats, Longs, ReportBatch, take_reports
from skypact.rules.kinematics import KinematicsParams
from skypact.watch.identity import NOBODY
from skypact.watch.remembered import places_in
from skypact.watch.sky import EARTH_M, Sky

MOST_ADDRESSES: Final = 50_000
MOST_SUSPECTS: Final = 2_000
"""More addresses than these at once are a flood: the first are looked at."""
_LATE_S: Final = 1.0
"""Times of places are so wrong."""
JUMP: Final = "jump"
RISE: Final = "rise"


class Said(NamedTuple):
    """The last place of each address, in order of addresses (n,)."""

    icao: Longs
    time_s: Floats
    lat_rad: Floats
    lon_rad: Floats
    baro_m: Floats
    geo_m: Floats
    speed_mps: Floats
    """The greater one of what it says and of its track."""
    n_good: Floats
    """Possible steps since the last impossible one."""


class Step(NamedTuple):
    """An impossible step."""

    time_s: float
    gap_s: float
    figure: float
    """Metres."""
    limit: float
    begin: tuple[float, ...]
    """Where it begins: latitude and longitude in radians, or height in metres."""


class Suspect:
    """Impossible steps of one address and kind."""

    def __init__(self, most: int) -> None:
        self.steps: deque[Step] = deque(maxlen=most)
        self.spikes: deque[Step] = deque(maxlen=most)

    def forget(self, since_s: float) -> None:
        """Leave out what is older."""
        for steps in (self.steps, self.spikes):
            while steps and steps[0].time_s < since_s:
                steps.popleft()


def _empty() -> Said:
    return Said(np.zeros(0, np.int64), *(np.zeros(0) for _ in range(7)))


def distance_m(lat_rad: Floats, lon_rad: Floats, to_lat_rad: Floats, to_lon_rad: Floats) -> Floats:
    """Great-circle distance of places (n,), metres (haversine)."""
    north = np.sin(0.5 * (to_lat_rad - lat_rad)) ** 2
    east = np.sin(0.5 * (to_lon_rad - lon_rad)) ** 2
    share = north + np.cos(lat_rad) * np.cos(to_lat_rad) * east
    metres: Floats = 2.0 * EARTH_M * np.arcsin(np.sqrt(np.clip(share, 0.0, 1.0)))
    return metres


class Sayings:
    """Follows what every address says of itself.

    Parameters
    ----------
    params : KinematicsParams
    """

    def __init__(self, params: KinematicsParams) -> None:
        self._params = params
        self._said = _empty()
        self.suspects: dict[tuple[int, str], Suspect] = {}

    def look(self, sky: Sky, speed_mps: Floats, climb_mps: Floats, tracked_mps: Floats) -> None:
        """Take the reports of a look.

        Parameters
        ----------
        sky : Sky
        speed_mps, climb_mps : (m,) float64
            Limits that hold for each report.
        tracked_mps : (m,) float64
            Speed of its track, NaN for none.
        """
        r, p = sky.reports, self._params
        usable = (r.kind == ADSB) & (r.icao >= 0) & np.isfinite(r.lat_rad + r.lon_rad + r.time_s)
        use = np.flatnonzero(usable & ~np.isin(r.icao, NOBODY))
        use = use[np.lexsort((r.time_s[use], r.icao[use]))]
        new = take_reports(r, use)
        now = Said(
            new.icao.astype(np.int64), new.time_s, new.lat_rad, new.lon_rad,
            new.baro_altitude_m, new.geo_altitude_m, np.fmax(said_speed(new), tracked_mps[use]),
            np.zeros(use.size),
        )  # fmt: skip
        before = self._before(now)
        gap_s = np.abs(now.time_s - before.time_s)
        jumped = distance_m(before.lat_rad, before.lon_rad, now.lat_rad, now.lon_rad)
        can_m = _reach_m(before.speed_mps, gap_s + _LATE_S, speed_mps[use], p) + p.jump_m
        is_known = gap_s <= p.memory_s
        self._note(now, before, JUMP, is_known & (jumped > can_m), jumped, can_m)
        can_up_m = climb_mps[use] * (gap_s + _LATE_S) + p.rise_m
        up_m = np.fmax(np.abs(now.baro_m - before.baro_m), np.abs(now.geo_m - before.geo_m))
        self._note(now, before, RISE, is_known & (up_m > can_up_m), up_m, can_up_m)
        bad = is_known & ((jumped > can_m) | (up_m > can_up_m))
        self._keep(now._replace(n_good=_counted(now.icao, bad, before.n_good)), sky.now_s)
        for key, suspect in list(self.suspects.items()):
            suspect.forget(sky.now_s - p.within_s)
            if not (suspect.steps or suspect.spikes):
                del self.suspects[key]

    def n_good(self, icao: int) -> int:
        """Possible steps of an address since the last impossible one."""
        at = int(places_in(self._said.icao, np.array([icao]))[0])
        return int(self._said.n_good[at]) if at >= 0 else 0

    def _before(self, now: Said) -> Said:
        """Return what each report's address said before it; NaN where it said nothing."""
        same = np.concatenate(([False], now.icao[1:] == now.icao[:-1]))[: now.icao.size]
        at = places_in(self._said.icao, now.icao)
        columns = []
        for new, old in zip(now[1:], self._said[1:], strict=True):
            kept = old[at] if old.size else np.full(at.size, np.nan)
            columns.append(np.where(same, np.roll(new, 1), np.where(at >= 0, kept, np.nan)))
        return Said(now.icao, *columns)

    def _note(
        self, now: Said, before: Said, kind: str, bad: np.ndarray, figure: Floats, limit: Floats
    ) -> None:
        p = self._params
        for k in np.flatnonzero(bad)[: 4 * MOST_SUSPECTS].tolist():
            key = (int(now.icao[k]), kind)
            if key not in self.suspects:
                if len(self.suspects) >= MOST_SUSPECTS:
                    continue
                self.suspects[key] = Suspect(4 * p.least_reports)
            suspect = self.suspects[key]
            rate = (limit[k] - (p.jump_m if kind == JUMP else p.rise_m)) / (
                abs(now.time_s[k] - before.time_s[k]) + _LATE_S
            )
            begin, end = _ends(now, before, kind, k)
            step = Step(
                float(now.time_s[k]), float(abs(now.time_s[k] - before.time_s[k])),
                float(figure[k]), float(limit[k]), begin,
            )  # fmt: skip
            last = suspect.steps[-1] if suspect.steps else None
            if last is not None and _is_back(last, end, step.time_s, float(rate), kind, p):
                suspect.steps.pop()
                suspect.spikes.append(step)
            else:
                suspect.steps.append(step)

    def _keep(self, now: Said, now_s: float) -> None:
        """Keep the newest place of each address."""
        joined = Said._make(np.concatenate(pair) for pair in zip(self._said, now, strict=True))
        order = np.lexsort((np.arange(joined.icao.size), joined.icao))  # the last said counts
        last = np.concatenate((joined.icao[order][1:] != joined.icao[order][:-1], [True]))
        order = order[last[: order.size]]
        order = order[joined.time_s[order] >= now_s - self._params.memory_s]
        if order.size > MOST_ADDRESSES:
            newest = np.argsort(-joined.time_s[order], kind="stable")[:MOST_ADDRESSES]
            order = order[np.sort(newest)]
        self._said = Said._make(column[order] for column in joined)


def said_speed(reports: ReportBatch) -> Floats:
    """Return the speed (n,) that aircraft say they have."""
    return np.fmax(np.hypot(reports.vn_mps, reports.ve_mps), reports.ground_speed_mps)


def _reach_m(speed_mps: Floats, after_s: Floats, limit_mps: Floats, p: KinematicsParams) -> Floats:
    """How far (n,) who had a speed can be: with full thrust, but no faster than the limit."""
    fastest_mps = np.minimum(limit_mps, speed_mps + 0.5 * p.thrust_mps2 * after_s)
    return np.fmin(fastest_mps, limit_mps) * after_s


def _counted(icao: Longs, bad: np.ndarray, before: Floats) -> Floats:
    """Count possible steps (n,) since the last impossible one, of each address in turn."""
    good = np.where(bad, 0.0, 1.0)
    begins = np.concatenate(([True], icao[1:] != icao[:-1]))[: icao.size]
    total = np.cumsum(good)
    place = np.arange(icao.size)
    base = np.where(begins, total - good - np.nan_to_num(before), 0.0)
    base = np.where(bad, total, base)
    last = np.maximum.accumulate(np.where(begins | bad, place, 0)) if icao.size else place
    counted: Floats = total - base[last]
    return counted


def _ends(
    now: Said, before: Said, kind: str, k: int
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Where a step begins and ends."""
    if kind == JUMP:
        return (
            (float(before.lat_rad[k]), float(before.lon_rad[k])),
            (float(now.lat_rad[k]), float(now.lon_rad[k])),
        )
    return (
        (float(before.baro_m[k]), float(before.geo_m[k])),
        (float(now.baro_m[k]), float(now.geo_m[k])),
    )


def _is_back(
    last: Step, end: tuple[float, ...], time_s: float, rate: float, kind: str, p: KinematicsParams
) -> bool:
    """Whether a step ends where the one before began."""
    gap_s = abs(time_s - last.time_s) + last.gap_s + _LATE_S
    if kind == RISE:
        off = np.fmax(abs(end[0] - last.begin[0]), abs(end[1] - last.begin[1]))
        return bool(off <= rate * gap_s + p.rise_m)
    begin = [np.array([v]) for v in last.begin]
    off_m = float(distance_m(begin[0], begin[1], np.array([end[0]]), np.array([end[1]]))[0])
    return off_m <= rate * gap_s + p.jump_m
