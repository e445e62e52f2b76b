"""ADS-B: what aircraft (and ghosts) broadcast, and receivers of it (category 021)."""

import math
from typing import Final

import numpy as np

from skypact.config import Sensor
from skypact.encode.packing import Column, layout, pack
from skypact.model.reports import Floats, Longs
from skypact.simulate.aircraft import (
    AIRCRAFT_KINDS,
    AIRLINER,
    BALLOON,
    DRONE,
    FAST,
    HELICOPTER,
    Aircraft,
)
from skypact.simulate.biases import entropy_of
from skypact.simulate.feed import (
    Datagram,
    Records,
    line_of,
    send_in_parts,
    split_rows,
    time_of_day,
)
from skypact.simulate.gnss import Satellites, position_sigma_m, shift_at
from skypact.simulate.parts import AdsbOptions
from skypact.simulate.places import geodetic, moved
from skypact.simulate.scenario import Scenario
from skypact.simulate.sight import cooperative_probability, over_horizon, polar, site_of
from skypact.simulate.tick import Emissions, Navigation, Squitters, Tick
from skypact.simulate.transmitters import SQUITTER_GAP_S, Transmitters, joined
from skypact.simulate.truth import Span, baro_at, ecef_at
from skypact.units import DEGREE, FEET_PER_MINUTE, FLIGHT_LEVEL, FOOT, NAUTICAL_MILE

_ITEMS: Final = {
    "010": 1, "040": 1, "131": 1, "073": 1, "080": 1, "140": 1, "090": 3, "210": 1,
    "070": 1, "145": 1, "157": 1, "160": 1, "170": 1, "020": 1,
}  # fmt: skip
_DELAY_S: Final = (0.1, 0.3)
_LOWEST_HEIGHT_SIGMA_M: Final = 8.0
_EMITTER: Final = {AIRLINER: 3, FAST: 6, HELICOPTER: 10, BALLOON: 12, DRONE: 13}
_EMITTERS: Final = np.array([_EMITTER.get(i, 1) for i in range(len(AIRCRAFT_KINDS))], np.int32)
"""Emitter category (I021/020) by kind; 1: light."""

_ALTITUDES_M: Final = (-1_000.0, 45_000.0)
"""Absurd altitudes: I021/145 ends at flight level 1,500, 45.7 km."""
_TOP_M: Final = 38_000.0
"""Where altitudes that run away turn: the end of the 25 ft code (12 bits) is at 38.1 km."""
_MIXER: Final = 2_654_435_761
"""Spreads addresses evenly (D. E. Knuth, "The Art of Computer Programming", volume 3, 6.4)."""
_MODULUS: Final = 1 << 32


class Broadcast:
    """What is sent by ADS-B in one tick: who, when, and the position that is believed or forged."""

    def __init__(self, scenario: Scenario, n: int, rng: np.random.Generator) -> None:
        self._rng = rng
        self._next_s = scenario.start_s + rng.uniform(0.0, 0.6, n)
        self._satellites = Satellites(scenario.gnss, scenario.start_s, n, rng)
        self._transmitters = Transmitters(scenario, n, rng.spawn(1)[0])

    def ghost_addresses(self) -> list[int]:
        """Addresses of the aircraft that are not there."""
        return self._transmitters.addresses()

    def transmit(self, span: Span, aircraft: Aircraft) -> Emissions:
        """Return the messages of this tick, and what the satellite receivers make of it."""
        n = len(self._next_s)
        navigation = self._satellites.move(span, aircraft)
        due = self._next_s < span.end_s
        gaps = self._rng.uniform(*SQUITTER_GAP_S, n)
        sends = due & (aircraft.adsb > 0) & (aircraft.target >= 0) & ~navigation.silent
        row = np.flatnonzero(sends)
        time_s = self._next_s[row].copy()
        self._next_s[due] += gaps[due]
        order = np.argsort(time_s, kind="stable")
        messages = _messages(span, aircraft, navigation, row[order], time_s[order])
        ghosts, forged = self._transmitters.transmit(span, aircraft)
        return Emissions(joined(messages, forged), navigation, ghosts)


def _messages(
    span: Span, aircraft: Aircraft, navigation: Navigation, row: Longs, time_s: Floats
) -> Squitters:
    """Messages of rows (k,) of the aircraft table."""
    ecef = ecef_at(span, row, time_s)
    place = geodetic(ecef)
    shift_m, drift_mps = shift_at(navigation, span, row, time_s)
    error_m = navigation.wander[row] * position_sigma_m(aircraft.nacp[row])[:, None] + shift_m
    lat, lon = moved(place, error_m[:, 0], error_m[:, 1])
    velocity_mps = navigation.velocity.at(span, row, time_s) + drift_mps
    disturbed = navigation.disturbed[row]
    nacp = np.where(disturbed, navigation.nacp[row], aircraft.nacp[row])
    return Squitters(
        sender=row,
        target=aircraft.target[row],
        time_s=time_s,
        ecef_m=ecef,
        height_m=aircraft.height_m[row],
        icao=aircraft.icao[row],
        mode3a=aircraft.mode3a[row],
        callsign=aircraft.callsign[row],
        emitter=_EMITTERS[aircraft.kind[row]],
        lat_rad=lat,
        lon_rad=lon,
        geo_height_m=place[:, 2],
        baro_m=baro_at(span, row, time_s),
        vn_mps=velocity_mps[:, 0],
        ve_mps=velocity_mps[:, 1],
        vertical_mps=aircraft.vertical_mps[row],
        nacp=nacp.astype(np.int8),
        nic=np.where(disturbed, 0, np.where(nacp > 8, 8, 7)).astype(np.int8),
        sil=np.where(disturbed, 0, 3).astype(np.int8),
    )


class WrongAltitudes:
    """Altitudes that are absurd, of single messages and of aircraft with a broken encoder.

    Both altitudes of a message are wrong, each in its own way where it is a single message.

    Parameters
    ----------
    options : AdsbOptions
    start_s : float
        The scene's first instant.
    entropy : int
        Seed of the scene: which aircraft are broken follows from it and their addresses.
    rng : numpy.random.Generator
    """

    def __init__(
        self, options: AdsbOptions, start_s: float, entropy: int, rng: np.random.Generator
    ) -> None:
        self._options, self._start_s, self._entropy = options, start_s, entropy
        self._rng = rng

    def apply(self, heard: Squitters) -> Squitters:
        """Return messages with what is wrong of their altitudes."""
        options, n = self._options, len(heard.sender)
        if not n or not (options.wrong_altitude_share or options.broken_share):
            return heard
        wrong = self._rng.random(n) < options.wrong_altitude_share
        drawn = self._rng.uniform(*_ALTITUDES_M, (2, n))
        share = (heard.icao.astype(np.int64) * _MIXER + self._entropy) % _MODULUS / _MODULUS
        way_m = options.broken_mps * (heard.time_s - self._start_s) + share * _ALTITUDES_M[1]
        runs = np.abs((way_m + _TOP_M) % (2.0 * _TOP_M) - _TOP_M)
        broken = share < options.broken_share
        height, baro = (np.where(broken, runs, old) for old in (heard.geo_height_m, heard.baro_m))
        return heard._replace(
            geo_height_m=np.where(wrong, drawn[0], height), baro_m=np.where(wrong, drawn[1], baro)
        )


class AdsbReceiver:
    """An ADS-B ground station: passes on each sender about once or twice per period."""

    def __init__(
        self, link: int, sensor: Sensor, scenario: Scenario, n: int, rng: np.random.Generator
    ) -> None:
        self._sensor = sensor
        self._scenario = scenario
        self._site = site_of(sensor, scenario.air)
        self._rng = rng
        self._line = line_of(link, scenario, 21, _DELAY_S, rng)
        options = scenario.adsb.get(sensor.name, AdsbOptions())
        seeds = entropy_of(rng), rng.spawn(1)[0]
        self._altitudes = WrongAltitudes(options, scenario.start_s, *seeds)
        self._due_s = np.full(n + len(scenario.ghost), -math.inf)
        self._layout = layout(21, _ITEMS | ({"040": 2} if scenario.mark_simulated else {}))

    def observe(self, tick: Tick) -> list[Datagram]:
        """Return the reports of one tick from what was sent in it."""
        sent = tick.emissions.squitters
        range_m = polar(self._site, sent.ecef_m)[:, 0]
        chance = cooperative_probability(self._site, range_m)
        seen = self._rng.random(len(range_m)) < chance
        seen &= over_horizon(self._site, range_m, sent.height_m, self._scenario.air.ground_m)
        seen &= sent.time_s >= self._due_s[sent.sender]
        heard = self._altitudes.apply(Squitters._make(column[seen] for column in sent))
        n = len(heard.sender)
        pause_s = self._site.period_s * self._rng.uniform(0.35, 0.9, n)
        self._due_s[heard.sender] = heard.time_s + pause_s
        octets = split_rows(pack(self._layout, self._columns(heard), n))
        records = Records(octets, heard.target, heard.time_s, heard.ecef_m)
        return send_in_parts(self._line, tick.span.end_s, records)

    def _columns(self, heard: Squitters) -> dict[str, Column]:
        n = len(heard.sender)
        height = heard.geo_height_m + self._rng.normal(0.0, _LOWEST_HEIGHT_SIGMA_M, n)
        stamp_s = self._line.stamp_s(heard.time_s) + self._sensor.biases.time_s
        columns: dict[str, Column] = {
            "010.SAC": self._sensor.sac,
            "010.SIC": self._sensor.sic,
            "131.LAT": heard.lat_rad / DEGREE,
            "131.LON": heard.lon_rad / DEGREE,
            "073.073": time_of_day(stamp_s),
            "080.080": heard.icao,
            "140.140": height / FOOT,
            "090.NUCRNACV": 2,
            "090.NUCPNIC": heard.nic,
            "090.SIL": heard.sil,
            "090.NACP": heard.nacp,
            "090.NICBARO": 1,
            "090.SDA": 2,
            "090.GVA": np.where(heard.nic > 0, 2, 0),
            "210.VN": 2,
            "210.LTT": 2,
            "070.MODE3A": heard.mode3a,
            "145.145": np.rint(heard.baro_m / (25 * FOOT)) * 25 * FOOT / FLIGHT_LEVEL,
            "157.GVR": heard.vertical_mps / FEET_PER_MINUTE,
            "160.GS": np.hypot(heard.vn_mps, heard.ve_mps) / NAUTICAL_MILE,
            "160.TA": np.arctan2(heard.ve_mps, heard.vn_mps) / DEGREE,
            "170.170": heard.callsign,
            "020.020": heard.emitter,
        }
        return columns | ({"040.SIM": 1} if self._scenario.mark_simulated else {})
