"""Learned maps of a sensor: the running counts against every report remembered."""

import numpy as np
import pytest
from tests.naive import maps as naive
from tests.naive.compiled import (
    cell_of,
    count_turns,
    detection_in_cell,
    false_in_cell,
    false_per_turn,
    note_false,
    note_looks,
    note_unseen,
)

from skypact.model.tracking import N_CELLS, TURNS

REACH_M = 400e3
PERIOD_S = 5.0


def test_a_place_has_the_cell_of_the_plain_count():
    rng = np.random.default_rng(1)
    for range_m, azimuth in zip(
        rng.uniform(0, 1.1 * REACH_M, 300), rng.uniform(-7, 7, 300), strict=True
    ):
        cell = cell_of(range_m, azimuth, REACH_M)
        assert cell == naive.cell(range_m, azimuth, REACH_M)
        assert 1 <= cell <= N_CELLS


def test_false_reports_are_counted_as_if_all_were_remembered():
    rng = np.random.default_rng(2)
    cells, state, plain = np.zeros((1 + N_CELLS, 2)), np.array([0.0, np.nan]), naive.FalseReports(5)
    for time_s in np.sort(rng.uniform(0, 300, 200)):
        count_turns(state, time_s, PERIOD_S)
        turn, cell, weight = state[TURNS], int(rng.integers(1, 6)), rng.random()
        note_false(cells, cell, weight, turn)
        plain.seen.append((turn, cell, weight))
    turn = state[TURNS]
    assert false_per_turn(cells, turn, 5.0) == pytest.approx(plain.per_turn(turn), rel=1e-9)
    for cell in (1, 3, 900):
        found = false_in_cell(cells, cell, turn, 5.0)
        assert found == pytest.approx(plain.in_cell(cell, turn), rel=1e-9)


def test_a_silent_sensor_does_not_turn_as_far_as_its_maps_go():
    state = np.array([0.0, np.nan])
    for time_s in (0.0, 5.0, 5_000.0, 4_000.0, 5_005.0):
        count_turns(state, time_s, PERIOD_S)
    assert state.tolist() == [1.0 + 2.0 + 1.0, 5_005.0]


def test_a_hot_spot_is_learned_and_the_rest_stays_as_it_was():
    rng = np.random.default_rng(3)
    cells, state = np.zeros((1 + N_CELLS, 2)), np.array([0.0, np.nan])
    for turn in range(200):
        for _ in range(rng.poisson(10)):
            count_turns(state, PERIOD_S * turn, PERIOD_S)
            note_false(cells, int(rng.integers(1, N_CELLS + 1)), 1.0, state[TURNS])
        note_false(cells, 77, 1.0, state[TURNS])
    hot, cold = (false_in_cell(cells, c, state[TURNS], 5.0) for c in (77, 500))
    assert 0.3 < hot < 1.5
    assert cold < 0.02
    assert false_per_turn(cells, state[TURNS], 5.0) == pytest.approx(11.0, rel=0.1)


def test_detection_is_found_from_looks_that_were_answered_later():
    rng = np.random.default_rng(4)
    cells, last_s, hits, looks = np.zeros((1 + N_CELLS, 2)), 0.0, 0, 0
    for turn in range(1, 400):
        if rng.random() < 0.6:
            missed = turn - 1 - round(last_s / PERIOD_S)
            if missed <= 4:
                hits, looks = hits + 1, looks + 1 + missed
            note_looks(cells, 9, turn * PERIOD_S - last_s, PERIOD_S)
            last_s = turn * PERIOD_S
    assert looks < 500
    found = detection_in_cell(cells, 9, 0.95)
    assert found == pytest.approx(naive.detection(hits, looks, 0.95, hits, looks), rel=1e-9)
    assert found == pytest.approx(0.6, abs=0.06)
    assert detection_in_cell(cells, 0, 0.95) == pytest.approx(naive.detection(hits, looks, 0.95))


def test_looks_at_a_gap_of_cover_count_in_its_cell_alone():
    cells = np.zeros((1 + N_CELLS, 2))
    for _ in range(600):
        note_unseen(cells, 9)
    assert not cells[:9].any()
    assert 499.0 < cells[9, 1] <= 501.0
    assert detection_in_cell(cells, 9, 0.9) == pytest.approx(
        20 * 0.9 / (20 + cells[9, 1]), abs=0.02
    )
    note_looks(cells, 9, PERIOD_S, PERIOD_S)
    assert cells[9, 0] == 1.0


def test_looks_after_a_long_gap_say_nothing():
    cells = np.zeros((1 + N_CELLS, 2))
    note_looks(cells, 9, 60.0, PERIOD_S)
    assert not cells.any()
