"""Multilateration and ADS-B: rates, noise, and what the records say (99 % bands, seeds stated)."""

import msgspec
import numpy as np
import pytest
from tests.naive.simulated_scenes import ADSB, MLAT, Decoded, decoded, scene_of, turned

from skypact import config
from skypact.kernels.geodesy import MEAN_RADIUS_M, geodetic_from_ecef
from skypact.simulate import Scene, Slice
from skypact.units import DAY, DEGREE, FOOT, NAUTICAL_MILE

Z99 = 2.576
SECONDS = 60.0


@pytest.fixture(scope="module")
def both() -> tuple[Slice, Decoded]:
    """A multilateration system (0) and an ADS-B receiver (1) that see everything."""
    scene = Scene(scene_of(MLAT, ADSB), 31)
    part = scene.advance(scene.time_s + SECONDS)
    return part, decoded(part)


def rows(both: tuple[Slice, Decoded], link: int) -> tuple[list[dict], np.ndarray, np.ndarray]:
    """Records of one sensor, their true geodetic positions (n, 3) and their true times."""
    part, records = both
    index = np.flatnonzero(records.links == link)
    place = np.empty((len(index), 3))
    geodetic_from_ecef(np.ascontiguousarray(part.origins.ecef_m[index]), place)
    return [records.targets[i] for i in index], place, part.origins.time_s[index]


def north_east_m(records: list[dict], place: np.ndarray, item: str) -> np.ndarray:
    """Measured minus true position, (n, 2) metres."""
    lat = np.array([r[item]["LAT"] for r in records]) * DEGREE
    lon = np.array([r[item]["LON"] for r in records]) * DEGREE
    east = (lon - place[:, 1]) * np.cos(place[:, 0])
    return MEAN_RADIUS_M * np.stack((lat - place[:, 0], east), axis=1)


def test_multilateration_noise_is_that_of_the_data_sheet(both: tuple[Slice, Decoded]) -> None:
    records, place, _ = rows(both, 0)
    error = north_east_m(records, place, "041").ravel()
    assert len(error) > 10_000
    assert abs(error.mean()) < Z99 * 20.0 / np.sqrt(len(error))
    assert abs(error.std() / 20.0 - 1.0) < Z99 / np.sqrt(2 * len(error))


def test_multilateration_reports_each_target_once_a_second(both: tuple[Slice, Decoded]) -> None:
    part, records = both
    mine = records.links == 0
    for target in np.unique(part.origins.target)[:30]:
        gaps = np.diff(part.origins.time_s[mine & (part.origins.target == target)])
        assert np.abs(gaps - np.rint(gaps)).max(initial=0.0) < 1e-4
    trials = 150 * (SECONDS - 0.4)
    share = mine.sum() / trials
    assert abs(share - 0.95) < Z99 * np.sqrt(0.95 * 0.05 / trials) + 0.3 / SECONDS


def test_adsb_reports_come_once_or_twice_a_second(both: tuple[Slice, Decoded]) -> None:
    part, records = both
    mine = records.links == 1
    flights = len(np.unique(part.origins.target[mine]))
    rate = mine.sum() / flights / SECONDS
    assert 1.0 < rate < 2.0


def test_adsb_errors_are_within_the_stated_quality(both: tuple[Slice, Decoded]) -> None:
    records, place, _ = rows(both, 1)
    error = np.linalg.norm(north_east_m(records, place, "131"), axis=1)
    nacp = np.array([r["090"]["NACP"] for r in records])
    for category, bound_m in ((8, 92.6), (9, 30.0), (10, 10.0)):
        # One slowly wandering error per aircraft: the sample is the aircraft, not the report.
        inside = (error[nacp == category] < bound_m).mean()
        assert 0.85 < inside <= 1.0


def test_adsb_velocity_height_and_stamp_are_the_truth(both: tuple[Slice, Decoded]) -> None:
    part, _ = both
    records, place, time_s = rows(both, 1)
    height = np.array([r["140"] for r in records]) * FOOT
    assert abs((height - place[:, 2]).std() / 8.0 - 1.0) < 0.05
    stamps = np.array([r["073"] for r in records])
    assert np.abs(stamps - time_s % DAY).max() <= 0.5 / 128 + 1e-6
    speeds = np.hypot(part.truth.vn_mps, part.truth.ve_mps)
    said = np.array([r["160"]["GS"] for r in records]) * NAUTICAL_MILE
    icao = np.array([r["080"] for r in records])
    for address in np.unique(icao)[:20]:
        mine = part.truth.icao == address
        expected = np.interp(time_s[icao == address], part.truth.time_s[mine], speeds[mine])
        assert abs((said[icao == address] - expected).mean()) < 1.0


def test_adsb_track_angle_is_the_true_course_of_up_to_two_seconds_ago(
    both: tuple[Slice, Decoded],
) -> None:
    part, _ = both
    records, _, time_s = rows(both, 1)
    angle = np.array([r["160"]["TA"] for r in records])
    icao = np.array([r["080"] for r in records])
    course = np.arctan2(part.truth.ve_mps, part.truth.vn_mps) / DEGREE
    worst = 0.0
    for address in np.unique(icao)[:20]:
        mine = np.flatnonzero(part.truth.icao == address)
        off = []
        for lag_s in np.arange(0.1, 2.0, 0.1):
            then_s = time_s[icao == address] - lag_s
            nearest = np.abs(part.truth.time_s[mine][None, :] - then_s[:, None])
            expected = course[mine][nearest.argmin(axis=1)]
            off.append(np.abs(np.median(turned(angle[icao == address] - expected, 360.0))))
        worst = max(worst, min(off))
    assert worst < 1.0


def test_every_receiver_of_a_message_passes_on_the_same_velocity() -> None:
    other = msgspec.structs.replace(ADSB, name="Other", sic=5)
    scene = Scene(scene_of(ADSB, other), 33)
    part = scene.advance(scene.time_s + 5.0)
    records = decoded(part)
    said: tuple[dict, dict] = ({}, {})
    for link, target, time_s, record in zip(
        records.links, part.origins.target, part.origins.time_s, records.targets, strict=True
    ):
        said[link][target, time_s] = record["160"]
    both = said[0].keys() & said[1].keys()
    assert len(both) > 200
    assert all(said[0][message] == said[1][message] for message in both)


def test_a_multilateration_clock_that_is_wrong_stamps_wrong() -> None:
    late = msgspec.structs.replace(MLAT, biases=config.Biases(time_s=-0.5))
    scene = Scene(scene_of(late), 32)
    part = scene.advance(scene.time_s + 3.0)
    stamps = np.array([r["140"] for r in decoded(part).targets])
    assert np.abs(stamps - part.origins.time_s % DAY + 0.5).max() <= 0.5 / 128 + 1e-6
