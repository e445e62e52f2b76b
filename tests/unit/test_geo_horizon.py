"""The radio horizon: 4/3 earth below 10 km, a traced ray above."""

import numpy as np
import pytest
from tests.naive.watched_targets import WATCHER, scene_with

from skypact.geo.horizon import effective_reach_m, reach_m, traced_reach_m
from skypact.simulate.parts import RadarOptions
from skypact.simulate.sight import over_horizon, site_of

EARTH_M = 6_371_008.8
KILOMETRE = 1_000.0


def straight_m(height_m: float) -> float:
    """Slant range from the horizon without any air."""
    return float(np.sqrt((EARTH_M + height_m) ** 2 - EARTH_M**2))


def stepped_m(height_m: float) -> float:
    """Slant range from the horizon of a ray followed step by step: an independent integration.

    d(elevation)/ds = cos(elevation) (1/r + (dn/dr)/n), dr/ds = sin, d(angle)/ds = cos / r.
    """
    step, elevation, height, angle = 50.0, 0.0, 0.0, 0.0
    while height < height_m:
        refractivity = 315e-6 * np.exp(-height / 7350.0)
        bend = -refractivity / 7350.0 / (1.0 + refractivity)
        slope = np.cos(elevation) * (1.0 / (EARTH_M + height) + bend)
        middle = elevation + 0.5 * step * slope
        height += step * np.sin(middle)
        angle += step * np.cos(middle) / (EARTH_M + height)
        elevation += step * slope
    top = EARTH_M + height
    return float(np.sqrt(EARTH_M**2 + top**2 - 2 * EARTH_M * top * np.cos(angle)))


@pytest.mark.parametrize("height_km", [10.0, 50.0, 240.0])
def test_the_traced_ray_is_that_of_a_step_by_step_integration(height_km: float) -> None:
    height = height_km * KILOMETRE
    assert abs(float(traced_reach_m(height)) - stepped_m(height)) < 0.5 * KILOMETRE


def test_four_thirds_puts_the_horizon_of_an_object_at_240_km_some_200_km_too_far() -> None:
    height = 240.0 * KILOMETRE
    excess = float(effective_reach_m(height)) - float(reach_m(np.array([height]))[0])
    assert 160 * KILOMETRE < excess < 220 * KILOMETRE
    assert float(traced_reach_m(height)) > straight_m(height) + 60 * KILOMETRE


def test_below_ten_kilometres_the_earth_has_four_thirds_of_its_radius() -> None:
    height = np.linspace(0.0, 10_000.0, 50)
    np.testing.assert_array_equal(reach_m(height), effective_reach_m(height))


def test_nothing_is_lost_from_sight_by_climbing() -> None:
    reach = reach_m(np.linspace(0.0, 2_000_000.0, 100_000))
    assert (np.diff(reach) >= 0.0).all()
    assert np.abs(np.diff(reach[400:600])).max() < KILOMETRE


def test_a_high_object_is_seen_as_far_as_its_own_and_the_antennas_horizon_reach() -> None:
    scenario = scene_with(RadarOptions())
    site = site_of(WATCHER, scenario.air)
    height = np.full(2, 240_000.0 + scenario.air.ground_m)
    reach = float(reach_m(np.array([240_000.0]))[0] + effective_reach_m(site.over_ground_m))
    visible = over_horizon(
        site, np.array([reach - 1.0, reach + 1.0]), height, scenario.air.ground_m
    )
    assert visible.tolist() == [True, False]
