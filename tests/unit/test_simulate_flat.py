"""Flat scenes: what the published descriptions say is what is simulated."""

import msgspec
import numpy as np
import pytest

from skypact.config import sensor_table
from skypact.errors import ConfigError
from skypact.model.reports import POSITION, PSR
from skypact.model.tracks import CLASSES
from skypact.simulate import FlatScene, load_flat_scenario
from skypact.simulate.flat.sensing import arrivals_ns
from skypact.simulate.scenario import FlatScenario
from skypact.units import DEGREE, NANOSECONDS

FLAT = (
    "crossing",
    "flat-traffic",
    "vo-linear",
    "vo-turn",
    "williams15",
    "williams15-continuous",
    "williams15-distributed",
    "williams15-late",
    "williams15-range-bearing",
)


def scene(name, seed=1, **changes):
    return FlatScene(msgspec.structs.replace(load_flat_scenario(name), **changes), seed)


def states(truth, target):
    """Times (n,) and states (n, 4) as (x, y, vx, vy) of one object."""
    own = truth.target == target
    columns = (truth.lon_rad, truth.lat_rad, truth.ve_mps, truth.vn_mps)
    return truth.time_s[own], np.stack([column[own] for column in columns], axis=1)


def state_at(truth, target, time_s):
    times, found = states(truth, target)
    return found[np.flatnonzero(times == time_s)[0]]


@pytest.mark.parametrize("name", FLAT)
def test_the_same_seed_gives_the_same_bytes(name):
    one, again, other = scene(name, 3), scene(name, 3), scene(name, 4)
    for table in ("reports", "truth"):
        columns = zip(getattr(one, table), getattr(again, table), strict=True)
        assert all(a.tobytes() == b.tobytes() for a, b in columns)
    assert one.reports.time_s.tobytes() != other.reports.time_s.tobytes()


@pytest.mark.parametrize("name", FLAT)
def test_reports_and_truth_are_in_order_and_belong_together(name):
    s = scene(name)
    assert (np.diff(s.reports.received_ns) >= 0).all()
    assert (np.diff(s.truth.time_s) >= 0).all()
    assert s.truth.target.min() == 1
    pairs = set(zip(s.truth.time_s, s.truth.target, strict=True))
    real = s.reports.target >= 0
    seen = zip(s.reports.time_s[real], s.reports.target[real], strict=True)
    assert all(pair in pairs for pair in seen)
    assert s.union.frame == "flat"


# Expected by hand: r = 120 / (1 deg) = 6,875.49 m west to south, then r / 3 back to west.
CROSSING = {
    0.0: (25_000.0, 10_000.0, -120.0, 0.0),
    125.0: (10_000.0, 10_000.0, -120.0, 0.0),
    215.0: (10_000.0 - 6_875.49, 10_000.0 - 6_875.49, 0.0, -120.0),
    340.0: (3_124.51, 3_124.51 - 15_000.0, 0.0, -120.0),
    370.0: (3_124.51 - 2_291.83, -11_875.49 - 2_291.83, -120.0, 0.0),
    495.0: (832.68 - 15_000.0, -14_167.32, -120.0, 0.0),
}


@pytest.mark.parametrize(("time_s", "expected"), CROSSING.items())
def test_the_crossing_aircraft_are_where_the_book_says_after_each_leg(time_s, expected):
    truth = scene("crossing").truth
    x, y, vx, vy = expected
    assert state_at(truth, 1, time_s) == pytest.approx(expected, abs=0.01)
    assert state_at(truth, 2, time_s) == pytest.approx((6_500.0 - x, y, -vx, vy), abs=0.01)


def test_the_crossing_ends_with_fifty_scans_of_false_reports_only():
    s = scene("crossing")
    assert (s.time_s[0], s.time_s[-1], len(s.time_s)) == (0.0, 745.0, 150)
    assert s.truth.time_s.max() == 495.0
    after = s.reports.time_s > 495.0
    assert np.count_nonzero(after) > 100
    assert (s.reports.target[after] == -1).all()


def test_the_crossing_radar_has_the_published_density_of_false_reports():
    sensor = load_flat_scenario("crossing").sensor[0]
    assert sensor.clutter_mean == pytest.approx(2e-5 * 39e3 * 2 * np.pi)
    assert sensor.clutter_mean == pytest.approx(4.9, abs=0.01)


def test_the_linear_scene_has_the_published_targets():
    truth = scene("vo-linear").truth
    lives = {1: (1, 70), 2: (1, 100), 3: (1, 70), 4: (20, 100), 7: (40, 100), 12: (80, 100)}
    for target, (born, last) in lives.items():
        times, _ = states(truth, target)
        assert (times[0], times[-1], len(times)) == (born, last, last - born + 1)
    # The authors' program moves a target once before it records it at its birth.
    assert state_at(truth, 4, 20.0) == pytest.approx((400.0 - 7.0, -600.0 - 4.0, -7.0, -4.0))
    assert state_at(truth, 1, 70.0) == pytest.approx((0.0, -700.0, 0.0, -10.0))
    assert state_at(truth, 11, 100.0) == pytest.approx((-20.0 * 21, -15.0 * 21, -20.0, -15.0))


@pytest.mark.parametrize(
    ("target", "turn_dps", "born", "last"),
    [
        (1, 0.25, 1, 100),
        (3, -1.0, 10, 100),
        (4, 0.0, 10, 66),
        (8, -0.5, 40, 80),
        (9, -0.5, 60, 100),
    ],
)
def test_turning_targets_keep_their_speed_and_turn_at_their_rate(target, turn_dps, born, last):
    times, found = states(scene("vo-turn").truth, target)
    assert (times[0], times[-1]) == (born, last)
    heading = np.unwrap(np.arctan2(found[:, 3], found[:, 2]))
    assert np.diff(heading) == pytest.approx(turn_dps * DEGREE, abs=1e-9)
    speed = np.hypot(found[:, 2], found[:, 3])
    assert speed == pytest.approx(speed[0])
    chords = np.hypot(*np.diff(found[:, :2], axis=0).T)
    angle = max(abs(turn_dps) * DEGREE, 1e-12)
    assert chords == pytest.approx(speed[0] * np.sin(angle / 2) / (angle / 2))


def test_the_four_targets_meet_in_the_middle_and_the_first_dies_there():
    s = scene("williams15")
    assert states(s.truth, 1)[0][-1] == 40.0
    for target in (2, 3, 4):
        times, found = states(s.truth, target)
        assert (times[0], times[-1]) == (1.0, 81.0)
        # Five standard deviations of 0.1 m^2 and m^2/s^2.
        assert np.abs(found[40] - [150, 150, 0, 0]).max() < 5 * np.sqrt(0.1)


def test_every_fifth_scan_arrives_late_and_keeps_its_time():
    sensor = load_flat_scenario("williams15-late").sensor[0]
    time_s = np.cumsum(np.random.default_rng(1).exponential(1.0, 120))
    arrival_ns = arrivals_ns(sensor, time_s, np.random.default_rng(2))
    moved = np.flatnonzero(arrival_ns != np.rint(time_s * NANOSECONDS))
    assert moved.size > 10
    assert set((moved + 1) % 5) == {0}
    for i in moved:
        k = np.flatnonzero(np.rint(time_s * NANOSECONDS) == arrival_ns[i] - 1)[0]
        assert i < k <= i + 6 or k == 119
    reports = scene("williams15-late").reports
    assert (np.diff(reports.time_s) < 0).any()


def test_two_agents_see_the_same_targets_with_errors_of_their_own():
    s = scene("williams15-distributed")
    assert [sensor.member for sensor in s.union.sensor] == ["one", "two"]
    one, two = s.reports.sensor == 0, s.reports.sensor == 1
    assert set(s.reports.target[one]) == set(s.reports.target[two]) == {-1, 1, 2, 3, 4}
    assert not set(s.reports.x_m[one]) & set(s.reports.x_m[two])


def test_azimuths_are_clockwise_from_y_and_positions_from_the_sensor():
    text = """
frame = "flat"
steps = 1
[[target]]
state = [600.0, 0.0, 200.0, 0.0]
[[sensor]]
name = "r"
measures = "polar"
x_m = 500.0
y_m = 200.0
sigma_range_m = 1e-6
sigma_azimuth_deg = 1e-9
range_m = [0.0, 1000.0]
p_detection = 0.999999
clutter_per_scan = 0.0
[[sensor]]
name = "p"
x_m = 500.0
sigma_position_m = 1e-6
area_x_m = [0.0, 1000.0]
area_y_m = [0.0, 1000.0]
p_detection = 0.999999
clutter_per_scan = 0.0
"""
    reports = FlatScene(load_flat_scenario(text), 1).reports
    assert reports.kind.tolist() == [PSR, POSITION]
    assert (reports.range_m[0], reports.azimuth_rad[0]) == pytest.approx((100.0, 90 * DEGREE))
    assert (reports.x_m[1], reports.y_m[1]) == pytest.approx((100.0, 200.0))


def test_false_positions_are_from_the_sensor_too():
    text = """
frame = "flat"
steps = 100
[[target]]
state = [0.0, 0.0, 0.0, 0.0]
[[sensor]]
name = "p"
x_m = 5000.0
y_m = -300.0
sigma_position_m = 1.0
area_x_m = [0.0, 100.0]
area_y_m = [-100.0, 0.0]
p_detection = 0.5
clutter_per_scan = 10.0
"""
    reports = FlatScene(load_flat_scenario(text), 1).reports
    false = reports.target < 0
    assert (reports.x_m[false] >= -5000).all()
    assert (reports.x_m[false] <= -4900).all()
    assert (reports.y_m[false] >= 200).all()
    assert (reports.y_m[false] <= 300).all()


def test_the_data_sheets_say_what_the_sensors_do():
    radar = scene("williams15-range-bearing").union.sensor[0]
    assert (radar.kind, radar.x_m, radar.y_m, radar.period_s) == ("radar", 100.0, 100.0, 1.0)
    assert radar.sigma_azimuth_deg == pytest.approx(1 / np.sqrt(1000) / DEGREE)
    assert radar.p_detection == pytest.approx(np.exp(-150 / 900))
    sensor = scene("vo-linear").union.sensor[0]
    assert (sensor.kind, sensor.sigma_position_m, sensor.p_detection) == ("position", 10.0, 0.98)
    assert (sensor.clutter_per_scan, sensor.range_max_m) == (30.0, pytest.approx(1414.2, abs=0.1))


def test_the_tracker_gets_the_sensors_places_in_the_plane():
    sensors = scene("williams15-range-bearing").sensors
    table = sensor_table(sensors, flat=True)
    assert (table.lon_rad.tolist(), table.lat_rad.tolist()) == ([100.0], [100.0])
    assert np.isnan(sensor_table(sensors).lon_rad).all()


def test_random_targets_without_a_rate_are_born_and_die_by_steps():
    shipped = load_flat_scenario("vo-linear")
    s = FlatScene(msgspec.structs.replace(shipped, target=(), random=True, steps=400), 2)
    targets, lives = np.unique(s.truth.target, return_counts=True)
    # 48 +- 17 births in 400 steps of 0.12 (99 %); lives of 100 steps on average, cut at the end.
    assert 31 <= targets.size <= 65
    assert 40 < lives.mean() < 140
    empty = FlatScene(msgspec.structs.replace(shipped, target=(), random=True, steps=1), 2)
    assert empty.truth.time_s.size == 0
    assert empty.reports.time_s.size > 0


def test_a_crowd_has_the_stated_kinds_speeds_and_turns():
    s = scene("flat-traffic", steps=30)
    kinds, counts = np.unique(s.truth.target_class[: s.truth.target.max()], return_counts=True)
    named = dict(zip((CLASSES[kind] for kind in kinds), counts.tolist(), strict=True))
    assert named == {"airliner": 850, "light": 100, "fast": 30, "helicopter": 20}
    assert np.count_nonzero(s.reports.target >= 0) == 30 * 1000
    first = s.truth.time_s == 0.0
    speed = np.hypot(s.truth.ve_mps, s.truth.vn_mps)[first]
    for kind, low, high in (("airliner", 180, 260), ("light", 45, 80), ("helicopter", 20, 70)):
        own = speed[s.truth.target_class[first] == CLASSES.index(kind)]
        assert low <= own.min() < own.max() <= high
    _, found = states(s.truth, int(s.truth.target[s.truth.target_class == 4][0]))
    turn = np.diff(np.unwrap(np.arctan2(found[:, 3], found[:, 2]))) / 5.0
    # Process noise turns 200 m/s by far less than half a degree a second.
    steady = np.abs(turn) < 0.5 * DEGREE
    turning = np.abs(np.abs(turn) - 6.0 * DEGREE) < 0.5 * DEGREE
    assert (steady | turning).all()
    assert 3 <= np.count_nonzero(turning) <= 27


def edited(old, new):
    """The TOML of a small scenario with one change."""
    text = """
frame = "flat"
steps = 10
[model]
accel_psd_m2ps3 = 0.1
[[target]]
state = [0.0, 1.0, 0.0, 1.0]
[[sensor]]
name = "s"
sigma_position_m = 2.0
area_x_m = [0.0, 300.0]
area_y_m = [0.0, 300.0]
p_detection = 0.9
clutter_per_scan = 10.0
"""
    assert old in text
    return text.replace(old, new)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("steps = 10", "steps = 10\nbogus = 1", "expected only known keys, got bogus = 1"),
        ('"flat"', '"round"', "frame: .*got 'round'"),
        ("position_m = 2.0", "position_m = -2.0", r"sensor\[0\].sigma_position_m: .*> 0.*got -2.0"),
        ("p_detection = 0.9", "p_detection = 1.5", r"sensor\[0\].p_detection: .*<= 1.*got 1.5"),
        ("p_detection = 0.9", "", "expected one of p_detection, detection_range_m, got none"),
        ("area_x_m = [0.0, 300.0]", "area_x_m = [9.0, 3.0]", r"area_x_m: expected \[low, high\]"),
        ("area_x_m = [0.0, 300.0]", "", r"sensor\[0\].area_x_m: expected a value .* got none"),
        ('name = "s"', 'name = "s"\nkappa = 9.0', "kappa: expected none of a sensor .* got 9.0"),
        ('name = "s"', 'name = "s"\nmeasures = "polar"', "one of sigma_azimuth_deg, kappa"),
        ("state = [0.0, 1.0, 0.0, 1.0]", "state = [0.0, 1.0]", r"target\[0\].state: .*length"),
        ("[[target]]", "[[target]]\nborn = 12", "expected 1 <= born <= last <= 10, got born 12"),
        ("[[target]]", "[[mirror]]\ntarget = 2\nx_sum_m = 0\n[[target]]", "expected 1 to 1, got 2"),
        ("[[target]]", "[[crowd]]\ncount = 1\narea_x_m = [0, 9]\narea_y_m = [9, 0]\n"
         "speed_mps = [1, 2]\n[[target]]", r"given in one way \(target, .*, got 2"),
        ("[[target]]\nstate = [0.0, 1.0, 0.0, 1.0]", "[[crowd]]\ncount = 1\narea_x_m = [0, 9]\n"
         "area_y_m = [9, 0]\nspeed_mps = [1, 2]", r"crowd\[0\].area_y_m: expected \[low, high\]"),
        ("steps = 10", "steps = 10\nrandom = true", "given in one way .*, got 2"),
        ("accel_psd_m2ps3 = 0.1", "birth_rate_hz = 0.1", "and death_rate_hz together"),
        ("0.1\n", "0.1\naccel_mps2 = 1.0\n", "expected one of accel_psd_m2ps3 and accel_mps2"),
        ("steps = 10", 'steps = 10\nsampling = "exponential"', "birth_rate_hz: expected a rate"),
        ("0.1\n", "0.1\n[[model.birth]]\nmean = [0, 0, 0, 0, 0]\nstd = [1, 1, 1, 1]\n",
         r"model.birth\[0\].mean: expected 4 numbers \(cv\), got 5"),
    ],
)  # fmt: skip
def test_a_wrong_flat_scenario_is_refused_with_the_key_the_value_and_the_range(old, new, message):
    with pytest.raises(ConfigError, match=message):
        load_flat_scenario(edited(old, new))


def test_the_true_model_is_part_of_the_scenario():
    scenario = load_flat_scenario("williams15")
    assert isinstance(scenario, FlatScenario)
    model = scenario.model
    assert (model.accel_psd_m2ps3, model.survival, model.initial_weight) == (0.02, 0.99, 3.0)
    assert model.birth[0].std == (150.0, 1.0, 150.0, 1.0)
