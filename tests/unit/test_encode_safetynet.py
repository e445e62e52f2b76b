"""Alerts in category 004: what begins, goes on and ends, and what the category cannot say."""

import numpy as np
import pytest
from tests.naive.said_alerts import area, conflict, terrain, told
from tests.naive.track_rows import START_S

from skypact.decode.asterix.records import decode_block
from skypact.encode import safetynet
from skypact.encode.datagrams import Sender
from skypact.encode.safetynet import RULES, SafetyNetEncoder
from skypact.units import DAY

SENDER = Sender(25, 100)
MANDATORY = {
    4: {"000", "010", "020", "030", "040", "120"},
    5: {"000", "010", "020", "030", "040", "100", "120"},
    7: {"000", "010", "020", "030", "035", "040", "120"},
    17: {"000", "010", "020", "040"},
}
"""Items of I004/000's table for minimum safe altitude, area, conflict, end."""
NEVER = {4: {"035", "060", "100", "171"}, 5: {"035", "060", "171"}, 7: {"060", "100"},
         17: {"060", "070", "100", "110", "120", "170", "171"}}  # fmt: skip


def encoder(*rules):
    return SafetyNetEncoder(SENDER, lambda tracks, _: tracks + 100, rules or tuple(RULES))


def said(made, *alerts):
    return [r for b in made.send(alerts, START_S + 5.0) for r in decode_block(b).records]


def test_every_message_has_what_the_standard_demands_and_nothing_that_it_forbids():
    made = encoder()
    for alert in (conflict(), terrain(), area()):
        begun, ended = said(made, alert, alert._replace(state="cleared"))
        for record in (begun, ended):
            kind = record["000"]
            assert record.keys() >= MANDATORY[kind]
            assert not record.keys() & NEVER[kind]
        assert ended["000"] == 17
        assert begun["040"] == ended["040"]
    assert made.n_unsaid == 0


def test_a_conflict_says_who_when_and_how_close():
    (record,) = said(encoder(), conflict())
    assert (record["000"], record["030"], record["035"]) == (7, 103, 105)
    assert record["020"] == pytest.approx((START_S + 5.0) % DAY)
    assert record["070"] == pytest.approx(
        {"TC": 41.5, "TCA": 62.0, "CHS": 21_300, "MHS": 2_100, "CVS": 825, "MVS": 100}
    )
    assert (record["120"]["CP"], record["120"]["CN"]["TYPE"]) == (85, 1)
    assert record["170"] == {"AI1": "BTI1", "M31": {"MODE3A": 741}}
    assert record["171"] == {"M32": {"MODE3A": 7421}}


def test_half_of_the_separation_left_is_a_minor_infringement():
    wide = conflict().evidence | {"closest_distance_m": 5_000}
    high = conflict().evidence | {"closest_height_apart_m": 200}
    for evidence in (wide, high):
        (record,) = said(encoder(), conflict(evidence=evidence))
        assert record["120"]["CN"]["TYPE"] == 0


def test_figures_that_are_not_known_are_left_out_and_those_beyond_an_item_stop_at_its_end():
    evidence = {k: v for k, v in conflict().evidence.items() if "height" not in k}
    (record,) = said(encoder(), conflict(evidence=evidence | {"closest_distance_m": 90_000}))
    assert record["070"].keys() == {"TC", "TCA", "CHS", "MHS"}
    assert record["070"]["MHS"] == 32_767.5


def test_an_area_says_its_name_and_when_it_is_entered():
    entering, inside = said(encoder(), area(), area(id="b", event_time_s=np.nan, severity="minor"))
    assert (entering["100"]["AN"], entering["070"]) == ("RIGA CEN", {"TC": 30.0})
    assert (entering["120"]["CC"]["TID"], entering["120"]["CC"]["CPC"]) == (1, 2)
    assert (inside["070"], inside["120"]["CC"]["CPC"]) == ({"TC": 0.0}, 0)


def test_identifiers_are_kept_through_updates_and_restarts_and_differ():
    made = encoder()
    alerts = [conflict(id=f"conflict-{n}-1") for n in range(600)]
    numbers = [record["040"] for record in said(made, *alerts)]
    assert len(set(numbers)) == 600
    updated = said(made, *(a._replace(state="updated") for a in alerts))
    assert [record["040"] for record in updated] == numbers
    assert said(made, alerts[0]._replace(state="acknowledged")) == []
    (ended,) = said(encoder(), alerts[0]._replace(state="cleared"))
    assert (ended["000"], ended["040"]) == (17, numbers[0])


def test_what_cannot_be_said_is_counted_once(monkeypatch):
    made = encoder()
    states = [told("gnss", state) for state in ("raised", "updated", "cleared")]
    assert made.send([*states, told("border")], START_S) == []
    assert made.n_unsaid == 2
    only = SafetyNetEncoder(SENDER, lambda tracks, _: tracks, ("area",), ("area",))
    assert only.send([conflict(), told("gnss")], START_S) == []
    assert only.n_unsaid == 0
    monkeypatch.setattr(safetynet, "MOST_ALERTS", 1)
    assert len(said(made, area(), conflict())) == 1
    assert made.n_unsaid == 3


def test_alive_messages_tell_which_functions_work():
    made = encoder()
    (block,) = made.alive(START_S, ("conflict", "area", "gnss"), degraded=True)
    (record,) = decode_block(block).records
    assert record.keys() == {"000", "010", "020", "060"}
    flags = {name for name, on in record["060"].items() if on}
    assert (record["000"], flags) == (1, {"STCA", "APW", "DG"})
    (block,) = encoder("terrain").alive(START_S, ("conflict", "terrain"), overload=True)
    flags = {name for name, on in decode_block(block).records[0]["060"].items() if on}
    assert flags == {"MSAW", "OL"}
    silent = SafetyNetEncoder(SENDER, lambda tracks, _: tracks, ())
    assert silent.alive(START_S, tuple(RULES)) == []
