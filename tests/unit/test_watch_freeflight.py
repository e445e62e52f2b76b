"""The forecast of a free flight: its areas hold the truth as often as they say."""

import os

import numpy as np
import pytest
import shapely
from tests.naive import geodesy
from tests.naive import impact as plain

from skypact.kernels.ballistic import GRAVITATION, ROTATION_RADPS
from skypact.kernels.impact import fall
from skypact.model.freeflight import FreeStates
from skypact.rules.ballistic import BallisticParams
from skypact.units import DEGREE
from skypact.watch import freeflight
from skypact.watch.freeflight import (
    POLAR_RADIUS_M,
    forecast,
    heights_of_orbit,
    holds,
    normals,
    outline,
    region_of,
)

slow_uncompiled = pytest.mark.skipif(
    os.environ.get("NUMBA_DISABLE_JIT", "0") != "0",
    reason="hundreds of flights: minutes uncompiled",
)
NO_MODEL_ERROR = BallisticParams(model_sigma_m=0.0, samples=512)
BALLISTIC_KGPM2 = 8_000.0


def state_at(lat, lon, height_m, speed_mps, climb_deg, course_deg):
    """ECEF position and velocity of a place, over the turning ground."""
    lat_r, lon_r = lat * DEGREE, lon * DEGREE
    place = geodesy.ecef_from_geodetic(*np.array([[lat_r], [lon_r], [height_m]]))[0]
    up = np.array([np.cos(lat_r) * np.cos(lon_r), np.cos(lat_r) * np.sin(lon_r), np.sin(lat_r)])
    east = np.array([-np.sin(lon_r), np.cos(lon_r), 0.0])
    north = np.cross(up, east)
    climb, course = climb_deg * DEGREE, course_deg * DEGREE
    level = np.cos(course) * north + np.sin(course) * east
    velocity = speed_mps * (np.sin(climb) * up + np.cos(climb) * level)
    return np.concatenate((place, velocity))


def states_of(mean, sigma_m=400.0, sigma_mps=15.0, thrust=0.0, log_sigma=0.2):
    """States of one track with independent errors."""
    seven = np.append(mean, np.log(BALLISTIC_KGPM2))
    covariance = np.diag([sigma_m**2] * 3 + [sigma_mps**2] * 3 + [log_sigma**2])
    return FreeStates(
        np.array([4]), np.array([1_000.0]), np.tile(seven, (1, 3, 1)),
        np.tile(covariance, (1, 3, 1, 1)), np.array([[1.0 - thrust, thrust, 0.0]]),
        np.array([6]), np.array([30.0]),
    )  # fmt: skip


CLIMBING = state_at(44.0, -12.0, 80e3, 2_600.0, 45.0, 80.0)
LOFTED = state_at(44.0, -12.0, 120e3, 2_900.0, 72.0, 60.0)
SINKING = state_at(45.0, -8.0, 150e3, 2_300.0, -35.0, 80.0)


def test_normal_numbers_have_exact_moments():
    z = normals(256, 5)
    assert np.allclose(z.mean(axis=0), 0.0)
    assert np.allclose(z.T @ z / 256, np.eye(5))


def test_heights_of_an_orbit_are_those_of_the_two_body_problem():
    around = state_at(40.0, 0.0, 500e3, 7_200.0, 0.0, 60.0)
    spun = around[3:] + np.cross([0.0, 0.0, ROTATION_RADPS], around[:3])
    radius, speed = np.linalg.norm(around[:3]), np.linalg.norm(spun)
    energy = 0.5 * speed**2 - GRAVITATION / radius
    sums = sum(heights_of_orbit(around[None, :])) + 2.0 * POLAR_RADIUS_M
    assert abs(sums[0] - -GRAVITATION / energy) < 1.0
    perigee_m, apogee_m = heights_of_orbit(np.stack((CLIMBING, SINKING)))
    assert (perigee_m < 0.0).all()
    assert (apogee_m > [80e3, 150e3]).all()


@pytest.mark.parametrize("speed_mps", [2_000.0, 6_500.0, 7_200.0, 7_600.0])
def test_orbits_free_of_the_air_are_told_as_flights_that_stay_up(speed_mps):
    state = state_at(40.0, 0.0, 500e3, speed_mps, 0.0, 60.0)[None, :].copy()
    drag, p = np.array([1.0 / BALLISTIC_KGPM2]), BallisticParams()
    flown = np.empty((1, 4))
    fall(state, drag, p.ground_m, freeflight.STEP_S, freeflight.STEP_IN_AIR_S, p.most_s, flown)
    told = freeflight.flown_down(state, drag, p)
    assert np.isnan(told[0, 2]) == np.isnan(flown[0, 2])
    if not np.isnan(flown[0, 2]):
        assert np.array_equal(told, flown)


@pytest.mark.parametrize("state", [CLIMBING, SINKING])
def test_falls_are_those_of_the_plain_integration(state):
    out = np.empty((1, 4))
    fall(state[None, :].copy(), np.array([1.0 / BALLISTIC_KGPM2]), 0.0, 5.0, 1.0, 3_000.0, out)
    lat, lon, after_s, highest_m = plain.fall(state, 1.0 / BALLISTIC_KGPM2, 0.0, 3_000.0)
    assert np.hypot(out[0, 0] - lat, (out[0, 1] - lon) * np.cos(lat)) * 6.371e6 < 150.0
    assert out[0, 2] == pytest.approx(after_s, abs=0.1)
    assert out[0, 3] == pytest.approx(highest_m, rel=2e-3)


def test_what_stays_up_does_not_come_down():
    orbit = state_at(40.0, 0.0, 500e3, 7_200.0, 0.0, 60.0)
    out = np.empty((1, 4))
    fall(orbit[None, :], np.array([0.0]), 0.0, 5.0, 1.0, 3_000.0, out)
    assert np.isnan(out[0, :3]).all()


@slow_uncompiled
@pytest.mark.parametrize("mean", [CLIMBING, LOFTED, SINKING])
def test_areas_hold_the_truth_as_often_as_they_say(mean):
    """Truth is drawn from what the tracker would state; binomial limits of three sigmas."""
    rng, n = np.random.default_rng(11), 600
    truth = mean + rng.normal(size=(n, 6)) * ([400.0] * 3 + [15.0] * 3)
    drag = np.exp(-(np.log(BALLISTIC_KGPM2) + 0.2 * rng.normal(size=n)))
    ends = np.empty((n, 4))
    fall(truth, drag, 0.0, 5.0, 1.0, 3_000.0, ends)
    made = forecast(states_of(mean), 0, NO_MODEL_ERROR)
    for share in (0.5, 0.95):
        inside = holds(made, region_of(made, share, NO_MODEL_ERROR), ends[:, 0], ends[:, 1])
        assert inside.mean() == pytest.approx(
            share, abs=3.0 * np.sqrt(share * (1 - share) / n) + 0.01
        )
    first_s, last_s = np.quantile(made.arrival_s - made.time_s, (0.025, 0.975))
    within = (ends[:, 2] > first_s) & (ends[:, 2] < last_s)
    assert within.mean() == pytest.approx(0.95, abs=0.035)


@slow_uncompiled
def test_the_outline_is_the_region():
    made = forecast(states_of(CLIMBING), 0, BallisticParams())
    region = region_of(made, 0.95, BallisticParams())
    polygon = shapely.Polygon(outline(made, region))
    assert polygon.is_valid
    assert polygon.exterior.is_ccw
    rng = np.random.default_rng(3)
    west, south, east, north = polygon.buffer(0.3).bounds
    lon, lat = rng.uniform(west, east, 4_000), rng.uniform(south, north, 4_000)
    inside = holds(made, region, lat * DEGREE, lon * DEGREE)
    drawn = shapely.contains_xy(polygon, lon, lat)
    assert np.count_nonzero(inside != drawn) < 0.01 * 4_000
    assert drawn.any()


@slow_uncompiled
def test_areas_around_the_object_are_whole_too():
    """Shortly after launch a flight may end anywhere around."""
    rising = state_at(44.0, -12.0, 30e3, 1_200.0, 80.0, 80.0)
    made = forecast(states_of(rising, thrust=1.0, sigma_mps=150.0), 0, NO_MODEL_ERROR)
    region = region_of(made, 0.95, NO_MODEL_ERROR)
    polygon = shapely.Polygon(outline(made, region))
    assert polygon.is_valid
    inside = shapely.contains_xy(polygon, made.lon_rad / DEGREE, made.lat_rad / DEGREE)
    assert inside.mean() == pytest.approx(0.95, abs=0.01)


@slow_uncompiled
def test_thrust_that_may_go_on_widens_the_area():
    sizes = []
    for thrust in (0.0, 0.2, 0.6):
        made = forecast(states_of(CLIMBING, thrust=thrust), 0, NO_MODEL_ERROR)
        sizes.append(freeflight.area_km2(region_of(made, 0.95, NO_MODEL_ERROR)))
    assert sizes[0] < sizes[1] < sizes[2]


@slow_uncompiled
def test_what_is_known_better_has_a_smaller_area():
    wide = forecast(states_of(CLIMBING, sigma_mps=60.0), 0, NO_MODEL_ERROR)
    narrow = forecast(states_of(CLIMBING, sigma_mps=5.0, sigma_m=100.0), 0, NO_MODEL_ERROR)
    areas = [freeflight.area_km2(region_of(m, 0.95, NO_MODEL_ERROR)) for m in (wide, narrow)]
    assert areas[0] > 20.0 * areas[1]


@slow_uncompiled
def test_the_rotation_of_the_earth_is_part_of_it():
    """A flight of ten minutes to the north ends some kilometres off where the Earth stood still."""
    assert ROTATION_RADPS > 0.0
    north = state_at(45.0, 0.0, 60e3, 2_600.0, 45.0, 0.0)
    made = forecast(states_of(north, 1.0, 0.01, log_sigma=0.001), 0, NO_MODEL_ERROR)
    assert 0.02 < abs(np.degrees(np.median(made.lon_rad))) < 0.5


@slow_uncompiled
def test_thrust_goes_on_for_the_time_that_is_left_and_turns_over():
    drawn = freeflight.drawn_states(states_of(CLIMBING, thrust=1.0), 0, NO_MODEL_ERROR)
    state, left_s = freeflight.burnt_out(drawn, NO_MODEL_ERROR)
    assert (left_s >= 0.0).all()
    assert left_s.max() < NO_MODEL_ERROR.most_burn_s
    before, after = drawn.state[:, 3:6], state[:, 3:]
    assert (np.linalg.norm(after, axis=1) >= np.linalg.norm(before, axis=1)).all()
    up = drawn.state[:, :3] / np.linalg.norm(drawn.state[:, :3], axis=1, keepdims=True)
    rise = [(v * up).sum(axis=1) / np.linalg.norm(v, axis=1) for v in (before, after)]
    assert (rise[1] <= rise[0] + 1e-9).all()


def test_free_flight_is_left_as_it_is():
    drawn = freeflight.drawn_states(states_of(CLIMBING), 0, NO_MODEL_ERROR)
    state, left_s = freeflight.burnt_out(drawn, NO_MODEL_ERROR)
    assert np.array_equal(state, drawn.state[:, :6])
    assert not left_s.any()


def test_energy_is_height_and_speed():
    level = state_at(44.0, -12.0, 30e3, 1_000.0, 0.0, 80.0)
    assert freeflight.energy_m(level[None, :]) == pytest.approx(30e3 + 50_986.0, abs=5.0)


@pytest.mark.parametrize(("speed_mps", "over"), [(800.0, 0.0), (2_600.0, 1.0)])
def test_what_flies_by_its_wings_has_little_energy(speed_mps, over):
    state = state_at(44.0, -12.0, 25e3, speed_mps, 45.0, 80.0)
    assert freeflight.energetic(states_of(state), 0, NO_MODEL_ERROR) == (over, over)


@pytest.mark.parametrize(
    ("height_m", "climb_deg", "least", "most"),
    [(15e3, 60.0, 0.95, 1.0), (110e3, 45.0, 0.0, 0.1), (110e3, -45.0, 0.0, 0.1)],
)
def test_engines_burn_early_and_not_for_ever(height_m, climb_deg, least, most):
    states = states_of(state_at(44.0, -12.0, height_m, 1_200.0, climb_deg, 80.0), thrust=0.5)
    assert least <= freeflight.thrust_share(states, 0, NO_MODEL_ERROR) <= most
