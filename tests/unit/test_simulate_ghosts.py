"""Reflections and second-trip echoes appear where the geometry puts them (seeds stated)."""

import msgspec
import numpy as np
import pytest
from tests.naive.simulated_scenes import turned
from tests.naive.watched_targets import WATCHER, Watched, scene_with, targets, watch

from skypact.errors import ConfigError
from skypact.simulate.parts import RadarOptions, Reflector
from skypact.units import DEGREE

Z99 = 2.576
TOWER = Reflector(range_m=5_000.0, azimuth_deg=90.0, facing_deg=250.0, width_deg=6.0, share=1.0)
"""East of the radar; its normal points 20 degrees south of the radar: it shows the south-west."""


def seen_by(reflector: Reflector | None, **changes: bool) -> Watched:
    """One ring of aircraft at 80 km, with and without a reflector."""
    surfaces = () if reflector is None else (reflector,)
    options = RadarOptions(reflector=surfaces, cone_deg=89.0, **changes)
    flown = targets(np.arange(180) * 2.0, 80_000.0, 6_000.0, mode3a=np.arange(180) + 1000,
                    icao=np.arange(180) + 1)  # fmt: skip
    return watch(scene_with(options), flown, 40.0, 2)


def strays(found: Watched) -> np.ndarray:
    """Plots that are not where their targets are."""
    azimuth = turned(found.azimuth_deg - found.polar()[:, 1] / DEGREE, 360.0)
    return np.abs(azimuth) > 1.0


def test_an_aircraft_in_a_reflector_is_seen_twice_with_one_identity() -> None:
    found = seen_by(TOWER)
    ghost = strays(found)
    assert ghost.sum() >= 20
    addresses = np.array([record["220"] for record in found.records])
    assert (addresses[ghost] - 1 == found.target[ghost]).all()
    assert set(found.typ[ghost]) == {5}
    # Angle of incidence is angle of reflection: east becomes 2 * 250 - 90 - 180 = 230 degrees.
    true_deg = found.polar()[ghost, 1] / DEGREE
    assert np.abs(true_deg - 230.0).max() < 3.0 + 2.5
    assert np.abs(found.azimuth_deg[ghost] - 90.0).max() < 3.0 + 5 * 0.08


def test_the_range_of_a_reflection_is_the_length_of_the_detour() -> None:
    found = seen_by(TOWER)
    ghost = strays(found)
    true = found.polar()[ghost]
    level = true[:, 0] * np.cos(true[:, 2])
    place = level[:, None] * np.stack((np.sin(true[:, 1]), np.cos(true[:, 1])), axis=1)
    up = true[:, 0] * np.sin(true[:, 2])
    # The shortest way over the surface's plane is the way light takes: search for it.
    along = np.array([np.cos(250.0 * DEGREE), -np.sin(250.0 * DEGREE)])
    foot = 5_000.0 * np.array([1.0, 0.0])
    points = foot + np.linspace(-2_000.0, 2_000.0, 4001)[:, None] * along
    level_way = np.linalg.norm(points, axis=1) + np.linalg.norm(
        place[:, None] - points[None], axis=2
    )
    way = np.hypot(level_way.min(axis=1), up)
    error = found.range_m[ghost] - way
    assert np.abs(error).max() < 5 * 50.0
    assert abs(error.mean()) < Z99 * 50.0 / np.sqrt(len(error)) + 1.0


def test_there_is_no_reflection_without_a_reflector_or_without_replies() -> None:
    assert not strays(seen_by(None)).any()
    unanswered = RadarOptions(primary=True, secondary=False, reflector=(TOWER,))
    assert not strays(watch(scene_with(unanswered), targets([230.0], 80_000.0), 40.0, 2)).any()


def test_a_share_of_the_replies_by_the_detour_is_detected() -> None:
    flown = targets(np.linspace(226.0, 234.0, 41), 80_000.0, 6_000.0, mode3a=1000, icao=5)
    counts = []
    for share in (1.0, 0.3):
        options = RadarOptions(reflector=(msgspec.structs.replace(TOWER, share=share),))
        counts.append(strays(watch(scene_with(options), flown, 200.0, 3)).sum())
    assert counts[0] > 500
    expected = 0.3 * counts[0]
    assert abs(counts[1] - expected) < Z99 * np.sqrt(expected * 0.7)


def test_a_reflector_that_looks_away_is_refused_with_its_key() -> None:
    away = msgspec.structs.replace(TOWER, facing_deg=60.0)
    with pytest.raises(ConfigError, match=r"radar.High.reflector\[0\].facing_deg: .* got 60$"):
        seen_by(away)


def far(unambiguous_m: float | None, **changes: float) -> Watched:
    """Aircraft at 150 and 250 km before a primary radar."""
    options = RadarOptions(
        primary=True, primary_range_m=2_000_000.0, unambiguous_m=unambiguous_m, **changes
    )
    sheet = msgspec.structs.replace(WATCHER, range_max_m=220_000.0)
    flown = targets([40.0, 200.0], [150_000.0, 250_000.0], 9_000.0, mode3a=[1000, -1])
    return watch(scene_with(options, sheet), flown, 400.0, 5)


def test_an_echo_from_beyond_the_unambiguous_range_comes_back_too_near() -> None:
    found = far(190_000.0)
    true = found.polar()
    late = found.target == 1
    assert late.sum() > 95
    assert set(found.typ[late]) == {1}
    error = found.range_m[late] - (true[late, 0] - 190_000.0)
    assert abs(error.mean()) < Z99 * 50.0 / np.sqrt(late.sum())
    assert np.abs(turned(found.azimuth_deg[late] - true[late, 1] / DEGREE, 360.0)).max() < 0.5
    near = ~late
    assert np.abs(found.range_m[near] - true[near, 0]).max() < 5 * 50.0


def test_the_reply_of_a_target_beyond_the_unambiguous_range_stays_in_place() -> None:
    found = far(120_000.0)
    mine = found.target == 0
    error = found.range_m - found.polar()[:, 0]
    assert (found.typ[mine & (np.abs(error) < 300.0)] == 2).all()
    assert (found.typ[mine & (np.abs(error + 120_000.0) < 300.0)] == 1).all()
    assert (mine & (np.abs(error) < 300.0)).sum() > 95
    assert (mine & (np.abs(error + 120_000.0) < 300.0)).sum() > 95
    assert (np.abs(found.range_m[~mine] - found.polar()[~mine, 0] + 120_000.0) > 300.0).sum() == 0


def test_there_are_no_second_trip_echoes_unless_told_to() -> None:
    found = far(None)
    assert set(found.target) == {0}
    assert np.abs(found.range_m - found.polar()[:, 0]).max() < 5 * 50.0


def test_a_second_trip_is_detected_with_the_probability_of_its_true_range() -> None:
    options = RadarOptions(
        primary=True, secondary=False, primary_range_m=250_000.0, unambiguous_m=190_000.0
    )
    flown = targets(np.arange(36) * 10.0, 250_000.0)
    found = watch(scene_with(options), flown, 400.0, 6)
    share = len(found.target) / (36 * 100)
    # The slant range is a little more than 250 km, where half of the echoes are found.
    assert abs(share - 0.5) < Z99 * 0.5 / np.sqrt(3600) + 0.02
