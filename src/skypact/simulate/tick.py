"""What every sensor gets to see of one tick, and what it must be able to do."""

from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from skypact.model.reports import Bytes, Floats, Ints, Longs
from skypact.simulate.aircraft import Aircraft, Limits
from skypact.simulate.feed import Datagram
from skypact.simulate.truth import Span
from skypact.simulate.velocity import SentVelocities

Mask = npt.NDArray[np.bool_]


class Squitters(NamedTuple):
    """ADS-B messages sent in one tick, in order of time; what they say and where they come from."""

    sender: Longs
    """Row of the aircraft table, or its length plus the number of a ghost (k,)."""
    target: Ints
    """Flight that sends, or `CLUTTER` for a ghost."""
    time_s: Floats
    ecef_m: Floats
    """True place of the antenna (k, 3)."""
    height_m: Floats
    """True height of the antenna."""
    icao: Ints
    mode3a: Ints
    callsign: Longs
    emitter: Ints
    """Emitter category as in I021/020."""
    lat_rad: Floats
    """Claimed place and motion from here on."""
    lon_rad: Floats
    geo_height_m: Floats
    baro_m: Floats
    vn_mps: Floats
    ve_mps: Floats
    vertical_mps: Floats
    nacp: Bytes
    nic: Bytes
    sil: Bytes


class Navigation(NamedTuple):
    """What satellite receivers make of one tick; rows are those of the aircraft table (n,)."""

    wander: Floats
    """Slow errors north and east, in standard deviations of the receiver (n, 2)."""
    silent: Mask
    """Position lost: none is sent."""
    disturbed: Mask
    """Integrity lost: `nacp` replaces what the receiver says of itself."""
    nacp: Bytes
    shift0_m: Floats
    """Displacement north and east at the tick's start: forged, or drifted without satellites."""
    shift1_m: Floats
    """At the tick's end (n, 2)."""
    velocity: SentVelocities


class Ghosts(NamedTuple):
    """Transmitters on the ground that send the ADS-B messages of aircraft that are not there."""

    active: Mask
    ecef_m: Floats
    """Places of the transmitters (g, 3)."""
    height_m: Floats
    icao: Ints
    mode3a: Ints
    callsign: Longs
    baro_m: Floats
    """Pressure altitude that they claim."""


class Emissions(NamedTuple):
    """What is in the air in one tick, beside what reflects."""

    squitters: Squitters
    navigation: Navigation
    ghosts: Ghosts


class Tick(NamedTuple):
    """One tick of the truth. Rows of `aircraft` whose `target` is -1 are not there."""

    span: Span
    aircraft: Aircraft
    limits: Limits
    emissions: Emissions


class Observer(Protocol):
    """A simulated sensor; made with (link, sensor, scenario, rows of the aircraft table, rng)."""

    def observe(self, tick: Tick) -> list[Datagram]:
        """Return what leaves the sensor in this tick."""
        ...
