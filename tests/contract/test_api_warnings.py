"""Drafts of warnings over HTTP: who may see them, release them, refuse them, and what is kept."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.contract.api_sky import client
from tests.contract.api_sky import unit_status as status
from tests.naive.warned import NOW_S, alert, warnings_in

from skypact.record import warnings as kept
from skypact.record.capschema import parse
from skypact.record.capsign import read_certificate, verify
from skypact.record.warning_files import WarningFiles
from skypact.record.warnings import Warnings
from skypact.runtime.warning import ReleaseDesk
from skypact.serve.access import Access, Tokens, new_token
from skypact.serve.app import UnitParts

LIST = "/api/v1/warnings"
ONE = f"{LIST}/{alert().id}"
DISTRICTS = {"probability": 0.9, "districts": [{"name": "Vilnius"}]}


@pytest.fixture
def sent() -> list:
    return []


@pytest.fixture
def warnings(tmp_path: Path, sent: list) -> Warnings:
    made = warnings_in(tmp_path, [sent.append])
    made.append_alerts([alert(evidence=DISTRICTS)])
    return made


def parts_of(warnings: Warnings, audited: list) -> UnitParts:
    desk = ReleaseDesk(warnings, lambda: NOW_S + 20.0)
    return UnitParts(status, audit=lambda what, f: audited.append({what: f}), warnings=desk)


@pytest.fixture
def audited() -> list[dict]:
    return []


@pytest.fixture
def api(tmp_path: Path, warnings: Warnings, audited: list) -> Iterator[TestClient]:
    with client(tmp_path, parts_of(warnings, audited)) as made:
        yield made


def steps(folder: Path) -> list[tuple[str, str, str]]:
    return [(s.action, s.who, s.role) for s in WarningFiles(folder / "warnings").steps()]


def test_a_draft_that_waits_is_listed_and_can_be_read(api: TestClient) -> None:
    (told,) = api.get(LIST).json()["warnings"]
    assert (told["alert"], told["rule"], told["districts"]) == (
        alert().id, "ballistic", ["Vilnius"],
    )  # fmt: skip
    assert (told["released"], told["event_time_s"]) == (False, NOW_S + 300.0)
    draft = api.get(ONE).json()
    assert {name: draft[name] for name in told} == told
    assert "<scope>Restricted<" in draft["cap"]
    parse(draft["cap"].encode())


def test_a_release_makes_a_signed_message_to_the_public(
    api: TestClient, tmp_path: Path, sent: list, audited: list
) -> None:
    answer = api.post(f"{ONE}/release")
    told = answer.json()
    assert (answer.status_code, told["action"], told["by"]) == (200, "released", "local")
    assert sent[-1].alert == alert().id
    trusted = {"warn.north.example": [read_certificate(tmp_path / "north.pem")]}
    found = verify(sent[-1].xml, trusted, NOW_S + 20.0)
    assert found.alert.findtext("{*}scope") == "Public"
    assert found.alert.findtext("{*}identifier") == told["identifier"]
    assert steps(tmp_path)[-1] == ("released", "local", "release")
    assert audited[-1]["release"]["is"] == "released"
    assert api.get(LIST).json()["warnings"] == []
    assert api.get(ONE).status_code == 404
    again = api.post(f"{ONE}/release")
    assert (again.status_code, again.json()["action"]) == (200, "unchanged")
    assert len(sent) == 2


def test_a_refusal_needs_a_reason_and_the_draft_stays(api: TestClient, tmp_path: Path) -> None:
    for body in (b"", b"{}", b'{"reason":""}', b'{"reason":"  "}', b'{"why":"x"}'):
        answer = api.post(f"{ONE}/refuse", content=body)
        assert (answer.status_code, answer.json()["type"][-8:]) == (400, "bad-body"), body
    told = api.post(f"{ONE}/refuse", json={"reason": "a balloon"}).json()
    assert (told["action"], told["identifier"]) == ("refused", "")
    (waits,) = api.get(LIST).json()["warnings"]
    assert (waits["refused_by"], waits["refused_why"]) == ("local", "a balloon")
    assert steps(tmp_path)[-1] == ("refused", "local", "release")
    assert api.post(f"{ONE}/release").json()["action"] == "released"
    late = api.post(f"{ONE}/refuse", json={"reason": "too late"})
    assert (late.status_code, late.json()["got"]) == (409, "it is released already")


def test_what_is_unknown_over_or_only_possible_is_not_released(
    api: TestClient, warnings: Warnings
) -> None:
    assert api.post(f"{LIST}/nothing/release").status_code == 404
    warnings.append_alerts([alert("cleared", NOW_S + 5.0)])
    over = api.post(f"{ONE}/release")
    assert (over.status_code, over.json()["got"]) == (409, "the alert is over")
    warnings.append_alerts([alert(id="ballistic-8-1", evidence={"stage": "possible"})])
    possible = api.post(f"{LIST}/ballistic-8-1/release")
    assert (possible.status_code, possible.json()["got"]) == (409, "the object is only possible")


@pytest.mark.parametrize(("role", "reads"), [("view", 403), ("operate", 200)])
def test_who_may_not_release_is_denied_and_the_try_is_recorded(
    tmp_path: Path, warnings: Warnings, audited: list, sent: list, role: str, reads: int
) -> None:
    token, line = new_token(role)  # type: ignore[arg-type]
    (tmp_path / "tokens").write_text(line)
    access = Access(tokens=Tokens(tmp_path / "tokens"))
    with client(tmp_path, parts_of(warnings, audited), access) as api:
        assert api.post(f"{ONE}/release").status_code == 401
        api.headers["authorization"] = f"Bearer {token}"
        assert [api.get(path).status_code for path in (LIST, ONE)] == [reads, reads]
        for what in ("release", "refuse"):
            answer = api.post(f"{ONE}/{what}", json={"reason": "x"})
            assert answer.status_code == 403
            assert answer.json()["type"] == "urn:skypact:problem:forbidden"
    who = f"{role} {line.split()[1][:12]}"
    assert steps(tmp_path)[1:] == [("denied", who, role)] * 2
    assert [list(line) for line in audited] == [["release"], ["refuse"]]
    assert len(sent) == 1
    assert not warnings.is_released(alert().id)


def test_a_flood_of_denied_tries_is_counted_and_costs_the_disk_little(
    warnings: Warnings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(kept.MOST_DENIALS + 40):
        warnings.release(f"x-{n}", "eve", "view", NOW_S + n * 0.01)
    assert warnings.n_denied == kept.MOST_DENIALS + 40
    assert len(steps(tmp_path)) == 1 + kept.MOST_DENIALS
    warnings.release("x", "eve", "view", NOW_S + kept.DENIALS_S + 1.0)
    assert len(steps(tmp_path)) == 2 + kept.MOST_DENIALS


def test_a_draft_that_no_file_took_can_be_read_and_one_that_cannot_be_signed_is_told(
    api: TestClient, warnings: Warnings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> bytes:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(WarningFiles, "keep", full)
        warnings.append_alerts([alert(id="ballistic-9-1")])
    assert "<scope>Restricted<" in api.get(f"{LIST}/ballistic-9-1").json()["cap"]

    def broken(*_: object) -> bytes:
        raise kept.WarningError("no key")

    with monkeypatch.context() as patch:
        patch.setattr(kept, "sign", broken)
        answer = api.post(f"{ONE}/release")
        assert (answer.status_code, answer.json()["got"]) == (500, "no key")
    assert api.post(f"{ONE}/release").json()["action"] == "released"


def test_only_this_server_s_pages_and_programs_release(api: TestClient, sent: list) -> None:
    answer = api.post(f"{ONE}/release", headers={"origin": "http://evil.example"})
    assert answer.status_code == 403
    assert api.get(f"{ONE}/release").status_code == 405
    assert len(sent) == 1


def test_a_run_that_warns_nobody_has_no_drafts(tmp_path: Path) -> None:
    with client(tmp_path) as api:
        assert api.get(LIST).json() == {"warnings": []}
        assert api.get(ONE).status_code == 404
        assert api.post(f"{ONE}/release").status_code == 404
        assert api.post(f"{ONE}/refuse", json={"reason": "x"}).status_code == 404
