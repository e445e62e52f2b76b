"""Who is heard when by sensors that report every emitter once per period."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from skypact.model.reports import Floats, Ints, Longs
from skypact.simulate.feed import CLUTTER
from skypact.simulate.tick import Mask, Tick
from skypact.simulate.truth import TICK_S, baro_at, ecef_at


class Emitters(NamedTuple):
    """What can be heard at one time each, in order of time (k,)."""

    time_s: Floats
    target: Ints
    """Flight, or `CLUTTER` for a ghost's transmitter."""
    ecef_m: Floats
    """True place (k, 3)."""
    height_m: Floats
    icao: Ints
    mode3a: Ints
    callsign: Longs
    baro_m: Floats
    """Pressure altitude that it says."""


class Polling:
    """Times at which emitters are due, once per period each, at phases of their own."""

    def __init__(
        self, start_s: float, period_s: float, n: int, ghosts: int, rng: np.random.Generator
    ) -> None:
        self._start_s = start_s
        self._period_s = period_s
        # Ghosts draw from another stream: with them, everything else stays as it is.
        self._phase = np.concatenate([rng.random(n), rng.spawn(1)[0].random(ghosts)])

    def due(self, tick: Tick, wanted: Mask) -> tuple[Longs, Floats]:
        """Rows of the aircraft table and ghosts after it that are `wanted` and due; when."""
        start_s = tick.span.start_s
        before = (start_s - self._start_s) / self._period_s + self._phase
        turn = np.floor(before + TICK_S / self._period_s)
        row = np.flatnonzero((turn > np.floor(before)) & wanted)
        time_s = start_s + (turn[row] - before[row]) * self._period_s
        order = np.argsort(time_s, kind="stable")
        return row[order], time_s[order]


def with_transponder(tick: Tick, *, ghosts: bool) -> Mask:
    """Which rows of the aircraft table, and ghosts after it, can be multilaterated."""
    aircraft, active = tick.aircraft, tick.emissions.ghosts.active
    return np.concatenate([(aircraft.target >= 0) & (aircraft.mode3a >= 0), active & ghosts])


def emitting(tick: Tick) -> Mask:
    """Which rows of the aircraft table, and ghosts after it, emit anything."""
    aircraft = tick.aircraft
    emits = (aircraft.mode3a >= 0) | (aircraft.adsb > 0) | (aircraft.remote_id > 0)
    return np.concatenate([(aircraft.target >= 0) & emits, tick.emissions.ghosts.active])


def emitters_at(tick: Tick, row: Longs, time_s: Floats) -> Emitters:
    """Emitters of rows (k,) of the aircraft table, and of ghosts after it, at times (k,)."""
    span, aircraft, ghosts = tick.span, tick.aircraft, tick.emissions.ghosts
    ours = row < len(aircraft.target)
    fly = row[ours]
    flying = Emitters(
        time_s[ours],
        aircraft.target[fly],
        ecef_at(span, fly, time_s[ours]),
        aircraft.height_m[fly],
        aircraft.icao[fly],
        aircraft.mode3a[fly],
        aircraft.callsign[fly],
        baro_at(span, fly, time_s[ours]),
    )
    if ours.all():
        return flying
    index = row[~ours] - len(aircraft.target)
    standing = Emitters(
        time_s[~ours],
        np.full(len(index), CLUTTER, np.int32),
        ghosts.ecef_m[index],
        ghosts.height_m[index],
        ghosts.icao[index],
        ghosts.mode3a[index],
        ghosts.callsign[index],
        ghosts.baro_m[index],
    )
    pairs: Iterable[tuple[Any, Any]] = zip(flying, standing, strict=True)
    both = Emitters._make(np.concatenate(pair) for pair in pairs)
    order = np.argsort(both.time_s, kind="stable")
    return take_emitters(both, order)


def take_emitters(emitters: Emitters, index: Longs | Mask) -> Emitters:
    """Select emitters by an order or a mask."""
    return Emitters._make(column[index] for column in emitters)
