"""Feeds that are dead, late or thin; an empty sky is none of it."""

import numpy as np
import pytest
from tests.naive.looks import BOTH, RADAR, RECEIVER, looks, many
from tests.naive.skies import sky

from skypact.rules.coverage import CoverageParams
from skypact.rules.feed import FeedParams
from skypact.watch.feed import FeedRule
from skypact.watch.turns import Turns


def rule(**params):
    return FeedRule(FeedParams(**params), Turns(CoverageParams()))


def keys(found):
    return [f.key for f in found]


@pytest.mark.parametrize("state", ["silent", "out"])
def test_a_dead_feed_is_told(state):
    (found,) = rule().look(sky(sensors=(RADAR._replace(state=state), RECEIVER)))
    assert (found.key, found.severity) == ("north-dead", "moderate")
    assert found.evidence == {
        "sensor": "north", "kind": "radar", "trouble": state, "sensors_up": 1
    }  # fmt: skip


def test_when_all_are_dead_it_is_severe():
    sensors = tuple(s._replace(state="silent") for s in BOTH)
    assert [f.severity for f in rule().look(sky(sensors=sensors))] == ["severe", "severe"]


def test_a_degraded_sensor_is_minor():
    (found,) = rule().look(sky(sensors=(RADAR._replace(state="degraded"), RECEIVER)))
    assert (found.key, found.severity) == ("north-degraded", "minor")


def test_what_was_never_heard_is_told_after_a_while():
    one, sensors = rule(never_after_s=60.0), (RADAR._replace(state="unknown"), RECEIVER)
    told = {s: keys(one.look(sky(at_s=float(s), sensors=sensors))) for s in range(0, 80, 10)}
    assert told[50] == []
    assert told[60] == ["north-never-heard"]


def test_a_receiver_of_drones_may_never_hear_one():
    one, sensors = rule(), (RADAR._replace(state="unknown", kind="remoteid"), RECEIVER)
    assert not any(one.look(sky(at_s=float(s), sensors=sensors)) for s in range(0, 900, 10))


def test_an_empty_sky_is_no_dead_feed():
    one = rule()
    found = [f for look in looks(many(30), range(60)) for f in one.look(look)]
    found += [f for look in looks([], range(60, 200)) for f in one.look(look)]
    assert found == []


@pytest.mark.parametrize(
    ("offset_s", "told"),
    [
        (0.5, None), (2.0, None), (2.5, False), (4.0, True), (-0.5, None), (-0.8, False),
        (-2.0, True), (float("nan"), None),
    ],
)  # fmt: skip
def test_stamps_far_from_the_arrival_are_told(offset_s, told):
    found = rule().look(sky(sensors=(RADAR._replace(clock_offset_s=offset_s), RECEIVER)))
    assert [f.holds for f in found] == ([] if told is None else [told])
    if found:
        assert found[0].key == ("north-late" if offset_s > 0 else "north-stamps-ahead")


def test_delays_are_measured_where_nobody_tells_them():
    one, last = rule(), []
    for look in looks(many(20), range(12)):
        late = look.reports._replace(received_ns=look.reports.received_ns + 5 * 10**9)
        last = one.look(look._replace(reports=late))
    assert set(keys(last)) == {"north-late", "ears-late"}
    assert last[0].evidence["delay_s"] == pytest.approx(5.0, abs=0.1)


def thinned(share, s_from=100):
    rng = np.random.default_rng(6)

    def sees(name, entry, s):
        return name == "ears" or rng.random() < (0.9 if s < s_from else share)

    return sees


def found_at(sees, until=140, **more):
    one = rule()
    return {
        s: [f for f in one.look(look) if "thin" in f.key]
        for s, look in enumerate(looks(many(30), range(until), sees=sees, **more))
    }


def test_a_thin_feed_is_told_and_is_over_when_it_is_back():
    sees = thinned(0.1)
    found = found_at(lambda n, e, s: sees(n, e, 0 if s >= 160 else s), until=200)
    held = [s for s, told in found.items() if any(f.holds for f in told)]
    assert 104 < held[0] <= 118
    assert max(held) < 175
    assert found[199] == []
    (one,) = found[130]
    assert one.key == "north-thin"
    assert one.evidence["detected"] < 0.3 * one.evidence["expected"]


def test_usual_misses_are_not_thin():
    found = found_at(thinned(0.7))
    assert not any(f.holds for told in found.values() for f in told)


def test_where_reports_are_left_out_on_purpose_nothing_is_thin():
    assert not any(found_at(thinned(0.1), is_overloaded=True).values())


def test_few_tracks_that_fade_are_no_thin_feed():
    one = rule()
    few = many(2)
    found = [
        f for look in looks(few, range(140), sees=lambda n, e, s: n == "ears" or s < 60)
        for f in one.look(look)
    ]  # fmt: skip
    assert found == []


def silent_after(s_silent, entries_then, until, tells=False):
    """The receiver falls silent; findings by second."""
    one, out = rule(), {}
    quiet = RECEIVER._replace(state="silent", tells_of_itself=tells)
    ears = RECEIVER._replace(tells_of_itself=tells)
    for s, look in enumerate(looks(many(10), range(s_silent), sensors=(RADAR, ears))):
        out[s] = keys(one.look(look))
    rest = range(s_silent, until)
    for s, look in zip(rest, looks(entries_then, rest, sensors=(RADAR, quiet)), strict=True):
        out[s] = keys(one.look(look))
    return out


def test_a_receiver_that_hears_nobody_in_an_empty_sky_is_not_dead():
    found = silent_after(60, [], 760)
    assert not any(found[s] for s in range(650))
    assert found[700] == ["ears-dead"]


def test_a_receiver_that_no_longer_hears_those_that_are_there_is_dead():
    found = silent_after(60, many(10), 120)
    assert found[60] == ["ears-dead"]
    assert found[119] == ["ears-dead"]


def test_a_sensor_that_tells_of_itself_is_dead_when_it_does_not():
    assert silent_after(60, [], 70, tells=True)[60] == ["ears-dead"]
