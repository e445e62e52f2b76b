"""Wind follows its profile, and gusts have the strength and lengths the scenario says."""

import numpy as np
import pytest

from skypact.errors import ConfigError
from skypact.simulate.parts import Wind
from skypact.simulate.scenario import scenario_from_toml
from skypact.simulate.wind import GUST_LENGTH_M, WindField, wind_at, wind_field

CALM = Wind(gust_mps=0.0)
LAT, LON = 0.84, 0.3


def field(wind: Wind, seed: int = 1) -> WindField:
    return wind_field(wind, 1_000.0, np.random.default_rng(seed))


def at_heights(wind: WindField, *height_m: float) -> tuple[np.ndarray, np.ndarray]:
    n = len(height_m)
    return wind_at(wind, np.full(n, LAT), np.full(n, LON), np.array(height_m), 1_000.0)


def test_the_wind_at_its_levels_is_the_scenarios() -> None:
    north, east = at_heights(field(CALM), *CALM.height_m)
    assert np.hypot(north, east) == pytest.approx(np.array(CALM.speed_mps))
    blows_from = np.degrees(np.arctan2(-east, -north)) % 360
    assert blows_from == pytest.approx(np.array(CALM.from_deg))


def test_components_are_linear_between_levels_and_constant_beyond() -> None:
    wind = Wind(height_m=(0.0, 1_000.0), speed_mps=(10.0, 10.0), from_deg=(0.0, 90.0), gust_mps=0.0)
    north, east = at_heights(field(wind), -100.0, 500.0, 2_000.0)
    assert north == pytest.approx(np.array([-10.0, -5.0, 0.0]), abs=1e-9)
    assert east == pytest.approx(np.array([0.0, -5.0, -10.0]), abs=1e-9)


def gusts(seed: int, north_m: np.ndarray, time_s: float) -> np.ndarray:
    """Gusts (2, n) at places so far north of one place."""
    wind = Wind(height_m=(0.0,), speed_mps=(0.0,), from_deg=(0.0,), gust_mps=2.0, gust_s=300.0)
    lat = LAT + north_m / 6_371_009.0
    zero = np.zeros(len(lat))
    return np.array(wind_at(field(wind, seed), lat, LON + zero, zero, time_s))


def test_gusts_have_the_standard_deviation_asked_for() -> None:
    # 4,800 fields, two axes: sampling error of the standard deviation 0.72 % (1 sigma).
    drawn = np.concatenate([gusts(seed, np.zeros(1), 1_000.0).ravel() for seed in range(4_800)])
    assert drawn.std() == pytest.approx(2.0, rel=2.58 * 0.0072)
    assert abs(drawn.mean()) < 2.58 * 2.0 / np.sqrt(len(drawn))


@pytest.mark.parametrize(
    ("north_m", "later_s", "expected"),
    [
        (GUST_LENGTH_M, 0.0, np.exp(-0.5)),
        (0.0, 300.0, np.exp(-0.5)),
        (1_000.0, 2.0, 1.0),
        (5 * GUST_LENGTH_M, 0.0, 0.0),
    ],
)
def test_gusts_are_correlated_over_their_length_and_time(
    north_m: float, later_s: float, expected: float
) -> None:
    # 1,200 fields, two axes: 1 sigma of a correlation near 0 is 0.02.
    here = [gusts(s, np.zeros(1), 1_000.0).ravel() for s in range(1_200)]
    there = [gusts(s, np.full(1, north_m), 1_000.0 + later_s).ravel() for s in range(1_200)]
    found = np.corrcoef(np.concatenate(here), np.concatenate(there))[0, 1]
    assert found == pytest.approx(expected, abs=2.58 * 0.0204)


def test_the_wind_is_a_pure_function_of_place_and_time() -> None:
    wind = field(Wind())
    places = np.linspace(LAT, LAT + 0.1, 7), np.full(7, LON), np.linspace(0.0, 9e3, 7)
    whole = np.array(wind_at(wind, *places, 1_500.0))
    single = [np.ravel(wind_at(wind, *(p[k : k + 1] for p in places), 1_500.0)) for k in range(7)]
    assert np.abs(whole - np.array(single).T).max() < 1e-12


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("speed_mps = [1.0]", r"wind\.speed_mps: expected one value for each of the 5 levels"),
        ("from_deg = [1.0, 2.0]", r"wind\.from_deg: expected one value .* got 2"),
        (
            "height_m = [0.0, 5.0, 5.0]\nspeed_mps = [1.0, 1.0, 1.0]\nfrom_deg = [0.0, 0.0, 0.0]",
            r"wind\.height_m: expected ascending heights, got \[0\.0, 5\.0, 5\.0\]",
        ),
    ],
)
def test_a_wrong_profile_is_refused_with_its_key(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        scenario_from_toml(f"[wind]\n{text}\n")
