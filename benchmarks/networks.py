"""Random networks of biased radars and their reports, made directly: no bytes, no simulator.

Radars stand anywhere in a square that grows with their number, turn in 4 to 12 s and reach 150 to
400 km. Aircraft fly straight and turn (`benchmarks.tracking.fly`). In one network of four nothing
tells an absolute position; in the others some aircraft broadcast ADS-B, whose errors wander over
60 s. One error in a hundred is five times as large. Levels are off by weather.
"""

from typing import NamedTuple

import numpy as np
from benchmarks.tracking import LAT, LON, Truth, at, fly

from skypact.config import Sensor, sensor_table
from skypact.kernels.geodesy import (
    ecef_from_geodetic,
    enu_axes,
    geodetic_from_ecef,
    polar_from_ecef,
)
from skypact.model.reports import (
    ADSB,
    MODES,
    ReportBatch,
    concat_reports,
    empty_reports,
    take_reports,
)
from skypact.units import DEGREE, FOOT

SIGMA = {"range_m": 50.0, "gain": 1e-4, "azimuth": 0.1 * DEGREE, "time_s": 0.1}
FEED_SIGMA_S = 0.03
WANDER_S = 60.0
DETECTED = 0.9
START_S = 1_700_000_000.0
NACPS, EPU_M = np.array([8, 9, 9, 9, 10]), {8: 92.6, 9: 30.0, 10: 10.0}


class Network(NamedTuple):
    """Sensors, their true biases (S, 5) and reports in order of time."""

    sensors: list[Sensor]
    biases: np.ndarray
    reports: ReportBatch
    truth: Truth
    anchored: bool


def errors(sigma: float, n: int, rng: np.random.Generator) -> np.ndarray:
    """Normal errors, one in a hundred five times as large."""
    return sigma * rng.standard_normal(n) * np.where(rng.random(n) < 0.01, 5.0, 1.0)


def sites(n: int, rng: np.random.Generator) -> list[Sensor]:
    """Radars, 60 km or more apart."""
    half = 0.5 * 130e3 * np.sqrt(n) + 40e3
    places: list[np.ndarray] = []
    while len(places) < n:
        place = rng.uniform(-half, half, 2)
        if all(np.hypot(*(place - p)) > 60e3 for p in places):
            places.append(place)
    kinds = [(4.0, 150e3, 30.0, 0.06), (6.0, 250e3, 40.0, 0.07), (10.0, 400e3, 50.0, 0.08),
             (12.0, 400e3, 60.0, 0.09)]  # fmt: skip
    sensors = []
    for i, (north, east) in enumerate(places):
        period, reach, sigma_m, sigma_deg = kinds[rng.integers(4)]
        lat = LAT + north / 6.371e6
        sensors.append(
            Sensor(
                name=f"r{i}", lat=lat / DEGREE, lon=(LON + east / 6.371e6 / np.cos(lat)) / DEGREE,
                height_m=float(rng.uniform(100, 1000)), period_s=period, range_max_m=reach,
                sigma_range_m=sigma_m, sigma_azimuth_deg=sigma_deg, p_detection=DETECTED,
            )
        )  # fmt: skip
    return sensors


class Sky(NamedTuple):
    """What flies, and how levels err."""

    truth: Truth
    adsb: np.ndarray
    offset_m: float
    warm: float

    def baro(self, height_m: np.ndarray) -> np.ndarray:
        """Levels of true heights above mean sea level."""
        return height_m * (1.0 - self.warm) - self.offset_m


def radar_reports(
    s: int, sensor: Sensor, bias: np.ndarray, sky: Sky, seconds: int, rng: np.random.Generator
) -> ReportBatch:
    """All plots of one radar."""
    table = sensor_table([sensor])
    site, axes = np.empty((1, 3)), np.empty((1, 3, 3))
    ecef_from_geodetic(table.lat_rad, table.lon_rad, table.height_m, site)
    enu_axes(table.lat_rad, table.lon_rad, axes)
    n = sky.truth.lat.shape[1]
    turns = int((seconds - 1) / table.period_s[0])
    start = np.repeat(np.arange(turns) * table.period_s[0], n)
    who = np.tile(np.arange(n), turns)
    phase = rng.random()
    time_s, polar = start.copy(), np.empty((len(start), 3))
    for _ in range(2):
        polar_from_ecef(at(sky.truth, time_s, who), site[0], axes[0], polar)
        time_s = start + ((polar[:, 1] / (2 * np.pi) + phase) % 1.0) * table.period_s[0]
    polar_from_ecef(at(sky.truth, time_s, who), site[0], axes[0], polar)
    seen = (rng.random(len(start)) < DETECTED) & (polar[:, 0] < table.range_max_m[0])
    seen &= (polar[:, 0] > 5_000) & (polar[:, 2] < 45 * DEGREE) & (polar[:, 2] > 0.2 * DEGREE)
    rows = np.flatnonzero(seen)
    out = empty_reports(len(rows))
    level = sky.baro(sky.truth.level_m[who[rows]])
    noise_m = errors(table.sigma_range_m[0], len(rows), rng)
    noise_rad = errors(table.sigma_azimuth_rad[0], len(rows), rng)
    stamp = START_S + np.rint(128 * (time_s[rows] + bias[4])) / 128
    return out._replace(
        time_s=stamp, received_ns=((stamp + 0.5) * 1e9).astype(np.int64),
        sensor=np.full(len(rows), s, np.int32), kind=np.full(len(rows), MODES, np.int8),
        range_m=polar[rows, 0] * (1 + bias[1]) + bias[0] + noise_m,
        azimuth_rad=(polar[rows, 1] + bias[2] + noise_rad) % (2 * np.pi),
        baro_altitude_m=np.rint(level / (25 * FOOT)) * 25 * FOOT,
        icao=(who[rows] + 1).astype(np.int32), target=who[rows].astype(np.int32),
    )  # fmt: skip


def adsb_reports(
    s: int, bias: np.ndarray, sky: Sky, seconds: int, rng: np.random.Generator
) -> ReportBatch:
    """ADS-B of one receiver that hears all."""
    who = np.flatnonzero(sky.adsb)
    n, gap = len(who), 2.0
    nacp = rng.choice(NACPS, n)
    sigma = np.array([EPU_M[int(c)] / 2.45 for c in nacp])
    keep, wander = np.exp(-gap / WANDER_S), rng.standard_normal((n, 2))
    parts = []
    for k in range(int((seconds - 2) / gap)):
        time_s = k * gap + rng.random(n)
        wander = keep * wander + np.sqrt(1 - keep**2) * rng.standard_normal((n, 2))
        place = np.empty((n, 3))
        geodetic_from_ecef(at(sky.truth, time_s, who), place)
        north, east = (wander * sigma[:, None]).T
        level = sky.truth.level_m[who]
        stamp = START_S + time_s + bias[4]
        parts.append(
            empty_reports(n)._replace(
                time_s=stamp, received_ns=((stamp + 0.5) * 1e9).astype(np.int64),
                sensor=np.full(n, s, np.int32), kind=np.full(n, ADSB, np.int8),
                lat_rad=place[:, 0] + north / 6.38e6,
                lon_rad=place[:, 1] + east / 6.38e6 / np.cos(place[:, 0]),
                geo_altitude_m=place[:, 2] + 8.0 * rng.standard_normal(n),
                baro_altitude_m=np.rint(sky.baro(level) / (25 * FOOT)) * 25 * FOOT,
                nacp=nacp.astype(np.int8), icao=(who + 1).astype(np.int32),
                target=who.astype(np.int32),
            )
        )  # fmt: skip
    return concat_reports(parts)


def network(
    seed: int, n_radars: int | None = None, seconds: int = 480, n_aircraft: int = 40
) -> Network:
    """Draw a network and its reports."""
    rng = np.random.default_rng([0xB1A5, seed])
    n = int(rng.integers(2, 31)) if n_radars is None else n_radars
    sensors = sites(n, rng)
    anchored = seed % 4 != 0
    biases = np.zeros((n + 1, 5))
    for column, sigma in ((0, "range_m"), (1, "gain"), (2, "azimuth"), (4, "time_s")):
        biases[:n, column] = SIGMA[sigma] * rng.standard_normal(n)
    biases[n, 4] = FEED_SIGMA_S * rng.standard_normal()
    half = 0.5 * 130e3 * np.sqrt(n) + 60e3
    truth = fly(n_aircraft, seconds, half, rng)
    adsb = rng.random(n_aircraft) < (rng.uniform(0.3, 1.0) if anchored else 0.0)
    sky = Sky(truth, adsb, 50.0 * rng.standard_normal(), 0.006 * rng.standard_normal())
    parts = [radar_reports(i, s, biases[i], sky, seconds, rng) for i, s in enumerate(sensors)]
    if anchored:
        sensors.append(Sensor(name="ear", kind="adsb", lat=LAT / DEGREE, lon=LON / DEGREE))
        parts.append(adsb_reports(n, biases[n], sky, seconds, rng))
    else:
        biases = biases[:n]
    reports = concat_reports(parts)
    reports = take_reports(reports, np.argsort(reports.received_ns, kind="stable"))
    return Network(sensors, biases, reports, truth, anchored)
