"""Another tracker's tracks become tracks, and are never believed for more than one estimate."""

import numpy as np
import pytest
from tests.naive import scenes
from tests.naive.scenes import Flight, last_rows, miss_m, radar, run

from skypact.model.reports import TRACK, empty_reports
from skypact.units import METRE

FLIGHT = Flight(48.3, 16.4, height_m=6_000.0, heading=80.0)
TABLE = scenes.sensors(
    radar("r"), scenes.receiver("far", kind="tracker", period_s=5.0, sigma_position_m=100.0)
)
UNTIL_S = 120.0


def estimates(flights, until_s, off_m=(0.0, 0.0), number=7, sigma_m=np.nan, address=-1):
    """A track update each 5 s, all of them off by the same: north, east."""
    parts = []
    for k, flight in enumerate(flights):
        time_s = np.arange(1.0 + 0.3 * k, until_s, 5.0)
        batch = empty_reports(len(time_s))
        batch.time_s[:], batch.sensor[:], batch.kind[:], batch.target[:] = time_s, 1, TRACK, k
        lat, lon, height, way = flight.at(time_s)
        batch.lat_rad[:] = lat + off_m[0] / 6_371e3
        batch.lon_rad[:] = lon + off_m[1] / (6_371e3 * np.cos(lat))
        batch.geo_altitude_m[:] = height
        batch.vn_mps[:] = flight.speed_mps * np.cos(way)
        batch.ve_mps[:] = flight.speed_mps * np.sin(way)
        batch.track_number[:], batch.icao[:], batch.sigma_m[:] = number + k, address, sigma_m
        parts.append(batch)
    return scenes.merged(*parts)


def sigma_m(rows, i):
    """Root mean square of the two stated level sigmas."""
    return np.hypot(rows.sigma_n_m[i], rows.sigma_e_m[i]) / np.sqrt(2.0)


def test_a_lone_tracker_gives_its_tracks_with_the_error_that_they_have():
    """24 updates, 100 m off to the north: the track is as far off and says so."""
    result = run(TABLE, estimates([FLIGHT], UNTIL_S, (100.0, 0.0)), UNTIL_S)
    (number,) = set(result.track_of.tolist())
    i = last_rows(result.rows)[number]
    assert result.rows.confirmed[i] == 1
    assert miss_m(result.rows, i, FLIGHT) == pytest.approx(100.0, abs=5.0)
    every = result.rows.confirmed == 1
    assert sigma_m(result.rows, every).min() > 99.0 * METRE
    assert sigma_m(result.rows, every).max() < 105.0 * METRE


def test_the_error_that_the_tracker_states_is_the_tracks():
    result = run(TABLE, estimates([FLIGHT], UNTIL_S, sigma_m=240.0), UNTIL_S)
    i = last_rows(result.rows)[result.track_of[0]]
    assert sigma_m(result.rows, i) == pytest.approx(240.0, rel=0.03)


def test_an_error_too_small_to_be_believed_is_a_quarter_of_the_data_sheets():
    result = run(TABLE, estimates([FLIGHT], UNTIL_S, sigma_m=2.0), UNTIL_S)
    i = last_rows(result.rows)[result.track_of[0]]
    assert sigma_m(result.rows, i) == pytest.approx(25.0, rel=0.03)


def test_a_radar_beside_it_is_believed_as_if_alone():
    """A tracker that is 150 m off neither moves the track nor makes it surer than the radar does.

    Its numbers and the radar's plots share one track.
    """
    rng = np.random.default_rng(4)
    plots = scenes.plots(TABLE, 0, [FLIGHT], UNTIL_S, rng)
    told = estimates([FLIGHT], UNTIL_S, (150.0, 0.0), sigma_m=300.0)
    alone, both = run(TABLE, plots, UNTIL_S), run(TABLE, scenes.merged(plots, told), UNTIL_S)
    assert len(set(both.track_of.tolist())) == 1
    i, j = (last_rows(r.rows)[r.track_of[0]] for r in (alone, both))
    assert sigma_m(both.rows, j) > 0.9 * sigma_m(alone.rows, i)
    assert miss_m(both.rows, j, FLIGHT) < 1.3 * miss_m(alone.rows, i, FLIGHT) + 20.0 * METRE


def test_numbers_keep_apart_what_flies_together():
    """Two objects 300 m apart, each estimate 200 m give or take, for two minutes."""
    near = Flight(48.3027, 16.4, height_m=6_000.0, heading=80.0)
    told = estimates([FLIGHT, near], UNTIL_S, sigma_m=200.0)
    result = run(TABLE, told, UNTIL_S)
    tracks = [set(result.track_of[told.target == k].tolist()) for k in (0, 1)]
    assert [len(t) for t in tracks] == [1, 1]
    assert tracks[0] != tracks[1]


@pytest.mark.parametrize("flag", ["coast", "simulated", "test"])
def test_what_the_tracker_did_not_see_begins_nothing(flag):
    told = estimates([FLIGHT], UNTIL_S)
    getattr(told, flag)[:] = 1
    result = run(TABLE, told, UNTIL_S)
    assert (result.track_of == -1).all()
    assert result.tracker.n_tracks == 0
