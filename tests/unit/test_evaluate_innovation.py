"""NIS of reports against the tracks they belong to."""

import numpy as np
import pytest
from tests.naive.judged import Judged, line, tracks_of, truth_of

from skypact.config import Sensor
from skypact.evaluate.innovation import CORRELATION, nis, summarise_nis
from skypact.model.reports import MLAT, POSITION, PSR, empty_reports
from skypact.units import DEGREE

POINT = Sensor(name="point", kind="position", x_m=0.0, y_m=0.0)
RADAR = Sensor(name="radar", x_m=0.0, y_m=0.0, sigma_range_m=20.0, sigma_azimuth_deg=0.2)


def reports_of(time_s, target, **columns):
    n = len(time_s)
    given = {name: np.asarray(column, float) for name, column in columns.items()}
    return empty_reports(n)._replace(
        time_s=np.asarray(time_s, float),
        target=np.asarray(target, np.int32),
        kind=np.full(n, PSR if "range_m" in columns else POSITION, np.int8),
        **given,
    )


def judge(scene, reports, sensor):
    return nis(
        reports, [sensor], scene.truth, scene.tracks, scene.table, scene.updates(), flat=True
    )


def parked(rows=((0.0, 1, 0.0, 0.0),)):
    return Judged(truth_of(line(4, 0, 40)), tracks_of(list(rows)), limit_m=500.0)


def test_the_residual_is_weighed_with_both_covariances() -> None:
    reports = reports_of([4.0], [4], x_m=[30.0], y_m=[-40.0], sigma_m=[20.0])
    values, target, report = judge(parked(), reports, POINT)
    expected = 2500.0 / (20.0**2 + 10.0**2 + 2 * CORRELATION * 10.0 * 4.0 + 4.0**2)
    assert values == pytest.approx([expected])
    assert target.tolist() == [0]
    assert report.tolist() == [0]


def test_the_row_before_counts_and_not_the_one_at_the_time_itself() -> None:
    rows = [(0.0, 1, 0.0, 0.0), (4.0, 1, 30.0, -40.0)]
    reports = reports_of([4.0], [4], x_m=[30.0], y_m=[-40.0], sigma_m=[20.0])
    values, _, _ = judge(parked(rows), reports, POINT)
    assert values[0] > 1.0


def test_reports_of_nobody_before_the_track_or_long_after_it_are_left_out() -> None:
    reports = reports_of(
        [0.0, 5.0, 5.0, 30.0], [4, -1, 77, 4], x_m=[0.0] * 4, y_m=[0.0] * 4, sigma_m=[20.0] * 4
    )
    values, _, _ = judge(parked(), reports._replace(kind=np.full(4, MLAT, np.int8)), POINT)
    assert values.size == 0


def test_without_tracks_there_is_nothing() -> None:
    reports = reports_of([4.0], [4], x_m=[0.0], y_m=[0.0], sigma_m=[20.0])
    values, _, _ = judge(Judged(truth_of(line(4, 0, 9)), tracks_of([])), reports, POINT)
    assert values.size == 0


def test_radar_plots_of_honest_sigmas_are_consistent() -> None:
    """Seed 4, 99 % band of 4,000 chi-square values of two degrees of freedom, by 2."""
    random = np.random.default_rng(4)
    n, bearing, range_m = 4000, 35 * DEGREE, 30_000.0
    time_s = 10.0 * np.arange(n)
    x, y = range_m * np.sin(bearing), range_m * np.cos(bearing)
    truth = truth_of([(t, 4, x, y) for t in np.append(time_s - 1.0, time_s[-1] + 1)])
    tracks = tracks_of(
        [(t - 0.5, 1, x + a, y + b) for t, a, b in zip(time_s, *random.normal(0, 10.0, (2, n)),
                                                         strict=True)]
    )  # fmt: skip
    none = np.zeros(n)
    tracks = tracks._replace(sigma_vn_mps=none, sigma_ve_mps=none)
    scene = Judged(truth, tracks, limit_m=500.0, step_s=10.0)
    reports = reports_of(
        time_s,
        np.full(n, 4),
        range_m=range_m + random.normal(0, 20.0, n),
        azimuth_rad=bearing + random.normal(0, 0.2 * DEGREE, n),
    )
    found = summarise_nis(judge(scene, reports, RADAR), reports)
    assert found["psr"] == found["all"]
    found = found["all"]
    assert found["n"] > 3900
    assert found["band_low"] < found["mean"] < found["band_high"]


def test_reports_far_beyond_belief_do_not_enter_the_mean() -> None:
    reports = reports_of([4.0, 9.0], [4, 4], x_m=[0, 9e3], y_m=[0, 0], sigma_m=[20.0, 20.0])
    found = summarise_nis(judge(parked(), reports, POINT), reports)["position"]
    assert found["mean"] == pytest.approx(0.0)
    assert found["n"] == 1
    assert found["beyond_gate"] == pytest.approx(0.5)
