"""What every sensor gets to see of one tick, and what it must be able to do."""

from typing import NamedTuple, Protocol

from skypact.model.reports import Floats, Longs
from skypact.simulate.aircraft import Aircraft, Limits
from skypact.simulate.feed import Datagram
from skypact.simulate.truth import Span


class Squitters(NamedTuple):
    """ADS-B messages sent in one tick, in order of time."""

    row: Longs
    """Row of the sender in the aircraft table (k,)."""
    time_s: Floats
    error_m: Floats
    """What the sent position is off by, north and east (k, 2)."""


class Tick(NamedTuple):
    """One tick of the truth. Rows of `aircraft` whose `target` is -1 are not there."""

    span: Span
    aircraft: Aircraft
    limits: Limits
    squitters: Squitters


class Observer(Protocol):
    """A simulated sensor; made with (link, sensor, scenario, rows of the aircraft table, rng)."""

    def observe(self, tick: Tick) -> list[Datagram]:
        """Return what leaves the sensor in this tick."""
        ...
