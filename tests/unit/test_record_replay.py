"""Replay cuts by recorded stamps; withholding hides columns; arrival order is stable."""

import numpy as np
import pytest

from skypact.model.reports import empty_reports, in_arrival_order
from skypact.record.replay import (
    QUIET_S,
    arriving_by_own_time,
    cut,
    withhold,
)
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


def stamped(offsets_s):
    batch = empty_reports(4)
    batch.sensor[:] = [0, 1, 0, 1]
    batch.time_s[:] = [10.0, 10.5, 11.0, 11.5]
    received_s = batch.time_s + np.array(offsets_s)[batch.sensor]
    return batch._replace(received_ns=np.round(received_s * NANOSECONDS).astype(np.int64))


def test_a_sensor_recorded_under_another_time_zone_arrives_by_its_own_stamps():
    reports, moved = arriving_by_own_time(in_arrival_order([stamped([0.3, -3600.0])]))
    assert moved == {1: pytest.approx(-3600.0)}
    assert reports.time_s.tolist() == [10.0, 10.5, 11.0, 11.5]
    arrivals_s = reports.received_ns / NANOSECONDS
    assert arrivals_s == pytest.approx([10.3, 10.5, 11.3, 11.5], abs=1e-6)


def test_usual_delays_leave_the_arrivals_alone():
    before = in_arrival_order([stamped([0.3, 1.2])])
    reports, moved = arriving_by_own_time(before)
    assert moved == {}
    assert reports is before
