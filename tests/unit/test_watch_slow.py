"""Balloons and drones: what is one, where it drifts, when it comes."""

import math

import numpy as np
import pytest
import shapely
from tests.naive.heard import heard, report
from tests.naive.skies import START_S, flown, sky, track

from skypact.config import Union
from skypact.errors import ConfigError
from skypact.model.reports import REMOTEID
from skypact.model.tracks import CLASSES
from skypact.rules import watching_from_toml
from skypact.rules.slow import ProtectedPoint, SlowParams, WindLevel
from skypact.units import DEGREE
from skypact.watch.ground import Ground
from skypact.watch.noncooperative import Place
from skypact.watch.rules import rules_of
from skypact.watch.slow import SlowRule
from skypact.watch.wind_drift import (
    SIGMAS_95,
    Motion,
    cone,
    forecast,
    members,
    places_told,
    reach_point,
    wind_of,
)

SQUARE = Place("territory", Ground(shapely.box(16.0, 47.0, 20.0, 49.0)))
LEVELS = (
    WindLevel(height_m=0.0, wind_north_mps=0.0, wind_east_mps=5.0),
    WindLevel(height_m=10_000.0, wind_north_mps=0.0, wind_east_mps=45.0),
)
WIND = wind_of(LEVELS)
BALLOON = {"course": 90.0, "speed": 15.0, "altitude_m": 4_000.0}


def looked(entry, seconds=200, wind=None, places=(SQUARE,), turning=0.0, **params):
    """Findings of the last of looks every 4 s at a track; it may turn (degrees a second)."""
    rule = SlowRule(SlowParams(**params), list(places), wind)
    found = []
    for s in range(0, seconds, 4):
        now = flown(entry, s)
        turn = math.radians(turning * s)
        north, east = entry["vn_mps"], entry["ve_mps"]
        now["vn_mps"] = north * math.cos(turn) - east * math.sin(turn)
        now["ve_mps"] = north * math.sin(turn) + east * math.cos(turn)
        found = rule.look(sky(now, at_s=s))
    return found


def test_what_drifts_inside_is_a_balloon_with_a_forecast():
    (found,) = looked(track(1, 48.0, 17.0, **BALLOON))
    assert (found.key, found.severity, found.holds) == ("balloon-1", "moderate", True)
    assert found.evidence["judged_by"] == "own motion"
    assert [f["after_min"] for f in found.evidence["forecast"]] == [15, 30, 60]
    assert found.evidence["reach"][0]["place"] == "territory"
    area = shapely.geometry.shape(found.area)
    assert area.geom_type == "Polygon"
    assert area.contains(shapely.Point(17.0 + 54.0 / 74.4, 48.0))  # after the hour


@pytest.mark.parametrize(
    "other",
    [
        {"speed": 45.0},  # an aeroplane
        {"altitude_m": 400.0},  # birds
        {"altitude_m": math.nan},
        {"icao": 0x4B1234},
        {"mode3a": 7000},  # a glider
        {"target_class": CLASSES.index("helicopter")},
        {"existence": 0.5},
        {"p_ballistic": 0.9},
        {"sigma_u_m": 3_000.0},
        {"vn_mps": math.nan},
    ],
)
def test_others_are_no_balloons(other):
    assert looked(track(1, 48.0, 17.0, **{**BALLOON, **other})) == []


def test_gliders_circle():
    assert looked(track(1, 48.0, 17.0, **BALLOON), turning=15.0) == []


def test_it_takes_minutes_to_know():
    assert looked(track(1, 48.0, 17.0, **BALLOON), seconds=100) == []


def test_transponders_are_asked_for():
    entry = track(1, 48.0, 17.0, mode3a=1234, **BALLOON)
    assert len(looked(entry, transponders=True)) == 1
    said = track(1, 48.0, 17.0, **{**BALLOON, "icao": 9, "target_class": CLASSES.index("balloon")})
    assert len(looked(said)) == 1


def test_with_a_known_wind_the_speed_through_the_air_counts():
    fast = {**BALLOON, "speed": 41.0, "altitude_m": 9_000.0}  # as the wind there
    (found,) = looked(track(1, 48.0, 17.0, **fast), wind=WIND)
    assert found.evidence["judged_by"] == "wind"
    assert found.evidence["air_speed_rms_mps"] < 1.0
    hovering = {**BALLOON, "speed": 1.0, "altitude_m": 4_000.0}  # 20 m/s through the air
    assert looked(track(1, 48.0, 17.0, **hovering), wind=WIND) == []
    assert len(looked(track(1, 48.0, 17.0, **hovering))) == 1


@pytest.mark.parametrize(("speed", "holds"), [(20.0, True), (28.0, False), (40.0, None)])
def test_between_the_two_limits_it_stays_what_it_was(speed, holds):
    found = looked(track(1, 48.0, 17.0, **{**BALLOON, "speed": speed}))
    assert [f.holds for f in found] == ([] if holds is None else [holds])


def test_coasting_raises_nothing():
    rule, entry = SlowRule(SlowParams(), [SQUARE]), track(1, 48.0, 17.0, **BALLOON)
    for s in range(0, 200, 4):
        assert all(f.holds for f in rule.look(sky(flown(entry, s), at_s=s)))
    (found,) = rule.look(sky(flown(entry, 240), at_s=240, age_s=44.0))
    assert not found.holds


def test_only_balloons_that_come_are_told_and_when():
    coming = track(1, 48.0, 15.6, **BALLOON)  # 30 km before it: 33 minutes
    (found,) = looked(coming)
    assert found.event_time_s - START_S == pytest.approx(2_000.0, abs=200.0)
    assert found.evidence["reach"][0]["probability"] > 0.8
    assert looked(track(1, 48.0, 15.6, **{**BALLOON, "course": 270.0})) == []
    assert len(looked(coming, places=())) == 1  # nowhere is watched: all are told


def test_an_airport_soon_is_severe():
    port = ProtectedPoint(name="port", centre=(48.0, 17.3), radius_m=5_000.0)
    (found,) = looked(track(1, 48.0, 17.1, **BALLOON), point=(port,))
    assert found.severity == "severe"
    assert [r["place"] for r in found.evidence["reach"]] == ["territory", "port"]
    far = ProtectedPoint(name="far", centre=(46.0, 17.3), radius_m=5_000.0)
    assert looked(track(1, 48.0, 17.1, **BALLOON), point=(far,))[0].severity == "moderate"


def now(**more):
    values = {
        "lat_rad": 48.0 * DEGREE, "lon_rad": 17.0 * DEGREE, "height_m": 4_000.0, "north_mps": 0.0,
        "east_mps": 15.0, "climb_mps": 0.0, "velocity_sigma_mps": 0.5, "sigma_n_m": 100.0,
        "sigma_e_m": 300.0, "cov_ne_m2": 0.0,
    }  # fmt: skip
    return Motion(**{**values, **more})


def test_own_motion_goes_straight_on_and_grows_uncertain():
    course = forecast(now(), None, SlowParams())
    told = places_told(course)
    assert told[2]["lon_deg"] == pytest.approx(17.0 + 54.0 / 74.4, abs=0.01)
    assert told[0]["semi_major_95_m"] < told[1]["semi_major_95_m"] < told[2]["semi_major_95_m"]
    # hardly forgotten yet: a random walk of the velocity, s^2 2/T t^3/3, and its error of now
    sigma_m = math.sqrt(16.0 * 2.0 / 3_600.0 * 900.0**3 / 3.0 + 450.0**2 + 100.0**2)
    assert told[0]["semi_minor_95_m"] == pytest.approx(SIGMAS_95 * sigma_m, rel=0.15)
    assert told[0]["major_axis_deg"] == 90.0


def test_a_balloon_that_rises_meets_another_wind():
    course = forecast(now(east_mps=21.0, climb_mps=2.0), WIND, SlowParams())
    rate = np.diff(course.lon_rad) * 6_371_008.8 * math.cos(48.0 * DEGREE) / 120.0
    assert rate[0] == pytest.approx(21.5, abs=0.1)
    assert rate[-1] == pytest.approx(45.0, abs=0.1)  # the highest level
    unknown = forecast(now(climb_mps=2.0), None, SlowParams())
    level = forecast(now(), None, SlowParams())
    assert unknown.sigma_m[-1] > 2.0 * level.sigma_m[-1]


def test_an_error_of_the_wind_fades():
    course = forecast(now(east_mps=31.0), WIND, SlowParams(wind_memory_s=600.0))
    rate = np.diff(course.lon_rad) * 6_371_008.8 * math.cos(48.0 * DEGREE) / 120.0
    assert rate[0] == pytest.approx(30.1, abs=0.2)
    assert rate[-1] == pytest.approx(21.0, abs=0.1)


def test_equally_likely_courses_have_the_forecast_s_spread():
    course = forecast(now(sigma_e_m=100.0), None, SlowParams())
    north = (members(course).lat_rad - course.lat_rad[:, None]) * 6_371_008.8
    assert np.std(north[10:], axis=1) == pytest.approx(course.sigma_m[10:], rel=0.05)
    assert 0.9 < np.mean(np.abs(north[-1]) < 1.96 * course.sigma_m[-1]) < 1.0


def test_probabilities_of_a_circle_are_those_of_random_courses():
    course = forecast(now(sigma_e_m=100.0), None, SlowParams())
    rng = np.random.default_rng(4)
    z = rng.standard_normal((2, 20_000))
    lat, lon = 48.05, 17.5
    hit = np.zeros(20_000, bool)
    for part in np.linspace(0.0, 1.0, 601):  # every 6 s
        t = 3_600.0 * part
        s = np.interp(t, course.after_s, course.sigma_m)
        north = s * z[0] - (lat - 48.0) * 111_195.0
        east = 15.0 * t + s * z[1] - (lon - 17.0) * 111_195.0 * math.cos(48.0 * DEGREE)
        hit |= np.hypot(north, east) <= 4_000.0
    reach = reach_point(members(course), lat, lon, 4_000.0)
    assert reach.probability == pytest.approx(hit.mean(), abs=0.05)
    assert 1_500.0 < reach.soonest_s <= reach.after_s < 3_600.0


def test_the_cone_holds_what_it_says():
    course = forecast(now(sigma_e_m=100.0), None, SlowParams())
    whole, paths = cone(course), members(course)
    inside = shapely.contains_xy(whole, paths.lon_rad / DEGREE, paths.lat_rad / DEGREE)
    assert inside.all(axis=0).mean() >= 0.9


PORT = ProtectedPoint(name="port", centre=(48.0, 17.0), radius_m=5_000.0)
LOW = {"altitude_m": 300.0, "speed": 30.0}


def drones(entry, seconds=90, says=False, **params):
    rule, found = SlowRule(SlowParams(point=(PORT,), **params), [SQUARE]), []
    for s in range(0, seconds, 3):
        heard_now = heard((1, report(s, REMOTEID))) if says else {}
        found = rule.look(sky(flown(entry, s), at_s=s, **heard_now))
    return [(f.key, f.severity, f.holds) for f in found]


def test_a_drone_near_an_airport_is_told():
    near, far = track(1, 48.0, 17.0, **LOW), track(1, 48.0, 17.5, **LOW)
    assert drones(near, says=True) == [("drone-1", "severe", True)]
    assert drones(near) == [("drone-1", "moderate", True)]
    assert drones(far, says=True) == []
    assert drones(far, says=True, drones_in_territory=True) == [("drone-1", "severe", True)]
    assert drones(near, says=True, drones=False) == []
    assert drones(near, possible_drones=False) == []
    known = track(1, 48.0, 17.0, target_class=CLASSES.index("drone"), **LOW)
    assert drones(known, seconds=3) == [("drone-1", "severe", True)]


def test_at_the_edge_a_drone_only_stays():
    edge = track(1, 48.0, 17.0 + 5.4 / 74.4, speed=0.0, altitude_m=100.0)
    assert drones(edge, says=True) == [("drone-1", "severe", False)]


@pytest.mark.parametrize(
    "other",
    [{"speed": 12.0}, {"speed": 120.0}, {"altitude_m": 3_000.0}, {"mode3a": 7000}, {"icao": 5},
     {"altitude_m": math.nan}, {"target_class": CLASSES.index("light")}],
)  # fmt: skip
def test_birds_and_aircraft_are_no_drones(other):
    assert drones(track(1, 48.0, 17.0, **{**LOW, **other})) == []


def test_forecasts_take_turns_and_are_forgotten():
    rule = SlowRule(SlowParams(follow_s=1.0), [SQUARE])
    entries = [track(n, 48.0, 17.0 + 0.1 * n, **BALLOON) for n in range(1, 11)]
    counts = [len(rule.look(sky(*entries, at_s=s))) for s in range(1, 8)]
    assert counts == [0, 2, 4, 6, 8, 10, 10]
    rule.look(sky(at_s=9.0))
    assert not rule._forecasts


def test_winds_come_from_a_file_or_the_rules():
    level = {"height_m": 5e3, "wind_north_mps": 1.0, "wind_east_mps": 2.0}

    def made(text, value=None):
        rules = rules_of(watching_from_toml(text, "t"), Union(), lambda _: value)
        return next(r for r in rules if r.name == "slow")._wind

    assert made("") is None
    inline = "[[slow.wind]]\nheight_m = 0\nwind_north_mps = 3\nwind_east_mps = 0"
    assert made(inline).north_mps.tolist() == [3.0]
    named = '[slow]\nwind_file = "wind.json"'
    assert made(named, {"levels": [level]}).east_mps.tolist() == [2.0]
    for broken in ({}, {"levels": []}, {"levels": [{"height_m": 1}]}):
        with pytest.raises(ConfigError, match=r"wind\.json"):
            made(named, broken)
