"""The beam's line: against the plain twin, and against antennas whose turning is known."""

import math

import numpy as np
import pytest
from tests.naive import beam, scenes
from tests.naive.scenes import Flight, false_plots, plots, radar

from skypact.kernels.beam import learn_beams
from skypact.model.beam import (
    BEAM_BACK_S,
    BEAM_HEARD_S,
    BEAM_LOAD,
    BEAM_PHASE,
    BEAM_PLOTS,
    BEAM_RATE,
    BEAM_SECTOR,
    BEAM_SPREAD2,
    BEAM_TIME_S,
)
from skypact.model.reports import concat_reports, take_reports
from skypact.model.tracking import AZIMUTH, CONFIRMED, NUMBER, PLANE, POLAR, STATE, VISIBLE
from skypact.track.geometry import geometry
from skypact.track.params import TrackerParams
from skypact.track.tracker import Tracker, empty_measurements

ONE = scenes.sensors(radar("r0", clutter_per_scan=20.0))
PARAMS = TrackerParams(capacity=512)


def turning(rng, n, period_s, *, off=0.0, sigma=1e-3):
    """Times and azimuths [turns] of plots of an antenna; a share `off` has any azimuth."""
    time_s = np.sort(rng.uniform(0.0, 60.0, n))
    turn = (0.3 + time_s / period_s + rng.normal(0, sigma, n)) % 1.0
    turn[rng.random(n) < off] = rng.random()
    return time_s, turn


def learned(time_s, turn, period_s=4.0):
    """The kernel's line after these plots, its sheet saying `period_s`."""
    g = geometry(scenes.sensors(radar("r0", period_s=period_s)), flat=False)
    m = empty_measurements(len(time_s))
    m.time_s[:], m.z[:, AZIMUTH] = time_s, 2 * np.pi * turn
    learn_beams(m, len(time_s), time_s[-1], g)
    return g.beam[0]


@pytest.mark.parametrize("off", [0.0, 0.2])
def test_the_line_is_the_twin_s(off):
    time_s, turn = turning(np.random.default_rng(1), 300, 4.05, off=off)
    twin = beam.Beam(4.0)
    for t, share in zip(time_s, turn, strict=True):
        twin.hear(t, share)
        twin.follow(t, share)
    b = learned(time_s, turn)
    assert b[BEAM_PHASE] % 1.0 == pytest.approx(twin.x[0] % 1.0, abs=1e-9)
    assert b[BEAM_RATE] == pytest.approx(twin.x[1], rel=1e-9)
    assert b[BEAM_SPREAD2] == pytest.approx(twin.spread2, rel=1e-6)
    assert b[[BEAM_PLOTS, BEAM_TIME_S, BEAM_HEARD_S]].tolist() == [300, time_s[-1], time_s[-1]]
    assert b[BEAM_LOAD] == pytest.approx(twin.load, rel=1e-9)
    assert b[BEAM_SECTOR:] == pytest.approx(twin.sectors, rel=1e-9)


def test_a_quiet_part_of_the_turn_is_no_silence():
    """All plots within 20 degrees, 40 a turn, a pause of three turns: back once, after that."""
    rng = np.random.default_rng(7)
    turn = rng.uniform(0.25, 0.3, 1_200)
    time_s = np.sort(turn + np.arange(1_200) // 40) * 4.0
    heard = (time_s < 40.0) | (time_s > 52.0)
    twin = beam.Beam(4.0)
    for t, share in zip(time_s[heard], (time_s / 4.0 % 1.0)[heard], strict=True):
        twin.hear(t, share)
        twin.follow(t, share)
    assert math.isnan(learned(time_s, time_s / 4.0 % 1.0)[BEAM_BACK_S])
    b = learned(time_s[heard], (time_s / 4.0 % 1.0)[heard])
    assert b[BEAM_BACK_S] == twin.back_s == time_s[time_s > 52.0][0]


FALLS = {
    "12 to 1, a line": (12, 1, "line"),
    "20 to 1, a line": (20, 1, "line"),
    "20 to 0.5, no line": (20, 0.5, "any azimuth"),
    "20 to 2, no turning": (20, 2, "none"),
}


@pytest.mark.parametrize(("before", "after", "kind"), FALLS.values(), ids=FALLS)
def test_traffic_that_falls_abruptly_becomes_usual_within_fifteen_turns(before, after, kind):
    """Reports at even times: `before` a turn for 20 turns, then `after` a turn for 60."""
    time_s = 4.0 * np.concatenate(
        [np.arange(20 * before) / before, 20.0 + np.arange(int(60 * after)) / after]
    )
    turn = time_s / 4.0 % 1.0
    if kind != "line":
        turn = np.random.default_rng(3).random(len(time_s))
    g, n = geometry(scenes.sensors(radar("r0")), flat=False), len(time_s)
    m = empty_measurements(n)
    m.time_s[:], m.z[:, AZIMUTH] = time_s, 2 * np.pi * turn
    m.form[:] = PLANE if kind == "none" else POLAR
    learn_beams(m, n, time_s[-1], g)
    twin = beam.Beam(4.0)
    for t, share in zip(time_s, turn, strict=True):
        twin.hear(t, math.nan if kind == "none" else share)
        if kind != "none":
            twin.follow(t, share)
    b = g.beam[0]
    assert b[BEAM_BACK_S] == pytest.approx(twin.back_s, abs=1e-9)
    assert 80.0 < b[BEAM_BACK_S] <= 80.0 + 60.0
    assert b[BEAM_LOAD] == pytest.approx(twin.load, rel=1e-9)
    assert b[BEAM_LOAD] == pytest.approx(5 * after, rel=0.25)


@pytest.mark.parametrize("period_s", [3.9, 4.0, 4.15])
def test_a_period_that_differs_from_the_sheet_is_found(period_s):
    b = learned(*turning(np.random.default_rng(2), 400, period_s))
    assert 1.0 / b[BEAM_RATE] == pytest.approx(period_s, rel=2e-4)
    assert b[BEAM_SPREAD2] < 0.02**2


@pytest.mark.parametrize("kind", ["any azimuth", "a sheet far off", "times of scans"])
def test_plots_that_lie_on_no_line_lock_nothing(kind):
    rng = np.random.default_rng(3)
    time_s, turn = turning(rng, 400, 11.0 if kind == "a sheet far off" else 4.0)
    if kind == "any azimuth":
        turn = rng.random(400)
    if kind == "times of scans":
        time_s = np.floor(time_s / 4.0) * 4.0
    assert learned(time_s, turn)[BEAM_SPREAD2] > 0.02**2


FLIGHTS = tuple(
    Flight(47.2 + 0.35 * (k % 5), 15.2 + 0.6 * (k // 5), heading=40.0 * k, speed_mps=150.0)
    for k in range(15)
)


def followed(batch, until_s):
    """Tracker after a scene, and the existence of each confirmed track on the way."""
    tracker, history = Tracker(ONE, PARAMS), []
    for k in range(round(until_s / 0.25)):
        slot = np.floor(batch.time_s / 0.25) == k
        tracker.step(take_reports(batch, slot), 0.25 * k + 0.25)
        live = np.flatnonzero(tracker.tracks.tag[:, STATE] == CONFIRMED)
        now = dict(
            zip(
                tracker.tracks.tag[live, NUMBER].tolist(),
                tracker.tracks.num[live, VISIBLE].tolist(),
                strict=True,
            )
        )
        history.append(now)
    return tracker, history


def test_a_dead_sensor_is_no_empty_sky():
    """Silent for 30 s, seven turns: nobody is missed; then all go on under their numbers."""
    rng = np.random.default_rng(4)
    batch = scenes.merged(plots(ONE, 0, FLIGHTS, 90.0, rng), false_plots(ONE, 0, 90.0, rng, 20.0))
    heard = (batch.time_s < 40.0) | (batch.time_s > 70.0)
    _, history = followed(take_reports(batch, heard), 90.0)
    before, dead, after = history[158], history[276], history[-1]
    assert len(before) == len(FLIGHTS)
    assert dead == pytest.approx(before, abs=0.01)
    assert set(before) <= set(after)


def test_a_dead_sensor_of_few_aircraft_is_no_empty_sky():
    """Three flights, no false plots: dead after some turns of silence, and they are still there."""
    batch = plots(ONE, 0, FLIGHTS[:3], 110.0, np.random.default_rng(9))
    heard = (batch.time_s < 40.0) | (batch.time_s > 100.0)
    _, history = followed(take_reports(batch, heard), 110.0)
    before, dead = set(history[158]), set(history[396])
    assert len(before) == 3
    assert before <= dead
    assert before <= set(history[-1])


def test_the_last_of_many_is_missed_where_it_vanishes():
    """Twelve of thirteen stop at 40 s and are missed; so is the last one, which stops at 80 s."""
    batch = plots(ONE, 0, FLIGHTS[:13], 130.0, np.random.default_rng(12))
    until_s = np.where(batch.target == batch.target.min(), 80.0, 40.0)
    _, history = followed(take_reports(batch, batch.time_s < until_s), 130.0)
    assert len(history[158]) == 13
    *gone, last = sorted(history[319].values())
    assert len(gone) == 12
    assert gone[-1] < 0.01
    assert last > 0.9
    assert max(history[-1].values(), default=0.0) < 0.05


def test_who_is_not_seen_where_all_fly_in_one_direction_is_missed():
    """The rest of the turn is quiet, which says nothing of the sensor."""
    rng = np.random.default_rng(8)
    flights = [
        Flight(48.6 + 0.04 * (k % 4), 16.4 + 0.12 * (k // 4), heading=90.0, speed_mps=80.0)
        for k in range(16)
    ]
    batch = plots(ONE, 0, tuple(flights), 70.0, rng)
    batch = take_reports(batch, (batch.target != 3) | (batch.time_s < 40.0))
    _, history = followed(batch, 70.0)
    assert len(history[158]) == len(flights)
    assert sorted(history[-1].values())[0] < 0.01
    assert sorted(history[-1].values())[1] > 0.9


def test_who_is_not_seen_while_others_are_is_missed():
    """One flight is gone from the 40th second on: missed once a turn, and soon not in sight."""
    rng = np.random.default_rng(5)
    found = [plots(ONE, 0, FLIGHTS, 80.0, rng), false_plots(ONE, 0, 80.0, rng, 20.0)]
    batch = scenes.merged(*found)
    batch = take_reports(batch, (batch.target != 3) | (batch.time_s < 40.0))
    _, history = followed(batch, 80.0)
    assert len(history[158]) == len(FLIGHTS)
    assert sorted(history[-1].values())[0] < 0.01
    assert sorted(history[-1].values())[1] > 0.9


@pytest.mark.parametrize("delay_s", [0.0, 1.5])
def test_a_look_is_missed_when_the_beam_has_passed_and_its_plots_are_here(delay_s):
    """One missed look is counted within a second of the beam, however late the feed is."""
    rng = np.random.default_rng(6)
    whole = plots(ONE, 0, FLIGHTS, 60.0, rng)
    mine = np.flatnonzero((whole.target == 3) & (whole.time_s > 40.0))[0]
    passed_s = whole.time_s[mine]
    batch = take_reports(whole, np.arange(len(whole.time_s)) != mine)
    batch = concat_reports([batch, false_plots(ONE, 0, 60.0, rng, 20.0)])
    tracker, fallen_s = Tracker(ONE, PARAMS), None
    arrival_s = batch.time_s + delay_s
    for k in range(round(60.0 / 0.1)):
        now = (arrival_s >= 0.1 * k) & (arrival_s < 0.1 * k + 0.1)
        tracker.step(take_reports(batch, now), 0.1 * k + 0.1)
        live = np.flatnonzero(tracker.tracks.tag[:, STATE] == CONFIRMED)
        if passed_s - 2.0 < 0.1 * k and fallen_s is None:
            lowest = tracker.tracks.num[live, VISIBLE].min()
            fallen_s = 0.1 * k + 0.1 if lowest < 0.9 else None
    assert fallen_s is not None
    assert 0.0 < fallen_s - delay_s - passed_s < 1.2
