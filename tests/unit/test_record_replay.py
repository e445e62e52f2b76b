"""Replay cuts by recorded stamps; withholding hides columns; arrival order is stable."""

import numpy as np
import pytest

from skypact.model.reports import empty_reports
from skypact.record.replay import QUIET_S, cut, in_arrival_order, withhold
from skypact.units import NANOSECONDS

START_NS = 1_700_000_000 * NANOSECONDS


def stamps(*times_s: float) -> np.ndarray:
    return START_NS + np.rint(np.array(times_s) * NANOSECONDS).astype(np.int64)


def test_every_report_is_in_exactly_one_batch_that_ends_after_it():
    received = np.sort(stamps(*np.random.default_rng(3).uniform(0, 20, 500)))
    batches = list(cut(received, 0.25))
    covered = [i for b in batches for i in range(b.first, b.last)]
    assert covered == list(range(500))
    for batch in batches:
        inside = received[batch.first : batch.last] / NANOSECONDS
        assert np.all(inside <= batch.now_s)
        assert np.all(inside >= batch.now_s - 0.25 - 1e-6)


def test_time_moves_in_equal_steps_through_silence():
    batches = list(cut(stamps(0.0, 2.0), 0.25))
    now_s = np.array([b.now_s for b in batches])
    assert np.allclose(np.diff(now_s), 0.25)
    assert sum(b.last - b.first for b in batches) == 2


def test_a_long_silence_is_skipped_after_two_minutes():
    batches = list(cut(stamps(0.0, 1e7), 0.25))
    assert len(batches) == QUIET_S / 0.25 + 1
    assert batches[-1].last == 2


def test_no_reports_give_no_batches():
    assert list(cut(np.zeros(0, np.int64))) == []


def test_equal_stamps_keep_the_order_of_the_recordings():
    first, second = empty_reports(2), empty_reports(2)
    first.received_ns[:] = [5, 9]
    second.received_ns[:] = [5, 7]
    first.sensor[:], second.sensor[:] = 0, 1
    merged = in_arrival_order([first, second])
    assert merged.received_ns.tolist() == [5, 5, 7, 9]
    assert merged.sensor.tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize(
    ("name", "column", "value", "absent"),
    [("icao", "icao", 0x3C4A5B, -1), ("velocity", "ground_speed_mps", 200.0, np.nan)],
)
def test_what_is_withheld_is_absent_and_the_rest_stays(name, column, value, absent):
    reports = empty_reports(1)
    getattr(reports, column)[:] = value
    reports.range_m[:] = 1000.0
    hidden = withhold(reports, (name,))
    assert np.array_equal(getattr(hidden, column), [absent], equal_nan=True)
    assert hidden.range_m[0] == 1000.0
    assert getattr(reports, column)[0] == value
