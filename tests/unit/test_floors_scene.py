"""All floors of a scene in one call."""

import json

import numpy as np
import pytest
from benchmarks.floors import flights, plots, radars

from skypact.config import Sensor
from skypact.evaluate.flatmodel import FlatModel, moved, process_noise
from skypact.evaluate.floors import floors
from skypact.model.reports import POSITION, empty_reports, take_reports
from skypact.model.truth import TRUTH_DTYPES, TruthRows
from skypact.simulate import FlatScene, load_flat_scenario
from skypact.track.params import TrackerParams


@pytest.fixture(scope="module")
def sky():
    rng = np.random.default_rng(6)
    truth, sensors = flights(6, 150, 0.08, rng), radars()
    return truth, sensors, plots(truth, sensors, rng)


def test_floors_of_the_real_sky_stand_in_order(sky):
    truth, sensors, reports = sky
    found = floors(reports, sensors, truth, flat=False)
    assert found["bound_position_rms_m"] <= found["bound_enumeration_position_rms_m"] * 1.02
    assert found["bound_position_rms_m"] < found["clairvoyant_position_rms_m"]
    assert found["clairvoyant_position_rms_m"] < 0.5 * found["raw_position_rms_m"]
    assert found["settings"]["bound_motion"] == "tracker's steady flight"
    assert len(found["targets"]) == 6
    assert len(found["raw"]) == 4


def test_floors_are_ready_for_json(sky):
    truth, sensors, reports = sky
    few = take_reports(reports, slice(0, 40))
    text = json.dumps(floors(few, sensors, truth, flat=False), allow_nan=False)
    assert json.loads(text)["settings"]["seed"] == 0


def test_without_reports_the_floors_are_absent(sky):
    truth, sensors, reports = sky
    found = floors(take_reports(reports, slice(0, 0)), sensors, truth, flat=False)
    assert found["raw_position_rms_m"] is None
    assert found["bound_position_rms_m"] is None
    assert found["clairvoyant_position_rms_m"] is None


def test_flat_scene_without_model_uses_the_tracker():
    scene = FlatScene(load_flat_scenario("crossing"), 2)
    found = floors(scene.reports, scene.sensors, scene.truth, flat=True)
    assert found["clairvoyant_breaks"] == 0
    assert found["clairvoyant_position_rms_m"] < found["raw_position_rms_m"]
    assert "tracker" in found["settings"]["clairvoyant_filter"]


def test_the_seed_changes_the_drawn_sequences_alone():
    scene = FlatScene(load_flat_scenario("williams15"), 2)
    first, second = (
        floors(scene.reports, scene.sensors, scene.truth, flat=True, model=FlatModel(0.02), seed=s)
        for s in (1, 2)
    )
    name = "bound_enumeration_position_rms_m"
    assert first[name] != second[name]
    assert first["bound_position_rms_m"] == second["bound_position_rms_m"]


def test_wild_reports_are_counted_and_spoil_no_floor(sky):
    truth, sensors, reports = sky
    jump = np.where(np.arange(len(reports.time_s)) % 40 == 7, 60_000.0, 0.0)
    clean = floors(reports, sensors, truth, flat=False)
    found = floors(reports._replace(range_m=reports.range_m + jump), sensors, truth, flat=False)
    assert (clean["wild"], found["wild"]) == (0, int((jump > 0.0).sum()))
    assert found["raw_all_position_rms_m"] > 5_000.0
    assert found["raw_position_rms_m"] == pytest.approx(clean["raw_position_rms_m"], rel=0.02)
    assert found["clairvoyant_position_rms_m"] < 0.5 * found["raw_position_rms_m"]
    assert found["clairvoyant_unused_reports"] == clean["clairvoyant_unused_reports"]
    assert (
        found["settings"]["looks_detected"] == clean["settings"]["looks_detected"] - found["wild"]
    )


def random_flight(p_detection, *, seed, period_s=4.0, objects=40, steps=50, sigma_m=100.0):
    """Objects that move by the bound's own model, and reports of a scan each four seconds."""
    rng = np.random.default_rng(seed)
    model = FlatModel(accel=TrackerParams().cruise_accel_psd)
    dt = np.full(objects, 4.0)
    noise = np.linalg.cholesky(process_noise(model, dt)[0])
    x = np.column_stack(
        (rng.uniform(-3e4, 3e4, (objects, 2)), rng.normal(0.0, 100.0, (objects, 2)))
    )
    states = [x]
    for _ in range(steps):
        x = moved(model, x, dt) + rng.normal(size=x.shape) @ noise.T
        states.append(x)
    x, n = np.concatenate(states), objects * (steps + 1)
    time_s = np.repeat(4.0 * np.arange(steps + 1), objects)
    target = np.tile(np.arange(objects), steps + 1).astype(np.int32)
    blank = {name: np.full(n, -1, dtype) for name, dtype in TRUTH_DTYPES.items()}
    truth = TruthRows(**blank)._replace(
        time_s=time_s, target=target, lon_rad=x[:, 0], lat_rad=x[:, 1], altitude_m=np.zeros(n),
        ve_mps=x[:, 2], vn_mps=x[:, 3], vu_mps=np.zeros(n),
    )  # fmt: skip
    hit = (rng.random(n) < p_detection) | (time_s == 0.0)
    place = x[:, :2] + rng.normal(0.0, sigma_m, (n, 2))
    reports = empty_reports(n)._replace(
        time_s=time_s, target=target, kind=np.full(n, POSITION, np.int8), x_m=place[:, 0],
        y_m=place[:, 1],
    )  # fmt: skip
    sensor = Sensor(
        name="s", kind="position", x_m=0.0, y_m=0.0, sigma_position_m=sigma_m, period_s=period_s,
        p_detection=p_detection, clutter_per_scan=0.0,
    )  # fmt: skip
    return truth, take_reports(reports, hit), [sensor], model


@pytest.mark.parametrize("p_detection", [0.3, 0.5, 0.9])
def test_no_clairvoyant_filter_beats_the_bound(p_detection):
    # Seed 4; 250 objects, 2,600 to 8,000 errors of two components, correlated over some 8 looks:
    # 3 % and less at two standard errors. The filter with the objects' own model reaches the bound
    # by enumeration.
    truth, reports, sensors, model = random_flight(p_detection, seed=4, objects=250)
    own = floors(reports, sensors, truth, flat=True, model=model, settle_s=60.0)
    reached = own["clairvoyant_position_rms_m"]
    assert reached > 0.97 * own["bound_position_rms_m"]
    assert reached == pytest.approx(own["bound_enumeration_position_rms_m"], rel=0.06)
    assert own["bound_position_rms_m"] < 1.01 * own["bound_enumeration_position_rms_m"]


def test_the_tracker_that_knows_whose_the_reports_are_beats_no_bound():
    # Seed 4; against the filter with the true model on the same reports, so that chance cancels.
    truth, reports, sensors, model = random_flight(0.5, seed=4, objects=20)
    own = floors(reports, sensors, truth, flat=True, model=model, settle_s=60.0)
    tracked = floors(reports, sensors, truth, flat=True, settle_s=60.0)
    assert tracked["bound_position_rms_m"] == own["bound_position_rms_m"]
    assert tracked["clairvoyant_position_rms_m"] > 0.97 * own["clairvoyant_position_rms_m"]


def test_a_wrong_data_sheet_leaves_the_floors_alone():
    right, wrong = (
        floors(reports, sensors, truth, flat=True)
        for truth, reports, sensors, _ in (
            random_flight(0.9, seed=5, objects=10, period_s=period_s) for period_s in (4.0, 12.0)
        )
    )
    assert wrong["settings"]["observed_period_s"] == {"s": 4.0}
    assert right["settings"]["observed_period_s"] == {}
    assert wrong["bound_position_rms_m"] == right["bound_position_rms_m"]
