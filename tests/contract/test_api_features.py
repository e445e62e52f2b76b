"""The picture's past as OGC API Features, from the page's history and from a store alike."""

from collections.abc import Iterator

import numpy as np
import pytest
from starlette.testclient import TestClient
from tests.browser.synthetic_sky import START_S
from tests.contract.api_sky import BASE, END_S, batches, client, ended
from tests.contract.api_sky import unit_status as status

from skypact.serve.app import UnitParts
from skypact.testing.memory_store import MemoryStore

ITEMS = "/api/v1/ogc/collections/tracks/items"


def filled_store() -> MemoryStore:
    store = MemoryStore()
    for number, (rows, now_s) in enumerate(batches()):
        store.write(rows, ended(), "north", now_s, number)
    return store


@pytest.fixture(scope="module", params=["page", "store"])
def api(request, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    store = filled_store() if request.param == "store" else None
    with client(tmp_path_factory.mktemp("page"), UnitParts(status, store)) as made:
        yield made


def pages(api: TestClient, url: str) -> list[dict]:
    """Every feature, by following the links."""
    found, n_pages = [], 0
    while url:
        answer = api.get(url)
        assert answer.headers["content-type"] == "application/geo+json"
        told = answer.json()
        assert told["numberReturned"] == len(told["features"])
        assert "numberMatched" not in told
        assert any(link["rel"] == "self" for link in told["links"])
        found += told["features"]
        url = next((link["href"] for link in told["links"] if link["rel"] == "next"), "")
        n_pages += 1
        assert n_pages < 200
    return found


def test_the_landing_page_leads_to_everything(api):
    told = api.get("/api/v1/ogc/").json()
    links = {link["rel"]: link["href"] for link in told["links"]}
    assert {"self", "service-desc", "conformance", "data"} <= set(links)
    for href in links.values():
        assert href.startswith(BASE)
        assert api.get(href).status_code == 200


def test_the_classes_that_hold_are_declared(api):
    classes = api.get("/api/v1/ogc/conformance").json()["conformsTo"]
    assert {c.rsplit("/", 1)[1] for c in classes} == {"core", "geojson"}


def test_the_collection_is_described_alike_in_both_places(api):
    listed = api.get("/api/v1/ogc/collections").json()["collections"]
    alone = api.get("/api/v1/ogc/collections/tracks").json()
    assert listed == [alone]
    assert alone["id"] == "tracks"
    assert alone["crs"][0] == "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
    assert [link["rel"] for link in alone["links"]] == ["self", "items"]


def test_another_collection_is_not_found(api):
    assert api.get("/api/v1/ogc/collections/planes/items").status_code == 404


def test_every_update_comes_once_in_order_of_time(api):
    found = pages(api, f"{ITEMS}?limit=700")
    keys = [(f["properties"]["time_s"], f["properties"]["track"]) for f in found]
    assert len(found) == 200 * 15
    assert keys == sorted(keys)
    assert len({f["id"] for f in found}) == len(found)


def test_one_row_a_page_gives_the_same_rows(api):
    span = f"datetime={START_S + 10}/{START_S + 10.5}"
    one_by_one = pages(api, f"{ITEMS}?{span}&limit=1")
    assert len(one_by_one) > 20
    assert [f["id"] for f in one_by_one] == [f["id"] for f in pages(api, f"{ITEMS}?{span}")]


def test_a_span_of_time_holds_both_its_ends(api):
    whole = pages(api, f"{ITEMS}?track=5")
    times = [f["properties"]["time_s"] for f in whole]
    a, b = times[3], times[6]
    told = pages(api, f"{ITEMS}?track=5&datetime={a:.6f}/{b:.6f}")
    assert [f["properties"]["time_s"] for f in told] == times[3:7]
    early = pages(api, f"{ITEMS}?track=5&datetime=../{times[1]:.6f}")
    assert len(early) == 2
    moment = whole[4]["properties"]["time"]
    assert len(pages(api, f"{ITEMS}?track=5&datetime={moment}")) == 1


def test_a_box_holds_what_is_inside(api):
    every = pages(api, f"{ITEMS}?limit=10000")
    inside = [
        f["id"]
        for f in every
        if 20 <= f["geometry"]["coordinates"][0] <= 24
        and 54 <= f["geometry"]["coordinates"][1] <= 56
    ]
    assert 0 < len(inside) < len(every)
    assert [f["id"] for f in pages(api, f"{ITEMS}?bbox=20,54,24,56&limit=100")] == inside
    low = pages(api, f"{ITEMS}?bbox=20,54,-100,24,56,4000&limit=100")
    assert {f["id"] for f in low} == {
        f["id"] for f in every if f["id"] in inside and f["geometry"]["coordinates"][2] <= 4000
    }


def test_identities_select(api):
    feature = pages(api, f"{ITEMS}?track=8")[0]["properties"]
    for query in (f"icao={feature['icao']}", f"callsign={feature['callsign']}"):
        assert {f["properties"]["track"] for f in pages(api, f"{ITEMS}?{query}")} == {8}
    assert pages(api, f"{ITEMS}?unit=elsewhere") == []
    assert len(pages(api, f"{ITEMS}?unit=north&track=8")) == 15


def test_each_item_is_found_by_its_id(api):
    for feature in pages(api, f"{ITEMS}?track=9,10"):
        told = api.get(f"{ITEMS}/{feature['id']}").json()
        assert {k: told[k] for k in feature} == feature
        assert [link["rel"] for link in told["links"]] == ["self", "collection"]


@pytest.mark.parametrize("name", ["north.9.1", "south.9.1767262500000000", "north.0.0"])
def test_an_item_that_is_not_kept_is_not_found(api, name):
    assert api.get(f"{ITEMS}/{name}").status_code == 404


def test_a_limit_beyond_the_greatest_is_the_greatest(api):
    assert api.get(f"{ITEMS}?limit=99999999").status_code == 200
    assert api.get(f"{ITEMS}?limit=0").status_code == 400


@pytest.mark.parametrize(
    "query",
    ["bbox=1,2,3", "bbox=0,60,10,50", "bbox=a,b,c,d", "bbox=0,0,nan,1", "datetime=yesterday",
     "datetime=../..", "datetime=2026-01-02T00:00:00Z/2026-01-01T00:00:00Z", "cursor=x",
     "datetime=2026-13-01T00:00:00Z", "cursor=0x1p+0/1/99999999/n", "unknown=1", "track=1,x"],
)  # fmt: skip
def test_what_cannot_be_read_is_a_problem(api, query):
    answer = api.get(f"{ITEMS}?{query}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_store_that_is_away_is_said_so(tmp_path):
    store = filled_store()
    with client(tmp_path, UnitParts(status, store)) as api:
        store.fails = "the database does not answer"
        answer = api.get(ITEMS)
        assert answer.status_code == 503
        assert answer.json()["type"] == "urn:skypact:problem:no-store"
        assert answer.headers["retry-after"] == "5"
        assert api.get("/api/v1/tracks").status_code == 200
        store.fails = ""
        assert api.get(ITEMS).status_code == 200


def test_the_history_ends_where_the_picture_does(api):
    last = pages(api, f"{ITEMS}?datetime={END_S - 0.05}/..")
    assert len(last) == int(np.count_nonzero(batches()[-1][0].time_s > 0))
