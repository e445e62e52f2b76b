"""Rotating radars: each target is measured when the beam passes it, plots leave sector by sector.

Category 048 records (plots) and category 034 messages (north marks, sector crossings); or, with
``format = "reports"``, the same plots as reports, without messages. What is not simple lies beside
this module: `beam`, `measure`, `crowd`, `ghosts`, `clutter`, `codes`, `biases`.
Random numbers of options come from streams of their own: switching one on changes nothing else.
"""

import math
from typing import Final

import numpy as np

from skypact.config import Sensor
from skypact.encode.packing import Column, block, layout, pack
from skypact.model.reports import Floats, Longs
from skypact.simulate.aircraft import Aircraft, Limits
from skypact.simulate.beam import Beam, Moving, Passages
from skypact.simulate.biases import entropy_of, radar_biases
from skypact.simulate.clutter import Clutter
from skypact.simulate.codes import corrupt
from skypact.simulate.crowd import Crowd
from skypact.simulate.feed import (
    Datagram,
    Records,
    concat,
    line_of,
    no_records,
    take,
    time_of_day,
)
from skypact.simulate.ghosts import NEAREST_M, Reflections, second_trip, splits
from skypact.simulate.measure import Meter
from skypact.simulate.parts import RadarOptions
from skypact.simulate.plots import Plots, concat_plots
from skypact.simulate.scenario import Scenario
from skypact.simulate.sight import (
    Mask,
    cooperative_probability,
    over_horizon,
    polar,
    primary_probability,
    site_of,
)
from skypact.simulate.tick import Tick
from skypact.simulate.truth import Span, baro_at, ecef_at
from skypact.units import DEGREE, FLIGHT_LEVEL, FOOT

_NORTH: Final = layout(34, {"010": 1, "000": 1, "030": 1, "041": 1, "120": 1})
_CROSSING: Final = layout(34, {"010": 1, "000": 1, "030": 1, "020": 1})
_NORTH_MARK, _SECTOR_CROSSING = 1, 2


class Radar:
    """One rotating radar; holds its beam, its unsent plots and its random sources."""

    def __init__(
        self, link: int, sensor: Sensor, scenario: Scenario, n: int, rng: np.random.Generator
    ) -> None:
        self._sensor = sensor
        self._scenario = scenario
        self._options = options = scenario.radar.get(sensor.name, RadarOptions())
        self._site = site_of(sensor, scenario.air)
        self._rng = rng
        crowd, ghosts, clutter, codes, meter = rng.spawn(5)
        self._ghosts, self._codes = ghosts, codes
        self._line = line_of(link, scenario, 48, (options.delay_min_s, options.delay_max_s), rng)
        self._beam = Beam(self._site, scenario.start_s, rng.random())
        reach_m = max(self._site.range_max_m, 2.0 * (options.unambiguous_m or 0.0))
        self._passages = Passages(self._beam, n, 1.02 * reach_m)
        entropy = entropy_of(rng)
        self.biases = radar_biases(scenario, link, entropy)
        self._meter = Meter(link, scenario, self.biases, self._line.stamp_s, meter)
        self._clutter = Clutter(self._beam, options, scenario, entropy, clutter)
        self._crowd: Crowd | None = None
        if options.cell_range_m or options.garble_share:
            self._crowd = Crowd(options, self._site.period_s, crowd)
        self._reflections = [
            Reflections(
                self._beam, surface, n, scenario.air.ground_m,
                f"scenario: radar.{sensor.name}.reflector[{index}]",
            )
            for index, surface in enumerate(options.reflector)
        ]  # fmt: skip
        self._pending = no_records()

    def observe(self, tick: Tick) -> list[Datagram]:
        """Return the plots and messages that leave in one tick."""
        plots, more = self._plots(tick)
        parts = [self._pending, self._meter.records(plots, self._rng)]
        if self._options.primary:
            uniform = self._clutter.uniform(tick.span, self._rng)
            parts.append(self._meter.records(uniform, self._rng))
            more += self._clutter.more(tick.span)
        if more:
            parts.append(self._meter.records(concat_plots(more), self._ghosts))
        records = concat(parts)
        records = take(records, np.argsort(records.time_s, kind="stable"))
        self._pending = records
        return self._send(tick.span)

    def _plots(self, tick: Tick) -> tuple[Plots, list[Plots]]:
        """Return the plots of the targets under the beam, and those that appear elsewhere too."""
        options, span, aircraft = self._options, tick.span, tick.aircraft
        moving = Moving(
            span.start_s,
            span.end_s,
            span.ecef0,
            span.ecef1,
            lambda row, time_s: ecef_at(span, row, time_s),
        )
        row, time_s = self._passages.find(moving, aircraft.target)
        plots = self._sighted(span, aircraft, tick.limits, row, time_s)
        if options.unambiguous_m is not None:
            plots, late = second_trip(plots, self._site, options.unambiguous_m)
            plots = concat_plots([plots, late])
        if self._crowd is not None:
            plots = self._crowd.resolve(plots, span.end_s)
        if options.code_error_share:
            plots = corrupt(plots, options.code_error_share, self._codes)
        more = []
        if options.split_share:
            more.append(splits(plots, options, self._site.period_s, self._ghosts))
        if options.secondary:
            more += [
                surface.plots(span, aircraft, self._replies, self._ghosts)
                for surface in self._reflections
            ]
        return plots, more

    def _sighted(
        self, span: Span, aircraft: Aircraft, limits: Limits, row: Longs, time_s: Floats
    ) -> Plots:
        """Make the plots of what is detected of the rows under the beam."""
        ecef = ecef_at(span, row, time_s)
        true = polar(self._site, ecef)
        gain = limits.primary_gain[row]
        by_code, by_echo = self._detected(true, aircraft, gain, row)
        seen = by_code | by_echo
        strength = np.sqrt(gain[seen]) / true[seen, 0] ** 2
        plots = self._at(span, aircraft, row[seen], time_s[seen], ecef[seen], true[seen])
        by_code, by_echo = by_code[seen], by_echo[seen]
        return plots._replace(
            strength=strength, by_code=by_code, by_echo=by_echo, modes=plots.modes & by_code
        )

    def _detected(
        self, true: Floats, aircraft: Aircraft, gain: Floats, row: Longs
    ) -> tuple[Mask, Mask]:
        """Which rows the secondary and the primary channel detect."""
        site, options = self._site, self._options
        ground = self._scenario.air.ground_m
        range_m = true[:, 0]
        visible = over_horizon(site, range_m, aircraft.height_m[row], ground)
        visible &= (true[:, 2] < options.cone_deg * DEGREE) & (range_m > NEAREST_M)
        draws = self._rng.random((2, len(row)))
        by_code = visible & (aircraft.mode3a[row] >= 0) & options.secondary
        by_code &= draws[0] < cooperative_probability(site, range_m)
        echo = primary_probability(site, options.primary_range_m, range_m, gain)
        near = range_m < min(site.range_max_m, 1.5 * options.primary_range_m)
        if options.unambiguous_m is not None:
            near |= range_m >= options.unambiguous_m
        return by_code, visible & options.primary & near & (draws[1] < echo)

    def _replies(self, span: Span, aircraft: Aircraft, row: Longs, time_s: Floats) -> Plots:
        """Make the replies of rows (k,) at times (k,), at their true places."""
        ecef = ecef_at(span, row, time_s)
        return self._at(span, aircraft, row, time_s, ecef, polar(self._site, ecef))

    def _at(
        self,
        span: Span,
        aircraft: Aircraft,
        row: Longs,
        time_s: Floats,
        ecef: Floats,
        true: Floats,
    ) -> Plots:
        """Make plots of rows (k,) whose replies are detected, and whose echoes are not."""
        n = len(row)
        modes = (aircraft.icao[row] >= 0) & self._options.modes
        step = np.where(modes, 25.0, 100.0) * FOOT
        return Plots(
            time_s=time_s,
            target=aircraft.target[row],
            ecef_m=ecef,
            range_m=true[:, 0],
            azimuth_rad=true[:, 1],
            elevation_rad=true[:, 2],
            range_rate_mps=self._range_rate(span, row, time_s, ecef),
            strength=np.zeros(n),
            by_code=np.ones(n, np.bool_),
            by_echo=np.zeros(n, np.bool_),
            modes=modes,
            mode3a=aircraft.mode3a[row].astype(np.int64),
            level_fl=np.rint(baro_at(span, row, time_s) / step) * step / FLIGHT_LEVEL,
            garbled=np.zeros(n, np.bool_),
            icao=aircraft.icao[row].astype(np.int64),
            callsign=aircraft.callsign[row],
        )

    def _range_rate(self, span: Span, row: Longs, time_s: Floats, ecef: Floats) -> Floats:
        """Growth of the slant range of rows (k,), where this radar measures it."""
        if math.isnan(self._site.sigma_range_rate_mps):
            return np.full(len(row), np.nan)
        share = ((time_s - span.start_s) / (span.end_s - span.start_s))[:, None]
        velocity = span.velocity0[row] + share * (span.velocity1[row] - span.velocity0[row])
        sight = ecef - self._site.ecef_m
        return np.asarray((velocity * sight).sum(axis=1) / np.linalg.norm(sight, axis=1))

    def _send(self, span: Span) -> list[Datagram]:
        """Datagrams of the sectors that end in this tick; later plots wait."""
        sectors, plots = self._options.sectors, self._pending
        first = math.floor(float(self._beam.turns(span.start_s)) * sectors) + 1
        last = math.floor(float(self._beam.turns(span.end_s)) * sectors)
        sent: list[Datagram] = []
        done = 0
        for crossing in range(first, last + 1):
            time_s = self._beam.time_of(crossing / sectors)
            until = int(np.searchsorted(plots.time_s, time_s, side="right"))
            sent.extend(self._leaving(time_s, crossing % sectors, take(plots, slice(done, until))))
            done = until
        self._pending = take(plots, slice(done, None))
        return sent

    def _leaving(self, time_s: float, sector: int, plots: Records) -> list[Datagram]:
        """Datagrams of the plots before the beam enters a sector, and of the message that says so.

        Reports leave alone.
        """
        if plots.reports is not None:
            return self._line.send_reports(time_s, plots.reports, plots.time_s, plots.ecef_m)
        return self._line.send(time_s, plots, self._message(sector, time_s))

    def _message(self, sector: int, time_s: float) -> bytes:
        """Block of category 034: the beam enters a sector; a north mark comes before sector 0."""
        sensor = self._sensor
        stamp_s = self._line.stamp_s(np.asarray(time_s)) + self.biases.at(time_s).time_s
        common: dict[str, Column] = {
            "010.SAC": sensor.sac,
            "010.SIC": sensor.sic,
            "030.030": time_of_day(stamp_s),
        }
        angle = sector * 360.0 / self._options.sectors
        crossing = common | {"000.000": _SECTOR_CROSSING, "020.020": angle}
        records = pack(_CROSSING, crossing, 1).tobytes()
        if sector == 0:
            north = common | {
                "000.000": _NORTH_MARK,
                "041.041": self._site.period_s,
                # A position in WGS-84: the height counts from the ellipsoid.
                "120.HGT": sensor.height_m,
                "120.LAT": sensor.lat or 0.0,
                "120.LON": sensor.lon or 0.0,
            }
            records = pack(_NORTH, north, 1).tobytes() + records
        return block(34, records)
