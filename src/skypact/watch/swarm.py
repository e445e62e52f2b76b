"""Formations and swarms: objects that move together, how many, where, where to.

Neighbours are linked by distance, velocity and height (single linkage), among objects without
identity, drones and fast ones: airliners in trail or in a holding stack have identities, and are
farther apart. A swarm keeps its name while most of its members stay, with wider limits than those
that make one.
"""

from collections import Counter
from typing import Any, Final, NamedTuple

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from skypact.model.reports import Floats, Longs
from skypact.model.tracks import CLASSES
from skypact.rules.swarm import SwarmParams
from skypact.units import DEGREE
from skypact.watch.grid import near_pairs
from skypact.watch.ground import geojson_of
from skypact.watch.headcount import greatest_count, least_count
from skypact.watch.linked import groups_of
from skypact.watch.sky import EARTH_M, Finding, Sky
from skypact.watch.who import who_of

_DRONE, _FAST = CLASSES.index("drone"), CLASSES.index("fast")
_SIGMAS: Final = 2.0
_TOLD: Final = 20
"""Members told in full."""
_GROWN: Final = 1.2
"""More by this is news."""


class _Named(NamedTuple):
    """What was last told of a swarm."""

    told_s: float
    tracks: tuple[int, ...]


class SwarmRule:
    """Objects that move together.

    Parameters
    ----------
    params : SwarmParams
    """

    name: Final = "swarm"

    def __init__(self, params: SwarmParams) -> None:
        self.params = params
        self._member: dict[int, str] = {}
        """The swarm of each track."""
        self._named: dict[str, _Named] = {}

    def look(self, sky: Sky) -> list[Finding]:
        """One finding for each swarm."""
        at = self._candidates(sky)
        p = self.params
        first, second, excess = self._links(sky, at)
        loose = groups_of(at.size, first, second)
        tight_pairs = excess <= 1.0
        tight = groups_of(at.size, first[tight_pairs], second[tight_pairs])
        holding = np.flatnonzero(np.bincount(tight, minlength=at.size) >= p.least_count)
        sure = set(loose[holding].tolist())
        order = np.argsort(loose, kind="stable")
        label, begin = np.unique(loose[order], return_index=True)
        groups = [
            (at[rows], int(k) in sure)
            for k, rows in zip(label, np.split(order, begin[1:]), strict=bool(at.size))
            if rows.size >= p.least_count
        ]
        names = self._names(sky, [members for members, _ in groups])
        return [
            self._found(sky, name, members, is_sure)
            for name, (members, is_sure) in zip(names, groups, strict=True)
        ]

    def _candidates(self, sky: Sky) -> Longs:
        """Objects (k,) that may be of a swarm."""
        p, rows = self.params, sky.rows
        speed = np.hypot(rows.vn_mps, rows.ve_mps)
        error = np.nan_to_num(np.hypot(rows.sigma_vn_mps, rows.sigma_ve_mps))
        nobody = (rows.icao < 0) & (rows.mode3a < 0) & (rows.callsign < 0)
        is_drone = rows.target_class == _DRONE
        fits = nobody & (speed - _SIGMAS * error >= p.least_speed_mps)
        fits |= is_drone & (speed >= p.drone_least_speed_mps)
        fits |= (rows.target_class == _FAST) & (speed >= p.least_speed_mps)
        fits &= (rows.age_s >= p.least_age_s) & (rows.existence >= p.least_existence)
        fits &= (sky.quiet_s <= p.fresh_s) & ~(rows.p_ballistic > 0.5)
        return np.flatnonzero(fits & np.isfinite(sky.lat_rad + sky.lon_rad))

    def _links(self, sky: Sky, at: Longs) -> tuple[Longs, Longs, Floats]:
        """Pairs of candidates within the wider limits, and the greatest share of the limits."""
        p, rows = self.params, sky.rows
        far_m = p.keep_share * p.distance_m
        first, second, apart_m = near_pairs(
            sky.lat_rad[at], sky.lon_rad[at], far_m, rows.vn_mps[at] + rows.ve_mps[at]
        )
        i, j = at[first], at[second]
        change = np.hypot(rows.vn_mps[i] - rows.vn_mps[j], rows.ve_mps[i] - rows.ve_mps[j])
        sigma_m = np.hypot(np.nan_to_num(rows.sigma_u_m[i]), np.nan_to_num(rows.sigma_u_m[j]))
        above_m = np.nan_to_num(np.abs(sky.altitude_m[i] - sky.altitude_m[j]), nan=0.0)
        excess = np.maximum(apart_m / p.distance_m, change / p.velocity_mps)
        excess = np.maximum(excess, above_m / np.hypot(p.height_m, _SIGMAS * sigma_m))
        use = excess <= p.keep_share
        return first[use], second[use], excess[use]

    def _names(self, sky: Sky, groups: list[Longs]) -> list[str]:
        """Name each group after the swarm that most of its members were of."""
        tracks = [sky.rows.track[members].tolist() for members in groups]
        votes = [
            Counter(self._member[t] for t in of if t in self._member).most_common() for of in tracks
        ]
        names = [""] * len(groups)
        order = sorted(
            range(len(groups)), key=lambda k: (-votes[k][0][1] if votes[k] else 0, tracks[k][0])
        )
        used: set[str] = set()
        for k in order:
            name = next((name for name, _ in votes[k] if name not in used), "")
            number = 1
            while not name:
                new = f"{tracks[k][0]}" if number == 1 else f"{tracks[k][0]}-{number}"
                name = "" if new in used or new in self._named else new
                number += 1
            used.add(name)
            names[k] = name
        self._member = {t: names[k] for k, of in enumerate(tracks) for t in of}
        self._named = {name: told for name, told in self._named.items() if name in used}
        return names

    def _found(self, sky: Sky, name: str, members: Longs, is_sure: bool) -> Finding:
        p, rows = self.params, sky.rows
        hull, area_m2 = self._ground_of(sky, members)
        north, east = float(rows.vn_mps[members].mean()), float(rows.ve_mps[members].mean())
        heights = sky.altitude_m[members]
        heights = heights[np.isfinite(heights)]
        evidence: dict[str, Any] = {
            "what": "objects that move together",
            "count": members.size,
            "count_at_least": least_count(rows.existence[members]),
            "count_at_most": greatest_count(members.size, area_m2, p.resolution_m, p.detection),
            "course_deg": round(float(np.arctan2(east, north)) / DEGREE % 360.0),
            "speed_mps": round(float(np.hypot(north, east)), 1),
            "area_km2": round(area_m2 / 1e6, 1),
            "without_identity": int(
                np.count_nonzero((rows.icao[members] < 0) & (rows.mode3a[members] < 0))
            ),
            "members": [who_of(sky, i) for i in members[:_TOLD].tolist()],
        }
        if heights.size:
            evidence["heights_m"] = [round(float(heights.min())), round(float(heights.max()))]
        return Finding(
            name,
            self._told(sky, name, members),
            p.severity,
            holds=is_sure,
            area=geojson_of(hull),
            evidence=evidence,
        )

    def _told(self, sky: Sky, name: str, members: Longs) -> tuple[int, ...]:
        """Return the members to tell: who comes and goes is news only so often."""
        now = tuple(sky.rows.track[members].tolist())
        last = self._named.get(name)
        is_new = last is None or sky.now_s - last.told_s >= self.params.update_s
        if last is not None and not is_new and len(now) < _GROWN * len(last.tracks):
            return last.tracks
        self._named[name] = _Named(sky.now_s, now)
        return now

    def _ground_of(self, sky: Sky, members: Longs) -> tuple[BaseGeometry, float]:
        """Area about the members, in degrees; square metres that they fill."""
        p = self.params
        lat, lon = sky.lat_rad[members], sky.lon_rad[members]
        wide = np.cos(lat[0]) * EARTH_M
        east = ((lon - lon[0] + np.pi) % (2.0 * np.pi) - np.pi) * wide
        places = shapely.multipoints(np.stack((east, (lat - lat[0]) * EARTH_M), axis=1))
        hull = shapely.convex_hull(places)
        area_m2 = float(shapely.area(shapely.buffer(hull, 0.5 * p.resolution_m)))
        about = shapely.buffer(hull, p.margin_m, quad_segs=4)
        scale = np.array([1.0 / wide, 1.0 / EARTH_M]) / DEGREE
        begin = np.array([lon[0], lat[0]]) / DEGREE
        corners = np.round(begin + shapely.get_coordinates(about) * scale, 4)
        return shapely.Polygon(corners), area_m2
