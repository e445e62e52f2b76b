"""Percentiles of the whole run and of the last minute, and counts by bounds."""

import numpy as np
import pytest

from skypact.runtime.durations import N_SLOTS, SLOT_S, DurationMeter

NOTHING = {"p50": None, "p95": None, "p99": None}


def test_percentiles_are_those_of_the_durations_within_two_percent():
    durations_s = np.random.default_rng(5).lognormal(-3, 1, 20_000)
    meter = DurationMeter()
    for part in np.split(durations_s, 100):
        meter.add(part, 7.0)
    for found in (meter.whole(), meter.recent(7.0)):
        for name, q in (("p50", 50), ("p95", 95), ("p99", 99)):
            assert found[name] == pytest.approx(np.percentile(durations_s, q), rel=0.02)


def test_durations_beyond_the_scale_are_counted_at_its_ends():
    meter = DurationMeter()
    meter.add(np.array([0.0, -1.0, 1e9]), 0.0)
    found = meter.whole()
    assert found["p50"] < 2e-6
    assert found["p99"] >= 900


def test_without_any_there_are_no_percentiles():
    assert DurationMeter().whole() == DurationMeter().recent(5.0) == NOTHING


def test_after_a_minute_only_the_whole_run_knows():
    meter = DurationMeter()
    meter.add(np.full(1_000, 2.0), 100.0)
    meter.add([0.1], 154.9)
    assert meter.recent(154.9)["p50"] == pytest.approx(2.0, rel=0.02)
    assert meter.recent(160.0)["p99"] == pytest.approx(0.1, rel=0.02)
    assert meter.recent(215.0) == NOTHING
    assert meter.whole()["p50"] == pytest.approx(2.0, rel=0.02)


def test_a_place_that_is_used_again_holds_nothing_of_before():
    meter = DurationMeter()
    meter.add(np.full(9, 2.0), 1.0)
    meter.add([0.1], 1.0 + N_SLOTS * SLOT_S)
    assert meter.recent(1.0 + N_SLOTS * SLOT_S)["p99"] == pytest.approx(0.1, rel=0.02)


def test_counts_by_bounds_are_exact_and_only_grow():
    meter = DurationMeter((0.1, 0.5))
    meter.add([0.1, 0.11, 0.5, 0.51, 3.0], 0.0)
    meter.add(0.05, 1e6)
    told = meter.read()
    assert told.bounds_s == (0.1, 0.5)
    assert told.counts == (2, 2, 2)
    assert told.sum_s == pytest.approx(4.27)
