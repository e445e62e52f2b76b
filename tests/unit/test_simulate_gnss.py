"""Satellite positions lost and forged, and what ADS-B then says (99 % bands, seeds stated)."""

from typing import Any

import msgspec
import numpy as np
import pytest
from tests.naive.simulated_scenes import ADSB, MLAT, decoded, payloads, scene_of

from skypact.errors import ConfigError
from skypact.kernels.geodesy import MEAN_RADIUS_M
from skypact.simulate import Scene
from skypact.simulate.aircraft import Aircraft, empty_aircraft
from skypact.simulate.gnss import EPU_M, EPU_SIGMA, Satellites, shift_at
from skypact.simulate.parts import Fleet, Gnss
from skypact.simulate.places import geodetic
from skypact.simulate.tick import Navigation
from skypact.simulate.truth import TICK_S, Span
from skypact.units import DEGREE, NAUTICAL_MILE

Z99 = 2.576
LOSS = Gnss(kind="loss", lat=48.0, lon=17.0, radius_m=50_000.0, start_s=10.0, end_s=1_000.0)
FORGED = Gnss(
    kind="forged", lat=48.0, lon=17.0, radius_m=50_000.0, start_s=10.0, end_s=110.0,
    shift_north_m=3_000.0, shift_east_m=-4_000.0, ramp_s=50.0,
)  # fmt: skip


def standing(n: int, lat: float = 48.0) -> Aircraft:
    """Return aircraft that stand still in the middle of the areas."""
    table = empty_aircraft(n)
    table.target[:] = np.arange(n)
    table.lat_rad[:], table.lon_rad[:] = lat * DEGREE, 17.0 * DEGREE
    return table


def span_from(start_s: float) -> Span:
    """Return a tick in which nothing but time matters."""
    nothing = np.empty(0)
    return Span(start_s, start_s + TICK_S, *[nothing] * 6)


def navigate(areas: tuple[Gnss, ...], table: Aircraft, until_s: float, seed: int) -> Navigation:
    """Receivers' state in the tick that begins at `until_s`, from a start at 0."""
    satellites = Satellites(areas, 0.0, len(table.target), np.random.default_rng(seed))
    for k in range(round(until_s / TICK_S) + 1):
        found = satellites.move(span_from(k * TICK_S), table)
    return found


def airliners(**parts: Any) -> Scene:
    """Eighty airliners under multilateration (0) and an ADS-B receiver (1), everywhere."""
    fleet = (Fleet(kind="airliner", count=80, adsb=1.0),)
    return Scene(scene_of(MLAT, ADSB, fleet=fleet, **parts), 61)


def everywhere(area: Gnss) -> Gnss:
    """Return an area as large as the scene."""
    return msgspec.structs.replace(area, radius_m=2_000_000.0)


def test_most_receivers_fall_silent_and_the_others_say_that_they_are_bad() -> None:
    n = 3_000
    found = navigate((LOSS,), standing(n), 20.0, 62)
    assert found.disturbed.all()
    assert abs(found.silent.mean() - 0.7) < Z99 * np.sqrt(0.7 * 0.3 / n)
    degraded = found.nacp[~found.silent]
    assert set(degraded.tolist()) == {0, 1, 2, 3, 4}


def test_integrity_is_lost_before_positions_are() -> None:
    found = navigate((LOSS,), standing(500), 11.5, 63)
    assert found.disturbed.all()
    assert not found.silent.any()


def test_before_the_start_and_outside_nothing_is_lost() -> None:
    for table, until_s in ((standing(50), 9.0), (standing(50, lat=48.5), 60.0)):
        found = navigate((LOSS,), table, until_s, 64)
        assert not found.disturbed.any()
        assert not found.silent.any()
        assert (found.shift1_m == 0.0).all()


def test_degraded_positions_err_as_their_category_says() -> None:
    found = navigate((LOSS,), standing(4_000), 320.0, 65)
    for category in range(5):
        mine = ~found.silent & (found.nacp == category)
        error = found.shift1_m[mine].ravel()
        expected = EPU_M[category] / EPU_SIGMA
        # Ten bands at once in this test: 99.9 % each.
        assert abs(error.std() / expected - 1.0) < 3.29 / np.sqrt(2 * len(error))
        assert abs(error.mean()) < 3.29 * expected / np.sqrt(len(error))


def test_receivers_recover_some_seconds_after_the_loss_ends() -> None:
    short = msgspec.structs.replace(LOSS, end_s=60.0)
    assert navigate((short,), standing(200), 64.0, 66).disturbed.all()
    assert not navigate((short,), standing(200), 76.0, 66).disturbed.any()


def test_a_new_flight_in_a_row_begins_undisturbed() -> None:
    table = standing(10)
    satellites = Satellites((LOSS,), 0.0, 10, np.random.default_rng(67))
    for k in range(81):
        found = satellites.move(span_from(k * TICK_S), table)
    assert found.disturbed.all()
    table.target[:] += 10
    assert not satellites.move(span_from(81 * TICK_S), table).disturbed.any()


def test_forged_positions_drift_to_the_shift_and_say_nothing() -> None:
    half, full, over = (navigate((FORGED,), standing(3), t, 68) for t in (35.0, 70.0, 126.0))
    assert np.allclose(half.shift0_m, [1_500.0, -2_000.0])
    assert np.allclose(full.shift1_m, [3_000.0, -4_000.0])
    assert (over.shift1_m == 0.0).all()
    assert not (half.disturbed | half.silent | full.disturbed | full.silent).any()


def test_the_drift_is_the_rate_of_the_displacement() -> None:
    found = navigate((FORGED,), standing(1), 35.0, 69)
    row, span = np.array([0, 0]), span_from(35.0)
    shift, drift = shift_at(found, span, row, np.array([35.05, 35.15]))
    assert np.allclose((shift[1] - shift[0]) / 0.1, drift[0])
    assert np.allclose(drift[0], [60.0, -80.0])


def test_adsb_thins_out_in_a_loss_while_multilateration_does_not() -> None:
    def played(scene: Scene) -> tuple[int, list[bytes]]:
        part = scene.advance(scene.time_s + 30.0)
        late = part.origins.time_s > scene.time_s - 10.0
        ours = part.packets.link[part.origins.packet] == 1
        return int((late & ours).sum()), payloads(part.packets, 0)

    area = everywhere(msgspec.structs.replace(LOSS, start_s=5.0))
    usual, disturbed = played(airliners()), played(airliners(gnss=(area,)))
    assert disturbed[1] == usual[1]
    assert 0.1 < disturbed[0] / usual[0] < 0.5


def test_adsb_without_integrity_says_so() -> None:
    area = everywhere(msgspec.structs.replace(LOSS, start_s=1.0))
    scene = airliners(gnss=(area,))
    scene.advance(scene.time_s + 12.0)
    records = [r for r in decoded(scene.advance(scene.time_s + 5.0)).targets if "073" in r]
    assert records
    assert {r["090"]["NUCPNIC"] for r in records} == {0}
    assert {r["090"]["SIL"] for r in records} == {0}
    assert max(r["090"]["NACP"] for r in records) <= 4


def test_forged_adsb_is_displaced_with_its_velocity_and_its_quality_is_not() -> None:
    area = everywhere(msgspec.structs.replace(FORGED, start_s=0.0, end_s=900.0))
    usual, forged = (airliners(gnss=areas).advance(1_767_268_820.0) for areas in ((), (area,)))
    true = geodetic(np.ascontiguousarray(forged.origins.ecef_m))
    ours = forged.packets.link[forged.origins.packet] == 1
    since = forged.origins.time_s[ours] - 1_767_268_800.0
    before, after = ([r for r in decoded(part).targets if "073" in r] for part in (usual, forged))
    north = np.array([r["131"]["LAT"] for r in after]) * DEGREE - true[ours, 0]
    share = since / 50.0
    assert np.abs(np.median(north * MEAN_RADIUS_M - 3_000.0 * share)) < 10.0
    velocity = np.array(
        [
            [r["160"]["GS"] * np.cos(r["160"]["TA"] * DEGREE) for r in records]
            for records in (before, after)
        ]
    )
    assert abs(np.diff(velocity.mean(axis=1))[0] * NAUTICAL_MILE - 60.0) < 1.0
    assert [r["090"] for r in before] == [r["090"] for r in after]


def test_an_area_that_ends_before_it_starts_is_an_error() -> None:
    with pytest.raises(ConfigError, match=r"gnss\[0\]\.end_s: .* got 5"):
        airliners(gnss=(msgspec.structs.replace(LOSS, end_s=5.0),))
