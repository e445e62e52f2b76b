"""The objects of a scene as a struct of arrays, and what each kind can do."""

from typing import Any, Final, NamedTuple

import numpy as np

from skypact.model.reports import Bytes, Floats, Ints, Longs
from skypact.model.tracks import CLASSES
from skypact.units import DEGREE, FEET_PER_MINUTE, KNOT

AIRCRAFT_KINDS: Final = (
    "airliner", "light", "helicopter", "fast", "drone", "balloon", "ballistic", "unknown"
)  # fmt: skip
"""Kinds of objects, words of `model.tracks.CLASSES`; the `kind` column is the index here."""
(AIRLINER, LIGHT, HELICOPTER, FAST, DRONE, BALLOON, BALLISTIC, UNKNOWN) = range(8)
CLASS_OF_KIND: Final = np.array([CLASSES.index(kind) for kind in AIRCRAFT_KINDS], np.int8)
MAX_POINTS: Final = 40
"""Points a route may have."""
STANDARD_RATE_RADPS: Final = 3.0 * DEGREE
"""A standard-rate turn: a full circle in two minutes (ICAO Doc 8168, Vol. I, Part II)."""


class Performance(NamedTuple):
    """Limits of one kind of aircraft."""

    speed_low_mps: float
    """True airspeed at sea level; it grows linearly to `speed_high_mps` at 11 km."""
    speed_high_mps: float
    bank_rad: float
    turn_max_radps: float
    roll_s: float
    """Time from straight flight to the full turn rate."""
    climb_mps: float
    """Rate of climb at sea level; 40 % of it is left at 12 km."""
    descent_mps: float
    slope: float
    """Descent planned per metre flown."""
    acceleration_mps2: float
    lift_mps2: float
    """Limit of the change of climb rate."""
    primary_gain: float
    """Radar cross-section against an airliner's."""


_AIRLINER: Final = Performance(
    140 * KNOT, 455 * KNOT, 25 * DEGREE, STANDARD_RATE_RADPS, 4.0,
    2600 * FEET_PER_MINUTE, 2400 * FEET_PER_MINUTE, 0.050, 0.6, 0.8, 1.0,
)  # fmt: skip
_FREE: Final = Performance(0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.01)
"""Of what no guidance moves; the cross-section is the scenario's."""
PERFORMANCE: Final = (
    _AIRLINER,
    Performance(100 * KNOT, 140 * KNOT, 25 * DEGREE, STANDARD_RATE_RADPS, 3.0,
                800 * FEET_PER_MINUTE, 700 * FEET_PER_MINUTE, 0.060, 0.8, 0.6, 0.05),
    Performance(110 * KNOT, 130 * KNOT, 20 * DEGREE, STANDARD_RATE_RADPS, 3.0,
                1000 * FEET_PER_MINUTE, 800 * FEET_PER_MINUTE, 0.060, 1.0, 0.8, 0.08),
    Performance(340 * KNOT, 520 * KNOT, 73 * DEGREE, 12 * DEGREE, 1.5,
                12_000 * FEET_PER_MINUTE, 9_000 * FEET_PER_MINUTE, 0.150, 4.0, 8.0, 0.1),
    Performance(5.0, 18.0, 25 * DEGREE, 60 * DEGREE, 0.5,
                4.0, 2.5, 0.0, 3.0, 1.5, 0.0003),
    _FREE, _FREE, _AIRLINER,
)  # fmt: skip
"""By kind: figures typical of published performance tables, not of one type."""


class Aircraft(NamedTuple):
    """All objects of a scene, one row each, fixed capacity n; a row is reused by the next flight.

    The state columns hold the start of the tick in force; the movers move them. Rows are grouped by
    mover (`simulate.movers`).
    """

    target: Ints
    """Number of the flight, never used twice in a scene; -1: nothing flies in this row now."""
    kind: Bytes
    icao: Ints
    """24-bit address, -1 without Mode S."""
    mode3a: Ints
    """Code as people say it, -1 without a transponder."""
    callsign: Longs
    """Packed as in `model.reports.pack_callsign`, -1 without Mode S."""
    adsb: Bytes
    nacp: Bytes
    """Navigation accuracy category of the ADS-B position."""
    remote_id: Bytes
    """1 for a drone that broadcasts a remote identification."""
    home_lat: Floats
    """Where a drone's operator stands, rad."""
    home_lon: Floats
    speed_gain: Floats
    """This aircraft's speed against its kind's."""
    spacing: Floats
    """Share of its speed that it flies to keep behind others."""
    lat_rad: Floats
    lon_rad: Floats
    baro_m: Floats
    """Pressure altitude."""
    height_m: Floats
    """Height above the ellipsoid."""
    course_rad: Floats
    speed_mps: Floats
    """Over the ground; the air is at rest in this version."""
    turn_radps: Floats
    climb_mps: Floats
    """Rate of change of the pressure altitude."""
    vertical_mps: Floats
    """Rate of change of the height above the ellipsoid over the last tick."""
    leg: Ints
    """Point of the route that is flown to."""
    points: Ints
    """Points of the route, its start included."""
    point_lat: Floats
    """(n, MAX_POINTS) rad."""
    point_lon: Floats
    point_baro: Floats
    """Pressure altitude to have at the point, (n, MAX_POINTS) m."""


def empty_aircraft(n: int) -> Aircraft:
    """Make a table of `n` rows that no flight uses yet."""
    dtypes = {Floats: np.float64, Longs: np.int64, Ints: np.int32, Bytes: np.int8}
    columns: dict[str, Any] = {}
    for name, hint in Aircraft.__annotations__.items():
        shape = (n, MAX_POINTS) if name.startswith("point_") else (n,)
        columns[name] = np.zeros(shape, dtypes[hint])
    for name in ("target", "icao", "mode3a", "callsign"):
        columns[name][:] = -1
    return Aircraft(**columns)


class Limits(NamedTuple):
    """`Performance` as columns, one row per aircraft; the kind of a row never changes."""

    speed_low_mps: Floats
    speed_high_mps: Floats
    bank_rad: Floats
    turn_max_radps: Floats
    roll_s: Floats
    climb_mps: Floats
    descent_mps: Floats
    slope: Floats
    acceleration_mps2: Floats
    lift_mps2: Floats
    primary_gain: Floats
    """Radar cross-section against an airliner's; may be written per row."""


def rows_of(table: Aircraft, first: int, end: int) -> Aircraft:
    """View of rows `first` to before `end`; what is written there is written in `table`."""
    return Aircraft._make(column[first:end] for column in table)


def limits_of(kind: Bytes) -> Limits:
    """Limits of n aircraft by their kinds (n,)."""
    table = np.array(PERFORMANCE, np.float64)[kind]
    return Limits(*(np.ascontiguousarray(column) for column in table.T))
