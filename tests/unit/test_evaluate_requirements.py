"""Requirement sets, what they measure, and the verdicts."""

import numpy as np
import pytest
from tests.naive.judged import Judged, line, tracks_of, truth_of

from skypact.errors import ConfigError
from skypact.evaluate.performance import (
    Evidence,
    correlated_error_share,
    errors_above_share,
    extra_track_share,
    horizontal_rms_m,
    long_gap_share,
    presence,
    probability_of_update,
    speed_rms_straight_mps,
    speed_rms_turn_mps,
    track_angle_rms_straight_deg,
)
from skypact.evaluate.requirements import (
    check,
    least_match_m,
    load_requirements,
    measure,
    requirement_sets,
    requirements_from_toml,
)
from skypact.evaluate.table import requirement_cells

ONE = """title = "One"
[[requirement]]
name = "update"
measure = "probability_of_update"
sense = "at least"
limit = 0.9
parameters = { interval_s = 5 }
origin = "unverified"
"""


def evidence(truth, tracks, speed=(0.0, 0.0), limit_m=2000.0):
    judged = Judged(truth_of(truth, speed), tracks_of(tracks, speed), limit_m=limit_m)
    return Evidence(judged.truth, judged.found, judged.match, judged.updates())


def test_presence_ends_at_a_pause() -> None:
    found = presence(evidence(line(1, 0, 5) + line(1, 60, 70) + line(2, 3, 4), []).truth)
    assert found.truth.tolist() == [0, 0, 1]
    assert found.start_s.tolist() == [0, 60, 3]
    assert found.end_s.tolist() == [5, 70, 4]


def test_an_interval_is_met_by_any_update_in_it() -> None:
    seen = evidence(line(1, 0, 20), [(0.0, 1, 0, 0), (4.9, 1, 0, 0), (10.0, 1, 0, 0)])
    assert probability_of_update(seen, interval_s=5.0) == pytest.approx(2 / 4)
    assert probability_of_update(seen, interval_s=10.0) == pytest.approx(2 / 2)
    assert probability_of_update(seen, interval_s=30.0) is None


def test_intervals_count_from_each_appearance_of_each_object() -> None:
    truth = line(1, 0, 10) + line(2, 3, 13, x0=9000.0) + line(1, 60, 70)
    seen = evidence(truth, [(2.0, 1, 0, 0), (7.9, 2, 9000, 0), (64.0, 1, 0, 0), (66, 1, 0, 0)])
    assert probability_of_update(seen, interval_s=5.0) == pytest.approx(4 / 6)


def test_gaps_count_what_they_miss_and_include_the_ends() -> None:
    rows = [(t, 1, 0, 0) for t in (5.0, 10.0, 40.0, 45.0)]
    seen = evidence(line(1, 0, 60), rows)
    assert long_gap_share(seen, interval_s=5.0, gap_s=16.5) == pytest.approx(25 / 60)
    assert long_gap_share(seen, interval_s=5.0, gap_s=14.0) == pytest.approx(35 / 60)
    assert long_gap_share(evidence(line(1, 0, 60), []), interval_s=5.0, gap_s=16.5) == (
        pytest.approx(55 / 60)
    )


def correlated(east, limit_m=500.0, interval_s=1.0):
    rows = [(float(t), 1, x, 0.0) for t, x in enumerate(east)]
    seen = evidence(line(1, 0, len(east) - 1), rows)
    return correlated_error_share(seen, limit_m=limit_m, interval_s=interval_s)


def test_three_large_errors_the_same_way_are_correlated() -> None:
    assert correlated([0, 600, 700, 600, 0, 0, 0, 0]) == pytest.approx(3 / 8)
    assert correlated([0, 600, 700, 0, 600, 700, 0, 0]) == 0.0
    assert correlated([600, -600, 600, -600, 600]) == 0.0
    assert correlated([600] * 5) == 1.0
    assert correlated([400] * 5) == 0.0


def test_rows_within_one_interval_count_once_in_a_series() -> None:
    east = [0, 0, 0, 0, 600, 600, 600, 600, 0, 0, 0, 0]
    assert correlated(east, interval_s=4.0) == 0.0
    assert correlated(east, interval_s=1.0) == pytest.approx(4 / 12)


def test_large_errors_with_intervals_between_them_make_no_series() -> None:
    rows = [(t, 1, 600.0, 0.0) for t in (0.0, 10.0, 20.0, 30.0)]
    seen = evidence(line(1, 0, 30), rows)
    assert correlated_error_share(seen, limit_m=500.0, interval_s=5.0) == 0.0
    assert correlated_error_share(seen, limit_m=500.0, interval_s=10.0) == 1.0


def test_errors_of_different_objects_make_no_series() -> None:
    truth = [r for k in range(3) for r in line(k, k, k + 0.5, x0=5000.0 * k)]
    tracks = [(k, 1 + k, 5000.0 * k + 600.0, 0.0) for k in range(3)]
    seen = evidence(truth, tracks)
    assert horizontal_rms_m(seen) == pytest.approx(600.0)
    assert correlated_error_share(seen, limit_m=500.0, interval_s=1.0) == 0.0


def test_shares_of_large_errors_and_of_extra_tracks() -> None:
    tracks = line(1, 0, 9, x0=100.0) + line(2, 0, 4, x0=9000.0)
    seen = evidence(line(1, 0, 9), tracks)
    assert errors_above_share(seen, limit_m=99.0) == 1.0
    assert errors_above_share(seen, limit_m=100.0) == 0.0
    assert extra_track_share(seen) == pytest.approx(6 / 16)
    assert extra_track_share(evidence(line(1, 0, 9), [])) is None


def test_speed_and_angle_are_measured_by_phase() -> None:
    judged = Judged(
        truth_of(line(1, 0, 9, speed=(100, 0)), speed=(100, 0)),
        tracks_of(line(1, 0, 9, speed=(100, 0)), speed=(0, 104)),
    )
    seen = Evidence(judged.truth, judged.found, judged.match, judged.updates())
    assert speed_rms_straight_mps(seen) == pytest.approx(4.0)
    assert track_angle_rms_straight_deg(seen) == pytest.approx(90.0)
    assert speed_rms_turn_mps(seen) is None


@pytest.mark.parametrize("name", requirement_sets())
def test_every_shipped_set_can_be_measured_and_names_origins(name: str) -> None:
    requirements = load_requirements(name)
    truth = line(1, 0, 60, speed=(100, 0))
    measured = measure(requirements, evidence(truth, truth, speed=(100, 0)))
    verdicts = check(requirements, measured, 2000.0)
    assert {v.verdict for v in verdicts} <= {"pass", "not measured"}
    assert [v.name for v in verdicts] == [r.name for r in requirements.requirement]
    assert all(one.origin for one in requirements.requirement)
    assert all(one.note for one in requirements.requirement if one.origin == "unverified")


def test_the_cells_hold_the_figures_of_the_issue() -> None:
    def figures(name):
        return {r.name: (r.limit, dict(r.parameters)) for r in load_requirements(name).requirement}

    five, three = figures("surveillance-5nm"), figures("surveillance-3nm")
    assert (five["position_rms"][0], three["position_rms"][0]) == (500, 300)
    assert five["probability_of_update"] == (0.97, {"interval_s": 8})
    assert three["probability_of_update"] == (0.97, {"interval_s": 5})
    assert five["long_gaps"] == (0.005, {"interval_s": 8, "gap_s": 26.4})
    assert three["long_gaps"] == (0.005, {"interval_s": 5, "gap_s": 16.5})
    assert five["correlated_errors"][0] == 0.0003
    assert three["correlated_errors"][1]["limit_m"] == 555


def test_verdicts_compare_in_the_right_sense() -> None:
    requirements = load_requirements("tracker-comparison")
    good = {"detection": 0.9, "position_rms": 200.0, "large_errors": 0.0}
    assert [v.verdict for v in check(requirements, good, 1000.0)] == ["pass"] * 3 + ["not measured"]
    bad = {"detection": 0.89, "position_rms": 200.1, "large_errors": 0.02, "extra_tracks": 0.04}
    assert [v.verdict for v in check(requirements, bad, 1000.0)] == ["fail"] * 4


def test_a_match_too_small_to_see_large_errors_measures_nothing_and_says_why() -> None:
    assert least_match_m(load_requirements("tracker-comparison")) == 1000.0
    assert least_match_m(load_requirements("surveillance-5nm")) == 2 * 926.0
    requirements = load_requirements("tracker-comparison")
    good = dict.fromkeys(("detection", "position_rms", "large_errors", "extra_tracks"), 0.0)
    verdicts = check(requirements, good, 999.0)
    assert {(v.verdict, v.value) for v in verdicts} == {("not measured", None)}
    assert {v.reason for v in verdicts} == {
        "--match: expected 1000 m or more for this set, got 999 m"
    }
    assert {v.reason for v in check(requirements, good, 1000.0)} == {""}
    shown = requirement_cells({**verdicts[0]._asdict(), "parameters": {}})
    assert shown[-1].startswith("not measured: --match: expected 1000 m")


def test_an_unknown_set_lists_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"'moon'.*surveillance-3nm, surveillance-5nm"):
        load_requirements("moon")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("probability_of_update", "beauty", "measure: expected one of .*got 'beauty'"),
        ("interval_s", "interval", "expected interval_s, got interval"),
        ("at least", "about", "sense"),
        ("origin", "orign", "orign"),
        ("limit = 0.9", "limit =", "expected TOML"),
    ],
)
def test_a_set_with_a_mistake_is_refused_with_its_place(old: str, new: str, said: str) -> None:
    assert requirements_from_toml(ONE).title == "One"
    with pytest.raises(ConfigError, match=said):
        requirements_from_toml(ONE.replace(old, new, 1))


def test_limits_are_finite_and_shares_are_shares() -> None:
    for name in requirement_sets():
        for one in load_requirements(name).requirement:
            assert np.isfinite(one.limit)
            assert one.limit > 0
            assert one.unit or one.limit <= 1.0
