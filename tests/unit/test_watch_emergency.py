"""Emergency codes are told after they have stood a moment, each by itself."""

import pytest
from tests.naive.skies import sky, track

from skypact.rules.emergency import EmergencyParams
from skypact.watch.emergency import EmergencyRule
from skypact.watch.life import Watch


@pytest.mark.parametrize(
    ("code", "severity"), [(7500, "extreme"), (7600, "moderate"), (7700, "severe")]
)
def test_a_code_that_stands_is_told(code, severity):
    watch = Watch([EmergencyRule(EmergencyParams(raise_after_s=2.0))], "u")
    told = [watch.look(sky(track(3, 48.0, 16.0, mode3a=code), at_s=float(s))) for s in range(4)]
    assert [len(t) for t in told] == [0, 0, 1, 0]
    assert (told[2][0].severity, told[2][0].evidence["mode3a"]) == (severity, str(code))


def test_a_code_that_is_dialled_through_is_not():
    watch = Watch([EmergencyRule(EmergencyParams(raise_after_s=2.0))], "u")
    codes = [1234, 7534, 7500, 7501, 7601, 7600, 7612]
    for s, code in enumerate(codes):
        assert watch.look(sky(track(3, 48.0, 16.0, mode3a=code), at_s=float(s))) == []


def test_usual_codes_are_silent():
    rule = EmergencyRule(EmergencyParams())
    assert rule.look(sky(track(1, 48.0, 16.0, mode3a=7000), track(2, 48.0, 16.1))) == []


def lived(*pictures):
    watch = Watch([EmergencyRule(EmergencyParams(update_s=1000.0))], "u")
    return [(r.state, r.tracks, r.id) for one in pictures for r in watch.look(one)]


def test_an_emergency_that_goes_on_is_told_once():
    told = lived(*(sky(track(1, 48.0, 16.0, mode3a=7700), at_s=float(s)) for s in range(60)))
    assert [state for state, _, _ in told] == ["raised"]


@pytest.mark.parametrize("both_s", [0, 5])
def test_an_aircraft_with_another_track_goes_on_with_its_alert(both_s):
    pictures = []
    for s in range(90):
        tracks = [1] * (s < 30 + both_s) + [2] * (s >= 30)
        shown = [track(n, 48.0, 16.0, mode3a=7500, icao=0x4B1234) for n in tracks]
        pictures.append(sky(*shown, at_s=float(s)))
    told = lived(*pictures)
    assert len({name for _, _, name in told}) == 1
    assert told[0][:2] == ("raised", (1,))
    assert told[-1][:2] == ("updated", (2,))


def test_two_aircraft_without_an_address_have_an_alert_each():
    shown = [track(n, 48.0, 16.0 + n, mode3a=7700) for n in (1, 2)]
    told = lived(*(sky(*shown, at_s=float(s)) for s in range(5)))
    assert [(state, tracks) for state, tracks, _ in told] == [("raised", (1,)), ("raised", (2,))]
