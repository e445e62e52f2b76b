"""Ballistic objects: from `possible` to a warning with areas and times, renewed, and the all-clear.

A warning outlives its track: an object that sinks below the horizon of all radars still comes down.
It ends some time after the last time of arrival, or when the track turns out to be something else.

Three false plots that fit a fast flight are common where radars see far: a warning takes a track
that the tracker has confirmed, more energy than any aircraft has, and flights of the ensemble that
come down, each with the probability `warn_at`.
"""

from typing import Any, Final, NamedTuple

import numpy as np

from skypact.model.freeflight import FreeStates
from skypact.model.tracking import AS_AIRCRAFT
from skypact.rules.ballistic import BallisticParams
from skypact.units import DEGREE
from skypact.watch.districts import Districts
from skypact.watch.freeflight import (
    Forecast,
    Region,
    area_km2,
    energetic,
    forecast,
    outline,
    region_of,
    thrust_share,
)
from skypact.watch.sky import Finding, Sky

SHARES: Final = (0.5, 0.95)
TIME_SHARES: Final = (0.025, 0.975)
POSSIBLE: Final = "possible"
WARNING: Final = "warning"


class _Known(NamedTuple):
    """What was last forecast of one object."""

    stage: str
    made: Forecast
    regions: tuple[Region, Region]
    finding: Finding
    state_s: float
    """Time of the state that it was made of."""


class BallisticRule:
    """Objects in free flight.

    Parameters
    ----------
    params : BallisticParams
    districts : Districts
        Whom to warn.
    """

    name: Final = "ballistic"

    def __init__(self, params: BallisticParams, districts: Districts) -> None:
        self.params = params
        self._districts = districts
        self._known: dict[int, _Known] = {}

    def look(self, sky: Sky) -> list[Finding]:
        """Return one finding for each object that is possible or warned of."""
        free = sky.free
        rows = {track: k for k, track in enumerate(free.track.tolist())}
        confirmed = set(sky.rows.track.tolist())
        alive = set(rows) | confirmed
        for track in sorted(rows):
            self._renew(free, rows[track], track in confirmed, sky.now_s)
        for track in sorted(self._known):
            if self._is_over(track, rows, alive, sky.now_s):
                del self._known[track]
        return [self._known[track].finding for track in sorted(self._known)]

    def _is_over(self, track: int, rows: dict[int, int], alive: set[int], now_s: float) -> bool:
        """Whether nothing more is to be said of an object."""
        known = self._known[track]
        if track in alive and track not in rows:
            return True  # it flies as an aircraft
        if known.stage == POSSIBLE:
            return track not in rows
        last_s = float(known.made.arrival_s.max()) if known.made.arrival_s.size else known.state_s
        return now_s > last_s + self.params.after_s

    def _renew(self, free: FreeStates, k: int, is_confirmed: bool, now_s: float) -> None:
        p, track = self.params, int(free.track[k])
        known = self._known.get(track)
        as_aircraft, over = energetic(free, k, p)
        ballistic = 1.0 - float(free.probability[k, AS_AIRCRAFT]) * (1.0 - as_aircraft)
        if ballistic < (p.possible_at if known is None else p.drop_at):
            self._known.pop(track, None)
            return
        seen = is_confirmed and int(free.n_reports[k]) >= p.least_reports
        seen = seen and bool(free.age_s[k] >= p.least_age_s)
        if known is None and int(free.n_reports[k]) < 2:
            return
        if known is not None and known.state_s == float(free.time_s[k]):
            return  # nothing new was seen of it
        made = forecast(free, k, p)
        if made.stays_up > 0.5:
            self._known.pop(track, None)
            return
        thrust = thrust_share(free, k, p)
        decided = seen and ballistic >= p.warn_at and over >= p.warn_at
        decided = decided and made.stays_up <= 1.0 - p.warn_at
        regions = region_of(made, SHARES[0], p), region_of(made, SHARES[1], p)
        decided = decided and area_km2(regions[1]) <= p.most_area_km2
        was_warned = known is not None and known.stage == WARNING
        stage = WARNING if decided or was_warned else POSSIBLE
        finding = self._finding(track, stage, made, regions, (ballistic, thrust, over), now_s)
        self._known[track] = _Known(stage, made, regions, finding, float(free.time_s[k]))

    def _finding(
        self,
        track: int,
        stage: str,
        made: Forecast,
        regions: tuple[Region, Region],
        chances: tuple[float, float, float],
        now_s: float,
    ) -> Finding:
        outlines = [outline(made, region) for region in regions]
        first_s, last_s = np.quantile(made.arrival_s, TIME_SHARES).tolist()
        evidence: dict[str, Any] = {
            "stage": stage,
            "released": False,
            "probability": round(chances[0], 4),
            "thrust": round(chances[1], 3),
            "energetic": round(chances[2], 3),
            "first_s": round(first_s, 1),
            "last_s": round(last_s, 1),
            "lead_s": round(first_s - now_s, 1),
            "area_50_km2": round(area_km2(regions[0])),
            "area_95_km2": round(area_km2(regions[1])),
            "apogee_m": [round(float(x), -3) for x in np.quantile(made.apogee_m, TIME_SHARES)],
            "stays_up": round(made.stays_up, 3),
            "state_s": round(made.time_s, 2),
        }
        if stage == WARNING:
            evidence["districts"] = self._districts.warned(made, outlines[1], now_s)
        return Finding(
            str(track),
            (track,),
            "extreme" if stage == WARNING else "moderate",
            event_time_s=first_s,
            area={"type": "MultiPolygon", "coordinates": [[outlines[0]], [outlines[1]]]},
            evidence=evidence,
        )


def middle_deg(made: Forecast) -> tuple[float, float]:
    """Median place of an ensemble, degrees north and east: for studies, never for a warning."""
    return float(np.median(made.lat_rad)) / DEGREE, float(np.median(made.lon_rad)) / DEGREE
