"""Alerts judged by true events; rule sets compared; intervals of shares."""

import math

import pytest
from tests.naive.skies import START_S
from tests.naive.truths import flights, straight

from skypact.errors import ConfigError
from skypact.evaluate.alert_sets import compared
from skypact.evaluate.happened import Grounds
from skypact.evaluate.rates import wilson
from skypact.evaluate.warned import lived, true_events, tuning_report
from skypact.model.events import TrueEvent, Witnessed
from skypact.model.store import AlertRecord
from skypact.rules import Watching
from skypact.units import DEGREE

TRUTH = flights(straight(1, 48.0, 16.0, 600), straight(2, 48.5, 16.0, 600),
                straight(3, 48.8, 16.0, 200))  # fmt: skip


def told(rule, state, at_s, track=1, lat=48.0, **more):
    """A state of an alert about a track that is at a place where object `track` is."""
    evidence = more.pop("evidence", {})
    id_ = more.pop("id", f"{rule}-{track}-0")
    lon = 16.0 + 0.2 * at_s / (111.195 * math.cos(lat * DEGREE))
    record = AlertRecord(id_, "u", rule, state, START_S + at_s, math.nan, (track,), "moderate",
                         more.pop("area", None), evidence)  # fmt: skip
    place = (START_S + at_s,), (lat * DEGREE,), (lon * DEGREE,), (more.pop("icao", -1),)
    return Witnessed(record, *place)


def life(rule, begin, end, **more):
    return [told(rule, "raised", begin, **more), told(rule, "cleared", end, **more)]


def event(rule, begin, end=None, targets=(1,), **more):
    known = START_S + more.pop("known", 0.0)
    return TrueEvent(
        rule, START_S + begin, START_S + (end or begin), targets, known_s=known, **more
    )


def judged(states, events, rule="border"):
    (figures,), _ = tuning_report(states, 0.5, [rule], TRUTH, {rule: events})
    return figures


def test_an_alert_that_lives_when_its_event_comes_is_right():
    figures = judged(life("border", 100, 260), [event("border", 250)])
    assert (figures["right"], figures["nuisance"], figures["found"]) == (1, 0, 1)
    assert figures["delay_s"]["p50"] == pytest.approx(-150.0)
    assert figures["found_ahead"] == {"30_s": [1, 1], "60_s": [1, 1], "120_s": [1, 1]}
    assert figures["alerts_per_hour"] == 2.0


@pytest.mark.parametrize(
    ("states", "outcome"),
    [
        (life("border", 100, 180), (0, 1, 0)),  # over before the crossing
        (life("border", 400, 500), (0, 1, 0)),  # long after it
        (life("border", 100, 260, track=2, lat=48.5), (0, 1, 0)),  # another object
        (life("border", 100, 260, lat=49.9), (0, 1, 0)),  # nobody is there
        ([told("border", "raised", 500, track=2, lat=48.5)], (0, 0, 1)),  # may still come
        (life("border", 150, 260, track=3, lat=48.8), (0, 0, 1)),  # its truth ends meanwhile
    ],
)
def test_others_are_in_vain_or_undecided(states, outcome):
    figures = judged(states, [event("border", 250)])
    assert (figures["right"], figures["nuisance"], figures["undecided"]) == outcome
    assert figures["found"] == 0


def test_events_that_come_too_soon_or_need_not_be_told_are_not_asked_for():
    events = [event("border", 30), event("border", 250, is_needed=False)]
    figures = judged(life("border", 240, 300), events)
    assert (figures["events"], figures["right"], figures["found_share"]) == (0, 1, None)


def test_who_was_not_known_for_long_cannot_be_told_far_ahead():
    figures = judged(life("border", 230, 260), [event("border", 250, known=120.0)])
    assert figures["found_ahead"] == {"30_s": [0, 1], "60_s": [0, 1], "120_s": [0, 0]}


def test_of_a_pair_both_must_be_meant():
    wrong = life("conflict", 100, 200)
    pair = event("conflict", 150, 170, targets=(1, 2))
    assert judged(wrong, [pair], "conflict")["nuisance"] == 1
    right = [Witnessed(s.record, *(2 * c for c in s[1:])) for s in wrong]
    right = [s._replace(lat_rad=(48.0 * DEGREE, 48.5 * DEGREE)) for s in right]
    assert judged(right, [pair], "conflict")["right"] == 1


def test_sensors_addresses_and_ground_are_named():
    square = {
        "type": "Polygon",
        "coordinates": [[[16, 47], [17, 47], [17, 49], [16, 49], [16, 47]]],
    }
    dead = life("feed", 100, 200, evidence={"sensor": "north"})
    for name, n in (("north", 1), ("south", 0)):
        assert judged(dead, [event("feed", 90, 190, (), names=(name,))], "feed")["right"] == n
    ghost = life("unconfirmed", 100, 200, lat=49.9, icao=0xABC)
    named = event("unconfirmed", 90, 190, (), names=("000ABC",))
    assert judged(ghost, [named], "unconfirmed")["right"] == 1
    placed = event("gnss", 90, 190, (), area=square)
    assert judged(life("gnss", 100, 200, area=square), [placed], "gnss")["right"] == 1
    assert judged(life("gnss", 100, 200, lat=50.0), [placed], "gnss")["right"] == 0


def test_what_truth_does_not_decide_is_not_judged():
    events = true_events(TRUTH, Watching(), Grounds())
    assert set(events) == {"ballistic", "conflict", "slow", "swarm"}
    dead = event("feed", 90, 190, (), names=("a",))
    given = true_events(TRUTH, Watching(), Grounds(), [dead], ["feed", "emergency"])
    assert len(given["feed"]) == 1
    assert given["emergency"] == []
    (figures,), _ = tuning_report(life("feed", 1, 2), 1.0, ["feed"], TRUTH, events)
    assert figures == {"rule": "feed", "alerts": 1, "alerts_per_hour": 1.0, "judged": False}


def test_each_object_in_forged_air_is_an_event():
    area = {"type": "Polygon", "coordinates": [[[16.2, 47], [17, 47], [17, 48.2], [16.2, 48.2]]]}
    area["coordinates"][0].append(area["coordinates"][0][0])
    forged = event("drift", 0, 500, (), area=area)
    found = true_events(TRUTH, Watching(), Grounds(), [forged], ["drift"])
    (one,) = found["drift"]
    assert one.targets == (1,)
    assert one.begin_s - START_S == pytest.approx(
        0.2 * 111_195 * math.cos(48 * DEGREE) / 200, abs=2
    )


def test_two_sets_are_compared_alert_by_alert():
    first = lived(life("border", 100, 260) + life("border", 300, 350, track=2, id="border-2-9"))
    second = lived(life("border", 110, 250) + life("area", 10, 20))
    area, border = compared(first, second)
    assert (area["both"], area["only_first"], area["only_second"]) == (0, 0, 1)
    assert (border["both"], border["only_first"], border["only_second"]) == (1, 1, 0)
    assert border["later_s"]["p50"] == pytest.approx(10.0)
    assert border["longer_s"]["p50"] == pytest.approx(-20.0)
    assert [one["id"] for one in border["first"]] == ["border-2-9"]


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (15, 50, 0.1910, 0.4375), (0, 0, 0.0, 1.0)],
)
def test_intervals_are_wilsons(k, n, low, high):
    """15 of 50: Brown, Cai and DasGupta's formula by hand."""
    assert wilson(k, n) == pytest.approx((low, high), abs=5e-4)


def test_more_successes_than_trials_are_refused():
    with pytest.raises(ConfigError, match="0 to the 3"):
        wilson(4, 3)
