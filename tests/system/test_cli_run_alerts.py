"""Alerts of a live unit are acknowledged, told and released; a replay makes all of it again."""

import json
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.naive.certificates import make_certificates
from tests.naive.posted import Server
from tests.system.running import Running, Sky, assert_made_again, until

from skypact.decode.asterix.records import decode_block
from skypact.record.capschema import parse

pytestmark = pytest.mark.live
UNIT = """
sac = 25
sic = 100
warnings = {{ sender = "warn.example", status = "Exercise", note = "smoke", key = "north.key", \
certificate = "north.pem" }}
webhook = [{{ url = "http://127.0.0.1:{port}/civil", secret = "secret", alerts = false, \
warnings = "released", recipients = ["civil"] }}]
output = [{{ kind = "asterix", url = "file:sent.ast" }}, \
{{ kind = "cot", url = "file:sent.xml", alerts = ["area"] }}]
"""
WATCH = """
[watch.warning]
rules = ["area"]
least_severity = "extreme"
[[watch.area.area]]
name = "all / of it"
centre = [56.9, 24.1]
radius_m = 2000000.0
[[watch.area.area]]
name = "middle"
centre = [48.0, 17.2]
radius_m = 40000.0
severity = "extreme"
[[watch.recipient]]
name = "civil"
channels = ["webhook", "cap"]
[[watch.doctrine]]
name = "tell"
rules = ["area"]
severities = ["extreme"]
tell = ["civil"]
through = ["webhook"]
within_s = 60
[[watch.doctrine]]
name = "warn"
rules = ["area"]
severities = ["extreme"]
tell = ["civil"]
through = ["cap"]
within_s = 600
[[watch.recipient]]
name = "duty officer"
channels = ["api", "log"]
[[watch.recipient]]
name = "ministry"
channels = ["webhook"]
[[watch.doctrine]]
name = "notice"
rules = ["area"]
tell = ["duty officer"]
acknowledge_within_s = 2
[[watch.doctrine.escalate]]
tell = ["ministry"]
within_s = 1
acknowledge_within_s = 3
"""


def post(unit: Running, path: str, **body: str) -> tuple[int, dict]:
    url = unit.url + urllib.parse.quote(path)
    with urllib.request.urlopen(url, json.dumps(body).encode(), timeout=10) as answer:
        return int(answer.status), json.load(answer)


def acknowledge_one(unit: Running) -> None:
    alive = lambda: unit.ask("/api/v1/alerts/alive")["alerts"]  # noqa: E731
    until(lambda: any(a["rule"] == "area" for a in alive()), "alerts")
    first = next(a["id"] for a in alive() if a["rule"] == "area")
    path = f"/api/v1/alerts/{first}/acknowledge"
    assert post(unit, path, note="seen")[0] == 202
    until(lambda: any(a["acknowledged_by"] == ["local"] for a in alive()), "acknowledgement")
    assert post(unit, path)[0] == 200


def release_one(unit: Running, server: Server) -> dict:
    """Read a draft, release it and wait until those who are to know have it."""
    waiting = lambda: unit.ask("/api/v1/warnings")["warnings"]  # noqa: E731
    until(lambda: waiting(), "drafts")
    name = waiting()[0]["alert"]
    draft = unit.ask(f"/api/v1/warnings/{urllib.parse.quote(name)}")
    assert "<scope>Restricted<" in draft["cap"]
    assert b"u-d-f" not in (unit.folder / "sent.xml").read_bytes(), "a draft is no warning"
    status, done = post(unit, f"/api/v1/warnings/{name}/release")
    assert (status, done["action"]) == (200, "released")

    def told() -> set[str]:
        measures = unit.ask("/api/v1/doctrine")["measures"]
        return {m["doctrine"] for m in measures if (m["alert"], m["state"]) == (name, "told")}

    until(lambda: told() >= {"tell", "warn"}, "receipts")
    until(lambda: any(b"oasis" in body for *_, body in server.taken), "the warning")
    until(lambda: b"u-d-f" in (unit.folder / "sent.xml").read_bytes(), "its area")
    return done


def blocks_of(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at + 1 : at + 3], "big")
        yield data[at : at + size]
        at += size


def assert_sent(folder: Path, server: Server, done: dict) -> None:
    """See that what went out is what was decided, and marked as an exercise."""
    xml = next(body for *_, body in server.taken if done["identifier"].encode() in body)
    parse(xml)
    assert b"<scope>Public<" in xml
    kinds = {json.loads(body)["type"] for *_, body in server.taken if body.startswith(b"{")}
    assert kinds == {"measure"}
    shown = (folder / "sent.xml").read_text()
    assert 'callsign="EXERCISE' in shown
    safety = [
        record
        for block in blocks_of((folder / "sent.ast").read_bytes())
        for record in (decode_block(block).records if block[0] == 4 else ())
    ]
    assert {r["000"] for r in safety} >= {1, 5}
    steps = (folder / "all" / "warnings" / "steps.jsonl").read_text().splitlines()
    released = [s for s in map(json.loads, steps) if s["action"] == "released"]
    assert [(s["who"], s["identifier"]) for s in released] == [("local", done["identifier"])]


def test_what_a_live_unit_tells_and_is_told_is_made_again(tmp_path: Path) -> None:
    make_certificates(tmp_path, ["north"])
    (tmp_path / "secret").write_text("0123456789abcdef0123456789abcdef")
    server = Server(200)
    sky = Sky(tmp_path, UNIT.format(port=server.port))
    try:
        union = tmp_path / "union.toml"
        union.write_text(union.read_text() + WATCH)
        unit = Running(tmp_path).await_map()
        acknowledge_one(unit)
        done = release_one(unit, server)
        measures = lambda: unit.ask("/api/v1/doctrine")["measures"]  # noqa: E731
        until(lambda: any("overdue" in m["times"] and m["step"] == 1 for m in measures()), "step")
        status = unit.ask("/api/v1/status")
        assert [r["name"] for r in status["watch"]["rules"] if r["faults"]] == []
        assert (status["warnings"]["failed"], status["warnings"]["undelivered"]) == (0, 0)
        summary = unit.end()
    finally:
        sky.end()
        server.close()
    assert_sent(tmp_path, server, done)
    assert_made_again(tmp_path, summary)
    live, again = (tmp_path / name / "doctrine.jsonl" for name in ("all", "again"))
    assert live.read_bytes() == again.read_bytes()
    assert {json.loads(line)["state"] for line in live.read_text().splitlines()} >= {
        "owed", "told", "acknowledged", "overdue", "escalated",
    }  # fmt: skip
    log = unit.log.read_text()
    assert all(f'"what":"{word}"' in log for word in ("acknowledge", "measure", "release"))
