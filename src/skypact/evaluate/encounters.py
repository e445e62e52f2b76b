"""True events of rules that look at several objects: lost separation, and those that fly together.

Objects are compared at instants two seconds apart.
"""

from collections.abc import Sequence

import numpy as np

from skypact.evaluate.flown import (
    INSTANT_S,
    Flown,
    Holds,
    Mask,
    first_seen,
    instants,
    near_pairs,
    places_m,
)
from skypact.model.events import TrueEvent
from skypact.model.reports import Floats, Longs
from skypact.model.tracks import CLASSES
from skypact.rules.conflict import ConflictParams, ConflictZone
from skypact.rules.swarm import SwarmParams
from skypact.units import FLIGHT_LEVEL, FOOT, NAUTICAL_MILE

_UPPER_FL = {True: 410.0, False: 290.0}
"""Above it the greater vertical minimum holds, with reduced separation and without (ICAO Doc 4444,
5.3.2)."""
_GOES_ON_S = 10.0
"""Shorter breaks in a loss of separation are none."""


class _Open:
    """An event that may go on."""

    def __init__(self, begin_s: float, targets: set[int], known_s: float) -> None:
        self.begin_s, self.end_s, self.targets, self.known_s = begin_s, begin_s, targets, known_s

    def event(self, rule: str) -> TrueEvent:
        """Return what it was."""
        targets = tuple(sorted(self.targets))
        return TrueEvent(rule, self.begin_s, self.end_s, targets, known_s=self.known_s)


def conflict_events(
    flown: Flown, params: ConflictParams, zones: Sequence[tuple[ConflictZone, Holds]] = ()
) -> list[TrueEvent]:
    """Pairs nearer than the minima less the tolerances, in pressure altitude where both have one.

    Those that are nearer than the minima themselves may be told of and need not be.
    Objects below the floor count in zones alone; two in one zone have its minima. Target classes
    that the rule leaves out are left out; formations and exempt aircraft are not known to the
    truth.
    """
    classes = [CLASSES.index(word) for word in params.left_out]
    known_s = first_seen(flown)
    far_m = NAUTICAL_MILE * max([params.distance_nm, *(z.distance_nm for z, _ in zones)])
    open_: dict[tuple[int, int, bool], _Open] = {}
    over: list[tuple[bool, _Open]] = []
    for now_s, rows in instants(flown):
        rows = rows[~np.isin(flown.target_class[rows], classes)]
        pairs = near_pairs(places_m(flown, rows), far_m)
        first, second = rows[pairs[:, 0]], rows[pairs[:, 1]]
        for i, j, needed in _lost(flown, params, zones, first, second):
            key = int(flown.target[i]), int(flown.target[j]), needed
            if key in open_ and now_s - open_[key].end_s > _GOES_ON_S:
                over.append((needed, open_.pop(key)))
            if key not in open_:
                open_[key] = _Open(now_s, set(key[:2]), float(max(known_s[i], known_s[j])))
            open_[key].end_s = now_s
    over += [(key[2], one) for key, one in open_.items()]
    asked, others = ([one for needed, one in over if needed is way] for way in (True, False))
    near = [e._replace(is_needed=False) for e in _sorted("conflict", others)]
    return _sorted("conflict", asked) + near


def _lost(
    flown: Flown, p: ConflictParams, zones: Sequence[tuple[ConflictZone, Holds]],
    first: Longs, second: Longs,
) -> list[tuple[int, int, bool]]:  # fmt: skip
    """Rows of the pairs that have lost their separation, the smaller target first.

    True: by more than the tolerances.
    """
    apart_m = np.linalg.norm(places_m(flown, first) - places_m(flown, second), axis=1)
    baro = flown.baro_altitude_m
    known = np.isfinite(baro[first] + baro[second])
    above_m = np.abs(np.where(known, baro[first] - baro[second],
                              flown.altitude_m[first] - flown.altitude_m[second]))  # fmt: skip
    level = np.where(np.isfinite(baro), baro, flown.altitude_m) / FLIGHT_LEVEL
    lower, upper = (f(level[first], level[second]) for f in (np.minimum, np.maximum))
    distance = np.full(first.size, p.distance_nm)
    height = np.where(upper > _UPPER_FL[p.rvsm], p.upper_height_ft, p.height_ft)
    watched = lower >= p.floor_fl
    taken = np.zeros(first.size, np.bool_)
    for zone, holds in zones:
        both = _in_zone(flown, zone, holds, first) & _in_zone(flown, zone, holds, second) & ~taken
        taken |= both
        watched = np.where(both, zone.watched, watched)
        distance = np.where(both, zone.distance_nm, distance)
        height = np.where(both, zone.height_ft, height)
    near = watched & (apart_m < distance * NAUTICAL_MILE) & (above_m < height * FOOT)
    lost = near & (apart_m < (distance - p.distance_tolerance_nm) * NAUTICAL_MILE)
    lost &= above_m < (height - p.height_tolerance_ft) * FOOT
    i, j = np.minimum(first, second), np.maximum(first, second)  # rows are in order of targets
    return [
        (a, b, way)
        for way, which in ((True, lost), (False, near & ~lost))
        for a, b in zip(i[which].tolist(), j[which].tolist(), strict=True)
    ]


def _in_zone(flown: Flown, zone: ConflictZone, holds: Holds, rows: Longs) -> Mask:
    height_m = flown.altitude_m[rows]
    inside = holds(flown.lat_rad[rows], flown.lon_rad[rows])
    return np.asarray(inside & (height_m >= zone.lower_m) & (height_m <= zone.upper_m))


def swarm_events(flown: Flown, params: SwarmParams) -> list[TrueEvent]:
    """Objects that fly together as the rule's limits say, for as long as it waits and longer.

    Drones, fast ones and objects without a 24-bit address count, balloons and ballistic objects do
    not. A swarm goes on while half of it stays together.
    """
    kind = flown.target_class
    speed = np.hypot(flown.vn_mps, flown.ve_mps)
    is_drone = kind == CLASSES.index("drone")
    least = np.where(is_drone, params.drone_least_speed_mps, params.least_speed_mps)
    may = is_drone | (kind == CLASSES.index("fast")) | (flown.icao < 0)
    may &= ~np.isin(kind, [CLASSES.index("balloon"), CLASSES.index("ballistic")])
    may &= speed >= least
    known_s = first_seen(flown)
    open_: list[_Open] = []
    over: list[_Open] = []
    for now_s, all_rows in instants(flown):
        rows = all_rows[may[all_rows]]
        for group in _together(flown, rows, params):
            targets = set(flown.target[group].tolist())
            same = [one for one in open_ if 2 * len(one.targets & targets) > len(targets)]
            if not same:
                open_.append(_Open(now_s, targets, float(known_s[group].max())))
                continue
            same[0].end_s = now_s
            same[0].targets |= targets
        over += [one for one in open_ if now_s - one.end_s > _GOES_ON_S]
        open_ = [one for one in open_ if now_s - one.end_s <= _GOES_ON_S]
    lasting = [one for one in over + open_ if one.end_s - one.begin_s >= params.raise_after_s]
    return _sorted("swarm", lasting)


def _together(flown: Flown, rows: Longs, params: SwarmParams) -> list[Longs]:
    """Return groups of rows linked by distance, velocity and height."""
    if rows.size < params.least_count:
        return []
    pairs = near_pairs(places_m(flown, rows), params.distance_m)
    i, j = rows[pairs[:, 0]], rows[pairs[:, 1]]
    change = np.hypot(flown.vn_mps[i] - flown.vn_mps[j], flown.ve_mps[i] - flown.ve_mps[j])
    above_m: Floats = np.nan_to_num(np.abs(flown.altitude_m[i] - flown.altitude_m[j]))
    linked = pairs[(change <= params.velocity_mps) & (above_m <= params.height_m)]
    label = np.arange(rows.size)
    for first, second in linked.tolist():
        label[label == label[second]] = label[first]
    groups = [rows[label == k] for k in np.unique(label).tolist()]
    return [group for group in groups if group.size >= params.least_count]


def _sorted(rule: str, found: list[_Open]) -> list[TrueEvent]:
    events = [one.event(rule) for one in found]
    ends = [e._replace(end_s=e.end_s + INSTANT_S) for e in events]
    return sorted(ends, key=lambda e: (e.begin_s, e.targets))
