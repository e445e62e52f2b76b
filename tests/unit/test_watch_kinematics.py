"""Impossible motion, of tracks and of what aircraft say of themselves."""

import numpy as np
import pytest
from tests.naive.heard import heard, report
from tests.naive.skies import flown, sky, track

from skypact.model.reports import ADSB, PSR
from skypact.model.tracks import CLASSES
from skypact.rules.kinematics import KinematicsParams
from skypact.watch.kinematics import KinematicsRule
from skypact.watch.life import Watch
from skypact.watch.said import _counted

AIRLINER, BALLISTIC = CLASSES.index("airliner"), CLASSES.index("ballistic")


def keys_of(*tracks, **params):
    return [f.key for f in KinematicsRule(KinematicsParams(**params)).look(sky(*tracks))]


@pytest.mark.parametrize(
    ("figures", "keys"),
    [
        ({"speed": 900.0}, []),
        ({"speed": 1_500.0}, ["1-speed"]),
        ({"speed": 1_500.0, "sigma_vn_mps": 200.0, "sigma_ve_mps": 200.0}, []),
        ({"speed": 500.0, "target_class": AIRLINER}, ["1-speed"]),
        ({"speed": 380.0, "target_class": AIRLINER}, ["1-speed"]),  # holds on, does not raise
        ({"speed": 300.0, "target_class": AIRLINER}, []),
        ({"vu_mps": 320.0}, ["1-climb"]),
        ({"vu_mps": -600.0}, ["1-climb"]),
        ({"vu_mps": -600.0, "sigma_u_m": 4_000.0}, []),
        ({"vu_mps": np.nan}, []),
        ({"speed": 1_500.0, "age_s": 10.0}, []),
        ({"speed": 1_500.0, "existence": 0.5}, []),
        ({"speed": 1_500.0, "sigma_vn_mps": np.nan}, []),
        ({"speed": 1_500.0, "target_class": BALLISTIC}, []),
        ({"speed": 1_500.0, "p_ballistic": 0.8}, []),
        ({"speed": 1_500.0, "target_class": -1}, ["1-speed"]),
    ],
)
def test_limits_of_tracks_by_class(figures, keys):
    assert keys_of(track(1, 48.0, 16.0, **figures)) == keys


def test_between_the_two_limits_an_alert_only_goes_on():
    rule = KinematicsRule(KinematicsParams())
    for speed, holds in ((1_300.0, [True]), (1_000.0, [False]), (900.0, [])):
        found = rule.look(sky(track(1, 48.0, 16.0, speed=speed)))
        assert [f.holds for f in found] == holds
    assert rule.look(sky(track(1, 48.0, 16.0, speed=1_300.0), age_s=15.0))[0].holds is False
    assert rule.look(sky(track(1, 48.0, 16.0, speed=1_300.0), age_s=60.0)) == []


def test_the_limit_is_evidence():
    (found,) = KinematicsRule(KinematicsParams()).look(sky(track(1, 48.0, 16.0, speed=1_500.0)))
    assert found.evidence["limit_mps"] == 1_100.0
    assert found.evidence["speed_at_least_mps"] == pytest.approx(1_495.8, abs=0.1)


@pytest.mark.parametrize(("turn_deg", "n"), [(60.0, 0), (170.0, 1)])
def test_accelerations_are_those_between_updates(turn_deg, n):
    rule = KinematicsRule(KinematicsParams())
    assert rule.look(sky(track(1, 48.0, 16.0, course=0.0, speed=300.0))) == []
    for s in (4.0, 5.0):  # 600 m/s in 4 s at most
        found = rule.look(sky(track(1, 48.0, 16.0, course=turn_deg, speed=300.0), at_s=s))
        assert [f.key for f in found] == ["1-acceleration"] * n


def test_what_only_says_of_itself_that_it_is_ballistic_is_judged():
    entry = track(1, 48.0, 16.0, speed=3_000.0, p_ballistic=0.99)
    rule = KinematicsRule(KinematicsParams())
    assert [f.key for f in rule.look(sky(entry, **heard((1, report(0.0, ADSB)))))] == ["1-speed"]
    assert rule.look(sky(entry, at_s=1.0, **heard((1, report(1.0, PSR))))) == []


def said(places, follows=True, tracks=(), **params):
    """Keys at each look of what 4B1234 says each second; places in degrees east of 16."""
    rule, out = KinematicsRule(KinematicsParams(**params)), []
    for s, more in enumerate(places):
        east, fields = more if isinstance(more, tuple) else (more, {})
        entry = report(s, ADSB, 48.0, 16.0 + east, icao=0x4B1234, **fields)
        entries = tracks or ([track(1, 48.0, 16.0 + east, icao=0x4B1234)] if follows else [])
        found = rule.look(sky(*entries, at_s=s, **heard((1 if follows else -1, entry))))
        out.append([f.key for f in found])
    return out


FLIES = [0.0027 * s for s in range(10)]
"""200 m/s eastwards."""
JUMP = ["4B1234-jump"]


def test_who_flies_is_silent():
    assert not any(said(FLIES * 1))


def test_a_jump_that_stays_is_told_once_it_stands_until_it_is_old():
    looks = said([*FLIES, *(0.3 + east for east in FLIES * 6)], within_s=20.0)
    assert looks[10:13] == [[], [], JUMP]
    assert looks[29] == JUMP
    assert looks[31] == []


def test_who_says_a_speed_is_held_to_it():
    def jump(after_s, east, **said):
        rule, found = KinematicsRule(KinematicsParams()), []
        for s, place in ((0, 0.0), (after_s, east), (after_s + 1, east), (after_s + 2, east)):
            entry = report(s, ADSB, 48.0, 16.0 + place, icao=7, **said)
            found = rule.look(sky(at_s=s, **heard((-1, entry))))
        return [f.key for f in found]

    assert jump(25, 0.33) == []  # 25 km, with the speed of the fastest aircraft
    assert jump(25, 0.33, ground_speed_mps=240.0) == ["000007-jump"]
    assert jump(25, 0.33, vn_mps=600.0, ve_mps=0.0) == []
    assert jump(25, 0.13, ground_speed_mps=240.0) == []  # 10 km: a little faster, 5 km of error


def test_one_wrong_place_is_a_transmission_error():
    assert not any(said([*FLIES, 3.0, *FLIES]))


def test_a_broken_source_is_told():
    rng = np.random.default_rng(3)
    assert said(list(rng.uniform(0.0, 9.0, 20)))[-1] == JUMP
    assert said([0.0, 2.0] * 8)[-1] == JUMP  # and no second track has the address


def test_two_objects_with_one_address_are_the_matter_of_another_rule():
    both = [track(1, 48.0, 16.0, icao=0x4B1234), track(2, 48.0, 18.0, icao=0x4B1234)]
    rule = KinematicsRule(KinematicsParams())
    for s in range(20):
        pairs = [
            (1, report(s, ADSB, 48.0, 16.0, icao=0x4B1234)),
            (2, report(s + 0.5, ADSB, 48.0, 18.0, icao=0x4B1234)),
        ]
        assert rule.look(sky(*both, at_s=s, **heard(*pairs))) == []


def test_places_far_off_a_track_with_the_address_are_told():
    here = [track(1, 48.0, 16.5, icao=0x4B1234, speed=0.0)]
    assert said([0.0] * 4, follows=False, tracks=here)[2:] == [["4B1234-off-track"]] * 2
    near = [track(1, 48.0, 16.05, icao=0x4B1234, speed=0.0)]
    assert not any(said([0.0] * 4, follows=False, tracks=near))


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"geo_altitude_m": 60_000.0}, "height"),
        ({"baro_altitude_m": -3_000.0}, "height"),
        ({"ground_speed_mps": 2_000.0}, "speed"),
        ({"vn_mps": 1_000.0, "ve_mps": 1_000.0}, "speed"),
    ],
)
def test_absurd_values_are_told_where_they_come_again(fields, key):
    looks = said([(east, fields) for east in FLIES])
    assert looks[1] == []
    assert looks[2] == [f"4B1234-{key}"]
    assert not any(said([*FLIES[:4], (FLIES[4], fields), *FLIES[5:]]))


def test_heights_that_jump_are_told():
    up = [(east, {"baro_altitude_m": 3_000.0 + 5_000.0 * (k > 4)}) for k, east in enumerate(FLIES)]
    assert said(up)[5:8] == [[], [], ["4B1234-rise"]]
    climbs = [(east, {"baro_altitude_m": 3_000.0 + 60.0 * k}) for k, east in enumerate(FLIES)]
    assert not any(said(climbs))


def test_long_gaps_and_missing_values_make_no_jumps():
    rule = KinematicsRule(KinematicsParams())
    for s, east in ((0, 0.0), (100, 1.0), (300, 5.0), (301, np.nan), (302, 5.0)):
        entry = report(s, ADSB, 48.0, 16.0 + east, icao=5)
        assert rule.look(sky(at_s=s, **heard((-1, entry)))) == []


def test_a_flood_of_addresses_is_bounded():
    rule, rng = KinematicsRule(KinematicsParams()), np.random.default_rng(1)
    for s in range(3):
        pairs = [
            (-1, report(s, ADSB, *rng.uniform(0, 80, 2), icao=k, geo_altitude_m=9e4))
            for k in range(1, 3_000)
        ]
        rule.look(sky(at_s=s, **heard(*pairs)))
    assert len(rule._absurd) == 2_000
    assert len(rule._sayings.suspects) <= 2_000


def test_good_steps_are_counted_since_the_last_bad_one():
    icao = np.array([1, 1, 1, 1, 2, 3, 3])
    bad = np.array([0, 0, 1, 0, 0, 1, 0], bool)
    before = np.array([4.0, 0, 0, 0, np.nan, 2.0, 0])
    assert _counted(icao, bad, before).tolist() == [5.0, 6.0, 0.0, 1.0, 1.0, 0.0, 1.0]


def test_a_lasting_speed_becomes_an_alert():
    watch = Watch([KinematicsRule(KinematicsParams(raise_after_s=4.0))], "u")
    entry = track(1, 48.0, 16.0, speed=1_500.0)
    told = [[r.state for r in watch.look(sky(flown(entry, s), at_s=s))] for s in range(6)]
    assert told == [[], [], [], [], ["raised"], []]
