"""Errors, detections and false reports of flat scenes are distributed as the scenario says.

Every band holds with 99 % probability for a correct simulator; the seeds are 0 to 23.
"""

import msgspec
import numpy as np
import pytest
from scipy import linalg, stats
from tests.naive.clairvoyant import published_model

from skypact.simulate import FlatScene, load_flat_scenario
from skypact.simulate.flat.motion import noise_root, process_noise, turn_matrix
from skypact.units import DEGREE

SEEDS = range(24)


def matched(scene):
    """Real reports and the truth rows they are of: (report index, truth index)."""
    key = {
        pair: i for i, pair in enumerate(zip(scene.truth.time_s, scene.truth.target, strict=True))
    }
    real = np.flatnonzero(scene.reports.target >= 0)
    pairs = zip(scene.reports.time_s[real], scene.reports.target[real], strict=True)
    return real, np.array([key[pair] for pair in pairs])


def scenes(name, **changes):
    scenario = msgspec.structs.replace(load_flat_scenario(name), **changes)
    return [FlatScene(scenario, seed) for seed in SEEDS]


def in_band(value, distribution):
    low, high = distribution.ppf([0.005, 0.995])
    return low <= value <= high


@pytest.mark.parametrize(
    ("name", "p_detection"), [("crossing", 0.8), ("williams15", 0.9), ("vo-linear", 0.98)]
)
def test_the_share_of_detections_is_the_scenarios(name, p_detection):
    drawn = scenes(name)
    n = sum(s.truth.time_s.size for s in drawn)
    seen = sum(np.count_nonzero(s.reports.target >= 0) for s in drawn)
    assert in_band(seen, stats.binom(n, p_detection))


def test_detection_falls_with_range_as_the_scenario_says():
    drawn = scenes("williams15-range-bearing")
    d = np.concatenate([np.hypot(s.truth.lon_rad - 100, s.truth.lat_rad - 100) for s in drawn])
    p = np.exp(-d / 900)
    seen = sum(np.count_nonzero(s.reports.target >= 0) for s in drawn)
    assert in_band(seen, stats.norm(p.sum(), np.sqrt((p * (1 - p)).sum())))


@pytest.mark.parametrize(
    ("name", "per_scan"),
    [("crossing", 4.9), ("williams15", 10), ("vo-linear", 30), ("vo-turn", 15)],
)
def test_the_number_of_false_reports_is_poisson(name, per_scan):
    drawn = scenes(name)
    counts = np.concatenate(
        [
            np.histogram(s.reports.time_s[s.reports.target < 0], np.append(s.time_s, np.inf))[0]
            for s in drawn
        ]
    )
    assert in_band(counts.sum(), stats.poisson(per_scan * counts.size))
    dispersion = counts.var(ddof=1) / counts.mean() * (counts.size - 1)
    assert in_band(dispersion, stats.chi2(counts.size - 1))


def test_false_positions_fill_the_area_evenly():
    drawn = scenes("vo-linear")
    for column in ("x_m", "y_m"):
        values = np.concatenate([getattr(s.reports, column)[s.reports.target < 0] for s in drawn])
        assert stats.kstest(values, stats.uniform(-1000, 2000).cdf).pvalue > 0.01


@pytest.mark.parametrize(
    ("name", "ranges", "azimuths"),
    [("crossing", (1e3, 4e4), (-np.pi, np.pi)), ("vo-turn", (0.0, 2e3), (-np.pi / 2, np.pi / 2))],
)
def test_false_plots_fill_range_and_azimuth_evenly(name, ranges, azimuths):
    drawn = scenes(name)
    false = [s.reports.target < 0 for s in drawn]
    r = np.concatenate([s.reports.range_m[f] for s, f in zip(drawn, false, strict=True)])
    a = np.concatenate([s.reports.azimuth_rad[f] for s, f in zip(drawn, false, strict=True)])
    a = (a + np.pi) % (2 * np.pi) - np.pi
    for values, (low, high) in ((r, ranges), (a, azimuths)):
        assert stats.kstest(values, stats.uniform(low, high - low).cdf).pvalue > 0.01


@pytest.mark.parametrize(
    ("name", "sigma_m"), [("williams15", 1.0), ("williams15-distributed", 2.0)]
)
def test_position_errors_are_normal_with_the_stated_deviation(name, sigma_m):
    errors = []
    for s in scenes(name):
        i, j = matched(s)
        errors += [s.reports.x_m[i] - s.truth.lon_rad[j], s.reports.y_m[i] - s.truth.lat_rad[j]]
    assert stats.kstest(np.concatenate(errors), stats.norm(0, sigma_m).cdf).pvalue > 0.01


def polar_errors(name, x_m, y_m):
    found = []
    for s in scenes(name):
        i, j = matched(s)
        dx, dy = s.truth.lon_rad[j] - x_m, s.truth.lat_rad[j] - y_m
        azimuth = s.reports.azimuth_rad[i] - np.arctan2(dx, dy)
        azimuth = (azimuth + np.pi) % (2 * np.pi) - np.pi
        found.append((s.reports.range_m[i] - np.hypot(dx, dy), azimuth))
    return (np.concatenate(column) for column in zip(*found, strict=True))


@pytest.mark.parametrize(
    ("name", "sigma_m", "sigma_deg"), [("crossing", 10.0, 0.1), ("vo-turn", 10.0, 2.0)]
)
def test_polar_errors_are_normal_with_the_stated_deviations(name, sigma_m, sigma_deg):
    range_m, azimuth_rad = polar_errors(name, 0.0, 0.0)
    assert stats.kstest(range_m, stats.norm(0, sigma_m).cdf).pvalue > 0.01
    assert stats.kstest(np.degrees(azimuth_rad), stats.norm(0, sigma_deg).cdf).pvalue > 0.01


def test_bearing_errors_are_von_mises():
    range_m, azimuth_rad = polar_errors("williams15-range-bearing", 100.0, 100.0)
    assert stats.kstest(range_m, stats.norm(0, np.sqrt(3)).cdf).pvalue > 0.01
    assert stats.kstest(azimuth_rad, stats.vonmises(1000).cdf).pvalue > 0.01


def test_process_noise_is_that_of_the_model():
    """Steps after the meeting, in units of the model's covariance: chi-squared with 4."""
    inverse = np.linalg.inv(published_model("williams15")[1])
    squares = []
    for s in scenes("williams15"):
        own = s.truth.target == 2
        x, vx = s.truth.lon_rad[own][40:], s.truth.ve_mps[own][40:]
        y, vy = s.truth.lat_rad[own][40:], s.truth.vn_mps[own][40:]
        step = np.stack(
            [np.diff(x) - vx[:-1], np.diff(vx), np.diff(y) - vy[:-1], np.diff(vy)], axis=1
        )
        squares.append(np.einsum("ni,ij,nj->n", step, inverse, step))
    assert stats.kstest(np.concatenate(squares), stats.chi2(4).cdf).pvalue > 0.01


@pytest.mark.parametrize("name", ["williams15", "vo-linear"])
def test_the_model_is_the_papers(name):
    F, Q = published_model(name)
    model = load_flat_scenario(name).model
    assert turn_matrix(1.0, 0.0) == pytest.approx(F)
    assert process_noise(model, 1.0) == pytest.approx(Q)
    root = noise_root(model, 1.0)
    assert root @ root.T == pytest.approx(Q)


def test_a_turn_is_the_matrix_exponential_of_its_rate():
    """x' = v, v' = w (-vy, vx)."""
    w = -3.0 * DEGREE
    rates = np.array([[0, 1, 0, 0], [0, 0, 0, -w], [0, 0, 0, 1], [0, w, 0, 0]])
    assert turn_matrix(5.0, w) == pytest.approx(linalg.expm(5.0 * rates))


def test_the_turn_rates_noise_is_the_models():
    noise = process_noise(load_flat_scenario("vo-turn").model, 2.0)
    assert noise[4, 4] == pytest.approx((2.0 * DEGREE) ** 2)
    assert noise[:2, :2] == pytest.approx(25.0 * np.array([[4.0, 4.0], [4.0, 4.0]]))


def test_random_births_and_lives_follow_their_rates():
    """Births at 0.08 a second, lives of 100 s: the mean number alive grows to 8."""
    scenario = msgspec.structs.replace(load_flat_scenario("williams15-continuous"), steps=60)
    alive = []
    for seed in range(60):
        s = FlatScene(scenario, seed)
        count = np.count_nonzero(s.truth.time_s == s.time_s[-1])
        alive.append((count, 8.0 * -np.expm1(-0.01 * s.time_s[-1])))
    counts, expected = np.array(alive).T
    assert in_band(counts.sum(), stats.poisson(expected.sum()))


def test_scans_of_an_uneven_scene_are_exponential():
    scenario = load_flat_scenario("williams15-late")
    intervals = np.concatenate(
        [np.diff(FlatScene(scenario, seed).time_s, prepend=0.0) for seed in SEEDS]
    )
    assert stats.kstest(intervals, stats.expon().cdf).pvalue > 0.01
