"""A primary radar in clutter: false plots make no lasting tracks, and aircraft are not lost for it.

One simulated hour of the shipped scene `clutter` with 20 false plots a turn (about 18,000), decoded
from its ASTERIX bytes. The study over more hours, seeds and densities is
`benchmarks/false_tracks.py`.
"""

import pytest
from benchmarks.false_tracks import judge, played, scenario

SEED = 7
HOURS = 1.0
FALSE_PLOTS = 20.0


@pytest.fixture(scope="module")
def tally():
    return judge(played(scenario(FALSE_PLOTS, aircraft=True), SEED, HOURS, FALSE_PLOTS))


def test_less_than_one_false_track_an_hour_lives_longer_than_a_minute(tally):
    assert tally.false_long / tally.hours < 1.0


def test_false_tracks_are_few_however_short(tally):
    assert tally.false / tally.hours <= 3.0


def test_aircraft_are_tracked_in_the_same_hour(tally):
    """Of those with five plots and more; half of the light aircraft have no transponder."""
    assert tally.flights > 50
    assert tally.missed <= 0.1 * tally.flights
    assert tally.held > 0.98
