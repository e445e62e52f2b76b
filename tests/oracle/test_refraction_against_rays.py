"""Straight elevations from the table against rays followed on their own, and in the tracker."""

import math

import numpy as np
import pytest
from tests.naive import scenes
from tests.naive.scenes import Flight, radar

from skypact.config import sensor_table
from skypact.geo.refraction import straight_elevation
from skypact.register.refraction import without_refraction
from skypact.runtime.pipeline import Pipeline
from skypact.units import DEGREE

EARTH_M = 6_371_008.8


def chord_of_ray(apparent_rad, way_m, antenna_m, pieces=20_000):
    """Elevation of the chord to the end of a ray: small steps in the plane, by Snell's gradient.

    In Cartesian coordinates d(n t)/ds = grad n, with t the direction (Born and Wolf, 3.2.1).
    """
    place = np.array([0.0, EARTH_M + antenna_m])
    way = np.array([math.cos(apparent_rad), math.sin(apparent_rad)])
    step = way_m / pieces
    start = place.copy()
    for _ in range(pieces):
        middle = place + 0.5 * step * way
        radius = math.hypot(*middle)
        n = 315e-6 * math.exp(-(radius - EARTH_M) / 7_350.0)
        gradient = -n / 7_350.0 / (1.0 + n) * middle / radius
        across = gradient - (gradient @ way) * way
        place = place + step * (way + 0.5 * step * across)
        way = way + step * across
        way /= math.hypot(*way)
    d = place - start
    return math.atan2(d[1], d[0])


@pytest.mark.parametrize(
    ("elevation_deg", "range_km", "antenna_m"),
    [(0.35, 150, 0), (1.0, 40, 1_200), (3.0, 1_000, 0), (7.3, 300, 500), (-0.45, 120, 2_000),
     (25.0, 60, 100), (0.05, 1_800, 0), (60.0, 2_500, 0)],
)  # fmt: skip
def test_straight_elevations_are_those_of_rays(elevation_deg, range_km, antenna_m):
    """Within a two-hundredth of a milliradian, a metre at 200 km."""
    given = np.array([elevation_deg * DEGREE]), np.array([range_km * 1e3])
    want = chord_of_ray(given[0][0], given[1][0], antenna_m)
    assert straight_elevation(*given, antenna_m)[0] == pytest.approx(want, abs=5e-6)


def test_four_thirds_is_kilometres_off_at_a_thousand_kilometres():
    """DESIGN 4: 15 km in height at 1,000 km and 3 degrees."""
    bend = 3.0 * DEGREE - straight_elevation(np.array([3.0 * DEGREE]), np.array([1e6]), 0.0)[0]
    effective = 1e6 * math.cos(3.0 * DEGREE) / (8.0 * EARTH_M)
    assert 12e3 < (effective - bend) * 1e6 < 18e3


def test_what_cannot_be_corrected_is_no_elevation():
    e, r = np.array([0.1, np.nan, 0.1, 0.2, -0.5]), np.array([np.nan, 5e4, 0.0, 9e6, 1e5])
    straight = straight_elevation(e, r, 0.0)
    assert np.isnan(straight[:2]).all()
    assert straight[2] == 0.1
    assert 0.19 < straight[3] < 0.2
    assert np.isfinite(straight[4])


def lifted(elevations):
    """Error of the height of a flight 160 km off; what the radar sees are ends of rays followed."""
    tall = radar("r", sigma_elevation_deg=0.02, elevations=elevations, range_max_m=3e5)
    table = sensor_table([tall])
    flight = Flight(49.4, 16.3, height_m=11_000.0, heading=90.0)
    batch = scenes.plots(table, 0, [flight], 60.0)
    batch = batch._replace(geo_altitude_m=np.full(len(batch.time_s), np.nan))
    straight = elevations_of(table, batch, flight)
    apparent = straight.copy()
    for k, way_m in enumerate(batch.range_m):
        for _ in range(4):
            chord = chord_of_ray(apparent[k], way_m, table.height_m[0] - 45.0, 400)
            apparent[k] += straight[k] - chord
    rows = []

    class Sink:
        def append(self, part, ended, now_s):
            rows.append(part.altitude_m)

        def finish(self):
            pass

    pipeline = Pipeline([tall], [Sink()])
    pipeline.step(batch._replace(elevation_rad=apparent), 61.0)
    pipeline.finish()
    return np.concatenate(rows)[-1] - flight.height_m


def elevations_of(table, batch, flight):
    """Of the straight line, from range and height over a sphere."""
    top, low = EARTH_M + flight.height_m, EARTH_M + table.height_m[0]
    r = batch.range_m
    return np.arcsin((top**2 - low**2 - r**2) / (2 * r * low))


def test_a_radar_with_apparent_elevations_gives_true_heights():
    assert abs(lifted("apparent")) < 150.0
    assert lifted("straight") > 350.0


def test_nothing_is_changed_where_elevations_are_straight():
    table = scenes.sensors(radar("r", sigma_elevation_deg=0.1))
    batch = scenes.plots(table, 0, [Flight(49.0, 16.3)], 10.0)
    assert without_refraction(batch, [radar("r")]) is batch
