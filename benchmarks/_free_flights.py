"""Skies of ballistic flights drawn at random before a radar that measures height."""

from typing import Final, NamedTuple

import msgspec
import numpy as np

from skypact.config import Member, Sensor
from skypact.errors import ConfigError
from skypact.kernels.geodesy import ecef_from_geodetic, enu_axes
from skypact.model.reports import Floats
from skypact.simulate.ballistic import Flight, ends_of, flight_of
from skypact.simulate.lambert import least_energy_s
from skypact.simulate.parts import Ballistic, RadarOptions
from skypact.simulate.scenario import Scenario
from skypact.units import DEGREE

FLIGHTS_PER_SKY: Final = 12
MOST_LAT_DEG: Final = 50.0
MOST_END_DEG: Final = 65.0
GROUND_M: Final = 0.0
RANGE_KM: Final = (300.0, 3_500.0)
LOFT: Final = (1.0, 1.8)
"""Time of flight over that of the flight of least energy, evenly."""
BALLISTIC_KGPM2: Final = (1_000.0, 12_000.0)
"""Even in the logarithm."""
BOOST_S: Final = (40.0, 120.0)
CROSS_SECTION: Final = 0.05
RADAR_RANGE_M: Final = (600_000.0, 1_500_000.0)
HALF_RANGE: Final = 1.9
"""Range at which half of the echoes are detected over the radar's range: at that it is 95 %."""
EARTH_KM: Final = 6_371.0
PERIODS_S: Final = (5.0, 6.0, 10.0, 12.0)


class Drawn(NamedTuple):
    """One flight of a sky and the radar."""

    entry: Ballistic
    flight: Flight
    sensor: Sensor
    range_km: float
    loft: float

    @property
    def launch_s(self) -> float:
        """Launch after the sky's start: at the first tick not before the entry's."""
        return float(np.ceil(self.entry.start_s / 0.25 - 1e-9) * 0.25)

    @property
    def arrival_s(self) -> float:
        """When it comes down, after the sky's start."""
        return self.launch_s + self.entry.boost_s + self.flight.free_s


def place_at(lat: float, lon: float, course_rad: float, km: float) -> tuple[float, float]:
    """Latitude and longitude (degrees) so far along a great circle."""
    a, f = km / EARTH_KM, lat * DEGREE
    sine = np.sin(f) * np.cos(a) + np.cos(f) * np.sin(a) * np.cos(course_rad)
    turn = np.arctan2(
        np.sin(course_rad) * np.sin(a) * np.cos(f), np.cos(a) - np.sin(f) * sine
    )  # fmt: skip
    return float(np.arcsin(sine) / DEGREE), lon + float(turn / DEGREE)


def even_log(rng: np.random.Generator, ends: tuple[float, float]) -> float:
    """Draw evenly in the logarithm."""
    return float(np.exp(rng.uniform(*np.log(ends))))


def bearing(lat: float, lon: float, to_lat: float, to_lon: float) -> float:
    """Course (radians) of the great circle from one place to another, degrees."""
    f, g, d = lat * DEGREE, to_lat * DEGREE, (to_lon - lon) * DEGREE
    north = np.cos(f) * np.sin(g) - np.sin(f) * np.cos(g) * np.cos(d)
    return float(np.arctan2(np.sin(d) * np.cos(g), north))


def drawn_flight(rng: np.random.Generator, name: str, sensor: Sensor) -> Drawn:
    """Draw one flight past a radar, beside it or towards it; what cannot be is drawn again."""
    while True:
        range_km = even_log(rng, RANGE_KM)
        course = float(rng.uniform(0.0, 2.0 * np.pi))
        along, aside = range_km * float(rng.uniform(0.3, 1.1)), float(rng.uniform(-400.0, 400.0))
        beside = place_at(sensor.lat or 0.0, sensor.lon or 0.0, course + 0.5 * np.pi, aside)
        lat, lon = place_at(*beside, course + np.pi, along)
        to_lat, to_lon = place_at(lat, lon, bearing(lat, lon, *beside), range_km)
        loft, boost_s = float(rng.uniform(*LOFT)), float(rng.uniform(*BOOST_S))
        drag, start_s = even_log(rng, BALLISTIC_KGPM2), float(rng.uniform(0.0, 300.0))
        if max(abs(lat), abs(to_lat)) > MOST_END_DEG:
            continue
        entry = Ballistic(
            name=name, from_lat=lat, from_lon=lon, to_lat=to_lat, to_lon=to_lon, start_s=start_s,
            boost_s=boost_s, ballistic_kgpm2=drag, cross_section=CROSS_SECTION,
        )  # fmt: skip
        ends = ends_of(entry, GROUND_M, np.zeros((2, 2)))
        least_s = least_energy_s(ends.start, ends.end)
        entry = msgspec.structs.replace(entry, flight_s=max(60.0, loft * least_s))
        try:
            return Drawn(entry, flight_of(entry, ends, "flight"), sensor, range_km, loft)
        except ConfigError:
            continue


def drawn_radar(rng: np.random.Generator) -> tuple[Sensor, RadarOptions]:
    """Draw a radar that measures height and detects as its data sheet says up to its range."""
    range_max_m = float(rng.uniform(*RADAR_RANGE_M))
    sensor = Sensor(
        name="radar", member="m", sac=1, sic=1,
        lat=float(rng.uniform(-MOST_LAT_DEG, MOST_LAT_DEG)), lon=float(rng.uniform(-60.0, 60.0)),
        height_m=float(rng.uniform(50.0, 1_500.0)), range_max_m=range_max_m,
        period_s=float(rng.choice(PERIODS_S)), sigma_range_m=float(rng.uniform(50.0, 150.0)),
        sigma_azimuth_deg=float(rng.uniform(0.1, 0.3)),
        sigma_elevation_deg=float(rng.uniform(0.1, 0.3)),
        p_detection=float(rng.uniform(0.85, 0.95)), clutter_per_scan=3.0, format="reports",
    )  # fmt: skip
    half_m = HALF_RANGE * range_max_m / CROSS_SECTION**0.25
    return sensor, RadarOptions(primary=True, primary_range_m=half_m, cone_deg=80.0)


def drawn_sky(seed: int) -> tuple[Scenario, list[Drawn]]:
    """Draw the sky of a seed."""
    rng = np.random.default_rng([20_241_121, seed])
    sensor, options = drawn_radar(rng)
    flights = [drawn_flight(rng, f"f{i}", sensor) for i in range(FLIGHTS_PER_SKY)]
    scenario = Scenario(
        title="Free flights", truth_period_s=60.0,
        ballistic=tuple(f.entry for f in flights),
        sensor=(sensor,), member=(Member(name="m", title="M"),), radar={sensor.name: options},
    )  # fmt: skip
    scenario = msgspec.structs.replace(
        scenario, air=msgspec.structs.replace(scenario.air, ground_m=GROUND_M)
    )
    return scenario, flights


def site_of(sensor: Sensor) -> tuple[Floats, Floats]:
    """Antenna (3,) in ECEF and its axes (3, 3)."""
    lat, lon = np.array([(sensor.lat or 0.0) * DEGREE]), np.array([(sensor.lon or 0.0) * DEGREE])
    place, axes = np.empty((1, 3)), np.empty((1, 3, 3))
    ecef_from_geodetic(lat, lon, np.array([sensor.height_m]), place)
    enu_axes(lat, lon, axes)
    return place[0], axes[0]
