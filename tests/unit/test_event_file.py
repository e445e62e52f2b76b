"""``events.jsonl``: read as written, and refused where it is wrong."""

import pytest

from skypact.errors import RecordingError
from skypact.model.events import TrueEvent
from skypact.record.event_file import read_events, write_events

RULES = ("feed", "gnss")


def test_events_come_back(tmp_path):
    area = {"type": "Polygon", "coordinates": [[[1.0, 2.0], [3.0, 4.0], [5.0, 2.0], [1.0, 2.0]]]}
    events = [
        TrueEvent("feed", 1.0, 2.5, names=("north",)),
        TrueEvent("gnss", 3.0, 3.0, area=area),
        TrueEvent("gnss", 3.0, 9.0, targets=(4, 5), is_needed=False),
    ]
    write_events(tmp_path / "events.jsonl", events, ["feed"])
    assert read_events(tmp_path / "events.jsonl", RULES) == (events, {"feed", "gnss"})


def test_rules_without_events_are_covered_where_the_file_says_so(tmp_path):
    write_events(tmp_path / "events.jsonl", [], ["feed"])
    assert read_events(tmp_path / "events.jsonl", RULES) == ([], {"feed"})


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"rule": "fed", "begin_s": 1, "end_s": 2}', r"line 2: expected a rule \(feed, gnss\)"),
        ('{"rule": "feed", "begin_s": 3, "end_s": 2}', "at or after begin_s 3.0, got 2.0"),
        ('{"rule": "feed", "begin_s": 3}', "line 2: expected an event as JSON, got .*end_s"),
        ('{"rule": "feed", "begin_s": 3, "end_s": 4, "who": 1}', "who"),
        ("what", "expected an event as JSON"),
    ],
)  # fmt: skip
def test_lines_that_are_no_events_are_named(tmp_path, line, said):
    path = tmp_path / "events.jsonl"
    path.write_text('{"rule": "feed", "begin_s": 1, "end_s": 2}\n' + line + "\n", "utf-8")
    with pytest.raises(RecordingError, match=said):
        read_events(path, RULES)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(RecordingError, match=r"cannot read .*none\.jsonl"):
        read_events(tmp_path / "none.jsonl", RULES)
