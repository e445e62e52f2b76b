"""Errors along, across, up, in speed, heading and climb; phases of flight; identity."""

import numpy as np
import pytest
from tests.naive.judged import Judged, line, tracks_of, truth_of

from skypact.evaluate.errors import by_class, by_target, horizontal_m, summarise, summary
from skypact.evaluate.identity import identity, object_addresses
from skypact.evaluate.paths import truth_paths
from skypact.evaluate.phases import CLIMB, TURN, phases
from skypact.units import DEGREE


def northbound(tracks, speed=(0.0, 100.0), **given):
    truth = truth_of(line(1, 0, 10, speed=(0.0, 100.0)), speed=(0.0, 100.0))
    return Judged(truth, tracks_of(tracks, speed=speed), **given)


def test_along_is_ahead_and_across_is_to_the_right() -> None:
    errors = northbound(line(7, 0, 10, x0=3.0, y0=-4.0, speed=(0, 100))).updates()
    assert len(errors.time_s) == 11
    np.testing.assert_allclose(errors.along_m, -4.0)
    np.testing.assert_allclose(errors.across_m, 3.0)
    np.testing.assert_allclose(horizontal_m(errors), 5.0)


def test_rows_are_compared_at_their_own_time_without_prediction() -> None:
    rows = [(0.3, 1, 0.0, 30.0), (4.7, 1, 0.0, 470.0)]
    errors = northbound(rows, speed=(0.0, 0.0)).updates()
    np.testing.assert_allclose(errors.time_s, [0.3, 4.7])
    np.testing.assert_allclose(errors.north_m, 0.0, atol=1e-9)


def test_what_is_shown_is_compared_where_it_was_predicted() -> None:
    rows = [(0.0, 1, 0.0, 0.0), (5.0, 1, 0.0, 500.0)]
    errors = northbound(rows, speed=(0.0, 90.0)).shown()
    assert errors.time_s.tolist() == list(range(11))
    np.testing.assert_allclose(errors.along_m, [0, -10, -20, -30, -40] * 2 + [-50], atol=1e-9)


def test_speed_heading_and_climb_are_track_minus_truth() -> None:
    tracks = line(1, 0, 10, speed=(0, 100))
    turn = 10 * DEGREE
    errors = northbound(tracks, speed=(90 * np.sin(turn), 90 * np.cos(turn))).updates()
    np.testing.assert_allclose(errors.speed_mps, -10.0)
    np.testing.assert_allclose(errors.heading_rad, turn)
    np.testing.assert_allclose(errors.climb_mps, 0.0)


def test_a_track_angle_is_judged_however_slow_the_track_claims_to_be() -> None:
    rows = line(1, 0, 10, speed=(0, 100))
    np.testing.assert_allclose(northbound(rows, speed=(0, 15)).updates().heading_rad, 0.0)
    np.testing.assert_allclose(northbound(rows, speed=(0, -19)).updates().heading_rad, np.pi)
    np.testing.assert_allclose(northbound(rows, speed=(0, 0)).updates().heading_rad, np.pi)


def test_hovering_truth_has_no_along_and_no_heading() -> None:
    judged = Judged(truth_of(line(1, 0, 3)), tracks_of(line(1, 0, 3, x0=5.0)))
    hover = judged.updates()
    assert np.isnan(hover.heading_rad).all()
    assert np.isnan(hover.along_m).all()
    assert np.isnan(hover.across_m).all()
    assert (hover.east_m == 5.0).all()


def test_what_a_track_does_not_state_is_not_judged() -> None:
    truth = truth_of(line(1, 0, 3))
    tracks = tracks_of(line(1, 0, 3))._replace(
        vn_mps=np.full(4, np.nan),
        vu_mps=np.full(4, np.nan),
        altitude_m=np.full(4, np.nan),
        baro_altitude_m=np.full(4, np.nan),
    )
    errors = Judged(truth, tracks).updates()
    for column in (errors.height_m, errors.climb_mps, errors.speed_mps, errors.north_mps):
        assert np.isnan(column).all()
    assert (errors.north_m == 0.0).all()


def test_in_the_real_sky_errors_are_north_east_and_up() -> None:
    lat, lon = 50 * DEGREE, 10 * DEGREE
    truth = truth_of([(t, 1, lon, lat) for t in range(3)])._replace(altitude_m=np.full(3, 9000.0))
    moved = [(t, 1, lon + 30 / (6.39e6 * np.cos(lat)), lat + 40 / 6.37e6) for t in range(3)]
    tracks = tracks_of(moved)._replace(altitude_m=np.full(3, 8950.0))
    errors = Judged(truth, tracks, flat=False).updates()
    np.testing.assert_allclose(errors.north_m, 40.0, rtol=0.01)
    np.testing.assert_allclose(errors.east_m, 30.0, rtol=0.01)
    np.testing.assert_allclose(errors.height_m, -50.0, atol=0.01)


def test_rows_of_unmatched_tracks_and_outside_the_truth_are_left_out() -> None:
    rows = line(1, -3, 20, speed=(0, 100)) + line(2, 0, 10, x0=500.0, speed=(0, 100))
    errors = northbound(rows).updates()
    assert errors.track.tolist() == [0] * 11
    assert errors.time_s.tolist() == list(range(11))


def test_rows_beyond_the_limit_at_their_own_time_are_left_out_and_counted() -> None:
    near, far = line(1, 0, 10, speed=(0, 100)), line(1, 0.5, 9.5, x0=101.0, speed=(0, 100))
    judged = northbound(sorted(near + far))
    assert (judged.match.truth >= 0).all()
    errors = judged.updates()
    assert errors.rows_off == 10
    assert errors.time_s.tolist() == list(range(11))
    np.testing.assert_allclose(horizontal_m(errors), 0.0, atol=1e-9)
    assert northbound(near).updates().rows_off == 0


def test_a_summary_holds_rms_median_p95_bias_and_number() -> None:
    values = np.array([-3.0, 4.0, np.nan, 0.0, 0.0])
    expected = {"rms": 2.5, "median": 1.5, "p95": 3.85, "mean": 0.25, "n": 4}
    assert summary(values) == pytest.approx(expected)
    assert summary(values[:0]) == {"rms": None, "median": None, "p95": None, "mean": None, "n": 0}


def turning_truth():
    """East for a minute, a standard-rate turn to the north, north for a minute; 1 s, 100 m/s."""
    time_s = np.arange(0.0, 151.0)
    course = np.radians(np.clip(90.0 - 3.0 * (time_s - 60.0), 0.0, 90.0))
    ve, vn = 100 * np.sin(course), 100 * np.cos(course)
    rows = list(zip(time_s, 0 * time_s, np.cumsum(ve), np.cumsum(vn), strict=True))
    return truth_of(rows)._replace(ve_mps=ve, vn_mps=vn)


def test_a_turn_is_found_and_straight_flight_is_not_one() -> None:
    flags = phases(truth_paths(turning_truth(), flat=True))
    turning = np.flatnonzero(flags & TURN)
    assert 56 <= turning.min() <= 60
    assert 90 <= turning.max() <= 94
    assert (np.diff(turning) == 1).all()


def test_a_climb_and_an_acceleration_are_found() -> None:
    time_s = np.arange(0.0, 60.0)
    truth = truth_of([(t, 1, 0.0, 0.0) for t in time_s], speed=(100.0, 0.0))
    climb = truth._replace(vu_mps=np.where(time_s < 30, 0.0, 5.0))
    flags = phases(truth_paths(climb, flat=False))
    assert ((flags & CLIMB) != 0).tolist() == (time_s >= 30).tolist()
    faster = truth._replace(ve_mps=np.where(time_s < 30, 100.0, 100.0 + 2.0 * (time_s - 30)))
    flags = phases(truth_paths(faster, flat=True))
    assert (flags[40:55] == TURN).all()
    assert (flags[:24] == 0).all()


def test_phases_split_the_summary() -> None:
    truth = turning_truth()
    rows = list(zip(truth.time_s, truth.target, truth.lon_rad + 10, truth.lat_rad, strict=True))
    tracks = tracks_of(rows)._replace(ve_mps=truth.ve_mps, vn_mps=truth.vn_mps)
    table = summarise(Judged(truth, tracks).updates())
    n = {part: table[part]["horizontal_m"]["n"] for part in table}
    assert n["straight"] + n["turn"] == n["all"] == 151
    assert 30 <= n["turn"] <= 40
    assert n["climb"] == 0
    assert table["turn"]["horizontal_m"]["rms"] == pytest.approx(10.0, abs=1e-6)


def test_errors_are_told_by_target_and_by_class() -> None:
    truth = truth_of(line(1, 0, 3) + line(2, 0, 3, x0=1000.0) + line(3, 0, 3, x0=2000.0))
    tracks = tracks_of(line(1, 0, 3, y0=3.0) + line(2, 0, 3, x0=1000.0, y0=4.0))
    judged = Judged(truth, tracks)
    table = by_target(judged.updates(), judged.truth)
    assert table["n"].tolist() == [4, 4, 0]
    assert table["horizontal_m"][:2].tolist() == [3, 4]
    assert np.isnan(table["horizontal_m"][2])
    classes = by_class(judged.updates(), np.array([1, 5, 1], np.int8))
    assert {name: row["horizontal_m"] for name, row in classes.items()} == {
        "airliner": 3.0,
        "drone": 4.0,
    }


def test_identity_is_correct_absent_wrong_or_invented() -> None:
    truth = truth_of(line(1, 0, 7) + line(2, 0, 1, x0=1000.0))
    truth = truth._replace(icao=np.where(truth.target == 1, 0xABC, -1).astype(np.int32))
    tracks = tracks_of(line(1, 0, 7) + line(2, 0, 1, x0=1000.0))
    said = [-1, -1, 0xABC, 0xABC, 0xABC, 0xABC, 0xABC, 0xDEF, 0xDEF, -1]
    judged = Judged(truth, tracks._replace(icao=np.array(said, np.int32)))
    addresses = object_addresses(truth, judged.truth.number)
    assert addresses.tolist() == [0xABC, -1]
    found = identity(judged.updates(), judged.table, addresses)
    assert found == (5 / 8, 2 / 8, 1 / 8, 1 / 2, 8)
