"""Free flight in the turning frame against flight in the inertial one, and against Kepler."""

import numpy as np
import pytest
from tests.naive import ballistic as naive

from skypact.kernels.ballistic import J2, air_density_one, fly
from skypact.kernels.geodesy import ecef_from_geodetic
from skypact.units import DEGREE, METRE

NORTH = np.array([0.0, 0.0, 1.0])


def departing(lat_deg, height_m, speed_mps, course_deg=70.0, elevation_deg=45.0):
    """State of what leaves a place at 17 degrees east."""
    place = np.empty((1, 3))
    angles = np.array([[lat_deg], [17.0]]) * DEGREE
    ecef_from_geodetic(angles[0], angles[1], np.array([height_m]), place)
    up = place[0] / np.linalg.norm(place[0])
    east = np.cross(NORTH, up) / np.linalg.norm(np.cross(NORTH, up))
    north = np.cross(up, east)
    course, elevation = course_deg * DEGREE, elevation_deg * DEGREE
    level = np.cos(course) * north + np.sin(course) * east
    velocity = speed_mps * (np.cos(elevation) * level + np.sin(elevation) * up)
    return np.concatenate((place[0], velocity))


def flown(state, time_s, drag_m2pkg, j2, longest_s=1.0):
    out = np.full((len(time_s), 6), np.nan)
    fly(state, np.asarray(time_s, float), drag_m2pkg, j2, longest_s, out)
    return out


@pytest.mark.parametrize("drag_m2pkg", [0.0, 1 / 8_000, 1 / 500])
@pytest.mark.parametrize("j2", [0.0, J2])
@pytest.mark.parametrize("course_deg", [70.0, 250.0])
def test_flight_is_that_of_the_inertial_frame(drag_m2pkg, j2, course_deg):
    state = departing(48.0, 60_000.0, 1_500.0, course_deg)
    time_s = np.array([0.0, 100.0, 100.3, 260.0])
    ours = flown(state, time_s, drag_m2pkg, j2)
    plain = naive.fly(state, time_s, drag_m2pkg, j2, 0.5)
    assert np.abs(ours[:, :3] - plain[:, :3]).max() < 0.1 * METRE
    assert np.abs(ours[:, 3:] - plain[:, 3:]).max() < 0.02


@pytest.mark.parametrize("lat_deg", [-80.0, -30.0, 0.0, 45.0, 89.0])
@pytest.mark.parametrize("height_m", [200_000.0, 1_200_000.0])
def test_a_body_at_rest_falls_by_the_potential_and_the_centrifugal_force(lat_deg, height_m):
    state = departing(lat_deg, height_m, 0.0)
    fallen = flown(state, [0.0, 0.01], 0.0, J2)[1, 3:] / 0.01
    outward = naive.SPIN[2] ** 2 * state[:3] * [1.0, 1.0, 0.0]
    assert np.abs(fallen - naive.gravity(state[:3], J2) - outward).max() < 1e-5


def test_energy_is_kept_without_drag_and_flattening():
    state = departing(50.0, 80_000.0, 5_000.0)
    states = flown(state, np.linspace(0.0, 900.0, 10), 0.0, 0.0)
    speed = np.linalg.norm(states[:, 3:] + np.cross(naive.SPIN, states[:, :3]), axis=1)
    energy = speed**2 / 2 - naive.MU / np.linalg.norm(states[:, :3], axis=1)
    assert np.ptp(energy) < 1e-8 * abs(energy[0])


def test_flight_does_not_depend_on_the_times_asked_for():
    state = departing(50.0, 120_000.0, 3_000.0)
    coarse = flown(state, [0.0, 400.0], 1 / 8_000, J2)
    fine = flown(state, np.arange(0.0, 400.01, 0.25), 1 / 8_000, J2)
    assert np.linalg.norm(coarse[-1, :3] - fine[-1, :3]) < 0.1 * METRE


@pytest.mark.parametrize(
    ("height_m", "density"),
    [
        (0, 1.2250), (2_500, 0.95695), (5_000, 0.73643), (8_000, 0.52579), (11_000, 0.36480),
        (13_000, 0.26660), (15_000, 0.19476), (20_000, 0.08891), (25_000, 0.04008),
        (30_000, 0.01841), (50_000, 1.0269e-3),
    ],
)  # fmt: skip
def test_the_air_is_that_of_the_us_standard_atmosphere_up_to_50_km(height_m, density):
    # US Standard Atmosphere 1976, table I; above 25 km ours is CIRA-72.
    allowed = 0.03 if height_m <= 25_000 else 0.05
    assert air_density_one(float(height_m)) == pytest.approx(density, rel=allowed)
    place = np.array([naive.RADIUS + height_m, 0.0, 0.0])
    slowed = naive.drag(place, np.array([0.0, 300.0, 0.0]), 1.0)[1]
    wind = 300.0 - naive.SPIN[2] * place[0]
    assert 2.0 * abs(slowed) / wind**2 == pytest.approx(density, rel=allowed)
