"""Watched areas: inside, entering, heights, hours, who may."""

import math

import pytest
import shapely
from tests.naive.skies import START_S, sky, track

from skypact.config import Union
from skypact.errors import ConfigError
from skypact.model.reports import pack_callsign
from skypact.rules import Watching, watching_from_toml
from skypact.rules.area import AreaParams, Hours, WatchedArea
from skypact.watch.area import AreaRule, Watched, is_watched
from skypact.watch.ground import Ground
from skypact.watch.rules import rules_of

GROUND = Ground(shapely.box(16.0, 47.0, 17.0, 48.0))


def rule(**area):
    entry = WatchedArea(name="zone", **area)
    return AreaRule(AreaParams(ahead_s=60.0, area=(entry,)), [Watched(entry, GROUND)])


def phases(one, *tracks):
    return {f.tracks[0]: f.evidence["phase"] for f in one.look(sky(*tracks))}


def test_inside_entering_and_elsewhere():
    tracks = [
        track(1, 47.5, 16.5),
        track(2, 47.5, 15.9, course=90.0, speed=200.0),  # 7.5 km before it
        track(3, 47.5, 15.9, course=270.0),
        track(4, 47.5, 15.5, course=90.0),  # too far
    ]
    assert phases(rule(), *tracks) == {1: "inside", 2: "entering"}


def test_only_what_is_inside_is_severe():
    found = rule(severity="extreme").look(sky(track(1, 47.5, 16.5), track(2, 47.5, 15.95)))
    assert [f.severity for f in found] == ["extreme", "moderate"]
    assert found[1].event_time_s > START_S
    assert math.isnan(found[0].event_time_s)


def test_heights_count_and_unknown_ones_may_be_anywhere():
    one = rule(lower_m=1_000.0, upper_m=3_000.0)
    tracks = [
        track(1, 47.5, 16.5, altitude_m=2_000.0),
        track(2, 47.5, 16.5, altitude_m=5_000.0),
        track(3, 47.5, 16.5, altitude_m=math.nan, baro_altitude_m=math.nan),
        track(4, 47.5, 16.5, altitude_m=3_500.0, vu_mps=-10.0),  # in it within the minute
        track(5, 47.5, 15.95, altitude_m=4_000.0, vu_mps=0.0),
    ]
    assert phases(one, *tracks) == {1: "inside", 3: "inside", 4: "entering"}


def test_flight_levels_are_of_the_pressure_altitude():
    one = rule(lower_fl=100.0, upper_fl=200.0)
    assert phases(one, track(1, 47.5, 16.5, altitude_m=9e3, baro_altitude_m=15_000 * 0.3048)) == {
        1: "inside"
    }
    assert phases(one, track(1, 47.5, 16.5, altitude_m=4e3, baro_altitude_m=9e3)) == {}


def test_who_may_be_there_is_not_told():
    one = rule(allowed=("ABC", "4B1234"))
    tracks = [
        track(1, 47.5, 16.5, callsign=pack_callsign("ABC12")),
        track(2, 47.5, 16.5, icao=0x4B1234),
        track(3, 47.5, 16.5, callsign=pack_callsign("XYZ1")),
    ]
    assert phases(one, *tracks) == {3: "inside"}


@pytest.mark.parametrize(
    ("hours", "hour", "watched"),
    [
        ((), 12, True),
        ((Hours(begin="11:00", end="13:00"),), 12, True),
        ((Hours(begin="11:00", end="12:00"),), 12, False),
        ((Hours(days="4", begin="08:00", end="18:00"),), 12, True),
        ((Hours(days="5", begin="08:00", end="18:00"),), 12, False),
        ((Hours(days="3", begin="22:00", end="06:00"),), 5, True),  # begun on Wednesday
        ((Hours(days="4", begin="22:00", end="06:00"),), 5, False),
        ((Hours(days="4", begin="22:00", end="06:00"),), 23, True),
    ],
)
def test_hours_are_those_of_a_thursday(hours, hour, watched):
    assert is_watched(hours, START_S + (hour - 12) * 3600.0) == watched


RULES = """
[[area.area]]
name = "plant"
centre = [47.5, 16.5]
radius_m = 3000
upper_m = 2000

[border]
enabled = false
"""


def test_rules_come_from_a_file():
    made = rules_of(watching_from_toml(RULES, "rules.toml"), Union(), dict)
    names = [one.name for one in made]
    assert "area" in names
    assert "border" not in names
    area = next(one for one in made if one.name == "area")
    here = [track(1, 47.52, 16.5, altitude_m=500.0), track(2, 47.54, 16.5, course=0.0)]
    assert phases(area, *here) == {1: "inside"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[nonsense]", "nonsense"),
        ("[border]\nahead_s = -1", "ahead_s"),
        ("[border", "TOML"),
        ('[[area.area]]\nname = "x"', "outline, centre and file"),
        ('[[area.area]]\nname = "x"\noutline = [[47, 16], [48, 16]]', "three corners"),
    ],
)
def test_wrong_rules_are_clear_errors(text, words):
    with pytest.raises(ConfigError, match=words):
        rules_of(watching_from_toml(text, "rules.toml"), Union(), dict)


def test_without_members_there_is_no_border():
    assert "border" not in [one.name for one in rules_of(Watching(), Union(), dict)]


def test_who_climbs_into_the_heights_is_expected_when_it_reaches_them():
    one = rule(lower_m=3_000.0)
    (found,) = one.look(sky(track(1, 47.5, 16.5, altitude_m=2_500.0, vu_mps=10.0)))
    assert found.evidence["phase"] == "entering"
    assert found.event_time_s == START_S + 50.0


@pytest.mark.parametrize(
    "passing",
    [
        track(1, 47.5, 16.99, altitude_m=2_500.0, vu_mps=10.0),  # gone before it is high enough
        track(1, 47.5, 15.9, altitude_m=2_900.0, vu_mps=-10.0, speed=150.0),  # too low by then
        track(1, 47.5, 16.5, altitude_m=2_000.0, vu_mps=10.0),  # later than the time ahead
        track(1, 47.5, 16.5, altitude_m=2_000.0, vu_mps=-10.0),
    ],
)
def test_who_passes_under_an_area_is_not_told(passing):
    assert rule(lower_m=3_000.0).look(sky(passing)) == []


def test_an_object_of_unknown_velocity_is_where_it_was_last_seen():
    still = track(1, 47.5, 16.5, vn_mps=math.nan, ve_mps=math.nan)
    assert phases(rule(), still) == {1: "inside"}


def test_who_has_only_the_other_kind_of_height_is_compared_by_it():
    low, levels = rule(upper_m=1_000.0), rule(lower_fl=0.0, upper_fl=100.0)
    by_pressure = track(1, 47.5, 16.5, altitude_m=math.nan, baro_altitude_m=11_000.0)
    by_satellite = track(1, 47.5, 16.5, altitude_m=11_000.0, baro_altitude_m=math.nan)
    assert low.look(sky(by_pressure)) == levels.look(sky(by_satellite)) == []
    near = track(1, 47.5, 16.5, altitude_m=math.nan, baro_altitude_m=1_500.0)
    assert phases(low, near) == {1: "inside"}
