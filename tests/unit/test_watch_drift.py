"""ADS-B that parts from radar: slow drift, jumps, splits; and what are errors of sensors."""

import numpy as np
import pytest
from tests.naive.forged import entry_of, recorded
from tests.naive.looks import (
    BOTH,
    MULTILATERATION,
    RADAR,
    RECEIVER,
    joined,
    looks,
    many,
    plain,
    reports_of,
)
from tests.naive.skies import START_S, flown, sky

from skypact.model.reports import ADSB, MLAT, MODES, PSR, SSR
from skypact.rules.coverage import CoverageParams
from skypact.rules.drift import DriftParams
from skypact.units import DEGREE
from skypact.watch.drift import DriftRule
from skypact.watch.turns import Turns


def rule(**params):
    return DriftRule(DriftParams(**params), Turns(CoverageParams()))


def flight(one, until, shift=lambda k, s: (0.0, 0.0), entries=None, **more):
    """Findings by second: tracks on which radar and ADS-B differ by `shift(track, second)`."""
    radar = more.get("radar", RADAR)
    rng, found = np.random.default_rng(4), {}
    entries = [plain(1, 48.6, 16.3)] if entries is None else entries
    period, kind = int(radar.period_s), more.get("kind", MODES)
    lag_s, columns = more.get("lag_s", 0.0), more.get("columns", {})
    for s in range(until):
        parts = []
        now = [flown(e, float(s)) for e in entries]
        for e in now:
            told = reports_of(RECEIVER, 1, [e], float(s), ADSB, shift(e["track"], s), **columns)
            told.time_s[:] += lag_s
            parts.append((told, np.array([e["track"]])))
            if (s + e["track"]) % period == 0:
                plot = reports_of(radar, 0, [e], float(s), kind, noise=rng)
                plot.azimuth_rad[:] += more.get("turn_deg", 0.0) * DEGREE
                parts.append((plot, np.array([e["track"]])))
        reports, of = joined(parts)
        sensors = (radar, RECEIVER)
        found[s] = one.look(sky(*now, at_s=float(s), sensors=sensors, reports=reports,
                                report_track=of))  # fmt: skip
    return found


def first(found):
    """Second at which something holds first, None where nothing does."""
    return next((s for s, told in found.items() if any(f.holds for f in told)), None)


@pytest.mark.parametrize("kind", [MODES, PSR])
@pytest.mark.parametrize("rate_mps", [20.0, 50.0])
def test_a_slow_drift_is_exposed_within_40_s(rate_mps, kind):
    found = flight(rule(), 200, lambda k, s: (rate_mps * max(0, s - 100), 0.0), kind=kind)
    assert 100 < first(found) <= 140
    (one,) = found[199]
    assert one.evidence["offset_m"] == pytest.approx(99 * rate_mps, rel=0.15)
    assert one.evidence["offset_north_m"] > 0.9 * one.evidence["offset_m"]
    assert one.evidence["object"] == "440001"
    assert one.evidence["sensors"] == ["north"]
    assert one.tracks == (1,)


def test_a_jump_is_exposed_after_three_plots():
    found = flight(rule(), 130, lambda k, s: (30e3, -20e3) if s >= 100 else (0.0, 0.0))
    assert 100 < first(found) <= 113


def test_it_is_over_when_positions_agree_again():
    found = flight(rule(), 260, lambda k, s: (0.0, 5e3) if 50 <= s < 100 else (0.0, 0.0))
    assert found[100]
    assert found[220] == []


def test_true_positions_are_silent():
    entries = many(40)
    assert first(flight(rule(), 120, entries=entries)) is None


@pytest.mark.parametrize(
    "trouble", [{"turn_deg": 0.4}, {"lag_s": 1.5}, {"columns": {"geo_altitude_m": np.nan}}]
)
def test_a_bias_of_a_sensor_accuses_no_aircraft(trouble):
    assert first(flight(rule(), 120, entries=many(40), **trouble)) is None


def test_one_that_drifts_among_biased_ones_is_found():
    found = flight(
        rule(), 160, lambda k, s: (30.0 * max(0, s - 100) * (k == 7), 0.0), entries=many(40),
        turn_deg=0.4,
    )  # fmt: skip
    assert first(found) <= 140
    assert {f.evidence["object"] for told in found.values() for f in told} == {"440007"}


def test_many_that_are_forged_alike_accuse_no_true_one():
    """One in three aircraft of a region is led astray by the same way."""
    found = flight(
        rule(), 160, lambda k, s: (-60.0 * max(0, s - 100) * (k % 3 == 0), 0.0), entries=many(40),
        turn_deg=0.3,
    )  # fmt: skip
    accused = {f.evidence["object"] for told in found.values() for f in told if f.holds}
    assert accused == {f"{0x440000 + k:06X}" for k in range(3, 41, 3)}


def test_a_bias_whose_estimate_changes_accuses_nobody():
    one, held = rule(), []
    rng, entries = np.random.default_rng(5), many(20)
    for s in range(120):
        now = [flown(e, float(s)) for e in entries]
        due = [e for e in now if (s + e["track"]) % 4 == 0]
        parts = [(reports_of(RECEIVER, 1, now, float(s), ADSB), [e["track"] for e in now])]
        parts.append((reports_of(RADAR, 0, due, float(s), MODES, noise=rng),
                      [e["track"] for e in due]))  # fmt: skip
        reports, of = joined([(batch, np.array(n)) for batch, n in parts])
        biased = RADAR._replace(biases={"azimuth_deg": [0.3 * (s >= 60), 0.01]})
        held += one.look(sky(*now, at_s=float(s), sensors=(biased, RECEIVER), reports=reports,
                             report_track=of))  # fmt: skip
    assert not [f for f in held if f.holds]


def test_estimated_biases_are_taken_out():
    biased = RADAR._replace(biases={"azimuth_deg": [1.0, 0.01], "range_m": [800.0, 5.0]})

    def told(radar):
        one = rule()
        seen = [one.look(look) for look in _biased_looks(radar)]
        return any(f.holds for found in seen for f in found)

    assert not told(biased)
    assert told(RADAR)


def _biased_looks(radar):
    """One aircraft before a radar that is turned by a degree and measures 800 m too far."""
    entry = plain(1, 48.6, 16.3)
    for s in range(80):
        e = flown(entry, float(s))
        plot = reports_of(RADAR, 0, [e], float(s), MODES)
        plot.azimuth_rad[:] += DEGREE
        plot.range_m[:] += 800.0
        told = reports_of(RECEIVER, 1, [e], float(s), ADSB)
        of = np.array([1])
        reports, of = joined([(told, of), (plot, of)] if s % 4 == 0 else [(told, of)])
        yield sky(e, at_s=float(s), sensors=(radar, RECEIVER), reports=reports, report_track=of)


def test_a_position_that_admits_to_be_bad_is_no_lie():
    found = flight(rule(), 120, lambda k, s: (3_000.0, 0.0), columns={"nacp": 0, "nic": 0})
    assert first(found) is None


def test_reflected_plots_between_true_ones_accuse_nobody():
    one, held = rule(), []
    for s in range(80):
        e = flown(plain(1), float(s))
        parts = [(reports_of(RECEIVER, 1, [e], float(s), ADSB), [1])]
        if s % 4 in (0, 2):  # the reflection has its own azimuth, and so its own time
            place = (0.0, 0.0) if s % 4 == 0 else (40e3, 10e3)
            parts.append((reports_of(RADAR, 0, [e], float(s), MODES, place), [1]))
        reports, of = joined(parts)
        look = sky(e, at_s=float(s), sensors=BOTH, reports=reports, report_track=of)
        held += [f for f in one.look(look) if f.holds]
    assert held == []


def test_multilateration_exposes_it_too():
    one = rule()
    sensors = (MULTILATERATION, RECEIVER)
    held = None
    for s in range(60):
        e = flown(plain(1), float(s))
        parts = [
            (reports_of(RECEIVER, 1, [e], float(s), ADSB, (2_000.0 * (s > 20), 0.0)), [1]),
            (reports_of(MULTILATERATION, 0, [e], float(s), MLAT), [1]),
        ]
        reports, of = joined(parts)
        found = one.look(sky(e, at_s=float(s), sensors=sensors, reports=reports, report_track=of))
        held = s if held is None and any(f.holds for f in found) else held
    assert 20 < held <= 30


def split_looks(until, code=-1, delay_s=0, elsewhere=False, **stated):
    """Track 1 is seen by both for 60 s; then ADS-B leaves, and radar begins track 2."""
    true = plain(1, 48.6, 16.3, mode3a=code, icao=0x440001)
    forged = None
    for s in range(until):
        real = flown(true, float(s))
        if s < 60:
            tracks, parts = [real], [(reports_of(RECEIVER, 1, [real], float(s), ADSB), [1])]
            forged = real
        else:
            forged = {**flown({**forged, "vn_mps": 200.0, "ve_mps": 0.0}, 1.0)}
            tracks, parts = [forged], [_forged(forged, s, stated)]
        other = {**real, "track": 2, "icao": -1, "age_s": float(s - 60 - delay_s)}
        if elsewhere:
            other |= {"lat_rad": other["lat_rad"] + 0.3 * DEGREE}
        if s >= 60 + delay_s:
            tracks.append(other)
        if (s + 1) % 4 == 0 and (s < 60 or s >= 60 + delay_s):
            seen = real if s < 60 else other
            plot = reports_of(RADAR, 0, [seen], float(s), SSR)
            plot.icao[:] = -1
            parts.append((plot, [1 if s < 60 else 2]))
        reports, of = joined([(batch, np.array(n)) for batch, n in parts])
        yield sky(*tracks, at_s=float(s), sensors=BOTH, reports=reports, report_track=of)


def _forged(entry, s, stated):
    return reports_of(RECEIVER, 1, [entry], float(s), ADSB, **stated), [1]


@pytest.mark.parametrize("code", [-1, 2345, 7000])
def test_a_track_that_falls_apart_is_told(code):
    one, told = rule(), {}
    for s, look in enumerate(split_looks(110, code=code)):
        told[s] = [f for f in one.look(look) if f.evidence["phase"] == "split"]
    begun = next(s for s, found in told.items() if found)
    assert 60 < begun <= 85
    assert all(told[s] for s in range(begun, 110))
    assert told[109][0].tracks == (1, 2)
    assert told[109][0].evidence["joined_by"] == ("code" if code == 2345 else "course")


@pytest.mark.parametrize("trouble", [{"elsewhere": True}, {"delay_s": 200}, {"nic": 0}])
def test_another_track_that_begins_is_no_part(trouble):
    one = rule()
    found = [f for look in split_looks(320, **trouble) for f in one.look(look)]
    assert not [f for f in found if f.evidence["phase"] == "split"]


def test_two_true_tracks_with_one_code_are_no_split():
    pair = [plain(1, 48.6, 16.3, mode3a=2345), plain(2, 48.4, 15.9, mode3a=2345)]
    one = rule()
    assert not [f for look in looks(pair, range(90)) for f in one.look(look)]


def test_what_is_kept_is_forgotten():
    one = rule()
    flight(one, 20, entries=many(30))
    one.look(sky(at_s=400.0, sensors=BOTH, reports=reports_of(RADAR, 0, [plain(1)], 400.0, MODES),
                 report_track=np.array([1])))  # fmt: skip
    assert one._sums.keys.size == 0
    assert one._comparison._told.keys.size == 0


def test_a_recorded_forged_flight_is_exposed_within_40_s(data_dir):
    """One radar under the interpolated path, ten seconds a turn; ADS-B as it was recorded."""
    time_s, told, forged, lat, lon = recorded(data_dir)
    begin = int(np.flatnonzero(forged)[0])
    middle = begin + 60
    radar = RADAR._replace(lat_rad=(lat[middle] - 0.8) * DEGREE, lon_rad=lon[middle] * DEGREE,
                           period_s=10.0)  # fmt: skip
    receiver = RECEIVER._replace(lat_rad=told["latitude"][begin] * DEGREE)
    one, exposed, n_before = rule(), None, 0
    rng = np.random.default_rng(8)
    first_s = time_s[begin]
    for s in range(-300, 60):
        at_s = first_s + s
        i = int(np.argmin(np.abs(time_s - at_s)))
        real = entry_of(lat, lon, told, time_s, at_s)
        parts = [(reports_of(RADAR, 0, [], 0.0, MODES), np.zeros(0, np.int64))]
        if forged[i] and abs(time_s[i] - at_s) < 0.5:
            place = {
                "lat_rad": told["latitude"][i] * DEGREE, "lon_rad": told["longitude"][i] * DEGREE,
            }  # fmt: skip
            said = {**real, **place, "vn_mps": np.nan, "ve_mps": np.nan}
            parts.append((reports_of(receiver, 1, [said], at_s - START_S, ADSB), np.array([2])))
        if s % 10 == 0:
            plot = reports_of(radar, 0, [real], at_s - START_S, MODES, noise=rng)
            parts.append((plot, np.array([1])))
        reports, of = joined(parts)
        found = one.look(sky(real, at_s=at_s - START_S, sensors=(radar, receiver), reports=reports,
                             report_track=of))  # fmt: skip
        holds = any(f.holds for f in found)
        n_before += holds and s < 0
        exposed = s if holds and exposed is None else exposed
    assert n_before == 0
    assert 0 < exposed <= 40


def all_round(n):
    turn = 2.0 * np.pi * np.arange(n) / n
    places = zip(48.0 + 0.7 * np.sin(turn), 16.0 + 1.1 * np.cos(turn), strict=True)
    return [plain(k, *place, course=30.0 * k) for k, place in enumerate(places, 1)]


@pytest.mark.parametrize(("step_deg", "entries"), [(0.4, many(30)), (0.8, all_round(24))])
def test_a_radar_that_is_turned_accuses_nobody(step_deg, entries):
    """Its north steps and stays; then one aircraft lies, and is told."""
    one, held, rng = rule(), {}, np.random.default_rng(6)
    for s in range(180):
        now = [flown(e, float(s)) for e in entries]
        due = [e for e in now if (s + e["track"]) % 4 == 0]
        told = reports_of(RECEIVER, 1, now, float(s), ADSB)
        told.lat_rad[0] += (3_000.0 if s >= 140 else 0.0) / 6_371_008.8
        plot = reports_of(RADAR, 0, due, float(s), MODES, noise=rng)
        plot.azimuth_rad[:] += (step_deg if s >= 60 else 0.0) * DEGREE
        reports, of = joined([(told, [e["track"] for e in now]), (plot, [e["track"] for e in due])])
        look = sky(*now, at_s=float(s), sensors=BOTH, reports=reports, report_track=of)
        held[s] = {f.evidence["object"] for f in one.look(look) if f.holds}
    assert set().union(*(held[s] for s in range(140))) == set()
    assert held[179] == {f"{0x440000 + entries[0]['track']:06X}"}
