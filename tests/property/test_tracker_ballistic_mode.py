"""What flies as nothing that flies is called ballistic; what only looks so for a while is not.

One radar with 0.2 degrees of elevation error sees a whole sky of oddities in turn.
"""

import numpy as np
import pytest
from tests.naive import ballistic, geodesy, scenes
from tests.naive.scenes import Flight, radar, run

from skypact.kernels.ballistic import J2
from skypact.model.reports import ADSB, PSR, concat_reports, empty_reports, take_reports
from skypact.model.tracks import CLASSES, take_rows
from skypact.track.params import TrackerParams
from skypact.units import DEGREE, METRE, SECOND

BALLISTIC = CLASSES.index("ballistic")
PERIOD_S = 5.0
TABLE = scenes.sensors(
    radar(
        "r", sigma_elevation_deg=0.2, sigma_azimuth_deg=0.2, range_max_m=900e3, period_s=PERIOD_S
    ),
    scenes.receiver("a", range_max_m=600e3),
)
PLACE = TABLE.lat_rad[:1], TABLE.lon_rad[:1]
SITE = geodesy.ecef_from_geodetic(*PLACE, TABLE.height_m[:1])[0]
AXES = geodesy.enu_axes(*PLACE)[0]
PARAMS = TrackerParams(capacity=128)


def seen(path, until_s, rng, *, first_s=0.0):
    """Plots of a path, time (n,) to ECEF (n, 3), once a turn."""
    time_s = np.arange(first_s, until_s, PERIOD_S)
    for _ in range(3):
        polar = geodesy.polar_from_ecef(path(time_s), SITE, AXES)
        time_s = np.arange(first_s, until_s, PERIOD_S) + polar[:, 1] / (2 * np.pi) * PERIOD_S
    n = len(time_s)
    batch = empty_reports(n)
    batch.time_s[:], batch.sensor[:], batch.kind[:] = time_s, 0, PSR
    batch.range_m[:] = polar[:, 0] + rng.normal(0, 50, n)
    batch.azimuth_rad[:] = polar[:, 1] + rng.normal(0, 0.2 * DEGREE, n)
    batch.elevation_rad[:] = polar[:, 2] + rng.normal(0, 0.2 * DEGREE, n)
    batch.target[:] = 0
    return take_reports(batch, polar[:, 2] > 0.0)


def local(east, north, up):
    """Places (n, 3) in ECEF of places seen from the antenna."""
    return SITE + np.column_stack(np.broadcast_arrays(east, north, up)) @ AXES


def thrown(height_m=120e3, speed=(900.0, 1_200.0, 300.0), away=(30e3, 250e3)):
    """Free flight from a place and velocity seen from the antenna."""
    start = np.concatenate([local(*away, height_m - 4e3)[0], np.array(speed) @ AXES])
    grid = np.arange(0.0, 241.0, 1.0)
    states = ballistic.fly(start, grid, 1 / 6_000.0, J2, 1.0)

    def path(time_s):
        time_s = np.clip(time_s, 0.0, 240.0)
        return np.column_stack([np.interp(time_s, grid, states[:, k]) for k in range(3)])

    return path, states


def woken(rows):
    return rows.target_class == BALLISTIC


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_ballistic_object_is_called_so_within_three_turns_of_its_third_plot(seed):
    rng = np.random.default_rng(seed)
    path, states = thrown()
    batch = seen(path, 120.0, rng)
    result = run(TABLE, batch, 120.0, PARAMS)
    assert len(np.unique(result.track_of)) == 1
    first = np.flatnonzero(woken(result.rows))[0]
    assert result.rows.time_s[first] - batch.time_s[2] <= 3.1 * PERIOD_S * SECOND
    assert woken(result.rows)[first:].all()
    assert result.rows.p_ballistic[-1] > 0.9
    rows, k = result.rows, len(result.rows.time_s) - 1
    at = geodesy.ecef_from_geodetic(rows.lat_rad, rows.lon_rad, rows.altitude_m)[k]
    assert np.linalg.norm(at - path(rows.time_s[k : k + 1])[0]) < 2_000.0 * METRE
    velocity = np.interp(rows.time_s[k], np.arange(241.0), np.linalg.norm(states[:, 3:], axis=1))
    assert np.linalg.norm([rows.vn_mps[k], rows.ve_mps[k], rows.vu_mps[k]]) == pytest.approx(
        velocity, abs=50.0
    )


def zoom(time_s):
    """A fighter at 700 m/s that pulls up to 350 m/s of climb, to 30 km, and comes down again."""
    level = np.maximum(700.0 - 3.0 * time_s, 200.0)
    rise = np.where(time_s < 55.0, 12e3 + 350.0 * time_s, 31_250.0 - 150.0 * (time_s - 55.0))
    return local(-40e3 + level * time_s, 120e3, rise)


def balloon(time_s):
    """A balloon that rises at 6 m/s past 35 km."""
    return local(60e3 + 12.0 * time_s, 90e3, 35e3 + 6.0 * time_s)


def airliner(time_s):
    return Flight(48.9, 16.4, height_m=11e3, heading=110.0, speed_mps=250.0).ecef(time_s)


@pytest.mark.parametrize("path", [zoom, balloon, airliner])
@pytest.mark.parametrize("seed", [4, 5, 6])
def test_what_flies_high_or_steeply_is_not_called_ballistic(path, seed):
    result = run(TABLE, seen(path, 120.0, np.random.default_rng(seed)), 120.0, PARAMS)
    assert result.tracker.n_confirmed >= 1
    assert not woken(result.rows).any()


@pytest.mark.parametrize("seed", [7, 8])
def test_absurd_reported_altitudes_are_no_evidence(seed):
    """An airliner whose ADS-B altitude climbs to 90 km at 2 km/s while a radar sees it."""
    rng = np.random.default_rng(seed)
    flight = Flight(48.9, 16.4, height_m=11e3, heading=110.0, speed_mps=250.0)
    own = scenes.positions(TABLE, 1, [flight], 60.0, rng)
    late = own.time_s > 20.0
    own.geo_altitude_m[late] = np.minimum(90e3, 11e3 + 2_000.0 * (own.time_s[late] - 20.0))
    own.kind[:] = ADSB
    result = run(TABLE, scenes.merged(own, seen(airliner, 60.0, rng)), 60.0, PARAMS)
    assert not woken(result.rows).any()


@pytest.mark.parametrize("seed", [9, 10])
def test_meteors_wild_plots_and_second_trip_echoes_wake_nothing(seed):
    """Meteors: two plots 150 km apart at 90 km. Echoes of the second trip: 300 km nearer."""
    rng = np.random.default_rng(seed)
    meteors = []
    for first_s in np.arange(0.0, 120.0, 8.0):
        start, course = rng.uniform(-200e3, 200e3, 2), rng.normal(0, 20e3, 2)

        def trail(time_s, start=start, course=course, first_s=first_s):
            moved = start + np.outer(time_s - first_s, course)
            return local(moved[:, 0], moved[:, 1], 95e3 - 1_000.0 * (time_s - first_s))

        meteors.append(seen(trail, first_s + 2 * PERIOD_S, rng, first_s=first_s))
    wild = empty_reports(120)
    wild.time_s[:], wild.kind[:] = np.sort(rng.uniform(0, 120, 120)), PSR
    wild.azimuth_rad[:] = (wild.time_s / PERIOD_S % 1.0) * 2 * np.pi
    wild.range_m[:], wild.elevation_rad[:] = rng.uniform(1e4, 9e5, 120), rng.uniform(0, 1.2, 120)
    wild.sensor[:] = 0

    def far(time_s):
        return local(-90e3 + 230.0 * time_s, 330e3, 1e3)

    folded = seen(far, 120.0, rng)
    folded.range_m[:] -= 300e3
    batch = concat_reports([*meteors, wild, folded])
    batch = take_reports(batch, np.argsort(batch.time_s, kind="stable"))
    batch = take_reports(batch, batch.time_s < 120.0)
    result = run(TABLE, take_reports(batch, batch.range_m > 0.0), 120.0, PARAMS)
    rows = take_rows(result.rows, woken(result.rows))
    assert len(rows.time_s) == 0
