"""The tracker's figures follow from the data sheets of a union file."""

import msgspec
import numpy as np
import pytest
from tests.naive import scenes

from skypact.config import TargetClass, TrackingArea, union_from_toml
from skypact.errors import ConfigError
from skypact.model.reports import take_reports
from skypact.model.tracking import AREA, FREE, PSD_H, STATE
from skypact.record.union_file import union_to_toml
from skypact.track.areas import area_of
from skypact.track.datasheet import (
    DEFAULT_CLASSES,
    area_motions,
    figures_of,
    tracker_params,
)
from skypact.track.params import MOTION_FIGURES, TrackerParams, motion_row, track_params
from skypact.track.tracker import Tracker
from skypact.units import DEGREE

UNION = """
[tracking.parameters]
births_per_scan = 2.0
learn_sensors = false

[[tracking.target_class]]
name = "drone"
speed_max_mps = 40.0
accel_max_mps2 = 6.0
turn_max_dps = 30.0
climb_max_mps = 12.0

[[tracking.area]]
name = "range"
outline = [[48.0, 16.0], [49.0, 16.0], [49.0, 17.0], [48.0, 17.0]]
upper_m = 5_000.0
parameters = { cruise_accel_psd = 0.7 }

[[tracking.area.target_class]]
name = "fast"
speed_max_mps = 600.0
accel_max_mps2 = 30.0
turn_max_dps = 12.0
climb_max_mps = 100.0
"""


def test_the_trackers_own_figures_are_those_of_the_default_classes():
    own = TrackerParams()
    for name, value in figures_of(DEFAULT_CLASSES).items():
        assert getattr(own, name) == pytest.approx(value, rel=0.3), name


def test_a_velocity_anywhere_in_the_disc_of_the_greatest_speed_has_the_stated_deviation():
    rng = np.random.default_rng(1)
    speed, course = 80.0 * np.sqrt(rng.random(200_000)), rng.uniform(0, 2 * np.pi, 200_000)
    one = TargetClass(
        name="light", speed_max_mps=80.0, accel_max_mps2=6.0, turn_max_dps=6.0, climb_max_mps=8.0
    )
    assert figures_of([one])["start_speed_mps"] == pytest.approx(
        np.std(speed * np.cos(course)), rel=0.01
    )


def test_classes_are_averaged_by_their_shares():
    slow, fast = DEFAULT_CLASSES[1], DEFAULT_CLASSES[3]
    both = figures_of([slow, fast])
    weight = slow.share / (slow.share + fast.share)
    for name in ("manoeuvre_accel_psd", "manoeuvre_climb_psd"):
        mean = weight * figures_of([slow])[name] + (1 - weight) * figures_of([fast])[name]
        assert both[name] == pytest.approx(mean)


def test_a_union_files_classes_and_parameters_make_the_configuration():
    union = union_from_toml(UNION)
    params = tracker_params(union, capacity=64)
    assert (params.start_speed_mps, params.births_per_scan) == (20.0, 2.0)
    assert (params.learn_sensors, params.capacity) == (False, 64)
    assert union_from_toml(union_to_toml(union)) == union
    assert tracker_params(None) == TrackerParams()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("cruise_accel = 1.0", "unknown field `cruise_accel`"),
        ("births_per_scan = -1.0", "births_per_scan"),
    ],
)
def test_a_wrong_parameter_is_named(line, says):
    with pytest.raises(ConfigError, match=says):
        tracker_params(union_from_toml(f"[tracking.parameters]\n{line}\n"))


def test_areas_are_of_the_earth():
    with pytest.raises(ConfigError, match=r"tracking\.area"):
        area_motions(union_from_toml('frame = "flat"\n' + UNION))


def test_figures_of_motion_are_those_that_motion_is_made_of():
    usual = motion_row(TrackerParams())
    for field in msgspec.structs.fields(TrackerParams):
        if not isinstance(field.default, int | float) or isinstance(field.default, bool):
            continue
        changed = TrackerParams(**{field.name: type(field.default)(2 * field.default + 1)})
        moves = not np.array_equal(motion_row(changed), usual)
        assert moves == (field.name in MOTION_FIGURES), field.name


def test_an_area_cannot_have_what_is_no_motion():
    area = UNION.replace("cruise_accel_psd = 0.7", "confirm_hits = 5")
    with pytest.raises(ConfigError, match=r"tracking\.area .*figures of motion.*confirm_hits"):
        area_motions(union_from_toml(area))


def test_an_area_has_the_motion_of_its_own_classes():
    union = union_from_toml(UNION)
    areas = area_motions(union)
    rows = track_params(tracker_params(union), [a.params for a in areas]).motion
    assert rows[0, PSD_H] == TrackerParams().cruise_accel_psd
    assert rows[1, PSD_H] == 0.7
    assert areas[0].params.manoeuvre_accel_psd > 5 * tracker_params(union).manoeuvre_accel_psd


def test_a_place_belongs_to_the_first_area_around_it():
    def area(name, south, west, north, east, **changes):
        outline = ((south, west), (north, west), (north, east), (south, east))
        return TrackingArea(name=name, outline=outline, **changes)

    areas = [
        area("low", 48, 16, 49, 17, upper_m=1_000.0),
        area("wide", 40, 10, 60, 30),
        area("date line", -10, 175, 10, -175),
    ]
    lat, lon, height = np.array(
        [
            (48.5, 16.5, 500.0),
            (48.5, 16.5, 5_000.0),
            (0.0, 179.0, 0.0),
            (0.0, -179.0, 0.0),
            (0.0, -170.0, 0.0),
            (48.5, 31.0, 0.0),
        ]
    ).T
    assert area_of(areas, lat * DEGREE, lon * DEGREE, height).tolist() == [1, 2, 3, 3, 0, 0]


def test_a_track_takes_the_motion_of_the_area_it_flies_in():
    union = union_from_toml(UNION)
    table = scenes.sensors(scenes.receiver("a0"))
    tracker = Tracker(table, tracker_params(union), area_motions(union))
    flight = scenes.Flight(48.5, 16.96, height_m=3_000.0, heading=90.0, speed_mps=200.0)
    batch = scenes.positions(table, 0, [flight], 40.0)
    inside = []
    for k in range(40):
        tracker.step(take_reports(batch, np.floor(batch.time_s) == k), k + 1.0)
        live = tracker.tracks.tag[:, STATE] != FREE
        inside += tracker.tracks.tag[live, AREA].tolist()
    assert inside[0] == 1
    assert inside[-1] == 0
    assert 8 < inside.count(1) < 20
