"""Alerts that live, taking notice of them, the doctrine's measures: over HTTP and the stream."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient
from tests.browser.synthetic_sky import START_S
from tests.contract.api_sky import alert, client, desk
from tests.contract.api_sky import unit_status as status

from skypact.model.alerts import Acknowledgement
from skypact.runtime.desk import MOST_CHANGES, MOST_NOTICES, AlertDesk
from skypact.serve import alertframes
from skypact.serve.access import Access, Tokens, new_token
from skypact.serve.app import UnitParts

ONE = "/api/v1/alerts/emergency-1-7700-1767262505000/acknowledge"


@pytest.fixture
def watch() -> AlertDesk:
    return desk()


@pytest.fixture
def audited() -> list[dict]:
    return []


@pytest.fixture
def api(tmp_path: Path, watch: AlertDesk, audited: list) -> Iterator[TestClient]:
    parts = UnitParts(status, watch=watch, audit=lambda what, f: audited.append({what: f}))
    with client(tmp_path, parts) as made:
        yield made


def waiting(watch: AlertDesk) -> list[Acknowledgement]:
    return [n for n in watch.collect() if isinstance(n, Acknowledgement)]


def test_alerts_that_live_are_told_the_oldest_first(api: TestClient) -> None:
    told = api.get("/api/v1/alerts/alive").json()["alerts"]
    assert [a["tracks"] for a in told] == [[1], [2]]
    assert told[0]["raised_s"] == START_S + 6.0
    assert (told[0]["state"], told[0]["acknowledged_by"]) == ("raised", [])
    assert (told[0]["unit"], told[0]["event_time_s"]) == ("north", None)
    assert len(api.get("/api/v1/alerts/alive?limit=1").json()["alerts"]) == 1


def test_an_acknowledgement_waits_for_the_next_look_and_is_audited(
    api: TestClient, watch: AlertDesk, audited: list
) -> None:
    answer = api.post(ONE, json={"note": " seen on radar "})
    assert answer.status_code == 202
    assert answer.json() == {"id": alert().id, "by": "local", "acknowledged_by": []}
    assert waiting(watch) == [Acknowledgement(alert().id, "local", "seen on radar")]
    (line,) = audited
    assert line["acknowledge"] == {
        "alert": alert().id, "by": "local", "from": "testclient", "note": "seen on radar",
        "is": "accepted",
    }  # fmt: skip


@pytest.mark.parametrize("body", [b"", b"{}", b'{"note":""}'])
def test_nothing_need_be_sent_along(api: TestClient, watch: AlertDesk, body: bytes) -> None:
    assert api.post(ONE, content=body).status_code == 202
    assert waiting(watch)[0].note == ""


def test_who_asks_again_changes_nothing(api: TestClient, watch: AlertDesk) -> None:
    assert [api.post(ONE).status_code for _ in range(3)] == [202] * 3
    assert len(waiting(watch)) == 1
    done = alert(state="acknowledged", acknowledged_by=("local",))
    watch.publish([done.record("north", START_S + 20.0, done.state)], [done], "north")
    answer = api.post(ONE)
    assert (answer.status_code, answer.json()["acknowledged_by"]) == (200, ["local"])
    assert waiting(watch) == []


def test_an_alert_that_is_unknown_or_over_is_not_found(api: TestClient, watch: AlertDesk) -> None:
    unknown = api.post("/api/v1/alerts/nothing/acknowledge")
    assert (unknown.status_code, unknown.json()["got"]) == (404, "nothing")
    watch.publish([alert().record("north", START_S + 20.0, "cleared")], [], "north")
    over = api.post(ONE)
    assert over.status_code == 404
    assert over.headers["content-type"] == "application/problem+json"
    assert over.json()["type"] == "urn:skypact:problem:not-found"


@pytest.mark.parametrize(
    ("body", "code", "word"),
    [
        (b"{", 400, "bad-body"),
        (b"[]", 400, "bad-body"),
        (b'{"note":1}', 400, "bad-body"),
        (b'{"nothing":"x"}', 400, "bad-body"),
        (b'{"note":"\xff"}', 400, "bad-body"),
        (json.dumps({"note": "x" * 1001}).encode(), 400, "bad-body"),
        (b" " * 20_000, 413, "too-long"),
    ],
)
def test_what_is_sent_along_is_checked(
    api: TestClient, watch: AlertDesk, body: bytes, code: int, word: str
) -> None:
    answer = api.post(ONE, content=body)
    assert (answer.status_code, answer.json()["type"]) == (code, f"urn:skypact:problem:{word}")
    assert waiting(watch) == []


def test_an_id_with_a_slash_can_be_named(api: TestClient, watch: AlertDesk) -> None:
    living = alert(id="area-A~1B ä~0-7-1767262505000")
    watch.publish((), [living], "north")
    assert api.post(f"/api/v1/alerts/{quote(living.id)}/acknowledge").status_code == 202
    assert waiting(watch)[0].alert == living.id


def test_too_many_that_wait_are_told_to_come_again(tmp_path: Path) -> None:
    watch = desk(MOST_NOTICES + 1)
    with client(tmp_path, UnitParts(status, watch=watch)) as api:
        for number in range(1, MOST_NOTICES + 1):
            assert watch.acknowledge(Acknowledgement(alert(number).id, "x")) == "accepted"
        answer = api.post(ONE.replace("-1-", f"-{MOST_NOTICES + 1}-"))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


def test_only_post_acknowledges(api: TestClient, watch: AlertDesk) -> None:
    answer = api.get(ONE)
    assert (answer.status_code, answer.json()["expected"]) == (405, "POST")
    assert waiting(watch) == []


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:8601"])
def test_pages_of_other_origins_acknowledge_nothing(
    api: TestClient, watch: AlertDesk, origin: str
) -> None:
    answer = api.post(ONE, headers={"origin": origin})
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:skypact:problem:other-origin"
    assert waiting(watch) == []
    assert api.post(ONE, headers={"origin": "http://127.0.0.1:8600"}).status_code == 202


@pytest.mark.parametrize(("role", "code"), [("view", 403), ("operate", 202), ("release", 202)])
def test_it_takes_the_role_operate_and_says_whose_token_it_was(
    tmp_path: Path, watch: AlertDesk, role: str, code: int
) -> None:
    token, line = new_token(role)  # type: ignore[arg-type]
    (tmp_path / "tokens").write_text(line)
    access = Access(tokens=Tokens(tmp_path / "tokens"))
    with client(tmp_path, UnitParts(status, watch=watch), access) as api:
        assert api.post(ONE).status_code == 401
        api.headers["authorization"] = f"Bearer {token}"
        assert api.get("/api/v1/alerts/alive").status_code == 200
        assert api.post(ONE).status_code == code
    who = f"{role} {line.split()[1][:12]}"
    assert [n.by for n in waiting(watch)] == ([who] if code == 202 else [])


def test_the_doctrine_s_measures_are_told(api: TestClient) -> None:
    told = api.get("/api/v1/doctrine").json()["measures"]
    assert [(m["alert"], m["state"]) for m in told] == [
        (alert(n).id, "told") for n in (1, 2)
    ]  # fmt: skip
    assert told[0]["acknowledge_by_s"] == START_S + 66.0


def next_alerts(stream) -> dict:
    while True:
        message = stream.receive()
        if "alerts" in (message.get("text") or ""):
            told: dict = json.loads(message["text"])
            return told


def test_a_page_gets_the_alerts_that_live_and_then_what_becomes_of_them(
    api: TestClient, watch: AlertDesk
) -> None:
    with api.websocket_connect("ws://127.0.0.1:8600/ws") as stream:
        first = next_alerts(stream)
        assert (first["whole"], first["left_out"]) == (True, 0)
        assert [a["tracks"] for a in first["alerts"]] == [[1], [2]]
        done = alert(1, state="acknowledged", acknowledged_by=("anna",))
        records = [done.record("north", START_S + 20.0, "acknowledged")]
        records.append(alert(2).record("north", START_S + 20.0, "cleared"))
        watch.publish(records, [done], "north")
        second = next_alerts(stream)
    assert second["whole"] is False
    assert [(a["tracks"], a["state"]) for a in second["alerts"]] == [
        ([1], "acknowledged"), ([2], "cleared"),
    ]  # fmt: skip
    assert second["alerts"][0]["acknowledged_by"] == ["anna"]


def test_a_page_that_is_too_far_behind_gets_all_that_live_anew(
    api: TestClient, watch: AlertDesk
) -> None:
    with api.websocket_connect("ws://127.0.0.1:8600/ws") as stream:
        next_alerts(stream)
        record = alert(2).record("north", START_S + 20.0, "updated")
        watch.publish([record] * (MOST_CHANGES + 1), [alert(2)], "north")
        told = next_alerts(stream)
    assert told["whole"] is True
    assert [a["tracks"] for a in told["alerts"]] == [[2]]


def test_a_message_is_bounded_and_leaves_the_least_severe_out(monkeypatch) -> None:
    monkeypatch.setattr(alertframes, "MOST_ALERTS", 2)
    watch = AlertDesk()
    severities = ("extreme", "minor", "severe", "minor")
    watch.publish((), [alert(n, s) for n, s in enumerate(severities, 1)], "north")
    told = json.loads(alertframes.alerts_text(watch.alive(), is_whole=True))
    assert [a["severity"] for a in told["alerts"]] == ["extreme", "severe"]
    assert told["left_out"] == 2
