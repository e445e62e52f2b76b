"""Who flies: addresses, codes, callsigns and equipment, and where a flight begins."""

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np

from skypact.model.reports import pack_callsign
from skypact.simulate.air import AirField, height_over_pressure_m, pressure_altitude_m
from skypact.simulate.aircraft import (
    AIRCRAFT_KINDS,
    AIRLINER,
    DRONE,
    FAST,
    MAX_POINTS,
    PERFORMANCE,
    Aircraft,
)
from skypact.simulate.parts import Airport, Area, Fleet, Recorded, Zoom
from skypact.simulate.routes import (
    Point,
    airliner_route,
    course_distance,
    fast_route,
    local_route,
)
from skypact.simulate.scenario import Scenario
from skypact.simulate.spacing import Placed, is_clear
from skypact.units import DEGREE

_BLOCKS: Final = (
    (0x440000, 15), (0x470000, 15), (0x505C00, 10), (0x3C0000, 18), (0x400000, 18),
    (0x380000, 18), (0x4B8000, 15), (0x48D000, 12), (0x508000, 15), (0x4A0000, 15),
)  # fmt: skip
"""Blocks of 24-bit addresses by state: first address and size in bits (ICAO Annex 10, Vol. III)."""
_OPERATORS: Final = ("ALP", "DNB", "TTR", "PAN", "NRD", "AEQ", "VLT", "SKP", "MRV", "ORI")
_PREFIXES: Final = ("OE", "HA", "OM", "SP", "OK", "D")
_TRIES: Final = 8
"""Routes drawn until a flight begins away from others at its level."""
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_RESERVED: Final = frozenset({7000, 7500, 7600, 7700, 2000, 1000, 0})
VFR_CODE: Final = 7000
"""Code that uncontrolled flights share; codes are no identity."""


class Equipment:
    """Draws what flights carry: transponders, addresses, codes and callsigns; holds what is in use.

    Parameters
    ----------
    numbers : iterator of int
        Numbers of flights, shared by all that start flights in a scene.
    taken : set of int
        Addresses in use, shared and added to.
    rng : numpy.random.Generator
    """

    def __init__(self, numbers: Iterator[int], taken: set[int], rng: np.random.Generator) -> None:
        self._numbers = numbers
        self._taken = taken
        self._rng = rng

    def number(self, a: Aircraft, row: int) -> None:
        """Give a row the number of a new flight."""
        a.target[row] = next(self._numbers)

    def equip(self, a: Aircraft, row: int, fleet: Fleet | Recorded | Zoom) -> None:
        """Draw what a flight of the row's kind carries, by the shares of its fleet."""
        kind = int(a.kind[row])
        rng = self._rng
        transponder, modes, adsb = rng.random(3) < (
            usual_share(kind) if fleet.transponder is None else fleet.transponder,
            fleet.modes,
            fleet.adsb,
        )
        code, icao, name = self._code(kind), self._address(), self._callsign(kind)
        a.mode3a[row] = code if transponder else -1
        has_modes = bool(transponder and modes)
        a.icao[row] = icao if has_modes else -1
        a.callsign[row] = pack_callsign(name) if has_modes else -1
        a.adsb[row] = has_modes and bool(adsb)
        a.nacp[row] = int(rng.choice([8, 9, 10], p=[0.1, 0.5, 0.4]))

    def _address(self) -> int:
        while True:
            first, bits = _BLOCKS[int(self._rng.integers(len(_BLOCKS)))]
            address = first + int(self._rng.integers(1, 1 << bits))
            if address not in self._taken:
                self._taken.add(address)
                return address

    def _code(self, kind: int) -> int:
        if kind != AIRLINER and self._rng.random() < 0.6:
            return VFR_CODE
        while True:
            code = int("".join(str(digit) for digit in self._rng.integers(0, 8, 4)))
            if code not in _RESERVED:
                return code

    def _callsign(self, kind: int) -> str:
        rng = self._rng
        if kind == AIRLINER:
            number = int(rng.integers(1, 9_999))
            return f"{_OPERATORS[int(rng.integers(len(_OPERATORS)))]}{number}"
        letters = "".join(_LETTERS[int(i)] for i in rng.integers(0, 26, 3))
        if kind == FAST:
            return f"FALKE{int(rng.integers(10, 99))}"
        return _PREFIXES[int(rng.integers(len(_PREFIXES)))] + letters


def usual_share(kind: int) -> float:
    """Share with a transponder where a fleet does not say: all aircraft, but no drone."""
    return 0.0 if kind == DRONE else 1.0


class Dispatcher:
    """Starts guided flights in rows of their table, each at its route's start or underway.

    Parameters
    ----------
    scenario : Scenario
    field : AirField
        Turns heights of the ground into pressure altitudes.
    equipment : Equipment
    rng : numpy.random.Generator
        The one of `equipment`: both draw in turn.
    """

    def __init__(
        self,
        scenario: Scenario,
        field: AirField,
        equipment: Equipment,
        rng: np.random.Generator,
    ) -> None:
        self._scenario = scenario
        self._field = field
        self._equipment = equipment
        self._rng = rng
        guided = [fleet for fleet in scenario.fleet if fleet.kind != "drone"]
        self._fleet_of_row = [fleet for fleet in guided for _ in range(fleet.count)]

    def kinds(self) -> list[int]:
        """Kind of each row of the table."""
        return [AIRCRAFT_KINDS.index(fleet.kind) for fleet in self._fleet_of_row]

    def launch(self, a: Aircraft, row: int, time_s: float, placed: Placed | None = None) -> None:
        """Start a flight in a row: at its route's start, or anywhere on it at the scene's start.

        At the scene's start the flights begun before are `placed`, and this one joins them.
        """
        kind = int(a.kind[row])
        underway = placed is not None
        self._equipment.number(a, row)
        self._equipment.equip(a, row, self._fleet_of_row[row])
        for _ in range(_TRIES):
            route = self._route(kind, time_s)
            flown = 0.0
            if underway:
                legs = [course_distance(p, q)[1] for p, q in pairwise(route)]
                flown = self._rng.uniform(0.0, 0.97) * math.fsum(legs)
            self._place(a, row, route, flown, time_s)
            if kind != AIRLINER or (placed.is_clear(row) if placed else is_clear(a, row)):
                break
        if placed:
            placed.add(row)

    def _route(self, kind: int, time_s: float) -> list[Point]:
        scenario, rng = self._scenario, self._rng

        def level(ground: Airport | Area) -> float:
            place = (np.array([ground.lat * DEGREE]), np.array([ground.lon * DEGREE]))
            height_m = np.array([ground.height_m])
            return float(pressure_altitude_m(self._field, *place, height_m, time_s)[0])

        if kind == AIRLINER:
            return airliner_route(scenario, level, rng)
        if kind == FAST:
            return fast_route(scenario.area[int(rng.integers(len(scenario.area)))], level, rng)
        return local_route(scenario, kind, level, rng)

    def _excess_m(self, lat: float, lon: float, baro_m: float, time_s: float) -> float:
        place = (np.array([lat]), np.array([lon]), np.array([baro_m]))
        return float(height_over_pressure_m(self._field, *place, time_s)[0])

    def _place(
        self, a: Aircraft, row: int, route: list[Point], flown_m: float, time_s: float
    ) -> None:
        limits = PERFORMANCE[a.kind[row]]
        a.points[row] = len(route)
        points = (a.point_lat, a.point_lon, a.point_baro)
        for column, values in zip(points, zip(*route, strict=True), strict=True):
            column[row, : len(route)] = values
            column[row, len(route) : MAX_POINTS] = values[-1]
        lat, lon, baro, leg, course = _along(route, flown_m, limits.slope)
        a.leg[row] = leg
        a.lat_rad[row], a.lon_rad[row], a.baro_m[row], a.course_rad[row] = lat, lon, baro, course
        a.height_m[row] = baro + self._excess_m(lat, lon, baro, time_s)
        a.spacing[row] = 1.0
        a.turn_radps[row] = a.climb_mps[row] = a.vertical_mps[row] = 0.0
        a.speed_gain[row] = self._rng.uniform(0.93, 1.05)
        share = min(1.0, max(0.0, baro / 11_000.0))
        speed = limits.speed_low_mps + share * (limits.speed_high_mps - limits.speed_low_mps)
        a.speed_mps[row] = speed * a.speed_gain[row]


def _along(
    route: list[Point], flown_m: float, slope: float
) -> tuple[float, float, float, int, float]:
    """Position after some distance: lat, lon, pressure altitude, leg in force, course."""
    left, leg = flown_m, 1
    for leg in range(1, len(route)):
        course, length = course_distance(route[leg - 1], route[leg])
        if left <= length or leg == len(route) - 1:
            break
        left -= length
    a, b = route[leg - 1], route[leg]
    share = min(1.0, left / max(length, 1.0))
    dlat = b.lat_rad - a.lat_rad
    dlon = math.remainder(b.lon_rad - a.lon_rad, 2.0 * math.pi)
    lon = math.remainder(a.lon_rad + share * dlon, 2.0 * math.pi)
    here = Point(a.lat_rad + share * dlat, lon, 0.0)
    course, distance = course_distance(here, b)
    climbed = route[0].baro_m + slope * flown_m if leg < len(route) else math.inf
    baro = min(max(a.baro_m, b.baro_m), b.baro_m + slope * distance, climbed)
    if flown_m == 0.0:
        baro = a.baro_m
    return here.lat_rad, here.lon_rad, baro, leg, course
