"""The pipeline's way to the store: batches, a store that goes away and comes back, bounds."""

import threading
import time

import numpy as np
import pytest

from skypact.errors import ConfigError, StoreError
from skypact.model.store import AlertQuery, HistoryQuery
from skypact.record import storing
from skypact.record.storing import StoreSink
from skypact.testing.contract_store import NONE, START_S, alert, sensor, some_rows
from skypact.testing.memory_store import MemoryStore

PATIENCE_S = 20.0


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(storing, "FIRST_RETRY_S", 0.01)
    monkeypatch.setattr(storing, "LAST_RETRY_S", 0.02)


def until(condition):
    deadline_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.005)


def feed(sink, first, last, n=10):
    for i in range(first, last):
        sink.append(some_rows(n, START_S + i, i), NONE, START_S + i)


def seconds(store):
    found = store.history(HistoryQuery(limit=10**6)).tracks.rows.time_s
    return sorted(np.unique(np.floor(found - START_S)).astype(int).tolist())


def test_steps_are_gathered_and_written_at_the_end():
    store = MemoryStore()
    sink = StoreSink(store, "north", batch_s=100.0)
    feed(sink, 0, 30)
    sink.finish()
    assert seconds(store) == list(range(30))
    assert len(store.writes) <= 2
    assert sink.state() == (True, 300, 0, 0, "")


def test_large_batches_are_cut(monkeypatch):
    monkeypatch.setattr(storing, "MOST_ROWS", 25)
    store = MemoryStore()
    store.fails = "away"
    sink = StoreSink(store, "north", batch_s=0.01)
    feed(sink, 0, 30)
    store.fails = ""
    sink.finish()
    assert seconds(store) == list(range(30))
    assert len(store.writes) >= 12


def test_nothing_is_lost_while_the_store_is_away():
    store = MemoryStore()
    sink = StoreSink(store, "north", batch_s=0.01)
    feed(sink, 0, 5)
    until(lambda: sink.state().n_waiting == 0)
    store.fails = "the database is gone"
    feed(sink, 5, 15)
    until(lambda: not sink.state().is_up)
    state = sink.state()
    assert (state.n_waiting, state.n_dropped, state.error) == (100, 0, "the database is gone")
    store.fails = ""
    until(lambda: sink.state().n_waiting == 0)
    assert sink.state().is_up
    sink.finish()
    assert seconds(store) == list(range(15))
    assert store.writes == sorted(store.writes)


def test_beyond_the_bound_the_oldest_is_dropped_and_counted():
    store = MemoryStore()
    store.fails = "away"
    sink = StoreSink(store, "north", batch_s=0.01, most_waiting=100)
    feed(sink, 0, 5)
    until(lambda: not sink.state().is_up)
    feed(sink, 5, 40)
    until(lambda: sink.state().n_waiting <= 100)
    n_dropped = sink.state().n_dropped
    assert n_dropped + sink.state().n_waiting == 400
    store.fails = ""
    sink.finish()
    assert sink.state().n_dropped == n_dropped == 300
    assert seconds(store) == list(range(30, 40))


def test_a_batch_whose_answer_was_lost_is_written_again_with_its_number():
    class Forgetful(MemoryStore):
        lost = 0

        def write(self, rows, ended, unit, now_s, number):
            super().write(rows, ended, unit, now_s, number)
            if self.lost < 3:
                self.lost += 1
                raise StoreError("the answer was lost")

    store = Forgetful()
    sink = StoreSink(store, "north", batch_s=0.01)
    feed(sink, 0, 10)
    sink.finish()
    assert sink.state().n_written == 100
    assert store.history(HistoryQuery()).tracks.rows.time_s.size == 100


def test_the_pipeline_does_not_wait_for_a_slow_store():
    class Slow(MemoryStore):
        gate = threading.Event()

        def write(self, rows, ended, unit, now_s, number):
            self.gate.wait(PATIENCE_S)
            super().write(rows, ended, unit, now_s, number)

    store = Slow()
    sink = StoreSink(store, "north", batch_s=0.001)
    feed(sink, 0, 20)
    assert sink.state().n_waiting == 200
    store.gate.set()
    sink.finish()
    assert sink.state().n_written == 200


def test_at_the_end_of_a_run_an_absent_store_is_not_waited_for_long():
    store = MemoryStore()
    store.fails = "away"
    sink = StoreSink(store, "north", batch_s=0.01, finish_s=0.1)
    feed(sink, 0, 3)
    sink.finish()
    assert sink.state()._replace(error="") == (False, 0, 0, 30, "")


def test_rows_that_are_nowhere_are_counted():
    store = MemoryStore()
    sink = StoreSink(store, "north")
    rows = some_rows(3, START_S)
    rows.lat_rad[1] = np.nan
    sink.append(rows, NONE, START_S)
    sink.finish()
    assert store.history(HistoryQuery()).tracks.rows.track.tolist() == [1, 3]
    assert sink.state().n_dropped == 1


def test_what_a_person_must_mend_is_told_and_tried_again():
    class Refused(MemoryStore):
        refuses = True

        def write(self, rows, ended, unit, now_s, number):
            if self.refuses:
                raise ConfigError("wrong password")
            super().write(rows, ended, unit, now_s, number)

    store = Refused()
    sink = StoreSink(store, "north", batch_s=0.01)
    feed(sink, 0, 2)
    until(lambda: sink.state().error == "wrong password")
    store.refuses = False
    sink.finish()
    assert seconds(store) == [0, 1]


def test_alerts_and_sensors_wait_for_the_store_too():
    store = MemoryStore()
    store.fails = "away"
    sink = StoreSink(store, "north", batch_s=0.01)
    sink.append_alerts([alert("A", START_S)])
    sink.append_sensors([sensor("R", START_S)])
    until(lambda: not sink.state().is_up)
    sink.append_alerts([alert("B", START_S)])
    store.fails = ""
    sink.finish()
    assert [a.id for a in store.alerts(AlertQuery())] == ["A", "B"]
    assert [s.sensor for s in store.sensors_at(START_S)] == ["R"]


def test_what_is_old_is_removed():
    store = MemoryStore()
    sink = StoreSink(store, "north", batch_s=0.01, keep_days=1.0)
    feed(sink, 0, 1)
    until(lambda: sink.state().n_waiting == 0)
    sink.append(some_rows(1, START_S + 100_000.0), NONE, START_S + 100_000.0)
    sink.finish()
    assert seconds(store) == [100_000]
