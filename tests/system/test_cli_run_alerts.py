"""Alerts of a live unit are acknowledged by a program; a replay makes all of it again."""

import json
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from tests.system.running import Running, Sky, assert_made_again, until

pytestmark = pytest.mark.live

WATCH = """
[[watch.area.area]]
name = "all / of it"
centre = [56.9, 24.1]
radius_m = 2000000.0
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


def acknowledge(unit: Running, name: str) -> int:
    path = f"/api/v1/alerts/{urllib.parse.quote(name)}/acknowledge"
    body = json.dumps({"note": "seen"}).encode()
    with urllib.request.urlopen(unit.url + path, body, timeout=10) as answer:
        return int(answer.status)


def test_acknowledgements_and_measures_of_a_live_unit_are_made_again(tmp_path: Path) -> None:
    sky = Sky(tmp_path)
    try:
        union = tmp_path / "union.toml"
        union.write_text(union.read_text() + WATCH)
        unit = Running(tmp_path).await_map()
        alive = lambda: unit.ask("/api/v1/alerts/alive")["alerts"]  # noqa: E731
        until(lambda: any(a["rule"] == "area" for a in alive()), "alerts")
        first = next(a["id"] for a in alive() if a["rule"] == "area")
        assert acknowledge(unit, first) == 202
        until(lambda: any(a["acknowledged_by"] == ["local"] for a in alive()), "acknowledgement")
        assert acknowledge(unit, first) == 200
        measures = lambda: unit.ask("/api/v1/doctrine")["measures"]  # noqa: E731
        until(lambda: any("overdue" in m["times"] and m["step"] == 1 for m in measures()), "step")
        rules = unit.ask("/api/v1/status")["watch"]["rules"]
        assert [r["name"] for r in rules if r["faults"]] == []
        summary = unit.end()
    finally:
        sky.end()
    assert_made_again(tmp_path, summary)
    live, again = (tmp_path / name / "doctrine.jsonl" for name in ("all", "again"))
    assert live.read_bytes() == again.read_bytes()
    assert {json.loads(line)["state"] for line in live.read_text().splitlines()} >= {
        "owed", "told", "acknowledged", "overdue", "escalated",
    }  # fmt: skip
    assert '"what":"acknowledge"' in unit.log.read_text()
    assert '"what":"measure"' in unit.log.read_text()
