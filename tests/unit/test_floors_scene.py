"""All floors of a scene in one call."""

import json

import numpy as np
import pytest
from benchmarks.floors import flights, plots, radars

from skypact.evaluate.flatmodel import FlatModel
from skypact.evaluate.floors import floors
from skypact.model.reports import take_reports
from skypact.simulate import FlatScene, load_flat_scenario


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
