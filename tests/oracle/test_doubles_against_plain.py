"""Which tracks are one object, which of them lives on and what it inherits: as the plain twin."""

import numpy as np
import pytest
from tests.naive import compiled, doubles, scenes
from tests.naive.scenes import SMALL, Flight

from skypact.model.tracking import (
    ADDRESS,
    BORN,
    CONFIRMED,
    HITS,
    LEVEL_M,
    LEVEL_MPS,
    N_CONFIRMED,
    NAMED,
    NUMBER,
    PARTNER,
    PARTNER_NUMBER,
    SERIALS,
    SOURCE,
    SOURCE_SHIFT,
    SPREAD_M,
    STATE,
    STATE_TIME,
    TENTATIVE,
    TWO_OBJECTS,
    empty_tracks,
)
from skypact.track.params import track_params
from skypact.track.tracker import empty_measurements

PARAMS = track_params(SMALL)
PERIOD_S = np.array([4.0, 1.0])
NUMS = {"time_s": STATE_TIME, "level_m": LEVEL_M, "level_mps": LEVEL_MPS, "spread_m": SPREAD_M}
TAGS = {"state": STATE, "number": NUMBER, "hits": HITS, "address": ADDRESS, "named": NAMED}


def pair(rng):
    """Two tracks near each other in a table, and as dictionaries."""
    tracks = empty_tracks(2, 2)
    place = Flight(48.0, 16.0).ecef(0.0)[0]
    rows = []
    for t in range(2):
        row = {
            "pos": place + rng.normal(0, 60.0, 3), "vel": rng.normal(0, 6.0, 3) + 100.0,
            "time_s": rng.uniform(0, 3), "level_m": rng.uniform(5, 60),
            "level_mps": rng.uniform(1, 12), "spread_m": rng.uniform(60, 120),
            "state": int(rng.integers(1, 3)), "number": int(7 - 3 * t + rng.integers(0, 2)),
            "hits": int(rng.integers(2, 5)), "address": int(rng.choice([-1, 5, 9])),
            "named": int(rng.choice([0, 2, 3, 10, 30])), "born_s": rng.uniform(0, 9),
            "serial": int(rng.choice([0, 0, 3, 4])),
        }  # fmt: skip
        tracks.pos[t], tracks.vel[t] = row["pos"], row["vel"]
        for name, column in NUMS.items():
            tracks.num[t, column] = row[name]
        for name, column in TAGS.items():
            tracks.tag[t, column] = row[name]
        tracks.num[t, BORN] = row["born_s"]
        serial = (SERIALS << SOURCE_SHIFT) + row["serial"]
        tracks.tag[t, SOURCE] = serial if row["serial"] else int(rng.choice([-1, 7]))
        rows.append(row)
    return tracks, rows


def test_one_object_is_one_by_vectors_and_by_sums():
    rng, found = np.random.default_rng(1), []
    for _ in range(400):
        tracks, (a, b) = pair(rng)
        found.append(bool(compiled.same_object(tracks, 0, 1, 4.0, PARAMS)))
        assert found[-1] == doubles.same_object(a, b, 4.0, SMALL, False)
    assert 40 < sum(found) < 360


def test_of_two_tracks_the_plain_twin_s_one_lives_on():
    rng, found = np.random.default_rng(2), []
    for _ in range(400):
        tracks, (a, b) = pair(rng)
        found.append(bool(compiled.outranks(tracks, 0, 1)))
        assert found[-1] == doubles.outranks(a, b)
        assert not (found[-1] and compiled.outranks(tracks, 1, 0))
    assert 40 < sum(found) < 360


def test_the_heir_of_two_numbers_has_the_older_one():
    rng, given = np.random.default_rng(3), 0
    for _ in range(200):
        tracks, (a, b) = pair(rng)
        before = (tracks.tag[:, STATE] == CONFIRMED).sum()
        tracks.counters[N_CONFIRMED] = before
        ended = compiled.inherit(tracks, 0, 1)
        number, born_s, state, other = doubles.heirs(a, b)
        assert (tracks.tag[0, NUMBER], tracks.num[0, BORN], ended) == (number, born_s, other)
        assert tracks.tag[0, STATE] == state
        assert tracks.counters[N_CONFIRMED] == (tracks.tag[:, STATE] == CONFIRMED).sum()
        given += ended == a["number"]
    assert 20 < given < 180


@pytest.mark.parametrize("address", [-1, 5])
@pytest.mark.parametrize("sensor", [0, 1])
def test_reports_weigh_two_against_one_as_the_plain_odds(sensor, address):
    """Reports on one of two partners; the other was reported in the same look, or was not."""
    rng = np.random.default_rng(4)
    tracks, _ = pair(rng)
    tracks.tag[:, ADDRESS] = [-1, 5]
    tracks.tag[0, PARTNER], tracks.tag[0, PARTNER_NUMBER] = 1, tracks.tag[1, NUMBER]
    tracks.num[0, TWO_OBJECTS], odds = 0.0, 0.0
    m = empty_measurements(1)
    m.sensor[:], m.icao[:] = sensor, address
    for k in range(30):
        m.time_s[:] = 10.0 * k
        apart_s = rng.choice([0.1, 0.45, 0.55, 3.0]) * PERIOD_S[sensor]
        tracks.seen_s[1, sensor] = m.time_s[0] + apart_s
        compiled.weigh_partner(tracks, 0, m, 0, PERIOD_S)
        odds = doubles.odds_after(odds, apart_s < 0.5 * PERIOD_S[sensor] and address != 5)
        assert tracks.num[0, TWO_OBJECTS] == pytest.approx(odds, abs=1e-12)


def test_a_partner_whose_row_is_another_track_now_is_none():
    tracks, _ = pair(np.random.default_rng(5))
    tracks.tag[0, PARTNER], tracks.tag[0, PARTNER_NUMBER] = 1, tracks.tag[1, NUMBER] + 50
    tracks.tag[:, STATE] = [CONFIRMED, TENTATIVE]
    compiled.weigh_partner(tracks, 0, empty_measurements(1), 0, PERIOD_S)
    assert tracks.tag[0, PARTNER] == -1
    assert scenes.SMALL.join_doubles
