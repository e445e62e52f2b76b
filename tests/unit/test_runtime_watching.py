"""A watch beside the picture: told at its looks, ended by no fault, equal when replayed."""

import json

import numpy as np
import pytest
from tests.naive.skies import START_S

from skypact.errors import RecordingError
from skypact.model.alerts import Acknowledgement, Delivery
from skypact.model.reports import empty_reports
from skypact.model.tracks import empty_rows
from skypact.record.alert_file import AlertFile, DoctrineFile
from skypact.record.notice_file import NOTICES, NoticeFile, read_notices
from skypact.rules import watching_from_toml
from skypact.rules.common import RuleParams
from skypact.runtime import desk
from skypact.runtime.telling import ChangeTeller, MeasureTeller
from skypact.runtime.watching import WatchSink
from skypact.runtime.watchstatus import watch_status
from skypact.serve.status import UnitStatus
from skypact.watch.life import Watch
from skypact.watch.rules import doctrine_of
from skypact.watch.sky import Finding

NONE = np.zeros(0, np.int64)
RULES = """
[[recipient]]
name = "duty"
channels = ["api"]
[[doctrine]]
name = "all"
tell = ["duty"]
acknowledge_within_s = 3
"""


class Script:
    """Finds one matter from a second on, and fails at some."""

    def __init__(self, name="script", from_s=1.0, until_s=20.0, fails=()):
        self.name, self.params = name, RuleParams(clear_after_s=1.0)
        self._span, self._fails = (from_s, until_s), fails

    def look(self, sky):
        s = sky.now_s - START_S
        if round(s) in self._fails:
            raise ValueError("no such thing")
        return [Finding("k", (1,), "severe")] if self._span[0] <= s < self._span[1] else []


def made(folder, *rules, past=(), notices=None):
    watch = Watch(rules or [Script()], "u")
    return WatchSink(
        watch, 1.0, [AlertFile(folder / "alerts.jsonl")],
        doctrine=doctrine_of(watching_from_toml(RULES, "rules"), "u"),
        measure_sinks=[DoctrineFile(folder / "doctrine.jsonl")], notices=notices, past=past,
    )  # fmt: skip


def step(sink, seconds, then=()):
    """Steps of a tenth of a second; what is asked is asked after its step."""
    told = dict(then)
    for tenth in seconds:
        sink.append(empty_rows(0), NONE, START_S + tenth / 10.0)
        if tenth in told:
            told[tenth](sink.desk)


def by(who):
    def ask(desk):
        assert desk.acknowledge(Acknowledgement(desk.alive()[0].record.id, who, "on it"))

    return ask


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines() if line]


def states(folder, name="alerts.jsonl"):
    return [(round(x["time_s"] - START_S, 3), x["state"]) for x in lines(folder / name)]


def test_an_acknowledgement_is_served_at_the_next_look_in_the_picture_s_time(tmp_path):
    sink = made(tmp_path)
    step(sink, range(60), {23: by("anna")})
    assert states(tmp_path) == [(1.0, "raised"), (3.0, "acknowledged")]
    told = lines(tmp_path / "alerts.jsonl")[1]["evidence"]
    assert (told["acknowledged_by"], told["note"]) == ("anna", "on it")
    assert states(tmp_path, "doctrine.jsonl") == [
        (1.0, "owed"), (1.0, "told"), (3.0, "acknowledged"),
    ]  # fmt: skip
    (alive,) = sink.desk.alive()
    assert (alive.record.state, alive.acknowledged_by) == ("acknowledged", ("anna",))
    assert alive.raised_s == START_S + 1.0


def test_a_replay_that_is_told_the_same_makes_the_same_files(tmp_path):
    live, again = tmp_path / "live", tmp_path / "again"
    for folder in (live, again):
        folder.mkdir()
    asked = {23: by("anna"), 24: by("ben"), 25: by("anna"), 57: by("carl")}
    step(made(live, notices=NoticeFile(live)), range(300), asked)
    assert len(read_notices(live)) == 3
    step(made(again, past=read_notices(live)), range(300))
    for name in ("alerts.jsonl", "doctrine.jsonl"):
        assert (again / name).read_bytes() == (live / name).read_bytes()
    assert {state for _, state in states(live)} == {"raised", "acknowledged", "cleared"}
    alone = tmp_path / "alone"
    alone.mkdir()
    step(made(alone), range(300))
    assert (alone / "alerts.jsonl").read_bytes() != (live / "alerts.jsonl").read_bytes()


@pytest.mark.parametrize("cut", [15, 22, 24, 30, 31, 45])
def test_a_watch_that_comes_back_from_a_checkpoint_tells_the_same(tmp_path, cut):
    whole, first, second = tmp_path / "whole", tmp_path / "first", tmp_path / "second"
    for folder in (whole, first, second):
        folder.mkdir()
    step(made(whole, notices=NoticeFile(whole)), range(300), {23: by("anna")})
    sink = made(first, past=read_notices(whole))
    step(sink, range(cut))
    back = made(second, past=read_notices(whole))
    back.load({name: array.copy() for name, array in sink.arrays().items()})
    step(back, range(cut, 300))
    for name in ("alerts.jsonl", "doctrine.jsonl"):
        both = (first / name).read_bytes() + (second / name).read_bytes()
        assert both == (whole / name).read_bytes()


def test_a_checkpoint_without_a_watch_is_refused(tmp_path):
    sink = made(tmp_path)
    arrays = {k: v for k, v in sink.arrays().items() if k != "doctrine"}
    with pytest.raises(RecordingError, match="alerts of a watch"):
        made(tmp_path).load(arrays)


def test_a_failing_rule_is_degraded_for_a_minute_and_the_others_go_on(tmp_path):
    sink = made(tmp_path, Script("broken", fails=(2, 3)), Script("other", from_s=2.5))
    step(sink, range(0, 400, 5))
    status = watch_status(sink)
    assert [(r.name, r.state, r.faults) for r in status.rules] == [
        ("broken", "degraded", 2), ("other", "up", 0),
    ]  # fmt: skip
    assert status.rules[0].error == "ValueError: no such thing"
    assert sink.faults() == {"rule broken": 2}
    assert (3.0, "raised") in states(tmp_path)
    step(sink, range(400, 640, 5))
    assert watch_status(sink).rules[0].state == "up"
    assert watch_status(sink).rules[0].raised == 1


class BrokenSink:
    """Takes nothing."""

    def append_alerts(self, alerts):
        raise RuntimeError("full")


def test_the_log_says_when_a_rule_begins_and_ends_to_fail(tmp_path):
    sink, said = made(tmp_path, Script("broken", fails=(2,))), []
    status = lambda: UnitStatus(unit="u", watch=watch_status(sink))  # noqa: E731
    teller = ChangeTeller(status, lambda what, figures: said.append((what, figures)))
    for begin in (0, 20, 30, 700):
        step(sink, range(begin, begin + 10))
        teller.look()
    assert [figures for what, figures in said if what == "rule broken"] == [
        {"state": "up"}, {"state": "degraded", "error": "ValueError: no such thing"},
        {"state": "up"},
    ]  # fmt: skip
    assert [figures for what, figures in said if what == "watch"] == [{"state": "up"}]


def test_a_sink_that_fails_ends_neither_the_picture_nor_the_other_sinks(tmp_path):
    file = AlertFile(tmp_path / "alerts.jsonl")
    sink = WatchSink(Watch([Script()], "u"), 1.0, [BrokenSink(), file])
    step(sink, range(20))
    assert states(tmp_path) == [(1.0, "raised")]
    status = watch_status(sink)
    assert (status.state, status.error, status.faults) == ("degraded", "RuntimeError: full", 1)


def test_sensors_that_cannot_be_told_end_no_picture(tmp_path):
    sink = made(tmp_path)

    def broken(now_s):
        raise OSError("gone")

    sink.sensors = broken
    step(sink, range(20))
    assert (sink.n_faults, sink.fault) == (2, "OSError: gone")
    assert sink.faults() == {"watch": 2}


def test_files_that_take_nothing_are_told(tmp_path):
    notices = NoticeFile(tmp_path / "nowhere")
    sink = made(tmp_path, notices=notices)
    step(sink, range(60), {23: by("anna")})
    status = watch_status(sink, (notices,))
    assert (status.state, status.lost) == ("degraded", 1)
    assert "No such file" in status.error
    assert (3.0, "acknowledged") in states(tmp_path)


def test_what_is_overdue_and_unacknowledged_is_counted(tmp_path):
    sink = made(tmp_path)
    step(sink, range(35))
    assert (watch_status(sink).unacknowledged, watch_status(sink).overdue) == (1, 0)
    step(sink, range(35, 60), {45: by("anna")})
    assert states(tmp_path, "doctrine.jsonl")[2:] == [(4.0, "overdue"), (5.0, "acknowledged")]
    assert (watch_status(sink).unacknowledged, watch_status(sink).overdue) == (0, 0)


def test_the_log_tells_what_is_told_through_it_and_all_that_is_missed():
    rules = RULES + '[[recipient]]\nname = "lead"\nchannels = ["log"]\n'
    rules += '[[doctrine]]\nname = "more"\ntell = ["lead"]\n'
    said = []
    teller = MeasureTeller(lambda what, figures: said.append((what, figures)))
    doctrine = doctrine_of(watching_from_toml(rules, "rules"), "u")
    sink = WatchSink(Watch([Script()], "u"), 1.0, doctrine=doctrine, measure_sinks=[teller])
    step(sink, range(60))
    assert [(f["doctrine"], f["state"]) for _, f in said] == [
        ("more", "owed"), ("more", "told"), ("all", "overdue"),
    ]  # fmt: skip
    assert {what for what, _ in said} == {"measure"}
    assert said[-1][1]["missing"] == ("acknowledgement",)


def test_the_desk_knows_what_may_be_acknowledged(tmp_path, monkeypatch):
    monkeypatch.setattr(desk, "MOST_NOTICES", 2)
    sink = made(tmp_path)
    assert sink.desk.acknowledge(Acknowledgement("x", "anna")) == "unknown"
    step(sink, range(20))
    name = sink.desk.alive()[0].record.id
    assert sink.desk.acknowledge(Acknowledgement(name, "anna")) == "accepted"
    assert sink.desk.acknowledge(Acknowledgement(name, "anna", "again")) == "accepted"
    assert sink.desk.receive(Delivery("m", "r", "webhook")) == "accepted"
    assert sink.desk.acknowledge(Acknowledgement(name, "ben")) == "full"
    step(sink, range(20, 30))
    assert sink.desk.acknowledge(Acknowledgement(name, "anna")) == "known"
    step(sink, range(30, 300))
    assert sink.desk.acknowledge(Acknowledgement(name, "anna")) == "unknown"


def test_changes_are_told_from_a_number_on_and_old_ones_not(tmp_path, monkeypatch):
    sink = made(tmp_path)
    start, told = sink.desk.changes(0)
    assert (start, told) == (0, [])
    step(sink, range(30), {12: by("anna")})
    number, told = sink.desk.changes(start)
    assert [c.record.state for c in told] == ["raised", "acknowledged"]
    step(sink, range(30, 300))
    number, told = sink.desk.changes(number)
    assert [(c.record.state, c.acknowledged_by) for c in told] == [("cleared", ("anna",))]
    assert sink.desk.changes(number) == (number, [])
    assert sink.desk.changes(number + 5) == (number, None)
    monkeypatch.setattr(sink.desk, "_changes", type(sink.desk._changes)(maxlen=1))
    assert sink.desk.changes(0) == (number, None)


def test_lines_that_a_crash_cut_off_are_left_out(tmp_path):
    file = NoticeFile(tmp_path)
    file.append_notices(5.0, [Acknowledgement("a", "anna", "x")])
    with (tmp_path / NOTICES).open("ab") as out:
        out.write(b'{"look_s":5.5,"ale')
    file.append_notices(6.5, [Delivery("m", "r", "cap")])
    assert read_notices(tmp_path) == [
        (5.0, Acknowledgement("a", "anna", "x")), (6.5, Delivery("m", "r", "cap")),
    ]  # fmt: skip
    assert read_notices(tmp_path, 6.0) == [(6.5, Delivery("m", "r", "cap"))]
    assert read_notices(tmp_path / "nowhere") == []


class Load:
    """Notes whether looks are told that reports are left out."""

    name, params = "load", RuleParams()

    def __init__(self):
        self.told = []

    def look(self, sky):
        self.told.append((sky.reports.time_s.size, sky.is_overloaded))
        return []


def test_looks_are_told_that_reports_were_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr("skypact.runtime.watching.MOST_REPORTS", 5)
    load = Load()
    sink = made(tmp_path, load)
    step(sink, [0])
    for n in (3, 3):
        sink.note(np.zeros(n, np.int64), empty_reports(n))
    step(sink, [10, 20])
    assert load.told == [(0, False), (3, True), (0, False)]


def test_reports_that_wait_for_a_look_outlast_a_crash(tmp_path):
    sink, load = made(tmp_path, Load()), Load()
    step(sink, [0])
    sink.note(np.ones(3, np.int64), empty_reports(3))
    back = made(tmp_path, load)
    back.load({name: array.copy() for name, array in sink.arrays().items()})
    step(back, [10])
    assert load.told[-1] == (3, False)
