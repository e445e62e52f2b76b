"""What moves the objects of a scene: one mover per kind of motion, each with its own rows.

The table of objects holds the guided flights first, then drones, balloons, ballistic flights,
recorded ones, satellites and zoom climbs. A mover gets a view of its rows: what it writes there,
all others see.
"""

from collections.abc import Iterator, Sequence
from itertools import count, pairwise
from typing import Protocol

import numpy as np

from skypact.model.recorded import RecordedPaths
from skypact.model.reports import Floats
from skypact.simulate.air import AirField
from skypact.simulate.aircraft import (
    BALLISTIC,
    BALLOON,
    DRONE,
    FAST,
    UNKNOWN,
    Aircraft,
    Limits,
    empty_aircraft,
    limits_of,
    rows_of,
)
from skypact.simulate.ballistic import ballistics, flights_of
from skypact.simulate.balloon import Balloons
from skypact.simulate.drone import Drones
from skypact.simulate.flights import Dispatcher, Equipment
from skypact.simulate.guidance import arrived, fly_on, guide
from skypact.simulate.onpaths import OnPaths
from skypact.simulate.parts import Ballistic, Balloon, Satellite, Zoom
from skypact.simulate.recorded import Replayed, checked, kinds_of
from skypact.simulate.recorded import flights_of as recorded_flights
from skypact.simulate.satellite import begins_s as passes_begin_s
from skypact.simulate.satellite import passes_of
from skypact.simulate.scenario import Scenario
from skypact.simulate.spacing import Placed, keep_distance
from skypact.simulate.truth import TICK_S, Span, ecef_state
from skypact.simulate.wind import wind_field
from skypact.simulate.zoom import begins_s as zooms_begin_s
from skypact.simulate.zoom import climbs_of

_SPACING_TICKS = 8
"""Ticks between two looks at who follows whom."""


class Mover(Protocol):
    """Moves its rows of the table of objects."""

    def begin(self, time_s: float) -> None:
        """End and start flights at `time_s`, the present time, before the rows are looked at."""
        ...

    def move(self, start_s: float) -> None:
        """Move what is there from `start_s` by one tick, in place."""
        ...


class Guided:
    """Moves aircraft along routes; an aircraft that has arrived is followed by another."""

    def __init__(
        self, rows: Aircraft, limits: Limits, field: AirField, dispatcher: Dispatcher
    ) -> None:
        self._rows, self._limits, self._field = rows, limits, field
        self._dispatcher = dispatcher
        self._ticks = 0

    def begin(self, time_s: float) -> None:
        """Start a flight where the one before has arrived; the scene's first ones are underway."""
        a = self._rows
        placed = Placed(a) if self._ticks == 0 else None
        for row in np.flatnonzero(arrived(a)).tolist():
            self._dispatcher.launch(a, row, time_s, placed)

    def move(self, start_s: float) -> None:
        """Guide and move all by one tick, in place."""
        if self._ticks % _SPACING_TICKS == 0:
            keep_distance(self._rows)
        guide(self._rows, self._limits)
        fly_on(self._rows, self._field, start_s + TICK_S)
        self._ticks += 1


class Sky:
    """All objects of a scene and what moves them.

    Parameters
    ----------
    aircraft : Aircraft
    limits : Limits
    movers : list of Mover
    start_s : float
        Present time, seconds UTC.
    """

    def __init__(
        self, aircraft: Aircraft, limits: Limits, movers: list[Mover], start_s: float
    ) -> None:
        self.aircraft = aircraft
        self.limits = limits
        self._movers = movers
        for mover in movers:
            mover.begin(start_s)

    def step(self, start_s: float) -> Span:
        """Move everything by one tick from `start_s`; return the tick's ends.

        Call `begin` after what was there in the tick has been looked at.
        """
        a = self.aircraft
        ecef0, velocity0 = ecef_state(a)
        baro0 = a.baro_m.copy()
        for mover in self._movers:
            mover.move(start_s)
        ecef1, velocity1 = ecef_state(a)
        end_s = start_s + TICK_S
        return Span(start_s, end_s, ecef0, ecef1, velocity0, velocity1, baro0, a.baro_m.copy())

    def begin(self, time_s: float) -> None:
        """End and start flights at `time_s`, the present time."""
        for mover in self._movers:
            mover.begin(time_s)


def sky_of(
    scenario: Scenario,
    field: AirField,
    recorded: Sequence[RecordedPaths],
    streams: Sequence[np.random.Generator],
) -> Sky:
    """Make the objects of a scenario.

    Parameters
    ----------
    scenario : Scenario
    field : AirField
    recorded : sequence of RecordedPaths
        One per ``[[recorded]]`` entry of the scenario.
    streams : sequence of numpy.random.Generator
        For guided flights, drones, wind, balloons, ballistic and recorded flights, satellites and
        zoom climbs, in this order.
    """
    checked(scenario.recorded, recorded)
    numbers, taken = count(), set[int]()
    guided_rng, drone_rng, wind_rng, balloon_rng, ballistic_rng, recorded_rng = streams[:6]
    equipment = Equipment(numbers, taken, guided_rng)
    dispatcher = Dispatcher(scenario, field, equipment, guided_rng)
    drones = [f for f in scenario.fleet if f.kind == "drone" for _ in range(f.count)]
    flights = flights_of(scenario.ballistic, scenario.air.ground_m, ballistic_rng)
    balloons = sum(entry.count for entry in scenario.balloon)
    kinds = [dispatcher.kinds(), [DRONE] * len(drones), [BALLOON] * balloons]
    kinds.append([BALLISTIC] * len(flights))
    played = [
        recorded_flights(paths, entry, f"recorded[{index}]")
        for index, (entry, paths) in enumerate(zip(scenario.recorded, recorded, strict=True))
    ]
    kinds += [kinds_of(paths, part) for paths, part in zip(recorded, played, strict=True)]
    for paths in recorded:
        taken.update(np.unique(paths.icao).tolist())
    passes, climbs = passes_of(scenario.satellite, streams[6]), climbs_of(scenario.zoom, streams[7])
    kinds += [[UNKNOWN] * len(passes), [FAST] * len(climbs)]
    aircraft = empty_aircraft(sum(map(len, kinds)))
    aircraft.kind[:] = np.concatenate([np.array(part, np.int8) for part in kinds])
    limits = limits_of(aircraft.kind)
    ends = np.cumsum([0, *map(len, kinds)]).tolist()
    limits.primary_gain[ends[2] : ends[4]] = _sections([*scenario.balloon, *scenario.ballistic])
    limits.primary_gain[ends[-3] :] = _sections([*scenario.satellite, *scenario.zoom])
    rows = [rows_of(aircraft, first, end) for first, end in pairwise(ends)]
    start_s = scenario.start_s
    movers: list[Mover] = []
    if kinds[0]:
        guided = Limits._make(column[: ends[1]] for column in limits)
        movers.append(Guided(rows[0], guided, field, dispatcher))
    if drones:
        equipment = Equipment(numbers, taken, drone_rng)
        movers.append(Drones(rows[1], drones, scenario.pad, field, equipment, drone_rng))
    if balloons:
        wind = wind_field(scenario.wind, start_s, wind_rng)
        balloon = (rows[2], scenario.balloon, wind, field, start_s, numbers, balloon_rng)
        movers.append(Balloons(*balloon))
    if flights:
        movers.append(ballistics(rows[3], scenario.ballistic, flights, field, start_s, numbers))
    equipment = Equipment(numbers, taken, recorded_rng)
    for index, (entry, paths) in enumerate(zip(scenario.recorded, recorded, strict=True)):
        playing = (rows[4 + index], paths, played[index], entry, field, start_s, equipment)
        movers.append(Replayed(*playing))
    known = (field, start_s, numbers)
    if passes:
        movers.append(
            OnPaths(rows[-2], passes_begin_s(scenario.satellite), passes.__getitem__, *known)
        )
    if climbs:
        carried = Equipment(numbers, taken, streams[7])
        movers.append(_zooms(scenario, rows[-1], climbs, known, carried))
    return Sky(aircraft, limits, movers, start_s)


def _sections(entries: Sequence[Balloon | Ballistic | Satellite | Zoom]) -> list[float]:
    """Radar cross-section of each object."""
    return [entry.cross_section for entry in entries for _ in range(entry.count)]


def _zooms(
    scenario: Scenario,
    rows: Aircraft,
    climbs: list[Floats],
    known: tuple[AirField, float, Iterator[int]],
    equipment: Equipment,
) -> OnPaths:
    """Make what moves the zoom climbs of a scene."""
    entries = [entry for entry in scenario.zoom for _ in range(entry.count)]
    return OnPaths(
        rows, zooms_begin_s(scenario.zoom), climbs.__getitem__, *known,
        lambda row: equipment.equip(rows, row, entries[row]),
    )  # fmt: skip
