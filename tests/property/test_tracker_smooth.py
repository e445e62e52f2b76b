"""Smoothed tracks: between first and last detection, nearer to the truth, of one number each."""

import numpy as np
import pytest
from tests.naive import scenes
from tests.naive.scenes import SMALL, Flight, plots, positions, radar, receiver

from skypact.model.reports import empty_reports, take_reports
from skypact.model.tracking import MEASURED, TRACKER_MADE
from skypact.model.tracks import concat_rows, empty_rows
from skypact.track import smooth
from skypact.track.smooth import Smoother
from skypact.track.tracker import StepEvents, Tracker

UNTIL_S = 120.0
FLIGHT = Flight(48.3, 16.2)
RADARS = scenes.sensors(radar("r0"), radar("r1", 48.5, 15.5))


def smoothed(table, batch):
    """Rows of the tracker and of the smoother, and the latter's counts."""
    tracker = Tracker(table, SMALL)
    smoother, rows, better = Smoother(tracker), [], []
    for now_s in np.arange(1.0, UNTIL_S + 2.0):
        due = take_reports(batch, (batch.time_s > now_s - 1.0) & (batch.time_s <= now_s))
        events = tracker.step(due, now_s)
        rows.append(events.rows)
        better.append(smoother.take(due, events))
    events = tracker.flush()
    rows.append(events.rows)
    better += [smoother.take(empty_reports(0), events), smoother.finish()]
    return concat_rows(rows), concat_rows(better), smoother.counts


def scene(seed=1):
    rng = np.random.default_rng(seed)
    batch = [plots(RADARS, s, [FLIGHT], UNTIL_S, rng, first_s=s * 1.3) for s in (0, 1)]
    return scenes.merged(*batch)


def rms(rows):
    return np.sqrt(np.mean([scenes.miss_m(rows, i, FLIGHT) ** 2 for i in range(len(rows.time_s))]))


def test_smoothed_tracks_are_nearer_and_never_extrapolate():
    batch = scene()
    rows, better, counts = smoothed(RADARS, batch)
    assert rms(better) < 0.8 * rms(rows)
    assert np.unique(better.track).tolist() == np.unique(rows.track).tolist() == [1]
    assert np.isin(better.time_s, batch.time_s).all()
    assert better.time_s.min() == pytest.approx(batch.time_s.min())
    assert better.time_s.max() == pytest.approx(batch.time_s.max())
    assert (np.diff(better.time_s) >= 0.0).all()
    assert counts["reports"] == len(batch.time_s)
    assert counts["rows"] == counts["reports"] - counts["left_out"] == len(better.time_s)
    late = better.time_s > 30.0
    assert np.sqrt(np.mean(better.sigma_n_m[late] ** 2)) < np.sqrt(np.mean(rows.sigma_n_m**2))


def test_a_long_track_is_smoothed_in_parts_without_a_seam(monkeypatch):
    batch = scene()
    _, whole, _ = smoothed(RADARS, batch)
    monkeypatch.setattr(smooth, "MOST", 40)
    monkeypatch.setattr(smooth, "REACH_S", 60.0)
    monkeypatch.setattr(smooth, "BLOCK", 10)
    _, parts, counts = smoothed(RADARS, batch)
    assert counts["tracks"] == 1
    assert parts.time_s.tolist() == whole.time_s.tolist()
    place = np.column_stack([parts.lat_rad - whole.lat_rad, parts.lon_rad - whole.lon_rad])
    assert np.abs(place).max() * scenes.EARTH_M < 5.0
    assert parts.age_s == pytest.approx(whole.age_s)


def test_what_self_reports_share_is_stated():
    """Errors that stay the same are not averaged away in what is stated."""
    ears = scenes.sensors(receiver("a0"))
    _, better, _ = smoothed(ears, positions(ears, 0, [FLIGHT], 60.0, np.random.default_rng(2)))
    middle = (better.time_s > 20.0) & (better.time_s < 40.0)
    assert better.sigma_n_m[middle].min() > 15.0
    assert (np.abs(better.corr_ne) <= 1.0).all()


def steps_of(batch, numbers, ended, heirs):
    n = len(batch.time_s)
    whole = np.zeros(len(ended), np.int64)
    ended, heirs = np.array(ended, np.int64), np.array(heirs, np.int64)
    index = np.arange(n, dtype=np.int64)
    part = np.zeros(n, np.int64)
    rows = empty_rows(n)._replace(
        track=numbers, existence=np.ones(n), confirmed=np.ones(n, np.int8), time_s=batch.time_s
    )
    return StepEvents(rows, ended, heirs, whole, index, numbers, part, {})


def test_a_number_handed_over_is_one_path():
    """Two tracks of one object: the older number goes on with the younger's way."""
    batch = scene(3)
    batch = take_reports(batch, np.argsort(batch.time_s))
    n = len(batch.time_s)
    numbers = np.where(np.arange(n) % 2 == 0, 1, 2).astype(np.int64)
    numbers[: n // 4] = 1
    smoother = Smoother(Tracker(RADARS, SMALL))
    first, last = slice(0, n // 2), slice(n // 2, n)
    part = take_reports(batch, first)
    smoother.take(part, steps_of(part, numbers[first], [2], [1]))
    part = take_reports(batch, last)
    events = steps_of(part, np.ones(n - n // 2, np.int64), [], [])
    events = events._replace(report_index=events.report_index + n // 2)
    smoother.take(part, events)
    rows = smoother.finish()
    rows = concat_rows([rows])
    assert set(rows.track.tolist()) == {1}
    assert len(np.unique(rows.time_s)) == len(rows.time_s)
    assert len(rows.time_s) > 0.6 * n
    assert rms(rows) < 150.0


def test_a_height_that_nobody_reports_is_that_of_the_speed():
    """A drone without a code: its first plot is taken for some kilometres up."""
    drone = Flight(48.1, 16.05, height_m=400.0, speed_mps=15.0)
    table = scenes.sensors(radar("r0", sigma_range_m=20.0))
    batch = plots(table, 0, [drone], UNTIL_S, np.random.default_rng(4))
    nothing = np.full(len(batch.time_s), np.nan)
    batch = batch._replace(baro_altitude_m=nothing, geo_altitude_m=nothing)
    rows, better, _ = smoothed(table, batch)
    assert len(better.time_s) > 0.8 * len(batch.time_s)
    far = np.abs(better.altitude_m - drone.height_m)
    assert far.max() < 600.0
    assert far.max() < 1.2 * np.abs(rows.altitude_m[-5:] - drone.height_m).max() + 50.0


def reports_of(made):
    """Reports of one track, `made` (n,) telling which are another tracker's estimates."""
    n = len(made)
    labels = np.zeros((n, 8), np.int64)
    labels[:, smooth.ORIGIN_LABEL] = np.where(made, TRACKER_MADE, MEASURED)
    return smooth.Pending(np.zeros(n, np.int64), np.zeros((n, 17)), labels, np.zeros((n, 3)))


@pytest.mark.parametrize("first", [True, False])
def test_a_long_track_keeps_to_what_its_first_part_is_made_of(first):
    """Two thirds of its first part are of one kind, one third of the second."""
    made = np.tile([first, first, not first], 10)
    reports, end, is_told = smooth.without_double(reports_of(made), 15, None)
    assert (len(reports.piece), end, is_told) == (20, 10, first)
    reports, end, is_told = smooth.without_double(reports_of(~made), 15, is_told)
    assert (len(reports.piece), end, is_told) == (10, 5, first)
    nothing_of_it = np.full(6, not first)
    reports, end, is_told = smooth.without_double(reports_of(nothing_of_it), 4, first)
    assert (len(reports.piece), end, is_told) == (6, 4, not first)
