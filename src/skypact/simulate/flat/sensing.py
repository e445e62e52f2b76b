"""What a sensor of a flat scene reports: detections with noise, misses, false reports, late scans.

Positions are given relative to the sensor; azimuths are clockwise from +y.
"""

from typing import Final

import numpy as np

from skypact.config import Sensor
from skypact.model.reports import POSITION, PSR, Floats, Longs, ReportBatch, empty_reports
from skypact.model.truth import TruthRows
from skypact.simulate.flat.schema import FlatScenario, FlatSensor
from skypact.units import DEGREE, NANOSECONDS

_TURN: Final = 2.0 * np.pi
_SHEET_MAX: Final = 0.999
"""Nobody's data sheet promises that nothing is missed."""


def detection_probability(sensor: FlatSensor, range_m: Floats) -> Floats:
    """Probability of a report of objects at ranges (n,)."""
    if sensor.p_detection is not None:
        return np.full(range_m.shape, sensor.p_detection)
    return np.asarray(np.exp(-range_m / (sensor.detection_range_m or np.inf)))


def arrivals_ns(sensor: FlatSensor, time_s: Floats, rng: np.random.Generator) -> Longs:
    """Arrival of each scan; a late one comes right after the scan it was delayed to.

    Source: the order of arrival of Garcia-Fernandez and Yi, "Continuous-discrete multiple target
    tracking with out-of-sequence measurements", IEEE Trans. Signal Process. 69, 2021.
    """
    arrival = np.rint(time_s * NANOSECONDS).astype(np.int64)
    if not sensor.late_every:
        return arrival
    late = np.arange(sensor.late_every - 1, len(time_s), sensor.late_every)
    by = rng.poisson(sensor.late_mean_scans, late.size)
    out = arrival.copy()
    out[late] = arrival[np.minimum(late + by, len(time_s) - 1)] + (by > 0)
    return out


def observe(
    sensor: FlatSensor, truth: TruthRows, scan: Longs, time_s: Floats, rng: np.random.Generator
) -> ReportBatch:
    """Draw the reports of all scans, sorted by scan, in random order within each.

    Parameters
    ----------
    sensor : FlatSensor
    truth : TruthRows of m rows
    scan : (m,) int64
        Scan at which each row is true.
    time_s : (k,) float64
        Time of each scan.
    rng : Generator
    """
    arrival_ns = arrivals_ns(sensor, time_s, rng)
    dx, dy = truth.lon_rad - sensor.x_m, truth.lat_rad - sensor.y_m
    seen = rng.random(scan.size) < detection_probability(sensor, np.hypot(dx, dy))
    n_false = rng.poisson(sensor.clutter_mean, len(time_s))
    when = np.concatenate([scan[seen], np.repeat(np.arange(len(time_s)), n_false)])
    reports = empty_reports(when.size)
    reports.target[: np.count_nonzero(seen)] = truth.target[seen]
    reports.time_s[:], reports.received_ns[:] = time_s[when], arrival_ns[when]
    if sensor.measures == "position":
        _positions(sensor, dx[seen], dy[seen], reports, rng)
    else:
        _polar(sensor, dx[seen], dy[seen], reports, rng)
    order = np.lexsort((rng.random(when.size), when))
    return ReportBatch._make(column[order] for column in reports)


def _positions(
    sensor: FlatSensor, dx: Floats, dy: Floats, reports: ReportBatch, rng: np.random.Generator
) -> None:
    n, n_false = dx.size, reports.time_s.size - dx.size
    sigma = sensor.sigma_position_m or 0.0
    spans = (sensor.area_x_m or (0.0, 0.0), sensor.area_y_m or (0.0, 0.0))
    reports.kind[:] = POSITION
    for out, true, span, own in zip(
        (reports.x_m, reports.y_m), (dx, dy), spans, (sensor.x_m, sensor.y_m), strict=True
    ):
        out[:n] = true + sigma * rng.standard_normal(n)
        out[n:] = rng.uniform(*span, n_false) - own


def _polar(
    sensor: FlatSensor, dx: Floats, dy: Floats, reports: ReportBatch, rng: np.random.Generator
) -> None:
    n, n_false = dx.size, reports.time_s.size - dx.size
    reports.kind[:] = PSR
    # A range below zero is one beyond the antenna, on the other side.
    noisy_m = np.hypot(dx, dy) + (sensor.sigma_range_m or 0.0) * rng.standard_normal(n)
    if sensor.kappa is not None:
        error = rng.vonmises(0.0, sensor.kappa, n)
    else:
        error = sensor.sigma_azimuth_rad * rng.standard_normal(n)
    azimuth = np.arctan2(dx, dy) + error + np.where(noisy_m < 0.0, np.pi, 0.0)
    reports.range_m[:n] = np.abs(noisy_m)
    reports.range_m[n:] = rng.uniform(*(sensor.range_m or (0.0, 0.0)), n_false)
    left, right = sensor.azimuth_deg
    reports.azimuth_rad[:n] = azimuth % _TURN
    reports.azimuth_rad[n:] = (rng.uniform(left, right, n_false) * DEGREE) % _TURN


def data_sheet(sensor: FlatSensor, scenario: FlatScenario, place: int) -> Sensor:
    """Entry of the union file; `place` is its number from 0.

    A probability that falls with range is stated as it is at half the longest range.
    """
    polar = sensor.measures == "polar"
    reach_m = _reach_m(sensor)
    half_way = np.array([0.5 * reach_m])
    return Sensor(
        name=sensor.name,
        kind="radar" if polar else "position",
        member=sensor.member,
        sic=place + 1,
        x_m=sensor.x_m,
        y_m=sensor.y_m,
        range_max_m=reach_m,
        period_s=scenario.step_s,
        sigma_range_m=sensor.sigma_range_m,
        sigma_azimuth_deg=sensor.sigma_azimuth_rad / DEGREE if polar else None,
        sigma_position_m=sensor.sigma_position_m,
        p_detection=min(_SHEET_MAX, detection_probability(sensor, half_way)[0].item()),
        clutter_per_scan=sensor.clutter_mean,
        false_area=_false_area(sensor),
    )


def _false_area(sensor: FlatSensor) -> float:
    """Area over which false reports are uniform: m^2, or m rad of a polar sensor."""
    if sensor.range_m is not None:
        (near_m, far_m), (left, right) = sensor.range_m, sensor.azimuth_deg
        return (far_m - near_m) * (right - left) * DEGREE
    (west, east), (south, north) = sensor.area_x_m or (0.0, 0.0), sensor.area_y_m or (0.0, 0.0)
    return (east - west) * (north - south)


def _reach_m(sensor: FlatSensor) -> float:
    """Longest range: the sensor's own, or to the farthest corner of its area."""
    if sensor.range_m is not None:
        return sensor.range_m[1]
    x = np.abs(np.array(sensor.area_x_m or (0.0, 0.0)) - sensor.x_m).max()
    y = np.abs(np.array(sensor.area_y_m or (0.0, 0.0)) - sensor.y_m).max()
    return float(np.hypot(x, y))
