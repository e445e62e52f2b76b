"""Time of the floors (raw, bound, clairvoyant) of a scene of the real sky.

Straight flights with white acceleration under four rotating radars, without false reports::

    .venv/bin/python benchmarks/floors.py --aircraft 200 --hours 1
"""

import argparse
import json
import time

import numpy as np

from skypact.config import Sensor
from skypact.evaluate.floors import floors
from skypact.kernels.geodesy import (
    ecef_from_geodetic,
    enu_axes,
    geodetic_from_ecef,
    polar_from_ecef,
)
from skypact.model.reports import SSR, ReportBatch, concat_reports, empty_reports
from skypact.model.truth import TRUTH_DTYPES, TruthRows
from skypact.units import DEGREE

START_S = 1_800_000_000.0
LEVEL_M = 9_000.0
SITES = ((51.0, 7.0), (50.0, 9.0), (49.0, 6.5), (51.5, 9.5))


def radars(p_detection: float = 0.9) -> list[Sensor]:
    """Four radars of 4 to 5 s a turn."""
    return [
        Sensor(
            name=f"radar-{i}",
            lat=lat,
            lon=lon,
            height_m=300.0,
            range_max_m=400_000.0,
            period_s=4.0 + 0.3 * i,
            sigma_range_m=50.0,
            sigma_azimuth_deg=0.08,
            p_detection=p_detection,
            clutter_per_scan=0.0,
        )
        for i, (lat, lon) in enumerate(SITES)
    ]


def flights(n: int, seconds: int, accel_psd: float, rng: np.random.Generator) -> TruthRows:
    """Level flights with white acceleration, a state a second."""
    place = np.empty((1, 3))
    ecef_from_geodetic(np.array([50.3 * DEGREE]), np.array([8.0 * DEGREE]), np.zeros(1), place)
    axes = np.empty((1, 3, 3))
    enu_axes(np.array([50.3 * DEGREE]), np.array([8.0 * DEGREE]), axes)
    course = rng.uniform(0.0, 2.0 * np.pi, n)
    speed = rng.uniform(150.0, 250.0, n)
    noise = np.linalg.cholesky(np.array([[1 / 3, 1 / 2], [1 / 2, 1.0]])) * np.sqrt(accel_psd)
    position = rng.uniform(-60_000.0, 60_000.0, (n, 2))
    velocity = speed[:, None] * np.column_stack((np.sin(course), np.cos(course)))
    states = np.empty((seconds, n, 4))
    for k in range(seconds):
        states[k, :, :2], states[k, :, 2:] = position, velocity
        kick = np.einsum("ij,nkj->nik", noise, rng.standard_normal((n, 2, 2)))
        position = position + velocity + kick[:, 0]
        velocity = velocity + kick[:, 1]
    local = states.reshape(-1, 4)
    ecef = place + local[:, :1] * axes[0, 0] + local[:, 1:2] * axes[0, 1] + LEVEL_M * axes[0, 2]
    geodetic = np.empty_like(ecef)
    geodetic_from_ecef(ecef, geodetic)
    ecef_from_geodetic(geodetic[:, 0], geodetic[:, 1], np.full(len(ecef), LEVEL_M), ecef)
    there = np.empty((len(ecef), 3, 3))
    enu_axes(geodetic[:, 0], geodetic[:, 1], there)
    flow = local[:, 2:3] * axes[0, 0] + local[:, 3:] * axes[0, 1]
    columns = {
        name: np.full(len(ecef), np.nan) if dtype is np.float64 else np.full(len(ecef), -1, dtype)
        for name, dtype in TRUTH_DTYPES.items()
    }
    columns |= {
        "time_s": START_S + np.repeat(np.arange(seconds, dtype=np.float64), n),
        "target": np.tile(np.arange(n, dtype=np.int32), seconds),
        "lat_rad": geodetic[:, 0],
        "lon_rad": geodetic[:, 1],
        "altitude_m": np.full(len(ecef), LEVEL_M),
        "ve_mps": np.einsum("ni,ni->n", there[:, 0], flow),
        "vn_mps": np.einsum("ni,ni->n", there[:, 1], flow),
        "vu_mps": np.zeros(len(ecef)),
    }
    return TruthRows(**columns)


def plots(truth: TruthRows, sensors: list[Sensor], rng: np.random.Generator) -> ReportBatch:
    """One plot a turn of every flight that is detected, between two states of the truth."""
    n = int(truth.target.max()) + 1
    ecef = np.empty((len(truth.time_s), 3))
    ecef_from_geodetic(truth.lat_rad, truth.lon_rad, truth.altitude_m, ecef)
    ecef = ecef.reshape(-1, n, 3)
    parts = []
    for i, sensor in enumerate(sensors):
        lat, lon = (np.array([v * DEGREE]) for v in (sensor.lat, sensor.lon))
        site, axes = np.empty((1, 3)), np.empty((1, 3, 3))
        ecef_from_geodetic(lat, lon, np.array([sensor.height_m]), site)
        enu_axes(lat, lon, axes)
        turns = np.arange(0.0, len(ecef) - 1 - sensor.period_s, sensor.period_s)
        at = (turns[:, None] + rng.uniform(0.0, sensor.period_s, n)).ravel()
        target = np.tile(np.arange(n), len(turns))
        seen = rng.random(len(at)) < sensor.p_detection
        at, target = at[seen], target[seen]
        whole = at.astype(np.int64)
        share = (at - whole)[:, None]
        where = ecef[whole, target] * (1.0 - share) + ecef[whole + 1, target] * share
        polar = np.empty_like(where)
        polar_from_ecef(where, site[0], axes[0], polar)
        k = len(at)
        sigma_rad = sensor.sigma_azimuth_deg * DEGREE
        parts.append(
            empty_reports(k)._replace(
                time_s=START_S + at,
                sensor=np.full(k, i, np.int32),
                kind=np.full(k, SSR, np.int8),
                range_m=polar[:, 0] + rng.normal(0.0, sensor.sigma_range_m, k),
                azimuth_rad=(polar[:, 1] + rng.normal(0.0, sigma_rad, k)) % (2.0 * np.pi),
                geo_altitude_m=LEVEL_M + rng.normal(0.0, 10.0, k),
                mode3a=(target % 4096).astype(np.int32),
                target=target.astype(np.int32),
            )
        )
    return concat_reports(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--aircraft", type=int, default=200)
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    truth = flights(arguments.aircraft, int(3600 * arguments.hours), 0.08, rng)
    sensors = radars()
    reports = plots(truth, sensors, rng)
    begin_s = time.perf_counter()
    result = floors(reports, sensors, truth, flat=False)
    result["targets"] = len(result["targets"])
    result["reports"] = len(reports.time_s)
    result["seconds"] = round(time.perf_counter() - begin_s, 2)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
