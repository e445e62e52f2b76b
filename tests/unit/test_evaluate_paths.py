"""Truth and tracks become paths: sorted, without doubles, in one frame, with velocities."""

import numpy as np
from tests.naive.judged import tracks_of, truth_of

from skypact.evaluate.paths import (
    interpolate,
    latest,
    predict,
    present,
    stretches,
    track_paths,
    truth_paths,
    usual_gap_s,
)
from skypact.kernels.geodesy import SEMI_MAJOR_M, geodetic_from_ecef
from skypact.model.truth import TruthRows
from skypact.units import DEGREE


def test_rows_are_sorted_by_object_and_time() -> None:
    truth = truth_of([(1.0, 7, 0, 0), (0.0, 7, 5, 0), (0.5, 3, 9, 1)], speed=(1.0, 0.0))
    paths = truth_paths(truth, flat=True)
    assert paths.number.tolist() == [3, 7]
    assert paths.first.tolist() == [0, 1, 3]
    assert paths.time_s.tolist() == [0.5, 0.0, 1.0]
    assert paths.row.tolist() == [2, 1, 0]
    assert paths.place_m.tolist() == [[9, 1, 0], [5, 0, 0], [0, 0, 0]]


def test_of_two_rows_at_one_time_the_last_counts() -> None:
    truth = truth_of([(0.0, 1, 0, 0), (1.0, 1, 4, 0), (1.0, 1, 5, 0)], speed=(1.0, 0.0))
    paths = truth_paths(truth, flat=True)
    assert paths.place_m[:, 0].tolist() == [0, 5]


def test_empty_tables_make_empty_paths() -> None:
    truth, tracks = truth_paths(truth_of([]), flat=False), track_paths(tracks_of([]), flat=False)
    for paths in (truth, tracks):
        assert paths.first.tolist() == [0]
        assert paths.place_m.shape == (0, 3)
    assert usual_gap_s(truth).size == 0
    assert stretches(truth, 10.0)[0].size == 0


def test_absent_velocities_of_the_truth_are_central_differences() -> None:
    rows = [(0.0, 1, 0, 0), (1.0, 1, 10, 0), (3.0, 1, 40, 30), (0.0, 2, 7, 7)]
    paths = truth_paths(truth_of(rows, speed=(np.nan, np.nan)), flat=True)
    expected = [[10, 0, 0], [40 / 3, 10, 0], [15, 15, 0], [0, 0, 0]]
    np.testing.assert_allclose(paths.velocity_mps, expected)


def test_an_absent_climb_rate_alone_keeps_the_stated_ground_velocity() -> None:
    truth = truth_of([(0.0, 1, 0, 0), (2.0, 1, 0, 0)], speed=(100.0, 50.0))
    truth = TruthRows(*truth[:4], np.array([1000.0, 1010.0]), *truth[5:7], np.full(2, np.nan),
                      *truth[8:])  # fmt: skip
    paths = truth_paths(truth, flat=False)
    np.testing.assert_allclose(paths.velocity_mps, [[5, 100, 50]] * 2, atol=1e-9)


def test_absent_velocities_of_tracks_look_back_only() -> None:
    tracks = tracks_of([(0.0, 1, 0, 0), (1.0, 1, 10, 0), (3.0, 1, 40, 30)], speed=(np.nan, np.nan))
    paths = track_paths(tracks, flat=True)
    np.testing.assert_allclose(paths.velocity_mps, [[0, 0, 0], [10, 0, 0], [15, 15, 0]])


def test_only_confirmed_rows_count_and_silent_tables_are_confirmed() -> None:
    tracks = tracks_of([(0.0, 1, 0, 0), (1.0, 1, 1, 0), (2.0, 1, 2, 0)])
    tracks = tracks._replace(confirmed=np.array([0, 1, -1], np.int8))
    assert track_paths(tracks, flat=True).time_s.tolist() == [1.0, 2.0]
    assert len(track_paths(tracks, flat=True, confirmed_only=False).time_s) == 3


def test_the_real_sky_is_earth_centred() -> None:
    truth = truth_of([(0.0, 1, 90 * DEGREE, 0.0)], speed=(3.0, 4.0))
    truth = truth._replace(altitude_m=np.array([np.nan]), baro_altitude_m=np.array([100.0]))
    paths = truth_paths(truth._replace(vu_mps=np.array([5.0])), flat=False)
    np.testing.assert_allclose(paths.place_m, [[0, SEMI_MAJOR_M + 100, 0]], atol=1e-6)
    np.testing.assert_allclose(paths.velocity_mps, [[-3, 5, 4]], atol=1e-12)
    np.testing.assert_allclose(paths.up, [[0, 1, 0]], atol=1e-12)


def test_the_latest_state_is_found_within_its_object() -> None:
    paths = truth_paths(truth_of([(0, 1, 0, 0), (2, 1, 0, 0), (1, 5, 0, 0)]), flat=True)
    index = np.array([0, 0, 0, 0, 1, 1, 1])
    found = latest(paths, index, np.array([-9.0, 0.0, 1.9, 99.0, 0.9, 1.0, 5.0]))
    assert found.tolist() == [-1, 0, 0, 1, -1, 2, 2]


def test_one_stray_time_does_not_coarsen_the_search() -> None:
    random = np.random.default_rng(4)
    rows = [(t, k, 0, 0) for k in range(40) for t in random.integers(0, 2000, 60) * 1e-6]
    paths = truth_paths(truth_of([*rows, (-9e9, 20, 0, 0)]), flat=True)
    index = np.repeat(np.arange(40), 50)
    asked = random.integers(-20, 2020, 2000) * 1e-6
    expected = []
    for i, t in zip(index, asked, strict=True):
        own = range(paths.first[i], paths.first[i + 1])
        expected.append(max((k for k in own if paths.time_s[k] <= t), default=-1))
    assert latest(paths, index, asked).tolist() == expected


def test_the_truth_exists_at_states_and_across_short_gaps_only() -> None:
    paths = truth_paths(truth_of([(0, 1, 0, 0), (5, 1, 0, 0), (50, 1, 0, 0)]), flat=True)
    time_s = np.array([-1.0, 0.0, 3.0, 5.0, 6.0, 50.0, 51.0])
    index = np.zeros(7, np.int64)
    exists = present(paths, index, latest(paths, index, time_s), time_s, 10.0)
    assert exists.tolist() == [False, True, True, True, False, True, False]


def test_a_parabola_is_interpolated_exactly() -> None:
    time_s = np.arange(0.0, 41.0, 4.0)
    rows = [(t, 1, 3 * t, 0.5 * t**2) for t in time_s]
    truth = truth_of(rows)._replace(ve_mps=np.full(11, 3.0), vn_mps=time_s)
    paths = truth_paths(truth, flat=True)
    asked = np.array([0.0, 1.0, 17.3, 40.0])
    index = np.zeros(4, np.int64)
    place, velocity, up = interpolate(paths, latest(paths, index, asked), asked, index + 10)
    np.testing.assert_allclose(place, np.column_stack((3 * asked, asked**2 / 2, 0 * asked)))
    np.testing.assert_allclose(velocity, np.column_stack((3 + 0 * asked, asked, 0 * asked)))
    assert (up == [0, 0, 1]).all()


def test_a_level_flight_around_the_earth_keeps_its_height_between_states() -> None:
    time_s = np.arange(0.0, 60.0, 10.0)
    rate = 250.0 / (SEMI_MAJOR_M + 10_000.0)
    rows = [(t, 1, rate * t, 0.0) for t in time_s]
    truth = truth_of(rows, speed=(250.0, 0.0))._replace(altitude_m=np.full(6, 10_000.0))
    paths = truth_paths(truth, flat=False)
    asked = np.array([5.0, 27.0])
    index = np.zeros(2, np.int64)
    place, _, _ = interpolate(paths, latest(paths, index, asked), asked, index + 5)
    geodetic = np.empty((2, 3))
    geodetic_from_ecef(place, geodetic)
    np.testing.assert_allclose(geodetic[:, 1], rate * asked, atol=1e-9)
    np.testing.assert_allclose(geodetic[:, 2], 10_000.0, atol=0.001)


def test_tracks_move_on_with_their_own_velocity() -> None:
    paths = track_paths(tracks_of([(0.0, 1, 100.0, 0.0)], speed=(10.0, -5.0)), flat=True)
    place = np.empty((1, 3))
    predict(paths, np.array([0]), np.array([4.0]), place)
    assert place.tolist() == [[140, -20, 0]]


def test_the_usual_gap_is_five_own_intervals_but_ten_seconds_at_least() -> None:
    rows = [(t * pace, pace, 0, 0) for pace in (1, 4, 12) for t in range(6 if pace > 1 else 100)]
    truth = truth_paths(truth_of(rows), flat=True)
    assert usual_gap_s(truth).tolist() == [10.0, 20.0, 60.0]


def test_objects_with_few_states_have_the_gap_of_all() -> None:
    rows = [(4.0 * k, 1, 0, 0) for k in range(9)] + [(0.0, 2, 0, 0), (86_400.0, 2, 0, 0)]
    paths = truth_paths(truth_of(rows), flat=True)
    assert usual_gap_s(paths).tolist() == [20.0, 20.0]
    assert usual_gap_s(truth_paths(truth_of([(0.0, 1, 0, 0)]), flat=True)).tolist() == [10.0]


def test_stretches_end_at_pauses_of_each_object() -> None:
    rows = [(t, 1, 0, 0) for t in (0, 5, 50, 55)] + [(t, 2, 0, 0) for t in (0, 45)]
    paths = truth_paths(truth_of(rows), flat=True)
    first, last = stretches(paths, np.array([10.0, 60.0]))
    assert first.tolist() == [0, 2, 4]
    assert last.tolist() == [1, 3, 5]
