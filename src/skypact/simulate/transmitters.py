"""Ground transmitters that send the ADS-B messages of aircraft that are not there."""

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from skypact.errors import ConfigError
from skypact.model.reports import Floats, Longs, pack_callsign
from skypact.simulate.aircraft import Aircraft
from skypact.simulate.feed import CLUTTER
from skypact.simulate.parts import Ghost
from skypact.simulate.places import along_great_circle, ecef_of
from skypact.simulate.scenario import Scenario
from skypact.simulate.tick import Ghosts, Squitters
from skypact.simulate.truth import Span
from skypact.units import DEGREE

SQUITTER_GAP_S: Final = (0.4, 0.6)
"""Position squitters leave so far apart (ICAO Annex 10, Vol. IV, 3.1.2.8.6.4.2)."""
_MAST_M: Final = 10.0
"""Antenna of a transmitter above the ground."""
_NACP: Final = 9
_NIC: Final = 8
_SIL: Final = 3
_MEDIUM: Final = 3
"""Emitter category of a medium aircraft (I021/020)."""


class Transmitters:
    """The ghosts of a scenario."""

    def __init__(self, scenario: Scenario, n: int, rng: np.random.Generator) -> None:
        self._ghosts = ghosts = scenario.ghost
        for index, ghost in enumerate(ghosts):
            if ghost.end_s <= ghost.start_s:
                raise ConfigError(
                    f"scenario: ghost[{index}].end_s: expected an end after start_s"
                    f" {ghost.start_s:g}, got {ghost.end_s:g}"
                )
        self._start_s = scenario.start_s
        self._air = scenario.air
        self._n = n
        self._rng = rng
        self._next_s = np.array(
            [scenario.start_s + g.start_s + rng.uniform(0.0, 0.6) for g in ghosts], np.float64
        )
        self._identity = [_identity(ghost, rng) for ghost in ghosts]
        self._copied = [False] * len(ghosts)
        self._lat, self._lon = self._column("lat", DEGREE), self._column("lon", DEGREE)
        self._height_m = np.full(len(ghosts), scenario.air.ground_m + _MAST_M)
        self._ecef = ecef_of(self._lat, self._lon, self._height_m)

    def _column(self, field: str, factor: float = 1.0) -> Floats:
        return np.array([getattr(ghost, field) * factor for ghost in self._ghosts], np.float64)

    def addresses(self) -> list[int]:
        """Address of each, as it is now."""
        return [identity[0] for identity in self._identity]

    def transmit(self, span: Span, aircraft: Aircraft) -> tuple[Ghosts, Squitters]:
        """Return the transmitters that are on in this tick, and their messages."""
        since_s = span.start_s - self._start_s
        active = np.array([g.start_s <= since_s < g.end_s for g in self._ghosts], np.bool_)
        for on in np.flatnonzero(active).tolist():
            self._copy(on, aircraft)
        icao, mode3a, callsign = (
            np.array([row[i] for row in self._identity], dtype)
            for i, dtype in enumerate((np.int32, np.int32, np.int64))
        )
        ghosts = Ghosts(
            active, self._ecef, self._height_m, icao, mode3a, callsign, self._column("level_m")
        )
        due = active & (self._next_s < span.end_s)
        index = np.flatnonzero(due)
        messages = self._messages(ghosts, index, self._next_s[index].copy())
        self._next_s[index] += self._rng.uniform(*SQUITTER_GAP_S, len(index))
        return ghosts, messages

    def _copy(self, index: int, aircraft: Aircraft) -> None:
        """Take the identity of the first flight that has one to be heard, once."""
        if not self._ghosts[index].copies or self._copied[index]:
            return
        known = (aircraft.target >= 0) & (aircraft.adsb > 0) & (aircraft.icao >= 0)
        for row in np.flatnonzero(known)[:1].tolist():
            self._copied[index] = True
            self._identity[index] = (
                int(aircraft.icao[row]), int(aircraft.mode3a[row]), int(aircraft.callsign[row]),
            )  # fmt: skip

    def _messages(self, ghosts: Ghosts, index: Longs, time_s: Floats) -> Squitters:
        k = len(index)
        speed = self._column("speed_mps")[index]
        flown_s = time_s - self._start_s - self._column("start_s")[index]
        lat, lon, course = along_great_circle(
            self._column("from_lat", DEGREE)[index],
            self._column("from_lon", DEGREE)[index],
            self._column("course_deg", DEGREE)[index],
            speed * flown_s,
        )
        baro, air = ghosts.baro_m[index], self._air
        return Squitters(
            sender=self._n + index,
            target=np.full(k, CLUTTER, np.int32),
            time_s=time_s,
            ecef_m=ghosts.ecef_m[index],
            height_m=ghosts.height_m[index],
            icao=ghosts.icao[index],
            mode3a=ghosts.mode3a[index],
            callsign=ghosts.callsign[index],
            emitter=np.full(k, _MEDIUM, np.int32),
            lat_rad=lat,
            lon_rad=lon,
            geo_height_m=baro + air.undulation_m + air.offset_m + air.warm * baro,
            baro_m=baro,
            vn_mps=speed * np.cos(course),
            ve_mps=speed * np.sin(course),
            vertical_mps=np.zeros(k),
            nacp=np.full(k, _NACP, np.int8),
            nic=np.full(k, _NIC, np.int8),
            sil=np.full(k, _SIL, np.int8),
        )


def _identity(ghost: Ghost, rng: np.random.Generator) -> tuple[int, int, int]:
    """Address, code and callsign of a ghost; all drawn, so that no choice changes another."""
    icao = int(rng.integers(1, 0xFFFFFF))
    code = int("".join(str(digit) for digit in rng.integers(1, 7, 4)))
    name = pack_callsign(f"GST{int(rng.integers(1, 9_999))}")
    return (icao if ghost.icao is None else ghost.icao), code, name


def joined(aircraft: Squitters, ghosts: Squitters) -> Squitters:
    """Messages of both in order of time."""
    if not len(ghosts.sender):
        return aircraft
    pairs: Iterable[tuple[Any, Any]] = zip(aircraft, ghosts, strict=True)
    both = Squitters._make(np.concatenate(pair) for pair in pairs)
    order = np.argsort(both.time_s, kind="stable")
    return Squitters._make(column[order] for column in both)
