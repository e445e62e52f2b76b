"""Rotating radars: each target is measured when the beam passes it, plots leave sector by sector.

Category 048 records (plots) and category 034 messages (north marks, sector crossings).
"""

import math
from typing import Final

import numpy as np

from skypact.config import Sensor
from skypact.model.reports import Floats, Longs
from skypact.simulate.aircraft import Aircraft, Limits
from skypact.simulate.feed import (
    CLUTTER,
    Datagram,
    Line,
    Records,
    concat,
    no_records,
    split_rows,
    take,
    time_of_day,
)
from skypact.simulate.packing import Column, block, layout, pack
from skypact.simulate.parts import RadarOptions
from skypact.simulate.scenario import Scenario
from skypact.simulate.sight import (
    Mask,
    cooperative_probability,
    errors,
    over_horizon,
    polar,
    primary_probability,
    site_of,
)
from skypact.simulate.tick import Tick
from skypact.simulate.truth import Span, baro_at, ecef_at, wrapped
from skypact.units import DEGREE, FLIGHT_LEVEL, FOOT, NAUTICAL_MILE

_BARE: Final = layout(48, {"010": 1, "140": 1, "020": 1, "040": 1})
_CODED: Final = layout(48, {"010": 1, "140": 1, "020": 1, "040": 1, "070": 1, "090": 1})
_ADDRESSED: Final = layout(
    48, {"010": 1, "140": 1, "020": 1, "040": 1, "070": 1, "090": 1, "220": 1, "240": 1}
)
_NORTH: Final = layout(34, {"010": 1, "000": 1, "030": 1, "041": 1, "120": 1})
_CROSSING: Final = layout(34, {"010": 1, "000": 1, "030": 1, "020": 1})
_NORTH_MARK, _SECTOR_CROSSING = 1, 2
_PSR, _SSR, _SSR_PSR, _MODES, _MODES_PSR = 1, 2, 3, 5, 7
_TURN: Final = 2.0 * math.pi
_NEAREST_M: Final = 500.0


class Radar:
    """One rotating radar; holds its beam, its unsent plots and its random source."""

    def __init__(
        self, link: int, sensor: Sensor, scenario: Scenario, n: int, rng: np.random.Generator
    ) -> None:
        self._sensor = sensor
        self._scenario = scenario
        self._options = scenario.radar.get(sensor.name, RadarOptions())
        self._site = site_of(sensor, scenario.air)
        self._rng = rng
        options = self._options
        self._line = Line(link, 48, (options.delay_min_s, options.delay_max_s), rng)
        self._phase = rng.random()
        self._last_hit_s = np.full(n, -math.inf)
        self._target = np.full(n, -1, np.int32)
        self._pending = no_records()
        self._start_s = scenario.start_s

    def beam_turns(self, time_s: Floats | float) -> Floats:
        """Return the turns that the beam has made since the scene began; whole at north."""
        return np.asarray((time_s - self._start_s) / self._site.period_s + self._phase)

    def observe(self, tick: Tick) -> list[Datagram]:
        """Return the plots and messages that leave in one tick."""
        span, aircraft, limits, _ = tick
        row, time_s = self._illuminated(span, aircraft)
        parts = [self._pending, self._plots(span, aircraft, limits, row, time_s)]
        if self._options.primary:
            parts.append(self._clutter(span))
        plots = concat(parts)
        plots = take(plots, np.argsort(plots.time_s, kind="stable"))
        return self._send(span, plots)

    def _illuminated(self, span: Span, aircraft: Aircraft) -> tuple[Longs, Floats]:
        """Rows that the beam passes in this tick, and when, in order of time."""
        site, period = self._site, self._site.period_s
        renewed = self._target != aircraft.target
        self._last_hit_s[renewed] = -math.inf
        self._target[:] = aircraft.target
        azimuth0 = polar(site, span.ecef0)[:, 1]
        polar1 = polar(site, span.ecef1)
        change = wrapped(polar1[:, 1] - azimuth0)
        lead0 = self.beam_turns(span.start_s) - azimuth0 / _TURN
        lead1 = self.beam_turns(span.end_s) - (azimuth0 + change) / _TURN
        whole = np.floor(lead1)
        passed = (whole > np.floor(lead0)) & (polar1[:, 0] < 1.02 * site.range_max_m)
        row = np.flatnonzero(passed)
        share = (whole[row] - lead0[row]) / (lead1[row] - lead0[row])
        time_s = span.start_s + share * (span.end_s - span.start_s)
        # One Newton step on the exact azimuth: what is left is far below a microsecond.
        seen = polar(site, ecef_at(span, row, time_s))
        time_s = time_s + wrapped(seen[:, 1] - _TURN * self.beam_turns(time_s)) / _TURN * period
        fresh = time_s - self._last_hit_s[row] > 0.5 * period
        row, time_s = row[fresh], time_s[fresh]
        self._last_hit_s[row] = time_s
        order = np.argsort(time_s, kind="stable")
        return row[order], time_s[order]

    def _plots(
        self, span: Span, aircraft: Aircraft, limits: Limits, row: Longs, time_s: Floats
    ) -> Records:
        """Measure what is detected of the rows under the beam."""
        ecef = ecef_at(span, row, time_s)
        true = polar(self._site, ecef)
        by_code, by_echo = self._detected(true, aircraft, limits, row)
        seen = by_code | by_echo
        row, time_s, ecef, true = row[seen], time_s[seen], ecef[seen], true[seen]
        by_code, by_echo = by_code[seen], by_echo[seen]
        modes = by_code & (aircraft.icao[row] >= 0) & self._options.modes
        baro = baro_at(span, row, time_s)
        step = np.where(modes, 25.0, 100.0) * FOOT
        with_echo = np.where(
            by_echo, np.where(modes, _MODES_PSR, _SSR_PSR), np.where(modes, _MODES, _SSR)
        )
        columns: dict[str, Column] = {
            **self._measured(true[:, 0], true[:, 1], time_s),
            "020.TYP": np.where(by_code, with_echo, _PSR),
            "070.MODE3A": aircraft.mode3a[row],
            "090.FL": np.rint(baro / step) * step / FLIGHT_LEVEL,
            "220.220": aircraft.icao[row],
            "240.240": aircraft.callsign[row],
        }
        return Records(self._packed(columns, by_code, modes), aircraft.target[row], time_s, ecef)

    def _detected(
        self, true: Floats, aircraft: Aircraft, limits: Limits, row: Longs
    ) -> tuple[Mask, Mask]:
        """Which rows the secondary and the primary channel detect."""
        site, options = self._site, self._options
        ground = self._scenario.air.ground_m
        visible = over_horizon(site, true[:, 0], aircraft.height_m[row], ground)
        visible &= (true[:, 2] < options.cone_deg * DEGREE) & (true[:, 0] > _NEAREST_M)
        draws = self._rng.random((2, len(row)))
        by_code = visible & (aircraft.mode3a[row] >= 0) & options.secondary
        by_code &= draws[0] < cooperative_probability(site, true[:, 0])
        echo = primary_probability(
            site, options.primary_range_m, true[:, 0], limits.primary_gain[row]
        )
        near = true[:, 0] < min(site.range_max_m, 1.5 * options.primary_range_m)
        return by_code, visible & options.primary & near & (draws[1] < echo)

    def _measured(self, range_m: Floats, azimuth_rad: Floats, time_s: Floats) -> dict[str, Column]:
        """Columns of stamp and position with the sensor's biases and noise."""
        site, biases, noise, rng = self._site, self._sensor.biases, self._scenario.noise, self._rng
        n = len(range_m)
        measured_m = range_m * (1.0 + biases.range_gain) + biases.range_m
        measured_m = measured_m + errors(site.sigma_range_m, n, noise, rng)
        azimuth = azimuth_rad + biases.azimuth_deg * DEGREE
        azimuth = azimuth + errors(site.sigma_azimuth_rad, n, noise, rng)
        return {
            "010.SAC": self._sensor.sac,
            "010.SIC": self._sensor.sic,
            "020.SIM": int(self._scenario.mark_simulated),
            "140.140": time_of_day(time_s + biases.time_s),
            "040.RHO": measured_m / NAUTICAL_MILE,
            "040.THETA": azimuth / DEGREE,
        }

    def _packed(self, columns: dict[str, Column], by_code: Mask, modes: Mask) -> list[bytes]:
        """Pack records in the order of the rows, each in the layout of what is known of it."""
        octets = [b""] * len(by_code)
        for shape, rows in ((_ADDRESSED, modes), (_CODED, by_code & ~modes), (_BARE, ~by_code)):
            index = np.flatnonzero(rows)
            if not len(index):
                continue
            chosen = {
                name: values[index] if isinstance(values, np.ndarray) else values
                for name, values in columns.items()
                if name in shape.slots
            }
            packed = split_rows(pack(shape, chosen, len(index)))
            for i, record in zip(index.tolist(), packed, strict=True):
                octets[i] = record
        return octets

    def _clutter(self, span: Span) -> Records:
        """Make false primary plots, uniform in range and azimuth, Poisson in number."""
        site = self._site
        length = span.end_s - span.start_s
        n = int(self._rng.poisson(site.clutter_per_scan * length / site.period_s))
        time_s = np.sort(self._rng.uniform(span.start_s, span.end_s, n))
        farthest = min(self._options.primary_range_m, site.range_max_m)
        range_m = self._rng.uniform(_NEAREST_M, farthest, n)
        columns = self._measured(range_m, _TURN * self.beam_turns(time_s), time_s)
        nothing = np.zeros(n, np.bool_)
        octets = self._packed({**columns, "020.TYP": _PSR}, nothing, nothing)
        return Records(octets, np.full(n, CLUTTER, np.int32), time_s, np.full((n, 3), np.nan))

    def _send(self, span: Span, plots: Records) -> list[Datagram]:
        """Datagrams of the sectors that end in this tick; later plots wait."""
        sectors, period = self._options.sectors, self._site.period_s
        first = math.floor(float(self.beam_turns(span.start_s)) * sectors) + 1
        last = math.floor(float(self.beam_turns(span.end_s)) * sectors)
        sent, done = [], 0
        for crossing in range(first, last + 1):
            turns = crossing / sectors
            time_s = self._start_s + (turns - self._phase) * period
            until = int(np.searchsorted(plots.time_s, time_s, side="right"))
            service = self._message(crossing % sectors, time_s)
            sent.append(self._line.send(time_s, take(plots, slice(done, until)), service))
            done = until
        self._pending = take(plots, slice(done, None))
        return sent

    def _message(self, sector: int, time_s: float) -> bytes:
        """Block of category 034: the beam enters a sector; a north mark comes before sector 0."""
        sensor = self._sensor
        common: dict[str, Column] = {
            "010.SAC": sensor.sac,
            "010.SIC": sensor.sic,
            "030.030": time_of_day(time_s + sensor.biases.time_s),
        }
        angle = sector * 360.0 / self._options.sectors
        crossing = common | {"000.000": _SECTOR_CROSSING, "020.020": angle}
        records = pack(_CROSSING, crossing, 1).tobytes()
        if sector == 0:
            north = common | {
                "000.000": _NORTH_MARK,
                "041.041": self._site.period_s,
                "120.HGT": sensor.height_m,
                "120.LAT": sensor.lat or 0.0,
                "120.LON": sensor.lon or 0.0,
            }
            records = pack(_NORTH, north, 1).tobytes() + records
        return block(34, records)
