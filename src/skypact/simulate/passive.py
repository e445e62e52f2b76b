"""Direction finders: bearings of what emits, without range, and bearings of nothing.

No category of ASTERIX carries them here: the reports go directly.
"""

import math
from typing import Final

import numpy as np

from skypact.config import Sensor
from skypact.model.reports import PASSIVE, Floats, Ints, ReportBatch, empty_reports
from skypact.simulate.feed import CLUTTER, Datagram, line_of
from skypact.simulate.polling import Emitters, Polling, emitters_at, emitting, take_emitters
from skypact.simulate.scenario import Scenario
from skypact.simulate.sight import cooperative_probability, over_horizon, polar, site_of
from skypact.simulate.tick import Tick
from skypact.simulate.truth import Span
from skypact.units import DEGREE

_DELAY_S: Final = (0.1, 0.3)
_FALSE_ELEVATION_RAD: Final = 20.0 * DEGREE
"""False bearings lie below this."""


class DirectionFinder:
    """A passive sensor that hears every emitter within reach once per period.

    Emitters are transponders, ADS-B, remote identification and the transmitters of ghosts.
    """

    def __init__(
        self, link: int, sensor: Sensor, scenario: Scenario, n: int, rng: np.random.Generator
    ) -> None:
        self._link = link
        self._scenario = scenario
        self._biases = sensor.biases
        self._site = site_of(sensor, scenario.air)
        self._rng = rng
        # Category 0: the line carries reports only.
        self._line = line_of(link, scenario, 0, _DELAY_S, rng)
        ghosts = len(scenario.ghost)
        self._polling = Polling(scenario.start_s, self._site.period_s, n, ghosts, rng)

    def observe(self, tick: Tick) -> list[Datagram]:
        """Return the bearings of one tick."""
        row, time_s = self._polling.due(tick, emitting(tick))
        heard = self._heard(emitters_at(tick, row, time_s))
        true = polar(self._site, heard.ecef_m)
        false_s, false = self._false(tick.span)
        time_s = np.concatenate([heard.time_s, false_s])
        order = np.argsort(time_s, kind="stable")
        if not len(order):
            return []
        target = np.concatenate([heard.target, np.full(len(false_s), CLUTTER, np.int32)])[order]
        ecef = np.concatenate([heard.ecef_m, np.full((len(false_s), 3), np.nan)])[order]
        angles = np.concatenate([self._measured(true[:, 1:]), false])[order]
        time_s = time_s[order]
        reports = self._reports(time_s, angles, target)
        return self._line.send_reports(tick.span.end_s, reports, time_s, ecef)

    def _heard(self, found: Emitters) -> Emitters:
        range_m = polar(self._site, found.ecef_m)[:, 0]
        chance = cooperative_probability(self._site, range_m)
        seen = self._rng.random(len(range_m)) < chance
        ground_m = self._scenario.air.ground_m
        seen &= over_horizon(self._site, range_m, found.height_m, ground_m)
        return take_emitters(found, seen)

    def _measured(self, true_rad: Floats) -> Floats:
        """Azimuth and elevation (k, 2) with the sensor's biases and noise."""
        site, biases = self._site, self._biases
        sigma = np.array([site.sigma_azimuth_rad, site.sigma_elevation_rad])
        bias = np.array([biases.azimuth_deg, biases.elevation_deg]) * DEGREE
        return true_rad + bias + sigma * self._rng.standard_normal(true_rad.shape)

    def _false(self, span: Span) -> tuple[Floats, Floats]:
        """Draw times (k,) and angles (k, 2) of bearings of nothing."""
        share = (span.end_s - span.start_s) / self._site.period_s
        k = int(self._rng.poisson(self._site.clutter_per_scan * share))
        time_s = np.sort(self._rng.uniform(span.start_s, span.end_s, k))
        azimuth = self._rng.uniform(0.0, 2.0 * math.pi, k)
        elevation = self._rng.uniform(0.0, _FALSE_ELEVATION_RAD, k)
        return time_s, np.stack((azimuth, elevation), axis=1)

    def _reports(self, time_s: Floats, angles: Floats, target: Ints) -> ReportBatch:
        n = len(time_s)
        measures_elevation = not math.isnan(self._site.sigma_elevation_rad)
        return empty_reports(n)._replace(
            time_s=self._line.stamp_s(time_s) + self._biases.time_s,
            sensor=np.full(n, self._link, np.int32),
            kind=np.full(n, PASSIVE, np.int8),
            azimuth_rad=angles[:, 0] % (2.0 * math.pi),
            elevation_rad=angles[:, 1].copy() if measures_elevation else np.full(n, np.nan),
            simulated=np.full(n, self._scenario.mark_simulated, np.int8),
            target=target,
        )
