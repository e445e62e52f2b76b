"""Remote identification of drones: reach, rates, noise and rounding (99 % bands, seeds stated)."""

from typing import Any

import msgspec
import numpy as np
import pytest
from tests.naive.simulated_scenes import scene_of

from skypact import config
from skypact.kernels.geodesy import MEAN_RADIUS_M
from skypact.model.reports import REMOTEID, unpack_callsign
from skypact.simulate import Scene, Slice
from skypact.simulate.parts import Fleet, Gnss, Pad
from skypact.simulate.remoteid import stated_bound_m
from skypact.units import DEGREE

Z99 = 2.576
SIGMA_M = 4.0
POLE = config.Sensor(
    name="Pole", kind="remoteid", lat=47.9, lon=17.6, height_m=400.0, range_max_m=40_000.0,
    p_detection=0.8, sigma_position_m=SIGMA_M,
)  # fmt: skip
OTHER = msgspec.structs.replace(POLE, name="Mast", sic=2, lon=17.62)
START_S = 1_767_268_800.0


def play(
    *sensors: config.Sensor,
    seconds: float = 20.0,
    share: float = 1.0,
    count: int = 60,
    **parts: Any,
) -> Slice:
    """Return a scene of drones around a receiver, with true states each tick."""
    scenario = scene_of(
        *(sensors or (POLE,)),
        fleet=(Fleet(kind="drone", count=count, remote_id=share),),
        pad=(Pad(name="Field", lat=47.9, lon=17.6, height_m=200.0),),
        truth_period_s=0.25,
        **parts,
    )
    scene = Scene(scenario, 91)
    return scene.advance(START_S + seconds)


def truth_at(part: Slice, column: str) -> np.ndarray:
    """Return a column of the truth at the reports' stamps, by linear interpolation."""
    out = np.empty(len(part.reports.time_s))
    for target in np.unique(part.reports.target):
        mine, true = part.reports.target == target, part.truth.target == target
        values = getattr(part.truth, column)[true]
        out[mine] = np.interp(part.reports.time_s[mine], part.truth.time_s[true], values)
    return out


@pytest.fixture(scope="module")
def heard() -> Slice:
    """Twenty seconds of all sixty drones."""
    return play()


def test_every_drone_is_heard_once_per_period_with_the_stated_probability(heard: Slice) -> None:
    reports = heard.reports
    assert len(heard.packets.link) == 0
    assert set(reports.kind.tolist()) == {REMOTEID}
    trials = 60 * 20
    # What was sent in the last half second has not arrived yet.
    arrived = (reports.time_s < START_S + 19.2).sum() / (60 * 19.2)
    assert abs(arrived - 0.8) < Z99 * np.sqrt(0.8 * 0.2 / trials) + 0.05 / 20
    for target in np.unique(reports.target)[:10]:
        gaps = np.diff(reports.time_s[reports.target == target])
        assert np.abs(gaps - np.rint(gaps)).max() < 0.101


def test_errors_are_those_of_the_data_sheet() -> None:
    part = play(seconds=2.5, count=1_200)
    reports = part.reports
    north = MEAN_RADIUS_M * (reports.lat_rad - truth_at(part, "lat_rad"))
    east = MEAN_RADIUS_M * (reports.lon_rad - truth_at(part, "lon_rad"))
    # The error wanders slowly: one sample per drone and axis.
    _, first = np.unique(reports.target, return_index=True)
    n = len(first)
    assert n > 1_000
    for error in (north[first], east[first] * np.cos(47.9 * DEGREE)):
        assert abs(error.mean()) < Z99 * SIGMA_M / np.sqrt(n)
        assert abs(error.std() / SIGMA_M - 1.0) < Z99 / np.sqrt(2 * n)
    up = (reports.geo_altitude_m - truth_at(part, "altitude_m"))[first]
    assert abs(up.std() / (1.5 * SIGMA_M) - 1.0) < Z99 / np.sqrt(2 * n)


def test_values_are_rounded_as_the_message_does(heard: Slice) -> None:
    reports = heard.reports
    for values, step in (
        (reports.time_s - START_S, 0.1),
        (reports.geo_altitude_m, 0.5),
        (reports.ground_speed_mps, 0.25),
        (reports.vu_mps, 0.5),
        (reports.track_angle_rad, DEGREE),
    ):
        assert np.abs(values / step - np.rint(values / step)).max() < 1e-5
    speed = np.hypot(truth_at(heard, "vn_mps"), truth_at(heard, "ve_mps"))
    assert np.median(np.abs(reports.ground_speed_mps - speed)) < 0.25


def test_reports_say_who_and_how_well(heard: Slice) -> None:
    reports = heard.reports
    names = {unpack_callsign(int(packed)) for packed in reports.callsign}
    assert len(names) == len(np.unique(reports.target))
    assert all(name.startswith("UAS") for name in names)
    assert np.allclose(reports.sigma_m, 10.0 / 2.45)
    assert (reports.icao == -1).all()


@pytest.mark.parametrize(("sigma_m", "bound_m"), [(0.3, 1.0), (1.0, 3.0), (4.0, 10.0), (5.0, 30.0)])
def test_the_accuracy_class_is_the_best_that_is_true(sigma_m: float, bound_m: float) -> None:
    assert stated_bound_m(sigma_m) == bound_m


def test_drones_without_remote_identification_say_nothing() -> None:
    assert len(play(share=0.0, seconds=3.0).reports.time_s) == 0


def test_drones_out_of_range_or_below_the_horizon_are_not_heard() -> None:
    near = msgspec.structs.replace(POLE, lat=47.92, range_max_m=2_000.0)
    reports = play(near, seconds=5.0).reports
    assert 0 < len(np.unique(reports.target)) < 60
    away = MEAN_RADIUS_M * np.abs(reports.lat_rad - 47.92 * DEGREE)
    assert away.max() < 2_000.0 + 5 * SIGMA_M
    hidden = msgspec.structs.replace(POLE, lat=49.5, height_m=195.0, range_max_m=500_000.0)
    assert len(play(hidden, seconds=3.0).reports.time_s) == 0


def test_drones_that_lost_their_position_say_nothing_or_say_how_bad_it_is() -> None:
    area = Gnss(lat=47.9, lon=17.6, radius_m=100_000.0, start_s=0.0)
    usual, lost = play(seconds=15.0), play(seconds=15.0, gnss=(area,))
    late = START_S + 10.0
    n = (usual.reports.time_s > late).sum()
    left = lost.reports.time_s > late
    assert 0.05 * n < left.sum() < 0.6 * n
    assert lost.reports.sigma_m[left].min() > 100.0


def test_two_receivers_hear_the_same_error_of_a_drone() -> None:
    part = play(POLE, OTHER, seconds=8.0)
    north = MEAN_RADIUS_M * (part.reports.lat_rad - truth_at(part, "lat_rad"))
    pairs = []
    for target in np.unique(part.reports.target):
        mine = part.reports.target == target
        ours = [north[mine & (part.reports.sensor == link)] for link in (0, 1)]
        if min(len(values) for values in ours):
            pairs.append([values.mean() for values in ours])
    assert len(pairs) > 50
    assert np.corrcoef(np.array(pairs).T)[0, 1] > 0.9


def test_a_receiver_with_a_wrong_clock_stamps_wrong() -> None:
    slow = msgspec.structs.replace(POLE, biases=config.Biases(time_s=-2.0))
    usual, late = play(seconds=4.0).reports, play(slow, seconds=4.0).reports
    assert np.abs(late.time_s - usual.time_s + 2.0).max() < 0.101
    assert (late.received_ns == usual.received_ns).all()
