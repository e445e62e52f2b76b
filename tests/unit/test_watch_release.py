import math

import pytest
from tests.naive.warned import NORTH, NOW_S, alert

from skypact.encode.cap import cap_xml, reference_to
from skypact.encode.capalert import Warner
from skypact.record.capschema import check, parse
from skypact.rules.warning import WarningParams
from skypact.watch import release as module
from skypact.watch.release import Desk

ID = alert().id
PERSON = ("Anna", "release")


def desk_of(**params):
    return Desk(WarningParams(**params), NORTH, "north")


def later(state="updated", after_s=10.0, **changed):
    return alert(state, NOW_S + after_s, **changed)


def drafted(**params):
    desk = desk_of(**params)
    return desk, desk.take(alert())


def released(**params):
    desk, _ = drafted(**params)
    return desk, desk.release(ID, *PERSON, NOW_S + 5.0)


def only(outcome):
    assert len(outcome.messages) == 1
    check(parse(cap_xml(outcome.messages[0])))
    return outcome.messages[0]


def actions(outcome):
    return [step.action for step in outcome.steps]


def test_alert_becomes_a_restricted_draft():
    desk, outcome = drafted(restriction="Duty officers only")
    message = only(outcome)
    assert (message.kind, message.scope) == ("Alert", "Restricted")
    assert message.restriction == "Duty officers only"
    assert message.references == ()
    assert [w.reference for w in desk.waiting()] == [reference_to(message)]
    step = outcome.steps[0]
    assert (step.action, step.who, step.identifier) == ("drafted", "north", message.identifier)


@pytest.mark.parametrize(
    "told",
    [
        alert(rule="border"),
        alert(severity="moderate"),
        alert("cleared"),
        alert("acknowledged"),
    ],
)
def test_other_alerts_make_no_draft(told):
    assert desk_of().take(told) == module.Outcome()


def test_alert_that_becomes_grave_later_makes_a_draft_then():
    desk = desk_of()
    assert not desk.take(alert(severity="moderate")).messages
    assert only(desk.take(later())).kind == "Alert"


def test_release_makes_a_new_public_alert():
    desk, outcome = released()
    message = only(outcome)
    assert (message.kind, message.scope, message.restriction) == ("Alert", "Public", "")
    assert message.references == ()
    assert message.sent_s == NOW_S + 5.0
    assert actions(outcome) == ["released"]
    assert outcome.steps[0][3:5] == PERSON
    assert desk.waiting() == []


def test_draft_and_release_are_two_messages_of_one_incident():
    desk, first = drafted()
    second = desk.release(ID, *PERSON, NOW_S + 5.0)
    assert only(first).identifier != only(second).identifier
    assert only(first).incidents == only(second).incidents


def test_second_release_does_nothing():
    desk, _ = released()
    assert desk.release(ID, "Bert", "release", NOW_S + 6.0) == module.Outcome()


@pytest.mark.parametrize("role", ["view", "operate", "", "Release"])
def test_without_the_role_nothing_is_released_and_the_try_is_recorded(role):
    desk, _ = drafted()
    outcome = desk.release(ID, "Carl", role, NOW_S + 5.0)
    assert outcome.messages == ()
    step = outcome.steps[0]
    assert (step.action, step.who, step.role) == ("denied", "Carl", role)
    assert "expected the role release" in step.reason
    assert len(desk.waiting()) == 1


def test_release_by_nobody_of_nothing_or_of_the_possible_is_denied():
    desk, _ = drafted()
    assert "name of a person" in desk.release(ID, " ", "release", NOW_S).steps[0].reason
    assert "no draft" in desk.release("other", *PERSON, NOW_S).steps[0].reason
    desk.take(later(evidence={"stage": "possible"}))
    assert "only possible" in desk.release(ID, *PERSON, NOW_S + 20.0).steps[0].reason
    desk.take(later(after_s=20.0, evidence={"stage": "warning"}))
    assert only(desk.release(ID, *PERSON, NOW_S + 30.0)).scope == "Public"


def test_refusal_keeps_the_draft_and_says_who_and_why():
    desk, _ = drafted()
    outcome = desk.refuse(ID, *PERSON, "a balloon", NOW_S + 5.0)
    assert outcome.messages == ()
    assert outcome.steps[0][2:] == ("refused", "Anna", "release", "", "a balloon")
    waiting = desk.waiting()[0]
    assert (waiting.refused_by, waiting.refused_why) == ("Anna", "a balloon")
    assert desk.refuse(ID, *PERSON, "a balloon", NOW_S + 6.0) == module.Outcome()
    assert only(desk.release(ID, "Bert", "release", NOW_S + 7.0)).scope == "Public"


def test_refusal_needs_a_role_a_reason_and_a_draft():
    desk, _ = drafted()
    assert actions(desk.refuse(ID, "Carl", "view", "no", NOW_S)) == ["denied"]
    assert "expected a reason" in desk.refuse(ID, *PERSON, " ", NOW_S).steps[0].reason
    desk.release(ID, *PERSON, NOW_S)
    assert "released already" in desk.refuse(ID, *PERSON, "no", NOW_S).steps[0].reason


def test_drafts_refer_to_all_drafts_before():
    desk, first = drafted()
    second = only(desk.take(later(after_s=10.0)))
    third = only(desk.take(later(after_s=20.0)))
    assert (second.kind, second.scope) == ("Update", "Restricted")
    assert third.references == (reference_to(only(first)), reference_to(second))


def test_updates_refer_to_all_that_is_released_and_to_no_draft():
    desk, outcome = released()
    first = only(outcome)
    second = only(desk.take(later(after_s=10.0)))
    third = only(desk.take(later(after_s=20.0)))
    assert (second.kind, second.scope) == ("Update", "Public")
    assert third.references == (reference_to(first), reference_to(second))


def test_all_clear_cancels_what_is_released():
    desk, outcome = released()
    second = only(desk.take(later()))
    over = desk.take(later("cleared", 60.0))
    message = only(over)
    assert (message.kind, message.scope) == ("Cancel", "Public")
    assert message.references == (reference_to(only(outcome)), reference_to(second))
    assert message.infos[0].responses == ("AllClear",)
    assert actions(over) == ["cancelled"]
    assert desk.take(later("updated", 70.0)) == module.Outcome()
    assert desk.release(ID, *PERSON, NOW_S + 80.0) == module.Outcome()


def test_draft_of_an_alert_that_ends_is_withdrawn_and_stays_unreleased():
    desk, first = drafted()
    outcome = desk.take(later("cleared"))
    message = only(outcome)
    assert (message.kind, message.scope) == ("Cancel", "Restricted")
    assert message.references == (reference_to(only(first)),)
    assert actions(outcome) == ["withdrawn"]
    assert desk.waiting() == []
    assert "over" in desk.release(ID, *PERSON, NOW_S + 20.0).steps[0].reason


def test_person_renews_where_the_parameters_say_so():
    desk, outcome = released(renewed_by="person")
    draft = only(desk.take(later()))
    assert (draft.kind, draft.scope) == ("Update", "Restricted")
    renewed = desk.release(ID, *PERSON, NOW_S + 20.0)
    assert (only(renewed).kind, only(renewed).scope) == ("Update", "Public")
    assert only(renewed).references == (reference_to(only(outcome)),)
    assert actions(renewed) == ["renewed"]


def test_person_gives_the_all_clear_where_the_parameters_say_so():
    desk, outcome = released(cancelled_by="person")
    draft = only(desk.take(later("cleared")))
    assert (draft.kind, draft.scope) == ("Cancel", "Restricted")
    cancelled = only(desk.release(ID, *PERSON, NOW_S + 20.0))
    assert (cancelled.kind, cancelled.scope) == ("Cancel", "Public")
    assert cancelled.references == (reference_to(only(outcome)),)


def test_same_and_older_states_do_nothing():
    desk, _ = drafted()
    assert desk.take(alert()) == module.Outcome()
    desk.take(later())
    assert desk.take(later()) == module.Outcome()
    assert desk.take(later(after_s=5.0)) == module.Outcome()
    assert desk.take(later("acknowledged", 30.0)) == module.Outcome()


def test_draft_of_an_exercise_is_an_exercise():
    warner = NORTH._replace(status="Exercise", note="Autumn exercise")
    desk = Desk(WarningParams(), warner, "north")
    for outcome in (desk.take(alert()), desk.release(ID, *PERSON, NOW_S)):
        message = only(outcome)
        assert message.status == "Exercise"
        assert b"<headline>EXERCICE: " in cap_xml(message)


def test_state_survives_a_restart():
    desk, outcome = released()
    again = desk_of()
    again.load(desk.pack())
    told = later(event_time_s=math.nan)
    assert only(again.take(told)) == only(desk.take(told))
    assert only(again.take(later("cleared", 60.0))).references[0] == reference_to(only(outcome))


def test_identifiers_hold_nothing_that_cap_forbids_and_differ():
    desk = desk_of()
    names = ("a b,<&é", "a b,<&è", "../../" + "x" * 300)
    made = {only(desk.take(alert(id=name))).identifier for name in names}
    assert len(made) == 3
    assert all("/" not in name and len(name) < 200 for name in made)


def test_chains_are_bounded(monkeypatch):
    monkeypatch.setattr(module, "MOST_OVER", 2)
    monkeypatch.setattr(module, "MOST_CHAINS", 5)
    monkeypatch.setattr(module, "MOST_REFERENCES", 3)
    desk = desk_of()
    for i in range(20):
        desk.take(alert(id=f"ballistic-{i}"))
    assert len(desk.waiting()) == 5
    for i in range(10):
        last = desk.take(later(after_s=10.0 + i, id="ballistic-19"))
    assert len(only(last).references) == 3


def test_chain_that_is_over_is_small():
    desk, _ = released()
    for i in range(50):
        desk.take(later(after_s=10.0 + i))
    alive = len(desk.pack())
    desk.take(later("cleared", 90.0))
    assert len(desk.pack()) < alive / 5
    assert desk.release(ID, *PERSON, NOW_S + 100.0) == module.Outcome()


def test_warner_needs_no_more_than_a_sender():
    desk = Desk(WarningParams(), Warner("warn.north.example"), "north")
    assert only(desk.take(alert())).sender == "warn.north.example"
