"""The clairvoyant tracker: published floors of flat scenes, true identities in the real sky."""

import msgspec
import numpy as np
import pytest
from benchmarks.floors import START_S, flights, plots, radars

from skypact.evaluate.bound import posterior_bound
from skypact.evaluate.clairvoyant import clairvoyant_tracks, model_tracks
from skypact.evaluate.flatmodel import FlatModel, with_births
from skypact.evaluate.floors import track_errors
from skypact.evaluate.gospa import gospa
from skypact.evaluate.looks import looks_of
from skypact.evaluate.paths import track_paths, truth_paths
from skypact.evaluate.samples import samples
from skypact.model.reports import concat_reports, take_reports
from skypact.simulate import FlatScene, load_flat_scenario


def true_model(scenario):
    """Give the model of a flat scenario in the form of the floors."""
    model = scenario.model
    accel = model.accel_mps2 or model.accel_psd_m2ps3
    births = [np.array([getattr(b, key) for b in model.birth]) for key in ("mean", "std")]
    return with_births(FlatModel(accel=accel, discrete=bool(model.accel_mps2)), *births)


def scenes(name, count):
    """Draw scenes with seeds 0, 1 ... and filter them with their model."""
    scenario = load_flat_scenario(name)
    for seed in range(count):
        scene = FlatScene(scenario, seed)
        truth = truth_paths(scene.truth, flat=True)
        yield truth, model_tracks(scene.reports, scene.sensors, truth, true_model(scenario)).rows


def test_williams15_has_its_published_floors():
    # 97 cm a target and 1.83 m of localisation over steps 4 to 81. Each scene holds some 270
    # errors that are correlated over 5 steps: 0.8 % standard error of 40 scenes; allowed 3 %.
    squares, parts = [], []
    for truth, rows in scenes("williams15", 40):
        steps = np.unique(truth.time_s)[3:]
        errors = track_errors(rows, truth, flat=True).position_m
        squares.append(errors[rows.time_s >= steps[0]] ** 2)
        found = samples(truth, track_paths(rows, flat=True), steps, hold_s=0.5)
        parts.append(gospa(found, c_m=10.0, p=2.0).localisation)
    assert np.sqrt(np.mean(np.concatenate(squares))) == pytest.approx(0.97, rel=0.03)
    assert np.sqrt(np.mean(parts)) == pytest.approx(1.83, rel=0.03)


def test_vo_linear_has_its_published_floor():
    # 10.5 m and 9.3 m; some 800 errors a scene, correlated over 2 steps: 0.6 % of 10 scenes.
    errors = np.concatenate(
        [track_errors(rows, truth, flat=True).position_m for truth, rows in scenes("vo-linear", 10)]
    )
    assert np.sqrt(np.mean(errors**2)) == pytest.approx(10.5, rel=0.025)
    assert np.mean(errors) == pytest.approx(9.3, rel=0.025)


def test_range_and_azimuth_are_filtered_as_well_as_the_bound_says():
    scenario = load_flat_scenario("williams15-range-bearing")
    squares, bounds = [], []
    for seed in range(20):
        scene = FlatScene(scenario, seed)
        truth = truth_paths(scene.truth, flat=True)
        model = true_model(scenario)
        rows = model_tracks(scene.reports, scene.sensors, truth, model).rows
        looks = looks_of(scene.reports, scene.sensors, truth, flat=True)
        drawn = posterior_bound(looks._replace(clutter=0.0 * looks.clutter), model)
        squares.append(track_errors(rows, truth, flat=True).position_m ** 2)
        bounds.append(drawn.position_m**2)
    ratio = np.sqrt(np.mean(np.concatenate(squares)) / np.mean(np.concatenate(bounds)))
    # The reduction factor is a loose floor where misses count: some per cent below the filter.
    assert 0.95 < ratio < 1.15


def sky(aircraft, seconds, seed=1):
    rng = np.random.default_rng(seed)
    truth, sensors = flights(aircraft, seconds, 0.08, rng), radars()
    return truth, sensors, plots(truth, sensors, rng)


def test_every_aircraft_of_the_real_sky_keeps_one_track():
    truth, sensors, reports = sky(4, 120)
    found = clairvoyant_tracks(reports, sensors, flat=False, params=None)
    assert found.breaks == 0
    assert set(found.rows.track) == {0, 1, 2, 3}
    errors = track_errors(found.rows, truth_paths(truth, flat=False), flat=False)
    assert np.isfinite(errors.position_m).all()
    assert (found.rows.confirmed == 1).all()


def test_other_aircraft_do_not_touch_a_clairvoyant_track():
    _, sensors, reports = sky(2, 100)
    one = take_reports(reports, reports.target == 0)
    shadow = one._replace(
        target=np.full(len(one.time_s), 9, np.int32), time_s=one.time_s + 1e-3,
        range_m=one.range_m + 60.0,
    )  # fmt: skip
    alone = clairvoyant_tracks(one, sensors, flat=False, params=None).rows
    crowd = clairvoyant_tracks(concat_reports([one, shadow]), sensors, flat=False, params=None).rows
    own = crowd.track == 0
    np.testing.assert_allclose(crowd.lat_rad[own], alone.lat_rad, rtol=0, atol=1e-9)
    assert set(crowd.track) == {0, 9}


def test_false_reports_are_left_out():
    _, sensors, reports = sky(2, 60)
    no_one = reports._replace(target=np.full(len(reports.time_s), -1, np.int32))
    both = concat_reports([reports, no_one])
    found = clairvoyant_tracks(both, sensors, flat=False, params=None).rows
    assert len(found.time_s) == len(
        clairvoyant_tracks(reports, sensors, flat=False, params=None)[0].time_s
    )


def test_a_pause_longer_than_coasting_is_counted_as_a_break():
    _, sensors, reports = sky(1, 400)
    age_s = reports.time_s - START_S
    paused = take_reports(reports, (age_s < 100.0) | (age_s > 300.0))
    found = clairvoyant_tracks(paused, sensors, flat=False, params=None)
    assert found.breaks == 1
    assert set(found.rows.track) == {0}


def test_own_addresses_come_back():
    _, sensors, reports = sky(2, 60)
    named = reports._replace(icao=(reports.target + 0x3C0000).astype(np.int32))
    found = clairvoyant_tracks(named, sensors, flat=False, params=None).rows
    np.testing.assert_array_equal(found.icao, found.track + 0x3C0000)


def test_no_reports_make_no_tracks():
    _, sensors, reports = sky(1, 20)
    none = take_reports(reports, slice(0, 0))
    assert len(clairvoyant_tracks(none, sensors, flat=False, params=None).rows.time_s) == 0


def test_a_data_sheet_that_claims_certainty_breaks_no_track():
    _, sensors, reports = sky(4, 300)
    sure = [msgspec.structs.replace(s, p_detection=1.0) for s in sensors]
    found = clairvoyant_tracks(reports, sure, flat=False, params=None)
    assert (found.breaks, found.unused) == (0, 0)
