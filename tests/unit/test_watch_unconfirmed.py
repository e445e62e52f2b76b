"""ADS-B that a radar would see and does not; silent where no sensor could tell."""

import pytest
from tests.naive.looks import BOTH, MULTILATERATION, RADAR, RECEIVER, looks, many, plain

from skypact.model.tracks import CLASSES
from skypact.rules.coverage import CoverageParams
from skypact.rules.unconfirmed import UnconfirmedParams
from skypact.watch.turns import Turns
from skypact.watch.unconfirmed import UnconfirmedRule

GHOST = plain(1, 48.6, 16.4)


def rule(**params):
    return UnconfirmedRule(UnconfirmedParams(**params), Turns(CoverageParams()))


def not_by_radar(name, entry, _):
    return name == "ears" or entry["track"] != 1


def told(one, entries, until=70, sees=not_by_radar, **more):
    """Seconds at which track 1 is told, and the last finding."""
    seconds, last = [], None
    for s, sky in enumerate(looks(entries, range(until), sees=sees, **more)):
        found = [f for f in one.look(sky) if f.holds]
        assert all(f.key == "1" for f in found)
        if found:
            seconds.append(s)
            last = found[0]
    return seconds, last


def test_a_ghost_is_told_after_eight_missed_turns_and_others_are_not():
    seconds, found = told(rule(), [GHOST, plain(2, 48.4, 16.1), plain(3, 48.5, 15.8)])
    assert 32 <= seconds[0] <= 42
    assert seconds == list(range(seconds[0], 70))
    assert found.evidence["missed_turns"]["north"] >= 8
    assert found.evidence["probability_if_real"] <= 1e-5
    assert found.evidence["icao"] == "440001"


def test_one_plot_ends_it():
    def seen_late(name, entry, s):
        return name == "ears" or s >= 50

    seconds, _ = told(rule(), [GHOST], sees=seen_late)
    assert max(seconds) <= 53


def test_who_was_confirmed_lately_is_left_to_others():
    def seen_first(name, entry, s):
        return name == "ears" or s < 20

    seconds, _ = told(rule(memory_s=60.0), [GHOST], until=120, sees=seen_first)
    assert min(seconds) >= 76


@pytest.mark.parametrize(
    "entry",
    [
        plain(1, 51.2, 16.4),  # beyond 90 % of the range
        plain(1, 49.5, 16.4, altitude_m=900.0, baro_altitude_m=900.0),  # below the horizon
        plain(1, 48.02, 16.0),  # over the antenna
        plain(1, 48.6, 16.4, altitude_m=float("nan"), baro_altitude_m=float("nan")),
        plain(1, 48.6, 16.4, target_class=CLASSES.index("surface")),
        plain(1, 48.6, 16.4, speed=12.0),
    ],
)
def test_where_the_radar_would_not_see_it_nothing_is_told(entry):
    assert told(rule(), [entry]) == ([], None)


@pytest.mark.parametrize("state", ["silent", "degraded", "out", "unknown"])
def test_a_sensor_that_does_not_work_well_is_no_witness(state):
    sensors = (RADAR._replace(state=state), RECEIVER)
    assert told(rule(), [GHOST], sensors=sensors)[0] == []


@pytest.mark.parametrize(("has_own_adsb", "n_told"), [(False, 0), (True, 1)])
def test_an_address_whose_true_track_only_radar_sees_is_left_to_drift(has_own_adsb, n_told):
    """And a copied address is told: the true aircraft has ADS-B of its own."""
    true = plain(2, 48.2, 15.8, icao=0x440001)

    def sees(name, entry, _):
        if entry["track"] == 1:
            return name == "ears"
        return name == "north" or has_own_adsb

    seconds, _ = told(rule(), [GHOST, true], sees=sees)
    assert bool(seconds) == bool(n_told)


def test_a_track_that_its_adsb_left_for_the_true_one_is_not_told():
    """The aircraft tells the truth again: its forged track is over within some seconds."""
    true = plain(2, 48.2, 15.8, icao=0x440001)

    def sees(name, entry, s):
        return entry["track"] == (1 if s < 60 else 2) if name == "ears" else entry["track"] == 2

    seconds, _ = told(rule(), [GHOST, true], sees=sees)
    assert len(seconds) <= 3  # fewer than raise_after_s asks for
    assert UnconfirmedParams().raise_after_s >= 3.0


def test_without_reports_left_out_only():
    assert told(rule(), [GHOST], is_overloaded=True)[0] == []


def test_a_track_that_adsb_no_longer_feeds_is_not_told():
    def gone(name, entry, s):
        return name == "ears" and s < 30

    assert told(rule(), [GHOST], sees=gone)[0] == []


def test_a_sector_that_is_lost_accuses_nobody():
    """All tracks of a sector vanish from the radar: later ones there cannot be confirmed."""
    turns = Turns(CoverageParams())
    one = UnconfirmedRule(UnconfirmedParams(), turns)

    def until_300(name, entry, s):
        return name == "ears" or (s < 300 and entry["track"] > 1)

    crowd = [GHOST, *(plain(k, 48.6 + 0.02 * k, 16.3 + 0.03 * k, speed=30.0) for k in range(2, 12))]
    sensors = (*BOTH, MULTILATERATION._replace(range_max_m=1.0))
    late = 0
    for s, sky in enumerate(looks(crowd, range(420), sensors=sensors, sees=until_300)):
        found = one.look(sky)
        late += len(found) if s > 360 else 0
    assert turns.lost[0].any()
    assert late <= 60  # the ghost alone, not the ten others


def test_multilateration_confirms_only_where_it_has_seen_others():
    sensors = (MULTILATERATION, RECEIVER)

    def sees(name, entry, _):
        return name == "ears" or entry["track"] != 1

    assert told(rule(), [GHOST], sensors=sensors, sees=sees)[0] == []


def test_many_real_tracks_with_random_misses_are_silent():
    import numpy as np

    rng = np.random.default_rng(3)
    one = rule()
    found = [
        f
        for sky in looks(many(60), range(200), sees=lambda n, e, s: rng.random() < 0.7)
        for f in one.look(sky)
    ]
    assert found == []
