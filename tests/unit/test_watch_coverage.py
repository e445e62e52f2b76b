"""Coverage lost: a sector, the whole sensor, and what is no loss."""

import numpy as np
from tests.naive.looks import BOTH, RADAR, RECEIVER, looks, plain

from skypact.rules.coverage import CoverageParams
from skypact.watch.coverage import CoverageRule
from skypact.watch.turns import Turns, log_tail

NORTH = [plain(k, 48.7 + 0.02 * k, 15.8 + 0.04 * k, speed=20.0) for k in range(1, 9)]
SOUTH = [plain(k, 47.3 - 0.02 * k, 15.8 + 0.04 * k, speed=20.0) for k in range(11, 19)]
EAST = [plain(k, 47.9 + 0.02 * k, 17.2, speed=20.0) for k in range(21, 29)]
WEST = [plain(k, 47.9 + 0.02 * k, 14.8, speed=20.0) for k in range(31, 39)]


def run(sees, entries=(*NORTH, *SOUTH), until=420, sensors=BOTH, **params):
    """What is found at each second."""
    p = CoverageParams(**params)
    one = CoverageRule(p, Turns(p))
    return [one.look(sky) for sky in looks(entries, range(until), sensors=sensors, sees=sees)]


def lost_from(s_lost, s_back=10_000, tracks=range(1, 9)):
    rng = np.random.default_rng(1)

    def sees(name, entry, s):
        if name == "ears":
            return True
        return rng.random() < 0.9 and not (s_lost <= s < s_back and entry["track"] in tracks)

    return sees


def test_a_sector_in_which_nothing_is_detected_any_more_is_named():
    found = run(lost_from(200))
    first = next(s for s, f in enumerate(found) if f)
    assert 204 < first < 240
    (one,) = found[-1]
    assert one.key == "north"
    assert one.evidence["part"] == "sectors"
    angles = {angle for part in one.evidence["sectors_deg"] for angle in part}
    assert angles <= {0, 30, 330, 360}
    assert one.evidence["rate_before"] > 0.8
    assert one.evidence["rate_now"] < 0.2


def test_it_is_over_when_the_sector_is_back():
    found = run(lost_from(200, 280), until=400)
    assert found[279]
    assert not found[-1]


def test_a_radar_that_lost_all_is_told_as_a_whole():
    every = (*NORTH, *SOUTH, *EAST, *WEST)
    found = run(lost_from(200, tracks=range(99)), every, until=300)
    assert found[-1][0].evidence["part"] == "whole"
    assert found[-1][0].severity == "severe"


def test_usual_misses_are_no_loss():
    assert not any(run(lost_from(10_000)))


def test_one_object_that_vanishes_is_no_loss():
    assert not any(run(lost_from(200, tracks=[1])))


def test_an_empty_sky_is_no_loss():
    p = CoverageParams()
    one = CoverageRule(p, Turns(p))
    found = [one.look(sky) for sky in looks(NORTH, range(200))]
    found += [one.look(sky) for sky in looks([], range(200, 400))]
    assert not any(found)


def test_a_silent_radar_is_left_to_the_rule_of_feeds():
    p = CoverageParams()
    one = CoverageRule(p, Turns(p))
    found = [one.look(sky) for sky in looks(NORTH, range(200))]
    dead = (RADAR._replace(state="silent"), RECEIVER)
    found += [one.look(sky) for sky in looks(NORTH, range(200, 400), sensors=dead)]
    assert not any(found)


def test_what_a_dying_radar_lost_is_not_told_when_it_is_dead_or_back():
    p = CoverageParams()
    one = CoverageRule(p, Turns(p))
    sees = lost_from(200, 240)
    found = {s: one.look(k) for s, k in enumerate(looks(NORTH, range(240), sees=sees))}
    assert found[239]
    dead = (RADAR._replace(state="silent"), RECEIVER)
    for sensors, until in ((dead, 300), (BOTH, 400)):
        rest = range(max(found) + 1, until)
        for s, look in zip(rest, looks(NORTH, rest, sensors=sensors, sees=sees), strict=True):
            found[s] = one.look(look)
    assert not any(found[s] for s in range(240, 400))


def test_tracks_that_no_plot_ever_confirmed_do_not_count():
    """Forged ADS-B makes no coverage lost."""
    ghosts = [{**e, "track": e["track"] + 100, "icao": 5 + e["track"]} for e in NORTH]

    def sees(name, entry, s):
        return name == "ears" or entry["track"] < 100

    p = CoverageParams()
    one = CoverageRule(p, Turns(p))
    found = [one.look(sky) for sky in looks(NORTH, range(200), sees=sees)]
    found += [one.look(sky) for sky in looks(ghosts, range(200, 400), sees=sees)]
    assert not any(found)


def test_the_bound_is_above_the_binomial_tail():
    rng = np.random.default_rng(2)
    for n, rate, got in [(20, 0.9, 10), (50, 0.7, 20), (30, 0.5, 9)]:
        tail = np.mean(rng.binomial(n, rate, 200_000) <= got)
        bound = np.exp(log_tail(np.array([n]), np.array([got / n]), np.array([rate])))[0]
        assert tail <= bound < 1.0
    assert log_tail(np.array([20.0]), np.array([0.95]), np.array([0.9]))[0] == 0.0


def test_what_is_kept_does_not_grow_with_time():
    p = CoverageParams()
    turns = Turns(p)
    for sky in looks(NORTH, range(100)):
        turns.take(sky)
    for sky in looks([plain(500)], range(100, 200)):
        turns.take(sky)
    assert turns.track.tolist() == [500]
    assert turns.heard_s.shape == (2, 1)
    assert all(len(t) <= 10 for t in turns.turns)
