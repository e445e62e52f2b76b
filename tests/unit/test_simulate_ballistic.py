"""Ballistic flights hit where and when they are asked to, and are refused where they cannot."""

import functools

import numpy as np
import pytest

from skypact.errors import ConfigError
from skypact.kernels.ballistic import GRAVITATION, J2, fly
from skypact.kernels.geodesy import ecef_from_geodetic, geodetic_from_ecef
from skypact.model.tracks import CLASSES
from skypact.model.truth import TruthRows
from skypact.simulate import Scene
from skypact.simulate.ballistic import (
    Flight,
    boost_states,
    burnout,
    ends_of,
    flight_of,
    path_of,
)
from skypact.simulate.lambert import departure, least_energy_s
from skypact.simulate.parts import Ballistic
from skypact.simulate.scenario import Scenario
from skypact.units import DEGREE, METRE

EAST = Ballistic(name="east", from_lat=50.0, from_lon=30.0, to_lat=50.0, to_lon=44.0)
WEST = Ballistic(name="west", from_lat=50.0, from_lon=44.0, to_lat=50.0, to_lon=30.0)
CHANGES = {
    "east": {},
    "west": {"from_lon": 44.0, "to_lon": 30.0},
    "north": {"to_lat": 59.0, "to_lon": 30.0},
    "lofted": {"flight_s": 900.0},
    "light": {"ballistic_kgpm2": 500.0},
    "no boost": {"boost_s": 0.0},
    "far": {"to_lon": 90.0},
}


@functools.cache
def found(name: str) -> Flight:
    fields = {f: getattr(EAST, f) for f in EAST.__struct_fields__}
    entry = Ballistic(**fields | CHANGES[name])
    return flight_of(entry, ends_of(entry, 150.0, np.zeros((2, 2))), "ballistic[0]")


def heights(path: np.ndarray) -> np.ndarray:
    out = np.empty((len(path), 3))
    geodetic_from_ecef(np.ascontiguousarray(path[:, :3]), out)
    return out[:, 2]


@pytest.mark.parametrize("name", CHANGES)
def test_a_flight_ends_at_its_place_at_the_time_asked_for(name: str) -> None:
    flight = found(name)
    state = np.concatenate((burnout(flight.ends, flight.velocity), flight.velocity))
    out = np.empty((2, 6))
    fly(state, np.array([0.0, flight.free_s]), flight.ends.drag_m2pkg, J2, 0.5, out)
    assert np.linalg.norm(out[1, :3] - flight.ends.end) < 100.0 * METRE


@pytest.mark.parametrize("range_rad", [0.05, 0.15, 0.6, 1.5])
def test_the_least_energy_flight_is_keplers(range_rad: float) -> None:
    # R. R. Bate, D. D. Mueller, J. E. White, "Fundamentals of Astrodynamics", section 6.2.
    r = 6_450_000.0
    start = np.array([r, 0.0, 0.0])
    end = r * np.array([np.cos(range_rad), np.sin(range_rad), 0.0])
    velocity = departure(start, end, least_energy_s(start, end))
    half = np.sin(range_rad / 2)
    assert np.linalg.norm(velocity) == pytest.approx(
        np.sqrt(2 * GRAVITATION / r * half / (1 + half)), rel=1e-6
    )
    angle = np.arctan2(velocity[0], velocity[1])
    assert angle == pytest.approx(np.pi / 4 - range_rad / 4, abs=1e-4)


@pytest.mark.parametrize("share", [0.5, 1.0, 1.7, 4.0])
def test_the_two_body_departure_arrives_at_the_time_asked_for(share: float) -> None:
    start, end = np.array([6.5e6, 0.0, 0.0]), np.array([6.2e6, 1.5e6, 0.9e6])
    flight_s = share * least_energy_s(start, end)
    state = np.concatenate((start, departure(start, end, flight_s)))
    for _ in range(4_000):
        h = flight_s / 4_000
        middle = state[:3] + 0.5 * h * state[3:]
        pull = -GRAVITATION * middle / np.linalg.norm(middle) ** 3
        state[3:] += h * pull
        state[:3] = middle + 0.5 * h * state[3:]
    assert np.linalg.norm(state[:3] - end) < 20.0 * METRE


def test_a_lofted_flight_is_longer_and_far_higher_than_the_least_energy_one() -> None:
    least, lofted = found("east"), found("lofted")
    way = np.linalg.norm(least.ends.end - least.ends.start)
    assert 800_000.0 < way < 1_200_000.0
    assert lofted.free_s > 1.5 * least.free_s
    assert heights(path_of(lofted)).max() > 2.0 * heights(path_of(least)).max()
    assert np.linalg.norm(lofted.velocity) > np.linalg.norm(least.velocity)


def test_the_earth_turns_under_flights_east_and_west_differently() -> None:
    # Against the sphere's turning the same two places need another flight each way.
    east, west = found("east"), found("west")
    assert abs(np.linalg.norm(east.velocity) - np.linalg.norm(west.velocity)) > 20.0


def test_air_slows_a_light_body_to_its_terminal_speed() -> None:
    speed = np.linalg.norm(path_of(found("light"))[-1, 3:])
    terminal = np.sqrt(2 * 500.0 * 9.81 / 1.2)
    assert speed == pytest.approx(terminal, rel=0.1)


def test_the_powered_phase_begins_at_rest_and_joins_free_flight_smoothly() -> None:
    flight = found("east")
    first, last = boost_states(flight, np.array([0.0, flight.ends.boost_s]))
    assert np.linalg.norm(first[:3] - flight.ends.start) < 1e-6
    assert np.linalg.norm(first[3:]) == 0.0
    assert np.linalg.norm(last[:3] - burnout(flight.ends, flight.velocity)) < 1e-3
    assert np.linalg.norm(last[3:] - flight.velocity) < 1e-6
    path = path_of(flight)
    mean = 0.5 * (path[1:, 3:] + path[:-1, 3:])
    assert np.abs(np.diff(path[:, :3], axis=0) / 0.25 - mean).max() < 1.0
    assert (np.diff(heights(path[:200])) > 0.0).all()


def test_without_a_powered_phase_flight_begins_above_most_of_the_air() -> None:
    assert heights(path_of(found("no boost")))[0] == pytest.approx(50_150.0, abs=200.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"flight_s": 100.0}, r"ballistic\[0\]\.flight_s: expected at least \d+ s .* got 100;"),
        (
            {"ballistic_kgpm2": 100.0},
            r"ballistic\[0\]\.to_lat: .* got one at 1003 km, \d+ s away without air; give flight_s",
        ),
        (
            {"ballistic_kgpm2": 100.0, "flight_s": 500.0},
            r"ballistic\[0\]\.flight_s: .* at 1003 km .* \(least energy .*\), got 500 s; try",
        ),
        ({"to_lon": 31.0, "boost_s": 300.0}, r"ballistic\[0\]\.boost_s: expected at most"),
        ({"to_lon": 30.1}, r"ballistic\[0\]\.to_lat: expected a place 30 to"),
        ({"to_lat": -50.0, "to_lon": -150.0}, r"ballistic\[0\]\.to_lat: expected a place 30 to"),
    ],
)
def test_an_impossible_flight_is_refused_with_key_value_and_range(
    changes: dict[str, float], message: str
) -> None:
    fields = {f: getattr(EAST, f) for f in EAST.__struct_fields__} | changes
    scenario = Scenario(ballistic=(Ballistic(**fields),))
    with pytest.raises(ConfigError, match=message):
        Scene(scenario, 1)


@functools.cache
def scene_truth() -> TruthRows:
    entry = Ballistic(
        name="pair", from_lat=50.0, from_lon=30.0, to_lat=50.0, to_lon=33.0, start_s=2.0, count=2,
        interval_s=5.1, boost_s=20.0, scatter_m=500.0,
    )  # fmt: skip
    scene = Scene(Scenario(ballistic=(entry,), truth_period_s=0.25), 3)
    return scene.advance(scene.time_s + 330.0).truth


def test_flights_begin_at_their_time_and_are_gone_after_the_impact() -> None:
    truth = scene_truth()
    begin = truth.time_s.min()
    assert set(truth.target.tolist()) == {0, 1}
    assert set(truth.target_class.tolist()) == {CLASSES.index("ballistic")}
    first = [truth.time_s[truth.target == k].min() - begin for k in (0, 1)]
    assert first == [0.0, 5.25]
    for k in (0, 1):
        rows = np.flatnonzero(truth.target == k)
        assert truth.time_s[rows[-1]] < begin + 300.0
        sinking = -truth.vu_mps[rows[-1]]
        assert truth.altitude_m[rows[-1]] < 150.0 + 0.5 * sinking
        assert truth.altitude_m[rows].min() > 140.0


def test_scattered_flights_differ_and_end_near_the_place() -> None:
    truth = scene_truth()
    ends = np.empty((2, 3))
    last = [np.flatnonzero(truth.target == k)[-1] for k in (0, 1)]
    ecef_from_geodetic(truth.lat_rad[last], truth.lon_rad[last], truth.altitude_m[last], ends)
    goal = np.empty((1, 3))
    place = np.array([[50.0], [33.0]]) * DEGREE
    ecef_from_geodetic(place[0], place[1], np.array([150.0]), goal)
    off = np.linalg.norm(ends - goal, axis=1)
    assert (off < 3_000.0).all()
    assert np.linalg.norm(ends[0] - ends[1]) > 50.0


def test_positions_inside_a_tick_are_right_at_thousands_of_metres_a_second() -> None:
    flight = found("far")
    state = np.concatenate((burnout(flight.ends, flight.velocity), flight.velocity))
    fine = np.empty((8_001, 6))
    end_s = flight.free_s
    fly(state, np.linspace(end_s - 1_000.0, end_s, 8_001) - end_s + 1_000.0,
        flight.ends.drag_m2pkg, J2, 0.5, fine)  # fmt: skip
    p0, p1, v0, v1 = fine[:-2:2, :3], fine[2::2, :3], fine[:-2:2, 3:], fine[2::2, 3:]
    middle = 0.5 * (p0 + p1) + 0.25 / 8.0 * (v0 - v1)
    assert np.linalg.norm(middle - fine[1::2, :3], axis=1).max() < 1.0 * METRE
