"""Stated uncertainties fit the errors made: seeded simulations with their 99 % intervals."""

import numpy as np
import pytest
from scipy.stats import binom, chi2
from tests.naive import geodesy, scenes
from tests.naive.scenes import Flight, plots, radar

from skypact.track.params import TrackerParams
from skypact.units import METRE

pytestmark = pytest.mark.compiled
TABLE = scenes.sensors(
    radar("r0", clutter_per_scan=0.1),
    radar("r1", lat=48.9, lon=17.5, period_s=5.0, clutter_per_scan=0.1),
)
UNTIL_S = 60.0


def straight_flights(rng):
    """64 flights some 25 km apart, anywhere between 3 and 11 km, in any direction."""
    return [
        Flight(
            47.2 + 0.25 * (k % 8),
            15.2 + 0.3 * (k // 8),
            height_m=3_000.0 + 1_000.0 * (k % 9),
            heading=float(rng.uniform(0, 360)),
            speed_mps=float(rng.uniform(120, 250)),
        )
        for k in range(64)
    ]


def horizontal_error(rows, i, flight):
    """North and east error in the local frame of the truth."""
    truth = flight.ecef(rows.time_s[i])[0]
    lat, lon, _, _ = flight.at(rows.time_s[i])
    own = geodesy.ecef_from_geodetic(rows.lat_rad[i], rows.lon_rad[i], rows.altitude_m[i])
    east, north, _ = geodesy.enu_axes(lat, lon)[0] @ (own - truth)
    return np.array([north, east])


def nees(rows, i, error):
    n, e, c = (
        rows.sigma_n_m[i],
        rows.sigma_e_m[i],
        rows.corr_ne[i] * rows.sigma_n_m[i] * rows.sigma_e_m[i],
    )
    return error @ np.linalg.solve([[n * n, c], [c, e * e]], error)


@pytest.fixture(scope="module")
def study():
    """Errors and NEES of every flight's last row, and the errors of its last plot."""
    rng = np.random.default_rng(60)
    flights = straight_flights(rng)
    batch = scenes.merged(*[plots(TABLE, s, flights, UNTIL_S, rng) for s in (0, 1)])
    result = scenes.run(TABLE, batch, UNTIL_S, TrackerParams(capacity=512))
    assert result.tracker.n_confirmed == len(flights)
    errors, values = [], []
    for k, flight in enumerate(flights):
        number = result.track_of[(batch.target == k)][-1]
        i = np.flatnonzero(result.rows.track == number)[-1]
        errors.append(horizontal_error(result.rows, i, flight))
        values.append(nees(result.rows, i, errors[-1]))
    return np.array(errors), np.array(values)


def test_horizontal_nees_of_straight_flight_is_inside_its_99_percent_interval(study):
    """Seed 60: 0.83 of the expected 2, interval 0.70 to 1.35 for 64 flights."""
    n = len(study[1])
    low, high = chi2.ppf([0.005, 0.995], 2 * n) / (2 * n)
    assert low < study[1].mean() / 2 < high


def test_the_stated_95_percent_ellipse_holds_95_percent_of_the_errors(study):
    n = len(study[1])
    inside = int(np.count_nonzero(study[1] < chi2.ppf(0.95, 2)))
    assert binom.ppf(0.005, n, 0.95) <= inside


def test_errors_have_no_mean_beyond_sampling(study):
    """The mean error of 64 flights is below three of its standard errors, north and east."""
    errors = study[0]
    assert (np.abs(errors.mean(0)) < 3 * errors.std(0) / np.sqrt(len(errors))).all()


def test_straight_flight_is_better_than_the_plots(study):
    """At 100 km a plot errs by 140 m across and 50 m along; the track by a third to a half."""
    assert np.sqrt((study[0] ** 2).sum(1).mean()) < 75.0 * METRE
