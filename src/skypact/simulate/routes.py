"""Routes of the kinds of traffic: points with the pressure altitude to have there.

Airliners fly airway-like routes by fixes between entry points and airports, at levels of the
semicircular rule (ICAO Annex 2, appendix 3), and some hold; light aircraft and helicopters fly
between airfields; fast aircraft work in their areas.
"""

import math
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np

from skypact.kernels.geodesy import MEAN_RADIUS_M
from skypact.simulate.aircraft import FAST, LIGHT, PERFORMANCE
from skypact.simulate.guidance import course_and_distance
from skypact.simulate.parts import Airport, Area, Place
from skypact.simulate.scenario import Scenario
from skypact.units import DEGREE, FLIGHT_LEVEL, GRAVITY

_APPROACH_M: Final = 17_000.0
_BASE_M: Final = 9_000.0
_STAR_M: Final = 62_000.0
_DETOUR: Final = 1.12
_SCATTER_M: Final = 900.0

Level = Callable[[Airport | Area], float]
"""Pressure altitude (m) of the ground of an airport, an airfield or an area's base."""


class Point(NamedTuple):
    """One point of a route."""

    lat_rad: float
    lon_rad: float
    baro_m: float


def offset(point: Point, course_rad: float, distance_m: float) -> Point:
    """Point at a course and distance on the sphere, same altitude."""
    d = distance_m / MEAN_RADIUS_M
    sin_lat = math.sin(point.lat_rad) * math.cos(d) + math.cos(point.lat_rad) * math.sin(
        d
    ) * math.cos(course_rad)
    dlon = math.atan2(
        math.sin(course_rad) * math.sin(d) * math.cos(point.lat_rad),
        math.cos(d) - math.sin(point.lat_rad) * sin_lat,
    )
    lon = math.remainder(point.lon_rad + dlon, 2.0 * math.pi)
    return Point(math.asin(sin_lat), lon, point.baro_m)


def course_distance(a: Point, b: Point) -> tuple[float, float]:
    """Return the initial course (rad) and distance (m) from `a` to `b` on the sphere."""
    dlon = b.lon_rad - a.lon_rad
    east = math.sin(dlon) * math.cos(b.lat_rad)
    north = math.cos(a.lat_rad) * math.sin(b.lat_rad) - math.sin(a.lat_rad) * math.cos(
        b.lat_rad
    ) * math.cos(dlon)
    along = math.sin(a.lat_rad) * math.sin(b.lat_rad) + math.cos(a.lat_rad) * math.cos(
        b.lat_rad
    ) * math.cos(dlon)
    return math.atan2(east, north), MEAN_RADIUS_M * math.atan2(math.hypot(east, north), along)


def at(place: Place, baro_m: float) -> Point:
    """Point over a place of the scenario."""
    return Point(place.lat * DEGREE, place.lon * DEGREE, baro_m)


def airliner_route(scenario: Scenario, level: Level, rng: np.random.Generator) -> list[Point]:
    """Draw a route of an airliner: transit, arrival, departure or domestic.

    `level` gives the pressure altitude on the ground of an airport.
    """
    shares = scenario.traffic
    draw = rng.random() if scenario.airport else 0.0
    if draw < shares.transit or not scenario.airport:
        return _transit(scenario, rng)
    if draw < shares.transit + shares.domestic and len(scenario.airport) > 1:
        first, second = _two_airports(scenario, rng)
        return _flight(scenario, first, second, level, rng)
    gate = scenario.entry[int(rng.integers(len(scenario.entry)))]
    airport = _airport(scenario, rng)
    if rng.random() < 0.5:
        return _flight(scenario, gate, airport, level, rng)
    return _flight(scenario, airport, gate, level, rng)


def _airport(scenario: Scenario, rng: np.random.Generator) -> Airport:
    weights = np.array([airport.weight for airport in scenario.airport])
    return scenario.airport[int(rng.choice(len(weights), p=weights / weights.sum()))]


def _two_airports(scenario: Scenario, rng: np.random.Generator) -> tuple[Airport, Airport]:
    first = _airport(scenario, rng)
    others = [airport for airport in scenario.airport if airport is not first]
    return first, others[int(rng.integers(len(others)))]


def _level(course_rad: float, low: int, high: int, rng: np.random.Generator) -> float:
    """Cruising level (m) between flight levels low and high: odd tens eastbound, even westbound."""
    odd = math.sin(course_rad) >= 0.0
    levels = [fl for fl in range(low, high + 1, 10) if (fl // 10 % 2 == 1) == odd]
    return levels[int(rng.integers(len(levels)))] * FLIGHT_LEVEL


def _via(scenario: Scenario, a: Point, b: Point, rng: np.random.Generator) -> list[Point]:
    """Up to two fixes that lie nearly on the way, scattered as flown tracks are."""
    if not scenario.fix:
        return []
    _, direct = course_distance(a, b)
    lat, lon = np.array([(fix.lat, fix.lon) for fix in scenario.fix]).T * DEGREE
    (_, to), (_, onward) = (course_and_distance(p.lat_rad, p.lon_rad, lat, lon) for p in (a, b))
    near = (to > 50_000.0) & (onward > 80_000.0) & (to + onward < _DETOUR * direct)
    found = [(float(to[i]), at(scenario.fix[i], a.baro_m)) for i in np.flatnonzero(near).tolist()]
    if not found:
        return []
    count = min(len(found), int(rng.integers(1, 3)))
    chosen = sorted(rng.choice(len(found), count, replace=False).tolist())
    ordered = sorted((found[i] for i in chosen), key=lambda entry: entry[0])
    return [_scattered(point, rng) for _, point in ordered]


def _scattered(point: Point, rng: np.random.Generator) -> Point:
    return offset(point, rng.uniform(0.0, 2.0 * math.pi), abs(rng.normal(0.0, _SCATTER_M)))


def _transit(scenario: Scenario, rng: np.random.Generator) -> list[Point]:
    for _ in range(50):
        i, j = rng.choice(len(scenario.entry), 2, replace=False).tolist()
        start, end = at(scenario.entry[i], 0.0), at(scenario.entry[j], 0.0)
        course, distance = course_distance(start, end)
        if distance > 250_000.0:
            break
    cruise = _level(course, 290, 400, rng)
    start = _scattered(start, rng)._replace(baro_m=cruise)
    route = [start, *_via(scenario, start, end, rng), _scattered(end, rng)]
    later = cruise
    if rng.random() < 0.25:
        later = cruise + float(rng.choice([-2, 2])) * 10 * FLIGHT_LEVEL
    middle = len(route) // 2
    return [point._replace(baro_m=cruise if i < middle else later) for i, point in enumerate(route)]


def _flight(
    scenario: Scenario, a: Place, b: Place, level: Level, rng: np.random.Generator
) -> list[Point]:
    """Departure, arrival, or both, with a cruise in between."""
    course, distance = course_distance(at(a, 0.0), at(b, 0.0))
    low, high = (180, 260) if distance < 350_000.0 else (260, 380)
    cruise = _level(course, low, high, rng)
    start, end = at(a, cruise), at(b, cruise)
    head = _departure(a, end, level, cruise) if isinstance(a, Airport) else [start]
    tail = [_scattered(end, rng)]
    if isinstance(b, Airport):
        tail = _arrival(b, head[-1], level, rng.random() < scenario.traffic.hold, rng)
    middle = _via(scenario, head[-1], tail[0], rng)
    route = [*head, *(point._replace(baro_m=cruise) for point in middle), *tail]
    return _descending(route, 0.9 * PERFORMANCE[0].slope, grounded=isinstance(a, Airport))


def _departure(airport: Airport, goal: Point, level: Level, cruise: float) -> list[Point]:
    threshold = at(airport, level(airport))
    ahead = offset(threshold, airport.runway_deg * DEGREE, 9_000.0)._replace(baro_m=cruise)
    course, distance = course_distance(ahead, goal)
    away = offset(ahead, course, min(35_000.0, 0.3 * distance))
    return [threshold, ahead, away]


def _arrival(
    airport: Airport, before: Point, level: Level, hold: bool, rng: np.random.Generator
) -> list[Point]:
    """Arrival fix, perhaps laps of a hold, base, final, threshold."""
    field = level(airport)
    runway = airport.runway_deg * DEGREE
    threshold = at(airport, field)
    final = offset(threshold, runway + math.pi, _APPROACH_M)._replace(baro_m=field + 900.0)
    corners = [
        offset(threshold, runway + side, _STAR_M)
        for side in (0.25 * math.pi, 0.75 * math.pi, 1.25 * math.pi, 1.75 * math.pi)
    ]
    corner = min(corners, key=lambda point: course_distance(before, point)[1])
    star = _scattered(corner, rng)._replace(baro_m=3_000.0 + 300.0 * float(rng.integers(0, 4)))
    side = math.sin(course_distance(threshold, star)[0] - runway)
    outward = runway + math.copysign(0.5 * math.pi, side)
    base = offset(offset(final, runway + math.pi, 4_000.0), outward, _BASE_M)
    base = base._replace(baro_m=field + 1_500.0)
    laps = _hold(star, course_distance(star, base)[0], int(rng.integers(1, 4))) if hold else []
    return [star, *laps, base, final, threshold]


def _hold(fix: Point, inbound_rad: float, laps: int) -> list[Point]:
    """Corners of right-hand racetracks with one-minute legs, ending at the fix."""
    limits = PERFORMANCE[0]
    share = fix.baro_m / 11_000.0
    speed = limits.speed_low_mps + share * (limits.speed_high_mps - limits.speed_low_mps)
    rate = min(limits.turn_max_radps, GRAVITY * math.tan(limits.bank_rad) / speed)
    width, length = 2.2 * speed / rate, 60.0 * speed
    abeam = offset(fix, inbound_rad + 0.5 * math.pi, width)
    far = offset(abeam, inbound_rad + math.pi, length)
    back = offset(fix, inbound_rad + math.pi, length)
    return [abeam, far, back, fix] * laps


def _descending(route: Sequence[Point], slope: float, *, grounded: bool) -> list[Point]:
    """Lower earlier points to where the later ones can be reached by a normal descent.

    The first is left where it is if `grounded`: that is a runway.
    """
    points = list(route)
    for i in range(len(points) - 1, int(grounded), -1):
        _, leg = course_distance(points[i - 1], points[i])
        reach = points[i].baro_m + slope * leg
        points[i - 1] = points[i - 1]._replace(baro_m=min(points[i - 1].baro_m, reach))
    return points


def local_route(
    scenario: Scenario, kind: int, level: Level, rng: np.random.Generator
) -> list[Point]:
    """Draw a route of a light aircraft or helicopter between two airfields."""
    i, j = rng.choice(len(scenario.airfield), 2, replace=False).tolist()
    a, b = scenario.airfield[i], scenario.airfield[j]
    start, end = at(a, level(a)), at(b, level(b))
    low, high = (450.0, 1_300.0) if kind == LIGHT else (200.0, 600.0)
    cruise = max(start.baro_m, end.baro_m) + rng.uniform(low, high)
    course, distance = course_distance(start, end)
    route = [start]
    for share in np.sort(rng.uniform(0.15, 0.85, int(rng.integers(1, 5)))).tolist():
        aside = rng.normal(0.0, 0.08 * distance + 2_000.0)
        on_way = offset(start, course, share * distance)
        route.append(offset(on_way, course + 0.5 * math.pi, aside)._replace(baro_m=cruise))
    return _descending([*route, end], 0.9 * PERFORMANCE[kind].slope, grounded=True)


def fast_route(area: Area, level: Level, rng: np.random.Generator) -> list[Point]:
    """Draw a sortie: from the base to points all over the area, at changing levels, and back."""
    base = at(area, level(area))
    route = [base]
    for _ in range(int(rng.integers(12, 25))):
        distance = area.radius_m * math.sqrt(rng.uniform(0.05, 1.0))
        point = offset(base, rng.uniform(0.0, 2.0 * math.pi), distance)
        route.append(point._replace(baro_m=rng.uniform(2_500.0, 9_500.0)))
    return _descending([*route, base], 0.9 * PERFORMANCE[FAST].slope, grounded=True)
