"""A published scene's own model reaches its floors."""

import json

import numpy as np
import pytest

from skypact.cli.truemodel import clutter_density, true_model
from skypact.evaluate.evaluation import evaluate
from skypact.evaluate.flatmodel import TURN
from skypact.evaluate.floors import floors
from skypact.evaluate.params import EvaluateParams
from skypact.evaluate.table import assumed, lines
from skypact.model.tracks import empty_rows
from skypact.simulate import FlatScene, load_flat_scenario
from skypact.units import DEGREE


def test_turning_models_have_turn_rates_in_radians() -> None:
    model = true_model(load_flat_scenario("vo-turn"))
    assert model is not None
    assert (model.turns, model.discrete, model.accel) == (True, True, 5.0)
    assert model.turn_noise == pytest.approx(DEGREE)
    assert model.first_covariance is not None
    assert model.first_covariance[0, TURN, TURN] == pytest.approx((6.0 * DEGREE) ** 2)
    np.testing.assert_allclose(model.first_mean[0], [-1500.0, 250.0, 0.0, 0.0, 0.0])


def test_false_reports_are_spread_over_the_area_or_over_range_and_azimuth() -> None:
    square = load_flat_scenario("williams15").sensor[0]
    assert clutter_density(square) == pytest.approx(10.0 / 300.0**2)
    assert clutter_density(load_flat_scenario("crossing").sensor[0]) == pytest.approx(2e-5)


@pytest.mark.parametrize("name", ["crossing", "flat-traffic"])
def test_objects_that_turn_by_no_model_have_none(name: str) -> None:
    assert true_model(load_flat_scenario(name)) is None


def test_the_floors_of_turning_objects_stand_in_order() -> None:
    # Seeds 1 to 3, some 1,500 errors: the ratio of clairvoyant to bound scatters by 3 %. The
    # objects turn steadily and so are tracked somewhat better than the model's own.
    scenario = load_flat_scenario("vo-turn")
    ratios = []
    for seed in (1, 2, 3):
        scene = FlatScene(scenario, seed)
        found = floors(
            scene.reports, scene.sensors, scene.truth, flat=True, model=true_model(scenario)
        )
        assert found["clairvoyant_position_rms_m"] < 0.75 * found["raw_position_rms_m"]
        ratios.append(found["clairvoyant_position_rms_m"] / found["bound_position_rms_m"])
    assert 0.8 < np.mean(ratios) < 1.05


def judged(tracks_sigma_m: float):
    """Tracks on the truth of williams15, judged with its reports and model."""
    scenario = load_flat_scenario("williams15")
    scene = FlatScene(scenario, 1)
    truth, n = scene.truth, len(scene.truth.time_s)
    tracks = empty_rows(n)._replace(
        time_s=truth.time_s, track=truth.target.astype(np.int64), lat_rad=truth.lat_rad,
        lon_rad=truth.lon_rad, altitude_m=np.zeros(n), vn_mps=truth.vn_mps, ve_mps=truth.ve_mps,
        vu_mps=np.zeros(n), sigma_n_m=np.full(n, tracks_sigma_m),
        sigma_e_m=np.full(n, tracks_sigma_m), sigma_vn_mps=np.zeros(n),
        sigma_ve_mps=np.zeros(n), confirmed=np.ones(n, np.int8),
    )  # fmt: skip
    return evaluate(
        tracks, truth, EvaluateParams(gospa_c_m=10.0), flat=True, reports=scene.reports,
        sensors=scene.sensors, model=true_model(scenario),
    ).figures  # fmt: skip


def test_reports_of_1_m_against_exact_tracks_have_a_nis_of_1() -> None:
    # Some 250 reports: the mean of NIS / 2 has a standard deviation of 0.063; the process noise of
    # one step adds under 2 %. Interval: 3 deviations.
    figures = judged(0.05)
    assert figures["nis"]["all"]["mean"] == pytest.approx(1.0, abs=0.2)
    assert set(figures["nis"]) == {"all", "position"}
    shown = {line.label for _, found in lines(figures) for line in found}
    assert "NIS / 2, reports against tracks" in shown


def test_without_covariance_there_is_no_nis_and_all_is_ready_for_json() -> None:
    figures = judged(np.nan)
    assert figures["nis"] == {}
    json.dumps(figures, allow_nan=False)


def test_the_model_is_named_with_the_floors() -> None:
    figures = judged(0.05)
    said = assumed(figures)
    assert "the scene's model (constant velocity, acceleration 0.02 m²/s³)" in said
    assert "detection 0.9, clutter 0.0001111" in said
    assert figures["floors"]["settings"]["settle_s"] == 0.0


def test_a_change_of_track_costs_as_much_as_the_cut_off_unless_said() -> None:
    assert judged(0.05)["parameters"]["tgospa_gamma_m"] == 10.0


def test_a_filter_of_uneven_scans_is_as_good_as_its_bound() -> None:
    # Some 500 errors of one draw, correlated over 3 looks: 8 %.
    scenario = load_flat_scenario("williams15-late")
    scene = FlatScene(scenario, 1)
    found = floors(scene.reports, scene.sensors, scene.truth, flat=True, model=true_model(scenario))
    ratio = found["clairvoyant_position_rms_m"] / found["bound_position_rms_m"]
    assert 0.85 < ratio < 1.2


def test_it_is_said_when_nobody_lives_longer_than_what_is_left_out() -> None:
    scenario = load_flat_scenario("williams15")
    scene = FlatScene(scenario, 1)
    found = floors(scene.reports, scene.sensors, scene.truth, flat=True, settle_s=100.0)
    assert "no object was tracked for longer than the 100 s left out" in assumed({"floors": found})
    assert assumed({"floors": {}}) == ""
