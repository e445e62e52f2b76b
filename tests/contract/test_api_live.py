"""The interface for programs: the picture as it is now, and how the unit fares."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient
from tests.contract.api_sky import ALERT, END_S, N_TRACKS, client
from tests.contract.api_sky import unit_status as status

from skypact.serve.app import UnitParts


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    parts = UnitParts(status, alerts=lambda query: [ALERT] if query.until_s > 0 else [])
    with client(tmp_path_factory.mktemp("page"), parts) as made:
        yield made


def numbers(answer: dict) -> list[int]:
    return [feature["properties"]["track"] for feature in answer["features"]]


def test_all_live_tracks_are_features_in_order(api):
    answer = api.get("/api/v1/tracks")
    told = answer.json()
    assert answer.headers["content-type"] == "application/geo+json"
    assert told["type"] == "FeatureCollection"
    assert numbers(told) == list(range(1, N_TRACKS + 1))
    assert told["numberReturned"] == N_TRACKS
    assert told["time_s"] == pytest.approx(END_S)
    first = told["features"][0]
    assert first["properties"]["callsign"] == "BTI100"
    assert first["properties"]["class"] == "airliner"
    assert first["geometry"]["coordinates"] == pytest.approx([23.0818611, 54.6278231, 6744.5])


def test_pages_of_tracks_hold_all_of_them_once(api):
    seen, url = [], "/api/v1/tracks?limit=60"
    while url:
        told = api.get(url).json()
        seen += numbers(told)
        assert told["time_s"] == pytest.approx(END_S, abs=1e-6)
        url = next((link["href"] for link in told["links"] if link["rel"] == "next"), None)
    assert seen == list(range(1, N_TRACKS + 1))


@pytest.mark.parametrize(
    ("query", "check"),
    [
        ("callsign=bti100", lambda p, _: p["callsign"] == "BTI100"),
        ("confirmed=false", lambda p, _: not p["confirmed"]),
        ("class=airliner", lambda p, _: p["class"] == "airliner"),
        ("bbox=20,54,24,56", lambda _, c: 20 <= c[0] <= 24 and 54 <= c[1] <= 56),
        ("bbox=20,54,0,24,56,5000", lambda _, c: 20 <= c[0] <= 24 and c[2] <= 5000),
    ],
)
def test_a_filter_keeps_what_it_says_and_not_everything(api, query, check):
    told = api.get(f"/api/v1/tracks?{query}").json()["features"]
    assert 0 < len(told) < N_TRACKS or query.startswith("class")
    assert all(check(f["properties"], f["geometry"]["coordinates"]) for f in told)


def test_filters_leave_nothing_out(api):
    every = api.get("/api/v1/tracks").json()["features"]
    inside = [
        f["properties"]["track"]
        for f in every
        if 20 <= f["geometry"]["coordinates"][0] <= 24
        and 54 <= f["geometry"]["coordinates"][1] <= 56
    ]
    assert numbers(api.get("/api/v1/tracks?bbox=20,54,24,56").json()) == inside
    beyond = numbers(api.get("/api/v1/tracks?bbox=24,-90,20,90").json())
    within = numbers(api.get("/api/v1/tracks?bbox=20,-90,24,90").json())
    assert sorted(beyond + within) == list(range(1, N_TRACKS + 1))


def test_an_address_finds_its_track(api):
    feature = api.get("/api/v1/tracks/3").json()
    icao = feature["properties"]["icao"]
    assert numbers(api.get(f"/api/v1/tracks?icao={icao.upper()}").json()) == [3]


def test_an_earlier_time_shows_the_picture_of_then(api):
    told = api.get(f"/api/v1/tracks?at={END_S - 30}").json()
    assert told["time_s"] == pytest.approx(END_S - 30)
    assert all(f["properties"]["time_s"] <= END_S - 30 for f in told["features"])


def test_a_time_before_what_is_remembered_is_a_problem(api):
    answer = api.get("/api/v1/tracks?at=1000")
    assert answer.status_code == 400
    assert "/api/v1/ogc/" in answer.json()["remedy"]


def test_an_entity_tag_saves_the_second_answer(api):
    first = api.get("/api/v1/tracks")
    again = api.get("/api/v1/tracks", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""
    other = api.get("/api/v1/tracks?limit=5", headers={"if-none-match": first.headers["etag"]})
    assert other.status_code == 200


def test_a_track_has_its_recent_path(api):
    told = api.get("/api/v1/tracks/7?path_s=20").json()
    line, times = told["path"]["geometry"], told["path"]["properties"]["times_s"]
    assert line["type"] == "LineString"
    assert len(line["coordinates"]) == len(times) == 5
    assert line["coordinates"][-1] == told["geometry"]["coordinates"]
    assert times == sorted(times)


def test_a_track_that_is_not_there_is_not_found(api):
    answer = api.get("/api/v1/tracks/100000")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_unit_tells_its_parts(api):
    assert api.get("/api/v1/sensors").json()["sensors"][0]["biases"]["azimuth_deg"] == [0.05, 0.01]
    assert api.get("/api/v1/sources").json()["sources"][0]["packets"] == 4000
    assert api.get("/api/v1/outputs").json()["outputs"][0]["kind"] == "asterix"
    told = api.get("/api/v1/status").json()
    assert told["unit"] == "north"
    assert told["shed"] == {"adsb": 7}
    assert "sensors" not in told


def test_alerts_are_those_of_a_time(api):
    told = api.get("/api/v1/alerts").json()["alerts"]
    assert [a["id"] for a in told] == ["a-1"]
    assert told[0]["event_time_s"] is None
    assert api.get("/api/v1/alerts?datetime=../1970-01-01T00:00:00Z").json() == {"alerts": []}


def test_a_run_that_is_no_unit_has_the_same_interface(tmp_path):
    from tests.browser.synthetic_sky import baltic_scene
    from tests.contract.api_sky import BASE, history, page_folder

    from skypact.serve.app import create_app

    figures = {"reports": 9, "biases": {"Riga": {"range_m": [10.0, 1.0]}}}
    app = create_app(history(), baltic_scene("replay"), lambda: figures, page_folder(tmp_path))
    with TestClient(app, base_url=BASE) as api:
        assert api.get("/api/v1/status").json()["reports"] == 9
        assert (
            api.get("/api/v1/sensors").json()["sensors"][0]["biases"] == figures["biases"]["Riga"]
        )
        assert api.get("/health/ready").json() == {"status": "ok", "reasons": []}


@pytest.mark.parametrize(
    ("path", "status_code", "word"),
    [
        ("/api/v1/tracks?nothing=1", 400, "unknown-parameter"),
        ("/api/v1/tracks?limit=10001", 400, "bad-parameter"),
        ("/api/v1/tracks?limit=1&limit=2", 400, "bad-parameter"),
        ("/api/v1/tracks/x", 400, "bad-parameter"),
        ("/api/v1/nowhere", 404, "not-found"),
        ("/api/nowhere", 404, "not-found"),
    ],
)
def test_problems_say_what_was_expected(api, path, status_code, word):
    answer = api.get(path)
    told = answer.json()
    assert answer.status_code == told["status"] == status_code
    assert answer.headers["content-type"] == "application/problem+json"
    assert told["type"] == f"urn:skypact:problem:{word}"
    assert {"title", "detail", "where", "expected", "got"} <= set(told)


def test_only_reading_is_allowed(api):
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        answer = api.request(method, "/api/v1/tracks")
        assert answer.status_code == 405
        assert "GET" in answer.headers["allow"]
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8600", "", "127.0.0.1.evil.example"]
)
def test_another_host_gets_nothing(api, host):
    for path in ("/", "/api/v1/tracks", "/api/scene", "/metrics", "/health/live"):
        answer = api.get(path, headers={"host": host})
        assert answer.status_code == 421
        assert answer.json()["type"] == "urn:skypact:problem:wrong-host"


@pytest.mark.parametrize("host", ["localhost:9000", "127.0.0.1", "[::1]:8600"])
def test_names_of_this_machine_are_served_on_any_port(api, host):
    assert api.get("/api/v1/status", headers={"host": host}).status_code == 200


def test_an_error_of_ours_tells_no_secrets(tmp_path):
    calls = []

    def broken():
        calls.append(1)
        if len(calls) > 1:
            raise RuntimeError("secret")
        return status()

    with client(tmp_path, UnitParts(broken)) as api:
        answer = api.get("/api/v1/status")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text
