"""What looks like a ballistic flight and is none: satellites, zoom climbs, absurd altitudes."""

import msgspec
import numpy as np
import pytest
from tests.naive.simulated_scenes import ADSB, RADAR, WIDE_OPEN, scene_of

from skypact.decode.asterix.reports import Decoder
from skypact.errors import ConfigError
from skypact.kernels.ballistic import GRAVITATION, ROTATION_RADPS
from skypact.model.tracks import CLASSES
from skypact.simulate import Scene, load_scenario
from skypact.simulate.parts import AdsbOptions, Fleet, Satellite, Zoom
from skypact.simulate.places import geodetic
from skypact.simulate.satellite import half_pass_s, pass_of
from skypact.simulate.scenario import Scenario
from skypact.simulate.truth import TICK_S
from skypact.simulate.zoom import LEVEL_S, climb_of, climbs_of
from skypact.units import DEGREE, GRAVITY, METRE

LOW = Satellite(name="low", lat=48.0, lon=17.0, height_m=420_000.0, course_deg=60.0)
CLIMB = Zoom(name="climb", lat=48.0, lon=17.0, course_deg=90.0, scatter_m=0.0)


def test_a_satellite_is_over_its_place_in_the_middle_of_its_pass() -> None:
    path = pass_of(LOW, np.zeros(2), 60.0 * DEGREE)
    middle = len(path) // 2
    lat, lon, height_m = geodetic(path[middle : middle + 1, :3])[0]
    assert abs(lat / DEGREE - 48.0) + abs(lon / DEGREE - 17.0) < 1e-6
    assert abs(height_m - 420_000.0) < METRE
    assert len(path) == 2 * int(half_pass_s(LOW.height_m) / TICK_S) + 1


def test_a_satellite_keeps_the_speed_of_its_orbit_and_moves_as_its_velocity_says() -> None:
    path = pass_of(LOW, np.zeros(2), 60.0 * DEGREE)
    inertial = path[:, 3:] + np.cross([0.0, 0.0, ROTATION_RADPS], path[:, :3])
    radius = np.linalg.norm(path[:, :3], axis=1)
    assert np.allclose(np.linalg.norm(inertial, axis=1), np.sqrt(GRAVITATION / radius), rtol=1e-9)
    moved = np.gradient(path[:, :3], TICK_S, axis=0)
    assert np.abs(moved - path[:, 3:])[1:-1].max() < 0.2


def test_a_zoom_climb_reaches_its_top_and_falls_freely_over_it() -> None:
    (path,) = climbs_of([CLIMB], np.random.Generator(np.random.PCG64(1)))
    height_m = geodetic(path[:, :3])[:, 2]
    assert abs(height_m.max() - CLIMB.top_m) < 30.0 * METRE
    assert abs(height_m[0] - CLIMB.level_m) < METRE
    top = int(np.argmax(height_m))
    up = path[top, :3] / np.linalg.norm(path[top, :3])
    pulled = (path[top + 4, 3:] - path[top - 4, 3:]) / (8 * TICK_S)
    assert abs(pulled @ up + GRAVITY) < 0.2
    assert len(path) * TICK_S > 2.0 * LEVEL_S


def test_a_top_that_is_too_high_is_refused_with_what_is_reached() -> None:
    with pytest.raises(ConfigError, match=r"zoom\[2\].top_m: expected at most \d+ m .* got 35000"):
        climb_of(msgspec.structs.replace(CLIMB, top_m=35_000.0), "zoom[2]")


def test_satellites_and_climbs_come_into_the_truth_and_go() -> None:
    climb = msgspec.structs.replace(CLIMB, start_s=1.0, transponder=1.0, modes=1.0)
    passing = msgspec.structs.replace(LOW, start_s=10.0, count=2, interval_s=1e4)
    scene = Scene(Scenario(satellite=(passing,), zoom=(climb,), truth_period_s=5.0), 3)
    truth = scene.advance(scene.time_s + 10.0).truth
    last = truth.time_s == scene.time_s
    words = sorted(CLASSES[c] for c in truth.target_class[last].tolist())
    assert words == ["fast", "unknown"]
    assert (truth.icao[last] >= 0).sum() == 1
    later = Scene(Scenario(satellite=(passing,), truth_period_s=100.0), 3)
    assert not (later.advance(later.time_s + 600.0).truth.time_s > later.time_s - 50.0).any()


def heard(options: AdsbOptions) -> np.ndarray:
    scenario = scene_of(ADSB, fleet=(Fleet(kind="airliner", count=200, adsb=1.0),))
    scene = Scene(msgspec.structs.replace(scenario, adsb={ADSB.name: options}), 5)
    reports = Decoder(scene.sensors).decode(scene.advance(scene.time_s + 8.0).packets).reports
    return np.stack((reports.icao, reports.baro_altitude_m, reports.geo_altitude_m))


def test_absurd_altitudes_are_of_the_share_asked_for() -> None:
    plain, wrong = heard(AdsbOptions()), heard(AdsbOptions(wrong_altitude_share=0.1))
    assert np.array_equal(plain[0], wrong[0])
    share = (np.abs(plain[1] - wrong[1]) > 100.0).mean()
    assert 0.05 < share < 0.15
    assert wrong[1].max() > 20_000.0


def test_broken_encoders_are_of_some_aircraft_and_run_away() -> None:
    plain, broken = heard(AdsbOptions()), heard(AdsbOptions(broken_share=0.2))
    of = {icao for icao in broken[0] if (plain[1] != broken[1])[plain[0] == icao].all()}
    assert 0.08 < len(of) / len(set(plain[0])) < 0.35
    assert {i for i in of if (plain[1] == broken[1])[plain[0] == i].any()} == set()


def longer(look_s: float, steps_s: list[float]) -> tuple[bytes, np.ndarray]:
    """Bytes of a scene with a flight that begins within a look; errors of heights of origins."""
    scenario = scene_of(RADAR, fleet=(Fleet(kind="airliner", count=20),), options=WIDE_OPEN)
    climbs = (msgspec.structs.replace(CLIMB, start_s=3.25, transponder=1.0),)
    changes = {"radar_look_s": look_s, "truth_period_s": 0.25, "zoom": climbs}
    scene = Scene(msgspec.structs.replace(scenario, **changes), 2)
    start_s, octets, errors_m = scene.time_s, b"", []
    for end_s in steps_s:
        part = scene.advance(start_s + end_s)
        octets += part.packets.data.tobytes()
        errors_m.append(off(part))
    return octets, np.concatenate(errors_m)


def off(part) -> np.ndarray:
    """Distance of the origins of plots from the truth, carried to the time of the plot."""
    truth, origins = part.truth, part.origins
    place = np.stack((truth.lat_rad, truth.lon_rad, truth.altitude_m), axis=1)
    found = []
    for target, time_s, ecef_m in zip(origins.target, origins.time_s, origins.ecef_m, strict=True):
        near = np.flatnonzero((truth.target == target) & (np.abs(truth.time_s - time_s) < 0.13))
        if near.size:
            at = geodetic(ecef_m[None, :])[0]
            found.append(abs(at[2] - place[near[0], 2]))
    return np.array(found)


def test_radars_that_look_seldom_see_the_same_truth_however_the_scene_is_stepped() -> None:
    once, errors_m = longer(1.0, [20.0])
    often, _ = longer(1.0, [0.5, 3.0, 7.25, 11.0, 20.0])
    assert once == often
    assert errors_m.size > 20
    assert errors_m.max() < 0.13 * 450.0 * METRE


def test_a_look_between_ticks_is_refused() -> None:
    text = 'radar_look_s = 0.6\n[[sensor]]\nname = "A"\nlat = 48.0\nlon = 17.0\nheight_m = 300.0\n'
    with pytest.raises(
        ConfigError, match=r"radar_look_s: expected a multiple of 0\.25 s, got 0\.6"
    ):
        load_scenario(text)


def test_the_quiet_scenario_has_300_aircraft_six_radars_and_no_ballistic_flight() -> None:
    quiet = load_scenario("quiet")
    assert sum(fleet.count for fleet in quiet.fleet) >= 300
    assert [sensor.kind for sensor in quiet.sensor].count("radar") == 6
    assert all((quiet.balloon, quiet.satellite, quiet.zoom))
    assert not quiet.ballistic
    assert any(options.unambiguous_m for options in quiet.radar.values())
    assert all(options.wrong_altitude_share for options in quiet.adsb.values())
