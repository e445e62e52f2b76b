"""What must hold of any picture the tracker makes: order, repetition, rotation, time, identity."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.naive import imm, scenes
from tests.naive.scenes import SMALL, Flight, plots, positions, radar, receiver, run

from skypact.model.reports import TRACK, concat_reports, empty_reports, take_reports
from skypact.model.tracking import FREE, N_FREE, N_LIVE, PAST_AT, STATE, STATE_TIME
from skypact.track.arrivals import processing_order
from skypact.track.params import TrackerParams
from skypact.units import DEGREE, METRE, SECOND

TWO_RADARS = scenes.sensors(radar("r0"), radar("r1", lat=48.6, lon=17.4, period_s=5.0))
RADAR_AND_EARS = scenes.sensors(radar("r0"), receiver("a0"))
FLIGHTS = (
    Flight(48.3, 16.2),
    Flight(47.8, 16.9, height_m=6_000.0, heading=300.0, speed_mps=150.0),
    Flight(48.5, 15.6, height_m=11_000.0, heading=170.0, speed_mps=240.0),
)


def radar_scene(seed, until_s=24.0, flights=FLIGHTS, false_per_scan=1.0):
    rng = np.random.default_rng(seed)
    found = [plots(TWO_RADARS, s, flights, until_s, rng, detected=0.9) for s in (0, 1)]
    false = [scenes.false_plots(TWO_RADARS, s, until_s, rng, false_per_scan) for s in (0, 1)]
    return scenes.merged(*found, *false)


def assert_same_bits(a, b):
    for name, left, right in zip(a._fields, a, b, strict=True):
        assert np.array_equal(left, right, equal_nan=left.dtype.kind == "f"), name


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 2**31), st.integers(0, 2**31))
def test_the_order_inside_a_batch_does_not_change_a_bit_of_the_picture(seed, shuffle):
    batch = radar_scene(seed)
    straight = run(TWO_RADARS, batch, 24.0)
    shuffled = run(TWO_RADARS, batch, 24.0, shuffle=shuffle)
    assert len(straight.rows.time_s) > 10
    assert_same_bits(straight.rows, shuffled.rows)
    assert np.array_equal(straight.track_of, shuffled.track_of)
    assert straight.counts == shuffled.counts


def test_the_same_input_twice_gives_the_same_bits():
    batch = radar_scene(1)
    first, second = (run(TWO_RADARS, batch, 24.0) for _ in range(2))
    assert_same_bits(first.rows, second.rows)
    assert_same_bits(first.tracker.tracks, second.tracker.tracks)


@pytest.mark.parametrize("step_s", [0.1, 2.0])
def test_the_length_of_the_batches_changes_little(step_s):
    """Reports of two radars are taken in another order: 20 m and 3 m/s on noise of 50 m."""
    batch = radar_scene(2, 40.0)
    one, other = run(TWO_RADARS, batch, 40.0), run(TWO_RADARS, batch, 40.0, step_s=step_s)
    for k in range(len(FLIGHTS)):
        rows = [r.rows for r in (one, other)]
        own = [r.track_of[(batch.target == k)][-1] for r in (one, other)]
        last = [np.flatnonzero(r.track == n)[-1] for r, n in zip(rows, own, strict=True)]
        at = [FLIGHTS[k].at(r.time_s[i])[:2] for r, i in zip(rows, last, strict=True)]
        off = [
            [(r.lat_rad[i] - a[0][0]) * scenes.EARTH_M, (r.lon_rad[i] - a[1][0]) * 4.26e6]
            for r, i, a in zip(rows, last, at, strict=True)
        ]
        assert np.hypot(*np.subtract(*off)) < 20.0 * METRE
        for name in ("vn_mps", "ve_mps"):
            speeds = [getattr(r, name)[i] for r, i in zip(rows, last, strict=True)]
            assert abs(np.subtract(*speeds)) < 3.0


def test_a_minute_in_one_batch_is_followed_as_well_as_half_second_batches():
    """Sensors take turns by slices of time, so no radar is a minute ahead of the other.

    Two metres; with one radar's whole minute first, the errors differed by up to 200 m.
    """
    batch = radar_scene(9, 60.0)
    short, long = run(TWO_RADARS, batch, 60.0), run(TWO_RADARS, batch, 60.0, step_s=60.0)
    for k, flight in enumerate(FLIGHTS):
        mine = np.flatnonzero(batch.target == k)
        last = [np.flatnonzero(r.rows.track == r.track_of[mine[-1]])[-1] for r in (short, long)]
        errors = [
            scenes.miss_m(r.rows, i, flight) for r, i in zip((short, long), last, strict=True)
        ]
        assert abs(np.subtract(*errors)) < 2.0 * METRE
        assert len(set(long.track_of[mine][batch.time_s[mine] > 15.0])) == 1


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(-3.0, 3.0), st.integers(0, 2)), max_size=30))
def test_reports_are_taken_by_second_then_sensor_then_time_then_arrival(drawn):
    batch = empty_reports(len(drawn))
    for i, (time_s, sensor) in enumerate(drawn):
        batch.time_s[i], batch.sensor[i] = time_s, sensor
    index = np.arange(len(drawn))
    want = sorted(index, key=lambda i: (drawn[i][0] // 1.0, drawn[i][1], drawn[i][0], i))
    assert processing_order(batch, index, index).tolist() == want


@pytest.mark.parametrize("degrees", [90.0, 163.7, -141.3])
def test_turning_the_scene_about_the_axis_turns_the_tracks(degrees):
    """The last two put the scene across the date line."""
    rng = np.random.default_rng(3)
    found = [plots(RADAR_AND_EARS, 0, FLIGHTS, 20.0, rng)]
    found.append(positions(RADAR_AND_EARS, 1, FLIGHTS, 20.0, rng))
    batch = scenes.merged(*found)
    moved, table = scenes.shifted_longitude(batch, RADAR_AND_EARS, degrees)
    here, there = run(RADAR_AND_EARS, batch, 20.0).rows, run(table, moved, 20.0).rows
    assert np.array_equal(here.track, there.track)
    east = np.angle(np.exp(1j * (there.lon_rad - here.lon_rad - degrees * DEGREE)))
    assert np.abs(east).max() * scenes.EARTH_M < 0.5 * METRE
    assert np.abs(there.lat_rad - here.lat_rad).max() * scenes.EARTH_M < 0.5 * METRE
    assert np.abs(there.altitude_m - here.altitude_m).max() < 0.5 * METRE


def test_the_time_of_a_track_never_goes_back():
    batch = radar_scene(4, 30.0)
    tracker, last = scenes.Tracker(TWO_RADARS, SMALL), {}
    for k in range(60):
        slot = (batch.time_s >= k * 0.5) & (batch.time_s < k * 0.5 + 0.5)
        rows = tracker.step(take_reports(batch, slot), k * 0.5 + 0.5).rows
        for number, time_s in zip(rows.track, rows.time_s, strict=True):
            assert time_s >= last.get(number, -np.inf)
            last[number] = time_s
    assert len(last) >= 3


def test_a_report_that_comes_a_second_late_does_not_turn_a_track_back():
    batch = scenes.merged(positions(RADAR_AND_EARS, 1, FLIGHTS[:1], 12.0))
    result = run(RADAR_AND_EARS, batch, 12.0)
    before = result.tracker.tracks.num[0, STATE_TIME]
    late = take_reports(batch, np.array([10]))
    events = result.tracker.step(late, 12.5)
    assert events.counts["late"] == 0
    assert events.counts["tracked"] == 1
    assert result.tracker.tracks.num[0, STATE_TIME] == before


def test_a_track_survives_two_missed_scans():
    batch = plots(TWO_RADARS, 0, FLIGHTS[:1], 48.0, np.random.default_rng(5))
    kept = np.delete(np.arange(12), [6, 7])
    result = run(TWO_RADARS, take_reports(batch, kept), 48.0)
    assert len(set(result.track_of[1:])) == 1
    assert result.ended == []
    assert scenes.miss_m(result.rows, -1, FLIGHTS[0]) < 150.0 * METRE


def test_reports_of_two_sensors_on_one_aircraft_share_one_track():
    rng = np.random.default_rng(6)
    batch = scenes.merged(
        plots(RADAR_AND_EARS, 0, FLIGHTS, 30.0, rng),
        positions(RADAR_AND_EARS, 1, FLIGHTS, 30.0, rng),
    )
    result = run(RADAR_AND_EARS, batch, 30.0)
    assert result.tracker.n_confirmed == len(FLIGHTS)
    for k in range(len(FLIGHTS)):
        late = (batch.target == k) & (batch.time_s > 10.0)
        assert len(np.unique(result.track_of[late])) == 1
        assert set(batch.sensor[late]) == {0, 1}


def test_an_address_heard_twice_in_a_moment_is_one_object():
    """Two position reports 0.2 s apart, in one batch, each second."""
    heard = [positions(RADAR_AND_EARS, 1, FLIGHTS, 10.0, first_s=t) for t in (0.0, 0.2)]
    batch = scenes.merged(*heard)
    result = run(RADAR_AND_EARS, batch, 10.5, step_s=1.5)
    assert sorted(set(result.track_of)) == [1, 2, 3]


def test_two_radars_without_identity_share_one_track_per_aircraft():
    batch = radar_scene(7, 40.0, false_per_scan=0.5)
    result = run(TWO_RADARS, batch, 40.0)
    tracks = [set(result.track_of[(batch.target == k) & (batch.time_s > 20.0)]) for k in range(3)]
    assert [len(t - {-1}) for t in tracks] == [1, 1, 1]
    assert len(set.union(*tracks) - {-1}) == 3


@pytest.mark.parametrize(
    "changed",
    [{"coast": 1}, {"test": 1}, {"kind": TRACK, "coast": 1}, {"kind": TRACK, "simulated": 1}],
    ids=["coast", "test", "coasted track", "simulated track"],
)
def test_what_is_no_measurement_updates_nothing(changed):
    batch = scenes.merged(positions(RADAR_AND_EARS, 1, FLIGHTS, 12.0))
    mine = (np.arange(len(batch.time_s)) % 3) == 0
    for column, value in changed.items():
        getattr(batch, column)[mine] = value
    full = run(RADAR_AND_EARS, batch, 12.0)
    without = run(RADAR_AND_EARS, take_reports(batch, ~mine), 12.0)
    assert_same_bits(full.rows, without.rows)
    assert (full.track_of[mine] == -1).all()
    assert full.counts["unusable"] == mine.sum()


def test_a_full_table_refuses_and_counts():
    table = scenes.sensors(receiver("a0"))
    many = [Flight(47.0 + 0.2 * k, 16.0) for k in range(12)]
    result = run(
        table, scenes.merged(positions(table, 0, many, 4.0)), 4.0, TrackerParams(capacity=8)
    )
    assert result.tracker.n_tracks == 8
    assert len(set(result.track_of) - {-1}) == 8
    assert result.counts["refused"] == 4 * 4
    assert result.counts["tracked"] == 8 * 4


def test_reports_too_late_are_counted_and_touch_nothing():
    """Later than 10 s: they stay in the recording, the picture is what it was."""
    batch = scenes.merged(positions(RADAR_AND_EARS, 1, FLIGHTS[:1], 12.0))
    result = run(RADAR_AND_EARS, batch, 12.0)
    result.tracker.step(empty_reports(0), 15.5)
    before = [c.copy() for c in result.tracker.tracks]
    events = result.tracker.step(take_reports(batch, slice(0, 5)), 15.6)
    assert events.counts["late"] == 5
    assert events.counts["tracked"] == 0
    assert (events.report_track == -1).all()
    for old, new in zip(before, result.tracker.tracks, strict=True):
        assert np.array_equal(old, new, equal_nan=True)


def test_reports_far_ahead_of_the_clock_are_counted_and_kept_out():
    """11 s ahead is wrong, 9 s ahead waits for its time; the limit is 10 s."""
    batch = scenes.merged(positions(RADAR_AND_EARS, 1, FLIGHTS[:1], 12.0))
    result = run(RADAR_AND_EARS, batch, 12.0)
    before = [c.copy() for c in result.tracker.tracks]
    ahead = take_reports(batch, np.array([0, 1, 2, 3]))
    ahead.time_s[:] = 12.1 + np.array([9.0, 11.0, 3600.0, 1e14])
    events = result.tracker.step(ahead, 12.1)
    assert (events.counts["early"], events.counts["late"], events.counts["tracked"]) == (3, 0, 0)
    assert (events.report_track == -1).all()
    for old, new in zip(before, result.tracker.tracks, strict=True):
        assert np.array_equal(old, new, equal_nan=True)
    events = result.tracker.step(empty_reports(0), 30.0)
    assert events.report_index.tolist() == [12]
    assert events.counts["early"] == 0


@pytest.mark.parametrize("stamp", [np.nan, np.inf, -np.inf])
def test_a_report_without_a_usable_stamp_is_counted_once(stamp):
    batch = take_reports(positions(RADAR_AND_EARS, 1, FLIGHTS[:1], 2.0), slice(0, 1))
    batch.time_s[:] = stamp
    counts = scenes.Tracker(RADAR_AND_EARS, SMALL).step(batch, 1.0).counts
    assert counts["late"] + counts["early"] == 1
    assert sum(counts.values()) == 1


def at_one_place(n, until_s):
    """`n` hovering objects with own addresses in one place, heard each second at once."""
    table = scenes.sensors(receiver("a0"))
    batch = positions(table, 0, (Flight(48.3, 16.2, speed_mps=0.0),) * n, until_s)
    batch.time_s[:] = np.floor(batch.time_s) + 0.1
    return table, batch


def test_candidates_beyond_the_room_for_one_report_are_counted():
    """300 tracks where one report is: 256 are tried, 44 are not."""
    table, batch = at_one_place(300, 1.0)
    tracker = scenes.Tracker(table, TrackerParams(capacity=512))
    assert tracker.step(batch, 1.0).counts["crowded"] == 0
    assert tracker.n_tracks == 300
    one = take_reports(batch, slice(0, 1))
    one.time_s[:] += 1.0
    assert tracker.step(one, 2.0).counts["crowded"] == 44


def test_a_micro_batch_without_room_for_more_pairs_is_cut(monkeypatch):
    """Four nameless tracks and four reports in one place, room for ten pairs: none is left out."""
    monkeypatch.setattr("skypact.track.tracker.PAIR_CAPACITY", 10)
    table, batch = at_one_place(4, 2.0)
    batch.icao[:] = -1
    tracker = scenes.Tracker(table, SMALL)
    first = batch.time_s < 1.0
    assert tracker.step(take_reports(batch, first), 1.0).counts["crowded"] == 0
    assert tracker.n_tracks == 4
    assert tracker.step(take_reports(batch, ~first), 2.0).counts["crowded"] == 0


WILD: dict[str, list[float]] = {
    "time_s": [np.nan, np.inf, -np.inf, 1e14, -1e14],
    "range_m": [np.nan, np.inf, -1.0, 0.0, 1e12],
    "azimuth_rad": [np.nan, np.inf, 1e12],
    "lat_rad": [np.nan, np.inf, 7.0, 1e12],
    "lon_rad": [np.nan, np.inf, 1e12],
    "geo_altitude_m": [np.nan, np.inf, -1e12, 1e12],
    "baro_altitude_m": [np.inf, -np.inf, 1e12],
    "vn_mps": [np.nan, np.inf, 1e12],
    "sigma_m": [0.0, -1.0, 1e12],
}


@pytest.mark.parametrize(("column", "value"), [(c, v) for c, vs in WILD.items() for v in vs])
def test_a_wild_value_neither_raises_nor_harms_the_other_tracks(column, value):
    rng = np.random.default_rng(8)
    good = scenes.merged(
        plots(RADAR_AND_EARS, 0, FLIGHTS[:2], 10.0, rng),
        positions(RADAR_AND_EARS, 1, FLIGHTS[:2], 10.0, rng),
    )
    bad = [take_reports(good, good.target == 0)]
    getattr(bad[0], column)[:] = value
    # The wild reports arrive with the good ones of the other flight, whatever time they claim.
    arrival = np.concatenate([good.time_s[good.target == 0], good.time_s[good.target == 1]])
    both = concat_reports([bad[0], take_reports(good, good.target == 1)])
    tracker, rows = scenes.Tracker(RADAR_AND_EARS, SMALL), []
    for k in range(10):
        slot = np.floor(arrival) == k
        rows.append(tracker.step(take_reports(both, slot), k + 1.0).rows)
    live = np.flatnonzero(tracker.tracks.tag[:, STATE] != FREE)
    assert np.isfinite(tracker.tracks.pos[live]).all()
    assert np.isfinite(tracker.tracks.P[live]).all()
    last = scenes.concat_rows(rows)
    assert min(scenes.miss_m(last, i, FLIGHTS[1]) for i in range(-4, 0)) < 100.0 * METRE


def test_rows_are_reused_over_many_births_and_deaths():
    table = scenes.sensors(receiver("a0"))
    tracker = scenes.Tracker(table, TrackerParams(capacity=16))
    for life in range(12):
        start = life * 100.0
        flights = [Flight(47.0 + 0.2 * k + 0.01 * life, 16.0) for k in range(8)]
        batch = scenes.merged(positions(table, 0, flights, start + 3.0, first_s=start))
        batch.icao[:] += 100 * life
        for k in range(4):
            slot = np.floor(batch.time_s - start) == k
            events = tracker.step(take_reports(batch, slot), start + k + 1.0)
            assert events.counts["refused"] == 0
        assert tracker.n_tracks == 8
        tracker.step(empty_reports(0), start + 99.0)
        assert tracker.n_tracks == 0
    t = tracker.tracks
    assert t.counters[N_FREE] == 16
    assert t.counters[N_LIVE] == 0
    assert sorted(t.free) == list(range(16))
    assert (t.head == -1).all()


def test_an_empty_step_and_an_empty_flush_change_nothing():
    tracker = scenes.Tracker(RADAR_AND_EARS, SMALL)
    nothing = empty_reports(0)
    for events in (tracker.step(nothing, 1.0 * SECOND), tracker.flush(), tracker.flush()):
        assert len(events.rows.time_s) == 0
        assert sum(events.counts.values()) == 0
    assert tracker.n_tracks == 0


def test_wrong_figures_of_a_data_sheet_are_found_from_the_reports():
    table = scenes.sensors(radar("r0", p_detection=0.95, clutter_per_scan=1.0))
    flights = [
        Flight(47.2 + 0.25 * k, 15.3 + 0.2 * k, heading=40.0 * k, height_m=8_000 + 300 * k)
        for k in range(6)
    ]
    rng = np.random.default_rng(31)
    seen = plots(table, 0, flights, 400.0, rng, detected=0.7)
    false = scenes.false_plots(table, 0, 400.0, rng, 15.0)
    tracker = scenes.Tracker(table, TrackerParams(capacity=512))
    batch = scenes.merged(seen, false)
    for k in range(400):
        tracker.step(take_reports(batch, np.floor(batch.time_s) == k), k + 1.0)
    found = tracker.found_figures()
    assert found.p_detection[0] == pytest.approx(0.7, abs=0.06)
    assert found.clutter_per_scan[0] == pytest.approx(15.0, rel=0.15)


def test_hundreds_of_aircraft_that_appear_at_once_are_no_clutter():
    """Learned at once, their first plots would be false reports, and most would never be begun."""
    table = scenes.sensors(radar("r0"))
    flights = [
        Flight(46.6 + 0.12 * (k % 20), 14.2 + 0.18 * (k // 20), heading=31.0 * k)
        for k in range(300)
    ]
    rng = np.random.default_rng(41)
    batch = plots(table, 0, flights, 24.0, rng, detected=0.9)
    tracker = scenes.Tracker(table, TrackerParams(capacity=1024))
    for k in range(24):
        tracker.step(take_reports(batch, np.floor(batch.time_s) == k), k + 1.0)
    assert tracker.n_confirmed > 0.95 * 300


def test_kept_states_hold_the_whole_covariance():
    table = scenes.sensors(radar("r0"))
    batch = plots(table, 0, FLIGHTS[:1], 30.0, np.random.default_rng(3))
    tracker = scenes.Tracker(table, SMALL)
    for k in range(30):
        tracker.step(take_reports(batch, np.floor(batch.time_s) == k), k + 1.0)
    tracks = tracker.tracks
    t = int(np.flatnonzero(tracks.tag[:, STATE] != FREE)[0])
    kept = tracks.past[t, tracks.tag[t, PAST_AT]]
    assert kept[0] == tracks.num[t, STATE_TIME]
    mean, P = imm.moments(tracks.mu[t], tracks.x[t], tracks.P[t])
    upper = np.triu_indices(7)
    assert kept[1:8] == pytest.approx(mean, rel=1e-9)
    scale = np.sqrt(np.outer(np.diag(P), np.diag(P)))[upper]
    assert np.abs(kept[8:] - P[upper]).max() / scale.max() < 1e-6
    assert np.abs(P[:3, 3:6]).max() > 1.0


@pytest.mark.compiled
def test_where_many_reports_were_false_new_objects_are_seen_nevertheless():
    """Were none begun where clutter was learned, newcomers would be counted as clutter."""
    table = scenes.sensors(radar("r0"))
    rng = np.random.default_rng(43)
    clutter = scenes.false_plots(table, 0, 60.0, rng, 600.0)
    flights = [Flight(47.0 + 0.1 * k, 15.0 + 0.1 * k, heading=37.0 * k) for k in range(20)]
    newcomers = plots(table, 0, flights, 180.0, rng, first_s=80.0, detected=0.9)
    tracker = scenes.Tracker(table, TrackerParams(capacity=8192))
    batch = scenes.merged(clutter, newcomers)
    for k in range(180):
        tracker.step(take_reports(batch, np.floor(batch.time_s) == k), k + 1.0)
    assert tracker.n_confirmed >= 19


@pytest.mark.compiled
def test_heavy_clutter_neither_fills_the_table_nor_crowds_it():
    table = scenes.sensors(radar("r0"), radar("r1", lat=48.6, lon=17.4))
    rng = np.random.default_rng(44)
    batch = scenes.merged(*(scenes.false_plots(table, s, 120.0, rng, 600.0) for s in range(2)))
    tracker = scenes.Tracker(table, TrackerParams(capacity=8192))
    crowded = 0
    for k in range(120):
        events = tracker.step(take_reports(batch, np.floor(batch.time_s) == k), k + 1.0)
        crowded += events.counts["crowded"] if k >= 60 else 0
    assert tracker.n_tracks < 1_000
    assert tracker.n_confirmed < 10
    assert crowded < 100
