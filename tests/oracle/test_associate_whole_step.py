"""The whole step and sweep of the kernels against the plain tracker: same tracks, same numbers."""

import numpy as np
import pytest
from tests.naive import prepare as naive_prepare
from tests.naive import pressure as naive_pressure
from tests.naive import scenes
from tests.naive.scenes import Flight, plots, positions
from tests.naive.tracking import NaiveTracker

from skypact.kernels.prepare import prepare
from skypact.kernels.tracking import step, sweep_tracks
from skypact.model.reports import take_reports
from skypact.model.tracking import (
    ADDRESS,
    CONFIRMED,
    FADED,
    FREE,
    HITS,
    NUMBER,
    STATE,
    STATE_TIME,
    VISIBLE,
    empty_pairs,
    empty_tracks,
)
from skypact.model.tracks import TRACK_DTYPES
from skypact.track import tracker as stage
from skypact.track.geometry import assumed_heights, geometry
from skypact.track.params import TrackerParams, track_params
from skypact.units import METRE

TABLE = scenes.sensors(
    scenes.radar("r0"), scenes.radar("r1", lat=48.6, lon=17.4, period_s=5.0), scenes.receiver("a0")
)
PARAMS = TrackerParams(capacity=64, learn_sensors=False)
UNTIL_S = 22.0


def crossing_scene():
    """Two flights that meet after 12 s at 20 degrees and one level, one alone, false plots.

    The receiver hears the third one for 8 s; four of its plots come twice, 150 m apart in the
    mean. The seed is one in which no two tracks are joined, which the plain tracker does not do;
    with joining switched off in the kernels, 15 other such scenes agreed as well.
    """
    flights = (
        Flight(48.30000, 16.20000, heading=90.0),
        Flight(48.29261988, 16.20195248, heading=70.0),
        Flight(47.80, 16.90, heading=300.0, height_m=6_000.0),
    )
    rng = np.random.default_rng(72)
    found = [plots(TABLE, s, flights, UNTIL_S, rng, detected=0.85) for s in (0, 1)]
    false = [scenes.false_plots(TABLE, s, UNTIL_S, rng, 2.0) for s in (0, 1)]
    heard = positions(TABLE, 2, flights[2:], 8.0, rng)
    batch = scenes.merged(*found, *false, heard)
    own = (batch.target == 2) & (batch.sensor < 2) & (batch.time_s > 6.0)
    again = take_reports(batch, np.flatnonzero(own)[:4])
    again.time_s[:] += 0.01
    again.range_m[:] += np.random.default_rng(72).normal(0, 150, 4)
    return scenes.merged(batch, again)


def nowhere(n):
    """Ground (n, 3) without undulation and place."""
    return np.tile([0.0, np.nan, np.nan], (n, 1))


class Compiled:
    """The kernels as the stage calls them, on the same slices as the plain tracker."""

    def __init__(self):
        self.g, self.p = geometry(TABLE, flat=False), track_params(PARAMS)
        self.tracks, self.pairs = empty_tracks(64, 3), empty_pairs(1024, 64)
        self.out = []

    def step(self, batch, order):
        n = len(order)
        m, counts = stage.empty_measurements(n), np.zeros(3, np.int64)
        out = np.empty((2 * n, len(TRACK_DTYPES)))
        columns = stage.report_numbers(batch), stage.report_labels(batch), order
        n = prepare(*columns, nowhere(len(batch.time_s)), self.g, self.p, m)
        k = step(self.tracks, m, n, self.g, self.p, self.pairs, out, counts)
        self.out.extend(out[:k])
        return {int(m.serial[i]): int(m.number_out[i]) for i in range(n) if m.number_out[i] >= 0}

    def sweep(self, now_s):
        ended = np.zeros((64, 2), np.int64)
        return sorted(ended[: sweep_tracks(self.tracks, now_s, self.g, self.p, ended), 0])


@pytest.fixture(scope="module")
def both():
    """Both trackers after the scene, and what each said on the way."""
    batch, heights = crossing_scene(), assumed_heights(TABLE)
    fast, plain, said = Compiled(), NaiveTracker(TABLE, PARAMS), []
    field = naive_pressure.Field()
    for k in range(int(UNTIL_S)):
        part = take_reports(batch, np.floor(batch.time_s) == k)
        order = np.lexsort((part.time_s, part.sensor))
        zero = nowhere(len(order))
        ready = naive_prepare.prepare(part, order, TABLE, heights, PARAMS, zero, field)
        went = fast.step(part, order), plain.step(ready)
        said.append((went, (fast.sweep(k + 1.0), sorted(plain.sweep(k + 1.0)))))
    return fast, plain, said


def alive(fast):
    return {
        int(fast.tracks.tag[t, NUMBER]): t
        for t in np.flatnonzero(fast.tracks.tag[:, STATE] != FREE)
    }


def test_every_report_goes_to_the_same_track(both):
    for (fast, plain), _ in both[2]:
        assert fast == plain
    assert sum(len(fast) for (fast, _), _ in both[2]) > 40
    assert both[1].mixtures > 4


def test_the_same_tracks_end_in_the_same_sweeps(both):
    for _, (fast, plain) in both[2]:
        assert fast == plain
    assert sum(len(fast) for _, (fast, _) in both[2]) > 3


def test_the_same_tracks_live_with_the_same_standing(both):
    fast, plain, _ = both
    rows = alive(fast)
    assert sorted(rows) == sorted(t.number for t in plain.tracks)
    for track in plain.tracks:
        tag, num = fast.tracks.tag[rows[track.number]], fast.tracks.num[rows[track.number]]
        assert [tag[STATE], tag[HITS], tag[ADDRESS]] == [track.state, track.hits, track.address]
        assert num[STATE_TIME] == track.time_s
        assert num[[VISIBLE, FADED]] == pytest.approx([track.visible, track.faded], abs=1e-5)
    assert sum(t.state == CONFIRMED for t in plain.tracks) >= 3


def test_the_states_of_the_tracks_agree(both):
    fast, plain, _ = both
    rows = alive(fast)
    for track in plain.tracks:
        t = rows[track.number]
        mean, P = track.moments()
        assert np.abs(fast.tracks.pos[t] - mean[:3]).max() < 0.02 * METRE
        assert np.abs(fast.tracks.vel[t] - mean[3:6]).max() < 0.01
        assert fast.tracks.mu[t] == pytest.approx(track.mu, abs=1e-3)
        spread = np.sqrt(np.trace(P[:3, :3]))
        assert fast.tracks.num[t, 1] == pytest.approx(spread, rel=1e-3)


def test_the_rows_of_the_picture_agree(both):
    fast, plain, _ = both
    # Stable sorts: a track can leave two rows of one time, in the order they were made.
    got = sorted(fast.out, key=lambda row: (row[0], row[1]))
    want = sorted(plain.rows, key=lambda row: row[:2])
    assert [(row[0], row[1]) for row in got] == [row[:2] for row in want]
    for row, (_, _, mean, P) in zip(got, want, strict=True):
        place = scenes.geodesy.ecef_from_geodetic(*row[2:5])
        axes = scenes.geodesy.enu_axes(row[2:3], row[3:4])[0]
        assert np.linalg.norm(place - mean[:3]) < 0.05 * METRE
        local = axes @ P[:3, :3] @ axes.T
        assert row[[10, 9, 12]] == pytest.approx(np.sqrt(np.diag(local)), rel=1e-3)
        assert row[11] == pytest.approx(local[0, 1] / (row[9] * row[10]), abs=1e-3)
        assert row[[7, 6, 8]] == pytest.approx(axes @ mean[3:6], abs=0.01)
