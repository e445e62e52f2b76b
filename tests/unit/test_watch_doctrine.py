"""Measures are told, acknowledged, overdue and escalated at their looks; the same, always."""

import math
import tomllib

import msgspec
import pytest

from skypact.errors import ConfigError
from skypact.model.alerts import Acknowledgement, Delivery
from skypact.model.store import AlertRecord
from skypact.rules import Watching, watching_from_toml
from skypact.watch.doctrine import Doctrine
from skypact.watch.rules import NAMES, doctrine_of

RECIPIENTS = """
[[recipient]]
name = "duty officer"
channels = ["api", "log"]
signs_as = ["operate a1"]
[[recipient]]
name = "civil protection"
channels = ["webhook"]
[[recipient]]
name = "ministry"
channels = ["api"]
"""
BORDER = """
[[doctrine]]
name = "incursion"
rules = ["border"]
severities = ["severe", "extreme"]
tell = ["duty officer"]
acknowledge_within_s = 60
"""
ESCALATED = (
    BORDER
    + """
[[doctrine.escalate]]
tell = ["civil protection"]
within_s = 5
acknowledge_within_s = 30
repeats = 1
[[doctrine.escalate]]
tell = ["ministry"]
"""
)


def doctrine(text):
    return doctrine_of(watching_from_toml(RECIPIENTS + text, "rules.toml"), "u")


def alert(state="raised", name="a", severity="severe", rule="border", **evidence):
    return AlertRecord(name, "u", rule, state, 0.0, math.nan, (), severity, None, evidence)


def signed(by="operate a1", name="a"):
    return Acknowledgement(name, by)


def states(measures):
    return [(m.step, m.turn, m.state) for m in measures]


def test_what_fits_is_owed_and_told_at_once_through_prompt_channels():
    made = doctrine(BORDER)
    owed, told = made.step(100.0, [alert()])
    assert (owed.state, owed.time_s, owed.recipients) == ("owed", 100.0, ("duty officer",))
    assert (told.state, told.times) == ("told", {"owed": 100.0, "told": 100.0})
    assert (told.tell_by_s, told.acknowledge_by_s) == (110.0, 160.0)
    assert (told.alert, told.rule, told.severity, told.unit) == ("a", "border", "severe", "u")
    assert made.step(101.0, [alert("updated")]) == []


@pytest.mark.parametrize(
    "other",
    [
        alert(severity="moderate"), alert(rule="area"), alert("cleared"), alert("acknowledged"),
    ],
)  # fmt: skip
def test_what_does_not_fit_leads_to_nothing(other):
    assert doctrine(BORDER).step(100.0, [other]) == []


@pytest.mark.parametrize(
    ("evidence", "is_meant"),
    [
        ({"stage": "warning"}, True),
        ({"stage": "possible"}, False),
        ({}, False),
        ({"stage": ["x", "warning"]}, True),
        ({"stage": "warning", "area": "Riga port"}, True),
    ],
)
def test_evidence_decides(evidence, is_meant):
    made = doctrine(BORDER.replace("rules =", 'evidence.stage = ["warning"]\nrules ='))
    assert bool(made.step(1.0, [alert(**evidence)])) == is_meant


@pytest.mark.parametrize(("area", "is_meant"), [("Riga port", True), ("riga", False), (7, False)])
def test_a_star_stands_for_what_follows(area, is_meant):
    made = doctrine(BORDER.replace("rules =", 'evidence.area = ["Riga*"]\nrules ='))
    assert bool(made.step(1.0, [alert(area=area)])) == is_meant


def test_an_acknowledgement_at_the_look_at_the_deadline_is_in_time():
    made = doctrine(ESCALATED)
    made.step(100.0, [alert()])
    assert made.step(159.9, []) == []
    (done,) = made.step(160.0, [alert("acknowledged")], [signed()])
    assert (done.state, done.acknowledged_by) == ("acknowledged", "operate a1")
    assert [made.step(float(s), []) for s in range(161, 400)] == [[]] * 239


def test_without_one_it_is_overdue_at_that_look_and_escalated():
    made = doctrine(ESCALATED)
    made.step(100.0, [alert()])
    overdue, escalated, owed = made.step(160.0, [])
    assert (overdue.state, overdue.missing, overdue.time_s) == (
        "overdue", ("acknowledgement",), 160.0,
    )  # fmt: skip
    assert escalated.state == "escalated"
    assert list(escalated.times) == ["owed", "told", "overdue", "escalated"]
    assert (owed.step, owed.state, owed.recipients) == (1, "owed", ("civil protection",))


def test_steps_are_repeated_and_then_the_next_follows():
    made, told = doctrine(ESCALATED), {}
    for s in range(100, 400):
        changed = made.step(float(s), [alert()] if s == 100 else [])
        if changed:
            told[s] = states(changed)
    assert told == {
        100: [(0, 0, "owed"), (0, 0, "told")],
        160: [(0, 0, "overdue"), (0, 0, "escalated"), (1, 0, "owed")],
        165: [(1, 0, "overdue"), (1, 0, "escalated"), (1, 1, "owed")],
        170: [(1, 1, "overdue"), (1, 1, "escalated"), (2, 0, "owed"), (2, 0, "told")],
    }


def test_a_receipt_in_time_is_told_and_the_acknowledgement_is_waited_for():
    made = doctrine(ESCALATED)
    made.step(100.0, [alert()])
    owed = made.step(160.0, [])[-1]
    receipt = Delivery(owed.id, "civil protection", "webhook")
    (told,) = made.step(165.0, [], [receipt])
    assert (told.state, told.times) == ("told", {"owed": 160.0, "told": 165.0})
    assert made.step(166.0, [], [receipt]) == []
    assert made.step(189.0, []) == []
    assert made.step(190.0, [])[0].missing == ("acknowledgement",)


def test_what_is_not_told_in_time_says_by_which_channel():
    made = doctrine(ESCALATED)
    made.step(100.0, [alert()])
    made.step(160.0, [])
    overdue = made.step(165.0, [])[0]
    assert overdue.missing == ("civil protection by webhook",)
    (late,) = made.step(166.0, [], [Delivery(overdue.id, "civil protection", "webhook")])
    assert late.state == "told"
    assert late.times["overdue"] == 165.0


def test_a_late_acknowledgement_ends_the_whole_chain():
    made = doctrine(ESCALATED)
    made.step(100.0, [alert()])
    made.step(160.0, [])
    assert states(made.step(163.0, [], [signed("anybody")])) == [
        (0, 0, "acknowledged"), (1, 0, "acknowledged"),
    ]  # fmt: skip
    assert [made.step(float(s), []) for s in range(164, 300)] == [[]] * 136


def test_only_those_who_were_told_count():
    made = doctrine(BORDER)
    made.step(100.0, [alert()])
    assert made.step(101.0, [alert("acknowledged")], [signed("operate b2")]) == []
    assert states(made.step(102.0, [], [signed()])) == [(0, 0, "acknowledged")]
    assert made.step(103.0, [], [signed()]) == []


def test_an_alert_that_is_over_owes_nothing_more():
    made = doctrine(ESCALATED)
    made.step(100.0, [alert(), alert(name="b")])
    (closed,) = made.step(160.0, [alert("cleared")], [signed(name="b")])[1:]
    assert (closed.alert, closed.state) == ("a", "closed")
    assert [made.step(float(s), []) for s in range(161, 300)] == [[]] * 139
    assert [m.state for m in made.measures] == ["closed", "acknowledged"]


def test_what_gets_worse_after_it_was_acknowledged_is_told_anew():
    made = doctrine(BORDER)
    made.step(100.0, [alert()])
    made.step(102.0, [], [signed()])
    assert made.step(103.0, [alert("updated")]) == []
    anew = made.step(104.0, [alert("updated", severity="extreme")])
    assert states(anew) == [(0, 0, "owed"), (0, 0, "told")]
    assert made.step(105.0, [alert("updated", severity="extreme")]) == []
    assert len({m.id for m in made.measures}) == 2


def test_measures_of_alerts_that_are_over_are_bounded():
    made = doctrine(BORDER)
    for n in range(500):
        made.step(float(n), [alert(name=str(n))])
        made.step(n + 0.5, [alert("cleared", name=str(n))])
    assert len(made.measures) == 200
    assert made.measures[-1].alert == "499"


@pytest.mark.parametrize("cut_s", [99, 100, 130, 160, 164, 165, 171])
def test_a_doctrine_goes_on_where_its_state_was_kept(cut_s):
    def run(made, seconds):
        told = []
        for s in seconds:
            notices = [signed("x", "b")] if s == 163 else []
            told += made.step(float(s), [alert(), alert(name="b")] if s == 100 else [], notices)
        return told

    whole = run(doctrine(ESCALATED), range(90, 300))
    first, second = doctrine(ESCALATED), doctrine(ESCALATED)
    told = run(first, range(90, cut_s))
    second.load(first.pack(), {"a", "b"})
    assert told + run(second, range(cut_s, 300)) == whole
    second.load(first.pack(), set())
    assert [m for m in second.measures if m.state != "closed"] == []


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (BORDER.replace('"border"', '"borders"'), "watch.doctrine incursion: expected rules of"),
        (BORDER.replace("duty officer", "nobody"), "got 'nobody'"),
        (ESCALATED.replace('tell = ["ministry"]', 'tell = ["x"]'), "incursion, escalate 2"),
        (BORDER + 'through = ["cap"]', "expected a channel of duty officer (api, log)"),
        (BORDER + BORDER, "'incursion' again"),
        ('[[recipient]]\nname = "ministry"\nchannels = ["api"]\n', "'ministry' again"),
        (BORDER.replace("= 60", "= 0"), "acknowledge_within_s"),
        (BORDER.replace("tell =", "told ="), "told"),
        (BORDER + 'through = ["phone"]', "phone"),
    ],
)
def test_what_cannot_be_applied_is_said(text, word):
    with pytest.raises(ConfigError) as caught:
        doctrine(text)
    assert word in str(caught.value)


def test_the_example_of_the_reference_can_be_applied(root):
    text = (root / "docs" / "reference" / "doctrine.toml").read_text("utf-8")
    watching = msgspec.convert(tomllib.loads(text)["watch"], Watching)
    made = doctrine_of(watching, "u")
    told = made.step(1.0, [alert(rule="emergency", code=7700), alert(rule="border", name="b")])
    assert {m.doctrine for m in told} == {"take notice", "emergency", "incursion"}
    assert doctrine_of(Watching(), "u").step(1.0, [alert()]) == []


def test_the_names_of_rules_are_those_that_can_be_configured():
    assert {"border", "emergency"} <= set(NAMES)
    assert "period_s" not in NAMES
    assert Doctrine((), (), NAMES, "u").measures == []


def test_what_was_acknowledged_at_its_worst_may_waver():
    made = doctrine(BORDER)
    made.step(100.0, [alert()])
    made.step(101.0, [alert("updated", severity="extreme")])
    made.step(102.0, [], [signed()])
    assert made.step(103.0, [alert("updated")]) == []
    assert made.step(104.0, [alert("updated", severity="extreme")]) == []


ANY = BORDER.replace('severities = ["severe", "extreme"]\n', "")


def test_an_acknowledgement_of_what_got_worse_while_it_was_owed_is_enough():
    made = doctrine(ANY)
    made.step(0.0, [alert(severity="moderate")])
    made.step(10.0, [alert("updated")])  # severe now, not acknowledged yet
    assert states(made.step(20.0, [], [signed()])) == [(0, 0, "acknowledged")]
    assert made.step(30.0, [alert("updated")]) == []
    assert made.step(100.0, []) == []


def test_who_acknowledged_before_they_were_told_need_not_again():
    made = doctrine(ESCALATED.replace('tell = ["civil protection"]', 'tell = ["ministry"]'))
    made.step(0.0, [alert()])
    assert made.step(10.0, [], [signed("operate zz")]) == []
    told = made.step(60.0, [])
    assert states(told)[0] == (0, 0, "overdue")
    assert states(told)[-1] == (1, 0, "acknowledged")
    assert made.step(200.0, []) == []
