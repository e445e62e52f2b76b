"""Non-cooperative objects and lost transponders: told where silence means something."""

import numpy as np
import pytest
import shapely
from tests.naive.heard import heard, report
from tests.naive.skies import flown, sky, track

from skypact.model.reports import PSR, PSR_SSR, SSR, pack_callsign
from skypact.rules import watching_from_toml
from skypact.rules.noncooperative import NoncooperativeParams
from skypact.watch.ground import Ground
from skypact.watch.noncooperative import NoncooperativeRule, Place

SQUARE = Place("territory", Ground(shapely.box(16.0, 47.0, 20.0, 49.0)))
OTHER = track(99, 48.5, 17.0, icao=0x4B0001, mode3a=4321)
"""Somebody whose transponder the radar hears."""


def looked(entry, seconds=90, kind=lambda s: PSR, answering=True, **params):
    """Findings of the last look at a track that a radar reports every 4 s."""
    rule = NoncooperativeRule(NoncooperativeParams(**params), [SQUARE])
    found = []
    for s in range(0, seconds, 4):
        pairs = [(entry["track"], report(s, kind(s)))]
        if answering:
            pairs.append((99, report(s, PSR_SSR, mode3a=4321)))
        now = {**flown(entry, s), "age_s": 10.0 + s}
        found = rule.look(sky(now, flown(OTHER, s), at_s=s, **heard(*pairs)))
    return found


def words(found):
    return [(f.evidence["what"], f.evidence["phase"], f.severity, f.holds) for f in found]


def test_who_has_no_identity_inside_is_told():
    (found,) = looked(track(1, 48.0, 17.0))
    assert words([found]) == [("no identity", "inside", "severe", True)]
    assert found.key == "1"
    assert found.evidence["reports_without_answer"] == 23
    assert found.evidence["place"] == "territory"
    assert "silent_s" not in found.evidence  # it never answered


def test_who_comes_is_told_with_the_time_and_who_leaves_is_not():
    found = looked(track(1, 48.0, 15.5, course=90.0, speed=200.0))
    assert words(found) == [("no identity", "approaching", "moderate", True)]
    assert found[0].event_time_s > 0.0
    assert looked(track(1, 48.0, 15.5, course=270.0, speed=200.0)) == []


@pytest.mark.parametrize(
    "known", [{"icao": 0x4B1234}, {"mode3a": 2000}, {"callsign": pack_callsign("ABC1")}]
)
def test_any_identity_is_one(known):
    assert looked(track(1, 48.0, 17.0, **known), seconds=36) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"speed": 20.0},
        {"speed": 2_000.0},
        {"altitude_m": 40_000.0},
        {"altitude_m": -50.0},
        {"existence": 0.8},
        {"p_ballistic": 0.9},
        {"sigma_vn_mps": 120.0},  # of an uncertain speed
    ],
)
def test_birds_clutter_and_others_matters_are_silent(wrong):
    assert looked(track(1, 48.0, 17.0, **wrong)) == []


def test_unknown_height_may_be_anywhere():
    assert len(looked(track(1, 48.0, 17.0, altitude_m=np.nan))) == 1


def test_unreadable_answers_are_answers():
    assert looked(track(1, 48.0, 17.0), kind=lambda s: SSR) == []
    assert looked(track(1, 48.0, 17.0), kind=lambda s: SSR if s >= 80 else PSR) == []
    assert len(looked(track(1, 48.0, 17.0), kind=lambda s: SSR if s == 20 else PSR)) == 1


def test_without_a_sensor_that_hears_answers_silence_means_nothing():
    assert looked(track(1, 48.0, 17.0), answering=False) == []
    assert len(looked(track(1, 48.0, 17.0), answering=False, any_sensor=True)) == 1


def test_a_transponder_that_falls_silent_is_lost():
    entry = track(1, 48.0, 17.0, icao=0x4B1234, mode3a=2000)
    (found,) = looked(entry, kind=lambda s: PSR_SSR if s < 40 else PSR)
    assert words([found]) == [("lost transponder", "inside", "moderate", True)]
    assert found.key == "1-lost"
    assert found.evidence["silent_s"] == 52.0
    assert found.evidence["icao"] == "4B1234"
    assert looked(entry, kind=lambda s: PSR_SSR if s < 60 else PSR) == []
    assert looked(entry, kind=lambda s: PSR_SSR if s < 40 else PSR, lost=False) == []


def test_a_dead_interrogator_takes_nobody_s_transponder():
    rule = NoncooperativeRule(NoncooperativeParams(), [SQUARE])
    entries = [track(n, 48.0, 17.0 + 0.2 * n, mode3a=2000 + n) for n in range(1, 6)]
    for s in range(0, 200, 4):
        kind = PSR_SSR if s < 60 else PSR
        pairs = [(n, report(s, kind)) for n in range(1, 6)]
        found = rule.look(sky(*(flown(e, s) for e in entries), at_s=s, **heard(*pairs)))
        assert [f for f in found if s > 100] == []


def test_a_circling_flock_is_not_straight():
    rule = NoncooperativeRule(NoncooperativeParams(least_travel_m=100.0), [SQUARE])
    for s in range(0, 200, 4):
        entry = track(1, 48.0, 17.0 + 0.02 * (s % 8), course=90.0 * (s // 4), speed=40.0)
        pairs = [(1, report(s, PSR)), (99, report(s, PSR_SSR))]
        found = rule.look(sky(entry, OTHER, at_s=s, **heard(*pairs)))
        assert not any(f.holds for f in found)


def test_turns_and_coasting_only_keep_what_was_told():
    entry = track(1, 48.0, 17.0)
    rule = NoncooperativeRule(NoncooperativeParams(), [SQUARE])
    for s in range(0, 60, 4):
        pairs = [(1, report(s, PSR)), (99, report(s, PSR_SSR))]
        (found,) = rule.look(sky(flown(entry, s), OTHER, at_s=s, **heard(*pairs)))[-1:] or (None,)
    assert found.holds
    (found,) = rule.look(sky(flown(entry, 84), at_s=84, age_s=25.0))
    assert not found.holds


def test_what_is_over_is_forgotten():
    rule = NoncooperativeRule(NoncooperativeParams(), [SQUARE])
    rule.look(sky(*(track(n, 48.0, 17.0) for n in range(50))))
    rule.look(sky(track(3, 48.0, 17.0), at_s=1.0))
    assert rule._tracks.track.tolist() == [3]


def test_the_rule_needs_a_place(made_rules):
    assert "noncooperative" not in made_rules("")
    area = '[[area.area]]\nname = "x"\ncentre = [47.5, 16.5]\n'
    assert "noncooperative" in made_rules(area)
    assert "noncooperative" not in made_rules(area + '[noncooperative]\nwithin = "territory"')


@pytest.fixture
def made_rules():
    from skypact.config import Union
    from skypact.watch.rules import rules_of

    return lambda text: [r.name for r in rules_of(watching_from_toml(text, "t"), Union(), dict)]
