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
