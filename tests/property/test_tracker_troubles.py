"""Sensors in trouble: counted, contained, and no other track moves by more than its sigma.

Each scene is run with the trouble and without the troubled reports; the tracks that both have are
compared at the end.
"""

import numpy as np
import pytest
from tests.naive import scenes
from tests.naive.scenes import Flight, false_plots, plots, radar, run

from skypact.model.reports import REMOTEID, concat_reports, empty_reports, take_reports
from skypact.model.tracking import CONFIRMED, FALSE_SUM, N_CONFIRMED, NUMBER, STATE, STATE_TIME
from skypact.track.arrivals import with_room
from skypact.track.params import TrackerParams
from skypact.track.tracker import Tracker

TABLE = scenes.sensors(
    radar("r0"), radar("r1", lat=48.6, lon=17.4, period_s=5.0), radar("r2", lat=47.6, lon=16.8)
)
FLIGHTS = (
    Flight(48.3, 16.2),
    Flight(47.8, 16.9, height_m=6_000.0, heading=300.0, speed_mps=150.0),
    Flight(48.5, 15.6, height_m=11_000.0, heading=170.0, speed_mps=240.0),
    Flight(48.1, 17.3, height_m=4_000.0, heading=20.0, speed_mps=120.0),
)
UNTIL_S = 60.0
FROM_S = 30.0
"""The trouble begins."""
PARAMS = TrackerParams(capacity=512)


def sky(seed=1):
    """Three radars, four flights, some false plots, and the time of arrival of each report."""
    rng = np.random.default_rng(seed)
    found = [plots(TABLE, s, FLIGHTS, UNTIL_S, rng, detected=0.9) for s in range(3)]
    false = [false_plots(TABLE, s, UNTIL_S, rng, 1.0) for s in range(3)]
    batch = scenes.merged(*found, *false)
    return batch, batch.time_s.copy()


def fed(batch, arrival_s, until_s=UNTIL_S):
    """Tracker and counts after feeding reports in half seconds of their arrival."""
    tracker, counts = Tracker(TABLE, PARAMS), {}
    for k in range(round(until_s / 0.5)):
        now = (arrival_s >= 0.5 * k) & (arrival_s < 0.5 * k + 0.5)
        for name, n in tracker.step(take_reports(batch, now), 0.5 * k + 0.5).counts.items():
            counts[name] = counts.get(name, 0) + n
    return tracker, counts


def confirmed(tracker):
    """Rows of confirmed tracks."""
    return np.flatnonzero(tracker.tracks.tag[:, STATE] == CONFIRMED)


def unexplained(tracker, sensor):
    """Reports of a sensor that no track explains, as they are counted."""
    return tracker.geometry.false_map[sensor, :, 0, FALSE_SUM].sum()


def assert_same_sky(troubled, clean):
    """As many confirmed tracks, and each within the horizontal sigma of its like."""
    here, there = confirmed(troubled), confirmed(clean)
    assert len(here) == len(there) == len(FLIGHTS)
    now_s = UNTIL_S

    def places(tracker, rows):
        t = tracker.tracks
        age = now_s - t.num[rows, STATE_TIME]
        return t.pos[rows] + age[:, None] * t.vel[rows]

    one, other = places(troubled, here), places(clean, there)
    for row, place in zip(there, other, strict=True):
        moved = np.linalg.norm(one - place, axis=1).min()
        assert moved < clean.tracks.num[row, 1]


def test_the_sky_without_trouble_has_its_tracks_and_counts_none():
    tracker, counts = fed(*sky())
    assert len(confirmed(tracker)) == len(FLIGHTS)
    assert {name: n for name, n in counts.items() if n and name != "tracked"} == {}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_wild_report_moves_no_track(seed):
    batch, arrival_s = sky(seed)
    rng = np.random.default_rng(seed)
    wild = rng.choice(np.flatnonzero((arrival_s > FROM_S) & (batch.sensor == 1)), 3, replace=False)
    keep = np.ones(len(arrival_s), np.bool_)
    keep[wild] = False
    clean, _ = fed(take_reports(batch, keep), arrival_s[keep])
    batch.range_m[wild] += [20e3, -15e3, 300e3]
    batch.geo_altitude_m[wild[0]] = 30_000.0
    troubled, _ = fed(batch, arrival_s)
    assert unexplained(troubled, 1) > unexplained(clean, 1)
    assert_same_sky(troubled, clean)


def test_a_clock_that_stands_is_noticed_and_its_reports_are_kept_out():
    batch, arrival_s = sky()
    wrong = (batch.sensor == 1) & (arrival_s > FROM_S)
    clean, _ = fed(take_reports(batch, ~wrong), arrival_s[~wrong])
    batch.time_s[wrong] = FROM_S
    troubled, counts = fed(batch, arrival_s)
    soon = wrong & (arrival_s < FROM_S + 4.0)
    assert counts["frozen"] + counts["late"] >= wrong.sum() - soon.sum()
    assert counts["frozen"] > 0
    assert_same_sky(troubled, clean)


@pytest.mark.parametrize("step_s", [-30.0, -5.0, 5.0, 9.0, 3600.0])
def test_a_clock_that_steps_is_noticed_and_moves_no_track(step_s):
    """Reports that many seconds off: too far off they are kept out, else they begin no track."""
    batch, arrival_s = sky()
    wrong = (batch.sensor == 1) & (arrival_s > FROM_S)
    clean, _ = fed(take_reports(batch, ~wrong), arrival_s[~wrong])
    batch.time_s[wrong] += step_s
    troubled, counts = fed(batch, arrival_s)
    key = "astray" if abs(step_s) < 10.0 else ("late" if step_s < 0 else "early")
    assert counts[key] > 0.4 * wrong.sum()
    assert_same_sky(troubled, clean)


def test_a_radar_that_repeats_old_scans_is_noticed():
    """From the 30th second radar r1 sends what it sent 30 s before, with fresh stamps."""
    batch, arrival_s = sky()
    right = (batch.sensor != 1) | (arrival_s < FROM_S)
    batch, arrival_s = take_reports(batch, right), arrival_s[right]
    clean, _ = fed(batch, arrival_s)
    again = take_reports(batch, (batch.sensor == 1) & (arrival_s < FROM_S))
    again.time_s[:] += FROM_S
    troubled, counts = fed(
        concat_reports([batch, again]), np.concatenate([arrival_s, again.time_s])
    )
    assert counts["repeated"] > len(again.time_s) - 20
    assert_same_sky(troubled, clean)


def test_a_flood_from_one_sensor_is_counted_and_begins_nothing():
    """A hundred times its usual rate for 8 s; what is kept out is counted, nothing else is lost."""
    batch, arrival_s = sky()
    clean, before = fed(batch, arrival_s)
    rng = np.random.default_rng(4)
    n = int(100 * np.mean(batch.sensor == 1) * len(arrival_s) / UNTIL_S * 8.0)
    flood = empty_reports(n)
    flood.time_s[:] = np.sort(rng.uniform(FROM_S + 10.0, FROM_S + 18.0, n))
    flood.azimuth_rad[:] = flood.time_s / 5.0 % 1.0 * 2 * np.pi
    flood.range_m[:], flood.sensor[:] = rng.uniform(0, 250e3, n), 1
    troubled, counts = fed(
        concat_reports([batch, flood]), np.concatenate([arrival_s, flood.time_s])
    )
    assert counts["flooded"] > 0.5 * n
    names = ("tracked", "refused", "crowded")
    assert all(counts[name] <= before[name] + 0.05 * n for name in names)
    assert_same_sky(troubled, clean)


def test_a_flood_cannot_fill_the_memory(monkeypatch):
    """Stamped ahead, it would wait; beyond the room for those who wait it is early."""
    monkeypatch.setattr("skypact.track.arrivals.HELD_MOST", 100)
    tracker = Tracker(TABLE, PARAMS)
    flood = empty_reports(1_000)
    flood.time_s[:] = 5.0
    assert tracker.step(flood, 1.0).counts["early"] == 900
    events = tracker.step(empty_reports(0), 6.0)
    assert len(events.report_index) == 100


def test_a_flood_ahead_of_time_starves_no_other_sensor(monkeypatch):
    """Radar r1 sends 50,000 plots stamped 5 s ahead; the others' tracks do not notice."""
    monkeypatch.setattr("skypact.track.arrivals.HELD_MOST", 2_000)
    batch, arrival_s = sky()
    clean, before = fed(batch, arrival_s)
    n = 50_000
    rng = np.random.default_rng(5)
    flood = empty_reports(n)
    arrives_s = np.sort(rng.uniform(FROM_S + 10.0, FROM_S + 18.0, n))
    flood.time_s[:], flood.sensor[:] = arrives_s + 5.0, 1
    flood.azimuth_rad[:] = flood.time_s / 5.0 % 1.0 * 2 * np.pi
    flood.range_m[:] = rng.uniform(0, 250e3, n)
    troubled, counts = fed(concat_reports([batch, flood]), np.concatenate([arrival_s, arrives_s]))
    assert counts["early"] + counts["flooded"] > 0.8 * n
    assert counts["tracked"] > 0.9 * before["tracked"]
    assert_same_sky(troubled, clean)


def test_room_for_those_who_wait_is_the_same_for_all_and_what_one_leaves_the_others_have(
    monkeypatch,
):
    monkeypatch.setattr("skypact.track.arrivals.HELD_MOST", 100)
    sensor = np.repeat([0, 1, 2, 1], [200, 5, 90, 5]).astype(np.int32)
    keep = with_room(sensor)
    assert np.bincount(sensor[keep]).tolist() == [45, 10, 45]
    assert keep[:45].all()
    assert with_room(sensor[:100]).all()
    monkeypatch.setattr("skypact.track.arrivals.HELD_SENSOR", 30)
    assert np.bincount(sensor[with_room(sensor)]).tolist() == [30, 10, 30]


@pytest.mark.parametrize("stamped", [True, False])
def test_the_first_step_leaves_out_what_is_long_past(stamped):
    """Stamps of years ago in the very first batch: counted, and no time is spent on the years."""
    batch, arrival_s = sky()
    first = take_reports(batch, arrival_s < 1.0)
    start_s = 1.7e9
    received = np.full(len(first.time_s), round(start_s * 1e9) if stamped else 0)
    first = first._replace(time_s=first.time_s + start_s, received_ns=received)
    old = take_reports(first, np.arange(3))
    old.time_s[:] = [0.0, start_s / 2, start_s - (11.0 if stamped else 90_000.0)]
    tracker = Tracker(TABLE, PARAMS)
    events = tracker.step(concat_reports([old, first]), start_s + 1.5)
    assert events.counts["late"] == 3
    assert events.counts["tracked"] == len(first.time_s)
    assert events.report_part.max() < 10


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_any_order_of_arrival_within_the_wait_gives_the_same_bits(seed):
    """Delays of 0 to 0.3 s, some stamps equal; rows come in the tracker's own order."""
    batch, arrival_s = sky(seed)
    batch.time_s[:] = np.floor(batch.time_s * 8.0) / 8.0
    rng = np.random.default_rng(seed)
    runs = []
    for delay_s in (np.zeros(len(arrival_s)), rng.uniform(0.0, 0.3, len(arrival_s))):
        arrived = batch.time_s + delay_s
        order = np.argsort(arrived, kind="stable")
        tracker, rows = Tracker(TABLE, PARAMS), []
        slot = np.ceil(arrived[order] / 0.1)
        for k in range(round(UNTIL_S / 0.1) + 10):
            part = take_reports(batch, order[slot == k])
            rows.append(tracker.step(part, 0.1 * k).rows)
        runs.append(scenes.concat_rows(rows))
    assert len(runs[0].time_s) > 50
    for name, column in runs[0]._asdict().items():
        assert column.tobytes() == getattr(runs[1], name).tobytes(), name


def test_a_sensor_that_is_mostly_late_begins_no_track_but_updates():
    """All of radar r1 arrives 4 s late; the others begin the tracks, r1's reports join them."""
    batch, arrival_s = sky()
    arrival_s[batch.sensor == 1] += 4.0
    tracker, counts = fed(batch, arrival_s)
    assert len(confirmed(tracker)) == len(FLIGHTS)
    seen = tracker.tracks.seen_s[confirmed(tracker), 1]
    assert np.all(seen > UNTIL_S - 15.0)
    assert counts["late"] == 0
    assert counts["astray"] > 0


def test_numbers_of_tracks_are_never_given_twice():
    tracker, _ = fed(*sky())
    rows = confirmed(tracker)
    assert len(np.unique(tracker.tracks.tag[rows, NUMBER])) == len(rows)
    assert run(TABLE, sky()[0], UNTIL_S, PARAMS).counts["refused"] == 0


def test_the_farther_a_nameless_plot_is_off_inside_the_gate_the_less_it_pulls():
    """Near the gate it is rather a wild one, of many times the noise, than a manoeuvre."""
    table = scenes.sensors(radar("r0", lat=47.2, p_detection=0.98))
    batch = plots(table, 0, FLIGHTS[:1], 60.0)
    late = len(batch.time_s) - 1
    moved = []
    for off_m in np.arange(0.0, 600.0, 25.0):
        shifted = batch.range_m.copy()
        shifted[late] += off_m
        found = run(table, batch._replace(range_m=shifted), 60.0)
        if found.track_of[late] == found.track_of[0]:
            tracks = found.tracker.tracks
            moved.append(tracks.vel[tracks.tag[:, NUMBER] == found.track_of[0]][0])
    pull = np.linalg.norm(np.array(moved) - moved[0], axis=1)
    assert 15 < len(moved) < 24
    assert pull[-1] < 0.7 * pull.max()


@pytest.mark.parametrize("seed", range(3))
def test_drones_at_one_pad_keep_their_serial_numbers(seed):
    """Three start from one place within seconds; a serial number is no other drone's."""
    table = scenes.sensors(scenes.receiver("rid", kind="remoteid"))
    flights = [
        Flight(48.0, 16.0, height_m=60.0, heading=40.0 * k, speed_mps=9.0 + k) for k in range(3)
    ]
    batch = scenes.positions(table, 0, flights, 40.0, np.random.default_rng(seed))
    batch = batch._replace(
        kind=np.full_like(batch.kind, REMOTEID),
        icao=np.full_like(batch.icao, -1),
        callsign=1_000 + batch.target.astype(np.int64),
    )
    found = run(table, scenes.merged(batch), 40.0, PARAMS)
    target = scenes.merged(batch).target
    numbers = [np.unique(found.track_of[target == k]) for k in range(3)]
    assert [len(mine) for mine in numbers] == [1, 1, 1]
    assert len(np.unique(numbers)) == 3
    assert found.tracker.tracks.counters[N_CONFIRMED] == 3
