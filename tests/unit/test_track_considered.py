"""Biases that come to be considered, or not any more, while tracks live."""

import numpy as np
import pytest
from tests.naive import scenes
from tests.naive.scenes import Flight, plots, positions, radar, receiver

from skypact.config import BiasSigmas
from skypact.errors import ConfigError
from skypact.model.reports import take_reports
from skypact.track.params import TrackerParams
from skypact.track.tracker import Tracker

PLAIN = scenes.sensors(radar("r0"), radar("r1", lat=48.6, lon=17.4, period_s=5.0), receiver("a0"))
SIGMA = np.array([[80.0, 0.0025, 0.1, 0.0], [40.0, 0.002, 0.1, 0.0], [0.0, 0.0, 0.05, 0.0]])
FLIGHTS = (Flight(48.3, 16.2), Flight(47.8, 16.9, height_m=6_000.0, heading=300.0))
PARAMS = TrackerParams(capacity=64)
UNTIL_S = 50.0


def sky(heard):
    """Reports of both flights by some of the sensors."""
    rng = np.random.default_rng(2)
    found = [plots(PLAIN, s, FLIGHTS, UNTIL_S, rng) for s in (0, 1) if s in heard]
    if 2 in heard:
        found.append(positions(PLAIN, 2, FLIGHTS, UNTIL_S, rng))
    return scenes.merged(*found)


def stated(batch, when, table=PLAIN):
    """Stated horizontal deviation of each track's first row after the switch at 40 s.

    `when` gives the deviations of the biases to be put in force, by time.
    """
    tracker, first = Tracker(table, PARAMS), {}
    for k in range(round(UNTIL_S / 0.5)):
        if 0.5 * k in when:
            tracker.set_bias_sigmas(when[0.5 * k])
        slot = np.floor(batch.time_s / 0.5) == k
        rows = tracker.step(take_reports(batch, slot), 0.5 * k + 0.5).rows
        for i in np.flatnonzero(rows.time_s > 40.0):
            first.setdefault(int(rows.track[i]), np.hypot(rows.sigma_n_m[i], rows.sigma_e_m[i]))
    return np.array([first[n] for n in sorted(first)])


@pytest.mark.parametrize("heard", [(0,), (0, 1), (0, 1, 2)])
def test_tracks_that_live_are_as_unsure_as_if_biases_had_been_considered_all_along(heard):
    """Switched on at 40 s; the next row states what it would have, within a fifth or a third."""
    batch = sky(heard)
    always, late = stated(batch, {0.0: SIGMA}), stated(batch, {40.0: SIGMA})
    never = stated(batch, {})
    assert len(always) == len(late) == len(FLIGHTS)
    if 2 not in heard:
        assert (always > 1.5 * never).all()
    assert late == pytest.approx(always, rel=0.33 if 2 in heard else 0.2)


def test_switched_off_and_on_again_is_as_switched_on():
    """What was absorbed before the pause is not taken for what was absorbed in it."""
    batch, none = sky((0, 1)), np.zeros((3, 4))
    once = stated(batch, {40.0: SIGMA})
    again = stated(batch, {10.0: SIGMA, 20.0: none, 40.0: SIGMA})
    assert again == pytest.approx(once, rel=1e-2)


def test_switched_off_states_what_is_stated_without():
    batch = sky((0, 1))
    never = stated(batch, {})
    assert stated(batch, {0.0: SIGMA, 30.0: np.zeros((3, 4))}) == pytest.approx(never, rel=0.05)


def sheets(sigma_m):
    return scenes.sensors(
        radar("r0", bias_sigmas=BiasSigmas(range_m=sigma_m)),
        *(radar("r1", lat=48.6, lon=17.4, period_s=5.0), receiver("a0")),
    )


def test_a_sheet_that_changes_is_believed_and_what_was_learned_holds_for_the_others():
    tracker = Tracker(sheets(50.0), PARAMS)
    learned = SIGMA / 2.0
    tracker.set_bias_sigmas(learned)
    data = tracker.checkpoint()
    assert np.array_equal(Tracker.restored(data, sheets(50.0)).geometry.bias_sigma, learned)
    for other in (Tracker.restored(data, sheets(20.0)), tracker):
        other.set_sensors(sheets(20.0))
        assert other.geometry.bias_sigma[0].tolist() == [20.0, 0.0, 0.0, 0.0]
        assert np.array_equal(other.geometry.bias_sigma[1:], learned[1:])
        assert other.geometry.considers[0] == 1


def test_wrong_deviations_are_refused():
    with pytest.raises(ConfigError, match="expected 3 rows"):
        Tracker(PLAIN, PARAMS).set_bias_sigmas(np.full((2, 4), 1.0))
