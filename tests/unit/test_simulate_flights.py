"""Where flights begin, and that they cross the date line."""

import msgspec
import numpy as np
import pytest
from tests.naive.simulated_scenes import scene_of

from skypact.kernels.geodesy import MEAN_RADIUS_M
from skypact.simulate import Scene
from skypact.simulate.parts import Airport, Balloon, Fleet, Pad, Place, Traffic
from skypact.simulate.places import along_great_circle, distance_m, moved
from skypact.simulate.routes import Point, offset
from skypact.simulate.scenario import Scenario
from skypact.simulate.truth import wrapped
from skypact.units import DEGREE


def test_departures_begin_on_their_runway_whatever_the_pressure() -> None:
    fleets = tuple(Fleet(kind=kind, count=40) for kind in ("airliner", "light", "fast"))
    scenario = scene_of(fleet=fleets, traffic=Traffic(transit=0.0), truth_period_s=0.25)
    scenario = msgspec.structs.replace(
        scenario, air=msgspec.structs.replace(scenario.air, wave_m=300.0, warm=0.05)
    )
    scene = Scene(scenario, 7)
    truth = scene.advance(scene.time_s + 900.0).truth
    _, first = np.unique(truth.target, return_index=True)
    began = first[truth.time_s[first] > truth.time_s[0]]
    checked = 0
    for ground in (*scenario.airport, *scenario.airfield, *scenario.area):
        away = distance_m(
            truth.lat_rad[began], truth.lon_rad[began], ground.lat * DEGREE, ground.lon * DEGREE
        )
        heights = truth.altitude_m[began[away < 300.0]]
        assert np.abs(heights - ground.height_m).max(initial=0.0) < 5.0
        checked += len(heights)
    assert checked > 10


def test_flights_across_the_date_line_stay_near_it() -> None:
    west, east = (
        Airport(name="West", lat=50.0, lon=179.8, height_m=80.0),
        Airport(name="East", lat=50.1, lon=-179.8, height_m=80.0),
    )
    scenario = Scenario(
        airport=(west, east),
        airfield=(west, east),
        entry=(Place(name="A", lat=49.0, lon=177.0), Place(name="B", lat=51.0, lon=-177.0)),
        pad=(Pad(name="P", lat=50.0, lon=-179.9999, height_m=80.0),),
        fleet=(
            Fleet(kind="airliner", count=40),
            Fleet(kind="light", count=20),
            Fleet(kind="drone", count=5),
        ),
        balloon=(Balloon(name="b", lat=50.0, lon=179.9999, height_m=80.0, count=3),),
        truth_period_s=0.25,
    )
    scene = Scene(scenario, 3)
    truth = scene.advance(scene.time_s + 120.0).truth
    assert np.abs(truth.lon_rad).max() <= np.pi
    assert distance_m(truth.lat_rad, truth.lon_rad, 50.0 * DEGREE, np.pi).max() < 400_000.0
    order = np.lexsort((truth.time_s, truth.target))
    same = np.diff(truth.target[order]) == 0
    lat, lon = truth.lat_rad[order], truth.lon_rad[order]
    east = MEAN_RADIUS_M * np.cos(lat[1:]) * wrapped(np.diff(lon))
    assert np.hypot(MEAN_RADIUS_M * np.diff(lat), east)[same].max() < 100.0
    crossed = np.abs(np.diff(lon)) > np.pi
    assert (crossed & same).any()


@pytest.mark.parametrize("lon_deg", [179.99, -179.99])
def test_places_beyond_the_date_line_are_wrapped(lon_deg: float) -> None:
    course = np.copysign(90.0, lon_deg) * DEGREE
    point = offset(Point(0.8, lon_deg * DEGREE, 0.0), course, 5_000.0)
    place = np.array([[0.8, lon_deg * DEGREE, 0.0]])
    way = np.array([5_000.0])
    lon = [
        point.lon_rad,
        float(moved(place, 0.0 * way, np.sign(lon_deg) * way)[1][0]),
        float(along_great_circle(place[:, 0], place[:, 1], np.array([course]), way)[1][0]),
    ]
    for value in lon:
        assert abs(value) <= np.pi
        assert value == pytest.approx(-np.sign(lon_deg) * 179.94 * DEGREE, abs=0.01 * DEGREE)
