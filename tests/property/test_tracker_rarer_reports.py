"""Bearings keep tracks and begin none; a radar that measures elevation knows heights."""

import numpy as np
import pytest
from tests.naive import geodesy, scenes
from tests.naive.scenes import Flight, last_rows, miss_m, radar, run

from skypact.model.reports import PASSIVE, PSR, empty_reports, take_reports
from skypact.units import DEGREE, METRE

FLIGHT = Flight(48.3, 16.4, height_m=6_000.0, heading=80.0)
SIGMA = 0.3 * DEGREE


def finder(name, lat, lon):
    return scenes.receiver(
        name, lat=lat, lon=lon, kind="passive", sigma_azimuth_deg=0.3, clutter_per_scan=0.1
    )


TABLE = scenes.sensors(radar("r"), finder("south", 47.6, 16.8), finder("north", 48.9, 16.9))


def bearings(s, flight, first_s, until_s, rng):
    """One bearing a second."""
    time_s = np.arange(first_s, until_s) + 0.1 * s
    place = TABLE.lat_rad[s : s + 1], TABLE.lon_rad[s : s + 1]
    site = geodesy.ecef_from_geodetic(*place, TABLE.height_m[s : s + 1])[0]
    polar = geodesy.polar_from_ecef(flight.ecef(time_s), site, geodesy.enu_axes(*place)[0])
    batch = empty_reports(len(time_s))
    batch.time_s[:], batch.sensor[:], batch.kind[:] = time_s, s, PASSIVE
    batch.azimuth_rad[:] = polar[:, 1] + rng.normal(0, SIGMA, len(time_s))
    batch.target[:] = 0
    return batch


def test_bearings_alone_begin_no_track():
    rng = np.random.default_rng(1)
    batch = scenes.merged(*[bearings(s, FLIGHT, 0.0, 20.0, rng) for s in (1, 2)])
    result = run(TABLE, batch, 20.0)
    assert result.tracker.n_tracks == 0
    assert (result.track_of == -1).all()


def test_bearings_of_two_sites_keep_a_track_that_the_radar_lost():
    """A minute of bearings of 0.3 degrees from 70 km: 370 m each, crossing at a slant."""
    rng = np.random.default_rng(2)
    seen = scenes.plots(TABLE, 0, [FLIGHT], 40.0, rng)
    heard = [bearings(s, FLIGHT, 40.0, 100.0, rng) for s in (1, 2)]
    result = run(TABLE, scenes.merged(seen, *heard), 100.0)
    (number,) = set(result.track_of[result.track_of >= 0].tolist())
    i = last_rows(result.rows)[number]
    assert result.rows.time_s[i] > 98.0
    assert miss_m(result.rows, i, FLIGHT) < 600.0 * METRE
    assert np.hypot(result.rows.sigma_n_m[i], result.rows.sigma_e_m[i]) < 600.0 * METRE
    heard_of = result.track_of[-len(heard[0].time_s) :]
    assert (heard_of == number).mean() > 0.9


@pytest.mark.parametrize("height_m", [500.0, 2_000.0, 9_000.0])
def test_a_radar_that_measures_elevation_and_range_rate_knows_height_and_speed(height_m):
    """0.1 degrees at 60 km are 105 m."""
    table = scenes.sensors(radar("r", sigma_elevation_deg=0.1, sigma_range_rate_mps=1.0))
    flight = Flight(48.4, 16.5, height_m=height_m, heading=20.0)
    rng = np.random.default_rng(3)
    batch = scenes.plots(table, 0, [flight], 60.0, rng)
    place = table.lat_rad[:1], table.lon_rad[:1]
    site, axes = (
        geodesy.ecef_from_geodetic(*place, table.height_m[:1])[0],
        geodesy.enu_axes(*place)[0],
    )
    ahead, polar = (
        geodesy.polar_from_ecef(flight.ecef(batch.time_s + dt), site, axes) for dt in (0.01, 0.0)
    )
    n = len(batch.time_s)
    batch.geo_altitude_m[:], batch.kind[:] = np.nan, PSR
    batch.elevation_rad[:] = polar[:, 2] + rng.normal(0, 0.1 * DEGREE, n)
    batch.range_rate_mps[:] = (ahead[:, 0] - polar[:, 0]) / 0.01 + rng.normal(0, 1.0, n)
    result = run(table, take_reports(batch, slice(None)), 60.0)
    assert result.tracker.n_confirmed == 1
    i = len(result.rows.time_s) - 1
    assert abs(result.rows.altitude_m[i] - height_m) < 3.0 * result.rows.sigma_u_m[i] < 300.0
    assert miss_m(result.rows, i, flight) < 200.0 * METRE
