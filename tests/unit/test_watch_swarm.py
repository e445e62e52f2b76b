"""Swarms: who flies together, how many they are, and who is none."""

import math

import numpy as np
import pytest
import shapely
from tests.naive.skies import flown, sky, track

from skypact.model.tracks import CLASSES
from skypact.rules.swarm import SwarmParams
from skypact.watch.grid import MOST_IN_CELL, near_pairs
from skypact.watch.headcount import greatest_count, least_count
from skypact.watch.life import Watch
from skypact.watch.swarm import SwarmRule

DRONE, FAST = CLASSES.index("drone"), CLASSES.index("fast")
KM = 1.0 / 111.195


def group(n, step_km=1.0, begin=1, **more):
    """Tracks north of each other, so far apart."""
    return [track(begin + k, 48.0 + k * step_km * KM, 17.0, **more) for k in range(n)]


def counts(tracks, **params):
    found = SwarmRule(SwarmParams(**params)).look(sky(*tracks))
    return [(f.evidence["count"], f.holds) for f in found]


def test_three_that_fly_together_are_told():
    (found,) = SwarmRule(SwarmParams()).look(sky(*group(3)))
    assert (found.key, found.tracks, found.severity, found.holds) == (
        "1",
        (1, 2, 3),
        "severe",
        True,
    )
    evidence = found.evidence
    assert (evidence["course_deg"], evidence["speed_mps"]) == (90, 200.0)
    assert evidence["heights_m"] == [9_000, 9_000]
    assert [m["track"] for m in evidence["members"]] == [1, 2, 3]
    area = shapely.geometry.shape(found.area)
    places = [shapely.Point(17.0, 48.0 + k * KM) for k in range(3)]
    assert all(area.contains(place) for place in places)
    assert not area.contains(shapely.Point(17.0, 48.0 + 3.2 * KM))


@pytest.mark.parametrize(
    ("tracks", "told"),
    [
        (group(2), []),
        (group(3, step_km=2.9), [(3, True)]),
        (group(3, step_km=4.0), [(3, False)]),
        (group(3, step_km=9.3), []),  # in trail
        (group(3, icao=5), []),
        (group(3, mode3a=1234), []),
        (group(3, mode3a=1234, target_class=FAST), [(3, True)]),
        (group(3, icao=5, target_class=DRONE, speed=10.0), [(3, True)]),
        (group(3, speed=20.0), []),  # birds
        (group(3, age_s=5.0), []),
        (group(3, existence=0.5), []),
        (group(3, p_ballistic=0.9), []),
        (group(3, sigma_vn_mps=90.0), []),
        (group(3, altitude_m=math.nan), [(3, True)]),
    ],
)
def test_who_is_a_swarm(tracks, told):
    assert counts(tracks) == told


def test_a_holding_stack_is_none_where_heights_are_known():
    stack = [track(k, 48.0, 17.0, altitude_m=3_000.0 + 305.0 * 2 * k) for k in range(1, 6)]
    for entry in stack:
        entry["sigma_u_m"] = 10.0
    assert counts(stack) == []
    blurred = [{**entry, "sigma_u_m": 600.0} for entry in stack]
    assert counts(blurred) == [(5, True)]


def test_different_courses_are_not_together():
    tracks = [track(k, 48.0 + 0.005 * k, 17.0, course=30.0 * k) for k in range(1, 6)]
    assert counts(tracks) == []
    curved = [track(k, 48.0 + 0.005 * k, 17.0, course=3.0 * k) for k in range(1, 6)]
    assert counts(curved) == [(5, True)]  # each like its neighbours


def test_who_was_not_seen_lately_is_left_out():
    rule = SwarmRule(SwarmParams())
    assert len(rule.look(sky(*group(3), age_s=10.0))) == 1
    assert rule.look(sky(*group(3), age_s=25.0)) == []


def test_a_swarm_keeps_its_name_and_a_part_gets_another():
    rule = SwarmRule(SwarmParams())
    tracks = group(8)
    assert [f.key for f in rule.look(sky(*tracks))] == ["1"]
    assert [f.key for f in rule.look(sky(*tracks[1:], at_s=1.0))] == ["1"]
    apart = tracks[1:4] + [{**t, "lon_rad": t["lon_rad"] + 0.02} for t in tracks[4:8]]
    found = rule.look(sky(*apart, at_s=2.0))
    assert sorted((f.key, f.evidence["count"]) for f in found) == [("1", 4), ("2", 3)]
    rule.look(sky(at_s=3.0))
    assert not rule._member
    assert not rule._named


def test_members_that_come_and_go_are_not_told_each_time():
    watch = Watch([SwarmRule(SwarmParams(raise_after_s=0.0, update_s=10.0))], "u")
    tracks, n_told = group(20), 0
    for s in range(40):
        there = [flown(t, s) for k, t in enumerate(tracks) if (k + s) % 7]
        n_told += len(watch.look(sky(*there, at_s=s)))
    assert n_told <= 8
    grown = [flown(t, 40) for t in tracks + group(20, begin=50)]
    assert [len(r.tracks) for r in watch.look(sky(*grown, at_s=40.0))] == [40]


def test_groups_are_those_of_all_pairs():
    rng = np.random.default_rng(2)
    lat, lon = np.radians(rng.uniform(47.0, 48.0, 300)), np.radians(rng.uniform(16.0, 17.5, 300))
    first, second, apart = near_pairs(lat, lon, 4_000.0, np.zeros(300))
    got = {(min(a, b), max(a, b)) for a, b in zip(first.tolist(), second.tolist(), strict=True)}
    place = 6_371_008.8 * np.stack(
        (np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)), axis=1
    )
    between = np.linalg.norm(place[:, None] - place[None], axis=2)
    assert got == {(a, b) for b in range(300) for a in range(b) if between[a, b] <= 4_000.0}
    assert len(got) == first.size
    assert apart == pytest.approx(between[first, second])


def test_a_crowd_is_one_group_with_few_comparisons():
    rng = np.random.default_rng(3)
    tracks = [
        track(k, 48.0 + rng.uniform(0, 2) * KM, 17.0 + rng.uniform(0, 2) * KM, speed=40.0)
        for k in range(1, 501)
    ]
    assert counts(tracks) == [(500, True)]
    lat, lon = np.full(500, 0.8), np.full(500, 0.3)
    assert near_pairs(lat, lon, 1e3, np.zeros(500))[0].size <= 500 * MOST_IN_CELL


def test_no_tracks_are_no_swarm():
    assert counts([]) == []


def test_at_least_so_many_is_the_quantile_of_who_exists():
    assert least_count(np.ones(7)) == 7
    p = np.random.default_rng(5).uniform(0.5, 1.0, 12)
    drawn = (np.random.default_rng(6).random((200_000, 12)) < p).sum(axis=1)
    assert least_count(p) == np.quantile(drawn, 0.025, method="inverted_cdf")
    assert least_count(np.full(1_000, 0.9)) == pytest.approx(881, abs=1)


@pytest.mark.parametrize(("true_n", "side_m"), [(5, 3_000.0), (30, 5_000.0), (60, 2_500.0)])
def test_the_interval_holds_the_true_number(true_n, side_m):
    """Objects at random in a square whose resolution cells hold one each."""
    rng, cell_m = np.random.default_rng(true_n), 300.0
    side_cells = side_m / (0.5 * math.sqrt(math.pi) * cell_m)
    holds = 0
    for _ in range(400):
        cells = np.floor(rng.random((true_n, 2)) * side_cells).astype(int)
        seen = rng.random(true_n) < 0.9
        n = len(set(map(tuple, cells[seen].tolist())))
        high = greatest_count(max(n, 1), side_m**2, cell_m, 0.9)
        holds += n <= true_n and (high is None or true_n <= high)
    assert holds >= 0.95 * 400


def test_more_than_the_cells_are_not_bounded():
    assert greatest_count(10, 3e5, 300.0, 0.9) is None
    assert greatest_count(3, 1e3, 300.0, 0.9) is None
    assert 3 <= greatest_count(3, 4e6, 300.0, 0.9) <= 6
