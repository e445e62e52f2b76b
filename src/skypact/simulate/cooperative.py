"""Sensors that report positions: multilateration (category 020) and ADS-B receivers (021)."""

import math
from typing import Final

import numpy as np

from skypact.config import Sensor
from skypact.kernels.geodesy import MEAN_RADIUS_M, geodetic_from_ecef
from skypact.model.reports import Bytes, Floats, Longs
from skypact.simulate.aircraft import AIRLINER, FAST, HELICOPTER, Aircraft
from skypact.simulate.feed import Datagram, Line, Records, line_of, split_rows, take, time_of_day
from skypact.simulate.packing import Column, layout, pack
from skypact.simulate.scenario import Scenario
from skypact.simulate.sight import (
    Mask,
    cooperative_probability,
    errors,
    over_horizon,
    polar,
    site_of,
)
from skypact.simulate.tick import Squitters, Tick
from skypact.simulate.truth import TICK_S, Span, baro_at, ecef_at
from skypact.units import DEGREE, FEET_PER_MINUTE, FLIGHT_LEVEL, FOOT, NAUTICAL_MILE

_MLAT_ITEMS: Final = {"010": 1, "020": 1, "140": 1, "041": 1, "070": 1, "090": 1, "105": 1}
_ADSB_ITEMS: Final = {
    "010": 1, "040": 1, "131": 1, "073": 1, "080": 1, "140": 1, "090": 3, "210": 1,
    "070": 1, "145": 1, "157": 1, "160": 1, "170": 1, "020": 1,
}  # fmt: skip
_PER_DATAGRAM: Final = 20
_DELAY_S: Final = (0.1, 0.3)
_EPU_M: Final = {8: 92.6, 9: 30.0, 10: 10.0}
"""95 % horizontal bound by NACp (RTCA DO-260B, table 2-71); the sigma per axis is 1/2.45 of it."""
_WANDER_S: Final = 60.0
"""Time constant of the satellite position's error."""
_LOWEST_HEIGHT_SIGMA_M: Final = 8.0
_NACV_SIGMA_MPS: Final = 1.0
_EMITTER: Final = {AIRLINER: 3, FAST: 6, HELICOPTER: 10}


def _geodetic(ecef_m: Floats) -> Floats:
    out = np.empty_like(ecef_m)
    geodetic_from_ecef(ecef_m, out)
    return out


def _moved(place: Floats, north_m: Floats, east_m: Floats) -> tuple[Floats, Floats]:
    """Latitude and longitude (deg) some metres away."""
    lat = place[:, 0] + north_m / MEAN_RADIUS_M
    lon = place[:, 1] + east_m / (MEAN_RADIUS_M * np.cos(place[:, 0]))
    return lat / DEGREE, lon / DEGREE


def _datagrams(line: Line, end_s: float, records: Records) -> list[Datagram]:
    """Put records in datagrams of a size that networks carry whole, sent when the tick ends."""
    count = len(records.octets)
    return [
        datagram
        for i in range(0, count, _PER_DATAGRAM)
        for datagram in line.send(end_s, take(records, slice(i, i + _PER_DATAGRAM)))
    ]


class Multilateration:
    """A wide-area multilateration system: every equipped target once per period."""

    def __init__(
        self, link: int, sensor: Sensor, scenario: Scenario, n: int, rng: np.random.Generator
    ) -> None:
        self._sensor = sensor
        self._scenario = scenario
        self._site = site_of(sensor, scenario.air)
        self._rng = rng
        self._line = line_of(link, scenario, 20, _DELAY_S, rng)
        self._phase = rng.random(n)
        parts = 2 if scenario.mark_simulated else 1
        self._coded = layout(20, _MLAT_ITEMS | {"020": parts})
        self._addressed = layout(20, _MLAT_ITEMS | {"020": parts, "220": 1, "245": 1})

    def observe(self, tick: Tick) -> list[Datagram]:
        """Return the reports of one tick."""
        span, aircraft = tick.span, tick.aircraft
        period = self._site.period_s
        before = (span.start_s - self._scenario.start_s) / period + self._phase
        turn = np.floor(before + TICK_S / period)
        row = np.flatnonzero((turn > np.floor(before)) & (aircraft.mode3a >= 0))
        time_s = span.start_s + (turn[row] - before[row]) * period
        order = np.argsort(time_s, kind="stable")
        row, time_s = row[order], time_s[order]
        ecef = ecef_at(span, row, time_s)
        seen = self._detected(ecef, aircraft.height_m[row])
        records = self._records(span, aircraft, row[seen], time_s[seen], ecef[seen])
        return _datagrams(self._line, span.end_s, records)

    def _detected(self, ecef_m: Floats, height_m: Floats) -> Mask:
        range_m = polar(self._site, ecef_m)[:, 0]
        chance = cooperative_probability(self._site, range_m)
        visible = over_horizon(self._site, range_m, height_m, self._scenario.air.ground_m)
        return np.asarray(visible & (self._rng.random(len(range_m)) < chance))

    def _records(
        self, span: Span, aircraft: Aircraft, row: Longs, time_s: Floats, ecef: Floats
    ) -> Records:
        n, sigma, noise = len(row), self._site.sigma_position_m, self._scenario.noise
        place = _geodetic(ecef)
        north, east = (errors(sigma, n, noise, self._rng) for _ in range(2))
        height = place[:, 2] + errors(1.5 * sigma, n, noise, self._rng)
        lat, lon = _moved(place, north, east)
        modes = aircraft.icao[row] >= 0
        columns: dict[str, Column] = {
            "010.SAC": self._sensor.sac,
            "010.SIC": self._sensor.sic,
            "020.MS": modes.astype(np.int64),
            "020.SSR": (~modes).astype(np.int64),
            "020.SIM": 1,
            "140.140": time_of_day(time_s + self._sensor.biases.time_s),
            "041.LAT": lat,
            "041.LON": lon,
            "070.MODE3A": aircraft.mode3a[row],
            "090.FL": np.rint(baro_at(span, row, time_s) / (25 * FOOT)) * 25 * FOOT / FLIGHT_LEVEL,
            "105.105": height / FOOT,
            "220.220": aircraft.icao[row],
            "245.CHR": aircraft.callsign[row],
        }
        octets = [b""] * n
        for shape, rows in ((self._addressed, modes), (self._coded, ~modes)):
            index = np.flatnonzero(rows)
            chosen = {
                name: values[index] if isinstance(values, np.ndarray) else values
                for name, values in columns.items()
                if name in shape.slots
            }
            packed = split_rows(pack(shape, chosen, len(index)))
            for i, record in zip(index.tolist(), packed, strict=True):
                octets[i] = record
        return Records(octets, aircraft.target[row], time_s, ecef)


class Broadcast:
    """What aircraft send by ADS-B in one tick: who, when, and the position they believe."""

    def __init__(self, n: int, start_s: float, rng: np.random.Generator) -> None:
        self._rng = rng
        self._next_s = start_s + rng.uniform(0.0, 0.6, n)
        self._wander = rng.standard_normal((n, 2))

    def transmit(self, span: Span, aircraft: Aircraft) -> Squitters:
        """Return the messages of this tick."""
        keep = math.exp(-TICK_S / _WANDER_S)
        n = len(self._next_s)
        fresh = self._rng.standard_normal((n, 2)) * math.sqrt(1.0 - keep * keep)
        self._wander = keep * self._wander + fresh
        due = self._next_s < span.end_s
        # Position squitters leave every 0.4 to 0.6 s (ICAO Annex 10, Vol. IV, 3.1.2.8.6.4.2).
        gaps = self._rng.uniform(0.4, 0.6, n)
        row = np.flatnonzero(due & (aircraft.adsb > 0))
        time_s = self._next_s[row].copy()
        self._next_s[due] += gaps[due]
        sigma = _position_sigma_m(aircraft.nacp[row])
        order = np.argsort(time_s, kind="stable")
        error_m = (self._wander[row] * sigma[:, None])[order]
        return Squitters(row[order], time_s[order], error_m)


def _position_sigma_m(nacp: Bytes) -> Floats:
    bounds = np.array([_EPU_M.get(i, 185.2) for i in range(12)])
    return np.asarray(bounds[nacp] / 2.45)


class AdsbReceiver:
    """An ADS-B ground station: passes on each aircraft about once or twice per period."""

    def __init__(
        self, link: int, sensor: Sensor, scenario: Scenario, n: int, rng: np.random.Generator
    ) -> None:
        self._sensor = sensor
        self._scenario = scenario
        self._site = site_of(sensor, scenario.air)
        self._rng = rng
        self._line = line_of(link, scenario, 21, _DELAY_S, rng)
        self._due_s = np.full(n, -math.inf)
        self._layout = layout(21, _ADSB_ITEMS | ({"040": 2} if scenario.mark_simulated else {}))

    def observe(self, tick: Tick) -> list[Datagram]:
        """Return the reports of one tick from what was sent in it."""
        span, aircraft = tick.span, tick.aircraft
        row, time_s, error_m = tick.squitters
        ecef = ecef_at(span, row, time_s)
        range_m = polar(self._site, ecef)[:, 0]
        chance = cooperative_probability(self._site, range_m)
        seen = self._rng.random(len(row)) < chance
        seen &= over_horizon(
            self._site, range_m, aircraft.height_m[row], self._scenario.air.ground_m
        )
        seen &= time_s >= self._due_s[row]
        row, time_s, ecef, error_m = row[seen], time_s[seen], ecef[seen], error_m[seen]
        self._due_s[row] = time_s + self._site.period_s * self._rng.uniform(0.35, 0.9, len(row))
        columns = self._columns(span, aircraft, row, time_s, _geodetic(ecef), error_m)
        octets = split_rows(pack(self._layout, columns, len(row)))
        records = Records(octets, aircraft.target[row], time_s, ecef)
        return _datagrams(self._line, span.end_s, records)

    def _columns(
        self,
        span: Span,
        aircraft: Aircraft,
        row: Longs,
        time_s: Floats,
        place: Floats,
        error_m: Floats,
    ) -> dict[str, Column]:
        n = len(row)
        lat, lon = _moved(place, error_m[:, 0], error_m[:, 1])
        height = place[:, 2] + self._rng.normal(0.0, _LOWEST_HEIGHT_SIGMA_M, n)
        slip = self._rng.normal(0.0, _NACV_SIGMA_MPS, (2, n))
        course = aircraft.course_rad[row] - aircraft.turn_radps[row] * (span.end_s - time_s)
        vn = aircraft.speed_mps[row] * np.cos(course) + slip[0]
        ve = aircraft.speed_mps[row] * np.sin(course) + slip[1]
        nacp = aircraft.nacp[row]
        baro = baro_at(span, row, time_s)
        emitter = np.array([_EMITTER.get(kind, 1) for kind in range(4)])
        columns: dict[str, Column] = {
            "010.SAC": self._sensor.sac,
            "010.SIC": self._sensor.sic,
            "131.LAT": lat,
            "131.LON": lon,
            "073.073": time_of_day(time_s + self._sensor.biases.time_s),
            "080.080": aircraft.icao[row],
            "140.140": height / FOOT,
            "090.NUCRNACV": 2,
            "090.NUCPNIC": np.where(nacp > 8, 8, 7),
            "090.SIL": 3,
            "090.NACP": nacp,
            "090.NICBARO": 1,
            "090.SDA": 2,
            "090.GVA": 2,
            "210.VN": 2,
            "210.LTT": 2,
            "070.MODE3A": aircraft.mode3a[row],
            "145.145": np.rint(baro / (25 * FOOT)) * 25 * FOOT / FLIGHT_LEVEL,
            "157.GVR": aircraft.vertical_mps[row] / FEET_PER_MINUTE,
            "160.GS": np.hypot(vn, ve) / NAUTICAL_MILE,
            "160.TA": np.arctan2(ve, vn) / DEGREE,
            "170.170": aircraft.callsign[row],
            "020.020": emitter[aircraft.kind[row]],
        }
        return columns | ({"040.SIM": 1} if self._scenario.mark_simulated else {})
