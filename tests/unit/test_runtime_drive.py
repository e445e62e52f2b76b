"""Live runs: sensors that are heard later, silence, and the picture of the replay."""

import numpy as np
import pytest
from tests.naive import scenes
from tests.naive.scenes import Flight, plots, positions, radar, receiver

from skypact.model.reports import empty_reports, take_reports
from skypact.model.tracking import BYTES_PER_SENSOR, empty_tracks
from skypact.record.clock import WallClock
from skypact.runtime.drive import LIVE_STEP_S, Live, Replay, live
from skypact.runtime.pipeline import Pipeline, room
from skypact.testing.memory import FakeClock, MemorySink
from skypact.track.params import TrackerParams
from skypact.units import NANOSECONDS

SENSORS = (radar("r0"), receiver("a0"), radar("r1", lat=48.6, lon=17.4, period_s=5.0))
FLIGHTS = (Flight(48.3, 16.2), Flight(47.8, 16.9, height_m=6_000.0, heading=300.0))
PARAMS = TrackerParams(capacity=256)
START_S = 1.7e9
LATER_S = 12.0
"""When the third sensor is first heard."""
UNTIL_S = 30.0


def heard():
    """Reports of three sensors, the last of which is heard later, as they arrive."""
    table = scenes.sensors(*SENSORS)
    rng = np.random.default_rng(1)
    batch = scenes.merged(
        plots(table, 0, FLIGHTS, UNTIL_S, rng, detected=0.9),
        plots(table, 2, FLIGHTS, UNTIL_S, rng, first_s=LATER_S),
        positions(table, 1, FLIGHTS[:1], UNTIL_S, rng),
    )
    arrival_s = START_S + batch.time_s + rng.uniform(0.0, 0.4, len(batch.time_s))
    batch = batch._replace(
        time_s=START_S + batch.time_s, received_ns=np.round(arrival_s * NANOSECONDS).astype(int)
    )
    return take_reports(batch, np.argsort(batch.received_ns, kind="stable"))


class Feed:
    """Hands over what has arrived; knows a sensor when it is heard."""

    def __init__(self, reports):
        self.reports, self.n, self.known = reports, 0, 1

    def read(self, now_s):
        first = self.n
        self.n = int(np.searchsorted(self.reports.received_ns, round(now_s * NANOSECONDS)))
        part = take_reports(self.reports, slice(first, self.n))
        self.known = max(self.known, 1 + int(part.sensor.max(initial=0)))
        return part

    @property
    def sensors(self):
        return SENSORS[: self.known]


def run_live(reports, clock=None, until_s=UNTIL_S + 1.0):
    """Rows and pipeline of a live run."""
    sink = MemorySink()
    line = Live(Feed(reports), Pipeline(SENSORS[:1], [sink], PARAMS))
    live(line, clock or FakeClock(START_S), lambda now_s: now_s >= START_S + until_s)
    return sink, line.pipeline


def test_live_reports_make_the_picture_of_their_replay():
    """The third sensor is first heard after 12 s; hash, counts and times of steps are equal."""
    reports = heard()
    sink, pipeline = run_live(reports)
    again, kept = Pipeline(SENSORS, [recorded := MemorySink()], PARAMS), None
    replay = Replay(reports, again, kept, LIVE_STEP_S)
    replay.run(WallClock(START_S, float("inf")), lambda share: None)
    again.finish()
    for key in ("picture_hash", "reports", "tracks", "confirmed", "counts"):
        assert pipeline.figures()[key] == again.figures()[key], key
    assert pipeline.counts["tracked"] > 0.9 * len(reports.time_s)
    n = len(recorded.steps)
    assert [s[0] for s in sink.steps[: n - 1]] == [s[0] for s in recorded.steps[: n - 1]]


class JumpyClock(FakeClock):
    """Oversleeps by up to a second, as under load."""

    def __init__(self):
        super().__init__(START_S)
        self.rng = np.random.default_rng(3)

    def sleep_until(self, time_s):
        super().sleep_until(time_s + self.rng.uniform(0.0, 1.0))


def test_how_long_steps_take_changes_nothing():
    reports = heard()
    one, other = run_live(reports)[1], run_live(reports, JumpyClock())[1]
    assert one.figures()["picture_hash"] == other.figures()["picture_hash"]
    assert one.figures()["counts"] == other.figures()["counts"]


def test_time_goes_on_in_silence():
    """Everything falls silent: tracks end as long as anyone may be waiting for them."""
    sink, pipeline = run_live(heard(), until_s=UNTIL_S + 90.0)
    assert sum(len(ended) for _, _, ended in sink.steps) >= len(FLIGHTS)
    assert pipeline.n_live == 0


def test_what_is_handed_over_too_late_arrives_when_it_is():
    """A feed that holds a report back for 2 s: it is not put into a batch that is over."""
    reports = heard()
    feed = Feed(reports)
    pipeline = Pipeline(SENSORS[:1], [], PARAMS)
    line = Live(feed, pipeline)
    line.advance(START_S + 5.0)
    handed, feed.n = feed.n, 0
    feed.reports = take_reports(reports, slice(handed - 1, handed))
    line.advance(START_S + 7.0)
    line.finish()
    assert pipeline.counts["clock_back"] == 0
    assert pipeline.n_reports == handed + 1


def test_a_feed_that_says_nothing_steps_nothing():
    sink, pipeline = run_live(empty_reports(0), until_s=1.0)
    assert pipeline.figures()["reports"] == 0
    assert len(sink.steps) == 1  # the end


def test_ever_more_sensors_do_not_fill_the_memory(monkeypatch):
    """Damaged octets that look like new sensors: the first few are tracked, the rest counted."""
    monkeypatch.setattr("skypact.runtime.pipeline.MOST_SENSORS", 2)
    reports = heard()
    _, pipeline = run_live(reports)
    beyond = int((reports.sensor == 2).sum())
    assert pipeline.counts["unlisted"] == pipeline.figures()["errors"]["unlisted"] == beyond
    assert pipeline.figures()["reports"] == len(reports.time_s) - beyond
    assert pipeline.counts["tracked"] > 30


def test_a_large_table_has_room_for_fewer_sensors_and_always_for_those_of_the_union():
    """At 100,000 rows 256 sensors would take 5 GiB for their biases alone."""
    tracks = empty_tracks(16, 10, buckets=1)
    each = tracks.look_s.nbytes + tracks.seen_s.nbytes + tracks.bias_gain.nbytes
    assert each == 16 * 10 * BYTES_PER_SENSOR
    for capacity in (256, 20_000, 100_000, 1_000_000):
        assert room(capacity) * capacity * BYTES_PER_SENSOR <= 1 << 30
    assert (room(256), room(20_000), room(100_000), room(1_000_000)) == (256, 256, 51, 5)


def test_sensors_beyond_the_room_of_a_large_table_are_not_listed(monkeypatch):
    monkeypatch.setattr("skypact.runtime.pipeline.MOST_BYTES", 2 * 256 * BYTES_PER_SENSOR)
    reports = heard()
    _, pipeline = run_live(reports)
    assert pipeline.counts["unlisted"] == (reports.sensor == 2).sum() > 0
    assert Pipeline(SENSORS, [], PARAMS).counts.get("unlisted", 0) == 0


def test_what_windows_were_lost_is_in_the_figures():
    pipeline = Pipeline(SENSORS, [], PARAMS)
    pipeline.registration.windows_lost = 3
    assert pipeline.figures()["registration"]["windows_lost"] == 3


@pytest.mark.parametrize("ahead_s", [0.0, 0.03, 0.0999999])
def test_the_next_batch_is_never_over_yet(ahead_s):
    line = Live(Feed(heard()), Pipeline(SENSORS[:1], [], PARAMS))
    line.advance(START_S + 1.0)
    now_s = START_S + 1.0 + ahead_s
    assert now_s < line.next_s(now_s) <= now_s + LIVE_STEP_S + 2e-6
