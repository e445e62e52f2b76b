"""``alerts.jsonl``: a line for each state, told once, whole after a crash."""

import json
import math

from skypact.model.store import AlertRecord
from skypact.record.alert_file import AlertFile


def record(number, state="raised", **more):
    values = {
        "id": f"a-{number}", "unit": "u", "rule": "area", "state": state, "time_s": 10.0 + number,
        "event_time_s": math.nan, "tracks": (number,), "severity": "severe", "area": None,
        "evidence": {"why": 1.5},
    }  # fmt: skip
    return AlertRecord(**(values | more))


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_each_state_is_a_line_and_what_is_unknown_is_null(tmp_path):
    path = tmp_path / "alerts.jsonl"
    file = AlertFile(path)
    file.append_alerts([record(1), record(2, event_time_s=50.0)])
    file.append_alerts([record(1, "cleared", time_s=99.0)])
    told = lines(path)
    assert [line["state"] for line in told] == ["raised", "raised", "cleared"]
    assert [line["event_time_s"] for line in told] == [None, 50.0, None]
    assert list(told[0]) == [
        "id", "unit", "rule", "state", "time_s", "event_time_s", "tracks", "severity", "area",
        "evidence",
    ]  # fmt: skip


def test_a_new_run_begins_anew_and_one_that_goes_on_adds(tmp_path):
    path = tmp_path / "alerts.jsonl"
    AlertFile(path).append_alerts([record(1)])
    AlertFile(path, goes_on=True).append_alerts([record(2)])
    assert [line["id"] for line in lines(path)] == ["a-1", "a-2"]
    AlertFile(path).append_alerts([record(3)])
    assert [line["id"] for line in lines(path)] == ["a-3"]


def test_what_is_found_again_after_a_crash_is_not_told_twice(tmp_path):
    path = tmp_path / "alerts.jsonl"
    AlertFile(path).append_alerts([record(1), record(2)])
    path.write_bytes(path.read_bytes() + b'{"id": "a-3", "unit"')
    AlertFile(path, goes_on=True).append_alerts([record(2), record(3), record(2, "cleared")])
    told = [(line["id"], line["state"]) for line in lines(path)]
    assert told == [("a-1", "raised"), ("a-2", "raised"), ("a-3", "raised"), ("a-2", "cleared")]


def test_a_file_that_cannot_be_written_is_counted(tmp_path):
    file = AlertFile(tmp_path / "alerts.jsonl")
    (tmp_path / "alerts.jsonl").unlink()
    (tmp_path / "alerts.jsonl").mkdir()
    file.append_alerts([record(1)])
    assert file.n_lost == 1
    assert file.error
