"""Whatever is asked: an answer or a problem that says what is wrong, never an error of ours."""

from collections.abc import Iterator
from urllib.parse import quote

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient
from tests.contract.api_sky import batches, client, ended, history

from skypact.model.store import HistoryQuery
from skypact.serve.archive import RecentArchive
from skypact.serve.operations import OPERATIONS
from skypact.testing.memory_store import MemoryStore

PATHS = [operation.path for operation in OPERATIONS]
NAMES = sorted({p.name for operation in OPERATIONS for p in operation.parameters})
NUMBERS = st.one_of(st.integers(), st.floats(), st.sampled_from(["1e400", "٣", "-0", "0x10"]))
TEXTS = st.one_of(
    st.text(max_size=40),
    NUMBERS.map(str),
    st.lists(NUMBERS, max_size=7).map(lambda v: ",".join(str(x) for x in v)),
    st.text(alphabet="0123456789-:TZ./,+e", max_size=40),
    st.tuples(st.datetimes().map(str), st.datetimes().map(str)).map("/".join),
    st.tuples(st.floats(), st.integers(), st.integers(), st.text(max_size=5)).map(
        lambda c: f"{c[0].hex()}/{c[1]}/{c[2]}/{c[3]}"
    ),
)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with client(tmp_path_factory.mktemp("page")) as made:
        yield made


def is_sound(answer) -> bool:
    if answer.status_code in (200, 304, 307):
        return True
    told = answer.json()
    is_problem = answer.headers["content-type"] == "application/problem+json"
    return 400 <= answer.status_code < 500 and is_problem and told["status"] == answer.status_code


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(PATHS), st.lists(st.tuples(st.sampled_from(NAMES), TEXTS), max_size=3))
@example("/ogc/collections/tracks/items", [("datetime", "0/9999-12-31T23:59:59Z")])
@example("/ogc/collections/tracks/items", [("datetime", "0001-01-01T00:00:00+23:59")])
@example("/ogc/collections/tracks/items", [("cursor", "nan/1/1/x")])
@example("/tracks", [("at", "253402300799")])
@example("/tracks", [("icao", "," * 500)])
def test_any_parameter_is_answered_or_a_problem(api, path, query):
    path = path.replace("{number}", "3").replace("{id}", "north.3.1767262558100000")
    text = "&".join(f"{name}={quote(value, errors='replace')}" for name, value in query)
    answer = api.get(f"/api/v1{path}?{text}")
    assert is_sound(answer), (answer.status_code, answer.text)


@settings(max_examples=50, deadline=None)
@given(st.text(min_size=1, max_size=30))
@example("\x00")
@example("..")
@example("9" * 5000)
def test_any_path_is_answered_or_a_problem(api, text):
    for root in ("tracks/", "ogc/collections/tracks/items/", "", "ogc/collections/"):
        answer = api.get(f"/api/v1/{root}{quote(text, safe='', errors='replace')}")
        assert is_sound(answer) or (root == "" and answer.status_code == 200)


@pytest.fixture(scope="module")
def store() -> MemoryStore:
    made = MemoryStore()
    for number, (rows, now_s) in enumerate(batches()):
        made.write(rows, ended(), "north", now_s, number)
    return made


TIMES = st.floats(-5.0, 65.0).map(lambda s: float(history().first_s + s))


@settings(max_examples=40, deadline=None)
@given(TIMES, TIMES, st.integers(1, 400), st.lists(st.integers(0, 210), max_size=3))
def test_the_page_s_history_is_read_as_a_store_is(store, one_s, other_s, limit, tracks):
    page_history = RecentArchive(history(), "north")
    query = HistoryQuery(min(one_s, other_s), max(one_s, other_s), tracks=tuple(tracks))
    query = query._replace(limit=limit)
    for _ in range(4):
        ours, theirs = page_history.history(query), store.history(query)
        assert np.array_equal(ours.tracks.rows.track, theirs.tracks.rows.track)
        assert np.array_equal(ours.tracks.rows.time_s, theirs.tracks.rows.time_s)
        assert (ours.after is None) == (theirs.after is None)
        if ours.after is None:
            break
        assert ours.after == theirs.after
        query = query._replace(after=ours.after)
