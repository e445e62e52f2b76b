"""The history shows what was known at any time, no more and no less."""

import numpy as np
import pytest

from skypact.errors import RecordingError
from skypact.model.tracks import TrackRows, empty_rows
from skypact.serve.history import IDENTITY_CHANGED, ROW, TrackHistory, last_per_track
from skypact.serve.steplog import StepLog
from skypact.units import DEGREE

NONE = np.empty(0, np.int64)


def rows_of(tracks: list[int], time_s: float, lat_deg: float = 50.0, icao: int = -1) -> TrackRows:
    rows = empty_rows(len(tracks))
    n = len(tracks)
    return rows._replace(
        track=np.array(tracks, np.int64),
        time_s=np.full(n, time_s),
        lat_rad=np.full(n, lat_deg * DEGREE),
        lon_rad=np.full(n, 20.0 * DEGREE),
        icao=np.full(n, icao, np.int32),
        confirmed=np.ones(n, np.int8),
    )


def filled(n_steps: int = 100) -> TrackHistory:
    history = TrackHistory(hold_s=10.0)
    for step in range(n_steps):
        history.append(rows_of([1, 2], float(step), 50.0 + step * 0.01), NONE, float(step))
    return history


def test_span_is_unknown_before_the_first_step() -> None:
    history = TrackHistory()
    assert np.isnan(history.first_s)
    assert np.isnan(history.last_s)
    assert history.state_at(5.0).size == 0


def test_rows_between_are_open_below_and_closed_above() -> None:
    rows = filled().rows_between(10.0, 12.0)
    assert rows["step_s"].tolist() == [11.0, 11.0, 12.0, 12.0]


def test_state_is_the_last_row_of_each_track_at_that_time() -> None:
    state = filled().state_at(42.5)
    assert state["track"].tolist() == [1, 2]
    assert np.all(state["step_s"] == 42.0)
    assert np.all(state["lat_e7"] == 504_200_000)


def test_an_ended_track_is_gone_from_then_on_and_there_before() -> None:
    history = filled(20)
    history.append(rows_of([2], 20.0), np.array([1]), 20.0)
    assert history.state_at(19.0)["track"].tolist() == [1, 2]
    assert history.state_at(20.0)["track"].tolist() == [2]
    assert history.ended_between(19.0, 20.0).tolist() == [1]


def test_a_silent_track_is_shown_no_longer_than_the_hold_time() -> None:
    history = filled(20)
    history.append(empty_rows(0), NONE, 40.0)
    assert history.state_at(28.0)["track"].tolist() == [1, 2]
    assert history.state_at(29.5).size == 0


def test_empty_steps_move_the_time() -> None:
    history = filled(3)
    history.append(empty_rows(0), NONE, 7.0)
    assert history.last_s == 7.0
    assert history.first_s == 0.0


def test_rows_without_a_position_are_counted_and_left_out() -> None:
    history = TrackHistory()
    history.append(rows_of([1], 0.0)._replace(lat_rad=np.array([np.nan])), NONE, 0.0)
    assert history.n_unplaced == 1
    assert len(history) == 0


def test_a_step_back_in_time_is_an_error() -> None:
    history = filled(3)
    with pytest.raises(RecordingError, match="steps in order"):
        history.append(rows_of([1], 1.0), NONE, 1.0)


def test_longitudes_beyond_the_date_line_come_round() -> None:
    history = TrackHistory()
    rows = rows_of([1], 0.0)._replace(lon_rad=np.array([181.0 * DEGREE]))
    history.append(rows, NONE, 0.0)
    assert history.state_at(0.0)["lon_e7"][0] == -1_790_000_000


def test_identity_is_marked_when_it_changes_and_not_otherwise() -> None:
    history = TrackHistory(hold_s=10.0)
    for step, icao in enumerate([-1, -1, 0x4B1234, 0x4B1234]):
        history.append(rows_of([7], float(step), icao=icao), NONE, float(step))
    marked = history.rows_between(-1.0, 9.0)["flags"] & IDENTITY_CHANGED
    assert (marked > 0).tolist() == [True, False, True, False]


def test_identity_is_told_again_after_a_silence_longer_than_the_hold_time() -> None:
    history = TrackHistory(hold_s=10.0)
    for step in (0.0, 5.0, 30.0):
        history.append(rows_of([7], step, icao=5), NONE, step)
    marked = history.rows_between(-1.0, 99.0)["flags"] & IDENTITY_CHANGED
    assert (marked > 0).tolist() == [True, False, True]


def test_two_rows_of_one_track_in_one_step_are_compared_in_order() -> None:
    history = TrackHistory()
    rows = rows_of([7, 7, 7], 0.0)._replace(icao=np.array([1, 1, 2], np.int32))
    history.append(rows, NONE, 0.0)
    marked = history.rows_between(-1.0, 1.0)["flags"] & IDENTITY_CHANGED
    assert (marked > 0).tolist() == [True, False, True]
    assert last_per_track(history.rows_between(-1.0, 1.0))["icao"].tolist() == [2]


def test_trails_are_thinned_and_limited_to_their_length() -> None:
    points = filled().trails_at(60.0, np.array([2]), trail_s=20.0, every_s=4.0)
    assert set(points["track"]) == {2}
    assert points["step_s"].tolist() == [43.0, 47.0, 51.0, 55.0, 59.0, 60.0]


def test_memory_is_bounded_and_the_oldest_rows_go_first() -> None:
    log = StepLog(ROW, max_rows=64, block_rows=32)
    for step in range(1000):
        row = np.zeros(1, ROW)
        row["step_s"] = step
        log.append(row)
    assert len(log) <= 64 + 32
    assert log.n_dropped + len(log) == 1000
    assert log.last_step_s() == 999.0
    assert log.between(-1.0, 1e9)["step_s"][0] == log.first_step_s() == log.n_dropped


def test_blocks_older_than_the_longest_time_are_forgotten() -> None:
    log = StepLog(ROW, max_rows=1000, block_rows=10)
    rows = np.zeros(100, ROW)
    rows["step_s"] = np.arange(100)
    log.append(rows)
    log.forget_before(55.0)
    assert log.first_step_s() == 50.0
