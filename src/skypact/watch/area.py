"""Watched areas: somebody is in one, or straight on will be soon."""

from typing import Final, NamedTuple

import numpy as np

from skypact.model.reports import Floats, unpack_callsign
from skypact.rules.area import AreaParams, Hours, WatchedArea
from skypact.units import DAY, FLIGHT_LEVEL
from skypact.watch.ground import Ground, geojson_of
from skypact.watch.sky import Finding, Sky, moved
from skypact.watch.who import who_of

WEEK_BEGIN_D: Final = 3
"""1 January 1970 was a Thursday: the fourth day of the week."""
MINUTE: Final = 60.0
OTHER_KIND_M: Final = 800.0
"""Pressure altitude and height above the ellipsoid differ by less: 50 hPa (410 m), the geoid
(107 m at most, EGM2008) and what warm and cold air does in the lower levels."""
_EDGE_M: Final = 1e-3
"""Heights that are reached are reached but for rounding."""


class Watched(NamedTuple):
    """An area with its ground."""

    area: WatchedArea
    ground: Ground


def is_watched(hours: tuple[Hours, ...], now_s: float) -> bool:
    """Whether an area is watched at a time (UTC seconds)."""
    if not hours:
        return True
    day, clock_s = divmod(now_s, DAY)
    today = int(day + WEEK_BEGIN_D) % 7 + 1
    yesterday = (today - 2) % 7 + 1
    for part in hours:
        begin_s, end_s = _seconds(part.begin), _seconds(part.end)
        if begin_s < end_s:
            inside = str(today) in part.days and begin_s <= clock_s < end_s
        else:
            inside = (str(today) in part.days and clock_s >= begin_s) or (
                str(yesterday) in part.days and clock_s < end_s
            )
        if inside:
            return True
    return False


def _seconds(clock: str) -> float:
    hour, minute = clock.split(":")
    return 60.0 * MINUTE * int(hour) + MINUTE * int(minute)


class AreaRule:
    """Objects in watched areas, and those that are about to enter.

    Parameters
    ----------
    params : AreaParams
    areas : list of Watched
        The areas of `params`, with their ground.
    """

    name: Final = "area"

    def __init__(self, params: AreaParams, areas: list[Watched]) -> None:
        self.params = params
        self._areas = areas
        self._geometry = [geojson_of(one.ground.shape) for one in areas]

    def look(self, sky: Sky) -> list[Finding]:
        """One finding for each area and track."""
        found = []
        for one, geometry in zip(self._areas, self._geometry, strict=True):
            if is_watched(one.area.hours, sky.now_s):
                found += self._in_area(sky, one, geometry)
        return found

    def _in_area(self, sky: Sky, one: Watched, geometry: dict[str, object]) -> list[Finding]:
        rows, ahead_s = sky.rows, self.params.ahead_s
        inside_flat = one.ground.holds(sky.lat_rad, sky.lon_rad)
        inside = inside_flat & _in_band(one.area, sky, 0.0)
        to = moved(sky.lat_rad, sky.lon_rad, rows.vn_mps * ahead_s, rows.ve_mps * ahead_s)
        share = one.ground.first_edge(sky.lat_rad, sky.lon_rad, *to)
        after_s = np.where(inside_flat, 0.0, share * ahead_s)
        after_s, entering = self._entering(sky, one, after_s)
        entering &= ~inside
        found = []
        for i in np.flatnonzero(inside | entering).tolist():
            if _is_allowed(one.area, sky, i):
                continue
            track = int(rows.track[i])
            is_in = bool(inside[i])
            event_s = sky.now_s if is_in else sky.now_s + float(after_s[i])
            found.append(
                Finding(
                    f"{one.area.name}-{track}",
                    (track,),
                    one.area.severity if is_in else "moderate",
                    event_time_s=round(event_s, 1) if not is_in else float("nan"),
                    area=geometry,
                    evidence={
                        "area": one.area.name,
                        "phase": "inside" if is_in else "entering",
                        **who_of(sky, i),
                    },
                )
            )
        return found

    def _entering(self, sky: Sky, one: Watched, flat_s: Floats) -> tuple[Floats, np.ndarray]:
        """Time (n,) until objects are over ground `flat_s` away and at its heights; if ever."""
        rows, band_s = sky.rows, _band_after_s(one.area, sky)
        after_s = np.maximum(flat_s, band_s)
        comes = after_s <= self.params.ahead_s
        after_s = np.where(comes, after_s, 0.0)
        comes &= _in_band(one.area, sky, after_s)
        to = moved(sky.lat_rad, sky.lon_rad, rows.vn_mps * after_s, rows.ve_mps * after_s)
        return after_s, comes & ((band_s <= flat_s) | one.ground.holds(*to))


def _is_allowed(area: WatchedArea, sky: Sky, i: int) -> bool:
    if not area.allowed:
        return False
    rows = sky.rows
    callsign = unpack_callsign(int(rows.callsign[i])) if rows.callsign[i] >= 0 else ""
    address = f"{int(rows.icao[i]):06X}" if rows.icao[i] >= 0 else ""
    return any(
        word.upper() == address or (callsign and callsign.startswith(word.upper()))
        for word in area.allowed
    )


class _Band(NamedTuple):
    """Heights (n,) of the kind that an area's limits are of, and the limits (n,)."""

    height_m: Floats
    lower_m: Floats
    upper_m: Floats


def _band(area: WatchedArea, sky: Sky) -> _Band:
    """Return how objects (n,) stand to an area's heights.

    Who has only the other kind of height, pressure for the ellipsoid or the other way round, is
    compared by that, with limits that are wider by what the two may differ.
    """
    height, other = sky.altitude_m, sky.rows.baro_altitude_m
    lower, upper = area.lower_m, area.upper_m
    if area.lower_fl is not None or area.upper_fl is not None:
        lower = FLIGHT_LEVEL * (-10.0 if area.lower_fl is None else area.lower_fl)
        upper = FLIGHT_LEVEL * (2_000.0 if area.upper_fl is None else area.upper_fl)
        height, other = other, height
    wider = np.where(np.isnan(height), OTHER_KIND_M, 0.0)
    return _Band(np.where(np.isnan(height), other, height), lower - wider, upper + wider)


def _in_band(area: WatchedArea, sky: Sky, after_s: float | Floats) -> np.ndarray:
    """Whether objects (n,) are at the area's heights; of unknown height they may be."""
    height, lower, upper = _band(area, sky)
    there = height + after_s * np.nan_to_num(sky.rows.vu_mps)
    return ~((there < lower - _EDGE_M) | (there > upper + _EDGE_M))


def _band_after_s(area: WatchedArea, sky: Sky) -> Floats:
    """Time (n,) until objects climb or sink to the area's heights; 0 at them, infinite never."""
    height, lower, upper = _band(area, sky)
    climb = np.nan_to_num(sky.rows.vu_mps)
    to_m = np.where(height < lower, lower, np.where(height > upper, upper, height)) - height
    comes = to_m * climb > 0.0
    after_s = np.where(comes, to_m / np.where(comes, climb, 1.0), np.inf)
    return np.where((to_m == 0.0) | np.isnan(height), 0.0, after_s)
