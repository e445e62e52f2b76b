"""Where flights begin."""

import msgspec
import numpy as np
from tests.naive.simulated_scenes import scene_of

from skypact.simulate import Scene
from skypact.simulate.parts import Fleet, Traffic
from skypact.simulate.places import distance_m
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
