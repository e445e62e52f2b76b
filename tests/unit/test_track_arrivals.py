"""Reports on their way in are kept in parts: what comes out is as if they were one table."""

import numpy as np
import pytest

from skypact.model.reports import concat_reports, empty_reports, take_reports
from skypact.track import arrivals
from skypact.track.arrivals import Arrivals, with_room

REORDER_S, EARLY_S = 0.5, 60.0


def batches(rng, n_steps, step_s):
    """Reports around each step's end: in time, late, ahead, far ahead and without a time."""
    for k in range(n_steps):
        batch = empty_reports(int(rng.integers(0, 30)))
        batch.time_s[:] = (k + 1) * step_s + rng.normal(-0.2, 0.6, len(batch.time_s))
        batch.time_s[rng.random(len(batch.time_s)) < 0.05] += 5.0
        batch.time_s[rng.random(len(batch.time_s)) < 0.02] += 1e3
        batch.time_s[rng.random(len(batch.time_s)) < 0.02] = np.nan
        batch.sensor[:] = rng.integers(0, 3, len(batch.time_s))
        yield batch, (k + 1) * step_s


def in_one_table(held, index, batch, numbers, now_s):
    """Plain twin: all that waits is one table, filtered in every step."""
    batch, index = concat_reports([held, batch]), np.concatenate([index, numbers])
    early = batch.time_s > now_s + EARLY_S
    waits = ~((batch.time_s <= now_s - REORDER_S) | ~np.isfinite(batch.time_s) | early)
    rows = np.flatnonzero(waits)
    waits[rows[~with_room(batch.sensor[rows])]] = False
    return take_reports(batch, waits), index[waits], take_reports(batch, ~waits), index[~waits]


def test_a_caller_may_use_its_arrays_again():
    """What waits, of a batch that waits whole and of one in part, is as it was handed over."""
    waiting, room = Arrivals(REORDER_S, EARLY_S), empty_reports(4)
    for k, now_s in enumerate((1.0, 1.1, 1.2)):
        room.time_s[:] = now_s - np.array([0.1, 0.15, 0.2, 0.6 if k == 1 else 0.25])
        room.lat_rad[:] = 10.0 * k + np.arange(4)
        assert len(waiting.take(room, now_s).serial) == (k == 1)
    for column in room:
        column[:] = 0
    due = waiting.flush(0.0)
    assert due.batch.lat_rad.tolist() == [0, 1, 2, 3, 10, 11, 12, 20, 21, 22, 23]
    assert due.batch.time_s.min() == 0.75


@pytest.mark.parametrize(("step_s", "most"), [(0.1, 500_000), (0.02, 500_000), (0.5, 25)])
def test_parts_give_what_one_table_gives(step_s, most, monkeypatch):
    """With steps of 20 ms more parts wait than are kept apart; with room for 25 some must go."""
    monkeypatch.setattr(arrivals, "HELD_MOST", most)
    rng = np.random.default_rng(61)
    waiting = Arrivals(REORDER_S, EARLY_S)
    held, index, fed = empty_reports(0), np.zeros(0, np.int64), 0
    for batch, now_s in batches(rng, 80, step_s):
        numbers = np.arange(fed, fed + len(batch.time_s))
        fed += len(numbers)
        due = waiting.take(batch, now_s)
        held, index, want, want_index = in_one_table(held, index, batch, numbers, now_s)
        assert np.array_equal(due.serial, want_index)
        for got, column in zip(due.batch, want, strict=True):
            np.testing.assert_array_equal(got, column)
        assert np.array_equal(waiting.arrays()["index"], index)
    assert np.array_equal(waiting.flush(0.0).serial, index)
    assert len(index)
