"""Truth and tracks at common instants, and which track stands for which object."""

import itertools
import tracemalloc

import numpy as np
import pytest
from tests.naive.judged import line, tracks_of, truth_of

from skypact.evaluate.matching import sticky_match
from skypact.evaluate.paths import track_paths, truth_paths
from skypact.evaluate.samples import instants, samples, watched


def sampled(truth, tracks, step_s=1.0, speed=(0.0, 0.0), **given):
    ours = truth_paths(truth_of(truth, speed=speed), flat=True)
    theirs = track_paths(tracks_of(tracks, speed=speed), flat=True)
    return samples(ours, theirs, instants(ours, step_s), **given)


def entries(first, index):
    return [index[a:b].tolist() for a, b in itertools.pairwise(first)]


def test_instants_cover_the_truth_with_both_ends() -> None:
    paths = truth_paths(truth_of(line(1, 10.0, 12.0)), flat=True)
    assert instants(paths, 0.5).tolist() == [10.0, 10.5, 11.0, 11.5, 12.0]
    assert instants(truth_paths(truth_of([]), flat=True), 1.0).size == 0


def test_an_object_is_there_between_its_ends_but_not_in_a_pause() -> None:
    found = sampled(line(1, 0, 3) + line(1, 30, 31) + line(2, 2, 31), [])
    here = entries(found.truth_first, found.truth)
    assert [0 in now for now in here] == [t <= 3 or t >= 30 for t in range(32)]
    assert [1 in now for now in here] == [t >= 2 for t in range(32)]


def test_a_slow_object_among_fast_ones_is_there_between_its_states() -> None:
    fast = [row for k in range(3) for row in line(k, 0, 60)]
    found = sampled(fast + line(9, 0, 60, step_s=12.0), [])
    assert all(3 in now for now in entries(found.truth_first, found.truth))


def test_the_time_between_two_visits_of_an_object_costs_nothing() -> None:
    rows = [(day + t, k, 0, 0) for k in range(400) for day in (0, 86_400) for t in range(5)]
    truth = truth_paths(truth_of(rows), flat=True)
    tracks = track_paths(tracks_of(rows), flat=True)
    asked = instants(truth, 1.0)
    tracemalloc.start()
    found = samples(truth, tracks, asked, hold_s=0.0, coast_max_s=1.0)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (len(found.truth), len(found.track)) == (4000, 4400)
    assert most < 20e6  # 400 objects over 86,400 instants make 276 MB a column


def test_a_track_is_predicted_from_the_past_only() -> None:
    found = sampled(line(1, 0, 8), [(0.0, 4, 0, 0), (4.0, 4, 100, 0)], speed=(10.0, 0.0))
    x = dict(zip(found.time_s[found.track_first[:-1] < found.track_first[1:]].tolist(),
                 found.track_place_m[:, 0].tolist(), strict=True))  # fmt: skip
    assert x == {0: 0, 1: 10, 2: 20, 3: 30, 4: 100, 5: 110, 6: 120, 7: 130, 8: 140}
    assert found.track_row.tolist() == [0] * 4 + [1] * 5


def test_a_track_stays_for_its_own_usual_interval() -> None:
    found = sampled(line(1, 0, 30), [(t, 1, 0, 0) for t in (0, 4, 8)] + [(0, 2, 0, 0)])
    here = entries(found.track_first, found.track)
    assert [0 in now for now in here] == [t <= 12 for t in range(31)]
    assert [1 in now for now in here] == [t <= 4 for t in range(31)]


def test_a_stated_hold_and_coast_are_kept() -> None:
    tracks = [(t, 1, 0, 0) for t in (0, 1, 20)]
    found = sampled(line(1, 0, 30), tracks, hold_s=2.0, coast_max_s=5.0)
    here = entries(found.track_first, found.track)
    assert [0 in now for now in here] == [t <= 6 or 20 <= t <= 22 for t in range(31)]


def test_nothing_at_all_makes_empty_samples() -> None:
    found = sampled([], [])
    assert found.truth_first.tolist() == [0]
    assert sticky_match(found, 100.0).truth.size == 0


def test_a_track_without_truth_is_matched_to_nothing() -> None:
    match = sticky_match(sampled(line(1, 0, 2), line(1, 0, 2, y0=150.0)), 100.0)
    assert (match.truth == -1).all()
    assert (match.track == -1).all()
    assert (match.near == -1).all()


def test_an_object_keeps_its_track_while_another_is_nearer() -> None:
    first = line(1, 0, 5, y0=50.0)
    nearer = line(2, 2, 5, y0=10.0)
    found = sampled(line(9, 0, 5), first + nearer)
    match = sticky_match(found, 100.0)
    assert (found.track[match.truth] == 0).all()
    second = np.flatnonzero(found.track == 1)
    assert (match.track[second] == -1).all()
    assert (match.near[second] >= 0).all()


def test_an_object_keeps_its_track_through_a_pause_of_the_track() -> None:
    found = sampled(line(9, 0, 9), line(1, 0, 1) + line(1, 6, 9, y0=60.0) + line(2, 6, 9),
                    hold_s=0.0, coast_max_s=1.0)  # fmt: skip
    match = sticky_match(found, 100.0)
    assert found.track[match.truth[-1]] == 0


def test_a_track_taken_over_does_not_come_back() -> None:
    a = line(1, 0, 9)
    b = line(2, 0, 9, y0=1000.0)
    one = line(1, 0, 3) + line(1, 4, 6, y0=1000.0) + line(1, 7, 9)
    two = line(2, 4, 9)
    found = sampled(a + b, one + two)
    match = sticky_match(found, 100.0)
    of_a = found.track[match.truth[found.truth == 0]]
    assert of_a.tolist() == [0] * 4 + [1] * 6


def test_of_new_tracks_the_nearest_is_chosen() -> None:
    tracks = line(1, 0, 1, y0=40.0) + line(2, 0, 1, y0=-30.0)
    found = sampled(line(5, 0, 1), tracks)
    assert (found.track[sticky_match(found, 100.0).truth] == 1).all()


def test_height_decides_between_aircraft_above_each_other_but_may_be_unknown() -> None:
    truth = truth_of(line(1, 0, 1) + line(2, 0, 1))
    truth = truth._replace(altitude_m=np.repeat([3000.0, 9000.0], 2))
    tracks = tracks_of(line(1, 0, 1) + line(2, 0, 1, x0=100 / 6.4e6))
    tracks = tracks._replace(altitude_m=np.array([8900.0, 8900.0, np.nan, np.nan]))
    ours = truth_paths(truth, flat=False)
    found = samples(ours, track_paths(tracks, flat=False), instants(ours, 1.0))
    match = sticky_match(found, 1000.0)
    assert found.track[match.truth].tolist() == [1, 0, 1, 0]


def test_objects_far_from_the_equator_and_high_are_found_however_they_lie() -> None:
    rng = np.random.default_rng(3)
    lat, lon = np.radians(rng.uniform(40, 70, 60)), np.radians(rng.uniform(-20, 40, 60))
    rows = [(0.0, i, lon[i], lat[i]) for i in range(60)]
    moved = [(0.0, i, lon[i], lat[i] + 900 / 6.4e6) for i in range(60)]
    truth = truth_of(rows)._replace(altitude_m=rng.uniform(0, 40_000, 60))
    ours = truth_paths(truth, flat=False)
    found = samples(ours, track_paths(tracks_of(moved), flat=False), instants(ours, 1.0))
    match = sticky_match(found, 1000.0)
    assert match.truth.tolist() == list(range(60))


@pytest.mark.parametrize(("last_s", "n"), [(9.0, 11), (9.4, 10), (10.0, 11), (4.0, 11)])
def test_the_last_instant_counts_unless_its_reports_were_still_on_their_way(last_s, n):
    tracks = track_paths(tracks_of([(0.0, 1, 0.0, 0.0), (last_s, 1, 0.0, 0.0)]), flat=True)
    assert len(watched(np.arange(11.0), tracks, 1.0)) == n
