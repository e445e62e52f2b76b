"""A run split at any point, kept and taken up again, makes the picture of the whole run."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.naive import scenes
from tests.naive.scenes import Flight, false_plots, plots, positions, radar, receiver

from skypact.cli.intake import Intake
from skypact.config import RegistrationParams
from skypact.model.reports import take_reports
from skypact.model.site import Site
from skypact.model.tracks import concat_rows
from skypact.record.clock import WallClock
from skypact.runtime.drive import Replay
from skypact.runtime.pipeline import Pipeline, sensors_of
from skypact.track.checkpoint import unpack
from skypact.track.params import TrackerParams
from skypact.track.tracker import Tracker
from skypact.units import NANOSECONDS

SENSORS = (radar("r0"), radar("r1", lat=48.6, lon=17.4, period_s=5.0), receiver("a0"))
TABLE = scenes.sensors(*SENSORS)
FLIGHTS = (Flight(48.3, 16.2), Flight(47.8, 16.9, height_m=6_000.0, heading=300.0))
PARAMS = TrackerParams(capacity=256)
WINDOWS = RegistrationParams(window_s=6.0, settle_s=1.0)
"""Short enough for a scene to have several."""
TALL = (
    radar("t0", sigma_elevation_deg=0.1),
    radar("t1", lat=48.6, lon=17.4, period_s=5.0, sigma_elevation_deg=0.1, elevations="apparent"),
    receiver("a0"),
)


class Kept:
    """A sink that keeps all rows."""

    def __init__(self):
        self.rows = []

    def append(self, rows, ended, now_s):
        self.rows.append(rows)

    def finish(self):
        pass


def simulated(seed):
    """Two radars and a receiver; reports arrive 0.1 to 0.8 s after their time, one in 30 later."""
    rng = np.random.default_rng(seed)
    found = [plots(TABLE, s, FLIGHTS, 20.0, rng, detected=0.9) for s in (0, 1)]
    false = [false_plots(TABLE, s, 20.0, rng, 3.0) for s in (0, 1)]
    batch = scenes.merged(*found, *false, positions(TABLE, 2, FLIGHTS[:1], 20.0, rng))
    n = len(batch.time_s)
    wait = rng.uniform(0.1, 0.8, n) + np.where(rng.random(n) < 1 / 30, 5.0, 0.0)
    received = np.round((1e6 + batch.time_s + wait) * NANOSECONDS).astype(np.int64)
    batch = batch._replace(received_ns=received, time_s=batch.time_s + 1e6)
    return take_reports(batch, np.argsort(received, kind="stable"))


def go_through(reports, sensors, params, kept=None, is_open=False):
    """Rows, pipeline, and the checkpoint where the stream stays open."""
    sink = Kept()
    pipeline = Pipeline(sensors, [sink], params, registration=WINDOWS)
    run = Replay(reports, pipeline, kept)
    run.run(WallClock(0.0, float("inf")), lambda share: None, is_open=is_open)
    if is_open:
        data = run.checkpoint()
        pipeline.stop()
        return concat_rows(sink.rows), pipeline, data
    pipeline.finish()
    return concat_rows(sink.rows), pipeline, b""


def assert_split_is_whole(reports, sensors, params, at, *, again=False):
    """Split before report `at`; the second run gets the rest, or all of it `again`."""
    whole, pipeline, _ = go_through(reports, sensors, params)
    first, _, data = go_through(take_reports(reports, slice(0, at)), sensors, params, is_open=True)
    kept = unpack(data)
    assert list(sensors_of(kept)) == list(sensors)
    rest = reports if again else take_reports(reports, slice(at, None))
    second, resumed, _ = go_through(rest, sensors, params, kept)
    for name, column in concat_rows([first, second])._asdict().items():
        assert column.tobytes() == getattr(whole, name).tobytes(), name
    one, other = pipeline.figures(), resumed.figures()
    for key in ("picture_hash", "reports", "tracks", "confirmed", "counts", "errors", "biases"):
        assert one[key] == other[key], key
    return whole


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**31), st.floats(0.0, 1.0), st.booleans())
def test_a_simulated_scene_split_anywhere(seed, share, again):
    reports = simulated(seed)
    at = round(share * len(reports.time_s))
    whole = assert_split_is_whole(reports, SENSORS, PARAMS, at, again=again)
    assert len(whole.time_s) > 10


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**31), st.floats(0.0, 1.0), st.booleans())
def test_radars_with_elevation_split_between_windows_of_registration(seed, share, again):
    """Biases of range, azimuth and elevation, a field of levels, and one radar's refraction."""
    reports = tall_scene(seed)
    at = round(share * len(reports.time_s))
    whole = assert_split_is_whole(reports, TALL, PARAMS, at, again=again)
    assert len(whole.time_s) > 10


def tall_scene(seed):
    """The simulated scene with elevations and levels; the first radar is biased."""
    rng = np.random.default_rng(seed)
    reports = simulated(seed)
    polar, first = reports.range_m > 0, reports.sensor == 0
    height = np.where(np.isnan(reports.geo_altitude_m), 7_000.0, reports.geo_altitude_m)
    rise = (height - 300.0) / reports.range_m - reports.range_m / 12.742e6
    rise = np.arcsin(np.clip(rise, -0.9, 0.9)) + rng.normal(0.0, 1.7e-3, len(rise))
    reports.elevation_rad[polar] = rise[polar] + 4e-3 * first[polar]
    reports.range_m[first] += 80.0
    reports.azimuth_rad[first] += 3e-3
    told = ~np.isnan(reports.geo_altitude_m)
    reports.baro_altitude_m[told] = reports.geo_altitude_m[told] - 150.0
    who = np.where(reports.target >= 0, reports.target + 1, -1)
    return reports._replace(icao=who.astype(reports.icao.dtype))


@pytest.mark.recordings
@settings(max_examples=4, deadline=None)
@given(st.floats(0.02, 0.98))
def test_a_recording_split_anywhere(barcelona, share):
    reports, sensors = barcelona
    at = round(share * len(reports.time_s))
    whole = assert_split_is_whole(reports, sensors, None, at)
    assert len(np.unique(whole.track)) > 20


@pytest.fixture(scope="module")
def barcelona(data_dir):
    """Five minutes of the surface radar and the multilateration of an airport."""
    names = ("201002-lebl-080001_smr.ast", "201002-lebl-080001_mlat.ast")
    sites = [Site(0, 7, 41.295618, 2.095114, 75.0), Site(0, 107, 41.297062, 2.078447, 50.0)]
    intake = Intake(None, sites, 1_601_596_800.0)
    reports = intake.read([data_dir / "asterix" / name for name in names], 1_601_596_800.0)
    until = reports.received_ns[0] + 300 * NANOSECONDS
    return take_reports(reports, reports.received_ns < until), tuple(intake.sensors)


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**31), st.lists(st.integers(1, 39), max_size=4))
def test_the_tracker_alone_can_be_kept_between_any_steps(seed, kept_after):
    reports = simulated(seed)
    whole, split, rows = Tracker(TABLE, PARAMS), Tracker(TABLE, PARAMS), ([], [])
    slot = np.floor((reports.received_ns / NANOSECONDS - 1e6) / 0.5)
    for k in range(40):
        part = take_reports(reports, slot == k)
        for tracker, out in zip((whole, split), rows, strict=True):
            out.append(tracker.step(part, 1e6 + 0.5 * k + 0.5).rows)
        if k in kept_after:
            split = Tracker.restored(split.checkpoint(), TABLE)
    for one, other in zip(*(concat_rows(r) for r in rows), strict=True):
        assert one.tobytes() == other.tobytes()
    assert split.checkpoint() == whole.checkpoint()


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**31), st.lists(st.integers(0, 9), min_size=1, max_size=4))
def test_the_tracker_can_be_kept_in_the_first_moments(seed, kept_after):
    """Stragglers stamped about the longest lateness before the stream's beginning."""
    rng = np.random.default_rng(seed)
    reports = take_reports(simulated(seed), slice(0, 40))
    first_s = reports.received_ns[0] / NANOSECONDS
    reports.time_s[1::2] = first_s - PARAMS.late_max_s + rng.uniform(-0.4, 0.9, 20)
    slot = np.arange(40) // 4
    trackers, counts = [Tracker(TABLE, PARAMS) for _ in range(2)], ([], [])
    for k in range(10):
        for i in (0, 1):
            events = trackers[i].step(take_reports(reports, slot == k), first_s + 0.1 * (k + 1))
            counts[i].append(events.counts)
        if k in kept_after:
            trackers[1] = Tracker.restored(trackers[1].checkpoint(), TABLE)
    assert counts[0] == counts[1]
    assert trackers[0].checkpoint() == trackers[1].checkpoint()


def test_a_straggler_after_a_split_at_once_is_as_late_as_without():
    """Begun at 1,000.1: a stamp of 989.9 is later than 10 s, kept in between or not."""
    reports = take_reports(simulated(3), slice(0, 2))
    reports.time_s[:] = 1000.05, 989.9
    reports = reports._replace(received_ns=np.array([1_000_100_000_000, 1_000_150_000_000]))
    tracker = Tracker(TABLE, PARAMS)
    tracker.step(take_reports(reports, slice(0, 1)), 1000.1)
    for one in (tracker, Tracker.restored(tracker.checkpoint(), TABLE)):
        assert one.step(take_reports(reports, slice(1, 2)), 1000.2).counts["late"] == 1


def test_a_giant_step_is_many_small_ones():
    """Without a wait the pieces of the giant step are the half seconds of the small ones.

    No report lies on an edge, where the feeding of the small steps is late.
    """
    reports = simulated(5)
    order = np.argsort(reports.time_s, kind="stable")
    batch = take_reports(reports, order)
    batch = batch._replace(time_s=batch.time_s - 1e6 + 0.013)
    params = TrackerParams(capacity=256, reorder_s=0.0)
    small = scenes.run(TABLE, batch, 100.0, params)
    giant = scenes.run(TABLE, batch, 100.0, params, step_s=100.0)
    for name, column in small.rows._asdict().items():
        assert column.tobytes() == getattr(giant.rows, name).tobytes(), name
    assert small.ended == giant.ended
    assert len(small.ended) > 3
    assert giant.tracker.n_tracks == 0
