"""Assumed heights against information matrices, and what they do to a track."""

import numpy as np
import pytest
from tests.naive import compiled, geodesy, scenes, states
from tests.naive import usual as naive
from tests.naive.scenes import Flight, last_rows, miss_m, radar

from skypact.config import Sensor, sensor_table
from skypact.model.reports import PSR, empty_reports
from skypact.track.params import TrackerParams
from skypact.units import METRE

WIDE = (300.0, 300, 3_000, 30, 30, 8, 0.03)


def local_state(rng, axes, reach_m=100e3):
    """State and covariance whose vertical deviation is the wide one."""
    site, _ = states.frame(False)
    place = np.array([*rng.uniform(20e3, reach_m, 2), rng.uniform(2e3, 11e3)])
    x = np.array([*(site[:3] + place @ axes), *(rng.normal(0, 100, 3) @ axes), 0.0])
    turn = np.eye(7)
    turn[:3, :3] = turn[3:6, 3:6] = axes
    return x, turn.T @ states.random_covariance(rng, WIDE) @ turn


@pytest.mark.parametrize("speed", [0.0, 15.0, 79.9, 80.1, 150.0, 237.0, 319.0, 700.0])
@pytest.mark.parametrize("ground", [-50.0, 0.0, 400.0, 1_800.0])
def test_usual_heights_are_those_of_the_twin(speed, ground):
    for sigma in (0.0, 10.0, 40.0):
        got, want = (
            compiled.usual_height(speed, sigma, ground),
            naive.usual_height(speed, sigma, ground),
        )
        assert got == pytest.approx(want, rel=1e-3)


def test_changing_an_assumption_is_a_step_of_information():
    rng = np.random.default_rng(50)
    _, axes = states.frame(False)
    for _ in range(40):
        x, P = local_state(rng, axes)
        up = geodesy.up_at(x[:3])
        old = (5_000.0, rng.uniform(0.5, 4) * 3_000.0**2)
        new = (rng.uniform(100, 11_000), rng.uniform(500, 4_000) ** 2)
        want = naive.change_prior(x, P, up, 4_000.0, old, new)
        compiled.change_prior(x, P, up, 4_000.0, old, new)
        assert x == pytest.approx(want[0], rel=1e-9, abs=1e-5)
        assert np.allclose(P, want[1], rtol=1e-6, atol=1e-6 * np.abs(P).max())


def test_an_assumption_taken_back_leaves_what_was_there():
    rng = np.random.default_rng(51)
    _, axes = states.frame(False)
    x, P = local_state(rng, axes)
    up = geodesy.up_at(x[:3])
    y, Q = x.copy(), P.copy()
    first, second = (5_000.0, 5_000.0**2), (10_000.0, 1_800.0**2)
    compiled.change_prior(y, Q, up, 4_000.0, first, second)
    own = 4_000.0 + up @ (y[:3] - x[:3])
    compiled.change_prior(y, Q, up, own, second, first)
    assert y == pytest.approx(x, rel=1e-10, abs=1e-5)
    assert np.allclose(P, Q, rtol=1e-8, atol=1e-8 * np.abs(P).max())


def test_a_lifted_state_stays_at_its_slant_range():
    """Lifted by 5 km without any change of the range meant: within 2 m of it, not 150."""
    rng = np.random.default_rng(52)
    site, axes = states.frame(False)
    for _ in range(20):
        x, P = local_state(rng, axes)
        up = geodesy.up_at(x[:3])
        slope, away = naive.slope_at(x[:3], site[:3], up)
        before = x[:3].copy()
        x[:3] += 5_000.0 * (up + slope * away)
        want = naive.keep_range(x, P, up, site[:3], before)
        off = abs(np.linalg.norm(x[:3] - site[:3]) - np.linalg.norm(before - site[:3]))
        compiled.keep_range(x, P, up, site, before)
        left = abs(np.linalg.norm(x[:3] - site[:3]) - np.linalg.norm(before - site[:3]))
        assert left < 0.02 * off + 0.1
        assert x == pytest.approx(want[0], rel=1e-12, abs=1e-5)
        assert np.allclose(P, want[1], rtol=1e-9, atol=1e-9 * np.abs(P).max())


@pytest.mark.parametrize(("height_m", "speed_mps"), [(10_800.0, 235.0), (300.0, 15.0)])
def test_a_primary_radar_finds_an_object_at_the_height_of_its_like(height_m, speed_mps):
    """One radar 60 km away: half the height that 5 km would be wrong by, the place with it."""
    table = scenes.sensors(radar("r", clutter_per_scan=0.1))
    flight = Flight(48.2, 16.6, height_m=height_m, heading=20.0, speed_mps=speed_mps)
    batch = scenes.plots(table, 0, [flight], 80.0, np.random.default_rng(53))
    batch.geo_altitude_m[:], batch.kind[:] = np.nan, PSR
    result = scenes.run(table, batch, 80.0)
    (number,) = result.tracker.tracks.tag[:1, 1].tolist()
    i = last_rows(result.rows)[number]
    off = abs(result.rows.altitude_m[i] - height_m)
    assert off < 2_500.0 * METRE
    assert off < 3.0 * result.rows.sigma_u_m[i]
    assert miss_m(result.rows, i, flight) < 300.0 * METRE


def test_a_flat_scene_has_no_usual_heights():
    """Range and azimuth of something that flies east at 120 m/s, 20 km north of the antenna."""
    sensor = Sensor(name="radar", period_s=5.0, range_max_m=40e3, sigma_range_m=10.0)
    table = sensor_table([sensor], flat=True)
    batch = empty_reports(12)
    batch.time_s[:] = 5.0 * np.arange(12)
    x, y = 120.0 * batch.time_s, 20e3
    batch.range_m[:], batch.azimuth_rad[:] = np.hypot(x, y), np.arctan2(x, y)
    result = scenes.run(table, batch, 60.0, TrackerParams(frame="flat", capacity=64))
    assert result.tracker.n_confirmed == 1
    assert abs(result.rows.lon_rad[-1] - x[-1]) < 50.0 * METRE
    assert abs(result.rows.lat_rad[-1] - y) < 50.0 * METRE
