"""The bound on where a free flight comes down."""

import numpy as np
import pytest
from tests.naive import geodesy
from tests.unit.test_watch_freeflight import CLIMBING, slow_uncompiled

from skypact.evaluate.impactbound import (
    Known,
    Looks,
    area_95_km2,
    derivatives,
    impact_bound,
)
from skypact.kernels.impact import fall
from skypact.units import DEGREE

DRAG = 1.0 / 5_000.0
KNOWN = Known(velocity_mps=2_500.0, log_drag=1.0)


def looks(n, sigma=(100.0, 0.003, 0.003)):
    lat, lon = np.array([45.0 * DEGREE]), np.array([-7.0 * DEGREE])
    site = geodesy.ecef_from_geodetic(lat, lon, np.array([300.0]))[0]
    return Looks(10.0 * np.arange(n), site, geodesy.enu_axes(lat, lon)[0], np.array(sigma))


def end(state):
    out = np.empty((1, 4))
    fall(state[None, :].copy(), np.array([DRAG]), 0.0, 2.0, 0.25, 3_000.0, out)
    return out[0, :2]


@slow_uncompiled
def test_the_impact_moves_as_its_derivative_says():
    slopes = derivatives(CLIMBING, DRAG, 0.0, looks(2))
    moved = np.array([200.0, -300.0, 100.0, 2.0, -1.0, 3.0])
    north_east = (end(CLIMBING + moved) - end(CLIMBING)) * 6.371e6
    north_east[1] *= np.cos(end(CLIMBING)[0])
    assert slopes.impact[:, :6] @ moved == pytest.approx(north_east, rel=0.02, abs=50.0)


@slow_uncompiled
def test_more_and_better_reports_leave_less_room():
    slopes = derivatives(CLIMBING, DRAG, 0.0, looks(12))
    areas = [area_95_km2(impact_bound(slopes, n, KNOWN)) for n in (3, 6, 12)]
    assert areas[0] > 2.0 * areas[1] > 4.0 * areas[2] > 0.0
    better = derivatives(CLIMBING, DRAG, 0.0, looks(12, (10.0, 0.0003, 0.0003)))
    assert area_95_km2(impact_bound(better, 12, KNOWN)) < areas[2]


@slow_uncompiled
def test_without_reports_there_is_no_bound():
    slopes = derivatives(CLIMBING, DRAG, 0.0, looks(3))
    assert np.isnan(impact_bound(slopes, 0, KNOWN)).all()


def test_the_area_is_that_of_the_ellipse():
    assert area_95_km2(1e6 * np.eye(2)) == pytest.approx(np.pi * 5.9915, rel=1e-4)
