"""Simulated bytes go through the decoder like any feed, without an error, to what was simulated."""

import numpy as np
import pytest
from tests.naive.simulated_scenes import RADAR, scene_of, true_polar, turned

from skypact.decode.asterix.reports import Decoder
from skypact.model.reports import PSR
from skypact.record.sensors import sensors_in_force
from skypact.simulate import CLUTTER, Scene, load_scenario
from skypact.units import DEGREE


@pytest.mark.compiled
def test_every_simulated_record_becomes_a_report_of_its_sensor() -> None:
    scene = Scene(load_scenario("border"), 41)
    decoder = Decoder(scene.sensors)
    for _ in range(20):
        part = scene.advance(scene.time_s + 0.5)
        found = decoder.decode(part.packets)
        assert found.errors == {}
        reports, origins = found.reports, part.origins
        assert (reports.sensor == part.packets.link[origins.packet]).all()
        late_s = [scene.sensors[i].biases.time_s for i in reports.sensor]
        assert np.abs(reports.time_s - origins.time_s - late_s).max() <= 0.5 / 128 + 1e-6


@pytest.mark.compiled
def test_addresses_and_positions_are_those_of_the_flights_that_caused_the_reports() -> None:
    scene = Scene(load_scenario("border"), 42)
    part = scene.advance(scene.time_s + 30.0)
    reports = Decoder(scene.sensors).decode(part.packets).reports
    icao = dict(zip(part.truth.target.tolist(), part.truth.icao.tolist(), strict=True))
    known = np.flatnonzero(reports.icao >= 0)
    assert [icao[i] for i in part.origins.target[known].tolist()] == reports.icao[known].tolist()
    donau = np.flatnonzero((reports.sensor == 0) & (part.origins.target != CLUTTER))
    true = true_polar(scene.sensors[0], part.origins.ecef_m[donau])
    azimuth = turned(reports.azimuth_rad[donau] - true[:, 1], 2 * np.pi) / DEGREE
    assert abs(np.median(reports.range_m[donau] - true[:, 0]) - 25.0) < 8.0
    assert abs(np.median(azimuth) - 0.06) < 0.02


def test_the_clutter_scene_has_thirty_false_primary_plots_a_scan() -> None:
    scene = Scene(load_scenario("clutter"), 43)
    part = scene.advance(scene.time_s + 200.0)
    reports = Decoder(scene.sensors).decode(part.packets).reports
    false = part.origins.target == CLUTTER
    assert (reports.kind[false] == PSR).all()
    assert (reports.icao[false] == -1).all()
    mean = 30.0 * 200.0 / 4.0
    assert abs(false.sum() - mean) < 2.576 * np.sqrt(mean) + 3.0
    assert len(np.unique(part.origins.target[~false])) >= 8


def test_the_site_that_a_radar_sends_is_read_as_the_one_it_has() -> None:
    scene = Scene(scene_of(RADAR, fleet=()), 1)
    decoder = Decoder([])
    decoder.decode(scene.advance(scene.time_s + 12.0).packets)
    (heard,) = sensors_in_force(decoder.sensors, None)
    assert heard.lat == pytest.approx(RADAR.lat, abs=2e-5)
    assert heard.lon == pytest.approx(RADAR.lon, abs=2e-5)
    assert heard.height_m == RADAR.height_m
