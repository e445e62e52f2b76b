"""Ballistic objects: possible, warned of, beyond the horizon, all-clear; what is none."""

import json

import numpy as np
import pytest
from tests.naive.skies import START_S, sky, track
from tests.unit.test_watch_freeflight import CLIMBING, slow_uncompiled, state_at, states_of

from skypact.errors import ConfigError
from skypact.rules.ballistic import BallisticParams
from skypact.watch.ballistic import BallisticRule
from skypact.watch.districts import Districts, districts_of_geojson
from skypact.watch.life import Watch

import shapely  # isort: skip

BOXES = Districts(
    ["west", "middle", "east", "far"],
    [shapely.box(-9, 43, -5, 47), shapely.box(-5, 43, -1, 47), shapely.box(-1, 43, 3, 47),
     shapely.box(20, 43, 24, 47)],
    [1e6, 2e6, np.nan, 5e6],
)  # fmt: skip


SLOW = state_at(44.0, -12.0, 20e3, 800.0, 60.0, 80.0)
"""A jet at the top of its zoom has as much energy."""


def free(mean=CLIMBING, at_s=0.0, n_reports=6, age_s=30.0, p=(1.0, 0.0, 0.0)):
    one = states_of(mean)
    return one._replace(
        time_s=np.array([START_S + at_s]), n_reports=np.array([n_reports]),
        age_s=np.array([age_s]), probability=np.array([p]),
    )  # fmt: skip


CONFIRMED = (track(4, 44.0, -12.0),)


def looked(rule, states, at_s=0.0, tracks=CONFIRMED):
    tracks = () if states is None and tracks is CONFIRMED else tracks
    picture = sky(*tracks, at_s=at_s)
    return rule.look(picture if states is None else picture._replace(free=states))


def rule(**params):
    return BallisticRule(BallisticParams(samples=64, **params), BOXES)


def test_a_decided_flight_is_a_warning_with_area_times_and_districts():
    (found,) = looked(rule(), free())
    evidence = found.evidence
    assert (evidence["stage"], found.severity) == ("warning", "extreme")
    assert evidence["area_50_km2"] < evidence["area_95_km2"]
    assert evidence["first_s"] < evidence["last_s"]
    assert 100.0 < evidence["lead_s"] < 900.0
    names = [row["name"] for row in evidence["districts"]]
    assert names
    assert "far" not in names
    assert sum(row["chance"] for row in evidence["districts"]) <= 1.001
    assert found.area["type"] == "MultiPolygon"


def test_a_warning_never_tells_a_point_nor_where_it_came_from():
    (found,) = looked(rule(), free())
    text = json.dumps([found.area, dict(found.evidence)]).lower()
    for word in ("point", "launch", "origin", "impact_lat", "intercept", "lat_deg", "lon_deg"):
        assert f'"{word}' not in text


@pytest.mark.parametrize(
    "states",
    [free(n_reports=2, age_s=3.0), free(SLOW), free(SLOW, p=(0.5, 0.45, 0.05))],
)
def test_what_is_not_decided_is_possible_and_no_warning(states):
    (found,) = looked(rule(), states)
    assert (found.evidence["stage"], found.severity) == ("possible", "moderate")
    assert "districts" not in found.evidence


@pytest.mark.parametrize(
    ("height_m", "speed_mps", "stage"),
    [(15e3, 450.0, "possible"), (25e3, 980.0, "possible"), (30e3, 1_600.0, "warning")],
)
def test_what_an_aircraft_may_fly_as_fast_and_high_as_is_never_warned_of(
    height_m, speed_mps, stage
):
    falling = state_at(44.0, -7.0, height_m, speed_mps, -10.0, 80.0)
    (found,) = looked(rule(), free(falling))
    assert found.evidence["stage"] == stage


def test_a_track_that_is_not_confirmed_is_no_warning():
    (found,) = looked(rule(), free(), tracks=())
    assert found.evidence["stage"] == "possible"


def test_what_may_stay_up_is_no_warning():
    orbit = state_at(40.0, 0.0, 300e3, 7_350.0, 0.0, 60.0)
    found = looked(rule(), free(orbit))
    assert [one.evidence["stage"] for one in found] in ([], ["possible"])


def test_an_area_that_tells_nobody_what_to_do_is_no_warning_yet():
    one = rule()
    vague = free()._replace(covariance=free().covariance * 1e4)
    (found,) = looked(one, vague)
    assert found.evidence["area_95_km2"] > 3e6
    assert found.evidence["stage"] == "possible"
    (found,) = looked(rule(most_area_km2=1e9), vague)
    assert found.evidence["stage"] == "warning"
    (found,) = looked(one, free(at_s=2.0), 2.0)
    assert found.evidence["stage"] == "warning"
    (found,) = looked(one, vague._replace(time_s=np.array([START_S + 4.0])), 4.0)
    assert found.evidence["stage"] == "warning"  # once told it stays told


def test_one_report_is_nothing_and_neither_is_an_aircraft():
    assert looked(rule(), free(n_reports=1, age_s=0.0)) == []
    assert looked(rule(), free(SLOW, p=(0.2, 0.1, 0.7))) == []


@slow_uncompiled
def test_nothing_flies_by_its_wings_with_so_much_energy():
    (found,) = looked(rule(), free(p=(0.2, 0.1, 0.7)))
    assert found.evidence["stage"] == "warning"


@slow_uncompiled
def test_thrust_alone_keeps_no_warning_back():
    (found,) = looked(rule(), free(p=(0.1, 0.85, 0.05)))
    assert found.evidence["stage"] == "warning"
    assert found.evidence["thrust"] > 0.8


@slow_uncompiled
def test_a_satellite_is_no_warning():
    orbit = state_at(40.0, 0.0, 500e3, 7_200.0, 0.0, 60.0)
    assert looked(rule(), free(orbit)) == []


@slow_uncompiled
def test_a_warning_outlives_its_track_until_it_must_have_come_down():
    one = rule(after_s=60.0)
    (found,) = looked(one, free())
    last_s = found.evidence["last_s"]
    assert len(looked(one, None, 100.0)) == 1
    assert len(looked(one, None, last_s - START_S)) == 1
    assert looked(one, None, last_s - START_S + 300.0) == []


def test_what_was_only_possible_ends_with_its_track():
    one = rule()
    looked(one, free(n_reports=2, age_s=3.0))
    assert looked(one, None, 1.0) == []


@slow_uncompiled
def test_a_warning_is_withdrawn_when_it_flies_as_an_aircraft():
    one = rule()
    looked(one, free())
    assert looked(one, free(SLOW, at_s=5.0, p=(0.1, 0.0, 0.9)), 5.0) == []
    looked(one, free(at_s=6.0), 6.0)
    assert looked(one, None, 7.0, [track(4, 45.0, -8.0)]) == []


@slow_uncompiled
def test_doubt_does_not_take_a_warning_back_at_once():
    one = rule()
    looked(one, free())
    (found,) = looked(one, free(SLOW, at_s=5.0, p=(0.6, 0.1, 0.3)), 5.0)
    assert found.evidence["stage"] == "warning"


@slow_uncompiled
def test_the_life_of_a_warning():
    one = rule(after_s=60.0)
    watch, told = Watch([one], "u"), []
    for s in range(0, 900, 2):
        states = free(n_reports=2, age_s=3.0) if s < 10 else free(at_s=float(s))
        picture = sky(at_s=float(s))
        if s < 60:
            picture = sky(*CONFIRMED, at_s=float(s))._replace(free=states)
        told += [(s, r.state, r.severity) for r in watch.look(picture)]
    assert told[0] == (0, "raised", "moderate")
    assert (10, "updated", "extreme") in told
    assert told[-1][1] == "cleared"
    assert told[-1][0] > 300


def feature(coordinates, properties):
    return {
        "geometry": {"type": "Polygon", "coordinates": coordinates}, "properties": properties,
    }  # fmt: skip


@pytest.mark.parametrize(
    "value",
    [
        {"features": []},
        {"features": [feature([[[0, 0], [1, 0], [1, 1], [0, 0]]], {})]},
        {"features": [feature([[[0, 0]]], {"name": "x"})]},
    ],
)
def test_districts_that_cannot_be_used_are_clear_errors(value):
    with pytest.raises(ConfigError, match="districts"):
        districts_of_geojson(value, "districts.json")


def test_no_crash_ends_a_warning_of_an_object_that_is_below_the_horizon():
    watch = Watch([rule()], "u")
    assert [r.state for r in watch.look(sky(*CONFIRMED)._replace(free=free()))] == ["raised"]
    back = Watch([rule()], "u")
    back.load(watch.pack())
    assert back.look(sky(at_s=1.0)) == []
    assert len(back.alive) == 1
