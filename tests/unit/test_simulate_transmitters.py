"""Ghosts: transmitters on the ground that send the ADS-B of aircraft that are not there."""

from typing import Any

import msgspec
import numpy as np
import pytest
from tests.naive.simulated_scenes import ADSB, MLAT, decoded, scene_of

from skypact import config
from skypact.decode.asterix.reports import Decoder
from skypact.errors import ConfigError
from skypact.model.reports import ReportBatch, take_reports
from skypact.simulate import CLUTTER, Scene, Slice
from skypact.simulate.parts import Fleet, Ghost, MlatOptions, Noise, Station
from skypact.simulate.places import along_great_circle, distance_m
from skypact.units import DEGREE

ICAO = 0x123456
GHOST = Ghost(
    name="Forger", lat=48.0, lon=17.0, from_lat=48.3, from_lon=17.9, course_deg=250.0,
    speed_mps=220.0, level_m=9_000.0, start_s=4.0, end_s=20.0, icao=ICAO,
)  # fmt: skip
NEAR = msgspec.structs.replace(ADSB, name="Near", lat=48.1, lon=17.1, height_m=400.0)
FAR = msgspec.structs.replace(ADSB, name="Far", sic=7, lat=47.3, lon=19.0, height_m=240.0)
RING = tuple(
    Station(lat=48.0 + 0.2 * np.cos(a), lon=17.0 + 0.3 * np.sin(a), height_m=500.0)
    for a in np.arange(6) * 1.05
)


def play(
    *sensors: config.Sensor, ghost: Ghost = GHOST, seconds: float = 30.0, **parts: Any
) -> tuple[Slice, ReportBatch]:
    """Return a scene with a ghost, and its reports."""
    fleet = (Fleet(kind="airliner", count=15, adsb=1.0),)
    scene = Scene(scene_of(*sensors, fleet=fleet, ghost=(ghost,), **parts), 81)
    part = scene.advance(scene.time_s + seconds)
    return part, Decoder(sensors).decode(part.packets).reports


def test_only_receivers_that_the_transmitter_reaches_hear_a_ghost() -> None:
    part, reports = play(NEAR, FAR)
    ghost = reports.icao == ICAO
    assert ghost.sum() > 15
    assert set(reports.sensor[ghost].tolist()) == {0}
    assert (reports.sensor == 1).any()
    assert (part.origins.target[ghost] == CLUTTER).all()
    assert (part.origins.target[~ghost] != CLUTTER).all()


def test_a_ghost_claims_the_flight_that_the_scenario_says() -> None:
    _, every = play(NEAR)
    reports = take_reports(every, every.icao == ICAO)
    since = reports.time_s - 1_767_268_800.0 - 4.0
    assert since.min() > -0.01
    assert since.max() < 16.01
    start = (np.array([48.3 * DEGREE]), np.array([17.9 * DEGREE]), np.array([250.0 * DEGREE]))
    for k in range(len(since)):
        lat, lon, course = along_great_circle(*start, 220.0 * since[k : k + 1])
        away = distance_m(reports.lat_rad[k : k + 1], reports.lon_rad[k : k + 1], lat[0], lon[0])
        assert away[0] < 5.0
        angle = reports.track_angle_rad[k] - course[0]
        assert abs((angle + np.pi) % (2 * np.pi) - np.pi) < 2.0 * DEGREE
    assert abs(reports.ground_speed_mps.mean() - 220.0) < 1.5
    assert np.abs(reports.baro_altitude_m - 9_000.0).max() < 5.0
    assert set(reports.nacp.tolist()) == {9}


def test_multilateration_finds_the_transmitter_and_not_the_ghost() -> None:
    options = MlatOptions(station=RING)
    part, every = play(MLAT, mlat={MLAT.name: options}, noise=Noise(outlier_share=0.0))
    ghost = every.icao == ICAO
    reports = take_reports(every, ghost)
    assert len(reports.time_s) > 10
    away = distance_m(reports.lat_rad, reports.lon_rad, 48.0 * DEGREE, 17.0 * DEGREE)
    assert away.max() < 5.0 * reports.sigma_m.max() < 500.0
    assert (part.origins.target[ghost] == CLUTTER).all()


def test_stations_that_do_not_reach_the_transmitter_do_not_find_it() -> None:
    away = tuple(msgspec.structs.replace(s, lat=s.lat - 3.0) for s in RING)
    _, reports = play(MLAT, mlat={MLAT.name: MlatOptions(station=away, worst_sigma_m=1e5)})
    assert len(reports.icao) > 20
    assert not (reports.icao == ICAO).any()


def test_a_ghost_may_copy_the_address_of_a_real_flight() -> None:
    part, reports = play(NEAR, ghost=msgspec.structs.replace(GHOST, copies=True, icao=None))
    ghost = part.origins.target == CLUTTER
    copied = set(reports.icao[ghost].tolist())
    assert len(copied) == 1
    assert copied < set(part.truth.icao.tolist())


def test_a_ghost_that_ends_before_it_starts_is_an_error() -> None:
    with pytest.raises(ConfigError, match=r"ghost\[0\]\.end_s: .* 4, got 3"):
        play(NEAR, ghost=msgspec.structs.replace(GHOST, end_s=3.0))


def test_when_real_flights_are_due_is_unchanged_by_a_ghost() -> None:
    def stamps(ghosts: tuple[Ghost, ...]) -> set[float]:
        fleet = (Fleet(kind="airliner", count=15),)
        options = {MLAT.name: MlatOptions(station=RING)}
        scene = Scene(scene_of(MLAT, fleet=fleet, mlat=options, ghost=ghosts), 82)
        part = scene.advance(scene.time_s + 10.0)
        real = part.origins.target != CLUTTER
        records = decoded(part).targets
        return {r["140"] for r, ours in zip(records, real, strict=True) if ours}

    # Detections and errors are drawn anew beside a ghost's.
    with_ghost, without = stamps((GHOST,)), stamps(())
    assert len(with_ghost & without) > 0.8 * len(without)
