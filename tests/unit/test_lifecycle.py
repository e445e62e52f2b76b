"""How tracks begin, are confirmed, miss looks, are taken over, are joined and end."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.naive import compiled, scenes
from tests.naive import existence as naive
from tests.naive.scenes import SMALL, Flight, plots, positions, radar, receiver, run

from skypact.config import sensor_table
from skypact.model.reports import empty_reports, take_reports
from skypact.model.tracking import (
    ADDRESS,
    CONFIRMED,
    FADED,
    FREE,
    NUMBER,
    PAST_AT,
    SPREAD_M,
    STATE,
    STATE_TIME,
    TENTATIVE,
    VISIBLE,
    empty_pairs,
    empty_tracks,
)
from skypact.simulate import FlatScene, load_flat_scenario
from skypact.track.params import TrackerParams, track_params
from skypact.track.tracker import Tracker

FLIGHT = Flight(48.3, 16.2)
RADAR = scenes.sensors(radar("r0"))
EARS = scenes.sensors(receiver("a0"))
FLAT = TrackerParams(frame="flat", reorder_s=0.0)
SHARE = st.floats(0.0, 1.0)


def missed(visible, faded, p_detection, state=CONFIRMED, period_s=4.0):
    tracks = empty_tracks(1, 1)
    tracks.tag[0, STATE] = state
    tracks.num[0, VISIBLE], tracks.num[0, FADED] = visible, faded
    compiled.count_miss(tracks, 0, p_detection, period_s, track_params(SMALL))
    return tracks.num[0, VISIBLE], tracks.num[0, FADED]


@settings(max_examples=200, deadline=None)
@given(SHARE, SHARE, st.floats(0.01, 0.999), st.sampled_from([1.0, 2.5, 4.0]))
def test_a_missed_look_is_a_markov_step_and_bayes_rule(a, b, p_detection, period_s):
    visible, faded = a, (1.0 - a) * b
    got = missed(visible, faded, p_detection, CONFIRMED, period_s)
    plain = naive.after_a_miss(visible, faded, p_detection, SMALL, period_s=period_s)
    assert got == pytest.approx(plain, abs=1e-12)
    assert min(got) >= 0.0
    assert sum(got) <= 1.0 + 1e-12


@given(SHARE, st.floats(0.01, 0.999))
@settings(max_examples=50, deadline=None)
def test_an_unconfirmed_object_does_not_drop_out_of_sight(visible, p_detection):
    got = missed(visible, 0.0, p_detection, TENTATIVE)
    expected = naive.after_a_miss(visible, 0.0, p_detection, SMALL, confirmed=False)
    assert got == pytest.approx(expected, abs=1e-12)
    assert got[1] == 0.0


@settings(max_examples=100, deadline=None)
@given(st.floats(0.01, 1.0), st.floats(0.1, 0.999))
def test_a_missed_look_never_makes_an_object_more_certain(exists, p_detection):
    assert sum(missed(exists, 0.0, p_detection)) <= exists


def looks_to_the_end(p_detection, period_s=4.0):
    """Looks in a row that must miss a sure object before its track may end."""
    visible, faded, n = 1.0, 0.0, 0
    while visible + faded >= SMALL.drop_confirmed_at:
        visible, faded = missed(visible, faded, p_detection, CONFIRMED, period_s)
        n += 1
    return n


def test_the_better_a_place_is_seen_the_fewer_looks_end_a_track():
    """With detection learned, it counts; a feed that is faster than objects fade shows nothing."""
    looks = [looks_to_the_end(p) for p in (0.98, 0.9, 0.7, 0.4, 0.1)]
    assert looks == sorted(looks)
    assert looks[0] == 10
    assert looks[-1] > 40
    assert looks_to_the_end(0.98, 1.0) == 17


def test_no_period_is_an_edge():
    """Radars of nearly the same period are treated nearly the same."""
    looks = [looks_to_the_end(0.98, period_s) for period_s in np.arange(1.8, 4.3, 0.1)]
    assert looks == sorted(looks, reverse=True)
    assert (looks[0], looks[-1]) == (17, 10)
    assert np.abs(np.diff(looks)).max() <= 2


def turning(time_s):
    """Place and velocity in a circle of 4 km, one turn in two minutes."""
    w = np.radians(3.0)
    place = 4_000.0 * np.array([np.cos(w * time_s), np.sin(w * time_s), 0.5])
    return place, 4_000.0 * w * np.array([-np.sin(w * time_s), np.cos(w * time_s), 0.0])


@pytest.mark.parametrize("kept_s", [(), (90.0,), (0.0, 60.0, 64.0, 68.0, 100.0)])
def test_a_track_was_between_its_kept_states(kept_s):
    """Whoever turned in a gap was not where a straight line back leads."""
    tracks = empty_tracks(1, 1)
    tracks.past[0, :, 0] = np.nan
    known = [(float(t), *turning(t)) for t in (*kept_s, 100.0)]
    for row, (time_s, place, velocity) in enumerate(known[:-1], start=6):
        tracks.past[0, row % 8, :7] = time_s, *place, *velocity
        tracks.tag[0, PAST_AT] = row % 8
    tracks.num[0, STATE_TIME] = 100.0
    tracks.pos[0], tracks.vel[0] = known[-1][1:]
    for time_s in (-40.0, -5.0, 20.0, 61.0, 69.0, 75.0, 95.0, 100.0):
        plain = naive.place_at(known, time_s)
        got = compiled.place_at(tracks, 0, time_s)
        np.testing.assert_allclose(got, plain, atol=1e-6)


GAP_RADARS = scenes.sensors(radar("r0"), radar("r1", lat=48.05, lon=16.1))


def stream(n, gap_s):
    """Flights one after the other along one line; radar r1 sees none of them in `gap_s`."""
    rng = np.random.default_rng(90)
    parts = []
    for k in range(n):
        flight = Flight(48.6, 15.0, heading=90.0, speed_mps=240.0)
        for s in (0, 1):
            own = plots(GAP_RADARS, s, (flight,), 300.0, rng)
            if s == 1:
                own = take_reports(own, (own.time_s < gap_s[0]) | (own.time_s > gap_s[1]))
            own.time_s[:] += 60.0 * k
            parts.append(own)
    return scenes.merged(*parts)


def test_a_gap_of_cover_is_learned_where_it_is():
    """Radar r1 sees nothing between 100 and 160 s of each flight; elsewhere it sees all."""
    batch, cells, there = stream(6, (100.0, 160.0)), [], Flight(48.6, 15.0, 9_000.0, 90.0, 240.0)
    g = run(GAP_RADARS, batch, 600.0).tracker.geometry
    for time_s in (60.0, 130.0, 230.0):
        place = there.ecef(time_s)[0]
        east, north, _ = g.axes[1] @ (place - g.site[1, :3])
        distance = np.linalg.norm(place - g.site[1, :3])
        cells.append(compiled.cell_of(distance, np.arctan2(east, north), g.range_max_m[1]))
    before, within, after = (compiled.detection_in_cell(g.look_map[1], c, 0.9) for c in cells)
    assert within < 0.6
    assert before > 0.85
    assert after > 0.85
    assert compiled.detection_in_cell(g.look_map[1], 0, 0.9) > 0.9


def test_one_miss_costs_a_new_object_more_than_an_established_one():
    new, old = sum(missed(0.5, 0.0, 0.9)), sum(missed(0.999, 0.0, 0.9))
    assert 0.5 - new > 0.3
    assert 0.999 - old < 0.05


def test_a_track_is_confirmed_at_its_third_report_and_not_before():
    batch = positions(EARS, 0, (FLIGHT,), 4.0)
    for n, confirmed in ((1, 0), (2, 0), (3, 1), (4, 1)):
        assert run(EARS, take_reports(batch, slice(0, n)), 4.0).tracker.n_confirmed == confirmed


def test_a_single_false_plot_is_gone_after_two_turns():
    batch = take_reports(plots(RADAR, 0, (FLIGHT,), 4.0), slice(0, 1))
    result = run(RADAR, batch, 14.0)
    assert result.tracker.n_tracks == 0
    assert len(result.rows.time_s) == 0


def test_a_confirmed_track_coasts_and_then_ends_within_the_longest_time_without_a_report():
    batch = plots(RADAR, 0, (FLIGHT,), 60.0, np.random.default_rng(80))
    tracker = run(RADAR, batch, 60.0).tracker
    end_s, now_s, ended = SMALL.coast_max_s + 60.0 + 1.0, 60.0, []
    while not ended and now_s < 200.0:
        now_s += 1.0
        ended = tracker.step(empty_reports(0), now_s).ended.tolist()
    assert ended == [1]
    assert 70.0 < now_s <= end_s
    assert tracker.n_tracks == tracker.n_confirmed == 0


def test_an_address_heard_again_continues_its_track():
    """8 s of reports, 12 s of silence and a change of course: the number stays."""
    first = positions(EARS, 0, (FLIGHT,), 8.0, np.random.default_rng(81))
    lat, lon, _, _ = FLIGHT.at(14.0)
    turned = Flight(*np.degrees([lat[0], lon[0]]), heading=200.0)
    second = positions(EARS, 0, (turned,), 14.0, np.random.default_rng(82))
    second.time_s[:] += 20.0
    result = run(EARS, scenes.merged(first, second), 34.0)
    live = np.flatnonzero(result.tracker.tracks.tag[:, STATE] != FREE)
    assert result.tracker.tracks.tag[live, NUMBER].tolist() == [1]
    assert result.track_of[-1] == 1


def test_an_address_heard_far_away_is_another_object():
    first = positions(EARS, 0, (FLIGHT,), 8.0)
    far = positions(EARS, 0, (Flight(46.0, 12.0),), 8.0)
    far.time_s[:] += 10.0
    result = run(EARS, scenes.merged(first, far), 18.0)
    assert len(set(result.track_of)) == 2


def test_two_addresses_side_by_side_stay_two_tracks():
    """50 m apart at the same speed and height for 30 s: identities keep them apart."""
    pair = (FLIGHT, Flight(48.30045, 16.2))
    batch = scenes.merged(positions(EARS, 0, pair, 30.0, np.random.default_rng(83)))
    result = run(EARS, batch, 30.0)
    numbers = [set(result.track_of[batch.target == k]) for k in range(2)]
    assert [len(n) for n in numbers] == [1, 1]
    assert numbers[0] != numbers[1]
    assert result.ended == []


def reported_twice(twice_s, seconds):
    """Reports of a nameless aircraft, in the first seconds two to a look."""
    rng = np.random.default_rng(84)
    once = positions(EARS, 0, (FLIGHT,), seconds, rng)
    twice = positions(EARS, 0, (FLIGHT,), twice_s, rng)
    twice.time_s[:] += 0.01
    batch = scenes.merged(once, twice)
    batch.icao[:] = -1
    return batch


def test_two_nameless_tracks_that_every_look_reports_are_never_joined():
    """One place, one speed, but two reports a look: one object is not seen twice all the time."""
    result = run(EARS, reported_twice(20.0, 20.0), 20.0)
    assert result.ended == []
    assert result.tracker.n_confirmed == 2


def test_a_doubled_track_is_joined_and_the_older_number_lives():
    """A nameless aircraft reported twice in each of six looks: a second track must begin."""
    batch = reported_twice(6.0, 60.0)
    result = run(EARS, batch, 60.0)
    assert len(set(result.track_of)) > 1
    assert len(result.ended) >= 1
    tags = result.tracker.tracks.tag
    assert tags[tags[:, STATE] == CONFIRMED, NUMBER].tolist() == [1]


def test_a_near_plot_without_level_begins_a_track_near_its_place():
    """A primary plot 3 km east of the antenna: within 3 km of that place, and no 20 km unsure."""
    batch = empty_reports(1)
    batch.time_s[:], batch.range_m[:], batch.azimuth_rad[:] = 1.0, 3_000.0, np.pi / 2
    tracks = run(RADAR, batch, 2.0).tracker.tracks
    assert tracks.num[0, SPREAD_M] < 5_000.0


def test_more_than_one_object_never_shares_a_number():
    flights = [Flight(47.2 + 0.3 * k, 16.0) for k in range(6)]
    batch = scenes.merged(plots(RADAR, 0, flights, 30.0, np.random.default_rng(85)))
    result = run(RADAR, batch, 30.0, TrackerParams(capacity=64))
    numbers = [set(result.track_of[batch.target == k]) for k in range(6)]
    assert all(not (a & b) for i, a in enumerate(numbers) for b in numbers[:i])


def crossing_after(first_s, seconds):
    """The two aircraft of `crossing` from a time on, and their numbers at every scan.

    They cross 42 m apart at 205 s, then fly side by side, 250 m apart.
    """
    scene = FlatScene(load_flat_scenario("crossing"), 104)
    tracker = Tracker(sensor_table(list(scene.sensors), flat=True), FLAT)
    seen = []
    for now_s in scene.time_s[(scene.time_s >= first_s) & (scene.time_s < first_s + seconds)]:
        tracker.step(take_reports(scene.reports, scene.reports.time_s == now_s), float(now_s))
        tracks, there = tracker.tracks, scene.truth.time_s == now_s
        rows = np.flatnonzero(tracks.tag[:, STATE] == CONFIRMED)
        ahead_s = (now_s - tracks.num[rows, STATE_TIME])[:, None]
        places = (tracks.pos[rows] + ahead_s * tracks.vel[rows])[:, :2]
        truth = np.column_stack([scene.truth.lon_rad[there], scene.truth.lat_rad[there]])
        seen.append((now_s, set(tracks.tag[rows, NUMBER]), places, truth))
    return seen


def test_two_nameless_aircraft_that_cross_stay_two_tracks():
    last = [s for s in crossing_after(150.0, 110.0) if s[0] >= 190.0]
    assert all(numbers == last[0][1] for _, numbers, _, _ in last)
    assert len(last[0][1]) == 2
    for _, _, places, truth in last:
        apart = np.linalg.norm(places[:, None] - truth[None], axis=2)
        assert apart.min(0).max() < 150.0


def test_an_address_garbled_once_does_not_keep_a_tracks_number():
    """Nameless for ten looks, one wrong address, then the right one: one track, the old number."""
    batch = positions(EARS, 0, (FLIGHT,), 60.0, np.random.default_rng(86))
    right = int(batch.icao[0])
    batch.icao[:10] = -1
    batch.icao[10] = right ^ 0x30
    result = run(EARS, batch, 60.0)
    tags = result.tracker.tracks.tag
    live = tags[:, STATE] == CONFIRMED
    assert tags[live, NUMBER].tolist() == [1]
    assert tags[live, ADDRESS].tolist() == [right]


def test_too_many_pairs_cut_the_micro_batch_and_lose_no_candidate():
    """Forty nameless aircraft in one place, and room for little more than one report's pairs."""
    sky = [Flight(48.3 + 1e-5 * k, 16.2) for k in range(40)]
    batch = positions(EARS, 0, sky, 3.0, np.random.default_rng(87))
    batch.icao[:] = -1
    tracker = Tracker(EARS, TrackerParams(reorder_s=0.0))
    tracker._pairs = empty_pairs(300, 4096)
    crowded = 0
    for now_s in range(1, 4):
        part = take_reports(batch, (batch.time_s > now_s - 1.0) & (batch.time_s <= now_s))
        crowded += tracker.step(part, float(now_s)).counts["crowded"]
    assert crowded == 0
    assert tracker.n_tracks > 10
