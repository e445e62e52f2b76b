"""What rules remember outlasts a crash: looks after a checkpoint find what they would have."""

from collections import deque

import msgspec
import numpy as np
import pytest
from tests.naive.skies import sky, track
from tests.unit.test_watch_absurd_skies import RULES, skies

from skypact.rules import watching_from_toml
from skypact.rules.border import BorderParams
from skypact.rules.common import RuleParams
from skypact.rules.coverage import CoverageParams
from skypact.watch import memory
from skypact.watch.border import BorderRule
from skypact.watch.ground import Ground, polygon_of
from skypact.watch.life import Watch
from skypact.watch.rules import sensor_rules_of
from skypact.watch.sky import Finding, SensorLook
from skypact.watch.turns import Turns

LAND = Ground(polygon_of(((47.0, 16.0), (47.0, 20.0), (49.0, 20.0), (49.0, 16.0))))
RADAR = SensorLook(
    "r", "radar", "operational", *np.radians((48.0, 17.0)), 200.0, range_max_m=3e5, period_s=1.0
)


def again(watch, *rules):
    """A watch with new rules that goes on from the checkpoint of another."""
    back = Watch(rules, "u")
    back.load(watch.pack())
    return back


def told(watch, *pictures):
    return msgspec.json.encode([watch.look(one) for one in pictures])


def border():
    return BorderRule(BorderParams(inside_s=60.0), LAND)


def test_a_crossing_is_still_told_after_a_crash():
    watch = Watch([border()], "u")
    outside, inside = track(1, 48.0, 15.9), track(1, 48.0, 16.1)
    watch.look(sky(outside, at_s=0.0))
    watch.look(sky(inside, at_s=1.0))
    back = again(watch, border())
    states = [r.state for s in range(2, 59) for r in back.look(sky(inside, at_s=float(s)))]
    assert "cleared" not in states
    assert [a.evidence["phase"] for a in back.alive] == ["crossed"]


@pytest.mark.parametrize("name", RULES)
def test_a_rule_that_comes_back_finds_the_same(name):
    whole = Watch([RULES[name]()], "u")
    pictures = list(skies(3))
    with np.errstate(over="ignore"):
        told(whole, *pictures[:6])
        back = again(again(whole, RULES[name]()), RULES[name]())
        assert told(back, *pictures[6:]) == told(whole, *pictures[6:])
    assert whole.rules == back.rules
    assert not any(record.n_faults for record in whole.rules.values())


def test_rules_that_share_counts_share_them_after_a_crash():
    watching = watching_from_toml("", "rules")
    whole = Watch(sensor_rules_of(watching), "u")
    pictures = [one._replace(sensors=(RADAR,) * 4) for one in skies(5)]
    with np.errstate(over="ignore", invalid="ignore"):
        told(whole, *pictures[:6])
        back = again(whole, *sensor_rules_of(watching))
        assert told(back, *pictures[6:]) == told(whole, *pictures[6:])
    turns = {id(rule._turns) for rule in back._rules if hasattr(rule, "_turns")}
    assert len(turns) == 1


def test_counts_of_sensors_that_are_others_now_are_forgotten():
    watching = watching_from_toml("", "rules")
    whole = Watch(sensor_rules_of(watching), "u")
    pictures = [one._replace(sensors=(RADAR,) * 4) for one in skies(5)]
    with np.errstate(over="ignore", invalid="ignore"):
        told(whole, *pictures[:6])
        back = again(whole, *sensor_rules_of(watching))
        fewer = (RADAR._replace(name="other"),)
        told(back, *(one._replace(sensors=fewer) for one in pictures[6:]))
    faults = {r.fault for r in back.rules.values() if r.n_faults}
    assert not any("IndexError" in fault or "boolean" in fault for fault in faults)


class Script:
    """A rule that finds one matter."""

    def __init__(self, name="script"):
        self.name, self.params = name, RuleParams()

    def look(self, sky):
        return [Finding("k", (1,))]


def test_alerts_of_a_rule_that_is_applied_no_more_are_cleared():
    watch = Watch([Script("gone"), Script("stays")], "u")
    watch.look(sky(at_s=0.0))
    back = again(watch, Script("stays"))
    assert [(r.rule, r.state) for r in back.look(sky(at_s=1.0))] == [("gone", "cleared")]
    assert [alert.rule for alert in back.alive] == ["stays"]


def test_a_rule_that_cannot_be_kept_stops_no_checkpoint():
    rule = Script()
    watch = Watch([rule, border()], "u")
    rule.kept = {}
    watch.look(sky(track(1, 48.0, 15.9), at_s=0.0))
    rule.kept = {1: open}
    back = again(watch, Script(), border())
    assert back.rules["script"].n_faults == 1
    (record,) = [r for r in back.look(sky(track(1, 48.0, 16.1), at_s=1.0)) if r.rule == "border"]
    assert record.evidence["phase"] == "crossed"


def test_parameters_are_never_kept():
    turns = Turns(CoverageParams())
    begun = memory.memory_of(turns)
    assert begun["params"] is None
    assert memory.changed_memory(turns, begun, set()) == {}


def test_values_come_back_as_they_were():
    values = (
        None, True, 3, -2.5, "word", (1, "a"), [1, 2], {3: (4.0,)}, {5, 6}, deque([1, 2], 3),
        Finding("k", (1, 2), evidence={"a": [1.0]}), np.arange(6.0).reshape(2, 3),
    )  # fmt: skip
    back = memory.unpacked(memory.packed(values))
    assert repr(back) == repr(values)
    assert back[-3].maxlen == 3
    assert back[-1].flags.writeable
    assert np.isnan(memory.unpacked(memory.packed(np.nan)))


@pytest.mark.parametrize(
    "tree",
    [
        ["named", "os:stat_result", []], ["object", "skypact.config:Union", []], ["word"],
        ["object", "skypact.watch.nowhere:X", []], ["array", "O", [1], b"12345678"],
        ["named", "skypact.watch.sky:Finding", []],
    ],
)  # fmt: skip
def test_bytes_make_nothing_but_what_rules_remember(tree):
    with pytest.raises(ValueError, match="expected"):
        memory.unpacked(msgspec.msgpack.encode(tree))


def test_a_checkpoint_with_broken_memory_is_refused():
    watch = Watch([border()], "u")
    watch.look(sky(track(1, 48.0, 15.9), at_s=0.0))
    state = msgspec.msgpack.decode(watch.pack())
    state["memory"]["border"]["_inside"] = msgspec.msgpack.encode(["named", "os:stat", []])
    with pytest.raises(ValueError, match="class of skypact"):
        Watch([border()], "u").load(msgspec.msgpack.encode(state))
