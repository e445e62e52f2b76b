"""Tracks and floors are compared over the same objects and times."""

import msgspec
import numpy as np
import pytest

from skypact.config import Sensor
from skypact.evaluate.clairvoyant import clairvoyant_tracks
from skypact.evaluate.evaluation import evaluate
from skypact.evaluate.params import EvaluateParams
from skypact.evaluate.settled import covered
from skypact.evaluate.table import assumed, lines
from skypact.model.reports import POSITION, empty_reports
from skypact.model.tracks import TrackRows
from skypact.model.truth import TRUTH_DTYPES, TruthRows

SIGMA_M = np.array([20.0, 20.0, 200.0])
"""The third object is hard."""
SPEED_MPS = 100.0


@pytest.fixture(scope="module")
def scene():
    """Three objects that go east, and tracks that err twice as much as the clairvoyant one."""
    rng = np.random.default_rng(1)
    target, time_s = np.tile(np.arange(3), 40), np.repeat(4.0 * np.arange(40), 3)
    x, y, n = SPEED_MPS * time_s, 20_000.0 * target, len(time_s)
    blank = {name: np.full(n, -1, dtype) for name, dtype in TRUTH_DTYPES.items()}
    truth = TruthRows(**blank)._replace(
        time_s=time_s, target=target.astype(np.int32), lon_rad=x, lat_rad=y,
        altitude_m=np.zeros(n), ve_mps=np.full(n, SPEED_MPS), vn_mps=np.zeros(n),
        vu_mps=np.zeros(n),
    )  # fmt: skip
    sigma = SIGMA_M[target]
    reports = empty_reports(n)._replace(
        time_s=time_s, target=truth.target, kind=np.full(n, POSITION, np.int8), sigma_m=sigma,
        x_m=x + rng.normal(0.0, sigma), y_m=y + rng.normal(0.0, sigma),
    )  # fmt: skip
    sensor = Sensor(name="s", kind="position", x_m=0.0, y_m=0.0, period_s=4.0, p_detection=0.98)
    rows = clairvoyant_tracks(reports, [sensor], flat=True, params=None).rows
    rows = rows._replace(
        lon_rad=2.0 * rows.lon_rad - SPEED_MPS * rows.time_s,
        lat_rad=2.0 * rows.lat_rad - 20_000.0 * rows.track,
        icao=np.full(len(rows.time_s), -1, np.int32),
    )
    return truth, reports, [sensor], rows


def judged(scene, keep):
    truth, reports, sensors, rows = scene
    tracks = TrackRows._make(column[keep] for column in rows)
    return evaluate(
        tracks, truth, EvaluateParams(), flat=True, reports=reports, sensors=sensors
    ).figures


def ratio(found):
    return found["position_rms_m"] / found["clairvoyant_position_rms_m"]


def test_a_dropped_object_does_not_improve_the_ratio(scene):
    every = judged(scene, slice(None))["floors"]["settled"]
    few = judged(scene, scene[3].track < 2)["floors"]["settled"]
    assert ratio(every) == pytest.approx(2.0)
    assert ratio(few) == pytest.approx(2.0)
    assert (every["objects"], every["floor_objects"], every["floor_share"]) == (3, 3, 1.0)
    assert (few["objects"], few["floor_objects"]) == (2, 3)
    assert few["floor_share"] == pytest.approx(2.0 / 3.0)
    assert few["rows"] == few["floor_rows"]


def test_a_lost_stretch_does_not_improve_the_ratio(scene):
    rows = scene[3]
    there = (rows.track < 2) | (rows.time_s < 60.0) | (rows.time_s > 120.0)
    found = judged(scene, there)["floors"]["settled"]
    assert ratio(found) == pytest.approx(2.0)
    assert 0.8 < found["floor_share"] < 0.9


def test_the_table_compares_what_is_common(scene):
    figures = judged(scene, scene[3].track < 2)
    shown = {line.label: line for _, rows in lines(figures) for line in rows}
    floor = figures["floors"]["settled"]["clairvoyant_position_rms_m"]
    assert float(shown["horizontal position, RMS"].floor) == pytest.approx(floor, rel=1e-3)
    assert shown["objects in common"].value == "2"


def test_an_object_is_covered_between_rows_and_at_them_but_not_in_pauses():
    by = np.array([1, 1, 1, 1, 2])
    by_s = np.array([0.0, 2.0, 4.0, 60.0, 9.0])
    sought = np.array([1, 1, 1, 1, 1, 2, 2, 3])
    times = np.array([-1.0, 0.0, 3.0, 30.0, 60.0, 9.0, 10.0, 1.0])
    np.testing.assert_array_equal(
        covered(sought, times, by, by_s), [False, True, True, False, True, True, False, False]
    )


def test_sensors_whose_data_sheet_is_wrong_are_named(scene):
    truth, reports, sensors, rows = scene
    wrong = [msgspec.structs.replace(sensors[0], period_s=12.0)]
    right, said = (
        assumed(
            evaluate(rows, truth, EvaluateParams(), flat=True, reports=reports, sensors=s).figures
        )
        for s in (sensors, wrong)
    )
    assert "data sheet: s 4 s" in said
    assert "not as on the data sheet" not in right
