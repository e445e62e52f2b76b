"""Clashing, impossible and flapping identities."""

import pytest
from tests.naive.heard import heard, report
from tests.naive.skies import flown, sky, track

from skypact.model.reports import MODES, SSR, pack_callsign
from skypact.rules.identity import IdentityParams
from skypact.watch.identity import IdentityRule
from skypact.watch.life import Watch


def found_in(*tracks, **params):
    return IdentityRule(IdentityParams(**params)).look(sky(*tracks))


def keys(found):
    return [f.key for f in found]


def pair(apart_deg, **identity):
    """Two tracks so many degrees of latitude apart (111 km each)."""
    return track(1, 48.0, 16.0, **identity), track(2, 48.0 + apart_deg, 16.0, **identity)


def test_one_address_far_apart_is_a_clash_at_any_distance():
    for apart in (0.2, 5.0):
        (found,) = found_in(*pair(apart, icao=0x4B1234))
        assert (found.key, found.tracks, found.severity) == ("address-4B1234", (1, 2), "moderate")
        assert found.evidence["greatest_distance_km"] == pytest.approx(111.2 * apart, rel=0.01)
        assert found.evidence["one_object_up_to_km"] == pytest.approx(10.3, abs=0.1)
        assert [o["track"] for o in found.evidence["objects"]] == [1, 2]


def test_two_tracks_of_one_object_are_no_clash():
    assert found_in(*pair(0.02, icao=0x4B1234, mode3a=1234)) == []


def test_what_was_not_seen_for_a_while_may_be_elsewhere():
    rule = IdentityRule(IdentityParams())
    entries = pair(0.12, icao=0x4B1234)  # 13 km: 10 km, and 12 s at 200 m/s of both
    assert [f.holds for f in rule.look(sky(*entries))] == [True]
    assert [f.holds for f in rule.look(sky(*entries, age_s=12.0))] == [False]
    assert [f.holds for f in rule.look(sky(*pair(1.0, icao=0x4B1234), age_s=30.0))] == [False]
    assert rule.look(sky(*pair(1.0, icao=0x4B1234), age_s=90.0)) == []


def test_a_clash_holds_on_when_the_two_come_closer():
    watch = Watch([IdentityRule(IdentityParams(raise_after_s=0.0, clear_after_s=2.0))], "u")
    states = []
    for s, apart in enumerate([0.085, 0.1, 0.085, 0.085, 0.085, 0.085, 0.04, 0.04, 0.04]):
        states += [(s, r.state) for r in watch.look(sky(*pair(apart, icao=5), at_s=s))]
    assert states == [(1, "raised"), (7, "cleared")]


@pytest.mark.parametrize("code", [1234, 4021])
def test_a_discrete_code_is_one_aircraft_s_within_reach(code):
    (found,) = found_in(*pair(0.4, mode3a=code))
    assert (found.key, found.severity) == (f"code-{code}-1", "minor")
    assert found_in(*pair(0.6, mode3a=code)) == []


@pytest.mark.parametrize("code", [0, 1000, 1200, 2000, 7000, 7001, 7777, 20, 36])
def test_codes_of_many_never_clash(code):
    assert found_in(*pair(0.4, mode3a=code)) == []


def test_callsigns_clash_too_and_those_of_nobody_do_not():
    assert keys(found_in(*pair(1.0, callsign=pack_callsign("ABC123")))) == ["callsign-ABC123-1"]
    for text in ("00000000", "TEST1234", "VFR"):
        assert found_in(*pair(1.0, callsign=pack_callsign(text))) == []


def test_one_address_and_its_code_and_callsign_are_one_clash():
    same = {"icao": 0x4B1234, "mode3a": 1234, "callsign": pack_callsign("ABC123")}
    assert keys(found_in(*pair(0.5, **same))) == ["address-4B1234"]


@pytest.mark.parametrize("wrong", [{"age_s": 10.0}, {"speed": 5.0}])
def test_young_tracks_and_vehicles_share_codes_silently(wrong):
    first, second = (track(n, 48.0 + 0.2 * n, 16.0, mode3a=1234, **wrong) for n in (1, 2))
    assert found_in(first, second) == []


def test_three_of_one_are_one_matter():
    entries = [track(n, 48.0 + 0.3 * n, 16.0, mode3a=1234) for n in (3, 1, 2)]
    (found,) = found_in(*entries)
    assert (found.key, found.tracks) == ("code-1234-1", (1, 2, 3))


def test_a_thousand_of_one_address_do_not_take_long_and_are_one_matter():
    entries = [track(n, 40.0 + 0.02 * n, 16.0, icao=77) for n in range(1, 1001)]
    (found,) = found_in(*entries)
    assert len(found.evidence["objects"]) == 16


@pytest.mark.parametrize("address", [0x000000, 0xFFFFFF])
def test_nobody_s_addresses_are_told_and_do_not_clash(address):
    assert keys(found_in(*pair(1.0, icao=address))) == ["nobody-1", "nobody-2"]
    assert found_in(track(1, 48.0, 16.0)) == []


def flapping(codes, step_s=4.0, field="mode3a", **params):
    """Findings at each look at one track of which a radar says these codes."""
    rule, entry = IdentityRule(IdentityParams(**params)), track(1, 48.0, 16.0)
    out = []
    for k, code in enumerate(codes):
        s = k * step_s
        pairs = [(1, report(s, SSR, **{field: code})), (-1, report(s, MODES, **{field: 17}))]
        out.append(rule.look(sky(flown(entry, s), at_s=s, **heard(*pairs))))
    return out


def test_a_code_that_keeps_changing_is_told_and_is_over_when_it_stands():
    looks = flapping([1234, 4321] * 5 + [1234] * 40, step_s=8.0)
    holding = [k for k, found in enumerate(looks) if found and found[0].holds]
    assert holding[0] == 9
    assert looks[9][0].key == "flapping-code-1"
    assert looks[9][0].evidence["values"] == {"1234": 4, "4321": 5}
    assert looks[-1] == []


def test_a_code_that_is_dialled_is_a_change_like_another():
    assert not any(f.holds for found in flapping([1234, 1235, 1245, 2245, 7000]) for f in found)
    assert not any(flapping([7000, -1] * 20))
    moment = flapping([7000, 1234] * 15 + [1234] * 40, step_s=1.0)
    assert not any(f.holds for found in moment for f in found)
    assert not any(f.holds for found in flapping([1234, 4321] * 9, step_s=20.0) for f in found)


@pytest.mark.parametrize("field", ["icao", "callsign"])
def test_addresses_and_callsigns_flap_too(field):
    assert flapping([11, 22] * 5, step_s=8.0, field=field)[-1][0].holds


def test_changes_are_seen_without_reports_and_forgotten_with_their_tracks():
    rule = IdentityRule(IdentityParams())
    for s in range(0, 80, 7):
        found = rule.look(sky(track(1, 48.0, 16.0, mode3a=1234 + s % 2), at_s=s))
    assert keys(found) == ["flapping-code-1"]
    assert rule.look(sky(at_s=13.0)) == []
    assert not rule._changes
