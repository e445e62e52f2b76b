"""Recorded trajectories are cleaned, cut, smoothed, and flown again with their identity."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from skypact.errors import ConfigError
from skypact.model.recorded import RecordedPaths
from skypact.model.reports import pack_callsign
from skypact.model.tracks import CLASSES
from skypact.model.truth import TruthRows
from skypact.record.tables import truth_to_arrow
from skypact.record.trajectories import read_trajectories
from skypact.simulate import Scene
from skypact.simulate.parts import Air, Balloon, Fleet, Pad, Recorded
from skypact.simulate.recorded import flights_of
from skypact.simulate.scenario import Scenario, scenario_from_toml
from skypact.simulate.splines import evaluate

EARTH_M = 6_371_008.8
ENTRY = Recorded(file="paths.csv")
START_S = Scenario().start_s


def paths_of(north_m: np.ndarray, time_s: np.ndarray, **changes: Any) -> RecordedPaths:
    """One object that flies north at 10 km pressure altitude."""
    n = len(time_s)
    paths = RecordedPaths(
        np.asarray(time_s, float), np.zeros(n, np.int32), 0.8 + north_m / EARTH_M, np.full(n, 0.2),
        np.full(n, np.nan), np.full(n, 10_000.0), np.full(n, 0x3C4591, np.int32),
        np.full(n, 1234, np.int32), np.full(n, pack_callsign("BOX413"), np.int64),
        np.zeros(n, np.int8), 30.0, 8.0,
    )  # fmt: skip
    return paths._replace(**changes)


def straight(seconds: int = 200, speed_mps: float = 200.0, **changes: Any) -> RecordedPaths:
    time_s = 1_000.0 + np.arange(seconds)
    return paths_of(speed_mps * (time_s - 1_000.0), time_s, **changes)


def played(paths: RecordedPaths, entry: Recorded = ENTRY, **scenario: Any) -> TruthRows:
    scene = Scene(Scenario(recorded=(entry,), truth_period_s=0.25, **scenario), 2, recorded=[paths])
    return scene.advance(scene.time_s + 400.0).truth


def north_of(truth: TruthRows) -> np.ndarray:
    return (truth.lat_rad - 0.8) * EARTH_M


def test_a_straight_flight_is_flown_as_recorded() -> None:
    truth = played(straight())
    assert truth.time_s[0] == START_S
    assert np.abs(north_of(truth) - 200.0 * (truth.time_s - START_S)).max() < 0.01
    assert np.ptp(truth.vn_mps) < 0.5
    assert truth.time_s[-1] == pytest.approx(START_S + 199.0, abs=0.5)


def test_noise_is_smoothed_and_velocities_are_sane() -> None:
    rng = np.random.default_rng(3)
    time_s = 1_000.0 + np.arange(200)
    truth = played(paths_of(200.0 * np.arange(200) + rng.normal(0.0, 30.0, 200), time_s))
    inside = (truth.time_s > START_S + 20.0) & (truth.time_s < START_S + 180.0)
    off = north_of(truth) - 200.0 * (truth.time_s - START_S)
    # About 12 positions are averaged: 30 m become 9 m, and speeds err by a few m/s.
    assert off[inside].std() < 15.0
    assert np.abs(truth.vn_mps[inside] - 200.0).max() < 10.0


def test_a_pause_longer_than_the_gap_makes_two_targets() -> None:
    paths = straight()
    keep = (paths.time_s < 1_060.0) | (paths.time_s > 1_130.0)
    holed = RecordedPaths(*(c[keep] if isinstance(c, np.ndarray) else c for c in paths))
    assert len(np.unique(played(holed).target)) == 2
    bridged = played(holed, Recorded(file="paths.csv", gap_s=100.0))
    assert len(np.unique(bridged.target)) == 1
    there = np.abs(bridged.time_s - START_S - 95.0) < 0.1
    assert np.abs(north_of(bridged)[there] - 200.0 * 95.0).max() < 5.0


def test_stale_positions_are_left_out_but_hovering_stays() -> None:
    time_s = 1_000.0 + np.arange(100)
    held = 200.0 * (np.arange(100) // 5 * 5)
    truth = played(paths_of(held, time_s))
    assert np.abs(truth.vn_mps - 200.0).max() < 1.0
    hover = np.where(np.arange(100) < 50, 0.0, 10.0 * (np.arange(100) - 49))
    truth = played(paths_of(hover, time_s))
    early = truth.time_s < START_S + 30.0
    assert early.sum() == 120
    assert np.hypot(truth.vn_mps, truth.ve_mps)[early].max() < 1.0


@pytest.mark.parametrize("jump_m", [40_000.0, 500_000.0])
def test_a_position_that_cannot_be_reached_is_left_out(jump_m: float) -> None:
    north = 200.0 * np.arange(200.0)
    north[77] += jump_m
    truth = played(paths_of(north, 1_000.0 + np.arange(200)))
    assert set(truth.target.tolist()) == {0}
    assert np.abs(truth.vn_mps - 200.0).max() < 0.5


def test_an_altitude_that_cannot_be_reached_is_left_out() -> None:
    baro = np.full(200, 3_000.0)
    baro[50], baro[150:] = 11_000.0, 10_668.0
    baro[100:110] = np.nan
    truth = played(straight(baro_altitude_m=baro))
    assert np.abs(truth.baro_altitude_m - 3_000.0).max() < 1.0


def test_limit_skip_and_start_choose_what_is_played_and_when() -> None:
    one, late = straight(), straight()._replace(number=np.ones(200, np.int32))
    late = late._replace(time_s=late.time_s + 20.0)
    both = RecordedPaths(
        *(np.concatenate(pair) for pair in zip(one[:-2], late[:-2], strict=True)), 30.0, 8.0
    )
    truth = played(both)
    firsts = [truth.time_s[truth.target == k].min() - START_S for k in (0, 1)]
    assert firsts == [0.0, 20.0]
    assert set(played(both, Recorded(file="paths.csv", limit=1)).target.tolist()) == {0}
    moved = played(one, Recorded(file="paths.csv", start_s=30.0, skip_s=50.0))
    assert moved.time_s[0] == START_S + 30.0
    assert north_of(moved)[0] == pytest.approx(10_000.0, abs=1.0)


def test_pressure_altitude_gives_the_height_by_the_scenes_air_and_the_other_way_round() -> None:
    air = Air(undulation_m=40.0, offset_m=60.0, wave_m=0.0, warm=0.01)
    by_baro = played(straight(), air=air)
    assert np.abs(by_baro.baro_altitude_m - 10_000.0).max() < 0.1
    assert np.abs(by_baro.altitude_m - 10_200.0).max() < 0.1
    height = straight(altitude_m=np.full(200, 10_200.0), baro_altitude_m=np.full(200, np.nan))
    by_height = played(height, air=air)
    assert np.abs(by_height.altitude_m - 10_200.0).max() < 0.1
    assert np.abs(by_height.baro_altitude_m - 10_000.0).max() < 0.1


def test_recorded_identity_is_kept_and_lacking_identity_is_drawn() -> None:
    scene = Scene(Scenario(recorded=(ENTRY,)), 1, recorded=[straight()])
    a = scene._sky.aircraft
    assert (int(a.icao[0]), int(a.mode3a[0])) == (0x3C4591, 1234)
    assert a.callsign[0] == pack_callsign("BOX413")
    unknown = straight(icao=np.full(200, -1, np.int32))
    scene = Scene(Scenario(recorded=(ENTRY,)), 1, recorded=[unknown])
    assert scene._sky.aircraft.icao[0] > 0
    mute = Recorded(file="paths.csv", transponder=0.0)
    scene = Scene(Scenario(recorded=(mute,)), 1, recorded=[straight()])
    a = scene._sky.aircraft
    assert (int(a.icao[0]), int(a.mode3a[0]), int(a.adsb[0])) == (-1, -1, 0)


def test_flights_across_the_date_line_are_one_flight() -> None:
    n = 120
    lon = (np.pi + (np.arange(n) - 60) * 200.0 / EARTH_M + np.pi) % (2 * np.pi) - np.pi
    paths = paths_of(np.zeros(n), 1_000.0 + np.arange(n), lon_rad=lon, lat_rad=np.zeros(n))
    truth = played(paths)
    assert set(truth.target.tolist()) == {0}
    assert np.abs(np.abs(truth.lon_rad) - np.pi).max() < 0.01
    assert (np.abs(truth.lon_rad) <= np.pi).all()
    assert np.ptp(truth.ve_mps) < 1.0


@pytest.mark.parametrize(
    ("paths", "skip_s"),
    [
        (straight(4), 0.0),
        (straight(200), 1e6),
        (straight(0), 0.0),
        (straight(200, baro_altitude_m=np.full(200, np.nan)), 0.0),
    ],
    ids=["short", "skipped", "empty", "no altitude"],
)
def test_a_recording_with_nothing_to_fly_is_refused(paths: RecordedPaths, skip_s: float) -> None:
    entry = Recorded(file="paths.csv", skip_s=skip_s)
    with pytest.raises(ConfigError, match=r"recorded\[0\]: expected flights of at least 10 s"):
        Scene(Scenario(recorded=(entry,)), 1, recorded=[paths])


def test_a_scene_without_the_recordings_it_names_is_refused() -> None:
    with pytest.raises(ConfigError, match="recorded: expected one table of paths for each of 1"):
        Scene(Scenario(recorded=(ENTRY,)), 1)


def test_a_truth_table_is_flown_again_as_it_was(tmp_path: Path) -> None:
    first = Scenario(
        fleet=(Fleet(kind="drone", count=5),), pad=(Pad(name="p", lat=48, lon=17, height_m=150),),
        balloon=(Balloon(name="b", lat=48, lon=17, height_m=200),),
    )  # fmt: skip
    scene = Scene(first, 6)
    truth = scene.advance(scene.time_s + 120.0).truth
    pq.write_table(truth_to_arrow(truth), tmp_path / "truth.parquet")
    paths = read_trajectories(tmp_path / "truth.parquet")
    again = Scene(Scenario(recorded=(Recorded(file="truth.parquet"),)), 1, recorded=[paths])
    copy = again.advance(again.time_s + 120.0).truth
    assert len(copy.time_s) > 0.95 * len(truth.time_s)
    assert {CLASSES[c] for c in copy.target_class.tolist()} == {"drone", "balloon"}
    for k in np.flatnonzero(copy.time_s < START_S + 110.0)[::7].tolist():
        now = truth.time_s == copy.time_s[k]
        place = np.array([truth.lat_rad[now], truth.lon_rad[now]]) * EARTH_M
        off = place - np.array([[copy.lat_rad[k]], [copy.lon_rad[k]]]) * EARTH_M
        up = truth.altitude_m[now] - copy.altitude_m[k]
        assert np.sqrt(off[0] ** 2 + off[1] ** 2 + up**2).min() < 1.0


@pytest.mark.recordings
def test_the_paris_recording_is_passed_closely_and_flown_smoothly(data_dir: Path) -> None:
    paths = read_trajectories(data_dir / "traffic" / "quickstart.json.gz")
    flights = flights_of(paths, Recorded(file="quickstart.json.gz"), "recorded[0]")
    assert 213 <= len(flights.row) < 300
    number = paths.number[flights.row]
    offs, pulls, climbs = [], [], []
    for k in range(len(flights.row)):
        begin = paths.time_s[flights.row[k]]
        length = flights.end_s[k] - flights.begin_s[k]
        rows = np.flatnonzero((paths.number == number[k]) & (paths.time_s >= begin))
        rows = rows[paths.time_s[rows] <= begin + length]
        series = np.full(len(rows), k)
        place, _ = evaluate(flights.level, series, paths.time_s[rows] - begin)
        north = (paths.lat_rad[rows] - flights.lat_rad[k]) * EARTH_M - place[:, 0]
        east = (paths.lon_rad[rows] - flights.lon_rad[k]) * flights.parallel_m[k] - place[:, 1]
        moved = np.hypot(np.diff(paths.lat_rad[rows]), np.diff(paths.lon_rad[rows])) > 0.0
        offs.append(np.hypot(north, east)[1:][moved])
        each = np.arange(0.0, length)
        _, rate = evaluate(flights.level, np.full(len(each), k), each)
        pulls.append(np.linalg.norm(np.diff(rate, axis=0), axis=1))
        climbs.append(evaluate(flights.upward, np.full(len(each), k), each)[1][:, 0])
    assert np.median(np.concatenate(offs)) < 15.0
    assert np.concatenate(pulls).max() < 8.0
    assert np.abs(np.concatenate(climbs)).max() < 45.0


@pytest.mark.recordings
@pytest.mark.parametrize(
    ("name", "least", "speed_mps"),
    [("england_20min.csv", 75, 265.0), ("drone_965s.csv", 1, 16.0),
     ("noisy_spoofing.json.gz", 1, 265.0)],
)  # fmt: skip
def test_other_recordings_are_flown(
    data_dir: Path, name: str, least: int, speed_mps: float
) -> None:
    paths = read_trajectories(data_dir / "traffic" / name)
    flights = flights_of(paths, Recorded(file=name), "recorded[0]")
    assert len(np.unique(paths.number[flights.row])) >= least
    for k in range(len(flights.row)):
        each = np.arange(0.0, flights.end_s[k] - flights.begin_s[k])
        _, rate = evaluate(flights.level, np.full(len(each), k), each)
        assert np.linalg.norm(rate, axis=1).max() < speed_mps


def test_a_file_of_another_kind_is_refused_with_its_key() -> None:
    with pytest.raises(ConfigError, match=r"recorded\[0\]\.file: .* got 'a\.kml'"):
        scenario_from_toml('[[recorded]]\nfile = "a.kml"\n')
