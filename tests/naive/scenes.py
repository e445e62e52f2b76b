"""Small scenes for the tracker: level flights along geodesics, radars, position sensors."""

from typing import NamedTuple

import numpy as np
import pyproj
from tests.naive import geodesy

from skypact.config import Sensor, sensor_table
from skypact.model.reports import ADSB, MODES, concat_reports, empty_reports, take_reports
from skypact.model.tracks import concat_rows
from skypact.track.params import TrackerParams
from skypact.track.tracker import Tracker
from skypact.units import DEGREE

GEOD = pyproj.Geod(ellps="WGS84")
EARTH_M = 6_371_008.8
SMALL = TrackerParams(capacity=128)


class Flight(NamedTuple):
    """Level flight along a geodesic from a place at time zero."""

    lat: float
    lon: float
    height_m: float = 9_000.0
    heading: float = 60.0
    speed_mps: float = 200.0

    def at(self, time_s):
        """Latitude, longitude, height (n,) and heading in radians at times (n,)."""
        t = np.atleast_1d(np.asarray(time_s, float))
        ground = self.speed_mps * t * EARTH_M / (EARTH_M + self.height_m)
        n = np.ones(len(t))
        lon, lat, back = GEOD.fwd(self.lon * n, self.lat * n, self.heading * n, ground)
        heading = np.radians(np.asarray(back) + 180.0)
        return np.radians(lat), np.radians(lon), self.height_m * n, heading

    def ecef(self, time_s):
        """Position (n, 3)."""
        return geodesy.ecef_from_geodetic(*self.at(time_s)[:3])


def radar(name="r0", lat=48.0, lon=16.0, **changes):
    """A rotating radar with a known site and few false plots."""
    values = {
        "height_m": 300.0, "range_max_m": 250e3, "period_s": 4.0, "sigma_range_m": 50.0,
        "sigma_azimuth_deg": 0.08, "p_detection": 0.9, "clutter_per_scan": 1.0,
    }  # fmt: skip
    return Sensor(name=name, lat=lat, lon=lon, **(values | changes))


def receiver(name="a0", lat=48.0, lon=16.0, **changes):
    """An ADS-B receiver that hears everything each second."""
    values = {"kind": "adsb", "sigma_position_m": 20.0, "period_s": 1.0, "p_detection": 0.95}
    return Sensor(name=name, lat=lat, lon=lon, **(values | changes))


def plots(table, s, flights, until_s, rng=None, *, first_s=0.0, detected=1.0):
    """Radar plots of all flights, turn by turn, at the time the beam passes; no rng: no noise."""
    place = table.lat_rad[s : s + 1], table.lon_rad[s : s + 1]
    site = geodesy.ecef_from_geodetic(*place, table.height_m[s : s + 1])[0]
    axes = geodesy.enu_axes(*place)[0]
    period = table.period_s[s]
    rows = []
    for k, flight in enumerate(flights):
        turns = first_s + np.arange(0.0, until_s - first_s, period)
        time_s = turns.copy()
        for _ in range(3):
            polar = geodesy.polar_from_ecef(flight.ecef(time_s), site, axes)
            time_s = turns + polar[:, 1] / (2 * np.pi) * period
        seen = (time_s < until_s) & (polar[:, 0] < table.range_max_m[s])
        batch = empty_reports(len(time_s))
        batch.time_s[:], batch.range_m[:], batch.azimuth_rad[:] = time_s, polar[:, 0], polar[:, 1]
        if rng is not None:
            batch.range_m[:] += rng.normal(0, table.sigma_range_m[s], len(time_s))
            batch.azimuth_rad[:] += rng.normal(0, table.sigma_azimuth_rad[s], len(time_s))
            seen &= rng.random(len(time_s)) < detected
        batch.geo_altitude_m[:], batch.sensor[:], batch.kind[:] = flight.height_m, s, MODES
        batch.target[:] = k
        rows.append(take_reports(batch, seen))
    return concat_reports(rows)


def positions(table, s, flights, until_s, rng=None, *, first_s=0.0, velocity=True):
    """Position reports of all flights once a period, spread over it, with address and velocity."""
    period, sigma = table.period_s[s], table.sigma_position_m[s]
    rows = []
    for k, flight in enumerate(flights):
        time_s = first_s + np.arange(0.0, until_s - first_s, period) + period * (k % 7) / 7.3
        n = len(time_s)
        lat, lon, height, heading = flight.at(time_s)
        noise = np.zeros((4, n)) if rng is None else rng.normal(size=(4, n))
        batch = empty_reports(n)
        batch.time_s[:], batch.sensor[:], batch.kind[:], batch.target[:] = time_s, s, ADSB, k
        batch.lat_rad[:] = lat + noise[0] * sigma / EARTH_M
        batch.lon_rad[:] = lon + noise[1] * sigma / EARTH_M / np.cos(lat)
        batch.geo_altitude_m[:], batch.icao[:] = height, 0x400000 + k
        if velocity:
            batch.vn_mps[:] = flight.speed_mps * np.cos(heading) + noise[2]
            batch.ve_mps[:] = flight.speed_mps * np.sin(heading) + noise[3]
        rows.append(batch)
    return concat_reports(rows)


def false_plots(table, s, until_s, rng, per_scan):
    """Plots of nothing, even in range and azimuth, at the time the beam passes."""
    n = rng.poisson(per_scan * until_s / table.period_s[s])
    batch = empty_reports(n)
    batch.time_s[:] = rng.uniform(0.0, until_s, n)
    batch.azimuth_rad[:] = (batch.time_s / table.period_s[s]) % 1.0 * 2 * np.pi
    batch.range_m[:] = rng.uniform(0.0, table.range_max_m[s], n)
    batch.sensor[:] = s
    return batch


def merged(*batches):
    """All reports in order of time."""
    batch = concat_reports(list(batches))
    return take_reports(batch, np.argsort(batch.time_s, kind="stable"))


class Run(NamedTuple):
    """What a tracker made of a scene."""

    tracker: Tracker
    rows: object
    track_of: np.ndarray
    """Track number each report went to, in the order of the reports."""
    counts: dict
    ended: list


def run(table, batch, until_s, params=SMALL, *, step_s=0.5, shuffle=None, tracker=None):
    """Feed reports in steps of `step_s` as they happen; `shuffle` seeds the order in a step."""
    tracker = Tracker(table, params) if tracker is None else tracker
    track_of = np.full(len(batch.time_s), -1, np.int64)
    rows, counts, ended, fed = [], {}, [], []
    rng = np.random.default_rng(shuffle)

    def book(events):
        rows.append(events.rows)
        ended.extend(events.ended.tolist())
        order = np.concatenate(fed) if fed else np.zeros(0, np.int64)
        track_of[order[events.report_index]] = events.report_track
        for name, count in events.counts.items():
            counts[name] = counts.get(name, 0) + count

    slot = np.floor(batch.time_s / step_s)
    for k in range(int(np.ceil(until_s / step_s))):
        index = np.flatnonzero(slot == k)
        fed.append(rng.permutation(index) if shuffle is not None else index)
        book(tracker.step(take_reports(batch, fed[-1]), (k + 1) * step_s))
    book(tracker.flush())
    return Run(tracker, concat_rows(rows), track_of, counts, ended)


def last_rows(rows):
    """Index of the last row of each track, by number."""
    return {int(number): i for i, number in enumerate(rows.track)}


def miss_m(rows, i, flight):
    """Horizontal distance of row i from a flight at the row's time."""
    lat, lon, _, _ = flight.at(rows.time_s[i])
    north = (rows.lat_rad[i] - lat[0]) * EARTH_M
    east = np.remainder(rows.lon_rad[i] - lon[0] + np.pi, 2 * np.pi) - np.pi
    return float(np.hypot(north, east * EARTH_M * np.cos(lat[0])))


def sensors(*entries):
    """Sensor table of these entries."""
    return sensor_table(entries)


def shifted_longitude(batch, table, degrees):
    """The same scene turned about the earth's axis."""

    def turned(lon):
        return np.remainder(lon + degrees * DEGREE + np.pi, 2 * np.pi) - np.pi

    return (
        batch._replace(lon_rad=turned(batch.lon_rad)),
        table._replace(lon_rad=turned(table.lon_rad)),
    )
