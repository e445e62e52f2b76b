"""The life of an alert: raised, told anew, acknowledged, cleared; the same for the same looks."""

import pytest
from tests.naive.skies import START_S, sky

from skypact.rules.common import RuleParams
from skypact.watch.life import Watch
from skypact.watch.sky import Finding


class Script:
    """A rule that finds what a test says."""

    name = "script"

    def __init__(self, **params):
        self.params = RuleParams(**params)
        self.found = []

    def look(self, sky):
        return self.found


def watched(rule, *times_s):
    """States told at times after the start, each a look."""
    watch = Watch([rule], "u")
    return watch, [(s, [r.state for r in watch.look(sky(at_s=s))]) for s in times_s]


def test_what_is_found_is_raised_once_and_cleared_when_it_is_gone():
    rule = Script(clear_after_s=3.0)
    rule.found = [Finding("a", (1,))]
    watch, told = watched(rule, 0.0, 1.0, 2.0)
    assert [states for _, states in told] == [["raised"], [], []]
    rule.found = []
    states = [[r.state for r in watch.look(sky(at_s=s))] for s in (3.0, 4.0, 5.0, 6.0)]
    assert states == [[], [], ["cleared"], []]
    assert watch.n_raised == 1


def test_what_flickers_is_one_alert():
    rule = Script(clear_after_s=3.0)
    watch = Watch([rule], "u")
    states = []
    for s in range(20):
        rule.found = [Finding("a", (1,))] if s % 2 else []
        states += [r.state for r in watch.look(sky(at_s=float(s)))]
    assert states == ["raised"]


def test_what_does_not_hold_long_enough_is_not_told():
    rule = Script(raise_after_s=2.0)
    watch, states = Watch([rule], "u"), []
    for s, is_there in enumerate([1, 1, 0, 1, 1, 1, 1]):
        rule.found = [Finding("a")] if is_there else []
        states.append([r.state for r in watch.look(sky(at_s=float(s)))])
    assert states == [[], [], [], [], [], ["raised"], []]


def test_what_only_goes_on_raises_nothing_and_keeps_what_there_is():
    rule = Script(clear_after_s=1.0)
    rule.found = [Finding("a", holds=False)]
    watch, told = watched(rule, 0.0, 1.0)
    assert [states for _, states in told] == [[], []]
    rule.found = [Finding("a")]
    watch.look(sky(at_s=2.0))
    rule.found = [Finding("a", holds=False)]
    assert [watch.look(sky(at_s=float(s))) for s in range(3, 9)] == [[]] * 6
    assert len(watch.alive) == 1


def test_changes_are_told_at_most_so_often_and_news_at_once():
    rule = Script(update_s=10.0)
    watch, states = Watch([rule], "u"), {}
    for s in range(25):
        severity = "extreme" if s >= 17 else "minor"
        rule.found = [Finding("a", (1,), severity, evidence={"count": s})]
        told = watch.look(sky(at_s=float(s)))
        if told:
            states[s] = told[0].state, told[0].evidence["count"], told[0].severity
    assert states == {
        0: ("raised", 0, "minor"), 10: ("updated", 10, "minor"), 17: ("updated", 17, "extreme"),
    }  # fmt: skip


def test_an_event_that_comes_sooner_is_news():
    rule = Script(update_s=1000.0)
    watch = Watch([rule], "u")
    told = []
    for s, event in enumerate([100.0, 101.0, 103.0, 94.0, 94.5]):
        rule.found = [Finding("a", event_time_s=START_S + event)]
        told += [(s, r.event_time_s - START_S) for r in watch.look(sky(at_s=float(s)))]
    assert told == [(0, 100.0), (3, 94.0)]


def test_an_alert_is_acknowledged_by_somebody_until_it_is_over():
    rule = Script(clear_after_s=1.0)
    rule.found = [Finding("a", (7,))]
    watch = Watch([rule], "u")
    (raised,) = watch.look(sky())
    record = watch.acknowledge(raised.id, "operator 3", START_S + 2.0)
    assert (record.state, record.evidence["acknowledged_by"]) == ("acknowledged", "operator 3")
    assert watch.alive[0].state == "acknowledged"
    rule.found = []
    (cleared,) = watch.look(sky(at_s=5.0))
    assert (cleared.state, cleared.id) == ("cleared", raised.id)
    assert watch.acknowledge(raised.id, "late", START_S + 9.0) is None


def test_a_disabled_rule_is_not_asked():
    rule = Script(enabled=False)
    rule.found = [Finding("a")]
    assert Watch([rule], "u").look(sky()) == []


@pytest.mark.parametrize("cut_s", [0, 1, 5, 9])
def test_a_watch_goes_on_where_its_state_was_kept(cut_s):
    def run(watch, rule, seconds):
        told = []
        for s in seconds:
            rule.found = [Finding(str(k), (k,)) for k in range(3) if (s // (k + 1)) % 3]
            told += watch.look(sky(at_s=float(s)))
        return told

    rule = Script(raise_after_s=1.0, clear_after_s=2.0)
    whole = run(Watch([rule], "u"), rule, range(20))
    first, second = Watch([rule], "u"), Watch([rule], "u")
    told = run(first, rule, range(cut_s))
    second.load(first.pack())
    assert told + run(second, rule, range(cut_s, 20)) == whole


def test_who_acknowledges_again_changes_nothing_and_others_are_added():
    rule = Script()
    rule.found = [Finding("a", (7,))]
    watch = Watch([rule], "u")
    (raised,) = watch.look(sky())
    assert watch.acknowledge(raised.id, "anna", START_S, "seen on radar").evidence["note"]
    assert watch.acknowledge(raised.id, "anna", START_S + 1.0) is None
    second = watch.acknowledge(raised.id, "ben", START_S + 1.0)
    assert second.evidence == {"acknowledged_by": "anna, ben"}


def test_what_gets_worse_must_be_acknowledged_anew():
    rule = Script(update_s=1.0)
    rule.found = [Finding("a", (7,), "moderate")]
    watch = Watch([rule], "u")
    (raised,) = watch.look(sky())
    watch.acknowledge(raised.id, "anna", START_S)
    rule.found = [Finding("a", (7,), "moderate", evidence={"more": 1})]
    watch.look(sky(at_s=2.0))
    assert (watch.alive[0].state, watch.alive[0].acknowledged_by) == ("acknowledged", ("anna",))
    rule.found = [Finding("a", (7,), "severe")]
    (worse,) = watch.look(sky(at_s=3.0))
    assert (watch.alive[0].state, watch.alive[0].acknowledged_by) == ("updated", ())
    assert "acknowledged_by" not in worse.evidence
    rule.found = [Finding("a", (7,), "minor")]
    watch.acknowledge(raised.id, "anna", START_S + 4.0)
    watch.look(sky(at_s=9.0))
    assert watch.alive[0].acknowledged_by == ("anna",)


class Broken(Script):
    """Fails while it is told to."""

    name = "broken"
    is_broken = False

    def look(self, sky):
        if self.is_broken:
            raise ZeroDivisionError("by nothing")
        return self.found


def test_a_rule_that_fails_keeps_its_alerts_and_the_others_go_on():
    broken, other = Broken(clear_after_s=2.0), Script()
    broken.found = [Finding("a", (1,))]
    watch = Watch([broken, other], "u")
    (raised,) = watch.look(sky())
    broken.is_broken, other.found = True, [Finding("b", (2,))]
    told = [watch.look(sky(at_s=float(s))) for s in range(1, 9)]
    assert [[r.rule for r in records] for records in told] == [["script"], *[[]] * 7]
    assert watch.alive[0].id == raised.id
    record = watch.rules["broken"]
    assert (record.n_faults, record.fault) == (8, "ZeroDivisionError: by nothing")
    assert record.fault_s == START_S + 8.0
    assert watch.rules["script"].n_faults == 0
    broken.is_broken, broken.found = False, []
    assert [r.state for r in watch.look(sky(at_s=9.0))] == ["cleared"]


def test_ids_can_stand_in_addresses():
    rule = Script()
    rule.found = [Finding("area A/B ~5%-7")]
    (raised,) = Watch([rule], "u").look(sky())
    assert raised.id == f"script-area A~1B ~05%-7-{round(START_S * 1000)}"


def test_an_acknowledged_alert_that_wavers_between_severities_stays_acknowledged():
    rule = Script(update_s=1.0)
    rule.found = [Finding("a", severity="severe")]
    watch = Watch([rule], "u")
    watch.look(sky(at_s=0.0))
    assert watch.acknowledge(watch.alive[0].id, "anna", START_S) is not None
    for s in range(1, 9):
        rule.found = [Finding("a", severity="moderate" if s % 2 else "severe")]
        watch.look(sky(at_s=float(s)))
        assert watch.alive[0].acknowledged_by == ("anna",)
    rule.found = [Finding("a", severity="extreme")]
    watch.look(sky(at_s=9.0))
    assert watch.alive[0].acknowledged_by == ()


def test_one_key_found_twice_at_a_look_is_one_alert_of_the_gravest():
    rule = Script(update_s=60.0)
    rule.found = [Finding("a", (1,), "moderate"), Finding("a", (2,), "severe")]
    watch = Watch([rule], "u")
    told = [watch.look(sky(at_s=float(s))) for s in range(5)]
    assert [[(r.state, r.tracks) for r in one] for one in told] == [[("raised", (2,))], *[[]] * 4]
