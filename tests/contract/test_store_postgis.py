"""PostgreSQL: crashes, lost answers, schemas, indices, passwords; on a real server."""

import re
import sys
import time
from contextlib import closing

import numpy as np
import pytest

from skypact.errors import ConfigError, MissingExtraError, StoreError
from skypact.model.store import AlertQuery, Area, HistoryQuery
from skypact.model.tracks import take_rows
from skypact.record import postgres_link, storing
from skypact.record.postgres_link import shown_url
from skypact.record.postgres_query import history_question
from skypact.record.store import open_store
from skypact.record.store_postgis import PostgisStore
from skypact.record.storing import StoreSink
from skypact.testing.contract_store import (
    NONE,
    START_S,
    alert,
    fill,
    joined,
    ordered,
    same,
    some_rows,
)
from skypact.testing.postgres_server import LOCKED, PASSWORD
from skypact.units import DAY, DEGREE

PATIENCE_S = 60.0


@pytest.fixture
def url(postgres):
    return postgres.database()


@pytest.fixture
def store(url):
    store = PostgisStore(url)
    yield store
    store.close()


def name(url):
    return re.search(r"@/(\w+)\?", url)[1]


def until(condition):
    deadline_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


def count(store):
    return store.history(HistoryQuery(limit=10**6)).tracks.rows.time_s.size


def test_a_server_that_crashes_and_comes_back_has_every_row_once(postgres, store, monkeypatch):
    monkeypatch.setattr(storing, "FIRST_RETRY_S", 0.05)
    monkeypatch.setattr(storing, "LAST_RETRY_S", 0.1)
    sink = StoreSink(store, "north", batch_s=0.01)
    made = [some_rows(50, START_S + i, i) for i in range(60)]
    for i, rows in enumerate(made):
        if i == 20:
            until(lambda: sink.state().n_written > 0)
            postgres.stop("immediate")
        if i == 40:
            until(lambda: not sink.state().is_up)
            postgres.start()
        sink.append(rows, NONE, START_S + i)
        time.sleep(0.005)
    until(lambda: sink.state().n_waiting == 0 and sink.state().is_up)
    assert sink.state() == (True, 3000, 0, 0, "")
    found = store.history(HistoryQuery(limit=10_000)).tracks.rows
    same(found, ordered(joined(made)))
    sink.finish()


def test_reading_goes_on_after_the_server_came_back(postgres, store):
    fill(store, 3)
    assert count(store) == 30
    postgres.stop("immediate")
    with pytest.raises(StoreError):
        count(store)
    assert not store.state().is_up
    postgres.start()
    assert count(store) == 30
    assert store.state().is_up


def test_a_batch_whose_commit_was_not_answered_is_not_written_twice(postgres, store, monkeypatch):
    rows = some_rows(10, START_S)
    store.write(rows, NONE, "north", START_S, 1)
    real = PostgisStore._write

    async def lost(self, *batch):
        await real(self, *batch)
        raise ConnectionResetError("the answer was lost")

    with monkeypatch.context() as patched:
        patched.setattr(PostgisStore, "_write", lost)
        with pytest.raises(StoreError, match="lost"):
            store.write(rows, np.array([3]), "north", START_S + 1.0, 2)
    store.write(rows, np.array([3]), "north", START_S + 1.0, 2)
    assert count(store) == 20


def test_a_batch_that_was_cut_off_leaves_nothing(url, store, monkeypatch):
    real = PostgisStore._copy

    async def cut(self, connection, data):
        await real(self, connection, data)
        raise ConnectionResetError("cut off before the commit")

    with monkeypatch.context() as patched:
        patched.setattr(PostgisStore, "_copy", cut)
        with pytest.raises(StoreError):
            store.write(some_rows(10, START_S), NONE, "north", START_S, 1)
    assert count(store) == 0
    store.write(some_rows(10, START_S), NONE, "north", START_S, 1)
    assert count(store) == 10


def test_absent_values_are_null_and_come_back_absent(postgres, url, store):
    rows = some_rows(4, START_S)
    rows.altitude_m[1] = np.nan
    store.write(rows, NONE, "north", START_S, 1)
    same(store.history(HistoryQuery()).tracks.rows, rows)
    counted = "SELECT count(altitude_m), count(baro_altitude_m), count(icao) FROM skypact.tracks"
    assert postgres.sql(counted, name(url)).strip() == "3|2|3"
    seen = "SELECT to_char(time, 'YYYY-MM-DD HH24'), callsign FROM skypact.tracks WHERE track = 3"
    assert postgres.sql(seen, name(url)).strip() == "2026-11-23 10|SKY2"


def test_a_schema_newer_than_known_is_refused(postgres, url):
    with closing(PostgisStore(url)) as store:
        store.prepare()
    postgres.sql("INSERT INTO skypact.schema_version VALUES (9999, 'later')", name(url))
    with (
        closing(PostgisStore(url)) as store,
        pytest.raises(ConfigError, match="got 9999; it was made by a newer Skypact"),
    ):
        store.prepare()


def test_the_schema_is_brought_up_to_date_once_by_many(postgres, monkeypatch):
    url = postgres.database(extension=False)
    known = postgres_link.migrations()
    stores = [PostgisStore(url) for _ in range(3)]
    stores[0].prepare()
    added = [*known, (len(known) + 1, "note", "CREATE TABLE skypact.note (text text)")]
    monkeypatch.setattr(postgres_link, "migrations", lambda: added)
    for store in stores[1:]:
        store.prepare()
    versions = postgres.sql("SELECT version FROM skypact.schema_version ORDER BY 1", name(url))
    assert versions.split() == [str(i + 1) for i in range(len(added))]
    for store in stores:
        store.close()


def test_a_change_that_fails_leaves_the_schema_as_it_was(postgres, url, monkeypatch):
    wrong = [
        *postgres_link.migrations(),
        (2, "wrong", "CREATE TABLE skypact.a (b int); SELECT 1/0"),
    ]
    with monkeypatch.context() as patched:
        patched.setattr(postgres_link, "migrations", lambda: wrong)
        with (
            closing(PostgisStore(url)) as store,
            pytest.raises(StoreError, match="division by zero"),
        ):
            store.prepare()
    made = "SELECT count(*) FROM pg_namespace WHERE nspname = 'skypact'"
    assert postgres.sql(made, name(url)).strip() == "0"


def test_migrations_are_numbered_without_gaps():
    numbers = [number for number, _, _ in postgres_link.migrations()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_wrong_password_is_told_without_it(postgres, url):
    wrong = postgres.url(name(url), f"{LOCKED}:hush-hush")
    store = open_store(wrong)
    with pytest.raises(ConfigError, match="password authentication failed") as caught:
        store.prepare()
    assert "hush" not in str(caught.value) + store.state().error + repr(caught.value.__cause__)
    store.close()


def test_a_user_who_may_not_make_the_schema_is_told_so(postgres, url):
    store = open_store(postgres.url(name(url), f"{LOCKED}:{PASSWORD}"))
    with pytest.raises(ConfigError, match="permission denied"):
        store.prepare()
    store.close()


def test_a_missing_database_is_told(postgres):
    store = open_store(postgres.url("nowhere"))
    with pytest.raises(ConfigError, match='"nowhere" does not exist'):
        store.prepare()
    store.close()


def test_a_server_that_is_not_there_is_a_store_that_is_away(tmp_path):
    store = PostgisStore(f"postgresql://me:secret@/picture?host={tmp_path}")
    with pytest.raises(StoreError) as caught:
        store.prepare()
    assert "secret" not in str(caught.value)
    store.close()


def test_questions_by_time_place_and_track_use_their_indices(postgres, url, store):
    for i in range(30):
        rows = some_rows(2000, START_S + 60.0 * i, i)
        store.write(rows, NONE, "north", START_S + 60.0 * i, i + 1)
    store.write(some_rows(10, START_S + DAY), NONE, "north", START_S + DAY, 100)
    postgres.sql("VACUUM ANALYZE skypact.track_update", name(url))
    box = Area(10.0 * DEGREE, 50.0 * DEGREE, 10.1 * DEGREE, 50.1 * DEGREE)
    asked = {
        "time": (HistoryQuery(), START_S + 600.0, START_S + 660.0),
        "position": (HistoryQuery(area=box), START_S, START_S + 3600.0),
        "track": (HistoryQuery(tracks=(7,)), START_S, START_S + 3600.0),
    }
    for index, (query, from_s, until_s) in asked.items():
        question = history_question(query, from_s, until_s)
        text = f"EXPLAIN SELECT * FROM skypact.track_update WHERE {question.where}"
        plan = "\n".join(row[0] for row in store._fetch(text, question.values))
        assert f"_{index}" in plan, plan
        assert "Seq Scan" not in plan, plan
        assert "20261124" not in plan, plan


def test_days_are_made_ahead_and_dropped_when_old(postgres, url, store):
    store.write(some_rows(3, START_S - 3 * DAY), NONE, "north", START_S, 1)
    store.write(some_rows(3, START_S), NONE, "north", START_S, 2)
    named = "SELECT relname FROM pg_class WHERE relname ~ '^track_update_[0-9]+$' ORDER BY 1"
    days = [line[-2:] for line in postgres.sql(named, name(url)).split()]
    assert days == ["20", "21", "23", "24"]
    store.expire(START_S - DAY)
    assert [line[-2:] for line in postgres.sql(named, name(url)).split()] == ["23", "24"]
    store.write(some_rows(3, START_S - 3 * DAY), NONE, "north", START_S, 3)
    assert count(store) == 6


def test_several_units_write_at_once(url):
    stores = [PostgisStore(url) for _ in range(3)]
    sinks = [StoreSink(store, f"unit{i}", batch_s=0.01) for i, store in enumerate(stores)]
    for i in range(20):
        for sink in sinks:
            sink.append(some_rows(5, START_S + i, i), NONE, START_S + i)
    for sink in sinks:
        sink.finish()
    store = PostgisStore(url)
    found = store.history(HistoryQuery(limit=1000)).tracks
    assert found.units == ("unit0", "unit1", "unit2")
    assert np.bincount(found.unit).tolist() == [100, 100, 100]
    store.close()


def test_what_a_question_asks_for_is_never_taken_for_a_statement(store):
    store.write_alerts([alert("x'; DROP TABLE skypact.track_update; --", START_S)])
    assert store.alerts(AlertQuery(id="' OR true --")) == []
    assert len(store.alerts(AlertQuery())) == 1
    assert store.history(HistoryQuery(unit="' OR true --")).after is None


def test_rows_of_any_length_are_copied(store):
    rows = some_rows(3000, START_S)
    for number, n in enumerate((1, 2, 999, 1998), 1):
        part = take_rows(rows, slice(0, n))
        store.write(part, NONE, "ünït", START_S, number)
    assert count(store) == 3000


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:secret@db:5433/air", "postgresql://me@db:5433/air"),
        ("postgresql://me:s%40c@/air?host=/run/pg&password=x", "postgresql://me@/air?host=/run/pg"),
        ("postgresql://db/air", "postgresql://db/air"),
    ],
)
def test_an_address_is_shown_without_its_password(url, shown):
    assert shown_url(url) == shown


@pytest.mark.parametrize(
    "url", ["", "parquet:", "parquet://x", "mysql://me:secret@db/x", "postgresql:x", "/var/air"]
)
def test_another_address_is_a_clear_error(url):
    with pytest.raises(ConfigError, match="expected parquet:DIR or postgresql") as caught:
        open_store(url)
    assert "secret" not in str(caught.value)


def test_a_wrong_port_is_a_clear_error():
    with pytest.raises(ConfigError, match="port") as caught:
        open_store("postgresql://me:secret@db:http/x")
    assert "secret" not in str(caught.value)


def test_a_folder_is_relative_to_what_is_told(tmp_path):
    store = open_store("parquet:picture", tmp_path)
    store.write(some_rows(1, START_S), NONE, "north", START_S, 1)
    store.close()
    assert len(list((tmp_path / "picture").rglob("*.parquet"))) == 1


def test_without_the_driver_the_install_line_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'skypact\[postgis\]'"):
        open_store("postgresql://db/air")
