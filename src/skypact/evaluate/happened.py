"""True events of rules that look at single objects, from the paths of the truth alone.

An event is what a rule should tell of: a path that crosses the border, is in an area or too low, an
object that is a balloon, a drone or in free flight. Nothing of what sensors saw enters.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from skypact.evaluate.flown import Flown, Holds, Mask, cut, first_seen, goes_on, stretches
from skypact.model.events import TrueEvent
from skypact.model.reports import Floats
from skypact.model.tracks import CLASSES
from skypact.rules.border import BorderParams
from skypact.rules.conflict import ConflictZone
from skypact.rules.noncooperative import NoncooperativeParams
from skypact.rules.slow import SlowParams
from skypact.rules.terrain import TerrainParams

REACH_S: Final = 3_600.0
"""Balloons are told of this long before they come to a watched place."""
_BALLISTIC, _BALLOON, _DRONE = (CLASSES.index(c) for c in ("ballistic", "balloon", "drone"))


class TrueArea(NamedTuple):
    """A watched area."""

    name: str
    holds: Callable[[Flown], Mask]
    """Which rows (n,) are in it at a watched hour, at its heights, and not allowed there."""


class Grounds(NamedTuple):
    """What rules watch over, as the truth is compared with it."""

    territory: Holds | None = None
    areas: tuple[TrueArea, ...] = ()
    floor_m: Callable[[Floats, Floats], Floats] | None = None
    """Least height above the ellipsoid at places (n,), NaN where none is asked for."""
    zones: tuple[tuple[ConflictZone, Holds], ...] = ()
    balloons: Holds | None = None
    """Where balloons matter: territory, areas and points."""
    drones: Holds | None = None
    """Where drones do."""
    silent: Holds | None = None
    """Where objects without transponders do."""


def border_events(flown: Flown, params: BorderParams, territory: Holds) -> list[TrueEvent]:
    """Crossings inwards, and outwards where these are asked for: the first row beyond the border.

    Parameters
    ----------
    flown : Flown
    params : BorderParams
    territory : callable
        The union's land.
    """
    inside = territory(flown.lat_rad, flown.lon_rad)
    known_s = first_seen(flown)
    crossed = goes_on(flown) & (inside[1:] != inside[:-1])
    if not params.leaving:
        crossed &= inside[1:]
    return [
        TrueEvent("border", float(flown.time_s[i]), float(flown.time_s[i]),
                  (int(flown.target[i]),), known_s=float(known_s[i]))
        for i in (np.flatnonzero(crossed) + 1).tolist()
    ]  # fmt: skip


def area_events(flown: Flown, areas: tuple[TrueArea, ...]) -> list[TrueEvent]:
    """Stretches of paths in areas."""
    return [
        event._replace(names=(one.name,))
        for one in areas
        for event in _events("area", flown, one.holds(flown))
    ]


def terrain_events(
    flown: Flown, params: TerrainParams, floor_m: Callable[[Floats, Floats], Floats]
) -> list[TrueEvent]:
    """Stretches below the least height, of objects that the rule looks at."""
    classes = [CLASSES.index(word) for word in params.left_out]
    speed = np.hypot(flown.vn_mps, flown.ve_mps)
    looked_at = ~np.isin(flown.target_class, classes) & (speed >= params.least_speed_mps)
    low = looked_at & (flown.altitude_m < floor_m(flown.lat_rad, flown.lon_rad))
    return _events("terrain", flown, low)


def ballistic_events(flown: Flown) -> list[TrueEvent]:
    """Objects of the class, as long as they fly."""
    return _events("ballistic", flown, flown.target_class == _BALLISTIC)


def slow_events(flown: Flown, params: SlowParams, grounds: Grounds) -> list[TrueEvent]:
    """Balloons that come to a watched place within an hour, and drones in one.

    Balloons that stay away, and drones that are elsewhere, may be told of and need not be.
    """
    aloft = (flown.target_class == _BALLOON) & (flown.altitude_m >= params.lower_m)
    aloft &= flown.altitude_m <= params.upper_m
    found = []
    for first, last in stretches(flown, aloft):
        event, rows = _event("slow", flown, first, last), slice(first, last + 1)
        there = _holds(grounds.balloons, flown.lat_rad[rows], flown.lon_rad[rows])
        if not there.any():
            found.append(event._replace(is_needed=False))
            continue
        arrival_s = float(flown.time_s[rows][there][0])
        found.append(event._replace(begin_s=max(event.begin_s, arrival_s - REACH_S)))
    drone = flown.target_class == _DRONE
    near = drone & _holds(grounds.drones, flown.lat_rad, flown.lon_rad)
    elsewhere = _events("slow", flown, drone & ~near)
    found += [event._replace(is_needed=False) for event in elsewhere]
    return found + _events("slow", flown, near)


def silent_events(
    flown: Flown, event: TrueEvent, params: NoncooperativeParams, grounds: Grounds
) -> list[TrueEvent]:
    """Where an object without a transponder is one that the rule tells of: stretches of its path.

    Elsewhere it may be told of.
    """
    own = np.isin(flown.target, event.targets)
    own &= (flown.time_s >= event.begin_s) & (flown.time_s <= event.end_s)
    speed = np.hypot(flown.vn_mps, flown.ve_mps)
    there = own & _holds(grounds.silent, flown.lat_rad, flown.lon_rad)
    there &= (speed >= params.least_speed_mps) & (speed <= params.most_speed_mps)
    there &= (flown.altitude_m >= params.lower_m) & (flown.altitude_m <= params.upper_m)
    elsewhere = _events(event.rule, flown, own & ~there)
    told = [one._replace(is_needed=False) for one in elsewhere]
    return told + _events(event.rule, flown, there)


def _holds(ground: Holds | None, lat_rad: Floats, lon_rad: Floats) -> Mask:
    return np.zeros(lat_rad.size, np.bool_) if ground is None else ground(lat_rad, lon_rad)


def _events(rule: str, flown: Flown, holds: Mask) -> list[TrueEvent]:
    return [_event(rule, flown, first, last) for first, last in stretches(flown, holds)]


def _event(rule: str, flown: Flown, first: int, last: int) -> TrueEvent:
    own = np.searchsorted(flown.target, flown.target[first])
    known_s = first_seen(cut(flown, slice(int(own), first + 1)))[-1]
    return TrueEvent(
        rule, float(flown.time_s[first]), float(flown.time_s[last]), (int(flown.target[first]),),
        known_s=float(known_s),
    )  # fmt: skip
