"""Completeness, breaks, pauses, duplicates, false tracks, delays; the SIAP attributes."""

import numpy as np
import pytest
from tests.naive.judged import Judged, line, tracks_of, truth_of

from skypact.evaluate.continuity import confirmation_delay, continuity, runs
from skypact.evaluate.identity import object_addresses
from skypact.evaluate.paths import without_height
from skypact.evaluate.siap import siap
from skypact.model.reports import empty_reports


def judged(truth, tracks, **given):
    return Judged(truth_of(truth), tracks_of(tracks), hold_s=0.0, coast_max_s=1.5, **given)


def counted(truth, tracks, **given):
    scene = judged(truth, tracks)
    return continuity(scene.truth, scene.tracks, scene.found, scene.match, **given)


def test_a_perfect_picture_has_nothing_to_count() -> None:
    found = counted(line(1, 0, 20), line(1, 0, 20))
    assert found.completeness == 1.0
    assert found.longest_segment == 1.0
    assert found[1:3] == (0, 0)
    assert found.longest_pause_s == 0.0
    assert found.switches == found.never_tracked == found.false_tracks == 0
    assert found.duplicate_share == found.false_share == 0.0


def test_no_tracks_at_all() -> None:
    found = counted(line(1, 0, 20), [])
    assert found.completeness == 0.0
    assert found.never_tracked == 1
    assert found.longest_segment == 0.0
    assert found.false_share is None


def test_a_new_number_after_a_pause_is_a_break_and_the_pause_is_measured() -> None:
    found = counted(line(1, 0, 20), line(1, 0, 5) + line(2, 12, 20), pause_s=7.0)
    assert found.breaks == 1
    assert found.pauses == 1
    assert found.longest_pause_s == 7.0
    assert found.completeness == pytest.approx(15 / 21)
    assert found.longest_segment == pytest.approx(8 / 20)


def test_the_same_number_after_a_pause_is_no_break() -> None:
    found = counted(line(1, 0, 20), line(1, 0, 5) + line(1, 12, 20), pause_s=30.0)
    assert found.breaks == 0
    assert found.pauses == 0
    assert found.longest_pause_s == 6.0


def test_a_pause_of_the_truth_is_not_one_of_the_track() -> None:
    rows = line(1, 0, 5) + line(1, 25, 30)
    found = counted(rows, rows)
    assert found.completeness == 1.0
    assert found.longest_pause_s == 0.0


def test_two_objects_that_swap_their_tracks_make_two_breaks_and_two_switches() -> None:
    truth = line(1, 0, 10) + line(2, 0, 10, x0=1000.0)
    tracks = line(1, 0, 4) + line(1, 5, 10, x0=1000.0)
    tracks += line(2, 0, 4, x0=1000.0) + line(2, 5, 10)
    found = counted(truth, tracks)
    assert (found.breaks, found.switches) == (2, 2)


def test_false_redundant_and_unsampled_tracks_are_told_apart() -> None:
    tracks = line(1, 0, 9) + line(2, 0, 9, y0=50.0) + line(3, 0, 4, y0=5000.0) + [(5.5, 4, 0, 0)]
    found = counted(line(1, 0, 9), tracks)
    assert found.redundant_tracks == found.false_tracks == found.unsampled_tracks == 1
    assert found.false_tracks_per_hour == pytest.approx(400.0)
    assert found.duplicate_share == pytest.approx(10 / 20)
    assert found.false_share == pytest.approx(5 / 25)


def test_runs_are_unbroken_stretches() -> None:
    scene = judged(line(1, 0, 9), line(1, 1, 3) + line(2, 4, 7))
    found = runs(scene.found, scene.match)
    assert found.track.tolist() == [-1, 0, 1, -1]
    assert found.first.tolist() == [0, 1, 4, 8]
    assert found.last.tolist() == [0, 3, 7, 9]


def test_the_delay_counts_from_the_first_report_where_reports_name_their_target() -> None:
    scene = judged(line(1, 0, 20) + line(2, 0, 20, x0=1000.0) + line(3, 0, 20, x0=3000.0),
                   line(1, 10, 20) + line(2, 4.5, 20, x0=1000.0))  # fmt: skip
    plain = confirmation_delay(scene.truth, scene.updates())
    np.testing.assert_array_equal(plain.delay_s, [10.0, 4.5, np.nan])
    assert plain.never == 1
    assert plain.median_s == 7.25
    reports = empty_reports(4)._replace(
        time_s=np.array([6.0, 2.0, 3.0, 0.0]), target=np.array([1, 2, 2, -1], np.int32)
    )
    heard = confirmation_delay(scene.truth, scene.updates(), reports)
    np.testing.assert_array_equal(heard.delay_s, [4.0, 2.5, np.nan])
    assert heard.never == 0


def test_delays_of_objects_reported_before_the_start_or_after_the_end_are_left_out() -> None:
    truth = line(1, 50, 99) + line(2, 50, 99, x0=1000.0) + line(3, 50, 99, x0=3000.0)
    scene = judged(truth, truth)
    reports = empty_reports(4)._replace(
        time_s=np.array([8.0, 52.0, 120.0, 50.0]), target=np.array([1, 1, 3, 2], np.int32)
    )
    found = confirmation_delay(scene.truth, scene.updates(), reports, start_s=50.0, end_s=99.0)
    np.testing.assert_array_equal(found.delay_s, [np.nan, 0.0, np.nan])
    assert found.never == 0


def attributes(truth, tracks, icao=None):
    scene = judged(truth, tracks)
    if icao is not None:
        scene.table = scene.table._replace(icao=np.array(icao, np.int32))
        scene.truth_table = scene.truth_table._replace(
            icao=np.full(len(scene.truth_table.time_s), 5, np.int32)
        )
    addresses = object_addresses(scene.truth_table, scene.truth.number)
    return siap(scene.found, scene.match, scene.table, addresses)


def test_siap_of_a_perfect_picture() -> None:
    found = attributes(line(1, 0, 10), line(1, 0, 10), icao=[5] * 11)
    assert found == (1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0)


def test_siap_of_half_a_picture_with_a_duplicate_and_a_false_track() -> None:
    truth = line(1, 0, 9) + line(2, 0, 9, x0=1000.0)
    tracks = line(1, 0, 9) + line(2, 0, 4, y0=40.0) + line(3, 0, 9, x0=5000.0)
    found = attributes(truth, tracks)
    assert found.completeness == pytest.approx(10 / 20)
    assert found.ambiguity == pytest.approx(15 / 10)
    assert found.spuriousness == pytest.approx(10 / 25)
    assert found.position_accuracy_m == pytest.approx(5 * 40 / 15)
    assert found.longest_segment == pytest.approx(9 / 18)
    assert found.track_number_changes_per_s == 0.0
    assert found.id_completeness is found.id_correctness is found.id_ambiguity is None


def test_siap_counts_track_number_changes_by_the_time_tracked() -> None:
    found = attributes(line(1, 0, 10), line(1, 0, 5) + line(2, 6, 10))
    assert found.track_number_changes_per_s == pytest.approx(1 / 11)
    assert found.longest_segment == pytest.approx(5 / 10)


def test_a_track_number_that_changes_at_every_instant_has_a_rate() -> None:
    tracks = [(float(t), t, 0.0, 0.0) for t in range(11)]
    scene = Judged(truth_of(line(1, 0, 10)), tracks_of(tracks), hold_s=0.0)
    found = siap(scene.found, scene.match, scene.table, np.array([-1]))
    assert found.track_number_changes_per_s == pytest.approx(10 / 11)


def test_an_absence_of_the_object_is_no_break_and_no_part_of_its_life() -> None:
    truth = line(1, 0, 100) + line(1, 5000, 5100)
    tracks = line(1, 0, 100) + line(2, 5000, 5100)
    found = counted(truth, tracks)
    assert found.breaks == 0
    assert found.longest_segment == 1.0
    picture = attributes(truth, tracks)
    assert picture.longest_segment == 1.0
    assert picture.track_number_changes_per_s == 0.0
    half = counted(truth, line(1, 0, 100) + line(2, 5050, 5100))
    assert half.longest_segment == pytest.approx(150 / 200)


def test_siap_identity_is_complete_correct_and_ambiguous() -> None:
    tracks = line(1, 0, 3) + line(2, 0, 3, y0=40.0)
    icao = [-1, 5, 5, 6, -1, -1, 6, 6]
    found = attributes(line(1, 0, 3), tracks, icao)
    assert found.id_completeness == pytest.approx(3 / 4)
    assert found.id_correctness == pytest.approx(1 / 4)
    assert found.id_ambiguity == pytest.approx(1 / 4)


def test_siap_distances_are_horizontal_where_a_height_is_missing() -> None:
    lat = 0.9
    truth = truth_of([(t, 1, 0.1, lat) for t in range(4)], speed=(100.0, 0.0))
    truth = truth._replace(altitude_m=np.full(4, 10_000.0))
    rows = [(t, 1, 0.1, lat + 30 / 6.4e6) for t in range(4)]
    tracks = tracks_of(rows, speed=(100.0, 0.0))
    gone = np.full(4, np.nan)
    tracks = tracks._replace(altitude_m=gone, baro_altitude_m=gone, vu_mps=gone)
    scene = Judged(truth, tracks, flat=False, hold_s=0.0)
    found = siap(scene.found, scene.match, tracks, np.array([-1]))
    assert found.position_accuracy_m == pytest.approx(30.0, rel=0.02)
    assert found.position_horizontal == 1.0
    high = tracks._replace(altitude_m=np.full(4, 9_960.0), vu_mps=np.full(4, 0.0))
    scene = Judged(truth, high, flat=False, hold_s=0.0)
    found = siap(scene.found, scene.match, high, np.array([-1]))
    assert found.position_accuracy_m == pytest.approx(50.0, rel=0.02)
    assert found.position_horizontal == 0.0
    assert without_height(scene.truth, truth).tolist() == [False]
    bare = truth._replace(altitude_m=np.array([np.nan, 1.0, 1.0, 1.0]))
    level = without_height(scene.truth, bare)
    assert level.tolist() == [True]
    found = siap(scene.found, scene.match, high, np.array([-1]), level)
    assert found.position_horizontal == 1.0


def test_siap_of_nothing_has_no_values() -> None:
    assert set(attributes([], [])) == {None}


def test_times_may_be_negative() -> None:
    found = counted(line(1, -20, -10), line(1, -20, -15))
    assert found.longest_segment == pytest.approx(5 / 10)
