"""Receivers of remote identification: drones that say where they are.

Source: ASTM F3411-22a, location message: latitude and longitude in 1e-7 degrees, heights in 0.5 m,
speed in 0.25 m/s, track in degrees, vertical speed in 0.5 m/s, time in 0.1 s, and classes of
horizontal accuracy (95 % bounds). No category of ASTERIX carries these: the reports go directly.
"""

from typing import Final

import numpy as np

from skypact.config import Sensor
from skypact.model.reports import (
    REMOTEID,
    Floats,
    Longs,
    ReportBatch,
    empty_reports,
    pack_callsign,
)
from skypact.simulate.feed import Datagram, line_of
from skypact.simulate.gnss import EPU_M, EPU_SIGMA, shift_at
from skypact.simulate.places import geodetic, moved
from skypact.simulate.polling import Polling
from skypact.simulate.scenario import Scenario
from skypact.simulate.sight import cooperative_probability, over_horizon, polar, site_of
from skypact.simulate.tick import Tick
from skypact.simulate.truth import baro_at, ecef_at
from skypact.units import DEGREE

_DELAY_S: Final = (0.1, 0.5)
_ANGLE_LSB_RAD: Final = 1e-7 * DEGREE
_HEIGHT_LSB_M: Final = 0.5
_SPEED_LSB_MPS: Final = 0.25
_CLIMB_LSB_MPS: Final = 0.5
_TIME_LSB_S: Final = 0.1
_BOUNDS_M: Final = np.append(EPU_M, 1.0)
"""95 % bound by class of horizontal accuracy; the classes are those of NACp and one for 1 m."""


class RemoteIdReceiver:
    """A receiver that hears every drone near it once per period."""

    def __init__(
        self, link: int, sensor: Sensor, scenario: Scenario, n: int, rng: np.random.Generator
    ) -> None:
        self._link = link
        self._scenario = scenario
        self._site = site_of(sensor, scenario.air)
        self._bias_s = sensor.biases.time_s
        self._rng = rng
        # Category 0: the line carries reports only.
        self._line = line_of(link, scenario, 0, _DELAY_S, rng)
        self._polling = Polling(scenario.start_s, self._site.period_s, n, 0, rng)
        self._bound_m = stated_bound_m(self._site.sigma_position_m)

    def observe(self, tick: Tick) -> list[Datagram]:
        """Return the reports of one tick."""
        aircraft, navigation = tick.aircraft, tick.emissions.navigation
        speaks = (aircraft.remote_id > 0) & (aircraft.target >= 0) & ~navigation.silent
        row, time_s = self._polling.due(tick, speaks)
        ecef = ecef_at(tick.span, row, time_s)
        range_m = polar(self._site, ecef)[:, 0]
        seen = self._rng.random(len(row)) < cooperative_probability(self._site, range_m)
        seen &= over_horizon(
            self._site, range_m, aircraft.height_m[row], self._scenario.air.ground_m
        )
        row, time_s, ecef = row[seen], time_s[seen], ecef[seen]
        if not len(row):
            return []
        reports = self._reports(tick, row, time_s, ecef)
        return self._line.send_reports(tick.span.end_s, reports, time_s, ecef)

    def _reports(self, tick: Tick, row: Longs, time_s: Floats, ecef: Floats) -> ReportBatch:
        span, aircraft, navigation = tick.span, tick.aircraft, tick.emissions.navigation
        n, place = len(row), geodetic(ecef)
        shift_m, drift_mps = shift_at(navigation, span, row, time_s)
        # The error is the drone's: every receiver hears the same place.
        error_m = navigation.wander[row] * self._site.sigma_position_m + shift_m
        lat, lon = moved(place, error_m[:, 0], error_m[:, 1])
        up_m = self._rng.normal(0.0, 1.5 * self._site.sigma_position_m, n)
        course = aircraft.course_rad[row] - aircraft.turn_radps[row] * (span.end_s - time_s)
        vn = aircraft.speed_mps[row] * np.cos(course) + drift_mps[:, 0]
        ve = aircraft.speed_mps[row] * np.sin(course) + drift_mps[:, 1]
        speed = _rounded(np.hypot(vn, ve), _SPEED_LSB_MPS)
        angle = _rounded(np.arctan2(ve, vn) % (2.0 * np.pi), DEGREE)
        disturbed = navigation.disturbed[row]
        bound = np.where(disturbed, EPU_M[navigation.nacp[row]], self._bound_m)
        stamp_s = self._line.stamp_s(time_s) + self._bias_s
        return empty_reports(n)._replace(
            time_s=_rounded(stamp_s, _TIME_LSB_S),
            sensor=np.full(n, self._link, np.int32),
            kind=np.full(n, REMOTEID, np.int8),
            lat_rad=_rounded(lat, _ANGLE_LSB_RAD),
            lon_rad=_rounded(lon, _ANGLE_LSB_RAD),
            baro_altitude_m=_rounded(baro_at(span, row, time_s), _HEIGHT_LSB_M),
            geo_altitude_m=_rounded(place[:, 2] + up_m, _HEIGHT_LSB_M),
            callsign=_identities(aircraft.callsign[row], aircraft.target[row]),
            vn_mps=speed * np.cos(angle),
            ve_mps=speed * np.sin(angle),
            vu_mps=_rounded(aircraft.vertical_mps[row], _CLIMB_LSB_MPS),
            ground_speed_mps=speed,
            track_angle_rad=angle,
            sigma_m=bound / EPU_SIGMA,
            simulated=np.full(n, self._scenario.mark_simulated, np.int8),
            target=aircraft.target[row],
        )


def stated_bound_m(sigma_m: float) -> float:
    """95 % bound that a drone states whose position has a standard deviation per axis."""
    enough = _BOUNDS_M[EPU_SIGMA * sigma_m <= _BOUNDS_M]
    return float(enough.min(initial=_BOUNDS_M[0]))


def _rounded(values: Floats, step: float) -> Floats:
    return np.asarray(np.rint(values / step) * step)


def _identities(callsign: Longs, target: np.ndarray) -> Longs:
    """Identities of drones: their callsigns, else a serial number that is theirs alone."""
    serial = [pack_callsign(f"UAS{number % 100_000:05d}") for number in target.tolist()]
    return np.where(callsign >= 0, callsign, np.array(serial, np.int64))
